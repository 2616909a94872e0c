//! Work that happens behind requests: each job is a step that is repeated until it finds nothing
//! to do, then rests until its interval passes or somebody rings the bell.

pub mod backoff;
mod diary;
mod runner;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::base::Fault;

pub use diary::{Diary, Entry};
pub use runner::{Bell, Runner, work_off};

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Something was done; there may be more.
    Work,
    /// Nothing to do now.
    Nothing,
}

/// One step of a job.
pub type Step =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Found, Fault>> + Send>> + Send + Sync>;

/// A job: its name, how long it rests when there is nothing to do, and its step.
#[derive(Clone)]
pub struct Job {
    /// For logs and the health page.
    pub name: String,
    /// Longest rest.
    pub every: Duration,
    /// Whether the bell wakes it, or only time.
    pub hears_bell: bool,
    /// What it does.
    pub step: Step,
}

impl Job {
    /// A job from an async closure.
    pub fn new<F, W>(name: impl Into<String>, every: Duration, step: F) -> Self
    where
        F: Fn() -> W + Send + Sync + 'static,
        W: Future<Output = Result<Found, Fault>> + Send + 'static,
    {
        Self {
            name: name.into(),
            every,
            hears_bell: true,
            step: Arc::new(move || Box::pin(step())),
        }
    }

    /// The same job, woken by time alone.
    #[must_use]
    pub fn unhurried(self) -> Self {
        Self { hears_bell: false, ..self }
    }
}
