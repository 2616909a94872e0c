//! Watching over declines: who may begin a checkout, where it came from, and telling the merchant.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;

use super::breaker::{
    DECLINES_MAX, Decline, Origin, Stage, Verdict, WINDOW_S, Whose, is_worth_a_letter, judge,
    of_shop, worn_out,
};
use super::model::Refusal;
use super::store;
use crate::base::email_address::EmailAddress;
use crate::base::fault::Never;
use crate::base::ids::{CartId, OrderId};
use crate::base::{Failure, Fault, Instant};
use crate::payments::{self, Till};
use crate::platform::Kit;
use crate::platform::db::{Read, Tx};
use crate::platform::hooks;
use crate::platform::jobs::{Found, Job};
use crate::platform::mail::{Letter, enqueue};
use crate::platform::web::{Caller, Rate, neighbourhood};
use crate::pricing::Book;

/// Attempts while the breaker slows: two at once (a button is pressed twice), then one a minute.
const SLOWED: Rate = Rate::new(2, 120);
/// Card testing is over when nothing was seen of it for this long, seconds.
const QUIET_S: i64 = 1800;
/// How long it is known where a checkout came from, seconds: as long as its order can be paid.
const ORIGIN_S: i64 = 2 * 86_400;
/// Origins forgotten in one transaction.
const BATCH: u32 = 500;
/// Digits of the hash of an address.
const HASH_LENGTH: usize = 32;

/// Where a checkout comes from, in a form that can be kept.
pub(super) fn origin(kit: &Kit, place: IpAddr, email: &str, cart: Option<&CartId>) -> Origin {
    let hash = |what: &str, name: &str| {
        let token = kit.secret.token(what, name);
        token.as_str().chars().take(HASH_LENGTH).collect()
    };
    Origin {
        source: hash("origin of a checkout", &neighbourhood(place).to_string()),
        email: hash("e-mail of a checkout", email),
        cart: cart.map(|cart| cart.as_str().to_owned()).unwrap_or_default(),
    }
}

/// What was declined lately, newest first, and where it came from.
fn recent(read: &Read, now: Instant) -> Result<Vec<Decline>, Fault> {
    let listed = payments::list_declines(read, now.plus_s(-WINDOW_S), DECLINES_MAX)?;
    let with_origin = |(order, at): (OrderId, Instant)| {
        Ok(Decline { origin: store::find_origin(read, &order)?, order, at })
    };
    listed.into_iter().map(with_origin).collect()
}

fn paid_lately(read: &Read, now: Instant) -> Result<usize, Fault> {
    let paid = payments::count_paid(read, now.plus_s(-WINDOW_S))?;
    Ok(usize::try_from(paid).unwrap_or(0))
}

/// Lets a checkout begin, slowly or not at all.
///
/// # Errors
/// Refuses when too much was declined that came from the same cart or address, or from everywhere.
pub(super) fn admit(
    tx: &Tx,
    kit: &Kit,
    caller: &Origin,
    now: Instant,
) -> Result<(), Failure<Refusal>> {
    if !kit.settings.limits {
        return Ok(());
    }
    let declines = recent(tx, now)?;
    if declines.is_empty() {
        return Ok(());
    }
    for verdict in judge(&declines, paid_lately(tx, now)?, caller) {
        match verdict.stage {
            Stage::Calm => {}
            Stage::Slow => slow(kit, caller, &verdict, now)?,
            Stage::Paused => return Err(Failure::Refused(paused(&verdict, now))),
        }
    }
    Ok(())
}

fn slow(
    kit: &Kit,
    caller: &Origin,
    verdict: &Verdict,
    now: Instant,
) -> Result<(), Failure<Refusal>> {
    let whose: &[&String] = match verdict.whose {
        Whose::Cart => &[&caller.cart],
        Whose::Email => &[&caller.email],
        Whose::Address => &[&caller.source],
        Whose::Shop => &[&caller.source, &caller.email],
    };
    for name in whose {
        let caller = Caller::Named((*name).clone());
        let admitted = kit.limiter.check("checkout-slowed", caller, SLOWED, now);
        admitted.map_err(|e| Failure::Refused(Refusal::Slower(Box::new(e.problem()))))?;
    }
    Ok(())
}

fn paused(verdict: &Verdict, now: Instant) -> Refusal {
    let wait_ms = (verdict.until.0 - now.0).max(1);
    let wait_s = u32::try_from((wait_ms + 999) / 1000).unwrap_or(u32::MAX);
    Refusal::Paused { whose: verdict.whose, wait_s }
}

/// Keeps where a checkout came from, so that its declines count there.
pub(super) fn remember(
    tx: &Tx,
    kit: &Kit,
    order: &OrderId,
    origin: &Origin,
    now: Instant,
) -> Result<(), Fault> {
    if kit.settings.limits { store::set_origin(tx, order, origin, now) } else { Ok(()) }
}

/// The breaker in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Declines in the last ten minutes, 2,000 at most.
    pub declines: usize,
    /// What is asked of everybody.
    pub stage: Stage,
    /// Whether card testing goes on.
    pub is_tested: bool,
}

/// How the breaker stands.
///
/// # Errors
/// When the database fails.
pub fn watched(read: &Read, now: Instant) -> Result<Watched, Fault> {
    let declines = recent(read, now)?;
    let stage = of_shop(&declines, paid_lately(read, now)?).0;
    let is_tested = store::find_episode(read)?.is_some();
    Ok(Watched { declines: declines.len(), stage, is_tested })
}

/// The watchman, and forgetting where old checkouts came from.
#[must_use]
pub fn jobs(till: &Till) -> Vec<Job> {
    let (watching, kit) = (till.clone(), till.kit.clone());
    let forget = move || {
        let kit = kit.clone();
        async move {
            let before = kit.now().plus_s(-ORIGIN_S);
            let forgotten = kit.db.write(move |tx| {
                Ok::<_, Failure<Never>>(store::delete_origins(tx, before, BATCH)?)
            });
            Ok(if forgotten.await? == 0 { Found::Nothing } else { Found::Work })
        }
    };
    vec![
        Job::new("card-testing", Duration::from_secs(10), move || look(watching.clone())),
        Job::new("checkout-origins", Duration::from_hours(1), forget).unhurried(),
    ]
}

/// Tells the merchant when card testing begins, notes when it is over, and closes payment pages
/// that have seen too many cards.
async fn look(till: Till) -> Result<Found, Fault> {
    if !till.kit.settings.limits {
        return Ok(Found::Nothing);
    }
    let now = till.kit.now();
    let seen = till.kit.db.read(move |read| {
        let declines = recent(read, now)?;
        Ok::<_, Failure<Never>>((paid_lately(read, now)?, store::find_episode(read)?, declines))
    });
    let (paid, episode, declines) = seen.await?;
    let is_going_on = is_worth_a_letter(&declines, paid);
    if is_going_on || episode.as_ref().is_some_and(|e| now.0 - e.last_at.0 >= QUIET_S * 1000) {
        let (book, count) = (till.books.now(), declines.len());
        let noted = till
            .kit
            .db
            .write(move |tx| Ok::<_, Failure<Never>>(note(tx, &book, is_going_on, count, now)?));
        noted.await?;
    }
    for order in worn_out(&declines) {
        // Whoever paid or gave up meanwhile has nothing open; a provider that is down is asked
        // again at the next look.
        match payments::close(&till, &order, "card-testing").await {
            Ok(()) => {
                tracing::warn!(order = order.as_str(), "a payment page saw too many declines");
            }
            Err(Failure::Refused(_)) => {}
            Err(Failure::Fault(fault)) => return Err(fault),
        }
    }
    Ok(Found::Nothing)
}

/// One episode from its first sign until it was quiet for a while; one letter for each.
fn note(tx: &Tx, book: &Book, is_going_on: bool, count: usize, now: Instant) -> Result<(), Fault> {
    let declines = i64::try_from(count).unwrap_or(i64::MAX);
    match (store::find_episode(tx)?, is_going_on) {
        (Some(episode), true) => store::set_episode(tx, episode.id, declines, now),
        (Some(episode), false) => store::set_episode_ended(tx, episode.id, now),
        (None, false) => Ok(()),
        (None, true) => {
            let id = store::insert_episode(tx, declines, now)?;
            tracing::error!(declines, "cards are being tested; checkouts are slowed");
            let minutes = WINDOW_S / 60;
            let text = format!(
                "Somebody is trying out cards: {declines} payments were declined within {minutes} \
                 minutes."
            );
            hooks::alert(tx, format!("card_testing:{id}"), "", &text, now)?;
            let shop = &book.catalog.shop;
            let Some(recipient) = EmailAddress::parse(&shop.contact.email) else { return Ok(()) };
            let letter = Letter {
                dedup_key: format!("card_testing:{id}"),
                about: "",
                sender: &shop.email_from,
                recipient: &recipient,
                template: "card_testing",
                data: json!({ "declines": declines, "minutes": WINDOW_S / 60 }),
            };
            enqueue(tx, &letter, now)
        }
    }
}
