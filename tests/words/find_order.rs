//! `/order`: number and e-mail address lead back to an order, and nothing else does.

use crate::house::{Answer, Setup, TestShop};

/// A shop with one order, its number and the path of its page.
fn with_order(limits: &str) -> (TestShop, String, String) {
    let settings = vec![("limits", limits.to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let payment = buyer.checkout().location().to_owned();
    let back = buyer.post(&payment, &[("action", "pay")]).location().to_owned();
    let order = buyer.get(&back).location().to_owned();
    let page = order[order.find("/order/").unwrap()..].split('?').next().unwrap().to_owned();
    let number = shop.text("SELECT number FROM orders");
    (shop, number, page)
}

fn find(shop: &TestShop, number: &str, email: &str) -> Answer {
    shop.browser().post("/order", &[("number", number), ("email", email)])
}

// S2.139: whoever lost the link finds the order by what the letter says.
#[test]
fn number_and_address_lead_to_the_order() {
    let (shop, number, page) = with_order("off");
    let form = shop.browser().get("/order");
    assert_eq!(form.status, 200);
    assert_eq!(form.attribute("#f-email", "autocomplete"), "email");
    assert_eq!(form.attribute("#f-email", "type"), "email");
    assert_eq!(form.texts("label[for=f-number]"), ["Order number"]);
    assert_eq!(form.attribute("meta[name=robots]", "content"), "noindex");
    for (typed, email) in [
        (number.clone(), "ada@example.com"),
        (number.to_lowercase(), " ADA@Example.COM "),
        (format!(" # {number} "), "ada@example.com"),
    ] {
        let found = find(&shop, &typed, email);
        assert_eq!((found.status, found.location()), (303, page.as_str()), "{typed}");
    }
    assert_eq!(shop.browser().get(&page).status, 200);
    shop.assert_audit();
}

// S2.139 S4.41: a wrong address and an unknown number are told the same.
#[test]
fn nothing_is_told_about_orders_of_others() {
    let (shop, number, _) = with_order("off");
    let plain = |answer: &Answer| answer.body.replace(&number, "N").replace("999999", "N");
    let wrong_address = find(&shop, &number, "eve@example.com");
    let unknown_number = find(&shop, "999999", "eve@example.com");
    assert_eq!(wrong_address.status, 404);
    assert_eq!(plain(&wrong_address), plain(&unknown_number));
    assert_eq!(wrong_address.texts("[role=alert] .notice-title"), ["No order found"]);
    assert_eq!(wrong_address.attribute("#f-email", "value"), "eve@example.com");
    for (number, email) in [
        (number.as_str(), "ada"),
        (number.as_str(), "ada@example.com' OR '1'='1"),
        ("%", "ada@example.com"),
        ("１００１", "ada@example.com"),
        ("💶🧾\u{202e}", "ädä@example.com"),
        (&"9".repeat(5000), &"a".repeat(5000)),
        ("<script>", "\"><script>"),
    ] {
        let answer = find(&shop, number, email);
        assert_eq!(answer.status, 404, "{number}");
        assert!(!answer.body.contains("<script>\"") && answer.body.len() < 20_000, "{number}");
    }
}

// S4.22: what is missing is said at its field.
#[test]
fn missing_fields_are_named() {
    let (shop, number, _) = with_order("off");
    let empty = find(&shop, " ", "");
    assert_eq!(empty.status, 422);
    assert_eq!(
        empty.texts("#errors li"),
        ["Enter the order number.", "Enter the e-mail address you ordered with."]
    );
    assert!(empty.texts("title")[0].starts_with("Error: "), "told before anything is read");
    assert_eq!(empty.attribute("#errors li a", "href"), "#f-number");
    assert_eq!(empty.attribute("#f-number", "aria-invalid"), "true");
    assert!(empty.attribute("#f-number", "aria-describedby").contains("f-number-wrong"));
    let half = shop.browser().post("/order", &[("number", &number)]);
    assert_eq!(half.texts("#errors li"), ["Enter the e-mail address you ordered with."]);
    assert_eq!(half.attribute("#f-number", "value"), number);
    assert_eq!(find(&shop, &"9".repeat(70_000), "ada@example.com").status, 413);
    assert_eq!(shop.browser().post("/order", &[("token", "x")]).status, 422);
    let json = [("content-type", "application/x-www-form-urlencoded")];
    let plain = shop.browser().send("/order", &json, b"number=1&email=a%40example.com");
    assert_eq!(plain.json()["type"], "/problems/order-not-found");
}

// S4.41: guessing is slow, from one address and at one order.
#[test]
fn many_tries_have_to_wait() {
    let (shop, number, page) = with_order("on");
    for _ in 0..10 {
        assert_eq!(find(&shop, &number, "eve@example.com").status, 404);
    }
    let refused = find(&shop, &number, "ada@example.com");
    assert_eq!(refused.status, 429);
    assert_eq!(refused.texts("[role=alert] .notice-title"), ["Too many requests"]);
    assert_eq!(refused.attribute("#f-number", "value"), number, "what was typed stays");
    let wait_s: i64 = refused.headers["retry-after"].parse().unwrap();
    shop.advance_s(wait_s);
    assert_eq!(find(&shop, &number, "ada@example.com").location(), page);
    // The order's own limit holds whoever asks, and lets its buyer in again.
    let mut tries = 0;
    while tries < 40 && find(&shop, &number, "eve@example.com").status == 404 {
        tries += 1;
        shop.advance_s(60);
    }
    assert!(tries < 40, "the order's limit was never met");
    assert_eq!(find(&shop, &number, "ada@example.com").status, 429);
    shop.advance_s(60);
    assert_eq!(find(&shop, "1", "eve@example.com").status, 404, "other orders are not touched");
    shop.advance_s(3600);
    assert_eq!(find(&shop, &number, "ada@example.com").location(), page);
}
