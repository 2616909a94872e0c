//! How an order leaves: packed, shipped in one parcel or several, delivered; and what stays here
//! because its money went back first. Inside one transaction each.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::carrier::Shipment;
use super::flow::{must_get, not_now};
use super::model::{Order, Refusal};
use super::state::{FulfilmentStatus, PaymentStatus};
use super::store_parcels::{self, Left};
use super::{mail, news, store, store_lines};
use crate::base::ids::{OrderId, Sku};
use crate::base::{Failure, Fault, Instant, refuse};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::hooks::Kind;
use crate::pricing::Book;

type Outcome<T = ()> = Result<T, Failure<Refusal>>;

/// Everything that is left has left, in one parcel.
///
/// # Errors
/// As [`ship_parcel`].
pub fn ship(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    tracking: (&str, &str),
    actor: &str,
    now: Instant,
) -> Outcome {
    let whole = Shipment::whole(tracking.0, tracking.1);
    ship_parcel(tx, kit, book, id, &whole, actor, now).map(|_| ())
}

/// A parcel has left; the buyer gets a letter about it. Answers which of the order's it is.
///
/// # Errors
/// When the order may not leave now, nothing or not so much of it is left, or what is said of the
/// parcel cannot be used.
pub fn ship_parcel(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    shipment: &Shipment,
    actor: &str,
    now: Instant,
) -> Outcome<u32> {
    let order = must_get(tx, id)?;
    may_leave("ship", &order)?;
    let shipment = shipment.checked(&book.carriers).map_err(Failure::Refused)?;
    let left = store_parcels::list_left(tx, id)?;
    let lines = lines_of(&order, &left, shipment.lines.as_deref())?;
    let all: u32 = left.iter().map(|line| line.units).sum();
    let units: u32 = lines.iter().map(|line| line.1).sum();
    let parcel = store_parcels::insert_parcel(tx, id, &shipment, now)?;
    for line in &lines {
        store_parcels::insert_parcel_item(tx, id, parcel, *line)?;
    }
    store_parcels::set_fewer_left(tx, id, units)?;
    let told = json!({ "parcel": parcel, "carrier": shipment.carrier,
                       "number": shipment.number, "units": units });
    let to = match units < all {
        true => FulfilmentStatus::PartShipped,
        false => FulfilmentStatus::Shipped,
    };
    if to == order.fulfilment {
        // Another parcel, but not the last one: the status stays.
        store_lines::insert_event(tx, id, to.word(), actor, &told, now)?;
    } else if !move_goods(tx, &order, to, (actor, &told), now)? {
        return refuse(not_now("ship", &order));
    }
    let order = must_get(tx, id)?;
    mail::shipped(tx, kit, book, &order, parcel, now)?;
    let which = if parcel == 1 { String::new() } else { format!(":{parcel}") };
    news::tell(tx, kit, Kind::OrderShipped, &order, &which, now)?;
    Ok(parcel)
}

/// Whether goods of an order may leave: it is paid, not all of its money is on its way back, and
/// nobody complained at the bank.
pub(super) fn may_leave(tried: &'static str, order: &Order) -> Outcome {
    let paid = matches!(order.payment, PaymentStatus::Paid | PaymentStatus::PartRefunded);
    if paid && order.disputed {
        return refuse(Refusal::Disputed { number: order.number.clone() });
    }
    let gone_minor = order.refunded_minor + order.refunding_minor;
    if paid && order.refunding_minor > 0 && gone_minor >= order.total_minor {
        return refuse(Refusal::GoingBack { number: order.number.clone() });
    }
    let here =
        matches!(order.fulfilment, FulfilmentStatus::Unfulfilled | FulfilmentStatus::PartShipped);
    if !paid || !here {
        return refuse(not_now(tried, order));
    }
    Ok(())
}

/// The lines of a parcel, checked against what is left.
fn lines_of(
    order: &Order,
    left: &[Left],
    wanted: Option<&[(u32, u32)]>,
) -> Outcome<Vec<(u32, u32)>> {
    let all = || left.iter().map(|line| (line.position, line.units)).collect::<Vec<_>>();
    let mut lines = wanted.map_or_else(all, <[_]>::to_vec);
    lines.retain(|line| line.1 > 0);
    if lines.is_empty() {
        return refuse(Refusal::NothingToShip { number: order.number.clone() });
    }
    let mut seen: BTreeMap<u32, u32> = BTreeMap::new();
    for (position, units) in &lines {
        let there = left.iter().find(|line| line.position == *position);
        let there_units = there.map_or(0, |line| line.units);
        if *units > there_units || seen.insert(*position, *units).is_some() {
            let what = there.map_or_else(|| format!("line {position}"), |l| l.sku.to_string());
            return refuse(Refusal::NotThatMany { what, left: there_units });
        }
    }
    Ok(lines)
}

/// What has not left is packed and waits for the carrier.
///
/// # Errors
/// When the order may not leave now, or is packed already.
pub fn pack(tx: &Tx, id: &OrderId, actor: &str, now: Instant) -> Outcome {
    let order = must_get(tx, id)?;
    may_leave("pack", &order)?;
    if order.left_units == 0 {
        return refuse(Refusal::NothingToShip { number: order.number });
    }
    if !store_parcels::set_packed(tx, id, now)? {
        return refuse(not_now("pack", &order));
    }
    Ok(store_lines::insert_event(tx, id, "packed", actor, &json!({}), now)?)
}

/// The goods have arrived.
///
/// # Errors
/// When the order has not left.
pub fn deliver(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    actor: &str,
    now: Instant,
) -> Outcome {
    let order = must_get(tx, id)?;
    if !move_goods(tx, &order, FulfilmentStatus::Delivered, (actor, &json!({})), now)? {
        return refuse(not_now("deliver", &order));
    }
    store_parcels::set_parcels_delivered(tx, id, now)?;
    let order = must_get(tx, id)?;
    mail::delivered(tx, kit, book, &order, now)?;
    Ok(news::tell(tx, kit, Kind::OrderDelivered, &order, "", now)?)
}

/// One parcel has arrived. With the last of an order that has left whole, the order has; only then
/// the buyer gets a letter.
///
/// # Errors
/// When there is no such parcel, or it has arrived before.
pub fn deliver_parcel(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    parcel: u32,
    actor: &str,
    now: Instant,
) -> Outcome {
    let order = must_get(tx, id)?;
    if !store_parcels::set_parcel_delivered(tx, id, parcel, now)? {
        return refuse(not_now("deliver", &order));
    }
    let under_way = store_parcels::list_parcels(tx, id)?.iter().any(|p| p.delivered_at.is_none());
    if order.fulfilment == FulfilmentStatus::Shipped && !under_way {
        return deliver(tx, kit, book, id, actor, now);
    }
    let told = json!({ "parcel": parcel });
    store_lines::insert_event(tx, id, "parcel_delivered", actor, &told, now)?;
    Ok(store::set_changed(tx, id)?)
}

/// Units that are back on the shelf before they left do not leave any more. When nothing else is
/// to leave, an order that left in part has left.
///
/// # Errors
/// When the database fails.
pub fn keep_back(
    tx: &Tx,
    id: &OrderId,
    units: &BTreeMap<Sku, u32>,
    actor: &str,
    now: Instant,
) -> Result<(), Fault> {
    let order = must_get(tx, id)?;
    let mut kept = 0;
    for (sku, qty) in units {
        let mut rest = *qty;
        for line in store_parcels::list_left(tx, id)?.iter().filter(|line| line.sku == *sku) {
            let now_kept = rest.min(line.units);
            if now_kept > 0 {
                store_parcels::set_kept(tx, id, line.position, now_kept)?;
                rest -= now_kept;
                kept += now_kept;
            }
        }
    }
    if kept == 0 {
        return Ok(());
    }
    store_parcels::set_fewer_left(tx, id, kept)?;
    if order.left_units == kept && order.fulfilment == FulfilmentStatus::PartShipped {
        let told = json!({ "kept": kept });
        move_goods(tx, &order, FulfilmentStatus::Shipped, (actor, &told), now)?;
    }
    Ok(())
}

/// The one function that moves a fulfilment status.
fn move_goods(
    tx: &Tx,
    order: &Order,
    to: FulfilmentStatus,
    by: (&str, &Value),
    now: Instant,
) -> Result<bool, Fault> {
    let may = order.fulfilment.may_become(to);
    if !may || !store::set_fulfilment(tx, &order.id, order.fulfilment, to, now)? {
        return Ok(false);
    }
    store_lines::insert_event(tx, &order.id, to.word(), by.0, by.1, now)?;
    Ok(true)
}
