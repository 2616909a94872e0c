//! All SQL of the outbox.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::Letter;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// What a letter can be.
pub const STATES: [&str; 3] = ["waiting", "sent", "dead"];

/// A letter in the outbox.
#[derive(Clone, Debug, Serialize)]
pub struct Posted {
    /// Row id.
    pub id: i64,
    /// What caused it.
    pub dedup_key: String,
    /// What it is about, such as an order's id; empty when nothing is named.
    pub about: String,
    /// `From`.
    pub sender: String,
    /// `To`.
    pub recipient: String,
    /// Folder under `site/mail/`.
    pub template: String,
    /// What the template shows, as JSON.
    pub data: String,
    /// `waiting`, `sent` or `dead`.
    pub state: String,
    /// Tries so far.
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub next_at: Instant,
    /// When it was last tried.
    pub tried_at: Option<Instant>,
    /// What the mail server last said.
    pub answer: Option<String>,
    /// Why a person had it sent; empty when it came by itself.
    pub reason: String,
    /// Who had it sent.
    pub actor: String,
    /// The letter it repeats.
    pub copy_of: Option<i64>,
    /// When it was written.
    pub created_at: Instant,
    /// When it left.
    pub sent_at: Option<Instant>,
    /// Since when nobody need look at it any more, though it was given up.
    pub settled_at: Option<Instant>,
}

const COLUMNS: &str = "id, dedup_key, about, sender, recipient, template, data, state, attempts,
    next_at, tried_at, answer, reason, actor, copy_of, created_at, sent_at, settled_at";

fn from_row(row: &Row) -> rusqlite::Result<Posted> {
    Ok(Posted {
        id: row.get(0)?,
        dedup_key: row.get(1)?,
        about: row.get(2)?,
        sender: row.get(3)?,
        recipient: row.get(4)?,
        template: row.get(5)?,
        data: row.get(6)?,
        state: row.get(7)?,
        attempts: row.get(8)?,
        next_at: Instant(row.get(9)?),
        tried_at: row.get::<_, Option<i64>>(10)?.map(Instant),
        answer: row.get(11)?,
        reason: row.get(12)?,
        actor: row.get(13)?,
        copy_of: row.get(14)?,
        created_at: Instant(row.get(15)?),
        sent_at: row.get::<_, Option<i64>>(16)?.map(Instant),
        settled_at: row.get::<_, Option<i64>>(17)?.map(Instant),
    })
}

/// `reason` and `actor` are empty for letters that come by themselves.
pub(super) fn insert(
    tx: &Tx,
    letter: &Letter,
    reason: &str,
    actor: &str,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO outbox (dedup_key, about, sender, recipient, template, data, next_at, reason,
                             actor, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?7) ON CONFLICT (dedup_key) DO NOTHING",
    )?
    .execute(params![
        letter.dedup_key,
        letter.about,
        letter.sender,
        letter.recipient.as_str(),
        letter.template,
        letter.data.to_string(),
        now.0,
        reason,
        actor
    ])?;
    Ok(())
}

/// The same letter once more, under a key of its own and perhaps to another address.
pub(super) fn insert_copy(
    tx: &Tx,
    of: i64,
    key_and_to: (&str, &str),
    reason_and_actor: (&str, &str),
    now: Instant,
) -> Result<i64, Fault> {
    let sql = "INSERT INTO outbox (dedup_key, about, sender, recipient, template, data, next_at,
                                   reason, actor, copy_of, created_at)
               SELECT ?2, about, sender, ?3, template, data, ?6, ?4, ?5, id, ?6
               FROM outbox WHERE id = ?1 RETURNING id";
    let ((key, to), (reason, actor)) = (key_and_to, reason_and_actor);
    let values = params![of, key, to, reason, actor, now.0];
    Ok(tx.prepare_cached(sql)?.query_row(values, |row| row.get(0))?)
}

/// How often a letter was sent again, and how many of these have not left.
pub(super) fn count_copies(read: &Read, of: i64) -> Result<(u32, u32), Fault> {
    let sql = "SELECT count(*), count(*) FILTER (WHERE state = 'waiting')
               FROM outbox WHERE copy_of = ?1";
    let row = |row: &Row| Ok((row.get(0)?, row.get(1)?));
    Ok(read.prepare_cached(sql)?.query_row([of], row)?)
}

/// One letter.
///
/// # Errors
/// When the database fails.
pub fn find(read: &Read, id: i64) -> Result<Option<Posted>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE id = ?1");
    Ok(read.prepare_cached(&sql)?.query_row([id], from_row).optional()?)
}

/// The letters that repeat one, oldest first.
///
/// # Errors
/// When the database fails.
pub fn list_copies(read: &Read, of: i64) -> Result<Vec<Posted>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE copy_of = ?1 ORDER BY id");
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([of], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The newest letter of a kind, to show what such letters look like.
///
/// # Errors
/// When the database fails.
pub fn find_newest(read: &Read, template: &str) -> Result<Option<Posted>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE template = ?1 AND reason <> 'trial'
         ORDER BY id DESC LIMIT 1"
    );
    Ok(read.prepare_cached(&sql)?.query_row([template], from_row).optional()?)
}

/// Which letters are wanted; what is empty asks for nothing.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// One of [`STATES`].
    pub state: String,
    /// Folder under `site/mail/`.
    pub template: String,
    /// To whom.
    pub recipient: String,
    /// What about; wins over the recipient.
    pub about: String,
    /// Only letters before this one.
    pub before: Option<i64>,
    /// How many at most.
    pub limit: u32,
}

/// The letters wanted, newest first.
///
/// # Errors
/// When the database fails.
pub fn list(read: &Read, wanted: &Wanted) -> Result<Vec<Posted>, Fault> {
    let Wanted { state, template, recipient, about, .. } = wanted;
    let key = if about.is_empty() { recipient } else { about };
    let asks = [about, recipient, state, template].map(|field| !field.is_empty());
    let condition = match asks {
        [true, ..] => {
            "about = ?3 AND about <> '' AND (?1 = '' OR state = ?1) AND (?2 = '' OR template = ?2)"
        }
        [_, true, ..] => {
            "recipient = ?3 COLLATE NOCASE AND (?1 = '' OR state = ?1)
             AND (?2 = '' OR template = ?2)"
        }
        [.., false, false] => "?1 || ?2 || ?3 = ''",
        [.., false] => "state = ?1 AND ?2 || ?3 = ''",
        [_, _, false, _] => "template = ?2 AND ?1 || ?3 = ''",
        _ => "state = ?1 AND template = ?2 AND ?3 = ''",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE {condition} AND id < ?4 ORDER BY id DESC LIMIT ?5"
    );
    let before = wanted.before.unwrap_or(i64::MAX);
    let mut statement = read.prepare_cached(&sql)?;
    let values = params![state, template, key, before, wanted.limit];
    let rows = statement.query_map(values, from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The letter that has waited longest, when one is due.
pub(super) fn find_due(read: &Read, now: Instant) -> Result<Option<Posted>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox INDEXED BY outbox_due
         WHERE state = 'waiting' AND next_at <= ?1 ORDER BY next_at LIMIT 1"
    );
    Ok(read.prepare_cached(&sql)?.query_row([now.0], from_row).optional()?)
}

/// The newest letters, for `/dev/mail`.
///
/// # Errors
/// When the database fails.
pub fn list_recent(read: &Read, limit: u32) -> Result<Vec<Posted>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM outbox ORDER BY id DESC LIMIT ?1");
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([limit], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Letters that have not left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsent {
    /// Waiting for their turn or for another try.
    pub waiting: i64,
    /// When the oldest of them was written.
    pub oldest_at: Option<Instant>,
    /// Given up, and nobody has dealt with it.
    pub dead: i64,
}

/// Counts the letters that have not left.
///
/// # Errors
/// When the database fails.
pub fn unsent(read: &Read) -> Result<Unsent, Fault> {
    let sql = "SELECT count(*), min(created_at) FROM outbox WHERE state = 'waiting'";
    let (waiting, oldest): (i64, Option<i64>) =
        read.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let sql = "SELECT count(*) FROM outbox WHERE state = 'dead' AND settled_at IS NULL";
    let dead = read.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(Unsent { waiting, oldest_at: oldest.map(Instant), dead })
}

/// Forgets letters sent before `before`; how many.
pub(super) fn delete_sent(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "DELETE FROM outbox WHERE id IN
               (SELECT id FROM outbox INDEXED BY outbox_sent WHERE state = 'sent' AND sent_at < ?1
                ORDER BY sent_at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}

/// The number of the newest letter, 0 when there is none.
///
/// # Errors
/// When the database fails.
pub fn newest(read: &Read) -> Result<i64, Fault> {
    let sql = "SELECT coalesce(max(id), 0) FROM outbox";
    Ok(read.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Lays letters that are newer than one aside as sent: those about orders that nobody placed.
///
/// # Errors
/// When the database fails.
pub fn set_newer_sent(tx: &Tx, than: i64, answer: &str, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sent', sent_at = ?2, answer = ?3
         WHERE id > ?1 AND state = 'waiting'",
    )?
    .execute(params![than, now.0, answer])?;
    Ok(())
}

/// Takes back letters of a kind to an address that have not left; what a person had sent again
/// goes out all the same.
///
/// # Errors
/// When the database fails.
pub fn withdraw(tx: &Tx, recipient: &str, template: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM outbox WHERE recipient = ?1 COLLATE NOCASE AND template = ?2
               AND state = 'waiting' AND reason = ''";
    tx.prepare_cached(sql)?.execute([recipient, template])?;
    Ok(())
}

pub(super) fn set_sent(tx: &Tx, id: i64, answer: &str, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sent', sent_at = ?2, tried_at = ?2, answer = ?3,
                           attempts = attempts + 1
         WHERE id = ?1 AND state = 'waiting'",
    )?
    .execute(params![id, now.0, answer])?;
    Ok(())
}

pub(super) fn set_again(
    tx: &Tx,
    id: i64,
    answer: &str,
    next: Instant,
    now: Instant,
) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET attempts = attempts + 1, answer = ?2, next_at = ?3, tried_at = ?4
         WHERE id = ?1",
    )?
    .execute(params![id, answer, next.0, now.0])?;
    Ok(())
}

pub(super) fn set_dead(tx: &Tx, id: i64, answer: &str, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'dead', attempts = attempts + 1, answer = ?2, tried_at = ?3
         WHERE id = ?1",
    )?
    .execute(params![id, answer, now.0])?;
    Ok(())
}

/// Whether a letter, or a copy of it, was given up and nobody had dealt with it before.
pub(super) fn set_settled(tx: &Tx, id: i64, now: Instant) -> Result<bool, Fault> {
    let sql = "UPDATE outbox SET settled_at = ?2
               WHERE (id = ?1 OR copy_of = ?1) AND state = 'dead' AND settled_at IS NULL";
    Ok(tx.prepare_cached(sql)?.execute(params![id, now.0])? > 0)
}

pub(super) fn set_due(tx: &Tx, id: i64, now: Instant) -> Result<bool, Fault> {
    let sql = "UPDATE outbox SET next_at = ?2 WHERE id = ?1 AND state = 'waiting'";
    Ok(tx.prepare_cached(sql)?.execute(params![id, now.0])? > 0)
}
