//! The writer under everything that can go wrong: each fault by a real mechanism.

use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::checkpoint::{self, Keeper};
use super::failure::Trouble;
use super::queue::{LIMITS, Limits, Queue};
use super::writer::Writer;
use super::{Db, Tx, open};
use crate::base::fault::Never;
use crate::base::{Failure, Fault};

type Done<T = ()> = Result<T, Failure<Never>>;
type Job = Box<dyn FnOnce(&Tx) -> Done + Send>;

const TABLES: &str = "CREATE TABLE t (n INTEGER PRIMARY KEY, filling TEXT) STRICT;
    CREATE TABLE child (n INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED) STRICT;";

/// A database file of two tables and its writer.
struct Shop {
    folder: TempDir,
    writer: Arc<Writer>,
}

impl Shop {
    fn with(limits: Limits) -> Self {
        let folder = TempDir::new().unwrap();
        let connection = open::writing(&folder.path().join("kiosk.db")).unwrap();
        connection.execute_batch(TABLES).unwrap();
        let wal = folder.path().join("kiosk.db-wal");
        // A batch ends when nobody waits, however long its jobs take: it is known who shares one.
        let limits = Limits { company: Duration::from_secs(3600), ..limits };
        let writer = Arc::new(Writer::start(connection, Some(&wal), limits).unwrap());
        Self { folder, writer }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("kiosk.db")
    }

    fn put(&self, n: i64) -> Done {
        self.writer.run_blocking(move |tx| put(tx, n, 0))
    }

    /// What is there, as another connection sees it.
    fn rows(&self) -> Vec<i64> {
        let connection = Connection::open(self.path()).unwrap();
        let mut statement = connection.prepare("SELECT n FROM t ORDER BY n").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    /// Keeps the writer inside a job until the answer is used or dropped.
    fn hold_up(&self) -> Sender<()> {
        let (begun, begins) = channel();
        let (free, freed): (_, Receiver<()>) = channel();
        let writer = Arc::clone(&self.writer);
        std::thread::spawn(move || {
            let held: Done = writer.run_blocking(move |_| {
                begun.send(()).unwrap();
                let _ = freed.recv();
                Ok(())
            });
            // Its batch may fail; that is for the others to tell.
            drop(held);
        });
        begins.recv().unwrap();
        free
    }

    /// Queues jobs behind one that is held up, so that all of them share its batch.
    fn together(&self, jobs: Vec<Job>) -> Vec<Done> {
        let free = self.hold_up();
        let told = Arc::new(Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for (at, job) in jobs.into_iter().enumerate() {
                let (writer, told) = (&self.writer, Arc::clone(&told));
                let waiting = self.writer.figures().queued;
                scope.spawn(move || {
                    let done = writer.run_blocking(job);
                    told.lock().unwrap().push((at, done));
                });
                while self.writer.figures().queued == waiting {
                    std::thread::yield_now();
                }
            }
            drop(free);
        });
        let mut told = std::mem::take(&mut *told.lock().unwrap());
        told.sort_by_key(|(at, _)| *at);
        told.into_iter().map(|(_, done)| done).collect()
    }
}

fn put(tx: &Tx, n: i64, bytes: usize) -> Done {
    tx.execute("INSERT INTO t VALUES (?1, ?2)", (n, "x".repeat(bytes)))?;
    Ok(())
}

fn fault(done: Done) -> Fault {
    done.map_err(Fault::from).unwrap_err()
}

// S4.31: a failing job leaves nothing behind, its neighbours are untouched.
#[test]
fn a_refused_or_panicking_job_is_undone_alone() {
    let shop = Shop::with(LIMITS);
    let told = shop.together(vec![
        Box::new(|tx| put(tx, 1, 0)),
        Box::new(|tx| put(tx, 2, 0).and(Err(Fault::new("no").into()))),
        Box::new(|tx| {
            put(tx, 3, 0)?;
            panic!("a bug")
        }),
        Box::new(|tx| put(tx, 4, 0)),
    ]);
    let told: Vec<Option<String>> =
        told.into_iter().map(|done| done.err().map(|failure| failure.to_string())).collect();
    let bug = Some("bug: a bug".to_owned());
    assert_eq!(told, [None, Some("no".to_owned()), bug, None]);
    assert_eq!(shop.rows(), [1, 4]);
    let figures = shop.writer.figures();
    assert_eq!((figures.jobs, figures.commits, figures.queued), (5, 1, 0));
}

#[test]
fn many_threads_lose_nothing() {
    let shop = Shop::with(LIMITS);
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let shop = &shop;
            scope.spawn(move || (0..50).for_each(|n| shop.put(thread * 50 + n).unwrap()));
        }
    });
    assert_eq!(shop.rows(), (0..800).collect::<Vec<_>>());
    let figures = shop.writer.figures();
    assert_eq!(figures.jobs, 800);
    assert!(figures.commits <= figures.jobs);
}

// S4.31: what is too much is told "busy" at once; what waited is written.
#[test]
fn a_full_queue_turns_away_and_goes_on() {
    let shop = Shop::with(Limits { queue: 2, ..LIMITS });
    let told = shop.together(vec![Box::new(|tx| put(tx, 1, 0)), Box::new(|tx| put(tx, 2, 0))]);
    assert!(told.iter().all(Result::is_ok));
    let free = shop.hold_up();
    std::thread::scope(|scope| {
        for n in [3, 4] {
            let waiting = shop.writer.figures().queued;
            scope.spawn({
                let shop = &shop;
                move || shop.put(n).unwrap()
            });
            while shop.writer.figures().queued == waiting {
                std::thread::yield_now();
            }
        }
        let turned_away = fault(shop.put(5));
        assert!(turned_away.is_busy(), "{turned_away}");
        drop(free);
    });
    assert_eq!(shop.rows(), [1, 2, 3, 4]);
    assert_eq!(shop.writer.figures().turned_away, 1);
}

// S4.31: somebody else's lock holds up nobody for ever; what was told "busy" is never done.
#[test]
fn a_lock_that_is_held_ends_in_busy_and_not_in_waiting() {
    let short = Duration::from_millis(20);
    let shop = Shop::with(Limits { patience: short, lock: short, look: short, ..LIMITS });
    let other = Connection::open(shop.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let turned_away = fault(shop.put(1));
    assert!(turned_away.is_busy(), "{turned_away}");
    other.execute_batch("ROLLBACK").unwrap();
    // A slow machine may turn this one away as well, never both do it and say so.
    let kept: Vec<i64> = (2..50).filter(|n| shop.put(*n).is_ok()).collect();
    assert!(!kept.is_empty());
    assert_eq!(shop.rows(), kept);
}

// S4.31: a full disk: whoever was told "done" is there, everybody else hears why, and the writer
// goes on as soon as there is space.
#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let shop = Shop::with(LIMITS);
    shop.put(1).unwrap();
    let limit = |pages: u32| {
        let set: Done = shop.writer.run_blocking(move |tx| {
            tx.pragma_update(None, "max_page_count", pages)?;
            Ok(())
        });
        set.unwrap();
    };
    limit(10);
    let told = shop.together(vec![
        Box::new(|tx| put(tx, 2, 0)),
        Box::new(|tx| put(tx, 3, 100_000)),
        Box::new(|tx| put(tx, 4, 0)),
    ]);
    let mut kept = vec![1];
    for (n, done) in (2..).zip(told) {
        match done {
            Ok(()) => kept.push(n),
            Err(failure) => assert!(Fault::from(failure).is_busy()),
        }
    }
    assert!(!kept.contains(&3));
    assert_eq!(shop.rows(), kept);
    let full = fault(shop.writer.run_blocking(|tx| put(tx, 5, 100_000)));
    assert!(full.is_busy() && full.to_string().contains("the disk is full"), "{full}");
    limit(1 << 30);
    shop.writer.run_blocking(|tx| put(tx, 6, 100_000)).unwrap();
    kept.push(6);
    assert_eq!(shop.rows(), kept);
}

// S4.31: a commit that fails fails for everybody in it, and for nobody behind it.
#[test]
fn a_commit_that_fails_is_told_to_everybody_in_it() {
    let shop = Shop::with(LIMITS);
    let told = shop.together(vec![
        Box::new(|tx| put(tx, 1, 0)),
        Box::new(|tx| {
            tx.execute("INSERT INTO child VALUES (99)", [])?;
            Ok(())
        }),
    ]);
    for done in told {
        let failed = fault(done);
        assert!(!failed.is_busy() && failed.to_string().contains("commit failed"), "{failed}");
    }
    assert_eq!(shop.rows(), Vec::<i64>::new());
    shop.put(2).unwrap();
    assert_eq!(shop.rows(), [2]);
    assert_eq!(shop.writer.figures().failed_commits, 1);
}

// S4.31: a disk that hangs under a commit.
#[test]
fn a_commit_that_does_not_return_is_told_to_be_unknown() {
    let queue = Queue::new(Limits { commit: Duration::ZERO, ..LIMITS });
    let (tell, told) = channel();
    queue.commits(vec![Box::new(move |committed| tell.send(committed).unwrap())]);
    queue.look();
    let told = told.recv().unwrap();
    assert!(matches!(told, Err(Trouble::Unsure(_))), "{told:?}");
    assert!(queue.committed().is_empty());
}

// S4.31: after a sync that failed nothing is written any more, and everybody hears of it.
#[test]
fn a_writer_that_gave_up_takes_nothing_more() {
    let queue = Queue::new(LIMITS);
    let (tell, told) = channel();
    let push = |tell: Sender<bool>| {
        queue.push(Box::new(move |connection| {
            tell.send(connection.is_ok()).unwrap();
            Box::new(|_| ())
        }))
    };
    push(tell.clone()).unwrap();
    queue.give_up();
    assert!(!told.recv().unwrap(), "it never ran");
    assert!(push(tell).unwrap_err().is_busy());
    assert!(queue.broken.load(Relaxed) && !queue.wait());
}

/// A connection whose log has grown by so many commits, and the log's file.
fn written(folder: &TempDir, commits: i64) -> (Connection, PathBuf) {
    let connection = open::writing(&folder.path().join("kiosk.db")).unwrap();
    connection.execute_batch(TABLES).unwrap();
    for n in 0..commits {
        connection.execute("INSERT INTO t VALUES (?1, ?2)", (n, "x".repeat(4000))).unwrap();
    }
    (connection, folder.path().join("kiosk.db-wal"))
}

// S4.31: the log is bounded.
#[test]
fn a_log_that_is_too_large_is_folded_by_the_writer() {
    let folder = TempDir::new().unwrap();
    let (connection, wal) = written(&folder, 100);
    let queue = Queue::new(LIMITS);
    let mut keeper = Keeper::new(&wal);
    keeper.tend(&connection, &queue);
    let large = checkpoint::wal_bytes(&wal);
    assert!(large > 400_000, "not folded before it is large");
    keeper.most = 400_000;
    // A reader of an old view stands in the way: writes go on, and it is tried again later.
    let reader = Connection::open(folder.path().join("kiosk.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
    connection.execute("INSERT INTO t VALUES (1000, '')", []).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    keeper.tend(&connection, &queue);
    assert!(checkpoint::wal_bytes(&wal) >= large && keeper.most > large);
    reader.execute_batch("COMMIT").unwrap();
    keeper.most = 400_000;
    keeper.tend(&connection, &queue);
    assert_eq!(checkpoint::wal_bytes(&wal), 0);
}

#[test]
fn a_log_that_was_folded_begins_anew() {
    let folder = TempDir::new().unwrap();
    let (connection, wal) = written(&folder, 100);
    let queue = Queue::new(LIMITS);
    queue.fold.store(true, Relaxed);
    Keeper::new(&wal).tend(&connection, &queue);
    let before = checkpoint::wal_bytes(&wal);
    for n in 1000..1050 {
        connection.execute("INSERT INTO t VALUES (?1, 'more')", [n]).unwrap();
    }
    assert_eq!(checkpoint::wal_bytes(&wal), before);
    assert_eq!(queue.tally.checkpoints.load(Relaxed), 1);
}

#[test]
fn the_last_one_to_go_leaves_no_log_behind() {
    let folder = TempDir::new().unwrap();
    let db = Db::open(folder.path()).unwrap();
    let written: Done = db.write_blocking(|tx| {
        tx.execute("UPDATE order_sequence SET next = 2000", [])?;
        Ok(())
    });
    written.unwrap();
    let figures = db.figures();
    assert_eq!((figures.jobs, figures.commits, figures.queue_max), (1, 1, 1024));
    assert!(figures.wal_bytes > 0 && db.sound().is_ok());
    drop(db);
    assert_eq!(checkpoint::wal_bytes(&folder.path().join("kiosk.db-wal")), 0);
}

// S4.38: the one writer is durable and bounded, readers cannot write, and both keep the rules.
#[test]
fn connections_are_set_up_for_a_shop() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("kiosk.db");
    let writer = open::writing(&path).unwrap();
    let mut reader = Connection::open(&path).unwrap();
    open::reading(&mut reader).unwrap();
    let number = |of: &Connection, name: &str| -> i64 {
        of.pragma_query_value(None, name, |row| row.get(0)).unwrap()
    };
    for of in [&writer, &reader] {
        let mode: String = of.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        assert_eq!((number(of, "foreign_keys"), number(of, "trusted_schema")), (1, 0));
        assert!(number(of, "busy_timeout") > 0);
    }
    // 2 is FULL: a commit is on the disk when it is told.
    assert_eq!((number(&writer, "synchronous"), number(&writer, "query_only")), (2, 0));
    assert_eq!(number(&reader, "query_only"), 1);
    assert!(reader.execute_batch("CREATE TABLE t (n)").is_err());
}
