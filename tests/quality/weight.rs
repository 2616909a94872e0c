//! What the scripts of a page weigh, as they travel.

use std::collections::BTreeMap;

use scraper::{Html, Selector};

use crate::house::Answer;
use crate::kinds::{self, Findings};

/// All scripts of a page together, packed, bytes.
const SCRIPT_MAX: usize = 12_000;

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

// S1.27, N21: the scripts of no page weigh more than 12 kB together, packed either way.
#[test]
fn the_scripts_of_every_page_are_light() {
    let (shop, kinds) = kinds::all();
    let mut known: BTreeMap<(String, &str), usize> = BTreeMap::new();
    let mut findings = Findings::default();
    for kind in &kinds {
        let page = kind.fetch();
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
