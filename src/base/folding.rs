//! Texts without what only some people type: capitals and accents. Pure.

use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

/// A text as it is compared and sorted: lower case, without accents.
#[must_use]
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    // Most pieces of a text are plain: only the others pay for tables.
    for piece in text.split_inclusive(' ') {
        if piece.is_ascii() {
            folded.push_str(&piece.to_ascii_lowercase());
        } else {
            fold_into(&mut folded, piece);
        }
    }
    folded
}

fn fold_into(folded: &mut String, piece: &str) {
    let decompose = DecomposingNormalizerBorrowed::new_nfd();
    let classes = CanonicalCombiningClassMapBorrowed::new();
    let lower = piece.to_lowercase();
    for c in decompose.normalize_iter(lower.chars()).filter(|c| classes.get_u8(*c) == 0) {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            c => folded.push(c),
        }
    }
}
