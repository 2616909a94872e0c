//! Search without a server: the shop's words as one small file, for a script in the browser.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::card::{Card, Levels, PictureView};
use super::entry::{Entry, Kind, Titles, titles};
use super::flow::draw;
use super::form::FilterForm;
use super::index::{Index, Thing};
use super::model::Sort;
use super::typed::Typed;
use super::words::{each_word, fold};
use crate::base::Instant;
use crate::catalog::Catalog;
use crate::stock::State;

/// The page that searches in the browser.
pub const OFFLINE_TEMPLATE: &str = "store/search_static.html";

/// Everything on sale, in the merchant's order, as the script of that page reads it. A row holds
/// title, address, price and regular price (minor units; 0 when there is no sale), whether other
/// variants cost more, picture with width and height, the day it joined the shop, further words it
/// is found by, what it can be narrowed by, as places in `traits`, and the lowest price before the
/// sale (0 when none is known).
#[must_use]
pub fn offline_index(index: &Index, levels: &Levels, now: Instant) -> Value {
    let catalog = &index.book().catalog;
    let mut traits = Traits::default();
    let things = index.ordered(Sort::Featured).iter().filter_map(|slot| index.thing(*slot));
    let shelves = titles(catalog);
    let rows = things.filter_map(|thing| {
        let card = draw(catalog, thing, levels, now)?;
        let entry = entry_of(catalog, thing, &shelves, levels, now)?;
        Some(row(&card, &entry, &mut traits))
    });
    let rows: Vec<Value> = rows.collect();
    let shelves: BTreeMap<&str, &str> = shelves.into_iter().collect();
    let size = catalog.shop.page_size;
    json!({ "size": size, "traits": traits.names, "shelves": shelves, "items": rows })
}

/// The context of [`OFFLINE_TEMPLATE`]; `address` is where the index lies.
#[must_use]
pub fn offline_page(index: &Index, address: &str) -> Value {
    json!({
        "page": { "title": "", "description": "", "path": "/search", "canonical": null,
                  "robots": "noindex, follow", "image": null, "json_ld": null },
        "search_index": address,
        "filter": FilterForm::of_everything(index, &Typed::default()),
        "sorts": Sort::ALL.map(Sort::word),
    })
}

/// What things can be narrowed by, such as `tag=gift`, each named once.
#[derive(Default)]
struct Traits {
    names: Vec<String>,
    places: HashMap<String, usize>,
}

impl Traits {
    fn place(&mut self, facet: &str, value: &str) -> usize {
        let name = format!("{facet}={value}");
        if let Some(place) = self.places.get(&name) {
            return *place;
        }
        self.places.insert(name.clone(), self.names.len());
        self.names.push(name);
        self.names.len() - 1
    }

    fn of(&mut self, entry: &Entry<'_>) -> Vec<usize> {
        let own = entry.traits.iter().map(|one| (one.facet.as_ref(), one.value));
        let stocked = (entry.state != State::SoldOut).then_some(("in_stock", "1"));
        let featured = entry.featured.then_some(("featured", "1"));
        own.chain(stocked).chain(featured).map(|(facet, value)| self.place(facet, value)).collect()
    }
}

/// What the index of the shop itself takes of a thing.
fn entry_of<'a>(
    catalog: &'a Catalog,
    thing: &Thing,
    shelves: &Titles<'a>,
    levels: &Levels,
    now: Instant,
) -> Option<Entry<'a>> {
    let slug = thing.slug.as_ref();
    match thing.kind {
        Kind::Product => Some(Entry::of_product(catalog.products.get(slug)?, shelves, levels, now)),
        Kind::Bundle => Entry::of_bundle(catalog, catalog.bundles.get(slug)?, shelves, levels, now),
    }
}

fn row(card: &Card, entry: &Entry<'_>, traits: &mut Traits) -> Value {
    let mut known = BTreeSet::new();
    each_word(&fold(entry.title), |word| {
        known.insert(word.to_owned());
    });
    let mut words: Vec<String> = Vec::new();
    for text in entry.codes.iter().chain(&entry.words) {
        each_word(&fold(text), |word| {
            if known.insert(word.to_owned()) {
                words.push(word.to_owned());
            }
        });
    }
    let picture = card
        .picture
        .as_ref()
        .map(|PictureView { src, width, height, .. }| json!([src, width, height]));
    json!([
        card.title,
        card.url,
        card.price_minor,
        card.regular_minor.unwrap_or(0),
        u8::from(card.price_varies),
        picture,
        entry.published.map(|day| day.to_string()).unwrap_or_default(),
        words.join(" "),
        traits.of(entry),
        card.prior_minor.unwrap_or(0),
    ])
}
