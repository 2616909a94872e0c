//! All SQL of refunds and disputes.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::model::Payment;
use super::model_refund::{Dispute, Origin, Refund, RefundState};
use super::provider::ProviderDispute;
use crate::base::ids::{OrderId, PaymentId, RefundId, Sku};
use crate::base::{Currency, Fault, Instant};
use crate::platform::db::{Read, Tx};

const COLUMNS: &str = "id, order_id, payment_id, origin, state, idempotency_key,
    provider_refund_id, amount_minor, currency, delivery_minor, late, reason, actor, error, looks,
    created_at, key_at, broke_at";

fn wrong(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "refund".to_owned(), rusqlite::types::Type::Text)
}

fn from_row(row: &Row) -> rusqlite::Result<Refund> {
    let text = |column: usize| row.get::<_, String>(column);
    Ok(Refund {
        id: RefundId::from_stored(text(0)?),
        order: OrderId::from_stored(text(1)?),
        payment: PaymentId::from_stored(text(2)?),
        origin: Origin::parse(&text(3)?).ok_or_else(|| wrong(3))?,
        state: RefundState::parse(&text(4)?).ok_or_else(|| wrong(4))?,
        key: text(5)?,
        provider_refund: row.get(6)?,
        amount_minor: row.get(7)?,
        currency: Currency::parse(&text(8)?).ok_or_else(|| wrong(8))?,
        delivery_minor: row.get(9)?,
        late: row.get(10)?,
        reason: text(11)?,
        actor: text(12)?,
        error: row.get(13)?,
        looks: row.get(14)?,
        created_at: Instant(row.get(15)?),
        key_at: Instant(row.get(16)?),
        broke_at: row.get::<_, Option<i64>>(17)?.map(Instant),
    })
}

fn find(read: &Read, condition: &str, value: &dyn ToSql) -> Result<Option<Refund>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM refund WHERE {condition}");
    Ok(read.prepare_cached(&sql)?.query_row([value], from_row).optional()?)
}

pub(super) fn get(read: &Read, id: &RefundId) -> Result<Option<Refund>, Fault> {
    find(read, "id = ?1", &id.as_str())
}

pub(super) fn find_by_provider(read: &Read, id: &str) -> Result<Option<Refund>, Fault> {
    find(read, "provider_refund_id = ?1", &id)
}

/// A refund noted by hand that the provider has not told of, of this payment and amount.
pub(super) fn find_by_hand(
    read: &Read,
    payment: &PaymentId,
    amount_minor: i64,
) -> Result<Option<Refund>, Fault> {
    // The plus keeps the index of the provider's names out: it would walk through all without one.
    let sql = format!(
        "SELECT {COLUMNS} FROM refund WHERE payment_id = ?1 AND amount_minor = ?2
             AND origin = 'hand' AND +provider_refund_id IS NULL LIMIT 1"
    );
    let found = read
        .prepare_cached(&sql)?
        .query_row(params![payment.as_str(), amount_minor], from_row)
        .optional();
    Ok(found?)
}

/// The refund that has waited longest to be sent or looked at.
pub(super) fn find_due(read: &Read, now: Instant) -> Result<Option<Refund>, Fault> {
    let condition = "state IN ('wanted', 'pending') AND look_at <= ?1 ORDER BY look_at LIMIT 1";
    find(read, condition, &now.0)
}

/// Refunds of an order, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_refunds(read: &Read, order: &OrderId) -> Result<Vec<Refund>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM refund WHERE order_id = ?1 ORDER BY id");
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([order.as_str()], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Writes a refund down, if no more goes back than came in; the guard is in the statement itself.
pub(super) fn insert(tx: &Tx, r: &Refund, look_at: Instant, now: Instant) -> Result<bool, Fault> {
    let ended = r.state.is_over().then_some(now.0);
    let written = tx
        .prepare_cached(
            "INSERT INTO refund (id, order_id, payment_id, origin, state, idempotency_key,
                 provider_refund_id, amount_minor, currency, delivery_minor, late, reason, actor,
                 key_at, look_at, created_at, ended_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?16, ?14, ?15
             FROM payment p WHERE p.id = ?3 AND p.currency = ?9 AND ?8 <= p.received_minor -
                 (SELECT coalesce(sum(amount_minor), 0) FROM refund
                  WHERE payment_id = ?3 AND state <> 'failed')
             ON CONFLICT (idempotency_key) DO NOTHING",
        )?
        .execute(params![
            r.id.as_str(),
            r.order.as_str(),
            r.payment.as_str(),
            r.origin.word(),
            r.state.word(),
            r.key,
            r.provider_refund,
            r.amount_minor,
            r.currency.code(),
            r.delivery_minor,
            r.late,
            r.reason,
            r.actor,
            now.0,
            ended,
            look_at.0
        ])?;
    Ok(written == 1)
}

/// What of a payment has gone back and what is on its way, minor units.
pub(super) fn sums(read: &Read, payment: &PaymentId) -> Result<(i64, i64), Fault> {
    let sql = "SELECT coalesce(sum(iif(state = 'succeeded', amount_minor, 0)), 0),
                      coalesce(sum(iif(state IN ('wanted', 'pending'), amount_minor, 0)), 0)
               FROM refund WHERE payment_id = ?1";
    let row =
        read.prepare_cached(sql)?.query_row([payment.as_str()], |r| Ok((r.get(0)?, r.get(1)?)));
    Ok(row?)
}

/// Delivery that went or goes back with an order's own money, minor units.
pub(super) fn sum_delivery(read: &Read, payment: &PaymentId) -> Result<i64, Fault> {
    let sql = "SELECT coalesce(sum(delivery_minor), 0) FROM refund
               WHERE payment_id = ?1 AND state <> 'failed'";
    Ok(read.prepare_cached(sql)?.query_row([payment.as_str()], |row| row.get(0))?)
}

/// Whether the program has wished a payment back by itself before.
pub(super) fn is_known(read: &Read, key: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM refund WHERE idempotency_key = ?1";
    Ok(read.prepare_cached(sql)?.exists([key])?)
}

/// Units of each line that went or go back, and for how much.
pub(super) fn gone_lines(read: &Read, order: &OrderId) -> Result<BTreeMap<u32, (u32, i64)>, Fault> {
    let sql = "SELECT i.position, sum(i.qty), sum(i.amount_minor)
               FROM refund r JOIN refund_item i ON i.refund_id = r.id
               WHERE r.order_id = ?1 AND r.state <> 'failed' GROUP BY i.position";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement
        .query_map([order.as_str()], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Units of each SKU of an order that came back to the shelf. A refund that failed does not take
/// them away again.
pub(super) fn restocked(read: &Read, order: &OrderId) -> Result<BTreeMap<Sku, u32>, Fault> {
    let sql = "SELECT s.sku, sum(s.qty) FROM refund r JOIN refund_restock s ON s.refund_id = r.id
               WHERE r.order_id = ?1 GROUP BY s.sku";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([order.as_str()], |row| {
        Ok((Sku::from_stored(row.get::<_, String>(0)?), row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert_item(
    tx: &Tx,
    refund: &RefundId,
    position: u32,
    qty: u32,
    amount_minor: i64,
) -> Result<(), Fault> {
    let sql = "INSERT INTO refund_item (refund_id, position, qty, amount_minor)
               VALUES (?1, ?2, ?3, ?4)";
    tx.prepare_cached(sql)?.execute(params![refund.as_str(), position, qty, amount_minor])?;
    Ok(())
}

pub(super) fn insert_restock(tx: &Tx, refund: &RefundId, sku: &Sku, qty: u32) -> Result<(), Fault> {
    let sql = "INSERT INTO refund_restock (refund_id, sku, qty) VALUES (?1, ?2, ?3)";
    tx.prepare_cached(sql)?.execute(params![refund.as_str(), sku.as_str(), qty])?;
    Ok(())
}

/// Moves a refund, if it is still in the state expected.
pub(super) fn set_state(
    tx: &Tx,
    refund: &Refund,
    to: RefundState,
    error: Option<&str>,
    now: Instant,
) -> Result<bool, Fault> {
    let ended = to.is_over().then_some(now.0);
    let changed = tx
        .prepare_cached(
            "UPDATE refund SET state = ?3, error = ?4, ended_at = ?5
             WHERE id = ?1 AND state = ?2",
        )?
        .execute(params![refund.id.as_str(), refund.state.word(), to.word(), error, ended])?;
    Ok(changed == 1)
}

pub(super) fn set_provider_refund(tx: &Tx, id: &RefundId, provider: &str) -> Result<(), Fault> {
    let sql = "UPDATE refund SET provider_refund_id = ?2
               WHERE id = ?1 AND provider_refund_id IS NULL";
    tx.prepare_cached(sql)?.execute([id.as_str(), provider])?;
    Ok(())
}

/// The old key brought nothing, as the provider's books show: another one is used from now on.
pub(super) fn set_key(tx: &Tx, refund: &Refund, key: &str, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE refund SET idempotency_key = ?3, key_at = ?4, look_at = ?4,
                   broke_at = NULL, looks = looks + 1
               WHERE id = ?1 AND idempotency_key = ?2 AND state = 'wanted'";
    tx.prepare_cached(sql)?.execute(params![refund.id.as_str(), refund.key, key, now.0])?;
    Ok(())
}

/// The call under its key has failed at the provider, where it may yet be carried through.
pub(super) fn set_broke(tx: &Tx, id: &RefundId, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE refund SET broke_at = coalesce(broke_at, ?2) WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), now.0])?;
    Ok(())
}

pub(super) fn set_look(
    tx: &Tx,
    id: &RefundId,
    at: Instant,
    error: Option<&str>,
) -> Result<(), Fault> {
    let sql = "UPDATE refund SET look_at = ?2, looks = looks + 1, error = coalesce(?3, error)
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), at.0, error])?;
    Ok(())
}

/// The provider does not know a refund it named; how often it has said so in a row.
pub(super) fn set_denied(tx: &Tx, id: &RefundId, at: Instant, error: &str) -> Result<u32, Fault> {
    let sql = "UPDATE refund SET look_at = ?2, looks = looks + 1, denials = denials + 1, error = ?3
               WHERE id = ?1 RETURNING denials";
    let denials =
        tx.prepare_cached(sql)?.query_row(params![id.as_str(), at.0, error], |r| r.get(0));
    Ok(denials?)
}

/// The provider knows it.
pub(super) fn set_known(tx: &Tx, id: &RefundId) -> Result<(), Fault> {
    let sql = "UPDATE refund SET denials = 0 WHERE id = ?1 AND denials > 0";
    tx.prepare_cached(sql)?.execute([id.as_str()])?;
    Ok(())
}

/// Disputes of an order, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_disputes(read: &Read, order: &OrderId) -> Result<Vec<Dispute>, Fault> {
    let sql = "SELECT id, amount_minor, currency, status, reason, due_at FROM dispute
               WHERE order_id = ?1 ORDER BY opened_at";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([order.as_str()], |row| {
        Ok(Dispute {
            id: row.get(0)?,
            amount_minor: row.get(1)?,
            currency: Currency::parse(&row.get::<_, String>(2)?).ok_or_else(|| wrong(2))?,
            status: row.get(3)?,
            reason: row.get(4)?,
            due_at: row.get::<_, Option<i64>>(5)?.map(Instant),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What we last knew of a dispute: where it stands, and whether that is all there is to say of it.
pub(super) fn find_dispute(
    read: &Read,
    dispute: &ProviderDispute,
) -> Result<Option<(String, bool)>, Fault> {
    let sql = "SELECT status, status = ?2 AND amount_minor = ?3 AND reason = ?4 AND due_at IS ?5
               FROM dispute WHERE id = ?1";
    let asked = params![
        dispute.id,
        dispute.status.word(),
        dispute.amount_minor,
        dispute.reason,
        dispute.due_at.map(|at| at.0)
    ];
    let found = read.prepare_cached(sql)?.query_row(asked, |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

/// Whether a payment has a dispute that keeps its money from going back: one that was won does
/// not, nor does a bank that only asks.
pub(super) fn is_disputed(read: &Read, order: &OrderId) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM dispute WHERE order_id = ?1 AND status NOT IN ('won', 'inquiry')";
    Ok(read.prepare_cached(sql)?.exists([order.as_str()])?)
}

/// Disputes of an order that the bank has not decided, and those that are lost.
pub(super) fn count_disputes(read: &Read, order: &OrderId) -> Result<(u32, u32), Fault> {
    let sql = "SELECT coalesce(sum(status NOT IN ('won', 'lost')), 0),
                      coalesce(sum(status = 'lost'), 0)
               FROM dispute WHERE order_id = ?1";
    let row = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    Ok(read.prepare_cached(sql)?.query_row([order.as_str()], row)?)
}

/// Writes down what a dispute is now.
pub(super) fn set_dispute(
    tx: &Tx,
    payment: &Payment,
    dispute: &ProviderDispute,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO dispute (id, order_id, payment_id, amount_minor, currency, status, reason,
             due_at, opened_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, reason = excluded.reason,
             amount_minor = excluded.amount_minor, due_at = excluded.due_at,
             changed_at = excluded.changed_at",
    )?
    .execute(params![
        dispute.id,
        payment.order.as_str(),
        payment.id.as_str(),
        dispute.amount_minor,
        dispute.currency.code(),
        dispute.status.word(),
        dispute.reason,
        dispute.due_at.map(|at| at.0),
        now.0
    ])?;
    Ok(())
}
