//! SQL that forgets. Each statement walks an index that holds only what is still to be forgotten.

use rusqlite::params;

use crate::base::{Fault, Instant};
use crate::platform::db::Tx;

/// Forgets the raw text of events older than `before` that took effect. That they came stays known:
/// it proves that their orders are paid, and that a repeat is one.
pub(super) fn set_payloads_forgotten(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "UPDATE webhook_event SET payload = '' WHERE (provider, event_id) IN
               (SELECT provider, event_id FROM webhook_event
                WHERE state = 'done' AND payload <> '' AND received_at < ?1
                ORDER BY received_at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}

/// Forgets events older than `before` that did nothing.
pub(super) fn delete_ignored(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "DELETE FROM webhook_event WHERE (provider, event_id) IN
               (SELECT provider, event_id FROM webhook_event
                WHERE state = 'ignored' AND received_at < ?1 ORDER BY received_at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}

/// Forgets calls to a provider older than `before`.
pub(super) fn delete_calls(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "DELETE FROM provider_call WHERE id IN
               (SELECT id FROM provider_call WHERE at < ?1 ORDER BY at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}
