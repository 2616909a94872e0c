//! `kiosk seed --year N`: a year of invented orders for any catalog. Everything follows from the
//! number of an order and the catalog, so twice makes nothing new.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::seed::{Line, Wanted, place, placement};
use crate::app::App;
use crate::base::ids::Sku;
use crate::base::{Failure, Fault, Instant, Randomness};
use crate::checkout::Refusal;
use crate::orders::{self, Placement};
use crate::platform::mail;
use crate::pricing::{Book, Item};
use crate::stock::{self, Reason};

/// Orders put on the disk together; many more take longer, for SQLite goes through all that a
/// savepoint remembers at the end of each statement.
const BATCH: u32 = 16;
/// Milliseconds in a year.
const YEAR_MS: i64 = 365 * DAY_MS;
/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;
/// Stock as it was received for these orders.
const RECEIVED: (Reason, Option<&str>, &str) = (Reason::Receive, None, "seed");

const FIRST_NAMES: [&str; 12] = [
    "Ada", "Idris", "Maren", "Ruth", "Tomás", "Wren", "Osei", "Greta", "Yusuf", "Nia", "Bjørn",
    "Mei",
];
const LAST_NAMES: [&str; 11] = [
    "Holt",
    "Calder",
    "Vaughan",
    "Reyes",
    "Okafor",
    "Lindqvist",
    "Marsh",
    "Tanaka",
    "Bevan",
    "Doyle",
    "Ashworth",
];
const PLACES: [(&str, &str); 6] = [
    ("Bristol", "BS1 4DB"),
    ("Whitby", "YO21 3PU"),
    ("Hay-on-Wye", "HR3 5DF"),
    ("Edinburgh", "EH1 1YZ"),
    ("Penzance", "TR18 2AB"),
    ("Bath", "BA1 1AA"),
];

/// Makes them; how many were not there before.
///
/// # Errors
/// When the catalog sells nothing, or an order cannot be made.
pub(super) fn make(app: &App, count: u32, today: Instant) -> Result<u32, Fault> {
    let book = app.shelf.books.now();
    let sold = book.catalog.live_products().flat_map(|product| &product.variants);
    let sold: Vec<Sku> = sold.map(|variant| variant.sku.clone()).collect();
    if sold.is_empty() {
        return Err(Fault::new("nothing is sold here; a year of orders needs a live product"));
    }
    let mut made = 0;
    for first in (1..=count).step_by(BATCH as usize) {
        let numbers = first..=count.min(first + BATCH - 1);
        made += make_batch(app, &book, &sold, numbers.map(|n| (n, count)), today)?;
    }
    Ok(made)
}

fn make_batch(
    app: &App,
    book: &Arc<Book>,
    sold: &[Sku],
    numbers: impl Iterator<Item = (u32, u32)>,
    today: Instant,
) -> Result<u32, Fault> {
    let mut batch = Vec::new();
    for (number, count) in numbers {
        let wanted = invented(number, count, sold, &book.catalog.shop.country);
        let age_ms = YEAR_MS * i64::from(count - number) / i64::from(count);
        // Shipped and delivered within two days of it, and none of that in the future.
        let at = Instant(today.0 - age_ms);
        let key = format!("year:{number}");
        batch.push((placement(book, key, &wanted, at)?, wanted.ends, at));
    }
    let (till, book) = (app.till.clone(), Arc::clone(book));
    let done = app.kit.db.write_blocking(move |tx| {
        let newest = mail::newest(tx)?;
        let mut new = Vec::new();
        for one in batch {
            if orders::find_by_key(tx, &one.0.key)?.is_none() {
                new.push(one);
            }
        }
        for (sku, units) in needed(&new) {
            let received = stock::adjust(tx, &book.catalog, &sku, units, RECEIVED, today);
            received.map_err(|why| Fault::new(why.to_string()))?;
        }
        for (placement, ends, at) in &new {
            place(tx, &till, &book, placement, ends, *at)?;
        }
        // Nobody waits for these letters; those that waited before are somebody's.
        mail::set_newer_sent(tx, newest, "not sent: an invented order", today)?;
        Ok(u32::try_from(new.len()).unwrap_or(BATCH))
    });
    done.map_err(|failure: Failure<Refusal>| Fault::new(failure.to_string()))
}

/// Units of each SKU that a batch asks for.
fn needed(batch: &[(Placement, String, Instant)]) -> BTreeMap<Sku, i64> {
    let mut needed = BTreeMap::new();
    for line in batch.iter().flat_map(|(placement, ..)| &placement.asked.basket.lines) {
        if let Item::Sku(sku) = &line.item {
            *needed.entry(sku.clone()).or_insert(0) += i64::from(line.qty);
        }
    }
    needed
}

/// The order of this number among `count`: a few are abandoned, the latest are still open.
fn invented(number: u32, count: u32, sold: &[Sku], country: &str) -> Wanted {
    let chance = Randomness::seeded(u64::from(number));
    let pick = |among: usize| usize::try_from(chance.below(among as u64)).unwrap_or(0);
    let (city, postcode) = PLACES[pick(PLACES.len())];
    let (first, last) = (FIRST_NAMES, LAST_NAMES);
    let name = format!("{} {}", first[pick(first.len())], last[pick(last.len())]);
    let mut lines: BTreeMap<&Sku, u32> = BTreeMap::new();
    for _ in 0..=pick(3) {
        lines.insert(&sold[pick(sold.len())], 1 + u32::from(pick(5) == 0));
    }
    let line = |(sku, qty): (&Sku, u32)| Line { sku: Some(sku.to_string()), bundle: None, qty };
    let days_ago = 365 * (count - number) / count;
    let ends = match (pick(25), days_ago) {
        (0, _) => "expired",
        (_, 0) => "paid",
        (_, 1..=3) => "shipped",
        _ => "delivered",
    };
    Wanted {
        days_ago: i64::from(days_ago),
        email: format!("buyer{}@example.com", chance.below(u64::from(count / 4 + 1))),
        name,
        line1: format!("{} Mill Lane", 1 + pick(200)),
        city: city.to_owned(),
        postcode: postcode.to_owned(),
        country: country.to_owned(),
        note: String::new(),
        codes: Vec::new(),
        lines: lines.into_iter().map(line).collect(),
        ends: ends.to_owned(),
    }
}
