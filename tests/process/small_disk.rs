//! A disk that is soon full.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A small disk in memory; it goes away with the value.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Nothing when this machine does not let us.
    pub fn mount(path: &Path, size: &str) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let size = format!("size={size}");
        let mount = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        let mounted = Command::new("mount").args(mount).arg(path).output();
        let is_there = mounted.is_ok_and(|output| output.status.success());
        is_there.then(|| Self(path.to_path_buf()))
    }

    /// Takes all the room there is.
    pub fn fill(&self) {
        let dd = format!("dd if=/dev/zero of={}/ballast bs=4k 2>/dev/null", self.0.display());
        Command::new("sh").args(["-c", &dd]).status().unwrap();
    }

    /// Gives it back.
    pub fn clear(&self) {
        fs::remove_file(self.0.join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
