//! What keeps a shop from opening is told in one line, and ends with code 2.

use std::fs;
use std::net::TcpListener;

use super::process::{Folder, KIOSK, Server};

/// The one line with which a shop refuses to open.
#[track_caller]
fn refusal(folder: &Folder, args: &[&str]) -> String {
    let (code, said) = match Server::start(folder.command(KIOSK, args)) {
        Ok(_) => panic!("the shop opened"),
        Err(ended) => ended,
    };
    assert_eq!(code, Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("kiosk: "), "{said}");
    said
}

#[track_caller]
fn refuses(folder: &Folder, args: &[&str], words: &[&str]) {
    let said = refusal(folder, args);
    for word in words {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::base().set("listen", &address);
    refuses(&folder, &["serve"], &[&address, "in use", "KIOSK_LISTEN"]);
    let folder = Folder::base();
    refuses(&folder, &["serve", "--listen", &address], &[&address, "in use"]);
}

#[test]
fn a_data_folder_that_cannot_be_written_is_named() {
    let folder = Folder::base().set("data_dir", "/dev/null/data");
    refuses(&folder, &["serve"], &["/dev/null/data"]);
    // A file where the folder should be.
    let folder = Folder::base();
    folder.write("data", "");
    refuses(&folder, &["serve"], &["data"]);
    // The kernel's own folder takes no files, not even from root.
    let folder = Folder::base().set("data_dir", "/proc/kiosk");
    refuses(&folder, &["serve"], &["/proc/kiosk"]);
}

// S3.7: a database says by number which program it fits. A newer one is left alone: exit before any
// write.
#[test]
fn a_database_of_a_newer_program_is_refused_and_not_touched() {
    let folder = Folder::base();
    assert_eq!(folder.serve().stop(), Some(0));
    folder.database().pragma_update(None, "user_version", 99).unwrap();
    let before = folder.dump();
    refuses(&folder, &["serve"], &["newer Kiosk", "99"]);
    for args in [&["audit"][..], &["order", "list"], &["seed"]] {
        let said = folder.run(args).could_not();
        assert!(said.contains("newer Kiosk"), "{args:?}: {said}");
    }
    assert_eq!(before, folder.dump());
}

#[test]
fn a_database_file_of_another_program_is_refused() {
    let folder = Folder::base();
    fs::create_dir(folder.path("data")).unwrap();
    folder.database().execute_batch("CREATE TABLE theirs (a)").unwrap();
    refuses(&folder, &["serve"], &["another program"]);
    let sql = "SELECT count(*) FROM sqlite_schema";
    assert_eq!(folder.number(sql), 1);
    folder.write("data/kiosk.db", "This is a letter and no database, and it is long enough.");
    refuses(&folder, &["serve"], &["database"]);
}

#[test]
fn a_missing_content_folder_is_named() {
    let folder = Folder::empty();
    refuses(&folder, &["serve"], &["content"]);
}

// S2.122, S4.34: settings are checked before anything else happens.
#[test]
fn a_setting_that_cannot_be_used_is_named() {
    let files = [
        ("listen = ", "kiosk.toml"),
        ("lisen = \"127.0.0.1:0\"", "did you mean `listen`?"),
        ("hold = \"soon\"", "15m"),
        ("[listen]\nport = 1", "listen"),
        ("webhook_secrets = \"whsec_1\"", "KIOSK_WEBHOOK_SECRETS"),
    ];
    for (text, says) in files {
        let folder = Folder::base();
        folder.write("kiosk.toml", text);
        refuses(&folder, &["serve"], &[says]);
        let told = folder.run(&["check"]).could_not();
        assert!(told.contains(says), "{told}");
    }
    let environment = [
        ("hodl", "15m", "did you mean"),
        ("colour", "red", "KIOSK_COLOUR"),
        ("limits", "sometimes", "limits"),
        ("provider", "barter", "simulator"),
        ("public_url", "shop", "https://shop.example"),
        ("trusted_proxies", "nginx", "trusted_proxies"),
        ("trusted_proxies", "10.0.0.1, 0.0.0.0/0", "which is everybody"),
        ("trusted_proxies", "::/0", "which is everybody"),
        ("smtp_url", "mail.example", "KIOSK_SMTP_URL"),
    ];
    for (key, value, says) in environment {
        refuses(&Folder::base().set(key, value), &["serve"], &[says]);
    }
    // An authority for a mail server that is spoken to in the clear, or one that is not there.
    let mail =
        |url: &str, file: &str| Folder::base().set("smtp_url", url).set("smtp_ca_file", file);
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/tls/authority.pem");
    refuses(&mail("smtp://127.0.0.1:25", authority), &["serve"], &["smtp_ca_file", "tls=required"]);
    refuses(&mail("smtps://127.0.0.1", "nothing.pem"), &["serve"], &["smtp_ca_file"]);
}

// S1.9, S2.122: the simulator never pretends to take real money.
#[test]
fn a_live_shop_on_the_simulator_is_refused() {
    let folder = Folder::base().set("mode", "live");
    refuses(&folder, &["serve"], &["live", "no real money"]);
    // No invented orders among real ones.
    let live = folder
        .set("provider", "stripe")
        .set("stripe_key", "sk_live_abcdefghijklmnop")
        .set("webhook_secrets", "whsec_abcdefghijklmnop")
        .set("public_url", "https://shop.example");
    refuses(&live, &["seed", "--year", "5"], &["live", "among real ones"]);
}

#[test]
fn a_second_server_on_the_same_data_folder_is_refused() {
    let folder = Folder::base();
    let first = folder.serve();
    refuses(&folder, &["serve"], &["another Kiosk is running"]);
    // What would race the running shop says so as well; what is safe beside it works.
    let seed = folder.run(&["seed"]).could_not();
    assert!(seed.contains("another Kiosk is running"), "{seed}");
    folder.run(&["stock", "receive", "KILN-1", "1"]).ended(0);
    folder.run(&["audit"]).ended(0);
    assert_eq!(first.get("/").0, 200);
    assert_eq!(first.stop(), Some(0));
    // The lock goes with the process, however it ended.
    folder.serve().kill();
    assert_eq!(folder.serve().stop(), Some(0));
}
