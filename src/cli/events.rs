//! `kiosk events`: what the payment provider told us, what became of it, and trying again.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Ended, LISTED_MAX, open};
use crate::base::fault::{Failure, Never};
use crate::base::ids::OrderId;
use crate::base::{Fault, Instant};
use crate::identity::{self, COMMAND_LINE};
use crate::orders;
use crate::payments::{self, EVENT_STATES, Stored, Wanted, span};
use crate::platform::Kit;
use crate::platform::config::Settings;
use crate::platform::db::Read;

/// Without a command: how the inbox is doing.
pub(super) type Options = super::Listing<Command>;

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists events, newest first.
    List {
        /// new, retry, dead, done or ignored.
        #[arg(long)]
        state: Option<String>,
        /// Such as checkout.session.completed.
        #[arg(long)]
        kind: Option<String>,
        /// Only those of the order with this number.
        #[arg(long, value_name = "NUMBER")]
        order: Option<String>,
        /// How many at most, up to 1,000.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Shows one event with its raw text. The text may name the buyer: do not pass it on.
    Show {
        /// The provider's name for it.
        id: String,
    },
    /// Leaves an event that was put aside as it is, once you have dealt with what it is about.
    Leave {
        /// The provider's name for it.
        id: String,
        /// Why nothing is to become of it; kept with the event.
        #[arg(long)]
        reason: String,
    },
    /// Tries events again that were put aside, or at once those that wait.
    Replay {
        /// The provider's names for them.
        #[arg(required_unless_present = "dead")]
        ids: Vec<String>,
        /// All that were put aside, 1,000 at a time.
        #[arg(long, conflicts_with = "ids")]
        dead: bool,
    },
}

/// Runs the command; it may run beside the shop.
///
/// # Errors
/// When there is no such event or order, or the database cannot be used.
pub(super) fn run(options: Options, settings: Settings) -> Result<Ended, Fault> {
    let (kit, json) = (open(settings)?, options.json);
    match options.command {
        None => health(&kit, json),
        Some(Command::List { state, kind, order, limit }) => {
            list(&kit, state, kind, order.as_deref(), limit.min(LISTED_MAX), json)
        }
        Some(Command::Show { id }) => show(&kit, &id, json),
        Some(Command::Leave { id, reason }) => leave(&kit, &id, reason.trim()),
        Some(Command::Replay { ids, dead }) => {
            let ids = if dead { None } else { Some(ids) };
            replay(&kit, ids, json)
        }
    }
}

fn reading<T>(kit: &Kit, work: impl FnOnce(&Read) -> Result<T, Fault>) -> Result<T, Fault> {
    Ok(kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(work(read)?))?)
}

fn health(kit: &Kit, as_json: bool) -> Result<Ended, Fault> {
    let now = kit.now();
    let health = reading(kit, |read| payments::health(read, now))?;
    let sentences = health.sentences(now);
    if as_json {
        let mut value = serde_json::to_value(&health)?;
        value["says"] = json!(sentences);
        say!("{value:#}");
        return Ok(Ended::Well);
    }
    for sentence in &sentences {
        say!("{sentence}");
    }
    say!();
    let oldest = if health.oldest_at.is_some() { span(health.lag_s) } else { "-".to_owned() };
    let last = health.last_applied_at.map_or("never".to_owned(), Instant::rfc3339);
    say!("In the last 24 hours");
    say!("  received by webhook {:>8}", health.received_24h);
    say!("  found by asking     {:>8}", health.found_24h);
    say!("  applied             {:>8}", health.applied_24h);
    say!("  ignored             {:>8}", health.ignored_24h);
    say!("Now");
    say!("  waiting             {:>8}", health.waiting);
    say!("  tried again         {:>8}", health.retrying);
    say!("  put aside (dead)    {:>8}", health.dead);
    say!("  oldest waits for    {oldest:>8}");
    say!("  last applied        {last}");
    Ok(Ended::Well)
}

/// The number people know an order by.
fn number_of(read: &Read, order: Option<&OrderId>) -> Result<Option<String>, Fault> {
    let found = order.map(|id| orders::get_order(read, id)).transpose()?.flatten();
    Ok(found.map(|order| order.number))
}

fn document(event: &Stored, number: Option<&String>) -> Result<Value, Fault> {
    let mut value = serde_json::to_value(event)?;
    value["order"] = json!(number);
    Ok(value)
}

fn list(
    kit: &Kit,
    state: Option<String>,
    kind: Option<String>,
    number: Option<&str>,
    limit: u32,
    as_json: bool,
) -> Result<Ended, Fault> {
    if let Some(state) = state.as_deref().filter(|state| !EVENT_STATES.contains(state)) {
        let known = EVENT_STATES.join(", ");
        return Err(Fault::new(format!("{state:?} is no state of an event; there are {known}")));
    }
    let found = reading(kit, |read| {
        let order = match number {
            None => None,
            Some(number) => match orders::find_by_number(read, number)? {
                Some(order) => Some(order.id),
                None => return Err(Fault::new(format!("there is no order {number}"))),
            },
        };
        let events = payments::list_events(read, &Wanted { state, kind, order, limit })?;
        events.into_iter().map(|e| Ok((number_of(read, e.order.as_ref())?, e))).collect()
    });
    let found: Vec<(Option<String>, Stored)> = found?;
    if as_json {
        let listed = found.iter().map(|(number, event)| document(event, number.as_ref()));
        say!("{:#}", Value::Array(listed.collect::<Result<_, Fault>>()?));
        return Ok(Ended::Well);
    }
    if found.is_empty() {
        say!("There are no such events.");
    }
    let now = kit.now();
    for (number, event) in &found {
        let number = number.as_deref().unwrap_or("-");
        let (at, state, kind) = (event.received_at.rfc3339(), &event.state, &event.kind);
        say!("{at:<24}  {state:<7}  {number:<10}  {kind:<40}  {}", event.id);
        if let Some(why) = why(event, now) {
            say!("    {why}");
        }
    }
    Ok(Ended::Well)
}

/// Why an event has not taken effect, and what happens next.
fn why(event: &Stored, now: Instant) -> Option<String> {
    let why = event.why.as_deref().unwrap_or("not looked at yet");
    let tries = match event.attempts {
        1 => "1 try".to_owned(),
        many => format!("{many} tries"),
    };
    match event.next_at {
        Some(at) if at > now => {
            let next = span((at.0 - now.0) / 1000);
            Some(format!("{why}; {tries}, the next in {next}"))
        }
        Some(_) => Some(format!("{why}; {tries}, the next at once")),
        None if event.state == "dead" => Some(format!("{why}; given up after {tries}")),
        None => None,
    }
}

fn show(kit: &Kit, id: &str, as_json: bool) -> Result<Ended, Fault> {
    let found = reading(kit, |read| {
        let events = payments::find_events(read, id)?.into_iter();
        events.map(|(e, raw)| Ok((number_of(read, e.order.as_ref())?, e, raw))).collect()
    });
    let found: Vec<(Option<String>, Stored, String)> = found?;
    if found.is_empty() {
        return Err(unknown(id));
    }
    let now = kit.now();
    for (number, event, raw) in &found {
        let payload: Value = serde_json::from_str(raw).unwrap_or_else(|_| json!(raw));
        if as_json {
            let mut value = document(event, number.as_ref())?;
            value["payload"] = if raw.is_empty() { Value::Null } else { payload };
            say!("{value:#}");
            continue;
        }
        say!("{} {}, {}", event.kind, event.id, event.state);
        say!("  order       {}", number.as_deref().unwrap_or("-"));
        say!("  about       {}", if event.object.is_empty() { "-" } else { &event.object });
        say!("  came        {} by {}", event.received_at.rfc3339(), event.source);
        say!("  came again  {} times", event.duplicates);
        if let Some(at) = event.applied_at {
            say!("  applied     {}", at.rfc3339());
        }
        if let Some(why) = why(event, now) {
            say!("  waits       {why}");
        }
        if raw.is_empty() {
            say!("\nIts raw text was forgotten after 90 days.");
        } else {
            say!("\n{payload:#}");
        }
    }
    Ok(Ended::Well)
}

fn unknown(id: &str) -> Fault {
    Fault::new(format!("there is no event {id}; `kiosk events list` shows their names"))
}

fn leave(kit: &Kit, id: &str, reason: &str) -> Result<Ended, Fault> {
    if reason.is_empty() {
        return Err(Fault::new("say why with --reason; it is kept with the event"));
    }
    let found = reading(kit, |read| payments::find_events(read, id))?;
    if found.is_empty() {
        return Err(unknown(id));
    }
    let (now, why) = (kit.now(), reason.to_owned());
    let left = kit.db.write_blocking(move |tx| {
        let mut any = false;
        for (event, _) in &found {
            if payments::leave_event(tx, event, &format!("{why} ({COMMAND_LINE})"))? {
                let before = json!({ "state": event.state, "why": event.why });
                let after = json!({ "state": "ignored", "why": why });
                let about = ("event", event.id.as_str());
                identity::note_typed(tx, "event.leave", about, (&before, &after), now)?;
                any = true;
            }
        }
        Ok::<_, Failure<Never>>(any)
    });
    if left? {
        say!("{id} is left as it is; nobody is reminded of it any more.");
        return Ok(Ended::Well);
    }
    Err(Fault::new(format!("{id} is not put aside; `kiosk events show {id}` tells more")))
}

/// Lets events be tried again: those named, or all that were put aside. The running shop applies
/// them within a second, each exactly once.
fn replay(kit: &Kit, ids: Option<Vec<String>>, as_json: bool) -> Result<Ended, Fault> {
    let (mut again, mut refused) = (Vec::new(), Vec::new());
    match ids {
        Some(ids) => {
            // Looked up before any is tried: one wrong name, and nothing is done.
            let mut all = Vec::new();
            for id in ids {
                let found = reading(kit, |read| payments::find_events(read, &id))?;
                if found.is_empty() {
                    return Err(unknown(&id));
                }
                all.extend(found.into_iter().map(|f| f.0));
            }
            replay_these(kit, all, &mut again, &mut refused)?;
        }
        None => {
            let state = Some("dead".to_owned());
            let wanted = Wanted { state, limit: LISTED_MAX, ..Wanted::default() };
            let dead = reading(kit, |read| payments::list_events(read, &wanted))?;
            replay_these(kit, dead, &mut again, &mut refused)?;
        }
    }
    if as_json {
        let names = |events: &[Stored]| events.iter().map(|e| e.id.clone()).collect::<Vec<_>>();
        say!("{:#}", json!({ "replayed": names(&again), "refused": names(&refused) }));
    } else {
        for event in &again {
            say!("{} is tried again at once", event.id);
        }
        for event in &refused {
            match event.applied_at {
                Some(at) => say!("{} took effect at {}", event.id, at.rfc3339()),
                None => say!(
                    "{} is of a kind that does nothing here, or of the other mode, test or live",
                    event.id
                ),
            }
        }
        if again.is_empty() && refused.is_empty() {
            say!("No event is put aside.");
        }
    }
    Ok(if refused.is_empty() { Ended::Well } else { Ended::WithMistakes })
}

fn replay_these(
    kit: &Kit,
    events: Vec<Stored>,
    again: &mut Vec<Stored>,
    refused: &mut Vec<Stored>,
) -> Result<(), Fault> {
    let now = kit.now();
    let done: Vec<(bool, Stored)> = kit.db.write_blocking(move |tx| {
        let tried = events.into_iter().map(|event| {
            let is_again = payments::replay(tx, &event, now)?;
            if is_again {
                let before = json!({ "state": event.state, "why": event.why });
                let (about, after) = (("event", event.id.as_str()), json!({ "state": "retry" }));
                identity::note_typed(tx, "event.replay", about, (&before, &after), now)?;
            }
            Ok((is_again, event))
        });
        Ok::<_, Failure<Never>>(tried.collect::<Result<Vec<_>, Fault>>()?)
    })?;
    for (is_again, event) in done {
        if is_again { again.push(event) } else { refused.push(event) }
    }
    Ok(())
}
