//! Keeping the count of products true: a day is counted again when its orders or refunds changed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::counting::{Tally, mark};
use super::days::{Days, Period};
use super::{shop_of, store, store_products};
use crate::base::fault::{Failure, Never};
use crate::base::{Currency, Fault, Instant};
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};
use crate::platform::jobs::{Found, Job};
use crate::pricing::Books;

/// Days counted in one step.
const BATCH: usize = 16;

/// How long days that are over are believed, in seconds: a refund can fail days after it was told
/// to have worked, and its day brought more than was counted.
const BELIEVED_S: i64 = 3600;

/// Days before this one have been looked at, and until when that is believed.
type Seen = Arc<Mutex<Option<(Date, Instant)>>>;

/// The counter of product sales.
#[must_use]
pub fn jobs(kit: &Kit, books: &Books) -> Vec<Job> {
    let (kit, books, seen) = (kit.clone(), books.clone(), Seen::default());
    vec![
        Job::new("product-sales", Duration::from_secs(30), move || {
            count(kit.clone(), books.clone(), Arc::clone(&seen))
        })
        .unhurried(),
    ]
}

/// A day to count, with what it brought.
struct Counted {
    day: String,
    mark: String,
    by_currency: BTreeMap<Currency, Tally>,
}

async fn count(kit: Kit, books: Books, seen: Seen) -> Result<Found, Fault> {
    let (_, zone) = shop_of(&books);
    let now = kit.now();
    let today = now.in_zone(&zone).date();
    let from = *seen.lock().unwrap_or_else(PoisonError::into_inner);
    let is_whole = from.is_none_or(|(_, until)| until <= now);
    let from = from.filter(|_| !is_whole).map(|(day, _)| day);
    let look = move |read: &Read| Ok::<_, Failure<Never>>(changed(read, &zone, from, now)?);
    let counted = kit.db.read(look).await?;
    if counted.is_empty() {
        // A commit may carry a moment shortly before midnight: yesterday is looked at again.
        let yesterday = today.yesterday().unwrap_or(today);
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let until = match *seen {
            Some((_, until)) if !is_whole => until,
            _ => now.plus_s(BELIEVED_S),
        };
        *seen = Some((yesterday, until));
        return Ok(Found::Nothing);
    }
    let write = move |tx: &Tx| {
        for c in &counted {
            store_products::replace_day(tx, &c.day, &c.mark, &c.by_currency)?;
        }
        Ok::<_, Failure<Never>>(())
    };
    kit.db.write(write).await?;
    Ok(Found::Work)
}

/// The first days whose count is not true any more, counted.
fn changed(
    read: &Read,
    zone: &TimeZone,
    from: Option<Date>,
    now: Instant,
) -> Result<Vec<Counted>, Fault> {
    let currencies = store::currencies(read)?;
    let first = match from {
        Some(day) => Some(day),
        None => {
            let mut first = None;
            for currency in &currencies {
                let at = store::first_paid_at(read, *currency)?;
                first = first.into_iter().chain(at).min();
            }
            first.map(|at| at.in_zone(zone).date())
        }
    };
    let mut counted = Vec::new();
    let Some(first) = first else { return Ok(counted) };
    let last = now.in_zone(zone).date();
    for day in (Days { first, last }).each() {
        let (name, period) = (day.to_string(), Days::one(day).period(zone));
        let mark = mark_of(read, &currencies, period)?;
        if store_products::find_mark(read, &name)?.as_ref() != Some(&mark) {
            let by_currency = tallies(read, &currencies, period)?;
            counted.push(Counted { day: name, mark, by_currency });
        }
        if counted.len() == BATCH {
            break;
        }
    }
    Ok(counted)
}

fn mark_of(read: &Read, currencies: &[Currency], period: Period) -> Result<String, Fault> {
    let mut all = Vec::new();
    for currency in currencies {
        all.push((*currency, store::takings(read, *currency, period)?));
    }
    Ok(mark(period, &all))
}

fn tallies(
    read: &Read,
    currencies: &[Currency],
    period: Period,
) -> Result<BTreeMap<Currency, Tally>, Fault> {
    let mut all = BTreeMap::new();
    for currency in currencies {
        let mut tally = Tally::default();
        store_products::list_lines(read, *currency, period, |line| tally.add_line(&line))?;
        all.insert(*currency, tally);
    }
    Ok(all)
}
