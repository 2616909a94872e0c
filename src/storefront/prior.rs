//! Noting the prices buyers are shown, saying beside a reduced one what was asked before, and when
//! the next one changes by itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::context::Making;
use super::store;
use crate::base::fault::{Failure, Never};
use crate::base::ids::Sku;
use crate::base::{Currency, Fault, Instant, differences_of_shared};
use crate::catalog::{Catalog, Product, Variant};
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};
use crate::pricing::{Book, Shown, first_needed, prior_price};

/// A book that says of reduced prices what was asked before, and what has to be noted when it is
/// put in force.
pub struct LookedBack {
    /// The book.
    pub book: Arc<Book>,
    /// Prices that are others than those noted last.
    pub unnoted: Vec<Unnoted>,
}

/// A price that is shown from now on.
pub struct Unnoted {
    sku: Sku,
    currency: Currency,
    shown: Shown,
    /// What the SKU cost before this moment cannot matter any more.
    needed_from: Instant,
}

/// Looks back at the prices of these products. The book is the same where nothing is new.
///
/// # Errors
/// When the database fails.
pub fn look_back<'a>(
    read: &Read,
    book: Arc<Book>,
    slugs: impl IntoIterator<Item = &'a str>,
    now: Instant,
) -> Result<LookedBack, Fault> {
    let (mut unnoted, mut others) = (Vec::new(), Vec::new());
    let products = slugs.into_iter().filter_map(|slug| book.catalog.products.get(slug));
    let products: Vec<_> = products.filter(|product| product.is_live()).collect();
    let currency = book.catalog.shop.currency;
    let variants = products.iter().flat_map(|product| &product.variants);
    let skus = variants.flat_map(|variant| variant.sku_was.iter().chain([&variant.sku]));
    let known = store::list_shown(read, skus, currency, now)?;
    for product in products {
        let mut told = Vec::with_capacity(product.variants.len());
        for variant in &product.variants {
            let present = shown(variant, now);
            let mut all = history(&known, variant);
            // A new name is noted at once: the former one may go from the files.
            let is_new = !known.contains_key(variant.sku.as_str());
            if is_new || all.last().is_none_or(|last| !last.is_same(&present)) {
                all.push(present);
                let (sku, needed_from) = (variant.sku.clone(), all[first_needed(&all)].since);
                unnoted.push(Unnoted { sku, currency, shown: present, needed_from });
            }
            told.push(prior_price(&all).filter(|_| book.catalog.shop.show_prior_price));
        }
        if product.variants.iter().zip(&told).any(|(variant, told)| variant.prior_minor != *told) {
            others.push((Arc::clone(product), told));
        }
    }
    let book = if others.is_empty() { book } else { telling(&book, others) };
    Ok(LookedBack { book, unnoted })
}

/// What a variant cost under all the names it had, in the order of time.
fn history(known: &HashMap<String, Vec<Shown>>, variant: &Variant) -> Vec<Shown> {
    let names = variant.sku_was.iter().chain([&variant.sku]);
    let mut all: Vec<Shown> =
        names.filter_map(|sku| known.get(sku.as_str())).flatten().copied().collect();
    all.sort_by_key(|one| one.since);
    all
}

fn shown(variant: &Variant, now: Instant) -> Shown {
    let price_minor = variant.price_at(now);
    Shown { since: now, price_minor, is_reduced: price_minor < variant.price_minor }
}

fn telling(book: &Book, others: Vec<(Arc<Product>, Vec<Option<i64>>)>) -> Arc<Book> {
    let mut catalog = (*book.catalog).clone();
    for (mut product, told) in others {
        let variants = &mut Arc::make_mut(&mut product).variants;
        variants.iter_mut().zip(told).for_each(|(variant, told)| variant.prior_minor = told);
        catalog.products.insert(product.slug.clone(), product);
    }
    Arc::new(Book { catalog: Arc::new(catalog), ..book.clone() })
}

/// Notes prices that are shown from now on.
///
/// # Errors
/// When the database fails.
pub(super) fn note_shown(tx: &Tx, prices: &[Unnoted]) -> Result<(), Fault> {
    prices.iter().try_for_each(|price| {
        let Unnoted { sku, currency, shown, needed_from } = price;
        store::insert_shown(tx, sku, *currency, shown)?;
        store::delete_shown(tx, sku, *currency, *needed_from)
    })
}

/// The book with what stood before each reduction: all of it at the start; later that of products
/// that were edited, and of all with a sale when one has begun or ended, or the shop no longer
/// tells, or does again.
pub(super) fn with_prior(
    kit: &Kit,
    book: Arc<Book>,
    former: Option<&Arc<Making>>,
    now: Instant,
) -> Result<LookedBack, Fault> {
    let products = &book.catalog.products;
    let slugs: BTreeSet<String> = match former {
        None => products.keys().cloned().collect(),
        Some(former) => {
            let before = &former.book.catalog.products;
            let edited = differences_of_shared(before, products, Arc::ptr_eq).into_iter().cloned();
            let tells = |book: &Book| book.catalog.shop.show_prior_price;
            let is_other =
                former.sales_at.is_some_and(|at| at <= now) || tells(&former.book) != tells(&book);
            let on_sale = products.values().filter(|product| {
                is_other && product.variants.iter().any(|variant| variant.sale.is_some())
            });
            edited.chain(on_sale.map(|product| product.slug.clone())).collect()
        }
    };
    if slugs.is_empty() {
        return Ok(LookedBack { book, unnoted: Vec::new() });
    }
    Ok(kit.db.read_blocking(|read| {
        let slugs = slugs.iter().map(String::as_str);
        Ok::<_, Failure<Never>>(look_back(read, Arc::clone(&book), slugs, now)?)
    })?)
}

/// The next moment at which a sale begins or ends: pages show prices, not promotions. As long as
/// that of a `former` catalog is ahead, only what was edited since can move it.
pub(super) fn next_change(
    catalog: &Catalog,
    now: Instant,
    former: Option<(&Catalog, Option<Instant>)>,
) -> Option<Instant> {
    let (is, ahead) = (&catalog.products, |at: &Instant| *at > now);
    if let Some((was, known)) = former.filter(|(_, known)| known.as_ref().is_none_or(ahead)) {
        let was = &was.products;
        let edited = differences_of_shared(was, is, Arc::ptr_eq);
        let of = |all: &BTreeMap<String, Arc<Product>>| {
            let products = edited.iter().filter_map(|slug| all.get(*slug));
            products.flat_map(|product| turns(product)).filter(ahead).min()
        };
        if known.is_none() || of(was) != known {
            return [known, of(is)].into_iter().flatten().min();
        }
    }
    is.values().flat_map(|product| turns(product)).filter(ahead).min()
}

/// When the sales of a product begin and end.
fn turns(product: &Product) -> impl Iterator<Item = Instant> {
    let sales = product.variants.iter().filter_map(|v| v.sale.as_ref());
    sales.flat_map(|sale| [sale.from, sale.until]).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::Sale;
    use crate::pricing::sample::Sample;

    /// Products that are on sale from one moment to another, or not at all.
    fn catalog(sales: &[Option<(i64, i64)>]) -> Catalog {
        let add = |sample: Sample, (at, sale): (usize, &Option<(i64, i64)>)| {
            let sample = sample.product(&format!("S-{at}"), "Thing", 200).on_sale(100);
            sample.with(|product| {
                let ends = |(from, until)| (Some(Instant(from)), Some(Instant(until)));
                let (from, until) = sale.map_or((None, None), ends);
                let sale = product.variants[0].sale.take();
                product.variants[0].sale = sale.map(|sale| Sale { from, until, ..sale });
            })
        };
        (*sales.iter().enumerate().fold(Sample::new(), add).book().catalog).clone()
    }

    proptest! {
        // N11: after an edit the next change of a price is what it is in a shop made from nothing.
        #[test]
        fn the_next_change_follows_an_edit(
            was in prop::collection::vec(prop::option::of((0..20_i64, 0..20_i64)), 1..6),
            edited in any::<prop::sample::Index>(),
            sale in prop::option::of((0..20_i64, 0..20_i64)),
            (then, later) in (0..20_i64, 0..20_i64),
        ) {
            let (before, mut sales) = (catalog(&was), was.clone());
            let edited = edited.index(was.len());
            sales[edited] = sale;
            let mut after = before.clone();
            let other = catalog(&sales);
            let slug = other.products.keys().nth(edited).unwrap().clone();
            after.products.insert(slug.clone(), Arc::clone(&other.products[&slug]));
            let (then, now) = (Instant(then), Instant(then + later));
            let known = next_change(&before, then, None);
            prop_assert_eq!(
                next_change(&after, now, Some((&before, known))), next_change(&after, now, None)
            );
        }
    }
}
