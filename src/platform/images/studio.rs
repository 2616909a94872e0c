//! The door: pictures are asked for here, developed here, and swept out here.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::decode::{self, LARGE_PIXELS, Master};
use super::derive::{encode, height_for, shrunk, widths};
use super::folder::{Folder, file_name, key, key_of};
use super::index::{Developed, Index, Rendition, touch};
use super::placeholder::placeholder;
use super::unfit::Unfit;
use super::{Colour, Format};
use crate::base::ids::sha256_hex;
use crate::base::{Failure, Fault, refuse};

/// The developed pictures of a shop. Clones share them.
///
/// Everything here is work for a thread that may wait: call it inside `spawn_blocking`, except
/// [`developed`](Self::developed) and [`file`](Self::file), which look into memory only.
#[derive(Clone)]
pub struct Studio(Arc<Inner>);

struct Inner {
    folder: Folder,
    backdrop: Colour,
    index: Mutex<Index>,
    /// How often something was developed.
    notes: AtomicUsize,
    /// Keys of what is being developed; a sweep leaves their files alone.
    at_work: Mutex<Vec<String>>,
    /// Held while a large source is in memory.
    large: Mutex<()>,
}

/// One source to develop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Where it lies.
    pub source: PathBuf,
    /// SHA-256 of its bytes, in lower-case hexadecimal, or the first 12 digits or more of it.
    pub digest: String,
}

type Done = Result<Arc<Developed>, Failure<Unfit>>;

impl Studio {
    /// Opens the folder, makes it when it is not there, and reads what has been developed.
    /// `backdrop` is what transparent pictures stand on as JPEG.
    ///
    /// # Errors
    /// When the folder cannot be made or read.
    pub fn open(folder: &Path, backdrop: Colour) -> Result<Self, Fault> {
        let folder = Folder::open(folder)?;
        let index = Mutex::new(Index::open(&folder, backdrop)?);
        let (at_work, large) = (Mutex::new(Vec::new()), Mutex::new(()));
        let notes = AtomicUsize::new(0);
        Ok(Self(Arc::new(Inner { folder, backdrop, index, notes, at_work, large })))
    }

    /// Another number whenever more has been developed. Reads memory only.
    #[must_use]
    pub fn notes(&self) -> usize {
        self.0.notes.load(Ordering::Acquire)
    }

    /// What has been made of the source with this digest, if anything. Reads memory only.
    #[must_use]
    pub fn developed(&self, digest: &str) -> Option<Arc<Developed>> {
        lock(&self.0.index).get(key(digest)?)
    }

    /// The file of a rendition; `None` when there is none. Reads memory only, and takes text from
    /// an address as it comes.
    #[must_use]
    pub fn file(&self, digest: &str, width: u32, format: Format) -> Option<PathBuf> {
        let developed = self.developed(digest)?;
        developed.renditions(format).iter().find(|rendition| rendition.width == width)?;
        Some(self.0.folder.path(&file_name(key(digest)?, width, format)))
    }

    /// Makes JPEG, WebP and placeholder of a source, unless they are there.
    ///
    /// # Errors
    /// Refused when the source is no picture for the shop. A fault when the folder cannot be
    /// written: the source can be shown as it is.
    pub fn develop(&self, source: &Path, digest: &str) -> Done {
        let key = key_for(digest)?;
        if let Some(developed) = self.developed(key) {
            return Ok(developed);
        }
        let _working = self.work_on(key);
        let master = self.master(source, digest)?;
        let (colour, placeholder) =
            placeholder(&master.picture, self.0.backdrop).map_err(spoilt)?;
        let mut developed = Developed {
            width: master.width,
            height: master.height,
            alpha: master.picture.color().has_alpha(),
            colour,
            placeholder,
            jpeg: Vec::new(),
            webp: Vec::new(),
            avif: Vec::new(),
        };
        for width in widths(master.width) {
            let height = height_for(width, master.width, master.height);
            let small = shrunk(&master.picture, width, height).map_err(spoilt)?;
            developed.jpeg.push(self.keep(key, &small, Format::Jpeg)?);
            developed.webp.push(self.keep(key, &small, Format::WebP)?);
        }
        self.note(key, developed)
    }

    /// Develops many sources on several threads. `progress` hears how many of how many are done;
    /// once `stop` says so, nothing more is begun. Returns which jobs, by their place in the list,
    /// are no pictures for the shop; the others are [`developed`](Self::developed) now.
    ///
    /// # Errors
    /// The first fault: where one picture cannot be written, the next cannot either.
    pub fn develop_all(
        &self,
        jobs: &[Job],
        threads: usize,
        stop: &(dyn Fn() -> bool + Sync),
        progress: impl Fn(usize, usize) + Sync,
    ) -> Result<Vec<(usize, Unfit)>, Fault> {
        let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (unfit, fault) = (Mutex::new(Vec::new()), Mutex::new(None));
        let work = || {
            while !stop() && lock(&fault).is_none() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(job) = jobs.get(at) else { break };
                match self.develop(&job.source, &job.digest) {
                    Ok(_) => {}
                    Err(Failure::Refused(reason)) => lock(&unfit).push((at, reason)),
                    Err(Failure::Fault(trouble)) => *lock(&fault) = Some(trouble),
                }
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, jobs.len());
            }
        };
        thread::scope(|scope| {
            for _ in 0..threads.clamp(1, jobs.len().max(1)) {
                scope.spawn(work);
            }
        });
        if let Some(fault) = fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(fault);
        }
        let mut unfit = unfit.into_inner().unwrap_or_else(PoisonError::into_inner);
        unfit.sort_by_key(|(at, _)| *at);
        Ok(unfit)
    }

    /// Makes AVIF of a source, one width after the other, the rest first where that is not there.
    /// `stop` is asked before each width; what is done by then is kept, and
    /// [`wants_avif`](Developed::wants_avif) says whether to call again.
    ///
    /// # Errors
    /// As [`develop`](Self::develop).
    pub fn develop_avif(&self, source: &Path, digest: &str, stop: &dyn Fn() -> bool) -> Done {
        let key = key_for(digest)?;
        let mut known = self.develop(source, digest)?;
        if !known.wants_avif() || stop() {
            return Ok(known);
        }
        let _working = self.work_on(key);
        let master = self.master(source, digest)?;
        let todo = known.jpeg[known.avif.len()..].to_vec();
        for Rendition { width, height, .. } in todo {
            if stop() {
                break;
            }
            let small = shrunk(&master.picture, width, height).map_err(spoilt)?;
            let mut more = Developed::clone(&known);
            more.avif.push(self.keep(key, &small, Format::Avif)?);
            known = self.note(key, more)?;
        }
        Ok(known)
    }

    /// Removes what belongs to none of these digests, and what a crash left behind. Returns how
    /// many files went. Files that are not ours stay.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn sweep(&self, keep: &HashSet<String>) -> Result<usize, Fault> {
        let keep: HashSet<&str> = keep.iter().filter_map(|digest| key(digest)).collect();
        // Held to the end: nothing is begun whose files could be taken for leftovers.
        let at_work = lock(&self.0.at_work);
        let mut index = lock(&self.0.index);
        index.retain(&self.0.folder, |key| keep.contains(key))?;
        let mut gone = 0;
        for name in self.0.folder.names()? {
            let Some(key) = key_of(&name) else { continue };
            let whole = index.get(key).is_some() && !name.ends_with(".part");
            if !whole && !at_work.iter().any(|busy| busy == key) {
                self.0.folder.remove(&name)?;
                gone += 1;
            }
        }
        touch(&self.0.folder)?;
        Ok(gone)
    }

    /// Reads and decodes a source whose bytes still have this digest. Of large ones only one is in
    /// memory at a time.
    fn master(&self, source: &Path, digest: &str) -> Result<Master, Failure<Unfit>> {
        let bytes = decode::read(source).map_err(Failure::Refused)?;
        if !sha256_hex(&bytes).starts_with(digest) {
            return refuse(Unfit::Changed);
        }
        let look = decode::look(source, &bytes).map_err(Failure::Refused)?;
        let large = u64::from(look.width) * u64::from(look.height) > LARGE_PIXELS;
        let _alone = large.then(|| lock(&self.0.large));
        decode::decode(source, &bytes).map_err(Failure::Refused)
    }

    fn keep(
        &self,
        key: &str,
        picture: &image::DynamicImage,
        format: Format,
    ) -> Result<Rendition, Failure<Unfit>> {
        let bytes = encode(picture, format, self.0.backdrop).map_err(spoilt)?;
        let (width, height) = (picture.width(), picture.height());
        self.0.folder.keep(&file_name(key, width, format), &bytes)?;
        Ok(Rendition { width, height, bytes: bytes.len() as u64 })
    }

    fn note(&self, key: &str, developed: Developed) -> Done {
        let developed = Arc::new(developed);
        self.0.folder.settle()?;
        lock(&self.0.index).note(&self.0.folder, key, Arc::clone(&developed))?;
        self.0.notes.fetch_add(1, Ordering::Release);
        Ok(developed)
    }

    fn work_on(&self, key: &str) -> Working<'_> {
        lock(&self.0.at_work).push(key.to_owned());
        Working { at_work: &self.0.at_work, key: key.to_owned() }
    }
}

/// While this lives, the files of a picture are not swept.
struct Working<'a> {
    at_work: &'a Mutex<Vec<String>>,
    key: String,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut at_work = lock(self.at_work);
        if let Some(at) = at_work.iter().position(|key| *key == self.key) {
            at_work.swap_remove(at);
        }
    }
}

fn key_for(digest: &str) -> Result<&str, Fault> {
    key(digest).ok_or_else(|| Fault::new(format!("\"{digest}\" is not a digest of a picture")))
}

/// A thread that died holding a lock leaves nothing half done behind it: go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A codec that fails on pixels it was handed.
fn spoilt(reason: String) -> Failure<Unfit> {
    Failure::Refused(Unfit::Damaged { reason })
}
