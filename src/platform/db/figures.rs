//! What the writer has done so far, in numbers for whoever looks after the shop.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The database at one moment. Counts begin at the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Figures {
    /// Writes waiting for their turn now.
    pub queued: u64,
    /// Writes that may wait before one more is told "busy".
    pub queue_max: u64,
    /// Writes that have reached the disk (or were refused by their own rules).
    pub jobs: u64,
    /// Commits that carried them.
    pub commits: u64,
    /// Writes told "busy" because the queue was full or their turn came too late.
    pub turned_away: u64,
    /// Commits that failed: nothing of them was kept.
    pub failed_commits: u64,
    /// Bytes of the log beside the database (`kiosk.db-wal`).
    pub wal_bytes: u64,
    /// Times the log was folded into the database.
    pub checkpoints: u64,
    /// Milliseconds since the last of them; nothing before the first.
    pub last_checkpoint_ms: Option<u64>,
    /// Reads waiting or running now.
    pub reading: u64,
}

/// The counters behind [`Figures`], shared by the threads of the database.
#[derive(Default)]
pub(super) struct Tally {
    pub jobs: AtomicU64,
    pub commits: AtomicU64,
    pub turned_away: AtomicU64,
    pub failed_commits: AtomicU64,
    pub checkpoints: AtomicU64,
    /// Milliseconds after the database was opened; 0 before the first.
    pub last_checkpoint: AtomicU64,
}

impl Tally {
    pub(super) fn count(counter: &AtomicU64, more: usize) {
        counter.fetch_add(more as u64, Relaxed);
    }
}
