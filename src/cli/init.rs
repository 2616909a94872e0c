//! `kiosk init`: a new shop in a folder.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use include_dir::{Dir, include_dir};

use super::Ended;
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::platform::config::KEYS;

/// The demonstration shop.
static DEMO: Dir = include_dir!("$CARGO_MANIFEST_DIR/content");
/// Three products.
static MINIMAL: Dir = include_dir!("$CARGO_MANIFEST_DIR/seed/minimal/content");

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Folder to make.
    folder: PathBuf,
    /// What the new shop sells at first.
    #[arg(long, value_enum, default_value_t = Starter::Demo)]
    starter: Starter,
}

#[derive(Clone, Copy, ValueEnum)]
enum Starter {
    /// The demonstration shop, with all its texts and pictures.
    Demo,
    /// Three products, to begin with little.
    Minimal,
}

/// Runs the command.
///
/// # Errors
/// When the folder exists and is not empty, or cannot be written.
pub(super) fn run(options: &Options) -> Result<Ended, Fault> {
    let folder = &options.folder;
    let taken = folder.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if taken {
        return Err(Fault::new(format!("{} is not empty; choose a new folder", folder.display())));
    }
    let content = folder.join("content");
    std::fs::create_dir_all(&content).doing(&format!("making {}", content.display()))?;
    let starter = match options.starter {
        Starter::Demo => &DEMO,
        Starter::Minimal => &MINIMAL,
    };
    starter.extract(&content).doing("writing the starter shop")?;
    write_file(&folder.join("kiosk.toml"), &settings_file())?;
    write_file(&folder.join(".gitignore"), "/data\n")?;
    say!("A new shop is in {0}.\n\n  cd {0}\n  kiosk serve", folder.display());
    Ok(Ended::Well)
}

#[expect(clippy::disallowed_methods, reason = "the folder is new; there is nothing to lose")]
fn write_file(path: &Path, text: &str) -> Result<(), Fault> {
    std::fs::write(path, text).doing(&format!("writing {}", path.display()))
}

/// Every setting with what it is for, switched off.
fn settings_file() -> String {
    let mut text = String::from(
        "# How this shop runs. Every line is optional; KIOSK_<NAME> in the environment wins.\n\
         # What the shop is and sells stands in content/.\n",
    );
    for (key, default, what) in KEYS {
        let _ = write!(text, "\n# {what}\n# {key} = \"{default}\"\n");
    }
    text
}
