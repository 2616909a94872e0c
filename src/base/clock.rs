//! Time as a value: instants in UTC milliseconds and the one caller of the system time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

impl Instant {
    /// The moment `seconds` later (earlier when negative); saturates at the ends of time.
    #[must_use]
    pub fn plus_s(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }

    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Whole seconds since 1970, as payment providers count.
    #[must_use]
    pub fn unix_s(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// As a calendar timestamp; moments outside jiff's range become 1970.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// The wall-clock time in a time zone.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> jiff::Zoned {
        self.timestamp().to_zoned(zone.clone())
    }

    /// RFC 3339 in UTC, for logs, JSON and `datetime` attributes.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.timestamp().to_string()
    }
}

impl From<Timestamp> for Instant {
    fn from(t: Timestamp) -> Self {
        Self(t.as_millisecond())
    }
}

/// Where "now" comes from: the system, or a hand a test moves.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until somebody moves it.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock standing at `at`.
    #[must_use]
    pub fn fixed(at: Instant) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.0)))
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one caller of the system time")]
            Self::System => Timestamp::now().into(),
            Self::Fixed(ms) => Instant(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fixed clock forward; the system clock ignores it.
    pub fn advance_s(&self, seconds: i64) {
        if let Self::Fixed(ms) = self {
            ms.fetch_add(seconds * 1000, Ordering::SeqCst);
        }
    }
}
