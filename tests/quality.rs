//! A page of every kind, looked at in a real browser and by programs that know the rules: nothing
//! axe or the Nu HTML checker complains of, nothing that sticks out at the side, no link that leads
//! nowhere. Pictures of all pages are kept in `target/screenshots`.

#[path = "browser/driver.rs"]
mod driver;
#[path = "quality/desk_kinds.rs"]
mod desk_kinds;
mod house;
#[path = "quality/kinds.rs"]
mod kinds;
#[path = "quality/letters.rs"]
mod letters;
#[path = "quality/links.rs"]
mod links;
#[path = "quality/markup.rs"]
mod markup;
#[path = "quality/media.rs"]
mod media;
#[path = "quality/weight.rs"]
mod weight;

use std::path::{Path, PathBuf};
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use driver::Tab;
use kinds::{Findings, Kind};
use serde_json::Value;

const SCHEMES: [&str; 2] = ["light", "dark"];
/// From the narrowest phone to a desk; 640 is a desk of 1280 at twice the size.
const WIDTHS: [u32; 6] = [320, 360, 640, 768, 1024, 1440];
/// Every rule about WCAG 2.2 AA, and what is good practice; targets must be large enough, too.
const AXE: &str = "axe.run({
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    rules: { 'target-size': { enabled: true } }, resultTypes: ['violations'],
}).then((found) => done(found.violations), (error) => done(String(error)))";

/// A folder beside the build.
fn target(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name(name)
}

/// A file of the programs that `.ci/tools` installs; nothing where it may be missing.
fn tool(path: &str) -> Option<PathBuf> {
    let file = target("quality/node_modules").join(path);
    if file.exists() {
        return Some(file);
    }
    assert!(env::var_os("CI").is_none(), "{} is missing: run make tools", file.display());
    eprintln!("skipped: {} is missing, `make tools` installs it", file.display());
    None
}

/// What axe complains of on the page as it stands: each rule with the elements that break it.
fn violations(tab: &Tab, axe: &str) -> Vec<String> {
    tab.run(&format!("if (!window.axe) {{ {axe} }}"));
    let found = tab.run_until_done(AXE);
    let found = found.as_array().unwrap_or_else(|| panic!("axe does not run: {found}"));
    let nodes = |rule: &Value| {
        let one = |node: &Value| {
            let why = node["failureSummary"].as_str().unwrap_or_default().replace('\n', " ");
            format!("{}: {} {why}", rule["id"].as_str().unwrap_or_default(), node["target"])
        };
        rule["nodes"].as_array().unwrap().iter().map(one).collect::<Vec<_>>()
    };
    found.iter().flat_map(nodes).collect()
}

// S2.3, S2.9, S2.57, S2.63: names, roles, contrast, focus and target sizes, in both colour
// schemes, on a phone and on a desk.
#[test]
fn axe_finds_nothing_on_any_page() {
    let (Some(axe), Some(tab)) = (tool("axe-core/axe.min.js"), Tab::open(true)) else { return };
    let axe = fs::read_to_string(axe).unwrap();
    let (shop, kinds) = kinds::all();
    let mut findings = Findings::default();
    for kind in &kinds {
        kind.open(&shop, &tab);
        for width in [360, 1280] {
            tab.width(width);
            for scheme in SCHEMES {
                tab.prefer(scheme);
                for what in violations(&tab, &axe) {
                    findings.note(what, format!("{} {width} {scheme}", kind.name));
                }
            }
        }
    }
    findings.none();
}

/// Elements that stick out at the side.
fn wide(tab: &Tab, width: u32) -> Option<Value> {
    tab.width(width);
    let found = tab.run(&format!(
        "if (document.documentElement.scrollWidth <= {width}) return null;
        return [document.documentElement, ...document.body.querySelectorAll('*')]
            .filter((e) => e.getBoundingClientRect().right > {width} + 1)
            .map((e) => e.outerHTML.slice(0, 80))"
    ));
    (!found.is_null()).then_some(found)
}

// S2.57, S2.60: no page scrolls sideways at any width or at twice the size, with the menu open or
// shut; the console says nothing.
#[test]
fn no_page_is_wider_than_its_window() {
    let Some(tab) = Tab::open(true) else { return };
    let (shop, kinds) = kinds::all();
    let mut findings = Findings::default();
    for kind in &kinds {
        kind.open(&shop, &tab);
        for width in WIDTHS {
            if let Some(found) = wide(&tab, width) {
                findings.note(format!("{found:#}"), format!("{} at {width}", kind.name));
            }
        }
        for complaint in tab.complaints() {
            // The browser itself reports a page that is sent with a refusal.
            if !complaint.contains("Failed to load resource: the server responded") {
                findings.note(complaint, kind.name.to_owned());
            }
        }
    }
    tab.go(&shop.base);
    tab.width(320);
    tab.click(".menu summary");
    assert!(tab.has(".menu[open]"));
    assert_eq!(tab.focused().1, "Menu");
    assert_eq!(wide(&tab, 320), None, "the open menu");
    findings.none();
}

// S2.57, S2.58: a picture of every page, for people to look at.
#[test]
fn every_page_has_its_picture_taken() {
    let Some(tab) = Tab::open(true) else { return };
    let (shop, kinds) = kinds::all();
    let folder = target("screenshots");
    fs::create_dir_all(&folder).unwrap();
    let take = |kind: &Kind, width: u32, scheme: &str| {
        tab.prefer(scheme);
        let png = BASE64.decode(tab.picture(width)).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{}", kind.name);
        fs::write(folder.join(format!("{}-{width}-{scheme}.png", kind.name)), png).unwrap();
    };
    for kind in &kinds {
        kind.open(&shop, &tab);
        for width in [360, 768, 1440] {
            SCHEMES.iter().for_each(|scheme| take(kind, width, scheme));
        }
    }
}
