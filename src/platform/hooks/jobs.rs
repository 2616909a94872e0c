//! Sending what was written down: one call at a time to each endpoint.

use std::time::Duration;

use super::store::{self, Delivery};
use super::words::body_for;
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant, signature};
use crate::platform::Kit;
use crate::platform::config::{HookEndpoint, Mode};
use crate::platform::jobs::backoff::{HOOKS, Verdict};
use crate::platform::jobs::{Found, Job};
use crate::platform::web::Outgoing;

/// Longest wait for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long what was told is kept, seconds.
const KEPT_S: i64 = 30 * 86_400;
/// Events forgotten in one transaction.
const BATCH: u32 = 500;
/// How much of an answer is kept, in characters.
const ANSWER_MAX: usize = 300;
/// The status by which an endpoint says that it will never want this.
const GONE: u16 = 410;

/// Carries the event's name.
const EVENT: &str = "kiosk-event";
/// Carries the event's id: a program that has seen it leaves a repeat alone.
const DELIVERY: &str = "kiosk-delivery";
/// Carries time and signature, in Stripe's scheme.
const SIGNATURE: &str = "kiosk-signature";

/// The `dedup_key` prefix of events that a person makes to try an endpoint out.
pub const FROM_A_PERSON: &str = "trial:";

/// A messenger for each endpoint, and forgetting what was told long ago.
#[must_use]
pub fn jobs(kit: &Kit) -> Vec<Job> {
    let endpoints = &kit.settings.hooks;
    if endpoints.is_empty() {
        return Vec::new();
    }
    let outgoing = Outgoing::new(kit.settings.dev, PATIENCE);
    let mut jobs: Vec<Job> = endpoints
        .iter()
        .map(|endpoint| {
            let (kit, outgoing, endpoint) = (kit.clone(), outgoing.clone(), endpoint.clone());
            Job::new(format!("hooks: {}", endpoint.name), Duration::from_secs(5), move || {
                send_next(kit.clone(), outgoing.clone(), endpoint.clone())
            })
        })
        .collect();
    let kit = kit.clone();
    let forgetting = move || forget(kit.clone());
    jobs.push(Job::new("old-hooks", Duration::from_hours(1), forgetting).unhurried());
    jobs
}

async fn forget(kit: Kit) -> Result<Found, Fault> {
    let before = kit.now().plus_s(-KEPT_S);
    let forgotten =
        kit.db.write(move |tx| Ok::<_, Failure<Never>>(store::delete_old(tx, before, BATCH)?));
    Ok(if forgotten.await? == 0 { Found::Nothing } else { Found::Work })
}

/// How a call went.
struct Outcome {
    status: Option<u16>,
    answer: String,
}

impl Outcome {
    fn is_good(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

async fn send_next(kit: Kit, outgoing: Outgoing, endpoint: HookEndpoint) -> Result<Found, Fault> {
    let (now, name) = (kit.now(), endpoint.name.clone());
    let due = kit.db.read(move |r| Ok::<_, Failure<Never>>(store::find_due(r, &name, now)?));
    let Some((delivery, stored)) = due.await? else { return Ok(Found::Nothing) };
    let outcome = call(&kit, &outgoing, &endpoint, &delivery, &stored, now).await?;
    let (is_good, id) = (outcome.is_good(), delivery.id);
    let verdict = match outcome.status {
        Some(GONE) => Verdict::Dead,
        _ => HOOKS.after(delivery.attempts + 1, now, kit.random.bytes::<1>()[0]),
    };
    if !is_good {
        let (endpoint, status) = (&endpoint.name, outcome.status);
        tracing::warn!(delivery = id, endpoint, status, "a hook did not take its news");
    }
    let written = kit.db.write(move |tx| {
        let said = (outcome.status, outcome.answer.as_str());
        match verdict {
            _ if is_good => store::set_sent(tx, id, said, now)?,
            Verdict::Again(at) => store::set_again(tx, id, said, at, now)?,
            Verdict::Dead => store::set_dead(tx, id, said, now)?,
        }
        Ok::<_, Failure<Never>>(())
    });
    written.await?;
    // After a failure the endpoint gets a moment of rest, whatever else waits for it.
    Ok(if is_good { Found::Work } else { Found::Nothing })
}

async fn call(
    kit: &Kit,
    outgoing: &Outgoing,
    endpoint: &HookEndpoint,
    delivery: &Delivery,
    stored: &str,
    now: Instant,
) -> Result<Outcome, Fault> {
    let is_test = kit.settings.mode == Mode::Test;
    let body = body_for(endpoint.format, stored, &kit.settings.public_url, is_test)?;
    let signed = endpoint.secret.as_ref().map(|s| signature::sign(&s.0, body.as_bytes(), now));
    let mut headers = vec![(EVENT, delivery.kind.as_str()), (DELIVERY, delivery.event.as_str())];
    headers.extend(signed.as_deref().map(|signed| (SIGNATURE, signed)));
    Ok(match outgoing.post(&endpoint.url.0, &headers, body).await {
        Ok(reply) => {
            let moved = (300..400).contains(&reply.status);
            let hint = if moved { "redirects are not followed; " } else { "" };
            Outcome { status: Some(reply.status), answer: cut(&format!("{hint}{}", reply.text)) }
        }
        Err(why) => Outcome { status: None, answer: cut(&why) },
    })
}

fn cut(answer: &str) -> String {
    let words = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(ANSWER_MAX).collect()
}
