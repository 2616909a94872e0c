//! The lowest price of the thirty days before a reduction, which must stand beside it.

use super::house::{Edited, TestShop, base_content};

const GLAZES: &str = "products/glaze-set.toml";
const DAY_S: i64 = 86_400;

/// What the page and the card of the glazes say of former prices.
fn said(shop: &TestShop) -> [Option<String>; 2] {
    let mut visitor = shop.browser();
    let page = visitor.get("/product/glaze-set/").texts(".prior");
    let card =
        visitor.get("/category/studio/").texts(".card:has([href='/product/glaze-set/']) .muted");
    [page, card].map(|texts| texts.into_iter().find(|text| text.contains("30 days")))
}

#[track_caller]
fn assert_says(shop: &TestShop, price: Option<&str>) {
    let expected =
        price.map(|price| format!("Lowest price in the 30 days before the reduction: {price}"));
    assert_eq!(said(shop), [expected.clone(), expected]);
}

// N14: the line comes by itself with a sale, from the prices the shop has shown, and goes with it.
#[test]
fn the_lowest_price_of_thirty_days_stands_beside_a_sale() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    assert_says(&shop, None);
    // Dearer for a while, then reduced by the desk or an editor.
    shop.advance_s(5 * DAY_S);
    let content = content.replace(GLAZES, "79.99", "89.99");
    shop.publish(&content);
    shop.advance_s(5 * DAY_S);
    let sale = "price    = 89.99\nsale     = { price = \"74.00\" }";
    let content = content.replace(GLAZES, "price    = 89.99", sale);
    shop.publish(&content);
    assert_says(&shop, Some("£79.99"));
    // It grows: what counts is the time before its first day.
    shop.advance_s(DAY_S);
    let content = content.replace(GLAZES, "74.00", "70.00");
    shop.publish(&content);
    assert_says(&shop, Some("£79.99"));
    let quiet = "[legal]\nshow_prior_price = false\n";
    let text = std::fs::read_to_string(content.path().join("shop.toml")).unwrap();
    let content = content.write("shop.toml", &format!("{text}\n{quiet}"));
    shop.publish(&content);
    assert_says(&shop, None);
    let content = content.write("shop.toml", &text);

    shop.advance_s(DAY_S);
    // Over, and a new one that begins and ends by itself: the old sale is the lowest now.
    let content = content.replace(GLAZES, "sale     = { price = \"70.00\" }\n", "");
    shop.publish(&content);
    assert_says(&shop, None);
    let times = "from = 2026-12-15T00:00:00Z, until = 2026-12-20T00:00:00Z";
    let sale = format!("price    = 89.99\nsale     = {{ price = \"75.00\", {times} }}");
    let content = content.replace(GLAZES, "price    = 89.99", &sale);
    shop.publish(&content);
    assert_says(&shop, None);
    shop.advance_s(11 * DAY_S);
    shop.work_off();
    assert_says(&shop, Some("£70.00"));
    shop.advance_s(4 * DAY_S);
    shop.work_off();
    assert_says(&shop, None);
    let noted = "SELECT count(*) FROM price_shown WHERE sku = 'GLAZE-6'";
    assert_eq!(shop.number(noted), 7, "one row for each change");
}

// N14: a SKU that is named otherwise keeps what it cost; a reduction that becomes smaller is
// another one, and counts from the lower price.
#[test]
fn a_new_name_and_a_smaller_reduction_hide_nothing() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    shop.advance_s(5 * DAY_S);
    let renamed = "\"GLAZE-7\"\nsku_was  = [\"GLAZE-6\"]\nsale     = { price = \"70.00\" }";
    let content = content.replace(GLAZES, "\"GLAZE-6\"", renamed);
    shop.publish(&content);
    assert_says(&shop, Some("£79.99"));
    shop.advance_s(DAY_S);
    let content = content.replace(GLAZES, "70.00", "75.00");
    shop.publish(&content);
    assert_says(&shop, Some("£70.00"));
}
