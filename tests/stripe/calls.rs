//! Calls that go wrong, in every way a network and Stripe know.

use kiosk::payments::stripe::Stripe;
use kiosk::payments::{Provider, SessionStatus, Trouble};
use kiosk::platform::Kit;
use kiosk::platform::config::Hidden;
use std::sync::Arc;

use crate::desk::Desk;
use crate::fake_stripe::{Fault, RESTRICTED_KEY};

const FAILURE: Fault = Fault::Failure { status: 500, done: false };

/// Stripe asked with other settings than the shop's own.
fn stripe_with(desk: &Desk, retries: u32, timeout_s: u64, key: Option<&str>) -> Arc<Stripe> {
    let mut settings = (*desk.shop.kit.settings).clone();
    settings.provider.retries = retries;
    settings.provider.timeout_s = timeout_s;
    if let Some(key) = key {
        settings.provider.key = Some(Hidden(key.to_owned()));
    }
    Stripe::new(&Kit { settings: Arc::new(settings), ..desk.shop.kit.clone() }).unwrap()
}

// S0.11, S0.12: a stumble of a moment is repeated at once with the same key and the same form, and
// makes one session.
#[test]
fn what_may_pass_is_repeated_with_the_same_key() {
    let desk = Desk::open();
    let stripe = stripe_with(&desk, 2, 4, None);
    let (_, session) = desk.session_for("KILN-1", 1);
    let found = |fault: Fault| {
        let before = desk.provider.calls("find").len();
        desk.provider.fail_next("find", fault);
        let answer = desk.shop.block_on(stripe.find(&session));
        (answer, desk.provider.calls("find").len() - before)
    };
    for fault in [
        FAILURE,
        Fault::Broken { done: false },
        Fault::TooMany { retry_after_s: None },
        Fault::TooMany { retry_after_s: Some(1) },
    ] {
        let (answer, calls) = found(fault);
        assert_eq!((answer.unwrap().status, calls), (SessionStatus::Open, 2), "{fault:?}");
    }
    // Told to wait longer than a buyer does: left to the reconciler.
    let (answer, calls) = found(Fault::TooMany { retry_after_s: Some(60) });
    assert!(matches!(answer, Err(Trouble::Unreachable(_))));
    assert_eq!(calls, 1);
    // A key that opens nothing today says nothing about the session.
    let (answer, calls) = found(Fault::Unauthorized);
    assert!(matches!(&answer, Err(Trouble::Unreachable(why)) if why.contains("Invalid API Key")));
    assert!(answer.unwrap_err().to_string().contains("req_of_the_fake"), "the call is named");
    assert_eq!(calls, 1);
    let (answer, _) = found(Fault::Garbage { done: false });
    assert!(matches!(answer, Err(Trouble::Unreachable(why)) if why.contains("cannot be read")));
}

// S0.12, S4.47: the reply is lost and the call repeated: one session, one key, one form.
#[test]
fn a_lost_reply_is_asked_for_again() {
    let desk = Desk::open();
    let stripe = stripe_with(&desk, 2, 4, None);
    let (_, session) = desk.session_for("KILN-1", 1);
    let payment = desk.shop.text("SELECT request FROM payment");
    let request = serde_json::from_str(&payment).unwrap();
    for fault in [Fault::Broken { done: true }, Fault::Garbage { done: true }] {
        desk.provider.fail_next("create", fault);
        let key = format!("again-{fault:?}");
        let made = desk.provider.sessions_made();
        let mut answer = desk.shop.block_on(stripe.create(&request, &key, 0));
        if answer.is_err() {
            answer = desk.shop.block_on(stripe.create(&request, &key, 0));
        }
        assert_ne!(answer.unwrap().id, session);
        assert_eq!(desk.provider.sessions_made(), made + 1, "{fault:?}");
    }
}

// S0.12: Stripe keeps a failure under the key for a day. What the failed call made is looked for;
// only when there is nothing another key is used, always the same one.
#[test]
fn a_kept_failure_does_not_block_the_buyer_nor_make_two_sessions() {
    for (done, sessions) in [(false, 1), (true, 1)] {
        let desk = Desk::open();
        desk.provider.fail_next("create", Fault::Failure { status: 500, done });
        let (mut buyer, answer) = desk.order("KILN-1", 1);
        assert_eq!(answer.status, 503, "{}", answer.body);
        let again = buyer.checkout();
        assert_eq!(again.status, 303, "{}", again.body);
        assert_eq!(desk.provider.sessions_made(), sessions, "done: {done}");
        let keys = desk.provider.calls("create");
        let later = keys.iter().filter(|key| key.ends_with("-again1")).count();
        assert_eq!(later, usize::from(!done), "{keys:?}");
        assert_eq!(buyer.checkout().location(), again.location());
        let session = desk.provider.last();
        desk.provider.pay(&session);
        desk.tell_and_tend(&session, "completed", "evt_1");
        assert_eq!(desk.status(&session), "paid");
        desk.shop.assert_audit();
    }
}

// S0.12: that a failure is kept under its key need not be said: the same failure in one round of
// asking after the other is one. The books are looked at, then another key is used.
#[test]
fn a_kept_failure_that_is_not_announced_does_not_block_the_buyer() {
    for done in [false, true] {
        let desk = Desk::open();
        desk.provider.server.inside().hides_replays = true;
        desk.provider.fail_next("create", Fault::Failure { status: 500, done });
        let (mut buyer, answer) = desk.order("KILN-1", 1);
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert_eq!(buyer.checkout().status, 503, "it may be a stumble");
        desk.wait_s(120);
        desk.wait_s(60);
        let again = buyer.checkout();
        assert_eq!((again.status, desk.provider.sessions_made()), (303, 1), "done: {done}");
        let session = desk.provider.last();
        desk.provider.pay(&session);
        desk.tell_and_tend(&session, "completed", "evt_1");
        assert_eq!(desk.status(&session), "paid");
        desk.shop.assert_audit();
    }
}

// S0.11: a stumble ends no order. When everything fails for minutes, the order fails and its goods
// are free: nobody has the address of a page that may have been made.
#[test]
fn a_long_failure_ends_the_order_and_frees_its_goods() {
    for hides in [false, true] {
        let desk = Desk::open();
        desk.provider.server.inside().hides_replays = hides;
        for _ in 0..400 {
            desk.provider.fail_next("create", FAILURE);
        }
        assert_eq!(desk.order("KILN-1", 1).1.status, 503);
        desk.wait_s(120);
        let standing =
            || (desk.shop.text("SELECT payment_status FROM orders"), desk.units("KILN-1"));
        assert_eq!(standing(), ("pending".into(), (4, 1)));
        for _ in 0..20 {
            desk.wait_s(60);
        }
        assert_eq!(standing(), ("failed".into(), (4, 0)), "hides: {hides}");
        desk.shop.assert_audit();
    }
}

// S0.12: another form under a known key (a newer program after a restart) finds what was made.
#[test]
fn another_form_under_the_key_finds_the_session() {
    let desk = Desk::open();
    desk.provider.set_losing_replies(true);
    let (mut buyer, _) = desk.order("KILN-1", 1);
    desk.provider.set_losing_replies(false);
    for kept in desk.provider.server.inside().kept.values_mut() {
        kept.asked.1.0.insert("locale".to_owned(), "de".to_owned());
    }
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(desk.provider.sessions_made(), 1);
}

// S0.12: while the first call is under way Stripe says 409: asked again, never another session.
#[test]
fn a_call_under_way_is_waited_for() {
    let desk = Desk::open();
    desk.provider.set_losing_replies(true);
    let (mut buyer, _) = desk.order("KILN-1", 1);
    desk.provider.set_losing_replies(false);
    let answers: Vec<_> = {
        let mut inside = desk.provider.server.inside();
        inside.kept.values_mut().map(|kept| kept.answer.take()).collect()
    };
    assert_eq!(buyer.checkout().status, 503);
    {
        let mut inside = desk.provider.server.inside();
        for (kept, answer) in inside.kept.values_mut().zip(answers) {
            kept.answer = answer;
        }
    }
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(desk.provider.sessions_made(), 1);
}

// S0.11: silence ends with the time set; the buyer hears when to come back.
#[test]
fn silence_is_not_waited_for() {
    let desk = Desk::open();
    let stripe = stripe_with(&desk, 0, 1, None);
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.fail_next("find", Fault::Silence { done: false });
    let answer = desk.shop.block_on(stripe.find(&session));
    assert!(matches!(answer, Err(Trouble::Unreachable(why)) if why.contains("within 1 second")));
    desk.provider.fail_next("find", Fault::Slow { ms: 50 });
    assert!(desk.shop.block_on(stripe.find(&session)).is_ok());
}

// S0.11: when everything fails, repeats stop being made: ten are saved up, no more.
#[test]
fn repeats_are_budgeted() {
    let desk = Desk::open();
    let stripe = stripe_with(&desk, 1, 4, None);
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.set_down(true);
    let before = desk.provider.calls("find").len();
    for _ in 0..20 {
        assert!(desk.shop.block_on(stripe.find(&session)).is_err());
    }
    let made = desk.provider.calls("find").len() - before;
    assert!((30..=32).contains(&made), "20 calls and at most 12 repeats, not {made}");
}

// S1.22: closing what cannot be closed is answered by looking: complete wins, expired is closed.
#[test]
fn closing_a_finished_session_says_what_it_is() {
    let desk = Desk::open();
    let stripe = stripe_with(&desk, 0, 4, None);
    let (_, paid) = desk.session_for("KILN-1", 1);
    let (_, gone) = desk.session_for("GLAZE-6", 1);
    desk.provider.pay(&paid);
    desk.provider.let_expire(&gone);
    let closed = |id: &str| desk.shop.block_on(stripe.expire(id)).unwrap().status;
    assert_eq!(closed(&paid), SessionStatus::Complete);
    assert_eq!(closed(&gone), SessionStatus::Expired);
    let refused = desk.shop.block_on(stripe.expire("cs_of_nobody"));
    assert!(matches!(refused, Err(Trouble::Refused(_))));
}

// S0.10: a restricted key is enough; connections are kept.
#[test]
fn a_restricted_key_works_on_one_connection() {
    let desk = Desk::open();
    let stripe = stripe_with(&desk, 0, 4, Some(RESTRICTED_KEY));
    let (_, session) = desk.session_for("KILN-1", 1);
    let before = desk.provider.server.inside().connections;
    // A connection goes back to the pool in a task of its own: on one thread that has had its turn
    // before the next call, however busy the machine is.
    let one_thread = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    one_thread.block_on(async {
        for _ in 0..10 {
            stripe.find(&session).await.unwrap();
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
    });
    let made = desk.provider.server.inside().connections - before;
    assert!(made <= 2, "ten calls on {made} connections");
}

// S2.140, S4.15: a session that was never ours (a payment link of the same account) is no alarm.
#[test]
fn what_was_never_ours_is_taken_and_forgotten() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.add_stranger(&session, "cs_link");
    {
        let mut inside = desk.provider.server.inside();
        let stranger = inside.books.sessions.get_mut("cs_link").unwrap();
        stranger["metadata"] = serde_json::json!({});
        stranger["client_reference_id"] = serde_json::Value::Null;
    }
    desk.provider.pay("cs_link");
    desk.tell_and_tend("cs_link", "completed", "evt_1");
    assert_eq!(desk.event("evt_1"), "ignored");
    desk.shop.assert_audit();
}

// S1.9: an event of the other mode changes nothing, whoever signed it.
#[test]
fn live_events_do_nothing_in_a_test_shop() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    let now = desk.shop.clock.now();
    let (payload, _) = desk.provider.event(&session, "checkout.session.completed", "evt_1", now);
    let payload = payload.replace(r#""livemode":false,"created""#, r#""livemode":true,"created""#);
    assert!(payload.contains(r#""livemode":true"#), "{payload}");
    let signed = kiosk::payments::signature::sign("whsec_of_the_fake", payload.as_bytes(), now);
    assert_eq!(desk.send(&payload, &signed), 200);
    desk.tend();
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("ignored".into(), "pending".into()));
}

// S2.140: the address Stripe is told is the documented one.
#[test]
fn webhooks_arrive_at_their_own_address() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    let now = desk.shop.clock.now();
    let (payload, header) =
        desk.provider.event(&session, "checkout.session.completed", "evt_1", now);
    let headers = [("stripe-signature", header.as_str()), ("content-type", "application/json")];
    let answer = desk.shop.browser().send("/webhooks/stripe", &headers, payload.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    desk.tend();
    assert_eq!(desk.status(&session), "paid");
    let kept = desk.shop.text("SELECT payload FROM webhook_event WHERE event_id = 'evt_1'");
    assert_eq!(kept, payload, "the raw event is kept");
}

// S0.11, N24: a key that opens nothing any more is told by letter and on the front page, once, and
// the first call that goes well ends it.
#[test]
fn a_provider_that_serves_nothing_is_told() {
    let desk = Desk::open();
    let look = || {
        let job = desk.shop.app.jobs().into_iter().find(|job| job.name == "alarms").unwrap();
        desk.shop.block_on((job.step)()).unwrap();
    };
    for turn in 1..=3 {
        desk.provider.fail_next("create", Fault::Unauthorized);
        assert_eq!(desk.order("GLAZE-6", 1).1.status, 503);
        look();
        assert_eq!(desk.letters("staff_alert"), i64::from(turn == 3), "{turn}");
    }
    let letter = desk.shop.text("SELECT data FROM outbox WHERE template = 'staff_alert'");
    assert!(letter.contains("Invalid API Key") && letter.contains("nobody can pay"), "{letter}");
    let front = desk.shop.sign_in(kiosk::identity::Role::Owner).get("/admin").texts(".sentence");
    assert!(front[0].contains("The payment provider has served nothing"), "{front:?}");
    look();
    assert_eq!(desk.letters("staff_alert"), 1, "once");
    desk.session_for("GLAZE-6", 1);
    let front = desk.shop.sign_in(kiosk::identity::Role::Owner).get("/admin").texts(".sentence");
    assert!(!front[0].contains("served nothing"), "{front:?}");
}
