//! All SQL of the room.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, params};

use super::model::{Hold, Level, Move, Reason};
use crate::base::ids::{OrderId, Sku};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

pub(super) fn level_from_row(row: &Row) -> rusqlite::Result<Level> {
    Ok(Level {
        sku: Sku::from_stored(row.get::<_, String>(0)?),
        on_hand: row.get(1)?,
        held: row.get(2)?,
        low: row.get(3)?,
    })
}

/// The level of one SKU; for a few of them lighter than a list.
///
/// # Errors
/// When the database fails.
pub fn find_level(read: &Read, sku: &Sku) -> Result<Option<Level>, Fault> {
    let sql = "SELECT sku, on_hand, held, low FROM stock_item WHERE sku = ?1 AND location = 'main'";
    Ok(read.prepare_cached(sql)?.query_row([sku.as_str()], level_from_row).optional()?)
}

/// Levels of some SKUs, in one statement; SKUs without a record are absent.
///
/// # Errors
/// When the database fails.
pub fn levels_of<'a>(
    read: &Read,
    skus: impl IntoIterator<Item = &'a Sku>,
) -> Result<BTreeMap<Sku, Level>, Fault> {
    let skus: Vec<&str> = skus.into_iter().map(Sku::as_str).collect();
    let mut statement = read.prepare_cached(
        "SELECT sku, on_hand, held, low FROM json_each(?1) asked
         JOIN stock_item ON sku = asked.value AND location = 'main'",
    )?;
    let rows = statement.query_map([serde_json::to_string(&skus)?], level_from_row)?;
    let levels = rows.map(|level| level.map(|level| (level.sku.clone(), level)));
    Ok(levels.collect::<Result<_, _>>()?)
}

/// Every level, by SKU; with `low_only`, those at or below their mark.
///
/// # Errors
/// When the database fails.
pub fn list_levels(read: &Read, low_only: bool) -> Result<Vec<Level>, Fault> {
    let sql = "SELECT sku, on_hand, held, low FROM stock_item ORDER BY sku";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([], level_from_row)?;
    let mut levels = rows.collect::<Result<Vec<_>, _>>()?;
    levels.retain(|l| !low_only || l.free() <= l.low);
    Ok(levels)
}

/// What shoppers are told about every SKU, and how many are free.
///
/// # Errors
/// When the database fails.
pub fn listed_states(read: &Read) -> Result<BTreeMap<Sku, Level>, Fault> {
    Ok(list_levels(read, false)?.into_iter().map(|l| (l.sku.clone(), l)).collect())
}

/// The ledger of one SKU, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_moves(read: &Read, sku: &Sku, limit: u32) -> Result<Vec<Move>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT sku, delta, on_hand_after, reason, order_id, note, actor, at FROM stock_move
         WHERE sku = ?1 AND location = 'main' ORDER BY id DESC LIMIT ?2",
    )?;
    let rows = statement.query_map(params![sku.as_str(), limit], move_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What the ledger says of an order, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_moves_of(read: &Read, order: &OrderId) -> Result<Vec<Move>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT sku, delta, on_hand_after, reason, order_id, note, actor, at FROM stock_move
         WHERE order_id = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([order.as_str()], move_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn move_of(row: &Row) -> rusqlite::Result<Move> {
    Ok(Move {
        sku: Sku::from_stored(row.get::<_, String>(0)?),
        delta: row.get(1)?,
        on_hand_after: row.get(2)?,
        reason: row.get(3)?,
        order_id: row.get(4)?,
        note: row.get(5)?,
        actor: row.get(6)?,
        at: Instant(row.get(7)?),
    })
}

/// Units promised to an order, whatever became of the promise.
///
/// # Errors
/// When the database fails.
pub fn list_holds(read: &Read, order: &OrderId) -> Result<Vec<Hold>, Fault> {
    let sql = "SELECT sku, qty, state, expires_at, ended_why FROM hold
               WHERE order_id = ?1 ORDER BY sku";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([order.as_str()], |row| {
        Ok(Hold {
            sku: Sku::from_stored(row.get::<_, String>(0)?),
            qty: row.get(1)?,
            state: row.get(2)?,
            expires_at: Instant(row.get(3)?),
            why: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert_item(tx: &Tx, sku: &Sku, on_hand: u32, low: u32) -> Result<bool, Fault> {
    let sql = "INSERT INTO stock_item (sku, on_hand, low) VALUES (?1, ?2, ?3)
               ON CONFLICT (sku, location) DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute(params![sku.as_str(), on_hand, low])? == 1)
}

pub(super) fn set_low(tx: &Tx, sku: &Sku, low: u32) -> Result<(), Fault> {
    let sql = "UPDATE stock_item SET low = ?2 WHERE sku = ?1 AND location = 'main' AND low <> ?2";
    tx.prepare_cached(sql)?.execute(params![sku.as_str(), low])?;
    Ok(())
}

/// Carries a record over to a SKU's new name; holds follow it, the ledger is closed and reopened.
pub(super) fn set_sku(tx: &Tx, was: &Sku, is: &Sku) -> Result<bool, Fault> {
    let item = "UPDATE stock_item SET sku = ?2, version = version + 1 WHERE sku = ?1";
    let moved = tx.prepare_cached(item)?.execute(params![was.as_str(), is.as_str()])? > 0;
    // An order that tried before under the other name: the row its first attempt released makes
    // way, as it does for a new attempt under the same name.
    let released = "DELETE FROM hold WHERE state = 'released' AND (order_id, sku, location) IN
                    (SELECT order_id, ?2, location FROM hold WHERE sku = ?1 AND state = 'active')";
    tx.prepare_cached(released)?.execute(params![was.as_str(), is.as_str()])?;
    let holds = "UPDATE hold SET sku = ?2 WHERE sku = ?1 AND state = 'active'";
    tx.prepare_cached(holds)?.execute(params![was.as_str(), is.as_str()])?;
    Ok(moved)
}

/// Promises units, if that many are free; the guard is in the statement itself.
pub(super) fn set_held(tx: &Tx, sku: &Sku, qty: u32) -> Result<bool, Fault> {
    let sql = "UPDATE stock_item SET held = held + ?2
               WHERE sku = ?1 AND location = 'main' AND on_hand - held >= ?2";
    Ok(tx.prepare_cached(sql)?.execute(params![sku.as_str(), qty])? == 1)
}

pub(super) fn insert_hold(
    tx: &Tx,
    order: &OrderId,
    sku: &Sku,
    qty: u32,
    until: Instant,
) -> Result<(), Fault> {
    // A new attempt at the same order re-arms the row that an earlier attempt released.
    let written = tx
        .prepare_cached(
            "INSERT INTO hold (order_id, sku, qty, expires_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (order_id, sku, location) DO UPDATE
         SET qty = excluded.qty, state = 'active', expires_at = excluded.expires_at,
             ended_why = NULL
         WHERE state = 'released'",
        )?
        .execute(params![order.as_str(), sku.as_str(), qty, until.0])?;
    if written == 1 { Ok(()) } else { Err(Fault::new(format!("{order} holds {sku} already"))) }
}

/// Units an order holds right now, by SKU.
///
/// # Errors
/// When the database fails.
pub fn held_by(read: &Read, order: &OrderId) -> Result<Vec<(Sku, u32)>, Fault> {
    let sql = "SELECT sku, qty FROM hold WHERE order_id = ?1 AND state = 'active' ORDER BY sku";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([order.as_str()], |row| {
        Ok((Sku::from_stored(row.get::<_, String>(0)?), row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Goods promised to open checkouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promised {
    /// Holds.
    pub holds: i64,
    /// Units in them.
    pub units: i64,
    /// Holds whose time is over and whose end the provider has not confirmed yet.
    pub overdue: i64,
}

/// Counts the active holds.
///
/// # Errors
/// When the database fails.
pub fn promised(read: &Read, now: Instant) -> Result<Promised, Fault> {
    let sql = "SELECT count(*), coalesce(sum(qty), 0), coalesce(sum(expires_at < ?1), 0)
               FROM hold WHERE state = 'active'";
    Ok(read.prepare_cached(sql)?.query_row([now.0], |row| {
        Ok(Promised { holds: row.get(0)?, units: row.get(1)?, overdue: row.get(2)? })
    })?)
}

pub(super) fn set_hold_ended(
    tx: &Tx,
    order: &OrderId,
    sku: &Sku,
    state: &str,
    why: &str,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE hold SET state = ?3, ended_why = ?4
         WHERE order_id = ?1 AND sku = ?2 AND state = 'active'",
    )?
    .execute(params![order.as_str(), sku.as_str(), state, why])?;
    Ok(())
}

pub(super) fn set_hold_until(tx: &Tx, order: &OrderId, until: Instant) -> Result<(), Fault> {
    let sql = "UPDATE hold SET expires_at = ?2 WHERE order_id = ?1 AND state = 'active'";
    tx.prepare_cached(sql)?.execute(params![order.as_str(), until.0])?;
    Ok(())
}

/// Gives promised units back to the free ones.
pub(super) fn set_unheld(tx: &Tx, sku: &Sku, qty: u32) -> Result<(), Fault> {
    let sql = "UPDATE stock_item SET held = held - ?2 WHERE sku = ?1 AND location = 'main'";
    tx.prepare_cached(sql)?.execute(params![sku.as_str(), qty])?;
    Ok(())
}

/// Takes promised units off the shelf; returns what is left.
pub(super) fn set_sold(tx: &Tx, sku: &Sku, qty: u32) -> Result<u32, Fault> {
    let sql = "UPDATE stock_item SET held = held - ?2, on_hand = on_hand - ?2
               WHERE sku = ?1 AND location = 'main' RETURNING on_hand";
    Ok(tx.prepare_cached(sql)?.query_row(params![sku.as_str(), qty], |row| row.get(0))?)
}

/// Adds (or takes) units, never below what is promised; returns what is left.
pub(super) fn set_on_hand(tx: &Tx, sku: &Sku, delta: i64) -> Result<Option<u32>, Fault> {
    let sql = "UPDATE stock_item SET on_hand = on_hand + ?2, version = version + 1
               WHERE sku = ?1 AND location = 'main' AND on_hand + ?2 >= held
               RETURNING on_hand";
    Ok(tx.prepare_cached(sql)?.query_row(params![sku.as_str(), delta], |r| r.get(0)).optional()?)
}

/// What a ledger line says beside the numbers.
pub(super) struct Why<'a> {
    pub reason: Reason,
    pub order: Option<&'a OrderId>,
    pub note: Option<&'a str>,
    pub actor: &'a str,
}

pub(super) fn insert_move(
    tx: &Tx,
    sku: &Sku,
    delta: i64,
    after: u32,
    why: &Why,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO stock_move (sku, delta, on_hand_after, reason, order_id, note, actor, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        sku.as_str(),
        delta,
        after,
        why.reason.word(),
        why.order.map(OrderId::as_str),
        why.note,
        why.actor,
        now.0
    ])?;
    Ok(())
}

/// Raises an alert; false when it is up already.
pub(super) fn insert_alert(tx: &Tx, sku: &Sku, kind: &str, now: Instant) -> Result<bool, Fault> {
    let sql = "INSERT INTO stock_alert (sku, kind, raised_at) VALUES (?1, ?2, ?3)
               ON CONFLICT DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute(params![sku.as_str(), kind, now.0])? == 1)
}

pub(super) fn set_alert_cleared(tx: &Tx, sku: &Sku, kind: &str, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE stock_alert SET cleared_at = ?3
               WHERE sku = ?1 AND kind = ?2 AND cleared_at IS NULL";
    tx.prepare_cached(sql)?.execute(params![sku.as_str(), kind, now.0])?;
    Ok(())
}
