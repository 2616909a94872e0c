//! `kiosk check`: every mistake of every file, in one run, and a look at the pages they make.

use std::io::IsTerminal;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Ended, load};
use crate::base::{Clock, Fault};
use crate::platform::config::Settings;
use crate::platform::content::{Complaint, Complaints, Tree, Wrong, report};
use crate::platform::render::Render;
use crate::pricing::Book;
use crate::search::{Index, Levels};
use crate::storefront::{self, Found, Inspection, Objection, Rendition};

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// How the mistakes are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Warnings count as mistakes.
    #[arg(long)]
    strict: bool,
    /// Also tells what would make Google show more of each product.
    #[arg(long)]
    verbose: bool,
    /// Shows what the heaviest page of each kind weighs.
    #[arg(long)]
    budget: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines of text; excerpts of the files on a terminal.
    Text,
    /// One JSON document.
    Json,
}

/// What the files make.
#[derive(Default)]
struct Made {
    inspection: Inspection,
    objections: Vec<Objection>,
    /// Why no page could be made.
    broken: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the content folder cannot be read.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    let loaded = load(settings)?;
    let folder = settings.content_dir.display().to_string();
    let mut complaints = loaded.complaints;
    let book = loaded.book.map(Arc::new);
    let made = book.as_ref().map(|book| make(book, settings, options.budget)).unwrap_or_default();
    complaints.extend(refused(&made.objections, &loaded.files));
    if options.format == Format::Json {
        let mut document = report::json(&complaints, &folder);
        document["pages"] = pages_json(&made, options.verbose);
        say!("{document:#}");
    } else {
        say_text(&complaints, &made, &loaded.files, &folder, options);
    }
    let (errors, warnings) = report::counts(&complaints);
    let errors = errors + made.inspection.disagreements.len() + usize::from(made.broken.is_some());
    let warnings = warnings + made.inspection.excess.len();
    if options.format == Format::Text {
        match &book {
            Some(book) if errors + warnings == 0 => {
                let catalog = &book.catalog;
                say!(
                    "All well: {} products, {} bundles, {} categories, {} promotions.",
                    catalog.products.len(),
                    catalog.bundles.len(),
                    catalog.categories.len(),
                    book.promotions.len()
                );
            }
            _ => complain!("{}", report::counted(errors, warnings)),
        }
    }
    let bad = errors > 0 || (options.strict && warnings > 0);
    Ok(if bad { Ended::WithMistakes } else { Ended::Well })
}

/// Makes every page in memory, with the stock the files open with, and looks them over.
fn make(book: &Arc<Book>, settings: &Settings, exact: bool) -> Made {
    let now = Clock::System.now();
    let levels = storefront::levels_or_opening(&book.catalog, Levels::new());
    let base_url = &settings.public_url;
    let found = Found::new(book, now, base_url, Arc::new(|p| Rendition::from(p)));
    let objections = storefront::feed_report(&found);
    let index = Index::of(book, &levels, now);
    let edition = Render::open(&settings.site_dir)
        .and_then(|render| storefront::prepare(&render, settings, &index, levels.clone(), now));
    match edition {
        Ok((edition, _)) => {
            let inspection = storefront::inspect(&edition, book, &levels, now, base_url, exact);
            Made { inspection, objections, broken: None }
        }
        Err(fault) => Made { objections, broken: Some(fault.to_string()), ..Made::default() },
    }
}

/// What Google would refuse, as warnings at their place.
fn refused(objections: &[Objection], files: &Tree) -> Vec<Complaint> {
    let complaints = Complaints::new();
    for objection in objections.iter().filter(|objection| objection.refused) {
        let place = files.place(&objection.file, &objection.key);
        let message = format!("Google would refuse this: {}", objection.message);
        complaints.add(place, Wrong::warning(objection.code, message).hint(objection.hint));
    }
    complaints.finish(files)
}

fn say_text(complaints: &[Complaint], made: &Made, files: &Tree, folder: &str, options: &Options) {
    if std::io::stdout().is_terminal() {
        #[expect(clippy::disallowed_methods, reason = "a convention of terminals, not a setting")]
        let colour = std::env::var_os("NO_COLOR").is_none();
        say_raw!("{}", report::terminal(complaints, files, folder, colour));
    } else {
        say_raw!("{}", report::text(complaints, folder));
    }
    for why in made.broken.iter().chain(&made.inspection.disagreements) {
        say!("pages: {why}");
    }
    for excess in &made.inspection.excess {
        say!("pages: warning: {}: {}", excess.path, excess.what);
    }
    if options.verbose {
        for note in made.objections.iter().filter(|objection| !objection.refused) {
            say!("{folder}/{}: note: {}; {}", note.file, note.message, note.hint);
        }
    }
    if options.budget {
        say_raw!("{}", storefront::table(&made.inspection.measured));
    }
}

fn pages_json(made: &Made, verbose: bool) -> serde_json::Value {
    let excess = made.inspection.excess.iter();
    let excess: Vec<_> = excess.map(|e| json!({ "path": e.path, "message": e.what })).collect();
    let notes = made.objections.iter().filter(|objection| verbose && !objection.refused);
    let note = |o: &Objection| {
        let Objection { file, code, message, hint, .. } = o;
        json!({ "file": file, "code": code, "message": message, "hint": hint })
    };
    json!({
        "broken": made.broken,
        "disagreements": made.inspection.disagreements,
        "over_budget": excess,
        "notes": notes.map(note).collect::<Vec<_>>(),
    })
}
