//! Figures put together, inside one view of the database.

use jiff::tz::TimeZone;

use super::counting::Tally;
use super::days::{Compared, Days};
use super::model::{DaySales, ProductSales, Takings};
use super::{store, store_products};
use crate::base::{Currency, Fault, Instant};
use crate::catalog::Catalog;
use crate::orders::state::PaymentStatus;
use crate::platform::db::Read;

/// Products shown as the best.
const BEST: usize = 10;

/// Sales of some days in one currency.
#[derive(Clone, Debug)]
pub struct Report {
    /// Of which.
    pub currency: Currency,
    /// All of them together.
    pub takings: Takings,
    /// The earlier days they are compared with.
    pub before: Takings,
    /// Day by day.
    pub days: Vec<DaySales>,
    /// The best products.
    pub products: Vec<ProductSales>,
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
pub fn report(
    read: &Read,
    catalog: &Catalog,
    zone: &TimeZone,
    days: Days,
    now: Instant,
) -> Result<Vec<Report>, Fault> {
    let mut reports = Vec::new();
    for (currency, takings, before) in
        compare(read, catalog.shop.currency, &days.compared(zone, now))?
    {
        if currency != catalog.shop.currency && takings == Takings::default() {
            continue;
        }
        let products = best(read, catalog, currency, days)?;
        let days = by_day(read, currency, zone, days)?;
        reports.push(Report { currency, takings, before, days, products });
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

fn best(
    read: &Read,
    catalog: &Catalog,
    currency: Currency,
    days: Days,
) -> Result<Vec<ProductSales>, Fault> {
    let mut tally = Tally::default();
    let asked = (days.first.to_string(), days.last.to_string());
    store_products::list_products(read, currency, (&asked.0, &asked.1), &mut tally)?;
    Ok(tally.by_product(catalog).top(BEST))
}

/// Orders placed in these days, by payment status.
///
/// # Errors
/// When the database fails.
pub(super) fn by_state(
    read: &Read,
    zone: &TimeZone,
    days: Days,
) -> Result<Vec<(PaymentStatus, i64)>, Fault> {
    store::placed(read, days.period(zone))
}
