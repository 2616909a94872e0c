//! Keeping the edition true: when files change, when stock crosses a mark, when a sale begins.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{EventKind, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, new_debouncer};
use tokio::sync::mpsc;

use super::edition::states_of;
use super::news::Mistakes;
use super::publish::Shelf;
use crate::base::Fault;
use crate::base::fault::{Doing, Failure, Never};
use crate::platform::Kit;
use crate::platform::config::write_private;
use crate::platform::content::report;
use crate::platform::jobs::{Found, Job};
use crate::platform::render::SiteMistake;
use crate::pricing;
use crate::stock;

/// Changes closer together than this are one change.
pub const QUIET: Duration = Duration::from_millis(150);
/// Where the last content without mistakes is kept, below the data folder.
const LAST_GOOD: &str = "last_good";

/// Makes pages anew when what they say about stock or prices is no longer true, and packs fresh
/// editions.
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
    let levels = kit.db.read(|r| Ok::<_, Failure<Never>>(stock::listed_states(r)?)).await?;
    let edition = shelf.now();
    let is_stale = edition.stale_at.is_some_and(|at| at <= kit.now());
    if is_stale || states_of(&levels) != edition.states {
        tokio::task::spawn_blocking(move || {
            shelf.refresh(&kit)?;
            shelf.pack()
        })
        .await??;
    }
    Ok(Found::Nothing)
}

/// Watches the content and site folders; every change is read, checked and published, or
/// complained about while the last good edition stays. Ends with the returned guard.
///
/// # Errors
/// When the folder cannot be watched.
pub fn watch(kit: &Kit, shelf: &Shelf) -> Result<impl Drop + Send + use<>, Fault> {
    let (sender, mut changes) = mpsc::unbounded_channel();
    let mut debouncer = new_debouncer(QUIET, None, move |result: DebounceEventResult| {
        let events = result.unwrap_or_default();
        let is_change = |kind: &EventKind| !matches!(kind, EventKind::Access(_));
        if events.iter().any(|event| is_change(&event.kind)) {
            let _ = sender.send(());
        }
    })?;
    debouncer
        .watch(&kit.settings.content_dir, RecursiveMode::Recursive)
        .doing("watching the content folder")?;
    if kit.settings.site_dir.is_dir() {
        debouncer.watch(&kit.settings.site_dir, RecursiveMode::Recursive)?;
    }
    let (kit, shelf) = (kit.clone(), shelf.clone());
    tokio::spawn(async move {
        while changes.recv().await.is_some() {
            while changes.try_recv().is_ok() {}
            let news = shelf.news.clone();
            let (kit, shelf) = (kit.clone(), shelf.clone());
            let published = tokio::task::spawn_blocking(move || reload(&kit, &shelf)).await;
            match published.map_err(Fault::from).and_then(|published| published) {
                Ok(()) => {}
                Err(fault) => {
                    tracing::error!(%fault, "not published; the last good shop stays");
                    let mistakes = Mistakes::of(&fault);
                    if fault.cause::<SiteMistake>().is_some() {
                        tracing::error!("\n{}", mistakes.text());
                    }
                    news.complain(mistakes);
                }
            }
        }
    });
    Ok(debouncer)
}

fn reload(kit: &Kit, shelf: &Shelf) -> Result<(), Fault> {
    let mut loaded = pricing::load(&kit.settings.content_dir)?;
    let folder = kit.settings.content_dir.display().to_string();
    if !loaded.complaints.is_empty() {
        tracing::warn!("\n{}", report::text(&loaded.complaints, &folder));
    }
    let Some(book) = loaded.book.take() else {
        return Err(Mistakes::in_content(&loaded, &folder).into());
    };
    let revision = book.revision.clone();
    shelf.publish(kit, Arc::new(book))?;
    shelf.news.mended();
    shelf.pack()?;
    keep_last_good(&kit.settings.data_dir, &kit.settings.content_dir, &revision)?;
    tracing::info!(revision, pages = shelf.now().files.len(), "published");
    Ok(())
}

/// Where the last good content is kept.
#[must_use]
pub fn last_good_dir(data_dir: &Path) -> PathBuf {
    data_dir.join(LAST_GOOD)
}

/// Keeps a copy of content that has no mistakes, so that a restart with a broken file still opens
/// the shop. Once for each revision.
///
/// # Errors
/// When the data folder cannot be written.
pub fn keep_last_good(data_dir: &Path, content_dir: &Path, revision: &str) -> Result<(), Fault> {
    let (kept, fresh) = (last_good_dir(data_dir), data_dir.join("last_good.new"));
    let (mark, written) = (data_dir.join("last_good.revision"), revision.as_bytes());
    if kept.is_dir() && fs::read(&mark).is_ok_and(|known| known == written) {
        return Ok(());
    }
    if fresh.exists() {
        fs::remove_dir_all(&fresh)?;
    }
    copy_tree(content_dir, &fresh).doing("keeping the last good content")?;
    // Somebody may have gone on editing since the content was read; what comes next is kept then.
    if pricing::load(&fresh)?.book.is_none_or(|book| book.revision != revision) {
        return Ok(fs::remove_dir_all(&fresh)?);
    }
    // There is a good copy at every moment: the old one steps aside before the new one steps in.
    let aside = data_dir.join("last_good.old");
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    if kept.exists() {
        fs::rename(&kept, &aside)?;
    }
    fs::rename(&fresh, &kept)?;
    write_private(&mark, written)
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_file() {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
