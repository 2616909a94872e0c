//! Saving from the desk: checked as a whole before it is written, refused when somebody was
//! quicker, written whole or not at all, published at once, kept as one state with its author.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use serde_json::json;

use super::editing_path::is_editable;
use super::keeping::{keep_one, keep_whole};
use super::publish::Shelf;
use super::revisions::{By, keep_as_is};
use super::watch::go_on;
use crate::base::fault::{Doing, Failure, refuse};
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Problem, Randomness, fault};
use crate::platform::Kit;
use crate::platform::content::{Complaint, Severity, Tree};
use crate::pricing::{self, Book, Loaded};

/// Largest file that is looked at, in bytes: the largest picture.
const FILE_BYTES_MAX: u64 = 32 << 20;

/// One file as the editor wants it.
#[derive(Clone, Debug)]
pub struct Change {
    /// Path below the content folder.
    pub path: String,
    /// What it shall hold; nothing when it shall go.
    pub content: Option<Vec<u8>>,
    /// SHA-256 of what the editor has seen; empty when there was no file.
    pub seen: String,
}

/// What the whole shop would be.
pub struct Checked {
    /// The files as they would be, and everything about them.
    pub loaded: Loaded,
    /// What the change itself makes wrong.
    pub errors: Vec<Complaint>,
    /// What somebody should look at in the changed files.
    pub warnings: Vec<Complaint>,
}

/// Why a change is not made.
#[derive(Debug)]
pub enum Refusal {
    /// It is none of the catalog's own files.
    NotEditable(String),
    /// Somebody else has changed the file meanwhile; what it holds now.
    Conflict {
        /// The file.
        path: String,
        /// Its text; nothing when it is gone.
        now: Option<String>,
    },
    /// The shop would have mistakes.
    Wrong(Box<Mistaken>),
    /// Nothing would be different.
    Same,
}

/// What would be wrong, with the files it would be wrong in.
#[derive(Debug)]
pub struct Mistaken {
    /// Each with its place.
    pub errors: Vec<Complaint>,
    /// For excerpts.
    pub files: Tree,
}

impl fault::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::NotEditable(path) => Problem::new(
                404,
                "not-found",
                "Not found",
                format!("{path} is none of the files that are edited here."),
            )
            .hint("Products, bundles, categories, promotions, pages and pictures are."),
            Self::Conflict { path, .. } => Problem::new(
                409,
                "content-changed",
                "Changed meanwhile",
                format!("Somebody else has changed {path} since you opened it."),
            )
            .hint("Look at both versions, and save the one that shall stay."),
            Self::Wrong(mistaken) => Problem::new(
                422,
                "content-mistakes",
                "The files would have mistakes",
                mistaken.errors.first().map_or_else(String::new, |first| {
                    format!("{}:{}: {}.", first.file, first.line, first.message)
                }),
            )
            .hint("Mend what is listed and save again; nothing was written.")
            .with("mistakes", json!(mistaken.errors)),
            Self::Same => Problem::new(
                422,
                "content-same",
                "Nothing changed",
                "What you sent is what is there already.",
            )
            .hint("Change something first."),
        }
    }
}

/// What became of a change.
#[derive(Clone, Debug)]
pub struct Saved {
    /// The state it made.
    pub revision: String,
    /// Whether shoppers see it. Files may have other mistakes, or a template may fail.
    pub why_not_shown: Option<String>,
}

/// The place of a file on disk; links and folders that lead elsewhere are refused.
fn place(content_dir: &Path, path: &str) -> Result<PathBuf, Failure<Refusal>> {
    let refused = || Failure::Refused(Refusal::NotEditable(path.to_owned()));
    let (folder, name) = path.split_once('/').filter(|_| is_editable(path)).ok_or_else(refused)?;
    let root = fs::canonicalize(content_dir).doing("finding the content folder")?;
    let inside = root.join(folder);
    match fs::symlink_metadata(&inside) {
        Ok(found) if found.is_dir() => {}
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir(&inside)?,
        _ => return Err(refused()),
    }
    let place = inside.join(name);
    match fs::symlink_metadata(&place) {
        Ok(found) if found.is_file() => Ok(place),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(place),
        _ => Err(refused()),
    }
}

fn bytes_of(place: &Path) -> Result<Option<Vec<u8>>, Fault> {
    let mut bytes = Vec::new();
    match File::open(place) {
        Ok(file) => {
            file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::from(error).doing(&format!("reading {}", place.display()))),
    }
}

/// What a file holds on disk at this moment.
///
/// # Errors
/// When it is none of the catalog's own, or cannot be read.
pub fn content_of(content_dir: &Path, path: &str) -> Result<Option<Vec<u8>>, Failure<Refusal>> {
    Ok(bytes_of(&place(content_dir, path)?)?)
}

/// Names what a file holds; nothing names a file that is not there.
#[must_use]
pub fn digest_of(content: Option<&[u8]>) -> String {
    content.map(sha256_hex).unwrap_or_default()
}

/// Reads and checks the whole shop as it would be, in memory.
///
/// # Errors
/// When a file is none of the catalog's own, or the folder cannot be read.
pub fn check(kit: &Kit, shelf: &Shelf, changes: &[Change]) -> Result<Checked, Failure<Refusal>> {
    for change in changes {
        if !is_editable(&change.path) {
            return refuse(Refusal::NotEditable(change.path.clone()));
        }
    }
    let book = shelf.books.now();
    let reading = shelf.files.now(&kit.settings.content_dir, &book.revision)?;
    let each = changes.iter().map(|change| (change.path.clone(), change.content.clone()));
    let files = reading.files.with(each);
    let former = (reading.is_good && reading.revision == book.revision).then(|| Loaded {
        book: Some((*book).clone()),
        complaints: reading.complaints.clone(),
        files: reading.files.clone(),
    });
    let loaded = match &former {
        Some(former) => pricing::load_tree_again(files, former),
        None => pricing::load_tree(files),
    };
    let key = |c: &Complaint| (c.file.clone(), c.code, c.message.clone());
    let before: HashSet<_> = reading.complaints.iter().map(key).collect();
    let own: HashSet<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let is_own = |c: &&Complaint| own.contains(c.file.as_str());
    let is_error = |c: &&Complaint| c.severity == Severity::Error;
    // Other files may have been wrong before: that is no reason to keep this one from being mended.
    let errors = loaded.complaints.iter().filter(is_error);
    let errors = errors.filter(|c| is_own(c) || !before.contains(&key(c))).cloned().collect();
    let warnings = loaded.complaints.iter().filter(|c| is_own(c) && !is_error(c));
    let warnings = warnings.cloned().collect();
    Ok(Checked { loaded, errors, warnings })
}

/// Makes a change: all of it, or nothing. Blocks; publishes before it returns.
///
/// # Errors
/// When it is refused, or the content folder cannot be written.
pub fn save(
    kit: &Kit,
    shelf: &Shelf,
    changes: &[Change],
    by: &By,
) -> Result<Saved, Failure<Refusal>> {
    let _alone = shelf.saving.lock().unwrap_or_else(PoisonError::into_inner);
    let content_dir = &kit.settings.content_dir;
    let mut places = BTreeMap::new();
    let mut differs = false;
    for change in changes {
        let place = place(content_dir, &change.path)?;
        let now = bytes_of(&place)?;
        if digest_of(now.as_deref()) != change.seen {
            let now = now.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            return refuse(Refusal::Conflict { path: change.path.clone(), now });
        }
        differs |= now != change.content;
        places.insert(change.path.as_str(), place);
    }
    if !differs {
        return refuse(Refusal::Same);
    }
    let Checked { mut loaded, errors, .. } = check(kit, shelf, changes)?;
    if !errors.is_empty() {
        return refuse(Refusal::Wrong(Box::new(Mistaken { errors, files: loaded.files })));
    }
    let before = shelf.books.now().revision.clone();
    let is_shown = keep_unshown(kit, shelf, &before);
    write(&kit.random, changes, &places)?;
    let revision = loaded.files.revision();
    shelf.files.note(&loaded);
    let Some(book) = loaded.book.take() else {
        let why = "Other files have mistakes; until they are mended, the last good shop stays";
        return Ok(waiting(kit, shelf, revision, by, why.to_owned()));
    };
    if let Err(fault) = put_in_force(kit, shelf, book) {
        tracing::error!(%fault, "saved, but not published; the last good shop stays");
        return Ok(waiting(kit, shelf, revision, by, fault.to_string()));
    }
    // More than this change has come into force when other files had waited.
    let alone = if is_shown { changes } else { &[] };
    if let Err(fault) = keep(kit, shelf, alone, (&before, &revision), by) {
        tracing::error!(%fault, "saved and published, but the state was not kept");
    }
    go_on(kit, shelf, None, before, revision.clone());
    Ok(Saved { revision, why_not_shown: None })
}

/// Whether the folder is what shoppers see. When it is not, nobody has kept it: it is kept before
/// it is changed, so that this can be undone.
fn keep_unshown(kit: &Kit, shelf: &Shelf, shown: &str) -> bool {
    let (data_dir, content_dir) = (&kit.settings.data_dir, &kit.settings.content_dir);
    let _alone = shelf.keeping.lock().unwrap_or_else(PoisonError::into_inner);
    let kept = shelf.files.now(content_dir, shown).and_then(|reading| {
        let is_shown = reading.revision == shown;
        if !is_shown {
            // It was there before what comes now, whatever the clock's finest step.
            keep_as_is(data_dir, content_dir, &reading.revision, None, kit.now().plus_ms(-1))?;
        }
        Ok(is_shown)
    });
    kept.unwrap_or_else(|fault| {
        tracing::error!(%fault, "the state before a change was not kept");
        false
    })
}

/// A change that is saved and not shown is one state with its author all the same.
fn waiting(kit: &Kit, shelf: &Shelf, revision: String, by: &By, why: String) -> Saved {
    let (data_dir, content_dir) = (&kit.settings.data_dir, &kit.settings.content_dir);
    let _alone = shelf.keeping.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(fault) = keep_as_is(data_dir, content_dir, &revision, Some(by), kit.now()) {
        tracing::error!(%fault, "saved, but the state was not kept");
    }
    Saved { revision, why_not_shown: Some(why) }
}

fn put_in_force(kit: &Kit, shelf: &Shelf, book: Book) -> Result<(), Fault> {
    shelf.publish_pages(kit, Arc::new(book))?;
    shelf.news.mended();
    tracing::info!(revision = shelf.books.now().revision, "published from the desk");
    Ok(())
}

/// One state with its author.
fn keep(
    kit: &Kit,
    shelf: &Shelf,
    changes: &[Change],
    (before, revision): (&str, &str),
    by: &By,
) -> Result<(), Fault> {
    let _alone = shelf.keeping.lock().unwrap_or_else(PoisonError::into_inner);
    let (data_dir, content_dir) = (&kit.settings.data_dir, &kit.settings.content_dir);
    if let [one] = changes {
        let changed = (one.path.as_str(), one.content.as_deref());
        if keep_one(data_dir, changed, before, revision, Some(by), kit.now())? {
            return Ok(());
        }
    }
    keep_whole(data_dir, content_dir, revision, Some(by), kit.now())
}

/// Writes files that have been checked, without a shop that runs: one that does follows by itself.
///
/// # Errors
/// When one is none of the catalog's own, or the content folder cannot be written.
pub fn write_checked(
    content_dir: &Path,
    changes: &[Change],
    random: &Randomness,
) -> Result<(), Failure<Refusal>> {
    let mut places = BTreeMap::new();
    for change in changes {
        places.insert(change.path.as_str(), place(content_dir, &change.path)?);
    }
    Ok(write(random, changes, &places)?)
}

/// Everything is written beside its place first: what fails leaves the folder as it was, and
/// whoever watches sees one quick change.
fn write(
    random: &Randomness,
    changes: &[Change],
    places: &BTreeMap<&str, PathBuf>,
) -> Result<(), Fault> {
    let mut ready: Vec<(PathBuf, &PathBuf)> = Vec::new();
    let result = write_all(random, changes, places, &mut ready);
    if result.is_err() {
        for (beside, _) in &ready {
            // What is left of it is of no use, and may be in its place already.
            let _ = fs::remove_file(beside);
        }
    }
    result.doing("writing the content folder")
}

fn write_all<'a>(
    random: &Randomness,
    changes: &[Change],
    places: &'a BTreeMap<&str, PathBuf>,
    ready: &mut Vec<(PathBuf, &'a PathBuf)>,
) -> std::io::Result<()> {
    for change in changes {
        let Some(place) = places.get(change.path.as_str()) else { continue };
        let Some(content) = &change.content else { continue };
        let mark = u64::from_be_bytes(random.bytes::<8>());
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let beside = place.with_file_name(format!(".{name}.{mark:016x}.part"));
        ready.push((beside.clone(), place));
        let mut file = File::create_new(&beside)?;
        if let Ok(old) = fs::metadata(place) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(content)?;
        file.sync_all()?;
    }
    for (beside, place) in ready.iter() {
        fs::rename(beside, place)?;
    }
    let gone = changes.iter().filter(|change| change.content.is_none());
    for place in gone.filter_map(|change| places.get(change.path.as_str())) {
        fs::remove_file(place)?;
    }
    for folder in places.values().filter_map(|place| place.parent()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
