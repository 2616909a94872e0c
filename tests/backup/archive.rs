//! Archives taken apart and put together again, changed on the way.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use kiosk::base::ids::sha256_hex;
use serde_json::{Value, json};
use tar::{Archive, Builder, EntryType, Header};

/// Members in their order: path, kind and bytes.
pub(crate) type Members = Vec<(String, EntryType, Vec<u8>)>;

pub(crate) fn open(file: &Path) -> Members {
    let mut archive = Archive::new(GzDecoder::new(fs::File::open(file).unwrap()));
    let read = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        let path = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
        (path, EntryType::Regular, bytes)
    };
    archive.entries().unwrap().map(read).collect()
}

/// Writes members as they are, with names no careful program would write.
pub(crate) fn write(members: &Members, file: &Path) {
    let gzip = GzEncoder::new(fs::File::create(file).unwrap(), Compression::best());
    let mut tar = Builder::new(gzip);
    for (path, kind, bytes) in members {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*kind);
        if *kind != EntryType::Regular {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap();
}

/// Names every member with its right checksum, as somebody would who wants to be believed.
pub(crate) fn sign(members: &mut Members) {
    members.retain(|(path, ..)| path != "manifest.json");
    let list = members.iter().map(|(path, _, bytes)| {
        json!({ "path": path, "bytes": bytes.len(), "sha256": sha256_hex(bytes) })
    });
    let text = json!({ "members": list.collect::<Vec<_>>() }).to_string();
    members.push(("manifest.json".to_owned(), EntryType::Regular, text.into_bytes()));
}

/// Changes what the archive says about itself.
pub(crate) fn claim(members: &mut Members, key: &str, value: Value) {
    let mut head: Value = serde_json::from_slice(&members[0].2).unwrap();
    head[key] = value;
    members[0].2 = head.to_string().into_bytes();
    sign(members);
}
