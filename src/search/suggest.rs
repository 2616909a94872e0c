//! What is offered while somebody types: products, shelves, pages, and ways to end the words.

use serde::Serialize;

use super::card::{Levels, PictureView};
use super::flow::draw;
use super::index::Index;
use super::rank::{is_known, with_all};
use super::typed::Typed;
use super::view::{pages, shelves};
use super::vocabulary::Field;
use crate::base::Instant;

/// Things offered at once.
const OFFERED_MAX: usize = 8;
/// Products and sets among them.
const PRODUCTS: usize = 5;
/// Shelves among them.
const SHELVES: usize = 2;
/// Pages of words among them.
const PAGES: usize = 1;
/// Ways to end the last word among them, when there is room.
const ENDINGS: usize = 2;

/// One thing offered.
#[derive(Debug, Serialize)]
pub(super) struct Suggestion {
    kind: &'static str,
    title: String,
    url: String,
    picture: Option<PictureView>,
    price_minor: Option<i64>,
}

/// At most [`OFFERED_MAX`] things for what was typed so far; nothing for nothing.
pub(super) fn suggest(index: &Index, typed: &Typed, now: Instant) -> Vec<Suggestion> {
    let catalog = &index.book().catalog;
    // Only the words count: everything else that may have been sent is left aside.
    let Ok(query) = Typed::default().with("q", typed.get("q")).query(catalog) else {
        return Vec::new();
    };
    if query.words.is_empty() {
        return Vec::new();
    }
    let list = index.list(&query, PRODUCTS);
    let plain = |kind, title: String, url: String| Suggestion {
        kind,
        title,
        url,
        picture: None,
        price_minor: None,
    };
    let linked = |kind, link: serde_json::Value| {
        let text = |name: &str| link[name].as_str().unwrap_or_default().to_owned();
        plain(kind, text("title"), text("url"))
    };
    let mut offered: Vec<Suggestion> =
        endings(index, &query.words).into_iter().map(|(q, url)| plain("query", q, url)).collect();
    let of_shelves = shelves(catalog, &list.words).take(SHELVES);
    offered.extend(of_shelves.map(|link| linked("category", link)));
    let none = Levels::new();
    let things = list.slots.iter().filter_map(|slot| index.thing(*slot)).take(PRODUCTS);
    offered.extend(things.filter_map(|thing| {
        let card = draw(catalog, thing, &none, now)?;
        Some(Suggestion {
            kind: "product",
            title: card.title,
            url: card.url,
            picture: card.picture,
            price_minor: Some(card.price_minor),
        })
    }));
    offered.extend(pages(catalog, &list.words).take(PAGES).map(|link| linked("page", link)));
    // Products matter most: endings step back for them.
    while offered.len() > OFFERED_MAX && offered.first().is_some_and(|one| one.kind == "query") {
        offered.remove(0);
    }
    offered.truncate(OFFERED_MAX);
    offered
}

/// The words with the last one ended, by names, tags and options that most things have; only when
/// it is not a word yet, and only what finds something.
fn endings(index: &Index, words: &[String]) -> Vec<(String, String)> {
    let Some((last, before)) = words.split_last() else { return Vec::new() };
    if last.chars().count() < 2 || is_known(index, last, false) {
        return Vec::new();
    }
    let named = |word: &&super::vocabulary::Word| {
        let prose = Field::Text as usize | Field::Code as usize;
        word.hits.iter().any(|hit| hit.fields() & !prose != 0)
    };
    let mut ways: Vec<_> = index.vocabulary.beginning(last).filter(named).collect();
    ways.sort_by_key(|word| (std::cmp::Reverse(word.hits.len()), word.text.clone()));
    let whole = ways.into_iter().take(ENDINGS * 2).map(|word| {
        let mut whole = before.to_vec();
        whole.push(word.text.to_string());
        whole
    });
    let found = whole.filter(|words| before.is_empty() || !with_all(index, words).is_empty());
    let linked = found.take(ENDINGS).map(|words| {
        let q = words.join(" ");
        let url = Typed::default().with("q", &q).address();
        (q, url)
    });
    linked.collect()
}
