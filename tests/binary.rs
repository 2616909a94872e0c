//! The real program, seen from a terminal: its commands, what they print and how they end.

#[path = "binary/doctor.rs"]
mod doctor;
#[path = "binary/events.rs"]
mod events;
#[path = "binary/log.rs"]
mod log;
#[path = "binary/people.rs"]
mod people;
#[path = "binary/refusals.rs"]
mod refusals;
#[path = "binary/serving.rs"]
mod serving;

mod process;

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;

use process::{Folder, KIOSK, Server, ran};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// Every file below a folder, by its path.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

// S4.32, S4.35: from an empty folder with nothing but the program in it to an open shop.
#[test]
fn the_program_alone_makes_a_shop_and_opens_it() {
    let folder = Folder::empty();
    let program = folder.path("kiosk");
    fs::copy(KIOSK, &program).unwrap();
    let made = ran(folder.command(&program, &["init", "my-shop"])).ended(0);
    assert!(made.contains("cd my-shop") && made.contains("kiosk serve"), "{made}");
    let mut serve = folder.command(&program, &["serve"]);
    serve.current_dir(folder.path("my-shop"));
    let server = Server::open(serve);
    let (status, home) = server.get("/");
    assert_eq!(status, 200);
    assert!(home.contains("<title>"), "{home}");
    assert_eq!(server.stop(), Some(0));
    // The starter is a shop without mistakes, and is never written over.
    let mut check = folder.command(&program, &["check", "--strict"]);
    check.current_dir(folder.path("my-shop"));
    ran(check).ended(0);
    let again = ran(folder.command(&program, &["init", "my-shop"])).could_not();
    assert!(again.contains("my-shop is not empty"), "{again}");
}

// S2.101: the exit code tells scripts what the words tell people.
#[test]
fn check_ends_with_0_for_good_files_1_for_mistakes_and_2_when_it_cannot_read() {
    let folder = Folder::base();
    let well = folder.run(&["check"]).ended(0);
    assert!(well.starts_with("All well: 3 products, 1 bundles"), "{well}");
    let report = json(&folder.run(&["check", "--format", "json"]).ended(0));
    assert_eq!((&report["errors"], &report["complaints"]), (&0.into(), &Value::Array(vec![])));

    // N21: what pages weigh, and what would make a search engine show more.
    let told = folder.run(&["check", "--budget", "--verbose"]).ended(0);
    assert!(told.contains("first view") && told.contains("/product/"), "{told}");
    assert!(told.contains("note: KILN-1 has no GTIN"), "{told}");

    // S2.83: what a percentage set by hand makes of a bundle's price.
    let told = folder.run(&["check", "--explain"]).ended(0);
    let how = "2 × Six glazes £79.99 = £1,189.96; 12.5% off makes £1,041.22, £148.74 less";
    assert!(told.contains("starter: ") && told.contains(how), "{told}");
    let report = json(&folder.run(&["check", "--explain", "--format", "json"]).ended(0));
    assert!(report["bundles"]["starter"].as_str().unwrap().ends_with(how), "{report:#}");

    let good = folder.read("content/products/kiln.toml");
    folder.write("content/products/kiln.toml", &good.replace("price ", "prise "));
    let bad = folder.run(&["check"]);
    assert!(bad.err.contains("mistake") || bad.err.contains("error"), "{bad:#?}");
    let listed = bad.ended(1);
    assert!(listed.contains("content/products/kiln.toml:4:1: unknown key `prise`"), "{listed}");
    let report = json(&folder.run(&["check", "--format", "json"]).ended(1));
    let first = &report["complaints"][0];
    assert_eq!(first["path"], "content/products/kiln.toml");
    assert_eq!((&first["line"], &first["column"]), (&4.into(), &1.into()));
    assert_eq!((&first["code"], &first["severity"]), (&"unknown-key".into(), &"error".into()));

    let gone = folder.run(&["check", "--content", "elsewhere"]).could_not();
    assert!(gone.contains("elsewhere"), "{gone}");
    assert_eq!(folder.run(&["check", "--format", "xml"]).code, Some(2));
    assert_eq!(folder.run(&["chekc"]).code, Some(2));
}

// S1.18, S4.24: seeds are repeatable, row by row.
#[test]
fn seeding_twice_gives_the_same_state() {
    let folder = Folder::demo();
    let first = folder.run(&["seed"]).ended(0);
    assert!(first.contains(" 0 were there before"), "{first}");
    let once = folder.dump();
    let again = folder.run(&["seed"]).ended(0);
    assert!(again.starts_with("0 orders made"), "{again}");
    assert_eq!(once, folder.dump());
    folder.run(&["audit"]).ended(0);
    // Another folder with the same secret (links to orders are derived from it) is the same shop.
    let other = Folder::demo();
    fs::create_dir(other.path("data")).unwrap();
    fs::copy(folder.path("data/secret.key"), other.path("data/secret.key")).unwrap();
    other.run(&["seed"]).ended(0);
    assert_eq!(once, other.dump());
}

// A busy year for any catalog: its books are in order, and a second run makes nothing.
#[test]
fn a_year_of_invented_orders_is_a_year_like_any_other() {
    let folder = Folder::base();
    let first = folder.run(&["seed", "--year", "250"]).ended(0);
    assert!(first.contains("250 orders made, 0 were there before"), "{first}");
    assert!(folder.run(&["audit"]).ended(0).contains("I15"));
    let listed = folder.run(&["order", "list", "--limit", "300"]).ended(0);
    for state in ["paid", "shipped", "delivered", "expired"] {
        assert!(listed.contains(state), "{state}: {listed}");
    }
    let once = folder.dump();
    let again = folder.run(&["seed", "--year", "250"]).ended(0);
    assert!(again.contains("0 orders made, 250 were there before"), "{again}");
    assert_eq!(once, folder.dump());
    // Letters that waited before are somebody's, and stay.
    let demo = Folder::demo();
    demo.run(&["seed"]).ended(0);
    let waiting = json(&demo.run(&["letters", "--json"]).ended(0))["waiting"].clone();
    assert_ne!(waiting, 0);
    demo.run(&["seed", "--year", "20"]).ended(0);
    let after = json(&demo.run(&["letters", "--json"]).ended(0))["waiting"].clone();
    assert_eq!(after, waiting);
    for bad in ["0", "-1", "1000001", "many"] {
        assert_eq!(folder.run(&["seed", "--year", bad]).code, Some(2), "{bad}");
    }
}

// S1.40: whoever tries the demo can give money back, and is told at once when that cannot be.
#[test]
fn money_of_a_seeded_order_goes_back() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let said = folder.run(&["order", "refund", "HF-1024", "--amount", "10"]).ended(0);
    assert!(said.contains("£10.00"), "{said}");
    let shown = folder.run(&["order", "show", "HF-1024"]).ended(0);
    assert!(shown.contains("part_refunded") && shown.contains("Refund, succeeded"), "{shown}");
    folder.run(&["audit"]).ended(0);
}

// S1.40: somebody has looked at what needed attention, and says so.
#[test]
fn what_needed_attention_is_settled_with_a_note() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let settle = |note: &str| folder.run(&["order", "settle", "HF-1009", "--note", note]);
    assert!(settle("seen").could_not().contains("HF-1009"));
    let sql = "UPDATE orders SET attention = 'ask the bank' WHERE number = 'HF-1009'";
    folder.database().execute(sql, []).unwrap();
    assert!(folder.run(&["order", "show", "HF-1009"]).ended(0).contains("ask the bank"));
    assert!(settle(" ").could_not().contains("1 to 500"));
    assert!(settle("asked on the phone").ended(0).contains("HF-1009 is settled"));
    let shown = folder.run(&["order", "show", "HF-1009"]).ended(0);
    assert!(!shown.contains("Needs attention") && shown.contains("asked on the phone"), "{shown}");
    folder.run(&["audit"]).ended(0);
}

// S4.31: the audit says which invariant holds, and its exit code is for scripts.
#[test]
fn the_audit_proves_the_books_and_finds_a_broken_row() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let lines = folder.run(&["audit"]).ended(0);
    assert!(lines.lines().count() >= 10, "{lines}");
    assert!(lines.lines().all(|line| line.starts_with("ok   I")), "{lines}");
    let report = json(&folder.run(&["audit", "--json"]).ended(0));
    assert_eq!(report["ok"], true);

    let sql = "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku = 'HF-BA-001'";
    assert_eq!(folder.database().execute(sql, []).unwrap(), 1);
    let lines = folder.run(&["audit"]).ended(1);
    assert!(lines.contains("FAIL I1 "), "{lines}");
    assert!(lines.contains("HF-BA-001"), "{lines}");
    assert_eq!(json(&folder.run(&["audit", "--json"]).ended(1))["ok"], false);
}

// N5, S2.36: every penny of every order is explained, and computed again to the same sum.
#[test]
fn explaining_an_order_computes_the_same_total_again() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let orders = folder.number("SELECT count(*) FROM orders");
    for number in (1001..).take(usize::try_from(orders).unwrap()) {
        let told = folder.run(&["explain", &format!("HF-{number}")]).ended(0);
        assert!(told.contains("Computed again: £") && told.contains(", the same."), "{told}");
    }
    // A price has changed since, and nobody kept the files of then: the order keeps its own.
    let mug = "content/products/everyday-mug.toml";
    let (before, after) = (folder.read(mug), folder.read(mug).replace("16.00", "17.00"));
    folder.write(mug, &after);
    let told = folder.run(&["explain", "HF-1001"]).ended(0);
    assert!(told.contains("the order keeps £88.00"), "{told}");
    // Kept by a shop that was open with them, they give the same total again.
    folder.write(mug, &before);
    assert_eq!(folder.serve().stop(), Some(0));
    folder.write(mug, &after);
    let told = folder.run(&["explain", "HF-1001"]).ended(0);
    assert!(told.contains("files of then") && told.contains(": £88.00, the same."), "{told}");
    let unknown = folder.run(&["explain", "HF-9999"]).could_not();
    assert!(unknown.contains("no order HF-9999"), "{unknown}");
}

// S0.23, S0.27: stock is changed by hand, and the ledger says by whom and why.
#[test]
fn stock_is_listed_received_adjusted_and_counted() {
    let folder = Folder::base();
    // A mistyped folder is not an empty shop, and nothing is made there.
    assert_eq!(folder.run(&["stock", "list"]).code, Some(2));
    // Levels come to be when the shop is first opened.
    assert_eq!(folder.serve().stop(), Some(0));
    let after = |args: &[&str]| folder.run(args).ended(0);
    assert!(after(&["stock", "list"]).contains("KILN-1"));
    let received = after(&["stock", "receive", "KILN-1", "6", "--note", "van"]);
    assert_eq!(received, "KILN-1: 10 on the shelf\n");
    let damaged = after(&["stock", "adjust", "KILN-1", "-3", "--reason", "damage"]);
    assert_eq!(damaged, "KILN-1: 7 on the shelf\n");
    assert_eq!(after(&["stock", "count", "KILN-1", "9"]), "KILN-1: 9 on the shelf (+2)\n");
    let log = after(&["stock", "log", "KILN-1"]);
    let reasons: Vec<&str> = log.lines().filter_map(|l| l.split_whitespace().nth(3)).collect();
    assert_eq!(reasons, ["count", "damage", "receive", "opening"], "{log}");
    assert!(log.contains("command line  van"), "{log}");
    let levels = json(&after(&["stock", "list", "--json"]));
    let kiln = levels.as_array().unwrap().iter().find(|l| l["sku"] == "KILN-1").unwrap();
    assert_eq!(kiln["on_hand"], 9);
    after(&["audit"]);

    let before = folder.dump();
    let refused: [(&[&str], &str); 6] = [
        (&["stock", "receive", "NONE-1", "1"], "NONE-1"),
        (&["stock", "receive", "?", "1"], "not a SKU"),
        (&["stock", "receive", "KILN-1", "0"], "whole number"),
        (&["stock", "adjust", "KILN-1", "-10", "--reason", "damage"], "KILN-1"),
        (&["stock", "adjust", "KILN-1", "1", "--reason", "luck"], "luck"),
        (&["stock", "adjust", "KILN-1", "2000000", "--reason", "count"], "1,000,000"),
    ];
    for (args, says) in refused {
        let complaint = folder.run(args).could_not();
        assert!(complaint.contains(says), "{args:?}: {complaint}");
    }
    assert_eq!(folder.run(&["stock", "receive", "KILN-1", "-1"]).code, Some(2));
    assert_eq!(before, folder.dump());
}

// S0.4: an order is shown, shipped and delivered, each once and in this order.
#[test]
fn orders_are_listed_shown_shipped_and_delivered() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let run = |args: &[&str]| folder.run(args).ended(0);
    let list = run(&["order", "list"]);
    assert!(list.lines().next().unwrap().starts_with("HF-1024      paid       unfulfilled"));
    assert_eq!(run(&["order", "list", "--limit", "2"]).lines().count(), 2);
    let expired = run(&["order", "list", "--status", "expired"]);
    assert!(expired.lines().all(|line| line.contains("expired")), "{expired}");
    let shown = run(&["order", "show", "HF-1024"]);
    assert!(shown.contains("£156.20") && shown.contains("placed"), "{shown}");

    let early = folder.run(&["order", "deliver", "HF-1024"]).could_not();
    assert!(early.contains("HF-1024"), "{early}");
    let parcel = ["--carrier", "Royal Mail", "--tracking", "RM1"];
    let shipped = run(&[&["order", "ship", "HF-1024"], &parcel[..]].concat());
    assert!(shipped.starts_with("HF-1024 is shipped"), "{shipped}");
    folder.run(&["order", "ship", "HF-1024"]).could_not();
    run(&["order", "deliver", "HF-1024"]);
    assert!(run(&["order", "show", "HF-1024"]).starts_with("HF-1024  paid  delivered"));
    // One letter each, in the outbox with the move that caused it.
    let sql = "SELECT count(*) FROM outbox WHERE dedup_key LIKE '%' ||
               (SELECT id FROM orders WHERE number = 'HF-1024') || '%'";
    assert_eq!(folder.number(sql), 3);
    run(&["audit"]);
    folder.run(&["order", "ship", "HF-1020"]).could_not();
    folder.run(&["order", "show", "HF-1"]).could_not();
    folder.run(&["order", "list", "--status", "happy"]).could_not();
}

// The build is a function of the files: same files, same bytes, whatever the hour
// (a build looks at the clock only for sales that begin or end).
#[test]
fn two_builds_of_the_same_files_are_the_same_bytes() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let folder = Folder::demo().set("listen", &free);
    let said = folder.run(&["build", "--quick", "--out", "one"]).ended(0);
    folder.run(&["build", "--quick", "--out", "two"]).ended(0);
    let (one, two) = (files(&folder.path("one")), files(&folder.path("two")));
    assert!(one.len() > 100 && said.starts_with(&format!("{} files in one", one.len())), "{said}");
    let names = |all: &BTreeMap<String, Vec<u8>>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&one), names(&two));
    let differing: Vec<&String> = one.keys().filter(|name| one[*name] != two[*name]).collect();
    assert!(differing.is_empty(), "{differing:?}");
    // Nothing of the database or of this machine is in the pages.
    let here = folder.path("").display().to_string();
    let home = String::from_utf8_lossy(&one["index.html"]);
    assert!(!home.contains(&here), "{home}");
    // A server of the same files sends the same page, and its database changes nothing of it.
    let server = folder.serve();
    let (_, served) = server.get("/");
    // Only the copy keeps the cart while the shop is away.
    let (before, rest) = home.split_once("<script src=\"/assets/js/offline.").unwrap();
    let (_, after) = rest.split_once("</script>").unwrap();
    assert_eq!(served, format!("{before}{after}"));
    assert_eq!(server.stop(), Some(0));
    folder.run(&["build", "--quick", "--out", "three"]).ended(0);
    assert!(one == files(&folder.path("three")));
}

// A reader that has had enough, such as `head`, is no reason to panic.
#[test]
fn a_closed_pipe_ends_a_listing_quietly() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let listings: [&[&str]; 5] = [
        &["order", "list"],
        &["stock", "list"],
        &["audit"],
        &["check", "--format", "json"],
        &["order", "show", "HF-1001"],
    ];
    for args in listings {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = folder.command(KIOSK, args);
        let child = command.stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        drop(command);
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(!said.contains("panicked"), "{args:?}: {said}");
        assert_ne!(ended.status.code(), Some(101), "{args:?}: {said}");
    }
    let pipeline = format!("'{KIOSK}' order list | head -1");
    let first = ran(folder.command("/bin/sh", &["-c", &pipeline]));
    assert_eq!((first.code, first.err.as_str()), (Some(0), ""));
    assert!(first.out.starts_with("HF-1024"), "{}", first.out);
}
