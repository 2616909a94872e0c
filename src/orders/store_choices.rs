//! All SQL of which letters people want.

use rusqlite::{OptionalExtension, params};

use super::choices::Choices;
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

/// What was chosen for a folded e-mail address.
pub(super) fn find(read: &Read, folded: &str) -> Result<Option<Choices>, Fault> {
    let sql = "SELECT shipping, suggestions FROM letter_choice WHERE email_folded = ?1";
    let found = read
        .prepare_cached(sql)?
        .query_row([folded], |row| Ok(Choices { shipping: row.get(0)?, suggestions: row.get(1)? }));
    Ok(found.optional()?)
}

pub(super) fn set(tx: &Tx, folded: &str, choices: Choices, now: Instant) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO letter_choice (email_folded, shipping, suggestions, changed_at)
         VALUES (?1, ?2, ?3, ?4) ON CONFLICT (email_folded) DO UPDATE SET
             shipping = excluded.shipping, suggestions = excluded.suggestions,
             changed_at = excluded.changed_at",
    )?
    .execute(params![folded, choices.shipping, choices.suggestions, now.0])?;
    Ok(())
}
