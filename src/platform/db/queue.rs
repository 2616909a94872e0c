//! Writes waiting for the writer thread: bounded in number and in time.
//!
//! A watcher looks after those who wait, so that a disk or a lock that hangs holds up nobody for
//! ever: a job whose turn does not come in time is taken back and was never begun; one whose
//! commit does not return is told that its fate is not known.
#![expect(clippy::disallowed_methods, reason = "waiting is measured, never stored or compared")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Monotonic};

use rusqlite::Connection;
use tokio::sync::Notify;

use super::failure::Trouble;
use super::figures::Tally;
use crate::base::Fault;

/// How much waits, and how long.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Jobs that may wait; one more is told "busy".
    pub queue: usize,
    /// Jobs that share one commit at most.
    pub batch: usize,
    /// A batch this old is committed, whoever else waits.
    pub company: Duration,
    /// While batches are at least half full, the next one waits this long for those who have just
    /// been answered and go on to their next write.
    pub gathering: Duration,
    /// A job that waited this long for its turn is taken back.
    pub patience: Duration,
    /// Those whose commit has not returned after this long are told so.
    pub commit: Duration,
    /// How long the writer waits for a lock before it looks at its queue again.
    pub lock: Duration,
    /// How often the watcher looks.
    pub look: Duration,
}

/// The limits of docs/limits.md.
pub(super) const LIMITS: Limits = Limits {
    queue: 1024,
    batch: 64,
    company: Duration::from_millis(25),
    gathering: Duration::from_millis(2),
    patience: Duration::from_secs(5),
    commit: Duration::from_secs(20),
    lock: Duration::from_secs(1),
    look: Duration::from_millis(500),
};

/// Tells one caller, once the fate of its batch is known.
pub(super) type Tell = Box<dyn FnOnce(Result<(), Trouble>) + Send>;
/// Runs one job against the connection; without one, the caller is told why it cannot run.
pub(super) type Work = Box<dyn FnOnce(Result<&Connection, Fault>) -> Tell + Send>;

pub(super) struct Job {
    pub queued: Monotonic,
    pub work: Work,
}

impl Job {
    /// Ends a job that was never begun.
    pub(super) fn turn_away(self, why: Fault) {
        (self.work)(Err(why))(Ok(()));
    }
}

/// What waits, and what is being committed.
#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    committing: Option<(Monotonic, Vec<Tell>)>,
    is_closed: bool,
}

/// Shared by the callers, the writer thread and those who watch it.
pub(super) struct Queue {
    pub limits: Limits,
    pub tally: Tally,
    opened: Monotonic,
    /// The checkpointer has folded nearly all of the log: the writer's next free moment ends it.
    pub fold: AtomicBool,
    /// The writer has stopped for good; see [`Trouble::Unsure`].
    pub broken: AtomicBool,
    /// Told when it has.
    pub breaks: Notify,
    waiting: Mutex<Waiting>,
    comes: Condvar,
    ends: Condvar,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            tally: Tally::default(),
            opened: Monotonic::now(),
            fold: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            breaks: Notify::new(),
            waiting: Mutex::default(),
            comes: Condvar::new(),
            ends: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing runs under this lock that could panic half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Jobs that wait for their turn.
    pub(super) fn len(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Puts a job at the end.
    pub(super) fn push(&self, work: Work) -> Result<(), Fault> {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return Err(Fault::busy("the writer has ended; the shop starts again"));
        }
        if waiting.jobs.len() >= self.limits.queue {
            Tally::count(&self.tally.turned_away, 1);
            return Err(Fault::busy("the writer's queue is full"));
        }
        waiting.jobs.push_back(Job { queued: Monotonic::now(), work });
        // The writer sleeps only when there is nothing, or while it gathers a full batch.
        if waiting.jobs.len() == 1 || waiting.jobs.len() == self.limits.batch {
            self.comes.notify_one();
        }
        Ok(())
    }

    /// Waits until there is something to do; false when nothing will come any more.
    pub(super) fn wait(&self) -> bool {
        let waiting = self.lock();
        let idle = |w: &mut Waiting| w.jobs.is_empty() && !w.is_closed;
        let waiting = self.comes.wait_while(waiting, idle);
        !waiting.unwrap_or_else(PoisonError::into_inner).jobs.is_empty()
    }

    /// Waits for a full batch, a moment at most.
    pub(super) fn gather(&self) {
        let few = |w: &mut Waiting| w.jobs.len() < self.limits.batch && !w.is_closed;
        let _ = self.comes.wait_timeout_while(self.lock(), self.limits.gathering, few);
    }

    /// The job that has waited longest.
    pub(super) fn next(&self) -> Option<Job> {
        self.lock().jobs.pop_front()
    }

    /// Ends every job that has not begun.
    pub(super) fn turn_all_away(&self, why: impl Fn() -> Fault) {
        let jobs = std::mem::take(&mut self.lock().jobs);
        Tally::count(&self.tally.turned_away, jobs.len());
        for job in jobs {
            job.turn_away(why());
        }
    }

    /// Leaves those whose commit begins now to the watcher as well.
    pub(super) fn commits(&self, answers: Vec<Tell>) {
        self.lock().committing = Some((Monotonic::now(), answers));
    }

    /// Takes them back when the commit has returned; none when the watcher lost patience.
    pub(super) fn committed(&self) -> Vec<Tell> {
        self.lock().committing.take().map(|(_, answers)| answers).unwrap_or_default()
    }

    /// Nothing more is taken; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.comes.notify_all();
        self.ends.notify_all();
    }

    /// The writer cannot go on: nothing more is taken and nothing that waits is written.
    pub(super) fn give_up(&self) {
        self.broken.store(true, Relaxed);
        self.close();
        self.turn_all_away(|| Fault::busy("the disk failed; the shop starts again"));
        self.breaks.notify_waiters();
    }

    /// Notes that the log was folded just now.
    pub(super) fn checkpointed(&self) {
        Tally::count(&self.tally.checkpoints, 1);
        self.tally.last_checkpoint.store(self.age_ms(), Relaxed);
    }

    /// Milliseconds since the database was opened, at least 1.
    pub(super) fn age_ms(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// Sleeps for `pause`; false when the queue was closed.
    pub(super) fn sleep(&self, pause: Duration) -> bool {
        let slept = self.ends.wait_timeout_while(self.lock(), pause, |w| !w.is_closed);
        !slept.unwrap_or_else(PoisonError::into_inner).0.is_closed
    }

    /// Looks after those who wait, until the queue is closed and empty.
    pub(super) fn watch(&self) {
        while self.sleep(self.limits.look) {
            self.look();
        }
    }

    pub(super) fn look(&self) {
        let (mut late, mut unsure) = (VecDeque::new(), Vec::new());
        let mut waiting = self.lock();
        while waiting.jobs.front().is_some_and(|job| self.is_late(job)) {
            late.extend(waiting.jobs.pop_front());
        }
        let long = |(since, _): &(Monotonic, Vec<Tell>)| since.elapsed() >= self.limits.commit;
        if waiting.committing.as_ref().is_some_and(long) {
            unsure.extend(waiting.committing.take().map(|(_, answers)| answers));
        }
        drop(waiting);
        Tally::count(&self.tally.turned_away, late.len());
        for job in late {
            job.turn_away(too_late());
        }
        for tell in unsure.into_iter().flatten() {
            tell(Err(Trouble::Unsure("it has not answered yet".to_owned())));
        }
    }

    /// Whether a job has waited too long to be begun.
    pub(super) fn is_late(&self, job: &Job) -> bool {
        job.queued.elapsed() >= self.limits.patience
    }
}

/// What a caller is told whose job was not begun in time.
pub(super) fn too_late() -> Fault {
    Fault::busy("the write waited too long for its turn")
}
