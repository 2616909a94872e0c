//! The merchant's clerk: gives money back with the program's own commands beside the open shop, and
//! in the provider's own dashboard, until the shop is gone. A command may be killed, too.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use kiosk::base::Randomness;
use rusqlite::Connection;
use serde_json::Value;

use crate::Book;
use crate::process::{Caller, Folder, KIOSK};

/// Between two looks at a command under way, and when there is nothing to give back.
const LOOK_EVERY: Duration = Duration::from_millis(3);

/// An order that is paid.
struct Paid {
    number: String,
    session: String,
    sku: String,
}

fn choose(database: &Connection, random: &Randomness) -> Option<Paid> {
    let paid = "FROM payment p JOIN orders o ON o.id = p.order_id WHERE p.state = 'paid'";
    let count = format!("SELECT count(*) {paid}");
    let count: i64 = database.query_row(&count, [], |row| row.get(0)).ok()?;
    let sql = format!(
        "SELECT o.number, p.session_id, (SELECT ref FROM order_item i WHERE i.order_id = o.id)
         {paid} ORDER BY o.number LIMIT 1 OFFSET {}",
        random.below(count.try_into().unwrap())
    );
    let row = |row: &rusqlite::Row| {
        Ok(Paid { number: row.get(0)?, session: row.get(1)?, sku: row.get(2)? })
    };
    database.query_row(&sql, [], row).ok()
}

/// Works until the shop is gone.
pub(crate) fn work(
    folder: &Folder,
    base: &str,
    random: &Randomness,
    slow: bool,
    book: &Book,
    is_open: &AtomicBool,
) {
    let database = folder.database();
    while is_open.load(Ordering::Relaxed) {
        let Some(paid) = choose(&database, random) else {
            thread::sleep(LOOK_EVERY);
            continue;
        };
        match random.below(10) {
            0..=3 => in_dashboard(base, &paid, random, slow, book),
            kind => by_command(folder, &paid, kind, random, book, is_open),
        }
    }
}

/// Whole, in part, a line, with goods back on the shelf or without, or the order given up.
fn by_command(
    folder: &Folder,
    paid: &Paid,
    kind: u64,
    random: &Randomness,
    book: &Book,
    is_open: &AtomicBool,
) {
    let one = format!("{}=1", paid.sku);
    let how: &[&str] = match kind {
        4 => &["refund", "--all", "--restock", "all"],
        5 => &["refund", "--all"],
        6 => &["refund", "--line", &one, "--restock", &one],
        7 => &["refund", "--delivery"],
        8 => &["cancel"],
        _ => &["refund", "--amount", "1.25"],
    };
    let args = [&["order", how[0], &paid.number, "--json"], &how[1..]].concat();
    let mut command = folder.command(KIOSK, &args);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let dies_with_the_shop = random.below(2) == 0;
    while child.try_wait().unwrap().is_none() {
        if dies_with_the_shop && !is_open.load(Ordering::Relaxed) {
            child.kill().unwrap();
        }
        thread::sleep(LOOK_EVERY);
    }
    let said = child.wait_with_output().unwrap();
    let Ok(said) = serde_json::from_slice::<Value>(&said.stdout) else { return };
    let mut book = book.lock().unwrap();
    let many = said["refunds"].as_array().cloned().unwrap_or_default();
    for refund in many.iter().chain(said.get("refund")) {
        book.refunds.insert(refund["id"].as_str().unwrap().to_owned());
    }
}

/// Somebody gives fifty pence back at the provider, or decides how fast refunds are there.
fn in_dashboard(base: &str, paid: &Paid, random: &Randomness, slow: bool, book: &Book) {
    let (caller, page) = (Caller::new(base), format!("/simulator/desk/{}", paid.session));
    let ending = match random.below(8) {
        0 if slow => Some("ending_succeed_later"),
        1 if slow => Some("ending_fail_later"),
        2 => Some("ending_succeed"),
        _ => None,
    };
    if let Some(ending) = ending {
        caller.press(&page, &[("action", ending)]);
    }
    let fields = [("action", "refund"), ("amount", "0.50")];
    if caller.press(&page, &fields) == Some(303) {
        book.lock().unwrap().in_dashboard += 1;
    }
}

/// Nothing is given back here that is not given back there; also while things are under way.
pub(crate) fn is_not_ahead(folder: &Folder) {
    let ahead = "SELECT count(*) FROM refund r
                 WHERE r.state = 'succeeded' AND NOT EXISTS (
                     SELECT 1 FROM simulator_refund s
                     WHERE s.id = r.provider_refund_id AND s.amount_minor = r.amount_minor
                       AND s.outcome = 'succeeded')";
    assert_eq!(folder.number(ahead), 0, "money went back here and not at the provider");
    let paid = "SELECT count(*) FROM payment p
                WHERE p.state = 'paid' AND p.received_minor > 0 AND NOT EXISTS (
                    SELECT 1 FROM simulator_session s
                    WHERE s.id = p.session_id AND s.payment_status = 'paid')";
    assert_eq!(folder.number(paid), 0, "money came here and not at the provider");
    let twice = "SELECT count(*) - count(DISTINCT refund) FROM simulator_refund
                 WHERE refund IS NOT NULL";
    assert_eq!(folder.number(twice), 0, "one refund was sent twice");
    let left = "SELECT count(*) FROM (
                    SELECT 1 FROM simulator_session s JOIN simulator_refund r USING (payment_id)
                    WHERE r.outcome = 'succeeded' GROUP BY s.id
                    HAVING sum(r.amount_minor) > s.request ->> '$.amount_minor')";
    assert_eq!(folder.number(left), 0, "more went back than came");
}

/// Once everything has come to rest, both books say the same of every refund.
pub(crate) fn both_books_agree(folder: &Folder, refunds: impl Iterator<Item = String>) {
    is_not_ahead(folder);
    let unknown = "SELECT count(*) FROM simulator_refund s
                   WHERE s.outcome = 'succeeded' AND NOT EXISTS (
                       SELECT 1 FROM refund r
                       WHERE r.provider_refund_id = s.id AND r.state = 'succeeded'
                         AND r.amount_minor = s.amount_minor)";
    assert_eq!(folder.number(unknown), 0, "money went back at the provider and not here");
    let database = folder.database();
    for id in refunds {
        let sql = "SELECT count(*) FROM refund WHERE id = ?1";
        let found: i64 = database.query_row(sql, [&id], |row| row.get(0)).unwrap();
        assert_eq!(found, 1, "a refund that was answered is lost");
    }
}
