//! The list of products.

use std::collections::BTreeSet;

use poem::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::{by_file, href, reading, removed, tabs};
use super::filter::{Filter, PAGE, Row, stock_of};
use crate::base::fault::{Failure, Never};
use crate::base::ids::Sku;
use crate::catalog::edit::Kind;
use crate::catalog::{Catalog, PictureState, picture_state};
use crate::identity::{self, Right, View, Views, Visit};
use crate::platform::content::{Complaint, Severity};
use crate::platform::web::{Error, read_query};
use crate::search::{Levels, PictureView, fold};
use crate::stock::{self, State};
use crate::storefront::Shelf;

/// Most words offered in a filter.
const OFFERED_MAX: usize = 500;

/// Views of products that people have kept.
pub(super) const KEPT: Views = Views {
    list: "products",
    page: "/admin/catalog",
    path: "/admin/catalog-views",
    right: Right::ChangeCatalog,
    tidy: Filter::kept,
};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
}

/// `GET /admin/catalog`
pub(super) async fn show(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let filter: Filter = read_query(&visit.request)?;
    let asked: Asked = read_query(&visit.request)?;
    let reading = reading(&visit.kit, &shelf).await?;
    let book = shelf.books.now();
    let (catalog, levels, now) = (&book.catalog, shelf.levels(), visit.kit.now());
    let complaints = by_file(&reading.complaints);
    let sieve = filter.sieve();
    let mut rows: Vec<(Row<'_>, &[&Complaint])> = Vec::new();
    for (slug, path, _) in reading.files.texts("products/", "toml") {
        let own = complaints.get(path).map_or(&[][..], Vec::as_slice);
        let product = catalog.products.get(slug).map(|product| &**product);
        let (pictures, _) = picture_state(own);
        let row = Row { slug, product, levels: &levels, now, pictures, is_wrong: !own.is_empty() };
        if sieve.shows(&row) {
            rows.push((row, own));
        }
    }
    let count = rows.len();
    let pages = count.div_ceil(PAGE).max(1);
    let page = filter.page.clamp(1, pages);
    let shown = one_page(&rows, page);
    let (exact, kept) = read_beside(&visit, &shown).await?;
    let drawn: Vec<Value> = shown.iter().map(|(row, own)| draw(row, own, &exact, now)).collect();
    let (errors, warnings) = crate::platform::content::report::counts(&reading.complaints);
    let context = json!({
        "tabs": tabs("products"), "saved": KEPT.shown(&kept, &filter.query(1), &visit),
        "done": asked.done, "filter": filter, "is_filtered": filter.is_set(),
        "products": drawn, "count": count,
        "total": reading.files.texts("products/", "toml").count(),
        "page": page, "pages": pages,
        "previous": (page > 1).then(|| filter.address(page - 1)),
        "next": (page < pages).then(|| filter.address(page + 1)),
        "offered": offered(catalog), "errors": errors, "warnings": warnings,
        "may_change": visit.may(Right::ChangeCatalog), "removed": removed(&visit, Kind::Product)?,
    });
    visit.page("admin/catalog_products.html", "catalog", context)
}

/// What stands on one page of a list by title, from 1. Only that page is put in order.
fn one_page<'a, 'b>(
    rows: &'a [(Row<'b>, &'a [&'a Complaint])],
    page: usize,
) -> Vec<&'a (Row<'b>, &'a [&'a Complaint])> {
    let title = |row: &Row<'_>| fold(row.product.map_or(row.slug, |product| &product.title));
    let mut keys: Vec<_> = rows
        .iter()
        .map(|one| ((one.0.product.is_some(), title(&one.0), one.0.slug), one))
        .collect();
    let (from, to) = ((page - 1) * PAGE, (page * PAGE).min(keys.len()));
    if to < keys.len() {
        keys.select_nth_unstable_by(to, |one, other| one.0.cmp(&other.0));
    }
    if from > 0 && from < to {
        keys[..to].select_nth_unstable_by(from, |one, other| one.0.cmp(&other.0));
    }
    keys[from..to].sort_unstable_by(|one, other| one.0.cmp(&other.0));
    keys[from..to].iter().map(|(_, one)| *one).collect()
}

/// Levels of what one page shows, as they are at this moment, and the views that were kept.
async fn read_beside(
    visit: &Visit,
    shown: &[&(Row<'_>, &[&Complaint])],
) -> Result<(Levels, Vec<View>), Error> {
    let products = shown.iter().filter_map(|(row, _)| row.product);
    let skus: Vec<Sku> = products.flat_map(|p| &p.variants).map(|v| v.sku.clone()).collect();
    let read = visit.kit.db.read(move |read| {
        let levels = stock::levels_of(read, skus.iter())?;
        Ok::<_, Failure<Never>>((levels, identity::list_views(read, KEPT.list)?))
    });
    Ok(read.await?)
}

fn draw(row: &Row<'_>, own: &[&Complaint], levels: &Levels, now: crate::base::Instant) -> Value {
    let errors = own.iter().filter(|c| c.severity == Severity::Error).count();
    let first = own.first().map(|c| crate::platform::content::report::sentence(c));
    let mut drawn = json!({
        "slug": row.slug, "href": href(Kind::Product, row.slug), "title": row.slug,
        "errors": errors, "warnings": own.len() - errors, "first": first,
        "pictures": picture_word(row.pictures),
    });
    let Some(product) = row.product else { return drawn };
    let (low, high) = product.price_range(now);
    let free: u32 = product
        .variants
        .iter()
        .filter_map(|variant| levels.get(&variant.sku))
        .map(stock::Level::free)
        .fold(0, u32::saturating_add);
    let state = match stock_of(product, levels) {
        State::InStock => ("ok", "In stock"),
        State::Low => ("warn", "Low"),
        State::SoldOut => ("bad", "Sold out"),
    };
    let more = json!({
        "title": product.title, "picture": product.images.first().map(PictureView::small),
        "skus": product.variants.len(), "sku": product.variants.first().map(|v| &v.sku),
        "price_minor": low, "price_max_minor": (high > low).then_some(high),
        "regular_minor": row.has_sale().then(|| product.variants.first().map(|v| v.price_minor)),
        "stock": state.0, "stock_word": state.1, "free": free,
        "status": product.status, "featured": product.featured,
        "image_ready": product.image_ready, "tier": product.tier.word(), "tags": product.tags,
        "category": product.category, "type": product.product_type,
    });
    if let (Some(drawn), Value::Object(more)) = (drawn.as_object_mut(), more) {
        drawn.extend(more);
    }
    drawn
}

fn picture_word(state: PictureState) -> &'static str {
    match state {
        PictureState::Ok => "ok",
        PictureState::Warning => "warning",
        PictureState::Missing => "missing",
        PictureState::Unknown => "unknown",
    }
}

/// Words to choose from in the filters.
fn offered(catalog: &Catalog) -> Value {
    let mut tags: BTreeSet<&str> = BTreeSet::new();
    let mut types: BTreeSet<&str> = BTreeSet::new();
    for product in catalog.products.values() {
        tags.extend(product.tags.iter().map(String::as_str));
        types.extend(product.product_type.as_deref());
    }
    let some = |words: BTreeSet<&str>| -> Vec<String> {
        words.into_iter().take(OFFERED_MAX).map(str::to_owned).collect()
    };
    let shelves: Vec<Value> = catalog
        .categories
        .iter()
        .map(|c| {
            let depth = c.path.matches('/').count();
            json!({ "path": c.path, "title": format!("{}{}", "– ".repeat(depth), c.title) })
        })
        .collect();
    json!({ "tags": some(tags), "types": some(types), "categories": shelves })
}
