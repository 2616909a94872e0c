//! Who is asking: a visitor known again by a cookie, or somebody who runs the shop.
//!
//! **Invariants.** The browser holds a random token, the database its hash only. A token we did
//! not give out is never adopted, and every sign-in makes a new one. No cookie before there is
//! something to remember. Every route of the desk names the right it needs ([`Desk`]); what a role
//! may do stands in one list ([`Right`]). The shop always has an owner who can sign in. Every
//! change by staff leaves a line in `audit`, in the transaction of the change.
//! **Tables:** `session`, `staff`, `staff_key`, `audit`, `saved_view`.

mod admin;
mod admin_account;
mod admin_staff;
mod desk;
mod flow;
mod guard;
mod jobs;
mod known_browser;
mod model;
mod password;
mod right;
mod second_factor;
mod store;
mod store_staff;
mod store_views;
mod views;
mod visit;
mod web;

use crate::base::ids::Token;
use crate::base::{Fault, Instant, Randomness};
use crate::platform::db::{Read, Tx};

pub use admin::{choose_password, entrance};
pub use desk::Desk;
pub use flow::{
    COMMAND_LINE, add as add_staff, note, note_typed, reset as reset_staff, set_active, set_role,
};
pub use guard::Presence;
pub use jobs::jobs;
pub use model::{Noted, Person, Refusal, Staff};
pub use right::{Right, Role};
pub use second_factor::code_at;
pub use views::{NoView, View, Views};
pub use visit::{Visit, see_other};
pub use web::{presented, remember};

/// How long a browser is remembered after its last visit that changed something, in seconds.
pub const SESSION_S: i64 = 30 * 86_400;

/// Staff pages of the room: one's own account, people, the log of changes.
#[must_use]
pub fn staff_routes() -> Desk {
    admin_account::desk().and(admin_staff::desk())
}

/// Everybody who runs the shop.
///
/// # Errors
/// When the database fails.
pub fn list_staff(read: &Read) -> Result<Vec<Person>, Fault> {
    store_staff::list(read)
}

/// The person with an e-mail address, however it is written.
///
/// # Errors
/// When the database fails.
pub fn find_staff(read: &Read, email: &str) -> Result<Option<Person>, Fault> {
    let id = store_staff::find_id(read, &email.trim().to_lowercase())?;
    Ok(id.map(|id| store_staff::find(read, &id)).transpose()?.flatten())
}

/// The views that people of the shop have kept of a list, by name.
///
/// # Errors
/// When the database fails.
pub fn list_views(read: &Read, list: &str) -> Result<Vec<View>, Fault> {
    store_views::list_views(read, list)
}

/// What was changed of one thing, newest first.
///
/// # Errors
/// When the database fails.
pub fn changes_of(read: &Read, entity: &str, id: &str) -> Result<Vec<Noted>, Fault> {
    store_staff::list_audit_of(read, entity, id)
}

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
    let hash = token.hash();
    if !store::is_alive(tx, &hash, now)? {
        store::insert(tx, &hash, now, now.plus_s(SESSION_S))?;
    }
    Ok(hash)
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
