//! All SQL of errors.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::report::Kind;
use super::reports::Noted;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// Rows kept of each kind; the longest unseen go first.
const KEPT_OF_EACH: u32 = 200;

/// Whether an error was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Novelty {
    /// Never seen before.
    New,
    /// Seen again after it was resolved.
    Back,
    /// Known and open.
    Known,
}

/// An error as it is listed.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub fingerprint: String,
    /// `fault`, `panic`, `job`, `browser` or `test`.
    pub kind: String,
    /// What happened.
    pub title: String,
    /// Where.
    pub place: String,
    /// How often.
    pub count: i64,
    /// When first.
    pub first_at: Instant,
    /// When last.
    pub last_at: Instant,
    /// Which build met it first.
    pub first_build: String,
    /// Which build met it last.
    pub last_build: String,
    /// What the last request was answered with.
    pub status: Option<u16>,
    /// The last request.
    pub request_id: Option<String>,
    /// What it looked like the last time.
    pub detail: String,
    /// Since when it counts as resolved.
    pub resolved_at: Option<Instant>,
    /// Who said so.
    pub resolved_by: Option<String>,
}

/// Which errors are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those nobody has resolved.
    Open,
    /// All of them.
    All,
}

fn from_row(row: &Row) -> rusqlite::Result<Listed> {
    Ok(Listed {
        fingerprint: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        place: row.get(3)?,
        count: row.get(4)?,
        first_at: Instant(row.get(5)?),
        last_at: Instant(row.get(6)?),
        first_build: row.get(7)?,
        last_build: row.get(8)?,
        status: row.get(9)?,
        request_id: row.get(10)?,
        detail: row.get(11)?,
        resolved_at: row.get::<_, Option<i64>>(12)?.map(Instant),
        resolved_by: row.get(13)?,
    })
}

/// Adds what was noticed to what is known; it is open again if it was resolved.
///
/// # Errors
/// When the database fails.
pub fn record(tx: &Tx, noted: &Noted, build: &str, now: Instant) -> Result<Novelty, Fault> {
    let known: Option<bool> = {
        let sql = "SELECT resolved_at IS NOT NULL FROM error_report WHERE fingerprint = ?1";
        let mut statement = tx.prepare_cached(sql)?;
        statement.query_row([&noted.fingerprint], |row| row.get(0)).optional()?
    };
    let report = &noted.report;
    tx.prepare_cached(
        "INSERT INTO error_report (fingerprint, kind, title, place, count, first_at, last_at,
             first_build, last_build, status, request_id, detail)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?7, ?8, ?9, ?10)
         ON CONFLICT (fingerprint) DO UPDATE SET title = excluded.title,
             count = count + excluded.count, last_at = excluded.last_at,
             last_build = excluded.last_build, status = excluded.status,
             request_id = excluded.request_id, detail = excluded.detail,
             resolved_at = NULL, resolved_by = NULL",
    )?
    .execute(params![
        noted.fingerprint,
        report.kind.word(),
        report.title,
        report.place,
        noted.count,
        now.0,
        build,
        report.status,
        report.request_id,
        report.detail,
    ])?;
    Ok(match known {
        None => Novelty::New,
        Some(true) => Novelty::Back,
        Some(false) => Novelty::Known,
    })
}

/// Forgets those of a kind that were not seen for longest, beyond what is kept.
///
/// # Errors
/// When the database fails.
pub fn prune(tx: &Tx, kind: Kind) -> Result<(), Fault> {
    let sql = "DELETE FROM error_report WHERE fingerprint IN
                   (SELECT fingerprint FROM error_report WHERE kind = ?1
                    ORDER BY last_at DESC LIMIT -1 OFFSET ?2)";
    tx.prepare_cached(sql)?.execute(params![kind.word(), KEPT_OF_EACH])?;
    Ok(())
}

/// Errors last seen before `before`, latest first.
///
/// # Errors
/// When the database fails.
pub fn list(
    read: &Read,
    filter: Filter,
    before: Option<(Instant, &str)>,
    limit: u32,
) -> Result<Vec<Listed>, Fault> {
    let sql = match filter {
        Filter::Open => {
            "SELECT fingerprint, kind, title, place, count, first_at, last_at, first_build,
                    last_build, status, request_id, detail, resolved_at, resolved_by
             FROM error_report
             WHERE resolved_at IS NULL AND (last_at, fingerprint) < (?1, ?2)
             ORDER BY last_at DESC, fingerprint DESC LIMIT ?3"
        }
        Filter::All => {
            "SELECT fingerprint, kind, title, place, count, first_at, last_at, first_build,
                    last_build, status, request_id, detail, resolved_at, resolved_by
             FROM error_report WHERE (last_at, fingerprint) < (?1, ?2)
             ORDER BY last_at DESC, fingerprint DESC LIMIT ?3"
        }
    };
    let (at, name) = before.map_or((i64::MAX, ""), |(at, name)| (at.0, name));
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![at, name, limit], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One error.
///
/// # Errors
/// When the database fails.
pub fn get(read: &Read, fingerprint: &str) -> Result<Option<Listed>, Fault> {
    let sql = "SELECT fingerprint, kind, title, place, count, first_at, last_at, first_build,
                      last_build, status, request_id, detail, resolved_at, resolved_by
               FROM error_report WHERE fingerprint = ?1";
    Ok(read.prepare_cached(sql)?.query_row([fingerprint], from_row).optional()?)
}

/// How many nobody has resolved.
///
/// # Errors
/// When the database fails.
pub fn count_open(read: &Read) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM error_report WHERE resolved_at IS NULL";
    Ok(read.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Open errors that were not sent by hand.
///
/// # Errors
/// When the database fails.
pub fn count_unseen(read: &Read) -> Result<i64, Fault> {
    let sql = "SELECT count(*) FROM error_report WHERE resolved_at IS NULL AND kind <> 'test'";
    Ok(read.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

/// Marks an error as resolved; false when there is no open one of this name.
///
/// # Errors
/// When the database fails.
pub fn resolve(tx: &Tx, fingerprint: &str, by: &str, now: Instant) -> Result<bool, Fault> {
    let sql = "UPDATE error_report SET resolved_at = ?2, resolved_by = ?3
               WHERE fingerprint = ?1 AND resolved_at IS NULL";
    Ok(tx.prepare_cached(sql)?.execute(params![fingerprint, now.0, by])? > 0)
}

/// Marks every error as resolved that was seen no later than this, and answers how many.
///
/// # Errors
/// When the database fails.
pub fn resolve_until(tx: &Tx, until: Instant, by: &str, now: Instant) -> Result<usize, Fault> {
    let sql = "UPDATE error_report SET resolved_at = ?2, resolved_by = ?3
               WHERE last_at <= ?1 AND resolved_at IS NULL";
    Ok(tx.prepare_cached(sql)?.execute(params![until.0, now.0, by])?)
}
