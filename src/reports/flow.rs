//! Figures put together, inside one view of the database.

use jiff::tz::TimeZone;

use super::counted::Counted;
use super::days::{Compared, Days};
use super::model::{ProductSales, Row, Takings};
use super::store;
use crate::base::{Currency, Fault, Instant};
use crate::catalog::Catalog;
use crate::orders::state::PaymentStatus;
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
    catalog: &Catalog,
    zone: &TimeZone,
    (days, by): (Days, By),
    now: Instant,
) -> Result<Vec<Report>, Fault> {
    let compared = days.compared(zone, now);
    let mut reports = Vec::new();
    for currency in currencies(read, catalog.shop.currency)? {
        let rows = match by {
            By::Day => by_day(read, currency, zone, days)?,
            By::Month => by_month(read, currency, zone, days)?,
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
) -> Result<Vec<Row>, Fault> {
    let mut rows: Vec<Row> = Vec::new();
    for days in days.months() {
        let takings = store::takings(read, currency, days.period(zone))?;
        let former = days.month_before();
        let before = match rows.last() {
            Some(row) if row.days == former => row.takings,
            _ => store::takings(read, currency, former.period(zone))?,
        };
        rows.push(Row { days, takings, before });
    }
    Ok(rows)
}

/// Orders placed in these days, by payment status.
///
/// # Errors
/// When the database fails.
pub fn by_state(
    read: &Read,
    zone: &TimeZone,
    days: Days,
) -> Result<Vec<(PaymentStatus, i64)>, Fault> {
    store::placed(read, days.period(zone))
}
