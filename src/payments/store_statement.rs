//! SQL of the daily statement: our side of it, and the statements taken.

use rusqlite::{OptionalExtension, Row, params};

use super::statement::{Ours, Statement};
use crate::base::ids::OrderId;
use crate::base::{Currency, Fault, Instant};
use crate::platform::db::{Read, Tx};

/// A payment of ours, and the order it belongs to.
pub(super) struct Noted {
    pub order: OrderId,
    pub ours: Ours,
}

/// Money the provider knows to be on its way back or gone counts; what was given back by hand it
/// has not seen.
const COLUMNS: &str = "order_id, provider_payment_id, session_id, received_minor, currency,
    (SELECT coalesce(sum(r.amount_minor), 0) FROM refund r
     WHERE r.payment_id = payment.id AND r.state IN ('pending', 'succeeded')
       AND r.origin <> 'hand')";

fn from_row(row: &Row) -> rusqlite::Result<Noted> {
    let code: String = row.get(4)?;
    let currency = Currency::parse(&code).ok_or_else(|| {
        let text = rusqlite::types::Type::Text;
        rusqlite::Error::InvalidColumnType(4, "currency".to_owned(), text)
    })?;
    let ours = Ours {
        payment_id: row.get(1)?,
        session: row.get(2)?,
        number: String::new(),
        amount_minor: row.get(3)?,
        refunded_minor: row.get(5)?,
        currency,
    };
    Ok(Noted { order: OrderId::from_stored(row.get::<_, String>(0)?), ours })
}

/// Payments whose money we noted from `from` until `until`. The sign before `provider` keeps to the
/// index by time: by name, all payments there ever were would be read.
pub(super) fn list_noted(
    read: &Read,
    provider: &str,
    from: Instant,
    until: Instant,
) -> Result<Vec<Noted>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment
         WHERE state = 'paid' AND ended_at >= ?2 AND ended_at < ?3 AND +provider = ?1
           AND provider_payment_id IS NOT NULL
         ORDER BY ended_at"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map(params![provider, from.0, until.0], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The payment of ours with the provider's name for it, once its money was noted: paid, or waiting
/// for a person.
pub(super) fn find_noted(
    read: &Read,
    provider: &str,
    payment_id: &str,
) -> Result<Option<Noted>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM payment
         WHERE provider = ?1 AND provider_payment_id = ?2 AND received_minor IS NOT NULL"
    );
    let found = read.prepare_cached(&sql)?.query_row([provider, payment_id], from_row);
    Ok(found.optional()?)
}

/// The newest day that was compared in its night; what people looked at besides does not count.
pub(super) fn last_day(read: &Read) -> Result<Option<String>, Fault> {
    let sql = "SELECT max(day) FROM statement WHERE by_hand = 0";
    Ok(read.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Keeps a statement; a later one of the same day takes its place. A day that was compared in its
/// night stays so.
pub(super) fn set_statement(tx: &Tx, s: &Statement, by_hand: bool) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO statement (day, from_at, until_at, taken_at, provider, theirs, ours,
             differences, by_hand)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (day) DO UPDATE SET from_at = excluded.from_at, until_at = excluded.until_at,
             taken_at = excluded.taken_at, provider = excluded.provider,
             theirs = excluded.theirs, ours = excluded.ours, differences = excluded.differences,
             by_hand = min(by_hand, excluded.by_hand)",
    )?
    .execute(params![
        s.day,
        s.from.0,
        s.until.0,
        s.taken_at.0,
        s.provider,
        i64::try_from(s.theirs)?,
        i64::try_from(s.ours)?,
        serde_json::to_string(&s.differences)?,
        by_hand,
    ])?;
    Ok(())
}
