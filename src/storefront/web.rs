//! Sending the edition: a lookup by exact address, never a path joined to a folder.

use std::path::Path;
use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use minijinja::value::Serde;
use minijinja::{Value, context};
use poem::http::{Method, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::json;

use super::edition::{Edition, Files, page};
use super::goods::Shown;
use super::pack::Kept;
use super::pages::{featured, render_chosen};
use super::publish::Shelf;
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Problem};
use crate::platform::Kit;
use crate::platform::render::{Render, content_type};
use crate::platform::web::{Dress, Error, PageMaker, Rate, Routes, Shortcut, endpoint};
use crate::search::shelf_page;

type Asked = poem::http::Request<Incoming>;

/// Pages with a variant chosen, which are drawn when they are asked for, for one address.
const VARIANTS: Rate = Rate::new(300, 60);

/// Pages, assets, pictures and old addresses.
#[must_use]
pub fn routes(kit: &Kit, shelf: &Shelf) -> Routes {
    let inner = Arc::new((kit.clone(), shelf.clone()));
    Routes::new().elsewhere(endpoint(move |request| serve(Arc::clone(&inner), request)))
}

/// Answers for pages, documents and assets straight from where they lie: nothing is looked at but
/// the address and what the reader accepts. Everything else goes through the routes.
#[must_use]
pub fn shortcut(shelf: &Shelf, dress: Arc<Dress>) -> Shortcut {
    let shelf = shelf.clone();
    Arc::new(move |request| ready(&shelf.current.load().files, request, &dress))
}

/// The same for what an earlier run has left, when it is still true.
#[must_use]
pub fn early_shortcut(kept: &Kept, dress: Dress) -> Option<Shortcut> {
    let files = Arc::clone(&kept.files);
    kept.is_true().then(|| Arc::new(move |request: &_| ready(&files, request, &dress)) as Shortcut)
}

fn ready(files: &Files, request: &Asked, dress: &Dress) -> Option<poem::http::Response<Bytes>> {
    let (method, uri) = (request.method(), request.uri());
    let reads = method == Method::GET || method == Method::HEAD;
    if !reads || uri.query().is_some() {
        return None;
    }
    let mut response = files.get(uri.path())?.ready(request.headers());
    dress.put_on(&mut response);
    Some(response)
}

async fn serve(inner: Arc<(Kit, Shelf)>, request: Request) -> Result<Response, Error> {
    let (kit, shelf) = &*inner;
    let edition = shelf.now();
    let path = request.uri().path();
    let category = path.strip_prefix("/category/").and_then(|rest| rest.strip_suffix('/'));
    if let Some(category) = category
        && let Some(narrowed) = shelf_page(kit, &shelf.searching, category, &request).await?
    {
        return Ok(narrowed);
    }
    if let Some(sku) = asked_variant(&request)
        && let Some(slug) = path.strip_prefix("/product/").and_then(|rest| rest.strip_suffix('/'))
    {
        kit.admit(&request, "variant", VARIANTS)?;
        let (making, render, slug) =
            (Arc::clone(&edition.making), kit.render.clone(), slug.to_owned());
        let drawing = move || render_chosen(&making, &render, &slug, &sku);
        let drawn = tokio::task::spawn_blocking(drawing).await.map_err(Fault::from)??;
        if let Some(html) = drawn {
            return Ok(page(&html)?.answer(request.headers()));
        }
    }
    if let Some(file) = edition.files.get(path) {
        return Ok(file.answer(request.headers()));
    }
    if let Some(file) = edition.pictures.file(path) {
        return picture(path, &file).await;
    }
    let moved = edition.redirects.get(path).cloned().or_else(|| {
        let slashed = format!("{path}/");
        // An old address without its slash still takes one hop.
        let moved = edition.redirects.get(&slashed).cloned();
        moved.or_else(|| edition.files.contains_key(slashed.as_str()).then_some(slashed))
    });
    let moved = moved.or_else(|| edition.pictures.successor(path));
    match moved {
        Some(to) => {
            // What was asked beside the address is asked at the new one, too.
            let query = request.uri().query().filter(|_| !to.contains(['?', '#']));
            let to = query.map_or_else(|| to.clone(), |query| format!("{to}?{query}"));
            Ok(StatusCode::PERMANENT_REDIRECT.with_header(header::LOCATION, to).into_response())
        }
        None if shelf.gone.has(path) => Err(gone().into()),
        None => Err(missing().into()),
    }
}

/// The variant that the address of a product names, as feeds and structured data do: pages say it
/// without script, too.
fn asked_variant(request: &Request) -> Option<String> {
    let pairs = form_urlencoded::parse(request.uri().query()?.as_bytes());
    pairs.into_iter().find(|(key, _)| key == "variant").map(|(_, sku)| sku.into_owned())
}

/// A picture from disk. Its address names its content: only bytes that match may be kept for ever.
async fn picture(path: &str, file: &Path) -> Result<Response, Error> {
    let Ok(bytes) = tokio::fs::read(file).await else { return Err(missing().into()) };
    // Other sizes are named after the picture they were made of, and are never made differently
    // under the same name; an untouched file may have been replaced a moment ago.
    let named = path.rsplit('.').nth(1).unwrap_or_default();
    let matches = named.contains('-') || sha256_hex(&bytes).starts_with(named);
    let keep = if matches { "public, max-age=31536000, immutable" } else { "no-store" };
    Ok(bytes
        .with_content_type(content_type(path))
        .with_header(header::CACHE_CONTROL, keep)
        // Letters are read in other people's programs, and show pictures of the order.
        .with_header("cross-origin-resource-policy", "cross-origin")
        .into_response())
}

/// Goods that the page of an address that leads nowhere offers.
const POPULAR: usize = 4;

fn missing() -> Problem {
    Problem::new(
        404,
        "not-found",
        "This page is not here",
        "It may have moved, or the address has a typing mistake.",
    )
}

fn gone() -> Problem {
    Problem::new(
        410,
        "gone",
        "This is no longer sold",
        "The shop had it once and has taken it out for good.",
    )
}

/// Makes a page of a problem, in the shop's own look; with goods to go on with once there are any.
#[must_use]
pub fn problem_page(render: &Render, shelf: Option<&Shelf>) -> PageMaker {
    let (render, shelf) = (render.clone(), shelf.cloned());
    Arc::new(move |problem: &Problem, request_id: &str| {
        let edition =
            shelf.as_ref().filter(|_| matches!(problem.status, 404 | 410)).map(Shelf::now);
        draw(&render, edition.as_deref(), problem, request_id).ok()
    })
}

/// The page for addresses that lead nowhere.
///
/// # Errors
/// When the template is wrong.
pub fn missing_page(render: &Render, edition: &Edition) -> Result<String, Fault> {
    draw(render, Some(edition), &missing(), "")
}

fn draw(
    render: &Render,
    edition: Option<&Edition>,
    problem: &Problem,
    request_id: &str,
) -> Result<String, Fault> {
    let popular = match edition.map(|edition| &edition.making) {
        Some(making) => {
            let goods = featured(making).into_iter().filter(|good| !good.slot.is_gone);
            making.drawn(render, Shown::Beside, goods.take(POPULAR))?
        }
        None => Vec::new(),
    };
    let told = render.told(problem);
    let shown = json!({
        "page": { "title": told.title, "description": "", "path": "", "canonical": null,
                  "robots": "noindex", "image": null, "json_ld": null },
        "problem": {
            "status": problem.status, "title": told.title, "detail": told.detail,
            "hint": told.hint,
            "request_id": (problem.status >= 500).then_some(request_id),
        },
    });
    let context = context! { popular, ..Value::from(Serde(shown)) };
    render.page("store/problem.html", context)
}

/// `/dev/mail`: the newest letters as they would be read, in development only.
#[must_use]
pub fn dev_routes(kit: &Kit) -> Routes {
    let kit = Arc::new(kit.clone());
    Routes::new().get("/dev/mail", endpoint(move |_: Request| letters(Arc::clone(&kit))))
}

/// Letters shown.
const LETTERS: u32 = 20;

async fn letters(kit: Arc<Kit>) -> Result<Response, Error> {
    let recent = kit.db.read(|read| {
        let posted = crate::platform::mail::list_recent(read, LETTERS)?;
        Ok::<_, crate::base::Failure<crate::base::fault::Never>>(posted)
    });
    let mut letters = Vec::new();
    for letter in recent.await? {
        let data: serde_json::Value = serde_json::from_str(&letter.data)?;
        let part = |file: &str| kit.render.page(&format!("mail/{}/{file}", letter.template), &data);
        letters.push(json!({
            "to": letter.recipient, "state": letter.state, "at": letter.created_at,
            "attempts": letter.attempts, "answer": letter.answer,
            "subject": part("subject.txt").unwrap_or_else(|e| e.to_string()),
            "text": part("body.txt").unwrap_or_else(|e| e.to_string()),
        }));
    }
    let context = json!({
        "page": { "title": kit.render.word("letters.title"), "description": "",
                  "path": "/dev/mail", "canonical": null, "robots": "noindex", "image": null,
                  "json_ld": null },
        "letters": letters,
    });
    let html = kit.render.page("store/letters.html", context)?;
    Ok(poem::web::Html(html).into_response())
}
