//! The loop behind the jobs: wake, work until there is nothing, rest.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::{Diary, Found, Job};
use crate::base::{Clock, Fault};
use crate::platform::telemetry::{Kind, Report, Reports};

/// Pause after a step that failed, so that a broken disk is not hammered.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// How long running steps may take to end.
const STOPPING: Duration = Duration::from_secs(10);
/// Steps in a row before other jobs get a breath.
const STEPS_MAX: u32 = 10_000;

/// Rung when there is new work: every job wakes and looks.
#[derive(Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Wakes the jobs.
    pub fn ring(&self) {
        self.0.notify_waiters();
    }
}

/// Runs all jobs until told to stop.
pub struct Runner {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Runner {
    /// Starts every job on the current runtime; what they do is written into the diary.
    #[must_use]
    pub fn start(
        jobs: Vec<Job>,
        bell: &Bell,
        reports: &Reports,
        (diary, clock): (&Diary, &Clock),
    ) -> Self {
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for job in jobs {
            diary.expect_job(&job);
            let notes = (reports.clone(), diary.clone(), clock.clone());
            tasks.spawn(repeat(job, bell.clone(), notes, stopped.clone()));
        }
        Self { stop, tasks }
    }

    /// Lets running steps finish, then ends.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // Every step can be cut short and repeated after the next start.
        if tokio::time::timeout(STOPPING, ended).await.is_err() {
            tracing::warn!("background jobs did not end in time");
        }
    }
}

async fn repeat(
    job: Job,
    bell: Bell,
    (reports, diary, clock): (Reports, Diary, Clock),
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        // Listening starts before looking, so that a bell rung meanwhile is not missed.
        let rung = bell.0.notified();
        tokio::pin!(rung);
        rung.as_mut().enable();
        diary.began(&job.name, clock.now());
        let result = work_off(&job).await;
        let rest = match &result {
            Ok(()) => job.every,
            Err(fault) => {
                tracing::error!(job = job.name, %fault, "a background step failed");
                reports.notice(Report::of_fault(Kind::Job, fault, &job.name));
                AFTER_FAILURE
            }
        };
        diary.ended(&job.name, &result, rest, clock.now());
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            () = rung, if job.hears_bell => {}
            _ = stopped.changed() => return,
        }
        if *stopped.borrow() {
            return;
        }
    }
}

/// Repeats the step until it finds nothing. A panic is a bug of one step, not the end of the job.
///
/// # Errors
/// When a step fails.
pub async fn work_off(job: &Job) -> Result<(), Fault> {
    for _ in 0..STEPS_MAX {
        let step = (job.step)();
        let done = tokio::spawn(step).await;
        match done.map_err(Fault::from).and_then(|found| found)? {
            Found::Work => {}
            Found::Nothing => break,
        }
    }
    Ok(())
}
