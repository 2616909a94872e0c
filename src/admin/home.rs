//! The desk's front page: one sentence, the figures of the day, and what to do next.

use std::sync::Arc;

use jiff::tz::TimeZone;
use poem::web::Json;
use poem::{IntoResponse, Response};
use serde_json::{Value, json};

use super::checklist::{Progress, steps};
use super::sentence::{Machinery, Seen, Trade, sentence};
use crate::base::fault::{Failure, Never};
use crate::base::{Currency, Fault, Instant, Money};
use crate::catalog::Catalog;
use crate::identity::{Right, Visit};
use crate::platform::config::provider::ProviderName;
use crate::platform::config::{Mode, Settings};
use crate::platform::db::{Read, free_bytes};
use crate::platform::jobs::Diary;
use crate::platform::web::Error;
use crate::platform::{Kit, backup};
use crate::platform::{hooks, mail, telemetry};
use crate::pricing::Book;
use crate::reports::{self, Counted, Days};
use crate::storefront::Shelf;
use crate::{checkout, payments, stock};

/// Entries of each list.
const LISTED: u32 = 8;
/// Products shown as the best.
const BEST: usize = 5;
/// Parts of the page that programs have no use for: the chart's drawing and the first steps.
const DRAWN: [&str; 2] = ["bars", "steps"];

/// What the page may show.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "rights, each for itself")]
struct May {
    orders: bool,
    customers: bool,
    reports: bool,
    health: bool,
    stock: bool,
}

/// What a person of the shop sees first.
///
/// # Errors
/// When the database or the template fails.
pub(super) async fn show(
    visit: Visit,
    shelf: Shelf,
    diary: Diary,
    counted: Counted,
) -> Result<Response, Error> {
    let context = seen(&visit, &shelf, &diary, counted).await?;
    visit.page("admin/home.html", "home", context)
}

/// `GET /admin/api/dashboard`: the same for other programs, without what is only drawn.
pub(super) async fn tell(
    visit: Visit,
    shelf: Shelf,
    diary: Diary,
    counted: Counted,
) -> Result<Response, Error> {
    let mut told = seen(&visit, &shelf, &diary, counted).await?;
    if let Some(told) = told.as_object_mut() {
        told.retain(|name, _| !DRAWN.contains(&name.as_str()));
    }
    Ok(Json(told).into_response())
}

/// Everything the page shows to whoever asks.
async fn seen(
    visit: &Visit,
    shelf: &Shelf,
    diary: &Diary,
    counted: Counted,
) -> Result<Value, Error> {
    let may = May {
        orders: visit.may(Right::SeeOrders),
        customers: visit.may(Right::SeeCustomers),
        reports: visit.may(Right::SeeReports),
        health: visit.may(Right::SeeHealth),
        stock: visit.may(Right::SeeStock),
    };
    let (book, now) = (shelf.books.now(), visit.kit.now());
    let zone = reports::zone_of(&book.catalog.shop.timezone);
    let mistakes = shelf.news.listen().borrow().mistakes.clone();
    let failing = diary.entries().into_iter().filter(|entry| entry.is_failing);
    let failing: Vec<String> = failing.map(|entry| entry.name).collect();
    let title = mistakes.as_ref().map(|mistakes| mistakes.title.clone());
    let (shown, its_zone) = (book.clone(), zone.clone());
    let kit = visit.kit.clone();
    let is_owner = visit.may(Right::ManageStaff);
    let read = visit.kit.db.read(move |read| {
        let seen = Seen {
            trade: may.orders.then(|| trade(read)).transpose()?,
            machinery: may.health.then(|| machinery(read, &kit, failing, now)).transpose()?,
            mistakes: title,
            short: if may.stock { stock::short(read)? } else { (0, 0) },
        };
        let mut context = lists(read, &shown.catalog, may, now)?;
        if may.reports {
            figures(read, shown.catalog.shop.currency, &its_zone, now, &mut context)?;
            what_sold(read, &counted, &shown.catalog, &its_zone, now, &mut context)?;
        }
        if is_owner {
            let paid = reports::last_paid_at(read)?.is_some();
            context["steps"] = json!(steps(&progress(&shown, &kit.settings, paid)));
        }
        Ok::<_, Failure<Never>>((seen, context))
    });
    let (seen, mut context) = read.await?;
    context["sentence"] = json!(sentence(&seen, now, &zone));
    context["short"] = json!({ "low": seen.short.0, "sold_out": seen.short.1 });
    context["own"] = json!(book.catalog.shop.currency);
    context["mistakes"] = json!(mistakes);
    context["products"] = json!(book.catalog.live_products().count());
    context["bundles"] = json!(book.catalog.live_bundles().count());
    Ok(context)
}

fn trade(read: &Read) -> Result<Trade, Fault> {
    let newest = reports::list_recent(read, 1)?;
    Ok(Trade {
        last_order_at: newest.first().map(|order| order.placed_at),
        to_ship: reports::to_ship(read)?,
        attention: reports::attention(read)?,
    })
}

/// What is known of the machinery; `failing` jobs are known to the process alone.
pub(super) fn machinery(
    read: &Read,
    kit: &Kit,
    failing: Vec<String>,
    now: Instant,
) -> Result<Machinery, Fault> {
    let unsent = mail::unsent(read)?;
    Ok(Machinery {
        events: payments::health(read, now)?,
        unserved: payments::unserved(read, now)?,
        letters: (unsent.waiting, unsent.oldest_at, unsent.dead),
        room: free_bytes(&kit.settings.data_dir),
        failing,
        certificate: kit.certificate.seen(),
        disproved: kit.db.proved().map(|proved| proved.broken),
        backup: kit.settings.backups.map(|_| backup::standing(read)).transpose()?,
        errors: telemetry::count_unseen(read)?,
        unheard: hooks::unsent(read)?.dead,
        is_tested: checkout::watched(read, now)?.is_tested,
        first_order_at: reports::first_placed_at(read)?,
    })
}

/// What to do next.
fn lists(read: &Read, catalog: &Catalog, may: May, now: Instant) -> Result<Value, Fault> {
    let mut context = json!({});
    if may.orders {
        context["to_ship"] = json!(reports::list_to_ship(read, LISTED)?);
        context["to_ship_count"] = json!(reports::to_ship(read)?.0);
        context["recent"] = json!(reports::list_recent(read, LISTED)?);
    }
    if may.customers {
        context["waiting"] = json!(reports::abandoned(read, catalog.shop.cart_abandoned_s, now)?);
    }
    if may.stock {
        let levels = stock::list_short(read, LISTED)?;
        let view = |level: &stock::Level| {
            let found = catalog.find(&level.sku);
            json!({
                "sku": level.sku, "free": level.free(), "low": level.low, "state": level.state(),
                "title": found.map(|(product, _)| product.title.as_str()),
                "options": found.map(|(_, variant)| variant.label()),
            })
        };
        context["levels"] = json!(levels.iter().map(view).collect::<Vec<_>>());
    }
    Ok(context)
}

/// Today, seven and thirty days, and the chart of the thirty.
fn figures(
    read: &Read,
    own: Currency,
    zone: &TimeZone,
    now: Instant,
    context: &mut Value,
) -> Result<(), Fault> {
    let today = now.in_zone(zone).date();
    let mut figures = Vec::new();
    for (title, count) in [("Today", 1), ("7 days", 7), ("30 days", 30)] {
        let days = Days::until(today, count);
        let compared = reports::compare(read, own, &days.compared(zone, now))?;
        let sums = compared.iter().filter(|(currency, takings, _)| {
            *currency == own || takings.orders > 0 || takings.refunds > 0
        });
        let sums = sums.map(|(currency, takings, before)| {
            json!({
                "currency": currency, "orders": takings.orders, "net_minor": takings.net_minor(),
                "average_minor": takings.average_minor(), "before_minor": before.net_minor(),
            })
        });
        figures.push(json!({
            "title": title, "from": days.first, "to": days.last,
            "sums": sums.collect::<Vec<_>>(),
        }));
    }
    let days = reports::by_day(read, own, zone, Days::until(today, 30))?;
    let bar = |row: &reports::Row| {
        let net = Money::new(row.takings.net_minor(), own);
        (net.minor, format!("{}: {net}", row.days.first.strftime("%a %-d %b")))
    };
    context["bars"] = json!(reports::draw(days.iter().map(bar)));
    let row = |row: &reports::Row| {
        json!({ "day": row.days.first, "orders": row.takings.orders,
                "net_minor": row.takings.net_minor() })
    };
    context["days"] = json!(days.iter().rev().map(row).collect::<Vec<_>>());
    context["figures"] = json!(figures);
    Ok(())
}

/// What sold best in thirty days, and what became of the orders placed in them. S3.51 S3.52
fn what_sold(
    read: &Read,
    counted: &Counted,
    catalog: &Arc<Catalog>,
    zone: &TimeZone,
    now: Instant,
    context: &mut Value,
) -> Result<(), Fault> {
    let days = Days::until(now.in_zone(zone).date(), 30);
    context["best"] = json!(counted.best(read, catalog, catalog.shop.currency, days, BEST)?);
    context["states"] = reports::by_state(read, zone, days)?;
    Ok(())
}

fn progress(book: &Book, settings: &Settings, has_order: bool) -> Progress {
    Progress {
        name: book.catalog.shop.name.clone(),
        has_delivery: book.zones.iter().any(|zone| !zone.rates.is_empty()),
        has_provider: settings.provider.name == ProviderName::Stripe,
        has_mail: settings.smtp_url.is_some(),
        has_product: book.catalog.live_products().next().is_some(),
        has_order,
        is_live: settings.mode == Mode::Live,
    }
}
