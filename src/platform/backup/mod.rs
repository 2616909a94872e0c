//! One file that brings the whole shop back: database, secret, content, own templates, settings.
//!
//! [`make`] writes an archive beside the running shop and proves it; [`verify`] proves one that is
//! there, and [`restore`] unpacks one into an empty folder.
//!
//! **Invariants.** An archive has its name only after it was read back: every checksum, every page
//! and reference of its database, and the books; when those are not in order, the name says so.
//! What fails leaves neither half a file nor an old one less. An archive is never believed: no path
//! of it leads out of the folder it is unpacked into, and it cannot fill the disk.
//! **Tables:** `backup`.

mod keeping;
mod make;
mod manifest;
mod pack;
mod restore;
mod room;
mod store;
mod unpack;

use std::path::PathBuf;

use crate::base::Fault;
use crate::platform::config::Settings;
use crate::platform::db::{Finding, Read};

pub use make::{Made, make};
pub use manifest::Head;
pub use restore::{Proof, restore, verify};
pub use room::size;
pub use store::{Ending, Newest, Standing, end, standing, want};

/// Every invariant of the books; the rooms that have them stand above this one.
pub type Audit = fn(&Read) -> Result<Vec<Finding>, Fault>;

/// Where an archive is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Under a name of its own in this folder, of which so many archives are kept; all when zero.
    Folder(PathBuf, usize),
    /// As this file, which must be new.
    File(PathBuf),
}

impl Target {
    /// Where the settings say.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        Self::Folder(settings.backup_dir.clone(), settings.backups.unwrap_or(0))
    }
}
