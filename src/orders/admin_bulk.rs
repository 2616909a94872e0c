//! What the desk does with several orders at once: packed, shipped, delivered; and what is printed
//! for them, a picking list and packing slips.

use std::collections::BTreeMap;

use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::admin::{Turned, draw, zone_of};
use super::carrier::Shipment;
use super::filter::Filter;
use super::flow::must_get;
use super::model::{Item, Order, Refusal};
use super::store_parcels::Left;
use super::{editing, shipping, store, store_lines, store_parcels};
use crate::base::fault::{Failure, Refusal as _};
use crate::base::{Problem, refuse};
use crate::identity::{self, Desk, Right, Visit, see_other};
use crate::platform::db::Read;
use crate::platform::web::{Error, read_form, read_query};
use crate::pricing::Books;

/// Orders that one form or one print may name.
const ORDERS_MAX: usize = 200;

pub(super) fn desk(books: &Books) -> Desk {
    let (act, slips, picks) = (books.clone(), books.clone(), books.clone());
    Desk::new()
        .post("/admin/orders/bulk", Right::ChangeOrders, move |visit| do_all(act.clone(), visit))
        .get("/admin/orders/slips", Right::SeeOrders, move |visit| {
            print(slips.clone(), visit, "admin/packing_slips.html")
        })
        .get("/admin/orders/picking", Right::SeeOrders, move |visit| {
            print(picks.clone(), visit, "admin/picking_list.html")
        })
}

/// Numbers and the versions their page showed, as a form or an address names them: `HF-1001:7`.
fn named(fields: &[(String, String)]) -> Result<Vec<(String, i64)>, Problem> {
    let ticked = fields.iter().filter(|(name, _)| name == "order");
    let read = ticked.map(|(_, value)| {
        let (number, version) = value.rsplit_once(':').unwrap_or((value, "0"));
        (number.chars().take(40).collect(), version.parse().unwrap_or(0))
    });
    let read: Vec<(String, i64)> = read.collect();
    if read.len() > ORDERS_MAX {
        let told = format!("At most {ORDERS_MAX} orders at once.");
        let problem = Problem::new(422, "too-many-orders", "Too many orders", told);
        return Err(problem.hint("Narrow the list, and go through it in parts."));
    }
    Ok(read)
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

async fn do_all(books: Books, mut visit: Visit) -> Result<Response, Error> {
    let fields: Vec<(String, String)> = read_form(&mut visit.request).await?;
    let ticked = named(&fields)?;
    let filter = Filter::asked(field(&fields, "back")).unwrap_or_default();
    let carrier = field(&fields, "carrier").to_owned();
    if ticked.is_empty() {
        let problem = json!({ "title": "Nothing is ticked.",
                              "hint": "Tick the orders in the list first." });
        let (status, more) =
            (StatusCode::UNPROCESSABLE_ENTITY, json!({ "problem": problem, "carrier": carrier }));
        return draw(&visit, &books.now(), status, &filter, &Turned::default(), more).await;
    }
    let action = match field(&fields, "action") {
        "pack" => "pack",
        "ship" => "ship",
        "deliver" => "deliver",
        _ => {
            let problem =
                Problem::new(422, "no-such-action", "No such action", "Nothing was done.");
            return Err(problem.hint("Use the buttons above the list.").into());
        }
    };
    let (mut done, mut refused) = (0_u32, Vec::new());
    for (number, version) in ticked {
        match do_one(&books, &visit, action, (&number, version), &carrier).await {
            Ok(()) => done += 1,
            Err(Failure::Refused(refusal)) => {
                let problem = refusal.problem();
                refused.push(json!({ "number": number, "why": problem.detail }));
            }
            Err(Failure::Fault(fault)) => return Err(fault.into()),
        }
    }
    let word = match action {
        "pack" => "packed",
        "ship" => "shipped",
        _ => "delivered",
    };
    if refused.is_empty() {
        let query = filter.query(&[("done", word), ("n", &done.to_string())]);
        return Ok(see_other(&format!("/admin/orders{query}")));
    }
    let more = json!({ "done": word, "n": done, "refused": refused, "carrier": carrier });
    draw(&visit, &books.now(), StatusCode::CONFLICT, &filter, &Turned::default(), more).await
}

/// Each order in a transaction of its own: one that says no does not hold up the others.
async fn do_one(
    books: &Books,
    visit: &Visit,
    action: &'static str,
    (number, version): (&str, i64),
    carrier: &str,
) -> Result<(), Failure<Refusal>> {
    let (kit, book, staff, now) =
        (visit.kit.clone(), books.now(), visit.staff.clone(), visit.kit.now());
    let (number, shipment) = (number.to_owned(), Shipment::whole(carrier, ""));
    let done = visit.kit.db.write(move |tx| {
        let Some(order) = store::find_by_number(tx, &number)? else {
            return refuse(Refusal::Unknown);
        };
        editing::must_be_version(&order, version)?;
        let (id, actor) = (&order.id, staff.actor());
        match action {
            "pack" => shipping::pack(tx, id, &actor, now)?,
            "ship" => {
                shipping::ship_parcel(tx, &kit, &book, id, &shipment, &actor, now)?;
            }
            _ => shipping::deliver(tx, &kit, &book, id, &actor, now)?,
        }
        let states = (state_of(&order), state_of(&must_get(tx, id)?));
        let what = format!("order.{action}");
        identity::note(tx, &staff, &what, ("order", &number), (&states.0, &states.1), now)?;
        Ok(())
    });
    done.await
}

/// What of an order the log of changes keeps.
#[must_use]
pub fn state_of(order: &Order) -> Value {
    json!({ "payment": order.payment, "fulfilment": order.fulfilment,
            "left_units": order.left_units, "refunded_minor": order.refunded_minor,
            "refunding_minor": order.refunding_minor, "attention": order.attention,
            "packed": order.packed_at.is_some() })
}

/// An order with what of it is still to leave.
type Packed = (Order, Vec<Item>, Vec<Left>);

fn read_packed(read: &Read, number: &str) -> Result<Packed, Failure<Refusal>> {
    let Some(order) = store::find_by_number(read, number)? else {
        return refuse(Refusal::Unknown);
    };
    let items = store_lines::list_items(read, &order.id)?;
    let left = store_parcels::list_left(read, &order.id)?;
    Ok((order, items, left))
}

async fn print(books: Books, visit: Visit, template: &'static str) -> Result<Response, Error> {
    let fields: Vec<(String, String)> = read_query(&visit.request)?;
    let ticked = named(&fields)?;
    let found = visit.kit.db.read(move |read| {
        let packed = ticked.iter().map(|(number, _)| read_packed(read, number));
        packed.collect::<Result<Vec<_>, _>>()
    });
    let (mut found, mut left_out) = (found.await?, Vec::new());
    // Goods that may not leave stay on the shelf: nobody fetches them by mistake.
    found.retain(|(order, ..)| match shipping::may_leave("pack", order) {
        Err(Failure::Refused(why)) => {
            left_out.push(why.problem().detail);
            false
        }
        _ => true,
    });
    let book = books.now();
    let shop = &book.catalog.shop;
    let slips: Vec<Value> = found.iter().map(slip_of).collect();
    let printed_at = visit.kit.now().in_zone(&zone_of(&book)).date().to_string();
    let context = json!({
        "slips": slips, "picks": picks_of(&found), "left_out": left_out, "printed_at": printed_at,
        "sender": { "name": shop.name, "address": shop.contact.address,
                    "email": shop.contact.email },
    });
    visit.page(template, "orders", context)
}

/// What a packing slip says: no prices, for a parcel may be a present.
fn slip_of((order, items, left): &Packed) -> Value {
    let of = |item: &Item| left.iter().find(|line| line.position == item.position);
    let lines = items.iter().filter(|item| item.kind != "bundle").filter_map(|item| {
        let units = of(item)?.units;
        let bundle = item.parent.and_then(|at| items.iter().find(|top| top.position == at));
        (units > 0).then(|| {
            json!({ "qty": units, "of": item.qty, "sku": item.reference, "title": item.title,
                    "options": item.options, "bundle": bundle.map(|bundle| &bundle.title) })
        })
    });
    let delivery = order.quote.delivery.as_ref();
    json!({
        "number": order.number, "placed_at": order.placed_at, "ship_to": order.address,
        "note": order.note, "delivery": delivery.map(|d| &d.title),
        "pickup": delivery.and_then(|d| d.pickup.as_ref()),
        "part": left.iter().any(|line| line.kept > 0)
            || left.iter().map(|line| line.units).sum::<u32>() < order.units().values().sum(),
        "lines": lines.collect::<Vec<_>>(),
    })
}

/// Everything to fetch from the shelves for these orders, by SKU.
fn picks_of(found: &[Packed]) -> Vec<Value> {
    let mut picks: BTreeMap<&str, (u32, &Item, Vec<Value>)> = BTreeMap::new();
    for (order, items, left) in found {
        for line in left.iter().filter(|line| line.units > 0) {
            let Some(item) = items.iter().find(|item| item.position == line.position) else {
                continue;
            };
            let pick = picks.entry(&item.reference).or_insert((0, item, Vec::new()));
            pick.0 += line.units;
            pick.2.push(json!({ "number": order.number, "qty": line.units }));
        }
    }
    let shown = picks.into_iter().map(|(sku, (qty, item, orders))| {
        json!({ "sku": sku, "qty": qty, "title": item.title, "options": item.options,
                "image": item.image, "orders": orders })
    });
    shown.collect()
}
