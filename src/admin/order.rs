//! An order's page at the desk: everything that is known of it, from all rooms, in one view.

use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::order_told::{told, who};
use crate::base::fault::Failure;
use crate::base::refuse;
use crate::identity::{Desk, Right, Visit};
use crate::orders::state::{FulfilmentStatus, PaymentStatus};
use crate::orders::{self, Filter, Item, Left, Order, Parcel, Place, Refusal, token_of};
use crate::payments::{self, Proposal, Till, Wanted};
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::platform::mail;
use crate::platform::web::{Error, read_query};
use crate::{checkout, stock};

/// Letters shown.
const LETTERS_MAX: u32 = 50;
/// Provider events shown.
const EVENTS_MAX: u32 = 100;

/// Routes of the page.
pub(super) fn desk(till: &Till) -> Desk {
    let till = till.clone();
    Desk::new()
        .get("/admin/orders/:number", Right::SeeOrders, move |visit| show(till.clone(), visit))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    done: String,
}

async fn show(till: Till, visit: Visit) -> Result<Response, Error> {
    let number = number_of(&visit);
    let query = visit.request.uri().query().unwrap_or_default();
    let filter = Filter::asked(query).unwrap_or_default();
    let shown: Shown = read_query(&visit.request).unwrap_or_default();
    draw(&till, &visit, &number, &filter, StatusCode::OK, json!({ "done": shown.done })).await
}

/// The number in the address, as far as it can be one.
pub(super) fn number_of(visit: &Visit) -> String {
    visit.request.raw_path_param("number").unwrap_or_default().chars().take(40).collect()
}

/// The order a page is about.
pub(super) fn find(read: &Read, number: &str) -> Result<Order, Failure<Refusal>> {
    match orders::find_by_number(read, number)? {
        Some(order) => Ok(order),
        None => refuse(Refusal::Unknown),
    }
}

/// The page; `more` is put into its context.
pub(super) async fn draw(
    till: &Till,
    visit: &Visit,
    number: &str,
    filter: &Filter,
    status: StatusCode,
    more: Value,
) -> Result<Response, Error> {
    let book = till.books.now();
    let zone = jiff::tz::TimeZone::get(&book.catalog.shop.timezone);
    let question = filter.question(&zone.unwrap_or(jiff::tz::TimeZone::UTC)).0;
    let (number, query, kit) = (number.to_owned(), filter.query(&[]), visit.kit.clone());
    let found = visit.kit.db.read(move |read| {
        let order = find(read, &number)?;
        let near = |place| orders::list_entries(read, &question, place, 1);
        let newer = near(Place::After(order.seq))?.pop().map(|entry| entry.number);
        let older = near(Place::Before(order.seq))?.pop().map(|entry| entry.number);
        let mut context = context_of(read, &order)?;
        context["newer"] = newer.into();
        context["link"] = link_of(&kit, &order).into();
        context["payable_until"] = json!(checkout::payable_until(&order, kit.now()));
        context["older"] = older.into();
        Ok::<_, Failure<Refusal>>(context)
    });
    let mut context = found.await?;
    context["query"] = query.into();
    context["carriers"] = json!(orders::known_carriers(&book.carriers).collect::<Vec<_>>());
    context["may_change"] = visit.may(Right::ChangeOrders).into();
    context["may_refund"] = visit.may(Right::RefundOrders).into();
    context["note_max"] = orders::NOTE_MAX.into();
    context["how_max"] = payments::HOW_MAX.into();
    if let (Some(context), Value::Object(more)) = (context.as_object_mut(), more) {
        context.extend(more);
    }
    visit.page_with(status, "admin/order.html", "orders", context)
}

/// The buyer's own page, by which an order that waits can be paid.
fn link_of(kit: &Kit, order: &Order) -> String {
    format!("{}/order/{}", kit.settings.public_url, token_of(&kit.secret, &order.id).as_str())
}

fn context_of(read: &Read, order: &Order) -> Result<Value, Failure<Refusal>> {
    let id = &order.id;
    let items = orders::list_items(read, id)?;
    let (left, parcels) = (orders::list_left(read, id)?, orders::list_parcels(read, id)?);
    let proposal = payments::propose_refund(read, order)?;
    let wanted = Wanted { order: Some(id.clone()), limit: EVENTS_MAX, ..Wanted::default() };
    let mut timeline: Vec<Value> = orders::list_events(read, id)?
        .iter()
        .map(|event| {
            let data = serde_json::from_str(&event.data).unwrap_or(Value::Null);
            let (what, kind) = told(&event.kind, &data, order.currency);
            json!({ "at": event.at, "who": who(&event.actor), "what": what, "state": kind,
                    "note": event.kind == "note" })
        })
        .collect();
    timeline.reverse();
    Ok(json!({
        "order": order_of(order),
        "choices": orders::choices_of(read, &order.email)?,
        "can": can_of(order, proposal.as_ref()),
        "lines": lines_of(&items, &left, proposal.as_ref()),
        "to_ship": to_ship(&items, &left),
        "parcels": parcels.iter().map(|parcel| parcel_of(parcel, &items)).collect::<Vec<_>>(),
        "proposal": proposal,
        "payments": payments_of(read, order)?,
        "refunds": payments::list_refunds(read, id)?,
        "disputes": payments::list_disputes(read, id)?,
        "provider_events": payments::list_events(read, &wanted)?,
        "holds": stock::list_holds(read, id)?,
        "moves": stock::list_moves_of(read, id)?,
        "letters": letters_of(read, order)?,
        "timeline": timeline,
    }))
}

fn order_of(order: &Order) -> Value {
    let quote = &order.quote;
    json!({
        "number": order.number, "version": order.version, "email": order.email,
        "payment": order.payment, "fulfilment": order.fulfilment, "currency": order.currency,
        "placed_at": order.placed_at, "paid_at": order.paid_at, "shipped_at": order.shipped_at,
        "delivered_at": order.delivered_at, "cancel_until": order.cancel_until,
        "hold_until": (order.payment == PaymentStatus::Pending).then_some(order.hold_expires_at),
        "ship_to": order.address, "note": order.note,
        "attention": order.attention, "disputed": order.disputed,
        "packed_at": order.packed_at, "left_units": order.left_units,
        "items_minor": quote.items_minor, "discount_minor": quote.discount_minor,
        "adjustments": quote.adjustments, "delivery": quote.delivery,
        "tax_minor": quote.tax_minor, "tax_included": quote.tax_included,
        "total_minor": order.total_minor,
        "refunded_minor": order.refunded_minor, "refunding_minor": order.refunding_minor,
        "steps": quote.steps, "revision": quote.revision,
    })
}

/// What can be done with it now, by its states.
fn can_of(order: &Order, proposal: Option<&Proposal>) -> Value {
    let paid = matches!(order.payment, PaymentStatus::Paid | PaymentStatus::PartRefunded);
    let here =
        matches!(order.fulfilment, FulfilmentStatus::Unfulfilled | FulfilmentStatus::PartShipped);
    let gone_minor = order.refunded_minor + order.refunding_minor;
    let going = order.refunding_minor > 0 && gone_minor >= order.total_minor;
    let leave = paid && here && !order.disputed && !going && order.left_units > 0;
    let left_minor = proposal.map_or(0, |p| p.left_minor.max(p.late_minor));
    let is_free = order.payment == PaymentStatus::Paid && order.total_minor == 0;
    json!({
        "pack": leave && order.packed_at.is_none(),
        "ship": leave,
        "deliver": order.fulfilment.may_become(FulfilmentStatus::Delivered),
        "cancel": order.payment == PaymentStatus::Pending || order.may_be_cancelled() && !going,
        "refund": left_minor > 0 || is_free,
        "settle": order.attention.is_some() || order.disputed && !order.dispute_open,
    })
}

/// Lines with their bundle's parts below, and what became of their units.
fn lines_of(items: &[Item], left: &[Left], proposal: Option<&Proposal>) -> Vec<Value> {
    let drawn = |item: &Item| {
        let here = left.iter().find(|line| line.position == item.position);
        let mut line = serde_json::to_value(item).unwrap_or_default();
        line["left"] = here.map(|line| line.units).into();
        line["kept"] = here.map(|line| line.kept).into();
        line
    };
    let tops = items.iter().filter(|item| item.parent.is_none());
    let shown = tops.map(|item| {
        let parts = items.iter().filter(|part| part.parent == Some(item.position));
        let unreturned = proposal.map(|proposal| {
            let line = proposal.lines.iter().find(|line| line.position == item.position);
            line.map_or(0, |line| line.left)
        });
        let mut line = drawn(item);
        line["parts"] = parts.map(drawn).collect();
        line["returned"] = unreturned.map_or(0, |left| item.qty.saturating_sub(left)).into();
        line
    });
    shown.collect()
}

fn to_ship(items: &[Item], left: &[Left]) -> Vec<Value> {
    let waiting = left.iter().filter(|line| line.units > 0).filter_map(|line| {
        let item = items.iter().find(|item| item.position == line.position)?;
        Some(json!({ "position": line.position, "left": line.units, "sku": item.reference,
                     "title": item.title, "options": item.options }))
    });
    waiting.collect()
}

fn parcel_of(parcel: &Parcel, items: &[Item]) -> Value {
    let inside = parcel.lines.iter().filter_map(|(position, units)| {
        let item = items.iter().find(|item| item.position == *position)?;
        Some(json!({ "qty": units, "title": item.title, "options": item.options }))
    });
    json!({ "parcel": parcel.parcel, "carrier": parcel.carrier, "number": parcel.number,
            "url": parcel.url, "shipped_at": parcel.shipped_at,
            "delivered_at": parcel.delivered_at, "items": inside.collect::<Vec<_>>() })
}

fn payments_of(read: &Read, order: &Order) -> Result<Vec<Value>, Failure<Refusal>> {
    let all = payments::list_attempts(read, &order.id)?;
    let shown = all.iter().map(|payment| {
        json!({ "attempt": payment.attempt, "state": payment.state.word(),
                "provider": payment.provider, "session": payment.session,
                "payment": payment.provider_payment,
                "amount_minor": payment.request.amount_minor,
                "received_minor": payment.received_minor, "given_up_by": payment.given_up_by })
    });
    Ok(shown.collect())
}

fn letters_of(read: &Read, order: &Order) -> Result<Vec<Value>, Failure<Refusal>> {
    let about = order.id.as_str().to_owned();
    let wanted = mail::Wanted { about, limit: LETTERS_MAX, ..mail::Wanted::default() };
    let all = mail::list(read, &wanted)?;
    let shown = all.iter().map(|letter| {
        json!({ "id": letter.id, "template": letter.template, "recipient": letter.recipient,
                "again": letter.copy_of.is_some(),
                "state": letter.state, "answer": letter.answer, "created_at": letter.created_at })
    });
    Ok(shown.collect())
}
