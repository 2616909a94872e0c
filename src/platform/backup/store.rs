//! All SQL of backups: what was asked for, what was made, what failed.

use rusqlite::{OptionalExtension, params};
use serde::Serialize;

use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// Rows kept, the newest.
const KEPT: i64 = 200;

/// How backups stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// The newest that was made and read back.
    pub made: Option<Newest>,
    /// The last attempt, when it failed: when, and why.
    pub failed: Option<(Instant, String)>,
    /// Since when somebody waits for one.
    pub wanted_at: Option<Instant>,
}

/// A backup that was made and read back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Newest {
    /// The moment it shows.
    pub at: Instant,
    /// Where it was put.
    pub file: String,
    /// Its size, bytes.
    pub bytes: u64,
    /// Names of the invariants that do not hold in it; empty when it is proved.
    pub broken: String,
}

/// How an attempt ended: the archive, or why there is none.
pub type Ending = Result<Newest, String>;

/// Notes that somebody wants a backup; false when somebody did already.
///
/// # Errors
/// When the database fails.
pub fn want(tx: &Tx, now: Instant) -> Result<bool, Fault> {
    let sql = "INSERT INTO backup (state, at) VALUES ('wanted', ?1) ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute([now.0])? == 1)
}

/// Notes how an attempt ended that was begun at `begun`; who asked before that waits no longer.
///
/// # Errors
/// When the database fails.
pub fn end(tx: &Tx, begun: Instant, ending: &Ending) -> Result<(), Fault> {
    let sql = "DELETE FROM backup WHERE state = 'wanted' AND at <= ?1";
    tx.prepare_cached(sql)?.execute([begun.0])?;
    let sql = "INSERT INTO backup (state, at, file, bytes, why) VALUES (?1, ?2, ?3, ?4, ?5)";
    let (state, file, bytes, why) = match ending {
        Ok(made) => ("made", made.file.as_str(), made.bytes, made.broken.as_str()),
        Err(why) => ("failed", "", 0, why.as_str()),
    };
    tx.prepare_cached(sql)?.execute(params![state, begun.0, file, bytes.cast_signed(), why])?;
    let sql = "DELETE FROM backup WHERE id <= ?1";
    tx.prepare_cached(sql)?.execute([tx.last_insert_rowid() - KEPT])?;
    Ok(())
}

/// How backups stand.
///
/// # Errors
/// When the database fails.
pub fn standing(read: &Read) -> Result<Standing, Fault> {
    let sql = "SELECT id, at, file, bytes, why FROM backup WHERE state = 'made'
               ORDER BY id DESC LIMIT 1";
    let made = read.prepare_cached(sql)?.query_row([], |row| {
        let bytes = row.get::<_, i64>(3)?.cast_unsigned();
        let (at, file, broken) = (Instant(row.get(1)?), row.get(2)?, row.get(4)?);
        let newest = Newest { at, file, bytes, broken };
        Ok((row.get::<_, i64>(0)?, newest))
    });
    let made = made.optional()?;
    let after = made.as_ref().map_or(0, |(id, _)| *id);
    let sql = "SELECT at, why FROM backup WHERE state = 'failed' AND id > ?1
               ORDER BY id DESC LIMIT 1";
    let failed =
        read.prepare_cached(sql)?.query_row([after], |row| Ok((Instant(row.get(0)?), row.get(1)?)));
    let sql = "SELECT at FROM backup WHERE state = 'wanted'";
    let wanted = read.prepare_cached(sql)?.query_row([], |row| Ok(Instant(row.get(0)?)));
    Ok(Standing {
        made: made.map(|(_, newest)| newest),
        failed: failed.optional()?,
        wanted_at: wanted.optional()?,
    })
}
