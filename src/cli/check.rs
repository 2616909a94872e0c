//! `kiosk check`: every mistake of every file, in one run or again with every change.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use clap::Args;
use notify::RecursiveMode;
use notify_debouncer_full::{DebounceEventResult, new_debouncer};

use super::check_output::{Findings, Format};
use super::check_pages::Made;
use super::{Ended, load};
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::platform::config::Settings;
use crate::storefront::QUIET;

/// Clears a terminal and goes to its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Options of the command.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command, each for itself")]
pub(super) struct Options {
    /// How the mistakes are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Warnings count as mistakes.
    #[arg(long)]
    strict: bool,
    /// Shows how the pictures of each product stand: ok, warning or missing.
    #[arg(long)]
    images: bool,
    /// Shows how the price of each bundle comes about.
    #[arg(long)]
    explain: bool,
    /// Also tells what would make Google show more of each product.
    #[arg(long)]
    verbose: bool,
    /// Shows what the heaviest page of each kind weighs.
    #[arg(long)]
    budget: bool,
    /// Checks again with every change, until Ctrl-C.
    #[arg(long)]
    watch: bool,
}

/// Runs the command.
///
/// # Errors
/// When the content folder cannot be read or watched.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    if options.watch {
        return watch(options, settings);
    }
    let found = look(options, settings)?;
    write(options, &found);
    let (errors, warnings) = found.counts();
    let bad = errors > 0 || (options.strict && warnings > 0);
    Ok(if bad { Ended::WithMistakes } else { Ended::Well })
}

/// Reads the content, and where that is well, makes the pages of it and looks them over.
fn look(options: &Options, settings: &Settings) -> Result<Findings, Fault> {
    let mut loaded = load(settings)?;
    let folder = settings.content_dir.display().to_string();
    let mut made = Made::default();
    if let Some(book) = loaded.book.take().map(Arc::new) {
        made = Made::of(&book, settings, options.budget)?;
        loaded.book = Arc::into_inner(book);
        loaded.complaints.extend(made.refused(&loaded.files));
    }
    Ok(Findings { loaded, folder, made })
}

fn write(options: &Options, found: &Findings) {
    match options.format {
        Format::Json if options.watch => say!("{}", found.json(options.verbose, options.explain)),
        Format::Json => say!("{:#}", found.json(options.verbose, options.explain)),
        Format::Text => {
            found.say();
            found.made.say(&found.folder, options.verbose, options.budget);
            if options.images {
                found.say_pictures();
            }
            if options.explain {
                found.say_bundles();
            }
            found.sum_up();
        }
    }
}

/// Checks now and after every change; ends with the process.
fn watch(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    let (sender, changes) = mpsc::channel::<DebounceEventResult>();
    let mut debouncer = new_debouncer(QUIET, None, sender)?;
    let content = &settings.content_dir;
    debouncer.watch(content, RecursiveMode::Recursive).doing("watching the content folder")?;
    let site = &settings.site_dir;
    // It may be made later: its place is watched, too.
    let place = std::path::absolute(site)?.parent().map(Path::to_path_buf);
    if let Some(place) = place.filter(|place| place.is_dir()) {
        debouncer.watch(place, RecursiveMode::NonRecursive)?;
    }
    if site.is_dir() {
        debouncer.watch(site, RecursiveMode::Recursive)?;
    }
    // What else lies there may be what this writes.
    let folders = [std::path::absolute(content)?, std::path::absolute(site)?];
    let is_ours = |path: &PathBuf| folders.iter().any(|folder| path.starts_with(folder));
    let clears = options.format == Format::Text && std::io::stdout().is_terminal();
    loop {
        let found = look(options, settings);
        if clears {
            say_raw!("{CLEAR}");
        }
        // Somebody may be moving the folder about; it comes back, or the next change tells.
        match found {
            Ok(found) => write(options, &found),
            Err(fault) => complain!("kiosk: {fault}"),
        }
        loop {
            match changes.recv() {
                Ok(Ok(events))
                    if events
                        .iter()
                        .any(|e| !e.kind.is_access() && e.paths.iter().any(is_ours)) =>
                {
                    break;
                }
                Ok(_) => {}
                Err(_) => return Ok(Ended::Well),
            }
        }
        if site.is_dir() {
            debouncer.watch(site, RecursiveMode::Recursive)?;
        }
    }
}
