//! What each job did last and when it looks again: kept in memory for whoever looks after the
//! shop, forgotten when the process ends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::Job;
use crate::base::{Fault, Instant};

/// One job's entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// How long it rests when there is nothing to do, seconds.
    pub every_s: u64,
    /// When it began last.
    pub began_at: Option<Instant>,
    /// When it ended last.
    pub ended_at: Option<Instant>,
    /// When it begins again unless the bell rings first.
    pub next_at: Option<Instant>,
    /// Times it ran.
    pub runs: u64,
    /// Times it failed.
    pub failures: u64,
    /// Whether the last run failed.
    pub is_failing: bool,
    /// When it failed last, and why.
    pub last_error: Option<(Instant, String)>,
}

/// All entries. Clones share them.
#[derive(Clone, Default)]
pub struct Diary(Arc<Mutex<BTreeMap<String, Entry>>>);

impl Diary {
    fn with(&self, name: &str, change: impl FnOnce(&mut Entry)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = all.get_mut(name) {
            change(entry);
        }
    }

    /// A job that is about to be run from now on.
    pub(super) fn expect_job(&self, job: &Job) {
        let entry = Entry {
            name: job.name.clone(),
            every_s: job.every.as_secs(),
            began_at: None,
            ended_at: None,
            next_at: None,
            runs: 0,
            failures: 0,
            is_failing: false,
            last_error: None,
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(entry.name.clone(), entry);
    }

    pub(super) fn began(&self, name: &str, now: Instant) {
        self.with(name, |entry| {
            entry.began_at = Some(now);
            entry.next_at = None;
        });
    }

    pub(super) fn ended(
        &self,
        name: &str,
        result: &Result<(), Fault>,
        rest: Duration,
        now: Instant,
    ) {
        let rest_ms = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
        self.with(name, |entry| {
            entry.ended_at = Some(now);
            entry.next_at = Some(now.plus_ms(rest_ms));
            entry.runs += 1;
            entry.is_failing = result.is_err();
            if let Err(fault) = result {
                entry.failures += 1;
                entry.last_error = Some((now, fault.to_string()));
            }
        });
    }

    /// Every job's entry, by name.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Bell, Found, Runner};
    use super::*;
    use crate::base::Clock;
    use crate::platform::telemetry::Reports;

    // S1.8: what ran, what failed and why.
    #[tokio::test]
    async fn the_diary_knows_what_ran_and_what_failed() {
        let (diary, clock) = (Diary::default(), Clock::fixed(Instant(1_000)));
        let (done, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let hour = Duration::from_hours(1);
        let (good, bad) = (done.clone(), done);
        let jobs = vec![
            Job::new("good", hour, move || {
                let _ = good.send(());
                async { Ok(Found::Nothing) }
            }),
            Job::new("bad", hour, move || {
                let _ = bad.send(());
                async { Err(Fault::new("no disk")) }
            }),
        ];
        let runner = Runner::start(jobs, &Bell::default(), &Reports::default(), (&diary, &clock));
        seen.recv().await;
        seen.recv().await;
        runner.stop().await;
        let entries = diary.entries();
        let told: Vec<_> = entries.iter().map(|e| (e.name.as_str(), e.is_failing)).collect();
        assert_eq!(told, [("bad", true), ("good", false)]);
        assert_eq!(entries[0].last_error, Some((Instant(1_000), "no disk".to_owned())));
        assert_eq!(entries[1].next_at, Some(Instant(3_601_000)));
        assert!(entries[1].runs >= 1 && entries[1].last_error.is_none());
    }
}
