//! Backups by themselves, and from the desk: what is made when, and what staff are told.

use std::fs;

use kiosk::identity::Role;
use kiosk::platform::jobs::work_off;

use crate::archives;
use crate::house::{Setup, TestShop};

/// A shop that keeps so many.
fn shop(backups: &str) -> TestShop {
    let settings = vec![("backups", backups.to_owned())];
    TestShop::with(Setup { settings, ..Setup::default() })
}

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
    let kept = shop("2");
    nights(&kept, &[0]);
    assert_eq!(made(&kept), 0, "a shop that has just opened settles first");
    nights(&kept, &[1, 1, 1]);
    assert_eq!(made(&kept), 1, "the first comes soon, and one is enough for a day");
    nights(&kept, &[24, 24, 24]);
    assert_eq!(made(&kept), 2, "as many as are kept");
    assert_eq!(kept.number("SELECT count(*) FROM backup WHERE state = 'made'"), 4);
    let off = shop("off");
    nights(&off, &[1, 24]);
    assert_eq!(made(&off), 0);
}

// N12, N24: the health page says how old the newest is, and makes one when asked to.
#[test]
fn the_desk_knows_and_makes_backups() {
    let shop = shop("7");
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
    assert!(page.texts("#backup-proof") == ["Verified"], "{}", page.body);
    assert!(!page.body.contains("A backup is being made"));
    let figures = shop.browser().get("/metrics").body;
    assert!(figures.contains("kiosk_backup_age_seconds 10800\n"), "{figures}");
    assert!(figures.contains("kiosk_backup_failed 0\n"), "{figures}");
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
    let shop = shop("7");
    let folder = shop.dir.path().join("data/backups");
    fs::write(&folder, "in the way").unwrap();
    nights(&shop, &[1, 0]);
    assert_eq!(shop.number("SELECT count(*) FROM backup WHERE state = 'failed'"), 1);
    let mut owner = shop.sign_in(Role::Owner);
    let sentence = owner.get("/admin").texts(".sentence");
    assert!(sentence[0].contains("The last backup failed"), "{sentence:?}");
    let page = owner.get("/admin/health");
    assert!(page.body.contains("making the folder"), "{}", page.body);
    assert!(shop.browser().get("/metrics").body.contains("kiosk_backup_failed 1\n"));
    fs::remove_file(&folder).unwrap();
    nights(&shop, &[1, 1, 1]);
    assert_eq!(made(&shop), 1);
    let mut owner = shop.sign_in(Role::Owner);
    assert!(!owner.get("/admin/health").body.contains("making the folder"));
    shop.advance_s(27 * 3600);
    let sentence = shop.sign_in(Role::Owner).get("/admin").texts(".sentence");
    assert!(sentence[0].contains("The newest backup is"), "{sentence:?}");
}
