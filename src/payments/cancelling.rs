//! Giving an order up: before it is paid its page is closed, after that its money goes back.

use super::by_hand::{BY_HAND, NotTaken};
use super::model::Refusal;
use super::model_refund::{Refund, RefundWish, Share};
use super::proposal::restock_of;
use super::sending::sent;
use super::{Till, refund, session, store};
use crate::base::fault::Never;
use crate::base::ids::OrderId;
use crate::base::{Failure, Fault, Money, refuse};
use crate::orders::state::PaymentStatus;
use crate::orders::{self, Order};
use crate::platform::db::Tx;

/// Gives an order up. One that waits for payment is closed at the provider first; a paid one that
/// has not left gives back what is left of its money and its goods. Answers with the refund that
/// this made; none when there was nothing to pay back, or it was given up before.
///
/// # Errors
/// When it has moved on too far, or the provider cannot be reached.
pub async fn cancel(
    till: &Till,
    order: &OrderId,
    actor: &str,
    reason: &str,
) -> Result<Option<Refund>, Failure<Refusal>> {
    cancel_if(till, order, actor, reason, |_| Ok(())).await
}

/// The same, if `guard` has nothing against it: it runs in the transaction that says so first, and
/// writes beside it what else must be remembered; not when nothing is to be done.
///
/// # Errors
/// As [`cancel`], and whatever `guard` says.
pub async fn cancel_if<G>(
    till: &Till,
    order: &OrderId,
    actor: &str,
    reason: &str,
    guard: G,
) -> Result<Option<Refund>, Failure<Refusal>>
where
    G: FnOnce(&Tx) -> Result<(), Failure<orders::Refusal>> + Send + 'static,
{
    let id = order.clone();
    let found = till.kit.db.read(move |r| Ok::<_, Failure<Never>>(orders::get_order(r, &id)?));
    let Some(found) = found.await.map_err(Fault::from)? else { return refuse(Refusal::NotOpen) };
    if !found.payment.has_paid() {
        return session::close_if(till, order, actor, guard).await.map(|()| None);
    }
    let (inner, book, now) = (till.clone(), till.books.now(), till.kit.now());
    let (id, actor, reason) = (order.clone(), actor.to_owned(), reason.to_owned());
    let written = till.kit.db.write(move |tx| {
        let Some(order) = orders::get_order(tx, &id)? else { return refuse(Refusal::NotOpen) };
        if is_going_back(&order) && orders::is_given_up(tx, &id)? {
            // Pressing twice is pressing once.
            return Ok(None);
        }
        let past_us = store::find_paid(tx, &id)?.is_some_and(|paid| paid.provider == BY_HAND);
        if past_us && store::find_in_review(tx, &id)?.is_some() {
            // Two sums would have to go back, and the order can remind of one.
            return refuse(Refusal::NotTaken(NotTaken::UnderWay));
        }
        let may = actor != "buyer" || order.may_be_cancelled_by_buyer(now);
        if is_going_back(&order) && may {
            return refuse(Refusal::GivenBack);
        }
        if !order.may_be_cancelled() || !may {
            return refuse(Refusal::TooLateToCancel);
        }
        guard(tx).map_err(Failure::lift)?;
        let wish = RefundWish {
            share: Share::All,
            delivery: true,
            restock: restock_of(tx, &order)?.into_iter().collect(),
            reason: reason.clone(),
            by_hand: false,
            late: false,
        };
        let by = (inner.provider.as_ref(), actor.as_str());
        orders::note_cancelled(tx, &inner.kit, &book, &id, (&actor, &reason), past_us, now)?;
        let wanted = refund::want_refund(tx, &inner.kit, &book, &id, &wish, by, now);
        let refund = wanted.map_err(Failure::lift)?;
        if past_us {
            let amount = Money::new(refund.amount_minor, refund.currency);
            let words = format!("it was paid past the payment page: give {amount} back yourself");
            orders::flag(tx, &book, &id, &words, now)?;
        }
        Ok(Some(refund))
    });
    match written.await? {
        Some(refund) => Ok(Some(sent(till, refund).await.map_err(Failure::lift)?)),
        None => Ok(None),
    }
}

/// Whether all that was paid has gone back, or is on its way.
fn is_going_back(order: &Order) -> bool {
    let gone = order.refunded_minor + order.refunding_minor;
    order.payment == PaymentStatus::Refunded || gone > 0 && gone >= order.total_minor
}
