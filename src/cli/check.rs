//! `kiosk check`: every mistake of every file, in one run or again with every change.

use std::io::IsTerminal;
use std::sync::{Arc, mpsc};

use clap::Args;
use notify::RecursiveMode;
use notify_debouncer_full::{DebounceEventResult, new_debouncer};

use super::check_output::{Findings, Format};
use super::{Ended, load};
use crate::base::fault::Doing;
use crate::base::{Clock, Fault};
use crate::platform::config::Settings;
use crate::platform::render::{Render, SiteMistake};
use crate::pricing::Book;
use crate::search::Levels;
use crate::storefront::{self, QUIET};

/// Clears a terminal and goes to its top.
const CLEAR: &str = "\x1b[2J\x1b[H";

/// Options of the command.
#[derive(Args)]
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
    let found = look(settings)?;
    write(options, &found);
    let (errors, warnings) = found.counts();
    let bad = errors > 0 || (options.strict && warnings > 0);
    Ok(if bad { Ended::WithMistakes } else { Ended::Well })
}

/// Reads the content, and where that is well and the shop has a look of its own, tries the
/// templates on it.
fn look(settings: &Settings) -> Result<Findings, Fault> {
    let mut loaded = load(settings)?;
    let folder = settings.content_dir.display().to_string();
    let mut site = None;
    if let Some(book) = loaded.book.take().map(Arc::new) {
        if settings.site_dir.is_dir() {
            site = try_templates(settings, &book)?;
        }
        loaded.book = Arc::into_inner(book);
    }
    Ok(Findings { loaded, folder, site })
}

fn try_templates(settings: &Settings, book: &Arc<Book>) -> Result<Option<SiteMistake>, Fault> {
    let levels = storefront::levels_or_opening(&book.catalog, Levels::new());
    let render = Render::open(&settings.site_dir)?;
    let made = storefront::prepare(&render, settings, book, levels, Clock::System.now());
    match made {
        Ok(_) => Ok(None),
        Err(fault) => fault.into_cause().map(Some),
    }
}

fn write(options: &Options, found: &Findings) {
    match options.format {
        Format::Json if options.watch => say!("{}", found.json()),
        Format::Json => say!("{:#}", found.json()),
        Format::Text => {
            found.say();
            if options.images {
                found.say_pictures();
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
    if settings.site_dir.is_dir() {
        debouncer.watch(&settings.site_dir, RecursiveMode::Recursive)?;
    }
    let clears = options.format == Format::Text && std::io::stdout().is_terminal();
    loop {
        let found = look(settings);
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
                Ok(Ok(events)) if events.iter().any(|event| !event.kind.is_access()) => break,
                Ok(_) => {}
                Err(_) => return Ok(Ended::Well),
            }
        }
    }
}
