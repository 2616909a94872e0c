//! The inbox for people: its health, its lists, and trying again what was put aside.

use kiosk::base::fault::{Failure, Never};
use kiosk::payments::{self, Health, Stored, Wanted};
use kiosk::platform::db::Tx;

use crate::desk::Desk;

fn health(desk: &Desk) -> Health {
    let now = desk.shop.kit.now();
    let asked = |read: &_| Ok::<_, Failure<Never>>(payments::health(read, now)?);
    desk.shop.kit.db.read_blocking(asked).unwrap()
}

fn listed(desk: &Desk, wanted: &Wanted) -> Vec<Stored> {
    let asked = |read: &_| Ok::<_, Failure<Never>>(payments::list_events(read, wanted)?);
    desk.shop.kit.db.read_blocking(asked).unwrap()
}

fn find(desk: &Desk, id: &str) -> Stored {
    let asked = |read: &_| Ok::<_, Failure<Never>>(payments::find_events(read, id)?);
    let (event, raw) = desk.shop.kit.db.read_blocking(asked).unwrap().pop().unwrap();
    assert!(raw.contains(id));
    event
}

fn replay(desk: &Desk, id: &str) -> bool {
    let (event, now) = (find(desk, id), desk.shop.kit.now());
    let replay = move |tx: &Tx| Ok::<_, Failure<Never>>(payments::replay(tx, &event, now)?);
    desk.shop.kit.db.write_blocking(replay).unwrap()
}

/// Lets an event run through all its tries.
fn until_dead(desk: &Desk, event: &str) {
    for _ in 0..20 {
        desk.wait_s(4600);
        if desk.event(event) == "dead" {
            return;
        }
    }
    panic!("{event} is {}", desk.event(event));
}

// S1.8, N8: received, processed, lag, retrying and dead are counted.
#[test]
fn the_health_of_the_inbox_is_counted() {
    let desk = Desk::open();
    assert_eq!(health(&desk), Health::default());
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    desk.tell(&session, "completed", "evt_1");
    let (payload, header) =
        desk.provider.event(&session, "customer.created", "evt_2", desk.shop.clock.now());
    desk.send(&payload, &header);
    let calm = health(&desk);
    let numbers = (calm.received_24h, calm.applied_24h, calm.ignored_24h);
    assert_eq!(numbers, (2, 1, 1), "{calm:?}");
    assert_eq!((calm.waiting, calm.retrying, calm.dead, calm.lag_s), (0, 0, 0, 0));

    desk.provider.set_down(true);
    desk.tell(&session, "expired", "evt_3");
    desk.shop.advance_s(30);
    let waiting = health(&desk);
    assert_eq!((waiting.waiting, waiting.lag_s), (1, 30));
    desk.tend();
    let retrying = health(&desk);
    assert_eq!((retrying.waiting, retrying.retrying), (0, 1));
    assert!(retrying.sentences(desk.shop.kit.now())[0].contains("tried again by itself"));
    until_dead(&desk, "evt_3");
    let dead = health(&desk);
    assert_eq!((dead.retrying, dead.dead, dead.lag_s), (0, 1, 0));
    desk.shop.advance_s(86_400);
    let later = health(&desk);
    assert_eq!((later.received_24h, later.applied_24h, later.dead), (0, 0, 1));
}

// N9: a shop that hears no webhook is told so.
#[test]
fn payments_found_only_by_asking_are_a_hint() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    desk.wait_s(121);
    assert_eq!(desk.status(&session), "paid");
    let health = health(&desk);
    assert_eq!((health.received_24h, health.found_24h, health.applied_24h), (0, 1, 1));
    assert!(health.sentences(desk.shop.kit.now())[0].contains("check the address"));
}

// S1.5: a dead letter is tried again on request, and takes effect exactly once.
#[test]
fn a_dead_letter_tried_again_takes_effect_once() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("GLAZE-6", 2);
    desk.tell(&session, "completed", "evt_1");
    desk.provider.set_down(true);
    until_dead(&desk, "evt_1");
    desk.provider.set_down(false);
    desk.provider.pay(&session);
    for _ in 0..3 {
        assert!(replay(&desk, "evt_1"), "it waits: asking twice is asking once");
    }
    let waiting = find(&desk, "evt_1");
    assert_eq!((waiting.state.as_str(), waiting.attempts), ("retry", 0));
    desk.tend();
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("done".into(), "paid".into()));
    // What took effect is not tried again.
    assert!(!replay(&desk, "evt_1"));
    desk.tend();
    assert_eq!(desk.shop.number("SELECT count(*) FROM order_event WHERE kind = 'paid'"), 1);
    assert_eq!((desk.letters("order_confirmation"), desk.units("GLAZE-6")), (1, (18, 0)));
    desk.shop.assert_audit();
}

// What a person left, or what was taken for somebody else's, can be tried again all the same; what
// was ignored at the door cannot.
#[test]
fn what_was_left_can_be_tried_again() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("GLAZE-6", 2);
    desk.tell(&session, "completed", "evt_1");
    desk.provider.set_down(true);
    until_dead(&desk, "evt_1");
    let event = find(&desk, "evt_1");
    let leave = move |tx: &Tx| {
        Ok::<_, Failure<Never>>(payments::leave_event(tx, &event, "dealt with by hand")?)
    };
    assert!(desk.shop.kit.db.write_blocking(leave).unwrap());
    assert_eq!(desk.event("evt_1"), "ignored");
    desk.provider.set_down(false);
    desk.provider.pay(&session);
    assert!(replay(&desk, "evt_1"));
    desk.tend();
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("done".into(), "paid".into()));
    let now = desk.shop.clock.now();
    let (payload, header) = desk.provider.event(&session, "customer.created", "evt_2", now);
    desk.send(&payload, &header);
    assert_eq!((desk.event("evt_2"), replay(&desk, "evt_2")), ("ignored".into(), false));
    desk.shop.assert_audit();
}

#[test]
fn events_are_listed_by_state_kind_and_order() {
    let desk = Desk::open();
    let (_, first) = desk.session_for("KILN-1", 1);
    let (_, second) = desk.session_for("APRON-S", 1);
    desk.provider.pay(&first);
    desk.tell_and_tend(&first, "completed", "evt_1");
    desk.shop.advance_s(1);
    desk.tell_and_tend(&second, "expired", "evt_2");
    desk.shop.advance_s(1);
    desk.tell(&first, "expired", "evt_3");
    let names = |wanted: Wanted| -> Vec<String> {
        listed(&desk, &wanted).into_iter().map(|event| event.id).collect()
    };
    let all = || Wanted { limit: 10, ..Wanted::default() };
    assert_eq!(names(all()), ["evt_3", "evt_2", "evt_1"]);
    assert_eq!(names(Wanted { limit: 2, ..all() }), ["evt_3", "evt_2"]);
    assert_eq!(names(Wanted { state: Some("new".into()), ..all() }), ["evt_3"]);
    let kind = Some("checkout.session.expired".to_owned());
    assert_eq!(names(Wanted { kind: kind.clone(), ..all() }), ["evt_3", "evt_2"]);
    let order = find(&desk, "evt_1").order;
    assert_eq!(names(Wanted { order: order.clone(), ..all() }), ["evt_3", "evt_1"]);
    assert_eq!(names(Wanted { order, kind, ..all() }), ["evt_3"]);
}

// S1.45: the figures say the same, and hold nothing personal.
#[test]
fn metrics_say_what_the_inbox_says() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    desk.session_for("APRON-S", 2);
    let answer = desk.shop.browser().get("/metrics");
    assert_eq!(answer.status, 200);
    assert!(answer.headers["content-type"].starts_with("text/plain; version=0.0.4"));
    for line in [
        "kiosk_inbox_events_24h{what=\"received\"} 1",
        "kiosk_inbox_events_24h{what=\"applied\"} 1",
        "kiosk_inbox_events{state=\"dead\"} 0",
        "kiosk_inbox_lag_seconds 0",
        "kiosk_orders_24h{status=\"paid\"} 1",
        "kiosk_orders_open{status=\"pending\"} 1",
        "kiosk_letters_waiting 2",
        "kiosk_holds_units 2",
    ] {
        assert!(answer.body.lines().any(|l| l == line), "{line} in\n{}", answer.body);
    }
    for personal in ["ada", "Ada", "example.com", "APRON", "cs_fake", "127.0.0.1"] {
        assert!(!answer.body.contains(personal), "{personal}");
    }
}
