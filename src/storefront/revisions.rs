//! Former states of the content folder, so that a shop can go back to yesterday's. Each published
//! state is a list of files and their SHA-256, as `sha256sum -c` reads it; what they hold is kept
//! once, whatever the number of states.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::base::fault::Doing;
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Instant};
use crate::platform::config::write_private;
use crate::platform::content::read_tree;

/// States kept at most; beyond it the oldest go, a few at a time.
const KEPT_MAX: usize = 100;
/// States that may wait to go.
const WAITING_MAX: usize = 20;
/// Where they are kept, below the data folder.
const FOLDER: &str = "revisions";
/// Where what files hold is kept, below that, by its SHA-256.
const OBJECTS: &str = "objects";
/// How a file's name ends that says who made a state.
const AUTHOR: &str = "by";
/// How the time stands in a list's name; names in order are times in order.
const TIME: &str = "%Y%m%dT%H%M%S%.3fZ";

/// Files by path below the content folder, each with the SHA-256 of what it holds.
type Files = BTreeMap<String, String>;

/// One former state of the content folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// When it was published, or put aside: `20261124T140200.000Z`.
    pub at: String,
    /// Its name, as the log tells it with each publication.
    pub revision: String,
    /// Who made it so, when that was at the desk.
    pub by: Option<By>,
    file: PathBuf,
}

impl Revision {
    /// When it was published, to the second.
    #[must_use]
    pub fn moment(&self) -> Option<Instant> {
        let read = DateTime::strptime("%Y%m%dT%H%M%S", self.at.get(..15)?).ok()?;
        let zoned = read.to_zoned(TimeZone::UTC).ok()?;
        Some(Instant(zoned.timestamp().as_millisecond()))
    }
}

/// Who made a state what it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By {
    /// Such as `staff:ada@example.org`.
    pub who: String,
    /// What they did, in a few words.
    pub what: String,
}

/// A file as one state has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The state that first had it so.
    pub state: Revision,
    /// SHA-256 of what it holds; nothing when the file was gone.
    pub digest: Option<String>,
}

/// A file that a state has and the one before it had otherwise, or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Path below the content folder.
    pub path: String,
    /// `+` for new, `-` for gone, `~` for changed.
    pub sign: char,
}

/// Every state that is kept, the oldest first.
///
/// # Errors
/// When the data folder cannot be read.
pub fn revisions(data_dir: &Path) -> Result<Vec<Revision>, Fault> {
    let mut all = Vec::new();
    let folder = data_dir.join(FOLDER);
    if !folder.is_dir() {
        return Ok(all);
    }
    for entry in fs::read_dir(&folder).doing("reading the former states")? {
        let file = entry?.path();
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let named = name.strip_suffix(".list").and_then(|name| name.split_once('-'));
        if let Some((at, revision)) = named {
            let (at, revision) = (at.to_owned(), revision.to_owned());
            let by = fs::read(file.with_extension(AUTHOR)).ok();
            let by = by.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            all.push(Revision { at, revision, by, file });
        }
    }
    all.sort_by(|a, b| (&a.at, &a.revision).cmp(&(&b.at, &b.revision)));
    Ok(all)
}

/// Keeps the state in the folder `good`, whose files are only ever replaced, never changed, so that
/// links to them are copies. `changed` names the one file that differs from the revision before.
///
/// # Errors
/// When the data folder cannot be written.
pub(super) fn keep(
    data_dir: &Path,
    good: &Path,
    revision: &str,
    changed: Option<(&str, &str)>,
    by: Option<&By>,
    now: Instant,
) -> Result<(), Fault> {
    let all = revisions(data_dir)?;
    let newest = all.last();
    if let Some(newest) = newest.filter(|newest| newest.revision == revision) {
        // Whoever watches the folder may have been quicker.
        return if newest.by.is_none() { sign(&newest.file, by) } else { Ok(()) };
    }
    let known = changed.filter(|(before, _)| newest.is_some_and(|kept| kept.revision == *before));
    let files = match (newest, known) {
        (Some(newest), Some((_, name))) => {
            let mut files = listed(newest)?;
            if good.join(name).is_file() {
                let digest = store(data_dir, &good.join(name), true)?;
                files.insert(name.to_owned(), digest);
            } else {
                files.remove(name);
            }
            files
        }
        _ => store_all(data_dir, good, true)?,
    };
    add(data_dir, revision, (&files, by), all.len(), now)
}

/// Keeps the content folder as it lies there, mistakes and all: what nobody is shown yet can be
/// undone, too. Its files are copied, for whoever edits the folder may change them where they are.
///
/// # Errors
/// When a folder cannot be read or written.
pub(super) fn keep_as_is(
    data_dir: &Path,
    content_dir: &Path,
    revision: &str,
    by: Option<&By>,
    now: Instant,
) -> Result<(), Fault> {
    let all = revisions(data_dir)?;
    if all.last().is_some_and(|newest| newest.revision == revision) {
        return Ok(());
    }
    let files = store_all(data_dir, content_dir, false)?;
    add(data_dir, revision, (&files, by), all.len(), now)
}

/// Adds a state to the `before` that are there, of which the oldest go now and then.
fn add(
    data_dir: &Path,
    revision: &str,
    (files, by): (&Files, Option<&By>),
    before: usize,
    now: Instant,
) -> Result<(), Fault> {
    let list = note(data_dir, revision, files, now)?;
    sign(&list, by)?;
    if before > KEPT_MAX + WAITING_MAX { prune(data_dir) } else { Ok(()) }
}

/// Says who made a state.
fn sign(list: &Path, by: Option<&By>) -> Result<(), Fault> {
    let Some(by) = by else { return Ok(()) };
    write_private(&list.with_extension(AUTHOR), &serde_json::to_vec(by)?)
}

fn note(data_dir: &Path, revision: &str, files: &Files, now: Instant) -> Result<PathBuf, Fault> {
    let mut list = String::with_capacity(files.len() * 100);
    for (path, digest) in files {
        list.extend([digest.as_str(), "  ", path.as_str(), "\n"]);
    }
    let name = format!("{}-{revision}.list", now.timestamp().strftime(TIME));
    let place = data_dir.join(FOLDER).join(name);
    write_private(&place, list.as_bytes())?;
    Ok(place)
}

fn listed(kept: &Revision) -> Result<Files, Fault> {
    let list = fs::read_to_string(&kept.file).doing("reading a former state")?;
    let each = list.lines().filter_map(|line| line.split_once("  "));
    Ok(each.map(|(digest, path)| (path.to_owned(), digest.to_owned())).collect())
}

fn object(data_dir: &Path, digest: &str) -> PathBuf {
    data_dir.join(FOLDER).join(OBJECTS).join(digest)
}

/// Keeps what a file holds, once; its SHA-256.
fn store(data_dir: &Path, file: &Path, by_link: bool) -> Result<String, Fault> {
    let bytes = fs::read(file).doing(&format!("keeping {}", file.display()))?;
    let digest = sha256_hex(&bytes);
    let place = object(data_dir, &digest);
    if place.exists() || (by_link && fs::hard_link(file, &place).is_ok()) {
        return Ok(digest);
    }
    write_private(&place, &bytes)?;
    Ok(digest)
}

fn store_all(data_dir: &Path, folder: &Path, by_link: bool) -> Result<Files, Fault> {
    fs::create_dir_all(data_dir.join(FOLDER).join(OBJECTS))?;
    let mut files = Files::new();
    for path in paths(folder)? {
        let digest = store(data_dir, &folder.join(&path), by_link)?;
        files.insert(path, digest);
    }
    Ok(files)
}

/// Every plain file below a folder, but none that is hidden.
fn paths(folder: &Path) -> Result<Vec<String>, Fault> {
    let (mut found, mut waiting) = (Vec::new(), vec![String::new()]);
    while let Some(inside) = waiting.pop() {
        for entry in fs::read_dir(folder.join(&inside)).doing("reading the content folder")? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                waiting.push(format!("{inside}{name}/"));
            } else if kind.is_file() {
                found.push(format!("{inside}{name}"));
            }
        }
    }
    Ok(found)
}

/// Lets the oldest states go, and what only they held.
fn prune(data_dir: &Path) -> Result<(), Fault> {
    let all = revisions(data_dir)?;
    let (gone, kept) = all.split_at(all.len().saturating_sub(KEPT_MAX));
    let mut used = HashSet::new();
    for one in kept {
        used.extend(listed(one)?.into_values());
    }
    for one in gone {
        fs::remove_file(&one.file)?;
        if one.by.is_some() {
            fs::remove_file(one.file.with_extension(AUTHOR))?;
        }
    }
    for entry in fs::read_dir(data_dir.join(FOLDER).join(OBJECTS))? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| !used.contains(name)) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The states in which a file became another, the newest first, at most `most`.
///
/// # Errors
/// When one of them cannot be read.
pub fn history(data_dir: &Path, path: &str, most: usize) -> Result<Vec<Past>, Fault> {
    let mut found: Vec<Past> = Vec::new();
    let ending = format!("  {path}");
    for state in revisions(data_dir)? {
        let list = fs::read_to_string(&state.file).doing("reading a former state")?;
        let line = list.lines().find(|line| line.ends_with(&ending));
        let digest = line.and_then(|line| line.strip_suffix(&ending)).map(str::to_owned);
        let known = found.last().map(|past| &past.digest);
        if known.map_or(digest.is_some(), |known| *known != digest) {
            found.push(Past { state, digest });
        }
    }
    found.reverse();
    found.truncate(most);
    Ok(found)
}

/// What a file of a former state held, by its SHA-256.
///
/// # Errors
/// When it is not kept any more.
pub fn kept_content(data_dir: &Path, digest: &str) -> Result<Vec<u8>, Fault> {
    let is_digest = digest.len() == 64 && digest.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_digest {
        return Err(Fault::new("this names no former content"));
    }
    fs::read(object(data_dir, digest)).doing("reading a former state")
}

/// Every file of a former state, by path.
///
/// # Errors
/// When one of them is not kept any more.
pub fn kept_files(data_dir: &Path, state: &Revision) -> Result<Vec<(String, Vec<u8>)>, Fault> {
    let read = |(path, digest): (String, String)| Ok((path, kept_content(data_dir, &digest)?));
    listed(state)?.into_iter().map(read).collect()
}

/// What differs between two states, in the order of paths.
///
/// # Errors
/// When one of them cannot be read.
pub fn differences(before: &Revision, after: &Revision) -> Result<Vec<Difference>, Fault> {
    Ok(differing(&listed(before)?, &listed(after)?))
}

fn differing(before: &Files, after: &Files) -> Vec<Difference> {
    let of = |path: &String, sign| Difference { path: path.clone(), sign };
    let here = after.iter().filter_map(|(path, digest)| match before.get(path) {
        None => Some(of(path, '+')),
        Some(known) if known != digest => Some(of(path, '~')),
        Some(_) => None,
    });
    let gone = before.keys().filter(|path| !after.contains_key(*path)).map(|path| of(path, '-'));
    let mut all: Vec<Difference> = here.chain(gone).collect();
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// Brings a former state back into the content folder; a running shop follows. What lies there now
/// is kept first, mistakes and all, so that this can be undone, too. Gives what it changed.
///
/// # Errors
/// When a folder cannot be read or written. Files already brought back stay; to repeat is safe.
pub fn restore(
    data_dir: &Path,
    content_dir: &Path,
    wanted: &Revision,
    now: Instant,
) -> Result<Vec<Difference>, Fault> {
    let target = listed(wanted)?;
    let present = store_all(data_dir, content_dir, false)?;
    let revision = read_tree(content_dir)?.revision();
    if revisions(data_dir)?.iter().all(|kept| kept.revision != revision) {
        note(data_dir, &revision, &present, now)?;
    }
    let changes = differing(&present, &target);
    // Everything is written beside its place first: whoever watches sees one quick change.
    let mut ready = Vec::new();
    for change in changes.iter().filter(|change| change.sign != '-') {
        let place = content_dir.join(&change.path);
        let name = place.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let beside = place.with_file_name(format!(".{name}.restored"));
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        let digest = target.get(&change.path).map_or("", String::as_str);
        let bytes = fs::read(object(data_dir, digest)).doing("reading a former state")?;
        let mut file = fs::File::create(&beside).doing(&format!("writing {}", place.display()))?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        ready.push((beside, place));
    }
    for (beside, place) in ready {
        fs::rename(beside, place)?;
    }
    for change in changes.iter().filter(|change| change.sign == '-') {
        fs::remove_file(content_dir.join(&change.path))?;
    }
    Ok(changes)
}
