//! Fifteen minutes: goods are promised to a buyer, and free again only once nobody can pay.

use crate::desk::Desk;
use crate::house::{Edited, base_content};

const MINUTE_S: i64 = 60;

// S1.21, S1.22: held for exactly fifteen minutes; the provider is asked to close the page first.
#[test]
fn goods_are_held_for_fifteen_minutes_and_freed_once_the_page_is_closed() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 4);
    let (mut second, _) = desk.order("GLAZE-6", 1);
    assert_eq!(second.add("KILN-1", 1).status, 409);
    desk.wait_s(15 * MINUTE_S - 1);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("pending".into(), (4, 4)));
    assert!(desk.provider.calls("expire").is_empty());
    desk.wait_s(1);
    assert!(desk.provider.calls("expire").contains(&session));
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("expired".into(), (4, 0)));
    assert_eq!(second.add("KILN-1", 1).status, 303);
    desk.shop.assert_audit();
}

// S1.22: nothing is freed on a guess: while the provider is down the goods stay held.
#[test]
fn goods_stay_held_while_nobody_confirms_that_the_page_is_closed() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.set_down(true);
    for _ in 0..12 {
        desk.wait_s(20 * MINUTE_S);
        assert_eq!((desk.status(&session), desk.units("KILN-1")), ("pending".into(), (4, 1)));
    }
    desk.provider.set_down(false);
    desk.wait_s(15 * MINUTE_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("expired".into(), (4, 0)));
    desk.shop.assert_audit();
}

// S1.22: the same, and the buyer had paid meanwhile: the goods are theirs.
#[test]
fn a_payment_during_the_outage_is_found_afterwards() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.wait_s(14 * MINUTE_S);
    desk.provider.set_down(true);
    desk.provider.pay(&session);
    desk.wait_s(60 * MINUTE_S);
    desk.provider.set_down(false);
    desk.wait_s(15 * MINUTE_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    desk.shop.assert_audit();
}

// S1.22: paid in the last second, its event lost: closing is refused, the hold becomes the sale.
#[test]
fn a_payment_wins_against_the_end_of_the_hold() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.wait_s(15 * MINUTE_S - 1);
    desk.provider.pay(&session);
    desk.wait_s(1);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    desk.shop.assert_audit();
}

// S1.22, S1.60: begun as a bank transfer in the last second: held on.
#[test]
fn a_slow_payment_wins_against_the_end_of_the_hold() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.begin_slow(&session);
    desk.wait_s(15 * MINUTE_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("processing".into(), (4, 1)));
    desk.provider.fail(&session);
    desk.wait_s(15 * MINUTE_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("failed".into(), (4, 0)));
    desk.shop.assert_audit();
}

// S1.59, S2.133: not one webhook arrives, and every ending is found by asking.
#[test]
fn a_shop_without_webhooks_still_works() {
    let desk = Desk::open();
    let (_, paid) = desk.session_for("APRON-S", 1);
    let (_, slow) = desk.session_for("APRON-S", 1);
    let (_, failed) = desk.session_for("APRON-S", 1);
    let (_, left) = desk.session_for("APRON-S", 1);
    desk.provider.pay(&paid);
    desk.provider.begin_slow(&slow);
    desk.provider.fail(&failed);
    desk.provider.let_expire(&left);
    desk.wait_s(119);
    assert_eq!(desk.status(&paid), "pending");
    desk.wait_s(1);
    assert_eq!(desk.status(&paid), "paid");
    assert_eq!(desk.status(&slow), "processing");
    assert_eq!(desk.status(&failed), "failed");
    assert_eq!(desk.status(&left), "expired");
    desk.provider.pay(&slow);
    desk.wait_s(10 * MINUTE_S);
    assert_eq!((desk.status(&slow), desk.units("APRON-S")), ("paid".into(), (8, 0)));
    // Every paid order names what made it so.
    let known = "SELECT count(*) FROM webhook_event WHERE source = 'reconciler' AND state = 'done'";
    assert_eq!(desk.shop.number(known), 5);
    assert_eq!(desk.letters("order_confirmation"), 2);
    desk.shop.assert_audit();
}

// S2.137: giving up keeps the cart and frees the goods once the page is closed.
#[test]
fn giving_up_frees_the_goods_and_keeps_the_cart() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 2);
    let order = desk.order_path(&session);
    let page = buyer.get(&format!("{order}?from=cancel"));
    assert_eq!(page.status, 200);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("pending".into(), (4, 2)));

    desk.provider.set_down(true);
    let later = buyer.post(&format!("{order}/cancel"), &[]);
    assert_eq!((later.status, later.headers.contains_key("retry-after")), (503, true));
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("pending".into(), (4, 2)));

    desk.provider.set_down(false);
    assert_eq!(buyer.post(&format!("{order}/cancel"), &[]).status, 303);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("cancelled".into(), (4, 0)));
    assert_eq!(buyer.get("/api/cart").json()["count"], 2);
    let again = buyer.post(&format!("{order}/cancel"), &[]);
    assert_eq!(again.status, 409, "{}", again.body);
    desk.shop.assert_audit();
    assert_eq!(buyer.checkout().status, 303);
    desk.shop.assert_audit();
}

// S2.137: giving up after paying is refused: the money is there.
#[test]
fn giving_up_too_late_is_a_sale() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 1);
    let order = desk.order_path(&session);
    desk.provider.pay(&session);
    assert_eq!(buyer.post(&format!("{order}/cancel"), &[]).status, 409);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    desk.shop.assert_audit();
}

// S1.21, S2.137: a changed cart is a new order: the old page is closed, its goods are not
// counted against the new one.
#[test]
fn a_changed_cart_closes_the_old_page_first() {
    let desk = Desk::open();
    let (mut buyer, first) = desk.session_for("KILN-1", 4);
    assert_eq!(buyer.add("APRON-S", 1).status, 303);
    let second = buyer.checkout();
    assert_eq!(second.status, 303, "{}", second.body);
    assert_eq!(desk.status(&first), "cancelled");
    assert_eq!((desk.units("KILN-1"), desk.units("APRON-S")), ((4, 4), (10, 1)));
    assert_eq!(desk.provider.sessions_made(), 2);
    desk.shop.assert_audit();
}

// S0.12, S1.22: paying an expired order is a second attempt with its own key and a new hold.
#[test]
fn an_expired_order_can_be_paid_again_while_its_goods_are_there() {
    let desk = Desk::open();
    let (mut buyer, first) = desk.session_for("KILN-1", 3);
    let order = desk.order_path(&first);
    desk.wait_s(15 * MINUTE_S);
    assert_eq!(desk.units("KILN-1"), (4, 0));
    let again = buyer.post(&format!("{order}/pay"), &[]);
    assert_eq!(again.status, 303, "{}", again.body);
    let second = desk.provider.last();
    assert_eq!((desk.status(&second), desk.units("KILN-1")), ("pending".into(), (4, 3)));
    let keys = desk.provider.calls("create");
    assert!(keys[0].ends_with("-1") && keys[1].ends_with("-2"), "{keys:?}");
    desk.wait_s(15 * MINUTE_S);
    assert_eq!(desk.units("KILN-1"), (4, 0));
    // Somebody else was faster.
    let (_, other) = desk.session_for("KILN-1", 2);
    let refused = buyer.post(&format!("{order}/pay"), &[]);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!((desk.status(&second), desk.units("KILN-1")), ("expired".into(), (4, 2)));
    assert_eq!(desk.status(&other), "pending");
    desk.shop.assert_audit();
}

// S1.22: a SKU is renamed and named back while an order tries twice: what the second try holds
// follows both times, past what the first gave back (schedule 1000655).
#[test]
fn a_hold_follows_its_sku_back_to_a_name_it_had() {
    let apron = "products/apron.toml";
    let renamed = |sku: &str, was: &str| {
        Edited::of(&base_content())
            .replace(apron, "[\"SMOCK-L\"]", &format!("[\"SMOCK-L\", \"{was}\"]"))
            .replace(apron, "sku     = \"APRON-L\"", &format!("sku     = \"{sku}\""))
    };
    let desk = Desk::open();
    let (mut buyer, first) = desk.session_for("APRON-L", 3);
    let order = desk.order_path(&first);
    desk.wait_s(15 * MINUTE_S);
    desk.shop.publish(&renamed("TABARD-L", "APRON-L"));
    assert_eq!(buyer.post(&format!("{order}/pay"), &[]).status, 303);
    assert_eq!(desk.units("TABARD-L"), (10, 3));
    desk.shop.publish(&renamed("APRON-L", "TABARD-L"));
    assert_eq!(desk.units("APRON-L"), (10, 3));
    desk.shop.assert_audit();
    let second = desk.provider.last();
    desk.provider.pay(&second);
    desk.tell_and_tend(&second, "completed", "evt_1");
    assert_eq!((desk.status(&second), desk.units("APRON-L")), ("paid".into(), (7, 0)));
    desk.shop.assert_audit();
}
