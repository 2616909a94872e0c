//! Sessions that this shop did not make, or does not have any more.

use serde_json::json;

use crate::desk::Desk;
use crate::fake_stripe::Fault;

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

// S0.12, S1.22: money for an order of ours by a session that nobody kept, as after a restored
// backup, pays the order; the page that was open is closed, and nobody pays twice.
#[test]
fn money_by_a_session_nobody_kept_pays_its_order() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let paid = [
        ("status", json!("complete")),
        ("payment_status", json!("paid")),
        ("payment_intent", json!("pi_second")),
    ];
    copy(&desk, &session, "cs_second", &paid);
    desk.tell_and_tend("cs_second", "completed", "evt_1");
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    assert_eq!((desk.event("evt_1"), desk.letters("order_confirmation")), ("done".into(), 1));
    desk.wait_s(1);
    let page = desk.provider.server.inside().books.sessions[&session]["status"].clone();
    assert_eq!(page, "expired", "the page that was open is closed");
    desk.shop.assert_audit();
}

// S1.22: money for an order that is paid already goes back, whoever made its page.
#[test]
fn money_by_an_unknown_session_of_a_paid_order_goes_back() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    desk.provider.add_stranger(&session, "cs_second");
    {
        let order = json!(desk.order_id(&session).as_str());
        let mut inside = desk.provider.server.inside();
        let second = inside.books.sessions.get_mut("cs_second").unwrap();
        second["metadata"]["order"] = order.clone();
        second["client_reference_id"] = order;
    }
    desk.tell_and_tend("cs_second", "completed", "evt_2");
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    assert_eq!(desk.attempt("cs_second"), "returned");
    let back = desk.provider.refunds();
    assert_eq!((back.len(), back[0].payment_id.as_deref()), (1, Some("pi_cs_second")));
    assert_eq!(desk.letters("order_attention"), 1);
    desk.shop.assert_audit();
}

// S1.22: another amount than the order's buys nothing, and a person is called.
#[test]
fn another_amount_by_a_session_nobody_kept_calls_a_person() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let paid = [
        ("status", json!("complete")),
        ("payment_status", json!("paid")),
        ("payment_intent", json!("pi_second")),
        ("amount_total", json!(100)),
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

// S2.127: a total that has no twin here is another total: the page is closed, the order has failed,
// and a person is called.
#[test]
fn a_total_that_has_no_twin_here_closes_the_page() {
    for (amount, currency) in [(json!(99_999), json!("zzz")), (json!(null), json!(null))] {
        let desk = Desk::open();
        let (_, session) = desk.session_for("KILN-1", 1);
        {
            let mut inside = desk.provider.server.inside();
            let kept = inside.books.sessions.get_mut(&session).unwrap();
            kept["amount_total"] = amount;
            kept["currency"] = currency;
        }
        desk.wait_s(130);
        assert_eq!((desk.status(&session), desk.units("KILN-1")), ("failed".into(), (4, 0)));
        assert!(desk.attention(&session).contains("none that is known here"));
        let page = desk.provider.server.inside().books.sessions[&session]["status"].clone();
        assert_eq!(page, "expired");
        desk.shop.assert_audit();
    }
}

// S0.2: a key may lack the right to read payments. Then the signed event itself says that the money
// will not come, and nothing else does.
#[test]
fn a_failure_is_believed_where_payments_may_not_be_read() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("APRON-S", 3);
    for _ in 0..40 {
        desk.provider.fail_next("payment", Fault::Foreign);
    }
    desk.provider.begin_slow(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!(desk.status(&session), "processing");
    desk.provider.fail(&session);
    desk.wait_s(600);
    assert_eq!((desk.status(&session), desk.units("APRON-S")), ("processing".into(), (10, 3)));
    desk.tell_and_tend(&session, "async_payment_failed", "evt_2");
    assert_eq!((desk.status(&session), desk.units("APRON-S")), ("failed".into(), (10, 0)));
    desk.shop.assert_audit();
}
