//! From the pending order to the payment page, with everything that can break in between.

use std::sync::Arc;

use tempfile::TempDir;

use crate::Double;
use crate::desk::{Desk, form_for};
use crate::house::Answer;

const ORDERS: &str = "SELECT group_concat(payment_status) FROM orders";
const ATTEMPTS: &str = "SELECT group_concat(state) FROM payment";

#[track_caller]
fn assert_come_back_later(answer: &Answer) {
    assert_eq!(answer.status, 503, "{}", answer.body);
    let wait = answer.headers.get("retry-after").map(|v| v.parse::<u32>().unwrap());
    assert!(wait.is_some_and(|seconds| (1..=60).contains(&seconds)), "{:?}", answer.headers);
    assert!(answer.body.contains("does not answer"), "{}", answer.body);
}

// S0.11, S2.132: no answer is said in words, with when to come back; the goods stay held, and
// pressing again continues the same order.
#[test]
fn a_provider_that_is_down_costs_the_buyer_only_patience() {
    let desk = Desk::open();
    desk.provider.set_down(true);
    let (mut buyer, answer) = desk.order("KILN-1", 1);
    assert_come_back_later(&answer);
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("pending".into(), (4, 1)));
    assert_come_back_later(&buyer.checkout());
    desk.provider.set_down(false);
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(desk.shop.text(ORDERS), "pending");
    assert_eq!((desk.provider.sessions_made(), desk.units("KILN-1")), (1, (4, 1)));
    // S0.12: every call carried the same key.
    let keys = desk.provider.calls("create");
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| key == &keys[0] && key.ends_with("-1")), "{keys:?}");
    desk.shop.assert_audit();
}

// S0.11, S2.132: a program hears the same as a page.
#[test]
fn a_program_hears_when_to_come_back() {
    let desk = Desk::open();
    desk.provider.set_down(true);
    let mut buyer = desk.shop.browser();
    buyer.add("KILN-1", 1);
    let form = form_for(&buyer.get("/api/cart").json());
    let answer = buyer.json("POST", "/api/checkout", &form);
    assert_come_back_later(&answer);
    assert_eq!(answer.json()["type"], "/problems/payment-provider-down");
}

// S0.11: what the buyer gave up on is opened by the reconciler, and closed when its time is over.
#[test]
fn an_order_without_a_page_gets_one_later_and_is_closed_in_time() {
    let desk = Desk::open();
    desk.provider.set_down(true);
    desk.order("KILN-1", 1);
    desk.wait_s(120);
    assert_eq!((desk.shop.text(ATTEMPTS), desk.units("KILN-1")), ("wanted".into(), (4, 1)));
    desk.provider.set_down(false);
    desk.wait_s(30);
    assert_eq!((desk.shop.text(ATTEMPTS), desk.provider.sessions_made()), ("open".into(), 1));
    desk.wait_s(15 * 60);
    assert_eq!(
        (desk.shop.text(ATTEMPTS), desk.shop.text(ORDERS)),
        ("expired".into(), "expired".into())
    );
    assert_eq!(desk.units("KILN-1"), (4, 0));
    desk.shop.assert_audit();
}

// S0.11: a provider that says no ends the order at once, in its own words, and frees the goods.
#[test]
fn a_refusal_of_the_provider_frees_the_goods() {
    let desk = Desk::open();
    desk.provider.set_refusal(Some("Invalid API Key provided"));
    let (mut buyer, answer) = desk.order("KILN-1", 1);
    assert_eq!(answer.status, 502);
    assert!(answer.body.contains("Invalid API Key provided"), "{}", answer.body);
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("failed".into(), (4, 0)));
    desk.shop.assert_audit();
    // The cart is still there; once the key is mended the same cart is ordered.
    desk.provider.set_refusal(None);
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(desk.shop.text(ORDERS), "failed,pending");
    desk.shop.assert_audit();
}

// S0.12: the answer to the call is lost; asking again gives the same session, never a second one.
#[test]
fn a_lost_answer_makes_no_second_session() {
    let desk = Desk::open();
    desk.provider.set_losing_replies(true);
    let (mut buyer, answer) = desk.order("KILN-1", 1);
    assert_come_back_later(&answer);
    desk.provider.set_losing_replies(false);
    let again = buyer.checkout();
    assert!(again.location().ends_with(&desk.provider.last()), "{}", again.location());
    assert_eq!(desk.provider.sessions_made(), 1);
}

// S0.12: the same form sent many times is one order, one hold and one session.
#[test]
fn a_form_sent_twice_is_one_order() {
    let desk = Desk::open();
    let (mut buyer, first) = desk.order("GLAZE-6", 2);
    for _ in 0..3 {
        assert_eq!(buyer.checkout().location(), first.location());
    }
    assert_eq!((desk.shop.text(ORDERS), desk.units("GLAZE-6")), ("pending".into(), (20, 2)));
    assert_eq!(desk.provider.sessions_made(), 1);
}

// S0.12, S2.142: the buyer pays although nobody here heard of the session: found by its order.
#[test]
fn a_payment_is_not_lost_when_the_session_was_never_noted() {
    let desk = Desk::open();
    desk.provider.set_losing_replies(true);
    desk.order("KILN-1", 1);
    let session = desk.provider.last();
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    desk.shop.assert_audit();
}

// S0.12, S1.59: the program dies between the order and the note of its session. Opened again on
// the same data it asks with the same key, finds the same session, and the payment counts.
#[test]
fn a_crash_before_the_session_is_noted_ends_right() {
    let data = TempDir::new().unwrap();
    let provider = Arc::new(Double::new(1));
    let path = data.path().to_owned();
    let desk = Desk::with(Arc::clone(&provider), Some(path.clone()));
    provider.set_losing_replies(true);
    desk.order("KILN-1", 1);
    assert_eq!(desk.shop.text(ATTEMPTS), "wanted");
    drop(desk);

    provider.set_losing_replies(false);
    let desk = Desk::with(Arc::clone(&provider), Some(path));
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("pending".into(), (4, 1)));
    provider.pay(&provider.last());
    desk.shop.advance_s(120);
    desk.shop.work_off();
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    assert_eq!((provider.sessions_made(), provider.calls("create").len()), (1, 2));
    desk.shop.assert_audit();
}

// S0.12, S1.22: the same crash, and nobody ever pays: the page is closed, the goods are free.
#[test]
fn a_crash_before_the_provider_was_called_is_swept_up() {
    let data = TempDir::new().unwrap();
    let provider = Arc::new(Double::new(1));
    let path = data.path().to_owned();
    let desk = Desk::with(Arc::clone(&provider), Some(path.clone()));
    provider.set_down(true);
    desk.order("KILN-1", 1);
    drop(desk);

    provider.set_down(false);
    let desk = Desk::with(Arc::clone(&provider), Some(path));
    desk.shop.advance_s(15 * 60);
    desk.shop.work_off();
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("expired".into(), (4, 0)));
    desk.shop.assert_audit();
}

// S2.127: a provider that would charge something else is stopped: the session is closed before
// anybody sees it, the order has failed, and the merchant is told.
#[test]
fn a_wrong_total_stops_the_checkout() {
    let desk = Desk::open();
    desk.provider.set_overcharge(1);
    let (_, answer) = desk.order("KILN-1", 1);
    assert_eq!(answer.status, 502);
    assert!(answer.body.contains("a different amount"), "{}", answer.body);
    assert!(!answer.body.contains("pay.example"));
    let session = desk.provider.last();
    assert_eq!(desk.provider.calls("expire"), std::slice::from_ref(&session));
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("failed".into(), (4, 0)));
    assert_eq!(desk.letters("order_attention"), 1);
    let why = desk.shop.text("SELECT attention FROM orders");
    assert!(why.contains("100000") && why.contains("99999"), "{why}");
    desk.shop.assert_audit();
}

// S2.127: when the closing could not be confirmed the goods stay held and nobody gets the page;
// the next look closes it.
#[test]
fn a_wrong_total_is_stopped_even_when_the_provider_stumbles() {
    let desk = Desk::open();
    desk.provider.set_overcharge(1);
    desk.provider.set_losing_replies(true);
    let (mut buyer, answer) = desk.order("KILN-1", 1);
    assert_come_back_later(&answer);
    desk.provider.set_losing_replies(false);
    desk.wait_s(120);
    assert_eq!((desk.shop.text(ORDERS), desk.units("KILN-1")), ("failed".into(), (4, 0)));
    assert_eq!(desk.letters("order_attention"), 1);
    desk.provider.set_overcharge(0);
    assert_eq!(buyer.checkout().status, 303);
    desk.shop.assert_audit();
}
