//! Troubles of the machinery, told by letter and to a chat while nobody looks at the desk.

use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::platform::certificate::{Seen, Worth};

use super::health::put_aside;
use crate::DAY_S;
use crate::house::{Neighbour, Setup, TestShop};

/// A shop that makes backups and tells a chat what needs somebody.
fn watched(chat: &Neighbour) -> TestShop {
    let settings = vec![
        ("dev", "on".to_owned()),
        ("backups", "7".to_owned()),
        ("hooks.team.url", chat.url("/services/T0/B0/x")),
        ("hooks.team.format", "slack".to_owned()),
        ("hooks.team.events", "alert".to_owned()),
    ];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    // The first answer means that the shop is open, and knows who listens.
    assert_eq!(shop.browser().get("/healthz").status, 200);
    shop
}

fn change(shop: &TestShop, sql: &'static str) {
    let write = move |tx: &kiosk::platform::db::Tx| {
        tx.execute(sql, [])?;
        Ok::<_, Failure<Never>>(())
    };
    shop.kit.db.write_blocking(write).unwrap();
}

/// One look of the job alone: backups of this shop are played by rows.
fn look(shop: &TestShop) {
    let job = shop.app.jobs().into_iter().find(|job| job.name == "alarms").unwrap();
    shop.block_on((job.step)()).unwrap();
}

/// What was told so far, in order.
fn told(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(group_concat(json_extract(data, '$.cause'), ' '), '')
         FROM (SELECT data FROM outbox WHERE template = 'staff_alert' ORDER BY id)",
    )
}

fn failed_backup(shop: &TestShop, at: i64) {
    let write = move |tx: &kiosk::platform::db::Tx| {
        let sql = "INSERT INTO backup (state, at, why) VALUES ('failed', ?1, 'there is no room')";
        tx.execute(sql, [at])?;
        Ok::<_, Failure<Never>>(())
    };
    shop.kit.db.write_blocking(write).unwrap();
}

// N24: an event that was given up is told once, again when it is joined by others, and anew
// when it comes back after all was well.
#[test]
fn events_put_aside_are_told_once() {
    let shop = watched(&Neighbour::open());
    look(&shop);
    assert_eq!(told(&shop), "");
    put_aside(&shop, "evt_1", "dead");
    for _ in 0..3 {
        look(&shop);
        shop.advance_s(60);
    }
    assert_eq!(told(&shop), "events");
    assert_eq!(
        shop.text("SELECT recipient FROM outbox"),
        shop.app.shelf.books.now().catalog.shop.contact.email
    );
    put_aside(&shop, "evt_2", "dead");
    look(&shop);
    assert_eq!(told(&shop), "events", "not every minute");
    shop.advance_s(3600);
    look(&shop);
    look(&shop);
    assert_eq!(told(&shop), "events events");
    let why = "SELECT json_extract(data, '$.why') FROM outbox ORDER BY id DESC LIMIT 1";
    assert!(shop.text(why).starts_with("2 payment events were put aside"), "{}", shop.text(why));
    // Mended for a moment is not mended; for ten minutes it is.
    change(&shop, "UPDATE webhook_event SET state = 'ignored'");
    look(&shop);
    assert_eq!(shop.number("SELECT count(*) FROM alarm"), 1);
    shop.advance_s(600);
    look(&shop);
    assert_eq!(shop.number("SELECT count(*) FROM alarm"), 0);
    put_aside(&shop, "evt_3", "dead");
    look(&shop);
    assert_eq!(told(&shop), "events events events");
}

// N12: a backup that failed, and later that none is young enough; both end with a good one.
#[test]
fn a_backup_that_fails_or_grows_old_is_told() {
    let shop = watched(&Neighbour::open());
    change(
        &shop,
        "INSERT INTO backup (state, at, file, bytes) VALUES ('made', 1795514400000, 'x', 1)",
    );
    failed_backup(&shop, shop.kit.now().0);
    look(&shop);
    failed_backup(&shop, shop.kit.now().plus_s(3600).0);
    shop.advance_s(3600);
    look(&shop);
    assert_eq!(told(&shop), "backup_failed");
    shop.advance_s(26 * 3600);
    look(&shop);
    look(&shop);
    assert_eq!(told(&shop), "backup_failed backup");
    change(
        &shop,
        "INSERT INTO backup (state, at, file, bytes) VALUES ('made', 1795617000000, 'x', 1)",
    );
    shop.advance_s(600);
    look(&shop);
    assert_eq!(shop.number("SELECT count(*) FROM alarm"), 0);
    assert_eq!(told(&shop), "backup_failed backup");
}

// S1.47: a certificate that ends, told by letter and to the chat; and, worse, one that ended.
#[test]
fn a_chat_hears_of_the_certificate() {
    let chat = Neighbour::open();
    let shop = watched(&chat);
    let now = shop.kit.now();
    let (since, until) = (now.plus_s(-80 * DAY_S), now.plus_s(10 * DAY_S));
    for worth in [
        Worth::Good { since, until: until.plus_s(80 * DAY_S) },
        Worth::Unseen { why: "no route".to_owned() },
        Worth::Good { since, until },
        Worth::Good { since, until },
        Worth::Refused { why: "has ended".to_owned() },
    ] {
        let host = "shop.example".to_owned();
        shop.kit.certificate.note(Seen { host, at: now, worth });
        look(&shop);
    }
    assert_eq!(told(&shop), "certificate_ends certificate");
    shop.work_off();
    let heard: Vec<String> =
        chat.heard().iter().map(|call| call.json()["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        heard,
        [
            "[test] The certificate of shop.example ends in 10 days and should have been renewed.",
            "[test] Browsers warn buyers of the shop: the certificate of shop.example has ended.",
        ]
    );
    let letter = shop.text("SELECT data FROM outbox WHERE template = 'staff_alert'");
    assert!(letter.contains("/admin/health#certificate"), "{letter}");
}

// N4, N24: without backups the books are proved at the start and every night; a break is told.
#[test]
fn broken_books_are_told_without_backups() {
    let shop = TestShop::open();
    let prove = |shop: &TestShop| {
        let job = shop.app.jobs().into_iter().find(|job| job.name == "proof").unwrap();
        shop.block_on((job.step)()).unwrap();
        shop.kit.db.proved().map(|proved| proved.broken)
    };
    assert_eq!(prove(&shop), None, "the start has its own");
    kiosk::app::prove(&shop.kit).unwrap();
    change(&shop, "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku = 'KILN-1'");
    assert_eq!(prove(&shop), Some(String::new()), "once a night");
    shop.advance_s(DAY_S);
    assert_eq!(prove(&shop), Some("I1".to_owned()));
    look(&shop);
    assert_eq!(told(&shop), "books");
    // Mended, it is found to be so without a night between.
    change(&shop, "UPDATE stock_item SET on_hand = on_hand - 1 WHERE sku = 'KILN-1'");
    assert_eq!(prove(&shop), Some(String::new()));
}
