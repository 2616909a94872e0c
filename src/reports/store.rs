//! SQL of the figures: every sum walks along one index and touches no row of a table.

use rusqlite::{OptionalExtension, Row, params};

use super::days::Period;
use super::model::{Queued, Takings, Waiting};
use crate::base::{Currency, Fault, Instant};
use crate::orders::state::{FulfilmentStatus, PaymentStatus};
use crate::platform::db::Read;

/// Every currency something was ever paid in: one step along the index for each.
pub(super) fn currencies(read: &Read) -> Result<Vec<Currency>, Fault> {
    let sql = "SELECT min(currency) FROM orders WHERE paid_at IS NOT NULL AND currency > ?1";
    let mut statement = read.prepare_cached(sql)?;
    let (mut found, mut last) = (Vec::new(), String::new());
    while let Some(code) = statement.query_row([&last], |row| row.get::<_, Option<String>>(0))? {
        found.extend(Currency::parse(&code));
        last = code;
    }
    Ok(found)
}

/// What came in and went back. S3.50
pub(super) fn takings(read: &Read, currency: Currency, period: Period) -> Result<Takings, Fault> {
    let (orders, paid_minor) = paid(read, currency, period)?;
    let (refunds, refunded_minor) = given_back(read, currency, period)?;
    Ok(Takings { orders, paid_minor, refunds, refunded_minor })
}

/// How many orders were paid, and with how much.
pub(super) fn paid(
    read: &Read,
    currency: Currency,
    (from, until): Period,
) -> Result<(i64, i64), Fault> {
    let asked = params![currency.code(), from.0, until.0];
    let sql = "SELECT count(*), coalesce(sum(total_minor), 0) FROM orders
               WHERE currency = ?1 AND paid_at >= ?2 AND paid_at < ?3";
    Ok(read.prepare_cached(sql)?.query_row(asked, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// How many refunds went out, and how much.
pub(super) fn given_back(
    read: &Read,
    currency: Currency,
    (from, until): Period,
) -> Result<(i64, i64), Fault> {
    let sql = "SELECT count(*), coalesce(sum(amount_minor), 0) FROM refund
               WHERE state = 'succeeded' AND late = 0
                 AND currency = ?1 AND ended_at >= ?2 AND ended_at < ?3";
    let asked = params![currency.code(), from.0, until.0];
    Ok(read.prepare_cached(sql)?.query_row(asked, |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// When the first money came.
pub(super) fn first_paid_at(read: &Read, currency: Currency) -> Result<Option<Instant>, Fault> {
    let sql = "SELECT min(paid_at) FROM orders WHERE currency = ?1 AND paid_at IS NOT NULL";
    let at: Option<i64> = read.prepare_cached(sql)?.query_row([currency.code()], |r| r.get(0))?;
    Ok(at.map(Instant))
}

/// When the first order was placed.
///
/// # Errors
/// When the database fails.
pub fn first_placed_at(read: &Read) -> Result<Option<Instant>, Fault> {
    let sql = "SELECT placed_at FROM orders ORDER BY seq LIMIT 1";
    let first = read.prepare_cached(sql)?.query_row([], |row| Ok(Instant(row.get(0)?)));
    Ok(first.optional()?)
}

/// When money came last.
///
/// # Errors
/// When the database fails.
pub fn last_paid_at(read: &Read) -> Result<Option<Instant>, Fault> {
    let sql = "SELECT max(paid_at) FROM orders WHERE currency = ?1 AND paid_at IS NOT NULL";
    let mut last = None;
    for currency in currencies(read)? {
        let at: Option<i64> =
            read.prepare_cached(sql)?.query_row([currency.code()], |row| row.get(0))?;
        last = last.max(at.map(Instant));
    }
    Ok(last)
}

/// How many orders placed in some time are in each state of their money and their goods. S3.51
pub(super) fn placed(
    read: &Read,
    (from, until): Period,
) -> Result<Vec<(PaymentStatus, FulfilmentStatus, i64)>, Fault> {
    let sql = "SELECT count(*) FROM orders INDEXED BY orders_by_state
               WHERE payment_status = ?1 AND fulfilment_status = ?2
                 AND placed_at >= ?3 AND placed_at < ?4";
    let mut statement = read.prepare_cached(sql)?;
    let mut counted = Vec::new();
    for payment in PaymentStatus::ALL {
        for goods in FulfilmentStatus::ALL {
            let asked = params![payment.word(), goods.word(), from.0, until.0];
            counted.push((payment, goods, statement.query_row(asked, |row| row.get(0))?));
        }
    }
    Ok(counted)
}

/// Carts with something in them that nobody has touched for so many seconds. S2.39
///
/// # Errors
/// When the database fails.
pub fn abandoned(read: &Read, idle_s: i64, now: Instant) -> Result<Waiting, Fault> {
    let sql = "SELECT count(*), coalesce(sum(value_minor), 0)
               FROM cart INDEXED BY cart_filled
               WHERE status = 'active' AND units > 0 AND last_change_at <= ?1";
    let before = now.plus_s(-idle_s);
    Ok(read.prepare_cached(sql)?.query_row([before.0], |row| {
        Ok(Waiting { carts: row.get(0)?, value_minor: row.get(1)? })
    })?)
}

const COLUMNS: &str =
    "number, name, payment_status, fulfilment_status, currency, total_minor, placed_at, paid_at,
     packed_at IS NOT NULL";

pub(super) fn queued_from_row(row: &Row) -> rusqlite::Result<Queued> {
    Ok(Queued {
        number: row.get(0)?,
        name: row.get(1)?,
        payment: row.get(2)?,
        fulfilment: row.get(3)?,
        currency: Currency::parse(&row.get::<_, String>(4)?).unwrap_or(Currency::GBP),
        total_minor: row.get(5)?,
        placed_at: Instant(row.get(6)?),
        paid_at: row.get::<_, Option<i64>>(7)?.map(Instant),
        is_packed: row.get(8)?,
    })
}

/// Paid orders that have not left whole, the one that has waited longest first; as the views “to
/// pack” and “to ship” of orders, those that are disputed or whose money all goes back left out.
///
/// # Errors
/// When the database fails.
pub fn list_to_ship(read: &Read, limit: u32) -> Result<Vec<Queued>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM orders INDEXED BY orders_to_ship
         WHERE payment_status IN ('paid', 'part_refunded') AND left_units > 0 AND paid_at > 0
           AND (refunding_minor = 0 OR refunded_minor + refunding_minor < total_minor)
           AND NOT disputed
         ORDER BY paid_at LIMIT ?1"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], queued_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many orders [`list_to_ship`] would list, and when the money of the first came.
///
/// # Errors
/// When the database fails.
pub fn to_ship(read: &Read) -> Result<(i64, Option<Instant>), Fault> {
    let sql = "SELECT count(*), min(paid_at) FROM orders INDEXED BY orders_to_ship
               WHERE payment_status IN ('paid', 'part_refunded') AND left_units > 0 AND paid_at > 0
                 AND (refunding_minor = 0 OR refunded_minor + refunding_minor < total_minor)
                 AND NOT disputed";
    let (count, oldest): (i64, Option<i64>) =
        read.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((count, oldest.map(Instant)))
}

/// The newest orders, whatever became of them. S3.54
///
/// # Errors
/// When the database fails.
pub fn list_recent(read: &Read, limit: u32) -> Result<Vec<Queued>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM orders ORDER BY placed_at DESC LIMIT ?1");
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], queued_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Orders a person must look at: how many, and number and reason of the one that waits longest.
///
/// # Errors
/// When the database fails.
pub fn attention(read: &Read) -> Result<(i64, Option<(String, String)>), Fault> {
    let sql = "SELECT count(*) FROM orders WHERE attention IS NOT NULL AND placed_at >= 0";
    let count = read.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    let sql = "SELECT number, attention FROM orders WHERE attention IS NOT NULL AND placed_at >= 0
               ORDER BY placed_at LIMIT 1";
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let first = rows.next()?.map(|row| Ok::<_, Fault>((row.get(0)?, row.get(1)?)));
    Ok((count, first.transpose()?))
}
