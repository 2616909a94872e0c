//! Orders at the desk: found, looked at, packed, shipped, given up, paid back; by those who may,
//! once each.

#[path = "desk_orders/acts.rs"]
mod acts;
#[path = "desk_orders/by_hand.rs"]
mod by_hand;
#[path = "desk_orders/list.rs"]
mod list;
#[path = "desk_orders/parcels.rs"]
mod parcels;
#[path = "desk_orders/refunds.rs"]
mod refunds;
#[path = "desk_orders/views.rs"]
mod views;

mod house;

use house::{Answer, Browser, TestShop, checkout_fields};
use kiosk::identity::Role;

/// Somebody who buys this; the order's number.
fn bought(shop: &TestShop, lines: &[(&str, u32)], who: (&str, &str), pays: bool) -> String {
    let mut buyer = shop.browser();
    for (what, qty) in lines {
        let qty = qty.to_string();
        let field = if *what == "starter" { "bundle" } else { "sku" };
        assert_eq!(buyer.post("/cart/lines", &[(field, *what), ("qty", &qty)]).status, 303);
    }
    let page = buyer.get("/checkout");
    let value = |name: &str| page.attribute(&format!("[name={name}]"), "value");
    let (version, total) = (value("cart_version"), value("quote_total"));
    let mut fields = checkout_fields(&version, &total);
    fields[0].1 = who.1;
    fields[1].1 = who.0;
    fields.push(("note", who.0));
    let to_payment = buyer.post("/checkout", &fields);
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    if pays {
        buyer.press(to_payment.location(), "pay");
    }
    shop.work_off();
    shop.text("SELECT number FROM orders ORDER BY seq DESC LIMIT 1")
}

const ADA: (&str, &str) = ("Ada Lovelace", "ada@example.com");

fn paid(shop: &TestShop, sku: &str, qty: u32) -> String {
    bought(shop, &[(sku, qty)], ADA, true)
}

/// The desk of somebody who runs orders.
fn clerk(shop: &TestShop) -> Browser {
    shop.sign_in(Role::Orders)
}

fn page_of(number: &str) -> String {
    format!("/admin/orders/{number}")
}

/// Sends a form of an order's page with the version the page shows.
fn act(desk: &mut Browser, number: &str, action: &str, more: &[(&str, &str)]) -> Answer {
    let version = version(desk, number);
    act_at(desk, number, action, &version, more)
}

fn version(desk: &mut Browser, number: &str) -> String {
    let page = desk.get(&page_of(number));
    assert_eq!(page.status, 200, "{}", page.body);
    page.attribute("[name=version]", "value")
}

fn act_at(
    desk: &mut Browser,
    number: &str,
    action: &str,
    version: &str,
    more: &[(&str, &str)],
) -> Answer {
    let fields: Vec<_> = [("version", version)].into_iter().chain(more.iter().copied()).collect();
    desk.post(&format!("{}/{action}", page_of(number)), &fields)
}

fn states(shop: &TestShop, number: &str) -> String {
    shop.text(&format!(
        "SELECT payment_status || ' ' || fulfilment_status FROM orders WHERE number = '{number}'"
    ))
}

fn letters(shop: &TestShop, template: &str) -> i64 {
    shop.number(&format!("SELECT count(*) FROM outbox WHERE template = '{template}'"))
}

/// Lines of the log of changes, as action and thing.
fn logged(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(group_concat(action || ' ' || entity_id, ', '), '') FROM
         (SELECT * FROM audit WHERE entity = 'order' ORDER BY id)",
    )
}
