//! From typed text to an expression FTS5 understands, and from mistyped words to known ones.

use std::cmp::Reverse;

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// Words of one search that count; more would only cost time.
const WORDS_MAX: usize = 16;
/// Shorter words are not repaired: nearly every other short word is close to them.
const REPAIR_LETTERS_MIN: usize = 3;
/// From this many letters on, two mistakes are forgiven instead of one.
const TWO_MISTAKES_LETTERS: usize = 6;

/// A text as it is compared and sorted: lower case, without accents.
#[must_use]
pub fn fold(text: &str) -> String {
    let decompose = DecomposingNormalizerBorrowed::new_nfd();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let lower = text.to_lowercase();
    decompose.normalize_iter(lower.chars()).filter(|c| classes.get_u8(*c) == 0).collect()
}

/// The words of a text, folded, in order.
#[must_use]
pub(super) fn words_of(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.take(WORDS_MAX).map(str::to_owned).collect()
}

/// The FTS5 expression that wants every word, the last one as a beginning. Words hold letters
/// and digits only and are quoted, so none can act as an operator.
#[must_use]
pub(super) fn expression(words: &[String]) -> Option<String> {
    let (last, others) = words.split_last()?;
    let mut parts: Vec<String> = others.iter().map(|word| word_expression(word, false)).collect();
    parts.push(word_expression(last, true));
    Some(parts.join(" AND "))
}

/// The expression of one word, or its plural or singular.
#[must_use]
pub(super) fn word_expression(word: &str, unfinished: bool) -> String {
    let ending = if unfinished { "*" } else { "" };
    match other_number(word) {
        Some(other) => format!("(\"{word}\"{ending} OR \"{other}\")"),
        None => format!("\"{word}\"{ending}"),
    }
}

/// The plural of a singular and the other way round, as English forms most of them. A form that
/// no product uses does no harm.
fn other_number(word: &str) -> Option<String> {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let hisses = |stem: &str| ["s", "x", "z", "sh", "ch"].iter().any(|end| stem.ends_with(end));
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return Some(format!("{stem}y"));
    }
    if let Some(stem) = word.strip_suffix("es").filter(|stem| hisses(stem)) {
        return Some(stem.to_owned());
    }
    if let Some(stem) = word.strip_suffix('s').filter(|s| s.len() > 2 && !s.ends_with('s')) {
        return Some(stem.to_owned());
    }
    let vowel_before_y = ["ay", "ey", "oy", "uy"].iter().any(|end| word.ends_with(end));
    match word.strip_suffix('y') {
        Some(stem) if !vowel_before_y => Some(format!("{stem}ies")),
        _ if hisses(word) => Some(format!("{word}es")),
        _ => Some(format!("{word}s")),
    }
}

/// The known word somebody most likely meant: fewest mistakes first, then the one most products
/// have. Words with digits are codes: the nearest code is another product, not a correction.
#[must_use]
pub(super) fn nearest<'a>(word: &str, vocabulary: &'a [(String, i64)]) -> Option<&'a str> {
    let letters = word.chars().count();
    let is_code = |text: &str| text.chars().any(char::is_numeric);
    if letters < REPAIR_LETTERS_MIN || is_code(word) {
        return None;
    }
    let allowed = if letters < TWO_MISTAKES_LETTERS { 1 } else { 2 };
    vocabulary
        .iter()
        .filter(|(known, _)| known.chars().count().abs_diff(letters) <= allowed && !is_code(known))
        .map(|(known, products)| (strsim::damerau_levenshtein(known, word), known, products))
        .filter(|(mistakes, known, _)| *mistakes <= allowed && known.len() >= REPAIR_LETTERS_MIN)
        .min_by_key(|(mistakes, known, products)| (*mistakes, Reverse(**products), *known))
        .map(|(_, known, _)| known.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    fn quoted(text: &str) -> String {
        expression(&words_of(text)).unwrap_or_default()
    }

    #[test]
    fn words_are_folded_and_quoted() {
        assert_eq!(words_of("  Crème-BRÛLÉE №5 "), ["creme", "brulee", "5"]);
        assert_eq!(words_of("Cafe\u{301} ÅNGSTRÖM İstanbul"), ["cafe", "angstrom", "istanbul"]);
        assert_eq!(quoted("a OR b2"), r#""a" AND "or" AND "b2"*"#);
        assert_eq!(quoted("mug"), r#"("mug"* OR "mugs")"#);
        assert_eq!(quoted("\" * -- \0"), "");
        assert_eq!(words_of(&"x ".repeat(1000)).len(), WORDS_MAX);
    }

    #[test]
    fn singular_and_plural_are_one() {
        for (one, many) in [
            ("mug", "mugs"),
            ("box", "boxes"),
            ("brush", "brushes"),
            ("berry", "berries"),
            ("tray", "trays"),
            ("glass", "glasses"),
        ] {
            assert_eq!(other_number(one).as_deref(), Some(many));
            assert_eq!(other_number(many).as_deref(), Some(one));
        }
        assert_eq!(other_number("ab"), None);
        assert_eq!(other_number("m16"), None);
    }

    // S3.18: one mistake in a short word, two in a long one; codes are never "repaired".
    #[test]
    fn typing_mistakes_are_repaired() {
        let known = |w: &str, n| (w.to_owned(), n);
        let vocabulary = [known("mug", 9), known("mat", 3), known("candle", 5), known("m16", 1)];
        for (typed, meant) in [
            ("mgu", Some("mug")),
            ("mut", Some("mug")),
            ("cadnel", Some("candle")),
            ("cndl", None),
            ("m17", None),
            ("mu", None),
            ("zzzzzz", None),
        ] {
            assert_eq!(nearest(typed, &vocabulary), meant, "{typed}");
        }
    }

    fn accepts(connection: &Connection, text: &str) -> bool {
        let Some(expression) = expression(&words_of(text)) else { return true };
        let sql = "SELECT count(*) FROM product_fts WHERE product_fts MATCH ?1";
        connection.query_row(sql, [expression], |row| row.get::<_, i64>(0)).is_ok()
    }

    fn index() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(crate::platform::db::SCHEMA).unwrap();
        connection
    }

    #[test]
    fn operators_and_huge_input_are_plain_words() {
        let connection = index();
        for text in
            ["NEAR(a b, 2)", "title:x", "a AND", "{a b}: c", "^x", "+", "'; DROP TABLE product"]
        {
            assert!(accepts(&connection, text), "{text}");
        }
        assert!(accepts(&connection, &"ÿ\u{0}\" ".repeat(100_000)));
        assert!(accepts(&connection, &"a".repeat(1_000_000)));
    }

    proptest! {
        #[test]
        fn fts5_accepts_whatever_is_typed(texts in prop::collection::vec(any::<String>(), 1..40)) {
            let connection = index();
            for text in texts {
                prop_assert!(accepts(&connection, &text), "{text:?}");
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let words = words_of(&text);
            let again: Vec<String> = words.iter().flat_map(|word| words_of(word)).collect();
            prop_assert_eq!(words, again.into_iter().take(WORDS_MAX).collect::<Vec<_>>());
        }
    }
}
