//! Finished pages on disk. After a restart those that are still true are taken from there, and
//! when nothing has changed they are shown before anything else is read. A large shop leaves their
//! bytes there and holds only where they lie.
//!
//! Bodies are appended to one file and never written over; an index beside it says where each lies.
//! The index is renamed into place after the bodies are on the disk, so it never names bytes that
//! are not there. What cannot be read or was made by another program is as good as nothing.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::edition::{Edition, FILES_HELD_PLAIN_MAX, Files, Ready, states_of};
use crate::base::fault::{Doing, Failure, Never};
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::config::write_private;
use crate::platform::content::read_tree;
use crate::platform::db::Read;
use crate::platform::telemetry;
use crate::platform::web::{Encoding, Extent, Prebuilt};
use crate::recommend::Together;
use crate::stock::{self, State};

/// Says where each page lies.
const INDEX: &str = "pages.index";
/// Bytes no page needs any more that a file of bodies may hold, besides as many as are needed.
const WASTE_MAX: u64 = 32 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Index {
    /// The program that made them.
    program: u64,
    /// Name of the file with the bodies.
    bodies: String,
    /// What they were made of, and until when that makes the same pages.
    signs: Option<u64>,
    /// What they say about stock, and what they suggest.
    stock: u64,
    /// Whether that has in it how many are left.
    counts: bool,
    stale_at: Option<Instant>,
    pages: Vec<Page>,
}

#[derive(Serialize, Deserialize)]
struct Page {
    path: String,
    key: u64,
    media_type: String,
    cache_control: String,
    hash: String,
    /// How each body is packed, where it begins, and its length.
    bodies: Vec<(Encoding, u64, usize)>,
}

/// Where finished pages are written.
pub(super) struct Pack {
    folder: PathBuf,
    bodies: Mutex<Option<Bodies>>,
}

struct Bodies {
    name: String,
    file: Arc<File>,
    end: u64,
}

/// What an earlier run of the shop has left.
pub struct Kept {
    /// Files by address.
    pub(super) files: Arc<Files>,
    pub(super) pack: Pack,
    is_true: bool,
}

impl Kept {
    /// Whether all of it is as it would be made now, so that it can be shown at once.
    #[must_use]
    pub fn is_true(&self) -> bool {
        self.is_true
    }

    /// Reads what lies in the data folder.
    #[must_use]
    pub fn open(kit: &Kit) -> Self {
        let folder = kit.settings.data_dir.clone();
        let (found, signs, stock) = thread::scope(|scope| {
            let signs = scope.spawn(|| signs_of(kit));
            let stock = scope.spawn(|| stock_of(kit).ok());
            (read(&folder), signs.join().ok().flatten(), stock.join().ok().flatten())
        });
        let found = found.inspect_err(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, "pages of the last run cannot be used and are made anew");
            }
        });
        let Ok((index, files, bodies)) = found else {
            let pack = Pack { folder, bodies: Mutex::default() };
            return Self { files: Arc::default(), pack, is_true: false };
        };
        let is_current = index.stale_at.is_none_or(|at| kit.now() < at);
        let is_true = is_current
            && index.signs.is_some()
            && index.signs == signs
            && stock.map(|[plain, counted]| if index.counts { counted } else { plain })
                == Some(index.stock);
        let pack = Pack { folder, bodies: Mutex::new(Some(bodies)) };
        Self { files: Arc::new(files), pack, is_true }
    }
}

impl Pack {
    /// Writes the bodies of a page and gives the page with where they lie; one of a large shop no
    /// longer holds them. Where they cannot be written they stay in memory.
    pub(super) fn file(&self, page: &Prebuilt, is_large: bool) -> Prebuilt {
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let filed = self.add(&mut bodies, page, is_large);
        filed.unwrap_or_else(|fault| {
            // What was half written is left behind with its file.
            *bodies = None;
            tracing::warn!(%fault, "finished pages cannot be kept; they stay in memory");
            page.clone()
        })
    }

    fn add(
        &self,
        bodies: &mut Option<Bodies>,
        page: &Prebuilt,
        is_large: bool,
    ) -> Result<Prebuilt, Fault> {
        if bodies.is_none() {
            *bodies = Some(Bodies::create(&self.folder)?);
        }
        let Some(bodies) = bodies else { return Ok(page.clone()) };
        let mut filed = page.clone();
        for body in filed.bodies_mut() {
            bodies.add(body)?;
            if is_large {
                body.let_go();
            }
        }
        Ok(filed)
    }

    /// Writes down where everything of an edition lies, for the next start.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub(super) fn note(&self, kit: &Kit, edition: &Edition) -> Result<(), Fault> {
        let held = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(bodies) = held.as_ref() else { return Ok(()) };
        let counts = edition.tells_counts();
        let mut index = Index {
            program: program(),
            bodies: bodies.name.clone(),
            signs: still_true(kit, edition)?,
            stock: hash_of(&edition.states, counts, edition.making.together.revision),
            counts,
            stale_at: edition.stale_at,
            pages: Vec::with_capacity(edition.files.len()),
        };
        for (path, ready) in &edition.files {
            let places = ready.bodies().map(|(encoding, body)| {
                let offset = if body.is_empty() { 0 } else { body.offset_in(&bodies.file)? };
                Some((encoding, offset, body.len()))
            });
            let Some(places) = places.collect() else { continue };
            index.pages.push(Page {
                path: path.to_string(),
                key: ready.key,
                media_type: ready.content_type().to_owned(),
                cache_control: ready.cache_control().to_owned(),
                hash: ready.hash().to_owned(),
                bodies: places,
            });
        }
        bodies.file.sync_data().doing("keeping finished pages")?;
        write_private(&self.folder.join(INDEX), &serde_json::to_vec(&index)?)?;
        sweep(&self.folder, &bodies.name);
        Ok(())
    }

    /// Begins a new file when the old one holds too much that no page of an edition needs; then
    /// everything must be written once more.
    pub(super) fn is_begun_anew(&self, edition: &Edition) -> bool {
        let mut held = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let bodies = edition.files.values().flat_map(|ready| ready.bodies());
        let of_use: u64 = bodies.map(|(_, body)| body.len() as u64).sum();
        let is_wasteful = held.as_ref().is_some_and(|b| b.end > of_use * 2 + WASTE_MAX);
        if is_wasteful {
            *held = None;
        }
        is_wasteful
    }
}

impl Bodies {
    /// A new, empty file under a name that is not taken.
    fn create(folder: &Path) -> Result<Self, Fault> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(true);
        for number in 1_u32.. {
            let name = format!("pages.{number}");
            match options.open(folder.join(&name)) {
                Ok(file) => return Ok(Self { name, file: Arc::new(file), end: 0 }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Fault::from(error).doing("keeping finished pages")),
            }
        }
        Err(Fault::new("there is no name left for a file of finished pages"))
    }

    /// Appends a body, unless it lies here already.
    fn add(&mut self, body: &mut Extent) -> Result<(), Fault> {
        if body.is_empty() || body.offset_in(&self.file).is_some() {
            return Ok(());
        }
        let bytes = body.read()?;
        (&*self.file).write_all(&bytes)?;
        body.lies_at(Arc::clone(&self.file), self.end);
        self.end += bytes.len() as u64;
        Ok(())
    }
}

fn read(folder: &Path) -> io::Result<(Index, Files, Bodies)> {
    let index: Index = serde_json::from_slice(&fs::read(folder.join(INDEX))?)?;
    if index.program != program() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let is_name =
        |name: &str| name.strip_prefix("pages.").is_some_and(|n| n.parse::<u32>().is_ok());
    if !is_name(&index.bodies) {
        return Err(io::Error::other("the index names no file of pages"));
    }
    let path = folder.join(&index.bodies);
    let file = Arc::new(OpenOptions::new().read(true).append(true).open(&path)?);
    let end = file.metadata()?.len();
    // Few pages are held in memory as well, as they were before the restart.
    let held = index.pages.len() <= FILES_HELD_PLAIN_MAX;
    let bytes = if held { Some(hyper::body::Bytes::from(fs::read(&path)?)) } else { None };
    let mut files = Files::with_capacity(index.pages.len());
    for page in &index.pages {
        let extent = |offset: u64, len: usize| {
            let last = usize::try_from(offset).ok().and_then(|from| from.checked_add(len));
            let fits = last.is_some_and(|last| last as u64 <= end);
            let bytes = bytes.as_ref().filter(|bytes| last.is_some_and(|last| last <= bytes.len()));
            let held = bytes.zip(last).map(|(bytes, last)| bytes.slice(last - len..last));
            let cut = || io::Error::other("a file of pages is shorter than its index says");
            fits.then(|| Extent::filed(Arc::clone(&file), offset, len, held)).ok_or_else(cut)
        };
        let prebuilt =
            restored(page, extent).map_err(|fault| io::Error::other(fault.to_string()))?;
        let ready = Arc::new(Ready::packed(page.key, prebuilt));
        files.insert(page.path.as_str().into(), ready);
    }
    let name = index.bodies.clone();
    Ok((index, files, Bodies { name, file, end }))
}

fn restored(
    page: &Page,
    extent: impl Fn(u64, usize) -> io::Result<Extent>,
) -> Result<Prebuilt, Fault> {
    let mut bodies = page.bodies.iter();
    let Some((Encoding::Identity, offset, len)) = bodies.next() else {
        return Err(Fault::new("a page has no plain form"));
    };
    let plain = extent(*offset, *len)?;
    let mut prebuilt = Prebuilt::lying(&page.media_type, &page.cache_control, &page.hash, plain)?;
    for (encoding, offset, len) in bodies {
        prebuilt = prebuilt.with(*encoding, extent(*offset, *len)?)?;
    }
    Ok(prebuilt)
}

/// Removes files of bodies that no index names any more; open ones live on until they are closed.
fn sweep(folder: &Path, kept: &str) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix("pages."));
        if name != kept && number.is_some_and(|number| number.parse::<u32>().is_ok()) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Names this program: another one may draw other pages of the same.
fn program() -> u64 {
    let mut hasher = DefaultHasher::new();
    let file = std::env::current_exe().and_then(fs::metadata);
    file.ok().map(|file| (file.len(), changed_at(&file))).hash(&mut hasher);
    telemetry::build().hash(&mut hasher);
    hasher.finish()
}

fn changed_at(file: &fs::Metadata) -> Option<u128> {
    Some(file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?.as_nanos())
}

/// Names what pages made now would say about stock and suggest: goods may have been counted or
/// received, or suggestions made anew, by a command while the shop was closed. Without and with how
/// many are left of what is low.
fn stock_of(kit: &Kit) -> Result<[u64; 2], Fault> {
    let read = |read: &Read| {
        let levels = stock::listed_states(read)?;
        Ok::<_, Failure<Never>>((levels, Together::revision_now(read)?))
    };
    let (levels, together) = kit.db.read_blocking(read)?;
    let states = states_of(&levels);
    Ok([false, true].map(|counts| hash_of(&states, counts, together)))
}

fn hash_of(states: &BTreeMap<String, (State, u32)>, counts: bool, together: i64) -> u64 {
    let mut hasher = DefaultHasher::new();
    together.hash(&mut hasher);
    for (sku, (state, left)) in states {
        (sku, state, counts.then_some(left)).hash(&mut hasher);
    }
    hasher.finish()
}

/// The signs under which an edition would be made again just the same; `None` when the files are
/// no longer those it was made of.
fn still_true(kit: &Kit, edition: &Edition) -> Result<Option<u64>, Fault> {
    let signs = signs_of(kit);
    // Looked at before they are read: what changes in between is seen by the one or the other.
    let is_same = read_tree(&kit.settings.content_dir)?.revision() == edition.revision
        && kit.render.digest_of_files() == kit.render.digest();
    Ok(signs.filter(|_| is_same))
}

/// Names everything pages are made of without reading it: names, sizes and times of the content
/// files, templates, and the settings that pages show.
fn signs_of(kit: &Kit) -> Option<u64> {
    let (mut hasher, settings) = (DefaultHasher::new(), &kit.settings);
    (&settings.public_url, settings.dev, format!("{:?}", settings.mode)).hash(&mut hasher);
    (&settings.content_dir, kit.render.digest_of_files()).hash(&mut hasher);
    let mut found = Vec::new();
    look_around(&settings.content_dir, &mut found).ok()?;
    found.sort_unstable();
    found.hash(&mut hasher);
    Some(hasher.finish())
}

fn look_around(folder: &Path, found: &mut Vec<(PathBuf, u64, Option<u128>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        if about.is_dir() {
            look_around(&entry.path(), found)?;
        } else {
            found.push((entry.path(), about.len(), changed_at(&about)));
        }
    }
    Ok(())
}
