//! What a dispute does, inside one transaction: it is mirrored, blocks shipping until it is won or
//! a person has settled it, and calls the merchant.

use super::provider::{DisputeStatus, ProviderDispute};
use super::refund::Applied;
use super::{store, store_refund};
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
    let before = store_refund::dispute_status(tx, &dispute.id)?;
    let is_final = |word: &str| matches!(word, "won" | "lost");
    let is_news = before.as_deref() != Some(dispute.status.word());
    // What the bank has decided is not undone by an answer that was read before.
    if !is_news || before.as_deref().is_some_and(is_final) {
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
    let is_clear = orders::get_order(tx, &payment.order)?.is_some_and(|o| o.attention.is_none());
    if is_clear && store::find_in_review(tx, &payment.order)?.is_some() {
        orders::flag(tx, book, &payment.order, MONEY_WAITS, now)?;
    }
    Ok(Applied::Known(payment.order))
}

/// What a person has to do about money the order could not take.
const MONEY_WAITS: &str = "money came that this order could not take, and waits: give it back with \
                           `kiosk order refund --late`, or find the goods";

fn words_for(book: &Book, dispute: &ProviderDispute) -> String {
    let amount = Money::new(dispute.amount_minor, dispute.currency);
    let reason = if dispute.reason.is_empty() { "no reason given" } else { &dispute.reason };
    match dispute.status {
        DisputeStatus::NeedsResponse => {
            let zone = TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC);
            let until = match dispute.due_at {
                Some(at) => format!("until {}", at.in_zone(&zone).strftime("%-d %B %Y, %H:%M")),
                None => "soon".to_owned(),
            };
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
