//! From files to a catalog: every file is read, whatever the others hold.

use std::collections::BTreeMap;

use super::model::{Catalog, Redirect, Status};
use super::{check, check_pictures, check_redirects, check_words};
use super::{read_bundle, read_page, read_product, read_shelf, read_shop};
use crate::base::Currency;
use crate::platform::content::{Complaints, Table, Tree};

/// What every reader needs.
pub(super) struct Reading<'a> {
    pub(super) tree: &'a Tree,
    pub(super) complaints: &'a Complaints,
    pub(super) currency: Currency,
}

/// `status`, live unless it says otherwise.
pub(super) fn status(table: &mut Table<'_>) -> Status {
    table.get("status").one_of(super::values::STATUS).unwrap_or(Status::Live)
}

/// Reads the catalog and checks it as a whole, gathering every mistake.
///
/// The answer is there whenever `shop.toml` could be read at all, so that others can check
/// against it; it may be used only when `complaints` holds no error.
pub fn read(tree: &Tree, complaints: &Complaints) -> Option<Catalog> {
    let shop = read_shop::read(tree, complaints);
    let currency = shop.as_ref().map(|s| s.currency).or_else(|| Currency::parse("KWD"));
    let r = Reading { tree, complaints, currency: currency.unwrap_or(Currency::GBP) };
    let mut products = BTreeMap::new();
    for (slug, path, text) in tree.texts("products/", "toml") {
        if let Some(text) = text {
            products.insert(slug.to_owned(), read_product::read(&r, slug, path, text));
        }
    }
    let mut redirects: Vec<Redirect> = read_page::redirects(&r);
    let mut bundles = BTreeMap::new();
    for (slug, path, text) in tree.texts("bundles/", "toml") {
        if let Some(text) = text {
            let bundle = read_bundle::read(&r, slug, path, text, &mut redirects);
            bundles.insert(slug.to_owned(), bundle);
        }
    }
    let categories = read_shelf::read(&r, &mut redirects);
    for product in products.values() {
        redirects.extend(product.redirect_from.iter().map(|old| Redirect {
            from: format!("/product/{old}/"),
            to: format!("/product/{}/", product.slug),
        }));
    }
    let pages = read_page::pages(&r, &mut redirects);
    let mut catalog = Catalog {
        shop: shop?,
        products,
        bundles,
        categories,
        pages,
        redirects,
        skus: BTreeMap::new(),
    };
    catalog.skus = check::identity(&r, &catalog);
    check::references(&r, &catalog);
    check_pictures::check(&r, &mut catalog);
    check_words::check(&r, &catalog);
    check_redirects::shorten(&mut catalog.redirects);
    Some(catalog)
}
