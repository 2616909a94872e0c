//! What happened at Stripe and no event ever told.

use kiosk::payments::{DisputeStatus, RefundStatus, Share};
use serde_json::Value;

use crate::desk::{Desk, wish};
use crate::fake_stripe::{Fault, hooks};
use crate::house::{Edited, base_content};

const DAY_S: i64 = 86_400;

/// Stripe has an event, and nobody is told.
fn keep_quiet_about(desk: &Desk, kind: &str, object: &Value) {
    let now_s = desk.shop.clock.now().unix_s();
    hooks::tell(&mut desk.provider.server.inside(), kind, object, now_s, 0);
}

fn complain(desk: &Desk, session: &str, id: &str) {
    let due = desk.shop.clock.now().plus_s(7 * DAY_S);
    desk.provider.dispute(session, id, DisputeStatus::NeedsResponse, due);
    let object = desk.provider.server.inside().books.disputes[id].clone();
    keep_quiet_about(desk, "charge.dispute.created", &object);
}

fn refund_later(desk: &Desk, session: &str, minor: i64) {
    let id = desk.provider.refund_in_dashboard(session, minor);
    let refunds = desk.provider.server.inside().books.refunds.clone();
    let object = refunds.into_iter().find(|refund| refund["id"] == id.as_str()).unwrap();
    keep_quiet_about(desk, "refund.created", &object);
}

fn next_night(desk: &Desk) {
    desk.shop.advance_s(DAY_S);
    desk.shop.work_off();
}

fn fetched(desk: &Desk) -> i64 {
    desk.shop.number("SELECT count(*) FROM webhook_event WHERE source = 'reconciler'")
}

// N9, S1.40: a complaint, and a refund of an older day's money, stand in no list of payments. Both
// are found, once; what may still be on its way is waited for.
#[test]
fn complaints_and_refunds_nobody_told_are_fetched() {
    let desk = Desk::open();
    desk.shop.work_off();
    let (quiet, loud) = (desk.paid("KILN-1", 1), desk.paid("APRON-S", 1));
    complain(&desk, &quiet, "dp_1");
    // What is of no use here is not fetched.
    keep_quiet_about(&desk, "customer.created", &serde_json::json!({ "id": "cus_1" }));
    desk.shop.advance_s(3599);
    desk.shop.work_off();
    assert_eq!(fetched(&desk), 0);
    next_night(&desk);
    assert!(desk.attention(&quiet).contains("disputes"), "{}", desk.attention(&quiet));
    assert_eq!((desk.event("evt_fake_1"), fetched(&desk)), ("done".into(), 1));
    refund_later(&desk, &loud, 500);
    next_night(&desk);
    assert_eq!((desk.status(&loud), fetched(&desk)), ("part_refunded".into(), 2));
    next_night(&desk);
    let twice = "SELECT coalesce(sum(duplicates), 0) FROM webhook_event";
    assert_eq!((fetched(&desk), desk.shop.number(twice)), (2, 0));
    assert_eq!((desk.letters("order_attention"), desk.letters("order_refunded")), (1, 1));
    desk.shop.assert_audit();
}

// N9: a key that may not read events costs nothing else, and what was missed comes later.
#[test]
fn a_time_without_events_is_made_up_for() {
    let desk = Desk::open();
    desk.shop.work_off();
    let session = desk.paid("KILN-1", 1);
    complain(&desk, &session, "dp_1");
    for _ in 0..4 {
        desk.provider.fail_next("events", Fault::Unauthorized);
    }
    next_night(&desk);
    assert_eq!((desk.attention(&session), fetched(&desk)), (String::new(), 0));
    assert_eq!(desk.shop.number("SELECT count(*) FROM statement"), 2, "the books are compared");
    next_night(&desk);
    assert!(desk.attention(&session).contains("disputes"));
    desk.shop.assert_audit();
}

// S1.40: a refund under way that Stripe denies knowing is a case for a person, told once.
#[test]
fn a_refund_nobody_knows_any_more_calls_a_person_once() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_refund_ending(RefundStatus::Pending);
    desk.give_back(&session, wish(Share::Amount(500))).unwrap();
    // A bank takes its time: it is looked at many times, and all is well.
    for _ in 0..9 {
        desk.wait_s(3600);
    }
    desk.provider.server.inside().books.refunds.clear();
    for _ in 0..4 {
        desk.wait_s(3600);
    }
    assert_eq!(desk.attention(&session), "", "it may be a passing fault");
    desk.wait_s(3600);
    let attention = desk.attention(&session);
    assert!(attention.contains("does not know its refund of £5.00"), "{attention}");
    let asked = desk.provider.calls("find_refund").len();
    desk.wait_s(3600);
    assert_eq!(desk.provider.calls("find_refund").len(), asked, "once a day is enough");
    desk.wait_s(DAY_S);
    assert_eq!(desk.provider.calls("find_refund").len(), asked + 1);
    assert_eq!((desk.letters("order_attention"), desk.status(&session)), (1, "paid".into()));
    desk.shop.assert_audit();
}

// S2.127, S1.40: an amount without a twin at Stripe is refused before anything is written down.
#[test]
fn a_refund_stripe_cannot_count_is_refused_at_once() {
    let content = Edited::of(&base_content()).replace("shop.toml", "\"GBP\"", "\"KWD\"");
    let desk = Desk::selling(content.path().to_owned());
    let session = desk.paid("KILN-1", 1);
    let refused = desk.give_back(&session, wish(Share::Amount(1_005))).unwrap_err();
    assert!(refused.contains("whole steps of"), "{refused}");
    assert_eq!(desk.shop.number("SELECT count(*) FROM refund"), 0);
    desk.give_back(&session, wish(Share::Amount(1_010))).unwrap();
    assert_eq!(desk.of_order(&session, "refunded_minor"), "1010");
    desk.shop.assert_audit();
}

// N9, S1.22: the shop came back from a backup that does not know its newest payment page. The event
// of that page was taken before, so it is not sent again: it is fetched, and pays the order.
#[test]
fn a_page_from_after_the_backup_is_found_and_pays_its_order() {
    let desk = Desk::open();
    desk.shop.work_off();
    let (_, session) = desk.session_for("KILN-1", 1);
    let mut later = desk.provider.server.inside().books.sessions[&session].clone();
    for (name, value) in [
        ("id", "cs_later"),
        ("status", "complete"),
        ("payment_status", "paid"),
        ("payment_intent", "pi_later"),
    ] {
        later[name] = value.into();
    }
    keep_quiet_about(&desk, "checkout.session.completed", &later);
    desk.provider.server.inside().books.sessions.insert("cs_later".to_owned(), later);
    desk.shop.advance_s(7 * 3600);
    desk.shop.work_off();
    desk.shop.work_off();
    assert_eq!((desk.status(&session), desk.attempt("cs_later")), ("paid".into(), "paid".into()));
    assert_eq!(desk.units("KILN-1"), (3, 0));
    desk.shop.assert_audit();
}
