//! Sending: one letter at a time, so that a crash can repeat one letter at most.

use std::time::Duration;

use serde_json::Value;

use super::again::TRIAL;
use super::draw::{Drawn, draw};
use super::store::{self, Posted};
use super::transport::{Transport, cut, is_refused};
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::hooks;
use crate::platform::jobs::backoff::{LETTERS, REFUSED_LETTERS, Verdict};
use crate::platform::jobs::{Found, Job};

/// How long a letter is kept after it was sent, seconds. What caused it does not come again.
const KEPT_S: i64 = 90 * 86_400;
/// Letters forgotten in one transaction.
const BATCH: u32 = 500;

/// The postman, and forgetting old letters.
#[must_use]
pub fn jobs(kit: &Kit, transport: &Transport) -> Vec<Job> {
    let (old, kit, transport) = (kit.clone(), kit.clone(), transport.clone());
    vec![
        Job::new("letters", Duration::from_secs(5), move || {
            send_next(kit.clone(), transport.clone())
        }),
        Job::new("old-letters", Duration::from_hours(1), move || forget(old.clone())).unhurried(),
    ]
}

async fn forget(kit: Kit) -> Result<Found, Fault> {
    let before = kit.now().plus_s(-KEPT_S);
    let forgotten =
        kit.db.write(move |tx| Ok::<_, Failure<Never>>(store::delete_sent(tx, before, BATCH)?));
    Ok(if forgotten.await? == 0 { Found::Nothing } else { Found::Work })
}

async fn send_next(kit: Kit, transport: Transport) -> Result<Found, Fault> {
    let now = kit.now();
    let due = kit.db.read(move |r| Ok::<_, Failure<Never>>(store::find_due(r, now)?)).await;
    let Some(letter) = due? else { return Ok(Found::Nothing) };
    let sent = match drawn(&kit, &letter) {
        Ok(drawn) => transport.send(&letter, drawn, now).await,
        Err(fault) => Err(fault),
    };
    let id = letter.id;
    let patience = match &sent {
        Err(fault) if is_refused(fault) => REFUSED_LETTERS,
        _ => LETTERS,
    };
    let verdict = patience.after(letter.attempts + 1, now, kit.random.bytes::<1>()[0]);
    if let Err(fault) = &sent {
        tracing::warn!(letter = id, template = letter.template, %fault, "a letter was not sent");
    }
    let template = letter.template;
    let written = kit.db.write(move |tx| {
        match (sent, verdict) {
            (Ok(answer), _) => store::set_sent(tx, id, &answer, now)?,
            (Err(fault), Verdict::Again(at)) => {
                store::set_again(tx, id, &cut(&fault.to_string()), at, now)?;
            }
            (Err(fault), Verdict::Dead) => {
                store::set_dead(tx, id, &cut(&fault.to_string()), now)?;
                // A letter cannot tell of letters; and an address is nobody else's business.
                let text = format!(
                    "A letter ({template}) could not be sent and was given up; `kiosk letters \
                     show {id}` says why."
                );
                hooks::alert(tx, format!("letter:{id}:dead"), "", &text, now)?;
            }
        }
        Ok::<_, Failure<Never>>(())
    });
    written.await?;
    Ok(Found::Work)
}

fn drawn(kit: &Kit, letter: &Posted) -> Result<Drawn, Fault> {
    let data: Value = serde_json::from_str(&letter.data)?;
    let mut drawn = draw(&kit.render, &letter.template, &data)?;
    if letter.reason == TRIAL {
        drawn.subject = format!("{} {}", kit.render.word("mail.trial"), drawn.subject);
        // Whoever tries a letter out decides nothing for its buyer.
        drawn.decline_url = None;
    }
    Ok(drawn)
}
