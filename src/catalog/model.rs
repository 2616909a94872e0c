//! The nouns of the catalog: what is sold, as parsed from `content/`.
//!
//! Prices are minor units of the shop's one currency.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use serde::Serialize;

use super::markdown::Words;
use super::model_picture::Picture;
use super::model_shop::Shop;
use crate::base::Instant;
use crate::base::ids::Sku;

/// Whether a thing is on sale, in preparation or gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Being prepared; nobody sees it.
    Draft,
    /// On sale.
    Live,
    /// No longer sold; kept for old orders.
    Archived,
}

/// The line a product belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The usual line.
    Standard,
    /// The professional or studio line.
    Pro,
    /// Limited or one-off.
    Special,
}

impl Tier {
    /// The word used in TOML, addresses and templates.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Pro => "pro",
            Self::Special => "special",
        }
    }
}

/// Whether a thing has been owned before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// Never owned.
    #[default]
    New,
    /// Made good again by its maker or a workshop.
    Refurbished,
    /// Owned before.
    Used,
}

impl Condition {
    /// The word used in TOML and in feeds.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Refurbished => "refurbished",
            Self::Used => "used",
        }
    }
}

/// A period with a lower price; half-open: `from <= now < until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sale {
    /// Price while the sale runs, minor units.
    pub price_minor: i64,
    /// First moment; always when absent.
    pub from: Option<Instant>,
    /// First moment after; never ends when absent.
    pub until: Option<Instant>,
}

impl Sale {
    /// Whether the sale runs at `now`.
    #[must_use]
    pub fn runs(&self, now: Instant) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// One choice a shopper makes: its name and the values offered, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptionAxis {
    /// Such as `Colour`.
    pub name: String,
    /// Such as `Grey`, `Blue`.
    pub values: Vec<String>,
    /// What each value looks like, such as `#8A3B1D`; the last values may lack theirs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub swatches: Vec<String>,
}

/// The buyable unit: one SKU.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// Identity.
    pub sku: Sku,
    /// Former SKUs whose stock and history are this one's.
    pub sku_was: Vec<Sku>,
    /// Option name and value, in the order of the product's axes; empty for a simple product.
    pub options: Vec<(String, String)>,
    /// Regular price, minor units.
    pub price_minor: i64,
    /// Lower price for a time.
    pub sale: Option<Sale>,
    /// While it is reduced, the lowest price of the thirty days before, as the shop has noted it;
    /// no file says it.
    pub prior_minor: Option<i64>,
    /// Global trade item number.
    pub gtin: Option<String>,
    /// Manufacturer part number.
    pub mpn: Option<String>,
    /// Shipping weight in grams.
    pub weight_g: Option<u32>,
    /// Its own picture's file name.
    pub image: Option<String>,
    /// Stock counted once, when the SKU is first seen.
    pub opening: u32,
    /// Low-stock threshold, when it differs from the shop's.
    pub low: Option<u32>,
    /// Most of this SKU in one order.
    pub max_per_order: Option<u32>,
}

impl Variant {
    /// The price at `now`, sale included, minor units.
    #[must_use]
    pub fn price_at(&self, now: Instant) -> i64 {
        match &self.sale {
            Some(sale) if sale.runs(now) => sale.price_minor,
            _ => self.price_minor,
        }
    }

    /// Option values joined for people, such as `Small / Grey`; empty for a simple product.
    #[must_use]
    pub fn label(&self) -> String {
        let values: Vec<&str> = self.options.iter().map(|(_, v)| v.as_str()).collect();
        values.join(" / ")
    }
}

/// One product page: a title and at least one variant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Product {
    /// The file name; the address.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// The merchant's own product code.
    pub code: Option<String>,
    /// Markdown as written.
    pub description: Words,
    /// The same as HTML; markup of the writer's own is shown as text.
    #[serde(skip)]
    pub description_html: String,
    /// Its first words without markup.
    #[serde(skip)]
    pub summary: String,
    /// Path of the category it belongs to, such as `tableware/mugs`.
    pub category: String,
    /// Who makes it.
    pub brand: Option<String>,
    /// The merchant's own word for the kind of thing.
    pub product_type: Option<String>,
    /// Whether it is new.
    pub condition: Condition,
    /// Its line.
    pub tier: Tier,
    /// Words for grouping.
    pub tags: Vec<String>,
    /// Whether it is on sale.
    pub status: Status,
    /// Shown first.
    pub featured: bool,
    /// Pictures fit to be shown; computed, and may be forced off by the editor.
    pub image_ready: bool,
    /// The layout asked of its pictures, when it is not the usual one.
    #[serde(skip)]
    pub image_style: Option<String>,
    /// The day it joined the shop; the newest come first in lists.
    pub published: Option<Date>,
    /// Tax class id; `standard` unless said otherwise.
    pub tax_class: String,
    /// What a shopper chooses; empty for a simple product.
    pub options: Vec<OptionAxis>,
    /// At least one.
    pub variants: Vec<Variant>,
    /// Pictures, the main one first.
    pub images: Vec<Picture>,
    /// Former slugs.
    pub redirect_from: Vec<String>,
    /// Measure sold, such as `1 l`.
    pub unit_pricing_measure: Option<String>,
    /// Measure the unit price is given for, such as `100 ml`.
    pub unit_pricing_base_measure: Option<String>,
    /// Free area for themes.
    pub extra: serde_json::Value,
    /// Names exactly what it was made of: its texts and pictures.
    #[serde(skip)]
    pub digest: u64,
}

impl Product {
    /// Whether it is on sale.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.status == Status::Live
    }

    /// Lowest and highest price of its variants at `now`, minor units.
    #[must_use]
    pub fn price_range(&self, now: Instant) -> (i64, i64) {
        let prices = self.variants.iter().map(|v| v.price_at(now));
        prices.fold((i64::MAX, i64::MIN), |(lo, hi), p| (lo.min(p), hi.max(p)))
    }

    /// The picture that stands for a variant: its own, else the product's first.
    #[must_use]
    pub fn picture_of(&self, variant: &Variant) -> Option<&Picture> {
        let own = variant.image.as_ref();
        own.and_then(|file| self.images.iter().find(|i| &i.file == file)).or(self.images.first())
    }
}

/// Kind of bundle; shoppers filter by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum BundleType {
    /// The usual set.
    Standard,
    /// Holds at least one pro product.
    Pro,
    /// Limited or seasonal.
    Special,
}

impl BundleType {
    /// The word used in TOML, addresses and templates.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Pro => "pro",
            Self::Special => "special",
        }
    }
}

/// One part of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BundleItem {
    /// What.
    pub sku: Sku,
    /// How many in one bundle; at least 1.
    pub qty: u32,
}

/// Products sold together for less.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bundle {
    /// The file name; the address.
    pub slug: String,
    /// What it is called.
    pub title: String,
    /// Kind.
    pub bundle_type: BundleType,
    /// Category path, when it is listed in one.
    pub category: Option<String>,
    /// Whether it is on sale.
    pub status: Status,
    /// Words for grouping.
    pub tags: Vec<String>,
    /// Markdown as written.
    pub description: Words,
    /// Off the sum of the parts, in basis points: 1250 is 12.5 %.
    pub discount_bp: u32,
    /// At least three different SKUs.
    pub items: Vec<BundleItem>,
    /// Its own pictures; the parts' pictures stand in when empty.
    pub images: Vec<Picture>,
}

/// A shelf of the shop; shelves stand inside shelves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Category {
    /// Slugs from the top, joined by `/`.
    pub path: String,
    /// Path of the shelf it stands in.
    pub parent: Option<String>,
    /// What it is called.
    pub title: String,
    /// A sentence about it.
    pub description: String,
    /// Lower comes first.
    pub order: i64,
    /// Google's taxonomy number.
    pub google_product_category: Option<i64>,
    /// What stands for it in lists of shelves; a product's picture when absent.
    pub image: Option<Picture>,
}

/// A page of words: `content/pages/<slug>.md`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The file name; the address.
    pub slug: String,
    /// Heading.
    pub title: String,
    /// For search engines.
    pub description: String,
    /// Markdown as written.
    pub body: Words,
    /// Lower comes first in the footer.
    pub order: i64,
}

/// An old address and where it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redirect {
    /// Path on this shop, starting with `/`.
    pub from: String,
    /// Path on this shop, starting with `/`.
    pub to: String,
}

/// Everything the shop sells at one moment; immutable once made.
#[derive(Clone, Debug, Serialize)]
pub struct Catalog {
    /// The shop itself.
    pub shop: Shop,
    /// All products, by slug, drafts and archived ones included.
    pub products: BTreeMap<String, Arc<Product>>,
    /// All bundles, by slug.
    pub bundles: BTreeMap<String, Bundle>,
    /// Every shelf, parents before children, in the order shown.
    pub categories: Vec<Category>,
    /// Pages of words, in the order shown.
    pub pages: Vec<Page>,
    /// Old addresses, `redirect_from` of products included.
    pub redirects: Vec<Redirect>,
    /// Every SKU and former SKU: slug of its product and position of the variant.
    #[serde(skip)]
    pub skus: Arc<BTreeMap<Sku, (String, usize)>>,
}

impl Catalog {
    /// The product and variant a SKU (or a former SKU) names.
    #[must_use]
    pub fn find(&self, sku: &Sku) -> Option<(&Product, &Variant)> {
        let (slug, position) = self.skus.get(sku)?;
        let product = self.products.get(slug)?;
        Some((product, product.variants.get(*position)?))
    }

    /// Products on sale, by slug.
    pub fn live_products(&self) -> impl Iterator<Item = &Product> {
        self.products.values().map(Arc::as_ref).filter(|p| p.status == Status::Live)
    }

    /// Bundles on sale whose every part is on sale, by slug.
    pub fn live_bundles(&self) -> impl Iterator<Item = &Bundle> {
        self.bundles.values().filter(|b| self.bundle_is_live(b))
    }

    /// Whether a bundle and all its parts are on sale.
    #[must_use]
    pub fn bundle_is_live(&self, bundle: &Bundle) -> bool {
        let part_live = |i: &BundleItem| self.find(&i.sku).is_some_and(|(p, _)| p.is_live());
        bundle.status == Status::Live && bundle.items.iter().all(part_live)
    }

    /// The shelf with this path.
    #[must_use]
    pub fn category(&self, path: &str) -> Option<&Category> {
        self.categories.iter().find(|c| c.path == path)
    }

    /// Whether `path` is `shelf` or stands somewhere inside it.
    #[must_use]
    pub fn is_within(path: &str, shelf: &str) -> bool {
        path == shelf || path.strip_prefix(shelf).is_some_and(|rest| rest.starts_with('/'))
    }
}
