//! All SQL of the simulator's own memory.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::Record;
use crate::base::{Fault, Instant};
use crate::payments::provider::{PaymentOutcome, SessionRequest, SessionStatus};
use crate::platform::db::{Read, Tx};

const COLUMNS: &str =
    "id, request, status, payment_status, payment_id, outcome, settles_at, expires_at, refunds";

/// A row as it stands at `now`: time alone closes open sessions and settles slow payments.
fn from_row(row: &Row, now: Instant) -> rusqlite::Result<Record> {
    let request: String = row.get(1)?;
    let (status, paid): (String, String) = (row.get(2)?, row.get(3)?);
    let outcome: Option<String> = row.get(5)?;
    let settled = row.get::<_, Option<i64>>(6)?.is_some_and(|at| at <= now.0);
    let expires_at = Instant(row.get(7)?);
    let word = if settled { outcome.unwrap_or(paid) } else { paid };
    Ok(Record {
        id: row.get(0)?,
        request: serde_json::from_str::<SessionRequest>(&request)
            .map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))?,
        status: match status.as_str() {
            "complete" => SessionStatus::Complete,
            "open" if now < expires_at => SessionStatus::Open,
            _ => SessionStatus::Expired,
        },
        outcome: match word.as_str() {
            "paid" => PaymentOutcome::Paid,
            "failed" => PaymentOutcome::Failed,
            _ => PaymentOutcome::Unpaid,
        },
        payment_id: row.get(4)?,
        expires_at,
        refunds: row.get(8)?,
    })
}

fn find_where(
    read: &Read,
    condition: &str,
    value: &dyn ToSql,
    now: Instant,
) -> Result<Option<Record>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM simulator_session WHERE {condition}");
    Ok(read.prepare_cached(&sql)?.query_row([value], |row| from_row(row, now)).optional()?)
}

pub(super) fn find(read: &Read, id: &str, now: Instant) -> Result<Option<Record>, Fault> {
    find_where(read, "id = ?1", &id, now)
}

pub(super) fn find_by_payment(
    read: &Read,
    payment: &str,
    now: Instant,
) -> Result<Option<Record>, Fault> {
    find_where(read, "payment_id = ?1", &payment, now)
}

/// Sessions whose money came from `from` until `until`, with when it came.
pub(super) fn list_paid(
    read: &Read,
    from: Instant,
    until: Instant,
    now: Instant,
) -> Result<Vec<(Record, Instant)>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS}, paid_at FROM simulator_session
         WHERE paid_at >= ?1 AND paid_at < ?2 AND paid_at <= ?3 ORDER BY paid_at"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([from.0, until.0, now.0], |row| {
        Ok((from_row(row, now)?, Instant(row.get(9)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn find_by_key(read: &Read, key: &str, now: Instant) -> Result<Option<Record>, Fault> {
    find_where(read, "idempotency_key = ?1", &key, now)
}

pub(super) fn insert(
    tx: &Tx,
    id: &str,
    key: &str,
    request: &SessionRequest,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO simulator_session (id, idempotency_key, request, status, payment_status,
             expires_at, created_at)
         VALUES (?1, ?2, ?3, 'open', 'unpaid', ?4, ?5)
         ON CONFLICT (idempotency_key) DO NOTHING",
    )?
    .execute(params![
        id,
        key,
        serde_json::to_string(request)?,
        request.expires_at.0,
        now.0
    ])?;
    Ok(())
}

pub(super) fn set_expired(tx: &Tx, id: &str) -> Result<bool, Fault> {
    let sql = "UPDATE simulator_session SET status = 'expired' WHERE id = ?1 AND status = 'open'";
    Ok(tx.prepare_cached(sql)?.execute([id])? == 1)
}

/// How a slow payment will end, and when.
pub(super) struct Later<'a> {
    pub outcome: &'a str,
    pub settles_at: Instant,
}

/// The buyer has done their part; false when the session is not open any more.
pub(super) fn set_complete(
    tx: &Tx,
    id: &str,
    payment_id: &str,
    later: Option<&Later>,
    now: Instant,
) -> Result<bool, Fault> {
    let paid = if later.is_some() { "unpaid" } else { "paid" };
    let paid_at = match later {
        Some(later) => (later.outcome == "paid").then_some(later.settles_at.0),
        None => Some(now.0),
    };
    let changed = tx
        .prepare_cached(
            "UPDATE simulator_session SET status = 'complete', payment_status = ?2,
                 payment_id = ?3, outcome = ?4, settles_at = ?5, paid_at = ?7
             WHERE id = ?1 AND status = 'open' AND expires_at > ?6",
        )?
        .execute(params![
            id,
            paid,
            payment_id,
            later.map(|l| l.outcome),
            later.map(|l| l.settles_at.0),
            now.0,
            paid_at
        ])?;
    Ok(changed == 1)
}

/// Sessions whose time is over and that nobody closed.
pub(super) fn find_overdue(read: &Read, now: Instant) -> Result<Option<String>, Fault> {
    let sql = "SELECT id FROM simulator_session WHERE status = 'open' AND expires_at <= ?1 LIMIT 1";
    Ok(read.prepare_cached(sql)?.query_row([now.0], |row| row.get(0)).optional()?)
}

/// A webhook that is owed.
pub(super) struct Delivery {
    pub id: i64,
    pub payload: String,
    pub forged: bool,
    pub attempts: u32,
}

pub(super) fn insert_delivery(
    tx: &Tx,
    payload: &str,
    forged: bool,
    due: Instant,
) -> Result<(), Fault> {
    let sql = "INSERT INTO simulator_delivery (payload, forged, due_at) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![payload, forged, due.0])?;
    Ok(())
}

pub(super) fn find_delivery(read: &Read, now: Instant) -> Result<Option<Delivery>, Fault> {
    let sql = "SELECT id, payload, forged, attempts FROM simulator_delivery
               WHERE state = 'due' AND due_at <= ?1 ORDER BY due_at, id LIMIT 1";
    let found = read.prepare_cached(sql)?.query_row([now.0], |row| {
        Ok(Delivery {
            id: row.get(0)?,
            payload: row.get(1)?,
            forged: row.get(2)?,
            attempts: row.get(3)?,
        })
    });
    Ok(found.optional()?)
}

pub(super) fn set_delivery(tx: &Tx, id: i64, state: &str, due: Instant) -> Result<(), Fault> {
    let sql = "UPDATE simulator_delivery SET state = ?2, due_at = ?3, attempts = attempts + 1
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id, state, due.0])?;
    Ok(())
}
