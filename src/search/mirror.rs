//! What lists need to know of a product, taken from the files.

use serde::Serialize;

use super::words::fold;
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Instant};
use crate::catalog::{Catalog, Product};

/// Raised whenever a row is made differently, so that an upgraded program mirrors all anew.
const FORM: u32 = 1;

/// A product as it is mirrored.
#[derive(Serialize)]
pub(super) struct Row {
    pub slug: String,
    pub title: String,
    pub title_folded: String,
    pub tier: &'static str,
    pub featured: bool,
    pub price_minor: i64,
    /// ISO date; empty when the files give none, which sorts last among the newest.
    pub published: String,
    /// The product's own shelf and all above it.
    pub shelves: Vec<String>,
    pub tags: Vec<String>,
    /// Brand, kind, tags, options and shelves, to look for.
    pub words: String,
    /// SKUs and the merchant's own code, to look for.
    pub skus: String,
    pub description: String,
}

impl Row {
    /// Takes what is needed from a product; the price is the lowest at `now`.
    pub(super) fn of(catalog: &Catalog, product: &Product, now: Instant) -> Self {
        let shelves = shelves(&product.category);
        let titles = shelves.iter().filter_map(|path| catalog.category(path)).map(|c| &c.title);
        let options = product.options.iter().flat_map(|axis| &axis.values);
        let kind = product.brand.iter().chain(&product.product_type);
        let words: Vec<&str> =
            kind.chain(&product.tags).chain(options).chain(titles).map(String::as_str).collect();
        let skus = product.variants.iter().map(|variant| variant.sku.as_str());
        let skus: Vec<&str> = skus.chain(product.code.as_deref()).collect();
        let mut tags = product.tags.clone();
        tags.sort();
        tags.dedup();
        Self {
            slug: product.slug.clone(),
            title: product.title.clone(),
            title_folded: fold(&product.title),
            tier: product.tier.word(),
            featured: product.featured,
            price_minor: product.price_range(now).0,
            published: product.published.map(|day| day.to_string()).unwrap_or_default(),
            words: words.join(" "),
            skus: skus.join(" "),
            description: product.description.clone(),
            shelves,
            tags,
        }
    }

    /// Names exactly this row.
    pub(super) fn digest(&self) -> Result<String, Fault> {
        Ok(sha256_hex(&serde_json::to_vec(&(FORM, self))?))
    }
}

/// `a/b/c` → `a/b/c`, `a/b`, `a`.
fn shelves(path: &str) -> Vec<String> {
    let above = path.match_indices('/').map(|(at, _)| path[..at].to_owned());
    std::iter::once(path.to_owned()).chain(above).collect()
}
