//! How well each thing answers the words asked for. Pure.

use super::facets::ValueId;
use super::index::Index;
use super::vocabulary::{Field, Word};
use super::words::{is_code, other_forms, words_of};
use crate::stock::State;

/// What a word is worth by the fields it stands in (a sum of [`Field`]s): the title counts most,
/// then SKUs, then brand, tags, options and shelves, then the description.
const WEIGHTS: [u32; 16] = [0, 10, 4, 14, 8, 18, 12, 22, 1, 11, 5, 15, 9, 19, 13, 23];
/// The word itself.
const SAME: u32 = 8;
/// Its plural or singular.
const OTHER_FORM: u32 = 7;
/// The least a word that only begins like it is worth.
const BEGINNING_MIN: u32 = 2;
/// Hits one unfinished word may gather; a single letter of a huge shop finds no more.
const HITS_MAX: usize = 2_000_000;
/// Less of a SKU than this says nothing, letters.
const CODE_MIN: usize = 3;
/// The best answers are looked at once more, for phrases and short titles.
const LOOKED_AT_TWICE: usize = 256;

/// How well each thing answers; by slot, 0 where it does not.
pub(super) struct Scores(Vec<u32>);

impl Scores {
    /// Nothing answers.
    pub(super) fn none(index: &Index) -> Self {
        Self(vec![0; index.rows.len()])
    }

    /// Whether nothing answers.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|score| *score == 0)
    }

    /// How well this thing answers.
    pub(super) fn of(&self, slot: u32) -> u32 {
        self.0.get(slot as usize).copied().unwrap_or(0)
    }
}

/// Things that have every word; the last may be unfinished. Words that only hold others together
/// need not be there.
pub(super) fn with_all(index: &Index, words: &[String]) -> Scores {
    let mut total = Scores::none(index);
    let (links, wanted): (Vec<_>, Vec<_>) =
        words.iter().enumerate().partition(|(_, word)| index.language.is_link(word));
    let (links, wanted) = if wanted.is_empty() { (wanted, links) } else { (links, wanted) };
    let unfinished = |at: usize| at + 1 == words.len();
    for (n, (at, word)) in wanted.into_iter().enumerate() {
        let own = of_word(index, word, unfinished(at));
        for (sum, own) in total.0.iter_mut().zip(own) {
            *sum = if own > 0 && (n == 0 || *sum > 0) { *sum + own } else { 0 };
        }
    }
    for (_, word) in links {
        let own = of_word(index, word, false);
        for (sum, own) in total.0.iter_mut().zip(own) {
            *sum += if *sum > 0 { own } else { 0 };
        }
    }
    total
}

/// Things that have as many of the words as any, but at least half of them.
pub(super) fn with_most(index: &Index, words: &[String]) -> Scores {
    let mut total = Scores::none(index);
    let mut found = vec![0_u8; index.rows.len()];
    for (at, word) in words.iter().enumerate() {
        let own = of_word(index, word, at + 1 == words.len());
        for ((sum, found), own) in total.0.iter_mut().zip(&mut found).zip(own) {
            *sum += own;
            *found += u8::from(own > 0);
        }
    }
    let most = found.iter().copied().max().unwrap_or(0);
    let enough = usize::from(most) * 2 >= words.len();
    for (sum, found) in total.0.iter_mut().zip(found) {
        if found < most || !enough {
            *sum = 0;
        }
    }
    total
}

/// Whether anything has the word, as itself, in another form or, unfinished, as a beginning.
pub(super) fn is_known(index: &Index, word: &str, unfinished: bool) -> bool {
    let words = &index.vocabulary;
    let begins = |word: &str| words.beginning(word).next().is_some();
    words.find(word).is_some()
        || other_forms(word, index.language).iter().any(|form| words.find(form).is_some())
        || (unfinished || is_code(word)) && begins(word)
        || codes(index, word).next().is_some()
}

fn of_word(index: &Index, word: &str, unfinished: bool) -> Vec<u32> {
    let vocabulary = &index.vocabulary;
    let mut best = vec![0_u32; index.rows.len()];
    let forms = other_forms(word, index.language);
    let same = vocabulary.find(word).map(|found| (found, SAME));
    let other = forms.iter().filter_map(|form| vocabulary.find(form)).map(|w| (w, OTHER_FORM));
    let whole: Vec<(&Word, u32)> = same.into_iter().chain(other).collect();
    // A code is known by its beginning, wherever it stands.
    let open = unfinished || is_code(word);
    let length = word.len();
    let part = |found: &Word| {
        let share = SAME * u32::try_from(length * 8 / found.text.len().max(1)).unwrap_or(0) / 8;
        share.clamp(BEGINNING_MIN, OTHER_FORM)
    };
    let begun = open.then(|| vocabulary.beginning(word)).into_iter().flatten();
    let begun = begun.filter(|found| found.text.len() > length);
    let begun: Vec<(&Word, u32)> = begun.map(|found| (found, part(found))).collect();
    let of_all = |words: &[(&Word, u32)]| words.iter().map(|(w, _)| w.hits.len()).sum::<usize>();
    // How rare the word is: by what it is, or else by what it may become.
    let known = if whole.is_empty() { of_all(&begun) } else { of_all(&whole) };
    let rarity = rarity(index.len(), known);
    let mut left = HITS_MAX;
    for (found, quality) in whole.iter().chain(&begun) {
        for hit in &found.hits {
            let score = WEIGHTS[hit.fields()] * quality * rarity;
            if let Some(best) = best.get_mut(hit.slot() as usize) {
                *best = score.max(*best);
            }
        }
        left = left.saturating_sub(found.hits.len());
        if left == 0 {
            break;
        }
    }
    if whole.is_empty() {
        for slot in codes(index, word).take(HITS_MAX) {
            let score = WEIGHTS[Field::Code as usize] * SAME * rarity;
            if let Some(best) = best.get_mut(slot as usize) {
                *best = score.max(*best);
            }
        }
    }
    best
}

/// Things with a SKU that, its hyphens left out, begins like this from one of its parts on.
fn codes(index: &Index, word: &str) -> impl Iterator<Item = u32> {
    let long = word.len() >= CODE_MIN;
    long.then(|| index.vocabulary.with_code(word)).into_iter().flatten()
}

/// From 1 for what everything has to about 18 for one in a hundred thousand.
fn rarity(all: usize, known: usize) -> u32 {
    (all * 2 / known.max(1)).max(1).ilog2() + 1
}

/// Slots of a list, best first, from those that passed every filter in the merchant's order;
/// the first `wanted` are in their final order.
pub(super) fn best_first(
    index: &Index,
    scores: &Scores,
    words: &[String],
    passed: &[u32],
    wanted: usize,
) -> Vec<u32> {
    // The place in the merchant's order settles ties, so one number holds the whole order.
    let key =
        |(at, slot): (u32, &u32)| u64::from(u32::MAX - scores.of(*slot)) << 32 | u64::from(at);
    let mut keys: Vec<u64> = (0..).zip(passed).map(key).collect();
    let sorted = wanted.max(LOOKED_AT_TWICE).min(keys.len());
    if sorted < keys.len() {
        keys.select_nth_unstable(sorted);
    }
    keys[..sorted].sort_unstable();
    let slot = |key: &u64| {
        let at = usize::try_from(key & u64::from(u32::MAX)).unwrap_or(usize::MAX);
        passed.get(at).copied().unwrap_or_default()
    };
    let mut slots: Vec<u32> = keys.iter().map(slot).collect();
    let phrase = words.join(" ");
    let shelf = shelf_called(index, words);
    let twice = sorted.min(LOOKED_AT_TWICE);
    slots[..twice].sort_by_cached_key(|slot| {
        let score = scores.of(*slot);
        let row = index.rows.get(*slot as usize);
        let named = shelf.is_some_and(|id| row.is_some_and(|r| index.values_of(r).contains(&id)));
        std::cmp::Reverse(closer(index, *slot, score, &phrase) + if named { score } else { 0 })
    });
    slots
}

/// The shelf that is called just this, in one form or another.
fn shelf_called(index: &Index, words: &[String]) -> Option<ValueId> {
    let (last, before) = words.split_last()?;
    let forms = other_forms(last, index.language);
    let is_it = |title: &[String]| {
        title.split_last().is_some_and(|(end, start)| {
            start == before && (end == last || forms.iter().any(|form| form == end))
        })
    };
    let mut shelves = index.book.catalog.categories.iter();
    let shelf = shelves.find(|shelf| is_it(&words_of(&shelf.title)))?;
    index.facets.id("category", &shelf.path)
}

/// The score after a second look: titles that say just this come first, what is sold out later.
fn closer(index: &Index, slot: u32, score: u32, phrase: &str) -> u32 {
    let title = index.thing(slot).map_or("", |thing| thing.title.as_ref());
    let at_word = |at: usize| at == 0 || title.as_bytes().get(at - 1) == Some(&b' ');
    let mut better = score;
    if let Some(at) = title.find(phrase)
        && at_word(at)
    {
        let share = phrase.len() * 8 / title.len().max(1);
        better += score / 2 + score * u32::try_from(share).unwrap_or(0) / 16;
        if at == 0 {
            better += score / 8;
        }
    } else {
        // Of titles with the same words the shorter one is more about them.
        better += score / u32::try_from(title.len().max(1)).unwrap_or(u32::MAX);
    }
    let gone = index.rows.get(slot as usize).is_some_and(|row| row.state == State::SoldOut);
    if gone { better - better / 4 } else { better }
}
