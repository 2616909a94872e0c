//! How often a caller may do something: token buckets, kept as one moment each.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use super::addresses::neighbourhood;
use super::problem::Error;
use crate::base::{Instant, Problem};

/// Buckets kept at once, about 5 MB.
const BUCKETS_MAX: usize = 50_000;

/// Milliseconds between two attempts to make room.
const SWEEP_EVERY_MS: i64 = 1000;

/// Whose bucket it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    /// An address; IPv6 counts by /64.
    Address(IpAddr),
    /// An account, or anything else with a name.
    Named(String),
    /// All callers together.
    Everybody,
}

impl From<IpAddr> for Caller {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

/// So many at once, and as many again in every window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens of a full bucket; at least 1.
    pub burst: u32,
    /// Seconds in which an empty bucket fills up.
    pub window_s: u32,
}

impl Rate {
    /// `burst` in every `window_s` seconds.
    #[must_use]
    pub const fn new(burst: u32, window_s: u32) -> Self {
        Self { burst, window_s }
    }
}

/// All buckets.
pub struct Limiter {
    on: bool,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    /// When each bucket will be full again.
    full_at_us: HashMap<(&'static str, Caller), i64>,
    swept_ms: Option<i64>,
    /// How often each limit said no since the start.
    refused: BTreeMap<&'static str, i64>,
}

impl Limiter {
    /// No bucket yet. Switched off, it allows everything.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self { on, buckets: Mutex::default() }
    }

    /// Takes a token from the caller's bucket for `what`.
    ///
    /// When there are too many callers to keep apart, new ones share one bucket for each
    /// `what`: only a flood from very many addresses gets there.
    ///
    /// # Errors
    /// A 429 problem with the seconds to wait when the bucket is empty.
    pub fn check(
        &self,
        what: &'static str,
        caller: impl Into<Caller>,
        rate: Rate,
        now: Instant,
    ) -> Result<(), Error> {
        if !self.on {
            return Ok(());
        }
        let caller = match caller.into() {
            Caller::Address(address) => Caller::Address(neighbourhood(address)),
            caller => caller,
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let key = buckets.key(what, caller, now);
        let full_at_us = buckets.full_at_us.get(&key).copied();
        match take(full_at_us, rate, now) {
            Ok(full_at_us) => {
                buckets.full_at_us.insert(key, full_at_us);
                Ok(())
            }
            Err(wait_s) => {
                *buckets.refused.entry(what).or_default() += 1;
                Err(too_many(wait_s).into())
            }
        }
    }

    /// How often each limit said no since the program started, by name.
    #[must_use]
    pub fn refused(&self) -> Vec<(&'static str, i64)> {
        let buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.refused.iter().map(|(what, count)| (*what, *count)).collect()
    }
}

impl Buckets {
    /// The bucket to use: the caller's own, or the shared one when there is no room for it.
    fn key(&mut self, what: &'static str, caller: Caller, now: Instant) -> (&'static str, Caller) {
        let key = (what, caller);
        if self.full_at_us.len() < BUCKETS_MAX || self.full_at_us.contains_key(&key) {
            return key;
        }
        let due = self.swept_ms.is_none_or(|last| (now.0 - last).abs() >= SWEEP_EVERY_MS);
        if due {
            self.swept_ms = Some(now.0);
            // A full bucket is as good as none.
            self.full_at_us.retain(|_, full_at_us| *full_at_us > now.0 * 1000);
        }
        if self.full_at_us.len() < BUCKETS_MAX { key } else { (what, Caller::Everybody) }
    }
}

/// Takes one token. A bucket is the moment it will be full again (`None`: full); each token
/// taken moves that moment on by the time one token needs to come back.
///
/// Returns the new moment in microseconds, or the seconds until a token is there.
fn take(full_at_us: Option<i64>, rate: Rate, now: Instant) -> Result<i64, u32> {
    let now_us = now.0.saturating_mul(1000);
    let window_us = i64::from(rate.window_s) * 1_000_000;
    let token_us = window_us / i64::from(rate.burst.max(1));
    // A clock set back must not lock anybody out for longer than one window.
    let from_us = full_at_us.unwrap_or(now_us).clamp(now_us, now_us.saturating_add(window_us));
    let next_us = from_us.saturating_add(token_us);
    let over_us = next_us.saturating_sub(now_us.saturating_add(window_us));
    if over_us <= 0 {
        return Ok(next_us);
    }
    let wait_s = over_us.saturating_add(999_999) / 1_000_000;
    Err(u32::try_from(wait_s).unwrap_or(rate.window_s).max(1))
}

fn too_many(wait_s: u32) -> Problem {
    let unit = if wait_s == 1 { "second" } else { "seconds" };
    Problem::new(
        429,
        "too-many-requests",
        "Too many requests",
        "This was asked for too often in a short time.",
    )
    .hint(format!("Wait {wait_s} {unit} and try again."))
    .retry_after(wait_s)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOGIN: Rate = Rate::new(10, 60);

    fn at_s(seconds: i64) -> Instant {
        Instant(1_700_000_000_000).plus_s(seconds)
    }

    fn home() -> IpAddr {
        IpAddr::from([192, 0, 2, 1])
    }

    // S4.41: a limit by address.
    #[test]
    fn the_eleventh_try_waits_for_one_token() {
        let limiter = Limiter::new(true);
        for _ in 0..10 {
            limiter.check("login", home(), LOGIN, at_s(0)).unwrap();
        }
        let refused = limiter.check("login", home(), LOGIN, at_s(0)).unwrap_err().problem();
        assert_eq!((refused.status, refused.retry_after_s), (429, Some(6)));
        assert!(limiter.check("search", home(), LOGIN, at_s(0)).is_ok(), "another name");
        assert!(limiter.check("login", IpAddr::from([192, 0, 2, 2]), LOGIN, at_s(0)).is_ok());
        assert!(limiter.check("login", home(), LOGIN, at_s(5)).is_err());
        assert!(limiter.check("login", home(), LOGIN, at_s(6)).is_ok());
        assert!(limiter.check("login", home(), LOGIN, at_s(6)).is_err());
        assert_eq!(limiter.refused(), [("login", 3)]);
    }

    #[test]
    fn switched_off_it_allows_everything() {
        let limiter = Limiter::new(false);
        assert!(
            (0..100)
                .all(|_| limiter.check("x", Caller::Everybody, Rate::new(1, 60), at_s(0)).is_ok())
        );
    }

    #[test]
    fn memory_stays_bounded_and_a_crowd_shares() {
        let limiter = Limiter::new(true);
        let rate = Rate::new(1, 60);
        let many = u32::try_from(BUCKETS_MAX).unwrap() + 100;
        let allowed = (0..many)
            .filter(|n| {
                let address = IpAddr::V4((*n).into());
                limiter.check("x", address, rate, at_s(0)).is_ok()
            })
            .count();
        assert_eq!(allowed, BUCKETS_MAX + 1, "the rest share one token");
        assert!(limiter.buckets.lock().unwrap().full_at_us.len() <= BUCKETS_MAX + 1);
        assert!(limiter.check("x", IpAddr::V4(many.into()), rate, at_s(61)).is_ok());
        assert!(limiter.buckets.lock().unwrap().full_at_us.len() < 10, "full buckets were dropped");
    }

    proptest! {
        #[test]
        fn no_window_sees_more_than_twice_the_burst(
            burst in 1u32..50,
            window_s in 1u32..120,
            gaps_ms in prop::collection::vec(0i64..3000, 1..300),
        ) {
            let rate = Rate::new(burst, window_s);
            let (mut now, mut bucket, mut taken) = (at_s(0), None, Vec::new());
            for gap in gaps_ms {
                now = now.plus_ms(gap);
                if let Ok(next) = take(bucket, rate, now) {
                    bucket = Some(next);
                    taken.push(now.0);
                }
            }
            let window_ms = i64::from(window_s) * 1000;
            for (i, start) in taken.iter().enumerate() {
                let within = taken[i..].iter().filter(|t| **t - start < window_ms).count();
                prop_assert!(within <= 2 * burst as usize);
            }
        }

        #[test]
        fn waiting_as_told_is_enough(
            burst in 1u32..50,
            window_s in 1u32..3600,
            tries in 1usize..200,
        ) {
            let rate = Rate::new(burst, window_s);
            let mut bucket = None;
            for _ in 0..tries {
                match take(bucket, rate, at_s(0)) {
                    Ok(next) => bucket = Some(next),
                    Err(wait_s) => {
                        prop_assert!(wait_s <= window_s.max(1));
                        prop_assert!(take(bucket, rate, at_s(i64::from(wait_s))).is_ok());
                    }
                }
            }
        }

        #[test]
        fn a_clock_set_back_costs_one_window_at_most(back_s in 0i64..1_000_000) {
            let bucket = take(None, LOGIN, at_s(back_s)).unwrap();
            let wait_s = take(Some(bucket), LOGIN, at_s(0)).err().unwrap_or(0);
            prop_assert!(wait_s <= LOGIN.window_s);
        }
    }
}
