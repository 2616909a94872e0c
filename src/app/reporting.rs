//! Errors that were noticed, written down behind requests and passed on to an error service where
//! the operator names one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::config::Mode;
use crate::platform::db::Tx;
use crate::platform::hooks;
use crate::platform::jobs::{Found, Job};
use crate::platform::telemetry::{self, Kind, Noted, Novelty, Passed, Sentry};

/// How long errors are gathered before they are written.
const GATHER: Duration = Duration::from_secs(2);
/// Errors passed on at once, at most; the shop's own list has them all.
const PASSED_MAX: usize = 20;

/// Errors told to whoever hears of alerts, each time some are written.
const ALERTS_MAX: usize = 5;

/// The way to an error service, and until when it wants no more.
#[derive(Clone)]
pub(super) struct Passing(Arc<(Sentry, AtomicI64)>);

impl Passing {
    /// The service that the settings name.
    pub(super) fn from_settings(kit: &Kit) -> Result<Option<Self>, Fault> {
        let Some(dsn) = &kit.settings.sentry else { return Ok(None) };
        let environment = match kit.settings.mode {
            Mode::Live => "live",
            Mode::Test => "test",
        };
        Ok(Some(Self(Arc::new((Sentry::new(dsn, environment)?, AtomicI64::new(0))))))
    }

    async fn pass_on(&self, kit: &Kit, all: &[Noted]) {
        let (sentry, not_before) = &*self.0;
        for noted in all.iter().take(PASSED_MAX) {
            let now = kit.now();
            if now.0 < not_before.load(Ordering::Relaxed) {
                return;
            }
            match sentry.pass_on(noted, &kit.random, now).await {
                Ok(Passed::Taken) => {}
                Ok(Passed::Later(seconds)) => {
                    not_before.store(now.plus_s(seconds).0, Ordering::Relaxed);
                }
                Err(fault) => {
                    tracing::warn!(%fault, "an error was not passed on; it is in the shop's list");
                    return;
                }
            }
        }
    }
}

pub(super) fn jobs(kit: &Kit, passing: Option<&Passing>) -> Vec<Job> {
    let (kit, passing) = (kit.clone(), passing.cloned());
    let step = move || {
        let (kit, passing) = (kit.clone(), passing.clone());
        async move { write(&kit, passing.as_ref()).await.map(|()| Found::Nothing) }
    };
    vec![Job::new("errors-are-written", GATHER, step).unhurried()]
}

/// Tells whoever hears of alerts that an error is new, or back after somebody resolved it.
fn alert(tx: &Tx, noted: &Noted, now: Instant) -> Result<(), Fault> {
    let report = &noted.report;
    let text = format!("An error at {}: {}. The desk lists it.", report.place, report.title);
    hooks::alert(tx, format!("error:{}:{}", noted.fingerprint, now.0), "", &text, now)
}

/// Writes what was noticed. What cannot be written is noticed still.
pub(super) async fn write(kit: &Kit, passing: Option<&Passing>) -> Result<(), Fault> {
    let noted = kit.reports.take();
    if noted.is_empty() {
        return Ok(());
    }
    let (all, now) = (noted.clone(), kit.now());
    let written = kit.db.write(move |tx| {
        let mut told = 0;
        for noted in &all {
            let novelty = telemetry::record(tx, noted, telemetry::build(), now)?;
            // What browsers say, anybody can say: it is listed and wakes nobody.
            let is_ours = noted.report.kind != Kind::Browser;
            if novelty != Novelty::Known && is_ours && told < ALERTS_MAX {
                told += 1;
                alert(tx, noted, now)?;
            }
        }
        Kind::ALL.into_iter().try_for_each(|kind| telemetry::prune(tx, kind))?;
        Ok::<_, Failure<Never>>(())
    });
    if let Err(failure) = written.await {
        kit.reports.give_back(noted);
        return Err(failure.into());
    }
    if let Some(passing) = passing {
        passing.pass_on(kit, &noted).await;
    }
    Ok(())
}

/// Writes and passes on what was noticed, at once: for commands, which have no jobs.
///
/// # Errors
/// When the database or the settings cannot be used.
pub async fn write_reports(kit: &Kit) -> Result<(), Fault> {
    write(kit, Passing::from_settings(kit)?.as_ref()).await
}
