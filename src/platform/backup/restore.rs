//! Proving an archive, and bringing a shop back from one.

use std::fs;
use std::path::{Path, PathBuf};

use super::make::sync_folder;
use super::manifest::{DATABASE, FOLDERS, Head, SETTINGS};
use super::unpack::{Wanted, unpack};
use super::{Audit, room};
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::platform::config::write_private;
use crate::platform::db::{DbCopy, Finding, room as room_of};

/// Where an archive is unpacked and proved before anything gets its name.
const SCRATCH: &str = "restore.new";
/// Settings that name a folder: in a restored shop they would lead back to where it came from.
const PLACES: [&str; 4] = ["content_dir", "data_dir", "site_dir", "backup_dir"];

/// What an archive was proved to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What it says of itself.
    pub head: Head,
    /// Files in it.
    pub files: usize,
    /// Bytes of them, unpacked.
    pub bytes: u64,
    /// The books.
    pub findings: Vec<Finding>,
    /// Settings that name folders, switched off in the restored `kiosk.toml`.
    pub switched_off: Vec<&'static str>,
}

impl Proof {
    /// Names of the invariants that do not hold; nothing when the books are in order.
    #[must_use]
    pub fn broken(&self) -> Option<String> {
        let broken = self.findings.iter().filter(|finding| !finding.broken.is_empty());
        let names: Vec<&str> = broken.map(|finding| finding.id).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

/// Proves an archive in a new folder below `scratch_in`, which goes away again.
///
/// # Errors
/// When it is damaged, cut off, no backup, or from a newer program; in a sentence.
pub fn verify(archive: &Path, scratch_in: &Path, audit: Audit) -> Result<Proof, Fault> {
    let scratch = Scratch::make(&scratch_in.join(format!("{SCRATCH}.{}", std::process::id())))?;
    prove(archive, scratch.path(), Wanted::Database, audit).doing(&shown(archive))
}

/// Brings the shop of an archive back in `folder`, which is made or must be empty.
///
/// # Errors
/// As [`verify`], and when the folder holds something or cannot be written. Nothing is left in it
/// then.
pub fn restore(archive: &Path, folder: &Path, audit: Audit) -> Result<Proof, Fault> {
    let is_taken = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
        Err(error) => return Err(Fault::from(error).doing(&folder.display().to_string())),
    };
    if is_taken {
        return Err(Fault::new(format!(
            "{} is not empty; a shop is only restored into a new or empty folder",
            folder.display()
        )));
    }
    fs::create_dir_all(folder).doing(&format!("making the folder {}", folder.display()))?;
    let scratch = Scratch::make(&folder.join(SCRATCH))?;
    let mut proof = prove(archive, scratch.path(), Wanted::All, audit).doing(&shown(archive))?;
    private(&scratch.path().join("data"))?;
    proof.switched_off = settle(&scratch.path().join(SETTINGS))?;
    // The data folder comes last: a shop without its database is not taken for one.
    for name in [SETTINGS].into_iter().chain(FOLDERS).chain(["data"]) {
        let from = scratch.path().join(name);
        if from.exists() {
            fs::rename(&from, folder.join(name)).doing(&format!("putting {name} into place"))?;
        }
    }
    drop(scratch);
    sync_folder(folder)?;
    Ok(proof)
}

/// Shuts a folder to everybody but its owner.
pub(super) fn private(folder: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    let _ = folder;
    Ok(())
}

fn shown(archive: &Path) -> String {
    archive.display().to_string()
}

/// Unpacks, compares every checksum, opens the database, and asks every invariant.
pub(super) fn prove(
    archive: &Path,
    scratch: &Path,
    wanted: Wanted,
    audit: Audit,
) -> Result<Proof, Fault> {
    let unpacked = unpack(archive, scratch, wanted, spare(scratch))?;
    let copy = DbCopy::open(&scratch.join(DATABASE)).doing("the database in it")?;
    let findings = audit(copy.read()).doing("asking the books in it")?;
    let (head, files, bytes) = (unpacked.head, unpacked.files, unpacked.bytes);
    Ok(Proof { head, files, bytes, findings, switched_off: Vec::new() })
}

fn spare(folder: &Path) -> u64 {
    room_of(folder).map_or(u64::MAX, room::spare)
}

/// Switches off the settings that name folders: a shop that is only tried out must not write into
/// the one it came from. The lines stay as comments.
fn settle(file: &Path) -> Result<Vec<&'static str>, Fault> {
    if !file.is_file() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(file).doing("reading the settings in it")?;
    let mut off = Vec::new();
    let mut settled = String::new();
    for line in text.split_inclusive('\n') {
        let key = line.split_once('=').map_or("", |(key, _)| key.trim().trim_matches('"'));
        if let Some(place) = PLACES.into_iter().find(|place| *place == key) {
            off.push(place);
            settled.push_str("# ");
        }
        settled.push_str(line);
    }
    if !off.is_empty() {
        write_private(file, settled.as_bytes())?;
    }
    Ok(off)
}

/// A folder of our own that goes away with everything in it.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Made anew; what a crash left of an earlier one goes first.
    pub(super) fn make(folder: &Path) -> Result<Self, Fault> {
        let what = format!("making the folder {}", folder.display());
        if folder.exists() {
            fs::remove_dir_all(folder).doing(&what)?;
        }
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(folder).doing(&what)?;
        Ok(Self(folder.to_owned()))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
