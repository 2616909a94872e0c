//! `kiosk import`: a table of products becomes files of the catalog.

use std::io::Read;
use std::path::PathBuf;

use clap::Args;

use super::{Ended, load};
use crate::base::fault::Doing;
use crate::base::{Fault, Randomness};
use crate::catalog::exchange::Outcome;
use crate::platform::config::Settings;
use crate::storefront::{import, write_checked};

/// Largest table, in bytes.
const TABLE_BYTES_MAX: u64 = 64 << 20;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// A CSV file: our own columns, Shopify's product export or WooCommerce's.
    file: PathBuf,
    /// Writes the files; without it, only what would happen is told.
    #[arg(long)]
    write: bool,
    /// Category of products whose own is not here, such as `tableware/mugs-cups`.
    #[arg(long, value_name = "PATH")]
    category: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When the table or the content folder cannot be read, or the content has mistakes already.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    let shown = options.file.display();
    let file = std::fs::File::open(&options.file).doing(&format!("reading {shown}"))?;
    let mut bytes = Vec::new();
    file.take(TABLE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > TABLE_BYTES_MAX {
        return Err(Fault::new(format!("{shown} is larger than {} MiB", TABLE_BYTES_MAX >> 20)));
    }
    let loaded = load(settings)?;
    let Some(book) = loaded.book.as_ref() else {
        let folder = settings.content_dir.display();
        let why = format!("the files in {folder} have mistakes; `kiosk check` lists them");
        return Err(Fault::new(why));
    };
    if let Some(path) = options.category.as_ref().filter(|p| book.catalog.category(p).is_none()) {
        return Err(Fault::new(format!("there is no category {path}")));
    }
    let other = options.category.as_deref();
    let import = import(&bytes, &loaded, book, other).map_err(Fault::from)?;
    for row in &import.report {
        let line = format!("{shown}:{}: {} {}", row.line, row.slug, row.outcome.word());
        match row.why.as_str() {
            "" => say!("{line}"),
            why => say!("{line}: {why}"),
        }
    }
    let count = |outcome| import.count(outcome);
    say!(
        "{}: {} rows; {} made, {} changed, {} the same, {} skipped.",
        import.maker.word(),
        import.report.len(),
        count(Outcome::Made),
        count(Outcome::Changed),
        count(Outcome::Same),
        count(Outcome::Skipped)
    );
    if options.write {
        let random = Randomness::default();
        write_checked(&settings.content_dir, &import.changes, &random)
            .map_err(|failure| Fault::new(failure.to_string()))?;
        say!("{} files written.", import.changes.len());
    } else if !import.changes.is_empty() {
        say!("Nothing is written yet; --write writes {} files.", import.changes.len());
    }
    Ok(if count(Outcome::Skipped) > 0 { Ended::WithMistakes } else { Ended::Well })
}
