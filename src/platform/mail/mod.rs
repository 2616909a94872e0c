//! Letters: written down in the transaction of what causes them, sent behind it.
//!
//! **Invariants.** At most one letter for each cause (`dedup_key`). A letter is rendered from the
//! data stored with it, never from anything that may have changed since. No request waits for a
//! mail server. **Tables:** `outbox`.

mod jobs;
mod store;
mod transport;

use serde_json::Value;

use crate::base::email_address::EmailAddress;
use crate::base::{Fault, Instant};
use crate::platform::db::Tx;

pub use jobs::jobs;
pub use store::{Posted, list_recent};
pub use transport::Transport;

/// A letter to be sent: which template, with what in it, to whom.
pub struct Letter<'a> {
    /// What caused it, such as `0198…:order_confirmation`; a second letter with it is dropped.
    pub dedup_key: String,
    /// `From`, such as `Shop <orders@shop.example>`.
    pub sender: &'a str,
    /// `To`.
    pub recipient: &'a EmailAddress,
    /// Folder under `site/mail/`.
    pub template: &'static str,
    /// Everything the template shows.
    pub data: Value,
}

/// Puts a letter into the outbox; does nothing when its cause already has one.
///
/// # Errors
/// When the database fails.
pub fn enqueue(tx: &Tx, letter: &Letter, now: Instant) -> Result<(), Fault> {
    store::insert(tx, letter, now)
}
