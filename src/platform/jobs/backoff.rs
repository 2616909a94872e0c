//! When to try again: pure arithmetic over attempts, with jitter handed in.

use crate::base::Instant;

/// What becomes of work that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Try again then.
    Again(Instant),
    /// Enough: put it aside and tell somebody.
    Dead,
}

/// A way of waiting: the first pause, the longest one, and how many tries there are.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// First pause, seconds.
    pub first_s: i64,
    /// Longest pause, seconds.
    pub longest_s: i64,
    /// Tries in all.
    pub tries: u32,
}

/// Incoming events: 1, 2, 4 … 60 minutes, ten tries (features S1.3, S1.5).
pub const EVENTS: Patience = Patience { first_s: 60, longest_s: 3600, tries: 10 };
/// Letters: from half a minute to six hours, for about three days.
pub const LETTERS: Patience = Patience { first_s: 30, longest_s: 6 * 3600, tries: 20 };
/// Letters the mail server refused for good: three tries within half an hour, for servers that
/// mean "not now" and say "never".
pub const REFUSED_LETTERS: Patience = Patience { first_s: 300, longest_s: 1200, tries: 3 };
/// Calls to other people's programs that want to hear of orders: for about a day.
pub const HOOKS: Patience = Patience { first_s: 15, longest_s: 2 * 3600, tries: 18 };
/// Calls to the payment provider: from two seconds to one minute, for ever in practice.
pub const PROVIDER: Patience = Patience { first_s: 2, longest_s: 60, tries: u32::MAX };

impl Patience {
    /// What to do after the `attempts`-th failure. `chance` (0..=255) spreads callers by up to a
    /// quarter of the pause, so that they do not all come back at once.
    #[must_use]
    pub fn after(&self, attempts: u32, now: Instant, chance: u8) -> Verdict {
        if attempts >= self.tries {
            return Verdict::Dead;
        }
        let doublings = attempts.saturating_sub(1).min(20);
        let pause_s = self.first_s.saturating_mul(1 << doublings).min(self.longest_s);
        let jitter_ms = pause_s * 1000 / 4 * i64::from(chance) / 255;
        Verdict::Again(now.plus_s(pause_s).plus_ms(jitter_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.3: 1, 2, 4 … 60 minutes with jitter; S1.5: dead after ten tries.
    #[test]
    fn events_wait_longer_each_time_then_rest() {
        let now = Instant(0);
        let pauses: Vec<i64> = (1..10)
            .map(|n| match EVENTS.after(n, now, 0) {
                Verdict::Again(at) => at.0 / 60_000,
                Verdict::Dead => panic!("too soon"),
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(EVENTS.after(10, now, 0), Verdict::Dead);
        assert_eq!(EVENTS.after(1, now, 255), Verdict::Again(Instant(75_000)));
    }

    // S2.19: a letter is tried for days, at least every six hours; the provider within a minute.
    #[test]
    fn nobody_waits_longer_than_the_longest_pause() {
        let pause_s = |patience: Patience, attempt| match patience.after(attempt, Instant(0), 0) {
            Verdict::Again(at) => at.0 / 1000,
            Verdict::Dead => panic!("too soon"),
        };
        assert_eq!((pause_s(LETTERS, 1), pause_s(LETTERS, 19)), (30, 21_600));
        let days = (1..20).map(|n| pause_s(LETTERS, n)).sum::<i64>() / 86_400;
        assert!((2..=4).contains(&days), "{days} days");
        assert_eq!((pause_s(HOOKS, 1), pause_s(HOOKS, 17)), (15, 7200));
        assert_eq!((pause_s(PROVIDER, 1), pause_s(PROVIDER, 1_000_000)), (2, 60));
    }
}
