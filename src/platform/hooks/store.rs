//! All SQL of the hooks.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// An event on its way to one endpoint.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// Row id.
    pub id: i64,
    /// The event's id.
    pub event: String,
    /// What kind of event, such as `order.paid`.
    pub kind: String,
    /// Whom.
    pub endpoint: String,
    /// What about, such as an order's id; empty when nothing is named.
    pub about: String,
    /// `waiting`, `sent` or `dead`.
    pub state: String,
    /// Tries since it was written or sent again.
    pub attempts: u32,
    /// How often a person had it sent again.
    pub replays: u32,
    /// When it is tried next, while it waits.
    pub next_at: Instant,
    /// When it was last tried.
    pub tried_at: Option<Instant>,
    /// What HTTP status came back.
    pub status: Option<u16>,
    /// What came with it, or why nothing did.
    pub answer: Option<String>,
    /// When it was written.
    pub created_at: Instant,
    /// When it was taken.
    pub sent_at: Option<Instant>,
}

const COLUMNS: &str = "d.id, d.event_id, e.kind, d.endpoint, d.about, d.state, d.attempts,
    d.replays, d.next_at, d.tried_at, d.status, d.answer, d.created_at, d.sent_at";

fn from_row(row: &Row) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: row.get(0)?,
        event: row.get(1)?,
        kind: row.get(2)?,
        endpoint: row.get(3)?,
        about: row.get(4)?,
        state: row.get(5)?,
        attempts: row.get(6)?,
        replays: row.get(7)?,
        next_at: Instant(row.get(8)?),
        tried_at: row.get::<_, Option<i64>>(9)?.map(Instant),
        status: row.get(10)?,
        answer: row.get(11)?,
        created_at: Instant(row.get(12)?),
        sent_at: row.get::<_, Option<i64>>(13)?.map(Instant),
    })
}

pub(super) fn subscribers(read: &Read, event: &str) -> Result<Vec<String>, Fault> {
    let sql = "SELECT endpoint FROM hook_subscription WHERE event = ?1 ORDER BY endpoint";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([event], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn delete_subscriptions(tx: &Tx) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM hook_subscription")?.execute([])?;
    Ok(())
}

pub(super) fn insert_subscription(tx: &Tx, event: &str, endpoint: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO hook_subscription (event, endpoint) VALUES (?1, ?2)";
    tx.prepare_cached(sql)?.execute([event, endpoint])?;
    Ok(())
}

/// False when its cause has one already.
pub(super) fn insert_event(
    tx: &Tx,
    id: &str,
    dedup_key: &str,
    kind: &str,
    body: &str,
    now: Instant,
) -> Result<bool, Fault> {
    let sql = "INSERT INTO hook_event (id, dedup_key, kind, body, created_at)
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (dedup_key) DO NOTHING";
    Ok(tx.prepare_cached(sql)?.execute(params![id, dedup_key, kind, body, now.0])? > 0)
}

pub(super) fn insert_delivery(
    tx: &Tx,
    event: &str,
    endpoint: &str,
    about: &str,
    now: Instant,
) -> Result<(), Fault> {
    let sql = "INSERT INTO hook_delivery (event_id, endpoint, about, next_at, created_at)
               VALUES (?1, ?2, ?3, ?4, ?4)";
    tx.prepare_cached(sql)?.execute(params![event, endpoint, about, now.0])?;
    Ok(())
}

/// The delivery whose turn it is, with its event's body: what is about the same thing waits for
/// what happened before.
pub(super) fn find_due(
    read: &Read,
    endpoint: &str,
    now: Instant,
) -> Result<Option<(Delivery, String)>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS}, e.body FROM hook_delivery d JOIN hook_event e ON e.id = d.event_id
         WHERE d.endpoint = ?1 AND d.state = 'waiting' AND d.next_at <= ?2
           AND (d.about = '' OR NOT EXISTS (
             SELECT 1 FROM hook_delivery p WHERE p.endpoint = ?1 AND p.about = d.about
               AND p.state = 'waiting' AND p.id < d.id))
         ORDER BY d.next_at, d.id LIMIT 1"
    );
    let row = |row: &Row| Ok((from_row(row)?, row.get(14)?));
    Ok(read.prepare_cached(&sql)?.query_row(params![endpoint, now.0], row).optional()?)
}

/// One delivery.
///
/// # Errors
/// When the database fails.
pub fn find(read: &Read, id: i64) -> Result<Option<Delivery>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM hook_delivery d JOIN hook_event e ON e.id = d.event_id
         WHERE d.id = ?1"
    );
    Ok(read.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// What an event says, as JSON.
///
/// # Errors
/// When the database fails.
pub fn find_body(read: &Read, event: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT body FROM hook_event WHERE id = ?1";
    Ok(read.prepare_cached(sql)?.query_row([event], |row| row.get(0)).optional()?)
}

/// Which deliveries are wanted; what is empty asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// `waiting`, `sent` or `dead`.
    pub state: String,
    /// Whom.
    pub endpoint: String,
    /// Only those before this one.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

/// The deliveries wanted, newest first.
///
/// # Errors
/// When the database fails.
pub fn list(read: &Read, wanted: &Wanted) -> Result<Vec<Delivery>, Fault> {
    let asks = [&wanted.state, &wanted.endpoint].map(|field| !field.is_empty());
    let condition = match asks {
        [false, false] => "?1 || ?2 = ''",
        [true, false] => "d.state = ?1 AND ?2 = ''",
        [false, true] => "d.endpoint = ?2 AND ?1 = ''",
        [true, true] => "d.endpoint = ?2 AND d.state = ?1",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM hook_delivery d JOIN hook_event e ON e.id = d.event_id
         WHERE {condition} AND d.id < ?3 ORDER BY d.id DESC LIMIT ?4"
    );
    let before = wanted.before.unwrap_or(i64::MAX);
    let mut statement = read.prepare_cached(&sql)?;
    let values = params![wanted.state, wanted.endpoint, before, wanted.limit];
    let rows = statement.query_map(values, from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deliveries that have not arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unsent {
    /// Waiting for their turn or for another try.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
}

/// Counts the deliveries that have not arrived.
///
/// # Errors
/// When the database fails.
pub fn unsent(read: &Read) -> Result<Unsent, Fault> {
    let count = |state: &str| {
        let sql = "SELECT count(*) FROM hook_delivery WHERE state = ?1";
        Ok::<_, Fault>(read.prepare_cached(sql)?.query_row([state], |row| row.get(0))?)
    };
    Ok(Unsent { waiting: count("waiting")?, dead: count("dead")? })
}

/// How an endpoint is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Waiting for their turn or for another try.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
    /// When it last took something.
    pub last_at: Option<Instant>,
}

/// How an endpoint is doing.
///
/// # Errors
/// When the database fails.
pub fn standings(read: &Read, endpoint: &str) -> Result<Standing, Fault> {
    let count = |state: &str| {
        let sql = "SELECT count(*) FROM hook_delivery WHERE endpoint = ?1 AND state = ?2";
        let counted = read.prepare_cached(sql)?.query_row([endpoint, state], |row| row.get(0))?;
        Ok::<i64, Fault>(counted)
    };
    let sql = "SELECT sent_at FROM hook_delivery WHERE endpoint = ?1 AND state = 'sent'
               ORDER BY id DESC LIMIT 1";
    let last = read.prepare_cached(sql)?.query_row([endpoint], |row| row.get(0)).optional()?;
    Ok(Standing { waiting: count("waiting")?, dead: count("dead")?, last_at: last.map(Instant) })
}

/// Gives up what waits for endpoints that hear of nothing any more.
pub(super) fn give_up_unheard(tx: &Tx, why: &str, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE hook_delivery SET state = 'dead', answer = ?1, tried_at = ?2
               WHERE state = 'waiting' AND NOT EXISTS (
                 SELECT 1 FROM hook_subscription s WHERE s.endpoint = hook_delivery.endpoint)";
    tx.prepare_cached(sql)?.execute(params![why, now.0])?;
    Ok(())
}

/// Lets a delivery go out once more, at once, with all its tries before it; false when it is on its
/// way already or not there.
///
/// # Errors
/// When the database fails.
pub fn replay(tx: &Tx, id: i64, now: Instant) -> Result<bool, Fault> {
    let sql = "UPDATE hook_delivery SET state = 'waiting', sent_at = NULL, attempts = 0,
                                        next_at = ?2, replays = replays + 1
               WHERE id = ?1 AND state <> 'waiting'
                 AND endpoint IN (SELECT endpoint FROM hook_subscription)";
    Ok(tx.prepare_cached(sql)?.execute(params![id, now.0])? > 0)
}

/// Forgets events from before `before` that nobody waits for any more; how many.
pub(super) fn delete_old(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "DELETE FROM hook_event WHERE id IN (
                 SELECT e.id FROM hook_event e WHERE e.created_at < ?1 AND NOT EXISTS (
                   SELECT 1 FROM hook_delivery d WHERE d.event_id = e.id AND d.state = 'waiting')
                 ORDER BY e.created_at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}

type Said<'a> = (Option<u16>, &'a str);

pub(super) fn set_sent(tx: &Tx, id: i64, said: Said, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE hook_delivery SET state = 'sent', sent_at = ?4, tried_at = ?4, status = ?2,
                                        answer = ?3, attempts = attempts + 1
               WHERE id = ?1 AND state = 'waiting'";
    tx.prepare_cached(sql)?.execute(params![id, said.0, said.1, now.0])?;
    Ok(())
}

pub(super) fn set_again(
    tx: &Tx,
    id: i64,
    said: Said,
    next: Instant,
    now: Instant,
) -> Result<(), Fault> {
    let sql = "UPDATE hook_delivery SET tried_at = ?5, status = ?2, answer = ?3, next_at = ?4,
                                        attempts = attempts + 1
               WHERE id = ?1 AND state = 'waiting'";
    tx.prepare_cached(sql)?.execute(params![id, said.0, said.1, next.0, now.0])?;
    Ok(())
}

pub(super) fn set_dead(tx: &Tx, id: i64, said: Said, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE hook_delivery SET state = 'dead', tried_at = ?4, status = ?2, answer = ?3,
                                        attempts = attempts + 1
               WHERE id = ?1 AND state = 'waiting'";
    tx.prepare_cached(sql)?.execute(params![id, said.0, said.1, now.0])?;
    Ok(())
}
