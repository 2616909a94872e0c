//! What an archive says about itself, and which paths may stand in one. Pure.

use serde::{Deserialize, Serialize};

use crate::base::{Fault, Instant};

/// The form of archives that this program writes; it reads this one and older ones.
pub(super) const FORM: u32 = 1;
/// The first member: what the rest is.
pub(super) const HEAD: &str = "backup.json";
/// The last member: every other one with its checksum.
pub(super) const MANIFEST: &str = "manifest.json";
/// The database.
pub(super) const DATABASE: &str = "data/kiosk.db";
/// The shop's secret.
pub(super) const SECRET: &str = "data/secret.key";
/// How the shop runs.
pub(super) const SETTINGS: &str = "kiosk.toml";
/// Folders whose files are taken whole.
pub(super) const FOLDERS: [&str; 2] = ["content", "site"];

/// What the rest of the archive is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Marks the archive as Kiosk's, and says of which form it is.
    pub kiosk_backup: u32,
    /// The program that wrote it, such as `0.1.0 (8c46b32)`.
    pub version: String,
    /// The schema of its database.
    pub schema: i64,
    /// When it was begun.
    pub made_at: Instant,
}

/// One file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    /// Its path, such as `content/shop.toml`.
    pub(super) path: String,
    /// Its size, bytes.
    pub(super) bytes: u64,
    /// SHA-256 of what it holds, in lower-case hexadecimal.
    pub(super) sha256: String,
}

/// Every file of the archive but this one, in the order they stand there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The files.
    pub(super) members: Vec<Member>,
}

/// Reads the first member.
pub(super) fn read_head(bytes: &[u8], schema_known: i64) -> Result<Head, Fault> {
    #[derive(Deserialize)]
    struct Mark {
        kiosk_backup: u32,
        #[serde(default)]
        version: String,
    }
    let foreign = || Fault::new("it is not a backup of Kiosk");
    let mark: Mark = serde_json::from_slice(bytes).map_err(|_| foreign())?;
    if mark.kiosk_backup > FORM {
        return Err(Fault::new(format!(
            "it was written by a newer Kiosk ({}); restore it with that program",
            mark.version
        )));
    }
    let head: Head = serde_json::from_slice(bytes).map_err(|_| foreign())?;
    if head.schema > schema_known {
        return Err(Fault::new(format!(
            "its database is from a newer Kiosk ({}, schema {}; this program knows \
             {schema_known}); restore it with that program",
            head.version, head.schema
        )));
    }
    Ok(head)
}

/// Whether a file may have this path: one of ours, and nowhere but below the folder it is put into.
pub(super) fn is_ours(path: &str) -> bool {
    let is_plain = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && !part.contains(['\\', ':'])
            && !part.chars().any(char::is_control)
    };
    if [HEAD, DATABASE, SECRET, SETTINGS].contains(&path) {
        return true;
    }
    let Some((folder, rest)) = path.split_once('/') else { return false };
    FOLDERS.contains(&folder) && rest.split('/').all(is_plain)
}

/// Compares what was found with what the manifest names.
pub(super) fn compare(found: &[Member], named: &Manifest) -> Result<(), Fault> {
    for (one, other) in found.iter().zip(&named.members) {
        if one.path != other.path {
            return Err(Fault::new(format!(
                "it is damaged: `{}` stands where `{}` should",
                one.path, other.path
            )));
        }
        if one != other {
            return Err(Fault::new(format!(
                "it is damaged: `{}` is not what was written (its checksum differs)",
                one.path
            )));
        }
    }
    if found.len() != named.members.len() {
        let (has, should) = (found.len(), named.members.len());
        return Err(Fault::new(format!("it is damaged: it holds {has} files and names {should}")));
    }
    let missing = [DATABASE, SECRET].into_iter().find(|m| !found.iter().any(|f| f.path == **m));
    missing.map_or(Ok(()), |path| Err(Fault::new(format!("it holds no `{path}`"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    // N12: no path leads out of the folder or to a place that is not ours.
    #[test]
    fn only_our_own_paths_are_taken() {
        for good in ["kiosk.toml", "data/kiosk.db", "content/products/a b.toml", "site/x..y"] {
            assert!(is_ours(good), "{good}");
        }
        let bad = [
            "",
            "/etc/passwd",
            "../x",
            "content/../../x",
            "content//x",
            "content/./x",
            "content/",
            "content\\..\\x",
            "content/a\\b",
            "content/c:x",
            "data/other.db",
            "data/../kiosk.toml",
            "data/kiosk.db-wal",
            "manifest.json",
            "x",
            "site",
            "content/a\nb",
            "content/a\0b",
        ];
        for bad in bad {
            assert!(!is_ours(bad), "{bad:?}");
        }
    }

    // N12: a foreign archive, one of a newer form, and a newer database are told apart.
    #[test]
    fn a_head_says_whether_it_can_be_read() {
        let says = |text: &str| read_head(text.as_bytes(), 1).unwrap_err().to_string();
        assert!(says("{}").contains("not a backup of Kiosk"));
        assert!(says("PK").contains("not a backup of Kiosk"));
        let newer = says(r#"{"kiosk_backup": 2, "version": "3.0.0", "other": true}"#);
        assert!(newer.contains("newer Kiosk (3.0.0)"), "{newer}");
        let head = r#"{"kiosk_backup": 1, "version": "2.0.0", "schema": 9, "made_at": 5}"#;
        assert!(says(head).contains("(2.0.0, schema 9; this program knows 1)"), "{}", says(head));
        assert_eq!(read_head(head.as_bytes(), 9).unwrap().made_at, Instant(5));
    }
}
