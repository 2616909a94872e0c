//! Live editing as an editor sees it: nothing is reloaded by hand.

use std::fs;
use std::path::Path;

use super::driver::{ENTER, Tab};
use super::house::{Edited, Setup, TestShop, demo_content, repository};
use super::{MUG, assert_quiet};
use kiosk::storefront;

const FILE: &str = "products/everyday-mug.toml";

/// What the overlay says; empty when there is none.
fn overlay(tab: &Tab) -> String {
    let words = "return document.querySelector('kiosk-mistakes')?.shadowRoot.textContent ?? ''";
    tab.run(words).as_str().unwrap().to_owned()
}

/// The demonstration shop in development, on content that a test may change.
fn develop(content: &Edited) -> TestShop {
    TestShop::with(Setup {
        content: Some(content.path().to_owned()),
        settings: vec![("dev", "on".to_owned())],
        ..Setup::default()
    })
}

// S4.1: a page of words and a picture are content like any other: saved, they are on screen.
#[test]
fn an_open_page_follows_words_and_pictures() {
    let Some(tab) = Tab::open(true) else { return };
    let content = Edited::of(&demo_content());
    let shop = develop(&content);
    let watching = shop.block_on(async { storefront::watch(&shop.kit, &shop.app.shelf, None) });
    let _watching = watching.unwrap();
    tab.go(&format!("{}/page/about/", shop.base));
    tab.reads(".prose", "began in 2011");
    let content = content.replace("pages/about.md", "began in 2011", "began in *1911*");
    tab.reads(".prose em", "1911");

    tab.go(&format!("{}{MUG}", shop.base));
    let source = "return document.querySelector('#picture-1 img:not(.pic-blur)').currentSrc";
    let before = tab.run(source);
    let picture = |name: &str| content.path().join("images").join(name);
    assert!(before.as_str().unwrap().contains("/images/mug-oat."), "{before}");
    let other: &Path = &picture("bottle-vase-moss.webp");
    fs::copy(other, picture("mug-oat.webp")).unwrap();
    let is_new = || {
        let now = tab.run(source);
        now != before && now.as_str().is_some_and(|now| now.contains("/images/mug-oat."))
    };
    tab.until("the new picture", || (), is_new);
    let drawn = "const picture = document.querySelector('#picture-1 img:not(.pic-blur)');
        return picture.complete && picture.naturalWidth > 0";
    tab.until("the picture itself", || (), || tab.run(drawn) == true);
    assert_quiet(&tab);
}

// ecosystem 5, S4.1: a save is on screen; a mistake lies over the page until it is mended.
#[test]
fn an_open_page_follows_the_files() {
    let Some(tab) = Tab::open(true) else { return };
    let content = Edited::of(&demo_content());
    let shop = develop(&content);
    let style = shop.dir.path().join("site/assets/css/shop.css");
    fs::create_dir_all(style.parent().unwrap()).unwrap();
    let watching = shop.block_on(async { storefront::watch(&shop.kit, &shop.app.shelf, None) });
    let _watching = watching.unwrap();
    tab.go(&format!("{}{MUG}", shop.base));
    tab.reads("h1", "Everyday mug");
    tab.run("scrollTo({ top: 300, behavior: 'instant' })");

    let content = content.replace(FILE, "\"Everyday mug\"", "\"Morning mug\"");
    tab.reads("h1", "Morning mug");
    tab.until("the place on the page", || (), || tab.run("return scrollY") == 300);

    // New styles come in without a reload: what the page remembers stays.
    tab.run("window.remembered = true");
    let built_in = fs::read_to_string(repository("site/assets/css/shop.css")).unwrap();
    fs::write(&style, format!("{built_in}\nh1 {{ color: rgb(1, 2, 3) }}\n")).unwrap();
    let colour = "return getComputedStyle(document.querySelector('h1')).color";
    tab.until("the new style", || (), || tab.run(colour) == "rgb(1, 2, 3)");
    assert_eq!(tab.run("return window.remembered"), true);

    let content = content.replace(FILE, "title ", "titel ");
    tab.until("the mistake", || (), || overlay(&tab).contains("titel"));
    let said = overlay(&tab);
    for part in ["everyday-mug.toml:", "did you mean", "^^^^^", "1 error in"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(tab.text("h1"), "Morning mug");
    // The keyboard closes it; the same mistake does not come back by itself.
    tab.press(ENTER);
    tab.until("the page alone", || (), || overlay(&tab).is_empty());

    let content = content.replace(FILE, "titel ", "tittle ");
    tab.until("the next mistake", || (), || overlay(&tab).contains("tittle"));
    let _content = content.replace(FILE, "tittle ", "title ");
    tab.until("the mended page", || (), || overlay(&tab).is_empty());
    assert_eq!(tab.run("return window.remembered"), true);
    assert_quiet(&tab);
}
