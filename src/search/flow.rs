//! What happens, in order: mirroring the files, and finding.

use std::collections::HashSet;

use super::card::{Card, Levels, card};
use super::mirror::Row;
use super::model::{Found, Query, Refusal, Sort};
use super::store::{self, Hit};
use super::words::{expression, nearest, word_expression};
use crate::base::money::MINOR_MAX;
use crate::base::{Failure, Fault, Instant, refuse};
use crate::catalog::{Catalog, Product, Shop, Status, StockShow};
use crate::platform::db::{Read, Tx};
use crate::pricing::Book;
use crate::stock;

/// Products shown where nothing was found.
const POPULAR: usize = 4;

/// Brings the mirror up to date with the products on sale and their prices at `now`. Only what
/// changed is written; when nothing did, nothing is.
///
/// # Errors
/// When the database fails.
pub fn mirror(tx: &Tx, book: &Book, now: Instant) -> Result<(), Fault> {
    let mut known = store::list_digests(tx)?;
    let mut changed = Vec::new();
    for product in book.catalog.live_products() {
        let row = Row::of(&book.catalog, product, now);
        let digest = row.digest()?;
        match known.remove(&product.slug) {
            Some((_, same)) if same == digest => {}
            Some((id, _)) => changed.push((Some(id), row, digest)),
            None => changed.push((None, row, digest)),
        }
    }
    for (id, _) in known.values() {
        store::delete_product(tx, *id)?;
    }
    for (id, row, digest) in changed {
        if let Some(id) = id {
            store::delete_product(tx, id)?;
        }
        store::insert_product(tx, &row, &digest)?;
    }
    Ok(())
}

/// Finds products. How many statements it takes depends on the words and filters given, never on
/// how many products there are.
///
/// # Errors
/// [`Refusal::BadFilter`] for a page after the last one.
pub fn find(
    read: &Read,
    query: &Query,
    book: &Book,
    now: Instant,
) -> Result<Found, Failure<Refusal>> {
    let catalog = &book.catalog;
    let (hits, repaired) = candidates(read, query)?;
    let filters = filters(read, query)?;
    let levels = told(stock::listed_states(read)?, &catalog.shop);
    let products: Vec<&Product> = hits
        .iter()
        .filter(|(id, _)| filters.iter().all(|filter| filter.contains(id)))
        .filter_map(|(_, slug)| catalog.products.get(slug).map(AsRef::as_ref))
        // The book may be a moment newer than the mirror.
        .filter(|product| product.status == Status::Live)
        .filter(|product| !query.in_stock || is_available(product, &levels))
        .collect();
    let size = usize::try_from(catalog.shop.page_size.max(1)).unwrap_or(usize::MAX);
    let pages = u32::try_from(products.len().div_ceil(size).max(1)).unwrap_or(u32::MAX);
    if query.page > pages {
        let last = if pages == 1 {
            "There is only one page.".to_owned()
        } else {
            format!("There are only {pages} pages.")
        };
        return refuse(Refusal::bad("page", last, "Go back to the first page."));
    }
    let before = size.saturating_mul(usize::try_from(query.page - 1).unwrap_or(usize::MAX));
    let page = products.iter().skip(before).take(size);
    Ok(Found {
        cards: page.map(|product| card(catalog, product, &levels, now)).collect(),
        count: products.len(),
        page: query.page,
        pages,
        repaired,
    })
}

/// Products that have the words asked for (all, when none are), in the order asked for; and the
/// words after repair, when that was needed.
fn candidates(read: &Read, query: &Query) -> Result<(Vec<Hit>, Option<String>), Fault> {
    if query.q.is_empty() {
        return Ok((store::list_ordered(read, query.sort)?, None));
    }
    // Nothing but punctuation names nothing.
    let Some(wanted) = expression(&query.words) else { return Ok((Vec::new(), None)) };
    let mut hits = store::list_matching(read, &wanted)?;
    let mut repaired = None;
    if hits.is_empty()
        && !query.exact
        && let Some(words) = repair(read, &query.words)?
        && let Some(wanted) = expression(&words)
    {
        hits = store::list_matching(read, &wanted)?;
        repaired = (!hits.is_empty()).then(|| words.join(" "));
    }
    if query.sort != Sort::Relevance {
        let matching: HashSet<i64> = hits.iter().map(|(id, _)| *id).collect();
        hits = store::list_ordered(read, query.sort)?;
        hits.retain(|(id, _)| matching.contains(id));
    }
    Ok((hits, repaired))
}

/// The words with those that no product has replaced by the nearest known ones; none when a word
/// is near to nothing, or every word is known.
fn repair(read: &Read, words: &[String]) -> Result<Option<Vec<String>>, Fault> {
    let vocabulary = store::list_words(read)?;
    let mut repaired = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        let alone = word_expression(word, at + 1 == words.len());
        if store::is_known(read, &alone)? {
            repaired.push(word.clone());
        } else if let Some(meant) = nearest(word, &vocabulary) {
            repaired.push(meant.to_owned());
        } else {
            return Ok(None);
        }
    }
    Ok(Some(repaired).filter(|repaired| repaired != words))
}

/// For each filter given, the products it lets through.
fn filters(read: &Read, query: &Query) -> Result<Vec<HashSet<i64>>, Fault> {
    let mut filters = Vec::new();
    if let Some(path) = &query.category {
        filters.push(store::ids_on_shelf(read, path)?);
    }
    if let Some(tag) = &query.tag {
        filters.push(store::ids_with_tag(read, tag)?);
    }
    if let Some(tier) = query.tier {
        filters.push(store::ids_of_tier(read, tier.word())?);
    }
    if query.featured {
        filters.push(store::ids_featured(read)?);
    }
    if query.price_min.is_some() || query.price_max.is_some() {
        let (min, max) = (query.price_min.unwrap_or(0), query.price_max.unwrap_or(MINOR_MAX));
        filters.push(store::ids_priced(read, min, max)?);
    }
    Ok(filters)
}

fn is_available(product: &Product, levels: &Levels) -> bool {
    let free = |v: &crate::catalog::Variant| levels.get(&v.sku).is_some_and(|l| l.free() > 0);
    product.variants.iter().any(free)
}

/// Levels as this shop tells them: a shop that hides them never says that something is low.
#[must_use]
pub(super) fn told(mut levels: Levels, shop: &Shop) -> Levels {
    if shop.stock_show == StockShow::Hidden {
        for level in levels.values_mut() {
            level.low = 0;
        }
    }
    levels
}

/// A few products to offer where nothing was found: what the merchant puts forward, then the
/// newest; only what can be bought.
///
/// # Errors
/// When the database fails.
pub fn popular(read: &Read, catalog: &Catalog, now: Instant) -> Result<Vec<Card>, Fault> {
    let levels = told(stock::listed_states(read)?, &catalog.shop);
    let mut products: Vec<&Product> =
        catalog.live_products().filter(|product| is_available(product, &levels)).collect();
    products.sort_by_key(|p| (!p.featured, std::cmp::Reverse(p.published)));
    Ok(products.into_iter().take(POPULAR).map(|p| card(catalog, p, &levels, now)).collect())
}
