//! `kiosk build`: the storefront as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{Ended, load_book, open};
use crate::base::fault::{Failure, Never};
use crate::base::{Clock, Fault};
use crate::platform::config::Settings;
use crate::platform::render::Render;
use crate::search::{Index, Levels};
use crate::stock;
use crate::storefront;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Folder to write into.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Pages over their budget count as mistakes.
    #[arg(long)]
    strict: bool,
}

/// Runs the command: nothing is written when feed, page and structured data disagree. Stock is
/// what the database says, or what the files open with when there is no database yet.
///
/// # Errors
/// When the files have mistakes, a template is wrong, or the folder cannot be written.
pub(super) fn run(options: &Options, settings: &Settings) -> Result<Ended, Fault> {
    refuse_own_folders(&options.out, settings)?;
    let book = Arc::new(load_book(settings)?);
    let known = if settings.data_dir.join("kiosk.db").exists() {
        let kit = open(settings.clone())?;
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(stock::listed_states(read)?))?
    } else {
        Levels::new()
    };
    let levels = storefront::levels_or_opening(&book.catalog, known);
    let render = Render::open(&settings.site_dir)?;
    let now = Clock::System.now();
    let index = Index::of(&book, &levels, now);
    let (edition, _) = storefront::prepare(&render, settings, &index, levels.clone(), now)?;
    let base_url = &settings.public_url;
    let inspection = storefront::inspect(&edition, &book, &levels, now, base_url, false);
    for why in &inspection.disagreements {
        complain!("{why}");
    }
    for excess in &inspection.excess {
        complain!("warning: {}: {}", excess.path, excess.what);
    }
    if !inspection.disagreements.is_empty() || (options.strict && !inspection.excess.is_empty()) {
        complain!("Nothing was written.");
        return Ok(Ended::WithMistakes);
    }
    let written = storefront::export(&edition, &options.out)?;
    say!("{written} files in {}", options.out.display());
    Ok(Ended::Well)
}

/// What is written must never land among the shop's own files.
fn refuse_own_folders(out: &Path, settings: &Settings) -> Result<(), Fault> {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path));
    let target = whole(out)?;
    for own in [&settings.content_dir, &settings.data_dir, &settings.site_dir] {
        let own_place = whole(own)?;
        if target.starts_with(&own_place) || own_place.starts_with(&target) {
            let (out, own) = (out.display(), own.display());
            let why = format!("--out {out} would mix with the shop's own {own}; choose dist, say");
            return Err(Fault::new(why));
        }
    }
    Ok(())
}
