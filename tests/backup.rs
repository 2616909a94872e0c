//! Backups: one file made beside a selling shop, read back and proved, from which the whole shop
//! comes back; and what becomes of files that are damaged, foreign or meant to harm.

#[path = "backup/archive.rs"]
mod archive;
#[path = "backup/damaged.rs"]
mod damaged;
mod house;
#[path = "backup/nightly.rs"]
mod nightly;
mod process;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread;

use process::{Caller, Folder, KIOSK, SmallDisk, buyer};
use rusqlite::Connection;

/// What an order is, as far as nothing ever changes it.
const ORDERS: &str = "SELECT group_concat(id || ' ' || number || ' ' || token_hash || ' ' ||
    total_minor || ' ' || currency || ' ' || placed_at, char(10))
    FROM (SELECT * FROM orders WHERE seq <= ?1 ORDER BY seq)";

/// The archives in a folder, the oldest first, and nothing else may be in it.
pub(crate) fn archives(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut all: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    all.sort();
    for file in &all {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("kiosk-") && name.ends_with(".tar.gz"), "half a file: {name}");
    }
    all
}

/// A shop that was opened once, and its first backup.
pub(crate) fn backed_up() -> (Folder, PathBuf) {
    let folder = Folder::base();
    folder.write("kiosk.toml", "data_dir = \"data\"\npublic_url = \"http://shop.example\"\n");
    assert_eq!(folder.serve().stop(), Some(0));
    folder.run(&["backup"]).ended(0);
    let file = archives(&folder.path("data/backups")).pop().unwrap();
    (folder, file)
}

/// Ends the buyers' loops when it goes away.
struct GoHome<'a>(&'a AtomicBool);

impl Drop for GoHome<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn buy(base: &str) -> Option<String> {
    let mut caller = Caller::new(base);
    let line = serde_json::json!({ "sku": "GLAZE-6", "qty": 1 });
    let (_, cart) = caller.post("/api/cart/lines", &line)?;
    let (status, begun) = caller.post("/api/checkout", &buyer(&cart))?;
    assert_eq!(status, 201, "{begun}");
    Some(begun["token"].as_str().unwrap().to_owned())
}

// N12: beside a shop that sells; everything answered before is in it, all of it agrees with the
// shop, nothing of it is out of order, and a shop opens on it under the old order links.
#[test]
fn a_backup_under_load_brings_the_shop_back() {
    let folder = Folder::base();
    assert_eq!(folder.serve().stop(), Some(0));
    folder.run(&["stock", "receive", "GLAZE-6", "100000"]).ended(0);
    let server = folder.serve();
    let (stop, answered) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let out = folder.path("out");
    let to = out.to_str().unwrap();
    let (token, before) = thread::scope(|scope| {
        let (sold, first) = mpsc::channel();
        for _ in 0..3 {
            let sold = sold.clone();
            scope.spawn(|| {
                let sold = sold;
                while !stop.load(Ordering::Relaxed) {
                    answered.lock().unwrap().push(buy(&server.base).unwrap());
                    let _ = sold.send(());
                }
            });
        }
        // However this ends, the buyers are to go home.
        let _home = GoHome(&stop);
        for _ in 0..20 {
            first.recv().unwrap();
        }
        let before = answered.lock().unwrap().clone();
        for _ in 0..3 {
            folder.run(&["backup", "--to", to, "--keep", "2"]).ended(0);
        }
        (before[0].clone(), before.len())
    });
    assert_eq!(archives(&out).len(), 2, "as many as were to be kept");
    let newest = archives(&out).pop().unwrap();
    let said = folder.run(&["restore", newest.to_str().unwrap(), "--verify"]).ended(0);
    assert_eq!(said.matches("ok   I").count(), 15, "{said}");
    assert!(said.contains("the books are in order"), "{said}");
    folder.run(&["restore", newest.to_str().unwrap(), "--into", "again"]).ended(0);
    let restored = Connection::open(folder.path("again/data/kiosk.db")).unwrap();
    let last: i64 = restored.query_row("SELECT max(seq) FROM orders", [], |r| r.get(0)).unwrap();
    assert!(usize::try_from(last).unwrap() >= before, "orders answered before are in it");
    let rows = |of: &Connection| of.query_row(ORDERS, [last], |row| row.get::<_, String>(0));
    assert_eq!(rows(&restored).unwrap(), rows(&folder.database()).unwrap());
    drop(restored);
    assert_eq!(server.stop(), Some(0));
    // Another shop on the same machine, from the file alone.
    let mut command = folder.command(KIOSK, &["serve"]);
    command.current_dir(folder.path("again"));
    let again = process::Server::open(command);
    assert_eq!(again.get("/product/kiln/").0, 200);
    assert_eq!(again.get(&format!("/api/checkout/{token}")).0, 200, "an old link is dead");
    assert_eq!(again.stop(), Some(0));
}

// N12: what is in it: everything a shop needs, its settings without folders of elsewhere, each file
// as it was, and what is secret its owner's alone.
#[cfg(unix)]
#[test]
fn everything_comes_back_as_it_was() {
    use std::os::unix::fs::PermissionsExt;

    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = Folder::base();
    let long = format!("site/{}/{}.txt", "deep".repeat(20), "name".repeat(20));
    fs::create_dir_all(folder.path(&long).parent().unwrap()).unwrap();
    folder.write(&long, "a path longer than old tar files know");
    folder.write("kiosk.toml", "# ours\nbackup_dir = \"out\"\nbackups = 3\n");
    assert_eq!(folder.serve().stop(), Some(0));
    folder.run(&["backup"]).ended(0);
    let file = archives(&folder.path("out")).pop().unwrap();
    assert_eq!((mode(&file), mode(&folder.path("out"))), (0o600, 0o700));
    let said = folder.run(&["restore", file.to_str().unwrap(), "--into", "again"]).ended(0);
    assert!(said.contains("named folders (backup_dir)"), "{said}");
    assert_eq!(folder.read("again/kiosk.toml"), "# ours\n# backup_dir = \"out\"\nbackups = 3\n");
    assert_eq!(folder.read(&format!("again/{long}")), folder.read(&long));
    assert_eq!(folder.read("again/data/secret.key"), folder.read("data/secret.key"));
    assert_eq!(folder.read("again/content/shop.toml"), folder.read("content/shop.toml"));
    for secret in ["again/data/secret.key", "again/data/kiosk.db"] {
        assert_eq!(mode(&folder.path(secret)), 0o600, "{secret}");
    }
    assert_eq!(mode(&folder.path("again/data")), 0o700);
    // Nowhere but into a folder of its own.
    let again = ["restore", file.to_str().unwrap(), "--into", "again"];
    assert!(folder.run(&again).could_not().contains("not empty"));
    let before = fs::read_dir(folder.path("again")).unwrap().count();
    assert_eq!(before, 4, "content, data, kiosk.toml, site");
}

// N12: what cannot be written is said in words, leaves nothing behind, and costs no older backup.
#[test]
fn a_backup_that_fails_changes_nothing() {
    let (folder, first) = backed_up();
    let whole = fs::read(&first).unwrap();
    let said = folder.run(&["backup", "--to", "kiosk.toml/below"]).could_not();
    assert!(said.contains("making the folder kiosk.toml/below"), "{said}");
    let said = folder.run(&["backup", "--to", "content/backups"]).could_not();
    assert!(said.contains("choose one outside content"), "{said}");
    let said = folder.run(&["backup", "--to", first.to_str().unwrap()]).could_not();
    assert!(said.contains("is there already"), "{said}");
    let said = folder.run(&["backup", "--to", "new.tar.gz", "--keep", "2"]).could_not();
    assert!(said.contains("--keep counts"), "{said}");
    assert_eq!(archives(&folder.path("data/backups")), std::slice::from_ref(&first));
    assert_eq!(fs::read(&first).unwrap(), whole);
    assert!(!folder.path("data/backup.new").exists() && !folder.path("content/backups").exists());
    let failed = "SELECT count(*) FROM backup WHERE state = 'failed' AND why <> ''";
    assert_eq!(folder.number(failed), 3, "each failure is noted");
}

// N12: the last tenth of a disk is left alone, and the sentence says so.
#[test]
fn a_full_disk_is_not_filled_further() {
    let (folder, _) = backed_up();
    let Some(disk) = SmallDisk::mount(&folder.path("small"), "4m") else {
        println!("skipped: only root may mount a small disk");
        return;
    };
    folder.run(&["backup", "--to", "small/out", "--keep", "1"]).ended(0);
    let old = archives(&folder.path("small/out"));
    disk.fill();
    let said = folder.run(&["backup", "--to", "small/out", "--keep", "1"]).could_not();
    assert!(said.contains("there is no room") && said.contains("last tenth"), "{said}");
    assert_eq!(archives(&folder.path("small/out")), old, "the old one is still there, alone");
    drop(disk);
}

// N12: books that are not in order are kept under a name that says so, and cost no good backup.
#[test]
fn books_out_of_order_are_kept_and_said() {
    let (folder, good) = backed_up();
    let broken = "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku = 'KILN-1'";
    folder.database().execute(broken, []).unwrap();
    let ran = folder.run(&["backup", "--keep", "1"]);
    assert!(ran.out.contains("not in order (I1)"), "{ran:?}");
    ran.ended(1);
    let all = archives(&folder.path("data/backups"));
    assert_eq!(all.len(), 2);
    assert!(all.contains(&good));
    let doubtful = all.iter().find(|file| **file != good).unwrap().to_str().unwrap();
    assert!(doubtful.ends_with("-doubtful.tar.gz"), "{doubtful}");
    let ran = folder.run(&["restore", doubtful, "--verify"]);
    assert!(ran.out.contains("FAIL I1") && ran.out.contains("I1 does not hold"), "{ran:?}");
    ran.ended(1);
    let ran = folder.run(&["restore", doubtful, "--into", "again"]);
    assert_eq!(ran.code, Some(1), "it comes back all the same");
    assert!(folder.path("again/data/kiosk.db").exists());
}

// N12: two at once do not disturb each other; what a crash left behind is cleared away.
#[test]
fn one_backup_is_made_at_a_time() {
    let (folder, first) = backed_up();
    let lock = fs::File::options().write(true).open(folder.path("data/backup.lock")).unwrap();
    lock.try_lock().unwrap();
    let said = folder.run(&["backup"]).could_not();
    assert!(said.contains("another backup is being made"), "{said}");
    drop(lock);
    let half = first.with_file_name("kiosk-20200101T030000Z.tar.gz.half");
    fs::write(&half, "half").unwrap();
    fs::create_dir(folder.path("data/backup.new")).unwrap();
    folder.write("data/backup.new/kiosk.db", "half");
    folder.run(&["backup"]).ended(0);
    assert_eq!(archives(&folder.path("data/backups")).len(), 2);
    assert!(!folder.path("data/backup.new").exists());
}
