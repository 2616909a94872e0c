//! `/admin/customers`: who buys. Guests are told apart by their e-mail address, and named in
//! addresses by the number of one of their orders, so that no address stands in a log.

use jiff::tz::TimeZone;
use poem::Response;
use serde::Deserialize;
use serde_json::json;

use super::model::Customer;
use super::store_customers as store;
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant, Problem};
use crate::identity::{Desk, Right, Visit};
use crate::orders::{self, Filter, Place};
use crate::platform::db::Read;
use crate::platform::web::{Error, read_query};

/// Customers on one page.
const LISTED: u32 = 50;
/// Orders shown of one customer.
const ORDERS: u32 = 100;
/// Longest words to search for, in characters.
const WORDS_MAX: usize = 120;

pub(super) fn desk() -> Desk {
    Desk::new()
        .section("customers", "Customers", "/admin/customers", Right::SeeCustomers)
        .get("/admin/customers", Right::SeeCustomers, list)
        .get("/admin/customers/:number", Right::SeeCustomers, show)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// Moment and row of the last customer of the page before.
    before: String,
}

async fn list(visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let words: String = asked.q.trim().chars().take(WORDS_MAX).collect();
    let after = asked
        .before
        .split_once('.')
        .and_then(|(at, row)| Some((Instant(at.parse().ok()?), row.parse().ok()?)));
    let (searched, is_first) = (words.clone(), after.is_none());
    let read = visit.kit.db.read(move |read| {
        Ok::<_, Failure<Never>>(match searched.as_str() {
            "" => store::list_newest(read, after.unwrap_or((Instant(i64::MAX), 0)), LISTED + 1)?,
            words => search(read, words)?,
        })
    });
    let mut customers = read.await?;
    let is_more = customers.len() > LISTED as usize;
    customers.truncate(LISTED as usize);
    let last = customers.last().filter(|_| is_more && words.is_empty());
    let next = last.map(|c| format!("{}.{}", c.last_at.0, c.row));
    let context = json!({
        "q": words, "customers": customers, "next": next, "is_first": is_first,
        "is_cut": is_more && !words.is_empty(),
    });
    visit.page("admin/customers.html", "customers", context)
}

/// By the beginning of an address, by words of a name, or by the number of an order.
fn search(read: &Read, words: &str) -> Result<Vec<Customer>, Fault> {
    let limit = LISTED + 1;
    let mut folded = store::list_addresses(read, &words.to_lowercase(), limit)?;
    let filter = Filter { q: words.to_owned(), ..Filter::default() };
    let (question, _) = filter.question(&TimeZone::UTC);
    for entry in orders::list_entries(read, &question, Place::Top, limit * 8)? {
        let address = entry.email.to_lowercase();
        if !folded.contains(&address) {
            folded.push(address);
        }
    }
    folded.truncate(limit as usize);
    let mut customers = Vec::new();
    for address in folded {
        customers.extend(store::find(read, &address)?);
    }
    customers.sort_by_key(|customer| std::cmp::Reverse(customer.last_at));
    Ok(customers)
}

async fn show(visit: Visit) -> Result<Response, Error> {
    let number = visit.request.raw_path_param("number").unwrap_or_default();
    let number: String = number.chars().take(64).collect();
    let read = visit.kit.db.read(move |read| {
        let Some(folded) = store::address_of(read, &number)? else { return Ok(None) };
        let Some(customer) = store::find(read, &folded)? else { return Ok(None) };
        let listed = store::list_orders(read, &folded, ORDERS)?;
        let places = store::list_places(read, &folded, ORDERS)?;
        let choices = orders::choices_of(read, &folded)?;
        Ok::<_, Failure<Never>>(Some((customer, listed, places, choices)))
    });
    let Some((customer, orders, places, choices)) = read.await? else {
        let detail = "No order has this number.";
        return Err(Problem::new(404, "unknown-customer", "No such customer", detail)
            .hint("Search for them by their e-mail address.")
            .into());
    };
    let is_cut = customer.orders > i64::from(ORDERS);
    let context = json!({ "customer": customer, "orders": orders, "places": places,
                          "choices": choices, "is_cut": is_cut });
    visit.page("admin/customer.html", "customers", context)
}
