//! `kiosk backup`: the whole shop as one file, proved.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, open};
use crate::app;
use crate::base::Fault;
use crate::platform::backup::{Target, size};
use crate::platform::config::Settings;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// A folder, or a new file ending in .tar.gz; the folder of the nightly backups when absent.
    #[arg(long, value_name = "FOLDER_OR_FILE")]
    to: Option<PathBuf>,
    /// How many backups stay in the folder; all when absent and --to is given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

/// Runs the command; the shop may be open meanwhile.
///
/// # Errors
/// When the backup could not be made or proved, in one sentence.
pub(super) fn run(options: &Options, settings: Settings) -> Result<Ended, Fault> {
    let target = target(options, &settings)?;
    let kit = open(settings)?;
    let made = app::back_up(&kit, &target)?;
    let (file, files, bytes) = (made.file.display(), made.files, size(made.bytes));
    let proved = match &made.broken {
        None => "read back and proved".to_owned(),
        Some(broken) => {
            format!("read back, but its books are not in order ({broken}); see `kiosk audit`")
        }
    };
    say!("{file}: {files} files, {bytes}, {proved}.");
    for old in &made.removed {
        say!("Removed {}.", old.display());
    }
    Ok(if made.broken.is_some() { Ended::WithMistakes } else { Ended::Well })
}

fn target(options: &Options, settings: &Settings) -> Result<Target, Fault> {
    let keep = options.keep.map(usize::from);
    let Some(to) = &options.to else {
        let Target::Folder(folder, of_settings) = Target::of(settings) else {
            return Ok(Target::of(settings));
        };
        return Ok(Target::Folder(folder, keep.unwrap_or(of_settings)));
    };
    let is_file = !to.is_dir() && to.to_string_lossy().ends_with(".tar.gz");
    match (is_file, keep) {
        (true, Some(_)) => Err(Fault::new(
            "--keep counts the backups of a folder; leave it out, or let --to name a folder",
        )),
        (true, None) => Ok(Target::File(to.clone())),
        (false, keep) => Ok(Target::Folder(to.clone(), keep.unwrap_or(0))),
    }
}
