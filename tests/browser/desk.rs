//! A day at the desk, as its people live it: what came in is shipped and paid back, stock is
//! corrected, a price is edited and seen in the shop. With the mouse here; by keys alone and
//! on a phone in `day.rs`.

use kiosk::identity::Role;

use super::driver::{ENTER, TAB, Tab};
use super::house::{Edited, PASSWORD, Setup, TestShop, demo_content};
use super::{INK, MUG, assert_quiet};

pub(super) const EMAIL: &str = "owner@example.org";

/// A shop with a paid order of two mugs in ink, and the order's number.
pub(super) fn with_an_order(content: &Edited) -> (TestShop, String) {
    let setup = Setup { content: Some(content.path().to_owned()), ..Setup::default() };
    let shop = TestShop::with(setup);
    shop.add_staff(EMAIL, Role::Owner);
    let mut buyer = shop.browser();
    buyer.add(INK, 2);
    let payment = buyer.checkout().location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    let number = shop.text("SELECT number FROM orders WHERE payment_status = 'paid'");
    (shop, number)
}

fn sign_in(shop: &TestShop, tab: &Tab) {
    tab.go(&format!("{}/admin/orders", shop.base));
    tab.fill("#email", EMAIL);
    tab.fill("#password", PASSWORD);
    tab.press(ENTER);
    tab.reads("h1", "Orders");
}

fn ship_and_refund(shop: &TestShop, tab: &Tab, number: &str) {
    tab.click(&format!("main a[href^='/admin/orders/{number}']"));
    tab.reads("h1", number);
    tab.click("form[action$='/pack'] button");
    tab.reads(".notice", "Marked packed");
    tab.fill("#carrier", "Royal Mail");
    tab.fill("#tracking", "RM123456785GB");
    tab.click("form[action$='/ship'] .acts button");
    tab.reads(".notice", "Marked shipped");
    shop.work_off();

    tab.click("main a[href*='/refund']");
    tab.reads("h1", "Refund");
    tab.fill("input[name^=units_]", "1");
    tab.click("main form [name=step]");
    tab.reads("h2", "£16.00 goes back");
    tab.click("[name=step][value=send]");
    tab.reads("h1", number);
    shop.work_off();
    assert_eq!(shop.number("SELECT refunded_minor FROM orders"), 1600);
}

fn correct_stock(shop: &TestShop, tab: &Tab) {
    let before = i64::from(shop.level(INK).on_hand);
    tab.go(&format!("{}/admin/stock/{INK}", shop.base));
    tab.fill("#change", "+5");
    tab.click("main form button.button");
    tab.until("the level", || (), || i64::from(shop.level(INK).on_hand) == before + 5);
}

fn edit_a_price(shop: &TestShop, tab: &Tab, price: &str) {
    tab.go(&format!("{}/admin/catalog/products/everyday-mug", shop.base));
    tab.fill("#f-price", price);
    tab.click(".cat-acts [value=check]");
    tab.reads("h1", "Save this?");
    tab.click("[name=_action][value=save]");
    tab.reads(".notice", "Saved");
    tab.go(&format!("{}{MUG}", shop.base));
    tab.reads(".price", &format!("£{price}"));
}

/// Nothing of the page hangs over its side.
#[track_caller]
pub(super) fn fits(tab: &Tab) {
    let over = tab.run("return document.documentElement.scrollWidth - innerWidth");
    assert!(over.as_i64().unwrap() <= 0, "{} is {over} px too wide", tab.url());
}

// S3.23: the whole day at the desk with a mouse.
#[test]
fn a_day_at_the_desk() {
    let Some(tab) = Tab::open(true) else { return };
    let content = Edited::of(&demo_content());
    let (shop, number) = with_an_order(&content);
    sign_in(&shop, &tab);
    ship_and_refund(&shop, &tab, &number);
    correct_stock(&shop, &tab);
    edit_a_price(&shop, &tab, "17.50");
    shop.assert_audit();
    assert_quiet(&tab);
}

/// As the driver knows the arrow that points down.
const DOWN: &str = "\u{E015}";

// The list of orders is walked, ticked and opened by keys, and fields take the same keys as words.
#[test]
fn the_list_of_orders_is_walked_by_keys() {
    let Some(tab) = Tab::open(true) else { return };
    let shop = TestShop::open();
    shop.add_staff(EMAIL, Role::Owner);
    for sku in ["APRON-S", "GLAZE-6"] {
        shop.advance_s(60);
        let mut buyer = shop.browser();
        buyer.add(sku, 1);
        let payment = buyer.checkout().location().to_owned();
        buyer.press(&payment, "pay");
    }
    let number = |at| shop.text(&format!("SELECT number FROM orders WHERE seq = {at}"));
    let newest = shop.number("SELECT max(seq) FROM orders");
    sign_in(&shop, &tab);
    let at = |row: i64| assert_eq!(tab.focused(), ("link".to_owned(), number(newest - row)));
    tab.press("j");
    at(0);
    tab.press("jj");
    at(1);
    tab.press("k");
    at(0);
    tab.press(DOWN);
    at(1);
    tab.press("x");
    let ticked = "return [...document.querySelectorAll('[name=order]')].map((b) => b.checked)";
    assert_eq!(tab.run(ticked), serde_json::json!([false, true]));
    tab.click("#q");
    tab.press("jxo");
    assert_eq!(tab.property("#q", "value"), "jxo");
    tab.click("[data-rows] tr:last-child [name=order]");
    tab.press("o");
    tab.reads("h1", &number(newest - 1));
    // Whoever types by voice turns them off: then letters are letters.
    tab.go(&format!("{}/admin/account", shop.base));
    tab.click("[data-keys]");
    tab.go(&format!("{}/admin/orders", shop.base));
    tab.press("j");
    assert_eq!(tab.run("return document.activeElement.tagName"), "BODY");
    assert_quiet(&tab);
}

// S2.66: whoever makes an order finds goods by their title; what is chosen joins the list.
#[test]
fn goods_are_found_while_one_types() {
    let Some(tab) = Tab::open(true) else { return };
    let (shop, _) = with_an_order(&Edited::of(&demo_content()));
    sign_in(&shop, &tab);
    tab.go(&format!("{}/admin/orders/new", shop.base));
    for (typed, offered) in [("everyday mug", INK), (INK, INK)] {
        tab.fill("#add", typed);
        let offer = format!("#offers option[value='{offered}']");
        tab.until("an offer", || (), || tab.has(&offer));
    }
    tab.press(TAB);
    let goods = || tab.property("#f-goods", "value");
    tab.until("the list", || (), || goods() == format!("{INK} 1\n"));
    assert_eq!(tab.property("#add", "value"), "");
    assert_quiet(&tab);
}
