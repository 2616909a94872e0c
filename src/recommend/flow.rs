//! Counting baskets, ranking what was counted, and asking for suggestions.

use std::collections::BTreeSet;

use super::lift::{self, Counts, PRODUCTS_MAX, is_due, with_all};
use super::model::{Other, Reason, Together};
use super::store;
use crate::base::ids::Sku;
use crate::base::{Fault, Instant};
use crate::catalog::{Catalog, Product};
use crate::platform::db::{Read, Tx};
use crate::pricing::Book;
use crate::search::{Card, card, state_of};
use crate::stock::{self, State};

/// Products ranked in one transaction.
const RANKED_AT_ONCE: u32 = 100;
/// Products of a basket whose lists are asked for.
const ASKED_MAX: usize = 20;
/// Others looked at until enough of them are in stock.
const LOOKED_AT: usize = 24;

/// Counts the basket of an order that has just been paid. A bundle counts as its parts. Of many
/// products the first [`PRODUCTS_MAX`] by name are counted; those a shop no longer has are not.
///
/// # Errors
/// When the database fails.
pub fn record<'a>(
    tx: &Tx,
    catalog: &Catalog,
    skus: impl IntoIterator<Item = &'a Sku>,
) -> Result<(), Fault> {
    let products = products_of(catalog, skus);
    let counted: Vec<&str> = products.iter().map(String::as_str).take(PRODUCTS_MAX).collect();
    store::count_basket(tx)?;
    for (at, product) in counted.iter().enumerate() {
        store::count_product(tx, product)?;
        for other in &counted[at + 1..] {
            store::count_pair(tx, product, other)?;
            store::count_pair(tx, other, product)?;
        }
    }
    Ok(())
}

/// Slugs of the products that some SKUs, also by their former names, belong to.
fn products_of<'a>(catalog: &Catalog, skus: impl IntoIterator<Item = &'a Sku>) -> BTreeSet<String> {
    let found = skus.into_iter().filter_map(|sku| catalog.find(sku));
    found.map(|(product, _)| product.slug.clone()).collect()
}

/// Whether the lists are to be ranked, or are being ranked.
pub(super) fn wants_ranking(read: &Read, now: Instant) -> Result<bool, Fault> {
    let tally = store::get_tally(read)?;
    let due = is_due(tally.orders, tally.ranked_orders, tally.ranked_at, now);
    Ok(due || tally.ranking_after.is_some())
}

/// Ranks the next products; true while there are more. A shop that stops in between goes on where
/// it was.
pub(super) fn rank_some(tx: &Tx, now: Instant) -> Result<bool, Fault> {
    let tally = store::get_tally(tx)?;
    let after = tally.ranking_after.unwrap_or_default();
    let products = store::list_products(tx, &after, RANKED_AT_ONCE)?;
    let Some((last, _)) = products.last() else {
        store::set_ranked(tx, tally.orders, now)?;
        return Ok(false);
    };
    let all = u32::try_from(tally.orders).unwrap_or(u32::MAX);
    let mut is_changed = false;
    for (product, orders) in &products {
        is_changed |= rank(tx, product, *orders, all)?;
    }
    store::set_ranking(tx, last, is_changed)?;
    Ok(true)
}

/// Ranks what goes with one product; true when its list is another one.
fn rank(tx: &Tx, product: &str, orders: u32, all: u32) -> Result<bool, Fault> {
    let others = store::list_others(tx, product)?;
    let counted = others.iter().map(|other| {
        let counts = Counts { both: other.both, product: orders, other: other.orders, all };
        (other.slug.clone(), counts)
    });
    let list = lift::ranked(counted);
    let before: Vec<String> =
        store::list_suggested(tx, product)?.into_iter().map(|(other, _)| other).collect();
    for other in &others {
        let score = list.iter().find(|(slug, _)| *slug == other.slug).map(|(_, score)| *score);
        if score != other.score {
            store::set_score(tx, product, &other.slug, score)?;
        }
    }
    Ok(!before.iter().eq(list.iter().map(|(other, _)| other)))
}

impl Together {
    /// The lists as they are, all of them.
    ///
    /// # Errors
    /// When the database fails.
    pub fn load(read: &Read) -> Result<Self, Fault> {
        store::get_together(read)
    }

    /// The present [`revision`](Self::revision), without the lists.
    ///
    /// # Errors
    /// When the database fails.
    pub fn revision_now(read: &Read) -> Result<i64, Fault> {
        store::get_revision(read)
    }
}

/// Cards of what goes with everything in a basket: in stock, not in it, at most `count`.
///
/// # Errors
/// When the database fails.
pub fn beside<'a>(
    read: &Read,
    book: &Book,
    skus: impl IntoIterator<Item = &'a Sku>,
    count: usize,
    now: Instant,
) -> Result<Vec<Card>, Fault> {
    let there: Vec<String> = products_of(&book.catalog, skus).into_iter().collect();
    let lists = there.iter().take(ASKED_MAX).map(|product| store::list_suggested(read, product));
    let others = with_all(&lists.collect::<Result<Vec<_>, _>>()?, &there);
    let products = others.iter().filter_map(|slug| book.catalog.products.get(slug));
    let products: Vec<&Product> =
        products.map(AsRef::as_ref).filter(|p| p.is_live()).take(LOOKED_AT).collect();
    if products.is_empty() {
        return Ok(Vec::new());
    }
    let skus = products.iter().flat_map(|product| &product.variants).map(|v| &v.sku);
    let levels = stock::levels_of(read, skus)?;
    let is_there =
        |p: &&&Product| p.variants.iter().any(|v| state_of(&levels, &v.sku) != State::SoldOut);
    let found = products.iter().filter(is_there).take(count);
    Ok(found.map(|product| card(&book.catalog, product, &levels, now)).collect())
}

/// What was bought together with a product: those that are suggested first, then by how often.
///
/// # Errors
/// When the database fails.
pub fn why(read: &Read, product: &str) -> Result<Vec<Reason>, Fault> {
    let Some(orders) = store::find_product(read, product)? else { return Ok(Vec::new()) };
    let all = u32::try_from(store::get_tally(read)?.orders).unwrap_or(u32::MAX);
    let mut others = store::list_others(read, product)?;
    others.sort_by(|a, b| (b.score, b.both, &a.slug).cmp(&(a.score, a.both, &b.slug)));
    let reason = |other: Other| {
        let (both, others) = (other.both, other.orders);
        Reason::of(other, Counts { both, product: orders, other: others, all })
    };
    Ok(others.into_iter().map(reason).collect())
}

/// Products behind `after`, by slug, that something is suggested beside, each with its reasons.
///
/// # Errors
/// When the database fails.
pub fn list(read: &Read, after: &str, limit: u32) -> Result<Vec<(String, Vec<Reason>)>, Fault> {
    let all = u32::try_from(store::get_tally(read)?.orders).unwrap_or(u32::MAX);
    let products = store::list_with_suggestions(read, after, limit)?.into_iter();
    let with_reasons = |product: String| {
        let orders = store::find_product(read, &product)?.unwrap_or_default();
        let others = store::list_suggested_counts(read, &product)?.into_iter();
        let reason = |other: Other| {
            let (both, others) = (other.both, other.orders);
            Reason::of(other, Counts { both, product: orders, other: others, all })
        };
        Ok((product, others.map(reason).collect()))
    };
    products.map(with_reasons).collect()
}

/// How many paid orders are counted, and when the lists were made the last time.
///
/// # Errors
/// When the database fails.
pub fn standing(read: &Read) -> Result<(i64, Option<Instant>), Fault> {
    let tally = store::get_tally(read)?;
    Ok((tally.orders, tally.ranked_at))
}

/// Forgets everything that was counted; whoever calls pushes the baskets again.
///
/// # Errors
/// When the database fails.
pub fn forget(tx: &Tx) -> Result<(), Fault> {
    store::delete_all(tx)
}
