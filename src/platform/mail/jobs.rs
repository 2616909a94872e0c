//! Sending: one letter at a time, so that a crash can repeat one letter at most.

use std::time::Duration;

use serde_json::Value;

use super::store::{self, Posted};
use super::transport::{Rendered, Transport};
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::jobs::backoff::{LETTERS, Verdict};
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
    let sent = match render(&kit, &letter) {
        Ok(rendered) => transport.send(rendered.borrow(&letter)).await,
        Err(fault) => Err(fault),
    };
    let id = letter.id;
    let verdict = LETTERS.after(letter.attempts + 1, now, kit.random.bytes::<1>()[0]);
    if let Err(fault) = &sent {
        tracing::warn!(letter = id, template = letter.template, %fault, "a letter was not sent");
    }
    let written = kit.db.write(move |tx| {
        match (sent, verdict) {
            (Ok(answer), _) => store::set_sent(tx, id, &answer, now)?,
            (Err(fault), Verdict::Again(at)) => store::set_again(tx, id, &fault.to_string(), at)?,
            (Err(fault), Verdict::Dead) => store::set_dead(tx, id, &fault.to_string())?,
        }
        Ok::<_, Failure<Never>>(())
    });
    written.await?;
    Ok(Found::Work)
}

struct Letterhead {
    subject: String,
    text: String,
    html: String,
}

impl Letterhead {
    fn borrow<'a>(&'a self, letter: &'a Posted) -> Rendered<'a> {
        Rendered {
            dedup_key: &letter.dedup_key,
            sender: &letter.sender,
            recipient: &letter.recipient,
            subject: &self.subject,
            text: self.text.clone(),
            html: self.html.clone(),
        }
    }
}

fn render(kit: &Kit, letter: &Posted) -> Result<Letterhead, Fault> {
    let data: Value = serde_json::from_str(&letter.data)?;
    let part = |file: &str| kit.render.page(&format!("mail/{}/{file}", letter.template), &data);
    // A subject is one header line: whatever white space the template left becomes single spaces.
    let subject = part("subject.txt")?.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Letterhead { subject, text: part("body.txt")?, html: part("body.html")? })
}
