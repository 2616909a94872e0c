//! SQL of who buys: guests, told apart by their e-mail address.

use rusqlite::{OptionalExtension, Row, params};

use super::model::{Customer, Queued};
use super::store;
use crate::base::{Currency, Fault, Instant};
use crate::platform::db::Read;

const COLUMNS: &str = "o.email_folded, o.email, o.name, o.number, o.country, o.placed_at, o.rowid";

/// A customer before their orders are counted, with the address they are known by.
fn from_row(row: &Row) -> rusqlite::Result<(String, Customer)> {
    let customer = Customer {
        email: row.get(1)?,
        name: row.get(2)?,
        last_number: row.get(3)?,
        country: row.get(4)?,
        last_at: Instant(row.get(5)?),
        row: row.get(6)?,
        orders: 0,
        paid_orders: 0,
        spent: Vec::new(),
    };
    Ok((row.get(0)?, customer))
}

/// Customers by their newest order, the newest first: orders are walked along the index, and those
/// whose buyer ordered again later are passed over.
pub(super) fn list_newest(
    read: &Read,
    (before, row): (Instant, i64),
    limit: u32,
) -> Result<Vec<Customer>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM orders o
         WHERE o.placed_at <= ?1 AND (o.placed_at < ?1 OR o.rowid > ?2)
           AND NOT EXISTS (SELECT 1 FROM orders n
                           WHERE n.email_folded = o.email_folded AND n.placed_at >= o.placed_at
                             AND (n.placed_at > o.placed_at OR n.rowid < o.rowid))
         ORDER BY o.placed_at DESC LIMIT ?3"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map(params![before.0, row, limit], from_row)?;
    let found = rows.collect::<Result<Vec<_>, _>>()?;
    found.into_iter().map(|(folded, customer)| counted(read, &folded, customer)).collect()
}

/// Addresses that begin like this, by address.
pub(super) fn list_addresses(read: &Read, begins: &str, limit: u32) -> Result<Vec<String>, Fault> {
    let sql = "SELECT DISTINCT email_folded FROM orders
               WHERE email_folded >= ?1 AND email_folded < ?2 ORDER BY email_folded LIMIT ?3";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![begins, end_of(begins), limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first text after all that begin like this.
fn end_of(begins: &str) -> String {
    format!("{begins}\u{10ffff}")
}

/// The address on an order.
pub(super) fn address_of(read: &Read, number: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT email_folded FROM orders WHERE number = ?1";
    Ok(read.prepare_cached(sql)?.query_row([number], |row| row.get(0)).optional()?)
}

/// The customer with this address.
pub(super) fn find(read: &Read, folded: &str) -> Result<Option<Customer>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM orders o WHERE o.email_folded = ?1
         ORDER BY o.placed_at DESC LIMIT 1"
    );
    let found = read.prepare_cached(&sql)?.query_row([folded], from_row).optional()?;
    found.map(|(folded, customer)| counted(read, &folded, customer)).transpose()
}

fn counted(read: &Read, folded: &str, mut customer: Customer) -> Result<Customer, Fault> {
    let sql = "SELECT currency, paid_at IS NOT NULL, total_minor - refunded_minor FROM orders
               WHERE email_folded = ?1";
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query([folded])?;
    while let Some(row) = rows.next()? {
        customer.orders += 1;
        let (code, is_paid, net): (String, bool, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let Some(currency) = Currency::parse(&code).filter(|_| is_paid) else { continue };
        customer.paid_orders += 1;
        match customer.spent.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, spent)) => *spent += net,
            None => customer.spent.push((currency, net)),
        }
    }
    Ok(customer)
}

/// The orders of a customer, the newest first.
pub(super) fn list_orders(read: &Read, folded: &str, limit: u32) -> Result<Vec<Queued>, Fault> {
    let sql = "SELECT number, name, payment_status, fulfilment_status, currency, total_minor,
                 placed_at, paid_at, packed_at IS NOT NULL
               FROM orders WHERE email_folded = ?1 ORDER BY placed_at DESC LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![folded, limit], store::queued_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Addresses an order's goods went to, the newest first, each once.
pub(super) fn list_places(read: &Read, folded: &str, limit: u32) -> Result<Vec<String>, Fault> {
    let sql = "SELECT name, line1, line2, postcode, city, country FROM orders
               WHERE email_folded = ?1 ORDER BY placed_at DESC LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query(params![folded, limit])?;
    let mut places: Vec<String> = Vec::new();
    while let Some(row) = rows.next()? {
        let mut parts = Vec::new();
        for column in 0..6 {
            parts.push(row.get::<_, String>(column)?);
        }
        parts.retain(|part| !part.is_empty());
        let place = parts.join(", ");
        if !places.contains(&place) {
            places.push(place);
        }
    }
    Ok(places)
}
