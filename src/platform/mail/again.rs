//! What people do with letters: send one again, try at once, try one out.

use super::store::{self, Posted};
use super::{Letter, draw};
use crate::base::email_address::EmailAddress;
use crate::base::ids::hex;
use crate::base::{Failure, Fault, Instant, Problem, refuse};
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};

/// Most times one letter is sent again.
const COPIES_MAX: u32 = 20;
/// Longest reason, in characters.
const REASON_MAX: usize = 200;

/// Why a letter is not sent again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such letter.
    Unknown,
    /// It, or a copy of it, has not left yet.
    Waiting,
    /// Somebody must say why.
    NoReason,
    /// It was sent again too often.
    TooOften,
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown => {
                let says = "There is no letter with this number.";
                Problem::new(404, "unknown-letter", "No such letter", says)
                    .hint("Letters that were sent are forgotten after 90 days.")
            }
            Self::Waiting => {
                let says = "It has not left yet, so it cannot be sent again.";
                Problem::new(409, "letter-waiting", "The letter is still waiting", says)
                    .hint("Let it be tried at once instead.")
            }
            Self::NoReason => {
                let says = "A letter is sent again for a reason, and the reason is kept.";
                Problem::new(422, "letter-reason", "Say why", says)
                    .hint(format!("Write a few words, {REASON_MAX} characters at most."))
            }
            Self::TooOften => {
                let says = format!("It was sent again {COPIES_MAX} times already.");
                Problem::new(409, "letter-too-often", "Sent too often", says)
                    .hint("Look at the recipient's address, and write to them yourself.")
            }
        }
    }
}

/// A letter sent once more.
pub struct Again<'a> {
    /// Which.
    pub id: i64,
    /// Why, in words.
    pub reason: &'a str,
    /// Who wants it.
    pub actor: &'a str,
    /// To whom; the same as before when absent.
    pub to: Option<&'a EmailAddress>,
}

/// Sends a letter again: a row of its own, beside the first. Its number is the answer.
///
/// # Errors
/// When it or a copy still waits, there is no reason, or it was sent again too often.
pub fn resend(tx: &Tx, again: &Again, now: Instant) -> Result<i64, Failure<Refusal>> {
    let reason = again.reason.trim();
    if reason.is_empty() || reason.chars().count() > REASON_MAX {
        return refuse(Refusal::NoReason);
    }
    let first = root_of(tx, again.id)?;
    let (copies, waiting) = store::count_copies(tx, first.id)?;
    if first.state == "waiting" || waiting > 0 {
        return refuse(Refusal::Waiting);
    }
    if copies >= COPIES_MAX {
        return refuse(Refusal::TooOften);
    }
    // Whether this one arrives is what counts from now on.
    store::set_settled(tx, first.id, now)?;
    let to = again.to.map_or(first.recipient.as_str(), EmailAddress::as_str);
    let key = format!("{}:again:{}", first.dedup_key, copies + 1);
    Ok(store::insert_copy(tx, first.id, (&key, to), (reason, again.actor), now)?)
}

/// The letter a copy was made of; itself when it is none.
fn root_of(read: &Read, id: i64) -> Result<Posted, Failure<Refusal>> {
    let Some(letter) = store::find(read, id)? else { return refuse(Refusal::Unknown) };
    match letter.copy_of {
        None => Ok(letter),
        Some(first) => match store::find(read, first)? {
            Some(first) => Ok(first),
            None => Ok(Posted { copy_of: None, ..letter }),
        },
    }
}

/// Lets a letter that waits be tried at once; false when it does not wait.
///
/// # Errors
/// When the database fails.
pub fn hurry(tx: &Tx, id: i64, now: Instant) -> Result<bool, Fault> {
    store::set_due(tx, id, now)
}

/// Notes that nobody need look at a letter any more that was given up, nor at copies of it; false
/// when there is nothing to note.
///
/// # Errors
/// When the database fails.
pub fn settle(tx: &Tx, id: i64, now: Instant) -> Result<bool, Fault> {
    match root_of(tx, id) {
        Ok(first) => store::set_settled(tx, first.id, now),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(Failure::Refused(_)) => Ok(false),
    }
}

/// Sends a letter to try it out: through the same outbox, marked as a trial.
///
/// # Errors
/// When it cannot be drawn, or the database fails.
pub fn send_trial(
    tx: &Tx,
    kit: &Kit,
    letter: &Letter,
    actor: &str,
    now: Instant,
) -> Result<(), Fault> {
    // A mistake in a template is told now, to whoever tries, and not to the log.
    draw(&kit.render, letter.template, &letter.data)?;
    let trial = Letter {
        dedup_key: format!("trial:{}:{}", letter.template, hex(&kit.random.bytes::<8>())),
        ..letter.clone()
    };
    store::insert(tx, &trial, TRIAL, actor, now)
}

/// The reason of letters that only try something out.
pub(super) const TRIAL: &str = "trial";
