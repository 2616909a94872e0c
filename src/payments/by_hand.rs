//! Money that came past the payment page: in cash, by transfer, by a card machine. Staff say so,
//! and the order is paid by an attempt of its own, of which no provider knows.

use serde_json::json;

use super::Till;
use super::flow::{finish_cart, remember};
use super::model::{Payment, PaymentState, Refusal};
use super::store::{self, Fresh};
use crate::base::ids::{OrderId, PaymentId};
use crate::base::{Failure, Instant, Problem, refuse};
use crate::orders::state::PaymentStatus;
use crate::orders::{self, Paid};
use crate::platform::db::Tx;
use crate::pricing::Book;

/// The provider that stands at such attempts: nobody who could be asked. S0.10
pub(super) const BY_HAND: &str = "manual";
/// Most characters of how it was paid.
pub const HOW_MAX: usize = 200;

/// Why an order cannot be marked paid by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// Money of it is on its way, or waits for a person.
    UnderWay,
    /// Its goods were free again, and there is not enough of them left.
    GoodsGone,
    /// Nobody says how it was paid, or in too many words.
    How,
}

impl crate::base::Refusal for NotTaken {
    fn problem(&self) -> Problem {
        match self {
            Self::UnderWay => Problem::new(
                409,
                "payment-under-way",
                "Money is on its way already",
                "A payment of this order is under way, or waits to be looked at.",
            )
            .hint("Wait until it has ended, or give that money back first."),
            Self::GoodsGone => Problem::new(
                409,
                "goods-gone",
                "There is not enough left",
                "The goods of this order were free again, and there is not enough of them left.",
            )
            .hint("Correct the stock if they are here, or make a new order."),
            Self::How => Problem::new(
                422,
                "how-paid",
                "How was it paid?",
                format!("Say how the money came, on one line of at most {HOW_MAX} characters."),
            )
            .hint("Such as: bank transfer of 12 November, or cash."),
        }
    }
}

fn not_taken<T>(why: NotTaken) -> Result<T, Failure<Refusal>> {
    refuse(Refusal::NotTaken(why))
}

/// Notes that an order was paid past its payment page, which is closed; what a buyer pays there in
/// the meantime goes back to them by itself.
///
/// # Errors
/// When it is paid or given up, money of it is under way, its goods are no longer to be had, or
/// nobody says how it was paid.
pub fn take_by_hand(
    tx: &Tx,
    till: &Till,
    book: &Book,
    id: &OrderId,
    how: &str,
    actor: &str,
    now: Instant,
) -> Result<(), Failure<Refusal>> {
    let how = how.trim();
    if how.is_empty() || how.chars().count() > HOW_MAX || how.chars().any(char::is_control) {
        return not_taken(NotTaken::How);
    }
    let Some(order) = orders::get_order(tx, id)? else { return refuse(Refusal::NotOpen) };
    match order.payment {
        PaymentStatus::Pending | PaymentStatus::Failed | PaymentStatus::Expired => {}
        PaymentStatus::Processing => return not_taken(NotTaken::UnderWay),
        PaymentStatus::Cancelled => return refuse(Refusal::NotOpen),
        PaymentStatus::Paid | PaymentStatus::PartRefunded | PaymentStatus::Refunded => {
            return refuse(Refusal::Paid);
        }
    }
    if store::find_in_review(tx, id)?.is_some() {
        return not_taken(NotTaken::UnderWay);
    }
    let Some(last) = store::last_payment(tx, id)? else { return refuse(Refusal::NotOpen) };
    if let Some(open) = store::alive_payment(tx, id)? {
        // At most one attempt is alive: its page is closed by the next look.
        store::set_closing(tx, &open.id, now)?;
    }
    let attempt = last.attempt + 1;
    let payment = Payment {
        id: PaymentId::new(now, &till.kit.random),
        attempt,
        state: PaymentState::Wanted,
        key: format!("co-{id}-{attempt}"),
        lapse_at: now,
        session: None,
        url: None,
        looks: 0,
        given_up_by: None,
        provider: BY_HAND.to_owned(),
        ..last
    };
    let fresh =
        Fresh { provider: BY_HAND, mode: till.provider.mode(), look_at: now, created_at: now };
    store::insert(tx, &payment, &fresh)?;
    store::set_paid(tx, &payment.id, order.total_minor, None, now)?;
    remember(tx, BY_HAND, &payment, "order.paid_by_hand", now)?;
    let evidence = (actor, &json!({ "how": how }));
    match orders::mark_paid(tx, &till.kit, book, id, evidence, now)? {
        Paid::Now => Ok(finish_cart(tx, &payment, now)?),
        Paid::Already => refuse(Refusal::Paid),
        Paid::Short => not_taken(NotTaken::GoodsGone),
    }
}
