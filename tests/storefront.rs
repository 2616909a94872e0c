//! The shop's pages as markup: pictures, names, lists, bundles, and what programs read instead.

#[path = "storefront/arrival.rs"]
mod arrival;
#[path = "storefront/lists.rs"]
mod lists;
#[path = "storefront/pictures.rs"]
mod pictures;
#[path = "storefront/prior.rs"]
mod prior;

mod house;

use std::collections::BTreeMap;

use house::{Answer, TestShop, repository};
use scraper::{Html, Selector};

/// A page of each kind.
const KINDS: [&str; 9] = [
    "/",
    "/category/tableware/",
    "/category/tableware/mugs-cups/",
    "/product/everyday-mug/",
    "/product/studio-vase/",
    "/bundles/",
    "/bundle/slow-breakfast/",
    "/page/about/",
    "/search?q=mug",
];

type Element = BTreeMap<String, String>;

/// Attributes of all elements a selector finds, in the page's order.
fn all(page: &Answer, selector: &str) -> Vec<Element> {
    let html = Html::parse_document(&page.body);
    let selector = Selector::parse(selector).unwrap();
    let attributes = |e: scraper::ElementRef| {
        e.value().attrs().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    html.select(&selector).map(attributes).collect()
}

fn pages(shop: &TestShop) -> Vec<(&'static str, Answer)> {
    let mut visitor = shop.browser();
    let fetch = |path| {
        let page = visitor.get(path);
        assert_eq!(page.status, 200, "{path}");
        (path, page)
    };
    KINDS.map(fetch).into_iter().collect()
}

// S1.24 S1.25 S2.110: every picture says its size and what it shows; only the first is fetched at
// once.
#[test]
fn pictures_hold_their_place_and_wait_their_turn() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    for (path, page) in pages(&shop) {
        let pictures = all(&page, "main img:not(.pic-blur)");
        for (at, picture) in pictures.iter().enumerate() {
            for size in ["width", "height"] {
                let pixels: u32 = picture[size].parse().unwrap();
                assert!(pixels > 0, "{path}: {picture:?}");
            }
            assert!(picture.contains_key("alt"), "{path}: {picture:?}");
            assert!(!picture["src"].is_empty(), "{path}");
            if picture.contains_key("srcset") {
                assert!(picture.contains_key("sizes"), "{path}: {picture:?}");
            }
            let lazy = picture.get("loading").is_some_and(|loading| loading == "lazy");
            let first_row =
                if path.contains("search") || path.contains("category") { 8 } else { 1 };
            if at == 0 && !path.contains("bundles") {
                assert_eq!(
                    picture.get("fetchpriority").map(String::as_str),
                    Some("high"),
                    "{path}"
                );
                assert!(!lazy, "{path}: the first picture must not wait");
            }
            assert!(lazy || at < first_row, "{path}: {picture:?}");
        }
        if let Some(picture) = pictures.first() {
            let answer = visitor.get(&picture["src"]);
            assert_eq!(answer.status, 200, "{path}");
            assert!(answer.headers["content-type"].starts_with("image/"));
            assert!(answer.headers["cache-control"].contains("immutable"));
        }
    }
    // A picture that only decorates is named by nothing; one that shows the goods has words.
    let product = visitor.get("/product/everyday-mug/");
    let gallery = all(&product, ".gallery .strip img:not(.pic-blur)");
    assert_eq!(gallery.len(), 6);
    assert!(gallery.iter().all(|picture| picture["alt"].contains("mug")));
}

// S2.57 S2.58 S4.23: a page is as wide as its screen, and lists restack.
#[test]
fn pages_fit_any_width() {
    let shop = TestShop::demo();
    for (path, page) in pages(&shop) {
        let viewport = page.attribute("meta[name=viewport]", "content");
        assert_eq!(viewport, "width=device-width, initial-scale=1", "{path}");
        assert!(all(&page, "main [style*=width], main table").is_empty(), "{path}");
    }
    let css = std::fs::read_to_string(repository("site/assets/css/shop.css")).unwrap();
    for rule in [
        "img { display: block; max-width: 100%",
        "repeat(2, minmax(0, 1fr))",
        "repeat(3, minmax(0, 1fr))",
        "repeat(4, minmax(0, 1fr))",
    ] {
        assert!(css.contains(rule), "{rule}");
    }
}

// S2.59 S2.60 S2.61: the head holds name, search and cart; the menu opens without script.
#[test]
fn the_head_is_the_same_everywhere() {
    let shop = TestShop::demo();
    for (path, page) in pages(&shop) {
        assert_eq!(page.texts("header .brand"), ["Hearth & Field"], "{path}");
        assert_eq!(page.attribute("header .brand", "href"), "/");
        assert_eq!(page.attribute("header a.cart-link", "href"), "/cart");
        assert_eq!(page.attribute("header form[role=search]", "action"), "/search");
        assert_eq!(page.attribute("header form[role=search]", "method"), "get");
        assert!(all(&page, "header details form[role=search]").is_empty(), "never folded away");
        assert_eq!(page.texts("header label[for=q]"), ["Search the shop"]);
        assert_eq!(page.attribute("header details > summary", "aria-label"), "Menu");
        let shelves = page.texts("header details nav > ul > li > a");
        assert!(shelves.contains(&"Tableware".to_owned()), "{path}: {shelves:?}");
        assert!(page.texts("header details nav ul ul a").contains(&"Plates".to_owned()));
    }
    let css = std::fs::read_to_string(repository("site/assets/css/shop.css")).unwrap();
    assert!(css.contains(".head { position: sticky; top: 0"));
    let here = shop.browser().get("/category/tableware/");
    assert_eq!(here.texts("header [aria-current=page]")[0], "Tableware");
}

// S2.63: everything that can be pressed or filled in has a name, in the page's order.
#[test]
fn every_control_has_a_name() {
    let shop = TestShop::demo();
    let mut buyer = shop.browser();
    buyer.add("HF-TW-001-OAT", 1);
    buyer.post("/cart/lines", &[("bundle", "slow-breakfast")]);
    let mut all_pages = pages(&shop);
    all_pages.push(("/cart", buyer.get("/cart")));
    all_pages.push(("/checkout", buyer.get("/checkout")));
    for (path, page) in all_pages {
        assert_eq!(page.attribute("a.skip", "href"), "#main", "{path}");
        assert_eq!(page.attribute("main", "id"), "main");
        assert_eq!(page.texts("h1").len(), 1, "{path}");
        assert!(!page.attribute("html", "lang").is_empty());
        let html = Html::parse_document(&page.body);
        let select = |words: &str| Selector::parse(words).unwrap();
        for control in html.select(&select("input:not([type=hidden]), select, textarea")) {
            let id = control.value().attr("id").unwrap_or_default();
            let label = html.select(&select(&format!("label[for='{id}']"))).next();
            let inside = control.ancestors().filter_map(scraper::ElementRef::wrap);
            let wrapped = inside.into_iter().any(|parent| parent.value().name() == "label");
            let named = wrapped || label.is_some_and(|label| !words_of(label).is_empty());
            assert!(named, "{path}: {}", control.html());
        }
        for pressed in html.select(&select("a[href], button, summary")) {
            let spoken = pressed.value().attr("aria-label").map(str::to_owned);
            let picture = pressed.select(&select("img[alt]")).next();
            let alt = picture.and_then(|p| p.value().attr("alt")).unwrap_or_default().to_owned();
            let name = spoken.unwrap_or_else(|| words_of(pressed) + &alt);
            assert!(!name.trim().is_empty(), "{path}: {}", pressed.html());
        }
        assert!(all(&page, "[tabindex]").iter().all(|e| ["0", "-1"].contains(&&*e["tabindex"])));
        let ids: Vec<String> = all(&page, "[id]").into_iter().map(|e| e["id"].clone()).collect();
        let mut once = ids.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), ids.len(), "{path}: an id stands twice: {ids:?}");
    }
    let css = std::fs::read_to_string(repository("site/assets/css/shop.css")).unwrap();
    assert!(css.contains(":focus-visible { outline: 3px solid"));
}

fn words_of(element: scraper::ElementRef) -> String {
    element.text().collect::<String>().trim().to_owned()
}

// S2.9: what changes is announced, and nothing is told by colour alone.
#[test]
fn messages_are_announced() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    let cart = buyer.get("/cart");
    assert_eq!(cart.attribute("[data-notices]", "role"), "status");
    assert_eq!(cart.attribute("#status", "aria-live"), "polite");
    assert!(
        cart.texts("main .saving")
            .iter()
            .all(|words| words.chars().any(char::is_alphabetic) || words.starts_with('−'))
    );
    let sum = &cart.texts(".line-sum .price")[0];
    assert!(sum.contains("Sale price") && sum.contains("Regular price"), "{sum}");
    assert_eq!(cart.texts(".line-sum del").len(), 1);
}

// S1.27: what a product page needs before it can be seen weighs less than 120 KB.
#[test]
fn a_product_page_is_light() {
    let shop = TestShop::demo();
    shop.app.shelf.pack(&shop.kit).unwrap();
    let mut visitor = shop.browser();
    for path in ["/product/everyday-mug/", "/product/studio-vase/"] {
        let page = visitor.get(path);
        let first = all(&page, "main img.pic")[0]["src"].clone();
        let script = all(&page, "script[src]");
        assert!(script.iter().all(|s| s.contains_key("defer")), "nothing blocks the drawing");
        let styles = all(&page, "link[rel=stylesheet]");
        let styles = styles.iter().map(|style| style["href"].as_str());
        let mut bytes = 0;
        for address in [path, &first].into_iter().chain(styles) {
            bytes += sent_size(&shop, address);
        }
        assert!(bytes <= 120 * 1024, "{path}: {bytes} bytes");
        assert!(all(&page, "script[src^=http], link[href^='//'], img[src^=http]").is_empty());
    }
}

/// Bytes on the line, when the browser takes gzip.
fn sent_size(shop: &TestShop, path: &str) -> usize {
    use std::io::{Read, Write};
    let address = shop.base.trim_start_matches("http://");
    let mut line = std::net::TcpStream::connect(address).unwrap();
    write!(
        line,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\naccept-encoding: gzip, br\r\n\
         connection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}");
    answer.len()
}

// S4.46 S0.31: an address that leads nowhere is a page for people, a document for programs.
#[test]
fn a_missing_page_is_a_page() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    for path in ["/nowhere", "/product/nope/", "/category/nope/", "/bundle/nope/", "/page/nope/"] {
        let page = visitor.get(path);
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.texts("h1"), ["This page is not here"], "{path}");
        assert_eq!(page.texts(".brand"), ["Hearth & Field"]);
        assert_eq!(page.texts("main a.button")[0], "Go to the front page");
        assert_eq!(page.attribute("meta[name=robots]", "content"), "noindex");
        assert_eq!(page.attribute("main form.search", "action"), "/search", "what was meant?");
        assert_eq!(page.texts("[aria-labelledby=popular] .card").len(), 4, "or one of these");
    }
    for path in ["/api/nowhere", "/api/products/nope", "/api/categories/nope"] {
        let document = visitor.get(path);
        assert_eq!(document.status, 404, "{path}");
        assert_eq!(document.headers["content-type"], "application/problem+json");
        assert_eq!(document.json()["status"], 404);
    }
}

// S2.138: the pages after payment wear the shop's own head and foot and fit any width.
#[test]
fn pages_after_payment_are_the_shops_own() {
    let shop = TestShop::demo();
    let mut buyer = shop.browser();
    buyer.add("HF-TW-001-OAT", 1);
    let payment = buyer.checkout().location().to_owned();
    let left = buyer.press(&payment, "cancel");
    let paid = buyer.press(&payment, "pay");
    for page in [left, paid] {
        assert_eq!(page.texts(".brand"), ["Hearth & Field"]);
        assert!(page.texts("footer")[0].contains("The Old Dairy"));
        assert!(page.attribute("meta[name=viewport]", "content").contains("device-width"));
        assert_eq!(page.texts("h1").len(), 1);
    }
}
