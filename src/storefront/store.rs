//! All SQL of the room.

use rusqlite::params;

use crate::base::ids::Sku;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};
use crate::pricing::Shown;

/// Prices of one SKU that are looked back at, at most.
const SHOWN_MAX: u32 = 200;

/// The latest prices of a SKU until `now`, the oldest first.
pub(super) fn list_shown(read: &Read, sku: &Sku, now: Instant) -> Result<Vec<Shown>, Fault> {
    let sql = "SELECT since, price_minor, is_reduced FROM price_shown
               WHERE sku = ?1 AND since <= ?2 ORDER BY since DESC LIMIT ?3";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![sku.as_str(), now.0, SHOWN_MAX], |row| {
        Ok(Shown { since: Instant(row.get(0)?), price_minor: row.get(1)?, is_reduced: row.get(2)? })
    })?;
    let mut shown = rows.collect::<Result<Vec<_>, _>>()?;
    shown.reverse();
    Ok(shown)
}

/// Notes a price from its moment on; of two at the same moment the later one counts.
pub(super) fn insert_shown(tx: &Tx, sku: &Sku, shown: &Shown) -> Result<(), Fault> {
    let sql = "INSERT INTO price_shown (sku, since, price_minor, is_reduced)
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (sku, since) DO UPDATE
               SET price_minor = excluded.price_minor, is_reduced = excluded.is_reduced";
    let values = params![sku.as_str(), shown.since.0, shown.price_minor, shown.is_reduced];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}
