//! Events are written down, applied once, tried again, and at last put aside for a person.

use kiosk::payments::signature::sign;

use crate::desk::Desk;

const PAID: &str = "SELECT count(*) FROM order_event WHERE kind = 'paid'";

// S2.140: what nobody needs is stored and answered 200, and does nothing.
#[test]
fn unknown_types_are_stored_and_ignored() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    for (n, kind) in ["charge.captured", "payment_intent.succeeded", "a.b.c"].iter().enumerate() {
        let now = desk.shop.clock.now();
        let event = format!("evt_{n}");
        let (payload, header) = desk.provider.event(&session, kind, &event, now);
        assert_eq!(desk.send(&payload, &header), 200, "{kind}");
        desk.tend();
        assert_eq!(desk.event(&event), "ignored", "{kind}");
    }
    assert_eq!(desk.status(&session), "pending");
}

// S1.2, S2.145, S4.14, S4.29: repeats are counted; every effect happens once.
#[test]
fn a_repeated_event_is_counted_and_applied_once() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("GLAZE-6", 2);
    desk.provider.pay(&session);
    for _ in 0..5 {
        desk.tell_and_tend(&session, "completed", "evt_1");
    }
    // Another event says the same.
    desk.tell_and_tend(&session, "async_payment_succeeded", "evt_2");
    assert_eq!(desk.shop.number("SELECT duplicates FROM webhook_event WHERE event_id='evt_1'"), 4);
    assert_eq!(desk.shop.number(PAID), 1);
    assert_eq!(desk.letters("order_confirmation"), 1);
    assert_eq!(desk.units("GLAZE-6"), (18, 0));
    let sales = "SELECT count(*) FROM stock_move WHERE reason = 'sale'";
    assert_eq!(desk.shop.number(sales), 1);
    desk.shop.assert_audit();
}

// S2.142: state, amount and the provider's name for the payment are set together.
#[test]
fn paid_means_amount_and_payment_are_known() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("APRON-S", 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    let row = desk.shop.text(&format!(
        "SELECT p.state || ' ' || p.received_minor || ' ' || p.provider_payment_id || ' '
             || (o.paid_at = p.ended_at) || ' ' || (o.total_minor = p.received_minor)
         FROM payment p JOIN orders o ON o.id = p.order_id WHERE p.session_id = '{session}'"
    ));
    assert_eq!(row, format!("paid 3498 pi_{session} 1 1"));
}

/// Follows an event through all its tries; returns the pauses in minutes.
fn pauses(desk: &Desk, event: &str) -> Vec<i64> {
    let number =
        |what: &str| format!("SELECT {what} FROM webhook_event WHERE event_id = '{event}'");
    let mut pauses = Vec::new();
    while desk.event(event) == "retry" {
        let pause_ms = desk.shop.number(&number("next_at")) - desk.shop.clock.now().0;
        assert_eq!(desk.shop.number(&number("attempts")), pauses.len() as i64 + 1);
        // Nothing happens a second too early.
        desk.wait_s(pause_ms / 1000 - 1);
        assert_eq!(desk.shop.number(&number("attempts")), pauses.len() as i64 + 1);
        desk.wait_s(2);
        pauses.push(pause_ms);
    }
    pauses
}

#[track_caller]
fn assert_backoff(pauses_ms: &[i64]) {
    let least_min = [1, 2, 4, 8, 16, 32, 60, 60, 60];
    assert_eq!(pauses_ms.len(), least_min.len());
    for (pause_ms, least) in pauses_ms.iter().zip(least_min) {
        let least_ms = least * 60_000;
        assert!((least_ms..=least_ms * 5 / 4).contains(pause_ms), "{pauses_ms:?}");
    }
}

// S1.3, S1.5, S4.15: an unknown session is tried ten times, ever more rarely, then rests with
// its reason; the provider hears 200.
#[test]
fn an_event_about_an_unknown_session_is_retried_then_put_aside() {
    let desk = Desk::open();
    desk.tell_and_tend("cs_of_nobody", "completed", "evt_1");
    assert_backoff(&pauses(&desk, "evt_1"));
    assert_eq!(desk.event("evt_1"), "dead");
    let why = desk.shop.text("SELECT last_error FROM webhook_event");
    assert!(why.to_lowercase().contains("no such"), "{why}");
    assert_eq!(desk.shop.number("SELECT attempts FROM webhook_event"), 10);
    // A repeat of what was put aside is counted and does not wake it.
    desk.tell_and_tend("cs_of_nobody", "completed", "evt_1");
    assert_eq!(desk.event("evt_1"), "dead");
}

// S4.15: a real session of an order that is not ours rests with its reason as well.
#[test]
fn an_event_about_somebody_elses_order_is_put_aside_with_its_reason() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.add_stranger(&session, "cs_strange");
    desk.provider.pay("cs_strange");
    desk.tell_and_tend("cs_strange", "completed", "evt_1");
    assert_backoff(&pauses(&desk, "evt_1"));
    assert_eq!(desk.event("evt_1"), "dead");
    let why = desk.shop.text("SELECT last_error FROM webhook_event WHERE event_id = 'evt_1'");
    assert!(why.contains("belongs to no order here"), "{why}");
    assert_eq!(desk.shop.number(PAID), 0);
    desk.shop.assert_audit();
}

// S1.1, S1.3: an event that comes while the provider cannot be asked waits, and is applied later.
#[test]
fn an_event_waits_for_the_provider() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    desk.provider.set_down(true);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("retry".into(), "pending".into()));
    desk.provider.set_down(false);
    desk.wait_s(75);
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("done".into(), "paid".into()));
    desk.shop.assert_audit();
}

// S1.1, S1.5: one event that cannot be applied does not stop those behind it.
#[test]
fn a_poisoned_event_blocks_nobody() {
    let desk = Desk::open();
    let (_, first) = desk.session_for("APRON-S", 1);
    let (_, second) = desk.session_for("APRON-L", 1);
    let (_, third) = desk.session_for("GLAZE-6", 1);
    for session in [&first, &second, &third] {
        desk.provider.pay(session);
    }
    // Two payments cannot have one name: the second can never be applied as it is.
    desk.provider.name_payment(&second, &format!("pi_{first}"));
    assert_eq!(desk.tell(&first, "completed", "evt_1"), 200);
    assert_eq!(desk.tell(&second, "completed", "evt_2"), 200);
    assert_eq!(desk.tell(&third, "completed", "evt_3"), 200);
    desk.tend();
    assert_eq!(desk.status(&first), "paid");
    assert_eq!(desk.status(&third), "paid");
    assert_eq!((desk.event("evt_2"), desk.status(&second)), ("retry".into(), "pending".into()));
    // The reconciler meets the same payment and is not stopped either.
    let (_, fourth) = desk.session_for("GLAZE-6", 1);
    desk.provider.pay(&fourth);
    desk.wait_s(130);
    assert_eq!(desk.status(&fourth), "paid");
    desk.provider.name_payment(&second, "pi_mended");
    desk.wait_s(3600);
    assert_eq!((desk.event("evt_2"), desk.status(&second)), ("done".into(), "paid".into()));
    desk.shop.assert_audit();
}

// S0.2, S1.60, S2.142: done by the buyer but not paid is `processing`; its goods wait for days.
#[test]
fn a_slow_payment_keeps_its_goods_until_the_money_comes() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("APRON-S", 3);
    desk.provider.begin_slow(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!(desk.status(&session), "processing");
    assert_eq!((desk.letters("order_confirmation"), desk.units("APRON-S")), (0, (10, 3)));
    for _ in 0..3 {
        desk.wait_s(86_400);
    }
    assert_eq!((desk.status(&session), desk.units("APRON-S")), ("processing".into(), (10, 3)));
    assert!(desk.provider.calls("expire").is_empty());
    desk.shop.assert_audit();
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "async_payment_succeeded", "evt_2");
    assert_eq!((desk.status(&session), desk.units("APRON-S")), ("paid".into(), (7, 0)));
    assert_eq!(desk.letters("order_confirmation"), 1);
    desk.shop.assert_audit();
}

// S0.2, S1.60: when the money does not come the goods are free again.
#[test]
fn a_slow_payment_that_fails_gives_its_goods_back() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("APRON-S", 3);
    desk.provider.begin_slow(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    desk.provider.fail(&session);
    desk.tell_and_tend(&session, "async_payment_failed", "evt_2");
    assert_eq!((desk.status(&session), desk.units("APRON-S")), ("failed".into(), (10, 0)));
    assert_eq!(desk.letters("order_confirmation"), 0);
    desk.shop.assert_audit();
}

// S0.14: what comes after the end is stored and changes nothing.
#[test]
fn an_event_after_the_end_changes_nothing() {
    let desk = Desk::open();
    let (_, paid) = desk.session_for("APRON-S", 1);
    desk.provider.pay(&paid);
    desk.tell_and_tend(&paid, "completed", "evt_1");
    let (_, failed) = desk.session_for("APRON-L", 1);
    desk.provider.begin_slow(&failed);
    desk.provider.fail(&failed);
    desk.tell_and_tend(&failed, "async_payment_failed", "evt_2");
    let dump = "SELECT group_concat(t, '|') FROM (
        SELECT number || payment_status || version || coalesce(paid_at, 0) AS t FROM orders
        UNION ALL SELECT kind || at || data FROM order_event
        UNION ALL SELECT sku || on_hand || held FROM stock_item
        UNION ALL SELECT dedup_key FROM outbox
        UNION ALL SELECT id || state || coalesce(ended_at, 0) FROM payment)";
    let before = desk.shop.text(dump);
    desk.shop.advance_s(7200);
    let kinds = ["completed", "async_payment_failed", "async_payment_succeeded", "expired"];
    for (n, kind) in kinds.iter().enumerate() {
        for (whose, session) in [("paid", &paid), ("failed", &failed)] {
            let event = format!("evt_late_{whose}_{n}");
            desk.tell_and_tend(session, kind, &event);
            assert_eq!(desk.event(&event), "done", "{whose} {kind}");
        }
    }
    assert_eq!(desk.shop.text(dump), before);
    desk.shop.assert_audit();
}

// S2.140: both shapes of events are read: the whole object, and the thin one that only names it.
#[test]
fn a_thin_event_pays_as_well() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    let thin = format!(
        r#"{{"id":"evt_thin","object":"v2.core.event","type":"v1.checkout.session.completed",
            "created":"2026-11-24T10:00:00.000Z","related_object":{{"id":"{session}"}}}}"#
    );
    let header = sign("whsec_of_the_fake", thin.as_bytes(), desk.shop.clock.now());
    assert_eq!(desk.send(&thin, &header), 200);
    desk.tend();
    assert_eq!((desk.event("evt_thin"), desk.status(&session)), ("done".into(), "paid".into()));
}

// I10: an event that says "expired" may find a session that was paid after all. The order is paid,
// and the books name what was found.
#[test]
fn money_found_behind_an_event_of_another_kind_is_proved() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("APRON-S", 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "expired", "evt_1");
    assert_eq!((desk.status(&session), desk.event("evt_1")), ("paid".into(), "done".into()));
    desk.shop.assert_audit();
}
