//! Backups by themselves, and from the desk: what is made when, and what staff are told.

use std::fs;

use kiosk::identity::Role;
use kiosk::platform::jobs::work_off;

use crate::archives;
use crate::house::{Setup, TestShop};

/// Lets the job look once, as a process would that runs since the shop was opened.
fn nights(shop: &TestShop, hours: &[i64]) {
    let job = shop.app.jobs().into_iter().find(|job| job.name == "backup").unwrap();
    for hour in hours {
        shop.advance_s(hour * 3600);
        let _ = shop.block_on(work_off(&job));
    }
}

fn made(shop: &TestShop) -> usize {
    archives(&shop.dir.path().join("data/backups")).len()
}

// N12: one a night, as many as the settings say, and none where they say so.
#[test]
fn a_backup_is_made_every_night() {
    let shop =
        TestShop::with(Setup { settings: vec![("backups", "2".to_owned())], ..Setup::default() });
    nights(&shop, &[0]);
    assert_eq!(made(&shop), 0, "a shop that has just opened settles first");
    nights(&shop, &[1, 1, 1]);
    assert_eq!(made(&shop), 1, "the first comes soon, and one is enough for a day");
    nights(&shop, &[24, 24, 24]);
    assert_eq!(made(&shop), 2, "as many as are kept");
    assert_eq!(shop.number("SELECT count(*) FROM backup WHERE state = 'made'"), 4);
    let off = vec![("backups", "off".to_owned())];
    let shop = TestShop::with(Setup { settings: off, ..Setup::default() });
    nights(&shop, &[1, 24]);
    assert_eq!(made(&shop), 0);
}

// N12, N24: the health page says how old the newest is, and makes one when asked to.
#[test]
fn the_desk_knows_and_makes_backups() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let page = owner.get("/admin/health");
    assert!(page.body.contains("No backup was made yet"), "{}", page.body);
    assert!(owner.get("/admin").texts(".sentence")[0].contains("No backup yet."));
    // Others may look, but not act.
    assert_eq!(shop.sign_in(Role::Orders).post("/admin/health/backup", &[]).status, 403);
    let asked = owner.post("/admin/health/backup", &[]);
    assert_eq!(asked.location(), "/admin/health?backup=asked#backup");
    assert!(owner.get("/admin/health").body.contains("A backup is being made"));
    owner.post("/admin/health/backup", &[]);
    shop.work_off();
    assert_eq!(made(&shop), 1, "asked twice, made once");
    shop.advance_s(3 * 3600);
    let mut owner = shop.sign_in(Role::Owner);
    let page = owner.get("/admin/health");
    assert_eq!(page.texts("#backup-newest"), ["3 h ago"]);
    assert!(page.body.contains("Read back and proved"), "{}", page.body);
    assert!(!page.body.contains("A backup is being made"));
    let sentence = owner.get("/admin").texts(".sentence");
    assert!(sentence[0].contains("Backup 3 h old and verified."), "{sentence:?}");
    assert_eq!(
        shop.text("SELECT action || ' ' || actor FROM audit WHERE action LIKE 'backup%'"),
        "backup.ask staff:owner@example.org"
    );
}

// N12, N24: a failure is said with its reason, tried again in an hour, and gone once one is made.
#[test]
fn a_failure_is_said_until_one_is_made() {
    let shop = TestShop::open();
    let folder = shop.dir.path().join("data/backups");
    fs::write(&folder, "in the way").unwrap();
    nights(&shop, &[1, 0]);
    assert_eq!(shop.number("SELECT count(*) FROM backup WHERE state = 'failed'"), 1);
    let mut owner = shop.sign_in(Role::Owner);
    let sentence = owner.get("/admin").texts(".sentence");
    assert!(sentence[0].contains("The last backup failed"), "{sentence:?}");
    let page = owner.get("/admin/health");
    assert!(page.body.contains("making the folder"), "{}", page.body);
    fs::remove_file(&folder).unwrap();
    nights(&shop, &[1, 1, 1]);
    assert_eq!(made(&shop), 1);
    let mut owner = shop.sign_in(Role::Owner);
    assert!(!owner.get("/admin/health").body.contains("making the folder"));
    shop.advance_s(27 * 3600);
    let sentence = shop.sign_in(Role::Owner).get("/admin").texts(".sentence");
    assert!(sentence[0].contains("The newest backup is"), "{sentence:?}");
}
