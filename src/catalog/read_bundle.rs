//! `bundles/<slug>.toml`: products sold together for less.

use super::model::{Bundle, BundleItem, BundleType, Redirect};
use super::read::Reading;
use super::read_product::{description, images, slug_complaint, tag, words};
use super::values;
use crate::base::ids::Sku;
use crate::base::slug::is_slug;
use crate::platform::content::{Source, Table, Wrong};

/// What a bundle saves when it does not say: 10 %.
const DISCOUNT_BP: u32 = 1_000;

/// Fewest different products in a bundle.
pub(super) const PRODUCTS_MIN: usize = 3;

/// Reads one bundle.
pub(super) fn read(
    r: &Reading<'_>,
    slug: &str,
    path: &str,
    text: &str,
    redirects: &mut Vec<Redirect>,
) -> Bundle {
    if !is_slug(slug) {
        slug_complaint(r, slug, path);
    }
    let source = Source::new(path, text, r.complaints);
    let document = source.document();
    let mut top = document.table(r.complaints);
    let kind = top.need("bundle_type", "bundle_type = \"standard\"").one_of(&[
        ("standard", BundleType::Standard),
        ("pro", BundleType::Pro),
        ("special", BundleType::Special),
    ]);
    let title = top.need("title", "title = \"Weekend Wash Kit\"").text(150);
    let mut bundle = Bundle {
        slug: slug.to_owned(),
        title: title.unwrap_or_default().to_owned(),
        bundle_type: kind.unwrap_or(BundleType::Standard),
        category: top.get("category").read(400, values::shelf_path),
        status: super::read::status(&mut top),
        tags: top.get("tags").list(50, tag),
        description: words(r, description(r, &mut top, &format!("bundles/{slug}.md"))),
        discount_bp: top.get("discount_percent").number(discount).unwrap_or(DISCOUNT_BP),
        items: Vec::new(),
        images: images(r, &mut top),
    };
    for old in top.get("redirect_from").list(100, values::slug) {
        let (from, to) = (format!("/bundle/{old}/"), format!("/bundle/{slug}/"));
        redirects.push(Redirect { from, to });
    }
    let lossy = document.is_lossy();
    bundle.items = items(&mut top, lossy);
    let _ = top.free("extra");
    top.finish();
    bundle
}

fn discount(text: &str) -> Result<u32, Wrong> {
    let bp = values::percent_bp("discount_percent", text)?;
    if (1..10_000).contains(&bp) {
        return Ok(bp);
    }
    let message = "discount_percent must be above 0 and below 100";
    Err(Wrong::error("percent-range", message).hint("write discount_percent = \"10\""))
}

/// The parts. Whether they are enough is a question for the whole list, so it is asked here,
/// where the list can be pointed at.
fn items(top: &mut Table<'_>, lossy: bool) -> Vec<BundleItem> {
    let tables = top.tables("items");
    let mut items = Vec::with_capacity(tables.len());
    for mut table in tables {
        let sku = table.need("sku", "sku = \"BW-CL-001\"").read(80, values::sku);
        let qty = table.get("qty").count(1, 1_000);
        // An empty SKU keeps the parts' positions as they are in the file.
        let sku = sku.unwrap_or_else(|| Sku::from_stored(""));
        items.push(BundleItem { sku, qty: qty.unwrap_or(1) });
        table.finish();
    }
    if items.is_empty() && !lossy && !top.has("items") {
        let message = format!(
            "a bundle needs at least {PRODUCTS_MIN} different products; this one names none"
        );
        top.complain_here(
            Wrong::error("bundle-too-few", message).hint("add [[items]] with a sku each"),
        );
    }
    items
}
