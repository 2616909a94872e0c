//! All SQL about visitors' sessions.

use rusqlite::params;

use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

pub(super) fn is_alive(read: &Read, hash: &str, now: Instant) -> Result<bool, Fault> {
    let sql = "SELECT 1 FROM session
               WHERE token_hash = ?1 AND kind = 'guest' AND expires_at > ?2";
    Ok(read.prepare_cached(sql)?.exists(params![hash, now.0])?)
}

pub(super) fn insert(tx: &Tx, hash: &str, now: Instant, expires: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO session (token_hash, kind, created_at, last_seen_at, expires_at)
         VALUES (?1, 'guest', ?2, ?2, ?3)
         ON CONFLICT (token_hash) DO UPDATE SET last_seen_at = ?2, expires_at = ?3",
    )?
    .execute(params![hash, now.0, expires.0])?;
    Ok(())
}

pub(super) fn set_seen(tx: &Tx, hash: &str, now: Instant, expires: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE session SET last_seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1",
    )?
    .execute(params![hash, now.0, expires.0])?;
    Ok(())
}

pub(super) fn delete_expired(tx: &Tx, now: Instant) -> Result<usize, Fault> {
    let sql = "DELETE FROM session WHERE expires_at <= ?1";
    Ok(tx.prepare_cached(sql)?.execute([now.0])?)
}
