//! `kiosk export`: the catalog as a table.

use std::io::Write;

use clap::Subcommand;

use super::{Ended, load};
use crate::base::Fault;
use crate::catalog::exchange;
use crate::platform::config::Settings;

/// What is exported.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Every product and variant, in our own columns, as CSV on standard output.
    Products,
}

/// Runs the command.
///
/// # Errors
/// When the content folder cannot be read.
pub(super) fn run(command: &Command, settings: &Settings) -> Result<Ended, Fault> {
    match command {
        Command::Products => {}
    }
    let files = load(settings)?.files;
    let products = files.texts("products/", "toml").filter_map(|(slug, _, text)| {
        Some((slug, text?, files.text(&format!("products/{slug}.md"))))
    });
    let (bytes, left_out) = exchange::export(products).map_err(Fault::new)?;
    // A reader that has gone (`| head`) is no mistake.
    let _ = std::io::stdout().write_all(&bytes);
    for slug in &left_out {
        complain!("kiosk: products/{slug}.toml cannot be read and was left out");
    }
    Ok(if left_out.is_empty() { Ended::Well } else { Ended::WithMistakes })
}
