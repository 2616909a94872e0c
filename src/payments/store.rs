//! All SQL of attempts and calls.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::model::{Payment, PaymentState};
use super::provider::Session;
use crate::base::ids::{OrderId, PaymentId};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

const COLUMNS: &str = "id, order_id, attempt, state, idempotency_key, request, session_id,
    session_url, lapse_at, looks, given_up_by, provider, provider_payment_id, received_minor";

fn wrong(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "payment".to_owned(), rusqlite::types::Type::Text)
}

fn from_row(row: &Row) -> rusqlite::Result<Payment> {
    Ok(Payment {
        id: PaymentId::from_stored(row.get::<_, String>(0)?),
        order: OrderId::from_stored(row.get::<_, String>(1)?),
        attempt: row.get(2)?,
        state: PaymentState::parse(&row.get::<_, String>(3)?).ok_or_else(|| wrong(3))?,
        key: row.get(4)?,
        request: serde_json::from_str(&row.get::<_, String>(5)?).map_err(|_| wrong(5))?,
        session: row.get(6)?,
        url: row.get(7)?,
        lapse_at: Instant(row.get(8)?),
        looks: row.get(9)?,
        given_up_by: row.get(10)?,
        provider: row.get(11)?,
        provider_payment: row.get(12)?,
        received_minor: row.get(13)?,
    })
}

fn find(read: &Read, condition: &str, value: &dyn ToSql) -> Result<Option<Payment>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE {condition}");
    Ok(read.prepare_cached(&sql)?.query_row([value], from_row).optional()?)
}

pub(super) fn get(read: &Read, id: &PaymentId) -> Result<Option<Payment>, Fault> {
    find(read, "id = ?1", &id.as_str())
}

/// The attempt with this session.
///
/// # Errors
/// When the database fails.
pub fn find_by_session(read: &Read, session: &str) -> Result<Option<Payment>, Fault> {
    find(read, "session_id = ?1", &session)
}

/// The attempt whose money the provider knows by this name.
pub(super) fn find_by_provider_payment(
    read: &Read,
    provider: &str,
    payment: &str,
) -> Result<Option<Payment>, Fault> {
    let sql =
        format!("SELECT {COLUMNS} FROM payment WHERE provider = ?1 AND provider_payment_id = ?2");
    let found = read.prepare_cached(&sql)?.query_row([provider, payment], from_row).optional();
    Ok(found?)
}

/// The attempt that paid an order.
pub(super) fn find_paid(read: &Read, order: &OrderId) -> Result<Option<Payment>, Fault> {
    find(read, "order_id = ?1 AND state = 'paid'", &order.as_str())
}

/// The attempt whose money the order could not take, newest first.
pub(super) fn find_in_review(read: &Read, order: &OrderId) -> Result<Option<Payment>, Fault> {
    let condition = "order_id = ?1 AND state = 'review' ORDER BY attempt DESC LIMIT 1";
    find(read, condition, &order.as_str())
}

/// The attempt of an order that is open or paid; there is at most one. Without one, money that a
/// person must look at.
///
/// # Errors
/// When the database fails.
pub fn alive_payment(read: &Read, order: &OrderId) -> Result<Option<Payment>, Fault> {
    let condition = "order_id = ?1
        AND state IN ('wanted', 'open', 'processing', 'paid', 'review')
        ORDER BY state = 'review' LIMIT 1";
    find(read, condition, &order.as_str())
}

/// The attempt of an order whose session is not noted yet.
pub(super) fn find_unanswered(read: &Read, order: &OrderId) -> Result<Option<Payment>, Fault> {
    // The plus keeps the index of sessions out: it would walk through all that never had one.
    let condition = "order_id = ?1 AND +session_id IS NULL AND state IN ('wanted', 'closing')
        ORDER BY attempt DESC LIMIT 1";
    find(read, condition, &order.as_str())
}

/// The newest attempt of an order.
///
/// # Errors
/// When the database fails.
pub fn last_payment(read: &Read, order: &OrderId) -> Result<Option<Payment>, Fault> {
    find(read, "order_id = ?1 ORDER BY attempt DESC LIMIT 1", &order.as_str())
}

/// Every attempt of an order, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_attempts(read: &Read, order: &OrderId) -> Result<Vec<Payment>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM payment WHERE order_id = ?1 ORDER BY attempt DESC");
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([order.as_str()], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The attempt that has waited longest to be looked at.
pub(super) fn find_due(read: &Read, now: Instant) -> Result<Option<Payment>, Fault> {
    // As the index `payment_look` says it.
    let condition = "(state = 'wanted' OR state = 'open' OR state = 'processing'
                      OR state = 'closing' OR state = 'review')
        AND look_at <= ?1 ORDER BY look_at LIMIT 1";
    find(read, condition, &now.0)
}

/// What a new attempt says beside its payment.
pub(super) struct Fresh<'a> {
    pub provider: &'a str,
    pub mode: &'a str,
    pub look_at: Instant,
    pub created_at: Instant,
}

pub(super) fn insert(tx: &Tx, p: &Payment, fresh: &Fresh) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO payment (id, order_id, attempt, provider, mode, state, idempotency_key,
             request, amount_minor, currency, lapse_at, look_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        p.id.as_str(),
        p.order.as_str(),
        p.attempt,
        fresh.provider,
        fresh.mode,
        p.state.word(),
        p.key,
        serde_json::to_string(&p.request)?,
        p.request.amount_minor,
        p.request.currency.code(),
        p.lapse_at.0,
        fresh.look_at.0,
        fresh.created_at.0,
    ])?;
    Ok(())
}

pub(super) fn set_session(
    tx: &Tx,
    id: &PaymentId,
    session: &Session,
    look_at: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE payment SET state = CASE state WHEN 'wanted' THEN 'open' ELSE state END,
             session_id = ?2, session_url = ?3,
             session_expires_at = ?4,
             look_at = CASE state WHEN 'closing' THEN look_at ELSE ?5 END
         WHERE id = ?1 AND session_id IS NULL AND state IN ('wanted', 'closing')",
    )?
    .execute(params![
        id.as_str(),
        session.id,
        session.url,
        session.expires_at.0,
        look_at.0
    ])?;
    Ok(())
}

/// Moves an attempt that is still open; false when it has ended before.
pub(super) fn set_state(
    tx: &Tx,
    id: &PaymentId,
    to: PaymentState,
    error: Option<&str>,
    now: Instant,
) -> Result<bool, Fault> {
    let ended = (!to.is_open()).then_some(now.0);
    let changed = tx
        .prepare_cached(
            "UPDATE payment SET state = ?2, error = coalesce(?3, error), ended_at = ?4
             WHERE id = ?1 AND state IN ('wanted', 'open', 'processing', 'closing')
               AND state <> ?2",
        )?
        .execute(params![id.as_str(), to.word(), error, ended])?;
    Ok(changed == 1)
}

/// The money is there. An attempt we had given up is revived: the provider is the one who knows.
pub(super) fn set_paid(
    tx: &Tx,
    id: &PaymentId,
    received_minor: i64,
    payment: Option<&str>,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE payment SET state = 'paid', received_minor = ?2, provider_payment_id = ?3,
             ended_at = ?4
         WHERE id = ?1 AND state NOT IN ('paid', 'returned')",
    )?
    .execute(params![id.as_str(), received_minor, payment, now.0])?;
    Ok(())
}

/// Money came that the order could not take. False when that was known.
pub(super) fn set_review(
    tx: &Tx,
    id: &PaymentId,
    received_minor: i64,
    payment: Option<&str>,
    look_at: Instant,
) -> Result<bool, Fault> {
    let changed = tx
        .prepare_cached(
            "UPDATE payment SET state = 'review', received_minor = ?2, provider_payment_id = ?3,
                 look_at = ?4
             WHERE id = ?1 AND state NOT IN ('paid', 'review', 'returned')",
        )?
        .execute(params![id.as_str(), received_minor, payment, look_at.0])?;
    Ok(changed == 1)
}

/// Money the order could not take went back; true when it had not before.
pub(super) fn set_returned(tx: &Tx, id: &PaymentId, now: Instant) -> Result<bool, Fault> {
    let sql = "UPDATE payment SET state = 'returned', ended_at = ?2
               WHERE id = ?1 AND state = 'review'";
    Ok(tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0])? == 1)
}

/// It did not go back after all: somebody must look at it again.
pub(super) fn set_unreturned(tx: &Tx, id: &PaymentId) -> Result<(), Fault> {
    let sql = "UPDATE payment SET state = 'review', ended_at = NULL
               WHERE id = ?1 AND state = 'returned'";
    tx.prepare_cached(sql)?.execute([id.as_str()])?;
    Ok(())
}

/// Another attempt was paid: this one's page is to be closed at once.
pub(super) fn set_closing(tx: &Tx, id: &PaymentId, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE payment SET state = 'closing', look_at = ?2
               WHERE id = ?1 AND state IN ('wanted', 'open', 'processing')";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0])?;
    Ok(())
}

/// The money takes days: until when its goods are held.
pub(super) fn set_lapse(tx: &Tx, id: &PaymentId, at: Instant) -> Result<(), Fault> {
    let sql = "UPDATE payment SET lapse_at = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), at.0])?;
    Ok(())
}

/// Somebody gives the order up; said before the provider is asked to close the page.
pub(super) fn set_given_up(tx: &Tx, id: &PaymentId, by: &str) -> Result<(), Fault> {
    let sql = "UPDATE payment SET given_up_by = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), by])?;
    Ok(())
}

pub(super) fn set_look(tx: &Tx, id: &PaymentId, at: Instant) -> Result<(), Fault> {
    let sql = "UPDATE payment SET look_at = ?2, looks = looks + 1 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), at.0])?;
    Ok(())
}

/// One call to a provider, for the log of calls.
pub(super) struct Call<'a> {
    pub provider: &'a str,
    pub operation: &'a str,
    pub key: Option<&'a str>,
    pub outcome: &'a str,
    pub took_ms: i64,
}

pub(super) fn insert_call(tx: &Tx, call: &Call, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO provider_call (provider, operation, idempotency_key, outcome, took_ms, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        call.provider,
        call.operation,
        call.key,
        call.outcome,
        call.took_ms,
        now.0
    ])?;
    Ok(())
}
