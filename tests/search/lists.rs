//! Narrowed shelves, suggestions, the index for static hosts, and what a list asks the database.

use std::sync::atomic::{AtomicUsize, Ordering};

use kiosk::search::{OFFLINE_TEMPLATE, Typed, find, offline_index, offline_page};
use rusqlite::trace::{TraceEvent, TraceEventCodes};
use serde_json::Value;

use super::house::{Edited, TestShop, demo_content};
use super::{encoded, json_of};

fn slugs(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["slug"].as_str().unwrap()).collect()
}

fn facet<'a>(list: &'a Value, name: &str) -> Vec<(&'a str, u64, bool)> {
    let facets = list["facets"].as_array().unwrap();
    let Some(facet) = facets.iter().find(|facet| facet["name"] == name) else { return Vec::new() };
    let values = facet["values"].as_array().unwrap().iter();
    let value = |v: &'a Value| -> (&'a str, u64, bool) {
        (v["value"].as_str().unwrap(), v["count"].as_u64().unwrap(), v["on"].as_bool().unwrap())
    };
    values.map(value).collect()
}

// S3.19 S2.67 S2.120: values of one facet widen a list, facets together narrow it; counts leave
// their own choice out of account.
#[test]
fn facets_count_what_a_choice_would_find() {
    let shop = TestShop::demo();
    let mut program = shop.browser();
    let all = json_of(&mut program, "/api/products?category=tableware");
    let ink = json_of(&mut program, "/api/products?category=tableware&option.colour=Ink");
    let both = "/api/products?category=tableware&option.colour=Ink&option.colour=Sage";
    let both = json_of(&mut program, both);
    assert_eq!(slugs(&ink), ["everyday-mug", "dinner-plate"]);
    assert_eq!(slugs(&both), ["everyday-mug", "dinner-plate", "everyday-bowl"]);
    let count = |list: &Value, wanted: &str| {
        let colours = facet(list, "option.colour");
        let (_, count, on) = colours.into_iter().find(|(v, ..)| *v == wanted).unwrap();
        (count, on)
    };
    assert_eq!(count(&ink, "Ink"), (2, true));
    assert_eq!(count(&ink, "Sage"), (3, false), "as if no colour were chosen");
    assert_eq!(count(&all, "Sage"), (3, false));
    let tiers: u64 = facet(&ink, "tier").iter().map(|(_, count, _)| count).sum();
    assert_eq!(tiers, 2, "other facets count what is shown");
    let shelves = facet(&all, "category");
    assert_eq!(shelves[0].0, "tableware");
    assert!(shelves.iter().any(|(path, ..)| *path == "tableware/plates"), "{shelves:?}");
    assert_eq!(json_of(&mut program, "/api/products?tag=nothing")["count"], 0);
}

// S3.19 S3.20 S3.21: a shelf is narrowed in place, with chips, counts and addresses to share.
#[test]
fn shelves_can_be_narrowed() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let path = "/category/tableware/";
    let page = visitor.get(&format!("{path}?option.colour=Ink&in_stock=1&sort=price_desc"));
    assert_eq!(page.status, 200);
    assert_eq!(page.texts(".card .card-title"), ["Dinner plate", "Everyday mug"]);
    assert_eq!(page.attribute("meta[name=robots]", "content"), "noindex, follow");
    assert!(!page.body.contains("rel=\"canonical\""), "a narrowed list stands for nothing else");
    assert_eq!(page.texts("h1"), ["Tableware"]);
    // The same as the page held ready when nothing is asked, and the same shelf when letters add
    // parameters of their own.
    let ready = visitor.get(path);
    assert_eq!(visitor.get(&format!("{path}?utm_source=letter")).body, ready.body);
    assert_eq!(visitor.get(&format!("{path}?colour=Ink")).body, ready.body);
    assert!(ready.body.contains("rel=\"canonical\""));
    // Pages and values that are not there are refused, with the form to mend them.
    for wrong in ["page=9", "sort=random", "price_min=cheap", "category=paper-desk", "tier=gold"] {
        let answer = visitor.get(&format!("{path}?{wrong}"));
        assert_eq!(answer.status, 422, "{wrong}");
        assert_eq!(answer.texts("h1"), ["Tableware"], "{wrong}: still on its shelf");
        assert!(!answer.attribute("details.filters[open] form", "action").is_empty(), "{wrong}");
    }
    assert_eq!(visitor.get("/category/nowhere/?in_stock=1").status, 404);
    let inside = visitor.get(&format!("{path}?category=tableware/plates&sort=name"));
    assert_eq!(
        inside.texts(".card .card-title"),
        ["Cake plate in chalk", "Dinner plate", "Toast plate in terracotta"]
    );
}

// S2.113: sets stand on their shelf, before the products and after every filter.
#[test]
fn sets_are_narrowed_like_products() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let all = visitor.get("/category/bundles/");
    let sorted = visitor.get("/category/bundles/?sort=featured");
    assert_eq!(sorted.texts(".card-title"), all.texts(".card-title"));
    let special = visitor.get("/category/bundles/?tier=special");
    assert_eq!(special.texts(".card-title"), ["A quiet evening", "For a new desk"]);
    let found = visitor.get("/search?q=quiet+evening");
    assert!(found.texts(".card-title").contains(&"A quiet evening".to_owned()));
    let list = json_of(&mut visitor, "/api/products?q=quiet+evening");
    assert!(!slugs(&list).contains(&"quiet-evening"), "products alone");
}

// S3.20: pages of a narrowed shelf neither repeat nor skip; the first has no number.
#[test]
fn narrowed_shelves_have_pages() {
    let shop = TestShop::open();
    shop.publish(&Edited::of(&demo_content()).replace(
        "shop.toml",
        "page_size    = 50",
        "page_size    = 5",
    ));
    let mut visitor = shop.browser();
    let address = "/category/tableware/?in_stock=1";
    let first = visitor.get(address);
    let next = first.attribute("a[rel=next]", "href");
    assert_eq!(next, format!("{address}&page=2"));
    let second = visitor.get(&next);
    assert_eq!(second.attribute("a[rel=prev]", "href"), address);
    let titles = |page: &super::Answer| page.texts(".card .card-title");
    assert_eq!((titles(&first).len(), titles(&second).len()), (5, 5));
    assert!(titles(&first).iter().all(|title| !titles(&second).contains(title)));
    // A page number alone is the page held ready under another address.
    let second = visitor.get("/category/tableware/?page=2");
    let ready = visitor.get("/category/tableware/page/2/");
    assert_eq!(titles(&second), titles(&ready));
    let canonical = second.attribute("link[rel=canonical]", "href");
    assert_eq!(canonical, ready.attribute("link[rel=canonical]", "href"));
}

// What is sold out leaves the list of what can be bought when its pages are made anew.
#[test]
fn lists_follow_stock() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    let address = "/api/products?category=studio&in_stock=1&sort=name";
    assert_eq!(slugs(&json_of(&mut program, address)), ["apron", "glaze-set", "kiln"]);
    shop.set_stock("KILN-1", 0);
    shop.work_off();
    assert_eq!(slugs(&json_of(&mut program, address)), ["apron", "glaze-set"]);
}

// Suggestions while typing: products with picture and price, shelves, pages, endings; eight.
#[test]
fn suggestions_lead_somewhere() {
    let shop = TestShop::demo();
    let mut program = shop.browser();
    for (q, kind, title) in [
        ("everyd", "product", "Everyday mug"),
        ("evryday", "product", "Everyday mug"),
        ("plat", "category", "Plates"),
        ("deliv", "page", "Delivery"),
        ("carafe in in", "product", "Studio carafe in ink"),
        ("stonew", "query", ""),
        ("quiet", "product", "A quiet evening"),
    ] {
        let answer = program.get(&format!("/api/suggest?q={}", encoded(q)));
        assert!(answer.headers["cache-control"].contains("max-age=60"));
        let answer = answer.json();
        let items = answer["items"].as_array().unwrap();
        assert!(!items.is_empty() && items.len() <= 8, "{q}: {items:?}");
        let one = items.iter().find(|item| {
            item["kind"] == kind && item["title"].as_str().unwrap().starts_with(title)
        });
        let one = one.unwrap_or_else(|| panic!("{q}: {items:#?}"));
        assert_eq!(one["picture"].is_null(), kind != "product", "{q}");
        assert_eq!(one["price_minor"].is_null(), kind != "product", "{q}");
        for item in items {
            let url = item["url"].as_str().unwrap();
            assert_eq!(program.get(url).status, 200, "{q}: {url}");
        }
    }
    for nothing in ["", "?q=", "?q=***", "?q=xyzzyxyzzy", "?q=a&price_min=cheap&q=b"] {
        assert_eq!(program.get(&format!("/api/suggest{nothing}")).status, 200, "{nothing}");
    }
    let long = "x".repeat(300);
    let none = json_of(&mut program, &format!("/api/suggest?q={long}"));
    assert_eq!(none["items"].as_array().unwrap().len(), 0);
}

// N22: what a static host needs to search is small, whole, and drawn by a page of its own.
#[test]
fn the_index_for_static_hosts_is_small() {
    let shop = TestShop::demo();
    let index = shop.app.shelf.searching.now();
    let document = offline_index(&index, &shop.app.shelf.levels(), shop.kit.now());
    let rows = document["items"].as_array().unwrap();
    let catalog = &index.book().catalog;
    let sold = catalog.live_products().count() + catalog.live_bundles().count();
    assert_eq!(rows.len(), sold);
    let mug = rows.iter().find(|row| row[0] == "Everyday mug").unwrap();
    assert_eq!((&mug[1], &mug[2]), (&"/product/everyday-mug/".into(), &1600.into()));
    assert!(mug[5][0].as_str().unwrap().starts_with("/images/mug-oat."));
    let words = mug[7].as_str().unwrap();
    assert!(words.contains("terracotta") && words.contains("tw") && !words.contains("everyday"));
    // What the shop itself narrows by is there, too.
    let traits = |row: &Value| {
        let all = row[8].as_array().unwrap().iter().map(|at| at.as_u64().unwrap());
        all.map(|at| document["traits"][usize::try_from(at).unwrap()].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    for one in ["category=tableware", "tier=standard", "option.colour=Ink", "in_stock=1"] {
        assert!(traits(mug).contains(&one.to_owned()), "{one}: {:?}", traits(mug));
    }
    let text = serde_json::to_vec(&document).unwrap();
    let mut packed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut packed, 4096, 9, 22);
    std::io::Write::write_all(&mut writer, &text).unwrap();
    drop(writer);
    assert!(packed.len() / sold <= 120, "{} bytes a product", packed.len() / sold);
    let page = shop.kit.render.page(OFFLINE_TEMPLATE, offline_page(&index, "/search-index.1.json"));
    let page = page.unwrap();
    assert!(page.contains("data-search-index=\"/search-index.1.json\""));
    assert!(page.contains("card-template") && page.contains("js/search-offline."));
}

static STATEMENTS: AtomicUsize = AtomicUsize::new(0);

fn count_statement(_: TraceEvent<'_>) {
    STATEMENTS.fetch_add(1, Ordering::Relaxed);
}

/// Statements one list takes.
fn statements(shop: &TestShop, address: &str) -> usize {
    let index = shop.app.shelf.searching.now();
    let pairs: Vec<_> = form_urlencoded::parse(address.as_bytes()).into_owned().collect();
    let query = Typed::from_pairs(&pairs).query(&index.book().catalog).unwrap();
    let counted = shop.kit.db.read_blocking(|read| {
        read.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(count_statement));
        let before = STATEMENTS.load(Ordering::Relaxed);
        let found = find(read, &index, &query, shop.kit.now());
        let took = STATEMENTS.load(Ordering::Relaxed) - before;
        read.trace_v2(TraceEventCodes::empty(), None);
        found.map(|_| took)
    });
    counted.unwrap_or_else(|_| panic!("{address}"))
}

// S0.20: one statement for a list, whether it shows three products or fifty.
#[test]
fn a_list_asks_the_database_once() {
    let small = TestShop::open();
    let large = TestShop::demo();
    for address in ["", "q=a", "in_stock=1&sort=price", "tag=gift&tag=wood&category=kitchen-wood"] {
        if !address.contains("category") {
            assert_eq!(statements(&small, address), 1, "three products: {address}");
        }
        assert_eq!(statements(&large, address), 1, "many products: {address}");
    }
}
