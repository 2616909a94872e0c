//! Editions made from the one before: the same as made from nothing, and no more work than needed.

mod house;

use std::collections::BTreeMap;
use std::sync::Arc;

use house::{Edited, Setup, TestShop, base_content, demo_content};
use kiosk::pricing::{self, Loaded};
use kiosk::storefront::{self, Edition};
use serde_json::Value;

/// Every page and document, as it would be sent.
fn pages(edition: &Edition) -> BTreeMap<String, String> {
    let texts = edition.files.iter().filter(|(path, _)| !path.starts_with("/assets/"));
    let text = |(path, file): (&Arc<str>, &Arc<_>)| {
        let file: &Arc<storefront::Ready> = file;
        (path.to_string(), String::from_utf8_lossy(&file.plain()).into_owned())
    };
    texts.map(text).collect()
}

/// A shop whose files are edited one after the other, as the watcher does it.
struct Following {
    shop: TestShop,
    loaded: Loaded,
}

impl Following {
    fn on(content: &Edited) -> Self {
        let shop = TestShop::on(content);
        let mut loaded = pricing::load(content.path()).unwrap();
        loaded.book = Some((*shop.app.shelf.books.now()).clone());
        Self { shop, loaded }
    }

    /// Publishes what has changed in these files; paths of pages drawn anew.
    fn follow(&mut self, content: &Edited, names: &[&str]) -> Vec<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let before = self.shop.app.shelf.now();
        let loaded = pricing::load_again(content.path(), &self.loaded, &names).unwrap();
        let book = loaded.book.clone().unwrap_or_else(|| panic!("{:?}", loaded.complaints));
        self.shop.app.shelf.publish(&self.shop.kit, Arc::new(book)).unwrap();
        self.loaded = loaded;
        let after = self.shop.app.shelf.now();
        let anew = after.files.iter().filter(|(path, file)| {
            path.ends_with('/') && before.files.get(*path).is_none_or(|old| !Arc::ptr_eq(old, file))
        });
        let mut anew: Vec<String> = anew.map(|(path, _)| path.to_string()).collect();
        anew.sort();
        anew
    }

    /// What is shown is what a shop opened now on these files would show.
    #[track_caller]
    fn assert_as_new(&self, content: &Edited, what: &str) {
        let fresh = Setup {
            content: Some(content.path().to_owned()),
            settings: vec![("public_url", self.shop.kit.settings.public_url.clone())],
            ..Setup::default()
        };
        let fresh = pages(&TestShop::with(fresh).app.shelf.now());
        let shown = pages(&self.shop.app.shelf.now());
        let paths = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
        assert_eq!(paths(&shown), paths(&fresh), "{what}");
        for (path, page) in &fresh {
            assert!(shown[path] == *page, "{what}: {path} is not as a new shop would draw it");
        }
    }
}

// N11, S2.101: whatever is edited, an edition made from the one before is byte for byte the one
// made from nothing.
#[test]
fn edits_give_the_pages_a_new_shop_would_have() {
    const MUG: &str = "products/everyday-mug.toml";
    let mut content = Edited::of(&demo_content());
    let mut following = Following::on(&content);
    let edits: [(&str, &str, &str); 9] = [
        (MUG, "\"Everyday mug\"", "\"Zebra mug\""),
        (MUG, "\"16.00\"", "\"17.50\""),
        (MUG, "featured        = true", "featured        = false"),
        (MUG, "[\"stoneware\", \"everyday\", \"gift\"]", "[\"stoneware\", \"new-tag\"]"),
        (MUG, "tableware/mugs-cups", "tableware/bowls"),
        ("categories/tableware.toml", "\"Mugs & cups\"", "\"Mugs and more\""),
        ("bundles/slow-breakfast.toml", "Slow breakfast for two", "Long breakfast for two"),
        ("shipping.toml", "4.99", "5.99"),
        ("shop.toml", "page_size    = 50", "page_size    = 5"),
    ];
    for (file, from, to) in edits {
        content = content.replace(file, from, to);
        following.follow(&content, &[file]);
        following.assert_as_new(&content, to);
    }
    content = content.write("products/new-thing.toml", &new_thing());
    following.follow(&content, &["products/new-thing.toml"]);
    following.assert_as_new(&content, "a new product");
    content = content.remove("products/new-thing.toml");
    following.follow(&content, &[]);
    following.assert_as_new(&content, "a product gone");
}

fn new_thing() -> String {
    "sku = \"NEW-1\"\ntitle = \"A new thing\"\nprice = \"5.00\"\ncategory = \"paper-desk\"\n\
     description = \"New.\"\n[stock]\nopening = 3\n"
        .to_owned()
}

// Figures of issue 3: an edit draws only the pages that show what was edited.
#[test]
fn an_edit_draws_only_what_it_touches() {
    const VASE: &str = "products/vase-chalk.toml";
    let content = Edited::of(&demo_content());
    let mut following = Following::on(&content);
    assert_eq!(following.follow(&content, &[VASE]), [] as [&str; 0]);
    let text = std::fs::read_to_string(content.path().join(VASE)).unwrap();
    let price = text.lines().find(|line| line.starts_with("price ")).unwrap().to_owned();
    let content = content.replace(VASE, &price, "price = \"33.33\"");
    let drawn = following.follow(&content, &[VASE]);
    let all = following.shop.app.shelf.now().files.keys().filter(|p| p.ends_with('/')).count();
    assert!(drawn.contains(&"/product/vase-chalk/".to_owned()), "{drawn:?}");
    assert!(drawn.contains(&"/category/vases-planters/".to_owned()), "{drawn:?}");
    assert!(!drawn.contains(&"/product/everyday-mug/".to_owned()), "{drawn:?}");
    assert!(drawn.len() * 5 < all, "{} of {all}: {drawn:?}", drawn.len());
    let content = content.replace("pages/about.md", "title", "title");
    assert_eq!(following.follow(&content, &["pages/about.md"]), [] as [&str; 0]);
}

// Honest stock: what crosses a mark is told by its page, its lists, feed and structured data.
#[test]
fn stock_that_runs_out_is_told_everywhere() {
    let content = Edited::of(&demo_content());
    let following = Following::on(&content);
    let shop = &following.shop;
    shop.set_stock("HF-VP-001", 0);
    shop.work_off();
    let shown = pages(&shop.app.shelf.now());
    assert!(shown["/product/studio-vase/"].contains("org/OutOfStock"));
    assert!(shown["/category/vases-planters/"].contains("Sold out"));
    let item = shown["/feeds/google.xml"].split("<item>").find(|i| i.contains(">HF-VP-001<"));
    assert!(item.unwrap().contains("out_of_stock"));
}

// S1.23, S1.24, S1.25, S1.26: pictures come in several widths and kinds once they are made, and a
// second start makes nothing.
#[test]
fn pictures_are_shown_in_the_sizes_that_are_ready() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    let before = shop.browser().get("/product/kiln/").body;
    assert!(!before.contains("<source"), "nothing has been made yet");
    let untouched = before.split(['"', ' ']).find(|word| word.starts_with("/images/kiln."));
    let untouched = untouched.unwrap().to_owned();
    assert_eq!(shop.browser().get(&untouched).status, 200);
    storefront::develop(&shop.kit, &shop.app.shelf, |_, _| {}).unwrap();
    let page = shop.browser().get("/product/kiln/").body;
    assert!(page.contains("<source type=\"image/webp\" srcset=\""), "{page}");
    assert!(page.contains("src=\"data:image/webp;base64,"), "{page}");
    let addresses: Vec<&str> = page
        .split(['"', ' ', ','])
        .filter(|word| word.starts_with("/images/") && word.contains('-'))
        .collect();
    assert!(addresses.len() >= 6, "{addresses:?}");
    for address in addresses {
        let picture = shop.browser().get(address);
        assert_eq!(picture.status, 200, "{address}");
        let kind = if address.ends_with("webp") { "image/webp" } else { "image/jpeg" };
        assert_eq!(picture.headers["content-type"], kind);
        assert!(picture.headers["cache-control"].contains("immutable"));
    }
    // Orders placed before keep their picture.
    let moved = shop.browser().get(&untouched);
    assert_eq!((moved.status, shop.browser().get(moved.location()).status), (308, 200));
    let told: Value = shop.browser().get("/api/products/kiln").json();
    assert_eq!(told["pictures"][0]["sources"][0]["media_type"], "image/webp");
    for strange in ["/images/kiln.000000000000-320.webp", "/images/a-b.jpg", "/images/-1.webp"] {
        assert_eq!(shop.browser().get(strange).status, 404, "{strange}");
    }
    let again = Setup {
        content: Some(content.path().to_owned()),
        settings: vec![("public_url", shop.kit.settings.public_url.clone())],
        data: Some(shop.kit.settings.data_dir.clone()),
        ..Setup::default()
    };
    let shown = TestShop::with(again).browser().get("/product/kiln/").body;
    assert!(shown.contains("<source type=\"image/webp\""), "ready from the start");
}
