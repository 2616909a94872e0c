//! `kiosk stock`: what is there, what came in, what was counted.

use clap::Subcommand;
use serde_json::json;

use super::{Ended, load_book, open};
use crate::base::fault::Never;
use crate::base::ids::Sku;
use crate::base::{Failure, Fault, Instant};
use crate::identity::{self, COMMAND_LINE};
use crate::platform::config::Settings;
use crate::platform::db::Tx;
use crate::stock::{self, Reason, Refusal};

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists every SKU: on the shelf, held, free.
    List {
        /// Only SKUs at or below their low mark.
        #[arg(long)]
        low: bool,
        /// Writes one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Shows the ledger of one SKU, newest first.
    Log {
        /// Which.
        sku: String,
    },
    /// Adds goods that came in.
    Receive {
        /// Which.
        sku: String,
        /// How many.
        qty: u32,
        /// In your words.
        #[arg(long)]
        note: Option<String>,
    },
    /// Adds or takes units, with a reason.
    Adjust {
        /// Which.
        sku: String,
        /// How many, such as 5 or -2.
        #[arg(allow_negative_numbers = true)]
        delta: i64,
        /// receive, count, damage, return or correction.
        #[arg(long)]
        reason: String,
        /// In your words.
        #[arg(long)]
        note: Option<String>,
    },
    /// Sets the number that was counted.
    Count {
        /// Which.
        sku: String,
        /// How many there are.
        counted: u32,
        /// In your words.
        #[arg(long)]
        note: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// When the SKU is unknown or the change is not possible.
pub(super) fn run(command: Command, settings: Settings) -> Result<Ended, Fault> {
    match command {
        Command::List { low, json } => list(settings, low, json),
        Command::Log { sku } => log(settings, &sku),
        Command::Receive { sku, qty, note } => {
            change(settings, &sku, i64::from(qty), Reason::Receive, note)
        }
        Command::Adjust { sku, delta, reason, note } => match Reason::by_hand(&reason) {
            Some(reason) => change(settings, &sku, delta, reason, note),
            None => Err(Fault::new(format!(
                "{reason:?} is no reason; use receive, count, damage, return or correction"
            ))),
        },
        Command::Count { sku, counted, note } => count(settings, &sku, counted, note),
    }
}

fn list(settings: Settings, low: bool, json: bool) -> Result<Ended, Fault> {
    let kit = open(settings)?;
    let levels =
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(stock::list_levels(read, low)?))?;
    if json {
        say!("{:#}", serde_json::to_value(&levels)?);
        return Ok(Ended::Well);
    }
    say!("{:<24} {:>8} {:>6} {:>6} {:>5}", "SKU", "on hand", "held", "free", "low");
    for l in &levels {
        let (sku, free) = (l.sku.as_str(), l.free());
        say!("{sku:<24} {:>8} {:>6} {free:>6} {:>5}", l.on_hand, l.held, l.low);
    }
    Ok(Ended::Well)
}

fn log(settings: Settings, sku: &str) -> Result<Ended, Fault> {
    let kit = open(settings)?;
    let sku = parse(sku)?;
    let moves = kit
        .db
        .read_blocking(|read| Ok::<_, Failure<Never>>(stock::list_moves(read, &sku, 1000)?))?;
    if moves.is_empty() {
        return Err(Fault::new(Refusal::Unknown { sku }.to_string()));
    }
    for m in &moves {
        let words = [m.order_id.as_deref(), m.note.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        let at = m.at.rfc3339();
        say!(
            "{at}  {:>+6}  {:>6}  {:<10}  {}  {}",
            m.delta,
            m.on_hand_after,
            m.reason,
            m.actor,
            words.join("  ")
        );
    }
    Ok(Ended::Well)
}

fn parse(sku: &str) -> Result<Sku, Fault> {
    Sku::parse(sku).ok_or_else(|| Fault::new(format!("{sku:?} is not a SKU")))
}

/// Small change by a shop that is running or not: both go through the same guarded statements.
fn change(
    settings: Settings,
    sku: &str,
    delta: i64,
    reason: Reason,
    note: Option<String>,
) -> Result<Ended, Fault> {
    let (sku, book) = (parse(sku)?, load_book(&settings)?);
    let kit = open(settings)?;
    let (now, inner) = (kit.now(), sku.clone());
    let after = kit.db.write_blocking(move |tx| {
        let why = (reason, note.as_deref(), COMMAND_LINE);
        let after = stock::adjust(tx, &book.catalog, &inner, delta, why, now)?;
        let is = i64::from(after);
        note_changed(tx, &inner, (is - delta, is), (reason, note.as_deref()), now)?;
        Ok(after)
    });
    say!("{sku}: {} on the shelf", told(after)?);
    Ok(Ended::Well)
}

fn count(
    settings: Settings,
    sku: &str,
    counted: u32,
    note: Option<String>,
) -> Result<Ended, Fault> {
    let (sku, book) = (parse(sku)?, load_book(&settings)?);
    let kit = open(settings)?;
    let (now, inner) = (kit.now(), sku.clone());
    let delta = kit.db.write_blocking(move |tx| {
        let (why, is) = ((note.as_deref(), COMMAND_LINE), i64::from(counted));
        let delta = stock::count(tx, &book.catalog, &inner, counted, why, now)?;
        if delta != 0 {
            note_changed(tx, &inner, (is - delta, is), (Reason::Count, note.as_deref()), now)?;
        }
        Ok(delta)
    });
    say!("{sku}: {counted} on the shelf ({:+})", told(delta)?);
    Ok(Ended::Well)
}

/// A line in the log of changes, in the transaction of the change.
fn note_changed(
    tx: &Tx,
    sku: &Sku,
    (was, is): (i64, i64),
    (reason, note): (Reason, Option<&str>),
    now: Instant,
) -> Result<(), Fault> {
    let before = json!({ "on_hand": was });
    let after = json!({ "on_hand": is, "reason": reason.word(), "note": note });
    let about = ("stock", sku.as_str());
    identity::note_typed(tx, "stock.change", about, (&before, &after), now)
}

fn told<T>(outcome: Result<T, Failure<Refusal>>) -> Result<T, Fault> {
    outcome.map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        Failure::Refused(refusal) => Fault::new(refusal.to_string()),
    })
}
