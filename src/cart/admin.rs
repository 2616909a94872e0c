//! `/admin/carts`: what visitors have put aside, and which of it they seem to have left.

use poem::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::store;
use super::store_desk::{self, Place};
use crate::base::fault::{Failure, Never};
use crate::base::ids::CartId;
use crate::base::{Fault, Instant, Problem};
use crate::identity::{Desk, Right, Visit};
use crate::orders;
use crate::platform::db::Read;
use crate::platform::web::{Error, read_query};
use crate::pricing::{Book, Books, Item};

/// Carts on one page.
const LISTED: u32 = 50;
/// Events shown of one cart.
const EVENTS: u32 = 100;

pub(super) fn desk(books: &Books) -> Desk {
    let (list_books, show_books) = (books.clone(), books.clone());
    Desk::new()
        .section("carts", "Carts", "/admin/carts", Right::SeeCustomers)
        .get("/admin/carts", Right::SeeCustomers, move |visit| list(visit, list_books.clone()))
        .get("/admin/carts/:id", Right::SeeCustomers, move |visit| show(visit, show_books.clone()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    /// Where the page before ended.
    before: String,
}

/// Where a page ended, as its link to the next one says.
fn place(text: &str) -> Option<Place> {
    let mut parts = text.splitn(3, '.').map(|part| part.parse::<i64>().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// What a line holds, in words.
fn title_of(book: &Book, item: &Item) -> String {
    match item {
        Item::Bundle(slug) => {
            book.catalog.bundles.get(slug).map_or_else(|| slug.clone(), |b| b.title.clone())
        }
        Item::Sku(sku) => match book.catalog.find(sku) {
            None => sku.as_str().to_owned(),
            Some((product, variant)) => match variant.label().as_str() {
                "" => product.title.clone(),
                options => format!("{}, {options}", product.title),
            },
        },
    }
}

fn lines_of(read: &Read, book: &Book, id: &CartId) -> Result<Vec<Value>, Fault> {
    let lines = store::list_lines(read, id)?;
    let view = |line: &super::Line| {
        json!({ "title": title_of(book, &line.item), "item": line.item, "qty": line.qty,
                "unit_minor": line.seen_unit_minor,
                "sum_minor": line.seen_unit_minor * i64::from(line.qty) })
    };
    Ok(lines.iter().map(view).collect())
}

async fn list(visit: Visit, books: Books) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let (book, now) = (books.now(), visit.kit.now());
    // S2.39
    let idle = now.plus_s(-book.catalog.shop.cart_abandoned_s);
    let idle_min = book.catalog.shop.cart_abandoned_s / 60;
    let (long_ago, later) = (Instant(i64::MIN), Instant(i64::MAX));
    let (show, period) = match asked.show.as_str() {
        "active" => ("active", (idle, later)),
        "all" => ("all", (long_ago, later)),
        _ => ("abandoned", (long_ago, idle)),
    };
    let after = place(&asked.before);
    let is_first = after.is_none();
    let read = visit.kit.db.read(move |read| {
        let active = store_desk::sum_filled(read, (idle, later))?;
        let abandoned = store_desk::sum_filled(read, (long_ago, idle))?;
        let after = after.unwrap_or((i64::MAX, i64::MAX, i64::MAX));
        let mut carts = Vec::new();
        for cart in store_desk::list_filled(read, period, after, LISTED + 1)? {
            let buyer = orders::buyer_of_cart(read, &cart.id)?;
            let mut view = serde_json::to_value(&cart)?;
            view["lines"] = json!(lines_of(read, &book, &cart.id)?);
            view["email"] = json!(buyer.as_ref().map(|(email, _)| email));
            view["order"] = json!(buyer.map(|(_, number)| number));
            view["is_abandoned"] = json!(cart.last_change_at <= idle);
            view["idle_s"] = json!((now.0 - cart.last_change_at.0).max(0) / 1000);
            carts.push(view);
        }
        Ok::<_, Failure<Never>>((carts, active, abandoned))
    });
    let (mut carts, active, abandoned) = read.await?;
    let is_more = carts.len() > LISTED as usize;
    carts.truncate(LISTED as usize);
    let last = carts.last().filter(|_| is_more);
    let next = last
        .map(|cart| format!("{}.{}.{}", cart["last_change_at"], cart["value_minor"], cart["row"]));
    let context = json!({
        "idle_min": idle_min, "carts": carts, "show": show, "active": active,
        "abandoned": abandoned, "next": next, "is_first": is_first,
    });
    visit.page("admin/carts.html", "carts", context)
}

async fn show(visit: Visit, books: Books) -> Result<Response, Error> {
    let id = visit.request.raw_path_param("id").unwrap_or_default();
    let id = CartId::from_stored(id.chars().take(64).collect::<String>());
    let (book, now) = (books.now(), visit.kit.now());
    let idle_s = book.catalog.shop.cart_abandoned_s;
    let read = visit.kit.db.read(move |read| {
        let Some(cart) = store_desk::get(read, &id)? else { return Ok(None) };
        let lines = lines_of(read, &book, &id)?;
        let events = store_desk::list_events(read, &id, EVENTS)?;
        let events = events.iter().map(|(at, kind, data)| {
            let data: Value = serde_json::from_str(data).unwrap_or_default();
            let item: Option<Item> = serde_json::from_value(data["item"].clone()).ok();
            json!({ "at": at, "kind": kind, "qty": data["qty"], "code": data["code"],
                    "title": item.map(|item| title_of(&book, &item)) })
        });
        let events: Vec<Value> = events.collect();
        let buyer = orders::buyer_of_cart(read, &id)?;
        Ok::<_, Failure<Never>>(Some((cart, lines, events, buyer)))
    });
    let Some((cart, lines, events, buyer)) = read.await? else {
        let detail = "There is no such cart, or it was forgotten.";
        return Err(Problem::new(404, "unknown-cart", "No such cart", detail).into());
    };
    let idle = now.plus_s(-idle_s);
    let is_abandoned = cart.status == "active" && cart.last_change_at <= idle;
    let context = json!({
        "cart": cart, "lines": lines, "events": events, "is_abandoned": is_abandoned,
        "email": buyer.as_ref().map(|(email, _)| email),
        "order": buyer.as_ref().map(|(_, number)| number),
        "idle_s": (now.0 - cart.last_change_at.0).max(0) / 1000,
    });
    visit.page("admin/cart.html", "carts", context)
}
