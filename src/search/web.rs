//! The search page, and products, shelves and availability for programs. All of it only reads.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::{Value, json};

use super::card::bundle_stock;
use super::detail::{self, Availability};
use super::entry::Kind;
use super::model::{Query, Refusal};
use super::query::shown;
use super::searching::Searching;
use super::suggest::suggest;
use super::typed::Typed;
use super::{flow, shelves, view};
use crate::base::ids::Sku;
use crate::base::{Failure, Refusal as _, refuse};
use crate::catalog::{Bundle, Status};
use crate::platform::Kit;
use crate::platform::render::Render;
use crate::platform::web::{Error, Rate, Routes, endpoint, read_query, wants_html};
use crate::stock;

/// Searches one address may make; narrowed shelves count as well.
const SEARCHES: Rate = Rate::new(60, 60);
/// Suggestions one address may ask for: several for one search.
const SUGGESTIONS: Rate = Rate::new(240, 60);
/// How long a suggestion may be kept.
const SUGGESTION_CACHE: &str = "public, max-age=60";
/// SKUs and bundles of one question about availability.
const ASKED_MAX: usize = 50;

/// What handlers of the room need.
#[derive(Clone)]
struct Shop {
    kit: Kit,
    searching: Searching,
}

/// Parameters in the order they were sent, repeated ones included.
type Pairs = Vec<(String, String)>;

/// Routes of the room.
#[must_use]
pub fn routes(kit: &Kit, searching: &Searching) -> Routes {
    let shop = Arc::new(Shop { kit: kit.clone(), searching: searching.clone() });
    macro_rules! to {
        ($handler:ident) => {{
            let shop = Arc::clone(&shop);
            endpoint(move |request| $handler(Arc::clone(&shop), request))
        }};
    }
    // Shelves and words stand in memory: nothing to wait for.
    let (tree, one, typing) = (Arc::clone(&shop), Arc::clone(&shop), Arc::clone(&shop));
    Routes::new()
        .get("/search", to!(page))
        .get("/api/products", to!(products))
        .get("/api/products/:slug", to!(product))
        .get("/api/suggest", endpoint(move |request| ready(suggestions(&typing, &request))))
        .get("/api/categories", endpoint(move |_| ready(categories(&tree))))
        .get("/api/categories/*path", endpoint(move |request| ready(category(&one, &request))))
        .get("/api/availability", to!(availability))
}

async fn page(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    shop.kit.admit(&request, "search", SEARCHES)?;
    let typed = Typed::from_pairs(&read_query::<Pairs>(&request)?);
    let (index, now) = (shop.searching.now(), shop.kit.now());
    let drawn = shop.kit.db.read(move |read| {
        let asked = typed.query(&index.book().catalog).map_err(Failure::Refused);
        let found = asked.and_then(|query| Ok((flow::find(read, &index, &query, now)?, query)));
        let popular = match &found {
            Ok((found, _)) if found.count > 0 => Vec::new(),
            _ => flow::popular(read, &index, now)?,
        };
        match found {
            Ok((found, query)) => {
                Ok((view::answer(&index, &typed, &query, &found, &popular), None))
            }
            Err(Failure::Refused(why)) => Ok((view::refused(&index, &typed, &popular), Some(why))),
            Err(fault) => Err(fault),
        }
    });
    let (mut context, refusal) = drawn.await?;
    let status = match refusal {
        Some(why) if !wants_html(&request) => return Err(why.problem().into()),
        Some(why) => {
            context["problem"] = problem(&shop.kit.render, &why);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        None => StatusCode::OK,
    };
    let html = shop.kit.render.page("store/search.html", context)?;
    Ok(poem::web::Html(html).with_status(status).into_response())
}

/// The page of the shelf at `path` (such as `tableware/mugs`) as the request narrows and sorts it;
/// none when it carries no parameter of this room, or there is no such shelf: then the page held
/// ready is the answer.
///
/// # Errors
/// 422 where a parameter cannot be used (a browser gets the shelf with the form to mend it),
/// 429, and faults.
pub async fn shelf_page(
    kit: &Kit,
    searching: &Searching,
    path: &str,
    request: &Request,
) -> Result<Option<Response>, Error> {
    if request.uri().query().is_none_or(str::is_empty) {
        return Ok(None);
    }
    let typed = Typed::from_pairs(&read_query::<Pairs>(request)?);
    let index = searching.now();
    if typed.is_empty() || index.book().catalog.category(path).is_none() {
        return Ok(None);
    }
    kit.admit(request, "search", SEARCHES)?;
    let (typed, now) = (typed.on_shelf(path), kit.now());
    let (path, base_url) = (path.to_owned(), kit.settings.public_url.clone());
    let drawn = kit.db.read(move |read| {
        let catalog = &index.book().catalog;
        let category = catalog.category(&path).ok_or(Failure::Refused(Refusal::NoCategory))?;
        let asked = typed.query(catalog).map_err(Failure::Refused);
        match asked.and_then(|query| flow::find(read, &index, &query, now)) {
            Ok(found) => Ok((view::shelf(&index, category, &typed, Some(&found), &base_url), None)),
            Err(Failure::Refused(why)) => {
                Ok((view::shelf(&index, category, &typed, None, &base_url), Some(why)))
            }
            Err(fault) => Err(fault),
        }
    });
    let (mut context, refusal) = drawn.await?;
    let status = match refusal {
        Some(why) if !wants_html(request) => return Err(why.problem().into()),
        Some(why) => {
            context["problem"] = problem(&kit.render, &why);
            StatusCode::UNPROCESSABLE_ENTITY
        }
        None => StatusCode::OK,
    };
    let html = kit.render.page("store/category.html", context)?;
    Ok(Some(poem::web::Html(html).with_status(status).into_response()))
}

/// What a filter lacks, in the shop's words.
fn problem(render: &Render, why: &Refusal) -> Value {
    let told = render.told(&why.problem());
    json!({ "title": told.title, "detail": told.detail, "hint": told.hint })
}

async fn products(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    shop.kit.admit(&request, "search", SEARCHES)?;
    let typed = Typed::from_pairs(&read_query::<Pairs>(&request)?);
    let (index, now) = (shop.searching.now(), shop.kit.now());
    let catalog = Arc::clone(&index.book().catalog);
    let query: Query = typed.query(&catalog).map_err(Failure::Refused)?;
    let query = Query { only: Some(Kind::Product), ..query };
    let found = shop.kit.db.read(move |read| flow::find(read, &index, &query, now)).await?;
    let repaired = found.repaired.map(|to| json!({ "from": typed.get("q"), "to": to }));
    Ok(poem::web::Json(json!({
        "items": found.cards,
        "count": found.count,
        "page": found.page,
        "pages": found.pages,
        "page_size": catalog.shop.page_size,
        "currency": catalog.shop.currency,
        "repaired": repaired,
        "facets": found.facets,
        "prices_minor": found.prices,
    }))
    .into_response())
}

fn suggestions(shop: &Shop, request: &Request) -> Result<Response, Error> {
    shop.kit.admit(request, "suggest", SUGGESTIONS)?;
    let typed = Typed::from_pairs(&read_query::<Pairs>(request)?);
    let items = suggest(&shop.searching.now(), &typed, shop.kit.now());
    let document = poem::web::Json(json!({ "items": items }));
    Ok(document.with_header(header::CACHE_CONTROL, SUGGESTION_CACHE).into_response())
}

async fn product(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let slug = request.raw_path_param("slug").unwrap_or_default().to_owned();
    let (book, now) = (Arc::clone(shop.searching.now().book()), shop.kit.now());
    let document = shop.kit.db.read(move |read| {
        let catalog = &book.catalog;
        let on_sale = catalog.products.get(&slug).filter(|p| p.status == Status::Live);
        let Some(product) = on_sale else { return refuse(Refusal::NoProduct) };
        let levels = stock::levels_of(read, product.variants.iter().map(|v| &v.sku))?;
        let levels = flow::told(&levels, &catalog.shop);
        Ok(detail::product(catalog, product, &levels, now))
    });
    Ok(poem::web::Json(document.await?).into_response())
}

fn categories(shop: &Shop) -> Response {
    let book = Arc::clone(shop.searching.now().book());
    poem::web::Json(json!({ "items": shelves::tree(&book.catalog) })).into_response()
}

fn category(shop: &Shop, request: &Request) -> Result<Response, Error> {
    let book = Arc::clone(shop.searching.now().book());
    let path = request.raw_path_param("path").unwrap_or_default().trim_end_matches('/');
    let Some(category) = book.catalog.category(path) else {
        return Err(Refusal::NoCategory.problem().into());
    };
    Ok(poem::web::Json(shelves::shelf(&book.catalog, category)).into_response())
}

/// What pages ask after loading, so that a page held ready for everybody tells the truth.
async fn availability(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let (skus, bundles) = asked_about(&read_query::<Pairs>(&request)?).map_err(Failure::Refused)?;
    let book = Arc::clone(shop.searching.now().book());
    let items = shop.kit.db.read(move |read| {
        let catalog = &book.catalog;
        // A former SKU, asked for by an old page, is answered under the name asked for.
        let on_sale = |sku: &Sku| {
            let (product, variant) = catalog.find(sku)?;
            (product.status == Status::Live).then(|| variant.sku.clone())
        };
        let known: Vec<(Sku, Sku)> =
            skus.into_iter().filter_map(|asked| Some((on_sale(&asked)?, asked))).collect();
        let bundles = bundles.iter().filter_map(|slug| catalog.bundles.get(slug));
        let bundles: Vec<&Bundle> = bundles.filter(|b| catalog.bundle_is_live(b)).collect();
        let parts = bundles.iter().flat_map(|bundle| &bundle.items).map(|item| &item.sku);
        let levels = stock::levels_of(read, known.iter().map(|(sku, _)| sku).chain(parts))?;
        let levels = flow::told(&levels, &catalog.shop);
        let item = |(sku, asked): &(Sku, Sku)| {
            let told = Availability::of(&catalog.shop, &levels, sku);
            json!({ "sku": asked, "state": told.state, "left": told.left })
        };
        let set = |bundle: &&Bundle| {
            let (state, _) = bundle_stock(&catalog.shop, bundle, &levels);
            json!({ "bundle": bundle.slug, "state": state, "left": null })
        };
        let items = known.iter().map(item).chain(bundles.iter().map(set));
        Ok::<_, Failure<Refusal>>(items.collect::<Vec<_>>())
    });
    let document = poem::web::Json(json!({ "items": items.await? }));
    Ok(document.with_header(header::CACHE_CONTROL, "no-store").into_response())
}

/// The SKUs and bundles asked for, each once.
fn asked_about(pairs: &Pairs) -> Result<(Vec<Sku>, BTreeSet<String>), Refusal> {
    let mut skus = Vec::new();
    let bundles = pairs.iter().filter(|(name, _)| name == "bundle");
    let bundles: BTreeSet<String> = bundles.map(|(_, slug)| slug.clone()).collect();
    for (_, text) in pairs.iter().filter(|(name, _)| name == "sku") {
        let Some(sku) = Sku::parse(text) else {
            let detail = format!("{} is not a SKU.", shown(text));
            return Err(Refusal::bad("sku", detail, "Give SKUs as the product lists them."));
        };
        if !skus.contains(&sku) {
            skus.push(sku);
        }
    }
    if !(1..=ASKED_MAX).contains(&(skus.len() + bundles.len())) {
        let detail =
            format!("Between 1 and {ASKED_MAX} SKUs and bundles can be asked for at once.");
        return Err(Refusal::bad("sku", detail, "Ask like this: ?sku=A&sku=B"));
    }
    Ok((skus, bundles))
}
