//! What happens to a cart, in order, inside one transaction.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::changes::{limit_of, units_of};
use super::model::{CODE_LENGTH_MAX, CODES_MAX, Cart, Line, QUANTITY_MAX, Refusal};
use super::store;
use crate::base::ids::{CartId, LineId, Sku};
use crate::base::{Failure, Fault, Instant, refuse};
use crate::catalog::Status;
use crate::orders;
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};
use crate::pricing::{Basket, Book, Item, Objection, bundle_price};
use crate::stock;

type Outcome<T = ()> = Result<T, Failure<Refusal>>;

/// The session's cart, made when there is none.
pub(super) fn open(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    session: &str,
    now: Instant,
) -> Result<Cart, Fault> {
    match store::find(tx, session)? {
        Some(cart) => Ok(cart),
        None => start(tx, kit, book, session, now),
    }
}

fn start(tx: &Tx, kit: &Kit, book: &Book, session: &str, now: Instant) -> Result<Cart, Fault> {
    let cart = Cart {
        id: CartId::new(now, &kit.random),
        version: 1,
        country: book.catalog.shop.country.clone(),
        rate: None,
        codes: Vec::new(),
        lines: Vec::new(),
        last_change_at: now,
    };
    store::insert_cart(tx, &cart, session)?;
    Ok(cart)
}

/// Whether an item is on sale, its title, and the price of one as listed.
pub(super) fn listed(book: &Book, item: &Item, now: Instant) -> Option<(String, i64)> {
    let catalog = &book.catalog;
    match item {
        Item::Sku(sku) => {
            let (product, variant) = catalog.find(sku)?;
            (product.status == Status::Live).then(|| (product.title.clone(), variant.price_at(now)))
        }
        Item::Bundle(slug) => {
            let bundle = catalog.bundles.get(slug).filter(|b| catalog.bundle_is_live(b))?;
            Some((bundle.title.clone(), bundle_price(catalog, bundle, now)?.parts_minor))
        }
    }
}

/// A SKU under its present name.
pub(super) fn canonical(book: &Book, item: Item) -> Item {
    match item {
        Item::Sku(sku) => {
            let found = book.catalog.find(&sku).map(|(_, variant)| variant.sku.clone());
            Item::Sku(found.unwrap_or(sku))
        }
        bundle @ Item::Bundle(_) => bundle,
    }
}

/// Free units of every SKU a cart touches; what its own open order holds counts as free, for
/// that order will be given up before the cart is ordered again.
pub(super) fn free_for(
    read: &Read,
    book: &Book,
    cart: Option<&CartId>,
    items: &[&Item],
) -> Result<BTreeMap<Sku, u32>, Fault> {
    let mut free = BTreeMap::new();
    for (sku, _) in items.iter().flat_map(|item| units_of(&book.catalog, item, 1)) {
        if let Some(level) = stock::find_level(read, &sku)? {
            free.insert(sku, level.free());
        }
    }
    let own = cart.map(|id| orders::order_for_cart(read, id)).transpose()?.flatten();
    if let Some(order) = own {
        for (sku, held) in stock::held_by(read, &order.id)? {
            free.entry(sku).and_modify(|units| *units += held);
        }
    }
    Ok(free)
}

/// Checks that so many can be had; `own` is as for [`free_for`].
fn checked(
    tx: &Tx,
    book: &Book,
    cart: &Cart,
    own: Option<&CartId>,
    item: &Item,
    qty: u32,
    title: String,
) -> Outcome {
    if !(1..=QUANTITY_MAX).contains(&qty) {
        return refuse(Refusal::Quantity { max: QUANTITY_MAX });
    }
    let others: Vec<Line> = cart.lines.iter().filter(|l| &l.item != item).cloned().collect();
    let mut items: Vec<&Item> = others.iter().map(|line| &line.item).collect();
    items.push(item);
    let free = free_for(tx, book, own, &items)?;
    let limits = limit_of(&book.catalog, item, &others, &free);
    if qty > limits.per_order {
        return refuse(Refusal::PerOrder { title, max: limits.per_order });
    }
    if qty > limits.available {
        return refuse(Refusal::NotEnough { title, available: limits.available });
    }
    Ok(())
}

/// Puts something in; the same thing again adds up on its line.
pub(super) fn add(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    cart: &Cart,
    item: Item,
    qty: u32,
    now: Instant,
) -> Outcome {
    let what = put(tx, kit, book, &mut cart.clone(), Some(&cart.id), item, qty, now)?;
    Ok(changed(tx, &cart.id, "added", &what, now)?)
}

/// Puts something in, into the cart as it is in memory, too; `own` is as for [`free_for`]. What
/// was put in, for the cart's history.
fn put(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    cart: &mut Cart,
    own: Option<&CartId>,
    item: Item,
    qty: u32,
    now: Instant,
) -> Outcome<Value> {
    let item = canonical(book, item);
    let Some((title, unit_minor)) = listed(book, &item, now) else {
        return refuse(Refusal::NotSold);
    };
    if !(1..=QUANTITY_MAX).contains(&qty) {
        return refuse(Refusal::Quantity { max: QUANTITY_MAX });
    }
    let there = cart.lines.iter().position(|line| line.item == item);
    let wanted = there.map_or(0, |at| cart.lines[at].qty) + qty;
    checked(tx, book, cart, own, &item, wanted, title)?;
    let what = json!({ "item": item, "qty": qty });
    match there.map(|at| &mut cart.lines[at]) {
        Some(line) => {
            store::set_qty(tx, &line.id, wanted)?;
            line.qty = wanted;
        }
        None => {
            let max = book.catalog.shop.cart_lines_max;
            if cart.lines.len() >= max as usize {
                return refuse(Refusal::TooManyLines { max });
            }
            let id = LineId::new(now, &kit.random);
            let line = Line { id, item, qty, seen_unit_minor: unit_minor };
            store::insert_line(tx, &cart.id, &line)?;
            cart.lines.push(line);
        }
    }
    Ok(what)
}

/// A cart of exactly these things, for a caller that keeps none of its own. A session that had a
/// cart before keeps it as it is: the caller has asked twice. None when that one is ordered.
///
/// # Errors
/// As for putting each of them in.
pub fn fill(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    session: &str,
    wanted: Vec<(Item, u32)>,
    now: Instant,
) -> Outcome<Option<Cart>> {
    if store::had_cart(tx, session)? {
        return Ok(store::find(tx, session)?);
    }
    let mut cart = start(tx, kit, book, session, now)?;
    for (item, qty) in wanted {
        // Nobody has ordered it yet: there is no order of its own to look for.
        let what = put(tx, kit, book, &mut cart, None, item, qty, now)?;
        store::insert_event(tx, &cart.id, "added", &what, now)?;
    }
    store::set_changed(tx, &cart.id, now)?;
    cart.version += 1;
    Ok(Some(cart))
}

fn line_of<'a>(cart: &'a Cart, id: &LineId) -> Outcome<&'a Line> {
    match cart.lines.iter().find(|line| &line.id == id) {
        Some(line) => Ok(line),
        None => refuse(Refusal::NoSuchLine),
    }
}

/// Sets how many. Fewer than before is always allowed, even when less than that is left.
pub(super) fn set(
    tx: &Tx,
    book: &Book,
    cart: &Cart,
    line: &LineId,
    qty: u32,
    now: Instant,
) -> Outcome {
    let line = line_of(cart, line)?;
    if qty == line.qty {
        return Ok(());
    }
    if qty > line.qty || qty == 0 {
        let Some((title, _)) = listed(book, &line.item, now) else {
            return refuse(Refusal::NotSold);
        };
        checked(tx, book, cart, Some(&cart.id), &line.item, qty, title)?;
    }
    store::set_qty(tx, &line.id, qty)?;
    Ok(changed(tx, &cart.id, "changed", &json!({ "item": line.item, "qty": qty }), now)?)
}

/// Takes a line out.
pub(super) fn remove(tx: &Tx, cart: &Cart, line: &LineId, now: Instant) -> Outcome {
    let line = line_of(cart, line)?;
    store::delete_line(tx, &line.id)?;
    Ok(changed(tx, &cart.id, "removed", &json!({ "item": line.item }), now)?)
}

/// Takes everything out.
pub(super) fn clear(tx: &Tx, cart: &Cart, now: Instant) -> Outcome {
    store::delete_lines(tx, &cart.id)?;
    store::set_codes(tx, &cart.id, &[])?;
    Ok(changed(tx, &cart.id, "cleared", &Value::Null, now)?)
}

/// The visitor has seen the new prices and takes them.
pub(super) fn accept_prices(tx: &Tx, book: &Book, cart: &Cart, now: Instant) -> Outcome {
    for line in &cart.lines {
        if let Some((_, unit_minor)) = listed(book, &line.item, now)
            && unit_minor != line.seen_unit_minor
        {
            store::set_seen(tx, &line.id, unit_minor)?;
        }
    }
    Ok(changed(tx, &cart.id, "prices_accepted", &Value::Null, now)?)
}

/// Keeps a code. One that nobody knows, or that is used up or not running, is refused; one whose
/// conditions are not met yet is kept, for the next thing added may meet them.
pub(super) fn add_code(
    tx: &Tx,
    cart: &Cart,
    code: &str,
    objections: &[Objection],
    now: Instant,
) -> Outcome {
    let code = code.trim().to_uppercase();
    let refused = |reason: &'static str| {
        let code = code.chars().take(CODE_LENGTH_MAX).collect();
        refuse(Refusal::Code { code, reason })
    };
    if code.is_empty() || code.len() > CODE_LENGTH_MAX {
        return refused("form");
    }
    if cart.codes.contains(&code) {
        return Ok(());
    }
    if cart.codes.len() >= CODES_MAX {
        return refused("kept");
    }
    for objection in objections {
        match objection {
            Objection::CodeUnknown { code: c } if c.eq_ignore_ascii_case(&code) => {
                return refused("unknown");
            }
            Objection::CodeNotRunning { code: c } if c.eq_ignore_ascii_case(&code) => {
                return refused("not_running");
            }
            Objection::CodeUsedUp { code: c } if c.eq_ignore_ascii_case(&code) => {
                return refused("used_up");
            }
            _ => {}
        }
    }
    let codes: Vec<String> = cart.codes.iter().cloned().chain([code.clone()]).collect();
    store::set_codes(tx, &cart.id, &codes)?;
    Ok(changed(tx, &cart.id, "code_added", &json!({ "code": code }), now)?)
}

/// Forgets a code.
pub(super) fn remove_code(tx: &Tx, cart: &Cart, code: &str, now: Instant) -> Outcome {
    let code = code.trim().to_uppercase();
    let codes: Vec<String> = cart.codes.iter().filter(|kept| **kept != code).cloned().collect();
    store::set_codes(tx, &cart.id, &codes)?;
    Ok(changed(tx, &cart.id, "code_removed", &json!({ "code": code }), now)?)
}

/// Says where it goes and how.
pub(super) fn set_destination(
    tx: &Tx,
    book: &Book,
    cart: &Cart,
    country: &str,
    rate: Option<&str>,
    now: Instant,
) -> Outcome {
    let zone = book.zones.iter().find(|zone| zone.countries.iter().any(|c| c == country));
    let Some(zone) = zone else { return refuse(Refusal::Destination) };
    // A rate of another country is no mistake of the visitor: the form shows one country's rates
    // while the other is being chosen.
    let rate = rate.filter(|id| zone.rates.iter().any(|r| r.id == *id));
    store::set_destination(tx, &cart.id, country, rate)?;
    Ok(changed(tx, &cart.id, "destination", &json!({ "country": country, "rate": rate }), now)?)
}

/// The cart's order is paid: the visitor starts anew. What was put in after it was ordered stays.
/// Doing it twice changes nothing unless something stayed.
///
/// # Errors
/// When the database fails.
pub fn finish(tx: &Tx, cart: &CartId, ordered: &Basket, now: Instant) -> Result<(), Fault> {
    let lines = store::list_lines(tx, cart)?;
    let left = |line: &Line| {
        let bought = ordered.lines.iter().find(|bought| bought.item == line.item);
        line.qty.saturating_sub(bought.map_or(0, |bought| bought.qty))
    };
    if lines.iter().all(|line| left(line) == 0) {
        if store::set_status(tx, cart, "ordered")? {
            changed(tx, cart, "ordered", &Value::Null, now)?;
        }
        return Ok(());
    }
    if !store::is_active(tx, cart)? {
        return Ok(());
    }
    for line in &lines {
        match left(line) {
            0 => store::delete_line(tx, &line.id)?,
            qty => store::set_qty(tx, &line.id, qty)?,
        }
    }
    changed(tx, cart, "ordered", &Value::Null, now)
}

/// Counts a change and remembers what it was.
pub(super) fn changed(
    tx: &Tx,
    cart: &CartId,
    kind: &str,
    data: &Value,
    now: Instant,
) -> Result<(), Fault> {
    store::set_changed(tx, cart, now)?;
    store::insert_event(tx, cart, kind, data, now)
}
