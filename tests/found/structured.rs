//! Structured data of every page, against what Google asks for.

use std::collections::BTreeSet;

use kiosk::catalog::Product;
use serde_json::Value;

use super::{Edited, TestShop, demo_content, graph, meta, node, pages, reduced};

const CONDITIONS: [&str; 3] = [
    "https://schema.org/NewCondition",
    "https://schema.org/RefurbishedCondition",
    "https://schema.org/UsedCondition",
];

/// A text that is there and not empty.
#[track_caller]
fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    let text = node[key].as_str().unwrap_or_default();
    assert!(!text.is_empty(), "{key} is missing in {node:#}");
    text
}

/// What Google requires and recommends of an offer.
#[track_caller]
fn assert_offer(offer: &Value, graph: &[Value]) {
    assert_eq!(offer["@type"], "Offer");
    let price = text(offer, "price");
    let (whole, decimals) = price.split_once('.').unwrap();
    assert!(whole.parse::<u32>().is_ok() && decimals.len() == 2, "{price}");
    assert_ne!(price, "0.00");
    assert_eq!(offer["priceCurrency"], "GBP");
    let known = ["InStock", "LimitedAvailability", "OutOfStock"];
    let told = text(offer, "availability").strip_prefix("https://schema.org/").unwrap();
    assert!(known.contains(&told), "{told}");
    assert!(CONDITIONS.contains(&text(offer, "itemCondition")));
    assert!(text(offer, "url").starts_with("http://127.0.0.1"));
    let meant = |key: &str| {
        let id = &offer[key]["@id"];
        graph.iter().find(|node| node["@id"] == *id).unwrap_or_else(|| panic!("no {id}")).clone()
    };
    let delivery = meant("shippingDetails");
    assert_eq!(delivery["@type"], "OfferShippingDetails");
    assert_eq!(delivery["shippingRate"]["currency"], "GBP");
    assert_eq!(delivery["shippingDestination"]["addressCountry"], "GB");
    let days = &delivery["deliveryTime"];
    assert_eq!(days["handlingTime"]["maxValue"], 1);
    assert_eq!(days["transitTime"]["maxValue"], 2);
    let free = price.replace('.', "").parse::<u32>().unwrap() >= 4000;
    assert_eq!(delivery["shippingRate"]["value"], if free { "0.00" } else { "4.99" });
    let returns = meant("hasMerchantReturnPolicy");
    assert_eq!(returns["merchantReturnDays"], 14);
    assert_eq!(returns["returnPolicyCountry"], "GB");
    assert_eq!(returns["returnFees"], "https://schema.org/ReturnFeesCustomerResponsibility");
    assert!(returns["applicableCountry"].as_array().unwrap().contains(&"DE".into()));
}

#[track_caller]
fn assert_product(product: &Product, graph: &[Value], visitor: &mut super::house::Browser) {
    let single = product.options.is_empty();
    let told = node(graph, if single { "Product" } else { "ProductGroup" });
    assert_eq!(text(&told, "name"), product.title);
    text(&told, "description");
    assert_eq!(told["brand"]["name"], "Hearth & Field");
    assert!(text(&told, "category").contains(" > "));
    assert_eq!(told["image"].as_array().unwrap().len(), product.images.len());
    assert_eq!(visitor.get(told["image"][0].as_str().unwrap()).status, 200);
    if single {
        assert_eq!(told["sku"], product.variants[0].sku.as_str());
        assert!(told["weight"]["value"].as_u64().unwrap() > 0);
        return assert_offer(&told["offers"], graph);
    }
    assert_eq!(told["productGroupID"], product.slug.as_str());
    let variants = told["hasVariant"].as_array().unwrap();
    assert_eq!(variants.len(), product.variants.len());
    let known = ["Colour", "Size"];
    let axes = product.options.iter().filter(|axis| known.contains(&axis.name.as_str())).count();
    assert_eq!(told["variesBy"].as_array().map_or(0, Vec::len), axes, "{}", product.slug);
    let mut names = BTreeSet::new();
    for (variant, told) in product.variants.iter().zip(variants) {
        assert_eq!(told["@type"], "Product");
        assert_eq!(told["sku"], variant.sku.as_str());
        assert!(names.insert(text(told, "name").to_owned()), "names differ");
        assert!(text(told, "image").starts_with("http://127.0.0.1"));
        let url = text(told, "url");
        assert!(url.ends_with(&format!("?variant={}", variant.sku)));
        assert_eq!(visitor.get(url).status, 200);
        assert_eq!(told["offers"]["url"], url);
        for (name, value) in &variant.options {
            let property = match name.as_str() {
                "Colour" => &told["color"],
                "Size" => &told["size"],
                _ => &told["additionalProperty"][0]["value"],
            };
            assert_eq!(property, value, "{}", variant.sku);
        }
        assert_offer(&told["offers"], graph);
    }
}

// Structured data of every product and variant of the demo shop has what Google requires.
#[test]
fn every_product_is_told_whole() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let book = shop.app.shelf.books.now();
    for product in book.catalog.live_products() {
        let page = visitor.get(&format!("/product/{}/", product.slug));
        assert_product(product, &graph(&page), &mut visitor);
        assert_eq!(meta(&page, "og:type").as_deref(), Some("product"));
        assert!(meta(&page, "product:price:amount").is_some());
        assert_eq!(meta(&page, "product:price:currency").as_deref(), Some("GBP"));
        let image = meta(&page, "og:image").unwrap();
        assert_eq!(visitor.get(&image).status, 200);
        assert!(meta(&page, "og:image:alt").is_some_and(|alt| !alt.is_empty()));
        assert!(meta(&page, "og:image:width").unwrap().parse::<u32>().unwrap() >= 800);
        assert_eq!(meta(&page, "twitter:card").as_deref(), Some("summary_large_image"));
    }
    for path in ["/", "/bundles/", "/bundles/pro/", "/category/tableware/", "/page/about/"] {
        let page = visitor.get(path);
        let image = meta(&page, "og:image").unwrap_or_else(|| panic!("{path} has no picture"));
        assert_eq!(visitor.get(&image).status, 200, "{path}");
    }
    for bundle in book.catalog.live_bundles() {
        let page = visitor.get(&format!("/bundle/{}/", bundle.slug));
        let graph = graph(&page);
        let told = node(&graph, "Product");
        assert_offer(&told["offers"], &graph);
        assert_eq!(told["isRelatedTo"].as_array().unwrap().len(), bundle.items.len());
        assert!(!told["image"].as_array().unwrap().is_empty());
    }
}

// Every page knows where it stands, and the way there leads along pages that exist.
#[test]
fn every_page_tells_where_it_stands() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    for path in pages(&shop) {
        let page = visitor.get(&path);
        let graph = graph(&page);
        if path == "/" {
            continue;
        }
        let crumbs = node(&graph, "BreadcrumbList");
        let crumbs = crumbs["itemListElement"].as_array().unwrap();
        for (at, crumb) in crumbs.iter().enumerate() {
            assert_eq!(crumb["position"], at + 1, "{path}");
            assert!(!text(crumb, "name").is_empty());
        }
        assert!(crumbs.len() >= 2, "{path}");
        assert_eq!(crumbs[0]["item"], format!("{}/", shop.base));
        let last = crumbs.last().unwrap()["item"].as_str().unwrap();
        assert_eq!(visitor.get(last).status, 200, "{last}");
        if path.starts_with("/category/") || path.starts_with("/bundles/") {
            let list = node(&graph, "CollectionPage");
            let items = list["mainEntity"]["itemListElement"].as_array().unwrap();
            let shown = page.texts("main .card-title");
            let told: Vec<&str> = items.iter().map(|item| text(item, "name")).collect();
            assert_eq!(told, shown, "{path}");
        } else if path.starts_with("/page/") {
            assert_eq!(text(&node(&graph, "WebPage"), "url"), format!("{}{path}", shop.base));
        }
    }
}

// The front page tells what the shop is, how to search it, and what it promises.
#[test]
fn the_front_page_tells_the_shop() {
    let content = Edited::of(&demo_content()).replace(
        "shop.toml",
        "[legal]\n",
        "[legal]\nvat_id = \"GB123456789\"\nreturn_fees = \"free\"\n",
    );
    let content = content.replace(
        "shop.toml",
        "[seo]\n",
        "[seo]\nsame_as = [\"https://social.example/hearth\"]\n",
    );
    let shop = TestShop::on(&content);
    let graph = graph(&shop.browser().get("/"));
    let site = node(&graph, "WebSite");
    let search = &site["potentialAction"];
    assert_eq!(search["query-input"], "required name=search_term_string");
    let target = text(&search["target"], "urlTemplate").replace("{search_term_string}", "mug");
    assert_eq!(shop.browser().get(&target).status, 200);
    let store = node(&graph, "OnlineStore");
    assert_eq!(store["name"], "Hearth & Field");
    assert_eq!(store["email"], "hello@hearthandfield.example");
    assert!(text(&store["address"], "streetAddress").contains("Frome"));
    assert_eq!(store["vatID"], "GB123456789");
    assert_eq!(store["sameAs"][0], "https://social.example/hearth");
    let policy = &store["hasMerchantReturnPolicy"][0];
    assert_eq!(policy["returnFees"], "https://schema.org/FreeReturn");
    assert_eq!(shop.browser().get(text(&store, "logo")).status, 200);
    let services = store["hasShippingService"].as_array().unwrap();
    assert_eq!(services.len(), 5, "every zone and rate but collecting");
    let home = &services[0];
    assert_eq!(home["handlingTime"]["cutoffTime"], "14:00:00+00:00");
    assert_eq!(home["handlingTime"]["businessDays"].as_array().unwrap().len(), 5);
    let conditions = home["shippingConditions"].as_array().unwrap();
    assert_eq!(conditions[0]["orderValue"]["maxValue"], "39.99");
    assert_eq!(conditions[0]["shippingRate"]["value"], "4.99");
    assert_eq!(conditions[1]["orderValue"]["minValue"], "40.00");
    assert_eq!(conditions[1]["shippingRate"]["value"], "0.00");
    let abroad = services.iter().find(|s| text(s, "name").ends_with("Europe")).unwrap();
    let countries = abroad["shippingConditions"][0]["shippingDestination"].as_array().unwrap();
    assert_eq!(countries.len(), 9);
}

// A sale is told with its end and the price before it; a measured product with its unit price.
#[test]
fn a_sale_is_told_with_its_end_and_the_price_before() {
    let shop = TestShop::on(&reduced());
    let mut visitor = shop.browser();
    let vase = node(&graph(&visitor.get("/product/studio-vase/")), "Product");
    let offer = &vase["offers"];
    assert_eq!(offer["price"], "61.50");
    assert_eq!(offer["priceValidUntil"], "2026-12-01T00:00:00Z");
    let before = &offer["priceSpecification"][0];
    assert_eq!(before["priceType"], "https://schema.org/StrikethroughPrice");
    assert_eq!(before["price"], "78.00");
    let candle = node(&graph(&visitor.get("/product/candle-sage/")), "Product");
    let unit = &candle["offers"]["priceSpecification"][0];
    assert_eq!(unit["referenceQuantity"]["value"], "220");
    assert_eq!(unit["referenceQuantity"]["unitCode"], "GRM");
    assert_eq!(unit["referenceQuantity"]["valueReference"]["value"], "100");
    assert_eq!(candle["offers"]["priceValidUntil"], Value::Null);
}

// Availability follows stock: in stock, low, sold out.
#[test]
fn availability_follows_stock() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    for (units, told, preview) in [
        (12, "https://schema.org/InStock", "in stock"),
        (3, "https://schema.org/LimitedAvailability", "in stock"),
        (0, "https://schema.org/OutOfStock", "out of stock"),
    ] {
        shop.set_stock("HF-VP-001", units);
        shop.app.shelf.refresh(&shop.kit).unwrap();
        let page = visitor.get("/product/studio-vase/");
        assert_eq!(node(&graph(&page), "Product")["offers"]["availability"], told);
        assert_eq!(meta(&page, "product:availability").as_deref(), Some(preview));
    }
}

// No text of an editor ends the block it stands in.
#[test]
fn no_title_ends_the_script_block() {
    let wild = "</script><script>alert(1)</script> \\\"<!--";
    let content = Edited::of(&demo_content())
        .replace("products/studio-vase.toml", "Studio vase in ink", wild)
        .replace("shop.toml", "name     = \"Hearth & Field\"", "name = \"</script>A & <B>\"");
    let shop = TestShop::on(&content);
    let mut visitor = shop.browser();
    for path in ["/", "/product/studio-vase/", "/category/vases-planters/", "/page/about/"] {
        let page = visitor.get(path);
        assert!(!page.body.contains("<script>alert"), "{path}");
        graph(&page);
    }
    let vase = node(&graph(&visitor.get("/product/studio-vase/")), "Product");
    assert_eq!(vase["name"], wild.replace("\\\"", "\""));
    for path in ["/feeds/google.xml", "/feeds/new.xml", "/sitemap.xml", "/site.webmanifest"] {
        assert!(!visitor.get(path).body.contains("<script"), "{path}");
    }
}
