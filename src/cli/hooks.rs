//! `kiosk hooks`: who hears of orders, what they were told, and telling again.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Ended, LISTED_MAX, open};
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant};
use crate::identity;
use crate::platform::Kit;
use crate::platform::config::Settings;
use crate::platform::hooks::{self, Kind, News, Wanted};

/// Without a command: how each endpoint is doing.
pub(super) type Options = super::Listing<Command>;

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists what was told, newest first.
    List {
        /// waiting, sent or dead.
        #[arg(long, default_value = "")]
        state: String,
        /// Only to this endpoint.
        #[arg(long, default_value = "")]
        endpoint: String,
        /// How many at most, up to 1,000.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Tells again, at once.
    Replay {
        /// Numbers of the list.
        #[arg(required_unless_present = "dead")]
        ids: Vec<i64>,
        /// Everything that was given up, 1,000 at a time.
        #[arg(long, conflicts_with = "ids")]
        dead: bool,
    },
    /// Writes an alert, to see that it arrives everywhere.
    Test,
}

/// Runs the command; it may run beside the shop.
///
/// # Errors
/// When the database cannot be used.
pub(super) fn run(options: Options, settings: Settings) -> Result<Ended, Fault> {
    let (kit, json) = (open(settings)?, options.json);
    match options.command {
        None => standings(&kit, json),
        Some(Command::List { state, endpoint, limit }) => {
            let limit = limit.min(LISTED_MAX);
            list(&kit, &Wanted { state, endpoint, limit, before: None }, json)
        }
        Some(Command::Replay { ids, dead }) => replay(&kit, ids, dead),
        Some(Command::Test) => test(&kit),
    }
}

fn standings(kit: &Kit, as_json: bool) -> Result<Ended, Fault> {
    let endpoints = &kit.settings.hooks;
    let standings = kit.db.read_blocking(|read| {
        let of = endpoints.iter().map(|endpoint| hooks::standings(read, &endpoint.name));
        Ok::<_, Failure<Never>>(of.collect::<Result<Vec<_>, Fault>>()?)
    })?;
    let rows = endpoints.iter().zip(&standings);
    if as_json {
        let rows = rows.map(|(endpoint, standing)| {
            json!({ "name": endpoint.name, "events": endpoint.events, "standing": standing })
        });
        say!("{:#}", Value::Array(rows.collect()));
        return Ok(Ended::Well);
    }
    if endpoints.is_empty() {
        say!("Nobody listens; docs/hooks.md shows how to name a program in kiosk.toml.");
    }
    for (endpoint, standing) in rows {
        let last = standing.last_at.map_or("never".to_owned(), Instant::rfc3339);
        let (waiting, dead) = (standing.waiting, standing.dead);
        say!("{:<20}  {waiting} waiting, {dead} given up, last told {last}", endpoint.name);
        let events: Vec<&str> = endpoint.events.iter().copied().collect();
        say!("    hears of {}", events.join(", "));
    }
    Ok(Ended::Well)
}

fn list(kit: &Kit, wanted: &Wanted, as_json: bool) -> Result<Ended, Fault> {
    let told = kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(hooks::list(read, wanted)?))?;
    if as_json {
        say!("{:#}", serde_json::to_value(&told)?);
        return Ok(Ended::Well);
    }
    if told.is_empty() {
        say!("Nothing of that kind was told.");
    }
    for delivery in &told {
        let (at, state, kind) = (delivery.created_at.rfc3339(), &delivery.state, &delivery.kind);
        say!("{:>6}  {at:<24}  {state:<7}  {kind:<16}  {}", delivery.id, delivery.endpoint);
        if delivery.state != "sent" && delivery.attempts > 0 {
            let status = delivery.status.map(|status| format!("{status} ")).unwrap_or_default();
            let said = delivery.answer.as_deref().unwrap_or_default();
            say!("        {status}{said}; {} tries", delivery.attempts);
        }
    }
    Ok(Ended::Well)
}

fn replay(kit: &Kit, ids: Vec<i64>, dead: bool) -> Result<Ended, Fault> {
    let wanted = Wanted { state: "dead".to_owned(), limit: LISTED_MAX, ..Wanted::default() };
    let ids = if dead {
        let dead =
            kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(hooks::list(read, &wanted)?))?;
        // Oldest first, so that they arrive as they happened.
        dead.iter().rev().map(|delivery| delivery.id).collect()
    } else {
        ids
    };
    let now = kit.now();
    let told = kit.db.write_blocking(move |tx| {
        let each = ids.into_iter().map(|id| {
            let is_again = hooks::replay(tx, id, now)?;
            if is_again {
                let (before, after) = (json!({ "state": "dead" }), json!({ "state": "waiting" }));
                let (about, changed) = (("hook", id.to_string()), (&before, &after));
                identity::note_typed(tx, "hook.replay", (about.0, &about.1), changed, now)?;
            }
            Ok((id, is_again))
        });
        Ok::<_, Failure<Never>>(each.collect::<Result<Vec<_>, Fault>>()?)
    })?;
    for (id, is_again) in &told {
        match is_again {
            true => say!("{id} is told again at once"),
            false => say!("{id} is on its way already, not there, or nobody listens any more"),
        }
    }
    if told.is_empty() {
        say!("Nothing was given up.");
    }
    let all = told.iter().all(|(_, is_again)| *is_again);
    Ok(if all { Ended::Well } else { Ended::WithMistakes })
}

fn test(kit: &Kit) -> Result<Ended, Fault> {
    let now = kit.now();
    let written = kit.db.write_blocking(move |tx| {
        let news = News {
            kind: Kind::Alert,
            dedup_key: format!("{}{}", hooks::FROM_A_PERSON, now.0),
            about: "",
            text: "This is a test: the shop reaches you.".to_owned(),
        };
        hooks::tell(tx, &news, || Ok(json!({})), now)?;
        let (about, sent) = (("hook", "test"), json!({ "sent": true }));
        identity::note_typed(tx, "hook.test", about, (&Value::Null, &sent), now)?;
        Ok::<_, Failure<Never>>(())
    });
    written?;
    say!("Whoever hears of alerts is told by the running shop within seconds.");
    say!("`kiosk hooks list` shows how it went.");
    Ok(Ended::Well)
}
