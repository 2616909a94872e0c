//! Keeping the edition true: when files change, when stock crosses a mark, when a sale begins.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;

use super::keeping::{keep_last_good, keep_one};
use super::news::{Mistakes, NewsBoard};
use super::publish::Shelf;
use crate::base::Fault;
use crate::base::fault::{Doing, Failure, Never};
use crate::platform::Kit;
use crate::platform::content::report;
use crate::platform::jobs::{Found, Job};
use crate::platform::render::SiteMistake;
use crate::pricing::{self, Book, Loaded};
use crate::recommend::Together;
use crate::stock;

/// Steps of one saving follow each other faster than this.
const STEPS: Duration = Duration::from_millis(5);
/// The same once a file is whole: programs that save beside it rename at once.
const LAST_STEP: Duration = Duration::from_millis(1);
/// Changes closer together than this are one change.
pub const QUIET: Duration = Duration::from_millis(150);
/// After an edit of a large shop, before what follows it is made.
const SETTLED: Duration = Duration::from_secs(2);

/// Makes pages anew when what they say about stock or prices, or what they suggest, is no longer
/// true, and packs fresh editions.
#[must_use]
pub fn jobs(kit: &Kit, shelf: &Shelf) -> Vec<Job> {
    let (kit, shelf) = (kit.clone(), shelf.clone());
    vec![
        Job::new("pages-follow-stock", Duration::from_secs(2), move || {
            follow(kit.clone(), shelf.clone())
        })
        .unhurried(),
    ]
}

async fn follow(kit: Kit, shelf: Shelf) -> Result<Found, Fault> {
    let seen = kit.db.read(|read| {
        let levels = stock::listed_states(read)?;
        Ok::<_, Failure<Never>>((levels, Together::revision_now(read)?))
    });
    let (levels, together) = seen.await?;
    let edition = shelf.now();
    let is_stale = edition.stale_at.is_some_and(|at| at <= kit.now());
    let suggests_else = together != edition.making.together.revision;
    let is_else = is_stale || suggests_else || edition.has_other_stock(&levels);
    if is_else || edition.has_other_counts(&levels) {
        tokio::task::spawn_blocking(move || {
            shelf.refresh(&kit)?;
            // Where only a number is another, it would be packed with every sale.
            if is_else { shelf.pack(&kit) } else { Ok(()) }
        })
        .await??;
    }
    Ok(Found::Nothing)
}

/// Watches the content and site folders; every change is read, checked and published, or
/// complained about while the last good edition stays. `loaded` is what the book in force was made
/// of, so that a change costs only what it touches. Ends with the returned guard.
///
/// # Errors
/// When the folder cannot be watched.
pub fn watch(
    kit: &Kit,
    shelf: &Shelf,
    loaded: Option<Loaded>,
) -> Result<impl Drop + Send + use<>, Fault> {
    let (sender, mut events) = mpsc::unbounded_channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let is_change = |event: &Event| !event.kind.is_access() || is_whole(event);
        // A watcher that has lost count says so, and everything is read again.
        let event = event.unwrap_or_else(|_| Event::new(EventKind::Any));
        if is_change(&event) {
            let _ = sender.send(event);
        }
    })?;
    let folders = [place_of(&kit.settings.content_dir), place_of(&kit.settings.site_dir)];
    look_at(&mut watcher, &folders)?;
    let watcher = Arc::new(Mutex::new(watcher));
    let watching = Arc::downgrade(&watcher);
    if let Some(loaded) = &loaded {
        shelf.files.note(loaded);
    }
    let (kit, shelf) = (kit.clone(), shelf.clone());
    tokio::spawn(async move {
        // The book in force is asked for when it is needed: what is ready of its pictures is noted
        // there, and a second one would hold every product twice.
        let mut good = loaded.map(|loaded| Loaded { book: None, ..loaded });
        // Templates that came with refused content, or were refused: tried with every change.
        let mut site_waits = false;
        while let Some(first) = events.recv().await {
            let events = gather(first, &mut events).await;
            let is_new = |folder: &&PathBuf| {
                folder.is_dir() && events.iter().any(|event| event.paths.contains(folder))
            };
            for folder in folders.iter().filter(is_new) {
                if let Some(watcher) = watching.upgrade()
                    && let Err(error) = lock(&watcher).watch(folder, RecursiveMode::Recursive)
                {
                    tracing::error!(%error, folder = %folder.display(), "it is not watched");
                }
            }
            let mut changes = Changes::of(&kit, &folders, events);
            if changes.is_empty() {
                continue;
            }
            changes.site |= site_waits;
            site_waits = changes.site;
            let (news, its_kit, its_shelf) = (shelf.news.clone(), kit.clone(), shelf.clone());
            let before = good.take();
            let published =
                tokio::task::spawn_blocking(move || reload(&its_kit, &its_shelf, &changes, before));
            match published.await {
                Ok((loaded, Ok(()))) => (good, site_waits) = (loaded, false),
                Ok((loaded, Err(fault))) => {
                    good = loaded;
                    complain(&fault, &news);
                }
                Err(panic) => complain(&Fault::from(panic), &news),
            }
        }
    });
    Ok(watcher)
}

/// Watches both folders and, as either may be made or put in place later, what they lie in.
fn look_at(watcher: &mut RecommendedWatcher, folders: &[PathBuf; 2]) -> Result<(), Fault> {
    let places: BTreeSet<&Path> = folders.iter().filter_map(|folder| folder.parent()).collect();
    for place in places.into_iter().filter(|place| place.is_dir()) {
        if let Err(error) = watcher.watch(place, RecursiveMode::NonRecursive) {
            tracing::warn!(%error, "a folder that is put in place later will not be seen");
        }
    }
    let [content, site] = folders;
    watcher.watch(content, RecursiveMode::Recursive).doing("watching the content folder")?;
    if site.is_dir() {
        watcher.watch(site, RecursiveMode::Recursive).doing("watching the site folder")?;
    }
    Ok(())
}

/// Where a folder is or would be, as the watcher names it.
fn place_of(folder: &Path) -> PathBuf {
    let given = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    match (given.parent().and_then(|around| around.canonicalize().ok()), given.file_name()) {
        (Some(around), Some(name)) => around.join(name),
        _ => given,
    }
}

fn lock(watcher: &Mutex<RecommendedWatcher>) -> MutexGuard<'_, RecommendedWatcher> {
    watcher.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What comes until it is quiet: programs save a file in several steps.
async fn gather(first: Event, events: &mut mpsc::UnboundedReceiver<Event>) -> Vec<Event> {
    let step = |event: &Event| if is_whole(event) { LAST_STEP } else { STEPS };
    let (mut quiet, mut all) = (step(&first), vec![first]);
    let since = tokio::time::Instant::now();
    while let Ok(Some(event)) = tokio::time::timeout(quiet, events.recv()).await {
        quiet = step(&event);
        all.push(event);
        if since.elapsed() > QUIET {
            break;
        }
    }
    all
}

/// Whether a file was closed after writing, or has taken its place: nothing more comes of it. A
/// file that is put aside under a name of the editor's own is about to be written anew.
fn is_whole(event: &Event) -> bool {
    const ASIDE: [&str; 4] = ["bak", "orig", "swp", "tmp"];
    let ending = event.paths.last().and_then(|path| path.extension()?.to_str());
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => true,
        EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
            ending.is_some_and(|ending| !ending.ends_with('~') && !ASIDE.contains(&ending))
        }
        _ => false,
    }
}

/// Which files are others now.
struct Changes {
    /// Paths below the content folder; everything when it cannot be told.
    content: Option<Vec<String>>,
    site: bool,
}

impl Changes {
    fn of(kit: &Kit, [place, site]: &[PathBuf; 2], events: Vec<Event>) -> Self {
        let content = &kit.settings.content_dir;
        let whole = content.canonicalize().unwrap_or_else(|_| content.clone());
        let folders = [&whole, content, place];
        let mut changes = Self { content: Some(Vec::new()), site: false };
        for event in events {
            if event.need_rescan() || event.paths.is_empty() {
                changes = Self { content: None, site: true };
                break;
            }
            for path in event.paths {
                let name = folders.iter().find_map(|dir| path.strip_prefix(dir).ok()?.to_str());
                match (name, &mut changes.content) {
                    // The folder itself was put in place.
                    (Some(""), _) => changes.content = None,
                    (Some(name), Some(names)) => names.push(name.to_owned()),
                    (None, _) if path.starts_with(site) => changes.site = true,
                    // Something else that lies beside one of the folders.
                    (None, _) if [place, site].iter().any(|f| path.parent() == f.parent()) => {}
                    _ => changes.content = None,
                }
            }
        }
        if let Some(names) = &mut changes.content {
            names.sort_unstable();
            names.dedup();
        }
        changes
    }

    fn is_empty(&self) -> bool {
        !self.site && self.content.as_ref().is_some_and(Vec::is_empty)
    }
}

fn complain(fault: &Fault, news: &NewsBoard) {
    tracing::error!(%fault, "not published; the last good shop stays");
    let mistakes = Mistakes::of(fault);
    if fault.cause::<SiteMistake>().is_some() {
        tracing::error!("\n{}", mistakes.text());
    }
    news.complain(mistakes);
}

/// Reads what has changed and publishes it. Hands back the files to compare the next change with:
/// those of the last good edition.
fn reload(
    kit: &Kit,
    shelf: &Shelf,
    changes: &Changes,
    before: Option<Loaded>,
) -> (Option<Loaded>, Result<(), Fault>) {
    let dir = &kit.settings.content_dir;
    let in_force = || Some((*shelf.books.now()).clone());
    let before = before.map(|loaded| Loaded { book: in_force(), ..loaded });
    let mended = shelf.news.listen().borrow().mistakes.is_some();
    // While files are broken, what mends them may lie in a file that changed earlier.
    let names = changes.content.clone().filter(|_| !mended).unwrap_or_default();
    let read = match &before {
        Some(_) if names.is_empty() && changes.content.is_some() && !mended => None,
        Some(before) => Some(pricing::load_again(dir, before, &names)),
        None => Some(pricing::load(dir)),
    };
    let mut loaded = match (read, before) {
        (None, Some(before)) => before,
        (Some(Ok(loaded)), before) => {
            shelf.files.note(&loaded);
            let folder = dir.display().to_string();
            if !loaded.complaints.is_empty() {
                tracing::warn!("\n{}", report::text(&loaded.complaints, &folder));
            }
            if loaded.book.is_none() {
                let mistakes = Mistakes::in_content(&loaded, &folder);
                return (before, Err(mistakes.into()));
            }
            loaded
        }
        (Some(Err(fault)), before) => return (before, Err(fault)),
        (None, None) => return (None, Ok(())),
    };
    let Some(book) = loaded.book.take() else { return (None, Ok(())) };
    // What was saved from the desk is in force before it is seen here.
    if !changes.site && book.revision == shelf.books.now().revision {
        shelf.news.mended();
        return (Some(loaded), Ok(()));
    }
    let revision = book.revision.clone();
    let result = put_in_force(kit, shelf, changes, Arc::new(book), &loaded);
    // What is not shown cannot be compared with: the next change reads everything.
    let is_shown = result.is_ok() || shelf.books.now().revision == revision;
    (is_shown.then_some(loaded), result)
}

fn put_in_force(
    kit: &Kit,
    shelf: &Shelf,
    changes: &Changes,
    book: Arc<Book>,
    loaded: &Loaded,
) -> Result<(), Fault> {
    let (before, revision) = (shelf.books.now().revision.clone(), book.revision.clone());
    let site = if changes.site { shelf.publish_site(kit, Arc::clone(&book)) } else { Ok(()) };
    if site.is_err() && before == revision {
        return site;
    }
    // Content that is right does not wait for a template that is not.
    if !changes.site || site.is_err() {
        shelf.publish_pages(kit, book)?;
    }
    if site.is_ok() {
        shelf.news.mended();
        shelf.news.note(kit.render.odd_words().as_ref());
    }
    tracing::info!(revision, pages = shelf.now().files.len(), "published");
    let one = changes.content.as_ref().and_then(|names| <&[String; 1]>::try_from(&names[..]).ok());
    let text = one.and_then(|[name]| Some((name.clone(), loaded.files.text(name)?.to_owned())));
    go_on(kit, shelf, text, before, revision);
    site
}

/// Begins what follows an edition that is in force.
pub(super) fn go_on(
    kit: &Kit,
    shelf: &Shelf,
    text: Option<(String, String)>,
    before: String,
    revision: String,
) {
    let (kit, shelf) = (kit.clone(), shelf.clone());
    tokio::spawn(async move {
        if let Err(fault) = follow_up(kit, shelf, text, before, revision).await {
            tracing::error!(%fault, "the pages are published; what follows them failed");
        }
    });
}

/// What follows an edit without holding up the next one: the copy for bad days, then files beside
/// the pages, packing, and sizes of new pictures. A large shop waits until nobody edits any more,
/// as its feeds alone take longer than the next edit.
async fn follow_up(
    kit: Kit,
    shelf: Shelf,
    text: Option<(String, String)>,
    before: String,
    revision: String,
) -> Result<(), Fault> {
    let is_last = {
        let (shelf, revision) = (shelf.clone(), revision.clone());
        move || shelf.books.now().revision == revision
    };
    let (its_kit, its_shelf, is_newest) = (kit.clone(), shelf.clone(), is_last.clone());
    let kept = tokio::task::spawn_blocking(move || {
        let _alone = its_shelf.keeping.lock().unwrap_or_else(PoisonError::into_inner);
        let (data_dir, content_dir) = (&its_kit.settings.data_dir, &its_kit.settings.content_dir);
        let now = its_kit.now();
        match text {
            Some((name, text))
                if keep_one(
                    data_dir,
                    (&name, Some(text.as_bytes())),
                    &before,
                    &revision,
                    None,
                    now,
                )? =>
            {
                Ok(())
            }
            _ if is_newest() => keep_last_good(data_dir, content_dir, &revision, now),
            _ => Ok(()),
        }
    });
    // A copy for bad days is no reason to leave the rest undone.
    if let Err(fault) = kept.await? {
        tracing::error!(%fault, "the last good content was not kept");
    }
    if shelf.now().is_large() {
        tokio::time::sleep(SETTLED).await;
    }
    if !is_last() {
        return Ok(());
    }
    let packed = tokio::task::spawn_blocking(move || {
        shelf.catch_up(&kit)?;
        shelf.pack(&kit)?;
        shelf.darkroom.ring();
        Ok(())
    });
    packed.await?
}
