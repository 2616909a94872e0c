//! Which pages a small edit can have touched. In a large shop it costs more to find out that ten
//! thousand pages are still true than to draw the few that are not; so they are not asked. Pure.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::context::Making;
use super::keys::Keys;
use super::page_product::LOOKED_AT;
use super::plan::{Plan, plan_of};
use crate::catalog::{Catalog, Product};

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
    for (at, good) in making.goods.iter().enumerate() {
        let beside = making.together.with(&good.product.slug);
        if beside.iter().any(|other| names.contains(other.as_str())) {
            products.insert(at);
        }
    }
    let count = |path: &str| making.goods.on_shelf(path).len();
    Some(plan_of(is, count, products.into_iter().map(slug)))
}

/// Whether two catalogs show the same pictures, and as much has been made of each.
pub(super) fn has_same_pictures(was: &Catalog, is: &Catalog) -> bool {
    let same = |(a, b): (&Arc<Product>, &Arc<Product>)| {
        Arc::ptr_eq(a, b)
            || a.images == b.images && a.description.pictures == b.description.pictures
    };
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
