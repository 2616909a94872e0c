//! SQL of what each product brought: counted by a job, day by day, from orders and refunds.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use super::counting::{Line, Tally};
use super::days::{Days, Period};
use super::model::ProductSales;
use crate::base::{Currency, Fault};
use crate::platform::db::{Read, Tx};

/// What was sold and what went back in some time, line by line. Parts belong to their bundle.
pub(super) fn list_lines(
    read: &Read,
    currency: Currency,
    (from, until): Period,
    mut each: impl FnMut(Line),
) -> Result<(), Fault> {
    let sold = "SELECT i.kind, i.ref, i.title, i.options, i.qty, i.net_minor
                FROM orders o JOIN order_item i ON i.order_id = o.id
                WHERE o.currency = ?1 AND o.paid_at >= ?2 AND o.paid_at < ?3
                  AND i.kind IN ('product', 'bundle')";
    let back = "SELECT i.kind, i.ref, i.title, i.options, -b.qty, -b.amount_minor
                FROM refund r JOIN refund_item b ON b.refund_id = r.id
                JOIN order_item i ON i.order_id = r.order_id AND i.position = b.position
                WHERE r.state = 'succeeded' AND r.late = 0
                  AND r.currency = ?1 AND r.ended_at >= ?2 AND r.ended_at < ?3
                  AND i.kind IN ('product', 'bundle')";
    for sql in [sold, back] {
        let mut statement = read.prepare_cached(sql)?;
        let mut rows = statement.query(params![currency.code(), from.0, until.0])?;
        while let Some(row) = rows.next()? {
            each(Line {
                kind: row.get(0)?,
                reference: row.get(1)?,
                title: row.get(2)?,
                options: row.get(3)?,
                units: row.get(4)?,
                net_minor: row.get(5)?,
            });
        }
    }
    Ok(())
}

pub(super) fn find_mark(read: &Read, day: &str) -> Result<Option<String>, Fault> {
    let sql = "SELECT mark FROM counted_day WHERE day = ?1";
    Ok(read.prepare_cached(sql)?.query_row([day], |row| row.get(0)).optional()?)
}

/// Replaces what is known of a day.
pub(super) fn replace_day(
    tx: &Tx,
    day: &str,
    mark: &str,
    counted: &BTreeMap<Currency, Tally>,
) -> Result<(), Fault> {
    tx.prepare_cached("DELETE FROM product_sales WHERE day = ?1")?.execute([day])?;
    let sql = "INSERT INTO product_sales (day, currency, kind, ref, title, units, net_minor)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = tx.prepare_cached(sql)?;
    for (currency, tally) in counted {
        for p in tally.products() {
            insert.execute(params![
                day,
                currency.code(),
                p.kind,
                p.reference,
                p.title,
                p.units,
                p.net_minor
            ])?;
        }
    }
    let sql = "INSERT INTO counted_day (day, mark) VALUES (?1, ?2)
               ON CONFLICT (day) DO UPDATE SET mark = excluded.mark";
    tx.prepare_cached(sql)?.execute([day, mark])?;
    Ok(())
}

/// Days that are counted, and their marks.
pub(super) fn list_marks(read: &Read, days: Days) -> Result<Vec<(String, String)>, Fault> {
    let sql = "SELECT day, mark FROM counted_day WHERE day >= ?1 AND day <= ?2";
    let mut statement = read.prepare_cached(sql)?;
    let asked = [days.first.to_string(), days.last.to_string()];
    let rows = statement.query_map(asked, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What each product brought on a day.
pub(super) fn list_products(
    read: &Read,
    currency: Currency,
    day: &str,
    mut each: impl FnMut(ProductSales),
) -> Result<(), Fault> {
    let sql = "SELECT kind, ref, title, units, net_minor FROM product_sales
               WHERE day = ?1 AND currency = ?2";
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query(params![day, currency.code()])?;
    while let Some(row) = rows.next()? {
        each(ProductSales {
            kind: row.get(0)?,
            reference: row.get(1)?,
            title: row.get(2)?,
            units: row.get(3)?,
            net_minor: row.get(4)?,
        });
    }
    Ok(())
}
