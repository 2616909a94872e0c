//! The cart's page, forms and JSON: read the request, call, answer.

use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Cart, Refusal};
use super::{flow, store, view};
use crate::base::ids::{LineId, Sku, Token};
use crate::base::{Failure, Instant};
use crate::identity;
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::render::Render;
use crate::platform::web::{
    Error, Rate, Routes, endpoint, read_form, read_json, read_path, wants_html,
};
use crate::pricing::{Book, Books, Item};
use crate::search::fold;

/// Changes of a cart one address may make.
const CHANGES: Rate = Rate::new(120, 60);
/// Codes one address may try.
const CODES: Rate = Rate::new(10, 60);

/// What handlers of the room need.
#[derive(Clone)]
struct Shop {
    kit: Kit,
    books: Books,
}

type Outcome = Result<(), Failure<Refusal>>;

/// How a request comes to the cart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Puts something in, and opens a cart where there is none.
    Add,
    /// Changes what is there.
    Change,
    /// Tries a code, which guessing must not be quick at.
    Code,
}

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
    Routes::new()
        .get("/cart", to!(page))
        .post("/cart/lines", to!(add_form))
        .post("/cart/lines/:id", to!(line_form))
        .post("/cart/clear", to!(clear_form))
        .post("/cart/accept-prices", to!(accept_form))
        .post("/cart/codes", to!(code_form))
        .post("/cart/destination", to!(destination_form))
        .get("/api/cart", to!(show))
        .delete("/api/cart", to!(clear_json))
        .post("/api/cart/lines", to!(add_json))
        .patch("/api/cart/lines/:id", to!(set_json))
        .delete("/api/cart/lines/:id", to!(remove_json))
        .post("/api/cart/accept-prices", to!(accept_json))
}

/// What is put in: exactly one of a SKU and a bundle.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Addition {
    sku: Option<String>,
    bundle: Option<String>,
    #[serde(default = "one")]
    qty: u32,
}

fn one() -> u32 {
    1
}

impl Addition {
    fn item(self) -> Result<(Item, u32), Failure<Refusal>> {
        match (self.sku.as_deref(), self.bundle) {
            (Some(sku), None) => match Sku::parse(sku) {
                Some(sku) => Ok((Item::Sku(sku), self.qty)),
                None => Err(Failure::Refused(Refusal::NotSold)),
            },
            (None, Some(slug)) => Ok((Item::Bundle(slug), self.qty)),
            _ => Err(Failure::Refused(Refusal::NotSold)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LineChange {
    qty: Option<u32>,
    remove: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quantity {
    qty: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeChange {
    code: Option<String>,
    remove: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whereto {
    country: String,
    rate: Option<String>,
}

#[derive(Deserialize)]
struct LinePath {
    id: String,
}

/// Where a form leads that put something in: the page says that it is there.
const ADDED: &str = "/cart?added=1";

async fn page(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let is_added = request.uri().query() == ADDED.split_once('?').map(|(_, query)| query);
    let title = || shop.kit.render.word("common.added");
    let notice =
        is_added.then(|| json!({ "kind": "ok", "title": title(), "detail": null, "hint": null }));
    draw(&shop, &request, Vec::from_iter(notice), "", StatusCode::OK).await
}

async fn show(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let token = identity::presented(&shop.kit, &request);
    Ok(poem::web::Json(snapshot(&shop, token, Shown::Alone).await?).into_response())
}

async fn add_form(shop: Arc<Shop>, mut request: Request) -> Result<Response, Error> {
    let addition: Addition = read_form(&mut request).await?;
    let done = change(&shop, &request, Way::Add, add(&shop, addition)).await;
    answer_form(&shop, &request, ADDED, done).await
}

async fn add_json(shop: Arc<Shop>, mut request: Request) -> Result<Response, Error> {
    let addition: Addition = read_json(&mut request).await?;
    let done = change(&shop, &request, Way::Add, add(&shop, addition)).await;
    answer_json(&shop, StatusCode::CREATED, done).await
}

fn add(
    shop: &Shop,
    addition: Addition,
) -> impl FnOnce(&Tx, &Book, &Cart, Instant) -> Outcome + Send + 'static {
    let kit = shop.kit.clone();
    move |tx, book, cart, now| {
        let (item, qty) = addition.item()?;
        flow::add(tx, &kit, book, cart, item, qty, now)
    }
}

async fn line_form(shop: Arc<Shop>, mut request: Request) -> Result<Response, Error> {
    let LinePath { id } = read_path(&request)?;
    let wanted: LineChange = read_form(&mut request).await?;
    let work = move |tx: &Tx, book: &Book, cart: &Cart, now| {
        let id = LineId::from_stored(id);
        match (wanted.qty, wanted.remove) {
            (Some(qty), None) if qty > 0 => flow::set(tx, book, cart, &id, qty, now),
            _ => flow::remove(tx, cart, &id, now),
        }
    };
    let done = change(&shop, &request, Way::Change, work).await;
    answer_form(&shop, &request, "/cart", done).await
}

async fn set_json(shop: Arc<Shop>, mut request: Request) -> Result<Response, Error> {
    let LinePath { id } = read_path(&request)?;
    let Quantity { qty } = read_json(&mut request).await?;
    let work = move |tx: &Tx, book: &Book, cart: &Cart, now| {
        flow::set(tx, book, cart, &LineId::from_stored(id), qty, now)
    };
    let done = change(&shop, &request, Way::Change, work).await;
    answer_json(&shop, StatusCode::OK, done).await
}

async fn remove_json(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let LinePath { id } = read_path(&request)?;
    let work = move |tx: &Tx, _: &Book, cart: &Cart, now| {
        flow::remove(tx, cart, &LineId::from_stored(id), now)
    };
    let done = change(&shop, &request, Way::Change, work).await;
    answer_json(&shop, StatusCode::OK, done).await
}

async fn clear_form(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let work = |tx: &Tx, _: &Book, cart: &Cart, now| flow::clear(tx, cart, now);
    let done = change(&shop, &request, Way::Change, work).await;
    answer_form(&shop, &request, "/cart", done).await
}

async fn clear_json(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let work = |tx: &Tx, _: &Book, cart: &Cart, now| flow::clear(tx, cart, now);
    let done = change(&shop, &request, Way::Change, work).await;
    answer_json(&shop, StatusCode::OK, done).await
}

async fn accept_form(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let work = |tx: &Tx, book: &Book, cart: &Cart, now| flow::accept_prices(tx, book, cart, now);
    let done = change(&shop, &request, Way::Change, work).await;
    answer_form(&shop, &request, "/cart", done).await
}

async fn accept_json(shop: Arc<Shop>, request: Request) -> Result<Response, Error> {
    let work = |tx: &Tx, book: &Book, cart: &Cart, now| flow::accept_prices(tx, book, cart, now);
    let done = change(&shop, &request, Way::Change, work).await;
    answer_json(&shop, StatusCode::OK, done).await
}

async fn code_form(shop: Arc<Shop>, mut request: Request) -> Result<Response, Error> {
    let wanted: CodeChange = read_form(&mut request).await?;
    let typed = wanted.code.clone().unwrap_or_default();
    let work = move |tx: &Tx, book: &Book, cart: &Cart, now| match wanted.remove {
        Some(code) => flow::remove_code(tx, cart, &code, now),
        None => {
            let code = wanted.code.unwrap_or_default();
            let mut tried = cart.clone();
            tried.codes = vec![code.clone()];
            let priced = view::price(tx, book, Some(tried), None, now)?;
            flow::add_code(tx, cart, &code, &priced.quote.objections, now)
        }
    };
    match change(&shop, &request, Way::Code, work).await {
        Err(error) => refused(&shop, &request, error, &typed).await,
        done => answer_form(&shop, &request, "/cart", done).await,
    }
}

async fn destination_form(shop: Arc<Shop>, mut request: Request) -> Result<Response, Error> {
    let to: Whereto = read_form(&mut request).await?;
    let work = move |tx: &Tx, book: &Book, cart: &Cart, now| {
        flow::set_destination(tx, book, cart, &to.country, to.rate.as_deref(), now)
    };
    let done = change(&shop, &request, Way::Change, work).await;
    answer_form(&shop, &request, "/cart", done).await
}

/// Runs one change in one transaction on the visitor's cart. Returns the token the browser must
/// hold. Only putting something in opens session and cart; nothing else remembers a stranger.
async fn change(
    shop: &Shop,
    request: &Request,
    way: Way,
    work: impl FnOnce(&Tx, &Book, &Cart, Instant) -> Outcome + Send + 'static,
) -> Result<Token, Error> {
    let (bucket, rate) = if way == Way::Code { ("codes", CODES) } else { ("cart", CHANGES) };
    shop.kit.admit(request, bucket, rate)?;
    let (kit, book, now) = (shop.kit.clone(), shop.books.now(), shop.kit.now());
    let presented = identity::presented(&kit, request);
    let done = shop.kit.db.write(move |tx| {
        if way != Way::Add {
            let known = presented.as_ref().map(|t| identity::find_session(tx, t, now));
            let session = known.transpose()?.flatten();
            if session.map(|s| store::find(tx, &s)).transpose()?.flatten().is_none() {
                return Err(Failure::Refused(Refusal::NoCart));
            }
        }
        let (session, token) =
            identity::continue_or_start(tx, presented.as_ref(), &kit.random, now)?;
        let cart = flow::open(tx, &kit, &book, &session, now)?;
        work(tx, &book, &cart, now)?;
        Ok::<_, Failure<Refusal>>(token)
    });
    Ok(done.await?)
}

/// A form is answered with the cart's page: by redirect when it worked, at once when it did not.
async fn answer_form(
    shop: &Shop,
    request: &Request,
    next: &'static str,
    done: Result<Token, Error>,
) -> Result<Response, Error> {
    match done {
        Ok(token) => Ok(StatusCode::SEE_OTHER
            .with_header(header::LOCATION, next)
            .with_header(header::SET_COOKIE, identity::remember(&shop.kit, &token)?)
            .into_response()),
        Err(error) => refused(shop, request, error, "").await,
    }
}

/// The cart's page with the reason; `code` is one that was refused, to be mended.
async fn refused(
    shop: &Shop,
    request: &Request,
    error: Error,
    code: &str,
) -> Result<Response, Error> {
    if !error.status().is_client_error() || !wants_html(request) {
        return Err(error);
    }
    let problem = error.problem();
    let mut notice = serde_json::to_value(shop.kit.render.told(&problem))?;
    notice["kind"] = "bad".into();
    let mut drawn = draw(shop, request, vec![notice], code, error.status()).await?;
    if let Some(seconds) = problem.retry_after_s {
        drawn.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(drawn)
}

async fn answer_json(
    shop: &Shop,
    status: StatusCode,
    done: Result<Token, Error>,
) -> Result<Response, Error> {
    let token = done?;
    let cookie = identity::remember(&shop.kit, &token)?;
    let body = snapshot(shop, Some(token), Shown::Alone).await?;
    Ok(poem::web::Json(body)
        .with_status(status)
        .with_header(header::SET_COOKIE, cookie)
        .into_response())
}

/// What is shown of a cart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// Itself.
    Alone,
    /// And what goes with it.
    WithBeside,
}

/// The visitor's cart as JSON: `version`, `count`, `lines`, `quote` and what stands in the way.
async fn snapshot(shop: &Shop, token: Option<Token>, shown: Shown) -> Result<Value, Error> {
    let (book, now) = (shop.books.now(), shop.kit.now());
    let done = shop.kit.db.read(move |read| {
        let session = token.map(|t| identity::find_session(read, &t, now)).transpose()?.flatten();
        let cart = session.map(|s| store::find(read, &s)).transpose()?.flatten();
        let priced = view::price(read, &book, cart, None, now)?;
        let drawn = view(&book, &priced, now);
        let mut body = serde_json::to_value(&drawn)?;
        body["quote"] = serde_json::to_value(&priced.quote)?;
        body["notes"] = priced.objections().into();
        body["blocked"] = (!priced.can_be_ordered(&book, now)).into();
        if shown == Shown::WithBeside {
            body["beside"] = serde_json::to_value(view::beside(read, &book, &priced, now)?)?;
        }
        Ok::<_, Failure<Refusal>>(body)
    });
    Ok(done.await?)
}

async fn draw(
    shop: &Shop,
    request: &Request,
    notices: Vec<Value>,
    code: &str,
    status: StatusCode,
) -> Result<Response, Error> {
    let token = identity::presented(&shop.kit, request);
    let mut body = snapshot(shop, token, Shown::WithBeside).await?;
    let (quote, beside) = (body["quote"].take(), body["beside"].take());
    let blocked = body["blocked"].take();
    let context = json!({
        "page": { "title": shop.kit.render.word("cart.title"),
                  "description": shop.kit.render.word("cart.description"),
                  "path": "/cart", "canonical": null, "robots": "noindex", "json_ld": null },
        "cart": body, "quote": quote, "blocked": blocked, "beside": beside,
        "countries": countries(&shop.books.now(), &shop.kit.render), "notices": notices,
        "refused_code": code,
    });
    let html = shop.kit.render.page("store/cart.html", context)?;
    Ok(poem::web::Html(html).with_status(status).into_response())
}

/// Every country something is delivered to, by its name in the shop's language.
#[must_use]
pub fn countries(book: &Book, render: &Render) -> Vec<Value> {
    let codes = book.zones.iter().flat_map(|zone| &zone.countries);
    let mut all: Vec<(String, &str)> = codes.map(|c| (render.country(c), c.as_str())).collect();
    // Österreich stands beside Oman, not after Zypern.
    all.sort_by_cached_key(|(title, code)| (fold(title), *code));
    all.into_iter().map(|(title, code)| json!({ "code": code, "title": title })).collect()
}
