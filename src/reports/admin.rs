//! `/admin/reports`: sales by day, best products, orders by state, for days of one's choice.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use poem::http::StatusCode;
use poem::web::Json;
use poem::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::chart::draw;
use super::counted::Counted;
use super::days::Days;
use super::flow::{By, Report, by_state, report};
use super::model::{Row, Takings};
use super::{shop_of, store};
use crate::base::fault::{Failure, Never};
use crate::base::{Money, Problem};
use crate::identity::{Desk, Right, Visit};
use crate::platform::web::{Error, Spreadsheet, read_query};
use crate::pricing::Books;

pub(super) fn desk(books: &Books, counted: &Counted) -> Desk {
    let (page, table, told) = (books.clone(), books.clone(), books.clone());
    let (counted_too, counted_third) = (counted.clone(), counted.clone());
    let counted = counted.clone();
    Desk::new()
        .section("reports", "Reports", "/admin/reports", Right::SeeReports)
        .get("/admin/reports", Right::SeeReports, move |visit| {
            show(visit, page.clone(), counted.clone())
        })
        .get("/admin/api/reports/sales", Right::SeeReports, move |visit| {
            tell(visit, told.clone(), counted_third.clone())
        })
        .get("/admin/reports.csv", Right::SeeReports, move |visit| {
            save(visit, table.clone(), counted_too.clone())
        })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    from: String,
    to: String,
}

/// What the address asks for, and what is wrong with it.
fn asked(visit: &Visit, today: Date) -> (Days, Option<String>) {
    let asked: Asked = read_query(&visit.request).unwrap_or_default();
    match Days::parse(&asked.from, &asked.to, today) {
        Ok(days) => (days, None),
        Err(why) => (Days::until(today, 30), Some(why)),
    }
}

async fn show(visit: Visit, books: Books, counted: Counted) -> Result<Response, Error> {
    let (catalog, zone) = shop_of(&books);
    let now = visit.kit.now();
    let today = now.in_zone(&zone).date();
    let (days, problem) = asked(&visit, today);
    let (compared, by) = (days.compared(&zone, now), By::of(days));
    let (own, idle_s) = (catalog.shop.currency, catalog.shop.cart_abandoned_s);
    let read = visit.kit.db.read(move |read| {
        let reports = report(read, &counted, &catalog, &zone, (days, by), now)?;
        let states = by_state(read, &zone, days)?;
        Ok::<_, Failure<Never>>((reports, states, store::abandoned(read, idle_s, now)?))
    });
    let (reports, states, waiting) = read.await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let context = json!({
        "from": days.first, "to": days.last, "today": today, "day_count": days.count(),
        "problem": problem, "presets": presets(days, today), "back": compared.back,
        "before_from": days.back(compared.back).first, "before_to": days.back(compared.back).last,
        "is_part": compared.now.1 > now && compared.now.0 <= now,
        "by": if by == By::Month { "month" } else { "day" },
        "reports": reports.iter().map(view).collect::<Vec<_>>(),
        "states": states, "waiting": waiting, "own": own,
    });
    visit.page_with(status, "admin/reports.html", "reports", context)
}

/// The stretches most often asked for, each with its address.
fn presets(chosen: Days, today: Date) -> Vec<Value> {
    let month = Days { first: today.first_of_month(), last: today };
    let before = month.first.yesterday().unwrap_or(today);
    let year = Days { first: today.first_of_year(), last: today };
    let all = [
        ("Today", Days::one(today)),
        ("7 days", Days::until(today, 7)),
        ("30 days", Days::until(today, 30)),
        ("90 days", Days::until(today, 90)),
        ("This month", month),
        ("Last month", Days { first: before.first_of_month(), last: before }),
        ("This year", year),
    ];
    let view = |(title, days): (&str, Days)| {
        let href = format!("/admin/reports?from={}&to={}", days.first, days.last);
        json!({ "title": title, "href": href, "current": days == chosen })
    };
    all.into_iter().map(view).collect()
}

/// Takings as pages show them.
pub(super) fn figures(takings: &Takings) -> Value {
    json!({
        "orders": takings.orders, "paid_minor": takings.paid_minor, "refunds": takings.refunds,
        "refunded_minor": takings.refunded_minor, "net_minor": takings.net_minor(),
        "average_minor": takings.average_minor(),
    })
}

fn view(report: &Report) -> Value {
    let currency = report.currency;
    let bar = |row: &Row| {
        let net = Money::new(row.takings.net_minor(), currency);
        let Days { first, last } = row.days;
        let when = first.strftime(if first == last { "%a %-d %b" } else { "%B %Y" });
        (net.minor, format!("{when}: {net}, {} orders", row.takings.orders))
    };
    let told = |row: &Row| {
        let mut told = figures(&row.takings);
        told["from"] = json!(row.days.first);
        told["to"] = json!(row.days.last);
        told["month"] = json!(row.days.first.strftime("%B %Y").to_string());
        told["before_minor"] = json!(row.before.net_minor());
        told
    };
    json!({
        "currency": currency, "now": figures(&report.takings), "before": figures(&report.before),
        "chart": draw(report.rows.iter().map(bar)),
        "rows": report.rows.iter().rev().map(told).collect::<Vec<_>>(),
        "products": report.products,
    })
}

/// Days of one's choice, or why they are none.
fn chosen(visit: &Visit, zone: &TimeZone) -> Result<Days, Error> {
    let (days, problem) = asked(visit, visit.kit.now().in_zone(zone).date());
    let refused = |why| {
        Problem::new(422, "days", "Not these days", why)
            .hint("Write them as 2026-11-25, the first one before the last.")
    };
    problem.map_or(Ok(days), |why| Err(refused(why).into()))
}

/// `GET /admin/api/reports/sales`: the same for other programs, every day by itself.
async fn tell(visit: Visit, books: Books, counted: Counted) -> Result<Response, Error> {
    let (catalog, zone) = shop_of(&books);
    let (days, now) = (chosen(&visit, &zone)?, visit.kit.now());
    let time_zone = catalog.shop.timezone.clone();
    let read = visit.kit.db.read(move |read| {
        let reports = report(read, &counted, &catalog, &zone, (days, By::Day), now)?;
        Ok::<_, Failure<Never>>((reports, by_state(read, &zone, days)?))
    });
    let (reports, states) = read.await?;
    let day = |row: &Row| {
        let mut told = figures(&row.takings);
        told["date"] = json!(row.days.first);
        told
    };
    let one = |report: &Report| {
        json!({
            "currency": report.currency, "total": figures(&report.takings),
            "days": report.rows.iter().map(day).collect::<Vec<_>>(),
            "products": report.products,
        })
    };
    let sales: Vec<Value> = reports.iter().map(one).collect();
    let told = json!({
        "from": days.first, "to": days.last, "time_zone": time_zone, "sales": sales,
        "states": states,
    });
    Ok(Json(told).into_response())
}

async fn save(visit: Visit, books: Books, counted: Counted) -> Result<Response, Error> {
    let (catalog, zone) = shop_of(&books);
    let (days, now) = (chosen(&visit, &zone)?, visit.kit.now());
    let read = visit.kit.db.read(move |read| {
        Ok::<_, Failure<Never>>(report(read, &counted, &catalog, &zone, (days, By::Day), now)?)
    });
    let columns =
        ["day", "currency", "orders", "paid", "refunds", "refunded", "net", "net_week_before"];
    let mut sheet = Spreadsheet::new(&columns)?;
    for report in read.await? {
        let amount = |minor| Money::new(minor, report.currency).decimal();
        for row in &report.rows {
            let t = &row.takings;
            let cells = [
                row.days.first.to_string(),
                report.currency.code().to_owned(),
                t.orders.to_string(),
                amount(t.paid_minor),
                t.refunds.to_string(),
                amount(t.refunded_minor),
                amount(t.net_minor()),
                amount(row.before.net_minor()),
            ];
            sheet.row(cells.iter().map(String::as_str))?;
        }
    }
    Ok(sheet.answer(&format!("sales-{}-{}.csv", days.first, days.last))?)
}
