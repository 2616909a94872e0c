//! All SQL of the room.

use rusqlite::{OptionalExtension, params};
use serde_json::Value;

use super::model::{Cart, Line};
use crate::base::ids::{CartId, LineId, Sku};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};
use crate::pricing::Item;

/// The active cart of a session, with its lines.
///
/// # Errors
/// When the database fails.
pub fn find(read: &Read, session: &str) -> Result<Option<Cart>, Fault> {
    let sql = "SELECT id, version, country, rate, codes, last_change_at FROM cart
               WHERE token_hash = ?1 AND status = 'active'";
    let found = read
        .prepare_cached(sql)?
        .query_row([session], |row| {
            Ok(Cart {
                id: CartId::from_stored(row.get::<_, String>(0)?),
                version: row.get(1)?,
                country: row.get(2)?,
                rate: row.get(3)?,
                codes: serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default(),
                lines: Vec::new(),
                last_change_at: Instant(row.get(5)?),
            })
        })
        .optional()?;
    let Some(mut cart) = found else { return Ok(None) };
    cart.lines = list_lines(read, &cart.id)?;
    Ok(Some(cart))
}

pub(super) fn list_lines(read: &Read, cart: &CartId) -> Result<Vec<Line>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT id, kind, ref, qty, seen_unit_minor FROM cart_line
         WHERE cart_id = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([cart.as_str()], |row| {
        let (kind, reference): (String, String) = (row.get(1)?, row.get(2)?);
        Ok(Line {
            id: LineId::from_stored(row.get::<_, String>(0)?),
            item: match kind.as_str() {
                "bundle" => Item::Bundle(reference),
                _ => Item::Sku(Sku::from_stored(reference)),
            },
            qty: row.get(3)?,
            seen_unit_minor: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn is_active(read: &Read, cart: &CartId) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM cart WHERE id = ?1 AND status = 'active'";
    Ok(read.prepare_cached(sql)?.exists([cart.as_str()])?)
}

/// Whether a session ever had a cart.
pub(super) fn had_cart(read: &Read, session: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM cart WHERE token_hash = ?1 LIMIT 1";
    Ok(read.prepare_cached(sql)?.exists([session])?)
}

/// The ordered cart of a session that has one cart only, as those of callers without a cookie have.
///
/// # Errors
/// When the database fails.
pub fn find_ordered(read: &Read, session: &str) -> Result<Option<CartId>, Fault> {
    let sql = "SELECT id FROM cart WHERE token_hash = ?1 AND status = 'ordered' LIMIT 1";
    let id = read.prepare_cached(sql)?.query_row([session], |row| row.get::<_, String>(0));
    Ok(id.optional()?.map(CartId::from_stored))
}

/// The carts a session ever had, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_carts(read: &Read, session: &str, limit: usize) -> Result<Vec<CartId>, Fault> {
    // Identities grow with time.
    let sql = "SELECT id FROM cart WHERE token_hash = ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![session, limit], |row| row.get::<_, String>(0))?;
    Ok(rows.map(|id| id.map(CartId::from_stored)).collect::<Result<_, _>>()?)
}

/// Keeps a cart in which nothing is yet.
pub(super) fn insert_cart(tx: &Tx, cart: &Cart, session: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO cart (id, token_hash, version, country, created_at, last_change_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
    )?
    .execute(params![
        cart.id.as_str(),
        session,
        cart.version,
        cart.country,
        cart.last_change_at.0
    ])?;
    Ok(())
}

fn words(item: &Item) -> (&'static str, &str) {
    match item {
        Item::Sku(sku) => ("sku", sku.as_str()),
        Item::Bundle(slug) => ("bundle", slug),
    }
}

pub(super) fn insert_line(tx: &Tx, cart: &CartId, line: &Line) -> Result<(), Fault> {
    let (kind, reference) = words(&line.item);
    tx.prepare_cached(
        "INSERT INTO cart_line (id, cart_id, position, kind, ref, qty, seen_unit_minor)
         VALUES (?1, ?2, (SELECT coalesce(max(position), 0) + 1 FROM cart_line WHERE cart_id = ?2),
                 ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        line.id.as_str(),
        cart.as_str(),
        kind,
        reference,
        line.qty,
        line.seen_unit_minor
    ])?;
    Ok(())
}

pub(super) fn set_qty(tx: &Tx, line: &LineId, qty: u32) -> Result<(), Fault> {
    let sql = "UPDATE cart_line SET qty = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![line.as_str(), qty])?;
    Ok(())
}

pub(super) fn set_seen(tx: &Tx, line: &LineId, unit_minor: i64) -> Result<(), Fault> {
    let sql = "UPDATE cart_line SET seen_unit_minor = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![line.as_str(), unit_minor])?;
    Ok(())
}

pub(super) fn delete_line(tx: &Tx, line: &LineId) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM cart_line WHERE id = ?1")?.execute([line.as_str()])?;
    Ok(())
}

pub(super) fn delete_lines(tx: &Tx, cart: &CartId) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM cart_line WHERE cart_id = ?1")?.execute([cart.as_str()])?;
    Ok(())
}

pub(super) fn set_codes(tx: &Tx, cart: &CartId, codes: &[String]) -> Result<(), Fault> {
    let sql = "UPDATE cart SET codes = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![cart.as_str(), serde_json::to_string(codes)?])?;
    Ok(())
}

pub(super) fn set_destination(
    tx: &Tx,
    cart: &CartId,
    country: &str,
    rate: Option<&str>,
) -> Result<(), Fault> {
    let sql = "UPDATE cart SET country = ?2, rate = ?3 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![cart.as_str(), country, rate])?;
    Ok(())
}

/// Counts a change.
pub(super) fn set_changed(tx: &Tx, cart: &CartId, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE cart SET version = version + 1, last_change_at = ?2, (units, value_minor) =
                 (SELECT coalesce(sum(qty), 0), coalesce(sum(qty * seen_unit_minor), 0)
                  FROM cart_line WHERE cart_id = ?1)
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![cart.as_str(), now.0])?;
    Ok(())
}

/// Remembers what happened.
pub(super) fn insert_event(
    tx: &Tx,
    cart: &CartId,
    kind: &str,
    data: &Value,
    now: Instant,
) -> Result<(), Fault> {
    let sql = "INSERT INTO cart_event (cart_id, at, kind, data) VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(params![cart.as_str(), now.0, kind, data.to_string()])?;
    Ok(())
}

/// Ends a cart: its visitor starts with an empty one.
pub(super) fn set_status(tx: &Tx, cart: &CartId, status: &str) -> Result<bool, Fault> {
    let sql = "UPDATE cart SET status = ?2 WHERE id = ?1 AND status = 'active'";
    Ok(tx.prepare_cached(sql)?.execute(params![cart.as_str(), status])? == 1)
}

/// Carts untouched since `before` that no open order was made from.
pub(super) fn list_idle(read: &Read, before: Instant, limit: u32) -> Result<Vec<CartId>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT c.id FROM cart c
         WHERE c.status = 'active' AND c.last_change_at < ?1
           AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.cart_id = c.id
                           AND o.payment_status IN ('pending', 'processing'))
         LIMIT ?2",
    )?;
    let rows = statement.query_map(params![before.0, limit], |row| {
        Ok(CartId::from_stored(row.get::<_, String>(0)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
