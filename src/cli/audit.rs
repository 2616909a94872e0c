//! `kiosk audit`: the books, proved.

use clap::Args;
use serde_json::json;

use super::{Ended, open};
use crate::app;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::config::Settings;
use crate::platform::db::Finding;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Writes one JSON document.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the database cannot be read.
pub(super) fn run(options: &Options, settings: Settings) -> Result<Ended, Fault> {
    let kit = open(settings)?;
    let findings = kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(app::audit(read)?))?;
    let well = findings.iter().all(|finding| finding.broken.is_empty());
    if options.json {
        say!("{:#}", json!({ "ok": well, "invariants": findings }));
    } else {
        findings.iter().for_each(print);
    }
    Ok(if well { Ended::Well } else { Ended::WithMistakes })
}

/// One line, and one more for each place where it is broken.
pub(super) fn print(finding: &Finding) {
    let mark = if finding.broken.is_empty() { "ok  " } else { "FAIL" };
    say!("{mark} {:<4} {}", finding.id, finding.says);
    for row in &finding.broken {
        say!("          {row}");
    }
}
