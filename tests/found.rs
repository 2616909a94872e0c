//! Being found: what search engines, merchants' feeds and link previews read is true, complete and
//! says what the pages say.

#[path = "found/agreement.rs"]
mod agreement;
#[path = "found/documents.rs"]
mod documents;
#[path = "found/links.rs"]
mod links;
#[path = "found/structured.rs"]
mod structured;
#[path = "found/weight.rs"]
mod weight;

mod house;

use house::{Answer, Edited, TestShop, demo_content};
use scraper::{Html, Selector};
use serde_json::Value;

/// Addresses of all pages of the edition in force, in order.
fn pages(shop: &TestShop) -> Vec<String> {
    let edition = shop.app.shelf.now();
    let mut pages: Vec<String> =
        edition.files.keys().filter(|path| path.ends_with('/')).map(ToString::to_string).collect();
    pages.sort();
    pages
}

/// The nodes of a page's structured data.
#[track_caller]
fn graph(page: &Answer) -> Vec<Value> {
    let html = Html::parse_document(&page.body);
    let blocks = Selector::parse("script[type='application/ld+json']").unwrap();
    let blocks: Vec<String> = html.select(&blocks).map(|e| e.text().collect()).collect();
    assert_eq!(blocks.len(), 1, "one block a page");
    let document: Value =
        serde_json::from_str(&blocks[0]).unwrap_or_else(|e| panic!("{e}: {blocks:?}"));
    assert_eq!(document["@context"], "https://schema.org");
    document["@graph"].as_array().unwrap().clone()
}

/// The node of a kind.
#[track_caller]
fn node(graph: &[Value], kind: &str) -> Value {
    let found: Vec<&Value> = graph.iter().filter(|node| node["@type"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind} in {graph:#?}");
    found[0].clone()
}

/// The content of a meta element, by `name` or `property`.
fn meta(page: &Answer, name: &str) -> Option<String> {
    let html = Html::parse_document(&page.body);
    let selector = format!("head meta[name='{name}'], head meta[property='{name}']");
    let found = html.select(&Selector::parse(&selector).unwrap()).next();
    found.and_then(|e| e.value().attr("content")).map(str::to_owned)
}

/// The demo shop with a vase that is reduced from one day to another.
fn reduced() -> Edited {
    Edited::of(&demo_content()).replace(
        "products/studio-vase.toml",
        "[stock]",
        "[sale]\nprice = \"61.50\"\nfrom = 2026-11-20T00:00:00Z\n\
         until = 2026-12-01T00:00:00Z\n\n[stock]",
    )
}
