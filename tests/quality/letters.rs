//! Letters as mail programs on a phone show them, each kind in both colour schemes.

use std::fs;

use kiosk::identity::Role;
use scraper::{Html, Selector};

use crate::driver::Tab;
use crate::kinds::{self, Findings};
use crate::{SCHEMES, tool, violations, wide};

/// The narrowest phone, and the pane of a desk.
const WIDTHS: [u32; 2] = [320, 768];
/// The heaviest a letter may be before mail programs cut it.
const BYTES_MAX: usize = 100_000;
/// What axe asks of a page and a letter cannot have: it is read inside another page.
const ONLY_FOR_PAGES: [&str; 3] = ["landmark-one-main", "region", "page-has-heading-one"];

// S1.34, S0.18: every kind of letter fits a phone, says what its pictures show, and can be read in
// the dark.
#[test]
fn every_letter_fits_a_phone_and_is_legible_in_the_dark() {
    let (Some(axe), Some(tab)) = (tool("axe-core/axe.min.js"), Tab::open(true)) else { return };
    let axe = fs::read_to_string(axe).unwrap();
    let (shop, _) = kinds::all();
    let mut owner = shop.sign_in(Role::Owner);
    let previews = owner.get("/admin/messages/preview");
    let html = Html::parse_document(&previews.body);
    let chips = Selector::parse(".views a").unwrap();
    let all: Vec<&str> = html.select(&chips).filter_map(|a| a.value().attr("href")).collect();
    assert_eq!(all.len(), 11, "{all:?}");
    tab.be(&shop.base, &owner.cookies);
    let mut findings = Findings::default();
    for preview in all {
        let kind = preview.rsplit('/').next().unwrap();
        let page = owner.get(preview);
        let letter = owner.get(&format!("{preview}/html"));
        assert_eq!((page.status, letter.status), (200, 200), "{preview}");
        assert!(letter.body.len() <= BYTES_MAX, "{kind}: {} bytes", letter.body.len());
        // A frame may not run scripts; the letter itself is put where axe may look at it.
        let path = shop.dir.path().join(format!("{kind}.html"));
        fs::write(&path, &letter.body).unwrap();
        tab.go(&format!("file://{}", path.display()));
        tab.whole();
        assert!(tab.has("td.sheet"), "{kind}");
        for width in WIDTHS {
            if let Some(found) = wide(&tab, width) {
                findings.note(format!("{found:#}"), format!("{kind} at {width}"));
            }
            for scheme in SCHEMES {
                tab.prefer(scheme);
                for what in violations(&tab, &axe) {
                    if !ONLY_FOR_PAGES.iter().any(|rule| what.starts_with(rule)) {
                        findings.note(what, format!("{kind} {width} {scheme}"));
                    }
                }
            }
        }
        tab.prefer("dark");
        let shade = "const of = getComputedStyle(document.querySelector('.sheet'));
            return [of.backgroundColor, of.color].map((c) => c.match(/\\d+/g)[1] < 128)";
        assert_eq!(tab.run(shade), serde_json::json!([true, false]), "{kind} is dark in the dark");
    }
    findings.none();
}
