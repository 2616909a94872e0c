//! Money that goes back: written down first, sent once, never more than came, and told truly.

use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::base::ids::Sku;
use kiosk::payments::{DisputeStatus, RefundState, RefundStatus, RefundWish, Share, Trouble};
use serde_json::json;

use crate::desk::{Desk, wish};

fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

fn lines(name: &str, units: u32) -> Share {
    Share::Lines(vec![(name.to_owned(), units)])
}

// S1.40, S0.8: all of it, goods back on the shelf, one letter; events doubled and out of order
// change nothing.
#[test]
fn a_whole_order_goes_back_once() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 2);
    let all = RefundWish { restock: [(sku("KILN-1"), 2)].into(), ..wish(Share::All) };
    let refund = desk.give_back(&session, all.clone()).unwrap();
    assert_eq!((refund.state, refund.amount_minor), (RefundState::Succeeded, 199_998));
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("refunded".into(), (4, 0)));
    assert_eq!(desk.provider.calls("refund"), [format!("rf-{}", refund.id)]);
    assert_eq!(desk.provider.refunds()[0].refund.as_deref(), Some(refund.id.as_str()));
    let object = json!({ "id": "re_fake_1", "payment_intent": format!("pi_{session}") });
    for (event, kind) in [
        ("evt_3", "refund.updated"),
        ("evt_1", "refund.created"),
        ("evt_2", "charge.refunded"),
        ("evt_1", "refund.created"),
    ] {
        desk.tell_of(&object, kind, event);
        desk.tend();
    }
    assert_eq!([desk.event("evt_1"), desk.event("evt_2"), desk.event("evt_3")], ["done"; 3]);
    assert_eq!(desk.letters("order_refunded"), 1);
    assert_eq!(desk.timeline(&session), "placed paid refund_wanted refunded");
    assert!(desk.give_back(&session, all).unwrap_err().contains("Nothing would go back"));
    let page = desk.shop.browser().get(&desk.order_path(&session));
    assert!(page.body.contains("£1,999.98 refunded"), "{}", page.body);
    desk.shop.work_off();
    desk.shop.assert_audit();
}

// S1.40: units, an amount, the delivery: exact to the penny, and together never more than came.
#[test]
fn parts_add_up_to_what_came() {
    let desk = Desk::open();
    let session = desk.paid("APRON-S", 1);
    let total: i64 = desk.of_order(&session, "total_minor").parse().unwrap();
    let line = desk.give_back(&session, wish(lines("APRON-S", 1))).unwrap();
    assert_eq!((line.amount_minor, desk.status(&session)), (2_999, "part_refunded".into()));
    let again = desk.give_back(&session, wish(lines("APRON-S", 1))).unwrap_err();
    assert!(again.contains("no APRON-S that could still be given back"), "{again}");
    let much = desk.give_back(&session, wish(Share::Amount(500))).unwrap_err();
    assert!(much.contains("Only £4.99"), "{much}");
    assert!(desk.give_back(&session, wish(lines("NOBODY", 1))).is_err());
    assert!(desk.give_back(&session, wish(Share::Amount(0))).is_err());
    assert!(desk.give_back(&session, wish(Share::Amount(-1))).is_err());
    let delivery = RefundWish { delivery: true, ..wish(Share::Lines(Vec::new())) };
    let rest = desk.give_back(&session, delivery).unwrap();
    assert_eq!((rest.delivery_minor, desk.status(&session)), (499, "refunded".into()));
    assert_eq!(line.amount_minor + rest.amount_minor, total);
    assert_eq!(desk.letters("order_refunded"), 2);
    desk.shop.assert_audit();
}

// S1.40: what comes back to the shelf is chosen, and never more than was sold.
#[test]
fn goods_come_back_once() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 3);
    let with =
        |units| RefundWish { restock: [(sku("KILN-1"), units)].into(), ..wish(lines("KILN-1", 1)) };
    desk.give_back(&session, with(2)).unwrap();
    assert_eq!(desk.units("KILN-1"), (3, 0));
    let much = desk.give_back(&session, with(2)).unwrap_err();
    assert!(much.contains("Only 1 of KILN-1"), "{much}");
    assert_eq!(desk.shop.number("SELECT count(*) FROM refund"), 1, "refused whole");
    // A refund that fails leaves the goods where they are: they did come back.
    desk.provider.set_refund_trouble(Trouble::Refused("charge_already_refunded".into()), false);
    let failed = desk.give_back(&session, with(1)).unwrap();
    assert_eq!((failed.state, desk.units("KILN-1")), (RefundState::Failed, (4, 0)));
    assert!(failed.error.unwrap().contains("charge_already_refunded"), "shown as it is");
    assert_eq!(desk.status(&session), "part_refunded");
    assert_eq!(desk.letters("order_attention"), 1);
    assert!(desk.attention(&session).contains("--by-hand"));
    desk.shop.assert_audit();
}

// S1.40: no answer, a lost answer: the same key until it is known.
#[test]
fn a_lost_answer_is_asked_for_with_the_same_key() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_losing_replies(true);
    let refund = desk.give_back(&session, wish(Share::All)).unwrap();
    assert_eq!((refund.state, desk.status(&session)), (RefundState::Wanted, "paid".into()));
    assert_eq!(desk.of_order(&session, "refunding_minor"), "99999");
    desk.provider.set_down(true);
    let more = desk.give_back(&session, wish(Share::Amount(1))).unwrap_err();
    assert!(more.contains("Only"), "what is on its way is not given twice: {more}");
    desk.wait_s(60);
    desk.provider.set_down(false);
    desk.provider.set_losing_replies(false);
    desk.wait_s(120);
    assert_eq!(desk.status(&session), "refunded");
    let keys = desk.provider.calls("refund");
    assert!(keys.len() >= 3 && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!((desk.provider.refunds().len(), desk.letters("order_refunded")), (1, 1));
    desk.shop.assert_audit();
}

// S1.40: one that the provider never takes is not told as under way for ever: a person hears of it
// once, and it goes as soon as it can.
#[test]
fn a_refund_that_is_never_taken_is_told() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_down(true);
    let refund = desk.give_back(&session, wish(Share::All)).unwrap();
    assert_eq!(refund.state, RefundState::Wanted);
    for _ in 0..20 {
        desk.wait_s(80);
    }
    let told = desk.attention(&session);
    assert!(told.contains("has not taken it so far"), "{told}");
    assert_eq!(desk.letters("order_attention"), 1);
    desk.provider.set_down(false);
    desk.wait_s(80);
    assert_eq!((desk.status(&session), desk.attention(&session)), ("refunded".into(), "".into()));
    desk.shop.assert_audit();
}

// S1.40: a failure that is repeated for ever: the provider's books are read before another key.
#[test]
fn a_repeated_failure_is_looked_into_before_another_key() {
    for happened in [false, true] {
        let desk = Desk::open();
        let session = desk.paid("KILN-1", 1);
        desk.provider.set_refund_trouble(Trouble::Unreachable("500".into()), happened);
        let refund = desk.give_back(&session, wish(Share::All)).unwrap();
        assert_eq!(refund.state, RefundState::Wanted);
        desk.wait_s(60);
        let first = format!("rf-{}", refund.id);
        if happened {
            assert_eq!(desk.status(&session), "refunded");
            assert_eq!(desk.provider.calls("refund"), [first.clone(), first]);
        } else {
            // What broke at the provider may yet be carried through there: for an hour its books
            // are looked at, and nothing else is asked for.
            desk.wait_s(3400);
            assert_eq!((desk.status(&session), desk.provider.refunds().len()), ("paid".into(), 0));
            assert!(desk.provider.calls("refund").iter().all(|key| *key == first));
            desk.wait_s(300);
            assert_eq!(desk.status(&session), "refunded");
            let keys = desk.provider.calls("refund");
            assert!(keys.last().unwrap().starts_with(&format!("{first}-")), "{keys:?}");
            assert_eq!(keys.iter().filter(|key| **key != first).count(), 1, "{keys:?}");
        }
        assert_eq!(desk.provider.refunds().len(), 1, "once at the provider");
        desk.shop.assert_audit();
    }
}

// S1.40: after a day the provider may have forgotten the key: it is asked what it has first.
#[test]
fn an_old_key_is_not_trusted() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_losing_replies(true);
    desk.give_back(&session, wish(Share::All)).unwrap();
    let asked = desk.provider.calls("refund").len();
    desk.provider.set_losing_replies(false);
    desk.wait_s(25 * 3600);
    assert_eq!((desk.status(&session), desk.provider.refunds().len()), ("refunded".into(), 1));
    assert_eq!(desk.provider.calls("refund").len(), asked);
    desk.shop.assert_audit();
}

// S0.8: slow refunds end by event, or by asking; a late failure makes the status true again.
#[test]
fn a_pending_refund_ends_and_may_fail_late() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_refund_ending(RefundStatus::Pending);
    let refund = desk.give_back(&session, wish(Share::All)).unwrap();
    assert_eq!((refund.state, desk.status(&session)), (RefundState::Pending, "paid".into()));
    assert_eq!(desk.letters("order_refunded"), 0);
    let page = desk.shop.browser().get(&desk.order_path(&session));
    assert!(page.body.contains("£999.99 on its way back"), "{}", page.body);
    desk.provider.end_refund("re_fake_1", RefundStatus::Succeeded);
    desk.wait_s(120);
    assert_eq!((desk.status(&session), desk.letters("order_refunded")), ("refunded".into(), 1));
    // Weeks later the bank sends it back.
    desk.provider.end_refund("re_fake_1", RefundStatus::Failed);
    let object = json!({ "id": "re_fake_1" });
    for event in ["evt_1", "evt_1", "evt_2"] {
        desk.tell_of(&object, "refund.failed", event);
        desk.tend();
    }
    assert_eq!((desk.status(&session), desk.letters("order_attention")), ("paid".into(), 1));
    assert!(desk.attention(&session).contains("lost_or_stolen_card"));
    let page = desk.shop.browser().get(&desk.order_path(&session));
    assert!(!page.body.contains("£999.99 refunded"), "{}", page.body);
    desk.shop.assert_audit();
    // Paid back by bank transfer, noted here.
    let by_hand = RefundWish { by_hand: true, ..wish(Share::All) };
    desk.give_back(&session, by_hand).unwrap();
    assert_eq!((desk.status(&session), desk.attention(&session)), ("refunded".into(), "".into()));
    assert_eq!(desk.provider.refunds().len(), 1);
    desk.shop.assert_audit();
}

// S0.8: refunds made in the provider's dashboard appear, told by event or found before our own.
#[test]
fn refunds_of_the_dashboard_appear() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let made = desk.provider.refund_in_dashboard(&session, 10_000);
    desk.tell_of(&json!({ "id": made }), "refund.created", "evt_1");
    desk.tend();
    assert_eq!(desk.status(&session), "part_refunded");
    assert_eq!(desk.of_order(&session, "refunded_minor"), "10000");
    // Nobody tells of the next one: our own refund looks first.
    desk.provider.refund_in_dashboard(&session, 20_000);
    let refund = desk.give_back(&session, wish(Share::All)).unwrap();
    assert_eq!((refund.amount_minor, desk.status(&session)), (69_999, "refunded".into()));
    let charge = json!({ "id": "ch_1", "payment_intent": format!("pi_{session}") });
    desk.tell_of(&charge, "charge.refunded", "evt_2");
    desk.tend();
    assert_eq!(desk.shop.number("SELECT count(*) FROM refund"), 3);
    assert_eq!(desk.letters("order_refunded"), 3);
    desk.shop.assert_audit();
}

// S0.8: a refund noted by hand that turns out to be the dashboard's is one refund.
#[test]
fn noted_by_hand_and_told_by_the_provider_is_one() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let by_hand = RefundWish { by_hand: true, ..wish(Share::Amount(60_000)) };
    desk.give_back(&session, by_hand).unwrap();
    let made = desk.provider.refund_in_dashboard(&session, 60_000);
    desk.tell_of(&json!({ "id": made }), "refund.created", "evt_1");
    desk.tend();
    assert_eq!(desk.event("evt_1"), "done");
    assert_eq!(desk.of_order(&session, "refunded_minor"), "60000");
    desk.shop.assert_audit();
}

// S0.8: one of the dashboard that did not go through undoes nothing that was given back by hand.
#[test]
fn a_failed_refund_of_the_dashboard_undoes_nothing() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let made = desk.provider.refund_in_dashboard(&session, 60_000);
    desk.provider.end_refund(&made, RefundStatus::Failed);
    let by_hand = RefundWish { by_hand: true, ..wish(Share::Amount(60_000)) };
    desk.give_back(&session, by_hand).unwrap();
    desk.tell_of(&json!({ "id": made }), "refund.failed", "evt_1");
    desk.tend();
    assert_eq!(desk.event("evt_1"), "done");
    assert_eq!(desk.of_order(&session, "refunded_minor"), "60000");
    desk.shop.assert_audit();
}

// S1.40: sixteen at once: no more goes back than came.
#[test]
fn many_at_once_never_give_back_too_much() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let (till, order) = (&desk.shop.app.till, desk.order_id(&session));
    let given = desk.shop.block_on(async {
        let asked = (0..16).map(|_| {
            let (till, order) = (till.clone(), order.clone());
            tokio::spawn(async move {
                let share = wish(Share::Amount(30_000));
                kiosk::payments::give_back(&till, &order, share, "staff").await.is_ok()
            })
        });
        let mut given = 0;
        for asked in asked.collect::<Vec<_>>() {
            given += u32::from(asked.await.unwrap());
        }
        given
    });
    assert_eq!((given, desk.provider.refunds().len()), (3, 3));
    assert_eq!(desk.of_order(&session, "refunded_minor"), "90000");
    desk.shop.assert_audit();
}

// S2.141: refunds and disputes of other shops on the same account are put aside quietly.
#[test]
fn refunds_of_strangers_are_ignored() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let made = desk.provider.refund_in_dashboard(&session, 10_000);
    desk.provider.rename_refunded_payment(&made, "pi_of_somebody_else");
    desk.tell_of(&json!({ "id": made }), "refund.created", "evt_1");
    for _ in 0..10 {
        desk.wait_s(3600);
    }
    assert_eq!((desk.event("evt_1"), desk.status(&session)), ("ignored".into(), "paid".into()));
    assert_eq!(desk.letters("order_attention"), 0);
    desk.shop.assert_audit();
}

// S0.8, N5: money whose own event was lost for hours, given back in the dashboard meanwhile: once
// the shop hears of the money, it knows what went back of it, too.
#[test]
fn what_went_back_of_late_money_is_not_forgotten() {
    let desk = Desk::open();
    let session = desk.session_for("KILN-1", 1).1;
    desk.wait_s(15 * 60);
    desk.provider.pay(&session);
    let made = desk.provider.refund_in_dashboard(&session, 10_000);
    desk.tell_of(&json!({ "id": made }), "refund.created", "evt_1");
    desk.provider.dispute(&session, "du_1", DisputeStatus::Lost, desk.shop.clock.now());
    desk.tell_of(&json!({ "id": "du_1" }), "charge.dispute.closed", "evt_2");
    for _ in 0..10 {
        desk.wait_s(3600);
    }
    assert_eq!((desk.event("evt_1"), desk.event("evt_2")), ("ignored".into(), "ignored".into()));
    assert_eq!(desk.status(&session), "expired");
    desk.tell_and_tend(&session, "completed", "evt_3");
    assert_eq!((desk.event("evt_1"), desk.event("evt_2")), ("done".into(), "done".into()));
    assert_eq!(desk.status(&session), "part_refunded");
    assert_eq!(desk.of_order(&session, "refunded_minor"), "10000");
    assert_eq!(desk.of_order(&session, "disputed"), "1");
    desk.shop.assert_audit();
}

// S1.40: money that went back twice under one name of ours is in the books twice, and a person is
// told.
#[test]
fn a_refund_that_was_made_twice_is_seen() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let refund = desk.give_back(&session, wish(Share::Amount(20_000))).unwrap();
    let second = desk.provider.double_refund(&refund.provider_refund.unwrap());
    for event in ["evt_1", "evt_2"] {
        desk.tell_of(&json!({ "id": second }), "refund.created", event);
        desk.tend();
        assert_eq!(desk.event(event), "done");
    }
    assert_eq!(desk.of_order(&session, "refunded_minor"), "40000");
    assert!(desk.attention(&session).contains("£200.00 back a second time"));
    // The first fails late: the second is still gone.
    desk.provider.end_refund("re_fake_1", RefundStatus::Failed);
    desk.tell_of(&json!({ "id": "re_fake_1" }), "refund.failed", "evt_3");
    desk.tend();
    assert_eq!(desk.of_order(&session, "refunded_minor"), "20000");
    desk.shop.assert_audit();
}

// S3.52: a refund that fails days after it was told to have worked makes its day worth more again.
#[test]
fn sales_follow_a_refund_that_fails_late() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.give_back(&session, wish(lines("KILN-1", 1))).unwrap();
    desk.shop.work_off();
    let sold = || desk.shop.number("SELECT sum(units) FROM product_sales WHERE ref = 'KILN-1'");
    assert_eq!(sold(), 0);
    desk.wait_s(5 * 86_400);
    desk.shop.work_off();
    desk.provider.end_refund("re_fake_1", RefundStatus::Failed);
    desk.tell_of(&json!({ "id": "re_fake_1" }), "refund.failed", "evt_1");
    desk.tend();
    desk.wait_s(2 * 3600);
    desk.shop.work_off();
    assert_eq!(sold(), 1);
}

// S1.40: the program died under its first call, and came back after the key's life: asked first.
#[test]
fn a_refund_nobody_noted_a_call_of_is_looked_for_after_a_day() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_losing_replies(true);
    desk.give_back(&session, wish(Share::Amount(20_000))).unwrap();
    desk.provider.set_losing_replies(false);
    let forget = |tx: &kiosk::platform::db::Tx| {
        tx.execute("UPDATE refund SET looks = 0", [])?;
        Ok::<_, Failure<Never>>(())
    };
    desk.shop.kit.db.write_blocking(forget).unwrap();
    let asked = desk.provider.calls("refund").len();
    desk.wait_s(25 * 3600);
    assert_eq!(desk.of_order(&session, "refunded_minor"), "20000");
    assert_eq!((desk.provider.calls("refund").len(), desk.provider.refunds().len()), (asked, 1));
    desk.shop.assert_audit();
}
