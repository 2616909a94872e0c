//! `kiosk check`: every mistake of every file, in one run.

use std::io::IsTerminal;

use clap::{Args, ValueEnum};

use super::{Ended, load};
use crate::base::Fault;
use crate::platform::config::Settings;
use crate::platform::content::report;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// How the mistakes are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Warnings count as mistakes.
    #[arg(long)]
    strict: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines of text; excerpts of the files on a terminal.
    Text,
    /// One JSON document.
    Json,
}

/// Runs the command.
///
/// # Errors
/// When the content folder cannot be read.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    let loaded = load(settings)?;
    let folder = settings.content_dir.display().to_string();
    let complaints = &loaded.complaints;
    if options.format == Format::Json {
        say!("{:#}", report::json(complaints, &folder));
    } else if std::io::stdout().is_terminal() {
        #[expect(clippy::disallowed_methods, reason = "a convention of terminals, not a setting")]
        let colour = std::env::var_os("NO_COLOR").is_none();
        say_raw!("{}", report::terminal(complaints, &loaded.files, &folder, colour));
    } else {
        say_raw!("{}", report::text(complaints, &folder));
    }
    let (errors, warnings) = report::counts(complaints);
    if options.format == Format::Text {
        match &loaded.book {
            Some(book) if complaints.is_empty() => {
                let catalog = &book.catalog;
                say!(
                    "All well: {} products, {} bundles, {} categories, {} promotions.",
                    catalog.products.len(),
                    catalog.bundles.len(),
                    catalog.categories.len(),
                    book.promotions.len()
                );
            }
            _ => complain!("{}", report::count(complaints)),
        }
    }
    let bad = errors > 0 || (options.strict && warnings > 0);
    Ok(if bad { Ended::WithMistakes } else { Ended::Well })
}
