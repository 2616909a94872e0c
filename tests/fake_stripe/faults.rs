//! Everything that can go wrong on the way, when a test says so.

use std::collections::VecDeque;

use kiosk::base::Randomness;

/// One fault. `done` says whether the call takes effect all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Stripe's own failure, kept under the key once execution began.
    Failure { status: u16, done: bool },
    /// Too many calls.
    TooMany { retry_after_s: Option<u64> },
    /// The connection breaks without an answer.
    Broken { done: bool },
    /// No answer at all.
    Silence { done: bool },
    /// The right answer, later.
    Slow { ms: u64 },
    /// A good status with a body nobody can read.
    Garbage { done: bool },
    /// The key is none of ours.
    Unauthorized,
    /// The key is another account's, where nothing of this is known.
    Foreign,
    /// Refused once execution began, in these words.
    Refused(&'static str),
}

pub struct Faults {
    /// Nobody is there.
    pub down: bool,
    /// Calls that make something work, but nobody hears of it.
    pub losing_replies: bool,
    /// Said to every wish for a session.
    pub refusal: Option<String>,
    /// Of 100 calls, so many are not answered.
    pub percent: u64,
    pub random: Randomness,
    /// The next calls of these operations fail so, each once.
    pub next: VecDeque<(&'static str, Fault)>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            down: false,
            losing_replies: false,
            refusal: None,
            percent: 0,
            random: Randomness::seeded(1),
            next: VecDeque::new(),
        }
    }
}

impl Faults {
    /// What befalls this call.
    pub fn take(&mut self, operation: &str, makes: bool) -> Option<Fault> {
        if let Some(at) = self.next.iter().position(|(what, _)| *what == operation) {
            return self.next.remove(at).map(|(_, fault)| fault);
        }
        if self.down || self.random.below(100) < self.percent {
            return Some(Fault::Broken { done: false });
        }
        (self.losing_replies && makes).then_some(Fault::Broken { done: true })
    }
}
