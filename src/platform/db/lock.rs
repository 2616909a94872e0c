//! One server on one data folder: a lock file held for the life of the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::base::Fault;
use crate::base::fault::Doing;

/// Held while the server runs; the system gives it back however the process ends.
pub struct DataLock(#[allow(dead_code, reason = "held for its lock, never read")] File);

impl DataLock {
    /// Takes the folder for this process.
    ///
    /// # Errors
    /// When another process holds it, or the folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self, Fault> {
        let path = folder.join("kiosk.lock");
        let opened = OpenOptions::new().create(true).write(true).truncate(false).open(&path);
        let mut file = opened.doing(&format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Fault::new(format!(
                    "another Kiosk is running on {}; stop it first",
                    folder.display()
                )));
            }
            Err(TryLockError::Error(e)) => return Err(Fault::from(e).doing("locking the folder")),
        }
        // The number is for a person looking; the lock itself is the proof.
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self(file))
    }
}
