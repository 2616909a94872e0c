//! `/admin/health`: the provider's events, backups, background work, disk and database; trying
//! events again, and asking for a backup.

use poem::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant, Problem, Refusal as _, refuse};
use crate::identity::{self, Desk, Right, Staff, Visit, see_other};
use crate::platform::backup;
use crate::platform::db::{Read, Tx, free_bytes};
use crate::platform::hooks;
use crate::platform::jobs::Diary;
use crate::platform::mail;
use crate::platform::telemetry;
use crate::platform::web::{Error, read_form, read_query};
use crate::{orders, payments};

/// Events listed of each state that needs a look.
const LISTED: u32 = 20;
/// Most events tried again at once.
const REPLAYED_MAX: u32 = 1000;

pub(super) fn desk(diary: &Diary) -> Desk {
    let diary = diary.clone();
    Desk::new()
        .section("health", "Health", "/admin/health", Right::SeeHealth)
        .get("/admin/health", Right::SeeHealth, move |visit| show(visit, diary.clone()))
        .post("/admin/health/replay", Right::Operate, replay)
        .post("/admin/health/leave", Right::Operate, leave)
        .post("/admin/health/backup", Right::Operate, back_up)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    replayed: Option<u32>,
    left: Option<u32>,
    backup: Option<String>,
}

/// An event with the number of its order.
fn view(read: &Read, event: &payments::Stored) -> Result<Value, Fault> {
    let number = event.order.as_ref().map(|id| orders::get_number(read, id)).transpose()?;
    let mut view = serde_json::to_value(event)?;
    view["order"] = json!(number.flatten());
    Ok(view)
}

fn listed(read: &Read, state: &str) -> Result<Vec<Value>, Fault> {
    let state = Some(state.to_owned());
    let wanted = payments::Wanted { state, limit: LISTED, ..payments::Wanted::default() };
    let events = payments::list_events(read, &wanted)?;
    events.iter().map(|event| view(read, event)).collect()
}

async fn show(visit: Visit, diary: Diary) -> Result<Response, Error> {
    let shown: Shown = read_query(&visit.request).unwrap_or_default();
    let now = visit.kit.now();
    let read = visit.kit.db.read(move |read| {
        let health = payments::health(read, now)?;
        let (dead, retrying) = (listed(read, "dead")?, listed(read, "retry")?);
        let unsent = mail::unsent(read)?;
        let mails = json!({ "waiting": unsent.waiting, "oldest_at": unsent.oldest_at,
                            "dead": unsent.dead });
        let calls = hooks::unsent(read)?;
        let beside = json!({
            "mails": mails, "calls": { "waiting": calls.waiting, "dead": calls.dead },
            "errors": telemetry::count_unseen(read)?, "backup": backup::standing(read)?,
        });
        Ok::<_, Failure<Never>>((health, dead, retrying, beside))
    });
    let (health, dead, retrying, beside) = read.await?;
    let kit = &visit.kit;
    let ends_in_s = kit.certificate.seen().and_then(|seen| seen.ends_in_s(now));
    let mut context = json!({
        "now": now, "replayed": shown.replayed, "left": shown.left,
        "is_asked": shown.backup.is_some(),
        "certificate": kit.certificate.seen(), "ends_in_s": ends_in_s,
        "public_url": kit.settings.public_url,
        "backups_kept": kit.settings.backups,
        "events": health, "sentences": health.sentences(now),
        "lag": payments::span(health.lag_s), "dead": dead, "retrying": retrying,
        "jobs": diary.entries(), "writer": kit.db.figures(),
        "database_bytes": kit.db.size_bytes(), "free_bytes": free_bytes(&kit.settings.data_dir),
        "version": telemetry::build(), "provider": kit.settings.provider.name.to_string(),
        "webhook_address": format!("{}/webhooks/stripe", kit.settings.public_url),
    });
    if let (Some(context), Value::Object(beside)) = (context.as_object_mut(), beside) {
        context.extend(beside);
    }
    visit.page("admin/health.html", "health", context)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replay {
    /// The provider's name for one event; all that were put aside when absent.
    id: Option<String>,
}

/// Why nothing is tried again.
#[derive(Debug)]
enum Refusal {
    /// No such event.
    Unknown,
    /// It took effect already, or is about nothing of ours.
    Done,
    /// It is tried again, took effect, or was left before.
    NotAside,
    /// Somebody must say why.
    NoReason,
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown => {
                let detail = "No event has this name.";
                Problem::new(404, "unknown-event", "No such event", detail)
            }
            Self::Done => Problem::new(
                409,
                "event-applied",
                "Nothing to try again",
                "The event took effect already, or is about nothing of this shop.",
            )
            .hint("What took effect is never undone, so it cannot take effect twice."),
            Self::NotAside => {
                let detail = "The event is tried again, took effect, or was left before.";
                Problem::new(409, "event-not-aside", "It is not put aside", detail)
                    .hint("Load the page again to see how it stands.")
            }
            Self::NoReason => {
                let detail = "An event is left as it is for a reason, and the reason is kept.";
                Problem::new(422, "event-reason", "Say why", detail)
                    .hint(format!("Write a few words, {REASON_MAX} characters at most."))
            }
        }
    }
}

async fn replay(mut visit: Visit) -> Result<Response, Error> {
    let form: Replay = read_form(&mut visit.request).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let again = visit.kit.db.write(move |tx| try_again(tx, form.id.as_deref(), &staff, now));
    let count = again.await?;
    visit.kit.bell.ring();
    Ok(see_other(&format!("/admin/health?replayed={count}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaving {
    /// The provider's name for the event.
    id: String,
    /// Why nothing is to become of it.
    reason: String,
}

/// Longest reason, in characters.
const REASON_MAX: usize = 200;

/// A person has dealt with what an event was about; nobody is reminded of it any more.
async fn leave(mut visit: Visit) -> Result<Response, Error> {
    let form: Leaving = read_form(&mut visit.request).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let reason = form.reason.trim().to_owned();
    if !(1..=REASON_MAX).contains(&reason.chars().count()) || reason.chars().any(char::is_control) {
        return Err(Refusal::NoReason.problem().into());
    }
    let left = visit.kit.db.write(move |tx| {
        let events = payments::find_events(tx, &form.id)?;
        if events.is_empty() {
            return refuse(Refusal::Unknown);
        }
        let mut any = false;
        for (event, _) in &events {
            if payments::leave_event(tx, event, &format!("{reason} ({})", staff.actor()))? {
                let before = json!({ "state": event.state, "why": event.why });
                let after = json!({ "state": "ignored", "why": reason });
                let about = ("event", event.id.as_str());
                identity::note(tx, &staff, "event.leave", about, (&before, &after), now)?;
                any = true;
            }
        }
        if any { Ok(()) } else { refuse(Refusal::NotAside) }
    });
    left.await?;
    Ok(see_other("/admin/health?left=1"))
}

/// The job makes it: a request is over before a large shop is packed.
async fn back_up(visit: Visit) -> Result<Response, Error> {
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let ask = move |tx: &Tx| {
        let newest = backup::standing(tx)?.made.map(|made| made.at);
        if backup::want(tx, now)? {
            let (before, after) = (json!({ "newest": newest }), json!({ "wanted_at": now }));
            let about = ("backup", "shop");
            identity::note(tx, &staff, "backup.ask", about, (&before, &after), now)?;
        }
        Ok::<_, Failure<Never>>(())
    };
    visit.kit.db.write(ask).await?;
    visit.kit.bell.ring();
    Ok(see_other("/admin/health?backup=asked#backup"))
}

/// Lets events be tried at once: the same as `kiosk events replay`.
fn try_again(
    tx: &Tx,
    id: Option<&str>,
    staff: &Staff,
    now: Instant,
) -> Result<usize, Failure<Refusal>> {
    let events = match id {
        Some(id) => payments::find_events(tx, id)?.into_iter().map(|(event, _)| event).collect(),
        None => {
            let state = Some("dead".to_owned());
            let wanted =
                payments::Wanted { state, limit: REPLAYED_MAX, ..payments::Wanted::default() };
            payments::list_events(tx, &wanted)?
        }
    };
    if events.is_empty() && id.is_some() {
        return refuse(Refusal::Unknown);
    }
    let mut again = 0;
    for event in &events {
        if payments::replay(tx, event, now)? {
            let before = json!({ "state": event.state, "why": event.why });
            let after = json!({ "state": "retry" });
            let about = ("event", event.id.as_str());
            identity::note(tx, staff, "event.replay", about, (&before, &after), now)?;
            again += 1;
        }
    }
    if again == 0 && id.is_some() {
        return refuse(Refusal::Done);
    }
    Ok(again)
}
