//! The context of a product's page.

use minijinja::value::Serde;
use minijinja::{Value as TemplateValue, context};
use serde_json::{Value, json};

use super::context::Making;
use super::plan::Plan;
use crate::catalog::{Product, StockShow, Variant};
use crate::search::{BundleCard, PictureView, max_qty_of, state_of, unit_price};
use crate::stock::{Level, State};

/// Related products shown.
const RELATED: usize = 4;

pub(super) fn context(making: &Making, product: &Product) -> TemplateValue {
    let pictures: Vec<PictureView> = product.images.iter().map(PictureView::from).collect();
    let variants: Vec<Value> =
        product.variants.iter().map(|v| variant(making, product, v)).collect();
    let path = Plan::Product(&product.slug).path();
    let og = making.found.preview_product(&making.levels, product);
    let json_ld = making.found.product(&making.levels, product, &product.summary);
    let mut crumbs = making.crumbs(&product.category);
    crumbs.push(json!({ "title": product.title, "url": null }));
    let sets: Vec<&BundleCard> =
        making.bundles.iter().filter(|card| holds(making, &card.slug, product)).collect();
    let shown = json!({
        "slug": product.slug, "title": product.title, "brand": product.brand,
        "code": product.code, "tier": product.tier, "tags": product.tags,
        "description_html": product.description_html,
        "pictures": pictures, "axes": product.options, "variants": variants,
        "extra": product.extra,
    });
    context! {
        page => Serde(making.page(&product.title, &product.summary, &path, &og, &json_ld)),
        product => Serde(shown),
        crumbs => Serde(crumbs),
        delivery => Serde(making.delivery()),
        related => making.cards(related(making, product)),
        in_bundles => Serde(sets),
    }
}

fn variant(making: &Making, product: &Product, v: &Variant) -> Value {
    let price = v.price_at(making.now);
    let picture = product.picture_of(v);
    let index = product.images.iter().position(|p| Some(p) == picture).unwrap_or(0);
    json!({
        "sku": v.sku, "label": v.label(), "options": v.options,
        "price_minor": price,
        "regular_minor": (v.price_minor > price).then_some(v.price_minor),
        "availability": state_of(&making.levels, &v.sku),
        "left": left(making, v),
        "picture_index": index,
        "max_qty": max_qty_of(&making.levels, v),
        "unit_price": unit_price(making.catalog(), product, price),
    })
}

/// How many are left, where the shop tells.
fn left(making: &Making, v: &Variant) -> Option<u32> {
    let tells = making.catalog().shop.stock_show == StockShow::ExactBelowLow;
    let level = making.levels.get(&v.sku).filter(|level| level.state() == State::Low);
    level.filter(|_| tells).map(Level::free)
}

/// Others on the same shelf, those in stock first; then from the shelf around it.
fn related<'a>(making: &'a Making, product: &Product) -> Vec<&'a Product> {
    let mut found: Vec<&Product> = Vec::new();
    let mut shelf = product.category.as_str();
    loop {
        let gone = |p: &Product| {
            p.variants.iter().all(|v| state_of(&making.levels, &v.sku) == State::SoldOut)
        };
        for wanted_gone in [false, true] {
            for other in making.on_shelf(shelf).filter(|p| gone(p) == wanted_gone) {
                if found.len() == RELATED {
                    return found;
                }
                let known = found.iter().any(|f| f.slug == other.slug);
                if other.slug != product.slug && !known {
                    found.push(other);
                }
            }
        }
        match shelf.rsplit_once('/') {
            Some((above, _)) => shelf = above,
            None => return found,
        }
    }
}

fn holds(making: &Making, bundle: &str, product: &Product) -> bool {
    let bundle = making.catalog().bundles.get(bundle);
    let part_of = |sku| product.variants.iter().any(|v| v.sku == sku);
    bundle.is_some_and(|b| b.items.iter().any(|item| part_of(item.sku.clone())))
}
