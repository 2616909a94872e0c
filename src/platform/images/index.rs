//! What is known of developed pictures: in memory, and as a file that lines are added to.
//!
//! The file holds a line of JSON for each step of each picture; the last one of a picture counts.
//! A line is added after the files it speaks of are on disk, and begins with a line break of its
//! own, so that half a line left by a crash spoils nothing but itself.

use std::collections::{HashMap, HashSet};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::folder::{Folder, file_name, key, trouble};
use super::{Colour, Format};
use crate::base::Fault;

/// The file's name.
const NAME: &str = "index.jsonl";
/// How renditions are made. Raised with every change of widths, qualities or placeholder: what
/// was made another way is made again.
const FORM: u32 = 2;

/// A picture in one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rendition {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Length of its file.
    pub bytes: u64,
}

/// Everything made of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Developed {
    /// Pixels across in the source, as it is shown.
    pub width: u32,
    /// Pixels down in the source, as it is shown.
    pub height: u32,
    /// True when it is transparent somewhere.
    pub alpha: bool,
    /// The average colour, `#rrggbb`.
    pub colour: String,
    /// A few blurred pixels as a `data:` address of at most 300 characters.
    pub placeholder: String,
    pub(super) jpeg: Vec<Rendition>,
    pub(super) webp: Vec<Rendition>,
    /// As far as they are made.
    pub(super) avif: Vec<Rendition>,
}

impl Developed {
    /// The renditions to offer in this format, the smallest first. AVIF comes in all widths or
    /// not at all, for a browser chooses the format before the width; and not when it is heavier
    /// than WebP.
    #[must_use]
    pub fn renditions(&self, format: Format) -> &[Rendition] {
        let bytes = |renditions: &[Rendition]| renditions.iter().map(|r| r.bytes).sum::<u64>();
        match format {
            Format::Jpeg => &self.jpeg,
            Format::WebP => &self.webp,
            Format::Avif if self.wants_avif() || bytes(&self.avif) >= bytes(&self.webp) => &[],
            Format::Avif => &self.avif,
        }
    }

    /// True while AVIF is still to be made in some width.
    #[must_use]
    pub fn wants_avif(&self) -> bool {
        self.avif.len() < self.jpeg.len()
    }

    fn files(&self, key: &str) -> impl Iterator<Item = String> {
        let of = |format, list: &[Rendition]| {
            list.iter().map(|r| file_name(key, r.width, format)).collect::<Vec<_>>()
        };
        let jpeg = of(Format::Jpeg, &self.jpeg).into_iter();
        jpeg.chain(of(Format::WebP, &self.webp)).chain(of(Format::Avif, &self.avif))
    }
}

#[derive(Serialize, Deserialize)]
struct Line<D> {
    form: u32,
    backdrop: Colour,
    key: String,
    developed: D,
}

pub(super) struct Index {
    known: HashMap<String, Arc<Developed>>,
    backdrop: Colour,
    /// Lines of the file, the useless ones included.
    lines: usize,
}

impl Index {
    /// Reads the file. What was made another way is not known, nor what misses a file; files are
    /// looked for only when the folder has changed since the last line was added.
    pub(super) fn open(folder: &Folder, backdrop: Colour) -> Result<Self, Fault> {
        let mut index = Self { known: HashMap::new(), backdrop, lines: 0 };
        let path = folder.path(NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(index),
            Err(e) => return Err(trouble(e, &path)),
        };
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            index.lines += 1;
            let Ok(line) = serde_json::from_slice::<Line<Developed>>(line) else { continue };
            if line.form == FORM && line.backdrop == backdrop && key(&line.key).is_some() {
                index.known.insert(line.key, Arc::new(line.developed));
            }
        }
        if folder.changed_after(NAME) {
            let there: HashSet<String> = folder.names()?.into_iter().collect();
            let whole = |key: &String, developed: &mut Arc<Developed>| {
                developed.files(key).all(|file| there.contains(&file))
            };
            index.known.retain(whole);
        }
        Ok(index)
    }

    pub(super) fn get(&self, key: &str) -> Option<Arc<Developed>> {
        self.known.get(key).cloned()
    }

    /// Notes what has been made, on disk first.
    pub(super) fn note(
        &mut self,
        folder: &Folder,
        key: &str,
        developed: Arc<Developed>,
    ) -> Result<(), Fault> {
        append(folder, &format!("\n{}\n", self.line(key, &developed)?))?;
        self.lines += 1;
        self.known.insert(key.to_owned(), developed);
        Ok(())
    }

    /// Forgets what is not kept, and sheds lines that no longer count.
    pub(super) fn retain(
        &mut self,
        folder: &Folder,
        keep: impl Fn(&str) -> bool,
    ) -> Result<(), Fault> {
        self.known.retain(|key, _| keep(key));
        if self.lines == self.known.len() {
            return Ok(());
        }
        let mut text = String::new();
        for (key, developed) in &self.known {
            text.push_str(&self.line(key, developed)?);
            text.push('\n');
        }
        folder.keep(NAME, text.as_bytes())?;
        self.lines = self.known.len();
        Ok(())
    }

    fn line(&self, key: &str, developed: &Developed) -> Result<String, Fault> {
        let (form, backdrop, key) = (FORM, self.backdrop, key.to_owned());
        Ok(serde_json::to_string(&Line { form, backdrop, key, developed })?)
    }
}

/// Lets the index be the last that changed in its folder, so that the next start trusts it.
pub(super) fn touch(folder: &Folder) -> Result<(), Fault> {
    append(folder, "\n")
}

fn append(folder: &Folder, text: &str) -> Result<(), Fault> {
    let path = folder.path(NAME);
    let add = || {
        let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_data()
    };
    add().map_err(|e| trouble(e, &path))
}
