//! Which files make the look: the built-in ones, and those a shop keeps in a folder of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::Site;
use crate::base::Fault;
use crate::base::fault::Doing;
use crate::base::ids::sha256_hex;

/// Remembers which built-in each own file was copied from. Begins with a dot: it is no part of
/// the look.
const RECORD: &str = ".kiosk-theme.toml";

/// The site as a shop has it. Names begin in its folder, such as `store/product.html`.
#[derive(Clone, Debug)]
pub struct Theme {
    own: PathBuf,
}

/// Where a file of the site stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The built-in is used.
    BuiltIn,
    /// The shop's own, the same as the built-in, byte by byte.
    Same,
    /// The shop's own in place of the built-in, which is what it was when it was copied.
    Own,
    /// The shop's own, and the built-in is another one than the one it was copied from.
    Behind,
    /// The shop's own, and nobody noted what it was copied from.
    Unrecorded,
    /// The shop's own; there is no built-in of that name.
    Added,
}

impl Theme {
    /// The site with the shop's own folder, which need not exist.
    #[must_use]
    pub fn new(own: &Path) -> Self {
        Self { own: own.to_owned() }
    }

    /// The built-in look alone.
    pub(super) fn built_in_only() -> Self {
        Self { own: PathBuf::new() }
    }

    /// A file: the shop's own when it has one, else the built-in.
    pub(super) fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.own_bytes(name).or_else(|| self.built_in(name))
    }

    /// The same as text; a file that is no text is none.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        String::from_utf8(self.bytes(name)?).ok()
    }

    /// The line on which a file stops being UTF-8 text; none when all of it is, or it is not there.
    pub(super) fn line_without_text(&self, name: &str) -> Option<usize> {
        let bytes = self.bytes(name)?;
        let error = std::str::from_utf8(&bytes).err()?;
        Some(String::from_utf8_lossy(&bytes[..error.valid_up_to()]).matches('\n').count() + 1)
    }

    /// A file of the built-in look.
    #[must_use]
    pub fn built_in(&self, name: &str) -> Option<Vec<u8>> {
        Site::get(name).map(|file| file.data.into_owned())
    }

    /// A file of the shop's own.
    #[must_use]
    pub fn own_bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.own_path(name).and_then(|path| fs::read(path).ok())
    }

    /// Whether the shop has a file of its own here.
    pub(super) fn is_own(&self, name: &str) -> bool {
        self.own_path(name).is_some_and(|path| path.is_file())
    }

    /// Whether the shop has a folder of its own.
    pub(super) fn has_own(&self) -> bool {
        !self.own.as_os_str().is_empty() && self.own.is_dir()
    }

    fn own_path(&self, name: &str) -> Option<PathBuf> {
        let plain = !name.split('/').any(|part| part == ".." || part.is_empty());
        (plain && !self.own.as_os_str().is_empty()).then(|| self.own.join(name))
    }

    /// Every file, built-in or own, by name.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = Site::iter().map(|name| name.to_string()).collect();
        if self.has_own() {
            collect(&self.own, "", &mut names);
        }
        names
    }

    /// Where each file stands.
    ///
    /// # Errors
    /// When the record of copied files cannot be read.
    pub fn standings(&self) -> Result<BTreeMap<String, Standing>, Fault> {
        let record = self.record()?;
        let standing = |name: &String| match (self.own_bytes(name), self.built_in(name)) {
            (None, _) => Standing::BuiltIn,
            (Some(_), None) => Standing::Added,
            (Some(own), Some(built_in)) if own == built_in => Standing::Same,
            (Some(_), Some(built_in)) => match record.get(name) {
                None => Standing::Unrecorded,
                Some(copied) if *copied == sha256_hex(&built_in) => Standing::Own,
                Some(_) => Standing::Behind,
            },
        };
        Ok(self.names().into_iter().map(|name| (name.clone(), standing(&name))).collect())
    }

    /// The file somebody means: its name, with `site/` before it, or with `templates/` in place
    /// of its folder; or the last part of it when only one file ends so.
    ///
    /// # Errors
    /// When no file or more than one is meant; says which are near.
    pub fn find(&self, meant: &str) -> Result<String, Fault> {
        let names = self.names();
        let meant = meant.trim_start_matches("./");
        let short = meant.strip_prefix("site/").unwrap_or(meant);
        if names.contains(short) {
            return Ok(short.to_owned());
        }
        let tail = short.strip_prefix("templates/").unwrap_or(short);
        let ending = format!("/{tail}");
        let mut found: Vec<&String> = names.iter().filter(|name| name.ends_with(&ending)).collect();
        // A page is more often meant than a letter or a payment page of the same name.
        if found.len() > 1 && found.iter().any(|name| **name == format!("store/{tail}")) {
            found.retain(|name| name.starts_with("store/"));
        }
        match found[..] {
            [one] => Ok(one.clone()),
            [] => {
                let near = self.nearest(tail).map(|near| format!("; did you mean {near}?"));
                let near = near.unwrap_or_else(|| "; `kiosk theme list` shows all".to_owned());
                Err(Fault::new(format!("the site has no file {meant}{near}")))
            }
            _ => {
                let all: Vec<&str> = found.iter().map(|name| name.as_str()).collect();
                Err(Fault::new(format!("{meant} could be {}; name one", all.join(", "))))
            }
        }
    }

    /// The file whose name is nearest to this one, if one is near.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Option<String> {
        let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let close = |known: String| {
            let whole = strsim::damerau_levenshtein(&known, name);
            let by_last = strsim::damerau_levenshtein(&last(&known), &last(name));
            (whole.min(by_last), whole, known)
        };
        let best = self.names().into_iter().map(close).min();
        best.filter(|(distance, ..)| *distance <= 3).map(|(.., known)| known)
    }

    /// Copies a built-in file into the shop's own folder and notes what it was copied from.
    /// Answers where it lies now.
    ///
    /// # Errors
    /// When there is no such built-in, the shop has one already and `force` is off, or the folder
    /// cannot be written.
    pub fn copy(&self, name: &str, force: bool) -> Result<PathBuf, Fault> {
        let Some(body) = self.built_in(name) else {
            return Err(Fault::new(format!("there is no built-in {name} to copy")));
        };
        let target = self.own_path(name).ok_or_else(|| Fault::new("no site folder is set"))?;
        if target.exists() && !force {
            let what = "is there already; --force puts the built-in in its place";
            return Err(Fault::new(format!("{} {what}", target.display())));
        }
        let mut record = self.record()?;
        record.insert(name.to_owned(), sha256_hex(&body));
        let folder = target.parent().unwrap_or(&self.own);
        fs::create_dir_all(folder).doing(&format!("making {}", folder.display()))?;
        put(&target, &body)?;
        let lines = record.iter().map(|(name, hash)| format!("{name:?} = {hash:?}\n"));
        let text: String = lines.collect();
        let head = "# Written by `kiosk theme copy`: the built-in each file was copied from.\n";
        put(&self.own.join(RECORD), format!("{head}{text}").as_bytes())?;
        Ok(target)
    }

    fn record(&self) -> Result<BTreeMap<String, String>, Fault> {
        let path = self.own.join(RECORD);
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).doing(&format!("reading {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error).doing(&format!("reading {}", path.display())),
        }
    }
}

/// Writes a file whole: somebody may be watching.
fn put(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let what = format!("writing {}", path.display());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.new"));
    fs::File::create(&beside).and_then(|mut file| file.write_all(bytes)).doing(&what)?;
    fs::rename(&beside, path).doing(&what)
}

/// Files of a folder by name; those that begin with a dot are no part of the look.
fn collect(folder: &Path, prefix: &str, names: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        match entry.file_type() {
            Ok(_) if name.starts_with('.') => {}
            Ok(kind) if kind.is_dir() => collect(&entry.path(), &format!("{prefix}{name}/"), names),
            Ok(kind) if kind.is_file() => {
                names.insert(format!("{prefix}{name}"));
            }
            _ => {}
        }
    }
}
