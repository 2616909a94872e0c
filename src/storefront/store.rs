//! All SQL of the room.

use std::collections::{BTreeSet, HashMap};

use rusqlite::params;

use crate::base::ids::Sku;
use crate::base::{Currency, Fault, Instant};
use crate::platform::db::{Read, Tx};
use crate::pricing::Shown;

/// The prices of these SKUs until `now`, each in the order of time.
pub(super) fn list_shown<'a>(
    read: &Read,
    skus: impl Iterator<Item = &'a Sku>,
    currency: Currency,
    now: Instant,
) -> Result<HashMap<String, Vec<Shown>>, Fault> {
    let skus: Vec<&str> = skus.map(Sku::as_str).collect();
    let mut statement = read.prepare_cached(
        "SELECT sku, since, price_minor, is_reduced FROM json_each(?1) asked
         JOIN price_shown ON sku = asked.value AND currency = ?2 AND since <= ?3",
    )?;
    let mut rows =
        statement.query(params![serde_json::to_string(&skus)?, currency.code(), now.0])?;
    let mut shown: HashMap<String, Vec<Shown>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let one = Shown {
            since: Instant(row.get(1)?),
            price_minor: row.get(2)?,
            is_reduced: row.get(3)?,
        };
        shown.entry(row.get(0)?).or_default().push(one);
    }
    for all in shown.values_mut() {
        all.sort_by_key(|one| one.since);
    }
    Ok(shown)
}

/// Notes a price from its moment on; of two at the same moment the later one counts.
pub(super) fn insert_shown(
    tx: &Tx,
    sku: &Sku,
    currency: Currency,
    shown: &Shown,
) -> Result<(), Fault> {
    let sql = "INSERT INTO price_shown (sku, currency, since, price_minor, is_reduced)
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (sku, currency, since) DO UPDATE
               SET price_minor = excluded.price_minor, is_reduced = excluded.is_reduced";
    let (price, is_reduced) = (shown.price_minor, shown.is_reduced);
    let values = params![sku.as_str(), currency.code(), shown.since.0, price, is_reduced];
    tx.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Forgets prices of a SKU that began before a moment.
pub(super) fn delete_shown(
    tx: &Tx,
    sku: &Sku,
    currency: Currency,
    before: Instant,
) -> Result<(), Fault> {
    let sql = "DELETE FROM price_shown WHERE sku = ?1 AND currency = ?2 AND since < ?3";
    tx.prepare_cached(sql)?.execute(params![sku.as_str(), currency.code(), before.0])?;
    Ok(())
}

/// Every address of goods that have gone.
pub(super) fn list_gone(read: &Read) -> Result<BTreeSet<String>, Fault> {
    let mut statement = read.prepare_cached("SELECT path FROM gone_page")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn insert_gone(tx: &Tx, path: &str, now: Instant) -> Result<(), Fault> {
    let sql = "INSERT INTO gone_page (path, gone_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.prepare_cached(sql)?.execute(params![path, now.0])?;
    Ok(())
}

pub(super) fn delete_gone(tx: &Tx, path: &str) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM gone_page WHERE path = ?1")?.execute([path])?;
    Ok(())
}
