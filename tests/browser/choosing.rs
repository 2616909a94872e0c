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
    // Who does not see it change hears it.
    tab.reads("[data-told][role=status]", "£52.00.");
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

// S3.19: a filter that cannot be read says so beside the list, and goes when it is mended.
#[test]
fn a_filter_that_cannot_be_read_is_told() {
    let Some((shop, tab)) = open(true) else { return };
    tab.go(&format!("{}/category/tableware/", shop.base));
    let ask = |least: &str, most: &str| {
        tab.run(&format!(
            "const form = document.querySelector('.filter-form');
            form.elements.price_min.value = '{least}';
            form.elements.price_max.value = '{most}';
            form.requestSubmit()"
        ));
    };
    ask("50", "5");
    tab.reads("#list [role=alert] .notice-title", "A filter could not be read");
    assert_eq!(tab.property("#f-price_max", "value"), "5", "to be mended where it stands");
    ask("5", "50");
    tab.until("the list", || (), || !tab.has("#list [role=alert]") && !listed(&tab).0.is_empty());
    // The browser itself notes that the first question was refused, and nothing else.
    let complaints = tab.complaints();
    assert!(complaints.len() == 1 && complaints[0].contains("422"), "{complaints:?}");
}

// S2.61: on a phone the filters make way for what they found.
#[test]
fn filters_fold_away_on_a_phone() {
    let Some((shop, tab)) = open(true) else { return };
    tab.width(360);
    tab.go(&format!("{}/category/tableware/", shop.base));
    tab.click(".filters summary");
    tab.run("document.querySelector('#f-price_min').value = '30'");
    tab.click(".filter-acts button");
    tab.until("the narrowed list", || (), || tab.url().contains("price_min=30"));
    assert!(!tab.has(".filters[open]"));
    assert_eq!(tab.run("return document.activeElement.tagName"), "SUMMARY");
    assert_quiet(&tab);
    // Unless one of them cannot be read: then the form stays where it is mended.
    tab.click(".filters summary");
    tab.run("document.querySelector('#f-price_min').value = 'cheap'");
    tab.click(".filter-acts button");
    tab.reads("#list [role=alert] .notice-title", "A filter could not be read");
    assert!(tab.has(".filters[open]"));
}

// S2.61: suggestions are walked through with the arrow keys, round and round; where none is chosen,
// the words are searched for.
#[test]
fn suggestions_are_chosen_by_keyboard() {
    let Some((shop, tab)) = open(true) else { return };
    let chosen = || {
        tab.run(
            "const all = [...document.querySelectorAll('[role=option]')];
            return [all.length, all.findIndex((o) => o.getAttribute('aria-selected') === 'true')]",
        )
    };
    let type_mug = || {
        tab.go(&format!("{}/page/about/", shop.base));
        tab.run("document.querySelector('header input[type=search]').focus()");
        tab.press("mug");
        tab.until("suggestions", || (), || tab.has("#suggestions:not([hidden]) [role=option]"));
        chosen()[0].as_i64().unwrap()
    };
    let count = type_mug();
    tab.press("\u{E013}");
    assert_eq!(chosen(), json!([count, count - 1]), "up leads to the last");
    tab.press("\u{E015}");
    assert_eq!(chosen(), json!([count, -1]), "and down from there to none");
    tab.press("\u{E007}");
    tab.until("the search", || (), || tab.url().ends_with("/search?q=mug"));
    type_mug();
    tab.press("\u{E015}");
    assert_eq!(chosen()[1], 0);
    let to = tab.run("return document.querySelector('[role=option]').dataset.url");
    tab.press("\u{E007}");
    tab.until("what was chosen", || (), || tab.url().ends_with(to.as_str().unwrap()));
    assert_quiet(&tab);
}

// S1.25: enlarged, a picture is the largest there is; the arrow keys turn, Escape leads back.
#[test]
fn pictures_open_large() {
    let Some((shop, tab)) = open(true) else { return };
    tab.go(&format!("{}{MUG}", shop.base));
    let width = |css: &str| {
        let wide = format!(
            "const pic = document.querySelector({css:?});
            return pic?.complete ? pic.naturalWidth : 0"
        );
        tab.run(&wide).as_u64().unwrap()
    };
    tab.click("#picture-1 [data-zoom]");
    tab.until("the large picture", || (), || width(".zoom-pic") > 0);
    assert!(width(".zoom-pic") >= width("#picture-1 img"));
    let widest = tab.run(
        "const own = document.querySelector('#picture-1 img');
        const set = (own.getAttribute('srcset') ?? '').split(',')
            .map((one) => parseInt(one.trim().split(' ')[1]) || 0);
        return Math.max(own.getAttribute('width'), ...set)",
    );
    assert!(width(".zoom-pic") >= widest.as_u64().unwrap(), "no larger one is offered on the page");
    let first = tab.property(".zoom-pic", "src");
    tab.press("\u{E014}");
    tab.until("the next", || (), || tab.property(".zoom-pic", "src") != first);
    tab.press("\u{E00C}");
    tab.until("the page", || (), || !tab.has("dialog.zoom"));
    assert_quiet(&tab);
}
