//! Behind the requests: applying stored events, and looking after sessions that have gone quiet.

use std::time::Duration;

use super::Till;
use super::dispute::apply_dispute;
use super::event::{Event, Topic};
use super::flow::{self, Settled};
use super::model::{Payment, PaymentState};
use super::provider::{
    NO_AMOUNT, PaymentOutcome, ProviderDispute, ProviderRefund, Session, SessionStatus, Trouble,
};
use super::refund_told::{self, Applied};
use super::store::{self, Fresh};
use super::store_inbox::{self, Waiting};
use super::{sending, session};
use crate::base::fault::{Failure, Never};
use crate::base::ids::{OrderId, PaymentId};
use crate::base::{Fault, Instant, Money};
use crate::orders;
use crate::platform::db::Tx;
use crate::platform::jobs::backoff::{EVENTS, PROVIDER, Verdict};
use crate::platform::jobs::{Found, Job};
use crate::pricing::Book;

/// Longest pause between two looks at an open session, seconds.
const LOOK_LONGEST_S: i64 = 600;
/// After so many tries, an event about a payment nobody knows here is somebody else's: two hours,
/// in which the reconciler has looked at every open session of ours many times.
const STRANGER_TRIES: u32 = 8;
/// After its page's own end, a session that the provider denies knowing is given up.
const LOST_S: i64 = 3600;

/// The inbox worker and the reconciler.
#[must_use]
pub fn jobs(till: &Till) -> Vec<Job> {
    let (inbox, looks, refunds) = (till.clone(), till.clone(), till.clone());
    vec![
        Job::new("inbox", Duration::from_secs(1), move || apply_next(inbox.clone())),
        Job::new("sessions-at-provider", Duration::from_secs(1), move || look_next(looks.clone())),
        Job::new("refunds-at-provider", Duration::from_secs(1), move || {
            sending::tend_next(refunds.clone())
        }),
        super::reckoning::job(till),
        super::catching_up::job(till),
        super::prune::job(till),
    ]
}

/// Applies the event that has waited longest.
async fn apply_next(till: Till) -> Result<Found, Fault> {
    let now = till.kit.now();
    let due = till.kit.db.read(move |r| Ok::<_, Failure<Never>>(store_inbox::find_due(r, now)?));
    let Some(waiting) = due.await? else { return Ok(Found::Nothing) };
    // The event is a hint. What counts is what its object is now.
    match look_at(&till, &waiting.event).await {
        Ok(seen) => match apply(&till, waiting.clone(), seen).await {
            // One event that cannot be applied must not stop those behind it.
            Err(fault) if !fault.is_busy() => postpone(&till, waiting, fault.to_string()).await?,
            applied => applied?,
        },
        Err(trouble) => postpone(&till, waiting, trouble.to_string()).await?,
    }
    Ok(Found::Work)
}

/// What an event is about, as the provider has it at this moment.
enum Seen {
    Session(Session),
    Refunds(Vec<ProviderRefund>),
    Dispute(ProviderDispute),
    Nothing,
}

impl Seen {
    /// The provider's name for the payment money went back of, or that is disputed.
    fn payment(&self) -> Option<&str> {
        match self {
            Self::Refunds(refunds) => refunds.first()?.payment_id.as_deref(),
            Self::Dispute(dispute) => dispute.payment_id.as_deref(),
            Self::Session(_) | Self::Nothing => None,
        }
    }
}

async fn look_at(till: &Till, event: &Event) -> Result<Seen, Trouble> {
    let object = event.object.as_str();
    Ok(match event.topic() {
        Topic::Session if event.tells_of_failure() => {
            Seen::Session(session::find_failed(till, object).await?)
        }
        Topic::Session => Seen::Session(session::find(till, object).await?),
        Topic::Refund => {
            let refund = session::in_time(till.provider.find_refund(object)).await?;
            Seen::Refunds(vec![refund])
        }
        Topic::Refunds => {
            let payment = event.payment.as_deref().unwrap_or_default();
            Seen::Refunds(session::in_time(till.provider.refunds_of(payment)).await?)
        }
        Topic::Dispute => {
            Seen::Dispute(session::in_time(till.provider.find_dispute(object)).await?)
        }
        Topic::Nothing => Seen::Nothing,
    })
}

async fn apply(till: &Till, waiting: Waiting, seen: Seen) -> Result<(), Fault> {
    let (inner, book, now) = (till.clone(), till.books.now(), till.kit.now());
    let chance = till.kit.random.bytes::<1>()[0];
    let written = till.kit.db.write(move |tx| {
        if !store_inbox::is_waiting(tx, &waiting)? {
            return Ok(());
        }
        // Effect and "done" are one transaction: applied exactly once, or not at all.
        let (kit, provider) = (&inner.kit, inner.provider.name());
        let applied = match &seen {
            Seen::Session(session) => {
                let settled = match flow::settle(tx, kit, &book, session, now)? {
                    Settled::Unknown => adopt(tx, &inner, &book, session, now)?,
                    settled => settled,
                };
                let is_news = settled == Settled::Changed
                    && session.outcome == PaymentOutcome::Paid
                    && !waiting.event.tells_of_payment();
                // An event may be older than what it led to: the books name what was found.
                if is_news && let Some(payment) = store::find_by_session(tx, &session.id)? {
                    flow::remember(tx, provider, &payment, flow::word_of(session), now)?;
                }
                if settled == Settled::Unknown {
                    return Ok(note_unknown(tx, &book, &waiting, session, now, chance)?);
                }
                return Ok(note_settled(tx, &waiting, session, &settled, now)?);
            }
            Seen::Refunds(refunds) => {
                // Of a payment of ours that has none, there is nothing to note.
                let named = waiting.event.payment.as_deref().unwrap_or_default();
                let known = store::find_by_provider_payment(tx, provider, named)?;
                let mut applied = known.map_or(Applied::Unknown, |p| Applied::Known(p.order));
                for refund in refunds {
                    applied = refund_told::apply(tx, kit, &book, provider, refund, now)?;
                    if let Applied::NotYet(_) = applied {
                        break;
                    }
                }
                applied
            }
            Seen::Dispute(dispute) => apply_dispute(tx, &book, provider, dispute, now)?,
            Seen::Nothing => return Ok(store_inbox::set_done(tx, &waiting, None, now)?),
        };
        match applied {
            Applied::Known(order) => {
                store_inbox::set_done(tx, &waiting, Some(order.as_str()), now)?;
            }
            // An account may serve more than this shop. Ours may still be on its way.
            Applied::Unknown if waiting.attempts + 1 >= STRANGER_TRIES => {
                store_inbox::set_stranger(tx, &waiting, seen.payment())?;
            }
            Applied::Unknown => rest(tx, &waiting, "its payment is not known here", now, chance)?,
            Applied::NotYet(why) => rest(tx, &waiting, why, now, chance)?,
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

fn note_settled(
    tx: &Tx,
    waiting: &Waiting,
    session: &Session,
    settled: &Settled,
    now: Instant,
) -> Result<(), Fault> {
    match settled {
        Settled::Differs => {
            store_inbox::set_dead(tx, waiting, "the provider's amount is not the order's")
        }
        _ => store_inbox::set_done(tx, waiting, Some(&session.order), now),
    }
}

/// Takes money for an order of ours by a page that no attempt here has, as after a restored backup,
/// which does not know the newest attempts: the page becomes one, so that its money is kept or goes
/// back like any other. Unknown when it is not for exactly this order.
///
/// # Errors
/// When the database fails; nothing is changed then.
fn adopt(
    tx: &Tx,
    till: &Till,
    book: &Book,
    session: &Session,
    now: Instant,
) -> Result<Settled, Fault> {
    let order = OrderId::from_stored(&session.order);
    let attempts = store::list_attempts(tx, &order)?;
    let newest = attempts.first().map_or(0, |payment| payment.attempt);
    let same = |payment: &Payment| payment.provider == till.provider.name();
    let Some(last) = attempts.into_iter().find(same) else { return Ok(Settled::Unknown) };
    let is_its = flow::charges_right(&last.request, session);
    if session.outcome != PaymentOutcome::Paid || !is_its {
        return Ok(Settled::Unknown);
    }
    let payment = Payment {
        id: PaymentId::new(now, &till.kit.random),
        attempt: newest + 1,
        // Nobody is sent there any more; what was paid there still counts.
        state: PaymentState::Closing,
        key: format!("found-{}", session.id),
        ..last
    };
    let (provider, mode) = (till.provider.name(), till.provider.mode());
    let fresh = Fresh { provider, mode, look_at: now, created_at: now };
    store::insert(tx, &payment, &fresh)?;
    store::set_session(tx, &payment.id, session, now)?;
    tracing::warn!(order = %order, session = session.id, "money came by a page nobody had kept");
    flow::settle(tx, &till.kit, book, session, now)
}

/// A session that no attempt here has.
fn note_unknown(
    tx: &Tx,
    book: &Book,
    waiting: &Waiting,
    session: &Session,
    now: Instant,
    chance: u8,
) -> Result<(), Fault> {
    // Made by somebody else with the same account: a payment link, say.
    if session.order.is_empty() {
        return store_inbox::set_ignored(tx, waiting, "its session was not made by this shop");
    }
    let why = format!("session {} belongs to no order here", session.id);
    let order = orders::get_order(tx, &OrderId::from_stored(&session.order))?;
    if let Some(order) = order.filter(|_| session.outcome == PaymentOutcome::Paid) {
        let money = match session.amount_minor {
            NO_AMOUNT => "money of an amount that is not known here".to_owned(),
            amount => Money::new(amount, session.currency).to_string(),
        };
        let words = format!(
            "{money} came by session {}, which this shop did not keep: look at it at the payment \
             provider, and give the money back there",
            session.id
        );
        orders::flag(tx, book, &order.id, &words, now)?;
    }
    rest(tx, waiting, &why, now, chance)
}

async fn postpone(till: &Till, waiting: Waiting, why: String) -> Result<(), Fault> {
    let (now, chance) = (till.kit.now(), till.kit.random.bytes::<1>()[0]);
    tracing::warn!(event = waiting.event.id, why, "an event could not be applied yet");
    let written = till
        .kit
        .db
        .write(move |tx| Ok::<_, Failure<Never>>(rest(tx, &waiting, &why, now, chance)?));
    Ok(written.await?)
}

fn rest(tx: &Tx, waiting: &Waiting, why: &str, now: Instant, chance: u8) -> Result<(), Fault> {
    match EVENTS.after(waiting.attempts + 1, now, chance) {
        Verdict::Again(at) => store_inbox::set_again(tx, waiting, why, at),
        Verdict::Dead => {
            tracing::error!(event = waiting.event.id, why, "an event is put aside for a person");
            store_inbox::set_dead(tx, waiting, why)
        }
    }
}

/// Looks at the session that has been quiet longest.
async fn look_next(till: Till) -> Result<Found, Fault> {
    let now = till.kit.now();
    let due = till.kit.db.read(move |read| Ok::<_, Failure<Never>>(store::find_due(read, now)?));
    let Some(payment) = due.await? else { return Ok(Found::Nothing) };
    match look(&till, &payment).await {
        Err(fault) if !fault.is_busy() => {
            tracing::error!(payment = payment.id.as_str(), %fault, "a session did not settle");
            look_again(&till, &payment).await?;
        }
        looked => looked?,
    }
    Ok(Found::Work)
}

/// Looks at everything that is due, once: for start-up and tests.
///
/// # Errors
/// When the database fails.
pub async fn tend_all(till: &Till) -> Result<(), Fault> {
    while look_next(till.clone()).await? == Found::Work {}
    while apply_next(till.clone()).await? == Found::Work {}
    while sending::tend_next(till.clone()).await? == Found::Work {}
    Ok(())
}

async fn look(till: &Till, payment: &Payment) -> Result<(), Fault> {
    let lapsed = match payment.state {
        PaymentState::Processing | PaymentState::Review => false,
        PaymentState::Closing => true,
        _ => till.kit.now() >= payment.lapse_at,
    };
    let wrong = |session: &Session| !flow::charges_right(&payment.request, session);
    let answer = match &payment.session {
        // Written down, but whether the provider heard of it is unknown: ask again the same way.
        None => match session::create(till, payment).await? {
            Err(Trouble::Refused(why) | Trouble::EmailRefused(why) | Trouble::Replayed(why)) => {
                return session::give_up(till, payment, &why).await;
            }
            // The answer may be the one kept under the key, as old as that.
            Ok(made) => session::find(till, &made.id).await,
            other => other,
        },
        Some(id) => session::find(till, id).await,
    };
    let answer = match answer {
        Ok(session) if session.status == SessionStatus::Open && (lapsed || wrong(&session)) => {
            match session::expire(till, &session.id).await? {
                // Not open any more, it seems: what it is now decides, never the refusal.
                Err(Trouble::Refused(_)) => session::find(till, &session.id).await,
                other => other,
            }
        }
        other => other,
    };
    match answer {
        Ok(session) => note(till, payment, session).await,
        Err(Trouble::Refused(why)) if is_lost(payment, till.kit.now()) => {
            session::give_up_lost(till, payment, &why).await
        }
        Err(trouble) => {
            // Nothing is freed on a guess: the goods stay held and we ask again.
            tracing::warn!(payment = payment.id.as_str(), %trouble, "a session could not be seen");
            look_again(till, payment).await
        }
    }
}

/// Whether a page that its provider does not know any more cannot be paid anywhere: the shop's
/// account may be another one today, and the page's own time is over there, too.
fn is_lost(payment: &Payment, now: Instant) -> bool {
    let waits =
        matches!(payment.state, PaymentState::Wanted | PaymentState::Open | PaymentState::Closing);
    waits && payment.session.is_some() && now > payment.request.expires_at.plus_s(LOST_S)
}

/// Notes what a session is, and when to look at it next.
pub(super) async fn note(till: &Till, payment: &Payment, session: Session) -> Result<(), Fault> {
    let (inner, book, now) = (till.clone(), till.books.now(), till.kit.now());
    let payment = payment.clone();
    let written = till.kit.db.write(move |tx| {
        flow::settle_looked(tx, &inner, &book, &payment, &session, now)?;
        let pause = (flow::FIRST_LOOK_S << payment.looks.min(3)).min(LOOK_LONGEST_S);
        let next = now.plus_s(pause);
        // Never past the end of the hold, so that goods are free again in time.
        let next = if now < payment.lapse_at { next.min(payment.lapse_at) } else { next };
        store::set_look(tx, &payment.id, next)?;
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

async fn look_again(till: &Till, payment: &Payment) -> Result<(), Fault> {
    let (id, now) = (payment.id.clone(), till.kit.now());
    let at = match PROVIDER.after(payment.looks + 1, now, till.kit.random.bytes::<1>()[0]) {
        Verdict::Again(at) => at,
        Verdict::Dead => now.plus_s(LOOK_LONGEST_S),
    };
    let written =
        till.kit.db.write(move |tx| Ok::<_, Failure<Never>>(store::set_look(tx, &id, at)?));
    Ok(written.await?)
}
