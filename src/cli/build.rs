//! `kiosk build`: the storefront as files.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::{Ended, load_book, open};
use crate::base::fault::{Failure, Never};
use crate::base::{Clock, Fault};
use crate::platform::config::Settings;
use crate::platform::render::Render;
use crate::stock;
use crate::storefront;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command. Stock is what the database says, or what the files open with when there is
/// no database yet.
///
/// # Errors
/// When the files have mistakes, a template is wrong, or the folder cannot be written.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    let book = Arc::new(load_book(settings)?);
    let levels = if settings.data_dir.join("kiosk.db").exists() {
        let kit = open(settings.clone())?;
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(stock::listed_states(read)?))?
    } else {
        storefront::opening_levels(&book.catalog)
    };
    let render = Render::open(&settings.site_dir)?;
    let now = Clock::System.now();
    let (edition, _) = storefront::prepare(&render, settings, &book, levels, now)?;
    let written = storefront::export(&edition, &options.out)?;
    say!("{written} files in {}", options.out.display());
    Ok(Ended::Well)
}
