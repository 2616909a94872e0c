//! The context of a product's page.

use minijinja::value::Serde;
use minijinja::{Value as TemplateValue, context};
use serde_json::{Value, json};

use super::context::Making;
use super::goods::{Good, Shown};
use super::plan::Plan;
use crate::base::Fault;
use crate::catalog::{Product, StockShow, Variant};
use crate::platform::render::Render;
use crate::search::{BundleCard, PictureView, max_qty_of, state_of, unit_price};
use crate::stock::{Level, State};

/// Related products shown.
const RELATED: usize = 4;
/// Products shown as often bought together.
const TOGETHER: usize = 4;
/// Products of one shelf looked at for that, at most.
pub(super) const LOOKED_AT: usize = 200;

/// What its template finds; `asked` is the SKU that the address names.
///
/// # Errors
/// When the template of a card is wrong.
pub(super) fn context(
    making: &Making,
    render: &Render,
    product: &Product,
    asked: Option<&str>,
) -> Result<TemplateValue, Fault> {
    let mut pictures: Vec<PictureView> = product.images.iter().map(PictureView::from).collect();
    for picture in pictures.iter_mut().filter(|picture| picture.alt.is_empty()) {
        picture.alt.clone_from(&product.title);
    }
    let variants: Vec<Value> =
        product.variants.iter().map(|v| variant(making, product, v)).collect();
    let path = Plan::Product(&product.slug).path();
    let og = making.found.preview_product(&making.told, product);
    let json_ld = making.found.product(&making.told, product, &product.summary);
    let mut crumbs = making.crumbs(&product.category);
    crumbs.push(json!({ "title": product.title, "url": null }));
    let sets: Vec<&BundleCard> = making.sets_with(&product.slug).collect();
    let shown = json!({
        "slug": product.slug, "title": product.title, "brand": product.brand,
        "code": product.code, "tier": product.tier, "tags": product.tags,
        "description_html": product.description_html,
        "pictures": pictures, "axes": product.options, "variants": variants,
        "extra": product.extra, "asked": asked,
    });
    Ok(context! {
        page => Serde(making.page(&product.title, &product.summary, &path, &og, &json_ld)),
        product => Serde(shown),
        crumbs => Serde(crumbs),
        delivery => Serde(making.delivery()),
        together => making.drawn(render, Shown::Beside, together(making, product))?,
        related => making.drawn(render, Shown::Beside, related(making, product))?,
        in_bundles => Serde(sets),
    })
}

fn variant(making: &Making, product: &Product, v: &Variant) -> Value {
    let price = v.price_at(making.now);
    let picture = product.picture_of(v);
    let index = product.images.iter().position(|p| Some(p) == picture).unwrap_or(0);
    json!({
        "sku": v.sku, "label": v.label(), "options": v.options,
        "price_minor": price,
        "regular_minor": (v.price_minor > price).then_some(v.price_minor),
        "prior_minor": v.prior_minor,
        "availability": state_of(&making.told, &v.sku),
        "left": left(making, v),
        "picture_index": index,
        "max_qty": max_qty_of(&making.catalog().shop, &making.told, v),
        "unit_price": unit_price(making.catalog(), product, price),
    })
}

/// How many are left, where the shop tells.
fn left(making: &Making, v: &Variant) -> Option<u32> {
    let tells = making.catalog().shop.stock_show == StockShow::ExactBelowLow;
    let level = making.told.get(&v.sku).filter(|level| level.state() == State::Low);
    level.filter(|_| tells).map(Level::free)
}

/// What is often bought with it and in stock, best first. Nothing beside what is sold out itself:
/// who came for that is better served by what comes close.
pub(super) fn together<'a>(making: &'a Making, product: &'a Product) -> Vec<&'a Good> {
    if making.goods.find(&product.slug).is_none_or(|good| good.slot.is_gone) {
        return Vec::new();
    }
    let others = making.together.with(&product.slug).iter();
    let goods = others.filter_map(|slug| making.goods.find(slug));
    goods.filter(|good| !good.slot.is_gone).take(TOGETHER).collect()
}

/// Others on the same shelf, beginning behind this one so that each page leads on to others; those
/// in stock first; then from the shelf around it. None where something is often bought together,
/// which says more.
pub(super) fn related<'a>(making: &'a Making, product: &'a Product) -> Vec<&'a Good> {
    if !together(making, product).is_empty() {
        return Vec::new();
    }
    let mut found: Vec<&Good> = Vec::new();
    let mut shelf = product.category.as_str();
    loop {
        for wanted_gone in [false, true] {
            let others = making.goods.after(shelf, &product.slug).take(LOOKED_AT);
            for other in others.filter(|good| good.slot.is_gone == wanted_gone) {
                if found.len() == RELATED {
                    return found;
                }
                if !found.iter().any(|f| f.product.slug == other.product.slug) {
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
