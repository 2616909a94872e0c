//! Figures put together, inside one view of the database.

use jiff::tz::TimeZone;

use super::counted::Counted;
use super::days::{Compared, Days};
use super::model::{DaySales, ProductSales, Takings};
use super::store;
use crate::base::{Currency, Fault, Instant};
use crate::catalog::Catalog;
use crate::orders::state::PaymentStatus;
use crate::platform::db::Read;

/// Products shown as the best.
const BEST: usize = 10;

/// Sales of some days in one currency.
#[derive(Clone, Debug)]
pub(super) struct Report {
    /// Of which.
    pub(super) currency: Currency,
    /// All of them together.
    pub(super) takings: Takings,
    /// The earlier days they are compared with.
    pub(super) before: Takings,
    /// Day by day.
    pub(super) days: Vec<DaySales>,
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
    days: Days,
    now: Instant,
) -> Result<Vec<Report>, Fault> {
    let compared = days.compared(zone, now);
    let mut reports = Vec::new();
    for currency in currencies(read, catalog.shop.currency)? {
        let by_day = by_day(read, currency, zone, days)?;
        let takings = by_day.iter().fold(Takings::default(), |sum, day| sum.plus(day.takings));
        if currency != catalog.shop.currency && takings == Takings::default() {
            continue;
        }
        let before = store::takings(read, currency, compared.before)?;
        let products = counted.best(read, catalog, currency, days, BEST)?;
        reports.push(Report { currency, takings, before, days: by_day, products });
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
) -> Result<Vec<DaySales>, Fault> {
    // The first week's forerunners, then the days themselves: each is asked for once.
    let longer = Days { first: days.back(7).first, last: days.last };
    let mut each = Vec::new();
    for day in longer.each() {
        each.push((day, store::takings(read, currency, Days::one(day).period(zone))?));
    }
    let pairs = each.iter().zip(each.iter().skip(7));
    Ok(pairs
        .map(|((_, before), (day, takings))| DaySales {
            day: *day,
            takings: *takings,
            week_before: *before,
        })
        .collect())
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
