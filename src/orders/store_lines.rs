//! All SQL of what belongs to an order: its lines, discounts, timeline and promotion claims.

use rusqlite::params;
use serde::Serialize;

use super::model::Item;
use crate::base::ids::{OrderId, Sku};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};
use crate::pricing::Adjustment;

/// Lines of an order, in its order, parts behind their bundle.
///
/// # Errors
/// When the database fails.
pub fn list_items(read: &Read, id: &OrderId) -> Result<Vec<Item>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT position, parent, kind, ref, title, options, tier, qty, unit_minor, gross_minor,
                discount_minor, net_minor, tax_minor, tax_bp, image
         FROM order_item WHERE order_id = ?1 ORDER BY position",
    )?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok(Item {
            position: row.get(0)?,
            parent: row.get(1)?,
            kind: row.get(2)?,
            reference: row.get(3)?,
            title: row.get(4)?,
            options: row.get(5)?,
            tier: row.get(6)?,
            qty: row.get(7)?,
            unit_minor: row.get(8)?,
            gross_minor: row.get(9)?,
            discount_minor: row.get(10)?,
            net_minor: row.get(11)?,
            tax_minor: row.get(12)?,
            tax_bp: row.get(13)?,
            image: row.get(14)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What paid orders behind `after` hold, oldest first: their SKUs, parts in place of bundles.
///
/// # Errors
/// When the database fails.
pub fn list_paid_baskets(
    read: &Read,
    after: &OrderId,
    limit: u32,
) -> Result<Vec<(OrderId, Vec<Sku>)>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT id, (SELECT json_group_array(ref) FROM order_item
                     WHERE order_id = orders.id AND kind <> 'bundle')
         FROM orders WHERE id > ?1 AND paid_at IS NOT NULL ORDER BY id LIMIT ?2",
    )?;
    let mut rows = statement.query(params![after.as_str(), limit])?;
    let mut baskets = Vec::new();
    while let Some(row) = rows.next()? {
        let skus: Vec<String> = serde_json::from_str(&row.get::<_, String>(1)?)?;
        let id = OrderId::from_stored(row.get::<_, String>(0)?);
        baskets.push((id, skus.into_iter().map(Sku::from_stored).collect()));
    }
    Ok(baskets)
}

/// One entry of an order's timeline.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// By whom.
    pub actor: String,
    /// What.
    pub kind: String,
    /// More about it, as JSON.
    pub data: String,
}

/// The timeline, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_events(read: &Read, id: &OrderId) -> Result<Vec<Event>, Fault> {
    let sql = "SELECT at, actor, kind, data FROM order_event WHERE order_id = ?1 ORDER BY id";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok(Event {
            at: Instant(row.get(0)?),
            actor: row.get(1)?,
            kind: row.get(2)?,
            data: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert_item(tx: &Tx, id: &OrderId, item: &Item) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO order_item (order_id, position, parent, kind, ref, title, options, tier, qty,
             unit_minor, gross_minor, discount_minor, net_minor, tax_minor, tax_bp, image)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        id.as_str(),
        item.position,
        item.parent,
        item.kind,
        item.reference,
        item.title,
        item.options,
        item.tier,
        item.qty,
        item.unit_minor,
        item.gross_minor,
        item.discount_minor,
        item.net_minor,
        item.tax_minor,
        item.tax_bp,
        item.image,
    ])?;
    Ok(())
}

pub(super) fn insert_adjustment(
    tx: &Tx,
    id: &OrderId,
    position: Option<u32>,
    source: &str,
    adjustment: &Adjustment,
    amount_minor: i64,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO order_adjustment (order_id, position, source, ref, label, amount_minor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id.as_str(),
        position,
        source,
        adjustment.reference,
        adjustment.label,
        amount_minor
    ])?;
    Ok(())
}

pub(super) fn insert_event(
    tx: &Tx,
    id: &OrderId,
    kind: &str,
    actor: &str,
    data: &serde_json::Value,
    now: Instant,
) -> Result<(), Fault> {
    let sql =
        "INSERT INTO order_event (order_id, at, actor, kind, data) VALUES (?1, ?2, ?3, ?4, ?5)";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0, actor, kind, data.to_string()])?;
    Ok(())
}

pub(super) fn insert_claim(
    tx: &Tx,
    promotion: &str,
    id: &OrderId,
    (customer, (total, each)): (&str, (Option<u32>, Option<u32>)),
) -> Result<(), Fault> {
    let sql = "INSERT INTO promotion_claim (promotion, order_id, customer_key, state, limit_total,
                   limit_per_customer)
               VALUES (?1, ?2, ?3, 'held', ?4, ?5)
               ON CONFLICT (promotion, order_id) DO UPDATE
               SET state = 'held', limit_total = ?4, limit_per_customer = ?5, is_beyond = 0";
    tx.prepare_cached(sql)?.execute(params![promotion, id.as_str(), customer, total, each])?;
    Ok(())
}

/// Promotions an order gave up when it closed unpaid.
pub(super) fn list_released_claims(read: &Read, id: &OrderId) -> Result<Vec<String>, Fault> {
    let sql = "SELECT promotion FROM promotion_claim
               WHERE order_id = ?1 AND state = 'released' ORDER BY promotion";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([id.as_str()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The claim counts although others have reached the limit meanwhile.
pub(super) fn set_beyond(tx: &Tx, promotion: &str, id: &OrderId) -> Result<(), Fault> {
    let sql = "UPDATE promotion_claim SET is_beyond = 1 WHERE promotion = ?1 AND order_id = ?2";
    tx.prepare_cached(sql)?.execute(params![promotion, id.as_str()])?;
    Ok(())
}

/// Whether staff were told this of an order since then, and have settled nothing of it meanwhile.
pub(super) fn was_flagged(
    read: &Read,
    id: &OrderId,
    why: &str,
    since: Instant,
) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM order_event
               WHERE order_id = ?1 AND kind = 'attention' AND at >= ?3 AND data ->> '$.why' = ?2
                 AND id > coalesce((SELECT max(id) FROM order_event
                                    WHERE order_id = ?1 AND kind = 'settled'), 0))";
    Ok(read.prepare_cached(sql)?.query_row(params![id.as_str(), why, since.0], |r| r.get(0))?)
}

/// Whether an order was given up since it was paid.
///
/// # Errors
/// When the database fails.
pub fn is_given_up(read: &Read, id: &OrderId) -> Result<bool, Fault> {
    let sql = "SELECT EXISTS (SELECT 1 FROM order_event
               WHERE order_id = ?1 AND kind = 'cancelled'
                 AND id > coalesce((SELECT max(id) FROM order_event
                                    WHERE order_id = ?1 AND kind = 'paid'), 0))";
    Ok(read.prepare_cached(sql)?.query_row([id.as_str()], |r| r.get(0))?)
}

pub(super) fn set_claims(tx: &Tx, id: &OrderId, to: &str) -> Result<(), Fault> {
    let sql = "UPDATE promotion_claim SET state = ?2 WHERE order_id = ?1 AND state <> 'used'";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), to])?;
    Ok(())
}

pub(super) fn count_claims(
    read: &Read,
    promotion: &str,
    customer: Option<&str>,
) -> Result<u32, Fault> {
    let sql = "SELECT count(*) FROM promotion_claim
               WHERE promotion = ?1 AND (?2 IS NULL OR customer_key = ?2) AND state <> 'released'";
    Ok(read.prepare_cached(sql)?.query_row(params![promotion, customer], |row| row.get(0))?)
}

pub(super) fn count_paid(read: &Read, email: &str) -> Result<u32, Fault> {
    let sql = "SELECT count(*) FROM orders WHERE email_folded = ?1 AND paid_at IS NOT NULL";
    Ok(read.prepare_cached(sql)?.query_row([email], |row| row.get(0))?)
}
