//! Carts and customers: what waits, whose it is, and who buys how much.

use kiosk::identity::Role;
use kiosk::payments::Share;

use crate::house::{Answer, Browser, TestShop, checkout_fields};
use crate::{HOUR_S, give_back, paid};

fn carts(desk: &mut Browser, show: &str) -> Vec<String> {
    let page = desk.get(&format!("/admin/carts?show={show}"));
    assert_eq!(page.status, 200, "{}", page.body);
    page.texts("tbody tr")
}

// S2.38 S2.39: half an hour without a change; the value is what the visitor saw.
#[test]
fn carts_left_behind_are_shown_with_their_value() {
    let shop = TestShop::open();
    let mut first = shop.browser();
    first.add("APRON-S", 2);
    first.add("KILN-1", 1);
    shop.advance_s(20 * 60);
    let mut second = shop.browser();
    second.add("GLAZE-6", 1);
    let mut desk = shop.sign_in(Role::Orders);
    assert!(carts(&mut desk, "abandoned").is_empty());
    assert_eq!(carts(&mut desk, "active").len(), 2);
    shop.advance_s(10 * 60);
    let left = carts(&mut desk, "abandoned");
    let begun = "begun 24 November 2026, 10:00";
    let goods = "2 × Apron, Small, Table kiln";
    let expected = format!("{goods} Visitor, United Kingdom 30 min ago{begun} 3 £1,059.97");
    assert_eq!(left, [expected]);
    let page = desk.get("/admin/carts");
    assert_eq!(page.texts("dl dd:not(.figure-then)"), ["1", "£1,059.97", "1"]);
    // The same on the front page and in the report, where the money at risk is said.
    let mut owner = shop.sign_in(Role::Owner);
    let front = owner.get("/admin");
    assert_eq!(front.texts("[aria-labelledby=carts] .figure"), ["£1,059.97"]);
    assert_eq!(front.texts("[aria-labelledby=carts] a"), ["1 cart"]);
    let report = owner.get("/admin/reports").texts("[aria-labelledby=states]").join(" ");
    assert!(report.contains("1 cart worth £1,059.97"), "{report}");
    let cart = desk.get(&page.attribute("tbody a", "href"));
    assert_eq!(cart.texts("h1"), ["£1,059.97"]);
    assert_eq!(cart.texts(".timeline li")[0], "Put in: 1 × Table kiln24 November 2026, 10:00");
    // Emptied, it is nothing any more; ordered, it is no cart; at the checkout, it has an owner.
    first.post("/cart/clear", &[]);
    second.checkout();
    shop.advance_s(HOUR_S);
    let mut desk = shop.sign_in(Role::Orders);
    let left = carts(&mut desk, "all");
    assert!(left.iter().any(|row| row.contains("ada@example.com")), "{left:?}");
    assert_eq!(
        shop.number("SELECT sum(value_minor) FROM cart WHERE status = 'active'"),
        shop.number("SELECT coalesce(sum(qty * seen_unit_minor), 0) FROM cart_line")
    );
    assert_eq!(desk.get("/admin/carts/nobody").status, 404);
}

/// Somebody with another address and name orders and pays.
fn order_as(shop: &TestShop, email: &str, name: &str, sku: &str) -> Answer {
    let mut buyer = shop.browser();
    buyer.add(sku, 1);
    let page = buyer.get("/checkout");
    let version = page.attribute("[name=cart_version]", "value");
    let total = page.attribute("[name=quote_total]", "value");
    let mut fields = checkout_fields(&version, &total);
    for field in &mut fields {
        match field.0 {
            "email" => field.1 = email,
            "name" => field.1 = name,
            _ => {}
        }
    }
    let payment = buyer.post("/checkout", &fields).location().to_owned();
    let page = buyer.press(&payment, "pay");
    shop.work_off();
    page
}

// Guests are one customer for each address, however it is written; what went back is not spent.
#[test]
fn guests_are_grouped_by_their_address() {
    let shop = TestShop::open();
    let first = paid(&shop, "APRON-S", 1);
    shop.advance_s(60);
    order_as(&shop, "grace@example.com", "Grace <b>Hopper</b>", "KILN-1");
    shop.advance_s(60);
    order_as(&shop, "ADA@example.com", "Ada King", "GLAZE-6");
    give_back(&shop, &first, Share::Amount(498));
    let mut desk = shop.sign_in(Role::Orders);
    let page = desk.get("/admin/customers");
    let rows = page.texts("tbody tr");
    assert_eq!(rows.len(), 2, "{rows:?}");
    // 34.98 − 4.98 + 79.99.
    assert!(rows[0].starts_with("Ada KingADA@example.com United Kingdom"), "{rows:?}");
    assert!(rows[0].ends_with("2 £109.99"), "{rows:?}");
    assert!(rows[1].starts_with("Grace <b>Hopper</b>grace@example.com"), "shown as text");
    for (words, found) in [
        ("grace", 1),
        ("GRACE@ex", 1),
        ("ada", 1),
        ("ada king", 1),
        ("hopper", 1),
        (first.as_str(), 1),
        ("@example.com", 0),
        ("%", 0),
    ] {
        let asked = words.replace('%', "%25").replace(' ', "+");
        let rows = desk.get(&format!("/admin/customers?q={asked}")).texts("tbody tr");
        assert_eq!(rows.len(), found, "{words}: {rows:?}");
    }
    let ada = desk.get(&format!("/admin/customers/{first}"));
    assert_eq!(ada.texts("h1"), ["Ada King"]);
    assert_eq!(ada.texts("tbody tr").len(), 2);
    assert_eq!(ada.texts("dl dd:not(.figure-then)")[..2], ["£109.99", "2"]);
    assert_eq!(desk.get("/admin/customers/HF-0").status, 404);
}

// Pages follow each other without a gap, even among orders of the same moment.
#[test]
fn pages_of_customers_leave_nobody_out() {
    let shop = TestShop::open();
    shop.set_stock("APRON-S", 500);
    order_as(&shop, "ada@example.com", "Ada", "APRON-S");
    let copy = |tx: &kiosk::platform::db::Tx| {
        let columns = "SELECT group_concat(name, ', ') FROM pragma_table_xinfo('orders')
                       WHERE hidden = 0";
        let columns: String = tx.query_row(columns, [], |row| row.get(0))?;
        tx.execute_batch(&format!("CREATE TEMP TABLE same AS SELECT {columns} FROM orders"))?;
        let insert = format!("INSERT INTO orders ({columns}) SELECT {columns} FROM same");
        for n in 1..120 {
            let change = "UPDATE same SET id = ?1, number = ?1, token_hash = ?1, seq = seq + 1,
                          idempotency_key = ?1, email = ?1, email_folded = ?1";
            tx.execute(change, [format!("{n}@example.net")])?;
            tx.execute(&insert, [])?;
        }
        Ok::<_, kiosk::base::Failure<kiosk::base::fault::Never>>(())
    };
    shop.kit.db.write_blocking(copy).unwrap();
    let mut desk = shop.sign_in(Role::Owner);
    let (mut path, mut seen) = ("/admin/customers".to_owned(), Vec::new());
    loop {
        let page = desk.get(&path);
        seen.extend(page.texts("tbody th .small"));
        let next = page.texts(".pager a").last().is_some_and(|words| words == "Older");
        if !next {
            break;
        }
        path = page.attribute(".pager a:last-child", "href");
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (120, 120));
}
