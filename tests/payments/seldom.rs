//! What happens once in ten thousand orders, and has to be right all the same.

use kiosk::base::ids::Sku;
use kiosk::payments::{self, DisputeStatus, RefundStatus, RefundWish, Share};
use serde_json::{Value, json};

use crate::desk::{Desk, form_for, wish};

const DAY_S: i64 = 86_400;

/// An order written down while nobody answers at the provider; its buyer, and its private path.
fn without_a_page(desk: &Desk) -> (crate::house::Browser, String) {
    desk.provider.set_down(true);
    let mut buyer = desk.shop.browser();
    buyer.add("KILN-1", 1);
    let form = form_for(&buyer.get("/api/cart").json());
    assert_eq!(buyer.json("POST", "/api/checkout", &form).status, 503);
    let order = kiosk::base::ids::OrderId::from_stored(desk.shop.text("SELECT id FROM orders"));
    let token = kiosk::orders::token_of(&desk.shop.kit.secret, &order);
    (buyer, format!("/order/{}", token.as_str()))
}

fn status(desk: &Desk) -> String {
    desk.shop.text("SELECT payment_status FROM orders")
}

// S3.38: given up before its page was ever seen: the page is made, closed, and the goods are free.
#[test]
fn an_order_without_a_page_is_given_up() {
    let desk = Desk::open();
    let (mut buyer, path) = without_a_page(&desk);
    assert_eq!(buyer.post(&format!("{path}/cancel"), &[]).status, 503);
    assert_eq!((status(&desk), desk.units("KILN-1")), ("pending".into(), (4, 1)));
    desk.provider.set_down(false);
    assert_eq!(buyer.post(&format!("{path}/cancel"), &[]).status, 303);
    assert_eq!((status(&desk), desk.units("KILN-1")), ("cancelled".into(), (4, 0)));
    assert_eq!(desk.provider.sessions_made(), 1);
    desk.shop.assert_audit();
}

// S0.11: the provider will make no page at all: nobody can pay, and the goods are free, whether the
// buyer gives up or the reconciler asks.
#[test]
fn an_order_that_never_gets_a_page_is_over() {
    for by_buyer in [true, false] {
        let desk = Desk::open();
        let (mut buyer, path) = without_a_page(&desk);
        desk.provider.set_down(false);
        desk.provider.set_refusal(Some("no such account"));
        if by_buyer {
            assert_eq!(buyer.post(&format!("{path}/cancel"), &[]).status, 303);
        } else {
            desk.wait_s(120);
        }
        assert_eq!((status(&desk), desk.units("KILN-1")), ("failed".into(), (4, 0)));
        assert_eq!(desk.provider.sessions_made(), 0);
        desk.shop.assert_audit();
    }
}

// S1.18: a transfer of which nothing is heard for two weeks calls a person; its goods stay held.
#[test]
fn a_transfer_that_never_ends_calls_a_person() {
    let desk = Desk::open();
    let session = desk.session_for("KILN-1", 1).1;
    desk.provider.begin_slow(&session);
    desk.tell_and_tend(&session, "completed", "evt_1");
    desk.wait_s(13 * DAY_S);
    assert_eq!((desk.status(&session), desk.attention(&session)), ("processing".into(), "".into()));
    desk.wait_s(2 * DAY_S);
    assert!(desk.attention(&session).contains("two weeks"), "{}", desk.attention(&session));
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("processing".into(), (4, 1)));
    desk.provider.pay(&session);
    desk.wait_s(DAY_S);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    desk.shop.assert_audit();
}

// S1.40: goods that had left and came back are a return in the ledger, not a cancellation.
#[test]
fn goods_that_had_left_come_back_as_a_return() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 2);
    let (kit, book, now) =
        (desk.shop.kit.clone(), desk.shop.app.shelf.books.now(), desk.shop.kit.now());
    let id = desk.order_id(&session);
    let shipped = desk.shop.kit.db.write_blocking(move |tx| {
        kiosk::orders::ship(tx, &kit, &book, &id, ("", ""), "staff", now)
    });
    shipped.unwrap();
    let restock = [(Sku::parse("KILN-1").unwrap(), 1)].into();
    desk.give_back(&session, RefundWish { restock, ..wish(Share::Amount(100)) }).unwrap();
    let moves = "SELECT group_concat(reason || ' ' || delta, ', ') FROM stock_move
                 WHERE order_id IS NOT NULL";
    assert_eq!(desk.shop.text(moves), "sale -2, return 1");
    desk.shop.assert_audit();
}

// S0.8, S1.40: the shop and the dashboard give back the same money at the same time: the provider
// lets one of them, and our books say which.
#[test]
fn the_dashboard_is_faster_than_our_own_refund() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_down(true);
    desk.give_back(&session, wish(Share::All)).unwrap();
    let total: i64 = desk.of_order(&session, "total_minor").parse().unwrap();
    desk.provider.set_down(false);
    let made = desk.provider.refund_in_dashboard(&session, total);
    desk.tell_of(&json!({ "id": made }), "refund.created", "evt_1");
    desk.tend();
    assert_eq!(desk.event("evt_1"), "retry", "our own refund is still wanted");
    desk.shop.assert_audit();
    desk.wait_s(30);
    desk.wait_s(90);
    assert_eq!(desk.event("evt_1"), "done");
    let refunds = "SELECT group_concat(origin || ' ' || state, ', ') FROM refund ORDER BY id";
    assert_eq!(desk.shop.text(refunds), "shop failed, provider succeeded");
    assert_eq!((desk.status(&session), desk.letters("order_refunded")), ("refunded".into(), 1));
    desk.shop.assert_audit();
}

// S1.40: the provider sends back another amount than it was asked for: a person is told.
#[test]
fn a_refund_of_another_amount_calls_a_person() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_refund_ending(RefundStatus::Pending);
    let refund = desk.give_back(&session, wish(Share::Amount(500))).unwrap();
    let theirs = refund.provider_refund.unwrap();
    desk.provider.change_refund(&theirs, 499);
    desk.tell_of(&json!({ "id": theirs }), "refund.updated", "evt_1");
    desk.tend();
    assert!(desk.attention(&session).contains("£4.99 instead of £5.00"));
}

// S1.40: money that another provider took cannot be sent back by this one.
#[test]
fn money_another_provider_took_is_not_sent_back() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let file = rusqlite::Connection::open(desk.shop.kit.db.path()).unwrap();
    file.execute("UPDATE payment SET provider = 'another'", []).unwrap();
    let refused = desk.give_back(&session, wish(Share::All)).unwrap_err();
    assert!(refused.contains("did not take this payment"), "{refused}");
    let by_hand = RefundWish { by_hand: true, ..wish(Share::All) };
    desk.give_back(&session, by_hand).unwrap();
    assert_eq!(desk.status(&session), "refunded");
    desk.shop.assert_audit();
}

// S1.40: each turn of a dispute stands in the timeline and in the list of disputes.
#[test]
fn a_dispute_is_followed_turn_by_turn() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let due = desk.shop.clock.now().plus_s(DAY_S);
    let turns = [DisputeStatus::NeedsResponse, DisputeStatus::UnderReview, DisputeStatus::Lost];
    for (n, status) in turns.into_iter().enumerate() {
        desk.provider.dispute(&session, "du_1", status, due);
        desk.tell_of(&json!({ "id": "du_1" }), "charge.dispute.updated", &format!("evt_{n}"));
        desk.tend();
    }
    let turns =
        "placed paid dispute_opened attention dispute_updated attention dispute_lost attention";
    assert_eq!(desk.timeline(&session), turns);
    let id = desk.order_id(&session);
    let listed = desk.shop.kit.db.read_blocking(move |read| {
        Ok::<_, kiosk::base::Failure<kiosk::base::fault::Never>>(payments::list_disputes(
            read, &id,
        )?)
    });
    let listed = serde_json::to_value(listed.unwrap()).unwrap();
    let total: i64 = desk.of_order(&session, "total_minor").parse().unwrap();
    let wanted = json!([{ "id": "du_1", "amount_minor": total, "currency": "GBP",
                          "status": "lost", "reason": "fraudulent", "due_at": due }]);
    assert_eq!(listed, wanted);
}

// N9: what the provider counts to another day is no difference; what it hides is one.
#[test]
fn a_payment_of_another_day_is_no_difference() {
    let desk = Desk::open();
    desk.shop.work_off();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_listing(false);
    desk.shop.advance_s(DAY_S);
    let take = || {
        let day = "2026-11-24".parse().unwrap();
        desk.shop.block_on(payments::take(&desk.shop.app.till, day)).unwrap()
    };
    let statement = take().unwrap();
    assert_eq!((statement.theirs, statement.ours, statement.differences.len()), (0, 1, 0));
    // The page says another payment now.
    desk.provider.name_payment(&session, "pi_other");
    let kinds: Vec<Value> = take().unwrap().differences.iter().map(|d| json!(d.kind)).collect();
    assert_eq!(kinds, ["only_ours"]);
}
