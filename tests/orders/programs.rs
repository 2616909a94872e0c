//! Programs that keep no cart here: they send their lines along, under a key of their own.

use serde_json::{Value, json};

use crate::house::TestShop;

// S4.5 S2.131: a program sends its cart along; the same key is the same order.
#[test]
fn a_program_sends_its_cart_along() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    let mut wanted = json!({
        "email": "ada@example.com", "name": "Ada", "line1": "1 High Street", "city": "Bath",
        "postcode": "BA1 1AA", "country": "GB", "quote_total": 1,
        "lines": [{ "sku": "GLAZE-6", "qty": 2 }],
    });
    let unseen = program.json("POST", "/api/checkout", &wanted);
    assert_eq!(unseen.status, 409, "{}", unseen.body);
    wanted["quote_total"] = unseen.json()["now_minor"].clone();
    let keyed = |shop: &TestShop, wanted: &Value| {
        let headers = [("content-type", "application/json"), ("idempotency-key", "till-7")];
        shop.browser().send("/api/checkout", &headers, wanted.to_string().as_bytes())
    };
    let (first, again) = (keyed(&shop, &wanted), keyed(&shop, &wanted));
    assert_eq!((first.status, again.status), (201, 201), "{} {}", first.body, again.body);
    assert_eq!(first.json()["number"], again.json()["number"]);
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 1);
    assert_eq!(shop.level("GLAZE-6").held, 2);
    for bad in [json!([{ "qty": 1 }]), json!([{ "sku": "NOBODY", "qty": 1 }]), json!([{}])] {
        wanted["lines"] = bad;
        let refused = program.json("POST", "/api/checkout", &wanted).status;
        assert!((400..500).contains(&refused), "{refused}");
    }
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 1);
    shop.assert_audit();
}

// S0.12: the key stays the order's after it was paid, and nothing is ordered again.
#[test]
fn a_key_repeated_after_payment_answers_the_same_order() {
    let shop = TestShop::open();
    let mut wanted = json!({
        "email": "ada@example.com", "name": "Ada", "line1": "1 High Street", "city": "Bath",
        "postcode": "BA1 1AA", "country": "GB", "quote_total": 1,
        "lines": [{ "sku": "GLAZE-6", "qty": 2 }],
    });
    let keyed = |key: &str, wanted: &Value| {
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        shop.browser().send("/api/checkout", &headers, wanted.to_string().as_bytes())
    };
    wanted["quote_total"] = keyed("till-7", &wanted).json()["now_minor"].clone();
    let first = keyed("till-7", &wanted).json();
    shop.browser().press(first["payment_url"].as_str().unwrap(), "pay");
    shop.work_off();
    shop.advance_s(3600);
    for _ in 0..2 {
        let again = keyed("till-7", &wanted);
        assert_eq!(again.status, 201, "{}", again.body);
        let again = again.json();
        for member in ["number", "token", "order_url", "total_minor", "currency"] {
            assert_eq!(again[member], first[member]);
        }
        assert_eq!(again["payment_url"], first["order_url"], "there is nothing left to pay");
    }
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 1);
    assert_eq!(shop.level("GLAZE-6").on_hand, 18);
    // Another key, or another body under the same key, is another order.
    assert_ne!(keyed("till-8", &wanted).json()["number"], first["number"]);
    wanted["note"] = json!("please ring");
    assert_ne!(keyed("till-7", &wanted).json()["number"], first["number"]);
    shop.assert_audit();
}
