//! A buyer who complains at the bank: the goods stay here, and the merchant knows until when to
//! answer.

use kiosk::base::Failure;
use kiosk::orders;
use kiosk::payments::{DisputeStatus, Share};
use serde_json::json;

use crate::desk::{Desk, wish};
use crate::house::TestShop;

const DAY_S: i64 = 86_400;

fn ship(desk: &Desk, session: &str) -> Result<(), String> {
    let shop = &desk.shop;
    let (kit, book, now) = (shop.kit.clone(), shop.app.shelf.books.now(), shop.kit.now());
    let id = desk.order_id(session);
    let done = shop
        .kit
        .db
        .write_blocking(move |tx| orders::ship(tx, &kit, &book, &id, ("", ""), "staff", now));
    done.map_err(|failure: Failure<orders::Refusal>| failure.to_string())
}

/// The bank says this about a payment, and an event tells.
fn bank_says(desk: &Desk, session: &str, status: DisputeStatus, kind: &str, event: &str) {
    desk.provider.dispute(session, "du_1", status, desk.shop.clock.now().plus_s(7 * DAY_S));
    desk.tell_of(&json!({ "id": "du_1" }), kind, event);
    desk.tend();
}

fn why(shop: &TestShop) -> String {
    shop.text(
        "SELECT json_extract(data, '$.why') FROM outbox WHERE template = 'order_attention'
         ORDER BY id DESC LIMIT 1",
    )
}

// S1.40: opened, told with its due date, shipping refused; won, shipping goes on.
#[test]
fn a_dispute_blocks_shipping_until_it_is_won() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    bank_says(&desk, &session, DisputeStatus::NeedsResponse, "charge.dispute.created", "evt_1");
    assert_eq!(
        (desk.event("evt_1"), desk.of_order(&session, "disputed")),
        ("done".into(), "1".into())
    );
    assert!(why(&desk.shop).contains("until 1 December 2026, 10:00"), "{}", why(&desk.shop));
    assert!(ship(&desk, &session).unwrap_err().contains("disputed the payment"));
    let refused = desk.give_back(&session, wish(Share::All)).unwrap_err();
    assert!(refused.contains("disputed"), "{refused}");
    // Told again, doubled and late: nothing new.
    let kind = "charge.dispute.funds_withdrawn";
    bank_says(&desk, &session, DisputeStatus::NeedsResponse, kind, "evt_2");
    assert_eq!(desk.letters("order_attention"), 1);
    desk.shop.assert_audit();
    bank_says(&desk, &session, DisputeStatus::Won, "charge.dispute.closed", "evt_3");
    assert_eq!(
        (desk.of_order(&session, "disputed"), desk.letters("order_attention")),
        ("0".into(), 2)
    );
    assert_eq!(desk.timeline(&session), "placed paid dispute_opened attention dispute_won settled");
    // An answer read before the end changes nothing.
    bank_says(&desk, &session, DisputeStatus::UnderReview, "charge.dispute.updated", "evt_4");
    assert_eq!(desk.of_order(&session, "disputed"), "0");
    ship(&desk, &session).unwrap();
    desk.shop.work_off();
    desk.shop.assert_audit();
}

// S1.40: lost: the money is gone, and the goods stay here.
#[test]
fn a_lost_dispute_keeps_the_goods_here() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    bank_says(&desk, &session, DisputeStatus::Lost, "charge.dispute.closed", "evt_1");
    assert!(why(&desk.shop).contains("is lost"), "{}", why(&desk.shop));
    assert!(ship(&desk, &session).is_err());
    assert_eq!(desk.status(&session), "paid");
    desk.shop.assert_audit();
}
