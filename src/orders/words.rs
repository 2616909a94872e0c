//! Under which words the desk finds an order, and what somebody typed as a question for them. Pure.
//!
//! A word carries a mark in front that says what it is of: `t_` number and buyer, `k_` goods, `c_`
//! the buyer's e-mail address as a whole. A piece of text is found as a whole, without what stands
//! between its letters, and by its parts: `HF-1001` as `hf1001`, `hf` and `1001`.

use std::collections::BTreeSet;

use crate::base::ids::sha256_hex;
use crate::pricing::{Item, Quote};
use crate::search::fold;

/// Longest word, in characters; the rest of a longer one is not looked at.
const WORD_MAX: usize = 40;
/// Most words of one question.
const ASKED_MAX: usize = 8;
/// A word is also found by its beginning, once that has as many characters.
const BEGINNING_MIN: usize = 2;

/// All words of an order, apart by spaces.
#[must_use]
pub(super) fn of_order(number: &str, name: &str, email: &str, quote: &Quote) -> String {
    let mut words = BTreeSet::new();
    for text in [number, name, email] {
        add(&mut words, "t_", text);
    }
    words.insert(customer(email));
    for line in &quote.lines {
        let reference = match &line.item {
            Item::Sku(sku) => sku.as_str(),
            Item::Bundle(slug) => slug.as_str(),
        };
        for text in [reference, &line.title, &line.options] {
            add(&mut words, "k_", text);
        }
        for part in &line.parts {
            for text in [part.sku.as_str(), &part.title, &part.options] {
                add(&mut words, "k_", text);
            }
        }
    }
    words.into_iter().collect::<Vec<_>>().join(" ")
}

fn add(words: &mut BTreeSet<String>, mark: &str, text: &str) {
    let folded = fold(text);
    for piece in folded.split_whitespace() {
        let parts = piece.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
        for word in parts.chain([compact(piece).as_str()]).filter(|word| !word.is_empty()) {
            words.insert(format!("{mark}{}", shortened(word)));
        }
    }
}

/// The letters and digits of a piece of text.
fn compact(piece: &str) -> String {
    piece.chars().filter(|c| c.is_alphanumeric()).collect()
}

fn shortened(word: &str) -> String {
    word.chars().take(WORD_MAX).collect()
}

/// The word of an e-mail address as a whole.
#[must_use]
pub(super) fn customer(email: &str) -> String {
    format!("c_{:.20}", sha256_hex(email.trim().to_lowercase().as_bytes()))
}

/// What is asked of the search table: terms that must all be there.
#[must_use]
pub(super) fn asked(mark: &str, text: &str) -> Vec<String> {
    let folded = fold(text);
    let pieces = folded.split_whitespace().map(compact).filter(|piece| !piece.is_empty());
    let term = |piece: String| {
        let beginning = if piece.chars().count() >= BEGINNING_MIN { "*" } else { "" };
        format!("\"{mark}{}\"{beginning}", shortened(&piece))
    };
    pieces.take(ASKED_MAX).map(term).collect()
}

/// A term that is one word as it stands.
#[must_use]
pub(super) fn exactly(word: &str) -> String {
    format!("\"{word}\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = BTreeSet::new();
        add(&mut words, "t_", text);
        words.into_iter().collect()
    }

    #[test]
    fn a_text_is_found_whole_and_in_parts() {
        assert_eq!(words("HF-1001"), ["t_1001", "t_hf", "t_hf1001"]);
        assert_eq!(words("Zoë Müller"), ["t_muller", "t_zoe"]);
        assert_eq!(words("a.b@c.example"), ["t_a", "t_abcexample", "t_b", "t_c", "t_example"]);
        assert!(words(" - \u{202e} ").is_empty());
    }

    #[test]
    fn a_question_is_all_of_its_words() {
        assert_eq!(asked("t_", "HF-1001 Müll"), ["\"t_hf1001\"*", "\"t_mull\"*"]);
        assert_eq!(asked("t_", "a"), ["\"t_a\""]);
        assert!(asked("t_", "\"* OR NOT (").iter().all(|term| term.matches('"').count() == 2));
        assert_eq!(asked("t_", &"x ".repeat(50)).len(), ASKED_MAX);
        assert_eq!(customer("Ada@Example.com"), customer(" ada@example.com "));
    }

    proptest! {
        // Whatever is typed, nothing of it is read as an operator.
        #[test]
        fn nothing_typed_is_an_operator(text in any::<String>()) {
            for term in asked("t_", &text) {
                let word = term.trim_end_matches('*').trim_matches('"').to_owned();
                let plain = word.chars().all(|c| c.is_alphanumeric() || c == '_');
                prop_assert!(plain, "{word}");
            }
        }
    }
}
