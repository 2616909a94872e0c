//! `kiosk statement`: a day's payments, the provider's books against ours.

use clap::Args;
use jiff::civil::Date;
use serde_json::json;

use super::{Ended, load_book, open};
use crate::app;
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::payments::{self, Statement};
use crate::platform::config::Settings;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Which day, such as 2026-11-24; yesterday when absent.
    #[arg(long)]
    day: Option<String>,
    /// Writes one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command; it may run beside the shop. The statement is kept in place of an earlier one
/// of that day.
///
/// # Errors
/// When the day is none, the provider does not answer, or the database cannot be used.
pub(super) fn run(options: &Options, settings: Settings) -> Result<Ended, Fault> {
    let book = load_book(&settings)?;
    let kit = open(settings)?;
    let day: Date = match &options.day {
        None => payments::yesterday(&book, kit.now())?,
        Some(day) => day
            .parse()
            .map_err(|_| Fault::new(format!("{day:?} is no day; write it as 2026-11-24")))?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .doing("starting the runtime")?;
    let statement = runtime.block_on(async {
        let till = app::open_till(&kit, book)?;
        let asked = payments::reckon(&till, day).await?;
        asked.map_err(|trouble| {
            Fault::new(format!("{trouble}; nothing was compared, try again later"))
        })
    })?;
    let agrees = statement.differences.is_empty();
    if options.json {
        let mut value = serde_json::to_value(&statement)?;
        value["ok"] = json!(agrees);
        say!("{value:#}");
    } else {
        print(&statement);
    }
    Ok(if agrees { Ended::Well } else { Ended::WithMistakes })
}

fn print(statement: &Statement) {
    let Statement { day, provider, theirs, ours, differences, .. } = statement;
    say!("{day}: {provider} received {theirs} payments, our books have {ours}");
    if differences.is_empty() {
        match theirs.saturating_sub(*ours) {
            0 => say!("Every one of them agrees."),
            late => say!("Every one of them agrees: {late} came too late or twice, as known here."),
        }
    }
    for difference in differences {
        say!("{:<12} {}", difference.kind, difference.says);
    }
}
