//! What a dispute does, inside one transaction: it is mirrored, blocks shipping until it is won or
//! a person has settled it, and calls the merchant.

use super::provider::{DisputeStatus, ProviderDispute};
use super::refund_told::Applied;
use super::{flow, store, store_refund};
use crate::base::{Fault, Instant, Money};
use crate::orders;
use crate::platform::db::Tx;
use crate::pricing::Book;
use jiff::tz::TimeZone;

/// Applies what a dispute is at the provider now. Safe to do any number of times.
///
/// # Errors
/// When the database fails; nothing is changed then.
pub(super) fn apply_dispute(
    tx: &Tx,
    book: &Book,
    provider: &str,
    dispute: &ProviderDispute,
    now: Instant,
) -> Result<Applied, Fault> {
    let payment = match &dispute.payment_id {
        Some(id) => store::find_by_provider_payment(tx, provider, id)?,
        None => None,
    };
    let Some(payment) = payment else { return Ok(Applied::Unknown) };
    let before = store_refund::find_dispute(tx, dispute)?;
    // What the bank has decided is not undone by an answer that was read before; the bank may
    // decide again.
    let decides = matches!(dispute.status, DisputeStatus::Won | DisputeStatus::Lost);
    let is_old = |(word, is_same): &(String, bool)| {
        *is_same || !decides && matches!(&**word, "won" | "lost")
    };
    if before.as_ref().is_some_and(is_old) {
        return Ok(Applied::Known(payment.order));
    }
    store_refund::set_dispute(tx, &payment, dispute, now)?;
    let disputes = store_refund::count_disputes(tx, &payment.order)?;
    let kind = match dispute.status {
        DisputeStatus::Won => "dispute_won",
        DisputeStatus::Lost => "dispute_lost",
        _ if before.is_none() => "dispute_opened",
        _ => "dispute_updated",
    };
    let words = words_for(book, dispute);
    orders::note_dispute(tx, book, &payment.order, disputes, (kind, &words), now)?;
    // A dispute that is over clears the order's mark, though money may still wait for a person.
    flow::remind(tx, book, &payment.order, now)?;
    Ok(Applied::Known(payment.order))
}

fn words_for(book: &Book, dispute: &ProviderDispute) -> String {
    let amount = Money::new(dispute.amount_minor, dispute.currency);
    let reason = if dispute.reason.is_empty() { "no reason given" } else { &dispute.reason };
    let zone = TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC);
    let until = match dispute.due_at {
        Some(at) => format!("until {}", at.in_zone(&zone).strftime("%-d %B %Y, %H:%M")),
        None => "soon".to_owned(),
    };
    match dispute.status {
        DisputeStatus::Inquiry => format!(
            "the buyer's bank asks about {amount} ({reason}), and no money has moved: answer at \
             the payment provider {until}, or give all of it back, which ends the matter; do not \
             send the goods"
        ),
        DisputeStatus::NeedsResponse => {
            format!(
                "the buyer disputes {amount} at their bank ({reason}): answer at the payment \
                 provider {until}, and do not send the goods"
            )
        }
        DisputeStatus::UnderReview => {
            format!("the bank looks into the dispute of {amount} ({reason}): do not send the goods")
        }
        DisputeStatus::Won => format!("the dispute of {amount} is won: the money stays here"),
        DisputeStatus::Lost => format!(
            "the dispute of {amount} is lost: the money is gone, and the goods stay here until \
             you settle the order"
        ),
    }
}
