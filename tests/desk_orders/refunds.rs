//! Money back from the desk: exact shares, looked at before they go, once.

use super::{ADA, act, act_at, bought, clerk, letters, logged, page_of, paid, states, version};
use crate::house::TestShop;

// S1.40: every line at what was paid for it, delivery, goods; read first, then sent, once.
#[test]
fn a_refund_is_checked_then_sent_once() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = bought(&shop, &[("APRON-S", 3), ("starter", 1)], ADA, true);
    let dialog = desk.get(&format!("{}/refund", page_of(&number)));
    let lines = dialog.texts(".qty-field label").join(" | ");
    for words in ["£29.99 for one, £89.97 for all 3", "£1,041.22 for one"] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
    let seen = version(&mut desk, &number);
    let fields = [("way", "lines"), ("units_0", "2"), ("shelf", "same"), ("reason", "torn")];
    let checked = act_at(&mut desk, &number, "refund", &seen, &fields);
    assert_eq!(checked.status, 200, "{}", checked.body);
    assert_eq!(checked.texts("h2"), ["£59.98 goes back through simulator"]);
    let rows = checked.texts(".rows li").join(" | ");
    assert!(rows.contains("2 × Apron, Small£59.98") && rows.contains("2 × APRON-S"), "{rows}");
    assert_eq!(shop.number("SELECT count(*) FROM refund"), 0, "only looked at");
    let hidden = checked.attribute("form[action$='/refund'] [name=units_0]", "value");
    assert_eq!(hidden, "2");
    let send: Vec<_> = fields.into_iter().chain([("step", "send")]).collect();
    let sent = act_at(&mut desk, &number, "refund", &seen, &send);
    assert_eq!(sent.location(), format!("/admin/orders/{number}?done=refunded"));
    shop.work_off();
    assert_eq!(states(&shop, &number), "part_refunded unfulfilled");
    let twice = act_at(&mut desk, &number, "refund", &seen, &send);
    assert_eq!((twice.status, shop.number("SELECT count(*) FROM refund")), (409, 1));
    assert_eq!(shop.number("SELECT refunded_minor FROM orders"), 5_998);
    assert_eq!(
        (shop.number("SELECT left_units FROM orders"), letters(&shop, "order_refunded")),
        (5, 1)
    );
    assert_eq!(logged(&shop), format!("order.refund {number}"));
    let actor = shop.text("SELECT actor FROM refund");
    assert_eq!(actor, "staff:orders@example.org");
    let rest = [("way", "all"), ("shelf", "none"), ("step", "send")];
    assert_eq!(act(&mut desk, &number, "refund", &rest).status, 303);
    shop.work_off();
    assert_eq!(states(&shop, &number), "refunded unfulfilled");
    let over = act(&mut desk, &number, "refund", &rest);
    assert_eq!(over.status, 409, "{}", over.body);
    shop.assert_audit();
}

#[test]
fn amounts_delivery_and_mistakes() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = paid(&shop, "APRON-S", 1);
    for (fields, status) in [
        (vec![("way", "amount"), ("amount", "12,50")], 422),
        (vec![("way", "amount"), ("amount", "0")], 422),
        (vec![("way", "amount"), ("amount", "34.99")], 409),
        (vec![("way", "lines"), ("units_0", "2")], 409),
        (vec![("way", "lines"), ("units_0", "x")], 422),
        (vec![("way", "lines")], 409),
        (vec![("way", "amount"), ("amount", "1"), ("shelf", "some"), ("shelf_APRON-S", "2")], 409),
    ] {
        for step in ["check", "send"] {
            let all: Vec<_> = fields.iter().copied().chain([("step", step)]).collect();
            let refused = act(&mut desk, &number, "refund", &all);
            assert_eq!(refused.status, status, "{fields:?} {step}");
            assert!(!refused.texts("[role=alert]").is_empty());
        }
    }
    assert_eq!(shop.number("SELECT count(*) FROM refund"), 0);
    let delivery = [("way", "lines"), ("delivery", "on"), ("step", "send")];
    assert_eq!(act(&mut desk, &number, "refund", &delivery).status, 303);
    shop.work_off();
    assert_eq!(shop.number("SELECT refunded_minor FROM orders"), 499);
    let by_hand = [("way", "amount"), ("amount", "9.99"), ("by_hand", "on"), ("step", "send")];
    assert_eq!(act(&mut desk, &number, "refund", &by_hand).status, 303);
    assert_eq!(shop.number("SELECT refunded_minor FROM orders"), 1_498);
    assert_eq!(shop.text("SELECT group_concat(origin) FROM refund"), "shop,hand");
    let unpaid = bought(&shop, &[("GLAZE-6", 1)], ADA, false);
    assert!(
        desk.get(&format!("{}/refund", page_of(&unpaid))).body.contains("Nothing was received")
    );
    let refused = act(&mut desk, &unpaid, "refund", &delivery);
    assert_eq!(refused.status, 409);
    shop.assert_audit();
}
