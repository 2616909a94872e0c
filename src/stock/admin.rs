//! `/admin/stock`: what is there, changing it with a reason, and how it came about.

use std::collections::BTreeSet;

use poem::http::StatusCode;
use poem::web::Json;
use poem::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Level, Reason, Refusal, State};
use super::store_desk::{self as desk_store, Wanted};
use super::typed::Typed;
use super::{Beside, flow, store};
use crate::base::fault::{Failure, Never};
use crate::base::ids::Sku;
use crate::base::{Fault, Problem, refuse};
use crate::catalog::Catalog;
use crate::identity::{self, Desk, Right, Visit, see_other};
use crate::platform::db::Read;
use crate::platform::web::{Error, Spreadsheet, read_form, read_query};

/// Levels on one page.
const LISTED: u32 = 50;
/// Lines of the ledger on one page.
const MOVES: u32 = 50;
/// Levels read at once for a table that is saved.
const CHUNK: u32 = 1_000;
/// SKUs that a search looks at.
const FOUND_MAX: usize = 2_000;
/// Longest words to search for, in characters.
const WORDS_MAX: usize = 80;
/// Longest note, in characters.
const NOTE_MAX: usize = 200;
/// Open checkouts shown of one SKU.
const HOLDERS: u32 = 20;

pub(super) fn desk(beside: &Beside) -> Desk {
    let b = || beside.clone();
    let (list_b, tell_b, save_b, show_b, change_b) = (b(), b(), b(), b(), b());
    Desk::new()
        .section("stock", "Stock", "/admin/stock", Right::SeeStock)
        .get("/admin/stock", Right::SeeStock, move |visit| list(visit, list_b.clone()))
        .get("/admin/stock.csv", Right::SeeStock, move |visit| save(visit, save_b.clone()))
        .get("/admin/api/stock", Right::SeeStock, move |visit| tell(visit, tell_b.clone()))
        .get("/admin/stock/:sku", Right::SeeStock, move |visit| show(visit, show_b.clone()))
        .post("/admin/stock/:sku", Right::ChangeStock, move |visit| change(visit, change_b.clone()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    q: String,
    after: String,
    done: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        match self.show.as_str() {
            "low" => Wanted::Low,
            "sold_out" => Wanted::SoldOut,
            _ => Wanted::All,
        }
    }

    fn words(&self) -> String {
        self.q.trim().chars().take(WORDS_MAX).collect()
    }
}

/// A level with what the catalog knows of it.
pub(super) fn view(level: &Level, catalog: &Catalog) -> Value {
    let found = catalog.find(&level.sku);
    let title = found.map(|(product, _)| product.title.as_str());
    let options = found.map(|(_, variant)| variant.label());
    json!({
        "sku": level.sku, "title": title, "options": options, "on_hand": level.on_hand,
        "held": level.held, "free": level.free(), "low": level.low, "state": level.state(),
    })
}

fn fits(level: &Level, wanted: Wanted) -> bool {
    match wanted {
        Wanted::All => true,
        Wanted::Short => level.state() != State::InStock,
        Wanted::Low => level.state() == State::Low,
        Wanted::SoldOut => level.state() == State::SoldOut,
    }
}

/// SKUs whose own letters or whose product's title hold the words; a limit keeps it quick.
fn named(read: &Read, catalog: &Catalog, words: &str) -> Result<BTreeSet<Sku>, Fault> {
    let limit = u32::try_from(FOUND_MAX).unwrap_or(u32::MAX);
    let mut found: BTreeSet<Sku> =
        desk_store::list_beginning(read, &words.to_uppercase(), limit)?.into_iter().collect();
    let words = words.to_lowercase();
    for product in catalog.products.values() {
        let is_meant = product.title.to_lowercase().contains(&words);
        let variants = product.variants.iter();
        let meant = variants.filter(|v| is_meant || v.sku.as_str().to_lowercase().contains(&words));
        found.extend(meant.map(|variant| variant.sku.clone()));
        if found.len() > FOUND_MAX {
            break;
        }
    }
    Ok(found)
}

/// Levels that fit, in the order of their SKUs, after one of them.
fn levels(
    read: &Read,
    catalog: &Catalog,
    (wanted, words): (Wanted, &str),
    after: &str,
    limit: u32,
) -> Result<Vec<Level>, Fault> {
    if words.is_empty() {
        return desk_store::list_after(read, wanted, after, limit);
    }
    let named = named(read, catalog, words)?;
    let levels = store::levels_of(read, named.iter().filter(|sku| sku.as_str() > after))?;
    let fitting = levels.into_values().filter(|level| fits(level, wanted));
    Ok(fitting.take(limit as usize).collect())
}

async fn list(visit: Visit, beside: Beside) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let catalog = (beside.catalog)();
    let (wanted, words, after) = (asked.wanted(), asked.words(), asked.after.clone());
    let (shown, searched) = (catalog.clone(), words.clone());
    let read = visit.kit.db.read(move |read| {
        let found = levels(read, &shown, (wanted, &searched), &after, LISTED + 1)?;
        Ok::<_, Failure<Never>>((found, desk_store::short(read)?))
    });
    let (mut found, (low, sold_out)) = read.await?;
    let is_more = found.len() > LISTED as usize;
    found.truncate(LISTED as usize);
    let next = found.last().filter(|_| is_more).map(|level| level.sku.clone());
    let query = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    let show = if wanted == Wanted::All { "" } else { asked.show.as_str() };
    let context = json!({
        "levels": found.iter().map(|level| view(level, &catalog)).collect::<Vec<_>>(),
        "q": words, "show": show, "low": low, "sold_out": sold_out,
        "is_first": asked.after.is_empty(), "done": asked.done,
        "first": query(&[("show", show), ("q", &words)]),
        "here": query(&[("show", show), ("q", &words), ("after", &asked.after)]),
        "next": next.map(|sku| query(&[("show", show), ("q", &words), ("after", sku.as_str())])),
    });
    visit.page("admin/stock.html", "stock", context)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    /// `1`: only what is low or sold out.
    low: String,
    after: String,
}

/// `GET /admin/api/stock`: levels for other programs, in the order of their SKUs.
async fn tell(visit: Visit, beside: Beside) -> Result<Response, Error> {
    let asked: Told = read_query(&visit.request)?;
    let catalog = (beside.catalog)();
    let wanted = if asked.low == "1" { Wanted::Short } else { Wanted::All };
    let read = visit.kit.db.read(move |read| {
        Ok::<_, Failure<Never>>(desk_store::list_after(read, wanted, &asked.after, CHUNK + 1)?)
    });
    let mut found = read.await?;
    let is_more = found.len() > CHUNK as usize;
    found.truncate(CHUNK as usize);
    let after = found.last().filter(|_| is_more).map(|level| level.sku.clone());
    let items: Vec<Value> = found.iter().map(|level| view(level, &catalog)).collect();
    Ok(Json(json!({ "items": items, "after": after })).into_response())
}

async fn save(visit: Visit, beside: Beside) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let catalog = (beside.catalog)();
    let (wanted, words, shown) = (asked.wanted(), asked.words(), catalog.clone());
    let read = visit.kit.db.read(move |read| {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let found = levels(read, &shown, (wanted, &words), &after, CHUNK)?;
            let Some(last) = found.last() else { break };
            after = last.sku.as_str().to_owned();
            all.extend(found);
        }
        Ok::<_, Failure<Never>>(all)
    });
    let columns = ["sku", "title", "options", "on_hand", "held", "free", "low", "count", "note"];
    let mut sheet = Spreadsheet::new(&columns)?;
    for level in read.await? {
        let found = catalog.find(&level.sku);
        let title = found.map_or("", |(product, _)| product.title.as_str());
        let options = found.map(|(_, variant)| variant.label()).unwrap_or_default();
        let numbers = [level.on_hand, level.held, level.free(), level.low].map(|n| n.to_string());
        let cells = [level.sku.as_str(), title, &options].into_iter();
        sheet.row(cells.chain(numbers.iter().map(String::as_str)).chain(["", ""]))?;
    }
    Ok(sheet.answer("stock.csv")?)
}

/// The SKU in the address.
fn sku_of(visit: &Visit) -> Result<Sku, Error> {
    let text = visit.request.raw_path_param("sku").unwrap_or_default();
    let unknown = || {
        Problem::new(404, "unknown-sku", "Unknown SKU", "No stock is kept under this name.")
            .hint("Look for it in the list of stock.")
    };
    Sku::parse(text).ok_or_else(|| unknown().into())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    done: String,
    before: Option<i64>,
}

async fn show(visit: Visit, beside: Beside) -> Result<Response, Error> {
    let shown: Shown = read_query(&visit.request)?;
    let more = json!({ "done": shown.done });
    draw(&visit, &beside, StatusCode::OK, shown.before, more).await
}

async fn draw(
    visit: &Visit,
    beside: &Beside,
    status: StatusCode,
    before: Option<i64>,
    mut context: Value,
) -> Result<Response, Error> {
    let sku = sku_of(visit)?;
    let (number, may_see) = (beside.order_number, visit.may(Right::SeeOrders));
    let read = visit.kit.db.read(move |read| {
        let Some(level) = store::find_level(read, &sku)? else {
            return refuse(Refusal::Unknown { sku });
        };
        let moves =
            desk_store::list_moves_before(read, &sku, before.unwrap_or(i64::MAX), MOVES + 1)?;
        let mut lines = Vec::new();
        for (id, line) in moves {
            let order = line.order_id.as_ref().map(crate::base::ids::OrderId::from_stored);
            let order = order.map(|id| number(read, &id)).transpose()?.flatten();
            let mut view = serde_json::to_value(&line)?;
            view["id"] = json!(id);
            if line.order_id.is_some() && !may_see {
                // What stands beside a sale or a return was written about an order.
                view["note"] = Value::Null;
                lines.push(view);
                continue;
            }
            view["order"] = json!(order);
            lines.push(view);
        }
        let mut holders = Vec::new();
        let held = if may_see { HOLDERS } else { 0 };
        for (id, qty) in desk_store::list_holders(read, &sku, held)? {
            holders.push(json!({ "order": number(read, &id)?, "qty": qty }));
        }
        Ok((level, lines, holders))
    });
    let (level, mut lines, holders) = read.await?;
    let is_more = lines.len() > MOVES as usize;
    lines.truncate(MOVES as usize);
    let next = lines.last().filter(|_| is_more).map(|line| line["id"].clone());
    context["level"] = view(&level, &(beside.catalog)());
    context["moves"] = json!(lines);
    context["holders"] = json!(holders);
    context["next"] = json!(next);
    context["is_first"] = json!(before.is_none());
    context["reasons"] = json!(Reason::BY_HAND.map(Reason::word));
    visit.page_with(status, "admin/stock_item.html", "stock", context)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    change: String,
    reason: String,
    #[serde(default)]
    note: String,
    /// What was on the shelf when they looked.
    seen: Option<u32>,
    /// Query of the list they came from; absent when they came from the SKU's own page.
    list: Option<String>,
}

async fn change(mut visit: Visit, beside: Beside) -> Result<Response, Error> {
    let form: Change = read_form(&mut visit.request).await?;
    let sku = sku_of(&visit)?;
    let typed = json!({ "change": form.change, "reason": form.reason, "note": form.note });
    let note: String = form.note.trim().chars().take(NOTE_MAX).collect();
    let wrong = match (Typed::parse(&form.change), Reason::by_hand(&form.reason)) {
        (Some(change), Some(reason)) => Ok((change, reason)),
        (None, _) => Err("A change is a number such as +5 or -2, or how many there are."),
        (_, None) => Err("Choose a reason."),
    };
    let (change, reason) = match wrong {
        Ok(read) => read,
        Err(why) => {
            let told = json!({ "title": "That cannot be read", "detail": why });
            let more = json!({ "problem": told, "typed": typed });
            return draw(&visit, &beside, StatusCode::UNPROCESSABLE_ENTITY, None, more).await;
        }
    };
    let (catalog, staff, now) = ((beside.catalog)(), visit.staff.clone(), visit.kit.now());
    let changed = visit.kit.db.write(move |tx| {
        let (actor, words) = (staff.actor(), Some(note.as_str()).filter(|note| !note.is_empty()));
        let why = (reason, words, actor.as_str());
        let (was, is) = flow::change(tx, &catalog, &sku, (change, form.seen), why, now)?;
        let before = json!({ "on_hand": was });
        let after = json!({ "on_hand": is, "reason": reason.word(), "note": words });
        let about = ("stock", sku.as_str());
        identity::note(tx, &staff, "stock.change", about, (&before, &after), now)?;
        Ok::<_, Failure<Refusal>>(sku)
    });
    match changed.await {
        Ok(sku) => Ok(see_other(&match form.list {
            Some(list) => format!("/admin/stock?{}done={sku}", led(&list)),
            None => format!("/admin/stock/{sku}?done=changed"),
        })),
        Err(Failure::Refused(refusal)) => {
            let problem = crate::base::Refusal::problem(&refusal);
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
            let told = json!({ "title": problem.title, "detail": problem.detail,
                               "hint": problem.hint });
            draw(&visit, &beside, status, None, json!({ "problem": told, "typed": typed })).await
        }
        Err(failure) => Err(failure.into()),
    }
}

/// The query of the list somebody came from, written anew, to be followed by something more.
fn led(list: &str) -> String {
    let known = ["show", "q", "after"];
    let pairs = form_urlencoded::parse(list.as_bytes());
    let pairs = pairs.filter(|(name, _)| known.contains(&name.as_ref()));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    if query.is_empty() { query } else { format!("{query}&") }
}

#[cfg(test)]
mod tests {
    use super::led;

    #[test]
    fn nobody_is_led_elsewhere_than_the_list() {
        assert_eq!(led(""), "");
        assert_eq!(led("show=low&q=a%20b&done=X"), "show=low&q=a+b&");
        assert_eq!(led("//evil\r\nSet-Cookie: a=1"), "");
        assert_eq!(led("q=\r\n"), "q=%0D%0A&");
    }
}
