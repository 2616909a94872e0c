//! Nothing is believed, or even stored, that the provider did not sign just now.

use kiosk::base::Instant;
use kiosk::payments::signature::sign;

use crate::desk::Desk;
use crate::house::{START, Setup, TestShop};

const SECRET: &str = "whsec_of_the_fake";
const ROWS: &str = "SELECT count(*) FROM webhook_event";

// S0.1, S1.4, S3.44, S4.12: forged, altered and old events: 400, and no row.
#[test]
fn an_event_without_a_fresh_signature_of_ours_is_refused_and_not_stored() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    let kind = "checkout.session.completed";
    let (payload, good) = desk.provider.event(&session, kind, "evt_1", START);
    let bytes = payload.as_bytes();
    let digest = good.split_once("v1=").unwrap().1;
    let forged = [
        String::new(),
        "nonsense".to_owned(),
        format!("v1={digest}"),
        good.replace("v1=", "v0="),
        good.replace("v1=", "v1=00"),
        good[..good.len() - 2].to_owned(),
        format!("t=0,v1={digest}"),
        format!("t={},t={},v1={digest}", START.unix_s(), START.unix_s()),
        sign("whsec_somebody_else", bytes, START),
        sign("", bytes, START),
        sign(SECRET, b"{}", START),
        sign(SECRET, bytes, START.plus_s(-301)),
        sign(SECRET, bytes, START.plus_s(301)),
    ];
    for header in &forged {
        assert_eq!(desk.send(&payload, header), 400, "{header}");
    }
    let altered = payload.replace("evt_1", "evt_2");
    assert_eq!(desk.send(&altered, &good), 400);
    let unsigned = desk.shop.browser().send("/hooks/stripe", &[], bytes);
    assert_eq!(unsigned.status, 400);
    assert!(!unsigned.body.contains("t="), "it does not say what was wrong: {}", unsigned.body);
    desk.tend();
    assert_eq!(desk.shop.number(ROWS), 0);
    assert_eq!(desk.status(&session), "pending");

    assert_eq!(desk.send(&payload, &sign(SECRET, bytes, START.plus_s(-299))), 200);
    desk.tend();
    assert_eq!(desk.status(&session), "paid");
}

// S0.1: well signed rubbish is refused as well, and too much of it is not read to its end.
#[test]
fn signed_bytes_that_are_no_event_are_refused() {
    let desk = Desk::open();
    let deep = "[".repeat(20_000);
    let no_event: [&[u8]; 7] = [
        b"",
        b"{}",
        b"[]",
        b"not json",
        b"\xff\xfe{}",
        br#"{"id":"","type":"x"}"#,
        deep.as_bytes(),
    ];
    for body in no_event {
        let header = sign(SECRET, body, START);
        let headers = [("stripe-signature", header.as_str())];
        assert_eq!(desk.shop.browser().send("/hooks/stripe", &headers, body).status, 400);
    }
    let large = format!(r#"{{"id":"evt_1","type":"x","pad":"{}"}}"#, "x".repeat(1024 * 1024));
    assert_eq!(desk.send(&large, &sign(SECRET, large.as_bytes(), START)), 413);
    assert_eq!(desk.shop.number(ROWS), 0);
}

// S1.4: while a secret is being replaced, both are good.
#[test]
fn two_secrets_are_good_while_one_replaces_the_other() {
    let settings = vec![("webhook_secrets", "whsec_old,whsec_new".to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    let body = |id: &str| format!(r#"{{"id":"{id}","type":"charge.updated"}}"#);
    let send = |id: &str, header: &str| {
        let headers = [("stripe-signature", header)];
        shop.browser().send("/hooks/stripe", &headers, body(id).as_bytes()).status
    };
    let by = |secret: &str, id: &str, at: Instant| sign(secret, body(id).as_bytes(), at);
    assert_eq!(send("evt_1", &by("whsec_old", "evt_1", START)), 200);
    assert_eq!(send("evt_2", &by("whsec_new", "evt_2", START)), 200);
    // Stripe signs with both and sends both; ours may stand anywhere.
    let (strange, ours) = (by("whsec_x", "evt_3", START), by("whsec_new", "evt_3", START));
    let both = format!("{strange},{}", ours.split_once(',').unwrap().1);
    assert_eq!(send("evt_3", &both), 200);
    assert_eq!(send("evt_4", &by("whsec_x", "evt_4", START)), 400);
    assert_eq!(shop.number(ROWS), 3);
}

// S2.140, S4.12: POST only, from anywhere, and no setting turns the check off.
#[test]
fn the_door_takes_only_posts_and_its_check_cannot_be_switched_off() {
    let settings = vec![("dev", "on".to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    assert_eq!(shop.browser().get("/hooks/stripe").status, 405);
    let unsigned = br#"{"id":"evt_1","type":"checkout.session.completed"}"#;
    assert_eq!(shop.browser().send("/hooks/stripe", &[], unsigned).status, 400);
    let switches = kiosk::platform::config::KEYS.iter();
    let words = switches.map(|(key, _, what)| format!("{key} {what}"));
    assert!(words.into_iter().all(|w| !w.contains("verify") && !w.contains("signature")));

    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let kind = "checkout.session.completed";
    let (payload, header) = desk.provider.event(&session, kind, "evt_1", START);
    let headers = [
        ("stripe-signature", header.as_str()),
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://api.stripe.example"),
    ];
    let answer = desk.shop.browser().send("/hooks/stripe", &headers, payload.as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
}
