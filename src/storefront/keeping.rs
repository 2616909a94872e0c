//! The copy for bad days: the last content without mistakes, so that a restart with a broken file
//! still opens the shop. It becomes a former state with each publication.

use std::fs;
use std::path::{Path, PathBuf};

use super::revisions::{self, By};
use crate::base::fault::Doing;
use crate::base::{Fault, Instant};
use crate::platform::config::write_private;
use crate::pricing;

/// Where the last content without mistakes is kept, below the data folder.
const LAST_GOOD: &str = "last_good";
/// Which revision that is.
const LAST_GOOD_MARK: &str = "last_good.revision";

/// What a file holds now; nothing when it is gone.
pub(super) type Changed<'a> = (&'a str, Option<&'a [u8]>);

/// Where the last good content is kept.
#[must_use]
pub fn last_good_dir(data_dir: &Path) -> PathBuf {
    data_dir.join(LAST_GOOD)
}

/// Keeps a copy of content that has no mistakes, so that a restart with a broken file still opens
/// the shop, and notes it among the former states. Once for each revision.
///
/// # Errors
/// When the data folder cannot be written.
pub fn keep_last_good(
    data_dir: &Path,
    content_dir: &Path,
    revision: &str,
    now: Instant,
) -> Result<(), Fault> {
    keep_whole(data_dir, content_dir, revision, None, now)
}

/// As [`keep_last_good`], and who made it so.
pub(super) fn keep_whole(
    data_dir: &Path,
    content_dir: &Path,
    revision: &str,
    by: Option<&By>,
    now: Instant,
) -> Result<(), Fault> {
    copy_last_good(data_dir, content_dir, revision)?;
    let kept = fs::read(data_dir.join(LAST_GOOD_MARK)).is_ok_and(|m| m == revision.as_bytes());
    if !kept {
        return Ok(());
    }
    revisions::keep(data_dir, &last_good_dir(data_dir), revision, None, by, now)
}

/// Notes a change to one file in the copy of the last good content, and the state among the
/// former ones. One rename, so the copy is whole at every moment. False when the copy is not of the
/// revision before.
pub(super) fn keep_one(
    data_dir: &Path,
    (name, bytes): Changed<'_>,
    before: &str,
    revision: &str,
    by: Option<&By>,
    now: Instant,
) -> Result<bool, Fault> {
    let (kept, mark) = (last_good_dir(data_dir), data_dir.join(LAST_GOOD_MARK));
    let is_known = fs::read(&mark).is_ok_and(|known| known == before.as_bytes());
    let place = kept.join(name);
    if !is_known || !place.parent().is_some_and(Path::is_dir) {
        return Ok(false);
    }
    match bytes {
        Some(bytes) => write_private(&place, bytes)?,
        None if place.is_file() => fs::remove_file(&place)?,
        None => {}
    }
    write_private(&mark, revision.as_bytes())?;
    revisions::keep(data_dir, &kept, revision, Some((before, name)), by, now)?;
    Ok(true)
}

fn copy_last_good(data_dir: &Path, content_dir: &Path, revision: &str) -> Result<(), Fault> {
    let (kept, fresh) = (last_good_dir(data_dir), data_dir.join("last_good.new"));
    let (mark, written) = (data_dir.join(LAST_GOOD_MARK), revision.as_bytes());
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
