//! The writer thread: one connection, one queue, many small jobs to one durable commit.
//!
//! Each job runs in its own savepoint, so a refusal or a panic undoes that job alone. Nobody
//! hears "done" before `COMMIT` returned. A failing commit ends the process: after a disk error
//! nothing in memory can be trusted, while a restart recovers from the log (`reliability.md` D4).
#![expect(clippy::disallowed_methods, reason = "waiting is measured, never stored or compared")]

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant as Monotonic};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::Tx;
use crate::base::fault::Doing;
use crate::base::{Failure, Fault};

/// Jobs that may wait; one more is told "busy".
const QUEUE: usize = 1024;
/// Jobs that share one commit at most.
const BATCH: usize = 64;
/// How long the first job of a batch waits for company.
const COMPANY: Duration = Duration::from_millis(2);
/// A job older than this when its turn comes is refused instead of run: its caller has gone.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells one caller, once the fate of its batch is known.
type Tell = Box<dyn FnOnce(Committed) + Send>;
/// Runs one job against the connection; without one, the caller is told "busy".
type Work = Box<dyn FnOnce(Option<&Connection>) -> Tell + Send>;

/// Whether the batch a job ran in reached the disk.
#[derive(Clone)]
enum Committed {
    Yes,
    No(String),
}

struct Job {
    queued: Monotonic,
    work: Work,
}

/// The way to the writer thread. Clones share it.
#[derive(Clone)]
pub(super) struct Writer(SyncSender<Job>);

impl Writer {
    /// Starts the thread, which owns `connection` from here on.
    pub(super) fn start(connection: Connection) -> Result<Self, Fault> {
        let (sender, receiver) = sync_channel(QUEUE);
        std::thread::Builder::new()
            .name("kiosk-writer".to_owned())
            .spawn(move || serve(&connection, &receiver))
            .doing("starting the writer thread")?;
        Ok(Self(sender))
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
                Some(connection) => in_savepoint(connection, work),
                None => Err(Fault::busy("the write waited too long for its turn").into()),
            };
            Box::new(move |committed| {
                let told = match committed {
                    Committed::Yes => outcome,
                    // A refusal wrote nothing, so it stands whatever became of the batch.
                    Committed::No(why) => outcome.and(Err(Fault::new(why).into())),
                };
                let _ = tell.send(told);
            })
        });
        match self.0.try_send(Job { queued: Monotonic::now(), work }) {
            Ok(()) => Ok(answer),
            Err(TrySendError::Full(_)) => Err(Fault::busy("the writer's queue is full")),
            Err(TrySendError::Disconnected(_)) => Err(Fault::new("the writer thread ended")),
        }
    }
}

fn in_savepoint<T, R>(
    connection: &Connection,
    work: impl FnOnce(&Tx) -> Result<T, Failure<R>>,
) -> Result<T, Failure<R>> {
    connection.execute_batch("SAVEPOINT job")?;
    let outcome = catch_unwind(AssertUnwindSafe(|| work(&Tx(connection))))
        .unwrap_or_else(|panic| Err(Fault::new(format!("bug: {}", words_of(&*panic))).into()));
    let end = if outcome.is_ok() { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" };
    if let Err(error) = connection.execute_batch(end) {
        // Half a job must never be committed with others: the whole transaction is given up.
        let _ = connection.execute_batch("ROLLBACK");
        return Err(error.into());
    }
    outcome
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

fn serve(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let batch = gather(first, jobs);
        // A panic here is not a job's own: what the connection is in nobody knows.
        if catch_unwind(AssertUnwindSafe(|| commit_in_turn(connection, batch))).is_err() {
            tracing::error!("the writer itself failed; a restart recovers");
            end_process();
        }
    }
    // The last sender is gone: fold the log into the file so that the next start is quick.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn gather(first: Job, jobs: &Receiver<Job>) -> Vec<Job> {
    let mut batch = vec![first];
    let until = Monotonic::now() + COMPANY;
    // A lone job does not wait: only when others are already here is more company likely.
    while batch.len() < BATCH {
        match jobs.try_recv() {
            Ok(job) => batch.push(job),
            Err(_) if batch.len() == 1 => break,
            Err(_) => {
                let left = until.saturating_duration_since(Monotonic::now());
                match jobs.recv_timeout(left) {
                    Ok(job) => batch.push(job),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                }
            }
        }
    }
    batch
}

/// Commits a batch; when a job breaks the shared transaction, those before it are told that it
/// failed and those behind it get a transaction of their own.
fn commit_in_turn(connection: &Connection, batch: Vec<Job>) {
    let mut waiting = VecDeque::from(batch);
    while !waiting.is_empty() {
        commit_together(connection, &mut waiting);
    }
}

fn commit_together(connection: &Connection, waiting: &mut VecDeque<Job>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        tracing::error!(%error, "a batch of writes could not begin");
        waiting.drain(..).for_each(|job| (job.work)(None)(Committed::Yes));
        return;
    }
    let mut answers: Vec<Tell> = Vec::with_capacity(waiting.len());
    while let Some(job) = waiting.pop_front() {
        if job.queued.elapsed() >= PATIENCE {
            (job.work)(None)(Committed::Yes);
            continue;
        }
        answers.push((job.work)(Some(connection)));
        // A full or failing disk makes SQLite give up the whole transaction by itself.
        if connection.is_autocommit() {
            let why = "the database gave up the transaction";
            answers.drain(..).for_each(|tell| tell(Committed::No(why.to_owned())));
            return;
        }
    }
    let committed = match connection.execute_batch("COMMIT") {
        Ok(()) => Committed::Yes,
        Err(error) => {
            let _ = connection.execute_batch("ROLLBACK");
            if is_disk_failure(&error) {
                tracing::error!(%error, "the disk failed under a commit; a restart recovers");
                end_process();
            }
            Committed::No(format!("the commit failed: {error}"))
        }
    };
    for tell in answers {
        tell(committed.clone());
    }
}

fn is_disk_failure(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::SystemIoFailure)
}

fn end_process() -> ! {
    std::process::exit(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::fault::Never;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER NOT NULL)").unwrap();
        Writer::start(connection).unwrap()
    }

    fn count(writer: &Writer) -> i64 {
        let counted: Result<i64, Failure<Never>> =
            writer.run_blocking(|tx| Ok(tx.query_row("SELECT count(*) FROM t", [], |r| r.get(0))?));
        counted.unwrap()
    }

    // S4.31: a failing job leaves nothing behind, its neighbours are untouched.
    #[test]
    fn a_refused_or_panicking_job_is_undone_alone() {
        let writer = writer();
        let insert = |tx: &Tx| -> Result<(), Failure<Never>> {
            tx.execute("INSERT INTO t VALUES (1)", [])?;
            Ok(())
        };
        writer.run_blocking(insert).unwrap();
        let failed = writer.run_blocking(move |tx| {
            insert(tx)?;
            Err::<(), Failure<Never>>(Fault::new("no").into())
        });
        assert!(failed.is_err());
        let panicked: Result<(), Failure<Never>> = writer.run_blocking(move |tx| {
            insert(tx)?;
            panic!("a bug")
        });
        assert!(panicked.unwrap_err().to_string().contains("a bug"));
        writer.run_blocking(insert).unwrap();
        assert_eq!(count(&writer), 2);
    }

    #[test]
    fn many_threads_lose_nothing() {
        let writer = writer();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let done: Result<(), Failure<Never>> = writer.run_blocking(|tx| {
                            tx.execute("INSERT INTO t VALUES (1)", [])?;
                            Ok(())
                        });
                        done.unwrap();
                    }
                });
            }
        });
        assert_eq!(count(&writer), 800);
    }
}
