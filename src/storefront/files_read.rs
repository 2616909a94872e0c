//! The content folder as it was read last, mistakes and all: what the desk shows and edits.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::base::Fault;
use crate::platform::content::{Complaint, Tree};
use crate::pricing::{self, Loaded};

/// What a reading gave.
#[derive(Debug)]
pub struct Reading {
    /// The files.
    pub files: Tree,
    /// Everything somebody should look at, in reading order.
    pub complaints: Vec<Complaint>,
    /// Whether they can be shown.
    pub is_good: bool,
    /// The name of exactly these files.
    pub revision: String,
}

/// The last reading. Clones share it.
#[derive(Clone, Default)]
pub struct FilesRead(Arc<ArcSwapOption<Reading>>);

impl FilesRead {
    /// Takes note of what was read.
    pub(super) fn note(&self, loaded: &Loaded) {
        let named = loaded.book.as_ref().map(|book| book.revision.clone());
        self.0.store(Some(Arc::new(Reading {
            files: loaded.files.clone(),
            complaints: loaded.complaints.clone(),
            is_good: loaded.book.is_some(),
            revision: named.unwrap_or_else(|| loaded.files.revision()),
        })));
    }

    /// What was read last. `in_force` is the revision that is shown: when it is another than that
    /// of a good reading, nobody watches the folder, and it is read again.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn now(&self, content_dir: &Path, in_force: &str) -> Result<Arc<Reading>, Fault> {
        if let Some(known) = self.0.load_full()
            && (!known.is_good || known.revision == in_force)
        {
            return Ok(known);
        }
        self.again(content_dir)
    }

    /// Reads the folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn again(&self, content_dir: &Path) -> Result<Arc<Reading>, Fault> {
        self.note(&pricing::load(content_dir)?);
        self.0.load_full().ok_or_else(|| Fault::new("the content folder was not read"))
    }
}
