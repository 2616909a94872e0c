//! Files that only their owner may read: secrets.

use std::io::Write;
use std::path::Path;

use crate::base::Fault;
use crate::base::fault::Doing;

/// Largest file that holds secrets, in bytes.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// A secret from a file that only its owner may read.
///
/// # Errors
/// When it cannot be read, is empty, or others may read it; in one sentence.
pub(super) fn read_private(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let found = std::fs::metadata(path).map_err(|e| format!("{shown}: {e}"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if found.permissions().mode() & 0o077 != 0 {
            return Err(format!("others may read {shown}; run `chmod 600 {shown}`"));
        }
    }
    if found.len() > SECRET_BYTES_MAX {
        return Err(format!("{shown} is too large to hold a secret"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    match text.trim() {
        "" => Err(format!("{shown} is empty")),
        secret => Ok(secret.to_owned()),
    }
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&beside).doing(&format!("writing {}", path.display()))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.9, S4.39: a secret that others may read is refused with what to do.
    #[cfg(unix)]
    #[test]
    fn only_private_files_hold_secrets() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("stripe.key");
        assert!(read_private(&path).unwrap_err().contains("No such file"));
        write_private(&path, b" sk_test_1\n").unwrap();
        assert_eq!(read_private(&path).unwrap(), "sk_test_1");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(read_private(&path).unwrap_err().contains("chmod 600"));
        write_private(&path, b"\n").unwrap();
        assert!(read_private(&path).unwrap_err().contains("empty"));
    }
}
