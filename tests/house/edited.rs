//! A copy of a content folder that a test may change, open a shop on, and publish again.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use kiosk::pricing;
use tempfile::TempDir;

use super::{Setup, TestShop};

/// The copy; it goes away with the value.
pub struct Edited {
    dir: TempDir,
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Edited {
    pub fn of(source: &Path) -> Self {
        let dir = TempDir::new().unwrap();
        copy(source, dir.path());
        Self { dir }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Replaces words of a file that must be there.
    #[track_caller]
    pub fn replace(self, file: &str, from: &str, to: &str) -> Self {
        let before = fs::read_to_string(self.path().join(file)).unwrap();
        assert!(before.contains(from), "{file} does not say {from}");
        let after = before.replace(from, to);
        self.write(file, &after)
    }

    /// Writes a whole file.
    pub fn write(self, file: &str, text: &str) -> Self {
        File::create(self.path().join(file)).unwrap().write_all(text.as_bytes()).unwrap();
        self
    }

    /// Takes a file away.
    pub fn remove(self, file: &str) -> Self {
        fs::remove_file(self.path().join(file)).unwrap();
        self
    }
}

impl TestShop {
    /// A shop on this content.
    pub fn on(content: &Edited) -> Self {
        let content = Some(content.path().to_path_buf());
        Self::with(Setup { content, ..Setup::default() })
    }

    /// Puts this content in force, as the watcher does after an edit.
    pub fn publish(&self, content: &Edited) {
        let loaded = pricing::load(content.path()).unwrap();
        let book = loaded.book.unwrap_or_else(|| panic!("{:?}", loaded.complaints));
        self.app.shelf.publish(&self.kit, Arc::new(book)).unwrap();
    }
}
