//! What no event ever told. What the day's statement found is taken over from the provider's books,
//! the way an event would have brought it; events that never arrived are fetched by a job.

use std::time::Duration;

use super::Till;
use super::event::{Event, Topic};
use super::model::Source;
use super::provider::{PaymentOutcome, Trouble};
use super::statement::Difference;
use super::{jobs, sending, session, store, store_inbox};
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::orders;
use crate::platform::jobs::{Found, Job};

/// Differences looked into in one go; more than these are a case for a person.
const LOOKED_INTO_MAX: usize = 200;
/// How often lost events are looked for.
const EVERY: Duration = Duration::from_hours(6);
/// How far back, seconds: nearly as long as the provider lists events (30 days), so that a shop
/// that was away for weeks still hears of a refund that failed and of a complaint.
const BACK_S: i64 = 29 * 86_400;
/// What is younger may still be on its way, seconds.
const ON_ITS_WAY_S: i64 = 3600;
/// How long the provider may take to list them.
const PATIENCE: Duration = Duration::from_mins(1);

/// Looks into money the provider has for an order of ours, and into money that went back there;
/// true when something was, so that the books are worth comparing again. What the provider will
/// not say now stays a difference.
///
/// # Errors
/// When the database fails.
pub(super) async fn take_over(till: &Till, differences: &[Difference]) -> Result<bool, Fault> {
    let mut looked = false;
    // Money of strangers is left where it is, however much of it there is.
    let ours = differences.iter().filter_map(|difference| {
        let payment = difference.payment_id.as_str();
        match (difference.kind.as_str(), &difference.number) {
            ("refunded", _) => Some((payment, None)),
            ("only_theirs", Some(number)) => Some((payment, Some(number))),
            _ => None,
        }
    });
    for (payment, number) in ours.take(LOOKED_INTO_MAX) {
        looked |= match number {
            None => refunds(till, payment).await?,
            Some(number) => money(till, number, payment).await?,
        };
    }
    Ok(looked)
}

/// Every refund the provider has of a payment.
async fn refunds(till: &Till, payment: &str) -> Result<bool, Fault> {
    let Ok(listed) = session::in_time(till.provider.refunds_of(payment)).await else {
        return Ok(false);
    };
    for answer in listed {
        sending::note(till, answer, None).await?;
    }
    Ok(true)
}

/// The attempt of an order whose page took this payment.
async fn money(till: &Till, number: &str, payment: &str) -> Result<bool, Fault> {
    let number = number.to_owned();
    let attempts = till.kit.db.read(move |read| {
        let Some(order) = orders::find_by_number(read, &number)? else { return Ok(Vec::new()) };
        Ok::<_, Failure<Never>>(store::list_attempts(read, &order.id)?)
    });
    for attempt in attempts.await? {
        let Some(id) = &attempt.session else { continue };
        match session::find(till, id).await {
            Ok(found) if found.payment_id.as_deref() == Some(payment) => {
                if found.outcome == PaymentOutcome::Paid {
                    jobs::note(till, &attempt, found).await?;
                    // What went back of it meanwhile is not known either.
                    return refunds(till, payment).await;
                }
            }
            Ok(_) | Err(Trouble::Refused(_) | Trouble::EmailRefused(_) | Trouble::Replayed(_)) => {}
            Err(Trouble::Unreachable(_)) => return Ok(false),
        }
    }
    Ok(false)
}

/// Fetches events about refunds and disputes, and lately about paid pages, that the provider has
/// and the inbox has not, and lays them there: no list of payments tells of a complaint, nor of
/// what went back of an older day's money. A provider that will not list them, such as for a key
/// that may not read them, leaves the books as they are.
///
/// # Errors
/// When the database fails.
async fn fetch_unheard(till: Till) -> Result<Found, Fault> {
    let now = till.kit.now();
    let (from, until) = (now.plus_s(-BACK_S), now.plus_s(-ON_ITS_WAY_S));
    let late = || Trouble::Unreachable("it took too long to list its events".to_owned());
    let listed = tokio::time::timeout(PATIENCE, till.provider.events(from, until)).await;
    let payloads = match listed.unwrap_or_else(|_| Err(late())) {
        Ok(payloads) => payloads,
        Err(trouble) => {
            tracing::warn!(%trouble, "whether events were lost is not known");
            return Ok(Found::Nothing);
        }
    };
    let provider = till.provider.name();
    let is_live = till.provider.mode() == "live";
    let written = till.kit.db.write(move |tx| {
        let mut fetched = 0;
        for payload in &payloads {
            let Some(event) = Event::parse(payload) else { continue };
            let is_meant = event.live.is_none_or(|live| live == is_live);
            let does_something = event.topic() != Topic::Nothing;
            if is_meant && does_something && !store_inbox::is_known(tx, provider, &event.id)? {
                let source = Source::Reconciler;
                store_inbox::insert(tx, provider, &event, payload, source, "new", now)?;
                fetched += 1;
            }
        }
        Ok::<_, Failure<Never>>(fetched)
    });
    let fetched = written.await?;
    if fetched > 0 {
        tracing::warn!(fetched, "events that never arrived were fetched from the provider");
        till.kit.bell.ring();
    }
    Ok(Found::Nothing)
}

/// Looks for events that got lost.
#[must_use]
pub(super) fn job(till: &Till) -> Job {
    let till = till.clone();
    Job::new("lost-events", EVERY, move || fetch_unheard(till.clone())).unhurried()
}
