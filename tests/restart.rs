//! What an earlier run has left: pages that are still true are not drawn again, and are shown
//! before the shop is put together.

mod house;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use house::{Edited, Setup, TestShop, base_content};
use kiosk::storefront::Edition;
use tempfile::TempDir;

/// The address is part of every page, so it must not change from run to run.
const ADDRESS: &str = "https://shop.example";

fn open(content: &Path, data: &Path) -> TestShop {
    TestShop::with(Setup {
        content: Some(content.to_owned()),
        data: Some(data.to_owned()),
        settings: vec![("public_url", ADDRESS.to_owned())],
        ..Setup::default()
    })
}

/// What is shown, by address, in the form that was made first.
fn shown(edition: &Edition) -> BTreeMap<String, Vec<u8>> {
    edition.files.iter().map(|(path, file)| (path.to_string(), file.plain().to_vec())).collect()
}

/// Pages that were drawn: they are not packed yet, so they have one body.
fn drawn(edition: &Edition) -> Vec<String> {
    let plain = edition.files.iter().filter(|(path, file)| {
        path.ends_with('/') && file.plain().len() > 600 && file.bodies().count() == 1
    });
    let mut paths: Vec<String> = plain.map(|(path, _)| path.to_string()).collect();
    paths.sort();
    paths
}

fn run(content: &Path, data: &Path) -> BTreeMap<String, Vec<u8>> {
    let shop = open(content, data);
    shop.app.shelf.pack(&shop.kit).unwrap();
    shown(&shop.app.shelf.now())
}

// S2.101: a restart with nothing changed draws nothing, and shows the same bytes.
#[test]
fn a_restart_takes_every_page_from_the_last_run() {
    let data = TempDir::new().unwrap();
    let before = run(&base_content(), data.path());
    let again = open(&base_content(), data.path());
    assert_eq!(drawn(&again.app.shelf.now()), [""; 0]);
    assert!(before == shown(&again.app.shelf.now()));
    assert!(again.kept_was_true, "nothing has changed");
    // Still so after a third start, and when the second packed nothing.
    again.app.shelf.pack(&again.kit).unwrap();
    drop(again);
    assert!(open(&base_content(), data.path()).kept_was_true);
}

// S2.101: what changed while the shop was closed is drawn, and nothing old is shown meanwhile.
#[test]
fn a_change_while_closed_is_seen() {
    let (data, content) = (TempDir::new().unwrap(), Edited::of(&base_content()));
    run(content.path(), data.path());
    let content = content.replace("products/apron.toml", "29.99", "31.99");
    let shop = open(content.path(), data.path());
    assert!(!shop.kept_was_true);
    let anew = drawn(&shop.app.shelf.now());
    assert!(anew.contains(&"/product/apron/".to_owned()), "{anew:?}");
    assert!(!anew.contains(&"/page/about/".to_owned()), "{anew:?}");
    assert!(shop.browser().get("/product/apron/").body.contains("31.99"));
}

// Goods counted by a command while the shop was closed are told from the first page on.
#[test]
fn stock_that_changed_while_closed_is_seen() {
    let data = TempDir::new().unwrap();
    let shop = open(&base_content(), data.path());
    shop.app.shelf.pack(&shop.kit).unwrap();
    // As `kiosk stock count` does it: nothing follows, as no shop is open.
    shop.set_stock("KILN-1", 0);
    drop(shop);
    let shop = open(&base_content(), data.path());
    assert!(!shop.kept_was_true, "the last pages say that there are kilns");
    assert!(drawn(&shop.app.shelf.now()).contains(&"/product/kiln/".to_owned()));
}

// A file of pages that is cut, gone, foreign or full of nonsense is as good as none.
#[test]
fn damaged_pages_are_made_anew() {
    let data = TempDir::new().unwrap();
    let before = run(&base_content(), data.path());
    let index = data.path().join("pages.index");
    let bodies = || {
        let names = fs::read_dir(data.path()).unwrap().map(|entry| entry.unwrap().path());
        let is_bodies = |path: &std::path::PathBuf| {
            path.extension().is_some_and(|number| number.to_str().unwrap().parse::<u32>().is_ok())
        };
        names.filter(is_bodies).collect::<Vec<_>>()
    };
    let damages: [(&str, &dyn Fn()); 5] = [
        ("cut bodies", &|| {
            let file = fs::OpenOptions::new().write(true).open(&bodies()[0]).unwrap();
            file.set_len(100).unwrap();
        }),
        ("no bodies", &|| fs::remove_file(&bodies()[0]).unwrap()),
        ("no index", &|| fs::remove_file(&index).unwrap()),
        ("nonsense", &|| fs::write(&index, b"\xff{nonsense").unwrap()),
        ("a way out", &|| {
            let text = fs::read_to_string(&index).unwrap();
            let at = text.find("\"bodies\":\"").unwrap() + 10;
            fs::write(&index, format!("{}../../etc/passwd{}", &text[..at], &text[at..])).unwrap();
        }),
    ];
    for (what, damage) in damages {
        damage();
        assert!(before == run(&base_content(), data.path()), "{what}");
        assert_eq!(bodies().len(), 1, "{what}: old files are swept");
    }
}

// Where pages cannot be written they are served from memory, and the shop stays open.
#[test]
fn pages_that_cannot_be_kept_are_served_all_the_same() {
    let data = TempDir::new().unwrap();
    let shop = open(&base_content(), data.path());
    for number in 1..4 {
        fs::create_dir(data.path().join(format!("pages.{number}"))).unwrap();
    }
    fs::create_dir(data.path().join("pages.index")).unwrap();
    assert!(shop.app.shelf.pack(&shop.kit).is_err(), "the index cannot be written");
    assert_eq!(shop.browser().get("/").status, 200);
    let edition: Arc<Edition> = shop.app.shelf.now();
    assert!(edition.files["/"].bodies().count() > 1, "packed all the same");
}
