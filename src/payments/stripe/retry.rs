//! When a call is made again at once, and how many such repeats the shop allows itself. Pure.
//!
//! A repeat carries the key of the first call, so it can cost nothing but time. What stays
//! unanswered is asked again later by the reconciler; this is only for the stumble of a moment.

use std::sync::atomic::{AtomicI64, Ordering};

/// First pause, milliseconds; each later one is twice as long.
const FIRST_MS: u64 = 200;
/// Longest pause, milliseconds. Whoever asks for more patience gets none: a buyer is waiting.
const LONGEST_MS: u64 = 2_000;

/// What an unusable answer was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stumble {
    /// HTTP status; none when there was no answer at all.
    pub status: Option<u16>,
    /// `Stripe-Should-Retry`, which wins over the status.
    pub should_retry: Option<bool>,
    /// `Retry-After`, seconds.
    pub retry_after_s: Option<u64>,
    /// Stripe gave the answer it keeps under our key: a repeat would give the same.
    pub replayed: bool,
}

impl Stumble {
    /// Whether the same call may go better in a moment.
    pub(super) fn may_pass(self) -> bool {
        if self.replayed {
            return false;
        }
        let transient = self.status.is_none_or(|s| matches!(s, 409 | 424 | 429 | 500..=599));
        self.should_retry.unwrap_or(transient)
    }

    /// The pause before the next try, milliseconds; none when there is to be none. `tries` counts
    /// those made, `chance` spreads callers by up to a quarter.
    pub(super) fn pause_ms(self, tries: u32, retries: u32, chance: u8) -> Option<u64> {
        if tries > retries || !self.may_pass() {
            return None;
        }
        let doubled = FIRST_MS << tries.saturating_sub(1).min(8);
        let asked = self.retry_after_s.unwrap_or(0).saturating_mul(1000);
        if asked > LONGEST_MS {
            return None;
        }
        let pause = doubled.min(LONGEST_MS).max(asked);
        Some(pause + pause * u64::from(chance) / 1024)
    }
}

/// Repeats the shop has left. When most calls fail, repeating them all would only be more load for
/// a provider in trouble: each call earns a tenth of a repeat, and no more than ten are saved up.
#[derive(Debug)]
pub(super) struct Budget(AtomicI64);

/// What one repeat costs; a call earns 1.
const REPEAT_COSTS: i64 = 10;
/// The most that is saved up.
const SAVED_MOST: i64 = 100;

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicI64::new(SAVED_MOST))
    }
}

impl Budget {
    /// A call is made.
    pub(super) fn earn(&self) {
        self.change(|saved| Some((saved + 1).min(SAVED_MOST)));
    }

    /// Takes one repeat, when there is one.
    pub(super) fn spend(&self) -> bool {
        self.change(|saved| (saved >= REPEAT_COSTS).then(|| saved - REPEAT_COSTS))
    }

    fn change(&self, to: impl FnMut(i64) -> Option<i64>) -> bool {
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, to).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Stumble {
        Stumble { status: Some(status), ..Stumble::default() }
    }

    // S0.11, S0.12: what is repeated, and what is never.
    #[test]
    fn only_what_may_pass_is_repeated() {
        for code in [409, 424, 429, 500, 502, 503, 504] {
            assert!(status(code).may_pass(), "{code}");
        }
        for code in [400, 401, 402, 403, 404] {
            assert!(!status(code).may_pass(), "{code}");
        }
        assert!(Stumble::default().may_pass(), "no answer at all");
        assert!(!Stumble { replayed: true, ..status(500) }.may_pass());
        assert!(!Stumble { should_retry: Some(false), ..status(500) }.may_pass());
        assert!(Stumble { should_retry: Some(true), ..status(400) }.may_pass());
    }

    #[test]
    fn pauses_grow_and_end() {
        assert_eq!(status(500).pause_ms(1, 2, 0), Some(200));
        assert_eq!(status(500).pause_ms(2, 2, 0), Some(400));
        assert_eq!(status(500).pause_ms(3, 2, 0), None);
        assert_eq!(status(500).pause_ms(1, 0, 0), None);
        assert_eq!(status(500).pause_ms(9, 9, 0), Some(LONGEST_MS));
        assert_eq!(status(500).pause_ms(1, 2, 255), Some(249));
        let told = |seconds| Stumble { retry_after_s: Some(seconds), ..status(429) };
        assert_eq!(told(1).pause_ms(1, 2, 0), Some(1000));
        assert_eq!(told(2).pause_ms(1, 2, 0), Some(2000));
        assert_eq!(told(3).pause_ms(1, 2, 0), None);
    }

    #[test]
    fn repeats_are_earned_by_calls() {
        let budget = Budget::default();
        assert_eq!((0..20).filter(|_| budget.spend()).count(), 10);
        for _ in 0..9 {
            budget.earn();
        }
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend() && !budget.spend());
    }
}
