//! Letters about an order, made from its snapshot.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::flow::must_get;
use super::model::Order;
use super::refunding::RefundNote;
use super::{store_lines, view};
use crate::base::email_address::EmailAddress;
use crate::base::ids::{OrderId, sha256_hex};
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::mail::{Letter, enqueue};
use crate::pricing::Book;
use crate::recommend;

/// Most things suggested in a letter.
const SUGGESTIONS: usize = 3;

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

/// What others bought with the same things, in stock now; nothing when the shop wants none.
fn suggestions(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<Vec<Value>, Fault> {
    if !book.catalog.shop.email_suggestions {
        return Ok(Vec::new());
    }
    let units = order.units();
    let cards = recommend::beside(tx, book, units.keys(), SUGGESTIONS, now)?;
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

/// The goods have left.
pub(super) fn shipped(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<(), Fault> {
    let (carrier, number) = order.tracking.clone().unwrap_or_default();
    let lines = data_of(tx, kit, order)?;
    let parcel = json!({
        "carrier": carrier, "number": number, "url": null, "part": false,
        "items": lines["items"],
    });
    let zone = TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC);
    let today = now.in_zone(&zone).date();
    let mut order = order.clone();
    // A day that has passed is no promise any more.
    if let Some(delivery) = order.quote.delivery.as_mut().filter(|d| d.to < Some(today)) {
        (delivery.from, delivery.to) = (None, None);
    }
    to_buyer(
        tx,
        kit,
        book,
        &order,
        ("order_shipped", String::new()),
        json!({ "parcel": parcel }),
        now,
    )
}

/// The goods have arrived.
pub(super) fn delivered(
    tx: &Tx,
    kit: &Kit,
    book: &Book,
    order: &Order,
    now: Instant,
) -> Result<(), Fault> {
    to_buyer(tx, kit, book, order, ("order_delivered", String::new()), json!({}), now)
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
        "amount_minor": note.amount_minor, "late": note.late,
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
    let shop = &book.catalog.shop;
    let Some(recipient) = EmailAddress::parse(&shop.contact.email) else { return Ok(()) };
    let letter = Letter {
        dedup_key: format!(
            "{}:order_attention:{}:{:.8}",
            order.id,
            now.0,
            sha256_hex(why.as_bytes())
        ),
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

fn data_of(tx: &Tx, kit: &Kit, order: &Order) -> Result<Value, Fault> {
    let items = store_lines::list_items(tx, &order.id)?;
    let events = store_lines::list_events(tx, &order.id)?;
    let mut data = serde_json::to_value(view(order, &items, &events, kit))?;
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
    let token = view::token_of(&kit.secret, &order.id);
    let mut data = json!({
        "order": data_of(tx, kit, order)?,
        "order_url": format!("{}/order/{}", kit.settings.public_url, token.as_str()),
        "currency": order.currency,
    });
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    let letter = Letter {
        dedup_key: format!("{}:{template}{which}", order.id),
        sender: &book.catalog.shop.email_from,
        recipient: &recipient,
        template,
        data,
    };
    enqueue(tx, &letter, now)
}
