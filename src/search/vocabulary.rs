//! Every word of the shop and where it stands: the part of the index that answers words. Pure.

use std::cmp::Reverse;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::entry::Entry;
use super::words::{each_word, fold, is_code};

/// Words of one description that are indexed; the rest of a longer one is not found.
const TEXT_WORDS_MAX: usize = 2_000;
/// Shorter words are not repaired: nearly every other short word is close to them.
const REPAIR_LETTERS_MIN: usize = 3;
/// From this many letters on, two mistakes can be forgiven instead of one.
const TWO_MISTAKES_LETTERS: usize = 6;
/// Bits of a hit that say in which fields the word stands.
const FIELD_BITS: u32 = 4;

/// Where in a thing a word stands.
#[derive(Clone, Copy)]
pub(super) enum Field {
    Title = 1,
    Words = 2,
    Code = 4,
    Text = 8,
}

/// A thing that has a word, and the fields it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit(u32);

impl Hit {
    fn new(slot: u32, fields: u8) -> Self {
        Self(slot << FIELD_BITS | u32::from(fields))
    }

    pub(super) fn slot(self) -> u32 {
        self.0 >> FIELD_BITS
    }

    /// A sum of [`Field`]s.
    pub(super) fn fields(self) -> usize {
        (self.0 & ((1 << FIELD_BITS) - 1)) as usize
    }
}

/// A word with all that have it, by slot.
#[derive(Clone)]
pub(super) struct Word {
    pub text: Box<str>,
    pub hits: Vec<Hit>,
}

/// What tells most words from a mistyped one without looking at them.
#[derive(Clone, Copy)]
struct Shape {
    letters: u32,
    length: u8,
    is_code: bool,
}

impl Shape {
    fn of(word: &str) -> Self {
        let bit = |c: char| 1 << (u32::from(c) % 32);
        let length = u8::try_from(word.chars().count()).unwrap_or(u8::MAX);
        let letters = word.chars().fold(0, |all, c| all | bit(c));
        Self { letters, length, is_code: is_code(word) }
    }
}

/// A SKU without its hyphens, from one of its parts on.
#[derive(Clone)]
struct Code {
    joined: Arc<str>,
    from: usize,
    slot: u32,
}

impl Code {
    fn text(&self) -> &str {
        self.joined.get(self.from..).unwrap_or_default()
    }
}

/// All words and codes, sorted.
#[derive(Clone, Default)]
pub(super) struct Vocabulary {
    words: Vec<Arc<Word>>,
    shapes: Vec<Shape>,
    codes: Vec<Code>,
}

/// Words with the fields they stand in, as one thing has them.
pub(super) type Spoken = FxHashMap<Box<str>, u8>;

/// Hands over every word of a thing, with its field.
fn each_spoken(entry: &Entry, mut take: impl FnMut(&str, Field)) {
    each_word(&fold(entry.title), |word| take(word, Field::Title));
    for text in &entry.words {
        each_word(&fold(text), |word| take(word, Field::Words));
    }
    for code in &entry.codes {
        each_word(&fold(code), |word| take(word, Field::Code));
    }
    let mut left = TEXT_WORDS_MAX;
    each_word(&fold(entry.description), |word| {
        if left > 0 {
            left -= 1;
            take(word, Field::Text);
        }
    });
}

/// The words of one thing.
pub(super) fn spoken(entry: &Entry) -> Spoken {
    let mut all = Spoken::default();
    each_spoken(entry, |word, field| match all.get_mut(word) {
        Some(fields) => *fields |= field as u8,
        None => drop(all.insert(word.into(), field as u8)),
    });
    all
}

fn codes_of(entry: &Entry, slot: u32, take: &mut Vec<Code>) {
    for code in &entry.codes {
        let (mut joined, mut starts) = (String::new(), Vec::new());
        each_word(&fold(code), |part| {
            starts.push(joined.len());
            joined.push_str(part);
        });
        // The last part alone is a word already.
        starts.pop();
        let joined: Arc<str> = Arc::from(joined);
        take.extend(starts.into_iter().map(|from| Code {
            joined: Arc::clone(&joined),
            from,
            slot,
        }));
    }
}

impl Vocabulary {
    /// The words of all things, given with their slots in rising order.
    pub(super) fn of<'a>(entries: impl Iterator<Item = (u32, &'a Entry<'a>)>) -> Self {
        let mut words: FxHashMap<Box<str>, Vec<Hit>> = FxHashMap::default();
        let mut codes = Vec::new();
        for (slot, entry) in entries {
            each_spoken(entry, |word, field| {
                let fresh = Hit::new(slot, field as u8);
                match words.get_mut(word) {
                    Some(hits) => match hits.last_mut() {
                        Some(last) if last.slot() == slot => last.0 |= fresh.0,
                        _ => hits.push(fresh),
                    },
                    None => drop(words.insert(word.into(), vec![fresh])),
                }
            });
            codes_of(entry, slot, &mut codes);
        }
        let mut words: Vec<Arc<Word>> =
            words.into_iter().map(|(text, hits)| Arc::new(Word { text, hits })).collect();
        words.sort_unstable_by(|a, b| a.text.cmp(&b.text));
        codes.sort_unstable_by(|a, b| (a.text(), a.slot).cmp(&(b.text(), b.slot)));
        let shapes = words.iter().map(|word| Shape::of(&word.text)).collect();
        Self { words, shapes, codes }
    }

    /// Gives a thing other words: only what differs is touched.
    pub(super) fn change(&mut self, slot: u32, was: &Spoken, is: &Spoken) {
        for word in was.keys().filter(|word| !is.contains_key(*word)) {
            self.set(slot, word, 0);
        }
        for (word, fields) in is.iter().filter(|(word, fields)| was.get(*word) != Some(*fields)) {
            self.set(slot, word, *fields);
        }
    }

    /// Notes in which fields of a thing a word stands; in none removes it.
    fn set(&mut self, slot: u32, word: &str, fields: u8) {
        let at = match self.position(word) {
            Ok(at) => at,
            Err(_) if fields == 0 => return,
            Err(at) => {
                self.words.insert(at, Arc::new(Word { text: word.into(), hits: Vec::new() }));
                self.shapes.insert(at, Shape::of(word));
                at
            }
        };
        let hits = &mut Arc::make_mut(&mut self.words[at]).hits;
        match (hits.binary_search_by_key(&slot, |hit| hit.slot()), fields) {
            (Ok(found), 0) => drop(hits.remove(found)),
            (Ok(found), _) => hits[found] = Hit::new(slot, fields),
            (Err(_), 0) => {}
            (Err(place), _) => hits.insert(place, Hit::new(slot, fields)),
        }
        if hits.is_empty() {
            self.words.remove(at);
            self.shapes.remove(at);
        }
    }

    /// Gives a thing other codes.
    pub(super) fn change_codes(&mut self, slot: u32, is: Option<&Entry>) {
        self.codes.retain(|code| code.slot != slot);
        if let Some(entry) = is {
            codes_of(entry, slot, &mut self.codes);
        }
        self.codes.sort_by(|a, b| (a.text(), a.slot).cmp(&(b.text(), b.slot)));
    }

    fn position(&self, word: &str) -> Result<usize, usize> {
        self.words.binary_search_by(|known| known.text.as_ref().cmp(word))
    }

    /// The word itself, when something has it.
    pub(super) fn find(&self, word: &str) -> Option<&Word> {
        self.position(word).ok().map(|at| self.words[at].as_ref())
    }

    /// Words that begin like this, in order.
    pub(super) fn beginning(&self, start: &str) -> impl Iterator<Item = &Word> {
        let first = self.words.partition_point(|word| word.text.as_ref() < start);
        let rest = self.words[first..].iter().map(Arc::as_ref);
        rest.take_while(move |word| word.text.starts_with(start))
    }

    /// Slots of things with a SKU that, written without hyphens, begins like this from one of its
    /// parts on.
    pub(super) fn with_code(&self, start: &str) -> impl Iterator<Item = u32> {
        let first = self.codes.partition_point(|code| code.text() < start);
        let rest = self.codes[first..].iter();
        rest.take_while(move |code| code.text().starts_with(start)).map(|code| code.slot)
    }

    /// The known word somebody most likely meant: fewest mistakes first, then the one most things
    /// have. Two mistakes are forgiven at most, in a short word one. Words with digits are codes:
    /// the nearest code is another product, not a correction.
    pub(super) fn nearest(&self, word: &str, mistakes_max: usize) -> Option<&str> {
        let typed = Shape::of(word);
        let letters = usize::from(typed.length);
        if letters < REPAIR_LETTERS_MIN || typed.is_code {
            return None;
        }
        let allowed = if letters < TWO_MISTAKES_LETTERS { 1 } else { mistakes_max };
        // A mistake changes at most two letters of the set.
        let alike = |shape: &Shape| {
            usize::from(shape.length.abs_diff(typed.length)) <= allowed
                && usize::from(shape.length) >= REPAIR_LETTERS_MIN
                && !shape.is_code
                && (shape.letters ^ typed.letters).count_ones() as usize <= allowed * 2
        };
        let alike = self.shapes.iter().zip(&self.words).filter(|(shape, _)| alike(shape));
        let first = word.chars().next();
        alike
            .map(|(_, known)| (strsim::osa_distance(&known.text, word), known))
            .filter(|(mistakes, _)| *mistakes <= allowed)
            // People seldom mistype the first letter, and mean names more often than prose.
            .min_by_key(|(mistakes, known)| {
                let other_start = known.text.chars().next() != first;
                let prose = known.hits.iter().all(|hit| hit.fields() == Field::Text as usize);
                (*mistakes, other_start, prose, Reverse(known.hits.len()), &known.text)
            })
            .map(|(_, known)| known.text.as_ref())
    }
}
