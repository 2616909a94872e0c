//! Narrowing a list and choosing a variant: what is chosen stands in the address, so the back
//! button, a bookmark and a link sent to a friend all lead to the same.

use serde_json::{Value, json};

use super::driver::Tab;
use super::{MUG, add_a_mug, assert_quiet, open};

/// Titles of the cards in the list, in its order, and the first price of each.
fn listed(tab: &Tab) -> (Vec<Value>, Vec<u64>) {
    let cards = tab.run(
        "const pence = (text) => Math.round(text.match(/£([\\d.]+)/)[1] * 100);
        return [...document.querySelectorAll('main .grid > li')].map((card) => [
            card.querySelector('.card-title').textContent,
            pence(card.querySelector('.card-price').textContent)])",
    );
    let cards = cards.as_array().unwrap().iter();
    cards.map(|card| (card[0].clone(), card[1].as_u64().unwrap())).unzip()
}

#[track_caller]
fn arrives(tab: &Tab, so: impl Fn(&str) -> bool) {
    tab.until("the address", || (), || so(&tab.url()));
    tab.reads("main .grid", "");
}

/// Narrows a shelf to what is in stock, cheapest first; goes back and forward again.
fn narrow(script: bool) {
    let Some((shop, tab)) = open(script) else { return };
    let shelf = format!("{}/category/tableware/", shop.base);
    tab.go(&shelf);
    let all = listed(&tab);
    if !tab.has(".filters[open]") {
        tab.click(".filters summary");
    }
    tab.run(
        "document.querySelector('[name=in_stock]').checked = true;
        document.querySelector('[name=sort]').value = 'price_asc';
        document.querySelector('.filter-form').requestSubmit()",
    );
    let chosen = |url: &str| url.contains("in_stock=1") && url.contains("sort=price_asc");
    arrives(&tab, chosen);
    let as_chosen = || {
        let asked = "return [document.querySelector('[name=in_stock]').checked,
            document.querySelector('[name=sort]').value]";
        tab.run(asked) == json!([true, "price_asc"])
    };
    tab.until("what was chosen is shown", || (), || as_chosen() && listed(&tab).1.is_sorted());
    let narrowed = listed(&tab);
    assert!(!narrowed.0.is_empty() && narrowed.0 != all.0);
    tab.back();
    arrives(&tab, |url| url == shelf);
    tab.until("the whole shelf", || (), || listed(&tab) == all);
    tab.forward();
    arrives(&tab, chosen);
    tab.until("the narrowed shelf", || (), || listed(&tab) == narrowed && as_chosen());
    // The address alone leads there, too.
    tab.go(&tab.url());
    assert!(listed(&tab) == narrowed && as_chosen());
    assert_quiet(&tab);
}

// S2.61, S4.22: filters live in the address, and the back button knows them.
#[test]
fn filters_and_the_back_button_agree_with_script() {
    narrow(true);
}

// N18: the same without script.
#[test]
fn filters_and_the_back_button_agree_without_script() {
    narrow(false);
}

// S2.130: a set's page asks what is there, too: the set and each of its parts.
#[test]
fn a_set_knows_what_is_there_now() {
    let Some((shop, tab)) = open(true) else { return };
    let set = format!("{}/bundle/slow-breakfast/", shop.base);
    tab.go(&set);
    tab.reads("[data-bundle]", "In stock");
    assert_eq!(tab.property("[data-buy]", "disabled"), "false");
    let parts = "return [...document.querySelectorAll('.item [data-availability]')]
        .map((part) => [part.dataset.availability, part.textContent.trim()])";
    let all = tab.run(parts);
    let part = all[0][0].as_str().unwrap();
    assert_eq!(all[0][1], "", "what is there needs no words");
    shop.set_stock(part, 0);
    tab.go(&set);
    tab.reads("[data-bundle]", "Sold out");
    tab.reads(&format!(".item [data-availability='{part}']"), "Sold out");
    assert_eq!(tab.property("[data-buy]", "disabled"), "true");
    assert_quiet(&tab);
}

// S1.25, S2.130: price, stock, picture and address follow the variant; the address alone brings
// them back, and that variant is what lands in the cart.
#[test]
fn everything_follows_the_chosen_variant() {
    const BOARD: &str = "/product/board-oak/";
    let Some((shop, tab)) = open(true) else { return };
    tab.prefer("light");
    tab.go(&format!("{}{BOARD}", shop.base));
    let small = tab.text("[data-price-box] .price");
    tab.click(".choice:has([value=HF-KW-002-L])");
    tab.reads("[data-price-box] .price", "£52.00");
    assert_ne!(small, "£52.00");
    assert!(tab.url().ends_with("?variant=HF-KW-002-L"), "{}", tab.url());
    tab.go(&tab.url());
    tab.reads("[data-price-box] .price", "£52.00");
    assert_eq!(tab.property("[value=HF-KW-002-L]", "checked"), "true");

    // A sold-out size can be looked at, not bought.
    shop.set_stock("HF-KW-002-L", 0);
    tab.go(&tab.url());
    tab.reads("[data-availability=HF-KW-002-L]", "Sold out");
    tab.until("no sale", || (), || tab.property("[data-buy]", "disabled") == "true");
    tab.click(".choice:has([value=HF-KW-002-S])");
    tab.until("a sale", || (), || tab.property("[data-buy]", "disabled") == "false");
    assert_eq!(tab.text("[data-price-box] .price"), small);

    tab.go(&format!("{}{MUG}", shop.base));
    let shown = |n: usize| {
        let in_view = format!(
            "const left = (at) => document.querySelector(at).getBoundingClientRect().left;
            return Math.abs(left('.strip') - left('#picture-{n}')) < 4"
        );
        tab.until("the variant's picture", || (), || tab.run(&in_view) == true);
    };
    shown(1);
    tab.click(".choice:has([value=HF-TW-001-INK])");
    shown(3);
    add_a_mug(&shop, &tab);
    shown(3);
    tab.go(&format!("{}/cart", shop.base));
    assert!(tab.text(".line-words").contains("Ink"));
    assert_quiet(&tab);
}
