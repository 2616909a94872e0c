//! `kiosk revisions`: former states of the content, and the way back to one.

use clap::Subcommand;

use super::Ended;
use crate::base::{Clock, Fault};
use crate::platform::config::Settings;
use crate::storefront::{Difference, Revision, differences, restore, revisions};

/// Changed files that a line names.
const NAMED_MAX: usize = 3;

/// What to do with former states.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists every state that was published, the newest last, and what each changed.
    List,
    /// Brings a state back into the content folder; what lies there now is kept, too.
    Restore {
        /// Its name, or the beginning of it.
        revision: String,
    },
}

/// Runs the command.
///
/// # Errors
/// When there is no such state, or a folder cannot be read or written.
pub(super) fn run(command: Command, settings: &Settings) -> Result<Ended, Fault> {
    let all = revisions(&settings.data_dir)?;
    match command {
        Command::List => list(&all)?,
        Command::Restore { revision } => {
            let wanted = find(&all, &revision)?;
            let now = Clock::System.now();
            let changes = restore(&settings.data_dir, &settings.content_dir, wanted, now)?;
            match changes.as_slice() {
                [] => say!("Nothing to do: the content is that of {}.", wanted.revision),
                changes => say!("Back at {}: {}.", wanted.revision, named(changes)),
            }
        }
    }
    Ok(Ended::Well)
}

fn list(all: &[Revision]) -> Result<(), Fault> {
    if all.is_empty() {
        say!("Nothing is kept yet; `kiosk serve` keeps what it publishes.");
    }
    let before = std::iter::once(None).chain(all.iter().map(Some));
    for (before, kept) in before.zip(all) {
        let changes = before.map(|before| differences(before, kept)).transpose()?;
        let changed = changes.map(|changes| named(&changes)).unwrap_or_default();
        let by = kept.by.as_ref().map(|by| format!("{}: {}  ", by.who, by.what));
        let by = by.unwrap_or_default();
        let line = format!("{}  {}  {by}{changed}", kept.at, kept.revision);
        say!("{}", line.trim_end());
    }
    Ok(())
}

/// `~products/mug.toml +products/cup.toml and 4 more`.
fn named(changes: &[Difference]) -> String {
    let shown = changes.iter().take(NAMED_MAX).map(|c| format!("{}{}", c.sign, c.path));
    let shown = shown.collect::<Vec<_>>().join(" ");
    match changes.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The newest state of this name.
fn find<'a>(all: &'a [Revision], wanted: &str) -> Result<&'a Revision, Fault> {
    let fits = |kept: &&Revision| !wanted.is_empty() && kept.revision.starts_with(wanted);
    let found = all.iter().rev().find(fits).ok_or_else(|| {
        Fault::new(format!("no state named {wanted} is kept; `kiosk revisions list` names them"))
    })?;
    if all.iter().filter(fits).any(|other| other.revision != found.revision) {
        let why = format!("several states begin with {wanted}; write more of the name");
        return Err(Fault::new(why));
    }
    Ok(found)
}
