//! `kiosk seed`: demonstration orders, made through the same doors as real ones.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{Ended, load_book, seed_year};
use crate::app::{self, App, World, open_kit};
use crate::base::ids::Sku;
use crate::base::{Clock, Failure, Fault, Instant, Randomness};
use crate::checkout::{self, Begun, Refusal};
use crate::identity::{self, Role};
use crate::orders::{self, Asked, Placement};
use crate::payments::simulator;
use crate::payments::{self, PaymentOutcome, Session, SessionStatus, Till};
use crate::platform::Kit;
use crate::platform::config::{Mode, Settings};
use crate::platform::db::Tx;
use crate::platform::secret::Secret;
use crate::pricing::{self, Basket, BasketLine, Book, Buyer, Destination, Item};
use crate::storefront::Kept;

/// The readable files orders are made from.
const DEMO: &str = include_str!("../../seed/demo/orders.toml");
const MINIMAL: &str = include_str!("../../seed/minimal/orders.toml");
/// People of the demonstration shop.
const STAFF: &str = include_str!("../../seed/demo/staff.toml");
/// Who made them, as the log says.
const BY: (&str, &str) = ("seed", "");
/// Seeds are made at this moment, so that two runs give the same database: 1 November 2026.
const NOW: Instant = Instant(1_793_491_200_000);
/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Which orders.
    #[arg(long, value_enum, default_value_t = Set::Demo)]
    set: Set,
    /// A year of so many invented orders instead, ending today, of whatever this catalog sells: to
    /// see how the desk feels when there is much to do.
    #[arg(long, value_name = "ORDERS", conflicts_with = "set",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    year: Option<u32>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Set {
    /// A month of orders for the demonstration shop.
    Demo,
    /// One order for the shop of three products that `kiosk init --starter minimal` writes.
    Minimal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    order: Vec<Wanted>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    person: Vec<NewPerson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPerson {
    email: String,
    name: String,
    role: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) days_ago: i64,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) line1: String,
    pub(super) city: String,
    pub(super) postcode: String,
    pub(super) country: String,
    #[serde(default)]
    pub(super) note: String,
    #[serde(default)]
    pub(super) codes: Vec<String>,
    pub(super) lines: Vec<Line>,
    /// expired, paid, shipped or delivered.
    pub(super) ends: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) sku: Option<String>,
    pub(super) bundle: Option<String>,
    pub(super) qty: u32,
}

/// Runs the command.
///
/// # Errors
/// When the shop is running, its files have mistakes, or a seed cannot be made.
pub(super) fn run(options: &Options, settings: Settings) -> Result<Ended, Fault> {
    let file: File = toml::from_str(match options.set {
        Set::Demo => DEMO,
        Set::Minimal => MINIMAL,
    })?;
    let _lock = app::lock(&settings)?;
    let book = load_book(&settings)?;
    if options.year.is_some() && settings.mode == Mode::Live {
        return Err(Fault::new("this shop is live: invented orders would stand among real ones"));
    }
    let now = options.year.map_or(NOW, |_| Clock::System.now());
    let clock = Clock::fixed(now);
    let world = World { clock, random: Randomness::seeded(1), provider: None };
    // The seed's randomness is replayable, so the shop's secret is made before and apart from it.
    let secret_random = Randomness::System;
    Secret::in_folder(&settings.data_dir, &secret_random)?;
    let kit = open_kit(settings, &world)?;
    // A mail server's connections belong to a runtime, even though nothing is sent here.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _inside = runtime.enter();
    let app = App::assemble(kit.clone(), book, Kept::open(&kit), &world)?;
    if kit.settings.mode == Mode::Test {
        make_people(&kit)?;
    }
    if let Some(count) = options.year {
        let made = seed_year::make(&app, count, now)?;
        say!("{made} orders made, {} were there before.", count - made);
        return Ok(Ended::Well);
    }
    let mut made = 0;
    for (number, wanted) in (1..).zip(&file.order) {
        made += usize::from(make(&app, number, wanted)?);
    }
    say!("{made} orders made, {} were there before.", file.order.len() - made);
    Ok(Ended::Well)
}

/// Makes people whose passwords stand in a file everybody can read.
fn make_people(kit: &Kit) -> Result<(), Fault> {
    let people: People = toml::from_str(STAFF)?;
    for NewPerson { email, name, role, password } in people.person {
        let (address, random, now) = (email.clone(), kit.random.clone(), kit.now());
        let made = kit.db.write_blocking(move |tx| {
            if identity::find_staff(tx, &address)?.is_some() {
                return Ok(None);
            }
            let role = Role::parse(&role).unwrap_or(Role::Catalog);
            let added = identity::add_staff(tx, (&address, &name, role), BY, &random, now)?;
            Ok::<_, Failure<identity::Refusal>>(Some(added.1))
        });
        let made = made.map_err(|failure| Fault::new(format!("{email}: {failure}")))?;
        if let Some(token) = made {
            identity::choose_password(kit, &email, &token, &password)?;
            say!("The desk opens to {email} with the password \"{password}\".");
        }
    }
    Ok(())
}

fn make(app: &App, number: u32, wanted: &Wanted) -> Result<bool, Fault> {
    let key = format!("seed:{number}");
    let at = Instant(NOW.0 - wanted.days_ago * DAY_MS);
    let book = app.shelf.books.now();
    let placement = placement(&book, key, wanted, at)?;
    let (till, ends) = (app.till.clone(), wanted.ends.clone());
    let done = app.kit.db.write_blocking(move |tx| {
        if orders::find_by_key(tx, &placement.key)?.is_some() {
            return Ok(false);
        }
        place(tx, &till, &book, &placement, &ends, at).map(|()| true)
    });
    done.map_err(|failure: Failure<Refusal>| Fault::new(failure.to_string()))
}

/// Takes an order from its checkout to how it `ends`.
pub(super) fn place(
    tx: &Tx,
    till: &Till,
    book: &Arc<Book>,
    placement: &Placement,
    ends: &str,
    at: Instant,
) -> Result<(), Failure<Refusal>> {
    let (kit, hold_until) = (&till.kit, at.plus_s(900));
    let order = orders::place(tx, kit, book, placement, hold_until, at).map_err(Failure::lift)?;
    let begun = checkout::attempt(tx, till, book, order, 1, hold_until, at)?;
    let id = begun.order.id.clone();
    let session = session(&kit.secret, &begun, ends != "expired", hold_until);
    let settled_at = at.plus_s(if ends == "expired" { 1800 } else { 90 });
    simulator::recall(tx, &begun.payment, &session, at)?;
    payments::settle_looked(tx, till, book, &begun.payment, &session, settled_at)?;
    if matches!(ends, "shipped" | "delivered") {
        let (left, parcel) = (at.plus_s(20 * 3600), ("Royal Mail", "RM123456785GB"));
        orders::ship(tx, kit, book, &id, parcel, "seed", left).map_err(Failure::lift)?;
    }
    if ends == "delivered" {
        let arrived = at.plus_s(44 * 3600);
        orders::deliver(tx, kit, book, &id, "seed", arrived).map_err(Failure::lift)?;
    }
    Ok(())
}

/// What the provider would have said of this attempt.
fn session(secret: &Secret, begun: &Begun, paid: bool, expires_at: Instant) -> Session {
    let request = &begun.payment.request;
    Session {
        id: format!("cs_seed_{}", secret.token("seed", &begun.order.number).as_str()),
        url: request.cancel_url.clone(),
        status: if paid { SessionStatus::Complete } else { SessionStatus::Expired },
        outcome: if paid { PaymentOutcome::Paid } else { PaymentOutcome::Unpaid },
        amount_minor: request.amount_minor,
        currency: request.currency,
        payment_id: paid.then(|| format!("pi_seed_{}", begun.order.number)),
        order: request.order.clone(),
        expires_at,
    }
}

pub(super) fn placement(
    book: &Arc<Book>,
    key: String,
    wanted: &Wanted,
    at: Instant,
) -> Result<Placement, Fault> {
    let lines = (1..).zip(&wanted.lines).map(|(n, line)| {
        let item = match (&line.sku, &line.bundle) {
            (Some(sku), None) => Item::Sku(Sku::from_stored(sku.as_str())),
            (None, Some(slug)) => Item::Bundle(slug.clone()),
            _ => return Err(Fault::new("a line of a seed names a sku or a bundle")),
        };
        Ok(BasketLine { key: format!("{n}"), item, qty: line.qty })
    });
    let basket =
        Basket { lines: lines.collect::<Result<_, Fault>>()?, codes: wanted.codes.clone() };
    let destination = Destination { country: wanted.country.clone(), rate: None };
    let buyer = Buyer::default();
    let quote = pricing::quote(book, &basket, &buyer, &destination, at);
    if quote.lines.len() != basket.lines.len() || quote.delivery.is_none() {
        return Err(Fault::new(format!(
            "{key} asks for something that is not sold here; these orders need the demo catalog \
             (after `init --starter minimal`: kiosk seed --set minimal)"
        )));
    }
    let email = crate::base::email_address::EmailAddress::parse(&wanted.email);
    Ok(Placement {
        cart: None,
        key,
        email: email.ok_or_else(|| Fault::new("a seed's e-mail address is wrong"))?,
        address: orders::Address {
            name: wanted.name.clone(),
            line1: wanted.line1.clone(),
            city: wanted.city.clone(),
            postcode: wanted.postcode.clone(),
            country: wanted.country.clone(),
            ..orders::Address::default()
        },
        note: wanted.note.clone(),
        asked: Asked { basket, buyer, destination, at },
        pictures: crate::cart::pictures(book, &quote),
        quote,
    })
}
