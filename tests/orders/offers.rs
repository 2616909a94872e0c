//! Promotions across orders: codes used once, first orders, orders that cost nothing.

use super::house::{Answer, Browser, Edited, TestShop, base_content, checkout_fields};
use super::{order_page, seen, status_of};

const ONCE: &str = r#"
title = "£5 off once"
trigger = "code"
codes = ["ONCE"]
stage = "order"
effect = { type = "amount_off_order", amount = "5.00" }
limits = { per_customer = 1 }
"#;
const FIRST: &str = r#"
title = "First order"
trigger = "automatic"
stage = "customer"
when = { first_order = true }
effect = { type = "percent_off_order", percent = "10" }
"#;
const LAST: &str = r#"
title = "One for all"
trigger = "code"
codes = ["LAST"]
stage = "order"
effect = { type = "amount_off_order", amount = "5.00" }
limits = { total = 1 }
"#;
const ALL: &str = r#"
title = "On the house"
trigger = "code"
codes = ["ALL"]
stage = "order"
effect = { type = "amount_off_order", amount = "1000.00" }
"#;
const POST: &str = r#"
title = "Post on us"
trigger = "code"
codes = ["POST"]
stage = "shipping"
effect = { type = "free_shipping" }
"#;

fn shop_with(promotions: &[(&str, &str)]) -> TestShop {
    let mut content = Edited::of(&base_content());
    for (id, text) in promotions {
        content = content.write(&format!("promotions/{id}.toml"), text);
    }
    TestShop::on(&content)
}

fn with_code(shop: &TestShop, code: &str) -> Browser {
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    assert_eq!(buyer.post("/cart/codes", &[("code", code)]).status, 303);
    buyer
}

fn claims(shop: &TestShop) -> String {
    shop.text(
        "SELECT group_concat(state) FROM (SELECT state FROM promotion_claim c
         JOIN orders o ON o.id = c.order_id ORDER BY o.number)",
    )
}

/// Orders again with the version and total of a page that came back.
fn again(buyer: &mut Browser, page: &Answer) -> Answer {
    let (version, total) = seen(page);
    buyer.post("/checkout", &checkout_fields(&version, &total))
}

// S2.53 S2.126: a code is claimed with the order, used when paid, free again when given up.
#[test]
fn a_code_is_used_up_by_paying_only() {
    let shop = shop_with(&[("once", ONCE)]);
    let mut buyer = with_code(&shop, "once");
    let payment = buyer.checkout().location().to_owned();
    assert_eq!(shop.number("SELECT total_minor FROM orders"), 7999 - 500);
    assert_eq!(claims(&shop), "held");
    let path = order_page(&mut buyer, &payment);
    buyer.post(&format!("{path}/cancel"), &[]);
    assert_eq!(claims(&shop), "released");
    let second = buyer.checkout().location().to_owned();
    buyer.press(&second, "pay");
    shop.work_off();
    assert_eq!(claims(&shop), "released,used");
    let adjustment = "SELECT label || ' ' || sum(amount_minor) FROM order_adjustment
                      WHERE source = 'promotion'
                      AND order_id = (SELECT id FROM orders WHERE payment_status = 'paid')";
    assert_eq!(shop.text(adjustment), "£5 off once 500");
    shop.assert_audit();
}

// S2.53 S2.128: used before by this address: the page says so, shows the new total, goes through.
#[test]
fn a_code_used_before_does_not_lock_the_buyer_out() {
    let shop = shop_with(&[("once", ONCE)]);
    let mut buyer = with_code(&shop, "once");
    let payment = buyer.checkout().location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    let mut same = with_code(&shop, "once");
    let told = same.checkout();
    assert_eq!(told.status, 409);
    assert!(told.texts("[role=alert]").join(" ").contains("It was £74.99 and is now £79.99."));
    assert!(told.texts("[role=alert] .wrong").join(" ").contains("ONCE"), "and why");
    assert_eq!(told.texts(".totals .total dd"), ["£79.99"]);
    assert_eq!(told.texts("button[data-pay]"), ["Pay now · £79.99"]);
    let begun = again(&mut same, &told);
    assert_eq!(begun.status, 303, "{}", begun.body);
    assert_eq!(shop.number("SELECT max(total_minor) FROM orders"), 7999);
}

// S2.5: a first order is one without a paid one before it, told by the address given.
#[test]
fn a_first_order_is_known_by_its_address() {
    let shop = shop_with(&[("first", FIRST)]);
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let payment = buyer.checkout().location().to_owned();
    assert_eq!(shop.number("SELECT total_minor FROM orders"), 7999 - 800);
    buyer.press(&payment, "pay");
    shop.work_off();
    buyer.add("GLAZE-6", 1);
    let told = buyer.checkout();
    assert_eq!(told.status, 409, "the second is not the first");
    assert_eq!(again(&mut buyer, &told).status, 303);
    assert_eq!(shop.number("SELECT max(total_minor) FROM orders"), 7999);
    // The shop's own first-order offer wants somebody signed in: a guest never gets it.
    let plain = TestShop::open();
    let mut guest = plain.browser();
    guest.add("GLAZE-6", 1);
    assert_eq!(guest.get("/api/cart").json()["quote"]["discount_minor"], 0);
}

// S2.53: the last use of an offer goes to whoever is first, and comes back when they give up.
#[test]
fn the_last_use_of_an_offer_goes_to_one_buyer() {
    let shop = shop_with(&[("last", LAST)]);
    let (mut ada, mut eve) = (with_code(&shop, "LAST"), with_code(&shop, "LAST"));
    let (version, total) = seen(&eve.get("/checkout"));
    let payment = ada.checkout().location().to_owned();
    let late = eve.post("/checkout", &checkout_fields(&version, &total));
    assert_eq!(late.status, 409);
    assert_eq!(seen(&late).1, "7999");
    let path = order_page(&mut ada, &payment);
    ada.post(&format!("{path}/cancel"), &[]);
    let (version, total) = seen(&eve.get("/checkout"));
    assert_eq!(total, "7499");
    assert_eq!(eve.post("/checkout", &checkout_fields(&version, &total)).status, 303);
    assert_eq!(status_of(&shop), "cancelled,pending");
    // The first order, paid again by its link, finds the offer gone.
    assert_eq!(claims(&shop), "released,held");
    shop.assert_audit();
}

// S2.53: an order that lapsed claims its offer again when it is paid again.
#[test]
fn paying_again_claims_again() {
    let shop = shop_with(&[("last", LAST)]);
    let mut ada = with_code(&shop, "LAST");
    let payment = ada.checkout().location().to_owned();
    let path = order_page(&mut ada, &payment);
    shop.advance_s(16 * 60);
    shop.work_off();
    assert_eq!(claims(&shop), "released");
    let mut eve = with_code(&shop, "LAST");
    let hers = eve.checkout().location().to_owned();
    let gone = ada.post(&format!("{path}/pay"), &[]);
    assert_eq!(gone.status, 409, "{}", gone.body);
    assert_eq!(status_of(&shop), "expired,pending", "nothing of the attempt stays");
    let hers = order_page(&mut eve, &hers);
    eve.post(&format!("{hers}/cancel"), &[]);
    assert_eq!(ada.post(&format!("{path}/pay"), &[]).status, 303);
    assert_eq!(claims(&shop), "held,released");
    shop.assert_audit();
}

// S2.126 S1.59: an order of nothing is paid at once, without asking a provider.
#[test]
fn an_order_that_costs_nothing_is_paid_at_once() {
    let shop = shop_with(&[("all", ALL), ("post", POST)]);
    let mut buyer = with_code(&shop, "ALL");
    buyer.post("/cart/codes", &[("code", "POST")]);
    let done = buyer.checkout();
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(done.location().starts_with("/order/"), "{}", done.location());
    assert_eq!(buyer.get(done.location()).texts("h1"), ["Thank you, Ada"]);
    assert_eq!(status_of(&shop), "paid");
    assert_eq!(shop.level("GLAZE-6").on_hand, 19);
    assert_eq!(shop.number("SELECT count(*) FROM simulator_session"), 0);
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 1);
    assert_eq!(buyer.get("/api/cart").json()["count"], 0);
    shop.assert_audit();
}
