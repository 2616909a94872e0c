//! Reading a folder within limits.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::ops::Bound;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use sha2::{Digest, Sha256};

use super::complaint::{Complaints, Place, Wrong};
use super::walk::walk;
use super::{document, secrets};
use crate::base::Fault;
use crate::base::differences_of_shared;
use crate::base::ids::{hex, sha256_hex};
use crate::platform::images::{Kind, Look, Unfit, look};

/// Largest TOML file, in bytes.
pub(super) const TOML_BYTES_MAX: u64 = 256 * 1024;
/// Largest Markdown file and any other text, in bytes.
pub(super) const TEXT_BYTES_MAX: u64 = 1024 * 1024;
/// Largest other file, in bytes.
pub(super) const BINARY_BYTES_MAX: u64 = 32 * 1024 * 1024;
/// Most files in the folder.
pub(super) const FILES_MAX: usize = 100_000;
/// Folders inside folders, at most.
pub(super) const DEPTH_MAX: usize = 12;

const SECRET_HINT: &str =
    "remove it, replace it at its provider, and keep the new one in the environment";

/// The files of a folder, by path inside it.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Shared: whoever keeps what was read last keeps the same.
    pub(super) files: Arc<BTreeMap<Arc<str>, Arc<File>>>,
    pub(super) too_many: bool,
}

/// One file as read.
#[derive(Debug)]
pub struct File {
    /// What it holds.
    pub body: Body,
    digest: String,
    /// Names the path and what it holds: its part of [`Tree::revision`].
    mark: u128,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, without a byte order mark.
    Text(String),
    /// A picture: what its header says, or why it cannot be used.
    Image(Result<Look, Unfit>),
    /// Anything else.
    Other,
    /// It could not be read or may not be used.
    Refused(Wrong),
}

/// Reads every file below `dir`.
///
/// # Errors
/// When the folder itself cannot be read. Everything wrong inside becomes a complaint later.
pub fn read_tree(dir: &Path) -> Result<Tree, Fault> {
    let (walk, complete) = walk(dir)?;
    let mut tree = Tree { files: Arc::default(), too_many: !complete };
    for (name, file) in read_files(&walk.found) {
        tree.insert(name, file);
    }
    for (name, wrong) in walk.refused {
        tree.insert(&name, File::new(&name, Body::Refused(wrong), String::new()));
    }
    Ok(tree)
}

/// Files a thread should have to read before it is worth starting one.
const SHARE_MIN: usize = 64;

/// Reads files on all cores.
fn read_files(found: &[(String, PathBuf)]) -> Vec<(&String, File)> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = found.len().div_ceil(cores).max(SHARE_MIN);
    let mut files = Vec::with_capacity(found.len());
    thread::scope(|scope| {
        let read_share = |share: &'_ [(String, PathBuf)]| -> Vec<File> {
            share.iter().map(|(name, path)| read_file(name, path)).collect()
        };
        let workers: Vec<_> = found
            .chunks(share)
            .map(|share| (share, scope.spawn(move || read_share(share))))
            .collect();
        for (share, worker) in workers {
            match worker.join() {
                Ok(read) => files.extend(share.iter().map(|(name, _)| name).zip(read)),
                Err(panic) => resume_unwind(panic),
            }
        }
    });
    files
}

fn read_file(name: &str, path: &Path) -> File {
    let limit = limit_of(name);
    let mut bytes = Vec::new();
    // One byte more than allowed tells a full file from one that is too large, even if it grows.
    let read = fs::File::open(path).and_then(|f| f.take(limit + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => file_of(name, bytes),
        Err(error) => {
            let wrong =
                Wrong::error("file-unreadable", format!("the file cannot be read: {error}"));
            let wrong = wrong.hint("check its permissions");
            File::new(name, Body::Refused(wrong), String::new())
        }
    }
}

fn limit_of(name: &str) -> u64 {
    match extension(name) {
        "toml" => TOML_BYTES_MAX,
        "md" => TEXT_BYTES_MAX,
        _ => BINARY_BYTES_MAX,
    }
}

pub(super) fn file_of(name: &str, bytes: Vec<u8>) -> File {
    let digest = hex(&Sha256::digest(&bytes));
    let limit = limit_of(name);
    let body = if bytes.len() as u64 > limit {
        let message = format!("the file is larger than {} KiB", limit / 1024);
        Body::Refused(Wrong::error("file-too-large", message).hint("split it or shorten it"))
    } else {
        match extension(name) {
            "toml" | "md" => text_of(bytes),
            extension if Kind::promised(extension).is_some() => {
                Body::Image(look(Path::new(name), &bytes))
            }
            _ if bytes.len() as u64 <= TEXT_BYTES_MAX => {
                String::from_utf8(bytes).map_or(Body::Other, Body::Text)
            }
            _ => Body::Other,
        }
    };
    File::new(name, body, digest)
}

fn text_of(bytes: Vec<u8>) -> Body {
    match String::from_utf8(bytes) {
        Ok(text) => Body::Text(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = error.as_bytes().get(..valid).unwrap_or_default();
            let line = before.split(|b| *b == b'\n').count();
            let message = format!("the file is not UTF-8 text; line {line} holds other bytes");
            Body::Refused(Wrong::error("file-not-utf8", message).hint("save it again as UTF-8"))
        }
    }
}

fn same(one: &Arc<File>, other: &Arc<File>) -> bool {
    Arc::ptr_eq(one, other) || !one.digest.is_empty() && one.digest == other.digest
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

impl File {
    fn new(path: &str, body: Body, digest: String) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(path);
        hasher.update([0]);
        hasher.update(&digest);
        let hash: [u8; 32] = hasher.finalize().into();
        let mark = hash.iter().take(16).fold(0, |mark, byte| (mark << 8) | u128::from(*byte));
        Self { body, digest, mark }
    }

    /// SHA-256 of the content, in hexadecimal; empty when it was not read.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl Tree {
    /// A tree that was never on a disk.
    #[must_use]
    pub fn from_files(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter();
        let mut tree = Self { files: Arc::default(), too_many: false };
        for (name, bytes) in files {
            let file = file_of(&name, bytes);
            tree.insert(&name, file);
        }
        tree
    }

    pub(super) fn insert(&mut self, name: &str, file: File) {
        Arc::make_mut(&mut self.files).insert(name.into(), Arc::new(file));
    }

    /// The same files after those named have changed on disk: read again, or gone. `None` when
    /// one of them is not a plain file, as a folder that moved: then all must be read.
    #[must_use]
    pub fn with_changed(&self, dir: &Path, names: &[String]) -> Option<Self> {
        let mut tree = self.clone();
        for name in names {
            let path = dir.join(name);
            match fs::symlink_metadata(&path) {
                Ok(found) if found.is_file() => tree.insert(name, read_file(name, &path)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    // Programs save beside a file and rename: what is gone may never have been
                    // here. A folder that is gone took its files with it.
                    let inside = format!("{name}/");
                    if tree.files.keys().any(|path| path.starts_with(&inside)) {
                        return None;
                    }
                    Arc::make_mut(&mut tree.files).remove(name.as_str());
                }
                _ => return None,
            }
        }
        (tree.files.len() <= FILES_MAX).then_some(tree)
    }

    /// Paths that hold something else than in `other`, in order; those of one only included.
    #[must_use]
    pub fn changed_since(&self, other: &Self) -> Vec<String> {
        differences_of_shared(&*self.files, &*other.files, same)
            .into_iter()
            .map(ToString::to_string)
            .collect()
    }

    /// Whether a path holds the same in both, or nothing in both.
    #[must_use]
    pub fn is_same(&self, other: &Self, path: &str) -> bool {
        match (self.files.get(path), other.files.get(path)) {
            (Some(one), Some(two)) => same(one, two),
            (None, None) => true,
            _ => false,
        }
    }

    /// The text of a file, when it is there and readable.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match &self.files.get(path)?.body {
            Body::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A file, readable or not.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path).map(Arc::as_ref)
    }

    /// Every path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(AsRef::as_ref)
    }

    /// Files directly inside `folder` (ending with `/`) with this extension: name without both,
    /// path, and text when readable.
    pub fn texts<'a>(
        &'a self,
        folder: &'a str,
        extension: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)> {
        let inside = self.files.range::<str, _>((Bound::Included(folder), Bound::Unbounded));
        let inside = inside.take_while(move |(path, _)| path.starts_with(folder));
        inside.filter_map(move |(path, _)| {
            let name = path.strip_prefix(folder)?.strip_suffix(extension)?.strip_suffix('.')?;
            let usual = !name.contains('/') && !name.starts_with('.');
            usual.then(|| (name, path.as_ref(), self.text(path)))
        })
    }

    /// Where the value of a key path such as `variants.2.sku` stands in a file.
    #[must_use]
    pub fn place(&self, file: &str, key_path: &str) -> Place {
        let span = self.text(file).map_or(0..0, |text| document::locate(text, key_path));
        Place { file: file.to_owned(), span }
    }

    /// A name for exactly these files: 16 hexadecimal digits. A sum of the files' own marks, so
    /// that a folder of many thousands is not hashed anew for each edit.
    #[must_use]
    pub fn revision(&self) -> String {
        let sum = self.files.values().fold(0_u128, |sum, file| sum.wrapping_add(file.mark));
        let mut revision = sha256_hex(&sum.to_be_bytes());
        revision.truncate(16);
        revision
    }

    /// Complains about files that could not be read and about secrets in those that could.
    pub fn complain(&self, complaints: &Complaints) {
        if self.too_many {
            let wrong =
                Wrong::error("files-too-many", format!("there are more than {FILES_MAX} files"));
            complaints
                .add(Place::start("."), wrong.hint("move what does not belong here elsewhere"));
        }
        for path in self.paths() {
            self.complain_of(path, complaints);
        }
    }

    /// Complains about one file that could not be read, or about secrets in it.
    pub fn complain_of(&self, path: &str, complaints: &Complaints) {
        match self.files.get(path).map(|file| &file.body) {
            Some(Body::Refused(wrong)) => {
                complaints.names_lost();
                complaints.add(Place::start(path), wrong.clone());
            }
            Some(Body::Text(text)) => {
                for (span, what) in secrets::find(text) {
                    let message = format!("this looks like {what}");
                    let wrong = Wrong::error("secret", message).hint(SECRET_HINT);
                    complaints.add(Place { file: path.to_owned(), span }, wrong);
                }
            }
            Some(Body::Image(_) | Body::Other) | None => {}
        }
    }
}
