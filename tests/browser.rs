//! The shop in a real browser: buying with script, without script and by keyboard alone, choosing
//! and narrowing, with nothing said in the console.

#[path = "browser/choosing.rs"]
mod choosing;
#[path = "browser/day.rs"]
mod day;
#[path = "browser/desk.rs"]
mod desk;
#[path = "browser/driver.rs"]
mod driver;
mod house;
#[path = "browser/live.rs"]
mod live;
#[path = "browser/offline.rs"]
mod offline;
mod process;

use driver::{ENTER, SPACE, TAB, Tab};
use house::TestShop;

const MUG: &str = "/product/everyday-mug/";
const INK: &str = "HF-TW-001-INK";
const BUYER: [(&str, &str); 5] = [
    ("email", "ada@example.com"),
    ("name", "Ada Lovelace"),
    ("line1", "1 High Street"),
    ("city", "Bath"),
    ("postcode", "BA1 1AA"),
];
/// The most often a buyer may press Tab between the cart and the order.
const TABS_MAX: u32 = 60;

/// The demonstration shop and a browser in front of it; nothing where browsers are missing.
fn open(script: bool) -> Option<(TestShop, Tab)> {
    let tab = Tab::open(script)?;
    Some((TestShop::demo(), tab))
}

fn fill_in(tab: &Tab) {
    for (name, value) in BUYER {
        tab.fill(&format!("[name={name}]"), value);
    }
}

#[track_caller]
fn assert_quiet(tab: &Tab) {
    let complaints = tab.complaints();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Puts a mug in ink into the cart, from its page, and stays there.
fn add_a_mug(shop: &TestShop, tab: &Tab) {
    tab.go(&format!("{}{MUG}?variant={INK}", shop.base));
    tab.click("[data-buy]");
    tab.reads("#status", "Added to your cart");
}

// S1.10, S1.62, S2.130, S4.18, S4.22: the whole way with script, nothing reloaded by hand.
#[test]
fn a_visitor_buys_with_script() {
    let Some((shop, tab)) = open(true) else { return };
    shop.set_stock("HF-TW-001-SAG", 0);
    tab.go(&shop.base);
    tab.click(&format!(".card a[href='{MUG}']"));
    tab.reads("h1", "Everyday mug");
    // What the prepared page could not know yet, the script has asked for.
    tab.reads("[data-availability='HF-TW-001-SAG']", "Sold out");
    tab.click(".choice:has([value=HF-TW-001-SAG])");
    assert_eq!(tab.property("[data-buy]", "disabled"), "true");
    tab.click(&format!(".choice:has([value={INK}])"));
    assert!(tab.url().ends_with(&format!("?variant={INK}")), "{}", tab.url());
    assert_eq!(tab.property("[data-buy]", "disabled"), "false");

    tab.click("[data-buy]");
    tab.reads("#status", "Added to your cart");
    assert_eq!(tab.text("[data-cart-count]"), "1");
    assert_eq!(tab.text("#added-line"), "1 × Everyday mug, Ink");
    tab.click("#added a[href='/cart']");
    tab.reads(".line", "Ink");
    tab.click(".line .qty button:last-of-type");
    tab.reads(".line-sum", "£32.00");
    assert_eq!(tab.text("[data-cart-count]"), "2");

    tab.click(".summary a[href='/checkout']");
    tab.reads("h1", "Checkout");
    tab.run("document.querySelector('[data-checkout]').noValidate = true");
    tab.fill("[name=email]", "nobody");
    tab.click("[data-pay]");
    tab.reads("#errors", "e-mail address");
    assert_eq!(tab.run("return document.activeElement.id"), "errors");
    assert_eq!(tab.property("[name=email]", "value"), "nobody");
    assert_eq!(tab.property("[name=email]", "ariaInvalid"), "true");
    // The browser itself reports the refused form; nothing else may stand there.
    assert!(tab.complaints().iter().all(|line| line.contains("/checkout - Failed to load")));

    fill_in(&tab);
    let press = "const pay = document.querySelector('[data-pay]'); pay.click();
        return [pay.ariaBusy, pay.ariaDisabled, pay.textContent].join(' ')";
    assert_eq!(tab.run(press), "true true Taking you to payment…");
    tab.reads("[value=pay]", "Pay £");
    tab.click("[value=pay]");
    tab.reads("h1", "Confirming your payment");
    assert!(!tab.has("[action$='/pay']"), "nobody is asked to pay twice");
    tab.reads_after("h1", "Thank you, Ada", || shop.work_off());
    assert_eq!(tab.text("main .steps .done:nth-child(2)").lines().next(), Some("Paid"));
    assert!(!tab.has("[data-poll]"));
    assert_eq!(shop.level(INK).on_hand, 40);
    assert_quiet(&tab);
    shop.assert_audit();
}

// S1.10, S4.18, N18: the whole way without script.
#[test]
fn a_visitor_buys_without_script() {
    let Some((shop, tab)) = open(false) else { return };
    tab.go(&shop.base);
    tab.click(&format!(".card a[href='{MUG}']"));
    tab.reads("h1", "Everyday mug");
    tab.click(&format!(".choice:has([value={INK}])"));
    tab.fill("#qty", "2");
    tab.click("[data-buy]");
    tab.reads(".line .muted", "Ink");
    assert_eq!(tab.url(), format!("{}/cart?added=1", shop.base));
    tab.reads("[data-notices]", "Added to your cart");
    assert_eq!(tab.property(".line [name=qty]", "value"), "2");
    tab.fill(".line [name=qty]", "1");
    tab.click(".line-qty button");
    tab.reads(".line-sum .price", "£16.00");
    tab.click(".summary a[href='/checkout']");
    tab.reads("h1", "Checkout");
    fill_in(&tab);
    tab.click("[data-pay]");
    tab.reads("[value=pay]", "Pay £20.99");
    tab.click("[value=pay]");
    tab.reads("h1", "Confirming your payment");
    shop.work_off();
    tab.click("#order a[data-noscript]");
    tab.reads("h1", "Thank you, Ada");
    assert!(!tab.has("html.js"), "no script ran");
    assert_quiet(&tab);
    shop.assert_audit();
}

// S1.61, S1.63, S1.64, S4.19: the cart's mirror, and changes that are taken back.
#[test]
fn the_cart_is_kept_true() {
    let Some((shop, tab)) = open(true) else { return };
    add_a_mug(&shop, &tab);
    let mirror = tab.run("return JSON.parse(localStorage.getItem('cart'))");
    assert_eq!((&mirror["count"], &mirror["lines"][0]["qty"]), (&1.into(), &1.into()));

    // A mirror that is out of date is corrected, and what is different is said.
    tab.run(
        "const cart = JSON.parse(localStorage.getItem('cart'));
        cart.lines[0].qty = 5; cart.count = 5; cart.version = 'old';
        localStorage.setItem('cart', JSON.stringify(cart))",
    );
    tab.go(&format!("{}/cart", shop.base));
    tab.reads("#status", "Everyday mug 5 → 1");
    tab.reads("[data-cart-count]", "1");
    assert_quiet(&tab);

    // More than there is: the line goes back to what it was, with the reason.
    shop.set_stock(INK, 1);
    tab.click(".line .qty button:last-of-type");
    tab.reads("#status", "Only 1 of “Everyday mug” is available.");
    assert_eq!(tab.property(".line [name=qty]", "value"), "1");
    tab.reads(".line-sum", "£16.00");
    let refusals = tab.complaints();
    assert!(refusals.iter().all(|line| line.contains("/api/cart/lines/")), "{refusals:#?}");

    // Removed, brought back, removed again; an empty cart leads nowhere but back.
    tab.click(".line [name=remove]");
    tab.reads("#status", "Everyday mug removed.");
    tab.reads("#cart .empty", "Your cart is empty");
    assert!(!tab.has("#cart a[href='/checkout']"));
    tab.click("#status button");
    tab.reads("#cart .line", "Ink");
    assert!(tab.has("#cart a[href='/checkout']"));
    assert_quiet(&tab);
}

// S2.9, S2.79: with two axes each is chosen by itself; price, stock, picture and address follow,
// and what is sold out can be chosen to see why.
#[test]
fn each_axis_is_chosen_by_itself() {
    let Some((shop, tab)) = open(true) else { return };
    shop.set_stock("HF-LT-020-55-NAT", 0);
    tab.go(&format!("{}/product/linen-cushion/", shop.base));
    tab.reads("[data-chosen]", "45 cm / Rust: In stock");
    tab.click(".choice:has([value='55 cm'])");
    assert_eq!(tab.text("[data-price-box]"), "£54.00");
    tab.click(".choice:has([value=Sage])");
    assert!(tab.url().ends_with("?variant=HF-LT-020-55-SAG"), "{}", tab.url());
    tab.reads("[data-axis] .choice:has([value=Natural])", "Sold out");
    tab.click(".choice:has([value=Natural])");
    tab.reads("[data-chosen]", "55 cm / Natural: Sold out");
    assert_eq!(tab.property("[data-buy]", "disabled"), "true");
    tab.click(".choice:has([value='45 cm'])");
    assert_eq!(tab.property("[data-buy]", "disabled"), "false");
    tab.click("[data-buy]");
    tab.reads("#added-line", "1 × Linen cushion, 45 cm / Natural");
    assert_quiet(&tab);
}

/// Presses Tab until the focus is there, looking at every stop on the way: it has a name, can be
/// seen, and does not lie under the header.
#[track_caller]
fn walk_to(tab: &Tab, css: &str, pressed: &mut u32) {
    let look = format!(
        "const at = document.activeElement, box = at.getBoundingClientRect();
        const head = document.querySelector('.head')?.getBoundingClientRect().bottom ?? 0;
        const inside = at.closest('.head, .skip, dialog') !== null;
        return {{ there: at.matches({css:?}), what: at.outerHTML.slice(0, 120),
            seen: getComputedStyle(at).outlineStyle !== 'none',
            free: inside || (box.bottom > head && box.top < innerHeight) }}"
    );
    loop {
        tab.press(TAB);
        *pressed += 1;
        assert!(*pressed <= TABS_MAX, "{css} is more than {TABS_MAX} presses away");
        let stop = tab.run(&look);
        assert_eq!((&stop["seen"], &stop["free"]), (&true.into(), &true.into()), "{stop:#}");
        let (role, name) = tab.focused();
        assert!(!name.is_empty(), "a {role} without a name: {}", stop["what"]);
        if stop["there"] == true {
            return;
        }
    }
}

// S2.63: the whole way with Tab, Enter and Space.
#[test]
fn a_visitor_buys_by_keyboard() {
    let Some((shop, tab)) = open(true) else { return };
    tab.go(&format!("{}{MUG}", shop.base));
    let mut to_the_cart = 0;
    walk_to(&tab, ".skip", &mut to_the_cart);
    tab.press(ENTER);
    walk_to(&tab, "[name=sku]", &mut to_the_cart);
    walk_to(&tab, "[data-buy]", &mut to_the_cart);
    tab.press(SPACE);
    tab.reads("#status", "Added to your cart");
    // The dialog takes the focus to its first way on.
    assert_eq!(tab.focused(), ("link".to_owned(), "View cart".to_owned()));
    tab.press(ENTER);
    tab.reads("h1", "Your cart");

    let mut pressed = 0;
    walk_to(&tab, ".skip", &mut pressed);
    tab.press(ENTER);
    walk_to(&tab, ".summary a[href='/checkout']", &mut pressed);
    tab.press(ENTER);
    tab.reads("h1", "Checkout");
    walk_to(&tab, ".skip", &mut pressed);
    tab.press(ENTER);
    for (name, value) in BUYER {
        walk_to(&tab, &format!("[name={name}]"), &mut pressed);
        tab.press(value);
    }
    walk_to(&tab, "[data-pay]", &mut pressed);
    tab.press(ENTER);
    tab.reads("[value=pay]", "Pay £");
    walk_to(&tab, "[value=pay]", &mut pressed);
    tab.press(ENTER);
    tab.reads_after("h1", "Thank you, Ada", || shop.work_off());
    assert_quiet(&tab);
}
