//! Reading an archive that anybody may have made or damaged: every path, size and checksum is
//! looked at, and nothing is written outside the folder it is unpacked into.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::path::Path;

use flate2::read::GzDecoder;
use tar::EntryType;

use super::manifest::{self, DATABASE, HEAD, Head, MANIFEST, Manifest, Member, is_ours};
use super::pack::Hashing;
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::platform::db::SCHEMA_VERSION;

/// Files in an archive, at most.
const MEMBERS_MAX: usize = 250_000;
/// Longest path in an archive, bytes.
const PATH_BYTES_MAX: u64 = 4096;
/// Largest first member, bytes.
const HEAD_BYTES_MAX: u64 = 64 * 1024;
/// Largest list of files, bytes.
const MANIFEST_BYTES_MAX: u64 = 100 * 1024 * 1024;
/// Largest file beside the database, bytes.
const FILE_BYTES_MAX: u64 = 1 << 30;
/// What unpacks to more than so many bytes for each of its own is a trap, not a backup …
const UNPACKED_PER_BYTE_MAX: u64 = 100;
/// … and so many bytes are always believed.
const UNPACKED_ALWAYS: u64 = 64 * 1024 * 1024;

/// Read and written at once, bytes.
const BUFFER_BYTES: usize = 128 * 1024;

/// Which files are written; of all others only the checksum is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The database alone: enough to prove the archive.
    Database,
    /// Everything.
    All,
}

/// What was found in an archive whose every checksum is right.
pub(super) struct Unpacked {
    /// What it is.
    pub(super) head: Head,
    /// Files in it, without its own two.
    pub(super) files: usize,
    /// Bytes of them.
    pub(super) bytes: u64,
}

/// Unpacks the archive into a folder of nobody else's. `most` is what the disk may still take.
pub(super) fn unpack(
    archive: &Path,
    into: &Path,
    wanted: Wanted,
    most: u64,
) -> Result<Unpacked, Fault> {
    let file = File::open(archive).doing("opening it")?;
    let packed = file.metadata()?.len();
    let believed = packed.saturating_mul(UNPACKED_PER_BYTE_MAX).saturating_add(UNPACKED_ALWAYS);
    let gzip = Budget { from: GzDecoder::new(BufReader::new(file)), left: believed };
    let mut tar = tar::Archive::new(gzip);
    let mut reading =
        Reading { into, wanted, left: most, name: None, seen: HashSet::new(), members: Vec::new() };
    let (head, named) = reading.members(&mut tar)?;
    manifest::compare(&reading.members, &named)?;
    // What is left is nothing, but the checksum of the whole is looked at there.
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(|error| damaged(&error))?;
    let files = reading.members.len() - 1;
    let bytes = reading.members.iter().skip(1).map(|member| member.bytes).sum();
    Ok(Unpacked { head, files, bytes })
}

/// A reader that ends with a sentence instead of going on for ever.
struct Budget<R> {
    from: R,
    left: u64,
}

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        let left = self.left.checked_sub(read as u64);
        self.left = left.ok_or(io::Error::from(ErrorKind::QuotaExceeded))?;
        Ok(read)
    }
}

type Entry<'a, R> = tar::Entry<'a, R>;

struct Reading<'a> {
    into: &'a Path,
    wanted: Wanted,
    left: u64,
    /// A long path that the next entry has.
    name: Option<String>,
    seen: HashSet<String>,
    members: Vec<Member>,
}

impl Reading<'_> {
    /// Reads every file up to the list of all, which is the last.
    fn members(&mut self, tar: &mut tar::Archive<impl Read>) -> Result<(Head, Manifest), Fault> {
        let mut head = None;
        // Raw: names and sizes are ours to believe, before anything is read by their word.
        for entry in tar.entries()?.raw(true) {
            let mut entry = entry.map_err(|error| damaged(&error))?;
            let Some(path) = self.path(&mut entry)? else { continue };
            match head.take() {
                None if path == HEAD => {
                    let bytes = self.text(&path, &mut entry, HEAD_BYTES_MAX)?;
                    head = Some(manifest::read_head(&bytes, SCHEMA_VERSION)?);
                }
                None => return Err(foreign()),
                Some(head) if path == MANIFEST => {
                    let named = whole(&mut entry, MANIFEST_BYTES_MAX)?;
                    let named = serde_json::from_slice(&named).map_err(|_| {
                        Fault::new("it is damaged: its list of files cannot be read")
                    })?;
                    return Ok((head, named));
                }
                Some(known) => {
                    self.file(&path, &mut entry)?;
                    head = Some(known);
                }
            }
        }
        match head {
            Some(_) => Err(Fault::new("it is cut off: its list of files is missing at the end")),
            None => Err(foreign()),
        }
    }

    /// The path of a file; nothing for an entry that only tells the path of the next.
    fn path(&mut self, entry: &mut Entry<impl Read>) -> Result<Option<String>, Fault> {
        let kind = entry.header().entry_type();
        let text = |bytes: &[u8]| {
            let text =
                std::str::from_utf8(bytes).map(|text| text.trim_end_matches('\0').to_owned());
            text.map_err(|_| Fault::new("it holds a path that is no text"))
        };
        if kind == EntryType::GNULongName && self.name.is_none() {
            self.name = Some(text(&whole(entry, PATH_BYTES_MAX)?)?);
            return Ok(None);
        }
        let path = match self.name.take() {
            Some(path) => path,
            None => text(&entry.path_bytes())?,
        };
        if kind != EntryType::Regular {
            return Err(Fault::new(format!("it holds `{path}`, which is no plain file")));
        }
        let is_new = self.seen.insert(path.clone());
        if self.members.is_empty() && path != HEAD {
            return Err(foreign());
        }
        if path != MANIFEST && !(is_ours(&path) && is_new) {
            return Err(Fault::new(format!(
                "it holds `{}`, which has no place in a backup",
                path.escape_debug()
            )));
        }
        if self.members.len() >= MEMBERS_MAX {
            return Err(Fault::new(format!("it holds more than {MEMBERS_MAX} files")));
        }
        Ok(Some(path))
    }

    fn text(
        &mut self,
        path: &str,
        entry: &mut Entry<impl Read>,
        most: u64,
    ) -> Result<Vec<u8>, Fault> {
        let mut hashing = Hashing::new(entry);
        let bytes = whole(&mut hashing, most)?;
        self.note(path, hashing);
        Ok(bytes)
    }

    fn note(&mut self, path: &str, read: Hashing<impl Read>) {
        let (path, bytes) = (path.to_owned(), read.bytes);
        self.members.push(Member { path, bytes, sha256: read.sha256() });
    }

    /// Writes one file, or only looks at it.
    fn file(&mut self, path: &str, entry: &mut Entry<impl Read>) -> Result<(), Fault> {
        let size = entry.header().size().map_err(|error| damaged(&error))?;
        if path != DATABASE && size > FILE_BYTES_MAX {
            return Err(Fault::new(format!("`{path}` in it is too large")));
        }
        let mut place = None;
        if self.wanted == Wanted::All || path == DATABASE {
            self.left = self.left.checked_sub(size).ok_or_else(|| {
                let why = "there is no room to unpack it; the last tenth of a disk, 5 GB at most, \
                           is left alone";
                Fault::new(why)
            })?;
            place = Some(create(self.into, path).doing(&format!("writing {path}"))?);
        }
        let mut hashing = Hashing::new(entry);
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = hashing.read(&mut buffer).map_err(|error| damaged(&error))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            if let Some(file) = &mut place {
                file.write_all(bytes).doing("writing what was unpacked")?;
            }
        }
        if let Some(file) = place {
            file.sync_all().doing("waiting for the disk")?;
        }
        if hashing.bytes != size {
            return Err(Fault::new(format!("it is cut off in the middle of `{path}`")));
        }
        self.note(path, hashing);
        Ok(())
    }
}

/// A new file with the folders above it; what lies in the data folder is its owner's alone.
fn create(into: &Path, path: &str) -> io::Result<File> {
    let place = into.join(path);
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    if path.starts_with("data/") { new_private(&place) } else { File::create_new(place) }
}

/// A new file that only its owner may read.
pub(super) fn new_private(place: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(place)
}

fn whole(from: &mut impl Read, most: u64) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    if bytes.len() as u64 > most {
        return Err(Fault::new("it is damaged: a file in it is longer than it may be"));
    }
    Ok(bytes)
}

fn foreign() -> Fault {
    Fault::new("it is not a backup of Kiosk")
}

/// In words of our own: what the libraries say may hold bytes of the file.
fn damaged(error: &io::Error) -> Fault {
    Fault::new(match error.kind() {
        ErrorKind::UnexpectedEof => "it is cut off; copy it again, whole",
        ErrorKind::QuotaExceeded => "it unpacks to far more than a backup of its size does",
        _ => "it is damaged, or no backup of Kiosk",
    })
}
