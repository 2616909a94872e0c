//! Money that comes when nobody expects it any more is never silent: it buys the goods when they
//! are there, and calls a person when they are not.

use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::orders;
use kiosk::payments::{DisputeStatus, RefundState, RefundWish, Share, Trouble};
use kiosk::platform::db::Tx;
use serde_json::json;

use crate::desk::{Desk, wish};
use crate::house::{Edited, base_content};

/// Lets the hold of an order end.
const LAPSE_S: i64 = 15 * 60;

// S1.22: the page was closed, the money came all the same; the goods are taken again.
#[test]
fn late_money_takes_the_goods_again_when_they_are_there() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 3);
    desk.wait_s(LAPSE_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("expired".into(), (4, 0)));
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (1, 0)));
    assert_eq!((desk.letters("order_confirmation"), desk.letters("order_attention")), (1, 0));
    desk.shop.assert_audit();
}

/// A payment that comes when its goods are sold: its session.
fn too_late(desk: &Desk) -> String {
    let (_, late) = desk.session_for("KILN-1", 3);
    desk.wait_s(LAPSE_S);
    desk.paid("KILN-1", 2);
    desk.provider.pay(&late);
    late
}

// S1.19, S1.22: there is not enough any more: nothing is oversold, the money goes back by itself,
// and merchant and buyer are told once.
#[test]
fn late_money_for_sold_goods_goes_back() {
    let desk = Desk::open();
    let late = too_late(&desk);
    for event in ["evt_2", "evt_3"] {
        desk.tell_and_tend(&late, "completed", event);
        assert_eq!(desk.event(event), "done");
    }
    assert_eq!((desk.status(&late), desk.units("KILN-1")), ("expired".into(), (2, 0)));
    assert_eq!(desk.attempt(&late), "returned");
    let key = format!("auto-refund-{}", desk.order_id(&late));
    assert_eq!(desk.provider.calls("refund"), [key]);
    assert_eq!((desk.provider.refunds().len(), desk.attention(&late)), (1, String::new()));
    assert_eq!((desk.letters("order_confirmation"), desk.letters("order_attention")), (1, 1));
    assert_eq!(desk.letters("order_refunded"), 1);
    let told = "SELECT recipient FROM outbox WHERE template = 'order_attention'";
    assert_eq!(desk.shop.text(told), "help@shop.example");
    desk.shop.assert_audit();
    // The goods come back: money that has gone buys nothing.
    desk.shop.set_stock("KILN-1", 3);
    desk.tell_and_tend(&late, "completed", "evt_4");
    desk.wait_s(LAPSE_S);
    assert_eq!((desk.status(&late), desk.units("KILN-1")), ("expired".into(), (3, 0)));
    desk.shop.work_off();
    desk.shop.assert_audit();
}

// S1.22: the provider will not send it back: it stays in sight until a person has done it.
#[test]
fn late_money_that_cannot_go_back_waits_for_a_person() {
    let desk = Desk::open();
    let late = too_late(&desk);
    desk.provider.set_refund_trouble(Trouble::Refused("not today".to_owned()), false);
    desk.tell_and_tend(&late, "completed", "evt_2");
    assert_eq!((desk.attempt(&late), desk.letters("order_attention")), ("review".into(), 2));
    let told = desk.attention(&late);
    assert!(
        told.contains("not today") && told.contains("--late --amount 2999.97 --by-hand"),
        "{told}"
    );
    let path = desk.order_path(&late);
    let page = desk.shop.browser().get(&path).body;
    assert!(page.contains("We are looking at this order") && !page.contains("Nothing has been"));
    let by_hand = RefundWish { by_hand: true, ..wish(Share::All) };
    let refund = desk.give_back(&late, by_hand.clone()).unwrap();
    assert_eq!((refund.state, refund.late), (RefundState::Succeeded, true));
    assert_eq!((desk.attempt(&late), desk.attention(&late)), ("returned".into(), String::new()));
    let page = desk.shop.browser().get(&path).body;
    assert!(page.contains("it has been sent back") && !page.contains("Nothing has been"));
    assert!(desk.give_back(&late, by_hand).unwrap_err().contains("No money"));
    assert_eq!((desk.status(&late), desk.provider.refunds().len()), ("expired".into(), 0));
    desk.shop.assert_audit();
}

// S1.22: money for an order its buyer gave up is treated the same.
#[test]
fn late_money_for_a_cancelled_order_is_not_lost() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 1);
    let order = desk.order_path(&session);
    buyer.post(&format!("{order}/cancel"), &[]);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    desk.shop.assert_audit();
}

/// An order with two sessions: the first expired, the second open.
fn two_sessions(desk: &Desk) -> (String, String) {
    let (mut buyer, first) = desk.session_for("KILN-1", 1);
    let order = desk.order_path(&first);
    desk.wait_s(LAPSE_S);
    assert_eq!(buyer.post(&format!("{order}/pay"), &[]).status, 303);
    (first, desk.provider.last())
}

// S0.14, S4.14: paid twice by two sessions: sold once, and a person is told of the second money.
#[test]
fn a_second_session_paid_for_one_order_is_flagged() {
    let desk = Desk::open();
    let (first, second) = two_sessions(&desk);
    desk.provider.pay(&second);
    desk.tell_and_tend(&second, "completed", "evt_1");
    assert_eq!((desk.status(&second), desk.letters("order_attention")), ("paid".into(), 0));
    desk.provider.pay(&first);
    desk.tell_and_tend(&first, "completed", "evt_2");
    assert_eq!((desk.status(&second), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    assert_eq!((desk.attempt(&first), desk.provider.refunds().len()), ("returned".into(), 1));
    assert_eq!((desk.letters("order_confirmation"), desk.letters("order_attention")), (1, 1));
    assert_eq!(desk.of_order(&first, "refunded_minor"), "0", "the order's own money stays");
    desk.shop.assert_audit();
}

// S1.22: a refund of the order's own money, or of other late money, settles neither money that
// still waits nor a dispute.
#[test]
fn a_refund_leaves_what_else_waits_in_sight() {
    let desk = Desk::open();
    let (first, second) = two_sessions(&desk);
    desk.provider.pay(&second);
    desk.tell_and_tend(&second, "completed", "evt_1");
    desk.provider.set_refund_trouble(Trouble::Refused("not today".to_owned()), false);
    desk.provider.pay(&first);
    desk.tell_and_tend(&first, "completed", "evt_2");
    assert_eq!(desk.attempt(&first), "review");
    let own = desk.give_back(&second, wish(Share::Amount(100))).unwrap();
    assert_eq!((own.state, own.late), (RefundState::Succeeded, false));
    assert!(desk.attention(&second).contains("not today"), "{}", desk.attention(&second));
    // The buyer complains about what was paid in time; the late money goes back meanwhile.
    let due = desk.shop.clock.now().plus_s(86_400);
    desk.provider.dispute(&second, "du_1", DisputeStatus::NeedsResponse, due);
    desk.tell_of(&json!({ "id": "du_1" }), "charge.dispute.created", "evt_3");
    desk.tend();
    let late = RefundWish { late: true, by_hand: true, ..wish(Share::All) };
    let given = desk.give_back(&first, late).unwrap();
    assert_eq!((given.state, desk.attempt(&first)), (RefundState::Succeeded, "returned".into()));
    assert!(desk.attention(&second).contains("disputes"), "{}", desk.attention(&second));
    desk.shop.assert_audit();
}

// S0.14, S1.1: the old session is paid while the new one is open: the order is paid, and should
// the new one be paid as well, a person is told.
#[test]
fn the_first_session_paid_while_the_second_is_open_counts() {
    let desk = Desk::open();
    let (first, second) = two_sessions(&desk);
    desk.provider.pay(&first);
    desk.tell_and_tend(&first, "completed", "evt_1");
    assert_eq!((desk.event("evt_1"), desk.status(&first)), ("done".into(), "paid".into()));
    assert_eq!((desk.attempt(&first), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    // The page nobody needs any more is closed.
    desk.wait_s(1);
    assert!(desk.provider.calls("expire").contains(&second));
    assert_eq!(desk.attempt(&second), "expired");
    desk.shop.assert_audit();
    desk.provider.pay(&second);
    desk.tell_and_tend(&second, "completed", "evt_2");
    assert_eq!((desk.attempt(&second), desk.provider.refunds().len()), ("returned".into(), 1));
    assert_eq!((desk.letters("order_confirmation"), desk.letters("order_attention")), (1, 1));
    assert_eq!(desk.units("KILN-1"), (3, 0));
    desk.shop.assert_audit();
}

// S2.127: a session that charged something else never pays an order; a person is told of the money,
// and neither the goods nor the buyer wait for them.
#[test]
fn a_payment_of_another_amount_is_flagged() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.charge(&session, 1);
    desk.provider.pay(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("dead".into(), "failed".into()));
    assert_eq!((desk.units("KILN-1"), desk.letters("order_attention")), ((4, 0), 1));
    for _ in 0..5 {
        desk.wait_s(LAPSE_S);
    }
    assert_eq!((desk.units("KILN-1"), desk.letters("order_attention")), ((4, 0), 1));
    desk.shop.assert_audit();
}

// S1.22, S2.127: one that would have charged something else and was never paid frees its goods.
#[test]
fn a_wrong_session_nobody_paid_is_closed_and_its_goods_are_free() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    desk.provider.charge(&session, 1);
    desk.wait_s(LAPSE_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("failed".into(), (4, 0)));
    assert_eq!(desk.letters("order_attention"), 1);
    desk.shop.assert_audit();
}

// S1.22, I13: its SKU was merged into one with too little left while the buyer was paying: the
// money goes back, and the order has failed instead of waiting for ever. Nobody pays again.
#[test]
fn money_for_goods_that_are_gone_ends_the_order() {
    for is_slow in [false, true] {
        let kiln = std::fs::read_to_string(base_content().join("products/kiln.toml")).unwrap();
        let vase = kiln.replace("KILN-1", "VASE-1").replace("\"K1\"", "\"V1\"");
        let content = Edited::of(&base_content()).write("products/vase.toml", &vase);
        let desk = Desk::selling(content.path().to_path_buf());
        let (mut buyer, session) = desk.session_for("VASE-1", 3);
        if is_slow {
            desk.provider.begin_slow(&session);
            desk.tell_and_tend(&session, "completed", "evt_0");
            assert_eq!(desk.status(&session), "processing");
        }
        let renamed = "\"GLAZE-6\"\nsku_was = [\"VASE-1\"]";
        let content = content.remove("products/vase.toml").replace(
            "products/glaze-set.toml",
            "\"GLAZE-6\"",
            renamed,
        );
        desk.shop.publish(&content);
        desk.shop.set_stock("GLAZE-6", 2);
        desk.provider.pay(&session);
        desk.tell_and_tend(&session, "async_payment_succeeded", "evt_1");
        desk.shop.work_off();
        let ended = (desk.status(&session), desk.attempt(&session));
        assert_eq!(ended, ("failed".into(), "returned".into()), "slow: {is_slow}");
        assert_eq!((desk.provider.refunds().len(), desk.units("GLAZE-6")), (1, (2, 0)));
        assert_eq!(desk.letters("order_attention"), 1);
        let told = "SELECT coalesce(max(data ->> '$.cancelled.may_pay'), 0) FROM outbox";
        assert_eq!(desk.shop.number(told), 0);
        desk.shop.assert_audit();
        // The cart is the buyer's again.
        assert_ne!(buyer.get("/checkout").status, 409);
    }
}

// S2.53, I11: the last use of an offer went to somebody else; money that comes late all the same
// buys at the price it was promised for, and a person hears of it.
#[test]
fn late_money_may_go_beyond_the_limit_of_an_offer_and_says_so() {
    let last = "title = \"One for all\"\ntrigger = \"code\"\ncodes = [\"LAST\"]\n\
                stage = \"order\"\n\
                effect = { type = \"amount_off_order\", amount = \"5.00\" }\n\
                limits = { total = 1, per_customer = 1 }\n";
    let content = Edited::of(&base_content()).write("promotions/last.toml", last);
    let desk = Desk::selling(content.path().to_path_buf());
    let with_code = || {
        let mut buyer = desk.shop.browser();
        buyer.add("GLAZE-6", 1);
        assert_eq!(buyer.post("/cart/codes", &[("code", "LAST")]).status, 303);
        let answer = buyer.checkout();
        answer.location().rsplit('/').next().unwrap().to_owned()
    };
    let late = with_code();
    desk.wait_s(LAPSE_S);
    let second = with_code();
    desk.provider.pay(&second);
    desk.tell_and_tend(&second, "completed", "evt_1");
    assert_eq!((desk.status(&second), desk.attention(&second)), ("paid".into(), String::new()));
    desk.provider.pay(&late);
    desk.tell_and_tend(&late, "completed", "evt_2");
    assert_eq!(desk.status(&late), "paid");
    assert!(desk.attention(&late).contains("One for all"), "{}", desk.attention(&late));
    let claims = "SELECT group_concat(state || is_beyond) FROM
                  (SELECT * FROM promotion_claim ORDER BY is_beyond)";
    assert_eq!(desk.shop.text(claims), "used0,used1");
    desk.shop.assert_audit();
}

// Money that nobody has named yet may have come for it: a flagged order is not paid again, however
// its page is asked.
#[test]
fn a_flagged_order_is_not_paid_again() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 1);
    desk.wait_s(LAPSE_S);
    let (id, book) = (desk.order_id(&session), desk.shop.app.shelf.books.now());
    let now = desk.shop.clock.now();
    let flag = move |tx: &Tx| {
        let why = "it may have been paid";
        Ok::<_, Failure<Never>>(orders::flag(tx, &book, &id, why, now)?)
    };
    desk.shop.kit.db.write_blocking(flag).unwrap();
    let pay = format!("{}/pay", desk.order_path(&session));
    let refused = buyer.post(&pay, &[]);
    assert_eq!((refused.status, desk.status(&session)), (409, "expired".into()));
    assert!(refused.body.contains("Do not pay again"), "{}", refused.body);
    assert_eq!(desk.units("KILN-1"), (4, 0));
}

// S1.21: two reasons that take turns are told once each, not at every look.
#[test]
fn reasons_that_take_turns_are_told_once() {
    let desk = Desk::open();
    let (_, session) = desk.session_for("KILN-1", 1);
    let (id, now) = (desk.order_id(&session), desk.shop.clock.now());
    let flag = |why: &'static str, after_s: i64| {
        let (id, book, at) = (id.clone(), desk.shop.app.shelf.books.now(), now.plus_s(after_s));
        let flag = move |tx: &Tx| Ok::<_, Failure<Never>>(orders::flag(tx, &book, &id, why, at)?);
        desk.shop.kit.db.write_blocking(flag).unwrap();
    };
    for turn in 0..5 {
        flag("one cannot go back", turn * 600);
        flag("two cannot go back", turn * 600 + 300);
    }
    assert_eq!(desk.letters("order_attention"), 2);
    assert_eq!(desk.attention(&session), "two cannot go back", "the newest is in sight");
    flag("one cannot go back", 2 * 86_400);
    assert_eq!(desk.letters("order_attention"), 3, "once a day");
    // What was settled and happens anew is news.
    let (id, at) = (id.clone(), now.plus_s(2 * 86_400 + 60));
    let settle = move |tx: &Tx| orders::settle_by_person(tx, &id, "done", "staff", at);
    desk.shop.kit.db.write_blocking(settle).unwrap();
    flag("two cannot go back", 2 * 86_400 + 120);
    flag("one cannot go back", 2 * 86_400 + 180);
    assert_eq!(desk.letters("order_attention"), 5);
}
