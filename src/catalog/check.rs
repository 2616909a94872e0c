//! Rules that hold between files: identity and references.

use std::collections::{BTreeMap, HashMap};

use super::check_redirects;
use super::model::{Bundle, BundleType, Catalog, Product, Status, Tier, Variant};
use super::read::Reading;
use super::read_bundle::PRODUCTS_MIN;
use crate::base::ids::Sku;
use crate::platform::content::{Place, Wrong};

/// A product's file.
pub(super) fn product_file(product: &Product) -> String {
    format!("products/{}.toml", product.slug)
}

/// A bundle's file.
pub(super) fn bundle_file(bundle: &Bundle) -> String {
    format!("bundles/{}.toml", bundle.slug)
}

/// Where a key of a variant stands: in its own table, or at the top of a simple product.
pub(super) fn variant_place(r: &Reading<'_>, product: &Product, at: usize, key: &str) -> Place {
    let file = product_file(product);
    let inside = r.tree.place(&file, &format!("variants.{at}.{key}"));
    if inside.span.is_empty() { r.tree.place(&file, key) } else { inside }
}

/// Who owns each SKU and former SKU. Two owners of one are a mistake.
pub(super) fn identity(r: &Reading<'_>, catalog: &Catalog) -> BTreeMap<Sku, (String, usize)> {
    let mut owners: BTreeMap<Sku, (String, usize)> = BTreeMap::new();
    for (product, at, variant) in variants(catalog) {
        if variant.sku.as_str().is_empty() {
            continue;
        }
        if let Some((slug, _)) = owners.get(&variant.sku) {
            let message = match slug == &product.slug {
                true => format!("the SKU {} stands twice in this file", variant.sku),
                false => format!("the SKU {} belongs to products/{slug}.toml already", variant.sku),
            };
            let wrong = Wrong::error("sku-duplicate", message).hint("give one of them another SKU");
            r.complaints.add(variant_place(r, product, at, "sku"), wrong);
            continue;
        }
        owners.insert(variant.sku.clone(), (product.slug.clone(), at));
    }
    let mut former: BTreeMap<Sku, (String, usize)> = BTreeMap::new();
    for (product, at, variant) in variants(catalog) {
        for (position, old) in variant.sku_was.iter().enumerate() {
            let place = || variant_place(r, product, at, &format!("sku_was.{position}"));
            if let Some((slug, _)) = owners.get(old) {
                let message = format!("{old} is still the SKU of products/{slug}.toml");
                let wrong = Wrong::error("sku-was-taken", message);
                let hint = "a former SKU names something that is sold under a new one; remove it";
                r.complaints.add(place(), wrong.hint(hint));
            } else if let Some((slug, _)) = former.get(old) {
                let message = format!("{old} is a former SKU in products/{slug}.toml already");
                let wrong = Wrong::error("sku-was-duplicate", message);
                r.complaints.add(place(), wrong.hint("stock and history can move to one only"));
            } else {
                former.insert(old.clone(), (product.slug.clone(), at));
            }
        }
    }
    owners.append(&mut former);
    owners
}

fn variants(catalog: &Catalog) -> impl Iterator<Item = (&Product, usize, &Variant)> {
    let each = |p| std::iter::repeat(p);
    let products = catalog.products.values().map(AsRef::as_ref);
    products.flat_map(move |p| each(p).zip(&p.variants).enumerate().map(|(at, (p, v))| (p, at, v)))
}

/// Everything that names something else: categories, codes, options, bundles, redirects.
pub(super) fn references(r: &Reading<'_>, catalog: &Catalog) {
    let mut codes: HashMap<&str, &str> = HashMap::new();
    let mut gtins: HashMap<&str, &str> = HashMap::new();
    for product in catalog.products.values() {
        let file = product_file(product);
        shelf_exists(r, catalog, &file, &product.category);
        if let Some(code) = &product.code
            && let Some(other) = codes.insert(code, &product.slug)
        {
            let message = format!("the code \"{code}\" belongs to products/{other}.toml already");
            let wrong = Wrong::error("code-duplicate", message);
            r.complaints.add(r.tree.place(&file, "code"), wrong.hint("give one another code"));
        }
        for (at, variant) in product.variants.iter().enumerate() {
            if let Some(gtin) = &variant.gtin
                && let Some(other) = gtins.insert(gtin, &product.slug)
            {
                let message = format!("the GTIN {gtin} stands in products/{other}.toml, too");
                let wrong = Wrong::warning("gtin-duplicate", message);
                let wrong = wrong.hint("each thing with a barcode has its own");
                r.complaints.add(variant_place(r, product, at, "gtin"), wrong);
            }
        }
        options_used(r, product);
    }
    for bundle in catalog.bundles.values() {
        if let Some(category) = &bundle.category {
            shelf_exists(r, catalog, &bundle_file(bundle), category);
        }
        bundle_parts(r, catalog, bundle);
    }
    check_redirects::check(r, catalog);
}

fn shelf_exists(r: &Reading<'_>, catalog: &Catalog, file: &str, category: &str) {
    let known = category.is_empty() || catalog.category(category).is_some();
    if known || !r.complaints.names_complete() {
        return;
    }
    let wrong = Wrong::error("category-unknown", format!("there is no category \"{category}\""));
    let close = |path: &str| strsim::damerau_levenshtein(path, category);
    let nearest = catalog.categories.iter().map(|c| (close(&c.path), &c.path)).min();
    let child = catalog.categories.iter().find(|c| c.path.ends_with(&format!("/{category}")));
    let likely = child.map(|c| &c.path);
    let likely = likely.or(nearest.filter(|(d, _)| *d <= category.len() / 3).map(|(_, p)| p));
    let wrong = match likely {
        Some(path) => wrong.hint(format!("did you mean \"{path}\"?")).fix(format!("\"{path}\"")),
        None => {
            let top = category.split('/').next().unwrap_or(category);
            wrong.hint(format!("add it in content/categories/{top}.toml, or name another one"))
        }
    };
    r.complaints.add(r.tree.place(file, "category"), wrong);
}

/// A value nobody can choose is a promise the page cannot keep.
pub(super) fn options_used(r: &Reading<'_>, product: &Product) {
    if r.complaints.has_errors(&product_file(product)) {
        return;
    }
    for (at, axis) in product.options.iter().enumerate() {
        for (position, value) in axis.values.iter().enumerate() {
            let pair = |(n, v): &(String, String)| *n == axis.name && v == value;
            if !product.variants.iter().any(|v| v.options.iter().any(pair)) {
                let message = format!("no variant has {} \"{value}\"", axis.name);
                let wrong = Wrong::warning("option-value-unused", message);
                let path = format!("options.{at}.values.{position}");
                let place = r.tree.place(&product_file(product), &path);
                r.complaints.add(place, wrong.hint("add a variant with it, or remove the value"));
            }
        }
    }
}

/// S2.81, S2.99, S2.100: at least three different products, none twice, pro with a pro product.
fn bundle_parts(r: &Reading<'_>, catalog: &Catalog, bundle: &Bundle) {
    let file = bundle_file(bundle);
    let mut parts: Vec<&Product> = Vec::new();
    let mut certain = r.complaints.names_complete() && !r.complaints.has_errors(&file);
    for (at, item) in bundle.items.iter().enumerate() {
        let place = || r.tree.place(&file, &format!("items.{at}.sku"));
        let sku = &item.sku;
        let Some((product, _)) = catalog.find(sku) else {
            if !sku.as_str().is_empty() && r.complaints.names_complete() {
                r.complaints.add(place(), sku_unknown(catalog, sku));
            }
            certain = false;
            continue;
        };
        if parts.iter().any(|p| p.slug == product.slug) {
            let message = format!("the bundle holds \"{}\" twice", product.title);
            let wrong = Wrong::error("bundle-duplicate", message);
            r.complaints.add(place(), wrong.hint("raise qty, or choose another product"));
            certain = false;
            continue;
        }
        if bundle.status == Status::Live && product.status != Status::Live {
            let message =
                format!("\"{}\" ({sku}) is not live, so the bundle cannot be sold", product.title);
            let hint = format!(
                "set status = \"live\" in products/{}.toml, or make the bundle a draft",
                product.slug
            );
            r.complaints.add(place(), Wrong::error("bundle-part-not-live", message).hint(hint));
        }
        certain &= !r.complaints.has_errors(&product_file(product));
        parts.push(product);
    }
    if certain && !bundle.items.is_empty() && parts.len() < PRODUCTS_MIN {
        let message = format!(
            "a bundle needs at least {PRODUCTS_MIN} different products; this one has {}",
            parts.len()
        );
        let wrong = Wrong::error("bundle-too-few", message);
        r.complaints
            .add(r.tree.place(&file, "items.0"), wrong.hint("add [[items]] with other products"));
    }
    let pro = parts.iter().any(|p| p.tier == Tier::Pro);
    if certain && bundle.bundle_type == BundleType::Pro && !pro && !parts.is_empty() {
        let wrong = Wrong::error("bundle-not-pro", "a pro bundle needs at least one pro product");
        let hint = "add a product with tier = \"pro\", or write bundle_type = \"standard\"";
        r.complaints.add(r.tree.place(&file, "bundle_type"), wrong.hint(hint));
    }
}

/// "There is no such SKU", with the nearest one there is.
#[must_use]
pub fn sku_unknown(catalog: &Catalog, sku: &Sku) -> Wrong {
    let wrong = Wrong::error("sku-unknown", format!("no product has the SKU {sku}"));
    let close = |known: &Sku| strsim::damerau_levenshtein(known.as_str(), sku.as_str());
    let nearest = catalog.skus.keys().map(|known| (close(known), known)).min();
    match nearest.filter(|(distance, _)| *distance <= 2) {
        Some((_, known)) => {
            wrong.hint(format!("did you mean {known}?")).fix(format!("\"{known}\""))
        }
        None => wrong.hint("write the SKU of a product or variant exactly"),
    }
}
