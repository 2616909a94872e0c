//! What letters look like: one frame, the shop's colours, small, the same words in both forms.

use std::collections::BTreeSet;
use std::fs;

use kiosk::payments;
use kiosk::platform::mail::{Drawn, draw};
use serde_json::{Value, json};

use super::house::{Edited, Setup, TestShop, base_content, repository};
use super::{at_payment, deliver, kinds, letter, newest, page_of, pay, ship};

const HTML_BYTES_MAX: usize = 100_000;

fn is_in_order(kind: &str, letter: &Drawn) {
    assert!(letter.html.len() <= HTML_BYTES_MAX, "{kind}: {} bytes", letter.html.len());
    assert!(!letter.subject.is_empty() && !letter.subject.contains('{'), "{}", letter.subject);
    assert!(!letter.text.contains('<') && !letter.text.contains("{{"), "{kind}: {}", letter.text);
    assert!(!letter.text.contains("\n\n\n"), "{kind} has a hole:\n{}", letter.text);
    let page = page_of(&letter.html);
    // Colours stand in each element; only what depends on the screen stays a rule.
    assert!(page.attribute("td.sheet", "style").contains("background:"), "{kind}");
    let rules = page.texts("style").join(" ");
    assert!(rules.contains("prefers-color-scheme: dark"), "{kind}: {rules}");
    assert!(!rules.contains(".mini"), "{kind}: {rules}");
    // Every picture says what it is, and none is larger than its place.
    let pictures = letter.html.matches("<img").count();
    assert!(pictures >= 1 && letter.html.matches("alt=\"").count() == pictures, "{kind}");
    assert!(page.texts("script, link, form, iframe").is_empty(), "{kind}");
    for (attribute, selector) in [("href", "a"), ("src", "img")] {
        for at in letter.html.match_indices(&format!("<{selector}")) {
            let tag = letter.html[at.0..].split('>').next().unwrap();
            let value = tag.split(&format!("{attribute}=\"")).nth(1).unwrap();
            assert!(value.starts_with("http"), "{kind}: {tag}");
        }
    }
}

fn amounts(text: &str) -> BTreeSet<String> {
    let number = |c: char| c.is_ascii_digit() || ".,".contains(c);
    let after = text.split('£').skip(1);
    let all = after.map(|rest| rest.chars().take_while(|c| number(*c)).collect::<String>());
    all.map(|amount| amount.trim_end_matches(['.', ',']).to_owned()).collect()
}

/// Links of the HTML form that the plain one must have as well.
fn links(letter: &Drawn) -> BTreeSet<String> {
    let hrefs = letter.html.split("href=\"").skip(1);
    hrefs.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

fn both_forms_agree(kind: &str, letter: &Drawn) {
    let page = page_of(&letter.html);
    let words = page.texts("body").join(" ");
    assert_eq!(amounts(&letter.text), amounts(&words), "{kind}:\n{}", letter.text);
    for link in links(letter) {
        assert!(letter.text.contains(&link), "{kind}: {link} is not in\n{}", letter.text);
    }
}

// S0.15 S0.18 S0.19 S1.34 S2.23: every letter of an order's life keeps the rules of the house.
#[test]
fn every_letter_of_an_order_is_in_order() {
    let shop = TestShop::demo();
    let (mut buyer, payment) = at_payment(&shop, "HF-TW-001-OAT", 2);
    buyer.press(&payment, "async");
    shop.work_off();
    shop.advance_s(3 * 86_400);
    shop.work_off();
    ship(&shop);
    deliver(&shop);
    let till = &shop.app.till;
    pay(&shop, "HF-TW-001-OAT", 1);
    let id = newest(&shop);
    shop.block_on(payments::cancel(till, &id, "staff", "no more clay")).unwrap();
    shop.work_off();
    assert_eq!(
        kinds(&shop),
        "order_received order_confirmation order_shipped order_delivered order_confirmation \
         order_cancelled order_refunded"
    );
    let all = [
        "order_received",
        "order_confirmation",
        "order_shipped",
        "order_delivered",
        "order_cancelled",
        "order_refunded",
    ];
    for kind in all {
        let letter = letter(&shop, kind);
        is_in_order(kind, &letter);
        both_forms_agree(kind, &letter);
        assert!(letter.text.contains("HF-"), "{kind} names its order");
    }
    assert!(letter(&shop, "order_refunded").text.contains("Refund: £"), "how much");
    // A parcel without a number has no hole where it would stand.
    let last = shop.text("SELECT data FROM outbox WHERE template = 'order_shipped'");
    let mut bare: Value = serde_json::from_str(&last).unwrap();
    for name in ["carrier", "number", "url"] {
        bare["parcel"][name] = Value::Null;
    }
    is_in_order("order_shipped", &draw(&shop.kit.render, "order_shipped", &bare).unwrap());
    assert!(!letter(&shop, "order_received").text.contains("Expected"), "nothing is promised yet");
}

// S0.15: letters to the merchant have the same frame, and no word to buyers.
#[test]
fn letters_to_the_merchant_are_in_order() {
    let shop = TestShop::open();
    let data = [
        (
            "low_stock",
            json!({ "items": [{ "sku": "A-1", "title": "Mug", "options": "Oat", "free": 2,
                                "held": 1, "low": 3 }] }),
        ),
        (
            "order_attention",
            json!({ "order": { "number": "1001", "total_minor": 999 }, "currency": "GBP",
                    "why": "the bank says no" }),
        ),
        ("card_testing", json!({ "declines": 40, "minutes": 10 })),
        (
            "statement",
            json!({ "day": "2026-11-23", "theirs": 4, "ours": 3, "differences": ["one more"] }),
        ),
    ];
    let alert = |cause: &str| {
        let why = "The disk is nearly full: 240 MB are left.";
        ("staff_alert", json!({ "cause": cause, "why": why, "page": "/admin/health" }))
    };
    let causes = [
        "certificate",
        "certificate_ends",
        "disk",
        "provider",
        "events",
        "books",
        "backup",
        "backup_failed",
    ]
    .map(alert);
    for (kind, data) in data.into_iter().chain(causes) {
        let letter = draw(&shop.kit.render, kind, &data).unwrap();
        is_in_order(kind, &letter);
        assert!(!letter.text.contains("Questions?"), "{kind}");
    }
}

// S1.34: a shop's own colours are in its letters, light and dark; its sign is.
#[test]
fn letters_wear_the_colours_of_the_shop() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let before = letter(&shop, "order_confirmation").html;
    assert!(before.to_lowercase().contains("#8a3b1d"), "the built-in accent");
    assert!(before.contains("/icon-192.png"));
    let own = shop.dir.path().join("site/assets/css");
    fs::create_dir_all(&own).unwrap();
    let css = fs::read_to_string(repository("site/assets/css/shop.css")).unwrap();
    let css = css.replace("--accent: #8A3B1D", "--accent: #123456");
    fs::write(own.join("shop.css"), css.replace("--accent: #F0A27E", "--accent: #abcdef")).unwrap();
    let book = shop.app.shelf.books.now();
    shop.app.shelf.publish_site(&shop.kit, book).unwrap();
    let after = letter(&shop, "order_confirmation").html.to_lowercase();
    assert!(after.contains("#123456") && after.contains("#abcdef"), "{after}");
    assert!(!after.contains("#8a3b1d"));
    let sign = shop.browser().get("/icon-192.png");
    assert_eq!((sign.status, sign.headers["content-type"].as_str()), (200, "image/png"));
    assert_eq!(
        sign.headers["cross-origin-resource-policy"].as_str(),
        "cross-origin",
        "shown in mail programs"
    );
}

// S0.19: an order of a thousand lines has a letter that mail programs show whole.
#[test]
fn a_letter_never_grows_too_long() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let data = shop.text("SELECT data FROM outbox");
    let mut data: Value = serde_json::from_str(&data).unwrap();
    let mut line = data["order"]["items"][0].clone();
    line["title"] = "A glaze with a long name, made for this test ".repeat(3).into();
    line["parts"] = json!([{ "sku": "X", "title": "A part", "options": "Small", "qty": 2 }]);
    data["order"]["items"] = vec![line; 1000].into();
    let letter = draw(&shop.kit.render, "order_confirmation", &data).unwrap();
    is_in_order("order_confirmation", &letter);
    both_forms_agree("order_confirmation", &letter);
    let left_out = "And 960 more: your order's page lists them all.";
    assert!(
        letter.text.contains(left_out) && letter.html.contains("And 960 more"),
        "{}",
        letter.text
    );
}

// S1.33: up to three suggestions, and a switch for shops that want none.
#[test]
fn suggestions_are_shown_unless_the_shop_wants_none() {
    let suggestion = |n: u32| {
        json!({ "title": format!("Thing <{n}>"), "url": format!("https://shop.example/p/{n}/"),
                "image": null, "price": 1_250 })
    };
    let shown = |shop: &TestShop| {
        pay(shop, "GLAZE-6", 1);
        let data = shop.text("SELECT data FROM outbox");
        let mut data: Value = serde_json::from_str(&data).unwrap();
        data["suggestions"] = (1..=5).map(suggestion).collect::<Vec<_>>().into();
        draw(&shop.kit.render, "order_confirmation", &data).unwrap()
    };
    let letter = shown(&TestShop::open());
    assert!(letter.text.contains("Thing <3>, £12.50") && !letter.text.contains("Thing <4>"));
    let page = page_of(&letter.html);
    assert_eq!(page.texts("table.also a.plain"), ["Thing <1>", "Thing <2>", "Thing <3>"]);
    let base = Edited::of(&base_content());
    let before = fs::read_to_string(base.path().join("shop.toml")).unwrap();
    let off = format!("{before}\n[email]\nsuggestions = false\n");
    let letter = shown(&TestShop::on(&base.write("shop.toml", &off)));
    assert!(!letter.text.contains("Thing") && !letter.html.contains("Thing"));
}

// S0.15: whoever has not paid in any way gets no letter, whoever typed their address.
#[test]
fn nobody_hears_of_an_order_they_did_not_pay_for() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "GLAZE-6", 1);
    buyer.press(&payment, "cancel");
    shop.work_off();
    shop.advance_s(86_400);
    shop.work_off();
    assert_eq!(kinds(&shop), "");
}

// Words of both languages fit the same letters.
#[test]
fn letters_speak_german() {
    let content = Edited::of(&base_content()).replace("shop.toml", "en-GB", "de-DE");
    let shop =
        TestShop::with(Setup { content: Some(content.path().to_owned()), ..Setup::default() });
    pay(&shop, "GLAZE-6", 1);
    ship(&shop);
    for kind in ["order_confirmation", "order_shipped"] {
        let letter = letter(&shop, kind);
        is_in_order(kind, &letter);
        assert!(letter.text.contains("Guten Tag Ada,"), "{}", letter.text);
    }
}
