//! The desk where something stands otherwise than usual: orders that wait for somebody, forms that
//! were refused, steps before something is done.

use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::base::ids::OrderId;
use kiosk::orders;

use crate::house::{Browser, TestShop};
use crate::kinds::Kind;

const MUG: &str = "/admin/catalog/products/everyday-mug";

/// A page that is sent a form.
fn sent(
    name: &'static str,
    path: &str,
    shows: &'static str,
    form: &[(&str, &str)],
    by: &Browser,
) -> Kind {
    let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Kind { form, ..Kind::of(name, path, shows, by) }
}

/// The number of the first order whose payment is so.
fn order(shop: &TestShop, is: &str) -> String {
    let sql = "SELECT number FROM orders WHERE payment_status";
    shop.text(&format!("{sql} {is} ORDER BY number LIMIT 1"))
}

/// An order that a person has to look at.
fn flag(shop: &TestShop, number: &str) {
    let id = shop.text(&format!("SELECT id FROM orders WHERE number = '{number}'"));
    let (id, book, now) = (OrderId::from_stored(id), shop.app.shelf.books.now(), shop.kit.now());
    let why = "money came that this order could not take";
    let flag = move |tx: &kiosk::platform::db::Tx| {
        Ok::<_, Failure<Never>>(orders::flag(tx, &book, &id, why, now)?)
    };
    shop.kit.db.write_blocking(flag).unwrap();
}

/// All of them, as the owner sees them.
pub(crate) fn all(shop: &TestShop, owner: &Browser) -> Vec<Kind> {
    let paid = order(shop, "= 'paid'");
    let page = |number: &str| format!("/admin/orders/{number}");
    let (refund, note) = (format!("{}/refund", page(&paid)), format!("{}/note", page(&paid)));
    let (odd, waits) = (order(shop, "= 'processing'"), order(shop, "= 'pending'"));
    flag(shop, &odd);
    let seen = owner.clone().get(MUG).attribute("[name=_seen]", "value");
    let wrong = [("_seen", &*seen), ("price", "dear"), ("_action", "check")];
    let stale =
        [("_seen", "0"), ("_view", "text"), ("_text", "title = \"X\""), ("_action", "check")];
    let version = owner.clone().get(&page(&paid)).attribute("[name=version]", "value");
    let back = [("version", &*version), ("step", "check"), ("way", "all")];
    let counted = [("list", "sku,count\nHF-TW-001-INK,3\nNOBODY,1\n"), ("act", "look")];
    let old = [("version", "0"), ("note", "The buyer rang.")];
    vec![
        Kind::of("admin-order-unpaid", &page(&waits), "#link", owner),
        Kind::of("admin-order-flagged", &page(&odd), ".notice-warn", owner),
        Kind::of("admin-nothing-there", "/admin/orders/HF-0", "h1", owner),
        sent("admin-order-refused", &note, "[role=alert]", &old, owner),
        sent("admin-refund-check", &refund, "h1", &back, owner),
        sent("admin-edit-refused", MUG, "[role=alert], .notice-bad", &wrong, owner),
        sent("admin-edit-conflict", MUG, ".cat-diff", &stale, owner),
        sent("admin-stock-counted", "/admin/stock-count", "h1", &counted, owner),
        sent(
            "admin-sign-in-refused",
            "/admin/sign-in",
            "[role=alert]",
            &[("email", "a@b.example"), ("password", "x")],
            &shop.browser(),
        ),
    ]
}
