//! SQL of the cart pages of the desk: what waits, the newest first, and what happened to one cart.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use crate::base::ids::CartId;
use crate::base::{Fault, Instant};
use crate::platform::db::Read;

/// A cart as the desk sees it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Seen {
    pub(super) id: CartId,
    pub(super) status: String,
    pub(super) country: String,
    pub(super) codes: Vec<String>,
    pub(super) units: i64,
    pub(super) value_minor: i64,
    pub(super) created_at: Instant,
    pub(super) last_change_at: Instant,
    pub(super) row: i64,
}

/// Where a page ended: moment, value and row of its last cart.
pub(super) type Place = (i64, i64, i64);

/// How many carts, and what is in them.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Sum {
    pub(super) carts: i64,
    pub(super) value_minor: i64,
}

const COLUMNS: &str =
    "id, status, country, codes, units, value_minor, created_at, last_change_at, rowid";

fn from_row(row: &Row) -> rusqlite::Result<Seen> {
    Ok(Seen {
        id: CartId::from_stored(row.get::<_, String>(0)?),
        status: row.get(1)?,
        country: row.get(2)?,
        codes: serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default(),
        units: row.get(4)?,
        value_minor: row.get(5)?,
        created_at: Instant(row.get(6)?),
        last_change_at: Instant(row.get(7)?),
        row: row.get(8)?,
    })
}

/// Carts with something in them that were last changed in some time, the newest first, after the
/// one that a page before ended with.
pub(super) fn list_filled(
    read: &Read,
    (from, until): (Instant, Instant),
    before: Place,
    limit: u32,
) -> Result<Vec<Seen>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM cart
         WHERE status = 'active' AND units > 0 AND last_change_at > ?1 AND last_change_at <= ?2
           AND (last_change_at, value_minor, rowid) < (?3, ?4, ?5)
         ORDER BY last_change_at DESC, value_minor DESC, rowid DESC LIMIT ?6"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let asked = params![from.0, until.0, before.0, before.1, before.2, limit];
    let rows = statement.query_map(asked, from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many there are of these, and what they are worth.
pub(super) fn sum_filled(read: &Read, (from, until): (Instant, Instant)) -> Result<Sum, Fault> {
    let sql = "SELECT count(*), coalesce(sum(value_minor), 0)
               FROM cart INDEXED BY cart_filled
               WHERE status = 'active' AND units > 0
                 AND last_change_at > ?1 AND last_change_at <= ?2";
    Ok(read.prepare_cached(sql)?.query_row(params![from.0, until.0], |row| {
        Ok(Sum { carts: row.get(0)?, value_minor: row.get(1)? })
    })?)
}

pub(super) fn get(read: &Read, id: &CartId) -> Result<Option<Seen>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM cart WHERE id = ?1");
    Ok(read.prepare_cached(&sql)?.query_row([id.as_str()], from_row).optional()?)
}

/// What happened to a cart, newest first: when, what, and with what.
pub(super) fn list_events(
    read: &Read,
    id: &CartId,
    limit: u32,
) -> Result<Vec<(Instant, String, String)>, Fault> {
    let sql = "SELECT at, kind, data FROM cart_event WHERE cart_id = ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![id.as_str(), limit], |row| {
        Ok((Instant(row.get(0)?), row.get(1)?, row.get(2)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
