//! What the editor sends: shown as a difference first, then saved; refused with what is wrong, or
//! with both versions when somebody was quicker.

use std::collections::BTreeMap;

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::context::{NEW, href, named, note, nothing, page_of, tabs, told};
use super::diff::hunks;
use super::editor::{Draft, Told, Way, beside_gone, draw, on_disk, text_of};
use crate::base::fault::Failure;
use crate::base::slug::is_slug;
use crate::base::{Fault, Problem};
use crate::catalog::edit::{Kind, Values, apply};
use crate::catalog::values::slug_from;
use crate::identity::{Visit, see_other};
use crate::platform::content::{Complaint, Tree};
use crate::platform::web::{Error, read_form_within, read_query};
use crate::storefront::{self, By, Change, Checked, Refusal, Saved, Shelf, digest_of};

/// Largest form, in bytes: the longest text, and what the browser adds.
const FORM_BYTES_MAX: usize = 4 << 20;
/// Most fields of a form.
const FIELDS_MAX: usize = 20_000;

/// `POST /admin/catalog/:folder/:slug`
pub(super) async fn post(shelf: Shelf, mut visit: Visit) -> Result<Response, Error> {
    let (kind, slug) = named(&visit)?;
    let sent = fields(read_form_within(&mut visit.request, FORM_BYTES_MAX).await?)?;
    let draft = drafted(&visit, kind, slug, sent).await?;
    let action = draft.action.clone();
    match action.as_str() {
        "save" => save(shelf, visit, draft).await,
        "preview" => preview(shelf, visit, draft).await,
        "edit" => draw(&shelf, &visit, &draft.draft, Told::default()).await,
        "gone" => gone(visit, draft).await,
        action => match action.strip_prefix("more:") {
            Some(list) => {
                let mut draft = draft.draft;
                *draft.more.entry(list.chars().take(80).collect()).or_default() += 1;
                draw(&shelf, &visit, &draft, Told::default()).await
            }
            None => check(shelf, visit, draft).await,
        },
    }
}

fn fields(sent: Vec<(String, String)>) -> Result<Values, Error> {
    if sent.len() > FIELDS_MAX {
        let what = "The form has more fields than are read.";
        return Err(Problem::new(422, "invalid-fields", "Invalid fields", what)
            .hint("Edit the file as text.")
            .into());
    }
    Ok(sent.into_iter().collect())
}

/// What was sent, and what lies there now.
struct Sending {
    draft: Draft,
    action: String,
    /// The file as it is now.
    now: Option<Vec<u8>>,
    /// Shall go.
    is_gone: bool,
    /// Why the form could not become a text.
    refused: Option<String>,
}

impl Sending {
    fn path(&self) -> String {
        self.draft.way.path(self.draft.kind, &self.draft.wanted)
    }

    fn change(&self) -> Change {
        let content = (!self.is_gone).then(|| self.draft.text.clone().into_bytes());
        Change { path: self.path(), content, seen: self.draft.seen.clone() }
    }
}

async fn drafted(
    visit: &Visit,
    kind: Kind,
    slug: String,
    mut sent: Values,
) -> Result<Sending, Error> {
    let typed = sent.remove("_text");
    let mut take = |name: &str| sent.remove(name).unwrap_or_default();
    let (action, seen) = (take("_action"), take("_seen"));
    let way = Way::parse(&take("_view"));
    let (asked, is_gone) = (take("_slug"), take("_gone") == "yes");
    let is_new = slug == NEW;
    let title = sent.get("title").map_or("", String::as_str);
    let wanted = match is_new {
        true if asked.trim().is_empty() => slug_from(title),
        true => asked.trim().to_owned(),
        false => slug.clone(),
    };
    let mut more = BTreeMap::new();
    for (name, count) in sent.extract_if(.., |name, _| name.starts_with("_more.")) {
        let list = name.trim_start_matches("_more.").to_owned();
        more.insert(list, count.parse::<usize>().unwrap_or_default().min(50));
    }
    let mut refused = None;
    if !is_slug(&wanted) {
        refused = Some("Give it an address: small letters, digits and single hyphens.".to_owned());
    }
    let path = way.path(kind, &wanted);
    let now = if refused.is_none() { on_disk(visit, path).await? } else { None };
    let text = text_of(now.as_deref());
    let (text, values) = if let Some(typed) = typed {
        let typed = typed.replace("\r\n", "\n");
        (if text.contains("\r\n") { typed.replace('\n', "\r\n") } else { typed }, None)
    } else {
        // What was seen is changed, not what came meanwhile: else this would undo that.
        let base =
            if digest_of(now.as_deref()) == seen { text } else { kept(visit, &seen).await? };
        match apply(kind, &base, &sent) {
            Ok(text) => (text, Some(sent)),
            Err(why) => {
                refused = refused.or(Some(why.words().to_owned()));
                (base, Some(sent))
            }
        }
    };
    let draft = Draft { kind, slug, wanted, way, text, sent: values, seen, more };
    Ok(Sending { draft, action, now, is_gone, refused })
}

/// The text that was seen, when it is still kept among the former states.
async fn kept(visit: &Visit, seen: &str) -> Result<String, Fault> {
    let (kit, seen) = (visit.kit.clone(), seen.to_owned());
    let read = move || storefront::kept_content(&kit.settings.data_dir, &seen).ok();
    Ok(text_of(tokio::task::spawn_blocking(read).await?.as_deref()))
}

fn problem(title: &str, detail: Option<&str>) -> Value {
    json!({ "title": title, "detail": detail })
}

/// The page again, with a sentence on top.
async fn again(shelf: &Shelf, visit: &Visit, draft: &Draft, why: Value) -> Result<Response, Error> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    draw(shelf, visit, draft, Told { status, problem: Some(why), ..Told::default() }).await
}

/// The page again, with what is wrong in the files as they would be.
async fn mistaken(
    shelf: &Shelf,
    visit: &Visit,
    draft: &Draft,
    (errors, files): (&[Complaint], &Tree),
) -> Result<Response, Error> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let (mut shown, own) = (told(errors, files), draft.way.path(draft.kind, &draft.wanted));
    for complaint in shown.iter_mut().filter(|complaint| complaint["file"] == own) {
        // It is about what was typed, not about the file as it lies there: no link leads away.
        complaint["href"] = Value::Null;
    }
    let wrong = Some((errors, shown));
    draw(shelf, visit, draft, Told { status, wrong, ..Told::default() }).await
}

/// Checks the whole shop with what was sent, away from the threads that answer.
async fn checked(shelf: &Shelf, visit: &Visit, change: Change) -> Result<Checked, Error> {
    let (kit, shelf) = (visit.kit.clone(), shelf.clone());
    let check = move || storefront::check(&kit, &shelf, &[change]);
    Ok(tokio::task::spawn_blocking(check).await.map_err(Fault::from)??)
}

/// The step before saving: what would change, or what is wrong with it.
async fn check(shelf: Shelf, visit: Visit, sending: Sending) -> Result<Response, Error> {
    if let Some(why) = &sending.refused {
        return again(&shelf, &visit, &sending.draft, problem(why, None)).await;
    }
    if digest_of(sending.now.as_deref()) != sending.draft.seen {
        return conflict(&visit, &sending);
    }
    let before = text_of(sending.now.as_deref());
    if before == sending.draft.text && !sending.is_gone {
        let why = problem("Nothing is different yet.", None);
        return again(&shelf, &visit, &sending.draft, why).await;
    }
    let found = checked(&shelf, &visit, sending.change()).await?;
    if !found.errors.is_empty() {
        let found = (&*found.errors, &found.loaded.files);
        return mistaken(&shelf, &visit, &sending.draft, found).await;
    }
    let warnings = told(&found.warnings, &found.loaded.files);
    difference(&visit, &sending, &before, &warnings)
}

fn difference(
    visit: &Visit,
    sending: &Sending,
    before: &str,
    warnings: &[Value],
) -> Result<Response, Error> {
    let draft = &sending.draft;
    let after = if sending.is_gone { "" } else { &draft.text };
    let here = href(draft.kind, &draft.slug);
    let context = json!({
        "tabs": tabs(draft.kind.folder()), "kind": draft.kind.word(), "slug": draft.slug,
        "wanted": draft.wanted, "path": sending.path(), "here": here, "way": draft.way.word(),
        "is_new": draft.slug == NEW, "is_gone": sending.is_gone, "text": draft.text,
        "seen": draft.seen, "hunks": hunks(before, after), "warnings": warnings,
        "has_page": page_of(draft.kind, &draft.wanted).is_some(),
    });
    visit.page("admin/catalog_diff.html", "catalog", context)
}

/// Both versions, to choose from.
fn conflict(visit: &Visit, sending: &Sending) -> Result<Response, Error> {
    let draft = &sending.draft;
    let theirs = text_of(sending.now.as_deref());
    let context = json!({
        "tabs": tabs(draft.kind.folder()), "kind": draft.kind.word(), "slug": draft.slug,
        "wanted": draft.wanted, "path": sending.path(),
        "here": href(draft.kind, &draft.wanted),
        "post": href(draft.kind, &draft.slug), "way": draft.way.word(),
        "is_gone": sending.now.is_none(), "is_new": draft.slug == NEW, "mine": draft.text,
        "theirs": theirs, "seen": digest_of(sending.now.as_deref()),
        "hunks": hunks(&theirs, &draft.text),
    });
    visit.page_with(StatusCode::CONFLICT, "admin/catalog_conflict.html", "catalog", context)
}

/// The step before a file goes.
#[expect(clippy::unused_async, reason = "a way to answer like the others")]
async fn gone(visit: Visit, mut sending: Sending) -> Result<Response, Error> {
    let Some(now) = sending.now.clone() else { return Err(nothing()) };
    sending.is_gone = true;
    sending.draft.text = text_of(Some(&now));
    sending.draft.seen = digest_of(Some(&now));
    let before = sending.draft.text.clone();
    difference(&visit, &sending, &before, &[])
}

async fn save(shelf: Shelf, visit: Visit, sending: Sending) -> Result<Response, Error> {
    if let Some(why) = &sending.refused {
        return again(&shelf, &visit, &sending.draft, problem(why, None)).await;
    }
    let what = match (sending.is_gone, sending.now.is_some()) {
        (true, _) => "removed",
        (false, true) => "edited",
        (false, false) => "made",
    };
    let by = By { who: visit.actor(), what: format!("{what} {}", sending.path()) };
    let mut changes = vec![sending.change()];
    if sending.is_gone && sending.draft.way != Way::Beside {
        let Draft { kind, wanted, .. } = &sending.draft;
        changes.extend(beside_gone(&visit, *kind, wanted).await?);
    }
    let saved = write(&shelf, &visit, changes, by).await;
    let draft = &sending.draft;
    match saved {
        Ok(saved) => {
            let before = text_of(sending.now.as_deref());
            let after = if sending.is_gone { "" } else { &draft.text };
            note(&visit, what, &sending.path(), (&before, after), &saved).await?;
            let done = if saved.why_not_shown.is_some() { "waiting" } else { "saved" };
            let undo = digest_of(sending.now.as_deref());
            let list = list_without(draft.kind, &draft.slug, &undo);
            let here = href(draft.kind, &draft.wanted);
            let view = draft.way.word();
            Ok(see_other(&match sending.is_gone && draft.way != Way::Beside {
                true => list,
                false if undo.is_empty() => format!("{here}?done={done}&view={view}"),
                false => format!("{here}?done={done}&view={view}&undo={undo}"),
            }))
        }
        Err(Failure::Refused(Refusal::Conflict { .. })) => {
            let now = on_disk(&visit, sending.path()).await?;
            conflict(&visit, &Sending { now, ..sending })
        }
        Err(Failure::Refused(Refusal::Wrong(wrong))) => {
            mistaken(&shelf, &visit, draft, (&wrong.errors, &wrong.files)).await
        }
        Err(Failure::Refused(Refusal::Same)) => {
            again(&shelf, &visit, draft, problem("Nothing is different.", None)).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The list a file is gone from, with what brings it back.
fn list_without(kind: Kind, slug: &str, undo: &str) -> String {
    let list = match kind {
        Kind::Product => "/admin/catalog".to_owned(),
        kind => format!("/admin/catalog/{}", kind.folder()),
    };
    format!("{list}?gone={slug}&undo={undo}")
}

/// Saves, away from the threads that answer.
pub(super) async fn write(
    shelf: &Shelf,
    visit: &Visit,
    changes: Vec<Change>,
    by: By,
) -> Result<Saved, Failure<Refusal>> {
    let (kit, shelf) = (visit.kit.clone(), shelf.clone());
    tokio::task::spawn_blocking(move || storefront::save(&kit, &shelf, &changes, &by)).await?
}

/// The page as it would be, drawn with the real templates; nothing is saved.
async fn preview(shelf: Shelf, visit: Visit, sending: Sending) -> Result<Response, Error> {
    if let Some(why) = &sending.refused {
        return again(&shelf, &visit, &sending.draft, problem(why, None)).await;
    }
    let found = checked(&shelf, &visit, sending.change()).await?;
    if !found.errors.is_empty() {
        let found = (&*found.errors, &found.loaded.files);
        return mistaken(&shelf, &visit, &sending.draft, found).await;
    }
    let Some(book) = found.loaded.book else {
        let why = problem("Other files have mistakes; mend those first to see a preview.", None);
        return again(&shelf, &visit, &sending.draft, why).await;
    };
    let (kit, shelf_, kind) = (visit.kit.clone(), shelf.clone(), sending.draft.kind);
    let slug = sending.draft.wanted.clone();
    let drawn =
        tokio::task::spawn_blocking(move || storefront::preview(&kit, &shelf_, book, kind, &slug));
    let Some(page) = drawn.await.map_err(Fault::from)?? else {
        let why = problem("It has no page of its own to be shown.", None);
        return again(&shelf, &visit, &sending.draft, why).await;
    };
    let strip = visit.kit.render.page("admin/catalog_preview.html", json!({}))?;
    let at = page.find("<body").and_then(|at| Some(at + page.get(at..)?.find('>')? + 1));
    let (head, rest) = page.split_at(at.unwrap_or_default());
    Ok(poem::web::Html(format!("{head}{strip}{rest}")).into_response())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    digest: String,
    view: String,
}

/// `GET /admin/catalog/:folder/:slug/restore`: what bringing a former text back would change.
pub(super) async fn restore(shelf: Shelf, visit: Visit) -> Result<Response, Error> {
    let (kind, slug) = named(&visit)?;
    let asked: Asked = read_query(&visit.request)?;
    let way = match Way::parse(&asked.view) {
        Way::Form => Way::Text,
        way => way,
    };
    let path = way.path(kind, &slug);
    let (kit, wanted, of) = (visit.kit.clone(), asked.digest.clone(), path.clone());
    let read = tokio::task::spawn_blocking(move || {
        let data_dir = &kit.settings.data_dir;
        // Only what this very file has been: the folder keeps all others, too.
        let past = storefront::history(data_dir, &of, usize::MAX)?;
        let is_its = past.iter().any(|past| past.digest.as_ref() == Some(&wanted));
        is_its.then(|| storefront::kept_content(data_dir, &wanted)).transpose()
    });
    let Some(bytes) = read.await.map_err(Fault::from)?? else { return Err(nothing()) };
    let now = on_disk(&visit, path).await?;
    let draft = Draft {
        kind,
        wanted: slug.clone(),
        slug,
        way,
        text: text_of(Some(&bytes)),
        sent: None,
        seen: digest_of(now.as_deref()),
        more: BTreeMap::new(),
    };
    let action = "check".to_owned();
    check(shelf, visit, Sending { draft, action, now, is_gone: false, refused: None }).await
}
