//! Feed = page = structured data = what the cart charges; and the budget of every page.

use std::collections::BTreeMap;

use kiosk::search::Levels;
use kiosk::storefront::{self, Inspection};

use super::documents::items;
use super::house::repository;
use super::{TestShop, graph, reduced};

fn levels(shop: &TestShop) -> Levels {
    use kiosk::base::fault::{Failure, Never};
    let known = shop
        .kit
        .db
        .read_blocking(|read| Ok::<_, Failure<Never>>(kiosk::stock::listed_states(read)?));
    known.unwrap()
}

pub(super) fn inspect(shop: &TestShop) -> Inspection {
    let (edition, book) = (shop.app.shelf.now(), shop.app.shelf.books.now());
    let base = &shop.kit.settings.public_url;
    storefront::inspect(&edition, &book, &levels(shop), shop.kit.now(), base, true)
}

/// Price and availability of every offer on a page, by SKU.
fn offers(shop: &TestShop, path: &str) -> BTreeMap<String, (String, String)> {
    let mut found = BTreeMap::new();
    for node in graph(&shop.browser().get(path)) {
        let own = std::slice::from_ref(&node);
        for told in node["hasVariant"].as_array().map_or(own, Vec::as_slice) {
            if let Some(price) = told["offers"]["price"].as_str() {
                let state = told["offers"]["availability"].as_str().unwrap().rsplit('/').next();
                let sku = told["sku"].as_str().unwrap().to_owned();
                found.insert(sku, (price.to_owned(), state.unwrap().to_owned()));
            }
        }
    }
    found
}

// N16, S2.121: one price everywhere, and it is the one that is charged, for every variant.
#[test]
fn the_price_told_is_the_price_charged() {
    let shop = TestShop::on(&reduced());
    let feed: BTreeMap<String, _> =
        items(&shop).into_iter().map(|i| (i["id"][0].clone(), i)).collect();
    let book = shop.app.shelf.books.now();
    for product in book.catalog.live_products() {
        let told = offers(&shop, &format!("/product/{}/", product.slug));
        assert_eq!(told.len(), product.variants.len());
        for variant in &product.variants {
            let sku = variant.sku.as_str();
            let (price, state) = &told[sku];
            let entry = &feed[sku];
            let asked = entry.get("sale_price").unwrap_or(&entry["price"]);
            assert_eq!(asked[0], format!("{price} GBP"), "{sku}");
            let in_stock = entry["availability"][0] == "in_stock";
            assert_eq!(in_stock, state != "OutOfStock", "{sku}");
            let mut buyer = shop.browser();
            let added = buyer.add(sku, 1);
            assert_eq!(added.status == 303, in_stock, "{sku}: {}", added.status);
            if in_stock {
                let cart = buyer.get("/api/cart").json();
                let minor: i64 = price.replace('.', "").parse().unwrap();
                assert_eq!(cart["lines"][0]["unit_minor"], minor, "{sku}");
            }
        }
    }
}

// N16: nothing differs over the whole demo shop, on sale, low and sold out.
#[test]
fn feed_page_and_structured_data_agree() {
    let shop = TestShop::on(&reduced());
    shop.set_stock("HF-TW-001-OAT", 0);
    shop.set_stock("HF-VP-001", 2);
    shop.app.shelf.refresh(&shop.kit).unwrap();
    assert_eq!(inspect(&shop).disagreements, Vec::<String>::new());
}

/// What is found when a file is sent otherwise than it was made.
fn tampered(path: &str, from: &str, to: &str) -> Vec<String> {
    let shop = TestShop::demo();
    let (edition, book) = (shop.app.shelf.now(), shop.app.shelf.books.now());
    let base = &shop.kit.settings.public_url;
    let pictures = std::sync::Arc::new(|p: &kiosk::catalog::Picture| p.into());
    let found = storefront::Found::new(&book, shop.kit.now(), base, pictures);
    let text = |asked: &str| {
        let sent = String::from_utf8(edition.files.get(asked)?.plain().to_vec()).unwrap();
        if asked != path {
            return Some(sent);
        }
        assert!(sent.contains(from), "{path} does not say {from}");
        Some(sent.replacen(from, to, 1))
    };
    storefront::disagreements(&found, &levels(&shop), &text)
}

// N16: whoever changes an amount on the way is found out, in words.
#[test]
fn what_differs_is_told() {
    let vase = "/product/studio-vase/";
    let page = tampered(vase, "<span class=\"price\">£78.00", "<span class=\"price\">£87.00");
    assert_eq!(page, [format!("{vase} shows £87.00 for HF-VP-001; it costs 78.00 GBP")]);
    let told = tampered(vase, "\"price\":\"78.00\"", "\"price\":\"78.01\"");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("tells 78.01 GBP for HF-VP-001 in its structured data"), "{told:?}");
    let state = tampered(vase, "org/InStock", "org/OutOfStock");
    assert!(state[0].contains("tells \"OutOfStock\" for HF-VP-001"), "{state:?}");
    let shown = tampered(vase, "stock-in_stock", "stock-sold_out");
    assert_eq!(shown, [format!("{vase} shows \"sold_out\" for HF-VP-001; it is in stock")]);
    let feed = "/feeds/google.xml";
    let price = tampered(feed, "<g:price>78.00 GBP", "<g:price>78.00 EUR");
    assert!(price[0].ends_with("it costs 78.00 GBP"), "{price:?}");
    let gone = tampered(feed, "<g:id>HF-VP-001<", "<g:id>HF-VP-999<");
    assert!(gone[0].contains("HF-VP-001 is missing in the feed"), "{gone:?}");
    assert!(gone[1].contains("HF-VP-999 is in the feed, but nobody sells it"), "{gone:?}");
    let variant = tampered("/product/everyday-mug/", "data-price=\"£", "data-price=\"£1");
    assert!(variant[0].contains("/product/everyday-mug/ shows £1"), "{variant:?}");
    let silent = tampered("/product/everyday-mug/", "data-price=", "data-cost=");
    assert!(silent[0].contains("shows no price for"), "{silent:?}");
    let set = "/bundle/slow-breakfast/";
    let price = tampered(set, "<ins>£", "<ins>£1");
    assert!(price[0].starts_with(&format!("{set} shows £1")), "{price:?}");
    let gone = tampered(set, "stock-in_stock", "stock-sold_out");
    assert!(gone[0].starts_with(&format!("{set} shows \"sold_out\"")), "{gone:?}");
    let silent = tampered(set, "data-price-box", "data-price");
    assert!(silent[0].contains("shows no price for"), "{silent:?}");
}

// N21: every page of the demo shop keeps its budget.
#[test]
fn every_page_keeps_its_budget() {
    let shop = TestShop::demo();
    let found = inspect(&shop);
    assert!(found.measured.len() > 100);
    assert!(found.excess.is_empty(), "{:#?}", found.excess);
    let table = storefront::table(&found.measured);
    assert!(table.contains("product") && table.contains("limit"), "{table}");
}

// N21: a shop's own style sheet with colours nobody can read is told.
#[test]
fn faint_colours_are_told() {
    let shop = TestShop::demo();
    let css = std::fs::read_to_string(repository("site/assets/css/shop.css")).unwrap();
    let faded = css.replacen("--ink-2: #5C554B", "--ink-2: #9C958B", 1);
    assert_ne!(faded, css);
    let own = shop.dir.path().join("site/assets/css");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("shop.css"), faded).unwrap();
    shop.app.shelf.publish_site(&shop.kit, shop.app.shelf.books.now()).unwrap();
    let found = inspect(&shop);
    assert!(found.excess.iter().any(|e| e.what.contains("--ink-2 on --paper in the light scheme")));
}
