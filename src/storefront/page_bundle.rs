//! The context of a bundle's page.

use serde_json::{Value, json};

use super::context::Making;
use super::plan::Plan;
use crate::catalog::markdown::{SUMMARY, summary, to_html};
use crate::catalog::{Bundle, BundleItem};
use crate::pricing::bundle_price;
use crate::search::{PictureView, bundle_stock, state_of};

/// Other bundles shown.
const RELATED: usize = 3;

/// None when a part cannot be priced.
pub(super) fn context(making: &Making, bundle: &Bundle) -> Option<Value> {
    let price = bundle_price(making.catalog(), bundle, making.now)?;
    let (availability, max_qty) = bundle_stock(&making.catalog().shop, bundle, &making.told);
    let items: Vec<Value> = bundle.items.iter().filter_map(|i| part(making, i)).collect();
    let own = bundle.images.iter().map(PictureView::from);
    let of_parts = bundle.items.iter().filter_map(|item| {
        let (product, variant) = making.catalog().find(&item.sku)?;
        product.picture_of(variant).map(PictureView::from)
    });
    let pictures: Vec<PictureView> = own.chain(of_parts).collect();
    let path = Plan::Bundle(&bundle.slug).path();
    let description = summary(&bundle.description, SUMMARY);
    let og = making.found.preview_bundle(&making.told, bundle);
    let json_ld = making.found.bundle(&making.told, bundle, &description)?;
    let related = making.bundles.iter().filter(|b| b.slug != bundle.slug);
    let crumbs = json!([
        { "title": making.catalog().shop.name, "url": "/" },
        { "title": making.found.bundles_title, "url": "/bundles/" },
        { "title": bundle.title, "url": null },
    ]);
    Some(json!({
        "page": making.page(&bundle.title, &description, &path, &og, &json_ld),
        "bundle": {
            "slug": bundle.slug, "title": bundle.title, "bundle_type": bundle.bundle_type.word(),
            "tags": bundle.tags, "description_html": to_html(&bundle.description),
            "pictures": pictures, "items": items,
            "parts_count": bundle.items.iter().map(|item| item.qty).sum::<u32>(),
            "regular_minor": price.parts_minor, "price_minor": price.price_minor,
            "saving_minor": price.saving_minor(), "availability": availability,
            "left": null, "max_qty": max_qty,
        },
        "crumbs": crumbs,
        "delivery": making.delivery(),
        "related": related.take(RELATED).collect::<Vec<_>>(),
    }))
}

fn part(making: &Making, item: &BundleItem) -> Option<Value> {
    let (product, variant) = making.catalog().find(&item.sku)?;
    Some(json!({
        "sku": item.sku, "title": product.title, "options": variant.label(), "qty": item.qty,
        "url": format!("/product/{}/", product.slug),
        "picture": product.picture_of(variant).map(PictureView::from),
        "unit_minor": variant.price_at(making.now),
        "availability": state_of(&making.told, &variant.sku),
    }))
}
