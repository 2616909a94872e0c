//! All SQL of the inbox.

use rusqlite::{OptionalExtension, params};

use super::event::Event;
use super::model::Source;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// An event waiting to be applied.
#[derive(Clone)]
pub(super) struct Waiting {
    pub provider: String,
    pub event: Event,
    pub attempts: u32,
}

/// Stores an event; a repeat is only counted. True when it is new.
pub(super) fn insert(
    tx: &Tx,
    provider: &str,
    event: &Event,
    payload: &str,
    source: Source,
    state: &str,
    now: Instant,
) -> Result<bool, Fault> {
    let applied = (state == "done").then_some(now.0);
    let duplicates: i64 = tx
        .prepare_cached(
            "INSERT INTO webhook_event (provider, event_id, type, object_id, order_id, payload,
                 source, received_at, state, next_at, applied_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?8, ?10)
             ON CONFLICT (provider, event_id) DO UPDATE SET duplicates = duplicates + 1
             RETURNING duplicates",
        )?
        .query_row(
            params![
                provider,
                event.id,
                event.kind,
                event.object,
                event.order,
                payload,
                source.word(),
                now.0,
                state,
                applied
            ],
            |row| row.get(0),
        )?;
    Ok(duplicates == 0)
}

/// Whether an event has come before.
pub(super) fn is_known(read: &Read, provider: &str, id: &str) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM webhook_event WHERE provider = ?1 AND event_id = ?2";
    Ok(read.prepare_cached(sql)?.exists([provider, id])?)
}

/// The event that has waited longest, when one is due.
pub(super) fn find_due(read: &Read, now: Instant) -> Result<Option<Waiting>, Fault> {
    let sql = "SELECT provider, event_id, type, object_id, order_id, attempts, payload
               FROM webhook_event INDEXED BY webhook_event_due
               WHERE state IN ('new', 'retry') AND next_at <= ?1 ORDER BY next_at LIMIT 1";
    let found = read.prepare_cached(sql)?.query_row([now.0], |row| {
        Ok(Waiting {
            provider: row.get(0)?,
            event: Event {
                id: row.get(1)?,
                kind: row.get(2)?,
                object: row.get(3)?,
                order: row.get(4)?,
                live: None,
                payment: Event::parse(&row.get::<_, String>(6)?).and_then(|event| event.payment),
            },
            attempts: row.get(5)?,
        })
    });
    Ok(found.optional()?)
}

/// Whether an event still waits: another worker's transaction may have been first.
pub(super) fn is_waiting(tx: &Tx, w: &Waiting) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM webhook_event
               WHERE provider = ?1 AND event_id = ?2 AND state IN ('new', 'retry')";
    Ok(tx.prepare_cached(sql)?.exists(params![w.provider, w.event.id])?)
}

pub(super) fn set_done(
    tx: &Tx,
    w: &Waiting,
    order: Option<&str>,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE webhook_event SET state = 'done', applied_at = ?3, attempts = attempts + 1,
             order_id = coalesce(?4, order_id), last_error = NULL
         WHERE provider = ?1 AND event_id = ?2",
    )?
    .execute(params![w.provider, w.event.id, now.0, order])?;
    Ok(())
}

/// It is about nothing of ours.
pub(super) fn set_ignored(tx: &Tx, w: &Waiting, why: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE webhook_event SET state = 'ignored', attempts = attempts + 1, last_error = ?3
         WHERE provider = ?1 AND event_id = ?2",
    )?
    .execute(params![w.provider, w.event.id, why])?;
    Ok(())
}

/// It is about a payment that nobody knows here; should the payment turn out to be ours after all,
/// [`wake`] lets it be tried again.
pub(super) fn set_stranger(tx: &Tx, w: &Waiting, payment: Option<&str>) -> Result<(), Fault> {
    set_ignored(tx, w, "its payment belongs to no order here")?;
    let sql = "UPDATE webhook_event SET awaits = ?3 WHERE provider = ?1 AND event_id = ?2";
    tx.prepare_cached(sql)?.execute(params![w.provider, w.event.id, payment])?;
    Ok(())
}

/// A payment has become known: events that were put aside because it was not are tried again.
pub(super) fn wake(tx: &Tx, provider: &str, payment: &str, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE webhook_event SET state = 'retry', attempts = 0, next_at = ?3, awaits = NULL
               WHERE awaits = ?2 AND provider = ?1 AND state = 'ignored'";
    tx.prepare_cached(sql)?.execute(params![provider, payment, now.0])?;
    Ok(())
}

pub(super) fn set_again(tx: &Tx, w: &Waiting, why: &str, next: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE webhook_event SET state = 'retry', attempts = attempts + 1, last_error = ?3,
             next_at = ?4
         WHERE provider = ?1 AND event_id = ?2",
    )?
    .execute(params![w.provider, w.event.id, why, next.0])?;
    Ok(())
}

pub(super) fn set_dead(tx: &Tx, w: &Waiting, why: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE webhook_event SET state = 'dead', attempts = attempts + 1, last_error = ?3
         WHERE provider = ?1 AND event_id = ?2",
    )?
    .execute(params![w.provider, w.event.id, why])?;
    Ok(())
}
