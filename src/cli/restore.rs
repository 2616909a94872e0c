//! `kiosk restore`: proves a backup, or brings a shop back from one.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, audit};
use crate::app;
use crate::base::Fault;
use crate::platform::backup::{self, Proof, size};

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// The backup.
    file: PathBuf,
    /// Proves that the shop could be brought back, and changes nothing.
    #[arg(long, required_unless_present = "into", conflicts_with = "into")]
    verify: bool,
    /// Brings the shop back in this folder, which must be new or empty.
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When the backup cannot be used or the folder is not empty, in one sentence.
pub(super) fn run(options: &Options) -> Result<Ended, Fault> {
    let proof = match &options.into {
        Some(folder) => backup::restore(&options.file, folder, app::audit)?,
        None => backup::verify(&options.file, &std::env::temp_dir(), app::audit)?,
    };
    tell(&proof);
    if let Some(folder) = &options.into {
        let folder = folder.display();
        say!("\nThe shop is in {folder}. To open it:\n\n  cd {folder}\n  kiosk serve\n");
        if !proof.switched_off.is_empty() {
            let off = proof.switched_off.join(", ");
            say!("Its kiosk.toml named folders ({off}): switched off, so that it uses its own.");
        }
        say!("Secrets from the environment (KIOSK_…) are not in a backup; set them again.");
    }
    Ok(match proof.broken() {
        None => Ended::Well,
        Some(_) => Ended::WithMistakes,
    })
}

fn tell(proof: &Proof) {
    proof.findings.iter().for_each(audit::print);
    let (at, version) = (proof.head.made_at.rfc3339(), &proof.head.version);
    say!("Made {at} by Kiosk {version}: {} files, {}.", proof.files, size(proof.bytes));
    match proof.broken() {
        None => say!("Every checksum is right, the database is whole, the books are in order."),
        Some(broken) => {
            say!("Every checksum is right and the database is whole, but {broken} does not hold.");
        }
    }
}
