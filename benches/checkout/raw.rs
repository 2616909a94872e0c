//! SQLite's own limit: every statement that the writer runs for one checkout, as it was heard from
//! the running program, run again on a bare connection, 64 checkouts to a commit and each in a
//! savepoint of its own, with hashes as scattered as real ones.

use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::sha256_hex;
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::ROUND;
use crate::shop::Shop;

/// Checkouts that share a commit.
const BATCH: u64 = 64;

/// What a value is in the next checkout.
pub(crate) enum Next {
    Same,
    /// An identity: the same with a mark.
    Marked,
    /// A hash: any other, so that it falls anywhere in its index.
    Hash,
    /// A number that counts up, as the number of an order does, or a time.
    Plus(i64),
}

/// A statement and its values.
type Statement = (String, Vec<Value>);

/// What the writer has run since the list was emptied: as written, and with its values.
static HEARD: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

fn hear(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, text) = event
        && !text.starts_with("--")
    {
        let whole = statement.expanded_sql().unwrap();
        HEARD.lock().unwrap().push((statement.sql().into_owned(), whole));
    }
}

fn listen(shop: &Shop, to: Option<fn(TraceEvent<'_>)>) {
    let set = shop.kit.db.write_blocking(move |tx| {
        tx.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, to);
        Ok::<_, Failure<Never>>(())
    });
    set.unwrap();
}

fn one(shop: &Shop) -> Vec<Statement> {
    HEARD.lock().unwrap().clear();
    shop.buy();
    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    let frame = ["BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "PRAGMA"];
    let own = heard.into_iter().filter(|(sql, _)| !frame.iter().any(|word| sql.starts_with(word)));
    own.map(|(sql, whole)| (values(&sql, &whole), sql)).map(|(values, sql)| (sql, values)).collect()
}

/// The statements of one checkout, and beside each value how it becomes another's.
pub(crate) fn record(shop: &Shop) -> Vec<(Statement, Vec<Next>)> {
    shop.buy();
    listen(shop, Some(hear));
    let (first, second) = (one(shop), one(shop));
    listen(shop, None);
    assert_eq!(first.len(), second.len(), "two checkouts run the same statements");
    let followed = |(one, other): (Statement, Statement)| {
        assert_eq!(one.0, other.0);
        let next = one.1.iter().zip(&other.1).map(|(a, b)| match (a, b) {
            (Value::Text(a), Value::Text(b)) if a != b && is_hash(a) => Next::Hash,
            (Value::Text(a), Value::Text(b)) if a != b => Next::Marked,
            (Value::Integer(a), Value::Integer(b)) => Next::Plus(b - a),
            _ => Next::Same,
        });
        let next = next.collect();
        (other, next)
    };
    first.into_iter().zip(second).map(followed).collect()
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The values of a statement, read from the text in which they stand for `?1`, `?2`, ….
fn values(sql: &str, whole: &str) -> Vec<Value> {
    let mut values = Vec::new();
    let (mut sql, mut whole) = (sql, whole);
    while let Some(at) = sql.find('?') {
        whole = &whole[at..];
        sql = &sql[at + 1..];
        let digits = sql.bytes().take_while(u8::is_ascii_digit).count();
        let number: usize = sql[..digits].parse().expect("numbered values");
        sql = &sql[digits..];
        let (value, rest) = literal(whole);
        whole = rest;
        if values.len() < number {
            values.resize(number, Value::Null);
        }
        values[number - 1] = value;
    }
    values
}

fn literal(text: &str) -> (Value, &str) {
    if let Some(rest) = text.strip_prefix("NULL") {
        return (Value::Null, rest);
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let mut end = 0;
        loop {
            end += quoted[end..].find('\'').expect("a closing quote");
            if !quoted[end + 1..].starts_with('\'') {
                break;
            }
            end += 2;
        }
        return (Value::Text(quoted[..end].replace("''", "'")), &quoted[end + 1..]);
    }
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(text.len());
    (Value::Integer(text[..end].parse().expect("a whole number")), &text[end..])
}

/// A bare connection on a copy of the shop's database.
pub(crate) struct Bare {
    connection: Connection,
    statements: Vec<(Statement, Vec<Next>)>,
    done: u64,
}

impl Bare {
    pub(crate) fn copy_of(
        shop: &Path,
        folder: &Path,
        statements: Vec<(Statement, Vec<Next>)>,
    ) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let (from, to) = (shop.join("kiosk.db"), folder.join("kiosk.db"));
        let original = Connection::open(from).unwrap();
        original.execute("VACUUM INTO ?1", [to.to_str().unwrap()]).unwrap();
        let connection = Connection::open(to).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON;
                 PRAGMA temp_store = MEMORY;
                 PRAGMA wal_autocheckpoint = 4000;",
            )
            .unwrap();
        connection.set_prepared_statement_cache_capacity(128);
        Self { connection, statements, done: 0 }
    }

    /// Checkouts in a second.
    pub(crate) fn round(&mut self) -> f64 {
        let (begun, before) = (Instant::now(), self.done);
        while begun.elapsed() < ROUND {
            self.step("BEGIN IMMEDIATE");
            for _ in 0..BATCH {
                self.done += 1;
                self.step("SAVEPOINT job");
                self.run();
                self.step("RELEASE job");
            }
            self.step("COMMIT");
        }
        (self.done - before) as f64 / begun.elapsed().as_secs_f64()
    }

    fn step(&self, sql: &str) {
        self.connection.prepare_cached(sql).unwrap().execute([]).unwrap();
    }

    fn run(&self) {
        let mark = format!("~{}", self.done);
        let times = i64::try_from(self.done).unwrap();
        for ((sql, values), next) in &self.statements {
            let values = values.iter().zip(next).map(|(value, next)| match (value, next) {
                (Value::Text(text), Next::Marked) => Value::Text(format!("{text}{mark}")),
                (Value::Text(text), Next::Hash) => {
                    Value::Text(sha256_hex(format!("{text}{mark}").as_bytes()))
                }
                (Value::Integer(number), Next::Plus(step)) => Value::Integer(number + step * times),
                (value, _) => value.clone(),
            });
            let mut statement = self.connection.prepare_cached(sql).unwrap();
            let mut rows = statement.query(params_from_iter(values)).unwrap();
            while rows.next().unwrap().is_some() {}
        }
    }
}
