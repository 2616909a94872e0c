//! Basket lines found in the catalog and priced as listed, before any promotion.

use super::bundle::bundle_price;
use super::round::{WHOLE, price, times};
use super::{Basket, BasketLine, Book, Item, Objection, QuoteLine, QuotePart, tax};
use crate::base::Instant;
use crate::base::ids::Sku;
use crate::catalog::{Bundle, Catalog, Status};

/// A priced line and what promotions look at.
pub(super) struct Row<'a> {
    /// The line; its discount grows as stages are applied.
    pub line: QuoteLine,
    /// Category path.
    pub category: Option<&'a str>,
    /// Tags.
    pub tags: &'a [String],
    /// The SKU as it is called today; none for a bundle.
    pub sku: Option<&'a Sku>,
    /// What a bundle takes off its parts, basis points; 0 for a product.
    pub bundle_bp: u32,
    /// Price of one after the bundle saving.
    pub each_minor: i64,
}

/// Every line that is sold, in the basket's order, and an objection for every other one.
/// A line of nothing is neither: it is left out.
pub(super) fn find_lines<'a>(
    book: &'a Book,
    basket: &Basket,
    country: &str,
    now: Instant,
) -> (Vec<Row<'a>>, Vec<Objection>) {
    let mut rows = Vec::with_capacity(basket.lines.len());
    let mut objections = Vec::new();
    for line in basket.lines.iter().filter(|line| line.qty > 0) {
        let row = match &line.item {
            Item::Sku(sku) => product_row(book, line, sku, country, now),
            Item::Bundle(slug) => bundle_row(book, line, slug, country, now),
        };
        match row {
            Some(row) => rows.push(row),
            None => objections.push(Objection::NotSold { key: line.key.clone() }),
        }
    }
    (rows, objections)
}

/// Positions of the rows by item, quantity and key: an order that does not change when a buyer
/// moves lines about. Remainders are handed out along it, so that doing so changes no penny.
pub(super) fn fixed_order(rows: &[Row<'_>]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&i| {
        let line = &rows[i].line;
        (&line.item, line.qty, &line.key)
    });
    order
}

fn product_row<'a>(
    book: &'a Book,
    line: &BasketLine,
    sku: &Sku,
    country: &str,
    now: Instant,
) -> Option<Row<'a>> {
    let (product, variant) = book.catalog.find(sku)?;
    if product.status != Status::Live {
        return None;
    }
    let step = book.catalog.shop.currency.step();
    let unit_minor = price(variant.price_at(now), step);
    let gross_minor = times(unit_minor, line.qty);
    Some(Row {
        line: QuoteLine {
            key: line.key.clone(),
            // A former SKU in an old basket is sold under its present name.
            item: Item::Sku(variant.sku.clone()),
            title: product.title.clone(),
            options: variant.label(),
            tier: product.tier.word().to_owned(),
            qty: line.qty,
            regular_unit_minor: price(variant.price_minor, step),
            unit_minor,
            gross_minor,
            discount_minor: 0,
            net_minor: gross_minor,
            tax_minor: 0,
            tax_bp: tax::rate_on(book, &product.tax_class, country),
            parts: Vec::new(),
        },
        category: Some(&product.category),
        tags: &product.tags,
        sku: Some(&variant.sku),
        bundle_bp: 0,
        each_minor: unit_minor,
    })
}

fn bundle_row<'a>(
    book: &'a Book,
    line: &BasketLine,
    slug: &str,
    country: &str,
    now: Instant,
) -> Option<Row<'a>> {
    let bundle = book.catalog.bundles.get(slug)?;
    if !book.catalog.bundle_is_live(bundle) {
        return None;
    }
    let prices = bundle_price(&book.catalog, bundle, now)?;
    let gross_minor = times(prices.parts_minor, line.qty);
    let discount_minor = times(prices.saving_minor(), line.qty).min(gross_minor);
    Some(Row {
        line: QuoteLine {
            key: line.key.clone(),
            item: Item::Bundle(bundle.slug.clone()),
            title: bundle.title.clone(),
            options: String::new(),
            tier: bundle.bundle_type.word().to_owned(),
            qty: line.qty,
            regular_unit_minor: prices.regular_minor,
            unit_minor: prices.parts_minor,
            gross_minor,
            discount_minor,
            net_minor: gross_minor - discount_minor,
            tax_minor: 0,
            tax_bp: highest_rate(book, bundle, country),
            parts: parts(&book.catalog, bundle, line.qty, now),
        },
        category: bundle.category.as_deref(),
        tags: &bundle.tags,
        sku: None,
        bundle_bp: bundle.discount_bp.min(WHOLE),
        each_minor: prices.price_minor,
    })
}

/// A bundle is one supply with one price; it is taxed as its most highly taxed part, so that
/// mixing classes can never pay too little.
fn highest_rate(book: &Book, bundle: &Bundle, country: &str) -> u32 {
    let found = bundle.items.iter().filter_map(|item| book.catalog.find(&item.sku));
    found.map(|(product, _)| tax::rate_on(book, &product.tax_class, country)).max().unwrap_or(0)
}

fn parts(catalog: &Catalog, bundle: &Bundle, bundles: u32, now: Instant) -> Vec<QuotePart> {
    let step = catalog.shop.currency.step();
    let part = |item: &crate::catalog::BundleItem| {
        let (product, variant) = catalog.find(&item.sku)?;
        Some(QuotePart {
            sku: variant.sku.clone(),
            title: product.title.clone(),
            options: variant.label(),
            qty: item.qty.saturating_mul(bundles),
            unit_minor: price(variant.price_at(now), step),
        })
    };
    bundle.items.iter().filter_map(part).collect()
}
