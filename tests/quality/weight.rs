//! What pages and their scripts weigh, as they travel.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use scraper::{Html, Selector};

use crate::house::Answer;
use crate::kinds::{self, Findings};

/// All scripts of a page together, packed, bytes.
const SCRIPT_MAX: usize = 12_000;

/// A page of the desk, packed as a proxy packs it, bytes.
const DESK_PAGE_MAX: usize = 60_000;

/// The bytes of an asset as a browser gets them.
fn weigh(base: &str, path: &str, packing: &str) -> usize {
    let agent = ureq::Agent::config_builder().build().new_agent();
    let asked = agent.get(format!("{base}{path}")).header("accept-encoding", packing);
    let mut answer = asked.call().unwrap();
    let told = answer.headers().get("content-encoding").and_then(|name| name.to_str().ok());
    assert_eq!(told, Some(packing), "{path}");
    answer.body_mut().read_to_vec().unwrap().len()
}

/// Addresses of the scripts of a page.
fn scripts(page: &Answer) -> Vec<String> {
    let html = Html::parse_document(&page.body);
    let with_source = Selector::parse("script[src]").unwrap();
    let found = html.select(&with_source);
    found.map(|script| script.value().attr("src").unwrap().to_owned()).collect()
}

/// How many bytes a page is, packed as a proxy in front packs it.
fn packed(page: &Answer) -> usize {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(page.body.as_bytes()).unwrap();
    packed.finish().unwrap().len()
}

// S1.27, N21: the scripts of no page weigh more than 12 kB together, packed either way, and no page
// of the desk more than 60.
#[test]
fn every_page_is_light() {
    let (shop, kinds) = kinds::all();
    let mut known: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut findings = Findings::default();
    for kind in &kinds {
        let page = kind.fetch();
        let is_desk = kind.name.starts_with("admin");
        if is_desk && packed(&page) > DESK_PAGE_MAX {
            findings.note(format!("{} bytes", packed(&page)), kind.name.to_owned());
        }
        let scripts = scripts(&page);
        for packing in ["br", "gzip"] {
            let weight: usize = scripts
                .iter()
                .map(|path| {
                    let known = known.entry((path.clone(), packing));
                    *known.or_insert_with(|| weigh(&shop.base, path, packing))
                })
                .sum();
            assert!(weight > 0 || scripts.is_empty(), "{}", kind.name);
            if weight > SCRIPT_MAX {
                findings
                    .note(format!("{weight} bytes of script"), format!("{} {packing}", kind.name));
            }
        }
    }
    assert!(known.len() >= 2 * 5, "{known:?}");
    findings.none();
}
