//! What staff may write to an order, and the version that keeps two of them apart.

use serde_json::json;

use super::flow::must_get;
use super::model::{Order, Refusal};
use super::{store, store_lines};
use crate::base::ids::OrderId;
use crate::base::{Failure, Instant, refuse};
use crate::platform::db::Tx;

/// Longest note, in characters.
pub const NOTE_MAX: usize = 1_000;

/// Refuses what somebody decided on a page that is older than the order.
///
/// # Errors
/// When the order has changed since.
pub fn must_be_version(order: &Order, version: i64) -> Result<(), Failure<Refusal>> {
    if order.version == version {
        return Ok(());
    }
    refuse(Refusal::Changed { number: order.number.clone() })
}

/// A note of staff for whoever looks at the order next; the buyer does not see it.
///
/// # Errors
/// When it is empty or too long.
pub fn add_note(
    tx: &Tx,
    id: &OrderId,
    note: &str,
    actor: &str,
    now: Instant,
) -> Result<(), Failure<Refusal>> {
    let note = note.replace("\r\n", "\n");
    let note = note.trim();
    let unreadable = |c: char| c.is_control() && c != '\n';
    if note.is_empty() || note.chars().count() > NOTE_MAX || note.contains(unreadable) {
        return refuse(Refusal::Unwritten { most: NOTE_MAX });
    }
    must_get(tx, id)?;
    store_lines::insert_event(tx, id, "note", actor, &json!({ "note": note }), now)?;
    Ok(store::set_changed(tx, id)?)
}
