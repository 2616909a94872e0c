//! The merchant's day in figures: the front page, sales, stock, carts, customers and health.

#[path = "desk_trade/alarms.rs"]
mod alarms;
#[path = "desk_trade/certificate.rs"]
mod certificate;
#[path = "desk_trade/health.rs"]
mod health;
#[path = "desk_trade/money.rs"]
mod money;
#[path = "desk_trade/people.rs"]
mod people;
#[path = "desk_trade/programs.rs"]
mod programs;
#[path = "desk_trade/stock.rs"]
mod stock;

mod house;

use house::{Browser, TestShop};
use kiosk::base::ids::OrderId;
use kiosk::payments::{self, RefundWish, Share};

const HOUR_S: i64 = 3_600;
const DAY_S: i64 = 24 * HOUR_S;

/// A visitor at the payment page with this in the cart.
#[track_caller]
fn at_payment(shop: &TestShop, sku: &str, qty: u32) -> (Browser, String) {
    let mut buyer = shop.browser();
    assert_eq!(buyer.add(sku, qty).status, 303);
    let to_payment = buyer.checkout();
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let payment = to_payment.location().to_owned();
    (buyer, payment)
}

/// An order of this, paid; its number.
#[track_caller]
fn paid(shop: &TestShop, sku: &str, qty: u32) -> String {
    let (mut buyer, payment) = at_payment(shop, sku, qty);
    buyer.press(&payment, "pay");
    shop.work_off();
    let number = shop.text("SELECT number FROM orders ORDER BY rowid DESC LIMIT 1");
    let sql = format!("SELECT payment_status FROM orders WHERE number = '{number}'");
    assert_eq!(shop.text(&sql), "paid");
    number
}

/// Sends money back.
#[track_caller]
fn give_back(shop: &TestShop, number: &str, share: Share) {
    let id = shop.text(&format!("SELECT id FROM orders WHERE number = '{number}'"));
    let wish = RefundWish {
        share,
        delivery: false,
        restock: [].into(),
        reason: "a test".to_owned(),
        by_hand: false,
        late: false,
    };
    let id = OrderId::from_stored(id);
    let refund = shop.block_on(payments::give_back(&shop.app.till, &id, wish, "test"));
    refund.unwrap_or_else(|failure| panic!("{failure}"));
    shop.work_off();
}
