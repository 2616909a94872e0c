//! `kiosk theme` and `kiosk check`, as typed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::process::{Folder, KIOSK};

const PRODUCT: &str = "site/store/product.html";

/// A line of `kiosk theme list`.
fn standing(folder: &Folder, name: &str) -> String {
    let list = folder.run(&["theme", "list"]).ended(0);
    let line = list.lines().find(|line| line.split_whitespace().next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("{name} is not in {list}"));
    line[name.len()..].trim().to_owned()
}

// S4.1: a shop takes over one file of the look, and sees what it and the built-in have become.
#[test]
fn a_file_of_the_look_is_copied_changed_and_compared() {
    let folder = Folder::base();
    assert_eq!(standing(&folder, "store/product.html"), "built-in");
    for meant in ["product.html", "templates/product.html", "store/product.html"] {
        let said = folder.run(&["theme", "copy", "--force", meant]).ended(0);
        assert!(said.contains(PRODUCT), "{said}");
    }
    assert_eq!(standing(&folder, "store/product.html"), "own, the same as the built-in");
    assert_eq!(folder.run(&["theme", "diff"]).ended(0), "");
    let refused = folder.run(&["theme", "copy", "product.html"]).could_not();
    assert!(refused.contains("--force"), "{refused}");
    let near = folder.run(&["theme", "copy", "produkt.html"]).could_not();
    assert!(near.contains("did you mean store/product.html?"), "{near}");
    let many = folder.run(&["theme", "copy", "body.txt"]).could_not();
    assert!(many.contains("mail/order_shipped/body.txt"), "{many}");

    let own = folder.read(PRODUCT);
    folder.write(PRODUCT, &format!("{own}<p>ours</p>\n"));
    assert_eq!(standing(&folder, "store/product.html"), "own");
    let changes = folder.run(&["theme", "diff", "product.html"]).ended(0);
    assert!(changes.contains("+<p>ours</p>") && changes.contains("+++ site/store"), "{changes}");
    folder.run(&["theme", "diff", "home.html"]).could_not();

    // A later program brings another built-in; the note tells.
    let record = folder.read("site/.kiosk-theme.toml");
    let hash = record.split('"').nth(3).unwrap();
    folder.write("site/.kiosk-theme.toml", &record.replace(hash, &"0".repeat(64)));
    let behind = standing(&folder, "store/product.html");
    assert!(behind.contains("has changed since"), "{behind}");
    folder.write("site/store/extra.html", "more");
    assert!(standing(&folder, "store/extra.html").contains("no built-in"));
}

// S4.1: a template that cannot be used is found before anybody opens the shop.
#[test]
fn check_tries_the_templates_out() {
    let folder = Folder::base();
    fs::create_dir_all(folder.path("site/store")).unwrap();
    folder.write(PRODUCT, "{% if product %}\n{{ product.title }}\n");
    let bad = folder.run(&["check"]);
    assert_eq!(bad.code, Some(1), "{bad:?}");
    assert!(bad.out.starts_with("site/store/product.html:"), "{bad:?}");
    let report = folder.run(&["check", "--format", "json"]).ended(1);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["errors"], 1);
    assert_eq!(report["complaints"][0]["path"], "site/store/product.html");
}

// S4.17: words nobody reads are told with their place, as warnings.
#[test]
fn check_tells_odd_words() {
    let folder = Folder::base();
    fs::create_dir_all(folder.path("site/text")).unwrap();
    folder.write("site/text/en.toml", "[cart]\ntitel = \"Basket\"\n");
    let said = folder.run(&["check"]).ended(0);
    assert!(said.starts_with("site/text/en.toml:2:9: warning: `cart.titel`: nothing"), "{said}");
    folder.run(&["check", "--strict"]).ended(1);
    let report = folder.run(&["check", "--format", "json"]).ended(0);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["errors"], &report["warnings"]), (&0.into(), &1.into()));
    assert_eq!(report["complaints"][0]["code"], "words-unread");
}

// S2.109: how the pictures of each product stand.
#[test]
fn pictures_are_ok_poor_or_missing() {
    let folder = Folder::base();
    let table = || {
        let ran = folder.run(&["check", "--images"]);
        ran.out.lines().filter(|l| !l.contains(':')).map(str::to_owned).collect::<Vec<_>>()
    };
    let status = |table: &[String], product: &str| {
        let line = table.iter().find(|line| line.split_whitespace().nth(1) == Some(product));
        line.unwrap().split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(status(&table(), "kiln"), "ok");
    let kiln = folder.read("content/products/kiln.toml");
    folder.write(
        "content/products/kiln.toml",
        &kiln.replace("alt  = \"Grey kiln on a table\"\n", ""),
    );
    fs::remove_file(folder.path("content/images/apron.png")).unwrap();
    let found = table();
    assert_eq!(status(&found, "kiln"), "warning");
    assert_eq!(status(&found, "apron"), "missing");
    assert_eq!(status(&found, "glaze-set"), "ok");
    let report = folder.run(&["check", "--format", "json"]).ended(1);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["images"][0]["product"], "apron");
    assert_eq!(report["images"][0]["status"], "missing");
}

// S4.1: one document for each change, until it is ended.
#[test]
fn check_watches() {
    let folder = Folder::base();
    let mut command = folder.command(KIOSK, &["check", "--watch", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut documents = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&documents.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["errors"], 0);
    let good = folder.read("content/products/kiln.toml");
    folder.write("content/products/kiln.toml", &good.replace("title ", "titel "));
    let mut found = next();
    while found["errors"] == 0 {
        found = next();
    }
    assert!(found["complaints"][0]["text"].as_str().unwrap().contains("titel"), "{found}");
    folder.write("content/products/kiln.toml", &good);
    while next()["errors"] != 0 {}
    child.kill().unwrap();
    child.wait().unwrap();
}
