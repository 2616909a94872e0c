//! Making the other sizes and kinds of pictures while the shop is open: JPEG and WebP at once on
//! all cores, AVIF after them, one picture at a time. Pages are swapped when something is ready.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tokio::sync::Notify;

use super::pictures::{digests, undeveloped, with_developed, without_avif};
use super::publish::Shelf;
use crate::base::Fault;
use crate::base::fault::Failure;
use crate::platform::Kit;
use crate::platform::images::{Job, Studio};
use crate::pricing::Book;

/// Pictures after which pages are swapped, so that something is seen of a long run.
const BATCH: usize = 24;

/// Wakes whoever works on pictures, and stops them. Clones share it.
#[derive(Clone, Default)]
pub struct Darkroom {
    bell: Arc<Notify>,
    closing: Arc<AtomicBool>,
    /// Somebody has rung since the work began.
    rung: Arc<AtomicBool>,
}

impl Darkroom {
    /// There may be new pictures.
    pub fn ring(&self) {
        self.rung.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    /// Nothing more is begun; what is at work ends after the size it is making.
    pub fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
        self.bell.notify_one();
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Works on whatever is missing, now and whenever the bell rings, until closed. `progress`
    /// hears how many of how many are done, of which kind.
    pub async fn run(kit: Kit, shelf: Shelf, progress: fn(&str, usize, usize)) {
        let room = shelf.darkroom.clone();
        while !room.is_closing() {
            room.rung.store(false, Ordering::Relaxed);
            let (kit, its_shelf) = (kit.clone(), shelf.clone());
            let working = move || work(&kit, &its_shelf, progress);
            let worked = tokio::task::spawn_blocking(working).await;
            if let Err(fault) = worked.map_err(Fault::from).and_then(|worked| worked) {
                tracing::error!(%fault, "pictures could not be made; the untouched ones are shown");
            }
            room.bell.notified().await;
        }
    }
}

/// Makes everything that is missing.
///
/// # Errors
/// When the data folder cannot be written or pages cannot be made.
fn work(kit: &Kit, shelf: &Shelf, progress: fn(&str, usize, usize)) -> Result<(), Fault> {
    develop(kit, shelf, |done, all| progress("Pictures", done, all))?;
    let kept = digests(&shelf.books.now().catalog);
    shelf.studio.sweep(&kept)?;
    lighten(kit, shelf, |done, all| progress("AVIF", done, all))
}

/// Makes every size of a book's pictures that is missing, AVIF too when wished, and gives the book
/// with them: for a copy of the site, which nobody mends later. `progress` hears how many of how
/// many are done.
///
/// # Errors
/// When the folder of `studio` cannot be written.
pub fn develop_book(
    book: Arc<Book>,
    content: &Path,
    studio: &Studio,
    avif: bool,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<Arc<Book>, Fault> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let jobs = undeveloped(&book.catalog, content, studio);
    for (at, unfit) in studio.develop_all(&jobs, threads, &|| false, &progress)? {
        let file = jobs.get(at).map(|job| job.source.display().to_string());
        tracing::warn!(file, "{unfit}");
    }
    let heavy = if avif { without_avif(&book.catalog, content, studio) } else { Vec::new() };
    for (at, Job { source, digest }) in heavy.iter().enumerate() {
        match studio.develop_avif(source, digest, &|| false) {
            Ok(_) => {}
            Err(Failure::Refused(unfit)) => tracing::warn!(file = %source.display(), "{unfit}"),
            Err(Failure::Fault(fault)) => return Err(fault),
        }
        progress(at + 1, heavy.len());
    }
    Ok(with_developed(book, studio, None))
}

/// Makes JPEG and WebP of every picture that lacks them, and shows them. `progress` hears how many
/// of how many are done.
///
/// # Errors
/// When the data folder cannot be written or pages cannot be made.
pub fn develop(
    kit: &Kit,
    shelf: &Shelf,
    progress: impl Fn(usize, usize) + Sync,
) -> Result<(), Fault> {
    let catalog = Arc::clone(&shelf.books.now().catalog);
    let jobs = undeveloped(&catalog, &kit.settings.content_dir, &shelf.studio);
    let (all, mut done) = (jobs.len(), 0);
    for batch in jobs.chunks(BATCH) {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let stop = || shelf.darkroom.is_closing();
        let told = |so_far, _| progress(done + so_far, all);
        for (at, unfit) in shelf.studio.develop_all(batch, threads, &stop, told)? {
            let file = batch.get(at).map(|job| job.source.display().to_string());
            tracing::warn!(file, "{unfit}");
        }
        done += batch.len();
        if stop() {
            return Ok(());
        }
        shelf.refresh(kit)?;
        shelf.pack(kit)?;
    }
    Ok(())
}

/// Makes AVIF, which costs many times as much, one picture after the other. New pictures, which
/// are still shown untouched, come first: the bell has rung for the rest of these, too.
fn lighten(kit: &Kit, shelf: &Shelf, progress: impl Fn(usize, usize)) -> Result<(), Fault> {
    if !kit.settings.avif {
        return Ok(());
    }
    let stop = || shelf.darkroom.is_closing();
    let catalog = Arc::clone(&shelf.books.now().catalog);
    let jobs = without_avif(&catalog, &kit.settings.content_dir, &shelf.studio);
    let mut done = 0;
    for batch in jobs.chunks(BATCH) {
        for Job { source, digest } in batch {
            match shelf.studio.develop_avif(source, digest, &stop) {
                Ok(_) => {}
                Err(Failure::Refused(unfit)) => tracing::warn!(file = %source.display(), "{unfit}"),
                Err(Failure::Fault(fault)) => return Err(fault),
            }
            if stop() {
                return Ok(());
            }
            done += 1;
            progress(done, jobs.len());
            if shelf.darkroom.rung.load(Ordering::Relaxed) {
                break;
            }
        }
        shelf.refresh(kit)?;
        shelf.pack(kit)?;
        if shelf.darkroom.rung.load(Ordering::Relaxed) {
            return Ok(());
        }
    }
    Ok(())
}
