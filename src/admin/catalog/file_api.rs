//! `/admin/api/products/:slug`: a product's file as other programs read, write and remove it. Its
//! version is its `ETag`; who writes over a file names in `If-Match` the version they have seen.

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};

use super::context::{note, nothing};
use super::editor::{beside_gone, on_disk, text_of};
use super::saving::write;
use crate::base::Problem;
use crate::base::fault::Failure;
use crate::base::slug::is_slug;
use crate::catalog::edit::Kind;
use crate::identity::Visit;
use crate::platform::web::{Error, read_bytes};
use crate::storefront::{By, Change, Refusal, Shelf, digest_of};

/// Media type of a product's file.
const TOML: &str = "application/toml";
/// Most bytes of one; the same that are read from disk.
const BYTES_MAX: usize = 256 * 1024;

fn slug_of(visit: &Visit) -> Result<String, Error> {
    let slug = visit.request.raw_path_param("slug").unwrap_or_default();
    if is_slug(slug) { Ok(slug.to_owned()) } else { Err(nothing()) }
}

/// The version somebody has seen: empty for a file that was not there. Names none when they do not
/// say, which fits nothing that exists.
fn seen(visit: &Visit, now: &str) -> String {
    let named = visit.request.headers().get(header::IF_MATCH).and_then(|v| v.to_str().ok());
    match named.map(str::trim) {
        Some("*") => now.to_owned(),
        named => named.unwrap_or_default().trim_matches('"').to_owned(),
    }
}

fn answer(status: StatusCode, text: &str, digest: &str) -> Response {
    status
        .with_header(header::CONTENT_TYPE, TOML)
        .with_header(header::ETAG, format!("\"{digest}\""))
        .with_body(text.to_owned())
        .into_response()
}

/// `GET /admin/api/products/:slug`
pub(super) async fn show(_: Shelf, visit: Visit) -> Result<Response, Error> {
    let path = Kind::Product.path(&slug_of(&visit)?);
    let Some(bytes) = on_disk(&visit, path).await? else { return Err(nothing()) };
    Ok(answer(StatusCode::OK, &text_of(Some(&bytes)), &digest_of(Some(&bytes))))
}

/// `PUT /admin/api/products/:slug`: writes the whole file, as the text editor of the desk does.
pub(super) async fn put(shelf: Shelf, mut visit: Visit) -> Result<Response, Error> {
    let slug = slug_of(&visit)?;
    let kind = visit.request.content_type().unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(TOML) {
        return Err(no_toml().into());
    }
    let sent = read_bytes(&mut visit.request, BYTES_MAX).await?.to_vec();
    let digest = digest_of(Some(&sent));
    let is_new = change(&shelf, &visit, &slug, Some(sent)).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT };
    Ok(status.with_header(header::ETAG, format!("\"{digest}\"")).into_response())
}

/// `DELETE /admin/api/products/:slug`
pub(super) async fn remove(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let slug = slug_of(&visit)?;
    change(&shelf, &visit, &slug, None).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Writes a file, or removes it with the description beside it; whether it is a new one.
async fn change(
    shelf: &Shelf,
    visit: &Visit,
    slug: &str,
    content: Option<Vec<u8>>,
) -> Result<bool, Error> {
    let path = Kind::Product.path(slug);
    let now = on_disk(visit, path.clone()).await?;
    if now.is_none() && content.is_none() {
        return Err(nothing());
    }
    if content.is_some() && content == now {
        // Sent once more, as after a lost answer: it is as they want it, whatever they had seen.
        return Ok(false);
    }
    let what = match (&content, &now) {
        (None, _) => "removed",
        (_, Some(_)) => "edited",
        (_, None) => "made",
    };
    let (before, after) = (text_of(now.as_deref()), text_of(content.as_deref()));
    let is_gone = content.is_none();
    let seen = seen(visit, &digest_of(now.as_deref()));
    let mut changes = vec![Change { path: path.clone(), content, seen }];
    if is_gone {
        changes.extend(beside_gone(visit, Kind::Product, slug).await?);
    }
    let by = By { who: visit.actor(), what: format!("{what} {path}") };
    match write(shelf, visit, changes, by).await {
        Ok(saved) => note(visit, what, &path, (&before, &after), &saved).await?,
        // Somebody else was quicker with the same.
        Err(Failure::Refused(Refusal::Same)) => {}
        Err(failure) => return Err(failure.into()),
    }
    Ok(now.is_none())
}

fn no_toml() -> Problem {
    Problem::new(
        415,
        "unsupported-media-type",
        "Unsupported media type",
        format!("A product's file is sent as {TOML}."),
    )
    .hint("Set Content-Type and send the whole file.")
}
