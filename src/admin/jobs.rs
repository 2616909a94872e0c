//! Looking at the machinery the way the front page does, and telling the merchant when something is
//! wrong with it: by letter, and to programs that hear of alerts.

use std::time::Duration;

use serde_json::json;

use super::alarm::{Told, Trouble, is_mended, is_news, troubles, unknown};
use super::home::machinery;
use super::store;
use crate::base::email_address::EmailAddress;
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant};
use crate::catalog::Shop;
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::hooks;
use crate::platform::jobs::{Found, Job};
use crate::platform::mail::{Letter, enqueue};
use crate::pricing::Books;

/// Between two looks.
const EVERY: Duration = Duration::from_mins(1);

/// Jobs of the room, in a shop that was opened at this moment.
#[must_use]
pub fn jobs(kit: &Kit, books: &Books, opened: Instant) -> Vec<Job> {
    let (kit, books) = (kit.clone(), books.clone());
    let look = move || look(kit.clone(), books.clone(), opened);
    vec![Job::new("alarms", EVERY, look).unhurried()]
}

async fn look(kit: Kit, books: Books, opened: Instant) -> Result<Found, Fault> {
    let (now, inner) = (kit.now(), kit.clone());
    let read = kit.db.read(move |read| {
        let seen = machinery(read, &inner, Vec::new(), now)?;
        let unknown = unknown(&seen, opened, now);
        let mut there = troubles(&seen, now);
        there.retain(|trouble| !unknown.contains(&trouble.cause));
        Ok::<_, Failure<Never>>((there, unknown, store::list_alarms(read)?))
    });
    let (there, unknown, told) = read.await?;
    if there.is_empty() && told.is_empty() {
        return Ok(Found::Nothing);
    }
    let book = books.now();
    let write = move |tx: &Tx| {
        Ok::<_, Failure<Never>>(note(tx, &book.catalog.shop, &there, &unknown, now)?)
    };
    kit.db.write(write).await?;
    Ok(Found::Nothing)
}

/// Tells what is new, keeps what is known, forgets what is mended.
fn note(
    tx: &Tx,
    shop: &Shop,
    there: &[Trouble],
    unknown: &[&str],
    now: Instant,
) -> Result<(), Fault> {
    let known = store::list_alarms(tx)?;
    for told in &known {
        if !unknown.contains(&told.cause.as_str()) && is_mended(told, there, now) {
            store::delete_alarm(tx, &told.cause)?;
        }
    }
    for trouble in there {
        let told = known.iter().find(|told| told.cause == trouble.cause);
        let is_news = is_news(told, trouble, now);
        if is_news {
            tell(tx, shop, trouble, now)?;
        }
        let before = told.filter(|_| !is_news);
        let kept = Told {
            cause: trouble.cause.to_owned(),
            count: before.map_or(trouble.count, |told| told.count.min(trouble.count)),
            told_at: before.map_or(now, |told| told.told_at),
            seen_at: now,
        };
        store::set_alarm(tx, &kept)?;
    }
    Ok(())
}

fn tell(tx: &Tx, shop: &Shop, trouble: &Trouble, now: Instant) -> Result<(), Fault> {
    let Trouble { cause, text, href, .. } = trouble;
    tracing::error!(cause, text, "the merchant is told");
    // The same cause is told again only after a later look.
    let dedup_key = format!("alarm:{cause}:{}", now.0);
    hooks::alert(tx, dedup_key.clone(), "", text, now)?;
    let Some(recipient) = EmailAddress::parse(&shop.contact.email) else { return Ok(()) };
    let letter = Letter {
        dedup_key,
        about: "",
        sender: &shop.email_from,
        recipient: &recipient,
        template: "staff_alert",
        data: json!({ "cause": cause, "why": text, "page": href }),
    };
    enqueue(tx, &letter, now)
}
