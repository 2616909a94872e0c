//! Letters about an order, made from its snapshot.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::choices::{choices_of, choices_path, may_be_declined};
use super::flow::must_get;
use super::model::Order;
use super::refunding::RefundNote;
use super::state::{FulfilmentStatus, PaymentStatus};
use super::store_parcels::Parcel;
use super::view::{self, view};
use super::{store_lines, store_parcels};
use crate::base::email_address::EmailAddress;
use crate::base::ids::{OrderId, sha256_hex};
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};
use crate::platform::hooks;
use crate::platform::mail::{Letter, enqueue};
use crate::pricing::Book;
use crate::recommend;

/// Most things suggested in a letter.
const SUGGESTIONS: usize = 3;

/// Letters an order can be shown in, by their folders below `site/mail/`.
pub const LETTERS: [&str; 6] = [
    "order_received",
    "order_confirmation",
    "order_shipped",
    "order_delivered",
    "order_cancelled",
    "order_refunded",
];

/// What a letter of this kind would show of an order as it is now, to look at it; none when an
/// order has no such letter.
///
/// # Errors
/// When the database fails.
pub fn letter_of(
    read: &Read,
    kit: &Kit,
    book: &Book,
    order: &Order,
    template: &str,
    now: Instant,
) -> Result<Option<Value>, Fault> {
    let (order, more) = match template {
        "order_received" => (without_promise(order), json!({})),
        "order_confirmation" => {
            let suggested = suggestions(read, kit, book, order, now)?;
            (order.clone(), json!({ "suggestions": suggested }))
        }
        "order_delivered" => {
            (order.clone(), json!({ "parcel": { "items": arrived(read, kit, order)? } }))
        }
        "order_shipped" => {
            let parcels = store_parcels::list_parcels(read, &order.id)?;
            let parcel = parcel_of(read, kit, order, parcels.last(), parcels.len())?;
            (order.clone(), json!({ "parcel": parcel }))
        }
        "order_cancelled" => {
            let (paid, may_pay) = (order.paid_at.is_some(), may_still_be_paid(order));
            (
                order.clone(),
                json!({ "cancelled": { "paid": paid, "by_hand": false, "may_pay": may_pay } }),
            )
        }
        "order_refunded" => {
            // What has gone back or is going; before anything has, all of it.
            let amount_minor = match order.refunded_minor + order.refunding_minor {
                0 => order.total_minor,
                back => back,
            };
            let whole = amount_minor >= order.total_minor;
            let refund = json!({ "amount_minor": amount_minor, "late": false, "by_hand": false,
                                 "whole": whole });
            (order.clone(), json!({ "refund": refund }))
        }
        _ => return Ok(None),
    };
    Ok(Some(shown(read, kit, &order, template, more, now)?))
}

/// The buyer has paid in a way that takes days.
pub(super) fn received(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<(), Fault> {
    let letter = ("order_received", String::new());
    to_buyer(tx, kit, book, &without_promise(order), letter, json!({}), now)
}

/// The order without the days it was promised for.
fn without_promise(order: &Order) -> Order {
    let mut order = order.clone();
    if let Some(delivery) = order.quote.delivery.as_mut() {
        (delivery.from, delivery.to) = (None, None);
    }
    order
}

/// What a letter shows of a parcel. Where all of an order leaves at once, its goods are told as
/// they were bought, bundles with their parts.
fn parcel_of(
    read: &Read,
    kit: &Kit,
    order: &Order,
    parcel: Option<&Parcel>,
    parcels: usize,
) -> Result<Value, Fault> {
    let part = order.fulfilment == FulfilmentStatus::PartShipped;
    let several = part || parcels > 1 || is_lacking(read, order)?;
    let mut shown = match parcel {
        Some(parcel) => {
            let items = store_lines::list_items(read, &order.id)?;
            view::parcel_of(parcel, &items, several)
        }
        None => json!({ "carrier": "", "number": "", "url": null }),
    };
    shown["part"] = part.into();
    if parcel.is_none() || !several {
        shown["items"] = data_of(read, kit, order)?["items"].take();
    }
    Ok(shown)
}

/// The order is paid.
pub(super) fn confirm(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<(), Fault> {
    let more = json!({ "suggestions": suggestions(tx, kit, book, order, now)? });
    to_buyer(tx, kit, book, order, ("order_confirmation", String::new()), more, now)
}

/// What others bought with the same things, in stock now; nothing when the shop or the buyer wants
/// none.
fn suggestions(
    read: &Read,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<Vec<Value>, Fault> {
    let is_wanted = choices_of(read, &order.email)?.suggestions;
    if !book.catalog.shop.email_suggestions || !is_wanted {
        return Ok(Vec::new());
    }
    let units = order.units();
    let cards = recommend::beside(read, book, units.keys(), SUGGESTIONS, now)?;
    let base = &kit.settings.public_url;
    let shown = cards.into_iter().map(|card| {
        let image = card.picture.map(|picture| format!("{base}{}", picture.src));
        json!({
            "title": card.title, "url": format!("{base}{}", card.url), "image": image,
            "price": card.price_minor,
        })
    });
    Ok(shown.collect())
}

/// A parcel has left: one letter for each.
pub(super) fn shipped(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    number: u32,
    now: Instant,
) -> Result<(), Fault> {
    let parcels = store_parcels::list_parcels(tx, &order.id)?;
    let Some(parcel) = parcels.iter().find(|parcel| parcel.parcel == number) else {
        return Err(Fault::new(format!("{} has no parcel {number}", order.number)));
    };
    let parcel = parcel_of(tx, kit, order, Some(parcel), parcels.len())?;
    let zone = TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC);
    let today = now.in_zone(&zone).date();
    // A day that has passed is no promise any more.
    let is_late = order.quote.delivery.as_ref().is_some_and(|d| d.to < Some(today));
    let order = if is_late { without_promise(order) } else { order.clone() };
    to_buyer(
        tx,
        kit,
        book,
        &order,
        ("order_shipped", format!(":{number}")),
        json!({ "parcel": parcel }),
        now,
    )
}

/// Whether some of it stays here although the rest has left.
fn is_lacking(read: &Read, order: &Order) -> Result<bool, Fault> {
    Ok(store_parcels::list_left(read, &order.id)?.iter().any(|line| line.kept > 0))
}

/// The goods have arrived.
pub(super) fn delivered(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<(), Fault> {
    let more = json!({ "parcel": { "items": arrived(tx, kit, order)? } });
    to_buyer(tx, kit, book, order, ("order_delivered", String::new()), more, now)
}

/// The goods that have left in all parcels together; what was kept back has not arrived.
fn arrived(read: &Read, kit: &Kit, order: &Order) -> Result<Value, Fault> {
    let parcels = store_parcels::list_parcels(read, &order.id)?;
    if parcels.is_empty() || !is_lacking(read, order)? {
        return Ok(data_of(read, kit, order)?["items"].take());
    }
    let mut lines = BTreeMap::<u32, u32>::new();
    for (position, units) in parcels.iter().flat_map(|parcel| &parcel.lines) {
        *lines.entry(*position).or_default() += units;
    }
    let items = store_lines::list_items(read, &order.id)?;
    Ok(json!(view::inside(&lines.into_iter().collect::<Vec<_>>(), &items)))
}

/// An order its buyer has heard of is given up, paid or not.
pub(super) fn cancelled(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    (paid, by_hand): (bool, bool),
    now: Instant,
) -> Result<(), Fault> {
    let may_pay = may_still_be_paid(order);
    let more = json!({ "cancelled": { "paid": paid, "by_hand": by_hand, "may_pay": may_pay } });
    // An order whose payment failed may be paid after all, and given up once more.
    let which = if paid { String::new() } else { ":unpaid".to_owned() };
    to_buyer(tx, kit, book, order, ("order_cancelled", which), more, now)
}

fn may_still_be_paid(order: &Order) -> bool {
    matches!(order.payment, PaymentStatus::Failed | PaymentStatus::Expired)
        && order.attention.is_none()
}

/// Money is going back, or has gone: one letter for each refund.
pub(super) fn refunded(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    id: &OrderId,
    note: &RefundNote,
    now: Instant,
) -> Result<(), Fault> {
    let order = must_get(tx, id)?;
    let refund = json!({
        "amount_minor": note.amount_minor, "late": note.late, "by_hand": note.by_hand,
        "whole": !note.late && note.refunded_minor >= order.total_minor,
    });
    let letter = ("order_refunded", format!(":{}", note.id));
    to_buyer(tx, kit, book, &order, letter, json!({ "refund": refund }), now)
}

/// Something about an order needs the merchant.
pub(super) fn alert(
    tx: &Tx,
    book: &Book,
    order: &Order,
    why: &str,
    now: Instant,
) -> Result<(), Fault> {
    let what = sha256_hex(why.as_bytes());
    let dedup_key = format!("{}:order_attention:{}:{what:.8}", order.id, now.0);
    let text = format!("Order {} needs you: {why}", order.number);
    hooks::alert(tx, dedup_key.clone(), order.id.as_str(), &text, now)?;
    let shop = &book.catalog.shop;
    let Some(recipient) = EmailAddress::parse(&shop.contact.email) else { return Ok(()) };
    let letter = Letter {
        dedup_key,
        about: order.id.as_str(),
        sender: &shop.email_from,
        recipient: &recipient,
        template: "order_attention",
        data: json!({
            "order": { "number": order.number, "total_minor": order.total_minor },
            "currency": order.currency, "why": why,
        }),
    };
    enqueue(tx, &letter, now)
}

/// What every letter to a buyer shows, and more.
fn shown(
    read: &Read,
    kit: &Kit,
    order: &Order,
    template: &str,
    more: Value,
    now: Instant,
) -> Result<Value, Fault> {
    let token = view::token_of(&kit.secret, &order.id);
    let base = &kit.settings.public_url;
    let choices_url = format!("{base}{}", choices_path(&kit.secret, &order.id, now));
    let mut data = json!({
        "order": data_of(read, kit, order)?,
        "order_url": format!("{base}/order/{}", token.as_str()),
        "currency": order.currency,
        "decline_url": may_be_declined(template).then(|| format!("{choices_url}/stop")),
        "choices_url": choices_url,
    });
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    Ok(data)
}

fn data_of(read: &Read, kit: &Kit, order: &Order) -> Result<Value, Fault> {
    let items = store_lines::list_items(read, &order.id)?;
    let events = store_lines::list_events(read, &order.id)?;
    let parcels = store_parcels::list_parcels(read, &order.id)?;
    let mut data = serde_json::to_value(view(order, &items, &parcels, &events, kit))?;
    absolute_pictures(&mut data, &kit.settings.public_url);
    Ok(data)
}

/// A letter is read far from the shop: its pictures need whole addresses.
fn absolute_pictures(data: &mut Value, base: &str) {
    let lines = data["items"].as_array_mut();
    for line in lines.into_iter().flatten() {
        if let Some(src) = line["picture"]["src"].as_str() {
            line["picture"]["src"] = format!("{base}{src}").into();
        }
    }
}

/// `letter` is its folder, and what makes it another one than the last of its kind.
fn to_buyer(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    letter: (&'static str, String),
    more: Value,
    now: Instant,
) -> Result<(), Fault> {
    let (template, which) = letter;
    let Some(recipient) = EmailAddress::parse(&order.email) else {
        // S2.125: a letter that cannot be addressed never blocks what caused it.
        tracing::warn!(order = order.number, template, "the order has no usable address");
        return Ok(());
    };
    if !choices_of(tx, recipient.as_str())?.allow(template) {
        return Ok(());
    }
    let letter = Letter {
        dedup_key: format!("{}:{template}{which}", order.id),
        about: order.id.as_str(),
        sender: &book.catalog.shop.email_from,
        recipient: &recipient,
        template,
        data: shown(tx, kit, order, template, more, now)?,
    };
    enqueue(tx, &letter, now)
}
