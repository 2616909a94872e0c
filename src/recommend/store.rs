//! All SQL of the room.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};

use super::model::{Other, Tally, Together};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};

pub(super) fn get_tally(read: &Read) -> Result<Tally, Fault> {
    let sql = "SELECT orders, ranked_orders, ranked_at, ranking_after FROM basket_tally
               WHERE id = 1";
    Ok(read.prepare_cached(sql)?.query_row([], |row| {
        Ok(Tally {
            orders: row.get(0)?,
            ranked_orders: row.get(1)?,
            ranked_at: row.get::<_, Option<i64>>(2)?.map(Instant),
            ranking_after: row.get(3)?,
        })
    })?)
}

pub(super) fn get_revision(read: &Read) -> Result<i64, Fault> {
    let sql = "SELECT revision FROM basket_tally WHERE id = 1";
    Ok(read.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
}

pub(super) fn count_basket(tx: &Tx) -> Result<(), Fault> {
    let sql = "UPDATE basket_tally SET orders = orders + 1 WHERE id = 1";
    tx.prepare_cached(sql)?.execute([])?;
    Ok(())
}

pub(super) fn count_product(tx: &Tx, product: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO basket_product (product, orders) VALUES (?1, 1)
               ON CONFLICT (product) DO UPDATE SET orders = orders + 1";
    tx.prepare_cached(sql)?.execute([product])?;
    Ok(())
}

pub(super) fn count_pair(tx: &Tx, product: &str, other: &str) -> Result<(), Fault> {
    let sql = "INSERT INTO copurchase (product, other, orders) VALUES (?1, ?2, 1)
               ON CONFLICT (product, other) DO UPDATE SET orders = orders + 1";
    tx.prepare_cached(sql)?.execute([product, other])?;
    Ok(())
}

/// Products behind `after`, by slug, with how many orders had them.
pub(super) fn list_products(
    read: &Read,
    after: &str,
    limit: u32,
) -> Result<Vec<(String, u32)>, Fault> {
    let sql = "SELECT product, orders FROM basket_product WHERE product > ?1
               ORDER BY product LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn find_product(read: &Read, product: &str) -> Result<Option<u32>, Fault> {
    let sql = "SELECT orders FROM basket_product WHERE product = ?1";
    Ok(read.prepare_cached(sql)?.query_row([product], |row| row.get(0)).optional()?)
}

/// Everything that was ever bought together with a product.
pub(super) fn list_others(read: &Read, product: &str) -> Result<Vec<Other>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT pair.other, pair.orders, b.orders, pair.score FROM copurchase pair
         JOIN basket_product b ON b.product = pair.other WHERE pair.product = ?1",
    )?;
    let rows = statement.query_map([product], other_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn other_from_row(row: &Row) -> rusqlite::Result<Other> {
    Ok(Other { slug: row.get(0)?, both: row.get(1)?, orders: row.get(2)?, score: row.get(3)? })
}

/// What is suggested beside a product, best first, with what was counted.
pub(super) fn list_suggested_counts(read: &Read, product: &str) -> Result<Vec<Other>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT pair.other, pair.orders, b.orders, pair.score FROM copurchase pair
         JOIN basket_product b ON b.product = pair.other
         WHERE pair.product = ?1 AND pair.score IS NOT NULL ORDER BY pair.score DESC, pair.other",
    )?;
    let rows = statement.query_map([product], other_from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Products behind `after`, by slug, that something is suggested beside.
pub(super) fn list_with_suggestions(
    read: &Read,
    after: &str,
    limit: u32,
) -> Result<Vec<String>, Fault> {
    let sql = "SELECT DISTINCT product FROM copurchase
               WHERE product > ?1 AND score IS NOT NULL ORDER BY product LIMIT ?2";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(params![after, limit], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn set_score(
    tx: &Tx,
    product: &str,
    other: &str,
    score: Option<i64>,
) -> Result<(), Fault> {
    let sql = "UPDATE copurchase SET score = ?3 WHERE product = ?1 AND other = ?2";
    tx.prepare_cached(sql)?.execute(params![product, other, score])?;
    Ok(())
}

pub(super) fn set_ranking(tx: &Tx, after: &str, is_changed: bool) -> Result<(), Fault> {
    let sql = "UPDATE basket_tally SET ranking_after = ?1, is_changed = max(is_changed, ?2)
               WHERE id = 1";
    tx.prepare_cached(sql)?.execute(params![after, is_changed])?;
    Ok(())
}

/// Every list says what `orders` orders said.
pub(super) fn set_ranked(tx: &Tx, orders: i64, now: Instant) -> Result<(), Fault> {
    let sql = "UPDATE basket_tally SET ranked_orders = ?1, ranked_at = ?2, ranking_after = NULL,
                   revision = revision + is_changed, is_changed = 0
               WHERE id = 1";
    tx.prepare_cached(sql)?.execute(params![orders, now.0])?;
    Ok(())
}

/// What is suggested beside a product, best first, with scores.
pub(super) fn list_suggested(read: &Read, product: &str) -> Result<Vec<(String, i64)>, Fault> {
    let sql = "SELECT other, score FROM copurchase
               WHERE product = ?1 AND score IS NOT NULL ORDER BY score DESC, other";
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map([product], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Every list.
pub(super) fn get_together(read: &Read) -> Result<Together, Fault> {
    let sql = "SELECT product, other FROM copurchase WHERE score IS NOT NULL
               ORDER BY product, score DESC, other";
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut lists: HashMap<String, Vec<String>> = HashMap::new();
    while let Some(row) = rows.next()? {
        lists.entry(row.get(0)?).or_default().push(row.get(1)?);
    }
    Ok(Together { revision: get_revision(read)?, lists })
}

/// Forgets everything; the lists that pages show are others from now on.
pub(super) fn delete_all(tx: &Tx) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM copurchase")?.execute([])?;
    tx.prepare_cached("DELETE FROM basket_product")?.execute([])?;
    let sql = "UPDATE basket_tally SET orders = 0, ranked_orders = 0, ranked_at = NULL,
                   ranking_after = NULL, is_changed = 0, revision = revision + 1
               WHERE id = 1";
    tx.prepare_cached(sql)?.execute([])?;
    Ok(())
}
