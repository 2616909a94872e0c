//! SQL of the inbox for people: what is in it, how it is doing, and trying again.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::health::{Health, LATELY_S};
use super::model::Source;
use crate::base::ids::OrderId;
use crate::base::{Fault, Instant};
use crate::orders;
use crate::platform::db::{Read, Tx};

/// Calls looked at for whether the provider serves us.
const CALLS_SEEN: u32 = 100;
/// Attempts to pay that get no page, one after the other, before somebody is told.
const FAILED_MIN: usize = 3;
/// A failure counts for so long while nobody else wants to pay, seconds.
const STALE_S: i64 = 2 * 3600;

/// Where an event stands.
pub const STATES: [&str; 5] = ["new", "retry", "dead", "done", "ignored"];

/// An event as it lies in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stored {
    /// Who told us.
    pub provider: String,
    /// The provider's name for it.
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    /// The object it is about.
    pub object: String,
    /// Which order, once known.
    #[serde(skip)]
    pub order: Option<OrderId>,
    /// `webhook`, or `reconciler` when we found it by asking.
    pub source: String,
    /// One of [`STATES`].
    pub state: String,
    /// Tries so far.
    pub attempts: u32,
    /// Times it came again.
    pub duplicates: u32,
    /// When it came first.
    pub received_at: Instant,
    /// When it is tried next; only while it waits.
    pub next_at: Option<Instant>,
    /// When it took effect.
    pub applied_at: Option<Instant>,
    /// Why it did not.
    pub why: Option<String>,
}

impl Stored {
    /// Whether it waits for its turn.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.state.as_str(), "new" | "retry")
    }
}

const COLUMNS: &str = "provider, event_id, type, object_id, order_id, source, state, attempts,
    duplicates, received_at, next_at, applied_at, last_error";

fn from_row(row: &Row) -> rusqlite::Result<Stored> {
    let mut stored = Stored {
        provider: row.get(0)?,
        id: row.get(1)?,
        kind: row.get(2)?,
        object: row.get(3)?,
        order: row.get::<_, Option<String>>(4)?.map(OrderId::from_stored),
        source: row.get(5)?,
        state: row.get(6)?,
        attempts: row.get(7)?,
        duplicates: row.get(8)?,
        received_at: Instant(row.get(9)?),
        next_at: None,
        applied_at: row.get::<_, Option<i64>>(11)?.map(Instant),
        why: row.get(12)?,
    };
    if stored.is_waiting() {
        stored.next_at = Some(Instant(row.get(10)?));
    }
    Ok(stored)
}

/// Which events are listed; absent means all.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One of [`STATES`].
    pub state: Option<String>,
    /// Such as `checkout.session.completed`.
    pub kind: Option<String>,
    /// Which order.
    pub order: Option<OrderId>,
    /// At most so many.
    pub limit: u32,
}

/// Events, newest first.
///
/// # Errors
/// When the database fails.
pub fn list_events(read: &Read, wanted: &Wanted) -> Result<Vec<Stored>, Fault> {
    let mut found = Vec::new();
    if let Some(order) = &wanted.order {
        let sql = format!(
            "SELECT {COLUMNS} FROM webhook_event
             WHERE order_id = ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR type = ?3)
             ORDER BY received_at DESC LIMIT ?4"
        );
        let mut statement = read.prepare_cached(&sql)?;
        let asked = params![order.as_str(), wanted.state, wanted.kind, wanted.limit];
        found = statement.query_map(asked, from_row)?.collect::<Result<_, _>>()?;
    } else {
        // Each state has its own stretch of the index; the newest of all are among these.
        for state in STATES.iter().filter(|s| wanted.state.as_deref().is_none_or(|w| w == **s)) {
            let sql = format!(
                "SELECT {COLUMNS} FROM webhook_event WHERE state = ?1 AND (?2 IS NULL OR type = ?2)
                 ORDER BY received_at DESC LIMIT ?3"
            );
            let mut statement = read.prepare_cached(&sql)?;
            for row in statement.query_map(params![state, wanted.kind, wanted.limit], from_row)? {
                found.push(row?);
            }
        }
    }
    found.sort_by(|a, b| b.received_at.cmp(&a.received_at).then_with(|| a.id.cmp(&b.id)));
    found.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// An event and its raw text (empty when that was forgotten); names are unique for each provider
/// only, so there may be several.
///
/// # Errors
/// When the database fails.
pub fn find_events(read: &Read, id: &str) -> Result<Vec<(Stored, String)>, Fault> {
    let mut found = Vec::new();
    let mut provider = String::new();
    while let Some(next) = next_provider(read, &provider)? {
        let sql = format!(
            "SELECT {COLUMNS}, payload FROM webhook_event WHERE provider = ?1 AND event_id = ?2"
        );
        let mut statement = read.prepare_cached(&sql)?;
        let event = statement.query_row([&next, id], |row| Ok((from_row(row)?, row.get(13)?)));
        found.extend(event.optional()?);
        provider = next;
    }
    Ok(found)
}

/// Providers by name: one step along the key for each.
fn next_provider(read: &Read, after: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT min(provider) FROM webhook_event WHERE provider > ?1";
    Ok(read.prepare_cached(sql)?.query_row([after], |row| row.get(0))?)
}

/// The inbox in numbers.
///
/// # Errors
/// When the database fails.
pub fn health(read: &Read, now: Instant) -> Result<Health, Fault> {
    let since = now.plus_s(-LATELY_S);
    let mut health = Health::default();
    let sql = "SELECT count(*) FROM webhook_event
               WHERE state = ?1 AND received_at > ?2 AND source = ?3
                 AND provider NOT IN ('shop', 'manual')";
    let mut statement = read.prepare_cached(sql)?;
    for state in STATES {
        for source in [Source::Webhook, Source::Reconciler] {
            let asked = params![state, since.0, source.word()];
            let count: i64 = statement.query_row(asked, |row| row.get(0))?;
            match source {
                Source::Webhook => health.received_24h += count,
                Source::Reconciler => health.found_24h += count,
            }
            match state {
                "done" => health.applied_24h += count,
                "ignored" => health.ignored_24h += count,
                _ => {}
            }
        }
    }
    let (waiting, first) = open(read, "new")?;
    let (retrying, second) = open(read, "retry")?;
    (health.waiting, health.retrying, health.dead) = (waiting, retrying, open(read, "dead")?.0);
    health.oldest_at = first.into_iter().chain(second).min();
    let sql = "SELECT min(next_at) FROM webhook_event WHERE state IN ('new', 'retry')";
    health.next_try_at = moment(read, sql)?;
    let sql = "SELECT order_id, last_error FROM webhook_event INDEXED BY webhook_event_due
               WHERE state IN ('new', 'retry') AND last_error IS NOT NULL
               ORDER BY next_at LIMIT 1";
    let next = read.prepare_cached(sql)?.query_row([], |row| {
        Ok((row.get::<_, Option<String>>(0)?.map(OrderId::from_stored), row.get(1)?))
    });
    let (order, why) = next.optional()?.unwrap_or_default();
    let number = order.map(|id| orders::get_number(read, &id)).transpose()?.flatten();
    health.next_about = (number, why);
    let sql = "SELECT max(received_at) FROM webhook_event WHERE state = 'done'";
    health.last_applied_at = moment(read, sql)?;
    Ok(health.at(now))
}

/// What the provider has said lately when a payment page was wanted, and none was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unserved {
    /// When the first call in a row failed.
    pub since: Instant,
    /// What was said to the last one.
    pub why: String,
}

/// Whether the provider makes payment pages: nothing, unless those that were asked for last all
/// failed, for several attempts. One may; more of them mean a revoked key, a closed account, or a
/// provider that is down.
///
/// # Errors
/// When the database fails.
pub fn unserved(read: &Read, now: Instant) -> Result<Option<Unserved>, Fault> {
    let sql = "SELECT outcome, at, coalesce(idempotency_key, '') FROM provider_call
               WHERE at > ?1 AND operation = 'create' ORDER BY at DESC, id DESC LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![now.plus_s(-LATELY_S).0, CALLS_SEEN], |row| {
        Ok((row.get::<_, String>(0)?, Instant(row.get(1)?), row.get::<_, String>(2)?))
    })?;
    let calls = rows.collect::<Result<Vec<_>, _>>()?;
    let failed: Vec<_> = calls.iter().take_while(|(said, ..)| !said.starts_with("ok ")).collect();
    let attempts: BTreeSet<&str> = failed.iter().map(|(.., key)| key.as_str()).collect();
    let (Some((why, last, _)), Some((_, since, _))) = (failed.first(), failed.last()) else {
        return Ok(None);
    };
    // What failed long ago says nothing of now: nobody has wanted to pay since.
    let is_told = attempts.len() >= FAILED_MIN && *last > now.plus_s(-STALE_S);
    Ok(is_told.then(|| Unserved { since: *since, why: why.clone() }))
}

fn moment(read: &Read, sql: &str) -> Result<Option<Instant>, Fault> {
    let at: Option<i64> = read.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(at.map(Instant))
}

/// How many events are in a state, and when the oldest came.
fn open(read: &Read, state: &str) -> Result<(i64, Option<Instant>), Fault> {
    let sql = "SELECT count(*), min(received_at) FROM webhook_event WHERE state = ?1";
    Ok(read
        .prepare_cached(sql)?
        .query_row([state], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(Instant))))?)
}

/// Payments declined after `since`, newest first: the order and when we heard of it. What a
/// provider cannot lay at the door of an order of ours is left out.
///
/// # Errors
/// When the database fails.
pub fn list_declines(
    read: &Read,
    since: Instant,
    limit: u32,
) -> Result<Vec<(OrderId, Instant)>, Fault> {
    let sql = "SELECT order_id, received_at FROM webhook_event
               WHERE type = 'payment_intent.payment_failed' AND received_at > ?1
                 AND order_id IS NOT NULL
               ORDER BY received_at DESC LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![since.0, limit], |row| {
        Ok((OrderId::from_stored(row.get::<_, String>(0)?), Instant(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many orders were paid with money after `since`.
///
/// # Errors
/// When the database fails.
pub fn count_paid(read: &Read, since: Instant) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM payment
               WHERE state = 'paid' AND ended_at > ?1 AND received_minor > 0";
    Ok(read.prepare_cached(sql)?.query_row([since.0], |row| row.get(0))?)
}

/// Lets an event that waits, was put aside, or was left for a reason be tried at once, with all its
/// tries before it. False for others: what took effect is never undone, so it cannot take effect
/// twice, and what was ignored at the door would do nothing or is of the other mode.
///
/// # Errors
/// When the database fails.
pub fn replay(tx: &Tx, event: &Stored, now: Instant) -> Result<bool, Fault> {
    let changed = tx
        .prepare_cached(
            "UPDATE webhook_event SET state = 'retry', attempts = 0, next_at = ?3, awaits = NULL
             WHERE provider = ?1 AND event_id = ?2
               AND (state IN ('new', 'retry', 'dead')
                    OR (state = 'ignored' AND last_error IS NOT NULL))",
        )?
        .execute(params![event.provider, event.id, now.0])?;
    Ok(changed == 1)
}

/// Leaves an event that was put aside as it is, for a reason; false when it was not put aside.
///
/// # Errors
/// When the database fails.
pub fn leave(tx: &Tx, event: &Stored, why: &str) -> Result<bool, Fault> {
    let changed = tx
        .prepare_cached(
            "UPDATE webhook_event SET state = 'ignored', last_error = ?3
             WHERE provider = ?1 AND event_id = ?2 AND state = 'dead'",
        )?
        .execute(params![event.provider, event.id, why])?;
    Ok(changed == 1)
}
