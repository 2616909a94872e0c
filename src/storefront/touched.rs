//! Which pages a small edit can have touched. In a large shop it costs more to find out that ten
//! thousand pages are still true than to draw the few that are not; so they are not asked. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::Making;
use super::edition::{Edition, state_of};
use super::keys::Keys;
use super::page_product::LOOKED_AT;
use super::plan::{Plan, plan_of};
use crate::base::{Instant, differences, differences_of_shared};
use crate::catalog::{Catalog, Product, Variant};
use crate::pricing::Book;
use crate::search::{Levels, bundle_stock};

/// Most products that are not what they were; with more of them every page is looked at.
const FEW: usize = 64;

/// The pages that may be made of something else than those of `former`, in the order of a plan;
/// every other page of `making` is there already and still true. Nothing when that is not known:
/// then every page must be looked at.
pub(super) fn touched<'a>(
    former: &Making,
    making: &'a Making,
    keys: &Keys<'_>,
) -> Option<Vec<Plan<'a>>> {
    let changed = making.goods.changed_since(&former.goods).filter(|all| all.len() <= FEW)?;
    let (was, is) = (former.catalog(), making.catalog());
    let has_same_pages = was.categories == is.categories
        && was.shop.page_size == is.shop.page_size
        && was.bundles == is.bundles
        && was.pages.iter().map(|page| &page.slug).eq(is.pages.iter().map(|page| &page.slug));
    if !has_same_pages || !Keys::new(former).has_same_frame(keys) {
        return None;
    }
    if !Arc::ptr_eq(&former.together, &making.together) {
        return None;
    }
    let mut products: BTreeSet<usize> = changed.iter().copied().collect();
    // Pages lead on to what stands behind their product: where it stands now, and where it stood.
    for goods in [&former.goods, &making.goods] {
        for at in &changed {
            goods.each_before(*at, LOOKED_AT, |before| {
                products.insert(before);
            });
        }
    }
    let slug = |at: usize| making.goods.at(at).product.slug.as_str();
    let names: BTreeSet<&str> = changed.iter().map(|at| slug(*at)).collect();
    let is_named = |other: &String| names.contains(other.as_str());
    let suggest_one = making.together.iter().filter(|(_, others)| others.iter().any(is_named));
    products.extend(suggest_one.filter_map(|(product, _)| making.goods.position(product)));
    let count = |path: &str| making.goods.on_shelf(path).len();
    Some(plan_of(is, count, products.into_iter().map(slug)))
}

/// Products and bundles that are not what they were, or whose stock or price is not.
pub(super) fn changed(
    edition: &Edition,
    was: &Book,
    is_there: &Arc<Levels>,
    is: &Book,
    now: Instant,
) -> BTreeSet<String> {
    let (was_there, then) = (&edition.making.levels, edition.making.now);
    let mut changed = BTreeSet::new();
    let (was, is): (&Catalog, &Catalog) = (&was.catalog, &is.catalog);
    let edited = differences_of_shared(&was.products, &is.products, Arc::ptr_eq);
    changed.extend(edited.into_iter().cloned());
    changed.extend(differences(&was.bundles, &is.bundles, PartialEq::eq).into_iter().cloned());
    if edition.stale_at.is_some_and(|at| at <= now) {
        // A sale may have begun or ended: the files are the same, what they ask is not.
        let costs_else = |v: &Variant| v.sale.is_some() && v.price_at(then) != v.price_at(now);
        let moved = is.products.values().filter(|p| p.variants.iter().any(costs_else));
        changed.extend(moved.map(|product| product.slug.clone()));
    }
    if Arc::ptr_eq(was_there, is_there) {
        return changed;
    }
    let moved = is_there
        .iter()
        .filter(|(sku, level)| was_there.get(*sku).map(state_of) != Some(state_of(level)));
    changed.extend(moved.filter_map(|(sku, _)| Some(is.find(sku)?.0.slug.clone())));
    changed.extend(moved_sets(is, was_there, is_there).cloned());
    changed
}

/// Sets that can be had, or not, or are low, other than before: one part too few is enough,
/// whatever that part's own state.
pub(super) fn moved_sets<'a>(
    catalog: &'a Catalog,
    was: &'a Levels,
    is: &'a Levels,
) -> impl Iterator<Item = &'a String> {
    let state = |levels, bundle| bundle_stock(&catalog.shop, bundle, levels).0;
    let moved = catalog.bundles.values().filter(move |b| state(was, b) != state(is, b));
    moved.map(|bundle| &bundle.slug)
}

/// Whether two catalogs show the same pictures, whatever is said of them, and as much has been made
/// of each.
pub(super) fn has_same_pictures(was: &Catalog, is: &Catalog) -> bool {
    let shown = |product: &Product| -> Vec<_> {
        let all = product.images.iter().chain(&product.description.pictures);
        all.map(|picture| (picture.url.clone(), picture.developed.clone())).collect()
    };
    let same = |(a, b): (&Arc<Product>, &Arc<Product>)| Arc::ptr_eq(a, b) || shown(a) == shown(b);
    let words = |catalog: &Catalog| -> Vec<_> {
        catalog.pages.iter().flat_map(|page| page.body.pictures.clone()).collect()
    };
    was.products.len() == is.products.len()
        && was.products.values().zip(is.products.values()).all(same)
        && was.bundles == is.bundles
        && was.categories == is.categories
        && was.shop.home_image == is.shop.home_image
        && words(was) == words(is)
}
