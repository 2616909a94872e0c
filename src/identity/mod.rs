//! Who is asking: a visitor known again by a cookie.
//!
//! **Invariants.** The browser holds a random token, the database its hash only. A token we did
//! not give out is never adopted. No cookie before there is something to remember.
//! **Tables:** `session`.

mod jobs;
mod store;
mod web;

use crate::base::ids::Token;
use crate::base::{Fault, Instant, Randomness};
use crate::platform::db::{Read, Tx};

pub use jobs::jobs;
pub use web::{presented, remember};

/// How long a browser is remembered after its last visit that changed something, in seconds.
pub const SESSION_S: i64 = 30 * 86_400;

/// The session a presented token names, as the hash other rooms store.
///
/// # Errors
/// When the database fails.
pub fn find_session(read: &Read, token: &Token, now: Instant) -> Result<Option<String>, Fault> {
    let hash = token.hash();
    Ok(store::is_alive(read, &hash, now)?.then_some(hash))
}

/// The session of a token made from the shop's own secret; opened when it is not there. Returns its
/// hash.
///
/// # Errors
/// When the database fails.
pub fn open_own(tx: &Tx, token: &Token, now: Instant) -> Result<String, Fault> {
    if !store::is_alive(tx, &token.hash(), now)? {
        store::insert(tx, &token.hash(), now, now.plus_s(SESSION_S))?;
    }
    Ok(token.hash())
}

/// The session of the presented token, kept alive; a new one when there is none.
/// Returns its hash and the token the browser must hold.
///
/// # Errors
/// When the database fails.
pub fn continue_or_start(
    tx: &Tx,
    presented: Option<&Token>,
    random: &Randomness,
    now: Instant,
) -> Result<(String, Token), Fault> {
    let known = presented.filter(|t| matches!(store::is_alive(tx, &t.hash(), now), Ok(true)));
    if let Some(token) = known {
        store::set_seen(tx, &token.hash(), now, now.plus_s(SESSION_S))?;
        return Ok((token.hash(), token.clone()));
    }
    let token = Token::new(random);
    store::insert(tx, &token.hash(), now, now.plus_s(SESSION_S))?;
    Ok((token.hash(), token))
}
