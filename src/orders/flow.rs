//! What happens to an order, in order, inside one transaction.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::model::{Item, Order, Placement, Refusal};
use super::state::PaymentStatus;
use super::store::{self, Fresh};
use super::view::token_of;
use super::{claim, mail, news, number, store_lines, words};
use crate::base::ids::{OrderId, Sku};
use crate::base::{Failure, Fault, Instant, refuse};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::hooks::Kind;
use crate::pricing::{self, Book, Source};
use crate::recommend;
use crate::stock;

type Outcome<T = ()> = Result<T, Failure<Refusal>>;

/// Who marks an order paid whose money came through the provider.
pub const PAYMENT: &str = "payment";

/// What became of money that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// The order is paid and its goods are its own.
    Now,
    /// It was paid before; nothing changed.
    Already,
    /// The money is there, the goods are not any more: a person must decide.
    Short,
}

/// Writes a pending order with its snapshots, holds its stock and claims its promotions.
///
/// # Errors
/// When stock or a promotion ran out meanwhile; nothing is written then.
pub fn place(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    placement: &Placement,
    hold_until: Instant,
    now: Instant,
) -> Outcome<Order> {
    let id = OrderId::new(now, &kit.random);
    let (seq, number) = number::next(tx, &book.catalog.shop.number_prefix)?;
    let token_hash = token_of(&kit.secret, &id).hash();
    let (name, email) = (&placement.address.name, placement.email.as_str());
    let units = placement.quote.units();
    let fresh = Fresh {
        id: &id,
        seq,
        number: &number,
        token_hash: &token_hash,
        units: units.values().sum(),
        words: &words::of_order(&number, name, email, &placement.quote),
        hold_expires_at: hold_until,
        placed_at: now,
    };
    store::insert_order(tx, placement, &fresh)?;
    insert_lines(tx, &id, placement)?;
    stock::hold(tx, &id, &units, hold_until).map_err(Failure::lift)?;
    claim::hold(tx, book, &placement.quote.claims, &id, &placement.email.folded())?;
    store_lines::insert_event(tx, &id, "placed", "buyer", &json!({}), now)?;
    Ok(store::get_placed(tx, &id, placement)?)
}

fn insert_lines(tx: &Tx, id: &OrderId, placement: &Placement) -> Result<(), Fault> {
    let mut position = 0;
    let mut positions = BTreeMap::new();
    for line in &placement.quote.lines {
        positions.insert(line.key.clone(), position);
        for item in items_of(line, position, placement) {
            store_lines::insert_item(tx, id, &item)?;
            position += 1;
        }
    }
    for adjustment in &placement.quote.adjustments {
        let source = source_word(adjustment.source);
        if adjustment.shares.is_empty() {
            store_lines::insert_adjustment(
                tx,
                id,
                None,
                source,
                adjustment,
                adjustment.amount_minor,
            )?;
        }
        for (key, share) in adjustment.shares.iter().filter(|(_, share)| *share != 0) {
            let at = positions.get(key).copied();
            store_lines::insert_adjustment(tx, id, at, source, adjustment, *share)?;
        }
    }
    Ok(())
}

fn source_word(source: Source) -> &'static str {
    match source {
        Source::Bundle => "bundle",
        Source::Promotion => "promotion",
        Source::Shipping => "shipping",
    }
}

/// A quote's line as order lines: the line itself, then a bundle's parts (which cost nothing on
/// their own; the bundle's line carries the money).
fn items_of(line: &pricing::QuoteLine, at: u32, placement: &Placement) -> Vec<Item> {
    let (kind, reference) = match &line.item {
        pricing::Item::Sku(sku) => ("product", sku.as_str()),
        pricing::Item::Bundle(slug) => ("bundle", slug.as_str()),
    };
    let image = |name: &str| placement.pictures.get(name).cloned().unwrap_or_default();
    let mut items = vec![Item {
        position: at,
        parent: None,
        kind: kind.to_owned(),
        reference: reference.to_owned(),
        title: line.title.clone(),
        options: line.options.clone(),
        tier: line.tier.clone(),
        qty: line.qty,
        unit_minor: line.unit_minor,
        gross_minor: line.gross_minor,
        discount_minor: line.discount_minor,
        net_minor: line.net_minor,
        tax_minor: line.tax_minor,
        tax_bp: line.tax_bp,
        image: image(reference),
    }];
    for (position, part) in (at + 1..).zip(&line.parts) {
        items.push(Item {
            position,
            parent: Some(at),
            kind: "part".to_owned(),
            reference: part.sku.as_str().to_owned(),
            title: part.title.clone(),
            options: part.options.clone(),
            tier: String::new(),
            qty: part.qty,
            unit_minor: part.unit_minor,
            gross_minor: 0,
            discount_minor: 0,
            net_minor: 0,
            tax_minor: 0,
            tax_bp: line.tax_bp,
            image: image(part.sku.as_str()),
        });
    }
    items
}

pub(super) fn move_payment(
    tx: &Tx,
    order: &Order,
    to: PaymentStatus,
    by: (&str, &Value),
    now: Instant,
) -> Result<bool, Fault> {
    move_payment_as(tx, order, to, to.word(), by, now)
}

/// The one function that moves a payment status; `kind` is its line in the timeline.
pub(super) fn move_payment_as(
    tx: &Tx,
    order: &Order,
    to: PaymentStatus,
    kind: &str,
    by: (&str, &Value),
    now: Instant,
) -> Result<bool, Fault> {
    if !order.payment.may_become(to) || !store::set_payment(tx, &order.id, order.payment, to, now)?
    {
        return Ok(false);
    }
    store_lines::insert_event(tx, &order.id, kind, by.0, by.1, now)?;
    Ok(true)
}

/// Money has arrived: the order is paid, its holds become sales, its promotions are used, and
/// the buyer gets one letter. Doing it twice changes nothing.
///
/// # Errors
/// When the database fails.
pub fn mark_paid(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    (actor, evidence): (&str, &Value),
    now: Instant,
) -> Result<Paid, Fault> {
    let order = must_get(tx, id)?;
    if order.payment.has_paid() {
        return Ok(Paid::Already);
    }
    if !holds_everything(tx, book, &order)? {
        // Freed by somebody, or closed before the money came: all of it again, or none.
        stock::release(tx, id, "held anew")?;
        if !stock::hold_again(tx, id, &units_now(book, &order), now)? {
            return Ok(Paid::Short);
        }
    }
    if !move_payment(tx, &order, PaymentStatus::Paid, (actor, evidence), now)? {
        return Ok(Paid::Already);
    }
    // What staff took in cash they give back: its buyer cannot cancel alone.
    if actor == PAYMENT && book.catalog.shop.cancel_window_s > 0 {
        store::set_cancel_until(tx, id, now.plus_s(book.catalog.shop.cancel_window_s))?;
    }
    stock::commit(tx, &book.catalog, id, now)?;
    let beyond = claim::use_up(tx, book, id, &order.email.to_lowercase())?;
    if !beyond.is_empty() {
        let why = format!(
            "paid after it was given up, and {} is used up or gone meanwhile: its price stays",
            beyond.join(", ")
        );
        flag(tx, book, id, &why, now)?;
    }
    recommend::record(tx, &book.catalog, order.units().keys())?;
    let order = must_get(tx, id)?;
    if book.catalog.shop.send_order_confirmation {
        mail::confirm(tx, kit, book, &order, now)?;
    }
    news::tell(tx, kit, Kind::OrderPaid, &order, "", now)?;
    Ok(Paid::Now)
}

/// Units an order needs, under the names SKUs have now.
fn units_now(book: &Book, order: &Order) -> BTreeMap<Sku, u32> {
    let mut units = BTreeMap::new();
    for (sku, qty) in order.units() {
        let now = book.catalog.find(&sku).map_or(&sku, |(_, variant)| &variant.sku);
        *units.entry(now.clone()).or_insert(0) += qty;
    }
    units
}

fn holds_everything(tx: &Tx, book: &Book, order: &Order) -> Result<bool, Fault> {
    let held: BTreeMap<Sku, u32> = stock::held_by(tx, &order.id)?.into_iter().collect();
    Ok(held == units_now(book, order))
}

/// Begins another attempt at an order that closed unpaid: goods and promotions are held again.
///
/// # Errors
/// When it is not closed unpaid, or goods or promotions are no longer to be had.
pub fn reopen(
    tx: &Tx,
    book: &Book,
    id: &OrderId,
    hold_until: Instant,
    now: Instant,
) -> Outcome<Order> {
    let order = must_get(tx, id)?;
    let nothing = json!({});
    let buyer = ("buyer", &nothing);
    if !move_payment(tx, &order, PaymentStatus::Pending, buyer, now)? {
        return refuse(not_now("pay", &order));
    }
    stock::hold(tx, id, &units_now(book, &order), hold_until).map_err(Failure::lift)?;
    let customer = order.email.to_lowercase();
    claim::hold(tx, book, &order.quote.claims, id, &customer)?;
    store::set_hold_until(tx, id, hold_until)?;
    Ok(must_get(tx, id)?)
}

/// What staff were told of an order is not told again for so long while they have not settled it,
/// seconds.
const DAY_S: i64 = 86_400;

/// Marks an order for a person to look at, with the reason in words.
///
/// # Errors
/// When the database fails.
pub fn flag(tx: &Tx, book: &Book, id: &OrderId, why: &str, now: Instant) -> Result<(), Fault> {
    let order = must_get(tx, id)?;
    if order.attention.as_deref() == Some(why) {
        return Ok(());
    }
    store::set_attention(tx, id, why)?;
    // Two reasons that are told in turn are told once a day each.
    if order.attention.is_some() && store_lines::was_flagged(tx, id, why, now.plus_s(-DAY_S))? {
        return Ok(());
    }
    store_lines::insert_event(tx, id, "attention", "payment", &json!({ "why": why }), now)?;
    mail::alert(tx, book, &order, why, now)?;
    Ok(())
}

pub(super) fn not_now(tried: &'static str, order: &Order) -> Refusal {
    let status = format!("{}, {}", order.payment.word(), order.fulfilment.word());
    Refusal::NotNow { tried, number: order.number.clone(), status }
}

pub(super) fn must_get(tx: &Tx, id: &OrderId) -> Result<Order, Fault> {
    store::get(tx, id)?.ok_or_else(|| Fault::new(format!("order {id} is not there")))
}
