//! Whether a disk has room for a backup: its last tenth is left alone, or 5 GB of a large one,
//! which is plenty for a shop.

use std::path::Path;

use crate::base::Fault;
use crate::platform::db::{Room, room};

/// The share of a disk that no backup fills: one in so many.
const LEFT_ALONE: u64 = 10;
/// No more than this is left alone, bytes.
const LEFT_ALONE_MAX: u64 = 5 << 30;

/// Refuses what would fill the last tenth of a disk. Each need is a folder and bytes; needs on the
/// same disk add up.
pub(super) fn check(needs: &[(&Path, u64)]) -> Result<(), Fault> {
    for (folder, _) in needs {
        let here = needs.iter().filter(|(other, _)| is_same_disk(folder, other));
        let needed = here.map(|(_, bytes)| *bytes).fold(0, u64::saturating_add);
        // A system that does not tell is believed to have room.
        if let Some(room) = room(folder) {
            enough(room, needed, folder)?;
        }
    }
    Ok(())
}

/// Bytes that may be written.
pub(super) fn spare(room: Room) -> u64 {
    room.free.saturating_sub((room.total / LEFT_ALONE).min(LEFT_ALONE_MAX))
}

fn enough(room: Room, needed: u64, folder: &Path) -> Result<(), Fault> {
    let spare = spare(room);
    if needed <= spare {
        return Ok(());
    }
    Err(Fault::new(format!(
        "there is no room: up to {} are needed, and the disk of {} has {} to spare, the last tenth \
         (5 GB at most) left alone; make room there, or choose another folder",
        size(needed),
        folder.display(),
        size(spare)
    )))
}

fn is_same_disk(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let disk = |folder: &Path| std::fs::metadata(folder).map(|told| told.dev()).ok();
        disk(one) == disk(other)
    }
    #[cfg(not(unix))]
    {
        one == other
    }
}

/// `640 KB`, `12 MB`, `3 GB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        10_737_418_240.. => format!("{} GB", bytes / 1_073_741_824),
        10_485_760.. => format!("{} MB", bytes / 1_048_576),
        _ => format!("{} KB", bytes.div_ceil(1024)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // N12: the last tenth of the disk is left alone, and the sentence says how much is there.
    #[test]
    fn the_last_tenth_of_a_disk_is_left_alone() {
        let (folder, gb) = (Path::new("/backup"), 1 << 30);
        let room = Room { free: 12 * gb, total: 20 * gb };
        assert!(enough(room, 10 * gb, folder).is_ok());
        let why = enough(room, 10 * gb + 1, folder).unwrap_err().to_string();
        let said = "up to 10 GB are needed, and the disk of /backup has 10 GB to spare";
        assert!(why.contains(said), "{why}");
        assert!(enough(Room { free: gb, total: 20 * gb }, 1, folder).is_err());
        assert!(enough(Room { free: 6 * gb, total: 4096 * gb }, gb, folder).is_ok());
        assert!(enough(Room { free: 6 * gb, total: 4096 * gb }, gb + 1, folder).is_err());
        assert_eq!(size(1), "1 KB");
    }

    // N12: what goes onto one disk is counted together.
    #[test]
    fn needs_on_one_disk_add_up() {
        let folder = tempfile::tempdir().unwrap();
        let half = room(folder.path()).unwrap().free / 2 + (1 << 20);
        let there = folder.path();
        assert!(check(&[(there, half), (there, half)]).is_err());
    }
}
