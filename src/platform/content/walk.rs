//! Walking a folder: which files are read, and which are refused for their name or place.

use std::fs;
use std::path::{Path, PathBuf};

use super::complaint::Wrong;
use super::read::{DEPTH_MAX, FILES_MAX};
use crate::base::Fault;
use crate::base::fault::Doing;

/// Every file that [`super::read_tree`] would read below `dir`, by its path inside, in order.
///
/// # Errors
/// When the folder cannot be read or holds too many files.
pub fn list_tree(dir: &Path) -> Result<Vec<(String, PathBuf)>, Fault> {
    let (mut walk, complete) = walk(dir)?;
    if !complete {
        return Err(Fault::new(format!("{} holds more than {FILES_MAX} files", dir.display())));
    }
    walk.found.sort();
    Ok(walk.found)
}

/// False when there are too many files.
pub(super) fn walk(dir: &Path) -> Result<(Walk, bool), Fault> {
    let what = format!("reading the folder {}", dir.display());
    if !dir.exists() {
        return Err(Fault::new(format!(
            "there is no folder {}; change into the shop's folder, or name it with --content",
            dir.display()
        )));
    }
    let root = fs::canonicalize(dir).doing(&what)?;
    let mut walk = Walk { root: root.clone(), found: Vec::new(), refused: Vec::new() };
    let complete = walk.folder(&root, "", 0).doing(&what)?;
    Ok((walk, complete))
}

pub(super) struct Walk {
    root: PathBuf,
    pub(super) found: Vec<(String, PathBuf)>,
    pub(super) refused: Vec<(String, Wrong)>,
}

impl Walk {
    /// False when there are too many files.
    fn folder(&mut self, dir: &Path, prefix: &str, depth: usize) -> std::io::Result<bool> {
        for entry in fs::read_dir(dir)? {
            if self.found.len() + self.refused.len() >= FILES_MAX {
                return Ok(false);
            }
            let entry = entry?;
            let path = entry.path();
            let last = entry.file_name();
            let name = format!("{prefix}{}", last.to_string_lossy());
            let kind = entry.file_type()?;
            let hidden = last.to_string_lossy().starts_with('.');
            if last.to_str().is_none() {
                let wrong = Wrong::error("file-name", "the file's name is not valid UTF-8");
                self.refused.push((name, wrong.hint("rename it with plain letters and digits")));
            } else if kind.is_symlink() {
                self.link(name, path);
            } else if kind.is_dir() && !hidden {
                if depth >= DEPTH_MAX {
                    let wrong = Wrong::error(
                        "folder-depth",
                        format!("folders are nested more than {DEPTH_MAX} deep"),
                    );
                    self.refused.push((name, wrong.hint("move the files up")));
                } else if !self.folder(&path, &format!("{name}/"), depth + 1)? {
                    return Ok(false);
                }
            } else if kind.is_file() {
                self.found.push((name, path));
            }
        }
        Ok(true)
    }

    /// A link may lead to a file inside the folder, nowhere else.
    fn link(&mut self, name: String, path: PathBuf) {
        let target = fs::canonicalize(&path).ok();
        let inside = target.as_ref().is_some_and(|t| t.starts_with(&self.root));
        let wrong = match target {
            None => Wrong::error("link-broken-file", "the link leads nowhere"),
            Some(_) if !inside => Wrong::error("link-outside", "the link leads out of the folder"),
            Some(target) if !target.is_file() => {
                Wrong::error("link-folder", "the link leads to a folder")
            }
            Some(_) => {
                self.found.push((name, path));
                return;
            }
        };
        self.refused.push((name, wrong.hint("put the file itself here")));
    }
}
