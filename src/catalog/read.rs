//! From files to a catalog: every file is read, whatever the others hold.

use std::collections::{BTreeMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use super::model::{Catalog, Product, Redirect, Status};
use super::model_picture::PictureStyles;
use super::{check, check_pictures, check_redirects, check_words};
use super::{read_bundle, read_page, read_product, read_shelf, read_shop};
use crate::base::Currency;
use crate::platform::content::{Complaints, Table, Tree};

/// What every reader needs.
pub(super) struct Reading<'a> {
    pub(super) tree: &'a Tree,
    pub(super) complaints: &'a Complaints,
    pub(super) currency: Currency,
    /// None when the shop itself could not be read.
    pub(super) styles: Option<&'a PictureStyles>,
}

/// `status`, live unless it says otherwise.
pub(super) fn status(table: &mut Table<'_>) -> Status {
    table.get("status").one_of(super::values::STATUS).unwrap_or(Status::Live)
}

/// A catalog made before, from files most of which are still the same.
pub struct Former<'a> {
    /// Its files.
    pub tree: &'a Tree,
    /// What was made of them.
    pub catalog: &'a Catalog,
    /// Files somebody should look at: they are read again, so that it is said again.
    pub complained: &'a HashSet<&'a str>,
}

/// Products a thread should have to read before it is worth starting one.
const SHARE_MIN: usize = 64;

/// Reads the catalog and checks it as a whole, gathering every mistake. What `former` made of
/// files that have not changed is used again.
///
/// The answer is there whenever `shop.toml` could be read at all, so that others can check
/// against it; it may be used only when `complaints` holds no error.
pub fn read(tree: &Tree, complaints: &Complaints, former: Option<&Former<'_>>) -> Option<Catalog> {
    let shop = read_shop::read(tree, complaints);
    let currency = shop.as_ref().map(|s| s.currency).or_else(|| Currency::parse("IQD"));
    let styles = shop.as_ref().map(|s| s.picture_styles.clone());
    let styles = styles.as_ref();
    let r = Reading { tree, complaints, currency: currency.unwrap_or(Currency::GBP), styles };
    let former = former.filter(|former| {
        let before = &former.catalog.shop;
        before.currency == r.currency && Some(&before.picture_styles) == styles
    });
    if let Some(styles) = styles {
        check_pictures::usual_style(&r, styles);
    }
    let products = products(&r, former);
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
        skus: Arc::default(),
    };
    catalog.skus = Arc::new(check::identity(&r, &catalog));
    check::references(&r, &catalog);
    check_pictures::check(&r, &catalog);
    check_words::check(&r, &catalog);
    check_redirects::shorten(&mut catalog.redirects);
    Some(catalog)
}

/// Reads every product, on all cores when there are many.
fn products(r: &Reading<'_>, former: Option<&Former<'_>>) -> BTreeMap<String, Arc<Product>> {
    let files: Vec<(&str, &str, &str)> = r
        .tree
        .texts("products/", "toml")
        .filter_map(|(slug, path, text)| Some((slug, path, text?)))
        .collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(cores).max(SHARE_MIN);
    let (tree, currency, styles) = (r.tree, r.currency, r.styles);
    let mut all = Vec::with_capacity(files.len());
    thread::scope(|scope| {
        let shares = files.chunks(share);
        let workers: Vec<_> = shares
            .map(|files| scope.spawn(move || read_share((tree, currency, styles), files, former)))
            .collect();
        for worker in workers {
            match worker.join() {
                Ok((read, complaints)) => {
                    all.extend(read);
                    r.complaints.absorb(complaints);
                }
                Err(panic) => resume_unwind(panic),
            }
        }
    });
    all.into_iter().map(|product| (product.slug.clone(), product)).collect()
}

/// Products from their files, and what is wrong with them; for one thread.
fn read_share(
    (tree, currency, styles): (&Tree, Currency, Option<&PictureStyles>),
    files: &[(&str, &str, &str)],
    former: Option<&Former<'_>>,
) -> (Vec<Arc<Product>>, Complaints) {
    let complaints = Complaints::new();
    let r = Reading { tree, complaints: &complaints, currency, styles };
    let read = files.iter().map(|file| product(&r, *file, former)).collect();
    (read, complaints)
}

/// One product, the former one when nothing it was made of has changed.
fn product(
    r: &Reading<'_>,
    (slug, path, text): (&str, &str, &str),
    former: Option<&Former<'_>>,
) -> Arc<Product> {
    let kept = former.and_then(|former| {
        let product = former.catalog.products.get(slug)?;
        let beside = format!("products/{slug}.md");
        let pictures = product.images.iter().chain(&product.description.pictures);
        let pictures = pictures.map(|p| format!("images/{}", p.file));
        let made_of = [path.to_owned(), beside].into_iter().chain(pictures);
        let same = !former.complained.contains(path) && made_of_same(r.tree, former, made_of);
        same.then(|| Arc::clone(product))
    });
    kept.unwrap_or_else(|| {
        let mut product = read_product::read(r, slug, path, text);
        check_pictures::check_product(r, &mut product);
        Arc::new(product)
    })
}

fn made_of_same(tree: &Tree, former: &Former<'_>, mut files: impl Iterator<Item = String>) -> bool {
    files.all(|file| tree.is_same(former.tree, &file))
}

/// The catalog after a change to a few products that left every name as it was: nothing that
/// holds between files needs another look. `None` when more has changed than that.
#[must_use]
pub fn read_again(
    tree: &Tree,
    complaints: &Complaints,
    former: &Former<'_>,
    changed: &[String],
) -> Option<Catalog> {
    let shop = &former.catalog.shop;
    let (currency, styles) = (shop.currency, Some(&shop.picture_styles));
    let r = Reading { tree, complaints, currency, styles };
    let mut catalog = former.catalog.clone();
    for path in changed {
        let name = path.strip_prefix("products/")?;
        let slug = name.strip_suffix(".toml").or_else(|| name.strip_suffix(".md"))?;
        let path = format!("products/{slug}.toml");
        let known = catalog.products.get_mut(slug)?;
        let mut product = read_product::read(&r, slug, &path, tree.text(&path)?);
        check_pictures::check_product(&r, &mut product);
        if complaints.errors() > 0 || !has_same_names(known, &product) {
            return None;
        }
        check::options_used(&r, &product);
        check_words::check_product(&r, former.catalog, &product);
        *known = Arc::new(product);
    }
    Some(catalog)
}

/// Whether everything that other files may refer to, or that must be unique, is as it was.
fn has_same_names(one: &Product, other: &Product) -> bool {
    let key =
        |p: &Product| (p.status, p.tier, p.code.clone(), p.category.clone(), p.tax_class.clone());
    let lists = |p: &Product| (p.tags.clone(), p.redirect_from.clone());
    let variants = |p: &Product| -> Vec<_> {
        p.variants.iter().map(|v| (v.sku.clone(), v.sku_was.clone(), v.gtin.clone())).collect()
    };
    key(one) == key(other) && lists(one) == lists(other) && variants(one) == variants(other)
}
