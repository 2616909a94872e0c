//! Search without a server: the shop's words as one small file, for a script in the browser.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::card::{Levels, PictureView};
use super::entry::{Entry, titles};
use super::flow::draw;
use super::index::{Index, Thing};
use super::model::Sort;
use super::words::{each_word, fold};
use crate::base::Instant;

/// The page that searches in the browser.
pub const OFFLINE_TEMPLATE: &str = "store/search_static.html";
/// Raised when a row changes its form; the script reads this one only.
const FORM: u32 = 1;

/// Everything on sale, in the merchant's order: a row is title, address, price and regular price
/// (minor units; 0 when there is no sale), whether other variants cost more, picture with width
/// and height, the day it joined the shop, and further words it is found by.
#[must_use]
pub fn offline_index(index: &Index, now: Instant) -> Value {
    let things = index.ordered(Sort::Featured).iter().filter_map(|slot| index.thing(*slot));
    let rows: Vec<Value> = things.filter_map(|thing| row(index, thing, now)).collect();
    json!({ "form": FORM, "size": index.book().catalog.shop.page_size, "items": rows })
}

/// The context of [`OFFLINE_TEMPLATE`]; `address` is where the index lies.
#[must_use]
pub fn offline_page(address: &str) -> Value {
    json!({
        "page": { "title": "", "description": "", "path": "/search", "canonical": null,
                  "robots": "noindex, follow", "image": null, "json_ld": null },
        "search_index": address,
        "sorts": Sort::ALL.map(Sort::word),
    })
}

fn row(index: &Index, thing: &Thing, now: Instant) -> Option<Value> {
    let catalog = &index.book().catalog;
    let card = draw(catalog, thing, &Levels::new(), now)?;
    let shelves = titles(catalog);
    let product = catalog.products.get(&card.slug).filter(|_| card.kind == "product");
    let bundle = catalog.bundles.get(&card.slug).filter(|_| card.kind == "bundle");
    let none = Levels::new();
    let entry = match (product, bundle) {
        (Some(product), _) => Entry::of_product(product, &shelves, &none, now),
        (_, Some(bundle)) => Entry::of_bundle(catalog, bundle, &shelves, &none, now)?,
        _ => return None,
    };
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
    Some(json!([
        card.title,
        card.url,
        card.price_minor,
        card.regular_minor.unwrap_or(0),
        u8::from(card.price_varies),
        picture,
        entry.published.map(|day| day.to_string()).unwrap_or_default(),
        words.join(" "),
    ]))
}
