//! `kiosk errors`: what went wrong, grouped; and a test error, to see that it arrives.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Ended, open};
use crate::app;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::identity::{self, COMMAND_LINE};
use crate::platform::Kit;
use crate::platform::config::Settings;
use crate::platform::telemetry::{self, Filter, Listed, Report};

/// Most errors listed.
const LISTED_MAX: u32 = 1000;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    command: Command,
    /// Writes one JSON document.
    #[arg(long, global = true)]
    json: bool,
}

/// What is done.
#[derive(Subcommand)]
enum Command {
    /// Lists errors nobody has resolved, latest first.
    List {
        /// Those that were resolved as well.
        #[arg(long)]
        all: bool,
        /// How many at most, up to 1,000.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Shows one error with a sample.
    Show {
        /// Its name, as listed.
        name: String,
    },
    /// Marks an error as resolved; it is listed again when it comes again.
    Resolve {
        /// Its name, as listed.
        name: String,
    },
    /// Sends a test error the way every error goes, to the error service as well.
    Test,
}

/// Runs the command; it may run beside the shop.
///
/// # Errors
/// When there is no such error, or the database cannot be used.
pub(super) fn run(options: Options, settings: Settings) -> Result<Ended, Fault> {
    let (kit, json) = (open(settings)?, options.json);
    match options.command {
        Command::List { all, limit } => list(&kit, all, limit.min(LISTED_MAX), json),
        Command::Show { name } => show(&kit, &name, json),
        Command::Resolve { name } => resolve(&kit, &name, json),
        Command::Test => test(&kit, json),
    }
}

fn list(kit: &Kit, all: bool, limit: u32, as_json: bool) -> Result<Ended, Fault> {
    let filter = if all { Filter::All } else { Filter::Open };
    let found = kit.db.read_blocking(|read| {
        Ok::<_, Failure<Never>>(telemetry::list_errors(read, filter, None, limit)?)
    })?;
    if as_json {
        say!("{:#}", serde_json::to_value(&found)?);
        return Ok(Ended::Well);
    }
    if found.is_empty() {
        say!("No errors.");
    }
    for error in &found {
        let mark = if error.resolved_at.is_some() { "resolved" } else { "" };
        let (name, kind, at) = (&error.fingerprint, &error.kind, error.last_at.rfc3339());
        say!("{name}  {at:<24}  {:>6}×  {kind:<7}  {:<28}  {mark}", error.count, error.place);
        say!("    {}", error.title);
    }
    Ok(Ended::Well)
}

fn get(kit: &Kit, name: &str) -> Result<Listed, Fault> {
    let found =
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(telemetry::get_error(read, name)?))?;
    found.ok_or_else(|| {
        Fault::new(format!("there is no error {name}; `kiosk errors list` shows their names"))
    })
}

fn show(kit: &Kit, name: &str, as_json: bool) -> Result<Ended, Fault> {
    let error = get(kit, name)?;
    if as_json {
        say!("{:#}", serde_json::to_value(&error)?);
        return Ok(Ended::Well);
    }
    say!("{} {}: {}", error.kind, error.fingerprint, error.title);
    say!("  where     {}", error.place);
    say!("  how often {}", error.count);
    say!("  first     {} in {}", error.first_at.rfc3339(), error.first_build);
    say!("  last      {} in {}", error.last_at.rfc3339(), error.last_build);
    if let Some(request) = &error.request_id {
        say!("  request   {request}, answered {}", error.status.unwrap_or_default());
    }
    if let (Some(at), Some(by)) = (error.resolved_at, &error.resolved_by) {
        say!("  resolved  {} by {by}", at.rfc3339());
    }
    if !error.detail.is_empty() {
        say!("\n{}", error.detail);
    }
    Ok(Ended::Well)
}

fn resolve(kit: &Kit, name: &str, as_json: bool) -> Result<Ended, Fault> {
    let (error, now) = (get(kit, name)?, kit.now());
    let fingerprint = error.fingerprint.clone();
    let done = kit.db.write_blocking(move |tx| {
        let done = telemetry::resolve(tx, &fingerprint, COMMAND_LINE, now)?;
        if done {
            let (states, about) =
                ((json!({ "open": true }), json!({ "open": false })), &fingerprint);
            let about = ("error", about.as_str());
            identity::note_typed(tx, "error.resolve", about, (&states.0, &states.1), now)?;
        }
        Ok::<_, Failure<Never>>(done)
    })?;
    match (as_json, done) {
        (true, _) => say!("{:#}", json!({ "resolved": done })),
        (false, true) => say!("{name} is resolved"),
        (false, false) => say!("{name} was resolved before"),
    }
    Ok(Ended::Well)
}

fn test(kit: &Kit, as_json: bool) -> Result<Ended, Fault> {
    let report = Report::test("the command line");
    let name = report.fingerprint();
    kit.reports.notice(report);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(app::write_reports(kit))?;
    let error = get(kit, &name)?;
    if as_json {
        let value: Value = serde_json::to_value(&error)?;
        say!("{value:#}");
        return Ok(Ended::Well);
    }
    say!("{name} arrived, for the {}. time", error.count);
    if kit.settings.sentry.is_none() {
        say!("It went no further: no error service is named in KIOSK_SENTRY_DSN.");
    }
    Ok(Ended::Well)
}
