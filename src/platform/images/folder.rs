//! The folder of developed pictures: files are whole or not there.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Format;
use crate::base::Fault;

/// Digits of a source's digest that name its files.
pub(super) const KEY_DIGITS: usize = 12;
/// How the name of a file ends that is still being written.
const UNFINISHED: &str = ".part";

pub(super) struct Folder {
    path: PathBuf,
    /// Keeps threads that write the same picture out of each other's way.
    written: AtomicU64,
}

impl Folder {
    /// Makes the folder when it is not there.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        fs::create_dir_all(path).map_err(|e| trouble(e, path))?;
        Ok(Self { path: path.to_owned(), written: AtomicU64::new(0) })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The names of all files.
    pub(super) fn names(&self) -> Result<Vec<String>, Fault> {
        let entries = fs::read_dir(&self.path).map_err(|e| trouble(e, &self.path))?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string()));
        let names: io::Result<Vec<_>> = names.collect();
        Ok(names.map_err(|e| trouble(e, &self.path))?.into_iter().flatten().collect())
    }

    /// False when no file has come, gone or been renamed since this one was written. The times of
    /// files are coarse: at the same time counts as after.
    pub(super) fn changed_after(&self, name: &str) -> bool {
        let time = |path: &Path| fs::metadata(path).and_then(|there| there.modified()).ok();
        let (folder, file) = (time(&self.path), time(&self.path(name)));
        folder.is_none() || folder >= file
    }

    /// Writes a file beside its place, sees it on disk and puts it there.
    pub(super) fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), Fault> {
        let (number, process) = (self.written.fetch_add(1, Ordering::Relaxed), std::process::id());
        let beside = self.path(&format!("{name}.{process}.{number}{UNFINISHED}"));
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(bytes)?;
            file.sync_data()?;
            fs::rename(&beside, self.path(name))
        };
        write().map_err(|e| {
            // What is left of it is of no use; if even this fails, the next sweep takes it.
            let _ = fs::remove_file(&beside);
            trouble(e, &self.path)
        })
    }

    /// Sees the names of files written before on disk.
    pub(super) fn settle(&self) -> Result<(), Fault> {
        let synced = File::open(&self.path).and_then(|folder| folder.sync_all());
        synced.map_err(|e| trouble(e, &self.path))
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) fn remove(&self, name: &str) -> Result<(), Fault> {
        match fs::remove_file(self.path(name)) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(trouble(e, &self.path)),
            _ => Ok(()),
        }
    }
}

/// What a disk that fails means for the shop, in words.
pub(super) fn trouble(error: io::Error, path: &Path) -> Fault {
    let path = path.display();
    let what = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk of {path} is full, free some space; pictures stay as they are")
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            format!("{path} cannot be written, check its permissions; pictures stay as they are")
        }
        _ => format!("keeping pictures in {path}"),
    };
    Fault::from(error).doing(&what)
}

/// What names the files of a source: the first digits of its digest, when it is one.
pub(super) fn key(digest: &str) -> Option<&str> {
    let key = digest.get(..KEY_DIGITS)?;
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digest.bytes().all(is_digit).then_some(key)
}

/// `3f2a9c01b7de-640.webp`.
pub(super) fn file_name(key: &str, width: u32, format: Format) -> String {
    format!("{key}-{width}.{}", format.extension())
}

/// The key of a file this folder may hold, finished or not; `None` for files of others.
pub(super) fn key_of(name: &str) -> Option<&str> {
    let (digest, rest) = name.split_once('-')?;
    let key = key(digest).filter(|key| *key == digest)?;
    let (width, extension) = rest.split_once('.')?;
    let ours = Format::from_extension(extension).is_some() || extension.ends_with(UNFINISHED);
    (ours && width.parse::<u32>().is_ok()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digests_name_files() {
        assert_eq!(key("3f2a9c01b7de55"), Some("3f2a9c01b7de"));
        assert_eq!(key("3f2a9c01b7d"), None);
        assert_eq!(key("../../../../etc"), None);
        assert_eq!(key("3F2A9C01B7DE"), None);
        assert_eq!(key_of("3f2a9c01b7de-640.webp"), Some("3f2a9c01b7de"));
        assert_eq!(key_of("3f2a9c01b7de-640.webp.77.0.part"), Some("3f2a9c01b7de"));
        assert_eq!(key_of("3f2a9c01b7de-640.txt"), None);
        assert_eq!(key_of("3f2a9c01b7de55-640.webp"), None);
        assert_eq!(key_of("index.jsonl"), None);
    }

    #[test]
    fn a_full_disk_says_so() {
        let full = trouble(ErrorKind::StorageFull.into(), Path::new("data/pictures"));
        assert!(full.to_string().starts_with("the disk of data/pictures is full"), "{full}");
        let fixed = trouble(ErrorKind::ReadOnlyFilesystem.into(), Path::new("p"));
        assert!(fixed.to_string().contains("check its permissions"), "{fixed}");
    }

    #[test]
    fn what_cannot_be_put_in_place_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(dir.path()).unwrap();
        fs::create_dir_all(dir.path().join("taken/by-a-folder")).unwrap();
        assert!(folder.keep("taken", b"bytes").is_err());
        assert_eq!(folder.names().unwrap(), ["taken"]);
    }
}
