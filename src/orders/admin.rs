//! The desk's list of orders: filters in the address, named views, pages to the end, and the same
//! as a table to take away. An order's own page stands in `admin`, which knows its payments, too.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::carrier::known_carriers;
use super::filter::{Filter, Question, VIEWS};
use super::model::Item;
use super::state::{FulfilmentStatus, PaymentStatus};
use super::store_list::{Entry, Place};
use super::words::exactly;
use super::{admin_bulk, admin_sheet, store_lines, store_list};
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Problem};
use crate::identity::{self, Desk, Right, Views, Visit};
use crate::platform::db::Read;
use crate::platform::web::{Error, read_query};
use crate::pricing::{Book, Books};

/// Orders on one page.
const PAGE: u32 = 50;
/// Orders of a view are counted up to here.
const COUNT_MAX: u32 = 100;
/// Lines of an order that a list names.
const WHAT_MAX: usize = 2;

/// Views of orders that people have kept.
const KEPT: Views = Views {
    list: "orders",
    page: "/admin/orders",
    path: "/admin/orders/views",
    right: Right::ChangeOrders,
    tidy: Filter::kept,
};

/// Staff pages of the room.
#[must_use]
pub fn staff_routes(books: &Books) -> Desk {
    let list_books = books.clone();
    Desk::new()
        .section("orders", "Orders", "/admin/orders", Right::SeeOrders)
        .get("/admin/orders", Right::SeeOrders, move |visit| list(list_books.clone(), visit))
        .and(KEPT.desk())
        .and(admin_sheet::desk(books))
        .and(admin_bulk::desk(books))
}

/// What else the address says.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Turned {
    before: Option<i64>,
    after: Option<i64>,
    done: String,
    n: u32,
}

pub(super) fn zone_of(book: &Book) -> TimeZone {
    TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC)
}

async fn list(books: Books, visit: Visit) -> Result<Response, Error> {
    let filter = asked(&visit)?;
    let turned: Turned = read_query(&visit.request)?;
    let more = json!({ "done": turned.done, "n": turned.n });
    draw(&visit, &books.now(), StatusCode::OK, &filter, &turned, more).await
}

/// The filter in the address.
pub(super) fn asked(visit: &Visit) -> Result<Filter, Error> {
    let read = Filter::asked(visit.request.uri().query().unwrap_or_default());
    read.map_err(|_| {
        let told = "The address names something twice, or is no text.";
        let problem = Problem::new(422, "filter-unclear", "The filter cannot be read", told);
        problem.hint("Correct the address, or begin from the list.").into()
    })
}

/// One page of the list; `more` is put into its context.
pub(super) async fn draw(
    visit: &Visit,
    book: &Book,
    status: StatusCode,
    filter: &Filter,
    turned: &Turned,
    more: Value,
) -> Result<Response, Error> {
    let (question, wrong) = filter.question(&zone_of(book));
    let place = match (turned.before, turned.after) {
        (Some(seq), _) => Place::Before(seq),
        (None, Some(seq)) => Place::After(seq),
        (None, None) => Place::Top,
    };
    let understood = wrong.is_empty();
    let found = visit.kit.db.read(move |read| {
        let rows = if understood { rows(read, &question, place, PAGE + 1)? } else { Vec::new() };
        Ok::<_, Failure<Never>>((rows, counts(read)?, identity::list_views(read, KEPT.list)?))
    });
    let (mut rows, counted, kept) = found.await?;
    let saved = KEPT.shown(&kept, &filter.query(&[]), visit);
    // A filter is one view: its own name says more than that of the view it narrows.
    let is_kept = !saved["current"].is_null();
    let is_more = rows.len() > PAGE as usize;
    rows.truncate(PAGE as usize);
    let backwards = matches!(place, Place::After(_));
    if backwards {
        rows.reverse();
    }
    let (first, last) = (rows.first().map(|row| row.0.seq), rows.last().map(|row| row.0.seq));
    let link = |name: &str, seq: i64| filter.query(&[(name, &seq.to_string())]);
    let has_newer = if backwards { is_more } else { turned.before.is_some() };
    let has_older = if backwards { true } else { is_more };
    let mut context = json!({
        "filter": filter, "query": filter.query(&[]), "narrowed": filter.is_narrowed(),
        "wrong": wrong, "carriers": known_carriers(&book.carriers).collect::<Vec<_>>(),
        "views": views(filter, &counted, is_kept), "saved": saved,
        "spans": spans(filter, visit.kit.now().in_zone(&zone_of(book)).date()),
        "payments": PaymentStatus::ALL.map(PaymentStatus::word),
        "fulfilments": FulfilmentStatus::ALL.map(FulfilmentStatus::word),
        "orders": rows.iter().map(|row| row_of(row, filter)).collect::<Vec<_>>(),
        "newer": first.filter(|_| has_newer).map(|seq| link("after", seq)),
        "older": last.filter(|_| has_older).map(|seq| link("before", seq)),
    });
    if let (Some(context), Value::Object(more)) = (context.as_object_mut(), more) {
        context.extend(more);
    }
    visit.page_with(status, "admin/orders.html", "orders", context)
}

pub(super) type Row = (Entry, Vec<Item>);

/// Orders with their lines.
pub(super) fn rows(
    read: &Read,
    question: &Question,
    place: Place,
    limit: u32,
) -> Result<Vec<Row>, Fault> {
    let entries = store_list::list_entries(read, question, place, limit)?;
    let with_items = entries.into_iter().map(|entry| {
        let items = store_lines::list_items(read, &entry.id)?;
        Ok((entry, items))
    });
    with_items.collect()
}

fn counts(read: &Read) -> Result<Vec<u32>, Fault> {
    let counted = VIEWS.iter().map(|(_, _, word)| match *word {
        "" => Ok(0),
        word => store_list::count_entries(read, &exactly(word), COUNT_MAX),
    });
    counted.collect()
}

fn views(filter: &Filter, counted: &[u32], is_kept: bool) -> Vec<Value> {
    let shown = VIEWS.iter().zip(counted).map(|((key, title, word), count)| {
        let count = match *count {
            0 if word.is_empty() => None,
            COUNT_MAX.. => Some(format!("{}+", COUNT_MAX - 1)),
            count => Some(count.to_string()),
        };
        let address = Filter { view: (*key).to_owned(), ..Filter::default() }.query(&[]);
        json!({ "title": title, "href": format!("/admin/orders{address}"), "count": count,
                "current": *key == filter.view && !is_kept })
    });
    shown.collect()
}

/// Days somebody often wants, with the rest of the filter as it is.
fn spans(filter: &Filter, today: Date) -> Vec<Value> {
    let ago = |days: i32| today.saturating_sub(days.days());
    let month = today.first_of_month();
    let before = month.yesterday().unwrap_or(month);
    let all = [
        ("Today", today, today),
        ("Yesterday", ago(1), ago(1)),
        ("7 days", ago(6), today),
        ("30 days", ago(29), today),
        ("This month", month, today),
        ("Last month", before.first_of_month(), before),
    ];
    let shown = all.map(|(title, from, to)| {
        let days = Filter { from: from.to_string(), to: to.to_string(), ..filter.clone() };
        let current = days == *filter;
        json!({ "title": title, "href": format!("/admin/orders{}", days.query(&[])),
                "current": current })
    });
    shown.into()
}

fn row_of((entry, items): &Row, filter: &Filter) -> Value {
    let tops: Vec<&Item> = items.iter().filter(|item| item.parent.is_none()).collect();
    let what: Vec<Value> = tops
        .iter()
        .take(WHAT_MAX)
        .map(|item| json!({ "qty": item.qty, "title": item.title, "options": item.options }))
        .collect();
    let href = format!("/admin/orders/{}{}", entry.number, filter.query(&[]));
    json!({
        "number": entry.number, "version": entry.version, "href": href,
        "placed_at": entry.placed_at, "name": entry.address.name, "email": entry.email,
        "country": entry.address.country,
        "what": what, "more": tops.len().saturating_sub(WHAT_MAX),
        "total_minor": entry.total_minor, "currency": entry.currency,
        "payment": entry.payment, "fulfilment": entry.fulfilment,
        "refunding_minor": entry.refunding_minor, "refunded_minor": entry.refunded_minor,
        "attention": entry.attention, "disputed": entry.disputed,
        "packed": entry.packed_at.is_some() && entry.left_units > 0,
        "note": !entry.note.is_empty(),
    })
}
