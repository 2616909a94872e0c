//! Every night the provider's books are compared with ours.

use kiosk::payments;
use serde_json::Value;

use crate::desk::Desk;
use crate::house::TestShop;

const DAY_S: i64 = 86_400;

fn differences(shop: &TestShop, day: &str) -> Vec<Value> {
    let sql = format!("SELECT differences FROM statement WHERE day = '{day}'");
    serde_json::from_str(&shop.text(&sql)).unwrap_or_else(|_| panic!("no statement of {day}"))
}

fn taken(shop: &TestShop) -> i64 {
    shop.number("SELECT count(*) FROM statement")
}

/// An order that is paid and applied.
fn paid(desk: &Desk, sku: &str, event: &str) -> String {
    let (_, session) = desk.session_for(sku, 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", event);
    assert_eq!(desk.status(&session), "paid");
    session
}

fn kinds(found: &[Value]) -> Vec<&str> {
    found.iter().map(|d| d["kind"].as_str().unwrap()).collect()
}

// N9: ours equals theirs, every day, also after days away; nothing is mailed about it.
#[test]
fn books_that_agree_are_noted_and_not_mailed() {
    let shop = TestShop::open();
    shop.work_off();
    assert_eq!(taken(&shop), 1, "yesterday's, which was empty");
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let payment = buyer.checkout().location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    assert_eq!(taken(&shop), 1, "the day is not over");
    shop.advance_s(14 * 3600 + 1800);
    shop.work_off();
    assert_eq!(taken(&shop), 1, "it is half past midnight: the last minute may still arrive");
    shop.advance_s(1800);
    shop.work_off();
    assert_eq!(differences(&shop, "2026-11-24"), Vec::<Value>::new());
    let counted = "SELECT theirs * 10 + ours FROM statement WHERE day = '2026-11-24'";
    assert_eq!(shop.number(counted), 11);
    // Twenty days away: the last seven are made up for.
    shop.advance_s(20 * DAY_S);
    shop.work_off();
    assert_eq!(taken(&shop), 2 + 7);
    assert_eq!(shop.number("SELECT count(*) FROM outbox WHERE template = 'statement'"), 0);
}

// N9: each difference is found, kept and mailed once, in words.
#[test]
fn differences_are_told_once_in_words() {
    let desk = Desk::open();
    desk.shop.work_off();
    let first = paid(&desk, "KILN-1", "evt_1");
    let second = paid(&desk, "APRON-S", "evt_2");
    desk.provider.charge(&first, 1);
    desk.provider.name_payment(&second, "pi_other");
    desk.provider.add_stranger(&second, "cs_stranger");
    desk.provider.name_payment("cs_stranger", "pi_stranger");
    desk.shop.advance_s(DAY_S);
    desk.shop.work_off();
    let found = differences(&desk.shop, "2026-11-24");
    let mut kinds = kinds(&found);
    kinds.sort_unstable();
    assert_eq!(kinds, ["amount", "only_ours", "only_theirs", "only_theirs"], "{found:#?}");
    desk.shop.work_off();
    assert_eq!(desk.letters("statement"), 1);
    let letter = desk.shop.text("SELECT data FROM outbox WHERE template = 'statement'");
    for words in ["pi_stranger", "for no order of this shop", "our books say £", "do not ship"] {
        assert!(letter.contains(words), "{words}: {letter}");
    }
    assert_eq!(desk.shop.number("SELECT count(*) FROM outbox WHERE state = 'dead'"), 0);
}

/// The statement as it is by hand, which changes nothing.
fn by_hand(desk: &Desk) -> payments::Statement {
    let day = "2026-11-24".parse().unwrap();
    desk.shop.block_on(payments::take(&desk.shop.app.till, day)).unwrap().unwrap()
}

// N9, S0.8: money that went back is compared as well, whoever sent it; what nobody told is taken
// over at night.
#[test]
fn money_that_went_back_is_compared_and_taken_over() {
    let desk = Desk::open();
    desk.shop.work_off();
    let session = paid(&desk, "KILN-1", "evt_1");
    desk.provider.refund_in_dashboard(&session, 500);
    desk.shop.advance_s(DAY_S);
    let found = by_hand(&desk).differences;
    let said = (found[0].kind.as_str(), found[0].theirs_minor, found[0].ours_minor);
    assert_eq!((found.len(), said), (1, ("refunded", Some(500), Some(0))));
    assert_eq!(desk.status(&session), "paid");
    desk.shop.work_off();
    assert_eq!(differences(&desk.shop, "2026-11-24"), Vec::<Value>::new());
    assert_eq!(desk.status(&session), "part_refunded");
    assert_eq!((desk.letters("statement"), desk.letters("order_refunded")), (0, 1));
    desk.shop.assert_audit();
}

// N9, S1.22: money for a closed page, and what went back of it, of which no event ever came.
#[test]
fn money_nobody_told_of_is_taken_over_at_night() {
    let desk = Desk::open();
    desk.shop.work_off();
    let session = desk.session_for("KILN-1", 1).1;
    desk.wait_s(15 * 60);
    assert_eq!(desk.status(&session), "expired");
    desk.provider.pay(&session);
    desk.provider.refund_in_dashboard(&session, 500);
    desk.shop.advance_s(DAY_S);
    assert_eq!(by_hand(&desk).differences[0].kind, "only_theirs");
    desk.shop.work_off();
    assert_eq!(differences(&desk.shop, "2026-11-24"), Vec::<Value>::new());
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("part_refunded".into(), (3, 0)));
    assert_eq!(desk.letters("statement"), 0);
    desk.shop.assert_audit();
}

// N9: what a person asks for takes over as a night does, and no night is left out for it.
#[test]
fn a_statement_by_hand_leaves_no_night_out() {
    let desk = Desk::open();
    desk.shop.work_off();
    let session = paid(&desk, "KILN-1", "evt_1");
    desk.provider.refund_in_dashboard(&session, 500);
    desk.shop.advance_s(DAY_S);
    let till = &desk.shop.app.till;
    let reckon = |day: &str| desk.shop.block_on(payments::reckon(till, day.parse().unwrap()));
    assert_eq!(reckon("2026-11-24").unwrap().unwrap().differences, []);
    assert_eq!(desk.status(&session), "part_refunded");
    assert_eq!(reckon("2026-11-25").unwrap().unwrap().differences, []);
    let none = reckon("2027-01-01").unwrap_err().to_string();
    assert!(none.contains("2027-01-01 has not begun"), "{none}");
    let by_hand =
        |day| desk.shop.number(&format!("SELECT by_hand FROM statement WHERE day = '{day}'"));
    assert_eq!((by_hand("2026-11-24"), by_hand("2026-11-25")), (1, 1));
    desk.shop.work_off();
    assert_eq!((by_hand("2026-11-24"), by_hand("2026-11-25")), (0, 1));
    desk.shop.advance_s(DAY_S);
    desk.shop.work_off();
    assert_eq!(by_hand("2026-11-25"), 0);
    reckon("2026-11-25").unwrap().unwrap();
    assert_eq!(by_hand("2026-11-25"), 0, "its night has been");
}

// N9: however many payments of other programs lie on the account, our own lost one is taken over,
// and the letter is about the shop.
#[test]
fn strangers_on_the_account_hide_nothing() {
    let desk = Desk::open();
    desk.shop.work_off();
    let session = desk.session_for("KILN-1", 1).1;
    desk.wait_s(15 * 60);
    desk.provider.pay(&session);
    for n in 0..250 {
        desk.provider.add_stranger(&session, &format!("a_stranger_{n}"));
        desk.provider.name_payment(&format!("a_stranger_{n}"), &format!("a_{n}"));
    }
    desk.shop.advance_s(DAY_S);
    desk.shop.work_off();
    assert_eq!(desk.status(&session), "paid");
    assert_eq!(kinds(&differences(&desk.shop, "2026-11-24")), ["only_theirs"; 250]);
    let letter = desk.shop.text("SELECT data FROM outbox WHERE template = 'statement'");
    assert!(letter.contains("250 payments for no order") && !letter.contains("a_7"), "{letter}");
    desk.shop.assert_audit();
}

// A provider that does not answer is asked again, and the day is not forgotten.
#[test]
fn a_silent_provider_is_asked_again() {
    let desk = Desk::open();
    desk.shop.work_off();
    paid(&desk, "KILN-1", "evt_1");
    desk.provider.set_down(true);
    desk.shop.advance_s(DAY_S);
    desk.shop.work_off();
    assert_eq!(taken(&desk.shop), 1);
    let day = "2026-11-24".parse().unwrap();
    let asked = desk.shop.block_on(payments::take(&desk.shop.app.till, day)).unwrap();
    assert!(asked.unwrap_err().to_string().contains("cannot be reached"));
    desk.provider.set_down(false);
    desk.shop.work_off();
    assert_eq!(differences(&desk.shop, "2026-11-24"), Vec::<Value>::new());
    assert_eq!(taken(&desk.shop), 2);
}

// Retention: raw events, calls and sent letters go after 90 days; what proves a payment stays.
#[test]
fn what_is_old_is_forgotten_and_proofs_stay() {
    let desk = Desk::open();
    let session = paid(&desk, "KILN-1", "evt_1");
    let now = desk.shop.clock.now();
    let (payload, header) = desk.provider.event(&session, "a.b.c", "evt_2", now);
    desk.send(&payload, &header);
    desk.shop.work_off();
    let sent = "SELECT count(*) FROM outbox WHERE state = 'sent'";
    let raw = "SELECT count(*) FROM webhook_event WHERE payload <> ''";
    let calls = "SELECT count(*) FROM provider_call";
    let all = || [sent, raw, calls].map(|sql| desk.shop.number(sql));
    let before = all();
    assert!(before.iter().all(|count| *count > 0), "{before:?}");
    desk.shop.advance_s(89 * DAY_S);
    desk.shop.work_off();
    assert_eq!(all(), before);
    desk.shop.advance_s(2 * DAY_S);
    desk.shop.work_off();
    assert_eq!(all(), [0, 0, 0]);
    assert_eq!((desk.event("evt_1"), desk.event("evt_2")), ("done".into(), String::new()));
    // The same event again is still a repeat.
    assert_eq!(desk.tell(&session, "completed", "evt_1"), 200);
    desk.shop.work_off();
    assert_eq!(desk.shop.number("SELECT count(*) FROM order_event WHERE kind = 'paid'"), 1);
    desk.shop.assert_audit();
}
