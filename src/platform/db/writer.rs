//! The writer thread: one connection, one queue, many small jobs to one durable commit.
//!
//! Each job runs in its own savepoint, so a refusal or a panic undoes that job alone. Nobody
//! hears "done" before `COMMIT` returned. A failing commit ends the process: after a disk error
//! nothing in memory can be trusted, while a restart recovers from the log (`reliability.md` D4).
#![expect(clippy::disallowed_methods, reason = "waiting is measured, never stored or compared")]

use std::any::Any;
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

/// Runs one job against the connection; the boxed answer is told after the commit.
type Work = Box<dyn FnOnce(&Connection) -> Box<dyn FnOnce(Committed) + Send> + Send>;

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
            let outcome = in_savepoint(connection, work);
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
    connection.execute_batch(end)?;
    outcome
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}

fn serve(connection: &Connection, jobs: &Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        commit_together(connection, gather(first, jobs));
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

fn commit_together(connection: &Connection, batch: Vec<Job>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        tell_all_failed(batch, &format!("the database did not open a transaction: {error}"));
        return;
    }
    let mut answers = Vec::with_capacity(batch.len());
    for job in batch {
        // Dropping the job drops its answer channel, which its caller hears as an end.
        if job.queued.elapsed() < PATIENCE {
            answers.push((job.work)(connection));
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
    for answer in answers {
        answer(committed.clone());
    }
}

fn tell_all_failed(batch: Vec<Job>, why: &str) {
    tracing::error!(why, "a batch of writes could not begin");
    drop(batch);
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
