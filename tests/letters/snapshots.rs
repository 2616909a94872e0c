//! The three letters of every order, word for word: a change of them is seen before buyers see it.
//! After one that was meant, `KIOSK_KEEP_LETTERS=1 cargo test --test letters snapshots` writes them
//! anew, and the difference is read like any other.

use std::env::var_os;
use std::fs;

use super::house::{TestShop, repository};
use super::{deliver, letter, pay, ship};

/// Longer runs of letters and digits than this are names that stand for one order or one file.
const NAME_MIN: usize = 12;

/// The same without them.
fn without_names(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let mut told = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let end = rest[start..].find(|c| !is_part(c)).map_or(rest.len(), |length| start + length);
        let run = &rest[start..end];
        told.push_str(&rest[..start]);
        let is_name = run.len() >= NAME_MIN && run.chars().any(|c| c.is_ascii_digit());
        told.push_str(if is_name { "~" } else { run });
        rest = &rest[end..];
    }
    told + rest
}

// S0.15: order confirmation, shipped, delivered.
#[test]
fn the_letters_of_an_order_are_the_known_ones() {
    let shop = TestShop::open();
    pay(&shop, "APRON-S", 2);
    ship(&shop);
    deliver(&shop);
    let folder = repository("tests/fixtures/letters");
    for kind in ["order_confirmation", "order_shipped", "order_delivered"] {
        let letter = letter(&shop, kind);
        let text = format!("Subject: {}\n\n{}", letter.subject, letter.text);
        for (form, drawn) in [("txt", &text), ("html", &letter.html)] {
            let drawn = without_names(&drawn.replace(&shop.base, "https://shop.example"));
            let place = folder.join(format!("{kind}.{form}"));
            if var_os("KIOSK_KEEP_LETTERS").is_some() {
                fs::write(&place, &drawn).unwrap();
            }
            let known = fs::read_to_string(&place).unwrap();
            assert!(known == drawn, "{} is not\n{drawn}", place.display());
        }
    }
}

// S0.15: a set that leaves is told with what is in it.
#[test]
fn a_set_that_leaves_is_told_with_its_parts() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    assert_eq!(buyer.post("/cart/lines", &[("bundle", "starter"), ("qty", "1")]).status, 303);
    let payment = buyer.checkout().location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    ship(&shop);
    let letter = letter(&shop, "order_shipped");
    for told in [&letter.text, &letter.html] {
        assert!(told.contains("Starter") && told.contains("Six glazes"), "{told}");
    }
}
