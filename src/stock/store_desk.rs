//! SQL of the stock pages: levels page by page, and the ledger of one SKU.

use rusqlite::params;

use super::model::{Level, Move};
use super::store::{level_from_row, move_of};
use crate::base::Fault;
use crate::base::ids::{OrderId, Sku};
use crate::platform::db::Read;

/// Which levels are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All.
    All,
    /// At or below their mark, with some left or none.
    Short,
    /// At or below their mark, with some left.
    Low,
    /// None free.
    SoldOut,
}

/// Levels in the order of their SKUs, after one of them.
pub(super) fn list_after(
    read: &Read,
    wanted: Wanted,
    after: &str,
    limit: u32,
) -> Result<Vec<Level>, Fault> {
    let sql = match wanted {
        Wanted::All => {
            "SELECT sku, on_hand, held, low FROM stock_item
             WHERE sku > ?1 AND location = 'main' ORDER BY sku LIMIT ?2"
        }
        Wanted::Short => {
            "SELECT sku, on_hand, held, low FROM stock_item INDEXED BY stock_item_low
             WHERE on_hand <= held + low AND sku > ?1 ORDER BY sku LIMIT ?2"
        }
        Wanted::Low => {
            "SELECT sku, on_hand, held, low FROM stock_item INDEXED BY stock_item_low
             WHERE on_hand <= held + low AND sku > ?1 AND on_hand > held ORDER BY sku LIMIT ?2"
        }
        Wanted::SoldOut => {
            "SELECT sku, on_hand, held, low FROM stock_item INDEXED BY stock_item_low
             WHERE on_hand <= held + low AND sku > ?1 AND on_hand = held ORDER BY sku LIMIT ?2"
        }
    };
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, limit], level_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// SKUs that begin like this, with a record.
pub(super) fn list_beginning(read: &Read, begins: &str, limit: u32) -> Result<Vec<Sku>, Fault> {
    let sql = "SELECT sku FROM stock_item WHERE sku >= ?1 AND sku < ?2 ORDER BY sku LIMIT ?3";
    let mut statement = read.prepare_cached(sql)?;
    let end = format!("{begins}\u{10ffff}");
    let rows = statement.query_map(params![begins, end, limit], |row| {
        Ok(Sku::from_stored(row.get::<_, String>(0)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many are low with some left, and how many have none free.
///
/// # Errors
/// When the database fails.
pub fn short(read: &Read) -> Result<(i64, i64), Fault> {
    let sql = "SELECT count(*), coalesce(sum(on_hand = held), 0)
               FROM stock_item INDEXED BY stock_item_low
               WHERE on_hand <= held + low AND sku >= ''";
    let (all, none): (i64, i64) =
        read.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((all - none, none))
}

/// The first SKUs that are low or sold out, by name. S3.53
///
/// # Errors
/// When the database fails.
pub fn list_short(read: &Read, limit: u32) -> Result<Vec<Level>, Fault> {
    let sql = "SELECT sku, on_hand, held, low FROM stock_item INDEXED BY stock_item_low
               WHERE on_hand <= held + low AND sku >= '' ORDER BY sku LIMIT ?1";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([limit], level_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The ledger of one SKU before a line of it, newest first, each line with its number.
pub(super) fn list_moves_before(
    read: &Read,
    sku: &Sku,
    before: i64,
    limit: u32,
) -> Result<Vec<(i64, Move)>, Fault> {
    let sql = "SELECT sku, delta, on_hand_after, reason, order_id, note, actor, at, id
               FROM stock_move
               WHERE sku = ?1 AND location = 'main' AND id < ?2 ORDER BY id DESC LIMIT ?3";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![sku.as_str(), before, limit], |row| Ok((row.get(8)?, move_of(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Orders whose checkouts hold units of a SKU, and how many.
pub(super) fn list_holders(
    read: &Read,
    sku: &Sku,
    limit: u32,
) -> Result<Vec<(OrderId, u32)>, Fault> {
    let sql = "SELECT order_id, qty FROM hold
               WHERE sku = ?1 AND location = 'main' AND state = 'active' LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![sku.as_str(), limit], |row| {
        Ok((OrderId::from_stored(row.get::<_, String>(0)?), row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
