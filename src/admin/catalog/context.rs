//! What pages of the catalog share: the last reading of the files, complaints by file, the kind
//! and slug an address names.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::diff::noted;
use crate::base::fault::{Failure, Never};
use crate::base::slug::is_slug;
use crate::base::{Fault, Problem};
use crate::catalog::edit::Kind;
use crate::identity::{self, Visit};
use crate::platform::Kit;
use crate::platform::content::report::{self, excerpts};
use crate::platform::content::{Complaint, Severity, Tree};
use crate::platform::web::{Error, read_query};
use crate::storefront::{Reading, Saved, Shelf};

/// The files as they were read last.
pub(super) async fn reading(kit: &Kit, shelf: &Shelf) -> Result<Arc<Reading>, Fault> {
    let (kit, shelf) = (kit.clone(), shelf.clone());
    let revision = shelf.books.now().revision.clone();
    let read = move || shelf.files.now(&kit.settings.content_dir, &revision);
    tokio::task::spawn_blocking(read).await?
}

/// The kind and slug of an address; `+new` for one that is not there yet.
pub(super) fn named(visit: &Visit) -> Result<(Kind, String), Error> {
    let kind = visit.request.raw_path_param("folder").and_then(Kind::of_folder);
    let slug = visit.request.raw_path_param("slug").unwrap_or_default().to_owned();
    match kind {
        Some(kind) if is_slug(&slug) || slug == NEW => Ok((kind, slug)),
        _ => Err(nothing()),
    }
}

/// The slug of something that is not there yet.
pub(super) const NEW: &str = "+new";

/// Errors and warnings of each file.
pub(super) fn by_file(complaints: &[Complaint]) -> BTreeMap<&str, Vec<&Complaint>> {
    let mut all: BTreeMap<&str, Vec<&Complaint>> = BTreeMap::new();
    for complaint in complaints {
        all.entry(&complaint.file).or_default().push(complaint);
    }
    all
}

/// Complaints as templates show them: sentence, place, and the lines they are about.
pub(super) fn told(complaints: &[Complaint], files: &Tree) -> Vec<Value> {
    let shown = excerpts(complaints, files, "content");
    let one = |(c, excerpt): (&Complaint, report::Excerpt)| {
        json!({
            "sentence": report::sentence(c), "file": c.file, "line": c.line, "column": c.column,
            "is_error": c.severity == Severity::Error, "excerpt": excerpt.text,
            "href": href_of(&c.file),
        })
    };
    complaints.iter().zip(shown).map(one).collect()
}

/// Where a file is edited; nothing for those that are not edited here.
pub(super) fn href_of(file: &str) -> Option<String> {
    let (folder, name) = file.split_once('/')?;
    let kind = Kind::of_folder(folder)?;
    let (stem, _) = name.rsplit_once('.')?;
    is_slug(stem).then(|| href(kind, stem))
}

/// Where a thing is edited.
pub(super) fn href(kind: Kind, slug: &str) -> String {
    format!("/admin/catalog/{}/{slug}", kind.folder())
}

/// The page of a thing in the shop, when it has one of its own.
pub(super) fn page_of(kind: Kind, slug: &str) -> Option<String> {
    match kind {
        Kind::Promotion => None,
        kind => Some(format!("/{}/{slug}/", kind.word())),
    }
}

/// Tabs above every list.
pub(super) fn tabs(current: &str) -> Value {
    let all = [
        ("products", "Products", "/admin/catalog"),
        ("bundles", "Bundles", "/admin/catalog/bundles"),
        ("categories", "Categories", "/admin/catalog/categories"),
        ("promotions", "Promotions", "/admin/catalog/promotions"),
        ("pages", "Pages", "/admin/catalog/pages"),
        ("table", "Import and export", "/admin/catalog-table"),
    ];
    let tab = |(key, title, href): (&str, &str, &str)| {
        let is_current = key == current;
        json!({ "title": title, "href": href, "is_current": is_current })
    };
    all.map(tab).into_iter().collect()
}

/// A line in the log of changes. The files are written already; they are the truth, this tells it.
pub(super) async fn note(
    visit: &Visit,
    what: &str,
    path: &str,
    (before, after): (&str, &str),
    saved: &Saved,
) -> Result<(), Error> {
    note_all(visit, what, vec![(path.to_owned(), before.to_owned(), after.to_owned())], saved).await
}

/// A line for each of several files: its path, what it held, and what it holds.
pub(super) async fn note_all(
    visit: &Visit,
    what: &str,
    files: Vec<(String, String, String)>,
    saved: &Saved,
) -> Result<(), Error> {
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let (action, revision) = (format!("catalog.{what}"), saved.revision.clone());
    // Comparing thousands of texts takes a while: not where everybody's writes wait.
    let compared = tokio::task::spawn_blocking(move || {
        let lines = files.iter().map(|(path, before, after)| {
            let (gone, came) = noted(before, after);
            let after = json!({ "lines": came, "revision": revision });
            (path.clone(), json!({ "lines": gone }), after)
        });
        lines.collect::<Vec<_>>()
    });
    let compared = compared.await.map_err(Fault::from)?;
    let write = visit.kit.db.write(move |tx| {
        for (path, before, after) in &compared {
            identity::note(tx, &staff, &action, ("file", path), (before, after), now)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(write.await?)
}

/// There is no such thing.
pub(super) fn nothing() -> Error {
    let what = "There is nothing of that name in the catalog.";
    Problem::new(404, "not-found", "Not found", what).hint("Look for it in the lists.").into()
}

/// What was just removed, as the address of its list says it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Removed {
    gone: String,
    undo: String,
}

/// The name of what was just removed, and the address of what brings it back.
pub(super) fn removed(visit: &Visit, kind: Kind) -> Result<Option<Value>, Error> {
    let removed: Removed = read_query(&visit.request)?;
    let (gone, undo) = (removed.gone, removed.undo);
    let is_digest = !undo.is_empty() && undo.bytes().all(|byte| byte.is_ascii_hexdigit());
    let back = format!("{}/restore?digest={undo}", href(kind, &gone));
    Ok((is_slug(&gone) && is_digest).then(|| json!({ "slug": gone, "back": back })))
}
