//! What a payment does to an order, in order, inside one transaction. Webhook and reconciler end
//! in the same [`settle`].

use serde_json::json;

use super::Till;
use super::event::Event;
use super::model::{Payment, PaymentState, Source};
use super::provider::{
    NO_AMOUNT, PaymentOutcome, Provider, Session, SessionRequest, SessionStatus,
};
use super::store::{self, Fresh};
use super::{refund, store_inbox, store_refund};
use crate::base::ids::{OrderId, PaymentId};
use crate::base::{Fault, Instant};
use crate::cart;
use crate::orders::{self, Order, PAYMENT, Paid};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::pricing::Book;

/// A session is looked at for the first time when it has been quiet for this long, seconds.
pub(super) const FIRST_LOOK_S: i64 = 120;
/// How long goods stay held for a method that takes days, seconds.
const PROCESSING_S: i64 = 14 * 86_400;

/// What a look at a session changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The order moved.
    Changed,
    /// There was nothing to do.
    Nothing,
    /// The session belongs to no payment of ours (yet).
    Unknown,
    /// The provider's amount is not ours.
    Differs,
}

/// Writes down an attempt to pay, before anybody is called.
///
/// # Errors
/// When the database fails, or another attempt of the order is alive.
pub fn want(
    tx: &Tx,
    kit: &Kit,
    provider: &dyn Provider,
    order: &Order,
    attempt: u32,
    request: SessionRequest,
    now: Instant,
) -> Result<Payment, Fault> {
    let payment = Payment {
        id: PaymentId::new(now, &kit.random),
        order: order.id.clone(),
        attempt,
        state: PaymentState::Wanted,
        key: format!("co-{}-{attempt}", order.id),
        lapse_at: request.hold_until,
        request,
        session: None,
        url: None,
        looks: 0,
        given_up_by: None,
        provider: provider.name().to_owned(),
        provider_payment: None,
        received_minor: None,
    };
    let fresh = Fresh {
        provider: provider.name(),
        mode: provider.mode(),
        look_at: now.plus_s(FIRST_LOOK_S).min(payment.lapse_at),
        created_at: now,
    };
    store::insert(tx, &payment, &fresh)?;
    Ok(payment)
}

/// An order of nothing is paid at once; no provider is asked.
///
/// # Errors
/// When the database fails.
pub fn settle_free(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    now: Instant,
) -> Result<(), Fault> {
    store::set_paid(tx, &payment.id, 0, None, now)?;
    remember(tx, "shop", payment, "order.free", now)?;
    let evidence = (PAYMENT, &json!({ "free": true }));
    orders::mark_paid(tx, kit, book, &payment.order, evidence, now)?;
    finish_cart(tx, payment, now)
}

/// Applies what a session is now to its order. Safe to do any number of times, in any order.
///
/// # Errors
/// When the database fails; nothing is changed then.
pub fn settle(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    session: &Session,
    now: Instant,
) -> Result<Settled, Fault> {
    let Some(payment) = find_payment(tx, session)? else { return Ok(Settled::Unknown) };
    if payment.session.is_none() {
        // The webhook was faster than our own note of the session.
        store::set_session(tx, &payment.id, session, now.plus_s(FIRST_LOOK_S))?;
    }
    let request = &payment.request;
    if !charges_right(request, session) {
        let words = match session.amount_minor {
            NO_AMOUNT => "the provider's amount is none that is known here".to_owned(),
            amount => format!(
                "the provider's amount {amount} {} is not the order's {} {}",
                session.currency.code(),
                request.amount_minor,
                request.currency.code()
            ),
        };
        orders::flag(tx, book, &payment.order, &words, now)?;
        return match (session.status, session.outcome) {
            (SessionStatus::Expired, PaymentOutcome::Unpaid) | (_, PaymentOutcome::Failed) => {
                ended(tx, kit, book, &payment, &words, now)
            }
            (_, PaymentOutcome::Paid) => {
                review(tx, &payment, session, now)?;
                orders::fail(tx, kit, book, &payment.order, &words, now)?;
                Ok(Settled::Differs)
            }
            _ => Ok(Settled::Differs),
        };
    }
    match (session.status, session.outcome) {
        (_, PaymentOutcome::Paid) => paid(tx, kit, book, &payment, session, now),
        (_, PaymentOutcome::Failed) => ended(tx, kit, book, &payment, "the payment failed", now),
        (SessionStatus::Complete, PaymentOutcome::Unpaid) => {
            processing(tx, kit, book, &payment, now)
        }
        (SessionStatus::Expired, PaymentOutcome::Unpaid) => closed(tx, kit, book, &payment, now),
        (SessionStatus::Open, PaymentOutcome::Unpaid) => Ok(Settled::Nothing),
    }
}

/// Whether the provider charges what was asked, to the minor unit.
pub(super) fn charges_right(request: &SessionRequest, session: &Session) -> bool {
    (session.amount_minor, session.currency) == (request.amount_minor, request.currency)
}

/// Applies what a session was when we asked, and notes that we asked when it changed something.
///
/// # Errors
/// When the database fails.
pub fn settle_looked(
    tx: &Tx,
    till: &Till,
    book: &Book,
    payment: &Payment,
    session: &Session,
    now: Instant,
) -> Result<Settled, Fault> {
    let settled = settle(tx, &till.kit, book, session, now)?;
    if settled == Settled::Changed {
        remember(tx, till.provider.name(), payment, word_of(session), now)?;
    } else if payment.state == PaymentState::Processing && now >= payment.lapse_at {
        let words = "the provider has said nothing final for two weeks: ask it";
        orders::flag(tx, book, &payment.order, words, now)?;
    }
    Ok(settled)
}

pub(super) fn word_of(session: &Session) -> &'static str {
    match (session.status, session.outcome) {
        (_, PaymentOutcome::Paid) => "session.paid",
        (_, PaymentOutcome::Failed) => "session.failed",
        (SessionStatus::Expired, _) => "session.expired",
        (SessionStatus::Complete, _) => "session.processing",
        (SessionStatus::Open, _) => "session.open",
    }
}

fn find_payment(tx: &Tx, session: &Session) -> Result<Option<Payment>, Fault> {
    if let Some(payment) = store::find_by_session(tx, &session.id)? {
        return Ok(Some(payment));
    }
    // Not noted yet: the order it names must be waiting for exactly this first answer.
    let order = OrderId::from_stored(&session.order);
    store::find_unanswered(tx, &order)
}

fn paid(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    session: &Session,
    now: Instant,
) -> Result<Settled, Fault> {
    let is_over = matches!(payment.state, PaymentState::Paid | PaymentState::Returned);
    let (gone, going) = store_refund::sums(tx, &payment.id)?;
    // Money that is on its way back buys nothing any more.
    if is_over || (gone, going) != (0, 0) {
        if !is_over && gone + going < session.amount_minor {
            remind(tx, book, &payment.order, now)?;
        }
        return Ok(Settled::Nothing);
    }
    let other = store::alive_payment(tx, &payment.order)?.filter(|other| other.id != payment.id);
    if other.as_ref().is_some_and(|other| other.state == PaymentState::Paid) {
        let what = format!("session {} was paid although the order was paid before", session.id);
        let settled = review(tx, payment, session, now)?;
        send_back(tx, kit, book, payment, &what, now)?;
        return Ok(settled);
    }
    let evidence = json!({ "session": session.id, "payment": session.payment_id });
    match orders::mark_paid(tx, kit, book, &payment.order, (PAYMENT, &evidence), now)? {
        Paid::Short => {
            let what = "paid after its goods were given back, and there is not enough left";
            let settled = review(tx, payment, session, now)?;
            send_back(tx, kit, book, payment, what, now)?;
            // Its goods are gone for good: an order that still waited has failed.
            orders::fail(tx, kit, book, &payment.order, what, now)?;
            Ok(settled)
        }
        Paid::Now | Paid::Already => {
            if let Some(other) = other {
                // At most one attempt is alive: the other's page is closed by the next look.
                store::set_closing(tx, &other.id, now)?;
            }
            let reference = session.payment_id.as_deref();
            store::set_paid(tx, &payment.id, session.amount_minor, reference, now)?;
            become_known(tx, payment, session, now)?;
            finish_cart(tx, payment, now)?;
            Ok(Settled::Changed)
        }
    }
}

/// Money that buys nothing goes back by itself; where that cannot be, a person is called.
fn send_back(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    what: &str,
    now: Instant,
) -> Result<(), Fault> {
    let words = match refund::send_late_money_back(tx, kit, book, payment, what, now)? {
        true => format!("{what}: the money is on its way back"),
        false => format!(
            "{what}: give the money back with `kiosk order refund --late`, or find the goods"
        ),
    };
    orders::flag(tx, book, &payment.order, &words, now)
}

/// Marks an order again whose money waits for a person, where nothing else marks it.
pub(super) fn remind(tx: &Tx, book: &Book, order: &OrderId, now: Instant) -> Result<(), Fault> {
    let is_clear = orders::get_order(tx, order)?.is_some_and(|o| o.attention.is_none());
    if is_clear && store::find_in_review(tx, order)?.is_some() {
        orders::flag(tx, book, order, MONEY_WAITS, now)?;
    }
    Ok(())
}

/// What a person has to do about money the order could not take.
const MONEY_WAITS: &str = "money came that this order could not take, and waits: give it back with \
                           `kiosk order refund --late`, or find the goods";

/// Keeps a note of money the order could not take, so that it is never asked for again; looked at
/// now and then, for the goods may come back.
fn review(tx: &Tx, payment: &Payment, session: &Session, now: Instant) -> Result<Settled, Fault> {
    let reference = session.payment_id.as_deref();
    let next = now.plus_s(FIRST_LOOK_S);
    let received = session.amount_minor.max(0);
    let is_new = store::set_review(tx, &payment.id, received, reference, next)?;
    if is_new {
        become_known(tx, payment, session, now)?;
    }
    Ok(if is_new { Settled::Changed } else { Settled::Nothing })
}

/// A refund or dispute of money we had not heard of may have been told already.
fn become_known(tx: &Tx, payment: &Payment, session: &Session, now: Instant) -> Result<(), Fault> {
    match &session.payment_id {
        Some(id) => store_inbox::wake(tx, &payment.provider, id, now),
        None => Ok(()),
    }
}

/// The buyer has done their part and the money takes days.
fn processing(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    now: Instant,
) -> Result<Settled, Fault> {
    if payment.state == PaymentState::Closing {
        // Another attempt is paid; this one's money is looked at when it is final.
        return Ok(Settled::Nothing);
    }
    if !store::set_state(tx, &payment.id, PaymentState::Processing, None, now)? {
        return Ok(Settled::Nothing);
    }
    let until = now.plus_s(PROCESSING_S);
    store::set_lapse(tx, &payment.id, until)?;
    orders::mark_processing(tx, kit, book, &payment.order, until, now)?;
    Ok(Settled::Changed)
}

pub(super) fn finish_cart(tx: &Tx, payment: &Payment, now: Instant) -> Result<(), Fault> {
    let Some(order) = orders::get_order(tx, &payment.order)? else { return Ok(()) };
    match &order.cart {
        Some(id) => cart::finish(tx, id, &order.asked.basket, now),
        None => Ok(()),
    }
}

/// The attempt failed for good, and with it its order.
pub(super) fn ended(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    why: &str,
    now: Instant,
) -> Result<Settled, Fault> {
    let to = PaymentState::Failed;
    if !payment.state.may_become(to) || !store::set_state(tx, &payment.id, to, Some(why), now)? {
        return Ok(Settled::Nothing);
    }
    orders::fail(tx, kit, book, &payment.order, why, now)?;
    Ok(Settled::Changed)
}

fn closed(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    payment: &Payment,
    now: Instant,
) -> Result<Settled, Fault> {
    if !store::set_state(tx, &payment.id, PaymentState::Expired, None, now)? {
        return Ok(Settled::Nothing);
    }
    match &payment.given_up_by {
        _ if payment.state == PaymentState::Closing => {}
        Some(actor) if payment.state != PaymentState::Processing => {
            orders::cancel(tx, kit, book, &payment.order, actor, now)?;
        }
        _ => {
            let why = "the session is closed";
            orders::expire(tx, kit, book, &payment.order, why, now)?;
        }
    }
    Ok(Settled::Changed)
}

/// Notes in the inbox what was learned by asking, so that every paid order has its event (I10).
pub(super) fn remember(
    tx: &Tx,
    provider: &str,
    payment: &Payment,
    kind: &str,
    now: Instant,
) -> Result<(), Fault> {
    let event = Event {
        id: format!("look-{}-{kind}", payment.id),
        kind: kind.to_owned(),
        object: payment.session.clone().unwrap_or_default(),
        order: Some(payment.order.as_str().to_owned()),
        live: None,
        payment: None,
    };
    let payload = json!({ "id": event.id, "type": kind, "payment": payment.id }).to_string();
    store_inbox::insert(tx, provider, &event, &payload, Source::Reconciler, "done", now)?;
    Ok(())
}
