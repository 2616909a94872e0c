//! `kiosk theme`: the files that make the look, which of them are the shop's own, and what they
//! differ in.

use std::path::Path;

use clap::Subcommand;
use similar::TextDiff;

use super::Ended;
use crate::base::Fault;
use crate::platform::config::Settings;
use crate::platform::render::{Standing, Theme};

/// What to do with the look.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists every file: built-in or the shop's own, and whether the built-in has moved on.
    List,
    /// Copies a built-in file into the shop's own folder, to be changed there.
    Copy {
        /// Such as `store/product.html`, `product.html` or `assets/css/shop.css`.
        file: String,
        /// Puts the built-in in place of the shop's own.
        #[arg(long)]
        force: bool,
    },
    /// Shows what the shop's own files change in the built-in ones.
    Diff {
        /// One file; all of the shop's own when absent.
        file: Option<String>,
    },
}

/// Runs the command.
///
/// # Errors
/// When a file is not known, is there already, or cannot be read or written.
pub(super) fn run(command: Command, settings: &Settings) -> Result<Ended, Fault> {
    let theme = Theme::new(&settings.site_dir);
    match command {
        Command::List => list(&theme)?,
        Command::Copy { file, force } => {
            let name = theme.find(&file)?;
            let target = theme.copy(&name, force)?;
            say!("{} is yours now; what it was copied from is noted.", target.display());
        }
        Command::Diff { file } => diff(&theme, file.as_deref(), &settings.site_dir)?,
    }
    Ok(Ended::Well)
}

fn list(theme: &Theme) -> Result<(), Fault> {
    let standings = theme.standings()?;
    let width = standings.keys().map(String::len).max().unwrap_or(0);
    for (name, standing) in standings {
        let words = match standing {
            Standing::BuiltIn => "built-in",
            Standing::Same => "own, the same as the built-in",
            Standing::Own => "own",
            Standing::Behind => "own; the built-in has changed since it was copied",
            Standing::Unrecorded => "own; what it was copied from is not noted",
            Standing::Added => "own; there is no built-in of this name",
        };
        say!("{name:width$}  {words}");
    }
    Ok(())
}

fn diff(theme: &Theme, file: Option<&str>, folder: &Path) -> Result<(), Fault> {
    let names = match file {
        Some(file) => vec![theme.find(file)?],
        None => theme.names().into_iter().collect(),
    };
    for name in names {
        let (Some(built_in), Some(own)) = (theme.built_in(&name), theme.own_bytes(&name)) else {
            if file.is_some() {
                let why = if theme.own_bytes(&name).is_some() { "built-in" } else { "own" };
                return Err(Fault::new(format!("there is no {why} {name} to compare")));
            }
            continue;
        };
        match (String::from_utf8(built_in), String::from_utf8(own)) {
            (Ok(built_in), Ok(own)) => {
                let changes = TextDiff::from_lines(&built_in, &own);
                let (before, after) =
                    (format!("built-in/{name}"), folder.join(&name).display().to_string());
                say_raw!("{}", changes.unified_diff().header(&before, &after));
            }
            (built_in, own) if built_in.as_ref().ok() == own.as_ref().ok() => {}
            _ => say!("{name} is no text and differs"),
        }
    }
    Ok(())
}
