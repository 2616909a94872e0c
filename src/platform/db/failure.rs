//! What a failing disk means for those who wait, and for the writer itself.

use rusqlite::ErrorCode;
use rusqlite::ffi::{SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_SHMSIZE};

use crate::base::{Failure, Fault};

/// Why nothing could be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There is no space: nothing was kept, and the writer goes on when there is some again.
    Full,
    /// A read or write failed: nothing was kept, and the next commit may work.
    Disk(String),
    /// The disk did not confirm what it was given: whether it was kept is not known. No later
    /// success proves anything, so the process ends and starts from the log (`reliability.md` D4).
    Unsure(String),
    /// Anything else, such as a bug: nothing was kept.
    Other(String),
}

impl Trouble {
    pub(super) fn of(error: &rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(code, _) = error else {
            return Self::Other(error.to_string());
        };
        match (code.code, code.extended_code) {
            // The file shared by the connections cannot grow either when the disk is full.
            (ErrorCode::DiskFull, _) | (_, SQLITE_IOERR_SHMSIZE) => Self::Full,
            (_, SQLITE_IOERR_FSYNC | SQLITE_IOERR_DIR_FSYNC) => Self::Unsure(error.to_string()),
            (ErrorCode::SystemIoFailure, _) => Self::Disk(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }

    /// What every caller of the batch is told. All but a bug is worth another try.
    pub(super) fn told(&self) -> Fault {
        match self {
            Self::Full => Fault::busy("the disk is full: nothing was written; make space"),
            Self::Disk(why) => Fault::busy(format!("the disk failed, nothing was written: {why}")),
            Self::Unsure(why) => Fault::busy(format!(
                "the disk did not confirm the write, it may have been kept or not: {why}"
            )),
            Self::Other(why) => Fault::new(format!("the commit failed: {why}")),
        }
    }
}

/// A job's own failure, when it is the disk's and not its own, as its caller is to hear it.
pub(super) fn blamed_on_disk<R>(failure: Failure<R>) -> Failure<R> {
    let Failure::Fault(fault) = failure else { return failure };
    match fault.cause::<rusqlite::Error>().map(Trouble::of) {
        Some(trouble @ (Trouble::Full | Trouble::Disk(_))) => trouble.told().into(),
        _ => fault.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi::{self, SQLITE_FULL, SQLITE_IOERR_WRITE};

    fn trouble(code: i32) -> Trouble {
        Trouble::of(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
    }

    // S4.31: a full disk passes; a disk that does not confirm ends the process.
    #[test]
    fn each_error_of_the_disk_has_its_own_meaning() {
        assert_eq!(trouble(SQLITE_FULL), Trouble::Full);
        assert_eq!(trouble(SQLITE_IOERR_SHMSIZE), Trouble::Full);
        assert!(matches!(trouble(SQLITE_IOERR_WRITE), Trouble::Disk(_)));
        assert!(matches!(trouble(SQLITE_IOERR_FSYNC), Trouble::Unsure(_)));
        assert!(matches!(trouble(SQLITE_IOERR_DIR_FSYNC), Trouble::Unsure(_)));
        assert!(matches!(trouble(ffi::SQLITE_CONSTRAINT), Trouble::Other(_)));
        assert!(trouble(SQLITE_FULL).told().is_busy());
        assert!(trouble(SQLITE_IOERR_FSYNC).told().is_busy());
        assert!(!trouble(ffi::SQLITE_CONSTRAINT).told().is_busy());
    }
}
