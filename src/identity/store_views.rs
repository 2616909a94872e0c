//! All SQL of views with a name. Names that differ in capitals only are the same.

use rusqlite::{OptionalExtension, Row, params};

use super::views::View;
use crate::base::Fault;
use crate::platform::db::{Read, Tx};

fn view(row: &Row) -> rusqlite::Result<View> {
    Ok(View { name: row.get(0)?, query: row.get(1)? })
}

pub(super) fn list_views(read: &Read, list: &str) -> Result<Vec<View>, Fault> {
    let sql = "SELECT name, query FROM saved_view WHERE list = ?1 ORDER BY name LIMIT 100";
    let mut statement = read.prepare_cached(sql)?;
    Ok(statement.query_map([list], view)?.collect::<Result<_, _>>()?)
}

pub(super) fn find_view(read: &Read, list: &str, name: &str) -> Result<Option<View>, Fault> {
    let sql = "SELECT name, query FROM saved_view WHERE list = ?1 AND name = ?2";
    Ok(read.prepare_cached(sql)?.query_row([list, name], view).optional()?)
}

pub(super) fn count_views(read: &Read, list: &str) -> Result<u32, Fault> {
    let sql = "SELECT count(*) FROM saved_view WHERE list = ?1";
    Ok(read.prepare_cached(sql)?.query_row([list], |row| row.get(0))?)
}

pub(super) fn set_view(tx: &Tx, list: &str, view: &View) -> Result<(), Fault> {
    let sql = "INSERT INTO saved_view (list, name, query) VALUES (?1, ?2, ?3)
               ON CONFLICT (list, name) DO UPDATE SET name = ?2, query = ?3";
    tx.prepare_cached(sql)?.execute(params![list, view.name, view.query])?;
    Ok(())
}

pub(super) fn set_view_name(tx: &Tx, list: &str, name: &str, to: &str) -> Result<(), Fault> {
    let sql = "UPDATE saved_view SET name = ?3 WHERE list = ?1 AND name = ?2";
    tx.prepare_cached(sql)?.execute([list, name, to])?;
    Ok(())
}

pub(super) fn delete_view(tx: &Tx, list: &str, name: &str) -> Result<(), Fault> {
    let sql = "DELETE FROM saved_view WHERE list = ?1 AND name = ?2";
    tx.prepare_cached(sql)?.execute([list, name])?;
    Ok(())
}
