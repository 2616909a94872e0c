//! An order while its money is on the way, and its end without money. Its buyer gets letters only
//! once they have paid in some way: whoever fills in a form with somebody else's address makes the
//! shop write to nobody.

use serde_json::json;

use super::flow::{move_payment, must_get};
use super::state::PaymentStatus;
use super::{mail, news, store_lines};
use crate::base::ids::OrderId;
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::hooks::Kind;
use crate::pricing::Book;
use crate::stock;

/// The buyer has done their part and the money takes days: the goods stay held until `until`, and
/// the buyer gets a letter that says so.
///
/// # Errors
/// When the database fails.
pub fn mark_processing(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    until: Instant,
    now: Instant,
) -> Result<(), Fault> {
    let order = must_get(tx, id)?;
    if move_payment(tx, &order, PaymentStatus::Processing, ("payment", &json!({})), now)? {
        stock::extend(tx, id, until)?;
        mail::received(tx, kit, book, &must_get(tx, id)?, now)?;
    }
    Ok(())
}

/// The payment failed for good: goods and promotions are free again.
///
/// # Errors
/// When the database fails.
pub fn fail(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    why: &str,
    now: Instant,
) -> Result<(), Fault> {
    close(tx, kit, book, id, PaymentStatus::Failed, ("payment", why), now)
}

/// Nobody paid in time and the payment session is closed: goods and promotions are free again.
///
/// # Errors
/// When the database fails.
pub fn expire(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    why: &str,
    now: Instant,
) -> Result<(), Fault> {
    close(tx, kit, book, id, PaymentStatus::Expired, ("clock", why), now)
}

/// Given up before payment, the session being closed.
///
/// # Errors
/// When the database fails.
pub fn cancel(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    actor: &str,
    now: Instant,
) -> Result<(), Fault> {
    close(tx, kit, book, id, PaymentStatus::Cancelled, (actor, "cancelled"), now)
}

fn close(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    to: PaymentStatus,
    by: (&str, &str),
    now: Instant,
) -> Result<(), Fault> {
    let order = must_get(tx, id)?;
    if move_payment(tx, &order, to, (by.0, &json!({ "why": by.1 })), now)? {
        stock::release(tx, id, to.word())?;
        store_lines::set_claims(tx, id, "released")?;
        if order.payment == PaymentStatus::Processing {
            mail::cancelled(tx, kit, book, &must_get(tx, id)?, (false, false), now)?;
        }
    }
    Ok(())
}

/// A paid order is given up; its refund is written down in the same transaction. `by_hand`: a
/// person gives the money back, no provider.
///
/// # Errors
/// When the database fails.
pub fn note_cancelled(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    by: (&str, &str),
    by_hand: bool,
    now: Instant,
) -> Result<(), Fault> {
    let (actor, why) = by;
    store_lines::insert_event(tx, id, "cancelled", actor, &json!({ "why": why }), now)?;
    let order = must_get(tx, id)?;
    mail::cancelled(tx, kit, book, &order, (true, by_hand), now)?;
    news::tell(tx, kit, Kind::OrderCancelled, &order, "", now)
}
