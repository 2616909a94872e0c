//! Messages that leave the shop: what letters look like, the outbox, the desk's pages about them,
//! and news to other programs.

#[path = "letters/choices.rs"]
mod choices;
#[path = "letters/desk.rs"]
mod desk;
#[path = "letters/guarded.rs"]
mod guarded;
#[path = "letters/hooks.rs"]
mod hooks;
#[path = "letters/layout.rs"]
mod layout;
#[path = "letters/outbox.rs"]
mod outbox;
#[path = "letters/snapshots.rs"]
mod snapshots;

mod house;

use house::{Answer, Browser, TestShop};
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::OrderId;
use kiosk::orders;
use kiosk::platform::mail::{Drawn, draw};

/// A buyer with this in the cart, at the payment page.
fn at_payment(shop: &TestShop, sku: &str, qty: u32) -> (Browser, String) {
    let mut buyer = shop.browser();
    assert_eq!(buyer.add(sku, qty).status, 303);
    let to_payment = buyer.checkout();
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let payment = to_payment.location().to_owned();
    (buyer, payment)
}

fn pay(shop: &TestShop, sku: &str, qty: u32) {
    let (mut buyer, payment) = at_payment(shop, sku, qty);
    buyer.press(&payment, "pay");
    shop.work_off();
}

fn newest(shop: &TestShop) -> OrderId {
    OrderId::from_stored(shop.text("SELECT id FROM orders ORDER BY id DESC LIMIT 1"))
}

fn ship(shop: &TestShop) {
    let (id, kit) = (newest(shop), shop.kit.clone());
    let (book, now) = (shop.app.shelf.books.now(), shop.kit.now());
    let parcel = ("Royal Mail", "RM123");
    let db = &shop.kit.db;
    db.write_blocking(move |tx| orders::ship(tx, &kit, &book, &id, parcel, "staff", now)).unwrap();
}

fn deliver(shop: &TestShop) {
    let (id, kit) = (newest(shop), shop.kit.clone());
    let (book, now) = (shop.app.shelf.books.now(), shop.kit.now());
    let db = &shop.kit.db;
    db.write_blocking(move |tx| orders::deliver(tx, &kit, &book, &id, "staff", now)).unwrap();
}

/// The newest letter of a kind, as it is read.
fn letter(shop: &TestShop, kind: &str) -> Drawn {
    let found = shop.kit.db.read_blocking(|read| {
        Ok::<_, Failure<Never>>(kiosk::platform::mail::find_newest(read, kind)?)
    });
    let found = found.unwrap().unwrap_or_else(|| panic!("no {kind} was written"));
    draw(&shop.kit.render, kind, &serde_json::from_str(&found.data).unwrap()).unwrap()
}

fn page_of(html: &str) -> Answer {
    Answer { status: 200, headers: Default::default(), body: html.to_owned() }
}

/// Kinds of letters written so far, in order.
fn kinds(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(group_concat(template, ' '), '')
         FROM (SELECT template FROM outbox ORDER BY id)",
    )
}
