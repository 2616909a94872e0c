//! An order made at the desk: the same checks as any, a longer hold, a link to pay by.

use kiosk::identity::Role;

use super::{clerk, logged, page_of, states};
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
