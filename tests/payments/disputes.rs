//! A buyer who complains at the bank: the goods stay here, and the merchant knows until when to
//! answer.

use kiosk::base::Failure;
use kiosk::orders;
use kiosk::payments::{DisputeStatus, Share, Trouble};
use serde_json::json;

use crate::desk::{Desk, wish};
use crate::house::TestShop;

const DAY_S: i64 = 86_400;

fn settle(desk: &Desk, session: &str, note: &str) -> Result<orders::Order, String> {
    let (id, now, note) = (desk.order_id(session), desk.shop.kit.now(), note.to_owned());
    let done = desk.shop.kit.db.write_blocking(move |tx| {
        orders::settle_by_person(tx, &id, &note, "staff:ada@example.org", now)
    });
    done.map_err(|failure| failure.to_string())
}

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

// S1.40: the bank decides again, as banks do when an answer was overlooked: both are told.
#[test]
fn a_decision_may_be_turned() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    bank_says(&desk, &session, DisputeStatus::Lost, "charge.dispute.closed", "evt_1");
    bank_says(&desk, &session, DisputeStatus::Won, "charge.dispute.closed", "evt_2");
    assert_eq!(desk.of_order(&session, "disputed"), "0");
    desk.shop.advance_s(60);
    bank_says(&desk, &session, DisputeStatus::Lost, "charge.dispute.closed", "evt_3");
    assert!(why(&desk.shop).contains("is lost"), "{}", why(&desk.shop));
    assert!(ship(&desk, &session).is_err());
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

// S1.40: a person settles a lost dispute: the goods may leave, and the timeline says who let them.
#[test]
fn a_person_settles_a_lost_dispute() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    bank_says(&desk, &session, DisputeStatus::NeedsResponse, "charge.dispute.created", "evt_1");
    // Looked at while the bank is at it: the mark goes, the goods stay.
    let after = settle(&desk, &session, "answered with the tracking number").unwrap();
    assert!((after.attention.is_none(), after.disputed, after.dispute_open) == (true, true, true));
    assert!(ship(&desk, &session).unwrap_err().contains("disputed the payment"));
    assert!(settle(&desk, &session, "again").unwrap_err().contains("waits for a person"));
    bank_says(&desk, &session, DisputeStatus::Lost, "charge.dispute.closed", "evt_2");
    assert!(ship(&desk, &session).unwrap_err().contains("disputed the payment"));
    for note in ["", " \n", &"a".repeat(501)] {
        assert!(settle(&desk, &session, note).unwrap_err().contains("1 to 500"), "{note}");
    }
    let after = settle(&desk, &session, " the buyer paid by transfer ").unwrap();
    assert!(
        (after.attention.is_none(), after.disputed, after.dispute_open) == (true, false, false)
    );
    let said = "SELECT actor || ': ' || (data ->> '$.note') FROM order_event
                WHERE kind = 'settled' ORDER BY id DESC";
    assert_eq!(desk.shop.text(said), "staff:ada@example.org: the buyer paid by transfer");
    // An event told again changes nothing.
    bank_says(&desk, &session, DisputeStatus::Lost, "charge.dispute.funds_withdrawn", "evt_3");
    ship(&desk, &session).unwrap();
    // The bank has the money: nothing can go back.
    assert!(desk.give_back(&session, wish(Share::All)).unwrap_err().contains("disputed"));
    desk.shop.work_off();
    desk.shop.assert_audit();
}

// S1.40: of several complaints about one order, each counts for itself.
#[test]
fn a_settled_dispute_stays_settled_when_another_is_won() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let says = |dispute: &str, status, event: &str| {
        desk.provider.dispute(&session, dispute, status, desk.shop.clock.now());
        desk.tell_of(&json!({ "id": dispute }), "charge.dispute.updated", event);
        desk.tend();
        desk.shop.assert_audit();
    };
    says("du_1", DisputeStatus::Lost, "evt_1");
    settle(&desk, &session, "written off").unwrap();
    says("du_2", DisputeStatus::UnderReview, "evt_2");
    assert!(ship(&desk, &session).is_err());
    says("du_2", DisputeStatus::Won, "evt_3");
    assert_eq!(desk.of_order(&session, "disputed"), "0");
    // Lost once more: that one is not settled yet.
    says("du_3", DisputeStatus::Lost, "evt_4");
    assert!(ship(&desk, &session).is_err());
    settle(&desk, &session, "written off, too").unwrap();
    ship(&desk, &session).unwrap();
    assert!(settle(&desk, &session, "once more").is_err());
}

/// A session that was paid with another amount than the order's; its money waits for a person.
fn charged_wrong(desk: &Desk) -> String {
    let session = desk.session_for("KILN-1", 1).1;
    desk.provider.charge(&session, 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!(desk.attempt(&session), "review");
    session
}

// A mark whose cause is still there comes back: nobody settles money away.
#[test]
fn money_that_waits_marks_its_order_again() {
    let desk = Desk::open();
    let session = charged_wrong(&desk);
    let before = desk.attention(&session);
    settle(&desk, &session, "looked at it").unwrap();
    assert_eq!(desk.attention(&session), "");
    desk.wait_s(600);
    assert_eq!(desk.attention(&session), before);
    desk.shop.assert_audit();
}

// S1.22: the same of money that came too late, also when part of it went back (schedule 1001520).
#[test]
fn what_is_left_of_late_money_marks_its_order_again() {
    let desk = Desk::open();
    let late = desk.session_for("KILN-1", 3).1;
    desk.wait_s(15 * 60);
    desk.paid("KILN-1", 2);
    desk.provider.pay(&late);
    desk.provider.set_refund_trouble(Trouble::Refused("not today".to_owned()), false);
    desk.tell_and_tend(&late, "completed", "evt_1");
    let made = desk.provider.refund_in_dashboard(&late, 100);
    desk.tell_of(&json!({ "id": made }), "refund.created", "evt_2");
    desk.tend();
    settle(&desk, &late, "looked at it").unwrap();
    assert_eq!((desk.attempt(&late), desk.attention(&late)), ("review".into(), String::new()));
    desk.wait_s(3600);
    assert!(desk.attention(&late).contains("refund --late"), "{}", desk.attention(&late));
    desk.shop.assert_audit();
}

// S1.40: the end of a dispute is not the end of money that waits (schedule 1000082).
#[test]
fn a_dispute_that_is_won_leaves_waiting_money_in_sight() {
    let desk = Desk::open();
    let session = charged_wrong(&desk);
    bank_says(&desk, &session, DisputeStatus::NeedsResponse, "charge.dispute.created", "evt_2");
    assert!(desk.attention(&session).contains("disputes"), "{}", desk.attention(&session));
    desk.provider.dispute(&session, "du_1", DisputeStatus::Won, desk.shop.clock.now());
    desk.tell_of(&json!({ "id": "du_1" }), "charge.dispute.closed", "evt_3");
    desk.tend();
    assert_eq!(desk.event("evt_3"), "done");
    assert!(desk.attention(&session).contains("refund --late"), "{}", desk.attention(&session));
    desk.shop.assert_audit();
}

// S1.40: a bank that only asks keeps the goods here, not the money: giving it back ends the matter.
#[test]
fn an_inquiry_blocks_shipping_and_lets_money_go_back() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    bank_says(&desk, &session, DisputeStatus::Inquiry, "charge.dispute.created", "evt_1");
    assert!(why(&desk.shop).contains("give all of it back"), "{}", why(&desk.shop));
    assert!(ship(&desk, &session).unwrap_err().contains("disputed the payment"));
    desk.give_back(&session, wish(Share::All)).unwrap();
    assert_eq!(desk.status(&session), "refunded");
    bank_says(&desk, &session, DisputeStatus::Won, "charge.dispute.closed", "evt_2");
    assert_eq!(desk.of_order(&session, "disputed"), "0");
    desk.shop.assert_audit();
}

// S1.40: it becomes a dispute, or its day to answer moves: the merchant hears the new day.
#[test]
fn what_changes_in_a_dispute_is_told() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    bank_says(&desk, &session, DisputeStatus::Inquiry, "charge.dispute.created", "evt_1");
    assert!(why(&desk.shop).contains("until 1 December 2026, 10:00"), "{}", why(&desk.shop));
    desk.shop.advance_s(DAY_S);
    let kind = "charge.dispute.funds_withdrawn";
    bank_says(&desk, &session, DisputeStatus::NeedsResponse, kind, "evt_2");
    assert!(why(&desk.shop).contains("until 2 December 2026, 10:00"), "{}", why(&desk.shop));
    assert!(desk.give_back(&session, wish(Share::All)).unwrap_err().contains("disputed"));
    desk.shop.advance_s(DAY_S);
    let kind = "charge.dispute.updated";
    bank_says(&desk, &session, DisputeStatus::NeedsResponse, kind, "evt_3");
    assert!(why(&desk.shop).contains("until 3 December 2026, 10:00"), "{}", why(&desk.shop));
    assert_eq!(desk.letters("order_attention"), 3);
    desk.shop.assert_audit();
}
