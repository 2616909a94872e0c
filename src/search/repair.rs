//! From mistyped words to those the shop knows. Pure.

use super::index::Index;
use super::rank::is_known;

/// A word is taken apart into words of at least this many letters.
const PART_MIN: usize = 3;

/// The words with those that nothing has replaced by the likeliest known ones, and words written
/// apart or together as the shop writes them; none when every word stays as it was.
pub(super) fn repair(index: &Index, words: &[String]) -> Option<Vec<String>> {
    let mut repaired: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        let last = at + 1 == words.len();
        if let Some(next) = words.get(at + 1) {
            let joined = format!("{word}{next}");
            if is_word(index, &joined) {
                repaired.push(joined);
                at += 2;
                continue;
            }
        }
        at += 1;
        let near = |mistakes_max| index.vocabulary.nearest(word, mistakes_max);
        if is_known(index, word, last) {
            repaired.push(word.clone());
        } else if let Some(meant) = near(1) {
            repaired.push(meant.to_owned());
        } else if let Some((left, right)) = apart(index, word) {
            repaired.extend([left.to_owned(), right.to_owned()]);
        } else {
            repaired.push(near(2).unwrap_or(word).to_owned());
        }
    }
    (repaired != words).then_some(repaired)
}

fn is_word(index: &Index, word: &str) -> bool {
    index.vocabulary.find(word).is_some()
}

/// Two known words written as one.
fn apart<'a>(index: &Index, word: &'a str) -> Option<(&'a str, &'a str)> {
    let cuts = word.char_indices().map(|(at, _)| at);
    let parts = cuts.filter_map(|at| Some((word.get(..at)?, word.get(at..)?)));
    let long = |part: &str| part.chars().count() >= PART_MIN;
    let known = |part: &str| long(part) && is_known(index, part, false);
    parts.into_iter().find(|(left, right)| known(left) && known(right))
}
