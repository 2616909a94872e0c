//! Lists of products and bundles, on pages and for programs.

use serde_json::{Value, json};

use super::all;
use super::house::{Browser, Edited, TestShop, base_content};

fn json_of(visitor: &mut Browser, path: &str) -> Value {
    let answer = visitor.get(path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.json()
}

// S2.29 S2.30 S4.17: name, price, quantity and a button that works without script.
#[test]
fn a_list_sells() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let page = visitor.get("/category/studio/");
    let titles = page.texts("main .card .card-title");
    assert_eq!(titles, ["Apron", "Six glazes", "Table kiln"]);
    assert_eq!(page.texts("main .card-price .price"), ["£29.99", "£79.99", "£999.99"]);
    let forms = all(&page, "main .card form");
    assert_eq!(forms.len(), 2, "the apron comes in sizes: it is chosen on its own page");
    for form in &forms {
        assert_eq!((form["method"].as_str(), form["action"].as_str()), ("post", "/cart/lines"));
    }
    let number = all(&page, "main .card form input[type=number]");
    assert_eq!((number[0]["min"].as_str(), number[0]["max"].as_str()), ("1", "20"));
    assert_eq!(page.texts(".card form button"), ["Add", "Add"]);
    assert_eq!(all(&page, ".card form button")[0]["aria-label"], "Add to cart: Six glazes");
    let sku = page.attribute(".card form [name=sku]", "value");
    assert_eq!(visitor.post("/cart/lines", &[("sku", &sku), ("qty", "2")]).status, 303);
    assert_eq!(json_of(&mut visitor, "/api/cart")["count"], 2);
}

// S2.29: what is sold out has no button, on its card and on its page.
#[test]
fn what_is_sold_out_is_not_offered() {
    let shop = TestShop::open();
    shop.set_stock("KILN-1", 0);
    shop.work_off();
    let mut visitor = shop.browser();
    let page = visitor.get("/category/studio/machines/");
    assert!(all(&page, ".card form").is_empty());
    assert_eq!(page.texts(".card .badge")[0], "Sold out");
    let product = visitor.get("/product/kiln/");
    assert!(all(&product, "button[data-buy]")[0].contains_key("disabled"));
    let bundle = visitor.get("/bundle/starter/");
    assert_eq!(bundle.texts(".buy-stock"), ["Sold out"], "a bundle lacks what its part lacks");
    assert!(all(&visitor.get("/bundles/"), ".bundle-card form").is_empty());
}

// S2.112 S2.113 S2.114 S2.84 S2.85 S2.86 S2.98: all sets, by kind, with what is in them.
#[test]
fn bundles_are_listed_by_kind() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let page = visitor.get("/bundles/");
    let cards = page.texts(".bundle-card .card-title");
    assert_eq!(cards.len(), 5);
    assert_eq!(page.texts(".bundle-card ins").len(), 5, "every one at its lower price");
    assert_eq!(page.texts(".bundle-card del").len(), 5, "beside the sum of its parts");
    let contents = page.texts(".bundle-card .card-notes .muted");
    let breakfast = cards.iter().position(|title| title == "Slow breakfast for two").unwrap();
    assert_eq!(contents[breakfast], "7 pieces");
    assert_eq!(page.texts("nav .chip"), ["All 5", "Standard 2", "Studio 1", "Limited 2"]);
    for (kind, expected) in [
        ("standard", vec!["By the sink", "Slow breakfast for two"]),
        ("pro", vec!["The studio table"]),
        ("special", vec!["A quiet evening", "For a new desk"]),
    ] {
        let shown = visitor.get(&format!("/bundles/{kind}/"));
        assert_eq!(shown.texts(".bundle-card .card-title"), expected, "{kind}");
        assert_eq!(all(&shown, "nav .chip[aria-current=page]").len(), 1);
    }
    let tips = page.texts(".bundle-card:first-child .thumb .tip");
    assert!(!tips.is_empty());
    let lists = page.texts(".bundle-card .thumbs");
    assert_eq!(lists.len(), 5);
    let thumbs = all(&page, ".bundle-card .thumb");
    assert_eq!(thumbs.len(), 15, "three at most, each leading to its product");
    assert!(thumbs.iter().all(|thumb| thumb["href"].starts_with("/product/")));
    let sink = all(&visitor.get("/bundle/by-the-sink/"), ".items a");
    let shelf_of = |link: &super::Element| {
        let path = format!("/api/products/{}", link["href"].split('/').nth(2).unwrap());
        json_of(&mut shop.browser(), &path)["category"]["path"].as_str().unwrap().to_owned()
    };
    let shelves: std::collections::BTreeSet<String> = sink.iter().map(shelf_of).collect();
    assert!(shelves.len() > 2, "one set, several shelves: {shelves:?}");
    let shelf = visitor.get("/category/bundles/");
    assert!(shelf.texts(".card-title").contains(&"A quiet evening".to_owned()));
}

// S2.118 S2.32 S2.82 S2.95: one price for a bundle, wherever it stands.
#[test]
fn a_bundle_costs_the_same_everywhere() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    for (slug, percent) in [("slow-breakfast", 10), ("quiet-evening", 15)] {
        let page = visitor.get(&format!("/bundle/{slug}/"));
        let price = page.texts(".buy-price ins")[0].clone();
        let title = page.texts("h1")[0].clone();
        assert_eq!(page.texts(".totals .total dd"), [price.as_str()]);
        assert!(!page.texts(".buy-words")[0].is_empty());
        let list = visitor.get("/bundles/");
        let at = list.texts(".bundle-card .card-title").iter().position(|t| *t == title).unwrap();
        assert_eq!(list.texts(".bundle-card ins")[at], price);
        let mut buyer = shop.browser();
        buyer.post("/cart/lines", &[("bundle", slug)]);
        let cart = json_of(&mut buyer, "/api/cart");
        let line = &cart["lines"][0];
        let pounds = |minor: &Value| {
            let minor = minor.as_i64().unwrap();
            format!("£{}.{:02}", minor / 100, minor % 100)
        };
        assert_eq!(pounds(&line["net_minor"]), price);
        let (gross, off) = (line["gross_minor"].as_i64(), line["discount_minor"].as_i64());
        assert_eq!(off.unwrap(), gross.unwrap() * percent / 100, "{slug}");
        assert_eq!(buyer.get("/cart").texts(".line-sum ins"), [price.as_str()]);
        assert!(buyer.get("/checkout").texts(".items .item-sum")[0].contains(&price));
    }
}

// S2.99 S2.101 S2.81: a broken set is not published; the last good pages stay.
#[test]
fn a_broken_bundle_changes_nothing() {
    let shop = TestShop::open();
    let broken = Edited::of(&base_content()).replace(
        "bundles/starter.toml",
        "sku = \"KILN-1\"",
        "sku = \"APRON-L\"",
    );
    let loaded = kiosk::pricing::load(broken.path()).unwrap();
    assert!(loaded.book.is_none(), "a pro set without a pro product");
    let said = &loaded.complaints[0];
    assert_eq!((said.file.as_str(), said.line > 0), ("bundles/starter.toml", true));
    let mut visitor = shop.browser();
    assert_eq!(visitor.get("/bundle/starter/").texts(".buy-price ins"), ["£1,041.22"]);
}

// S3.14: a list tells what a card needs, a product everything.
#[test]
fn a_product_says_more_than_its_list() {
    let shop = TestShop::demo();
    let mut program = shop.browser();
    let list = json_of(&mut program, "/api/products?q=mug");
    for name in ["items", "count", "page", "pages", "page_size", "currency"] {
        assert!(!list[name].is_null(), "{name}");
    }
    let item = list["items"].as_array().unwrap().iter().find(|i| i["slug"] == "everyday-mug");
    let item = item.unwrap();
    for name in ["description", "variants", "pictures"] {
        assert!(item[name].is_null(), "{name} is the product's own");
    }
    let product = json_of(&mut program, "/api/products/everyday-mug");
    assert_eq!(product["price_minor"], item["price_minor"]);
    assert!(
        product["description"].as_str().unwrap().contains("stoneware")
            || product["description"].as_str().unwrap().contains("Stoneware")
    );
    let variants = product["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 5);
    assert_eq!(variants[0]["options"], json!({ "Colour": "Oat" }));
    assert_eq!(
        (&variants[0]["sku"], &variants[0]["state"]),
        (&json!("HF-TW-001-OAT"), &json!("in_stock"))
    );
    assert_eq!(product["pictures"].as_array().unwrap().len(), 6);
}

// S3.15 S3.24: all shelves at once, those inside others nested, each with its count.
#[test]
fn shelves_are_a_tree() {
    let shop = TestShop::demo();
    let mut program = shop.browser();
    let tree = json_of(&mut program, "/api/categories");
    let tops = tree["items"].as_array().unwrap();
    let tableware = tops.iter().find(|shelf| shelf["path"] == "tableware").unwrap();
    let inner = tableware["children"].as_array().unwrap();
    let plates = inner.iter().find(|shelf| shelf["path"] == "tableware/plates").unwrap();
    assert_eq!(
        (&plates["title"], &plates["url"]),
        (&json!("Plates"), &json!("/category/tableware/plates/"))
    );
    let one = json_of(&mut program, "/api/categories/tableware/plates");
    assert_eq!(&one, plates);
    let count = |shelf: &Value| shelf["products"].as_u64().unwrap();
    assert!(count(tableware) >= inner.iter().map(count).sum());
    let listed = json_of(&mut program, "/api/products?category=tableware/plates");
    assert_eq!(listed["count"].as_u64().unwrap(), count(plates));
}

// S3.24: the merchant's choice, and only that.
#[test]
fn featured_products_are_a_list() {
    let shop = TestShop::demo();
    let mut program = shop.browser();
    let featured = json_of(&mut program, "/api/products?featured=1");
    let everything = json_of(&mut program, "/api/products");
    assert!(featured["count"].as_u64() > Some(0));
    assert!(featured["count"].as_u64() < everything["count"].as_u64());
    for item in featured["items"].as_array().unwrap() {
        let path = format!("/api/products/{}", item["slug"].as_str().unwrap());
        assert_eq!(json_of(&mut program, &path)["featured"], true);
    }
    assert_eq!(program.get("/api/products?featured=perhaps").status, 422);
}

// S4.45: pages are held ready: the same bytes, named, and answered with 304.
#[test]
fn a_list_is_held_ready() {
    use std::io::{Read, Write};
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let path = "/category/tableware/";
    let tag = visitor.get(path).headers["etag"].clone();
    assert_eq!(visitor.get(path).headers["etag"], tag);
    let address = shop.base.trim_start_matches("http://").to_owned();
    let mut line = std::net::TcpStream::connect(&address).unwrap();
    let ask = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nif-none-match: {tag}\r\n\
         connection: close\r\n\r\n"
    );
    line.write_all(ask.as_bytes()).unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 304"), "{answer}");
    shop.publish(&Edited::of(&super::house::demo_content()).replace(
        "products/everyday-mug.toml",
        "price           = \"16.00\"",
        "price           = \"17.00\"",
    ));
    assert_ne!(visitor.get(path).headers["etag"], tag, "pages and prices change together");
    assert!(visitor.get(path).texts(".card-price").join(" ").contains("£17.00"));
}

// S3.19 S3.21: when a sale ends by itself, the lists that sort and filter by price follow.
#[test]
fn lists_know_the_price_of_the_hour() {
    const GLAZES: &str = "products/glaze-set.toml";
    let times = "until = 2026-12-01T00:00:00Z";
    let sale = format!("price    = 79.99\nsale     = {{ price = \"20.00\", {times} }}");
    let content = Edited::of(&base_content()).replace(GLAZES, "price    = 79.99", &sale);
    let text = std::fs::read_to_string(content.path().join("shop.toml")).unwrap();
    let quiet = format!("{text}\n[legal]\nshow_prior_price = false\n");
    let content = content.write("shop.toml", &quiet);
    let shop = TestShop::on(&content);
    let mut visitor = shop.browser();
    let mut cheapest = || {
        let list = json_of(&mut visitor, "/api/products?sort=price_asc");
        let under = json_of(&mut visitor, "/api/products?price_max=25");
        (list["items"][0]["slug"].clone(), under["count"].clone())
    };
    assert_eq!(cheapest(), (json!("glaze-set"), json!(1)));
    shop.advance_s(10 * 86_400);
    shop.work_off();
    assert_eq!(cheapest(), (json!("apron"), json!(0)));
}

// S3.19: a shop that hides its stock says nowhere that something runs low.
#[test]
fn hidden_stock_is_told_nowhere() {
    let content = Edited::of(&base_content());
    let text = std::fs::read_to_string(content.path().join("shop.toml")).unwrap();
    let (low, hidden) = ("[stock]\nlow = 500\n", "[stock]\nlow = 500\nshow = \"hidden\"\n");
    let pages = ["/category/studio/", "/product/kiln/", "/bundle/starter/", "/bundles/", "/search"];
    for (stock, is_told) in [(low, true), (hidden, false)] {
        let shown = format!("{text}\n{stock}");
        let content = Edited::of(&base_content()).write("shop.toml", &shown);
        let shop = TestShop::on(&content);
        let mut visitor = shop.browser();
        for page in pages {
            let says = !visitor.get(page).texts("main .stock-low").is_empty();
            assert!(says == is_told || (page == "/bundles/" && !says), "{page} with {stock}");
        }
        let most = visitor.get("/product/kiln/").attribute("#qty", "max");
        assert_eq!(most, if is_told { "4" } else { "99" }, "with {stock}");
        // A set needs two boxes of glaze: with one there is none.
        shop.set_stock("GLAZE-6", 1);
        shop.work_off();
        assert_eq!(visitor.get("/bundle/starter/").texts("[data-buy][disabled]"), ["Sold out"]);
    }
}

// S3.19: a shop that tells how few are left tells it as it is, also before a mark is crossed.
#[test]
fn how_few_are_left_is_told_as_it_is() {
    let text = std::fs::read_to_string(base_content().join("shop.toml")).unwrap();
    let text = format!("{text}\n[stock]\nlow = 5\nshow = \"exact_below_low\"\n");
    let content = Edited::of(&base_content()).write("shop.toml", &text);
    let shop = TestShop::on(&content);
    let mut visitor = shop.browser();
    for units in [4, 2] {
        shop.set_stock("KILN-1", units);
        shop.work_off();
        let page = visitor.get("/product/kiln/");
        assert_eq!(page.attribute("#qty", "max"), units.to_string());
        assert!(page.texts(".stock-low").join(" ").contains(&units.to_string()), "{units}");
    }
}

// ecosystem, removed goods: an address that had goods says that they are gone, also to the next run
// of the shop, offers others, and is an address like any other once something stands there again.
#[test]
fn an_address_of_goods_that_are_gone_says_so() {
    let content = Edited::of(&base_content()).replace("pages/about.md", "/product/kiln/", "/cart");
    let shop = TestShop::on(&content);
    let (mut visitor, kiln) = (shop.browser(), "/product/kiln/");
    let archived = "title   = \"Table kiln\"\nstatus = \"archived\"";
    let text = std::fs::read_to_string(content.path().join("products/kiln.toml")).unwrap();
    let title = text.lines().find(|line| line.contains("Table kiln")).unwrap().to_owned();
    let content =
        content.remove("bundles/starter.toml").replace("products/kiln.toml", &title, archived);
    shop.publish(&content);
    for path in [kiln, "/product/kiln", "/bundle/starter/"] {
        let page = visitor.get(path);
        assert_eq!((page.status, page.texts("h1")), (410, vec!["This is no longer sold".into()]));
        assert_eq!(page.texts("main form.search").len(), 1);
    }
    assert_eq!(visitor.get("/product/never/").status, 404);
    let paths = "SELECT group_concat(path, ' ' ORDER BY path) FROM gone_page";
    assert_eq!(shop.text(paths), "/bundle/starter/ /product/kiln/");
    let content = content.replace("products/kiln.toml", archived, &title);
    shop.publish(&content);
    assert_eq!((visitor.get(kiln).status, shop.text(paths).as_str()), (200, "/bundle/starter/"));
    shop.publish(&content.replace("products/apron.toml", "[\"smock\"]", "[\"smock\", \"kit\"]"));
    assert_eq!(visitor.get("/product/kit/").status, 308);
}

// N16: the address of a variant shows and chooses that variant, without script, too.
#[test]
fn the_address_of_a_variant_chooses_it() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let mut chosen = |path: &str| visitor.get(path).attribute("[name=sku][checked]", "value");
    assert_eq!(chosen("/product/apron/?variant=APRON-L"), "APRON-L");
    assert_eq!(chosen("/product/apron/?ref=1&variant=APRON-S"), "APRON-S");
    for other in ["", "?variant=", "?variant=KILN-1", "?variant=%00", "?x"] {
        assert_eq!(chosen(&format!("/product/apron/{other}")), "APRON-S", "{other}");
    }
    assert_eq!(visitor.get("/product/kiln/?variant=KILN-1").status, 200);
    // What was asked beside an old address is asked at the new one.
    let moved = visitor.get("/product/smock/?variant=APRON-L");
    assert_eq!((moved.status, moved.location()), (308, "/product/apron/?variant=APRON-L"));
}
