//! What happens to money that goes back, in order, inside one transaction. What the provider says
//! of it comes in by [`super::refund_told`] and ends in the same [`move_to`].

use std::collections::BTreeMap;

use super::by_hand::BY_HAND;
use super::model::{Payment, PaymentState};
use super::model_refund::{NoRefund, Origin, Refund, RefundState, RefundWish};
use super::plan::Plan;
use super::provider::Provider;
use super::{store, store_refund};
use crate::base::ids::{OrderId, RefundId, Sku};
use crate::base::{Failure, Fault, Instant, Money, refuse};
use crate::orders::state::FulfilmentStatus;
use crate::orders::{self, Order, RefundNote, RefundTurn};
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};
use crate::pricing::Book;
use crate::stock::{self, Reason};

/// How long whoever writes a refund down has to send it before the background does, seconds.
const OWN_CALL_S: i64 = 10;

type Outcome<T> = Result<T, Failure<NoRefund>>;

/// Who gives back, and why.
struct Cause<'a> {
    key: Option<String>,
    by_hand: bool,
    reason: &'a str,
    actor: &'a str,
}

/// Writes a refund down, and what comes back to the shelf with it, before anybody is called.
///
/// # Errors
/// When nothing or not that much is left, a line is not there, more would come back than was
/// sold, or the provider would refuse.
pub fn want_refund(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    wish: &RefundWish,
    by: (&dyn Provider, &str),
    now: Instant,
) -> Outcome<Refund> {
    let (provider, actor) = by;
    let Some(order) = orders::get_order(tx, id)? else {
        return refuse(NoRefund::Order(orders::Refusal::Unknown));
    };
    let Some(payment) = find_target(tx, id, wish.late)? else {
        return refuse(NoRefund::nothing(wish.late));
    };
    // There is nothing to send when nothing was paid, and nobody to ask when it was paid past us.
    let by_hand = wish.by_hand || payment.received_minor == Some(0) || payment.provider == BY_HAND;
    if !by_hand {
        if store_refund::is_disputed(tx, id)? {
            return refuse(NoRefund::Disputed);
        }
        if payment.provider != provider.name() || payment.provider_payment.is_none() {
            return refuse(NoRefund::Elsewhere);
        }
    }
    let plan = Plan::of(tx, &order, &payment, wish)?;
    if !by_hand {
        plan.may_be_sent(provider, &payment)?;
    }
    let cause = Cause { key: None, by_hand, reason: &wish.reason, actor };
    let refund = write_down(tx, kit, book, &payment, &plan, &cause, now)?;
    restock(tx, book, &order, &refund, &wish.restock, now)?;
    if by_hand {
        follow(tx, kit, book, &refund, &RefundTurn::Succeeded, now)?;
    }
    Ok(refund)
}

/// The payment a refund is of: the order's own money, or what it never took.
pub(super) fn find_target(read: &Read, id: &OrderId, late: bool) -> Result<Option<Payment>, Fault> {
    match (late, store::find_paid(read, id)?) {
        (false, Some(payment)) => Ok(Some(payment)),
        _ => store::find_in_review(read, id),
    }
}

fn write_down(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    plan: &Plan,
    cause: &Cause,
    now: Instant,
) -> Outcome<Refund> {
    let id = RefundId::new(now, &kit.random);
    let (origin, state) = match cause.by_hand {
        true => (Origin::Hand, RefundState::Succeeded),
        false => (Origin::Shop, RefundState::Wanted),
    };
    let refund = Refund {
        order: payment.order.clone(),
        payment: payment.id.clone(),
        origin,
        state,
        key: cause.key.clone().unwrap_or_else(|| format!("rf-{id}")),
        provider_refund: None,
        amount_minor: plan.amount_minor,
        currency: payment.request.currency,
        delivery_minor: plan.delivery_minor,
        late: is_late(payment),
        reason: cause.reason.to_owned(),
        actor: cause.actor.to_owned(),
        error: None,
        looks: 0,
        key_at: now,
        broke_at: None,
        created_at: now,
        id,
    };
    // Whoever wrote it down sends it now, unless the program dies; nobody waits for what the shop
    // sends back by itself.
    let look_at = if cause.key.is_some() { now } else { now.plus_s(OWN_CALL_S) };
    if !store_refund::insert(tx, &refund, look_at, now)? {
        return refuse(NoRefund::TooMuch { left: Money::new(0, refund.currency) });
    }
    for (position, qty, amount_minor) in &plan.lines {
        store_refund::insert_item(tx, &refund.id, *position, *qty, *amount_minor)?;
    }
    if !cause.by_hand {
        follow(tx, kit, book, &refund, &RefundTurn::Wanted, now)?;
    }
    Ok(refund)
}

pub(super) fn is_late(payment: &Payment) -> bool {
    matches!(payment.state, PaymentState::Review | PaymentState::Returned)
}

/// Goods come back to the shelf in the transaction that writes the refund down: once, whatever
/// becomes of the money.
fn restock(
    tx: &Tx,
    book: &Book,
    order: &Order,
    refund: &Refund,
    units: &BTreeMap<Sku, u32>,
    now: Instant,
) -> Outcome<()> {
    let sold = if refund.late { BTreeMap::new() } else { order.units() };
    let before = store_refund::restocked(tx, &order.id)?;
    let mut back: BTreeMap<Sku, u32> = BTreeMap::new();
    for (sku, &qty) in units {
        let of = |units: &BTreeMap<Sku, u32>| units.get(sku).copied().unwrap_or(0);
        let left = of(&sold).saturating_sub(of(&before));
        if qty == 0 || qty > left {
            return refuse(NoRefund::RestockTooMuch { sku: sku.clone(), left });
        }
        store_refund::insert_restock(tx, &refund.id, sku, qty)?;
        // Under the name it has now.
        let is = book.catalog.find(sku).map_or(sku, |(_, variant)| &variant.sku);
        *back.entry(is.clone()).or_insert(0) += qty;
    }
    let reason = match order.fulfilment {
        FulfilmentStatus::Unfulfilled => Reason::Cancel,
        _ => Reason::Return,
    };
    if matches!(order.fulfilment, FulfilmentStatus::Unfulfilled | FulfilmentStatus::PartShipped) {
        orders::keep_back(tx, &order.id, units, &refund.actor, now)?;
    }
    let why = (reason, refund.reason.as_str(), refund.actor.as_str());
    stock::give_back(tx, &book.catalog, &order.id, &back, why, now).map_err(Failure::lift)
}

/// Sends money the order could not take back by itself, once for each attempt; false when that
/// is left to a person.
///
/// # Errors
/// When the database fails.
pub(super) fn send_late_money_back(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    why: &str,
    now: Instant,
) -> Result<bool, Fault> {
    let key = match payment.attempt {
        1 => format!("auto-refund-{}", payment.order),
        later => format!("auto-refund-{}-{later}", payment.order),
    };
    let Some(payment) = store::get(tx, &payment.id)? else { return Ok(false) };
    let amount_minor = payment.received_minor.unwrap_or(0);
    let can = payment.provider_payment.is_some() && amount_minor > 0;
    if !can || store_refund::is_known(tx, &key)? {
        return Ok(false);
    }
    let plan = Plan { amount_minor, ..Plan::default() };
    let cause = Cause { key: Some(key), by_hand: false, reason: why, actor: "payment" };
    match write_down(tx, kit, book, &payment, &plan, &cause, now) {
        Ok(_) => Ok(true),
        Err(Failure::Refused(_)) => Ok(false),
        Err(Failure::Fault(fault)) => Err(fault),
    }
}

/// The one function that moves a refund.
pub(super) fn move_to(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    refund: &Refund,
    to: RefundState,
    error: Option<&str>,
    now: Instant,
) -> Result<(), Fault> {
    if !refund.state.may_become(to) || !store_refund::set_state(tx, refund, to, error, now)? {
        return Ok(());
    }
    let turn = match to {
        RefundState::Succeeded => RefundTurn::Succeeded,
        RefundState::Failed => RefundTurn::Failed(error.unwrap_or("no reason given").to_owned()),
        RefundState::Wanted | RefundState::Pending => return Ok(()),
    };
    follow(tx, kit, book, refund, &turn, now)
}

/// Tells the order, and closes the case of money it never took once all of it is back.
pub(super) fn follow(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    refund: &Refund,
    turn: &RefundTurn,
    now: Instant,
) -> Result<(), Fault> {
    let (refunded_minor, refunding_minor) = store_refund::sums(tx, &refund.payment)?;
    let note = RefundNote {
        id: &refund.id,
        amount_minor: refund.amount_minor,
        actor: &refund.actor,
        reason: &refund.reason,
        late: refund.late,
        by_hand: refund.origin == Origin::Hand,
        refunded_minor,
        refunding_minor,
    };
    orders::note_refund(tx, kit, book, &refund.order, &note, turn, now)?;
    if !refund.late {
        if *turn == RefundTurn::Succeeded && refund.origin != Origin::Provider {
            settle(tx, refund, "money was given back", now)?;
        }
        return Ok(());
    }
    match turn {
        RefundTurn::Failed(_) => store::set_unreturned(tx, &refund.payment),
        RefundTurn::Succeeded => {
            let payment = store::get(tx, &refund.payment)?;
            let received = payment.and_then(|payment| payment.received_minor);
            if received.is_some_and(|received| refunded_minor >= received)
                && store::set_returned(tx, &refund.payment, now)?
            {
                settle(tx, refund, "the money went back", now)?;
            }
            Ok(())
        }
        RefundTurn::Wanted => Ok(()),
    }
}

/// Takes the order's mark away, unless other money of it or a dispute still waits for a person.
fn settle(tx: &Tx, refund: &Refund, why: &str, now: Instant) -> Result<(), Fault> {
    let is_disputed = orders::get_order(tx, &refund.order)?.is_some_and(|order| order.disputed);
    if is_disputed || store::find_in_review(tx, &refund.order)?.is_some() {
        return Ok(());
    }
    orders::settle_attention(tx, &refund.order, &refund.actor, why, now)
}
