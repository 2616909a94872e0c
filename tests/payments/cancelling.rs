//! Giving up an order that is paid: within the shop's window by the buyer, before shipping by the
//! merchant. The money and the goods go back once.

use kiosk::base::ids::Sku;
use kiosk::payments::{self, RefundStatus, RefundWish, Share};

use crate::desk::{Desk, wish};
use crate::house::{Edited, base_content};

const MINUTE_S: i64 = 60;

/// A shop whose buyers may cancel for half an hour after paying.
fn lenient() -> (Edited, Desk) {
    let window = "[orders]\ncancel_window = \"30m\"\n\n[contact]";
    let content = Edited::of(&base_content()).replace("shop.toml", "[contact]", window);
    let desk = Desk::selling(content.path().to_owned());
    (content, desk)
}

fn cancel(desk: &Desk, session: &str) -> Result<(), String> {
    let (till, order) = (&desk.shop.app.till, desk.order_id(session));
    let done = desk.shop.block_on(payments::cancel(till, &order, "staff", "no more clay"));
    done.map(drop).map_err(|failure| failure.to_string())
}

// S3.37, S3.38: a form post on the order's page; pressed twice, once.
#[test]
fn a_buyer_cancels_a_paid_order_within_the_window() {
    let (_content, desk) = lenient();
    let session = desk.paid("KILN-1", 2);
    let path = desk.order_path(&session);
    let mut buyer = desk.shop.browser();
    let page = buyer.get(&path);
    let form = page.attribute("form[action$='/cancel']", "action");
    assert!(page.body.contains("You can cancel until"), "{}", page.body);
    for _ in 0..2 {
        assert_eq!(buyer.post(&form, &[]).status, 303);
    }
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("refunded".into(), (4, 0)));
    assert_eq!((desk.provider.refunds().len(), desk.letters("order_refunded")), (1, 1));
    assert_eq!(desk.timeline(&session), "placed paid cancelled refund_wanted refunded");
    assert!(!buyer.get(&path).body.contains("/cancel\""));
    desk.shop.assert_audit();
}

// S3.39: when the window is over, only the shop can.
#[test]
fn after_the_window_only_the_shop_cancels() {
    let (_content, desk) = lenient();
    let session = desk.paid("KILN-1", 1);
    let path = desk.order_path(&session);
    desk.wait_s(30 * MINUTE_S);
    let mut buyer = desk.shop.browser();
    assert!(!buyer.get(&path).body.contains("/cancel\""));
    let late = buyer.post(&format!("{path}/cancel"), &[]);
    assert_eq!(late.status, 409);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (3, 0)));
    // Slowly: what is on its way back does not leave.
    desk.provider.set_refund_ending(RefundStatus::Pending);
    cancel(&desk, &session).unwrap();
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (4, 0)));
    let (kit, book, now) =
        (desk.shop.kit.clone(), desk.shop.app.shelf.books.now(), desk.shop.kit.now());
    let id = desk.order_id(&session);
    let shipped = desk.shop.kit.db.write_blocking(move |tx| {
        kiosk::orders::ship(tx, &kit, &book, &id, ("", ""), "staff", now)
    });
    assert!(shipped.unwrap_err().to_string().contains("on its way back"));
    desk.provider.end_refund("re_fake_1", RefundStatus::Succeeded);
    desk.wait_s(120);
    assert_eq!(desk.status(&session), "refunded");
    desk.shop.assert_audit();
}

// S3.39: without a window a paid order is not cancelled by its buyer; a pending one is by both.
#[test]
fn pending_orders_are_cancelled_by_both() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    let path = desk.order_path(&session);
    assert_eq!(desk.shop.browser().post(&format!("{path}/cancel"), &[]).status, 409);
    let (_, second) = desk.session_for("KILN-1", 1);
    cancel(&desk, &second).unwrap();
    assert_eq!((desk.status(&second), desk.units("KILN-1")), ("cancelled".into(), (3, 0)));
    // Complete wins.
    let (_, third) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&third);
    assert!(cancel(&desk, &third).unwrap_err().contains("paid already"));
    assert_eq!((desk.status(&third), desk.units("KILN-1")), ("paid".into(), (2, 0)));
    desk.shop.assert_audit();
}

// S3.38: the provider is down: the goods are back at once, the money as soon as it can go.
#[test]
fn a_cancelled_order_is_paid_back_when_the_provider_is_back() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 1);
    desk.provider.set_down(true);
    cancel(&desk, &session).unwrap();
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("paid".into(), (4, 0)));
    desk.provider.set_down(false);
    desk.wait_s(60);
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("refunded".into(), (4, 0)));
    assert_eq!(desk.provider.refunds().len(), 1);
    desk.shop.assert_audit();
}

// S3.39, S1.40: what of an order is still here, goods and money, goes back, whatever went before.
#[test]
fn a_part_refunded_order_is_cancelled_for_the_rest() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 3);
    let one = RefundWish {
        restock: [(Sku::parse("KILN-1").unwrap(), 1)].into(),
        ..wish(Share::Lines(vec![("KILN-1".to_owned(), 1)]))
    };
    desk.give_back(&session, one).unwrap();
    desk.give_back(&session, wish(Share::Amount(100))).unwrap();
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("part_refunded".into(), (2, 0)));
    for _ in 0..2 {
        cancel(&desk, &session).unwrap();
    }
    assert_eq!((desk.status(&session), desk.units("KILN-1")), ("refunded".into(), (4, 0)));
    assert_eq!((desk.provider.refunds().len(), desk.letters("order_cancelled")), (3, 1));
    desk.shop.assert_audit();
}

// S3.39: an order whose money has gone back is not cancelled as if that brought its goods back.
#[test]
fn what_was_given_back_is_not_cancelled_in_silence() {
    let desk = Desk::open();
    let session = desk.paid("KILN-1", 2);
    desk.give_back(&session, wish(Share::All)).unwrap();
    assert!(cancel(&desk, &session).unwrap_err().contains("gone back already"));
    assert_eq!(
        (desk.timeline(&session).contains("cancelled"), desk.units("KILN-1")),
        (false, (2, 0))
    );
    assert_eq!(desk.letters("order_cancelled"), 0);
    desk.shop.assert_audit();
}

// S3.39: money that is on its way is neither paid nor free to be given up; a provider that does
// not answer closes nothing.
#[test]
fn what_cannot_be_closed_says_why() {
    let desk = Desk::open();
    let (_, open) = desk.session_for("KILN-1", 1);
    desk.provider.set_down(true);
    assert!(cancel(&desk, &open).unwrap_err().contains("could not be closed"));
    desk.provider.set_down(false);
    let (_, slow) = desk.session_for("APRON-S", 1);
    desk.provider.begin_slow(&slow);
    desk.tell_and_tend(&slow, "completed", "evt_slow");
    assert_eq!(desk.status(&slow), "processing");
    assert!(cancel(&desk, &slow).unwrap_err().contains("under way"));
    assert_eq!(desk.status(&slow), "processing");
    desk.shop.assert_audit();
}
