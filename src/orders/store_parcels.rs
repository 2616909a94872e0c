//! All SQL of parcels: what has left, and what has not.

use rusqlite::params;
use serde::Serialize;

use super::carrier::Shipment;
use crate::base::ids::{OrderId, Sku};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// A parcel of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parcel {
    /// Which of the order's, from 1.
    pub parcel: u32,
    /// Who carries it; may be empty.
    pub carrier: String,
    /// The carrier's number for it; may be empty.
    pub number: String,
    /// Where it can be followed; may be empty.
    pub url: String,
    /// When it left.
    pub shipped_at: Instant,
    /// When it arrived.
    pub delivered_at: Option<Instant>,
    /// Position and units of what is in it.
    pub lines: Vec<(u32, u32)>,
}

/// Units of a line that have neither left nor been kept back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// The line.
    pub position: u32,
    /// What it was sold as.
    pub sku: Sku,
    /// How many are still to leave.
    pub units: u32,
    /// How many were kept back.
    pub kept: u32,
}

/// Parcels of an order, in the order in which they left.
///
/// # Errors
/// When the database fails.
pub fn list_parcels(read: &Read, id: &OrderId) -> Result<Vec<Parcel>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT parcel, carrier, tracking_number, tracking_url, shipped_at, delivered_at
         FROM fulfilment WHERE order_id = ?1 ORDER BY parcel",
    )?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok(Parcel {
            parcel: row.get(0)?,
            carrier: row.get(1)?,
            number: row.get(2)?,
            url: row.get(3)?,
            shipped_at: Instant(row.get(4)?),
            delivered_at: row.get::<_, Option<i64>>(5)?.map(Instant),
            lines: Vec::new(),
        })
    })?;
    let mut parcels: Vec<Parcel> = rows.collect::<Result<_, _>>()?;
    let sql = "SELECT position, qty FROM fulfilment_item
               WHERE order_id = ?1 AND parcel = ?2 ORDER BY position";
    let mut statement = read.prepare_cached(sql)?;
    for parcel in &mut parcels {
        let asked = params![id.as_str(), parcel.parcel];
        let lines = statement.query_map(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
        parcel.lines = lines.collect::<Result<_, _>>()?;
    }
    Ok(parcels)
}

/// Every line of an order that travels, with what of it is still to leave.
///
/// # Errors
/// When the database fails.
pub fn list_left(read: &Read, id: &OrderId) -> Result<Vec<Left>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT position, ref, qty - kept_qty - coalesce((
             SELECT sum(f.qty) FROM fulfilment_item f
             WHERE f.order_id = i.order_id AND f.position = i.position), 0), kept_qty
         FROM order_item i
         WHERE order_id = ?1 AND kind IN ('product', 'part') ORDER BY position",
    )?;
    let rows = statement.query_map([id.as_str()], |row| {
        Ok(Left {
            position: row.get(0)?,
            sku: Sku::from_stored(row.get::<_, String>(1)?),
            units: row.get(2)?,
            kept: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a parcel down; which of the order's it is.
pub(super) fn insert_parcel(
    tx: &Tx,
    id: &OrderId,
    shipment: &Shipment,
    now: Instant,
) -> Result<u32, Fault> {
    let parcel: u32 = tx
        .prepare_cached("SELECT count(*) + 1 FROM fulfilment WHERE order_id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))?;
    tx.prepare_cached(
        "INSERT INTO fulfilment (order_id, parcel, carrier, tracking_number, tracking_url,
             shipped_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        id.as_str(),
        parcel,
        shipment.carrier,
        shipment.number,
        shipment.url,
        now.0
    ])?;
    Ok(parcel)
}

pub(super) fn insert_parcel_item(
    tx: &Tx,
    id: &OrderId,
    parcel: u32,
    (position, units): (u32, u32),
) -> Result<(), Fault> {
    let sql = "INSERT INTO fulfilment_item (order_id, parcel, position, qty)
               VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), parcel, position, units])?;
    Ok(())
}

/// A parcel that was under way has arrived; false when it was not.
pub(super) fn set_parcel_delivered(
    tx: &Tx,
    id: &OrderId,
    parcel: u32,
    now: Instant,
) -> Result<bool, Fault> {
    let sql = "UPDATE fulfilment SET delivered_at = ?3
               WHERE order_id = ?1 AND parcel = ?2 AND delivered_at IS NULL";
    Ok(tx.prepare_cached(sql)?.execute(params![id.as_str(), parcel, now.0])? == 1)
}

/// All parcels that are under way have arrived.
pub(super) fn set_parcels_delivered(tx: &Tx, id: &OrderId, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE fulfilment SET delivered_at = ?2
               WHERE order_id = ?1 AND delivered_at IS NULL";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0])?;
    Ok(())
}

/// Units of a line stay here.
pub(super) fn set_kept(tx: &Tx, id: &OrderId, position: u32, units: u32) -> Result<(), Fault> {
    let sql = "UPDATE order_item SET kept_qty = kept_qty + ?3
               WHERE order_id = ?1 AND position = ?2";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), position, units])?;
    Ok(())
}

/// So many units fewer are still to leave; what was packed has left with them.
pub(super) fn set_fewer_left(tx: &Tx, id: &OrderId, units: u32) -> Result<(), Fault> {
    let sql = "UPDATE orders SET left_units = left_units - ?2, packed_at = NULL,
                   version = version + 1
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), units])?;
    Ok(())
}

/// What has not left is packed; false when it was before.
pub(super) fn set_packed(tx: &Tx, id: &OrderId, now: Instant) -> Result<bool, Fault> {
    let sql = "UPDATE orders SET packed_at = ?2, version = version + 1
               WHERE id = ?1 AND packed_at IS NULL";
    Ok(tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0])? == 1)
}
