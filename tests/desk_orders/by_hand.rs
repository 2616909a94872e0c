//! An order made at the desk: the same checks as any, a longer hold, a link to pay by. And one that
//! was paid past its payment page, in cash or by transfer.

use kiosk::identity::Role;

use super::{ADA, act, bought, clerk, letters, logged, page_of, states};
use crate::house::TestShop;

const FORM: [(&str, &str); 8] = [
    ("goods", "GLAZE-6 2\r\nstarter\r\n"),
    ("email", "tel@example.com"),
    ("name", "Tel Ephone"),
    ("line1", "2 Low Road"),
    ("city", "Frome"),
    ("postcode", "BA11 1AA"),
    ("country", "GB"),
    ("hold", "12"),
];

#[test]
fn a_telephone_order_is_paid_by_its_link() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let form = desk.get("/admin/orders/new").attribute("[name=form]", "value");
    let fields: Vec<_> = FORM.into_iter().chain([("form", form.as_str())]).collect();
    let made = desk.post("/admin/orders/new", &fields);
    assert_eq!(made.status, 303, "{}", made.body);
    let number = shop.text("SELECT number FROM orders");
    assert_eq!(made.location(), format!("/admin/orders/{number}?done=new"));
    let twice = desk.post("/admin/orders/new", &fields);
    assert_eq!(
        (twice.location(), shop.number("SELECT count(*) FROM orders")),
        (made.location(), 1)
    );
    assert_eq!(shop.number("SELECT hold_expires_at - placed_at FROM orders"), 12 * 3_600_000);
    assert_eq!(
        (shop.level("GLAZE-6").held, states(&shop, &number).as_str()),
        (4, "pending unfulfilled")
    );
    assert_eq!(logged(&shop), format!("order.new {number}"));
    let page = desk.get(&page_of(&number));
    assert!(page.texts(".timeline").join(" ").contains("Made at the desk"));
    shop.advance_s(11 * 3600);
    shop.work_off();
    let mut buyer = shop.browser();
    let link = page.attribute("#link", "value");
    let seen = buyer.get(&link);
    let pay = seen.attribute("form[action$='/pay']", "action");
    let to_payment = buyer.post(&pay, &[]);
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    buyer.press(to_payment.location(), "pay");
    shop.work_off();
    assert_eq!(states(&shop, &number), "paid unfulfilled");
    shop.assert_audit();
}

#[test]
fn what_cannot_be_ordered_is_told() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    for (field, value, status) in [
        ("goods", "", 422),
        ("goods", "NOTHING-1 1", 422),
        ("goods", "GLAZE-6 x2y", 422),
        ("goods", "KILN-1 5", 409),
        ("email", "nobody", 422),
        ("country", "XX", 422),
    ] {
        let mut fields = FORM.to_vec();
        fields.iter_mut().find(|(name, _)| *name == field).unwrap().1 = value;
        let refused = desk.post("/admin/orders/new", &fields);
        assert_eq!(refused.status, status, "{field}={value}: {}", refused.body);
        assert!(!refused.texts("[role=alert]").is_empty(), "{field}={value}");
        assert!(refused.body.contains("2 Low Road"), "what was typed is kept");
    }
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 0);
    assert_eq!(shop.level("KILN-1").held, 0);
    assert_eq!(shop.sign_in(Role::Catalog).post("/admin/orders/new", &FORM).status, 403);
}

/// An order that waits for its buyer.
fn waiting(shop: &TestShop, sku: &str, qty: u32) -> String {
    bought(shop, &[(sku, qty)], ADA, false)
}

const IN_CASH: [(&str, &str); 1] = [("how", " in cash, 12 November ")];

// S0.10: paid past the payment page: the order goes its way, and the page is closed.
#[test]
fn an_order_is_paid_another_way() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = waiting(&shop, "GLAZE-6", 2);
    assert_eq!(act(&mut desk, &number, "paid", &[("how", " ")]).status, 422);
    assert_eq!(act(&mut desk, &number, "paid", &[("how", &"a".repeat(201))]).status, 422);
    let done = act(&mut desk, &number, "paid", &IN_CASH);
    assert_eq!(done.location(), format!("/admin/orders/{number}?done=paid"));
    assert_eq!(act(&mut desk, &number, "paid", &IN_CASH).status, 409, "once");
    shop.work_off();
    assert_eq!(states(&shop, &number), "paid unfulfilled");
    assert_eq!((letters(&shop, "order_confirmation"), shop.level("GLAZE-6").held), (1, 0));
    let attempts = "SELECT group_concat(provider || ' ' || state || ' '
                    || coalesce(received_minor = amount_minor, ''), ', ') FROM payment";
    assert_eq!(shop.text(attempts), "simulator expired , manual paid 1");
    let timeline = desk.get(&page_of(&number)).texts(".timeline > li").join(" | ");
    assert!(timeline.contains("Paid: in cash, 12 November"), "{timeline}");
    assert!(timeline.contains("orders@example.org"), "{timeline}");
    assert_eq!(logged(&shop), format!("order.paid {number}"));
    let alone = "SELECT count(*) FROM orders WHERE cancel_until IS NOT NULL";
    assert_eq!(shop.number(alone), 0, "its buyer is not offered to cancel alone");
    assert_eq!(act(&mut desk, &number, "ship", &[]).status, 303);
    shop.assert_audit();
}

// S0.10, S1.22: the buyer pays at the page before it is closed: that money goes back by itself.
#[test]
fn money_that_comes_twice_goes_back() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = waiting(&shop, "KILN-1", 1);
    let mut buyer = shop.browser();
    let page = shop.text("SELECT session_url FROM payment");
    assert_eq!(act(&mut desk, &number, "paid", &IN_CASH).status, 303);
    buyer.press(&page, "pay");
    shop.work_off();
    assert_eq!(states(&shop, &number), "paid unfulfilled");
    let back = "SELECT group_concat(late || ' ' || state || ' ' || origin, ', ') FROM refund";
    assert_eq!(shop.text(back), "1 succeeded shop");
    assert_eq!(shop.level("KILN-1").on_hand, 3);
    shop.assert_audit();
}

// S0.10, S1.40: what came in cash goes back in cash: nobody asks the provider, a buyer cannot take
// it back alone, and a person is told to give it.
#[test]
fn what_came_another_way_goes_back_the_same_way() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = waiting(&shop, "GLAZE-6", 2);
    act(&mut desk, &number, "paid", &IN_CASH);
    let refund = format!("{}/refund", page_of(&number));
    assert!(desk.get(&refund).texts("[name=by_hand]").is_empty());
    let version = super::version(&mut desk, &number);
    let wish = [("way", "amount"), ("amount", "5.00"), ("version", &version), ("step", "send")];
    assert_eq!(desk.post(&refund, &wish).status, 303);
    assert_eq!(shop.text("SELECT origin || ' ' || state FROM refund"), "hand succeeded");
    let other = waiting(&shop, "KILN-1", 1);
    act(&mut desk, &other, "paid", &IN_CASH);
    let link = desk.get(&page_of(&other)).body;
    assert!(!link.contains("Paid another way"), "once it is paid nobody is asked");
    assert_eq!(act(&mut desk, &other, "cancel", &[]).status, 303);
    shop.work_off();
    assert_eq!(
        (states(&shop, &other), shop.level("KILN-1").on_hand),
        ("refunded unfulfilled".into(), 4)
    );
    // No letter says that money was sent by the payment page, which nobody did.
    let by_hand = "SELECT count(*) FROM outbox WHERE data ->> '$.refund.by_hand' = 1
                      OR data ->> '$.cancelled.by_hand' = 1";
    assert_eq!(shop.number(by_hand), 3);
    let told = desk.get(&page_of(&other)).texts("main").join(" ");
    assert!(told.contains("give £999.99 back yourself"), "{told}");
    shop.assert_audit();
}

// S0.10: an order that was not paid in time is paid when its goods are still there, else refused
// as a whole.
#[test]
fn a_lapsed_order_is_paid_while_there_are_goods() {
    let shop = TestShop::open();
    let (late, later) = (waiting(&shop, "KILN-1", 3), waiting(&shop, "KILN-1", 1));
    shop.advance_s(7200);
    shop.work_off();
    let mut desk = clerk(&shop);
    assert_eq!(states(&shop, &late), "expired unfulfilled");
    assert_eq!(act(&mut desk, &later, "paid", &IN_CASH).status, 303);
    let other = super::paid(&shop, "KILN-1", 1);
    let refused = act(&mut desk, &late, "paid", &IN_CASH);
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("not enough of them left"), "{}", refused.body);
    assert_eq!(states(&shop, &late), "expired unfulfilled");
    assert_eq!(
        (shop.level("KILN-1").on_hand, states(&shop, &other)),
        (2, "paid unfulfilled".into())
    );
    assert_eq!(
        shop.sign_in(Role::Catalog).post(&format!("{}/paid", page_of(&late)), &IN_CASH).status,
        403
    );
    shop.assert_audit();
}
