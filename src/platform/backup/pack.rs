//! Writing an archive: a tar file packed with gzip, so that any machine can open one by hand.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::manifest::{FORM, HEAD, Head, MANIFEST, Manifest, Member};
use crate::base::fault::Doing;
use crate::base::ids::hex;
use crate::base::{Fault, Instant};
use crate::platform::db::SCHEMA_VERSION;
use crate::platform::telemetry;

/// How hard gzip tries, 1 to 9: pictures are packed already, and a database packs well at once.
const EFFORT: u32 = 3;
/// Every file of an archive is its owner's alone.
const MODE: u32 = 0o600;

/// An archive being written.
pub(super) struct Packing {
    tar: tar::Builder<GzEncoder<BufWriter<File>>>,
    members: Vec<Member>,
    made_at: Instant,
}

impl Packing {
    /// Begins with what the rest is.
    pub(super) fn begin(file: File, made_at: Instant) -> Result<Self, Fault> {
        let gzip = GzEncoder::new(BufWriter::new(file), Compression::new(EFFORT));
        let mut packing = Self { tar: tar::Builder::new(gzip), members: Vec::new(), made_at };
        let version = telemetry::build().to_owned();
        let head = Head { kiosk_backup: FORM, version, schema: SCHEMA_VERSION, made_at };
        packing.text(HEAD, &serde_json::to_vec(&head)?)?;
        Ok(packing)
    }

    /// Adds a file of the disk. One that vanished since its folder was listed is left out.
    pub(super) fn file(&mut self, path: &str, from: &Path) -> Result<(), Fault> {
        let file = match File::open(from) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            opened => opened.doing(&format!("reading {}", from.display()))?,
        };
        let bytes = file.metadata()?.len();
        self.append(path, bytes, file)
    }

    fn text(&mut self, path: &str, bytes: &[u8]) -> Result<(), Fault> {
        self.append(path, bytes.len() as u64, bytes)
    }

    fn append(&mut self, path: &str, bytes: u64, from: impl Read) -> Result<(), Fault> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes);
        header.set_mode(MODE);
        header.set_mtime(self.made_at.unix_s().max(0).cast_unsigned());
        let mut hashing = Hashing::new(from.take(bytes));
        self.tar.append_data(&mut header, path, &mut hashing).doing(&format!("packing {path}"))?;
        if hashing.bytes != bytes {
            return Err(Fault::new(format!("`{path}` became shorter while it was copied")));
        }
        let sha256 = hashing.sha256();
        self.members.push(Member { path: path.to_owned(), bytes, sha256 });
        Ok(())
    }

    /// Ends with the list of all files, and waits until the disk has everything.
    pub(super) fn end(mut self) -> Result<(), Fault> {
        let manifest = Manifest { members: self.members.clone() };
        self.text(MANIFEST, &serde_json::to_vec(&manifest)?)?;
        let mut file = self.tar.into_inner()?.finish()?;
        file.flush()?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all().doing("waiting for the disk")
    }
}

/// A reader that hashes what goes through it.
pub(super) struct Hashing<R> {
    from: R,
    sha: Sha256,
    /// What went through.
    pub(super) bytes: u64,
}

impl<R: Read> Hashing<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, sha: Sha256::new(), bytes: 0 }
    }

    /// In lower-case hexadecimal.
    pub(super) fn sha256(self) -> String {
        hex(&self.sha.finalize())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.sha.update(buffer.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}
