//! Which pages there are. Pure.

use std::collections::HashMap;

use crate::catalog::{BundleType, Catalog};

/// One page to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan<'a> {
    /// `/`
    Home,
    /// A shelf, one of its pages (from 1).
    Category(&'a str, usize),
    /// A product.
    Product(&'a str),
    /// All bundles, or those of one kind.
    Bundles(Option<BundleType>),
    /// A bundle.
    Bundle(&'a str),
    /// Words.
    Words(&'a str),
}

impl Plan<'_> {
    /// The page's address.
    #[must_use]
    pub(super) fn path(&self) -> String {
        match self {
            Self::Home => "/".to_owned(),
            Self::Category(path, 1) => format!("/category/{path}/"),
            Self::Category(path, page) => format!("/category/{path}/page/{page}/"),
            Self::Product(slug) => format!("/product/{slug}/"),
            Self::Bundles(None) => "/bundles/".to_owned(),
            Self::Bundles(Some(kind)) => format!("/bundles/{}/", kind.word()),
            Self::Bundle(slug) => format!("/bundle/{slug}/"),
            Self::Words(slug) => format!("/page/{slug}/"),
        }
    }
}

/// The kinds of bundles, in the order shown.
pub(super) const KINDS: [BundleType; 3] =
    [BundleType::Standard, BundleType::Pro, BundleType::Special];

/// Pages a list of `count` needs; an empty list has one.
#[must_use]
pub(super) fn pages_of(count: usize, page_size: u32) -> usize {
    count.div_ceil((page_size as usize).max(1)).max(1)
}

/// Every page of the shop, in a fixed order.
#[must_use]
pub(super) fn plan(catalog: &Catalog) -> Vec<Plan<'_>> {
    let mut goods: HashMap<&str, usize> = HashMap::new();
    for product in catalog.live_products() {
        let path = product.category.as_str();
        for end in path.match_indices('/').map(|(end, _)| end).chain([path.len()]) {
            *goods.entry(&path[..end]).or_default() += 1;
        }
    }
    let count = |path: &str| goods.get(path).copied().unwrap_or(0);
    plan_of(catalog, count, catalog.live_products().map(|product| product.slug.as_str()))
}

/// The same with the pages of these products only; `count` tells how many products are on a shelf.
#[must_use]
pub(super) fn plan_of<'a>(
    catalog: &'a Catalog,
    count: impl Fn(&str) -> usize,
    products: impl Iterator<Item = &'a str>,
) -> Vec<Plan<'a>> {
    let mut pages = vec![Plan::Home, Plan::Bundles(None)];
    pages.extend(KINDS.map(|kind| Plan::Bundles(Some(kind))));
    for category in &catalog.categories {
        let count = count(&category.path) + bundles_in(catalog, &category.path);
        for page in 1..=pages_of(count, catalog.shop.page_size) {
            pages.push(Plan::Category(&category.path, page));
        }
    }
    pages.extend(products.map(Plan::Product));
    pages.extend(catalog.live_bundles().map(|bundle| Plan::Bundle(&bundle.slug)));
    pages.extend(catalog.pages.iter().map(|page| Plan::Words(&page.slug)));
    pages
}

fn bundles_in(catalog: &Catalog, shelf: &str) -> usize {
    let within = |path: &String| Catalog::is_within(path, shelf);
    catalog.live_bundles().filter(|b| b.category.as_ref().is_some_and(within)).count()
}
