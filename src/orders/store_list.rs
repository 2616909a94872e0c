//! All SQL of the desk's list of orders: any filter, in pages, by index.
//!
//! Orders are walked by `seq`, so that a page is found where the last one ended. The search table
//! names those a filter wants in the same order.

use rusqlite::{Row, params};

use super::filter::Question;
use super::model::Address;
use super::state::{FulfilmentStatus, PaymentStatus};
use crate::base::ids::OrderId;
use crate::base::{Currency, Fault, Instant};
use crate::platform::db::{Read, Tx};

/// Orders are numbered when they are written, a moment after their time is taken: by so much, in
/// seconds, the range of numbers is wider than the range of days.
const SLACK_S: i64 = 3600;

/// Pages of words merged in one go: for so long everybody else who writes waits.
const MERGED_PAGES: i64 = 8;

const COLUMNS: &str =
    "orders.id, orders.seq, version, number, placed_at, email, name, phone, line1,
    line2, city, postcode, country, note, payment_status, fulfilment_status, currency, items_minor,
    discount_minor, delivery_minor, tax_minor, total_minor, refunded_minor, refunding_minor,
    disputed, attention, delivery_title, packed_at, left_units, paid_at, shipped_at";

/// An order as lists show it: without its price's history.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Row id.
    pub id: OrderId,
    /// Its place in the list.
    pub seq: i64,
    /// Counts its changes.
    pub version: i64,
    /// What people call it.
    pub number: String,
    /// When it was placed.
    pub placed_at: Instant,
    /// Where letters go.
    pub email: String,
    /// Where the goods go.
    pub address: Address,
    /// The buyer's words.
    pub note: String,
    /// Money.
    pub payment: PaymentStatus,
    /// Goods.
    pub fulfilment: FulfilmentStatus,
    /// Currency of all amounts.
    pub currency: Currency,
    /// Goods before discounts, minor units.
    pub items_minor: i64,
    /// Off them.
    pub discount_minor: i64,
    /// Delivery.
    pub delivery_minor: i64,
    /// Tax in or on it.
    pub tax_minor: i64,
    /// What the buyer pays.
    pub total_minor: i64,
    /// Went back.
    pub refunded_minor: i64,
    /// Is on its way back.
    pub refunding_minor: i64,
    /// Its goods stay here because the buyer complained at the bank.
    pub disputed: bool,
    /// Why a person must look at it.
    pub attention: Option<String>,
    /// How it is delivered.
    pub delivery_title: String,
    /// When what has not left was packed.
    pub packed_at: Option<Instant>,
    /// Units that have not left.
    pub left_units: u32,
    /// When its money came.
    pub paid_at: Option<Instant>,
    /// When all of it had left.
    pub shipped_at: Option<Instant>,
}

fn wrong(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "orders".to_owned(), rusqlite::types::Type::Text)
}

fn from_row(row: &Row) -> rusqlite::Result<Entry> {
    let text = |column: usize| row.get::<_, String>(column);
    let moment = |column: usize| row.get::<_, Option<i64>>(column).map(|ms| ms.map(Instant));
    Ok(Entry {
        id: OrderId::from_stored(text(0)?),
        seq: row.get(1)?,
        version: row.get(2)?,
        number: text(3)?,
        placed_at: Instant(row.get(4)?),
        email: text(5)?,
        address: Address {
            name: text(6)?,
            phone: text(7)?,
            line1: text(8)?,
            line2: text(9)?,
            city: text(10)?,
            postcode: text(11)?,
            country: text(12)?,
        },
        note: text(13)?,
        payment: PaymentStatus::parse(&text(14)?).ok_or_else(|| wrong(14))?,
        fulfilment: FulfilmentStatus::parse(&text(15)?).ok_or_else(|| wrong(15))?,
        currency: Currency::parse(&text(16)?).ok_or_else(|| wrong(16))?,
        items_minor: row.get(17)?,
        discount_minor: row.get(18)?,
        delivery_minor: row.get(19)?,
        tax_minor: row.get(20)?,
        total_minor: row.get(21)?,
        refunded_minor: row.get(22)?,
        refunding_minor: row.get(23)?,
        disputed: row.get(24)?,
        attention: row.get(25)?,
        delivery_title: text(26)?,
        packed_at: moment(27)?,
        left_units: row.get(28)?,
        paid_at: moment(29)?,
        shipped_at: moment(30)?,
    })
}

/// From where in the list a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The newest.
    Top,
    /// Older than this one, newest first.
    Before(i64),
    /// Newer than this one, oldest first.
    After(i64),
}

/// Orders that a question wants, from a place on.
///
/// # Errors
/// When the database fails.
pub fn list_entries(
    read: &Read,
    question: &Question,
    place: Place,
    limit: u32,
) -> Result<Vec<Entry>, Fault> {
    let Some((mut low, mut high)) = range(read, question)? else { return Ok(Vec::new()) };
    match place {
        Place::Top => {}
        Place::Before(seq) => high = high.min(seq.saturating_sub(1)),
        Place::After(seq) => low = low.max(seq.saturating_add(1)),
    }
    let from = question.from.map_or(i64::MIN, |at| at.0);
    let until = question.until.map_or(i64::MAX, |at| at.0);
    let direction = if matches!(place, Place::After(_)) { "ASC" } else { "DESC" };
    let Some(terms) = &question.terms else {
        let sql = format!(
            "SELECT {COLUMNS} FROM orders
             WHERE seq >= ?1 AND seq <= ?2 AND +placed_at >= ?3 AND +placed_at < ?4
             ORDER BY seq {direction} LIMIT ?5"
        );
        let mut statement = read.prepare_cached(&sql)?;
        let rows = statement.query_map(params![low, high, from, until, limit], from_row)?;
        return Ok(rows.collect::<Result<_, _>>()?);
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM order_search CROSS JOIN orders ON orders.seq = order_search.rowid
         WHERE order_search MATCH ?6 AND order_search.rowid >= ?1 AND order_search.rowid <= ?2
           AND +placed_at >= ?3 AND +placed_at < ?4
         ORDER BY order_search.rowid {direction} LIMIT ?5"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map(params![low, high, from, until, limit, terms], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The range of `seq` in which orders of those days lie; none when there are none.
fn range(read: &Read, question: &Question) -> Result<Option<(i64, i64)>, Fault> {
    let (mut low, mut high) = (0, i64::MAX);
    if let Some(from) = question.from {
        let sql = "SELECT seq FROM orders WHERE placed_at >= ?1 ORDER BY placed_at LIMIT 1";
        let mut statement = read.prepare_cached(sql)?;
        let mut rows = statement.query([from.plus_s(-SLACK_S).0])?;
        match rows.next()? {
            Some(row) => low = row.get(0)?,
            None => return Ok(None),
        }
    }
    if let Some(until) = question.until {
        let sql = "SELECT seq FROM orders WHERE placed_at < ?1 ORDER BY placed_at DESC LIMIT 1";
        let mut statement = read.prepare_cached(sql)?;
        let mut rows = statement.query([until.plus_s(SLACK_S).0])?;
        match rows.next()? {
            Some(row) => high = row.get(0)?,
            None => return Ok(None),
        }
    }
    Ok(Some((low, high)))
}

/// Merges some of what commits have added to the words orders are found by; whether there may be
/// more to merge.
///
/// # Errors
/// When the database fails.
pub fn merge_words(tx: &Tx) -> Result<bool, Fault> {
    let before = tx.total_changes();
    let sql = "INSERT INTO order_search (order_search, rank) VALUES ('merge', ?1)";
    tx.prepare_cached(sql)?.execute([MERGED_PAGES])?;
    // The command itself counts as one change.
    Ok(tx.total_changes() - before > 1)
}

/// How many orders have a word, counted up to a limit.
///
/// # Errors
/// When the database fails.
pub(super) fn count_entries(read: &Read, word: &str, most: u32) -> Result<u32, Fault> {
    let sql = "SELECT count(*) FROM
               (SELECT 1 FROM order_search WHERE order_search MATCH ?1 LIMIT ?2)";
    Ok(read.prepare_cached(sql)?.query_row(params![word, most], |row| row.get(0))?)
}
