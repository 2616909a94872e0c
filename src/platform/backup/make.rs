//! Making one archive: copy, pack, read back, prove, and only then give it its name.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::keeping::{doubtful, name_of, surplus};
use super::manifest::{DATABASE, FOLDERS, SECRET, SETTINGS};
use super::pack::Packing;
use super::restore::{Scratch, private, prove};
use super::unpack::{Wanted, new_private};
use super::{Audit, Target, room};
use crate::base::fault::Doing;
use crate::base::{Fault, Instant};
use crate::platform::config::Settings;
use crate::platform::content::list_tree;
use crate::platform::db::Db;

/// Where the database is copied to and proved, below the data folder.
const SCRATCH: &str = "backup.new";
/// Held while an archive is made, so that two are not made at once.
const LOCK: &str = "backup.lock";
/// How the name of an archive ends that is not whole yet.
const HALF: &str = ".half";

/// An archive that was made and proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Where it lies.
    pub file: PathBuf,
    /// Its size, bytes.
    pub bytes: u64,
    /// Files in it.
    pub files: usize,
    /// Names of the invariants that do not hold in it; nothing when its books are in order.
    pub broken: Option<String>,
    /// Archives that went because there were enough.
    pub removed: Vec<PathBuf>,
}

/// Writes an archive of the shop and proves it. Takes as long as reading everything three times;
/// the shop sells meanwhile.
///
/// # Errors
/// When there is no room, something cannot be read or written, or the proof fails; in a sentence.
/// Nothing is left of the attempt then, and no older archive is gone.
pub fn make(
    (settings, db): (&Settings, &Db),
    target: &Target,
    audit: Audit,
    now: Instant,
) -> Result<Made, Fault> {
    let _lock = lock(&settings.data_dir)?;
    let (folder, file) = place(settings, target, now)?;
    let sources = sources(settings)?;
    let database = db.size_bytes().saturating_add(db.figures().wal_bytes);
    let all = sources.iter().map(|(_, from)| fs::metadata(from).map_or(0, |told| told.len()));
    let all = all.fold(database, u64::saturating_add);
    room::check(&[(&settings.data_dir, database), (&folder, all)])?;
    let half = Half::new(&file);
    let scratch = Scratch::make(&settings.data_dir.join(SCRATCH))?;
    let copy = scratch.path().join("kiosk.db");
    // Private before anything is in it.
    new_private(&copy).doing("making a file for the copy of the database")?;
    db.snapshot(&copy)?;
    pack(&half.0, &copy, &sources, now).doing("writing the backup")?;
    fs::remove_file(&copy)?;
    let proof = prove(&half.0, scratch.path(), Wanted::Database, audit)
        .doing("the backup was written, but reading it back failed")?;
    // Books that are not in order are worth keeping, too, but under a name that says so.
    let broken = proof.broken();
    let file = match (&broken, target, file.file_name().and_then(|name| name.to_str())) {
        (Some(_), Target::Folder(..), Some(name)) => file.with_file_name(doubtful(name)),
        _ => file,
    };
    let bytes = fs::metadata(&half.0)?.len();
    fs::rename(&half.0, &file).doing("giving the backup its name")?;
    sync_folder(&folder)?;
    let removed = match target {
        Target::Folder(_, keep) if *keep > 0 => thin_out(&folder, *keep),
        _ => Vec::new(),
    };
    Ok(Made { file, bytes, files: proof.files, broken, removed })
}

fn lock(data_dir: &Path) -> Result<File, Fault> {
    let path = data_dir.join(LOCK);
    let opened = File::options().create(true).write(true).truncate(false).open(&path);
    let file = opened.doing(&format!("opening {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Fault::busy("another backup is being made; wait until it has ended"))
        }
        Err(TryLockError::Error(error)) => Err(Fault::from(error).doing("locking the backup")),
    }
}

/// The folder, made when it is not there, and the file that will lie in it.
fn place(settings: &Settings, target: &Target, now: Instant) -> Result<(PathBuf, PathBuf), Fault> {
    let (folder, file) = match target {
        Target::Folder(folder, _) => {
            // Two of one second: the later is named for the next that is free.
            let mut names = (0..).map(|later| folder.join(name_of(now.plus_s(later))));
            let free = names.find(|file| !file.exists());
            (folder.clone(), free.unwrap_or_else(|| folder.join(name_of(now))))
        }
        Target::File(file) => {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            (folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf), file.clone())
        }
    };
    let what = format!("making the folder {}", folder.display());
    let whole = resolved(&folder).doing(&what)?;
    for taken in [&settings.content_dir, &settings.site_dir] {
        if fs::canonicalize(taken).is_ok_and(|taken| whole.starts_with(taken)) {
            return Err(Fault::new(format!(
                "{} lies in a folder that is in the backup; choose one outside {}",
                folder.display(),
                taken.display()
            )));
        }
    }
    if !folder.is_dir() {
        fs::create_dir_all(&folder).doing(&what)?;
        private(&folder).doing(&what)?;
    }
    if file.exists() {
        let why = format!("{} is there already; choose another name", file.display());
        return Err(Fault::new(why));
    }
    Ok((folder, file))
}

/// Where a folder lies that may not be there yet, links followed.
fn resolved(folder: &Path) -> std::io::Result<PathBuf> {
    let whole = std::path::absolute(folder)?;
    let there = whole.ancestors().find(|folder| folder.exists()).unwrap_or(&whole);
    let rest = whole.strip_prefix(there).unwrap_or(Path::new(""));
    Ok(fs::canonicalize(there)?.join(rest))
}

/// Every file beside the database: its path in the archive, and where it lies.
fn sources(settings: &Settings) -> Result<Vec<(String, PathBuf)>, Fault> {
    let mut all = vec![(SECRET.to_owned(), settings.data_dir.join("secret.key"))];
    // Secrets are refused in this file, so it holds none.
    if settings.file.is_file() {
        all.push((SETTINGS.to_owned(), settings.file.clone()));
    }
    for (name, folder) in FOLDERS.iter().zip([&settings.content_dir, &settings.site_dir]) {
        if !folder.is_dir() {
            continue;
        }
        let files = list_tree(folder)?;
        all.extend(files.into_iter().map(|(path, from)| (format!("{name}/{path}"), from)));
    }
    Ok(all)
}

fn pack(
    file: &Path,
    database: &Path,
    sources: &[(String, PathBuf)],
    now: Instant,
) -> Result<(), Fault> {
    let new = new_private(file).doing(&format!("making {}", file.display()))?;
    let mut packing = Packing::begin(new, now)?;
    packing.file(DATABASE, database)?;
    for (path, from) in sources {
        packing.file(path, from)?;
    }
    packing.end()
}

/// A file that goes away unless it is given its name.
struct Half(PathBuf);

impl Half {
    fn new(file: &Path) -> Self {
        let mut name = file.as_os_str().to_owned();
        name.push(HALF);
        let path = PathBuf::from(name);
        // What a crash left of an earlier attempt.
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A name is on the disk once its folder is.
pub(super) fn sync_folder(folder: &Path) -> Result<(), Fault> {
    File::open(folder)?.sync_all().doing("waiting for the disk")
}

/// Removes archives beyond `keep`, and what a crash left of half ones. What cannot be removed
/// takes room, and is no reason to doubt the backup that was just made.
fn thin_out(folder: &Path, keep: usize) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let names: Vec<String> = names.collect();
    let ending = format!(".tar.gz{HALF}");
    let half = names.iter().filter(|name| name.starts_with("kiosk-") && name.ends_with(&ending));
    half.for_each(|name| drop(fs::remove_file(folder.join(name))));
    let mut removed = Vec::new();
    for file in surplus(&names, keep).into_iter().map(|name| folder.join(name)) {
        match fs::remove_file(&file) {
            Ok(()) => removed.push(file),
            Err(error) => {
                let file = file.display();
                tracing::warn!(%file, %error, "an old backup could not be removed");
            }
        }
    }
    removed
}
