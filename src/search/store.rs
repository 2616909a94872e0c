//! All SQL of the room. Each filter is one statement answered by one index; what they have in
//! common is found in `flow`, so that no mix of filters needs a statement of its own.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{ToSql, params};

use super::mirror::Row;
use super::model::Sort;
use crate::base::Fault;
use crate::platform::db::{Read, Tx};

/// A product's row number and slug.
pub(super) type Hit = (i64, String);

/// Row number and digest of every product mirrored, by slug.
pub(super) fn list_digests(read: &Read) -> Result<BTreeMap<String, (i64, String)>, Fault> {
    let mut statement = read.prepare("SELECT slug, id, digest FROM product ORDER BY slug")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Forgets a product; shelves and tags go with it.
pub(super) fn delete_product(tx: &Tx, id: i64) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM product_fts WHERE rowid = ?1")?.execute([id])?;
    tx.prepare_cached("DELETE FROM product WHERE id = ?1")?.execute([id])?;
    Ok(())
}

pub(super) fn insert_product(tx: &Tx, row: &Row, digest: &str) -> Result<(), Fault> {
    tx.prepare_cached(
        "INSERT INTO product (slug, title_folded, tier, featured, price_minor, published, digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        row.slug,
        row.title_folded,
        row.tier,
        row.featured,
        row.price_minor,
        row.published,
        digest
    ])?;
    let id = tx.last_insert_rowid();
    let mut shelf =
        tx.prepare_cached("INSERT INTO product_shelf (shelf, product_id) VALUES (?1, ?2)")?;
    for path in &row.shelves {
        shelf.execute(params![path, id])?;
    }
    let mut tag = tx.prepare_cached("INSERT INTO product_tag (tag, product_id) VALUES (?1, ?2)")?;
    for word in &row.tags {
        tag.execute(params![word, id])?;
    }
    tx.prepare_cached(
        "INSERT INTO product_fts (rowid, title, words, skus, description)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id, row.title, row.words, row.skus, row.description])?;
    Ok(())
}

/// Every product in an order; relevance, which needs words, is the order by name here.
pub(super) fn list_ordered(read: &Read, sort: Sort) -> Result<Vec<Hit>, Fault> {
    let mut statement = match sort {
        Sort::Featured => read.prepare_cached(
            "SELECT id, slug FROM product ORDER BY featured DESC, title_folded, slug",
        )?,
        Sort::Newest => read.prepare_cached(
            "SELECT id, slug FROM product ORDER BY published DESC, title_folded, slug",
        )?,
        Sort::PriceAsc => read.prepare_cached(
            "SELECT id, slug FROM product ORDER BY price_minor, title_folded, slug",
        )?,
        Sort::PriceDesc => read.prepare_cached(
            "SELECT id, slug FROM product ORDER BY price_minor DESC, title_folded, slug",
        )?,
        Sort::Name | Sort::Relevance => {
            read.prepare_cached("SELECT id, slug FROM product ORDER BY title_folded, slug")?
        }
    };
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Products an FTS5 expression matches, best first: names count most, then SKUs, then words.
pub(super) fn list_matching(read: &Read, expression: &str) -> Result<Vec<Hit>, Fault> {
    let mut statement = read.prepare_cached(
        "SELECT p.id, p.slug FROM product_fts JOIN product p ON p.id = product_fts.rowid
         WHERE product_fts MATCH ?1
         ORDER BY bm25(product_fts, 10, 4, 8, 1), p.title_folded, p.slug",
    )?;
    let rows = statement.query_map([expression], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether any product matches.
pub(super) fn is_known(read: &Read, expression: &str) -> Result<bool, Fault> {
    let sql = "SELECT rowid FROM product_fts WHERE product_fts MATCH ?1 LIMIT 1";
    Ok(read.prepare_cached(sql)?.exists([expression])?)
}

/// Every word the products have, and how many have it.
pub(super) fn list_words(read: &Read) -> Result<Vec<(String, i64)>, Fault> {
    let mut statement = read.prepare_cached("SELECT term, doc FROM product_word")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Products on a shelf or somewhere inside it.
pub(super) fn ids_on_shelf(read: &Read, path: &str) -> Result<HashSet<i64>, Fault> {
    ids(read, "SELECT product_id FROM product_shelf WHERE shelf = ?1", &[&path])
}

/// Products with a tag.
pub(super) fn ids_with_tag(read: &Read, tag: &str) -> Result<HashSet<i64>, Fault> {
    ids(read, "SELECT product_id FROM product_tag WHERE tag = ?1", &[&tag])
}

/// Products of a line.
pub(super) fn ids_of_tier(read: &Read, tier: &str) -> Result<HashSet<i64>, Fault> {
    ids(read, "SELECT id FROM product WHERE tier = ?1", &[&tier])
}

/// Products the merchant puts forward.
pub(super) fn ids_featured(read: &Read) -> Result<HashSet<i64>, Fault> {
    ids(read, "SELECT id FROM product WHERE featured = 1", &[])
}

/// Products whose lowest price lies between two, both included.
pub(super) fn ids_priced(read: &Read, min: i64, max: i64) -> Result<HashSet<i64>, Fault> {
    ids(read, "SELECT id FROM product WHERE price_minor BETWEEN ?1 AND ?2", &[&min, &max])
}

fn ids(read: &Read, sql: &str, values: &[&dyn ToSql]) -> Result<HashSet<i64>, Fault> {
    let mut statement = read.prepare_cached(sql)?;
    let rows = statement.query_map(values, |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
