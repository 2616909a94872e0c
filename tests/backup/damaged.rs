//! Archives that are damaged, cut off, foreign, or meant to harm: each is refused in a sentence,
//! and nothing is written.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::json;
use tar::EntryType;

use crate::archive::{self, Members};
use crate::backed_up;
use crate::process::Folder;

/// What is said of the file, whichever way it is looked at; nothing may come of it.
fn refused(folder: &Folder, file: &Path) -> String {
    let file = file.to_str().unwrap();
    let said = folder.run(&["restore", file, "--verify"]).could_not();
    assert_eq!(said, folder.run(&["restore", file, "--into", "again"]).could_not());
    let left = fs::read_dir(folder.path("again")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "something was left behind");
    said
}

fn changed(folder: &Folder, good: &Path, change: impl FnOnce(&mut Members)) -> String {
    let mut members = archive::open(good);
    change(&mut members);
    let file = folder.path("changed.tar.gz");
    archive::write(&members, &file);
    refused(folder, &file)
}

fn added(path: &'static str, kind: EntryType) -> impl FnOnce(&mut Members) {
    move |members| {
        members.push((path.to_owned(), kind, b"harm".to_vec()));
        archive::sign(members);
    }
}

// N12: one flipped byte, wherever it is, and a file that ends too soon.
#[test]
fn damage_is_found_wherever_it_is() {
    let (folder, good) = backed_up();
    let whole = fs::read(&good).unwrap();
    let file = folder.path("damaged.tar.gz");
    // The ten bytes of gzip's own head tell when and where, and nothing of the shop.
    let step = whole.len() / 12;
    for at in (10..whole.len()).step_by(step).chain([whole.len() - 1, whole.len() - 6]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&file, &bytes).unwrap();
        let said = refused(&folder, &file);
        assert!(said.contains("damaged") || said.contains("not a backup"), "byte {at}: {said}");
    }
    for length in [0, 5, 400, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        let said = refused(&folder, &file);
        let words = ["cut off", "damaged", "not a backup"];
        assert!(words.iter().any(|word| said.contains(word)), "{length} bytes: {said}");
    }
}

// N12: paths that lead out, links, files twice and files that are none of ours.
#[test]
fn no_path_leads_out_of_the_folder() {
    let (folder, good) = backed_up();
    for path in ["../escaped", "/tmp/escaped", "content/../../escaped", "escaped", "data/x.db"] {
        let said = changed(&folder, &good, added(path, EntryType::Regular));
        assert!(said.contains("has no place in a backup"), "{path}: {said}");
        assert!(!folder.path("escaped").exists());
    }
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Char] {
        let said = changed(&folder, &good, added("content/link", kind));
        assert!(said.contains("`content/link`, which is no plain file"), "{kind:?}: {said}");
    }
    let said = changed(&folder, &good, added("data/kiosk.db", EntryType::Regular));
    assert!(said.contains("has no place in a backup"), "twice: {said}");
}

// N12: files that were exchanged, left out or added since.
#[test]
fn every_file_is_what_was_written() {
    let (folder, good) = backed_up();
    let shop = |members: &Members| members.iter().position(|m| m.0 == "content/shop.toml").unwrap();
    let said = changed(&folder, &good, |members| {
        let at = shop(members);
        members[at].2.push(b'#');
    });
    assert!(said.contains("`content/shop.toml` is not what was written"), "{said}");
    let said = changed(&folder, &good, |members| {
        let at = shop(members);
        members.remove(at);
    });
    assert!(said.contains("it is damaged"), "{said}");
    let said = changed(&folder, &good, |members| {
        members.retain(|member| member.0 != "data/secret.key");
        archive::sign(members);
    });
    assert!(said.contains("it holds no `data/secret.key`"), "{said}");
    let said = changed(&folder, &good, |members| {
        members.pop();
    });
    assert!(said.contains("it is cut off: its list of files is missing"), "{said}");
}

// N12: archives of others, of newer programs, and databases that are damaged or of newer programs.
#[test]
fn what_is_not_ours_or_too_new_is_said() {
    let (folder, good) = backed_up();
    let foreign = folder.path("foreign.tar.gz");
    let text = EntryType::Regular;
    archive::write(&vec![("README".to_owned(), text, b"hello".to_vec())], &foreign);
    assert!(refused(&folder, &foreign).contains("not a backup of Kiosk"));
    fs::write(&foreign, "PK not even packed").unwrap();
    assert!(refused(&folder, &foreign).contains("damaged, or no backup"));
    let said = folder.run(&["restore", "nowhere.tar.gz", "--verify"]).could_not();
    assert!(said.contains("nowhere.tar.gz: opening it"), "{said}");
    let newer = |key, value| {
        changed(&folder, &good, |members| {
            archive::claim(members, "version", json!("7.1.0"));
            archive::claim(members, key, value);
        })
    };
    for said in [newer("kiosk_backup", json!(2)), newer("schema", json!(99))] {
        assert!(
            said.contains("newer Kiosk (7.1.0") && said.contains("with that program"),
            "{said}"
        );
    }
    let database = |sql: &str| {
        let file = folder.path("other.db");
        changed(&folder, &good, |members| {
            let at = members.iter().position(|m| m.0 == "data/kiosk.db").unwrap();
            fs::write(&file, &members[at].2).unwrap();
            Connection::open(&file).unwrap().execute_batch(sql).unwrap();
            members[at].2 = fs::read(&file).unwrap();
            archive::sign(members);
        })
    };
    let said = database("PRAGMA user_version = 99");
    assert!(said.contains("from a newer Kiosk (schema 99"), "{said}");
    let said = database("PRAGMA user_version = 0");
    assert!(said.contains("holds no shop"), "{said}");
    let said = database("PRAGMA application_id = 7");
    assert!(said.contains("belongs to another program"), "{said}");
    let said = database("PRAGMA foreign_keys = OFF; DELETE FROM location");
    assert!(said.contains("names a row that is not there"), "{said}");
    let said = changed(&folder, &good, |members| {
        let at = members.iter().position(|m| m.0 == "data/kiosk.db").unwrap();
        members[at].2[4096 * 4..4096 * 9].fill(7);
        archive::sign(members);
    });
    assert!(said.contains("the database in it"), "{said}");
}

// N12: a small file that unpacks to no end is not unpacked to its end.
#[test]
fn a_trap_is_noticed_before_it_fills_the_disk() {
    let (folder, good) = backed_up();
    let said = changed(&folder, &good, |members| {
        members.push(("content/zeros".to_owned(), EntryType::Regular, vec![0; 200 << 20]));
        archive::sign(members);
    });
    assert!(said.contains("unpacks to far more"), "{said}");
}
