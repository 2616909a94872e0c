//! Pictures sent to the desk: proved, named and kept; and shown before anything uses them.

use std::path::Path;

use poem::http::header;
use poem::{IntoResponse, Response};

use super::context::{NEW, href, named, note, nothing};
use super::saving::write;
use crate::base::fault::Failure;
use crate::base::{Fault, Problem};
use crate::catalog::edit::Kind;
use crate::identity::{Visit, see_other};
use crate::platform::images::{Kind as PictureKind, Unfit, proof};
use crate::platform::web::{Error, Part, read_parts};
use crate::storefront::{By, Change, Refusal, Shelf, content_of, digest_of, picture_name};

/// Largest picture that is sent, in bytes, with the form around it.
const UPLOAD_BYTES_MAX: usize = 20 << 20;
/// Names tried for a picture before it is called after what it holds.
const NAMES_MAX: u32 = 50;

/// Whether a file of this kind names pictures: products and bundles several, a category one.
pub(super) fn has_pictures(kind: Kind) -> bool {
    matches!(kind, Kind::Product | Kind::Bundle | Kind::Category)
}

/// `POST /admin/catalog/:folder/:slug/picture`
pub(super) async fn upload(shelf: Shelf, mut visit: Visit) -> Result<Response, Error> {
    let (kind, slug) = named(&visit)?;
    if slug == NEW || !has_pictures(kind) {
        return Err(nothing());
    }
    let parts = read_parts(&mut visit.request, UPLOAD_BYTES_MAX).await?;
    let alt = parts.iter().find(|part| part.name == "alt").map(Part::text);
    let sent = parts.into_iter().find(|part| part.name == "file" && part.file.is_some());
    let Some(sent) = sent.filter(|part| !part.content.is_empty()) else {
        let what = "No picture was sent.";
        let problem = Problem::new(422, "picture-unfit", "No such picture", what);
        return Err(problem.hint("Choose a file first.").into());
    };
    let theirs = sent.file.unwrap_or_default();
    let kit = visit.kit.clone();
    let kept = tokio::task::spawn_blocking(move || {
        let (look, end) = proof(&sent.content).map_err(|why| unfit(&why))?;
        let bytes = sent.content.slice(..end).to_vec();
        Ok::<_, Error>(place(&kit.settings.content_dir, &theirs, look.kind, bytes)?)
    });
    let (name, change) = kept.await.map_err(Fault::from)??;
    if let Some(change) = change {
        let path = change.path.clone();
        let size = format!("{} bytes", change.content.as_ref().map_or(0, Vec::len));
        let by = By { who: visit.actor(), what: format!("added {path}") };
        let saved = write(&shelf, &visit, vec![change], by).await?;
        note(&visit, "picture", &path, ("", &size), &saved).await?;
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("picture", &name).append_pair("done", "picture");
    query.append_pair("alt", alt.unwrap_or_default().trim());
    Ok(see_other(&format!("{}?{}", href(kind, &slug), query.finish())))
}

fn unfit(why: &Unfit) -> Error {
    let sentence = |text: String| {
        let mut chars = text.chars();
        let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", chars.as_str())
    };
    Problem::new(422, "picture-unfit", "No such picture", sentence(why.message()))
        .hint(sentence(why.hint()))
        .into()
}

/// A name that is free, and the change that puts the picture there; none when it is there already.
fn place(
    content_dir: &Path,
    theirs: &str,
    kind: PictureKind,
    bytes: Vec<u8>,
) -> Result<(String, Option<Change>), Failure<Refusal>> {
    let digest = digest_of(Some(&bytes));
    let first = picture_name(theirs, kind.extension(), &digest);
    let (stem, extension) = first.rsplit_once('.').unwrap_or((&first, "png"));
    let more = (2..NAMES_MAX).map(|number| format!("{stem}-{number}.{extension}"));
    let last = picture_name("", kind.extension(), &digest);
    for name in std::iter::once(first.clone()).chain(more).chain([last.clone()]) {
        let path = format!("images/{name}");
        match content_of(content_dir, &path)? {
            None => {
                let change = Change { path, content: Some(bytes), seen: String::new() };
                return Ok((name, Some(change)));
            }
            Some(there) if digest_of(Some(&there)) == digest => return Ok((name, None)),
            Some(_) => {}
        }
    }
    Ok((last, None))
}

/// `GET /admin/catalog-pictures/*file`: a picture as it lies there.
pub(super) async fn show(_: Shelf, visit: Visit) -> Result<Response, Error> {
    let name = visit.request.raw_path_param("file").unwrap_or_default().to_owned();
    let kind = name.rsplit_once('.').and_then(|(_, ending)| PictureKind::promised(ending));
    let Some(kind) = kind else { return Err(nothing()) };
    let dir = visit.kit.settings.content_dir.clone();
    let read = move || content_of(&dir, &format!("images/{name}"));
    let bytes = tokio::task::spawn_blocking(read).await.map_err(Fault::from)??;
    let Some(bytes) = bytes else { return Err(nothing()) };
    let media_type = match kind {
        PictureKind::Jpeg => "image/jpeg",
        PictureKind::Png => "image/png",
        PictureKind::WebP => "image/webp",
        PictureKind::Gif => "image/gif",
    };
    Ok(bytes
        .with_content_type(media_type)
        .with_header(header::CACHE_CONTROL, "private, max-age=60")
        .into_response())
}
