//! The lists of bundles, categories, promotions and pages.

use std::sync::Arc;

use poem::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::{by_file, href, nothing, reading, removed, tabs};
use super::filter::{PAGE, Q_MAX, Wanted};
use crate::catalog::edit::Kind;
use crate::catalog::{Bundle, Catalog, Status};
use crate::identity::{Right, Visit, see_other};
use crate::platform::content::Severity;
use crate::platform::content::report::sentence;
use crate::platform::web::{Error, read_query};
use crate::pricing::{Book, Effect, Promotion, bundle_price};
use crate::search::{PictureView, state_of};
use crate::stock::State;
use crate::storefront::Shelf;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Words of title, address, tag or code.
    q: String,
    /// From 1.
    page: usize,
}

impl Asked {
    /// The address of a page of the same list.
    fn address(&self, kind: Kind, page: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair("q", &self.q);
        }
        query.append_pair("page", &page.to_string());
        format!("/admin/catalog/{}?{}", kind.folder(), query.finish())
    }
}

/// `GET /admin/catalog/:folder`
pub(super) async fn show(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let folder = visit.request.raw_path_param("folder").and_then(Kind::of_folder);
    let Some(kind) = folder else { return Err(nothing()) };
    if kind == Kind::Product {
        return Ok(see_other("/admin/catalog"));
    }
    let reading = reading(&visit.kit, &shelf).await?;
    let (book, levels) = (shelf.books.now(), shelf.levels());
    let complaints = by_file(&reading.complaints);
    let now = visit.kit.now();
    let mut asked: Asked = read_query(&visit.request)?;
    asked.q = asked.q.trim().chars().take(Q_MAX).collect();
    let files = || reading.files.texts(kind_folder(kind), kind.extension());
    let wanted = Wanted::of(&asked.q);
    let fitting: Vec<(&str, &str)> = files()
        .filter(|(slug, ..)| wanted.stand_in(&words(&book, kind, slug)))
        .map(|(slug, path, _)| (slug, path))
        .collect();
    let (count, pages) = (fitting.len(), fitting.len().div_ceil(PAGE).max(1));
    let page_shown = asked.page.clamp(1, pages);
    let rows = fitting.into_iter().skip((page_shown - 1) * PAGE).take(PAGE).map(|(slug, path)| {
        let own = complaints.get(path).map_or(&[][..], Vec::as_slice);
        let errors = own.iter().filter(|c| c.severity == Severity::Error).count();
        let mut row = json!({
            "slug": slug, "href": href(kind, slug), "title": slug, "errors": errors,
            "warnings": own.len() - errors, "first": own.first().map(|c| sentence(c)),
        });
        let more = match kind {
            Kind::Bundle => bundle(&book.catalog, slug, &levels, now),
            Kind::Category => category(&book.catalog, slug),
            Kind::Promotion => promotion(&book, slug, now),
            Kind::Page | Kind::Product => page(&book.catalog, slug),
        };
        if let (Some(row), Some(Value::Object(more))) = (row.as_object_mut(), more) {
            row.extend(more);
        }
        row
    });
    let rows: Vec<Value> = rows.collect();
    let context = json!({
        "tabs": tabs(kind.folder()), "kind": kind.word(), "folder": kind.folder(), "rows": rows,
        "q": asked.q, "q_max": Q_MAX, "count": count, "total": files().count(),
        "page": page_shown, "pages": pages,
        "previous": (page_shown > 1).then(|| asked.address(kind, page_shown - 1)),
        "next": (page_shown < pages).then(|| asked.address(kind, page_shown + 1)),
        "may_change": visit.may(Right::ChangeCatalog), "removed": removed(&visit, kind)?,
    });
    visit.page("admin/catalog_files.html", "catalog", context)
}

/// Words by which a file is found: its address, and what its thing is called.
fn words(book: &Book, kind: Kind, slug: &str) -> String {
    let catalog = &book.catalog;
    let bundle = catalog.bundles.get(slug).filter(|_| kind == Kind::Bundle);
    let promotion = book.promotions.iter().find(|p| kind == Kind::Promotion && p.id == slug);
    let (title, more) = match kind {
        Kind::Bundle => (bundle.map(|b| &b.title), bundle.map(|b| b.tags.join(" "))),
        Kind::Promotion => (promotion.map(|p| &p.title), promotion.map(|p| p.codes.join(" "))),
        Kind::Category => (catalog.category(slug).map(|c| &c.title), None),
        Kind::Page | Kind::Product => {
            (catalog.pages.iter().find(|p| p.slug == slug).map(|p| &p.title), None)
        }
    };
    let title = title.map(String::as_str).unwrap_or_default();
    format!("{slug} {title} {}", more.unwrap_or_default())
}

fn kind_folder(kind: Kind) -> &'static str {
    match kind {
        Kind::Product => "products/",
        Kind::Bundle => "bundles/",
        Kind::Category => "categories/",
        Kind::Promotion => "promotions/",
        Kind::Page => "pages/",
    }
}

/// What is shown of a bundle; its price is the one the shop asks. S2.85, S2.118
fn bundle(
    catalog: &Catalog,
    slug: &str,
    levels: &crate::search::Levels,
    now: crate::base::Instant,
) -> Option<Value> {
    let bundle: &Bundle = catalog.bundles.get(slug)?;
    let price = bundle_price(catalog, bundle, now);
    let parts = bundle.items.iter().map(|item| state_of(levels, &item.sku));
    let is_out = parts.clone().any(|state| state == State::SoldOut);
    let picture = bundle.images.first().or_else(|| {
        let (product, variant) = catalog.find(&bundle.items.first()?.sku)?;
        product.picture_of(variant)
    });
    Some(json!({
        "title": bundle.title, "status": bundle.status, "type": bundle.bundle_type.word(),
        "picture": picture.map(PictureView::small), "parts": bundle.items.len(),
        "price_minor": price.as_ref().map(|price| price.price_minor),
        "saving_minor": price.as_ref().map(crate::pricing::BundlePrice::saving_minor),
        "discount_bp": bundle.discount_bp, "tags": bundle.tags, "is_out": is_out,
        "is_live": catalog.bundle_is_live(bundle),
    }))
}

fn category(catalog: &Catalog, slug: &str) -> Option<Value> {
    let top = catalog.category(slug)?;
    let inside = catalog.categories.iter().filter(|c| c.path != slug);
    let inside = inside.filter(|c| Catalog::is_within(&c.path, slug)).count();
    let products = catalog.products.values();
    let products = products.filter(|p| Catalog::is_within(&p.category, slug));
    let live = products.clone().filter(|p| p.status == Status::Live).count();
    Some(json!({
        "title": top.title, "order": top.order, "inside": inside, "products": products.count(),
        "live": live, "picture": top.image.as_ref().map(PictureView::small),
    }))
}

fn promotion(book: &Arc<Book>, slug: &str, now: crate::base::Instant) -> Option<Value> {
    let promotion: &Promotion = book.promotions.iter().find(|promotion| promotion.id == slug)?;
    let (effect, percent_bp, amount_minor) = match &promotion.effect {
        Effect::PercentOffItems { percent_bp, .. } => ("off items", Some(*percent_bp), None),
        Effect::PercentOffOrder { percent_bp, .. } => ("off the order", Some(*percent_bp), None),
        Effect::AmountOffOrder { amount_minor } => ("off the order", None, Some(*amount_minor)),
        Effect::FreeShipping => ("Free delivery", None, None),
    };
    Some(json!({
        "title": promotion.title, "codes": promotion.codes, "effect": effect,
        "percent_bp": percent_bp, "amount_minor": amount_minor, "runs": promotion.runs(now),
        "is_live": promotion.live, "from": promotion.from.map(|at| at.0),
        "until": promotion.until.map(|at| at.0),
    }))
}

fn page(catalog: &Catalog, slug: &str) -> Option<Value> {
    let page = catalog.pages.iter().find(|page| page.slug == slug)?;
    Some(json!({ "title": page.title, "order": page.order, "description": page.description }))
}
