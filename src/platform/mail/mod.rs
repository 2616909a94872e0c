//! Letters: written down in the transaction of what causes them, sent behind it.
//!
//! **Invariants.** At most one letter for each cause (`dedup_key`); a second one is a person's
//! deliberate act, a row of its own with who and why. A letter is rendered from the data stored
//! with it, never from anything that may have changed since. No request waits for a mail server.
//! **Tables:** `outbox`.

mod again;
mod draw;
mod jobs;
mod store;
mod transport;

use serde_json::Value;

use crate::base::email_address::EmailAddress;
use crate::base::{Fault, Instant};
use crate::platform::db::Tx;

pub use again::{Again, Refusal, hurry, resend, send_trial, settle};
pub use draw::{Drawn, draw};
pub use jobs::jobs;
pub use store::{
    Posted, STATES, Unsent, Wanted, find, find_newest, list, list_copies, list_recent, newest,
    set_newer_sent, unsent, withdraw,
};
pub use transport::{Transport, message_id};

/// A letter to be sent: which template, with what in it, to whom.
#[derive(Clone)]
pub struct Letter<'a> {
    /// What caused it, such as `0198…:order_confirmation`; a second letter with it is dropped.
    pub dedup_key: String,
    /// What it is about, such as an order's id; empty when nothing is named.
    pub about: &'a str,
    /// `From`, such as `Shop <orders@shop.example>`.
    pub sender: &'a str,
    /// `To`.
    pub recipient: &'a EmailAddress,
    /// Folder under `site/mail/`.
    pub template: &'static str,
    /// Everything the template shows. Up to three `suggestions` ({title, url, image, price}, whole
    /// addresses, minor units) are shown by the layout, unless `[email] suggestions` is off. A
    /// letter that may be declined has a `decline_url`, which mail programs are told.
    pub data: Value,
}

/// Puts a letter into the outbox; does nothing when its cause already has one.
///
/// # Errors
/// When the database fails.
pub fn enqueue(tx: &Tx, letter: &Letter, now: Instant) -> Result<(), Fault> {
    store::insert(tx, letter, "", "", now)
}
