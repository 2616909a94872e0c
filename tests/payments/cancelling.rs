//! Giving up an order that is paid: within the shop's window by the buyer, before shipping by the
//! merchant. The money and the goods go back once.

use kiosk::payments::{self, RefundStatus};

use crate::desk::Desk;
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
    done.map_err(|failure| failure.to_string())
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
