//! How long a cart lives: kept until its order is paid, forgotten after thirty days.

use serde_json::json;

use super::house::{Edited, TestShop, base_content, checkout_fields};
use super::{assert_problem, cart, line};

const DAY_S: i64 = 86_400;

// S2.40: that a cart was made, and every change of it, is written down with its moment; and nothing
// else is.
#[test]
fn every_change_of_a_cart_is_written_down() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.get("/cart");
    assert_eq!(shop.number("SELECT count(*) FROM cart"), 0, "looking makes none");
    visitor.add("GLAZE-6", 2);
    shop.advance_s(60);
    let first = visitor.get("/api/cart").json()["lines"][0]["id"].as_str().unwrap().to_owned();
    visitor.post(&format!("/cart/lines/{first}"), &[("qty", "3")]);
    visitor.post("/cart/lines", &[("sku", "NONE-1")]);
    visitor.post("/cart/destination", &[("country", "GB")]);
    visitor.post(&format!("/cart/lines/{first}"), &[("qty", "0")]);
    visitor.add("KILN-1", 1);
    visitor.post("/cart/clear", &[]);
    let events = "SELECT group_concat(kind, ' ') FROM (SELECT kind FROM cart_event ORDER BY id)";
    assert_eq!(shop.text(events), "added changed destination removed added cleared");
    let first = "SELECT kind || ' ' || (data ->> '$.qty') || ' ' || at FROM cart_event
                 ORDER BY id LIMIT 1";
    let made = shop.number("SELECT created_at FROM cart");
    assert_eq!(shop.text(first), format!("added 2 {made}"), "with the cart itself");
    assert_eq!(
        shop.number("SELECT max(at) FROM cart_event"),
        shop.number("SELECT last_change_at FROM cart")
    );
}

// S2.21 S2.135 S3.35: going to pay and coming back without paying keeps the cart; paying ends it.
#[test]
fn a_cart_is_emptied_only_by_the_payment() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 2);
    let payment = buyer.checkout().location().to_owned();
    assert_eq!(cart(&mut buyer)["count"], 2);
    let back = buyer.press(&payment, "cancel");
    assert_eq!(back.texts("h1"), ["You left the payment page"]);
    buyer.press(&payment, "decline");
    assert_eq!(cart(&mut buyer)["count"], 2);
    // Paid, but the shop has not heard of it yet: the redirect alone empties nothing.
    let confirming = buyer.press(&payment, "pay");
    assert_eq!(confirming.texts("h1"), ["Confirming your payment"]);
    assert_eq!(cart(&mut buyer)["count"], 2);
    shop.work_off();
    let after = cart(&mut buyer);
    assert_eq!((&after["count"], &after["version"]), (&json!(0), &json!(0)));
    assert_eq!(shop.text("SELECT status FROM cart"), "ordered");
    // The next thing starts a new cart of the same visitor.
    buyer.add("KILN-1", 1);
    assert_eq!(cart(&mut buyer)["count"], 1);
    assert_eq!(shop.number("SELECT count(*) FROM session"), 1);
}

// S2.137 S3.28: what the visitor's own open order holds is not gone for them.
#[test]
fn ones_own_hold_counts_as_free() {
    let shop = TestShop::open();
    let (mut buyer, mut other) = (shop.browser(), shop.browser());
    buyer.add("KILN-1", 3);
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(shop.level("KILN-1").held, 3);
    let mine = line(&mut buyer, "KILN-1");
    assert_eq!((&mine["available"], &mine["max_qty"]), (&json!(null), &json!(4)));
    assert_eq!(cart(&mut buyer)["blocked"], false);
    assert_eq!(buyer.add("KILN-1", 1).status, 303);
    let theirs = other.json("POST", "/api/cart/lines", &json!({ "sku": "KILN-1", "qty": 2 }));
    assert_problem(&theirs, 409, "not-enough-stock");
    // Ordering the changed cart gives the first order up and holds anew.
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(shop.level("KILN-1").held, 4);
    let statuses = "SELECT group_concat(payment_status)
                    FROM (SELECT payment_status FROM orders ORDER BY number)";
    assert_eq!(shop.text(statuses), "cancelled,pending");
    shop.assert_audit();
}

// S0.32 S2.43: a cart nobody touches for thirty days is forgotten, not a day earlier.
#[test]
fn carts_are_forgotten_after_thirty_days() {
    let shop = TestShop::open();
    let (mut idle, mut busy) = (shop.browser(), shop.browser());
    idle.add("KILN-1", 1);
    busy.add("KILN-1", 1);
    shop.advance_s(29 * DAY_S);
    busy.add("GLAZE-6", 1);
    shop.work_off();
    assert_eq!(cart(&mut idle)["count"], 1);
    shop.advance_s(DAY_S + 1);
    shop.work_off();
    assert_eq!(cart(&mut idle)["count"], 0);
    assert_eq!(cart(&mut busy)["count"], 2);
    assert_eq!(shop.number("SELECT count(*) FROM cart WHERE status = 'expired'"), 1);
    assert_eq!(shop.number("SELECT count(*) FROM cart_line"), 2);
    assert_eq!(shop.number("SELECT count(*) FROM session"), 1);
    // Whoever comes back starts with a new cart.
    assert_eq!(idle.add("APRON-S", 1).status, 303);
    assert_eq!(cart(&mut idle)["count"], 1);
}

// S0.32: the time is the merchant's to choose.
#[test]
fn the_shop_says_how_long_carts_are_kept() {
    let base = Edited::of(&base_content());
    let before = std::fs::read_to_string(base.path().join("shop.toml")).unwrap();
    let shop = TestShop::on(
        &base.write("shop.toml", &format!("{before}\n[cart]\nexpires_after = \"2d\"\n")),
    );
    let mut visitor = shop.browser();
    visitor.add("KILN-1", 1);
    shop.advance_s(2 * DAY_S + 1);
    shop.work_off();
    assert_eq!(cart(&mut visitor)["count"], 0);
}

// S2.131: a checkout of a cart that has changed in another tab is refused and writes nothing.
#[test]
fn an_older_version_of_the_cart_cannot_be_ordered() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let page = buyer.get("/checkout");
    let version = page.attribute("[name=cart_version]", "value");
    let total = page.attribute("[name=quote_total]", "value");
    buyer.add("APRON-S", 1);
    let stale = buyer.post("/checkout", &checkout_fields(&version, &total));
    assert_eq!(stale.status, 409);
    assert_eq!(stale.texts("[role=alert] .notice-title"), ["The cart has changed"]);
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 0);
    assert_eq!(shop.level("GLAZE-6").held, 0);
    // The page shows the cart as it is now, keeps what was typed, and goes through.
    assert_eq!(stale.texts(".totals .total dd"), ["£109.98"]);
    assert_eq!(stale.attribute("[name=email]", "value"), "ada@example.com");
    let version = stale.attribute("[name=cart_version]", "value");
    let total = stale.attribute("[name=quote_total]", "value");
    assert_eq!(buyer.post("/checkout", &checkout_fields(&version, &total)).status, 303);
}

// S2.21: something put in while the payment was under way was not ordered, so it stays.
#[test]
fn what_was_not_ordered_stays_in_the_cart() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let payment = buyer.checkout().location().to_owned();
    buyer.add("APRON-S", 1);
    buyer.add("GLAZE-6", 2);
    buyer.press(&payment, "pay");
    shop.work_off();
    assert_eq!(line(&mut buyer, "APRON-S")["qty"], 1);
    assert_eq!(line(&mut buyer, "GLAZE-6")["qty"], 2);
    assert_eq!(cart(&mut buyer)["count"], 3);
    shop.assert_audit();
}
