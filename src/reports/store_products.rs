//! SQL of what each product brought: counted by a job, day by day, from orders and refunds.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, params};

use super::counting::{Line, Tally};
use super::days::Period;
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

/// Adds what each product brought from one day to another, both included.
pub(super) fn list_products(
    read: &Read,
    currency: Currency,
    (first, last): (&str, &str),
    tally: &mut Tally,
) -> Result<(), Fault> {
    let sql = "SELECT kind, ref, title, units, net_minor FROM product_sales
               WHERE day >= ?1 AND day <= ?2 AND currency = ?3";
    let mut statement = read.prepare_cached(sql)?;
    let mut rows = statement.query(params![first, last, currency.code()])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        tally.add((text(0)?, text(1)?), text(2)?, row.get(3)?, row.get(4)?);
    }
    Ok(())
}
