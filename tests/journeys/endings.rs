//! From the product to every ending of a payment, with whoever the test binary lets take the money.

use crate::Stage;

// S1.10, S1.11, S1.59, S2.2, S2.17, S4.8: from the product to a paid order.
#[test]
fn a_visitor_buys_a_kiln() {
    let stage = Stage::open();
    let shop = &stage.shop;
    let mut buyer = shop.browser();
    assert_eq!(buyer.add("KILN-1", 1).status, 303);
    let to_payment = buyer.checkout();
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let order = buyer.press(to_payment.location(), "pay");
    assert_eq!(order.status, 200);
    stage.work_off();
    assert_eq!(shop.number("SELECT count(*) FROM orders WHERE payment_status = 'paid'"), 1);
    assert_eq!(shop.level("KILN-1").on_hand, 3);
    // S1.12, S2.24: one letter, in the same transaction as `paid`.
    let letters = "SELECT count(*) FROM outbox WHERE template = 'order_confirmation'";
    assert_eq!(shop.number(letters), 1);
    shop.assert_audit();
}

// S0.32 S2.21 S3.38: many visitors in turn; in the end every unit is accounted for.
#[test]
fn every_ending_of_a_checkout_leaves_the_books_straight() {
    let stage = Stage::open();
    let shop = &stage.shop;
    let endings =
        ["pay", "3ds_pass", "async", "async_fail", "expire", "cancel", "decline", "3ds_fail"];
    for ending in endings {
        let mut buyer = shop.browser();
        assert_eq!(buyer.add("GLAZE-6", 2).status, 303, "{ending}");
        let payment = buyer.checkout().location().to_owned();
        buyer.press(&payment, ending);
        stage.work_off();
        shop.assert_audit();
    }
    shop.advance_s(16 * 60);
    stage.work_off();
    let paid = "SELECT count(*) FROM orders WHERE payment_status = 'paid'";
    assert_eq!(shop.number(paid), 3, "pay, 3ds_pass and async");
    assert_eq!(shop.number("SELECT count(*) FROM orders WHERE payment_status = 'failed'"), 1);
    assert_eq!(shop.number("SELECT count(*) FROM orders WHERE payment_status = 'expired'"), 4);
    let level = shop.level("GLAZE-6");
    assert_eq!((level.on_hand, level.held), (20 - 3 * 2, 0));
    let carts = |payment: &str, cart: &str| {
        shop.number(&format!(
            "SELECT count(*) FROM orders o JOIN cart c ON c.id = o.cart_id
             WHERE o.payment_status = '{payment}' AND c.status = '{cart}'"
        ))
    };
    assert_eq!((carts("paid", "ordered"), carts("expired", "active")), (3, 4));
    shop.assert_audit();
}
