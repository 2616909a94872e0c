//! Orders as a table for other programs: one line each, RFC 4180. Pure.

use jiff::tz::TimeZone;

use super::model::Item;
use super::state::FulfilmentStatus;
use super::store_list::Entry;
use super::store_parcels::Parcel;
use crate::base::cell::guarded;
use crate::base::{Fault, Instant, Money};

/// First line.
pub(super) const COLUMNS: [&str; 32] = [
    "number",
    "placed",
    "paid",
    "shipped",
    "delivered",
    "carriers",
    "tracking_numbers",
    "payment_status",
    "fulfilment_status",
    "email",
    "name",
    "phone",
    "line1",
    "line2",
    "city",
    "postcode",
    "country",
    "items",
    "skus",
    "units_to_ship",
    "delivery",
    "currency",
    "goods",
    "discount",
    "delivery_price",
    "tax",
    "total",
    "refunded",
    "refunding",
    "disputed",
    "attention",
    "note",
];

/// An order with everything its line tells.
pub(super) struct Told {
    pub(super) entry: Entry,
    pub(super) items: Vec<Item>,
    pub(super) parcels: Vec<Parcel>,
}

/// The lines of some orders; with the names of the columns first, when they are wanted.
///
/// # Errors
/// When memory runs out.
pub(super) fn lines(orders: &[Told], zone: &TimeZone, with_names: bool) -> Result<Vec<u8>, Fault> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_names {
        writer.write_record(COLUMNS)?;
    }
    for told in orders {
        let cells = cells(told, zone);
        writer.write_record(cells.iter().map(|cell| guarded(cell).into_owned()))?;
    }
    writer.into_inner().map_err(|error| Fault::new(error.to_string()))
}

fn cells(Told { entry, items, parcels }: &Told, zone: &TimeZone) -> [String; 32] {
    let a = &entry.address;
    let moment = |at: Option<Instant>| {
        let shown = |at: Instant| at.in_zone(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        at.map(shown).unwrap_or_default()
    };
    // One of each parcel, in the order in which they left; a carrier of several is said once.
    let mut carriers: Vec<&str> = parcels.iter().map(|parcel| &*parcel.carrier).collect();
    carriers.dedup();
    let numbers = parcels.iter().map(|parcel| &*parcel.number);
    let listed = |words: Vec<&str>| {
        let said: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        said.join("; ")
    };
    let arrived: Option<Vec<Instant>> = parcels.iter().map(|parcel| parcel.delivered_at).collect();
    let is_there = entry.fulfilment == FulfilmentStatus::Delivered;
    let amount = |minor| Money::new(minor, entry.currency).decimal();
    let tops = items.iter().filter(|item| item.parent.is_none());
    let what = tops.map(|item| match item.options.as_str() {
        "" => format!("{} × {}", item.qty, item.title),
        options => format!("{} × {} ({options})", item.qty, item.title),
    });
    let goods = items.iter().filter(|item| item.kind != "bundle");
    let skus = goods.map(|item| format!("{}={}", item.reference, item.qty));
    [
        entry.number.clone(),
        moment(Some(entry.placed_at)),
        moment(entry.paid_at),
        moment(entry.shipped_at),
        moment(arrived.filter(|_| is_there).and_then(|all| all.into_iter().max())),
        listed(carriers),
        listed(numbers.collect()),
        entry.payment.word().to_owned(),
        entry.fulfilment.word().to_owned(),
        entry.email.clone(),
        a.name.clone(),
        a.phone.clone(),
        a.line1.clone(),
        a.line2.clone(),
        a.city.clone(),
        a.postcode.clone(),
        a.country.clone(),
        what.collect::<Vec<_>>().join("; "),
        skus.collect::<Vec<_>>().join("; "),
        entry.left_units.to_string(),
        entry.delivery_title.clone(),
        entry.currency.code().to_owned(),
        amount(entry.items_minor),
        amount(entry.discount_minor),
        amount(entry.delivery_minor),
        amount(entry.tax_minor),
        amount(entry.total_minor),
        amount(entry.refunded_minor),
        amount(entry.refunding_minor),
        if entry.disputed { "yes" } else { "" }.to_owned(),
        entry.attention.clone().unwrap_or_default(),
        entry.note.clone(),
    ]
}
