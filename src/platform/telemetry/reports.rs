//! Errors on their way to the database: grouped and counted in memory, taken away by a job.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::report::{Kind, Report};

/// Kinds of errors that may wait at once; more are dropped and counted.
const WAITING_MAX: usize = 256;
/// Of these, kinds that browsers told: strangers leave room for our own.
const BROWSER_MAX: usize = 64;

/// Where errors are noticed. Clones share it.
#[derive(Clone, Default)]
pub struct Reports(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<BTreeMap<String, Noted>>,
    dropped: AtomicU64,
}

/// An error and how often it was met since the last time it was taken away.
#[derive(Clone, Debug)]
pub struct Noted {
    /// What makes it the same as another.
    pub fingerprint: String,
    /// The latest of them.
    pub report: Report,
    /// How many.
    pub count: u32,
}

impl Reports {
    /// Notes an error. Takes some microseconds, and never fails.
    pub fn notice(&self, report: Report) {
        let fingerprint = report.fingerprint();
        self.add(Noted { fingerprint, report, count: 1 });
    }

    /// Everything noticed since the last time.
    #[must_use]
    pub fn take(&self) -> Vec<Noted> {
        std::mem::take(&mut *self.waiting()).into_values().collect()
    }

    /// Puts back what could not be written.
    pub fn give_back(&self, all: Vec<Noted>) {
        for noted in all {
            self.add(noted);
        }
    }

    /// How many had no room since the start.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn add(&self, noted: Noted) {
        let mut waiting = self.waiting();
        if let Some(known) = waiting.get_mut(&noted.fingerprint) {
            known.count = known.count.saturating_add(noted.count);
            known.report = noted.report;
            return;
        }
        let is_browser = noted.report.kind == Kind::Browser;
        let browsers = || waiting.values().filter(|n| n.report.kind == Kind::Browser).count();
        if waiting.len() >= WAITING_MAX || (is_browser && browsers() >= BROWSER_MAX) {
            self.0.dropped.fetch_add(u64::from(noted.count), Ordering::Relaxed);
            return;
        }
        waiting.insert(noted.fingerprint.clone(), noted);
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<String, Noted>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(kind: Kind, place: usize) -> Report {
        let place = "x".repeat(place % 100) + &"y".repeat(place / 100);
        Report::new(kind, "broke", &place)
    }

    #[test]
    fn the_same_error_is_counted_not_repeated() {
        let reports = Reports::default();
        for number in 0..1000 {
            let title = format!("row {number} is not there");
            reports.notice(Report::new(Kind::Fault, &title, "/cart"));
        }
        let all = reports.take();
        assert_eq!((all.len(), all[0].count), (1, 1000));
        assert_eq!(all[0].report.title, "row 999 is not there", "the latest is the sample");
        assert!(reports.take().is_empty());
        reports.give_back(all);
        assert_eq!(reports.take()[0].count, 1000);
    }

    // S1.43, S1.44: a flood is counted, not kept; strangers leave room for our own.
    #[test]
    fn a_flood_is_dropped_and_counted() {
        let reports = Reports::default();
        (0..100).for_each(|place| reports.notice(report(Kind::Browser, place)));
        assert_eq!(reports.dropped(), 36);
        (0..300).for_each(|place| reports.notice(report(Kind::Fault, place)));
        assert_eq!(reports.dropped(), 36 + 300 - 192);
        assert_eq!(reports.take().len(), WAITING_MAX);
    }
}
