//! What programs of others are told of an order, made from its snapshot like its letters.

use serde_json::{Value, json};

use super::model::Order;
use super::refunding::RefundNote;
use super::state::FulfilmentStatus;
use super::{store_lines, store_parcels, view};
use crate::base::{Fault, Instant, Money};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::hooks::{self, Kind, News};

/// What pages show and programs need not have: the buyer's private link, buttons, pictures.
const LEFT_OUT: [&str; 8] = [
    "token",
    "first_name",
    "can_pay",
    "can_cancel",
    "can_cancel_until",
    "hold_until",
    "events",
    "state",
];

/// An order's money, goods or end: once for each kind, and for each parcel that `which` names, such
/// as `:2`.
pub(super) fn tell(
    tx: &Tx,
    kit: &Kit,
    kind: Kind,
    order: &Order,
    which: &str,
    now: Instant,
) -> Result<(), Fault> {
    let total = Money::new(order.total_minor, order.currency);
    let number = &order.number;
    let text = match kind {
        Kind::OrderPaid => format!("Order {number} is paid: {total}."),
        Kind::OrderShipped => {
            let parcel = store_parcels::list_parcels(tx, &order.id)?.pop();
            let by = parcel.map(|parcel| format!("{} {}", parcel.carrier, parcel.number));
            let what = match order.fulfilment {
                FulfilmentStatus::PartShipped => format!("A part of order {number} has left"),
                _ => format!("Order {number} has left"),
            };
            match by.as_deref().map(str::trim) {
                None | Some("") => format!("{what}."),
                Some(by) => format!("{what}: {by}."),
            }
        }
        Kind::OrderDelivered => format!("Order {number} has arrived."),
        _ => format!("Order {number} is cancelled; its {total} go back."),
    };
    let dedup_key = format!("{}:{}{which}", order.id, kind.word());
    let news = News { kind, dedup_key, about: order.id.as_str(), text };
    hooks::tell(tx, &news, || Ok(json!({ "order": order_of(tx, kit, order)? })), now)
}

/// Money that went back: once for each refund.
pub(super) fn tell_refund(
    tx: &Tx,
    kit: &Kit,
    order: &Order,
    note: &RefundNote,
    now: Instant,
) -> Result<(), Fault> {
    let amount = Money::new(note.amount_minor, order.currency);
    let news = News {
        kind: Kind::OrderRefunded,
        dedup_key: format!("{}:order.refunded:{}", order.id, note.id),
        about: order.id.as_str(),
        text: format!("{amount} of order {} went back.", order.number),
    };
    let more = || {
        Ok(json!({
            "refund": {
                "id": note.id, "amount_minor": note.amount_minor, "late": note.late,
                "reason": note.reason, "refunded_minor": note.refunded_minor,
            },
            "order": order_of(tx, kit, order)?,
        }))
    };
    hooks::tell(tx, &news, more, now)
}

fn order_of(tx: &Tx, kit: &Kit, order: &Order) -> Result<Value, Fault> {
    let items = store_lines::list_items(tx, &order.id)?;
    let events = store_lines::list_events(tx, &order.id)?;
    let parcels = store_parcels::list_parcels(tx, &order.id)?;
    let mut value = serde_json::to_value(view(order, &items, &parcels, &events, kit))?;
    if let Some(fields) = value.as_object_mut() {
        fields.insert("id".to_owned(), order.id.as_str().into());
        fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    }
    for line in value["items"].as_array_mut().into_iter().flatten() {
        if let Some(line) = line.as_object_mut() {
            line.retain(|name, _| name != "picture" && name != "url");
        }
    }
    Ok(value)
}
