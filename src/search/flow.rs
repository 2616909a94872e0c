//! What happens, in order: a list is made from the index, then drawn with the stock of the moment.

use std::borrow::Cow;

use super::card::{Card, Levels, bundle_card, card};
use super::entry::Kind;
use super::facet_counts::facet_counts;
use super::index::{Index, Thing};
use super::list::List;
use super::model::{Found, Query, Refusal, Sort};
use crate::base::ids::Sku;
use crate::base::{Failure, Fault, Instant, refuse};
use crate::catalog::{Catalog, Shop, StockShow};
use crate::platform::db::Read;
use crate::stock::{self, State};

/// Products shown where nothing was found.
const POPULAR: usize = 4;

/// Finds products and sets. The database is asked once, for the stock of those on the page.
///
/// # Errors
/// [`Refusal::BadFilter`] for a page after the last one.
pub fn find(
    read: &Read,
    index: &Index,
    query: &Query,
    now: Instant,
) -> Result<Found, Failure<Refusal>> {
    let shop = &index.book.catalog.shop;
    let size = usize::try_from(shop.page_size.max(1)).unwrap_or(usize::MAX);
    let before = size.saturating_mul(usize::try_from(query.page - 1).unwrap_or(usize::MAX));
    let list = index.list(query, before.saturating_add(size));
    let pages = u32::try_from(list.slots.len().div_ceil(size).max(1)).unwrap_or(u32::MAX);
    if query.page > pages {
        let last = if pages == 1 {
            "There is only one page.".to_owned()
        } else {
            format!("There are only {pages} pages.")
        };
        return refuse(Refusal::bad("page", last, "Go back to the first page."));
    }
    let page: Vec<u32> = list.slots.iter().skip(before).take(size).copied().collect();
    Ok(Found {
        cards: cards(read, index, &page, now)?,
        count: list.slots.len(),
        page: query.page,
        pages,
        facets: facet_counts(index, query, &list.counts),
        prices: list.counts.prices,
        repaired: repaired(&list),
    })
}

fn repaired(list: &List) -> Option<String> {
    list.is_repaired.then(|| list.words.join(" "))
}

/// Draws things with the stock of the moment, in one statement.
fn cards(read: &Read, index: &Index, slots: &[u32], now: Instant) -> Result<Vec<Card>, Fault> {
    let catalog = &index.book.catalog;
    let things: Vec<&Thing> = slots.iter().filter_map(|slot| index.thing(*slot)).collect();
    let skus = things.iter().flat_map(|thing| skus(catalog, thing));
    let levels = stock::levels_of(read, skus)?;
    let levels = told(&levels, &catalog.shop);
    Ok(things.iter().filter_map(|thing| draw(catalog, thing, &levels, now)).collect())
}

fn skus<'a>(catalog: &'a Catalog, thing: &Thing) -> Vec<&'a Sku> {
    match thing.kind {
        Kind::Product => {
            let product = catalog.products.get(thing.slug.as_ref());
            product.into_iter().flat_map(|p| &p.variants).map(|v| &v.sku).collect()
        }
        Kind::Bundle => {
            let bundle = catalog.bundles.get(thing.slug.as_ref());
            bundle.into_iter().flat_map(|b| &b.items).map(|item| &item.sku).collect()
        }
    }
}

/// The card of a product or set.
pub(super) fn draw(
    catalog: &Catalog,
    thing: &Thing,
    levels: &Levels,
    now: Instant,
) -> Option<Card> {
    match thing.kind {
        Kind::Product => {
            let product = catalog.products.get(thing.slug.as_ref())?;
            Some(card(catalog, product, levels, now))
        }
        Kind::Bundle => {
            let bundle = catalog.bundles.get(thing.slug.as_ref())?;
            Some(bundle_card(catalog, bundle, levels, now)?.as_card())
        }
    }
}

/// Levels as this shop tells them: a shop that hides them never says that something is low.
#[must_use]
pub fn told<'a>(levels: &'a Levels, shop: &Shop) -> Cow<'a, Levels> {
    if shop.stock_show != StockShow::Hidden {
        return Cow::Borrowed(levels);
    }
    let mut levels = levels.clone();
    for level in levels.values_mut() {
        level.low = 0;
    }
    Cow::Owned(levels)
}

/// A few products to offer where nothing was found: what the merchant puts forward, then the
/// newest; only what can be bought.
///
/// # Errors
/// When the database fails.
pub fn popular(read: &Read, index: &Index, now: Instant) -> Result<Vec<Card>, Fault> {
    let newest = index.ordered(Sort::Newest).iter().filter(|slot| {
        let row = index.rows.get(**slot as usize);
        let is_product = index.thing(**slot).is_some_and(|thing| thing.kind == Kind::Product);
        is_product && row.is_some_and(|row| row.state != State::SoldOut)
    });
    let is_featured = |slot: &&u32| index.thing(**slot).is_some_and(|thing| thing.featured);
    let (featured, others): (Vec<&u32>, Vec<&u32>) = newest.partition(is_featured);
    let slots: Vec<u32> = featured.into_iter().chain(others).take(POPULAR).copied().collect();
    cards(read, index, &slots, now)
}
