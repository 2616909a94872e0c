//! An order as pages and letters show it: made from its snapshot alone.

use serde::Serialize;
use serde_json::{Value, json};

use super::model::{Item, Order};
use super::state::{FulfilmentStatus, PaymentStatus};
use super::store_lines::Event;
use super::store_parcels::Parcel;
use crate::base::Instant;
use crate::base::ids::{OrderId, Token};
use crate::platform::Kit;
use crate::platform::config::Mode;
use crate::platform::secret::Secret;

/// Side of a square thumbnail in order lists, pixels.
const THUMBNAIL: u32 = 72;

/// Everything `store/order.html` and the letters show.
#[derive(Clone, Debug, Serialize)]
pub struct OrderView {
    /// What people call it.
    pub number: String,
    /// The private link's secret part.
    pub token: String,
    /// Where letters go.
    pub email: String,
    /// First word of the name.
    pub first_name: String,
    /// Both statuses as one word for people.
    pub state: &'static str,
    /// Money.
    pub payment_status: PaymentStatus,
    /// Goods.
    pub fulfilment_status: FulfilmentStatus,
    /// Moments in milliseconds.
    pub placed_at: Instant,
    /// When paid.
    pub paid_at: Option<Instant>,
    /// When shipped.
    pub shipped_at: Option<Instant>,
    /// When delivered.
    pub delivered_at: Option<Instant>,
    /// Until when stock is held, while pending.
    pub hold_until: Option<Instant>,
    /// Whether paying (again) makes sense.
    pub can_pay: bool,
    /// Whether it can still be given up.
    pub can_cancel: bool,
    /// Everything else, as the template wants it.
    #[serde(flatten)]
    pub rest: Value,
}

/// The secret part of an order's private link.
#[must_use]
pub fn token_of(secret: &Secret, id: &OrderId) -> Token {
    secret.token("order", id.as_str())
}

/// Both statuses as one word: a key of `text.order.state`. A paid order all of whose money is on
/// its way back is `refunded` for people.
#[must_use]
pub fn state_word(order: &Order) -> &'static str {
    let gone_minor = order.refunded_minor + order.refunding_minor;
    match (order.payment, order.fulfilment) {
        (payment, FulfilmentStatus::Unfulfilled)
            if payment.has_paid() && gone_minor > 0 && gone_minor >= order.total_minor =>
        {
            PaymentStatus::Refunded.word()
        }
        (PaymentStatus::Paid, FulfilmentStatus::Unfulfilled) => "paid",
        (PaymentStatus::Paid | PaymentStatus::PartRefunded, fulfilment)
            if fulfilment != FulfilmentStatus::Unfulfilled =>
        {
            fulfilment.word()
        }
        (payment, _) => payment.word(),
    }
}

/// The order as it is shown.
#[must_use]
pub fn view(
    order: &Order,
    items: &[Item],
    parcels: &[Parcel],
    events: &[Event],
    kit: &Kit,
) -> OrderView {
    let pending = order.payment == PaymentStatus::Pending;
    OrderView {
        number: order.number.clone(),
        token: token_of(&kit.secret, &order.id).as_str().to_owned(),
        email: order.email.clone(),
        first_name: order.address.name.split_whitespace().next().unwrap_or_default().to_owned(),
        state: state_word(order),
        payment_status: order.payment,
        fulfilment_status: order.fulfilment,
        placed_at: order.placed_at,
        paid_at: order.paid_at,
        shipped_at: order.shipped_at,
        delivered_at: order.delivered_at,
        hold_until: pending.then_some(order.hold_expires_at),
        // Money that came too late or twice is being looked at: no more of it.
        can_pay: order.attention.is_none()
            && matches!(
                order.payment,
                PaymentStatus::Pending | PaymentStatus::Failed | PaymentStatus::Expired
            ),
        can_cancel: order.may_be_cancelled_by_buyer(kit.now()),
        rest: rest_of(order, items, parcels, events, kit),
    }
}

fn rest_of(
    order: &Order,
    items: &[Item],
    parcels: &[Parcel],
    events: &[Event],
    kit: &Kit,
) -> Value {
    let (test, now) = (kit.settings.mode == Mode::Test, kit.now());
    let q = &order.quote;
    let a = &order.address;
    let several = parcels.len() > 1 || order.left_units > 0;
    let parcels: Vec<Value> =
        parcels.iter().map(|parcel| parcel_of(parcel, items, several)).collect();
    json!({
        "test": test,
        "currency": order.currency,
        "items": lines_of(items),
        "items_minor": q.items_minor,
        "discount_minor": q.discount_minor,
        "goods_minor": q.goods_minor,
        "adjustments": q.adjustments,
        "tax_minor": q.tax_minor,
        "tax_included": q.tax_included,
        "total_minor": q.total_minor,
        "delivery": q.delivery,
        "ship_to": {
            "name": a.name, "line1": a.line1, "line2": a.line2, "city": a.city,
            "postcode": a.postcode, "country": a.country,
            "phone": a.phone,
        },
        "note": order.note,
        "parcels": parcels,
        "events": events.iter().filter_map(event_of).collect::<Vec<_>>(),
        "refunds": refunds_of(events),
        "refunding_minor": order.refunding_minor,
        "looked_at": order.attention.is_some(),
        "can_cancel_until": order.cancel_until
            .filter(|_| order.is_whole() && order.may_be_cancelled_by_buyer(now)),
    })
}

/// A parcel as the buyer sees it; what is in it is told where there are several.
pub(super) fn parcel_of(parcel: &Parcel, items: &[Item], several: bool) -> Value {
    let inside = if several { inside(&parcel.lines, items) } else { Vec::new() };
    let url = Some(&parcel.url).filter(|url| !url.is_empty());
    json!({ "carrier": parcel.carrier, "number": parcel.number, "url": url,
            "shipped_at": parcel.shipped_at, "delivered_at": parcel.delivered_at,
            "items": inside })
}

/// Units of lines that have left, as letters and pages list them.
pub(super) fn inside(lines: &[(u32, u32)], items: &[Item]) -> Vec<Value> {
    let listed = lines.iter().filter_map(|(position, units)| {
        let item = items.iter().find(|item| item.position == *position)?;
        Some(json!({ "title": item.title, "options": item.options, "qty": units, "parts": [] }))
    });
    listed.collect()
}

/// Money that went back, oldest first: what the timeline says, without what failed after all.
fn refunds_of(events: &[Event]) -> Vec<Value> {
    let mut refunds: Vec<(Value, Value)> = Vec::new();
    for event in events {
        let Ok(data) = serde_json::from_str::<Value>(&event.data) else { continue };
        match event.kind.as_str() {
            "part_refunded" | "refunded" | "money_returned" => {
                let shown = json!({ "at": event.at, "amount_minor": data["amount_minor"] });
                refunds.push((data["refund"].clone(), shown));
            }
            "refund_failed" => refunds.retain(|(refund, _)| *refund != data["refund"]),
            _ => {}
        }
    }
    refunds.into_iter().map(|(_, shown)| shown).collect()
}

/// What a buyer is told of the timeline: the merchant's own notes stay inside.
fn event_of(event: &Event) -> Option<Value> {
    let kind = match event.kind.as_str() {
        "processing" => "payment_processing",
        "failed" => "payment_failed",
        "pending" => "payment_started",
        "refund_failed" => "refund_failed",
        "money_returned" => "refunded",
        known @ ("placed" | "paid" | "expired" | "cancelled" | "part_shipped" | "shipped"
        | "parcel_delivered" | "delivered" | "returned" | "part_refunded" | "refunded") => known,
        _ => return None,
    };
    Some(json!({ "at": event.at, "kind": kind }))
}

fn lines_of(items: &[Item]) -> Vec<Value> {
    let tops = items.iter().filter(|item| item.parent.is_none());
    tops.map(|item| {
        let parts: Vec<Value> = items
            .iter()
            .filter(|part| part.parent == Some(item.position))
            .map(|p| {
                let (sku, title, options) = (&p.reference, &p.title, &p.options);
                json!({ "sku": sku, "title": title, "options": options, "qty": p.qty })
            })
            .collect();
        let picture = (!item.image.is_empty()).then(
            || json!({ "src": item.image, "width": THUMBNAIL, "height": THUMBNAIL, "alt": "" }),
        );
        json!({
            "ref": item.reference, "title": item.title, "options": item.options, "tier": item.tier,
            "qty": item.qty, "unit_minor": item.unit_minor, "gross_minor": item.gross_minor,
            "discount_minor": item.discount_minor, "net_minor": item.net_minor,
            "tax_minor": item.tax_minor, "parts": parts, "picture": picture, "url": null,
        })
    })
    .collect()
}
