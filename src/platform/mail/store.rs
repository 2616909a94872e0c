//! All SQL of the outbox.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::Letter;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// A letter in the outbox.
#[derive(Clone, Debug, Serialize)]
pub struct Posted {
    /// Row id.
    pub id: i64,
    /// What caused it.
    pub dedup_key: String,
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
    /// What the mail server last said.
    pub answer: Option<String>,
    /// When it was written.
    pub created_at: Instant,
}

const COLUMNS: &str =
    "id, dedup_key, sender, recipient, template, data, state, attempts, answer, created_at";

fn from_row(row: &Row) -> rusqlite::Result<Posted> {
    Ok(Posted {
        id: row.get(0)?,
        dedup_key: row.get(1)?,
        sender: row.get(2)?,
        recipient: row.get(3)?,
        template: row.get(4)?,
        data: row.get(5)?,
        state: row.get(6)?,
        attempts: row.get(7)?,
        answer: row.get(8)?,
        created_at: Instant(row.get(9)?),
    })
}

pub(super) fn insert(tx: &Tx, letter: &Letter, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO outbox (dedup_key, sender, recipient, template, data, next_at, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (dedup_key) DO NOTHING",
    )?
    .execute(params![
        letter.dedup_key,
        letter.sender,
        letter.recipient.as_str(),
        letter.template,
        letter.data.to_string(),
        now.0
    ])?;
    Ok(())
}

/// The letter that has waited longest, when one is due.
pub(super) fn find_due(read: &Read, now: Instant) -> Result<Option<Posted>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE state = 'waiting' AND next_at <= ?1
         ORDER BY next_at LIMIT 1"
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
    /// Given up.
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
    let sql = "SELECT count(*) FROM outbox WHERE state = 'dead'";
    let dead = read.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(Unsent { waiting, oldest_at: oldest.map(Instant), dead })
}

/// Forgets letters sent before `before`; how many.
pub(super) fn delete_sent(tx: &Tx, before: Instant, limit: u32) -> Result<usize, Fault> {
    let sql = "DELETE FROM outbox WHERE id IN
               (SELECT id FROM outbox WHERE state = 'sent' AND sent_at < ?1
                ORDER BY sent_at LIMIT ?2)";
    Ok(tx.prepare_cached(sql)?.execute(params![before.0, limit])?)
}

pub(super) fn set_sent(tx: &Tx, id: i64, answer: &str, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'sent', sent_at = ?2, answer = ?3, attempts = attempts + 1
         WHERE id = ?1 AND state = 'waiting'",
    )?
    .execute(params![id, now.0, answer])?;
    Ok(())
}

pub(super) fn set_again(tx: &Tx, id: i64, answer: &str, next: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET attempts = attempts + 1, answer = ?2, next_at = ?3 WHERE id = ?1",
    )?
    .execute(params![id, answer, next.0])?;
    Ok(())
}

pub(super) fn set_dead(tx: &Tx, id: i64, answer: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE outbox SET state = 'dead', attempts = attempts + 1, answer = ?2 WHERE id = ?1",
    )?
    .execute(params![id, answer])?;
    Ok(())
}
