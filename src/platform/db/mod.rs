//! The database: two doors, and nothing else opens it.
//!
//! [`Db::read`] borrows one of a few read-only connections; [`Db::write`] runs on the one writer
//! thread, which owns the only writing connection and puts what waits into one durable commit.
//!
//! **Invariants.** Every write transaction is `BEGIN IMMEDIATE … COMMIT` with `synchronous=FULL`,
//! and a caller hears back only after its commit is on disk. Closures are synchronous, so a network
//! call inside a transaction cannot be written. Both doors are bounded: full means "busy" (503).

mod audit;
mod checkpoint;
mod failure;
mod figures;
mod lock;
mod migrate;
mod open;
mod queue;
mod snapshot;
mod space;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::base::{Failure, Fault};

pub use audit::{Finding, Proved};
pub use figures::Figures;
pub use lock::DataLock;
pub use migrate::{SCHEMA, SCHEMA_VERSION};
pub use snapshot::DbCopy;
pub use space::{Room, free_bytes, room};

/// Read-only connections.
const READERS: u32 = 4;
/// Reads that may wait for a connection before new ones are told "busy".
const READS_WAITING_MAX: usize = 256;
/// How long a read waits for its turn.
const READ_WAIT: Duration = Duration::from_secs(2);

/// A write transaction: pass it down, never keep it.
pub struct Tx<'a>(pub(in crate::platform::db) &'a Connection);

impl std::ops::Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.0
    }
}

/// A read-only connection showing one moment of the database.
pub type Read = Connection;

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Db {
    readers: r2d2::Pool<r2d2_sqlite::SqliteConnectionManager>,
    turns: Arc<Semaphore>,
    writer: writer::Writer,
    path: PathBuf,
    wal: PathBuf,
    proved: Arc<Mutex<Option<Proved>>>,
}

impl Db {
    /// Opens (and makes or upgrades) the database file in `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written, SQLite is too old, or the database is from a newer Kiosk.
    pub fn open(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join("kiosk.db");
        // A log that was not folded in means that the last process did not end by itself.
        let wal = folder.join("kiosk.db-wal");
        let is_unclean = checkpoint::wal_bytes(&wal) > 0;
        let mut connection = open::writing(&path)?;
        if is_unclean {
            open::recover(&connection)?;
        }
        migrate::bring_up_to_date(&mut connection)?;
        let manager = r2d2_sqlite::SqliteConnectionManager::file(&path).with_init(open::reading);
        let readers = r2d2::Pool::builder()
            .max_size(READERS)
            .min_idle(Some(1))
            .connection_timeout(READ_WAIT)
            .build(manager)?;
        let turns = Arc::new(Semaphore::new(READS_WAITING_MAX));
        let writer = writer::Writer::start(connection, Some(&wal), queue::LIMITS)?;
        writer.checkpoint_on(open::checkpointing(&path)?)?;
        Ok(Self { readers, turns, writer, path, wal, proved: Arc::default() })
    }

    /// What the database has done and how much waits, in numbers.
    #[must_use]
    pub fn figures(&self) -> Figures {
        let reading = READS_WAITING_MAX.saturating_sub(self.turns.available_permits());
        Figures {
            wal_bytes: checkpoint::wal_bytes(&self.wal),
            reading: reading as u64,
            ..self.writer.figures()
        }
    }

    /// What the last proof of the books by this process found; none before the first one.
    #[must_use]
    pub fn proved(&self) -> Option<Proved> {
        self.proved.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what a proof of the books has found.
    pub fn note_proved(&self, proved: Proved) {
        *self.proved.lock().unwrap_or_else(PoisonError::into_inner) = Some(proved);
    }

    /// Waits until the disk has failed in a way that only a new start mends; nothing is written
    /// from then on.
    pub async fn broken(&self) {
        self.writer.broken().await;
    }

    /// Whether the disk has confirmed everything so far.
    ///
    /// # Errors
    /// When [`Db::broken`] has ended, in a sentence for whoever looks after the shop.
    pub fn sound(&self) -> Result<(), Fault> {
        if self.writer.is_broken() {
            return Err(Fault::new(
                "the disk failed under a commit; look at the disk and start again: every order \
                 that was confirmed is in the log",
            ));
        }
        Ok(())
    }

    /// Runs `work` on a read-only connection, inside one consistent view.
    ///
    /// # Errors
    /// Whatever `work` says; busy when too many reads are waiting already.
    pub async fn read<T, R, F>(&self, work: F) -> Result<T, Failure<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Read) -> Result<T, Failure<R>> + Send + 'static,
    {
        let Ok(turn) = self.turns.clone().try_acquire_owned() else {
            return Err(Fault::busy("too many reads are waiting").into());
        };
        let readers = self.readers.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let connection = readers.get().map_err(|_| Fault::busy("no reader became free"))?;
            let view = connection.unchecked_transaction()?;
            let answer = work(&view);
            view.finish()?;
            answer
        });
        done.await.map_err(|e| Fault::from(e).doing("reading"))?
    }

    /// Runs `work` in a write transaction on the writer thread; returns after it is on disk.
    ///
    /// # Errors
    /// Whatever `work` says (its changes are rolled back); busy when the queue is full.
    pub async fn write<T, R, F>(&self, work: F) -> Result<T, Failure<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, Failure<R>> + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// The same as [`Db::write`] for callers outside an async runtime: command line and start-up.
    ///
    /// # Errors
    /// As [`Db::write`].
    pub fn write_blocking<T, R, F>(&self, work: F) -> Result<T, Failure<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, Failure<R>> + Send + 'static,
    {
        self.writer.run_blocking(work)
    }

    /// The same as [`Db::read`] for callers outside an async runtime.
    ///
    /// # Errors
    /// Whatever `work` says.
    pub fn read_blocking<T, R>(
        &self,
        work: impl FnOnce(&Read) -> Result<T, Failure<R>>,
    ) -> Result<T, Failure<R>> {
        let connection = self.readers.get().map_err(Fault::from)?;
        let view = connection.unchecked_transaction()?;
        let answer = work(&view);
        view.finish()?;
        answer
    }

    /// Bytes of the database file, without the log beside it.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        space::bytes_of(&self.path)
    }

    /// Where the database file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
