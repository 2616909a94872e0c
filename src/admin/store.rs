//! All SQL of what the merchant was told of the machinery.

use rusqlite::params;

use super::alarm::Told;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// Everything that was told and is not mended.
pub(super) fn list_alarms(read: &Read) -> Result<Vec<Told>, Fault> {
    let sql = "SELECT cause, count, told_at, seen_at FROM alarm ORDER BY cause LIMIT 50";
    let mut statement = read.prepare_cached(sql)?;
    let told = statement.query_map([], |row| {
        Ok(Told {
            cause: row.get(0)?,
            count: row.get(1)?,
            told_at: Instant(row.get(2)?),
            seen_at: Instant(row.get(3)?),
        })
    })?;
    Ok(told.collect::<Result<_, _>>()?)
}

pub(super) fn set_alarm(tx: &Tx, told: &Told) -> Result<(), Fault> {
    let sql = "INSERT INTO alarm (cause, count, told_at, seen_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (cause) DO UPDATE SET count = ?2, told_at = ?3, seen_at = ?4";
    let values = params![told.cause, told.count, told.told_at.0, told.seen_at.0];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

pub(super) fn delete_alarm(tx: &Tx, cause: &str) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM alarm WHERE cause = ?1")?.execute([cause])?;
    Ok(())
}
