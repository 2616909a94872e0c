//! Behind the requests: applying stored events, and looking after sessions that have gone quiet.

use std::time::Duration;

use super::Till;
use super::flow::{self, Settled};
use super::model::{Payment, PaymentState};
use super::provider::{Session, SessionStatus, Trouble};
use super::store_inbox::{self, Waiting};
use super::{session, store};
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant};
use crate::platform::jobs::backoff::{EVENTS, PROVIDER, Verdict};
use crate::platform::jobs::{Found, Job};

/// Longest pause between two looks at an open session, seconds.
const LOOK_LONGEST_S: i64 = 600;

/// The inbox worker and the reconciler.
#[must_use]
pub fn jobs(till: &Till) -> Vec<Job> {
    let (inbox, looks) = (till.clone(), till.clone());
    vec![
        Job::new("inbox", Duration::from_secs(1), move || apply_next(inbox.clone())),
        Job::new("sessions-at-provider", Duration::from_secs(1), move || look_next(looks.clone())),
    ]
}

/// Applies the event that has waited longest.
async fn apply_next(till: Till) -> Result<Found, Fault> {
    let now = till.kit.now();
    let due = till.kit.db.read(move |r| Ok::<_, Failure<Never>>(store_inbox::find_due(r, now)?));
    let Some(waiting) = due.await? else { return Ok(Found::Nothing) };
    if !waiting.event.is_about_session() {
        let written = till.kit.db.write(move |tx| {
            Ok::<_, Failure<Never>>(store_inbox::set_done(tx, &waiting, None, now)?)
        });
        written.await?;
        return Ok(Found::Work);
    }
    // The event is a hint. What counts is what the session is now.
    match session::find(&till, &waiting.event.object).await {
        Ok(session) => match apply(&till, waiting.clone(), session).await {
            // One event that cannot be applied must not stop those behind it.
            Err(fault) if !fault.is_busy() => postpone(&till, waiting, fault.to_string()).await?,
            applied => applied?,
        },
        Err(trouble) => postpone(&till, waiting, trouble.to_string()).await?,
    }
    Ok(Found::Work)
}

async fn apply(till: &Till, waiting: Waiting, session: Session) -> Result<(), Fault> {
    let (kit, book, now) = (till.kit.clone(), till.books.now(), till.kit.now());
    let chance = till.kit.random.bytes::<1>()[0];
    let written = till.kit.db.write(move |tx| {
        if !store_inbox::is_waiting(tx, &waiting)? {
            return Ok(());
        }
        // Effect and "done" are one transaction: applied exactly once, or not at all.
        match flow::settle(tx, &kit, &book, &session, now)? {
            Settled::Changed | Settled::Nothing => {
                store_inbox::set_done(tx, &waiting, Some(&session.order), now)?;
            }
            Settled::Unknown => {
                let why = format!("session {} belongs to no order here", session.id);
                rest(tx, &waiting, &why, now, chance)?;
            }
            Settled::Differs => {
                store_inbox::set_dead(tx, &waiting, "the provider's amount is not the order's")?;
            }
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
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

fn rest(
    tx: &crate::platform::db::Tx,
    waiting: &Waiting,
    why: &str,
    now: Instant,
    chance: u8,
) -> Result<(), Fault> {
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
            Err(Trouble::Refused(why) | Trouble::Replayed(why)) => {
                return session::give_up(till, payment, &why).await;
            }
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
        Err(trouble) => {
            // Nothing is freed on a guess: the goods stay held and we ask again.
            tracing::warn!(payment = payment.id.as_str(), %trouble, "a session could not be seen");
            look_again(till, payment).await
        }
    }
}

async fn note(till: &Till, payment: &Payment, session: Session) -> Result<(), Fault> {
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
