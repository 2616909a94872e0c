//! How connections are opened: the settings every one of them carries.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::checkpoint::WAL_BYTES_KEPT;
use crate::base::Fault;
use crate::base::fault::Doing;

/// Oldest SQLite without the WAL-reset corruption bug (3.51.3).
const SQLITE_OLDEST: i32 = 3_051_003;
/// How long a connection waits for a lock: only a backup or a person's shell can hold one.
const BUSY: Duration = Duration::from_secs(5);
/// Pages of the database the writer keeps at hand, KiB: the indexes of a hundred thousand orders.
const WRITER_CACHE_KIB: i64 = 32 << 10;
/// The same for each reader.
const READER_CACHE_KIB: i64 = 8 << 10;
/// Prepared statements kept by each connection.
const STATEMENTS_KEPT: usize = 128;

/// The one writing connection.
pub(super) fn writing(path: &Path) -> Result<Connection, Fault> {
    if rusqlite::version_number() < SQLITE_OLDEST {
        return Err(Fault::new(format!("SQLite {} is too old", rusqlite::version())));
    }
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the file")]
    let connection = Connection::open(path).doing("opening the database")?;
    connection.busy_timeout(BUSY)?;
    // Looked at before anything is written, so that a newer database is left as it is.
    super::migrate::refuse_foreign(&connection)?;
    private(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES_KEPT.cast_signed())?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// The one that folds the log into the database, and does nothing else.
pub(super) fn checkpointing(path: &Path) -> Result<Connection, Fault> {
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the file")]
    let connection = Connection::open(path).doing("opening the database")?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA mmap_size = 0;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    Ok(connection)
}

/// One end of a copy.
pub(super) fn copying(path: &Path) -> Result<Connection, Fault> {
    #[expect(clippy::disallowed_methods, reason = "the one place that opens the file")]
    let connection = Connection::open(path).doing(&format!("opening {}", path.display()))?;
    connection.busy_timeout(BUSY)?;
    Ok(connection)
}

/// Each reader: it cannot write even by mistake.
pub(super) fn reading(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.execute_batch(
        "PRAGMA query_only = ON;
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;",
    )?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(())
}

/// After an unclean end: a damaged file is found before anything is sold from it, and what the log
/// holds is put on the disk for certain. A commit whose sync failed can be read again from the
/// system's memory without being on the disk, and what is written behind it would be lost with it.
pub(super) fn recover(connection: &Connection) -> Result<(), Fault> {
    quick_check(connection)?;
    connection.execute_batch("PRAGMA wal_checkpoint(PASSIVE)").doing("folding the log")
}

fn quick_check(connection: &Connection) -> Result<(), Fault> {
    let word: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if word == "ok" {
        return Ok(());
    }
    Err(Fault::new(format!(
        "the database is damaged ({word}); keep the file as it is and restore a backup"
    )))
}

/// Orders are nobody else's business: the file is readable by its owner alone.
fn private(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .doing("making the database private")?;
    }
    Ok(())
}
