//! What waited for a person and does not any more: by itself, or because somebody says so.

use serde_json::json;

use super::model::{Order, Refusal};
use super::{store, store_lines};
use crate::base::ids::OrderId;
use crate::base::{Failure, Fault, Instant, refuse};
use crate::platform::db::Tx;

/// Longest note of a person, in characters.
pub const SETTLE_NOTE_MAX: usize = 500;

/// Nothing of it needs a person any more: what it waited for has come by itself.
///
/// # Errors
/// When the database fails.
pub fn settle_attention(
    tx: &Tx,
    id: &OrderId,
    actor: &str,
    why: &str,
    now: Instant,
) -> Result<(), Fault> {
    if store::clear_attention(tx, id)? {
        store_lines::insert_event(tx, id, "settled", actor, &json!({ "why": why }), now)?;
    }
    Ok(())
}

/// A person has looked at an order and dealt with it: its mark goes, and a dispute that is lost
/// keeps its goods here no longer. One that the bank has not decided still does. The answer is the
/// order as it is then.
///
/// A mark whose cause is still there, such as money that waits to be given back, is set again by
/// the next look at it.
///
/// # Errors
/// When there is no such order, nothing of it waits for a person, or the note says nothing.
pub fn settle_by_person(
    tx: &Tx,
    id: &OrderId,
    note: &str,
    actor: &str,
    now: Instant,
) -> Result<Order, Failure<Refusal>> {
    let note = note.trim();
    if note.is_empty() || note.chars().count() > SETTLE_NOTE_MAX {
        return refuse(Refusal::Note { max: SETTLE_NOTE_MAX });
    }
    let Some(order) = store::get(tx, id)? else { return refuse(Refusal::Unknown) };
    let (cleared, settled) = (store::clear_attention(tx, id)?, store::settle_disputes(tx, id)?);
    if !cleared && !settled {
        return refuse(Refusal::NothingToSettle { number: order.number });
    }
    let what = json!({ "note": note, "was": order.attention, "dispute": settled });
    store_lines::insert_event(tx, id, "settled", actor, &what, now)?;
    Ok(store::get(tx, id)?.unwrap_or(order))
}
