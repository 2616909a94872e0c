//! Sitemap, robots, feeds, icons and manifest.

use std::collections::{BTreeMap, BTreeSet};

use image::ImageFormat;
use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Edited, TestShop, demo_content, pages, reduced};

/// Texts of each element inside every `<around>`, by its name without prefix.
pub(super) fn elements(xml: &str, around: &str) -> Vec<BTreeMap<String, Vec<String>>> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Eof => return found,
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if name == around {
                    found.push(BTreeMap::new());
                }
                open.push(name);
                text.clear();
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::GeneralRef(entity) => text.push_str(match &*entity {
                "amp" => "&",
                "lt" => "<",
                "gt" => ">",
                "quot" => "\"",
                other => panic!("&{other};"),
            }),
            Event::End(_) => {
                let name = open.pop().unwrap();
                if open.iter().any(|name| name == around)
                    && let Some(element) = found.last_mut()
                {
                    element.entry(name).or_insert_with(Vec::new).push(std::mem::take(&mut text));
                }
            }
            _ => {}
        }
    }
}

/// The lines of the feed.
pub(super) fn items(shop: &TestShop) -> Vec<BTreeMap<String, Vec<String>>> {
    let answer = shop.browser().get("/feeds/google.xml");
    assert_eq!(answer.status, 200);
    elements(&answer.body, "item")
}

// The feed holds every live variant and bundle once, with what Google requires.
#[test]
fn the_feed_holds_what_google_requires() {
    let shop = TestShop::on(&reduced());
    let items = items(&shop);
    let book = shop.app.shelf.books.now();
    let variants = book.catalog.live_products().map(|product| product.variants.len());
    let bundles = book.catalog.live_bundles().count();
    assert_eq!(items.len(), variants.sum::<usize>() + bundles);
    let ids: BTreeSet<&String> = items.iter().map(|item| &item["id"][0]).collect();
    assert_eq!(ids.len(), items.len(), "ids are used once");
    let mut visitor = shop.browser();
    for item in &items {
        for required in ["title", "description", "link", "image_link", "availability", "condition"]
        {
            assert!(!item[required][0].is_empty(), "{required}: {item:?}");
        }
        assert!(item["title"][0].chars().count() <= 150 && item["id"][0].len() <= 50);
        assert!(item.get("additional_image_link").is_none_or(|more| more.len() <= 10));
        assert!(["in_stock", "out_of_stock"].contains(&item["availability"][0].as_str()));
        assert!(item.contains_key("identifier_exists") != item.contains_key("gtin"));
        assert_eq!(item["country"][0], "GB");
        assert_eq!(item["service"][0], "Standard delivery");
        assert_eq!(visitor.get(&item["link"][0]).status, 200);
    }
    let of = |id: &str| items.iter().find(|item| item["id"][0] == id).unwrap();
    let mug = of("HF-TW-001-OAT");
    assert_eq!(mug["item_group_id"], ["everyday-mug"]);
    assert_eq!(mug["color"], ["Oat"]);
    assert_eq!(mug["title"], ["Everyday mug, Oat"]);
    assert_eq!(mug["product_type"], ["Tableware > Mugs & cups"]);
    assert_eq!(mug["shipping_weight"], ["390 g"]);
    assert_eq!(mug["custom_label_0"], ["standard"]);
    let vase = of("HF-VP-001");
    // The feed's own prices come first; those of delivery follow.
    assert_eq!(vase["price"], ["78.00 GBP", "0.00 GBP", "8.95 GBP"]);
    assert_eq!(vase["sale_price"], ["61.50 GBP"]);
    let period = "2026-11-20T00:00+0000/2026-12-01T00:00+0000";
    assert_eq!(vase["sale_price_effective_date"], [period]);
    assert!(!vase.contains_key("item_group_id"));
    let candle = of("HF-CL-003");
    assert_eq!(candle["unit_pricing_measure"], ["220 g"]);
    assert_eq!(candle["unit_pricing_base_measure"], ["100 g"]);
    assert_eq!(of("bundle-slow-breakfast")["is_bundle"], ["yes"]);
}

// The table says the same as the XML.
#[test]
fn the_table_says_the_same() {
    let content = reduced()
        .replace(
            "categories/tableware.toml",
            "order       = 10",
            "order       = 10\ngoogle_product_category = 672",
        )
        .replace(
            "products/studio-jug.toml",
            "tier ",
            "gtin = \"5012345678900\"\nmpn = \"J-1\"\ncondition = \"used\"\ntier ",
        );
    let shop = TestShop::on(&content);
    let items = items(&shop);
    let table = shop.browser().get("/feeds/google.tsv");
    assert_eq!(table.headers["content-type"], "text/tab-separated-values; charset=utf-8");
    let mut lines = table.body.lines().map(|line| line.split('\t').collect::<Vec<_>>());
    let columns = lines.next().unwrap();
    let rows: Vec<Vec<&str>> = lines.collect();
    assert_eq!(rows.len(), items.len());
    for (row, item) in rows.iter().zip(&items) {
        assert_eq!(row.len(), columns.len());
        for (name, values) in item {
            if ["country", "service", "shipping", "price"].contains(&name.as_str()) {
                continue;
            }
            let at = columns.iter().position(|column| column == name);
            let at = at.unwrap_or_else(|| panic!("the table lacks {name}"));
            let cell = row[at].trim_matches('"').replace("\"\"", "\"");
            let value = values.join(",").split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(cell.split_whitespace().collect::<Vec<_>>().join(" "), value, "{name}");
        }
    }
    let jug = items.iter().find(|item| item["link"][0].contains("studio-jug")).unwrap();
    assert_eq!(jug["google_product_category"], ["672"]);
    assert_eq!((&jug["gtin"][0], &jug["mpn"][0]), (&"5012345678900".into(), &"J-1".into()));
    assert_eq!(jug["condition"], ["used"]);
    assert!(!jug.contains_key("identifier_exists"));
    let shipping = columns.iter().position(|column| *column == "shipping").unwrap();
    assert_eq!(rows[0][shipping].matches("GB::").count(), 2);
}

// The sitemap lists every page that stands for itself, and nothing else.
#[test]
fn the_sitemap_lists_every_page() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let sitemap = visitor.get("/sitemap.xml");
    assert_eq!(sitemap.headers["content-type"], "application/xml; charset=utf-8");
    let entries = elements(&sitemap.body, "url");
    let listed: BTreeSet<String> = entries
        .iter()
        .map(|entry| entry["loc"][0].strip_prefix(&shop.base).unwrap().to_owned())
        .collect();
    assert_eq!(listed.len(), entries.len());
    let mut standing = BTreeSet::new();
    for path in pages(&shop) {
        let page = visitor.get(&path);
        assert!(super::meta(&page, "robots").is_none(), "{path}");
        if page.attribute("link[rel=canonical]", "href") == format!("{}{path}", shop.base) {
            standing.insert(path);
        }
    }
    assert_eq!(listed, standing);
    assert!(!listed.contains("/bundles/pro/"), "one kind only is a view of the same list");
    let mug = entries.iter().find(|e| e["loc"][0].ends_with("/product/everyday-mug/")).unwrap();
    let day: jiff::civil::Date = mug["lastmod"][0].parse().unwrap();
    assert!(day <= jiff::civil::date(2026, 11, 24));
}

#[test]
fn robots_are_told_where_to_look() {
    let shop = TestShop::demo();
    let robots = shop.browser().get("/robots.txt");
    assert_eq!(robots.headers["content-type"], "text/plain; charset=utf-8");
    let lines: Vec<&str> = robots.body.lines().collect();
    assert_eq!(&lines[..2], ["User-agent: *", "Allow: /"]);
    for closed in ["/cart", "/checkout", "/order", "/api", "/search?"] {
        assert!(lines.contains(&format!("Disallow: {closed}").as_str()), "{closed}");
    }
    assert_eq!(lines.last().unwrap(), &format!("Sitemap: {}/sitemap.xml", shop.base));
    assert!(!robots.body.contains("GPTBot"));
    let content = Edited::of(&demo_content()).replace(
        "shop.toml",
        "[seo]\n",
        "[seo]\nai_crawlers = \"deny\"\n",
    );
    let closed = TestShop::on(&content).browser().get("/robots.txt").body;
    let (_, group) = closed.split_once("User-agent: GPTBot").unwrap();
    assert!(group.split("\n\n").next().unwrap().ends_with("Disallow: /"), "{closed}");
}

#[test]
fn new_products_are_news() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let feed = visitor.get("/feeds/new.xml");
    assert_eq!(feed.headers["content-type"], "application/rss+xml; charset=utf-8");
    let items = elements(&feed.body, "item");
    assert_eq!(items.len(), 50);
    let book = shop.app.shelf.books.now();
    let newest = book.catalog.live_products().filter_map(|p| p.published).max().unwrap();
    let first: jiff::Zoned = jiff::fmt::rfc2822::parse(&items[0]["pubDate"][0]).unwrap();
    assert_eq!(first.date(), newest);
    for item in &items {
        assert_eq!(item["link"], item["guid"]);
        let words = &item["description"][0];
        assert!(words.contains("<img src=\"http") && words.contains('£'), "{words}");
    }
    assert_eq!(visitor.get(&items[0]["link"][0]).status, 200);
    let linked = visitor.get("/").attribute("link[type='application/rss+xml']", "href");
    assert_eq!(linked, "/feeds/new.xml");
}

/// Width and height of an icon, and the colour in its middle of the upper edge and of its corner.
fn icon(shop: &TestShop, path: &str, kind: ImageFormat) -> (u32, u32, [u8; 4]) {
    let edition = shop.app.shelf.now();
    let bytes = edition.files[path].plain();
    let picture = image::load_from_memory_with_format(&bytes, kind).unwrap().into_rgba8();
    (picture.width(), picture.height(), picture.get_pixel(0, 0).0)
}

fn assert_icons(shop: &TestShop) {
    for (path, side, kind) in [
        ("/favicon.ico", 32, ImageFormat::Ico),
        ("/apple-touch-icon.png", 180, ImageFormat::Png),
        ("/icon-192.png", 192, ImageFormat::Png),
        ("/icon-512.png", 512, ImageFormat::Png),
        ("/icon-maskable-512.png", 512, ImageFormat::Png),
    ] {
        let (width, height, corner) = icon(shop, path, kind);
        assert_eq!((width, height), (side, side), "{path}");
        let reaches = path.contains("apple") || path.contains("maskable");
        assert!(!reaches || corner[3] == 255, "{path} reaches its corners");
        assert_eq!(shop.browser().get(path).status, 200);
    }
    let manifest = shop.browser().get("/site.webmanifest");
    assert_eq!(manifest.headers["content-type"], "application/manifest+json");
    let manifest = manifest.json();
    assert_eq!(manifest["name"], "Hearth & Field");
    assert_eq!(manifest["theme_color"], "#8A3B1D");
    for icon in manifest["icons"].as_array().unwrap() {
        assert_eq!(shop.browser().get(icon["src"].as_str().unwrap()).status, 200);
    }
    let home = shop.browser().get("/");
    for link in ["link[rel=icon]", "link[rel=apple-touch-icon]", "link[rel=manifest]"] {
        assert_eq!(shop.browser().get(&home.attribute(link, "href")).status, 200, "{link}");
    }
}

// All icons come from one source: a monogram, or the shop's own picture.
#[test]
fn icons_come_from_one_source() {
    let shop = TestShop::demo();
    assert_icons(&shop);
    let drawn = shop.browser().get("/favicon.svg");
    assert_eq!(drawn.headers["content-type"], "image/svg+xml");
    assert!(drawn.body.contains("fill=\"#8A3B1D\""));
    let content = Edited::of(&demo_content()).replace(
        "shop.toml",
        "[home]",
        "[brand]\nicon = \"sign.png\"\n\n[home]",
    );
    let sign = image::RgbaImage::from_pixel(600, 600, image::Rgba([0, 90, 200, 255]));
    sign.save(content.path().join("images/sign.png")).unwrap();
    let own = TestShop::on(&content);
    assert_icons(&own);
    assert_eq!(icon(&own, "/icon-512.png", ImageFormat::Png).2, [0, 90, 200, 255]);
    assert_ne!(icon(&own, "/icon-maskable-512.png", ImageFormat::Png).2, [0, 90, 200, 255]);
    assert_eq!(own.browser().get("/favicon.svg").status, 404);
}
