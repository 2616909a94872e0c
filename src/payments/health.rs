//! How the inbox is doing, in numbers and in sentences for whoever runs the shop. Pure.

use serde::Serialize;

use crate::base::Instant;

/// Numbers of "lately" count this far back, seconds.
pub const LATELY_S: i64 = 86_400;

/// An event that waits longer than this is worth a sentence, seconds.
const SLOW_S: i64 = 120;

/// The inbox in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Events that came by webhook in the last 24 hours, repeats not counted.
    pub received_24h: i64,
    /// What the reconciler found by asking in the last 24 hours, before any webhook said it.
    pub found_24h: i64,
    /// Of both, those that took effect.
    pub applied_24h: i64,
    /// Of those received, those that do nothing here.
    pub ignored_24h: i64,
    /// Stored and not looked at yet.
    pub waiting: i64,
    /// Tried in vain, and tried again by itself.
    pub retrying: i64,
    /// Put aside for a person.
    pub dead: i64,
    /// When the oldest event that waits or is tried again came.
    pub oldest_at: Option<Instant>,
    /// How long that is ago, seconds; zero when nothing waits.
    pub lag_s: i64,
    /// When the next event is tried.
    pub next_try_at: Option<Instant>,
    /// The order it is about, by its number, and why it was tried in vain.
    pub next_about: (Option<String>, Option<String>),
    /// When the newest event that took effect came.
    pub last_applied_at: Option<Instant>,
}

impl Health {
    /// Measures how long the oldest event has waited.
    #[must_use]
    pub(super) fn at(mut self, now: Instant) -> Self {
        self.lag_s = self.oldest_at.map_or(0, |oldest| (now.0 - oldest.0).max(0) / 1000);
        self
    }

    /// What somebody should do, or that all is well; the most pressing first.
    #[must_use]
    pub fn sentences(&self, now: Instant) -> Vec<String> {
        let mut said = Vec::new();
        if self.dead > 0 {
            said.push(format!(
                "{} put aside for you: `kiosk events list --state dead` says why, `kiosk \
                 events replay --dead` tries again.",
                events(self.dead, "is", "are")
            ));
        }
        if self.retrying > 0 {
            let next = match self.next_try_at {
                Some(at) if at > now => format!("in {}", span((at.0 - now.0) / 1000)),
                _ => "at once".to_owned(),
            };
            let what = match self.retrying {
                1 => "1 event is tried again by itself".to_owned(),
                many => format!("{many} events are tried again by themselves"),
            };
            said.push(format!("{what}, next {next}{}.", self.told_of_next()));
        }
        if self.waiting > 0 && self.lag_s > SLOW_S {
            said.push(format!(
                "{} not looked at; the oldest has waited {}. Does the shop run?",
                events(self.waiting, "is", "are"),
                span(self.lag_s)
            ));
        }
        if self.received_24h == 0 && self.found_24h > 0 {
            said.push(
                "No webhook came in 24 hours, yet payments were found by asking: check the \
                 address and the secret of the webhook at the provider."
                    .to_owned(),
            );
        }
        if said.is_empty() {
            said.push("All well: nothing is stuck.".to_owned());
        }
        said
    }

    /// `: order HF-1009, the session is not known here`.
    fn told_of_next(&self) -> String {
        let (order, why) = &self.next_about;
        let order = order.as_ref().map(|number| format!("order {number}"));
        let why = why.as_ref().map(|why| why.trim_end_matches('.').to_owned());
        let about = order.into_iter().chain(why).collect::<Vec<_>>().join(", ");
        if about.is_empty() { about } else { format!(": {about}") }
    }
}

fn events(count: i64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 event {one}") } else { format!("{count} events {many}") }
}

/// A span of time as people say it.
#[must_use]
pub fn span(seconds: i64) -> String {
    let (count, unit) = match seconds.max(0) {
        s @ 0..=119 => (s, "second"),
        s @ 120..=7199 => (s / 60, "minute"),
        s @ 7200..=172_799 => (s / 3600, "hour"),
        s => (s / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_000_000_000);

    // S1.8: received, processed, lag, retrying, dead, in words.
    #[test]
    fn what_needs_somebody_is_said_and_nothing_else() {
        let calm = Health { received_24h: 9, applied_24h: 9, ..Health::default() };
        assert_eq!(calm.sentences(NOW), ["All well: nothing is stuck."]);
        let trouble = Health {
            waiting: 2,
            retrying: 1,
            dead: 3,
            found_24h: 1,
            oldest_at: Some(NOW.plus_s(-7200)),
            next_try_at: Some(NOW.plus_s(240)),
            next_about: (Some("HF-9".to_owned()), Some("no answer.".to_owned())),
            ..Health::default()
        };
        let trouble = trouble.at(NOW);
        assert_eq!(trouble.lag_s, 7200);
        let said = trouble.sentences(NOW).join("\n");
        for piece in [
            "3 events are put aside",
            "1 event is tried again by itself, next in 4 minutes: order HF-9, no answer.",
            "2 events are not looked at; the oldest has waited 2 hours",
            "check the address",
        ] {
            assert!(said.contains(piece), "{piece}: {said}");
        }
    }

    // N8: several are spoken of as several.
    #[test]
    fn several_are_tried_again_by_themselves() {
        let health = Health { retrying: 3, ..Health::default() };
        assert_eq!(
            health.sentences(NOW),
            ["3 events are tried again by themselves, next at once."]
        );
    }

    #[test]
    fn a_clock_set_back_is_no_lag() {
        let health = Health { oldest_at: Some(NOW.plus_s(60)), waiting: 1, ..Health::default() };
        assert_eq!(health.at(NOW).lag_s, 0);
    }

    #[test]
    fn spans_are_said_in_the_unit_that_fits() {
        let said: Vec<String> = [0, 1, 119, 120, 7199, 7200, 172_800].map(span).to_vec();
        let expected = [
            "0 seconds",
            "1 second",
            "119 seconds",
            "2 minutes",
            "119 minutes",
            "2 hours",
            "2 days",
        ];
        assert_eq!(said, expected);
    }
}
