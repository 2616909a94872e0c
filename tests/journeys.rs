//! Whole journeys of a buyer, over HTTP, against the real database.

mod house;

use house::TestShop;

// S1.10, S1.11, S1.59, S2.2, S2.17, S4.8: from the product to a paid order.
#[test]
fn a_visitor_buys_a_kiln() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    assert_eq!(buyer.add("KILN-1", 1).status, 303);
    let to_payment = buyer.checkout();
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let order = buyer.press(&to_payment.location().to_owned(), "pay");
    assert_eq!(order.status, 200);
    shop.work_off();
    assert_eq!(shop.number("SELECT count(*) FROM orders WHERE payment_status = 'paid'"), 1);
    assert_eq!(shop.level("KILN-1").on_hand, 3);
    // S1.12, S2.24: one letter, in the same transaction as `paid`.
    let letters = "SELECT count(*) FROM outbox WHERE template = 'order_confirmation'";
    assert_eq!(shop.number(letters), 1);
    shop.assert_audit();
}
