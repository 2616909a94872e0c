//! Sessions that this shop did not make, or does not have any more.

use serde_json::json;

use crate::desk::Desk;

/// A session at Stripe that is a copy of another, with this changed.
fn copy(desk: &Desk, session: &str, id: &str, changed: &[(&str, serde_json::Value)]) {
    let mut inside = desk.provider.server.inside();
    let mut copied = inside.books.sessions[session].clone();
    copied["id"] = json!(id);
    for (name, value) in changed {
        copied[*name] = value.clone();
    }
    inside.books.sessions.insert(id.to_owned(), copied);
}

// S2.141: another program's session on the same account, one that takes no money, is no business
// of ours.
#[test]
fn a_session_of_another_program_is_ignored() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let nothing = [
        ("metadata", json!({})),
        ("client_reference_id", json!(null)),
        ("amount_total", json!(null)),
        ("currency", json!(null)),
        ("status", json!("complete")),
        ("payment_status", json!("no_payment_required")),
    ];
    copy(&desk, &session, "cs_setup", &nothing);
    desk.tell_and_tend("cs_setup", "completed", "evt_1");
    assert_eq!(desk.event("evt_1"), "ignored");
    assert_eq!(desk.letters("order_attention"), 0);
    desk.shop.assert_audit();
}

// S0.12, S1.22: money for an order of ours by a session that nobody kept is never silent.
#[test]
fn money_by_a_session_nobody_kept_calls_a_person() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let paid = [
        ("status", json!("complete")),
        ("payment_status", json!("paid")),
        ("payment_intent", json!("pi_second")),
    ];
    copy(&desk, &session, "cs_second", &paid);
    desk.tell_and_tend("cs_second", "completed", "evt_1");
    assert!(desk.attention(&session).contains("cs_second"), "{}", desk.attention(&session));
    assert_eq!((desk.status(&session), desk.letters("order_attention")), ("pending".into(), 1));
    desk.shop.assert_audit();
}

// S1.22: the account is another one today. While the page may be paid at the old one its goods
// stay held; afterwards they are free, and a person is told.
#[test]
fn a_page_nobody_knows_any_more_holds_its_goods_until_its_own_end() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let gone = desk.provider.server.inside().books.sessions.remove(&session);
    let ends_s = gone.unwrap()["expires_at"].as_i64().unwrap() - desk.shop.clock.now().unix_s();
    desk.wait_s(ends_s);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("pending".into(), (4, 1)));
    desk.wait_s(3601);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("failed".into(), (4, 0)));
    assert!(desk.attention(&session).contains("does not know the payment page"));
    desk.shop.assert_audit();
}
