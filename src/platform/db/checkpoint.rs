//! Folding the log into the database, on a connection of its own, so that writes do not wait.
//!
//! A log that is written without a pause never begins anew by itself: the writer is always a
//! few pages ahead. So when it has grown and all but its end is folded, the writer is asked to fold
//! that end between two commits, after which SQLite starts the log from its beginning.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use rusqlite::Connection;

use super::queue::Queue;

/// Largest log, bytes; only a reader that keeps an old view can make it larger.
pub(super) const WAL_BYTES_MAX: u64 = 96 << 20;
/// A log that has begun anew gives back what its file has above this, bytes.
pub(super) const WAL_BYTES_KEPT: u64 = 48 << 20;
/// A log of this many pages is to begin anew: the writer folds its end itself, for which checkouts
/// wait, so it is not done every moment.
const FOLD_PAGES: i64 = 8000;
/// An end of the log that the writer may fold itself, pages.
const END_PAGES: i64 = 500;
/// How often the log is folded.
const PAUSE: Duration = Duration::from_millis(500);
/// The same while its end is too long for the writer.
const AGAIN: Duration = Duration::from_millis(1);

/// Folds what is new until the queue is closed.
pub(super) fn serve(connection: &Connection, queue: &Arc<Queue>) {
    let (mut seen, mut known) = (0, 0);
    let mut pause = PAUSE;
    while queue.sleep(pause) {
        pause = PAUSE;
        let commits = queue.tally.commits.load(Relaxed);
        if commits == seen {
            continue;
        }
        seen = commits;
        match fold(connection, queue) {
            Ok((pages, folded)) => {
                let is_long = pages >= FOLD_PAGES;
                // As much came while this was folded as was folded now, or less.
                let is_far = is_long && pages - known > END_PAGES;
                if is_far {
                    (known, pause) = (folded, AGAIN);
                } else {
                    known = 0;
                    queue.fold.store(is_long, Relaxed);
                }
            }
            Err(error) => tracing::error!(%error, "the log could not be folded into the database"),
        }
    }
}

/// Folds what no reader needs any more, without waiting; pages of the log and pages folded.
pub(super) fn fold(connection: &Connection, queue: &Queue) -> rusqlite::Result<(i64, i64)> {
    let sql = "PRAGMA wal_checkpoint(PASSIVE)";
    let pages =
        connection.prepare_cached(sql)?.query_row([], |row| Ok((row.get(1)?, row.get(2)?)))?;
    queue.checkpointed();
    Ok(pages)
}

/// Bytes of the log's file.
pub(super) fn wal_bytes(wal: &Path) -> u64 {
    std::fs::metadata(wal).map_or(0, |found| found.len())
}

/// The writer's own part, between two commits.
pub(super) struct Keeper {
    wal: std::path::PathBuf,
    /// A log that large is folded whatever it costs; raised while a reader stands in the way.
    pub(super) most: u64,
}

impl Keeper {
    pub(super) fn new(wal: &Path) -> Self {
        Self { wal: wal.to_owned(), most: WAL_BYTES_MAX }
    }

    /// Folds the end of the log when that is wanted, or all of it when it is too large.
    pub(super) fn tend(&mut self, connection: &Connection, queue: &Queue) {
        let bytes = wal_bytes(&self.wal);
        let tended = if bytes >= self.most {
            tracing::warn!(bytes, "the log is large: writes wait while it is folded");
            let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
            let folded = connection.execute_batch(sql).map(|()| queue.checkpointed());
            self.most = WAL_BYTES_MAX.max(wal_bytes(&self.wal) + WAL_BYTES_KEPT);
            folded
        } else if queue.fold.swap(false, Relaxed) {
            fold(connection, queue).map(drop)
        } else {
            Ok(())
        };
        if let Err(error) = tended {
            tracing::error!(%error, "the log could not be folded into the database");
        }
    }
}
