//! Taking a day's statement: every night by itself, and by hand.

use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::provider::{NO_AMOUNT, PaymentOutcome, Received, Trouble};
use super::statement::{Ours, Statement, compare, summary};
use super::store_statement::{self, Noted};
use super::{Session, session};
use super::{Till, catching_up};
use crate::base::email_address::EmailAddress;
use crate::base::fault::{Failure, Never};
use crate::base::ids::OrderId;
use crate::base::{Fault, Instant};
use crate::orders;
use crate::platform::db::Read;
use crate::platform::hooks;
use crate::platform::jobs::{Found, Job};
use crate::platform::mail::{Letter, enqueue};
use crate::pricing::Book;

/// A day is compared when it has been over for this long, seconds: what was paid in its last minute
/// has arrived by then.
const SETTLED_S: i64 = 3600;
/// Days a shop that was away catches up on.
const DAYS_BACK: i64 = 7;
/// Pause before a provider that did not answer is asked again.
const AGAIN: Duration = Duration::from_mins(10);
/// How long the provider may take to list a day.
const PATIENCE: Duration = Duration::from_mins(2);
/// Payments asked for one by one, because the provider counts them to another day.
const ASKED_MAX: usize = 200;

/// The nightly comparison.
#[must_use]
pub(super) fn job(till: &Till) -> Job {
    let till = till.clone();
    Job::new("statement", AGAIN, move || compare_next(till.clone())).unhurried()
}

/// The day before the present one, in the shop's time zone.
///
/// # Errors
/// At the end of time.
pub fn yesterday(book: &Book, now: Instant) -> Result<Date, Fault> {
    Ok(now.in_zone(&zone_of(book)).date().yesterday()?)
}

fn zone_of(book: &Book) -> TimeZone {
    TimeZone::get(&book.catalog.shop.timezone).unwrap_or(TimeZone::UTC)
}

/// When a day begins and when it is over.
fn bounds(book: &Book, day: Date) -> Result<(Instant, Instant), Fault> {
    let zone = zone_of(book);
    let begins = |day: Date| Ok::<_, Fault>(day.to_zoned(zone.clone())?.timestamp().into());
    Ok((begins(day)?, begins(day.tomorrow()?)?))
}

/// The next day to compare: the one after the newest compared, a week back at most.
fn next_day(book: &Book, last: Option<Date>, now: Instant) -> Result<Option<Date>, Fault> {
    let newest = yesterday(book, now.plus_s(-SETTLED_S))?;
    let oldest = newest.checked_sub((DAYS_BACK - 1).days())?;
    let next = match last {
        None => newest,
        Some(last) => last.tomorrow()?.max(oldest),
    };
    Ok((next <= newest).then_some(next))
}

async fn compare_next(till: Till) -> Result<Found, Fault> {
    let last = till.kit.db.read(|read| Ok::<_, Failure<Never>>(store_statement::last_day(read)?));
    let last: Option<Date> = last.await?.map(|day| day.parse()).transpose()?;
    let (book, now) = (till.books.now(), till.kit.now());
    let Some(day) = next_day(&book, last, now)? else { return Ok(Found::Nothing) };
    let statement = match caught_up(&till, day).await? {
        Ok(statement) => statement,
        Err(trouble) => {
            tracing::warn!(day = %day, %trouble, "the day's statement waits for the provider");
            return Ok(Found::Nothing);
        }
    };
    if !statement.differences.is_empty() {
        let differences = statement.differences.len();
        tracing::error!(day = %day, differences, "the provider's books differ from ours");
    }
    keep(&till, statement, By::Night).await?;
    Ok(Found::Work)
}

/// Compares a day's payments when a person asks for it, and takes over what no event told, as every
/// night does. That night comes all the same: what is looked at by hand is never left out of it.
///
/// # Errors
/// When the day has not begun, or the database fails. That the provider does not answer is no fault
/// of ours.
pub async fn reckon(till: &Till, day: Date) -> Result<Result<Statement, Trouble>, Fault> {
    if bounds(&till.books.now(), day)?.0 > till.kit.now() {
        return Err(Fault::new(format!("{day} has not begun; nothing was compared")));
    }
    let statement = match caught_up(till, day).await? {
        Ok(statement) => statement,
        Err(trouble) => return Ok(Err(trouble)),
    };
    keep(till, statement.clone(), By::Hand).await?;
    Ok(Ok(statement))
}

/// A day's payments compared, once what no event told has been taken over.
async fn caught_up(till: &Till, day: Date) -> Result<Result<Statement, Trouble>, Fault> {
    let first = match take(till, day).await? {
        Ok(first) => first,
        Err(trouble) => return Ok(Err(trouble)),
    };
    if catching_up::take_over(till, &first.differences).await?
        && let Ok(after) = take(till, day).await?
    {
        return Ok(Ok(after));
    }
    Ok(Ok(first))
}

/// Who wanted a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// Every night's own; the merchant is told what differs.
    Night,
    /// A person who reads it themselves.
    Hand,
}

/// Keeps a statement; tells the merchant when nobody is there to read it and something differs.
async fn keep(till: &Till, statement: Statement, by: By) -> Result<(), Fault> {
    let (book, tell) = (till.books.now(), by == By::Night);
    let written = till.kit.db.write(move |tx| {
        store_statement::set_statement(tx, &statement, by == By::Hand)?;
        let shop = &book.catalog.shop;
        let recipient = EmailAddress::parse(&shop.contact.email);
        if tell && !statement.differences.is_empty() {
            let (day, key) = (&statement.day, format!("statement:{}", statement.day));
            let text = format!("The payment provider's books of {day} differ from the shop's.");
            hooks::alert(tx, key, "", &text, statement.taken_at)?;
        }
        if let Some(recipient) = recipient.filter(|_| tell && !statement.differences.is_empty()) {
            let said = summary(&statement.differences);
            let letter = Letter {
                dedup_key: format!("statement:{}", statement.day),
                about: "",
                sender: &shop.email_from,
                recipient: &recipient,
                template: "statement",
                data: json!({
                    "day": statement.day, "theirs": statement.theirs, "ours": statement.ours,
                    "differences": said,
                }),
            };
            enqueue(tx, &letter, statement.taken_at)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

/// Compares a day's payments; nothing is written.
///
/// # Errors
/// When the database fails. That the provider does not answer is no fault of ours.
pub async fn take(till: &Till, day: Date) -> Result<Result<Statement, Trouble>, Fault> {
    let (from, until) = bounds(&till.books.now(), day)?;
    let provider = till.provider.name();
    let late = || Trouble::Unreachable("it took too long to list its payments".to_owned());
    let listed = tokio::time::timeout(PATIENCE, till.provider.received(from, until)).await;
    let listed = match listed.unwrap_or_else(|_| Err(late())) {
        Ok(listed) => listed,
        Err(trouble) => return Ok(Err(trouble)),
    };
    let noted = till
        .kit
        .db
        .read(move |read| Ok::<_, Failure<Never>>(our_side(read, provider, listed, from, until)?));
    let OurSide { theirs, ours, count } = noted.await?;
    let seen = match elsewhere(till, &theirs, &ours).await {
        Ok(seen) => seen,
        Err(trouble) => return Ok(Err(trouble)),
    };
    Ok(Ok(Statement {
        day: day.to_string(),
        from,
        until,
        taken_at: till.kit.now(),
        provider: provider.to_owned(),
        theirs: theirs.len(),
        ours: count,
        differences: compare(&theirs, &ours, &seen),
    }))
}

struct OurSide {
    /// What the provider listed, with the numbers of orders of ours.
    theirs: Vec<(Received, Option<String>)>,
    /// What we noted that day, and what we know of those listed.
    ours: Vec<Ours>,
    /// How many of them we noted that day.
    count: usize,
}

fn our_side(
    read: &Read,
    provider: &str,
    listed: Vec<Received>,
    from: Instant,
    until: Instant,
) -> Result<OurSide, Fault> {
    let number =
        |id: &OrderId| Ok::<_, Fault>(orders::get_order(read, id)?.map(|order| order.number));
    let named = |noted: Noted| {
        let known = number(&noted.order)?.unwrap_or_default();
        Ok::<_, Fault>(Ours { number: known, ..noted.ours })
    };
    let noted = store_statement::list_noted(read, provider, from, until)?;
    let mut ours = noted.into_iter().map(named).collect::<Result<Vec<_>, _>>()?;
    let count = ours.len();
    let mut theirs = Vec::with_capacity(listed.len());
    for their in listed {
        if !ours.iter().any(|our| our.payment_id == their.payment_id)
            && let Some(noted) = store_statement::find_noted(read, provider, &their.payment_id)?
        {
            ours.push(named(noted)?);
        }
        let order = their.order.clone().map(OrderId::from_stored);
        let known = order.map(|id| number(&id)).transpose()?.flatten();
        theirs.push((their, known));
    }
    Ok(OurSide { theirs, ours, count })
}

/// Payments of ours that the provider did not list: each is asked for by its session, for the
/// provider may count it to the day before or after.
async fn elsewhere(
    till: &Till,
    theirs: &[(Received, Option<String>)],
    ours: &[Ours],
) -> Result<Vec<Received>, Trouble> {
    let is_listed = |our: &&Ours| theirs.iter().any(|t| t.0.payment_id == our.payment_id);
    let mut seen = Vec::new();
    for our in ours.iter().filter(|our| !is_listed(our)).take(ASKED_MAX) {
        let Some(id) = &our.session else { continue };
        match session::find(till, id).await {
            Ok(session) => seen.extend(received_in(session, our)),
            Err(Trouble::Refused(_)) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(seen)
}

/// What a paid session says of its payment. It does not tell what went back, so that stays as we
/// have it.
fn received_in(session: Session, our: &Ours) -> Option<Received> {
    let payment_id = session.payment_id.filter(|id| *id == our.payment_id)?;
    let is_paid = session.outcome == PaymentOutcome::Paid && session.amount_minor != NO_AMOUNT;
    is_paid.then_some(Received {
        payment_id,
        order: Some(session.order),
        amount_minor: session.amount_minor,
        refunded_minor: our.refunded_minor,
        currency: session.currency,
        at: session.expires_at,
    })
}
