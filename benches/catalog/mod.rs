//! The same invented shop twice: as files of ours and as a Hugo site, of any number of products.
//!
//! A product has a paragraph or two of Markdown, three colours, three pictures (named, never
//! worked on), tags and four others that go with it. Eight categories list them, 24 on a page.
//! Everything follows from the product's number, so two runs make the same files.

mod hugo;
mod kiosk;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use hugo::{Frame, put_product as put_hugo_product, write as write_hugo};
pub(crate) use kiosk::{put_product as put_kiosk_product, write as write_kiosk};

/// Categories of the shop.
pub(crate) const CATEGORIES: usize = 8;
/// Products on a page of a category.
pub(crate) const PAGE_SIZE: usize = 24;
/// Pictures all products share.
const PICTURES: usize = 9;

const KINDS: [&str; 12] = [
    "mug", "bowl", "plate", "jug", "vase", "candle", "towel", "cushion", "basket", "tray", "lamp",
    "notebook",
];
const MANNERS: [&str; 10] = [
    "Quiet", "Everyday", "Northern", "Salted", "Little", "Plain", "Morning", "Harbour", "Orchard",
    "Winter",
];
const PLACES: [&str; 9] =
    ["Frome", "Whitby", "Skye", "Penzance", "Malvern", "Rye", "Hawick", "Bala", "Cromer"];
const COLOURS: [&str; 9] =
    ["Oat", "Sage", "Ink", "Chalk", "Rust", "Moss", "Blush", "Slate", "Honey"];
const SENTENCES: [&str; 8] = [
    "Made in short runs by people who use it themselves, and finished by hand.",
    "It is heavier than it looks and lighter than it feels, which sounds wrong until you hold it.",
    "The surface takes on a little shine after a year; that is meant, and it cannot be hurried.",
    "Wash it with everything else. If it chips, write to us with a picture and we will see.",
    "We tried eleven shapes before this one and kept the first, which happens more than you think.",
    "It stacks, it pours, it stands where you put it, and it asks for nothing in return.",
    "Small differences from piece to piece are part of how it is made, not a fault.",
    "Packed in paper and straw, without plastic, and posted within a working day.",
];

/// One product, whatever it is written as.
pub(crate) struct Thing {
    /// Its number; also its address, `thing-<n>`.
    pub n: usize,
    /// Its name.
    pub title: String,
    /// In pence.
    pub price_minor: usize,
    /// Number of its category.
    pub category: usize,
    /// Three different colours.
    pub colours: [&'static str; 3],
    /// Numbers of its pictures.
    pub pictures: [usize; 3],
    /// Three tags.
    pub tags: [&'static str; 3],
    /// Numbers of what goes with it.
    pub related: [usize; 4],
    /// Its words, Markdown.
    pub text: String,
}

impl Thing {
    /// The thing of this number among `count`.
    pub(crate) fn new(n: usize, count: usize) -> Self {
        let of = |words: &[&'static str], step: usize| words[(n / step + n) % words.len()];
        let kind = of(&KINDS, 7);
        let place = of(&PLACES, 31);
        let sentence = |at: usize| SENTENCES[(n + at * 3) % SENTENCES.len()];
        let text = format!(
            "{} {} {}\n\n{} Thought up in **{place}**, {}\n\n- {} cm tall, {} cm across\n\
             - Dishwasher safe\n- Comes in three colours, made to be mixed\n",
            sentence(0),
            sentence(1),
            sentence(2),
            sentence(3),
            sentence(4).to_lowercase(),
            6 + n % 30,
            5 + n % 23,
        );
        Self {
            n,
            title: format!("{} {kind} from {place} no. {n}", of(&MANNERS, 5)),
            price_minor: 500 + (n * 37) % 9000,
            category: n % CATEGORIES,
            colours: [0, 1, 2].map(|at| COLOURS[(n + at * 2) % COLOURS.len()]),
            pictures: [0, 1, 2].map(|at| (n + at) % PICTURES),
            tags: [kind, of(&["gift", "new", "studio", "garden"], 3), "handmade"],
            related: [1, 2, 3, 4].map(|at| (n + at * CATEGORIES) % count),
            text,
        }
    }
}

fn put(path: PathBuf, text: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn picture(n: usize) -> String {
    format!("picture-{n}.webp")
}

/// A few small pictures of the demonstration shop, under other names.
fn put_pictures(demo: &Path, folder: &Path) {
    let all = fs::read_dir(demo.join("images")).unwrap().map(|entry| entry.unwrap());
    let all = all.filter(|entry| entry.path().extension().is_some_and(|kind| kind == "webp"));
    let mut all: Vec<_> = all.map(|e| (e.metadata().unwrap().len(), e.path())).collect();
    all.sort();
    for (n, (_, path)) in all.iter().take(PICTURES).enumerate() {
        put(folder.join(picture(n)), fs::read(path).unwrap());
    }
}
