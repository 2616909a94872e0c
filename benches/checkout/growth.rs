//! An order must cost the same when there are a million behind it: one finished order is copied by
//! SQL until there are enough, and the same work is measured on few and on many.

use std::path::Path;
use std::time::Instant;

use jiff::tz::TimeZone;
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::OrderId;
use kiosk::orders::{self, Filter, Place};
use kiosk::platform::db::Read;
use rusqlite::Connection;

use crate::shop::Shop;
use crate::table::{Goal, compared, heading, median};

/// One question to a database with so many orders.
type Asked = fn(&Read, u64);

/// The fewer.
const FEW: u64 = 1000;
/// Rounds of writing, and readings of each kind.
const ROUNDS: usize = 3;
const READINGS: usize = 200;

/// Tables an order leaves rows in, in the order in which they refer to each other.
const TABLES: [&str; 11] = [
    "session",
    "cart",
    "cart_line",
    "cart_event",
    "orders",
    "order_item",
    "order_event",
    "hold",
    "payment",
    "provider_call",
    "simulator_session",
];
/// Columns that are another order's in every copy.
const OWN: [&str; 10] = [
    "id",
    "order_id",
    "cart_id",
    "number",
    "idempotency_key",
    "session_id",
    "email",
    "email_folded",
    "token_hash",
    "key",
];

pub(crate) fn report(data: &Path, many: u64) {
    heading(&format!("One order among {many} beside one among {FEW}"));
    let of = |count: u64| {
        let folder = data.join(format!("orders-{count}"));
        drop(Shop::open(&folder)); // Makes the database.
        fill(&folder, count);
        let shop = Shop::open(&folder);
        merge(&shop);
        shop
    };
    let (few, more) = (of(FEW), of(many));
    let (mut fast, mut slow) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        fast.push(1e6 / few.round());
        slow.push(1e6 / more.round());
    }
    compared("a checkout, µs", median(slow), median(fast), "µs", Goal::Most(1.2));
    merge(&few);
    merge(&more);
    let reads: [(&str, Asked); 4] = [
        ("an order by its id", |read, n| {
            let id = format!("{}~{n}", first(read));
            orders::get_order(read, &OrderId::from_stored(id)).unwrap().unwrap();
        }),
        ("an order by its number", |read, n| {
            let number = format!("HF-1001~{n}");
            drop(orders::find_by_number(read, &number).unwrap());
        }),
        ("a page of the desk's list, filtered", |read, n| {
            let filter =
                Filter { view: "to-pack".to_owned(), q: "ada".to_owned(), ..Filter::default() };
            let question = filter.question(&TimeZone::UTC).0;
            let place = Place::Before(1001 + n.cast_signed());
            drop(orders::list_entries(read, &question, place, 50).unwrap());
        }),
        ("the newest 50 orders", |read, _| drop(orders::list_orders(read, None, 50).unwrap())),
    ];
    for (what, read) in reads {
        let (few, more) = (reading(&few, read), reading(&more, read));
        compared(what, more, few, "µs", Goal::Most(1.2));
    }
}

/// What a job of an open shop does every second.
fn merge(shop: &Shop) {
    let step =
        || shop.kit.db.write_blocking(|tx| Ok::<_, Failure<Never>>(orders::merge_words(tx)?));
    while step().unwrap() {}
}

fn first(read: &Read) -> String {
    let sql = "SELECT id FROM orders WHERE rowid = 1";
    read.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// The middle of how long a reading takes, µs.
fn reading(shop: &Shop, read: fn(&Read, u64)) -> f64 {
    let once = |n: usize| {
        let timed = shop.kit.db.read_blocking(|view| {
            let begun = Instant::now();
            read(view, n as u64 % FEW / 2 + 1);
            Ok::<_, Failure<Never>>(begun.elapsed().as_secs_f64() * 1e6)
        });
        timed.unwrap()
    };
    median((0..READINGS).map(once))
}

/// Buys once, marks it as paid and copies it.
fn fill(folder: &Path, count: u64) {
    {
        let shop = Shop::open(folder);
        shop.buy();
    }
    let database = Connection::open(folder.join("kiosk.db")).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;
             PRAGMA cache_size = -400000; BEGIN;
             UPDATE orders SET payment_status = 'paid', paid_at = placed_at, closed_at = placed_at;
             UPDATE payment SET state = 'paid', received_minor = amount_minor;
             UPDATE cart SET status = 'ordered';
             UPDATE stock_item SET held = 0;
             UPDATE hold SET state = 'sold', ended_why = 'paid';",
        )
        .unwrap();
    for table in TABLES {
        let columns = columns(&database, table);
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let values: Vec<String> = columns
            .iter()
            .map(|(name, kind)| match name.as_str() {
                "token_hash" => "lower(hex(randomblob(32)))".to_owned(),
                "seq" => "t.seq + n".to_owned(),
                own if OWN.contains(&own) && kind == "TEXT" => format!("{own} || '~' || n"),
                other => format!("t.{other}"),
            })
            .collect();
        let (names, values) = (names.join(", "), values.join(", "));
        let sql = format!(
            "WITH RECURSIVE counted (n) AS
               (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ?1)
             INSERT INTO {table} ({names}) SELECT {values} FROM counted, {table} t"
        );
        database.execute(&sql, [count.cast_signed()]).unwrap();
    }
    let next = format!("UPDATE order_sequence SET next = next + {count}");
    database.execute_batch(&next).unwrap();
    database.execute_batch("COMMIT; PRAGMA journal_mode = WAL;").unwrap();
    drop(database);
    // Gigabytes that the system has not put on the disk yet would be waited for by checkouts.
    std::fs::File::open(folder.join("kiosk.db")).unwrap().sync_all().unwrap();
}

/// The columns of a table and their types, without a number that SQLite gives.
fn columns(database: &Connection, table: &str) -> Vec<(String, String)> {
    let sql = "SELECT name, type, pk FROM pragma_table_info(?1)";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([table], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
    });
    let rows = rows.unwrap().map(Result::unwrap);
    let given = rows.filter(|(_, kind, key)| !(*key == 1 && kind == "INTEGER"));
    given.map(|(name, kind, _)| (name, kind)).collect()
}
