//! The search page, and products, shelves and availability for programs. All of it only reads.

use std::future::ready;
use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::json;

use super::detail::{self, Availability};
use super::model::{Query, Refusal};
use super::query::{Typed, shown};
use super::{flow, shelves, view};
use crate::base::ids::Sku;
use crate::base::{Failure, Refusal as _, refuse};
use crate::catalog::Status;
use crate::platform::Kit;
use crate::platform::web::{Error, Rate, Routes, endpoint, read_query, wants_html};
use crate::pricing::Books;
use crate::stock;

/// Searches one address may make.
const SEARCHES: Rate = Rate::new(60, 60);
/// SKUs of one question about availability.
const SKUS_MAX: usize = 50;

/// What handlers of the room need.
#[derive(Clone)]
struct Shop {
    kit: Kit,
    books: Books,
}

/// Parameters in the order they were sent, repeated ones included.
type Pairs = Vec<(String, String)>;

/// Routes of the room.
#[must_use]
pub fn routes(kit: &Kit, books: &Books) -> Routes {
    let shop = Arc::new(Shop { kit: kit.clone(), books: books.clone() });
    macro_rules! to {
        ($handler:ident) => {{
            let shop = Arc::clone(&shop);
            endpoint(move |request| $handler(Arc::clone(&shop), request))
        }};
    }
    // Shelves stand in memory: nothing to wait for.
    let (tree, one) = (Arc::clone(&shop), Arc::clone(&shop));
    Routes::new()
        .get("/search", to!(page))
        .get("/api/products", to!(products))
        .get("/api/products/:slug", to!(product))
        .get("/api/categories", endpoint(move |_| ready(categories(&tree))))
        .get("/api/categories/*path", endpoint(move |request| ready(category(&one, &request))))
        .get("/api/availability", to!(availability))
}

async fn page(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    shop.kit.admit(&request, "search", SEARCHES)?;
    let typed = Typed::from_pairs(&read_query::<Pairs>(&request)?);
    let (book, now) = (shop.books.now(), shop.kit.now());
    let drawn = shop.kit.db.read(move |read| {
        let catalog = &book.catalog;
        let found = typed.query(catalog).map_err(Failure::Refused).and_then(|query| {
            let found = flow::find(read, &query, &book, now)?;
            Ok((query, found))
        });
        let popular = match &found {
            Ok((_, found)) if found.count > 0 => Vec::new(),
            _ => flow::popular(read, catalog, now)?,
        };
        match found {
            Ok((query, found)) => {
                Ok((view::answer(catalog, &typed, &query, &found, &popular), None))
            }
            Err(Failure::Refused(why)) => {
                Ok((view::refused(catalog, &typed, &why, &popular), Some(why)))
            }
            Err(fault) => Err(fault),
        }
    });
    let (context, refusal) = drawn.await?;
    let status = match refusal {
        Some(why) if !wants_html(&request) => return Err(why.problem().into()),
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let html = shop.kit.render.page("store/search.html", context)?;
    Ok(poem::web::Html(html).with_status(status).into_response())
}

async fn products(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    shop.kit.admit(&request, "search", SEARCHES)?;
    let typed = Typed::from_pairs(&read_query::<Pairs>(&request)?);
    let (book, now) = (shop.books.now(), shop.kit.now());
    let query: Query = typed.query(&book.catalog).map_err(Failure::Refused)?;
    let (currency, page_size) = (book.catalog.shop.currency, book.catalog.shop.page_size);
    let found = shop.kit.db.read(move |read| flow::find(read, &query, &book, now)).await?;
    let repaired = found.repaired.map(|to| json!({ "from": typed.get("q"), "to": to }));
    Ok(poem::web::Json(json!({
        "items": found.cards,
        "count": found.count,
        "page": found.page,
        "pages": found.pages,
        "page_size": page_size,
        "currency": currency,
        "repaired": repaired,
    }))
    .into_response())
}

async fn product(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let slug = request.raw_path_param("slug").unwrap_or_default().to_owned();
    let (book, now) = (shop.books.now(), shop.kit.now());
    let document = shop.kit.db.read(move |read| {
        let catalog = &book.catalog;
        let on_sale = catalog.products.get(&slug).filter(|p| p.status == Status::Live);
        let Some(product) = on_sale else { return refuse(Refusal::NoProduct) };
        let levels = stock::levels_of(read, product.variants.iter().map(|v| &v.sku))?;
        let levels = flow::told(levels, &catalog.shop);
        Ok(detail::product(catalog, product, &levels, now))
    });
    Ok(poem::web::Json(document.await?).into_response())
}

fn categories(shop: &Shop) -> Response {
    let book = shop.books.now();
    poem::web::Json(json!({ "items": shelves::tree(&book.catalog) })).into_response()
}

fn category(shop: &Shop, request: &Request) -> Result<Response, Error> {
    let book = shop.books.now();
    let path = request.raw_path_param("path").unwrap_or_default().trim_end_matches('/');
    let Some(category) = book.catalog.category(path) else {
        return Err(Refusal::NoCategory.problem().into());
    };
    Ok(poem::web::Json(shelves::shelf(&book.catalog, category)).into_response())
}

/// What pages ask after loading, so that a page held ready for everybody tells the truth.
async fn availability(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let skus = skus(&read_query::<Pairs>(&request)?).map_err(Failure::Refused)?;
    let book = shop.books.now();
    let items = shop.kit.db.read(move |read| {
        let catalog = &book.catalog;
        // A former SKU, asked for by an old page, is answered under the name asked for.
        let on_sale = |sku: &Sku| {
            let (product, variant) = catalog.find(sku)?;
            (product.status == Status::Live).then(|| variant.sku.clone())
        };
        let known: Vec<(Sku, Sku)> =
            skus.into_iter().filter_map(|asked| Some((on_sale(&asked)?, asked))).collect();
        let levels = stock::levels_of(read, known.iter().map(|(sku, _)| sku))?;
        let levels = flow::told(levels, &catalog.shop);
        let item = |(sku, asked): &(Sku, Sku)| {
            let told = Availability::of(&catalog.shop, &levels, sku);
            json!({ "sku": asked, "state": told.state, "left": told.left })
        };
        Ok::<_, Failure<Refusal>>(known.iter().map(item).collect::<Vec<_>>())
    });
    let document = poem::web::Json(json!({ "items": items.await? }));
    Ok(document.with_header(header::CACHE_CONTROL, "no-store").into_response())
}

/// The SKUs asked for, each once.
fn skus(pairs: &Pairs) -> Result<Vec<Sku>, Refusal> {
    let mut skus = Vec::new();
    for (_, text) in pairs.iter().filter(|(name, _)| name == "sku") {
        let Some(sku) = Sku::parse(text) else {
            let detail = format!("{} is not a SKU.", shown(text));
            return Err(Refusal::bad("sku", detail, "Give SKUs as the product lists them."));
        };
        if !skus.contains(&sku) {
            skus.push(sku);
        }
    }
    if skus.is_empty() || skus.len() > SKUS_MAX {
        let detail = format!("Between 1 and {SKUS_MAX} SKUs can be asked for at once.");
        return Err(Refusal::bad("sku", detail, "Ask like this: ?sku=A&sku=B"));
    }
    Ok(skus)
}
