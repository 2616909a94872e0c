//! One product, and one SKU's availability, as programs read them.

use serde::Serialize;
use serde_json::{Value, json};

use super::card::{Levels, PictureView, card, max_qty_of, state_of};
use super::measure::unit_price;
use crate::base::Instant;
use crate::base::ids::Sku;
use crate::catalog::{Catalog, Product, Shop, StockShow, Variant};
use crate::stock::State;

/// Availability as the shop tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Availability {
    /// In a word.
    pub state: State,
    /// Units left; only when low, and only when the shop shows numbers.
    pub left: Option<u32>,
}

impl Availability {
    pub(super) fn of(shop: &Shop, levels: &Levels, sku: &Sku) -> Self {
        let state = state_of(levels, sku);
        let told = shop.stock_show == StockShow::ExactBelowLow && state == State::Low;
        let left = levels.get(sku).filter(|_| told).map(crate::stock::Level::free);
        Self { state, left }
    }
}

/// The document of a product: what the list says of it, and everything else.
pub(super) fn product(
    catalog: &Catalog,
    product: &Product,
    levels: &Levels,
    now: Instant,
) -> Value {
    let summary = card(catalog, product, levels, now);
    let pictures: Vec<PictureView> = product.images.iter().map(PictureView::from).collect();
    let variant = |v: &Variant| variant(catalog, product, v, levels, now);
    let shelf = catalog.category(&product.category).map(|c| &c.title);
    json!({
        "slug": product.slug,
        "url": summary.url,
        "title": product.title,
        "code": product.code,
        "description": product.description,
        "category": { "path": product.category, "title": shelf },
        "brand": product.brand,
        "product_type": product.product_type,
        "tier": product.tier,
        "tags": product.tags,
        "featured": product.featured,
        "is_new": summary.is_new,
        "published": product.published,
        "currency": catalog.shop.currency,
        "tax_included": catalog.shop.prices_include_tax,
        "price_minor": summary.price_minor,
        "regular_minor": summary.regular_minor,
        "price_varies": summary.price_varies,
        "unit_price": summary.unit_price,
        "availability": summary.availability,
        "options": product.options,
        "variants": product.variants.iter().map(variant).collect::<Vec<_>>(),
        "pictures": pictures,
    })
}

fn variant(
    catalog: &Catalog,
    product: &Product,
    variant: &Variant,
    levels: &Levels,
    now: Instant,
) -> Value {
    let price_minor = variant.price_at(now);
    let sale = variant.sale.filter(|sale| sale.runs(now));
    let options: serde_json::Map<String, Value> =
        variant.options.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let Availability { state, left } = Availability::of(&catalog.shop, levels, &variant.sku);
    json!({
        "sku": variant.sku,
        "label": variant.label(),
        "options": options,
        "price_minor": price_minor,
        "regular_minor": (price_minor < variant.price_minor).then_some(variant.price_minor),
        "sale_until": sale.and_then(|sale| sale.until).map(Instant::rfc3339),
        "unit_price": unit_price(catalog, product, price_minor),
        "gtin": variant.gtin,
        "mpn": variant.mpn,
        "weight_g": variant.weight_g,
        "picture": product.picture_of(variant).map(PictureView::from),
        "state": state,
        "left": left,
        "max_qty": max_qty_of(&catalog.shop, levels, variant),
    })
}
