//! What money going back, and a dispute, do to an order, inside the transaction of `payments`.

use serde_json::json;

use super::flow::{flag, move_payment_as, must_get};
use super::model::Order;
use super::settling::settle_attention;
use super::state::PaymentStatus;
use super::{mail, news, store, store_lines};
use crate::base::ids::{OrderId, RefundId};
use crate::base::{Fault, Instant, Money};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::pricing::Book;

/// Where a refund has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundTurn {
    /// Written down.
    Wanted,
    /// The money went back.
    Succeeded,
    /// It did not, for this reason: the money is still here.
    Failed(String),
}

/// A refund as its order is told of it.
#[derive(Clone, Debug)]
pub struct RefundNote<'a> {
    /// Which.
    pub id: &'a RefundId,
    /// How much, minor units.
    pub amount_minor: i64,
    /// By whom.
    pub actor: &'a str,
    /// In their words.
    pub reason: &'a str,
    /// The order never took this money: it came too late, twice or in another amount.
    pub late: bool,
    /// A person gives it back by other means than it came.
    pub by_hand: bool,
    /// All that went back of the payment, minor units.
    pub refunded_minor: i64,
    /// All that is on its way, minor units.
    pub refunding_minor: i64,
}

/// Follows a refund: status, timeline, and one letter to the buyer. A failure tells the merchant.
///
/// # Errors
/// When the database fails.
pub fn note_refund(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    note: &RefundNote,
    turn: &RefundTurn,
    now: Instant,
) -> Result<(), Fault> {
    let order = must_get(tx, id)?;
    if !note.late {
        store::set_refunds(tx, id, note.refunded_minor, note.refunding_minor)?;
    }
    let to = status_for(&order, note, turn);
    let kind = match turn {
        RefundTurn::Wanted => "refund_wanted",
        RefundTurn::Failed(_) => "refund_failed",
        RefundTurn::Succeeded if note.late => "money_returned",
        RefundTurn::Succeeded => to.word(),
    };
    let mut data = json!({ "refund": note.id, "amount_minor": note.amount_minor,
                           "reason": note.reason });
    if let RefundTurn::Failed(why) = turn {
        data["why"] = why.as_str().into();
    }
    if !move_payment_as(tx, &order, to, kind, (note.actor, &data), now)? {
        store_lines::insert_event(tx, id, kind, note.actor, &data, now)?;
    }
    match turn {
        RefundTurn::Failed(why) => {
            let amount = Money::new(note.amount_minor, order.currency);
            // Which of its sums: the order's own money may be there beside what it never took.
            let late = if note.late { " --late" } else { "" };
            let words = format!(
                "the refund of {amount} did not go through ({why}), so the money is still here: \
                 try again, or pay the buyer another way and note it with `kiosk order refund \
                 {}{late} --amount {} --by-hand`",
                order.number,
                amount.decimal()
            );
            flag(tx, book, id, &words, now)
        }
        // Whoever paid for nothing hears of it at once, everybody else when the money has gone.
        RefundTurn::Wanted if note.late => mail::refunded(tx, kit, book, id, note, now),
        RefundTurn::Succeeded => {
            mail::refunded(tx, kit, book, id, note, now)?;
            news::tell_refund(tx, kit, &must_get(tx, id)?, note, now)
        }
        RefundTurn::Wanted => Ok(()),
    }
}

/// The status that is true after it.
fn status_for(order: &Order, note: &RefundNote, turn: &RefundTurn) -> PaymentStatus {
    if note.late || !order.payment.has_paid() {
        return order.payment;
    }
    match note.refunded_minor {
        // An order of nothing is given back whole.
        0 if order.total_minor == 0 && *turn == RefundTurn::Succeeded => PaymentStatus::Refunded,
        ..=0 => PaymentStatus::Paid,
        all if all >= order.total_minor => PaymentStatus::Refunded,
        _ => PaymentStatus::PartRefunded,
    }
}

/// The buyer complained at the bank, or the bank has moved on: so many disputes are undecided and
/// so many lost now. Shipping is blocked while one is undecided, or lost and not settled; the
/// merchant is told in words.
///
/// # Errors
/// When the database fails.
pub fn note_dispute(
    tx: &Tx,
    book: &Book,
    id: &OrderId,
    disputes: (u32, u32),
    told: (&str, &str),
    now: Instant,
) -> Result<(), Fault> {
    let (kind, words) = told;
    store::set_disputes(tx, id, disputes.0, disputes.1)?;
    store_lines::insert_event(tx, id, kind, "bank", &json!({ "what": words }), now)?;
    if must_get(tx, id)?.disputed {
        return flag(tx, book, id, words, now);
    }
    settle_attention(tx, id, "bank", words, now)?;
    mail::alert(tx, book, &must_get(tx, id)?, words, now)
}
