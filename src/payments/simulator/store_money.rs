//! All SQL of money the simulator sent back and of complaints at its bank.

use rusqlite::{OptionalExtension, Row, params};

use super::money::{Complaint, SentBack};
use crate::base::{Fault, Instant};
use crate::payments::provider::{DisputeStatus, RefundStatus};
use crate::platform::db::{Read, Tx};

const COLUMNS: &str = "id, payment_id, amount_minor, refund, outcome, settles_at";

/// A row as it stands at `now`: time alone settles what is pending.
fn from_row(row: &Row, now: Instant) -> rusqlite::Result<SentBack> {
    let (outcome, settles_at): (String, i64) = (row.get(4)?, row.get(5)?);
    Ok(SentBack {
        id: row.get(0)?,
        payment_id: row.get(1)?,
        amount_minor: row.get(2)?,
        refund: row.get(3)?,
        status: match outcome.as_str() {
            _ if settles_at > now.0 => RefundStatus::Pending,
            "succeeded" => RefundStatus::Succeeded,
            _ => RefundStatus::Failed,
        },
    })
}

pub(super) fn find_refund(read: &Read, id: &str, now: Instant) -> Result<Option<SentBack>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM simulator_refund WHERE id = ?1");
    Ok(read.prepare_cached(&sql)?.query_row([id], |row| from_row(row, now)).optional()?)
}

pub(super) fn find_refund_by_key(
    read: &Read,
    key: &str,
    now: Instant,
) -> Result<Option<SentBack>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM simulator_refund WHERE idempotency_key = ?1");
    Ok(read.prepare_cached(&sql)?.query_row([key], |row| from_row(row, now)).optional()?)
}

/// Refunds of a payment, newest first.
pub(super) fn list_refunds(
    read: &Read,
    payment: &str,
    now: Instant,
) -> Result<Vec<SentBack>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM simulator_refund WHERE payment_id = ?1
         ORDER BY created_at DESC, id DESC"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([payment], |row| from_row(row, now))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a new refund says beside what is sent.
pub(super) struct Fresh<'a> {
    pub key: Option<&'a str>,
    pub outcome: &'a str,
    pub settles_at: Instant,
}

pub(super) fn insert_refund(
    tx: &Tx,
    refund: &SentBack,
    fresh: &Fresh,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO simulator_refund (id, idempotency_key, payment_id, amount_minor, refund,
             outcome, settles_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        refund.id,
        fresh.key,
        refund.payment_id,
        refund.amount_minor,
        refund.refund,
        fresh.outcome,
        fresh.settles_at.0,
        now.0
    ])?;
    Ok(())
}

/// How refunds of a session's payment end from now on.
pub(super) fn set_refunds(tx: &Tx, session: &str, ending: &str) -> Result<(), Fault> {
    let sql = "UPDATE simulator_session SET refunds = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute([session, ending])?;
    Ok(())
}

fn complaint_from_row(row: &Row) -> rusqlite::Result<Complaint> {
    let status: String = row.get(2)?;
    Ok(Complaint {
        id: row.get(0)?,
        payment_id: row.get(1)?,
        status: match status.as_str() {
            "needs_response" => DisputeStatus::NeedsResponse,
            "won" => DisputeStatus::Won,
            "lost" => DisputeStatus::Lost,
            _ => DisputeStatus::UnderReview,
        },
        due_at: Instant(row.get(3)?),
    })
}

pub(super) fn find_dispute(read: &Read, id: &str) -> Result<Option<Complaint>, Fault> {
    let sql = "SELECT id, payment_id, status, due_at FROM simulator_dispute WHERE id = ?1";
    Ok(read.prepare_cached(sql)?.query_row([id], complaint_from_row).optional()?)
}

pub(super) fn find_dispute_of(read: &Read, payment: &str) -> Result<Option<Complaint>, Fault> {
    let sql = "SELECT id, payment_id, status, due_at FROM simulator_dispute WHERE payment_id = ?1";
    Ok(read.prepare_cached(sql)?.query_row([payment], complaint_from_row).optional()?)
}

/// Opens a dispute, or moves the one that is there.
pub(super) fn set_dispute(
    tx: &Tx,
    dispute: &Complaint,
    status: &str,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO simulator_dispute (id, payment_id, status, due_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status",
    )?
    .execute(params![dispute.id, dispute.payment_id, status, dispute.due_at.0, now.0])?;
    Ok(())
}
