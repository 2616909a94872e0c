//! Refunds, disputes and what came in, asked of Stripe.

use std::collections::BTreeSet;

use kiosk::base::{Currency, Instant};
use kiosk::payments::{DisputeStatus, RefundRequest, RefundState, RefundStatus, Share, Trouble};
use serde_json::json;

use crate::desk::Desk;
use crate::fake_stripe::Fault;

fn paid(desk: &Desk) -> String {
    let (_, session) = desk.session_for("APRON-S", 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", &format!("evt_{session}"));
    session
}

fn wish(session: &str, refund: &str, amount_minor: i64) -> RefundRequest {
    RefundRequest {
        refund: refund.to_owned(),
        order: "o1".to_owned(),
        payment_id: format!("pi_{session}"),
        amount_minor,
        currency: Currency::GBP,
    }
}

// S1.40, S0.12: money goes back once for a key, named with our refund and order.
#[test]
fn a_refund_is_made_once_for_its_key() {
    let desk = Desk::open();
    let stripe = desk.shop.app.till.provider.clone();
    let session = paid(&desk);
    let request = wish(&session, "r1", 500);
    desk.provider.fail_next("refund", Fault::Broken { done: true });
    let lost = desk.shop.block_on(stripe.refund(&request, "rf-r1"));
    assert!(matches!(lost, Err(Trouble::Unreachable(_))));
    let first = desk.shop.block_on(stripe.refund(&request, "rf-r1")).unwrap();
    assert_eq!(first.status, RefundStatus::Succeeded);
    assert_eq!((first.refund.as_deref(), first.order.as_deref()), (Some("r1"), Some("o1")));
    assert_eq!((first.amount_minor, desk.provider.refunds().len()), (500, 1));
    assert_eq!(desk.shop.block_on(stripe.find_refund(&first.id)).unwrap(), first);
}

// S1.40: a failure kept under the key is told apart, so that the books are looked at first.
#[test]
fn a_kept_failure_of_a_refund_is_told_apart() {
    let desk = Desk::open();
    let stripe = desk.shop.app.till.provider.clone();
    let session = paid(&desk);
    let request = wish(&session, "r1", 500);
    desk.provider.fail_next("refund", Fault::Failure { status: 500, done: true });
    let first = desk.shop.block_on(stripe.refund(&request, "rf-r1"));
    assert!(matches!(first, Err(Trouble::Unreachable(_))), "{first:?}");
    let again = desk.shop.block_on(stripe.refund(&request, "rf-r1"));
    assert!(matches!(again, Err(Trouble::Replayed(_))), "{again:?}");
    let books = desk.shop.block_on(stripe.refunds_of(&request.payment_id)).unwrap();
    assert_eq!((books.len(), books[0].refund.as_deref()), (1, Some("r1")));
}

// S1.40: what Stripe refuses comes as it says it.
#[test]
fn refusals_of_refunds_are_said_as_they_are() {
    let desk = Desk::open();
    let stripe = desk.shop.app.till.provider.clone();
    let session = paid(&desk);
    let refused = desk.shop.block_on(stripe.refund(&wish(&session, "r1", 3499), "rf-r1"));
    assert!(matches!(refused, Err(Trouble::Refused(why)) if why.contains("greater than")));
    desk.shop.block_on(stripe.refund(&wish(&session, "r2", 3498), "rf-r2")).unwrap();
    let refused = desk.shop.block_on(stripe.refund(&wish(&session, "r3", 1), "rf-r3"));
    assert!(matches!(refused, Err(Trouble::Refused(why)) if why.contains("already been refunded")));
}

// S0.8: more refunds than one page of a list, newest first, whoever made them.
#[test]
fn all_pages_of_refunds_are_read() {
    let desk = Desk::open();
    let stripe = desk.shop.app.till.provider.clone();
    let session = paid(&desk);
    for _ in 0..205 {
        desk.provider.refund_in_dashboard(&session, 10);
        desk.shop.advance_s(1);
    }
    let all = desk.shop.block_on(stripe.refunds_of(&format!("pi_{session}"))).unwrap();
    let ids: BTreeSet<&str> = all.iter().map(|refund| refund.id.as_str()).collect();
    assert_eq!((all.len(), ids.len(), all[0].id.as_str()), (205, 205, "re_fake_205"));
    assert!(all.iter().all(|refund| refund.refund.is_none()), "made in the dashboard");
    assert_eq!(desk.provider.calls("refunds_of").len(), 3);
}

#[test]
fn a_dispute_is_seen_as_it_stands() {
    let desk = Desk::open();
    let stripe = desk.shop.app.till.provider.clone();
    let session = paid(&desk);
    let due = Instant(desk.shop.clock.now().0).plus_s(7 * 86_400);
    desk.provider.dispute(&session, "dp_1", DisputeStatus::NeedsResponse, due);
    let dispute = desk.shop.block_on(stripe.find_dispute("dp_1")).unwrap();
    assert_eq!((dispute.status, dispute.due_at), (DisputeStatus::NeedsResponse, Some(due)));
    assert_eq!((dispute.amount_minor, dispute.reason.as_str()), (3498, "fraudulent"));
    assert_eq!(dispute.payment_id, Some(format!("pi_{session}")));
}

// The daily statement: what came between two moments, with what went back of it.
#[test]
fn what_came_in_is_listed_by_time() {
    let desk = Desk::open();
    let stripe = desk.shop.app.till.provider.clone();
    let from = desk.shop.clock.now();
    let first = paid(&desk);
    desk.provider.refund_in_dashboard(&first, 98);
    desk.shop.advance_s(3600);
    let until = desk.shop.clock.now();
    paid(&desk);
    let came = desk.shop.block_on(stripe.received(from, until)).unwrap();
    assert_eq!(came.len(), 1);
    assert_eq!((came[0].amount_minor, came[0].refunded_minor), (3498, 98));
    assert_eq!(came[0].payment_id, format!("pi_{first}"));
    let order = desk.shop.text("SELECT id FROM orders ORDER BY placed_at LIMIT 1");
    assert_eq!((came[0].order.as_deref(), came[0].at), (Some(order.as_str()), from));
    assert_eq!(desk.shop.block_on(stripe.received(from, until.plus_s(1))).unwrap().len(), 2);
}

// S1.40: while the key opens nothing, a refund that may have been made is not called failed.
#[test]
fn a_key_that_opens_nothing_fails_no_refund() {
    let desk = Desk::open();
    let session = paid(&desk);
    desk.provider.fail_next("refund", Fault::Broken { done: true });
    desk.provider.fail_next("refund", Fault::Unauthorized);
    for _ in 0..3 {
        desk.provider.fail_next("refunds_of", Fault::Unauthorized);
    }
    let given = desk.give_back(&session, crate::desk::wish(Share::Amount(500)));
    assert!(given.is_err() || given.unwrap().state == RefundState::Wanted);
    desk.wait_s(3600);
    desk.wait_s(3600);
    assert_eq!(desk.of_order(&session, "refunded_minor"), "500");
    assert_eq!(desk.provider.refunds().len(), 1);
    desk.shop.assert_audit();
}

// S0.8: accounts on older versions hear of a late failure by the charge's event.
#[test]
fn an_older_account_hears_that_a_refund_failed() {
    let desk = Desk::open();
    let session = paid(&desk);
    desk.give_back(&session, crate::desk::wish(Share::Amount(500))).unwrap();
    desk.provider.end_refund("re_fake_1", RefundStatus::Failed);
    desk.tell_of(
        &json!({ "id": "re_fake_1", "object": "refund" }),
        "charge.refund.updated",
        "evt_1",
    );
    desk.tend();
    assert_eq!(desk.event("evt_1"), "done");
    assert_eq!(desk.of_order(&session, "refunded_minor"), "0");
    desk.shop.assert_audit();
}

// S0.8: a refund that was given up, for the key opened another account, and had been made all the
// same: it is in the books when the provider tells of it, and nothing more can go back than came.
#[test]
fn a_refund_given_up_by_mistake_is_booked_when_it_shows() {
    let desk = Desk::open();
    let session = paid(&desk);
    desk.provider.fail_next("refund", Fault::Broken { done: true });
    // The books are asked before the refund is written down, and after it was refused.
    for operation in ["refund", "refunds_of", "refunds_of"] {
        desk.provider.fail_next(operation, Fault::Foreign);
    }
    desk.give_back(&session, crate::desk::wish(Share::All)).unwrap();
    desk.wait_s(60);
    let state = desk.shop.text("SELECT state FROM refund");
    assert_eq!((state.as_str(), desk.provider.refunds().len()), ("failed", 1));
    assert_eq!(desk.status(&session), "paid");
    let object = json!({ "id": "re_fake_1", "object": "refund" });
    for event in ["evt_1", "evt_1", "evt_2"] {
        desk.tell_of(&object, "refund.created", event);
        desk.tend();
    }
    assert_eq!(desk.status(&session), "refunded");
    assert!(desk.attention(&session).contains("went back after all"));
    let again = desk.give_back(&session, crate::desk::wish(Share::Amount(500)));
    assert!(again.is_err(), "{again:?}");
    assert_eq!(desk.provider.refunds().len(), 1);
    desk.shop.assert_audit();
}
