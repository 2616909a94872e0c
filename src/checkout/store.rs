//! All SQL of the room: where checkouts came from, and episodes of card testing.

use rusqlite::{OptionalExtension, params};

use super::breaker::Origin;
use crate::base::ids::OrderId;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// Where the newest attempt at an order came from.
pub(super) fn set_origin(
    tx: &Tx,
    order: &OrderId,
    origin: &Origin,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO checkout_origin (order_id, source, cart, email, at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (order_id) DO UPDATE SET source = excluded.source, cart = excluded.cart,
             email = excluded.email, at = excluded.at",
    )?
    .execute(params![order.as_str(), origin.source, origin.cart, origin.email, now.0])?;
    Ok(())
}

pub(super) fn find_origin(read: &Read, order: &OrderId) -> Result<Option<Origin>, Fault> {
    let sql = "SELECT source, cart, email FROM checkout_origin WHERE order_id = ?1";
    let found = read.prepare_cached(sql)?.query_row([order.as_str()], |row| {
        Ok(Origin { source: row.get(0)?, cart: row.get(1)?, email: row.get(2)? })
    });
    Ok(found.optional()?)
}

/// Forgets origins older than `before`; how many.
pub(super) fn delete_origins(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "DELETE FROM checkout_origin WHERE order_id IN
               (SELECT order_id FROM checkout_origin WHERE at < ?1 ORDER BY at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}

/// An episode of card testing that is not over.
pub(super) struct Episode {
    pub id: i64,
    pub last_at: Instant,
}

pub(super) fn find_episode(read: &Read) -> Result<Option<Episode>, Fault> {
    let sql = "SELECT id, last_at FROM card_testing WHERE ended_at IS NULL LIMIT 1";
    let found = read
        .prepare_cached(sql)?
        .query_row([], |row| Ok(Episode { id: row.get(0)?, last_at: Instant(row.get(1)?) }));
    Ok(found.optional()?)
}

pub(super) fn insert_episode(tx: &Tx, declines: i64, now: Instant) -> Result<i64, Fault> {
    let sql = "INSERT INTO card_testing (began_at, last_at, declines) VALUES (?1, ?1, ?2)
               RETURNING id";
    Ok(tx.prepare_cached(sql)?.query_row(params![now.0, declines], |row| row.get(0))?)
}

/// It goes on: when it was last seen, and the most declines seen at once.
pub(super) fn set_episode(tx: &Tx, id: i64, declines: i64, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE card_testing SET last_at = ?2, declines = max(declines, ?3) WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id, now.0, declines])?;
    Ok(())
}

pub(super) fn set_episode_ended(tx: &Tx, id: i64, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE card_testing SET ended_at = ?2 WHERE id = ?1 AND ended_at IS NULL";
    tx.prepare_cached(sql)?.execute(params![id, now.0])?;
    Ok(())
}
