//! What happens to stock, in order, inside one transaction.

use std::collections::BTreeMap;

use super::mail::{low_stock_letter, tell_low_stock};
use super::model::{Reason, Refusal};
use super::store::{self, Why};
use super::typed::Typed;
use crate::base::ids::{OrderId, Sku};
use crate::base::{Failure, Fault, Instant, refuse};
use crate::catalog::Catalog;
use crate::platform::db::Tx;
use crate::platform::mail;

/// Largest change by hand.
const CHANGE_MAX: i64 = 1_000_000;

type Outcome<T = ()> = Result<T, Failure<Refusal>>;

/// What the files say about a SKU's stock.
#[derive(Clone)]
pub struct Opening {
    /// Which.
    pub sku: Sku,
    /// Its former names.
    pub was: Vec<Sku>,
    /// Units, counted once.
    pub opening: u32,
    /// Low mark.
    pub low: u32,
}

/// Makes records for SKUs seen for the first time and keeps low marks as the files say. Returns
/// those that had a record before, whose mark may be another now.
///
/// # Errors
/// When the database fails.
pub fn open_new(tx: &Tx, openings: &[Opening], now: Instant) -> Result<Vec<Sku>, Fault> {
    let mut marked = Vec::new();
    for o in openings {
        if store::find_level(tx, &o.sku)?.is_some() || rename(tx, o, now)? {
            marked.push(o.sku.clone());
        } else {
            store::insert_item(tx, &o.sku, o.opening, o.low)?;
            let why = Why { reason: Reason::Opening, order: None, note: None, actor: "files" };
            store::insert_move(tx, &o.sku, i64::from(o.opening), o.opening, &why, now)?;
        }
        store::set_low(tx, &o.sku, o.low)?;
    }
    Ok(marked)
}

/// Tells whoever wants to hear of it that a SKU is at or below its mark, once until it is above.
///
/// # Errors
/// When the database fails.
pub fn watch(tx: &Tx, catalog: &Catalog, skus: &[Sku], now: Instant) -> Result<(), Fault> {
    skus.iter().try_for_each(|sku| watch_level(tx, catalog, sku, now))
}

/// A renamed SKU keeps its stock. The ledger cannot be rewritten, so the old name is closed with a
/// transfer to zero and the new one opened with the same number.
fn rename(tx: &Tx, o: &Opening, now: Instant) -> Result<bool, Fault> {
    for was in &o.was {
        let Some(level) = store::find_level(tx, was)? else { continue };
        store::set_sku(tx, was, &o.sku)?;
        let units = i64::from(level.on_hand);
        if units != 0 {
            let note = format!("renamed to {}", o.sku);
            let why =
                Why { reason: Reason::Transfer, order: None, note: Some(&note), actor: "files" };
            store::insert_move(tx, was, -units, 0, &why, now)?;
        }
        let note = format!("renamed from {was}");
        let why = Why { reason: Reason::Opening, order: None, note: Some(&note), actor: "files" };
        store::insert_move(tx, &o.sku, units, level.on_hand, &why, now)?;
        return Ok(true);
    }
    Ok(false)
}

/// Promises units of each SKU to an order until `until`, all or none.
///
/// # Errors
/// [`Refusal::NotEnough`] for the first SKU that falls short; the caller's transaction must then
/// be given up, which undoes the others.
pub fn hold(tx: &Tx, order: &OrderId, units: &BTreeMap<Sku, u32>, until: Instant) -> Outcome {
    for (sku, &qty) in units {
        if !store::set_held(tx, sku, qty)? {
            let free = store::find_level(tx, sku)?.map_or(0, |l| l.free());
            return refuse(Refusal::NotEnough { sku: sku.clone(), wanted: qty, free });
        }
        store::insert_hold(tx, order, sku, qty, until)?;
    }
    Ok(())
}

/// Keeps an order's holds longer, for payment methods that take days.
///
/// # Errors
/// When the database fails.
pub fn extend(tx: &Tx, order: &OrderId, until: Instant) -> Result<(), Fault> {
    store::set_hold_until(tx, order, until)
}

/// Gives an order's held units back. Doing it twice changes nothing.
///
/// # Errors
/// When the database fails.
pub fn release(tx: &Tx, order: &OrderId, why: &str) -> Result<(), Fault> {
    for (sku, qty) in store::held_by(tx, order)? {
        store::set_unheld(tx, &sku, qty)?;
        store::set_hold_ended(tx, order, &sku, "released", why)?;
    }
    Ok(())
}

/// Turns an order's holds into sales: one ledger line each. Returns how many SKUs were sold.
///
/// # Errors
/// When the database fails.
pub fn commit(tx: &Tx, catalog: &Catalog, order: &OrderId, now: Instant) -> Result<usize, Fault> {
    let holds = store::held_by(tx, order)?;
    for (sku, qty) in &holds {
        let after = store::set_sold(tx, sku, *qty)?;
        store::set_hold_ended(tx, order, sku, "sold", "paid")?;
        let why = Why { reason: Reason::Sale, order: Some(order), note: None, actor: "payment" };
        store::insert_move(tx, sku, -i64::from(*qty), after, &why, now)?;
        watch_level(tx, catalog, sku, now)?;
    }
    Ok(holds.len())
}

/// Takes units again for an order whose holds were given back before its money came:
/// everything or nothing. False means that there is not enough any more.
///
/// # Errors
/// When the database fails.
pub fn hold_again(
    tx: &Tx,
    order: &OrderId,
    units: &BTreeMap<Sku, u32>,
    until: Instant,
) -> Result<bool, Fault> {
    for (sku, &qty) in units {
        if store::find_level(tx, sku)?.is_none_or(|l| l.free() < qty) {
            return Ok(false);
        }
    }
    match hold(tx, order, units, until) {
        Ok(()) => Ok(true),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(Failure::Refused(refusal)) => {
            Err(Fault::new(format!("checked a moment ago: {refusal}")))
        }
    }
}

/// Goods of an order that are back on the shelf: one ledger line for each SKU. The caller makes
/// sure that no more come back than were sold.
///
/// # Errors
/// When a SKU has no record any more; the caller's transaction must then be given up.
pub fn give_back(
    tx: &Tx,
    catalog: &Catalog,
    order: &OrderId,
    units: &BTreeMap<Sku, u32>,
    why: (Reason, &str, &str),
    now: Instant,
) -> Outcome {
    let (reason, note, actor) = why;
    for (sku, &qty) in units {
        let Some(after) = store::set_on_hand(tx, sku, i64::from(qty))? else {
            return refuse(Refusal::Unknown { sku: sku.clone() });
        };
        let why = Why { reason, order: Some(order), note: Some(note), actor };
        store::insert_move(tx, sku, i64::from(qty), after, &why, now)?;
        watch_level(tx, catalog, sku, now)?;
    }
    Ok(())
}

/// Changes a level by hand, with a reason; returns what is on the shelf afterwards.
///
/// # Errors
/// When the SKU is unknown, the change is zero or too large, or fewer would remain than are
/// promised to open checkouts.
pub fn adjust(
    tx: &Tx,
    catalog: &Catalog,
    sku: &Sku,
    delta: i64,
    why: (Reason, Option<&str>, &str),
    now: Instant,
) -> Outcome<u32> {
    let (reason, note, actor) = why;
    if delta == 0 || delta.abs() > CHANGE_MAX {
        return refuse(Refusal::Senseless);
    }
    let Some(level) = store::find_level(tx, sku)? else {
        return refuse(Refusal::Unknown { sku: sku.clone() });
    };
    let Some(after) = store::set_on_hand(tx, sku, delta)? else {
        let (on_hand, held) = (level.on_hand, level.held);
        return refuse(Refusal::BelowHeld { sku: sku.clone(), on_hand, held });
    };
    store::insert_move(tx, sku, delta, after, &Why { reason, order: None, note, actor }, now)?;
    watch_level(tx, catalog, sku, now)?;
    Ok(after)
}

/// Sets a level to what somebody counted; returns the difference.
///
/// # Errors
/// As [`adjust`]; a count that changes nothing is fine.
pub fn count(
    tx: &Tx,
    catalog: &Catalog,
    sku: &Sku,
    counted: u32,
    why: (Option<&str>, &str),
    now: Instant,
) -> Outcome<i64> {
    let Some(level) = store::find_level(tx, sku)? else {
        return refuse(Refusal::Unknown { sku: sku.clone() });
    };
    let delta = i64::from(counted) - i64::from(level.on_hand);
    if delta != 0 {
        adjust(tx, catalog, sku, delta, (Reason::Count, why.0, why.1), now)?;
    }
    Ok(delta)
}

/// Changes a level as somebody typed it, for a reason. A number that replaces the old one is taken
/// only when what they saw is still true. Answers what was there before and what is there now.
///
/// # Errors
/// As [`adjust`]; and when the level has moved since it was seen.
pub(super) fn change(
    tx: &Tx,
    catalog: &Catalog,
    sku: &Sku,
    (typed, seen): (Typed, Option<u32>),
    why: (Reason, Option<&str>, &str),
    now: Instant,
) -> Outcome<(u32, u32)> {
    let Some(level) = store::find_level(tx, sku)? else {
        return refuse(Refusal::Unknown { sku: sku.clone() });
    };
    let on_hand = level.on_hand;
    let delta = match typed {
        Typed::By(delta) => delta,
        Typed::To(_) if seen.is_some_and(|seen| seen != on_hand) => {
            let seen = seen.unwrap_or(on_hand);
            return refuse(Refusal::Moved { sku: sku.clone(), seen, on_hand });
        }
        Typed::To(units) if units == on_hand => return Ok((on_hand, on_hand)),
        Typed::To(units) => i64::from(units) - i64::from(on_hand),
    };
    Ok((on_hand, adjust(tx, catalog, sku, delta, why, now)?))
}

/// Raises the low-stock alert when a level falls to its mark, once at each crossing, and clears
/// it when the level has risen above again.
fn watch_level(tx: &Tx, catalog: &Catalog, sku: &Sku, now: Instant) -> Result<(), Fault> {
    let Some(level) = store::find_level(tx, sku)? else { return Ok(()) };
    if level.on_hand > level.low {
        return store::set_alert_cleared(tx, sku, "low", now);
    }
    if !store::insert_alert(tx, sku, "low", now)? {
        return Ok(());
    }
    if let Some(letter) = low_stock_letter(catalog, &level, now) {
        mail::enqueue(tx, &letter.borrow(), now)?;
    }
    tell_low_stock(tx, catalog, &level, now)
}
