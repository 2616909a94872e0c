//! The writer thread: one connection, one queue, many small jobs to one durable commit.
//!
//! Each job runs in its own savepoint, so a refusal or a panic undoes that job alone. Nobody
//! hears "done" before `COMMIT` returned. What has come while the last commit was on its way to
//! the disk shares the next one, so batches grow by themselves when the disk is slow, and a lone
//! write is not held up. Only when everybody buys, and batches are half full already, one waits a
//! moment to become a full one: a commit costs the same for all who share it.
#![expect(clippy::disallowed_methods, reason = "a batch's age is measured, never stored")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant as Monotonic;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use super::Tx;
use super::checkpoint::{self, Keeper};
use super::failure::{Trouble, blamed_on_disk};
use super::figures::{Figures, Tally};
use super::queue::{Limits, Queue, Tell, Work, too_late};
use crate::base::fault::Doing;
use crate::base::{Failure, Fault};

/// The way to the writer thread. Clones share it; the last one to go waits for the thread's end.
#[derive(Clone)]
pub(super) struct Writer(Arc<Threads>);

struct Threads {
    queue: Arc<Queue>,
    running: Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.queue.close();
        let running = self.running.get_mut().unwrap_or_else(PoisonError::into_inner);
        let here = std::thread::current().id();
        // A job can hold the last way to the writer; a thread cannot wait for itself.
        for thread in running.drain(..).filter(|thread| thread.thread().id() != here) {
            let _ = thread.join();
        }
    }
}

impl Writer {
    /// Starts the thread, which owns `connection` from here on, and the one that looks after
    /// those who wait for it. `wal` is the log beside the database, when there is one.
    pub(super) fn start(
        connection: Connection,
        wal: Option<&Path>,
        limits: Limits,
    ) -> Result<Self, Fault> {
        connection.busy_timeout(limits.lock)?;
        let queue = Queue::new(limits);
        let keeper = wal.map(Keeper::new);
        let writer = Self(Arc::new(Threads { queue, running: Mutex::default() }));
        writer.spawn("kiosk-writer", move |queue| serve(&connection, &queue, keeper))?;
        writer.spawn("kiosk-waiting", |queue| queue.watch())?;
        Ok(writer)
    }

    /// Folds the log into the database on a connection and a thread of its own.
    pub(super) fn checkpoint_on(&self, connection: Connection) -> Result<(), Fault> {
        self.spawn("kiosk-checkpoint", move |queue| checkpoint::serve(&connection, &queue))
    }

    fn spawn(
        &self,
        name: &str,
        work: impl FnOnce(Arc<Queue>) + Send + 'static,
    ) -> Result<(), Fault> {
        let queue = Arc::clone(&self.0.queue);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || work(queue)).doing("starting a thread")?;
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
        Ok(())
    }

    /// What it has done so far; of the log and the readers it knows nothing.
    pub(super) fn figures(&self) -> Figures {
        let (queue, tally) = (&self.0.queue, &self.0.queue.tally);
        let last = tally.last_checkpoint.load(Relaxed);
        Figures {
            queued: queue.len() as u64,
            queue_max: queue.limits.queue as u64,
            jobs: tally.jobs.load(Relaxed),
            commits: tally.commits.load(Relaxed),
            turned_away: tally.turned_away.load(Relaxed),
            failed_commits: tally.failed_commits.load(Relaxed),
            checkpoints: tally.checkpoints.load(Relaxed),
            last_checkpoint_ms: (last > 0).then(|| queue.age_ms().saturating_sub(last)),
            ..Figures::default()
        }
    }

    /// Waits until the disk has failed in a way that only a new start mends.
    pub(super) async fn broken(&self) {
        let queue = &self.0.queue;
        let breaks = queue.breaks.notified();
        if !queue.broken.load(Relaxed) {
            breaks.await;
        }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.0.queue.broken.load(Relaxed)
    }

    /// Queues `work` and waits for its durable answer.
    pub(super) async fn run<T, R, F>(&self, work: F) -> Result<T, Failure<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, Failure<R>> + Send + 'static,
    {
        let answer = self.queue(work)?;
        answer.await.map_err(|_| Fault::new("the writer thread ended"))?
    }

    /// The same for a caller outside an async runtime.
    pub(super) fn run_blocking<T, R, F>(&self, work: F) -> Result<T, Failure<R>>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, Failure<R>> + Send + 'static,
    {
        let answer = self.queue(work)?;
        answer.blocking_recv().map_err(|_| Fault::new("the writer thread ended"))?
    }

    fn queue<T, R, F>(&self, work: F) -> Result<oneshot::Receiver<Result<T, Failure<R>>>, Fault>
    where
        T: Send + 'static,
        R: Send + 'static,
        F: FnOnce(&Tx) -> Result<T, Failure<R>> + Send + 'static,
    {
        let (tell, answer) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let outcome = match connection {
                Ok(connection) => in_savepoint(connection, work).map_err(blamed_on_disk),
                Err(why) => Err(why.into()),
            };
            Box::new(move |committed| {
                let told = match committed {
                    Ok(()) => outcome,
                    // A refusal wrote nothing, so it stands whatever became of the batch.
                    Err(trouble) => outcome.and(Err(trouble.told().into())),
                };
                let _ = tell.send(told);
            })
        });
        self.0.queue.push(work)?;
        Ok(answer)
    }
}

fn in_savepoint<T, R>(
    connection: &Connection,
    work: impl FnOnce(&Tx) -> Result<T, Failure<R>>,
) -> Result<T, Failure<R>> {
    step(connection, "SAVEPOINT job")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(&Tx(connection))))
        .unwrap_or_else(|panic| Err(Fault::new(format!("bug: {}", words_of(&*panic))).into()));
    let ended = match outcome {
        Ok(_) => step(connection, "RELEASE job"),
        Err(_) => connection.execute_batch("ROLLBACK TO job; RELEASE job"),
    };
    // After a failure of the disk there may be no savepoint to go back to: all is undone already.
    if let Err(error) = ended {
        // Half a job must never be committed with others: the whole transaction is given up.
        let _ = connection.execute_batch("ROLLBACK");
        return outcome.and(Err(error.into()));
    }
    outcome
}

/// A statement without values; kept prepared, for it is run for every job.
fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

fn serve(connection: &Connection, queue: &Queue, mut keeper: Option<Keeper>) {
    let mut last = 0;
    while queue.wait() {
        if last >= queue.limits.batch / 2 {
            queue.gather();
        }
        let done = catch_unwind(AssertUnwindSafe(|| commit_some(connection, queue)));
        last = *done.as_ref().unwrap_or(&0);
        if done.is_err() {
            // A panic here is not a job's own: what the connection is in nobody knows.
            tracing::error!("the writer itself failed; a restart recovers");
            queue.committed().into_iter().for_each(|tell| tell(Err(lost())));
            queue.give_up();
        }
        if queue.broken.load(Relaxed) {
            return;
        }
        if let Some(keeper) = &mut keeper {
            keeper.tend(connection, queue);
        }
    }
    // The last caller is gone: fold the log into the file so that the next start is quick.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn lost() -> Trouble {
    Trouble::Unsure("the writer failed".to_owned())
}

/// Commits what waits, as much of it as one batch takes; how many jobs that was.
fn commit_some(connection: &Connection, queue: &Queue) -> usize {
    if let Err(error) = step(connection, "BEGIN IMMEDIATE") {
        tracing::error!(%error, "a batch of writes could not begin");
        // Somebody else's lock may end in time: those who wait go on waiting, up to their limit.
        if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
            let trouble = Trouble::of(&error);
            queue.turn_all_away(|| trouble.told());
        }
        return 0;
    }
    let Some(answers) = run_some(connection, queue) else { return 0 };
    let jobs = answers.len();
    queue.commits(answers);
    let committed = step(connection, "COMMIT").map_err(|error| {
        let _ = connection.execute_batch("ROLLBACK");
        Tally::count(&queue.tally.failed_commits, 1);
        let trouble = Trouble::of(&error);
        tracing::error!(%error, jobs, ?trouble, "a commit failed");
        trouble
    });
    if committed.is_ok() {
        Tally::count(&queue.tally.jobs, jobs);
        Tally::count(&queue.tally.commits, 1);
    }
    for tell in queue.committed() {
        tell(committed.clone());
    }
    if let Err(Trouble::Unsure(_)) = committed {
        queue.give_up();
    }
    jobs
}

/// Runs jobs in the open transaction; nothing when SQLite gave the transaction up, which those
/// it had run for know by then.
fn run_some(connection: &Connection, queue: &Queue) -> Option<Vec<Tell>> {
    let (begun, limits) = (Monotonic::now(), &queue.limits);
    let mut answers: Vec<Tell> = Vec::with_capacity(limits.batch);
    while answers.len() < limits.batch
        && (answers.is_empty() || begun.elapsed() < limits.company)
        && let Some(job) = queue.next()
    {
        if queue.is_late(&job) {
            Tally::count(&queue.tally.turned_away, 1);
            job.turn_away(too_late());
            continue;
        }
        answers.push((job.work)(Ok(connection)));
        // A full or failing disk makes SQLite give up the whole transaction by itself.
        if connection.is_autocommit() {
            Tally::count(&queue.tally.failed_commits, 1);
            let why = "the database gave up the transaction".to_owned();
            answers.drain(..).for_each(|tell| tell(Err(Trouble::Disk(why.clone()))));
            return None;
        }
    }
    Some(answers)
}
