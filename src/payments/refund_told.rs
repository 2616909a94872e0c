//! What the provider says of a refund, whoever made it: taken into our books, once.

use super::model::Payment;
use super::model_refund::{Origin, Refund, RefundState};
use super::provider::{ProviderRefund, RefundStatus};
use super::refund::{follow, is_late, move_to};
use super::{store, store_refund};
use crate::base::ids::{OrderId, RefundId};
use crate::base::{Fault, Instant, Money};
use crate::orders::{self, RefundTurn};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::pricing::Book;

/// What a look at the provider's refund changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Applied {
    /// It is in our books as it is in theirs, for this order.
    Known(OrderId),
    /// Its payment is none of ours.
    Unknown,
    /// Our books do not take it yet, for this reason.
    NotYet(&'static str),
}

/// Applies what a refund is at the provider now, whoever made it. Safe to do any number of times.
///
/// # Errors
/// When the database fails; nothing is changed then.
pub(super) fn apply(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    provider: &str,
    answer: &ProviderRefund,
    now: Instant,
) -> Result<Applied, Fault> {
    let named = answer.payment_id.as_deref();
    let payment = match named {
        Some(id) => store::find_by_provider_payment(tx, provider, id)?,
        None => None,
    };
    let Some(payment) = payment else { return Ok(Applied::Unknown) };
    let ours = match (&answer.refund, store_refund::find_by_provider(tx, &answer.id)?) {
        (_, Some(known)) => Some(known),
        (Some(id), None) => store_refund::get(tx, &RefundId::from_stored(id.as_str()))?,
        // What somebody gave back another way is not undone by one that did not go through.
        (None, None) if answer.status == RefundStatus::Failed => None,
        (None, None) => store_refund::find_by_hand(tx, &payment.id, answer.amount_minor)?,
    };
    let ours = ours.filter(|refund| refund.payment == payment.id);
    let is_its =
        |refund: &Refund| refund.provider_refund.as_ref().is_none_or(|id| *id == answer.id);
    let is_back = answer.status != RefundStatus::Failed;
    match ours {
        // Given up, because the provider denied knowing anything: it happened all the same.
        Some(refund)
            if refund.state == RefundState::Failed
                && refund.provider_refund.is_none()
                && is_back =>
        {
            let applied = mirror(tx, kit, book, &payment, answer, now)?;
            let amount = Money::new(answer.amount_minor, answer.currency);
            let words = format!("a refund of {amount} that had failed went back after all");
            orders::flag(tx, book, &payment.order, &words, now)?;
            Ok(applied)
        }
        Some(refund) if is_its(&refund) => {
            advance(tx, kit, book, &refund, answer, now)?;
            Ok(Applied::Known(payment.order))
        }
        // It carries our name for a refund that was made before: the money went back twice.
        Some(_) if is_back => {
            let applied = mirror(tx, kit, book, &payment, answer, now)?;
            let twice = Money::new(answer.amount_minor, answer.currency);
            let words = format!("the provider gave {twice} back a second time: ask it why");
            orders::flag(tx, book, &payment.order, &words, now)?;
            Ok(applied)
        }
        _ => mirror(tx, kit, book, &payment, answer, now),
    }
}

/// A refund made in the provider's own dashboard.
fn mirror(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    answer: &ProviderRefund,
    now: Instant,
) -> Result<Applied, Fault> {
    let state = RefundState::from(answer.status);
    if state == RefundState::Failed || answer.amount_minor <= 0 {
        return Ok(Applied::Known(payment.order.clone()));
    }
    let refund = Refund {
        id: RefundId::new(now, &kit.random),
        order: payment.order.clone(),
        payment: payment.id.clone(),
        origin: Origin::Provider,
        state,
        key: format!("provider-{}", answer.id),
        provider_refund: Some(answer.id.clone()),
        amount_minor: answer.amount_minor,
        currency: answer.currency,
        delivery_minor: 0,
        late: is_late(payment),
        reason: "made at the payment provider".to_owned(),
        actor: "provider".to_owned(),
        error: None,
        looks: 0,
        key_at: now,
        broke_at: None,
        created_at: now,
    };
    if !store_refund::insert(tx, &refund, now, now)? {
        return Ok(Applied::NotYet("more would have gone back than was received"));
    }
    let turn = match state {
        RefundState::Succeeded => RefundTurn::Succeeded,
        _ => RefundTurn::Wanted,
    };
    follow(tx, kit, book, &refund, &turn, now)?;
    Ok(Applied::Known(payment.order.clone()))
}

fn advance(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    refund: &Refund,
    answer: &ProviderRefund,
    now: Instant,
) -> Result<(), Fault> {
    if refund.provider_refund.is_none() {
        store_refund::set_provider_refund(tx, &refund.id, &answer.id)?;
    }
    let failure = answer.failure.as_deref();
    move_to(tx, kit, book, refund, RefundState::from(answer.status), failure, now)?;
    if (answer.amount_minor, answer.currency) != (refund.amount_minor, refund.currency) {
        let theirs = Money::new(answer.amount_minor, answer.currency);
        let ours = Money::new(refund.amount_minor, refund.currency);
        let words = format!("the provider sent back {theirs} instead of {ours}: ask it why");
        orders::flag(tx, book, &refund.order, &words, now)?;
    }
    Ok(())
}
