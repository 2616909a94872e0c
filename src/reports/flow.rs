//! Figures put together, inside one view of the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::counted::Counted;
use super::days::{Compared, Days};
use super::model::{ProductSales, Row, Takings};
use super::{counting, store, store_products};
use crate::base::{Currency, Fault, Instant};
use crate::catalog::Catalog;
use crate::orders::state::{FulfilmentStatus, PaymentStatus};
use crate::platform::db::Read;

/// Products shown as the best.
const BEST: usize = 10;
/// Most days of a page that are told one by one: three months.
const DAYS_READ_MAX: i32 = 92;

/// How a report is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// A row for each day.
    Day,
    /// A row for each month.
    Month,
}

impl By {
    /// As people can read it: three months of days, longer spans by month.
    pub(super) fn of(days: Days) -> Self {
        if days.count() > DAYS_READ_MAX { Self::Month } else { Self::Day }
    }
}

/// Sales of some days in one currency.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Of which.
    pub(super) currency: Currency,
    /// All of them together.
    pub(super) takings: Takings,
    /// The earlier days they are compared with.
    pub(super) before: Takings,
    /// Day by day, or month by month.
    pub(super) rows: Vec<Row>,
    /// The best products.
    pub(super) products: Vec<ProductSales>,
}

/// The currencies with sales; at least the shop's own, which comes first.
fn currencies(read: &Read, own: Currency) -> Result<Vec<Currency>, Fault> {
    let mut found = store::currencies(read)?;
    found.retain(|currency| *currency != own);
    found.insert(0, own);
    Ok(found)
}

/// The takings of some days beside those of the same weekdays before, by currency.
///
/// # Errors
/// When the database fails.
pub fn compare(
    read: &Read,
    own: Currency,
    compared: &Compared,
) -> Result<Vec<(Currency, Takings, Takings)>, Fault> {
    let mut all = Vec::new();
    for currency in currencies(read, own)? {
        let takings = store::takings(read, currency, compared.now)?;
        all.push((currency, takings, store::takings(read, currency, compared.before)?));
    }
    Ok(all)
}

/// The sales report, one for each currency that has something to say; the shop's own always.
///
/// # Errors
/// When the database fails.
pub(super) fn report(
    read: &Read,
    counted: &Counted,
    catalog: &Arc<Catalog>,
    zone: &TimeZone,
    (days, by): (Days, By),
    now: Instant,
) -> Result<Vec<Report>, Fault> {
    let compared = days.compared(zone, now);
    let mut reports = Vec::new();
    for currency in currencies(read, catalog.shop.currency)? {
        let rows = match by {
            By::Day => by_day(read, currency, zone, days)?,
            By::Month => by_month(read, currency, zone, days, now)?,
        };
        let takings = rows.iter().fold(Takings::default(), |sum, row| sum.plus(row.takings));
        if currency != catalog.shop.currency && takings == Takings::default() {
            continue;
        }
        let before = store::takings(read, currency, compared.before)?;
        let products = counted.best(read, catalog, currency, days, BEST)?;
        reports.push(Report { currency, takings, before, rows, products });
    }
    Ok(reports)
}

/// Day by day, each beside the same weekday a week before.
///
/// # Errors
/// When the database fails.
pub fn by_day(
    read: &Read,
    currency: Currency,
    zone: &TimeZone,
    days: Days,
) -> Result<Vec<Row>, Fault> {
    // The first week's forerunners, then the days themselves: each is asked for once.
    let longer = Days { first: days.back(7).first, last: days.last };
    let mut each = Vec::new();
    for day in longer.each() {
        each.push((day, store::takings(read, currency, Days::one(day).period(zone))?));
    }
    let pairs = each.iter().zip(each.iter().skip(7));
    Ok(pairs
        .map(|((_, before), (day, takings))| Row {
            days: Days::one(*day),
            takings: *takings,
            before: *before,
        })
        .collect())
}

/// Month by month, each beside the same days of the month before.
fn by_month(
    read: &Read,
    currency: Currency,
    zone: &TimeZone,
    days: Days,
    now: Instant,
) -> Result<Vec<Row>, Fault> {
    let first = days.months().next().map_or(days.first, |month| month.month_before().first);
    let over = Days { first, last: days.last.min(last_over(zone, now)) };
    let known = paid_days(read, currency, zone, over)?;
    let takings = |days: Days| takings_of(read, currency, zone, days, &known);
    let mut rows: Vec<Row> = Vec::new();
    for days in days.months() {
        let former = days.month_before();
        let before = match rows.last() {
            Some(row) if row.days == former => row.takings,
            _ => takings(former)?,
        };
        rows.push(Row { days, takings: takings(days)?, before });
    }
    Ok(rows)
}

/// The last day into which no more money can come: a commit may carry a moment before midnight.
fn last_over(zone: &TimeZone, now: Instant) -> Date {
    let today = now.in_zone(zone).date();
    let yesterday = today.yesterday().unwrap_or(today);
    yesterday.yesterday().unwrap_or(yesterday)
}

/// What was paid on days that are over, from what their count was made of: how many orders, and how
/// much. A day that was not counted, or with another midnight, is not among them.
fn paid_days(
    read: &Read,
    currency: Currency,
    zone: &TimeZone,
    days: Days,
) -> Result<BTreeMap<Date, (i64, i64)>, Fault> {
    let mut known = BTreeMap::new();
    for (day, mark) in store_products::list_marks(read, days)? {
        let Ok(day) = day.parse::<Date>() else { continue };
        let period = Days::one(day).period(zone);
        known.extend(counting::paid_in(&mark, period, currency).map(|paid| (day, paid)));
    }
    Ok(known)
}

/// The takings of some days. What went back is asked for each time: a refund can fail days later.
fn takings_of(
    read: &Read,
    currency: Currency,
    zone: &TimeZone,
    days: Days,
    known: &BTreeMap<Date, (i64, i64)>,
) -> Result<Takings, Fault> {
    let (refunds, refunded_minor) = store::given_back(read, currency, days.period(zone))?;
    let (mut orders, mut paid_minor) = (0, 0);
    let mut unknown: Vec<Days> = Vec::new();
    for day in days.each() {
        match (known.get(&day), unknown.last_mut()) {
            (Some((count, minor)), _) => {
                orders += count;
                paid_minor += minor;
            }
            // Days in a row are asked for together.
            (None, Some(last)) if last.last.tomorrow().ok() == Some(day) => last.last = day,
            (None, _) => unknown.push(Days::one(day)),
        }
    }
    for days in unknown {
        let (count, minor) = store::paid(read, currency, days.period(zone))?;
        orders += count;
        paid_minor += minor;
    }
    Ok(Takings { orders, paid_minor, refunds, refunded_minor })
}

/// Orders placed in these days, by payment; and those of them that are paid, by how far their goods
/// are. What there is none of is left out. S3.51
///
/// # Errors
/// When the database fails.
pub fn by_state(read: &Read, zone: &TimeZone, days: Days) -> Result<Value, Fault> {
    let placed = store::placed(read, days.period(zone))?;
    let shown = |word: &str, count: i64| json!({ "status": word, "count": count });
    let sum = |is: &dyn Fn(PaymentStatus, FulfilmentStatus) -> bool| -> i64 {
        placed.iter().filter(|(p, f, _)| is(*p, *f)).map(|(.., count)| count).sum()
    };
    let paid = PaymentStatus::ALL.map(|status| (status.word(), sum(&|p, _| p == status)));
    let is_here = |p| matches!(p, PaymentStatus::Paid | PaymentStatus::PartRefunded);
    let goods = FulfilmentStatus::ALL.map(|s| (s.word(), sum(&|p, f| is_here(p) && f == s)));
    let some = |all: &[(&str, i64)]| -> Vec<Value> {
        let some = all.iter().filter(|(_, count)| *count > 0);
        some.map(|(word, count)| shown(word, *count)).collect()
    };
    Ok(json!({ "payment": some(&paid), "fulfilment": some(&goods) }))
}
