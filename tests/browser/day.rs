//! A whole day at the desk with one way to touch it: by keys alone, and on a phone.

use serde_json::json;

use super::desk::{EMAIL, fits, with_an_order};
use super::driver::{ENTER, TAB, Tab};
use super::house::{Edited, PASSWORD, TestShop, demo_content};
use super::{INK, MUG, assert_quiet};

/// As the driver knows the arrow that points up.
const UP: &str = "\u{E013}";
/// The most often somebody may press Tab on one page of the desk.
const TABS_MAX: u32 = 80;

/// Presses Tab until the focus is there. At every stop it has a name, is drawn around, and lies
/// under nothing.
#[track_caller]
fn tab_to(tab: &Tab, css: &str) {
    let look = format!(
        "const at = document.activeElement, of = getComputedStyle(at);
        const box = at.getClientRects()[0] ?? at.getBoundingClientRect();
        const x = box.x + Math.min(box.width / 2, 40), y = box.y + box.height / 2;
        const hit = document.elementFromPoint(x, y);
        return {{ there: at.matches({css:?}), what: at.outerHTML.slice(0, 160),
            seen: of.outlineStyle !== 'none' && parseFloat(of.outlineWidth) > 0,
            free: hit !== null && (at.contains(hit) || hit.contains(at)) }}"
    );
    for _ in 0..TABS_MAX {
        tab.press(TAB);
        let stop = tab.run(&look);
        let so = (&stop["seen"], &stop["free"]);
        assert_eq!(so, (&true.into(), &true.into()), "on the way to {css}: {stop:#}");
        let (role, name) = tab.focused();
        assert!(!name.is_empty(), "a {role} without a name: {}", stop["what"]);
        if stop["there"] == true {
            return;
        }
    }
    panic!("{css} is more than {TABS_MAX} presses away on {}", tab.url());
}

/// Goes to something by Tab and presses Enter.
#[track_caller]
fn enter(tab: &Tab, css: &str) {
    tab_to(tab, css);
    tab.press(ENTER);
}

// S2.63, issue 5: sign in, pack, ship, refund, adjust stock, edit a price and see it live, with
// Tab, Enter, arrows and the keys of the desk only.
#[test]
fn a_day_at_the_desk_by_keyboard_alone() {
    let Some(tab) = Tab::open(true) else { return };
    let content = Edited::of(&demo_content());
    let (shop, number) = with_an_order(&content);
    tab.go(&format!("{}/admin", shop.base));
    tab.until("the first field", || (), || tab.run("return document.activeElement.id") == "email");
    tab.press(EMAIL);
    tab_to(&tab, "#password");
    tab.press(PASSWORD);
    tab.press(ENTER);
    tab.reads(".desk-head", "Sign out");

    tab.press("go");
    tab.reads("h1", "Orders");
    tab.press("j");
    assert_eq!(tab.focused(), ("link".to_owned(), number.clone()));
    tab.press(ENTER);
    tab.reads("h1", &number);
    enter(&tab, "form[action$='/pack'] button");
    tab.reads(".notice", "Marked packed");
    tab_to(&tab, "#carrier");
    tab.press("Royal Mail");
    tab_to(&tab, "#tracking");
    tab.press("RM123456785GB");
    enter(&tab, "form[action$='/ship'] .acts button");
    tab.reads(".notice", "Marked shipped");
    shop.work_off();

    enter(&tab, "main a[href*='/refund']");
    tab.reads("h1", "Refund");
    tab_to(&tab, "input[name^=units_]");
    tab.press(UP);
    enter(&tab, "main form [name=step]");
    tab.reads("h2", "£16.00 goes back");
    enter(&tab, "[name=step][value=send]");
    tab.reads("h1", &number);
    shop.work_off();
    assert_eq!(shop.number("SELECT refunded_minor FROM orders"), 1600);

    correct_stock_by_keys(&shop, &tab);
    edit_a_price_by_keys(&tab);
    shop.assert_audit();
    assert_quiet(&tab);
}

fn correct_stock_by_keys(shop: &TestShop, tab: &Tab) {
    let before = shop.level(INK).on_hand;
    tab.press("gs");
    tab.reads("h1", "Stock");
    tab.press("/");
    tab.press(INK);
    tab.press(ENTER);
    tab.until("one row", || (), || tab.all("tbody tr").len() == 1);
    enter(tab, &format!("main a[href='/admin/stock/{INK}']"));
    tab.reads("h1", "Everyday mug");
    tab_to(tab, "#change");
    tab.press("+5");
    tab.press(ENTER);
    tab.reads(".notice", "The stock is changed");
    assert_eq!(shop.level(INK).on_hand, before + 5);
}

fn edit_a_price_by_keys(tab: &Tab) {
    enter(tab, ".desk-side .desk-nav a[href='/admin/catalog']");
    tab.reads("h1", "Catalog");
    tab.press("/");
    tab.press("everyday mug");
    tab.press(ENTER);
    tab.until("one row", || (), || tab.all("tbody tr").len() == 1);
    enter(tab, "tbody a[href$='/everyday-mug']");
    tab.reads("h1", "Everyday mug");
    // What Tab leads to is chosen whole, so that typing replaces it.
    tab_to(tab, "#f-price");
    tab.press("17.50");
    enter(tab, ".cat-acts [value=check]");
    tab.reads("h1", "Save this?");
    enter(tab, "[name=_action][value=save]");
    tab.reads(".notice", "Saved");
    enter(tab, &format!(".cat-links a[href='{MUG}']"));
    tab.reads(".price", "£17.50");
}

/// Opens a section from the menu of a phone.
#[track_caller]
fn section(tab: &Tab, path: &str) {
    tab.tap(".desk-menu summary");
    fits(tab);
    tab.tap(&format!(".desk-panel a[href='{path}']"));
}

// S2.91, issue 5: the same day at the width of a phone: no page hangs over, no button is covered.
#[test]
fn a_day_at_the_desk_on_a_phone() {
    let Some(tab) = Tab::open(true) else { return };
    let content = Edited::of(&demo_content());
    let (shop, number) = with_an_order(&content);
    let here = |css: &str, words: &str| {
        tab.reads(css, words);
        fits(&tab);
    };
    tab.width(360);
    tab.go(&format!("{}/admin/orders", shop.base));
    tab.fill("#email", EMAIL);
    tab.fill("#password", PASSWORD);
    tab.tap("main form button");
    here("h1", "Orders");
    tab.tap(&format!("main a[href^='/admin/orders/{number}']"));
    here("h1", &number);
    tab.tap("form[action$='/pack'] button");
    here(".notice", "Marked packed");
    tab.fill("#carrier", "Royal Mail");
    tab.fill("#tracking", "RM123456785GB");
    tab.tap("form[action$='/ship'] .acts button");
    here(".notice", "Marked shipped");
    shop.work_off();
    tab.tap("main a[href*='/refund']");
    here("h1", "Refund");
    tab.fill("input[name^=units_]", "1");
    tab.tap("main form [name=step]");
    here("h2", "£16.00 goes back");
    tab.tap("[name=step][value=send]");
    here("h1", &number);
    shop.work_off();
    assert_eq!(shop.number("SELECT refunded_minor FROM orders"), 1600);

    let before = shop.level(INK).on_hand;
    section(&tab, "/admin/stock");
    here("h1", "Stock");
    tab.fill("#q", INK);
    tab.tap("form[role=search] button");
    tab.until("one row", || (), || tab.all("tbody tr").len() == 1);
    fits(&tab);
    tab.tap(&format!("main a[href='/admin/stock/{INK}']"));
    here("h1", "Everyday mug");
    tab.fill("#change", "+5");
    tab.tap("main form button.button");
    here(".notice", "The stock is changed");
    assert_eq!(shop.level(INK).on_hand, before + 5);

    section(&tab, "/admin/catalog");
    here("h1", "Catalog");
    tab.fill("#q", "everyday mug");
    tab.tap("form[role=search] button");
    tab.until("one row", || (), || tab.all("tbody tr").len() == 1);
    fits(&tab);
    tab.tap("tbody a[href$='/everyday-mug']");
    here("h1", "Everyday mug");
    tab.fill("#f-price", "17.50");
    tab.tap(".cat-acts [value=check]");
    here("h1", "Save this?");
    tab.tap("[name=_action][value=save]");
    here(".notice", "Saved");
    tab.tap(&format!(".cat-links a[href='{MUG}']"));
    here(".price", "£17.50");
    assert_eq!(tab.run("return innerWidth"), json!(360));
    shop.assert_audit();
    assert_quiet(&tab);
}
