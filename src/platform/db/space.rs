//! How much room there is: what the database takes, and what is left on its disk.

use std::path::Path;

/// A disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// What may still be written.
    pub free: u64,
    /// What is taken and what may still be written; what the system keeps for itself is neither.
    pub total: u64,
}

/// Bytes that may still be written where `folder` lies; none where the system does not tell.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    room(folder).map(|room| room.free)
}

/// The disk on which `folder` lies; none where the system does not tell.
#[must_use]
pub fn room(folder: &Path) -> Option<Room> {
    #[cfg(unix)]
    {
        let told = rustix::fs::statvfs(folder).ok()?;
        let bytes = |blocks: u64| blocks.checked_mul(told.f_frsize);
        let (free, taken) = (told.f_bavail, told.f_blocks.saturating_sub(told.f_bfree));
        Some(Room { free: bytes(free)?, total: bytes(taken.saturating_add(free))? })
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Bytes of a file; zero when it is not there.
pub(super) fn bytes_of(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |told| told.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_tells_how_much_is_left() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_bytes(folder.path()).is_some_and(|left| left > 0));
        assert!(room(folder.path()).is_some_and(|room| room.total >= room.free));
        assert_eq!(free_bytes(&folder.path().join("nowhere")), None);
        std::fs::write(folder.path().join("a"), "four").unwrap();
        assert_eq!(bytes_of(&folder.path().join("a")), 4);
        assert_eq!(bytes_of(&folder.path().join("b")), 0);
    }
}
