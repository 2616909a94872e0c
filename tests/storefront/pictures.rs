//! Pictures as the open shop serves them: in lists, in texts, of any kind that is taken.

use std::collections::BTreeSet;
use std::fs;

use image::{DynamicImage, ImageFormat, RgbImage};
use kiosk::storefront;

use super::house::{Answer, Edited, TestShop, base_content, demo_content};
use super::{all, pages};

/// Every picture a page names, in every size.
fn addresses(page: &Answer) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for element in all(page, "img, source") {
        for (name, value) in element {
            let each = value.split(',').filter_map(|one| one.split_whitespace().next());
            if name == "src" || name == "srcset" {
                found.extend(each.filter(|one| one.starts_with('/')).map(str::to_owned));
            }
        }
    }
    found
}

#[track_caller]
fn assert_served(shop: &TestShop, addresses: &BTreeSet<String>) {
    let mut visitor = shop.browser();
    for address in addresses {
        let picture = visitor.get(address);
        assert_eq!(picture.status, 200, "{address}");
        assert!(picture.headers["content-type"].starts_with("image/"), "{address}");
    }
}

// S2.111: every picture on every kind of page is there.
#[test]
fn every_picture_of_every_page_is_served() {
    let shop = TestShop::demo();
    let shown: BTreeSet<String> =
        pages(&shop).iter().flat_map(|(_, page)| addresses(page)).collect();
    assert!(shown.len() > 30, "{}", shown.len());
    assert_served(&shop, &shown);
}

// S2.117: a bundle without pictures of its own shows those of its parts.
#[test]
fn a_bundle_borrows_the_pictures_of_its_parts() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    let page = shop.browser().get("/bundle/starter/");
    let shown = addresses(&page);
    for part in ["kiln", "apron", "glaze-set"] {
        let start = format!("/images/{part}.");
        assert!(shown.iter().any(|address| address.starts_with(&start)), "{part}: {shown:?}");
    }
    assert_served(&shop, &shown);
}

// S2.64: the menu is what the category files say.
#[test]
fn the_menu_follows_the_category_files() {
    let file = "categories/storage.toml";
    let content = Edited::of(&demo_content());
    let title = fs::read_to_string(content.path().join(file)).unwrap();
    let title = title.lines().find(|line| line.starts_with("title")).unwrap().to_owned();
    let content = content.replace(file, &title, "title = \"Chests and boxes\"");
    let home = TestShop::on(&content).browser().get("/");
    let links = all(&home, "header a[href=\"/category/storage/\"]");
    assert!(!links.is_empty());
    assert!(home.texts("header").join(" ").contains("Chests and boxes"));
}

// S1.23, S1.24, S1.25: a picture in a text comes in all sizes, holds its place and waits its turn.
#[test]
fn pictures_in_texts_are_pictures_like_others() {
    let text = "We fire clay.\n\n![The *small* kiln](/images/kiln.png)\n";
    let about = format!("+++\ntitle = \"About us\"\n+++\n{text}");
    let content = Edited::of(&base_content())
        .write("pages/about.md", &about)
        .write("products/apron.md", text)
        .replace("bundles/starter.toml", "Everything to begin with.", "![Kiln](images/kiln.png)");
    let shop = TestShop::on(&content);
    let places = ["/page/about/", "/product/apron/", "/bundle/starter/"];
    for path in places {
        let page = shop.browser().get(path);
        let picture = &all(&page, ".prose img")[0];
        assert_eq!((picture["width"].as_str(), picture["loading"].as_str()), ("1000", "lazy"));
        assert!(picture["alt"] == "The small kiln" || picture["alt"] == "Kiln", "{picture:?}");
        assert_served(&shop, &addresses(&page));
    }
    storefront::develop(&shop.kit, &shop.app.shelf, |_, _| {}).unwrap();
    for path in places {
        let page = shop.browser().get(path);
        let sources = all(&page, ".prose source");
        assert!(sources.iter().any(|source| source["type"] == "image/webp"), "{path}: {sources:?}");
        assert!(all(&page, ".prose img")[0]["srcset"].contains("-640.jpg 640w"), "{path}");
        assert_served(&shop, &addresses(&page));
    }
}

// IMG: a picture may be called what its camera or its people call it.
#[test]
fn any_name_of_a_picture_is_served() {
    let mut content = Edited::of(&base_content());
    let names = ["IMG_0001 (1).PNG", "a#b%.png", "über/straße 😀.png"];
    let kiln = fs::read(content.path().join("images/kiln.png")).unwrap();
    fs::create_dir(content.path().join("images/über")).unwrap();
    for (at, name) in names.iter().enumerate() {
        // Other bytes behind the end of the same picture.
        let bytes = [kiln.as_slice(), &[u8::try_from(at).unwrap()]].concat();
        fs::write(content.path().join("images").join(name), bytes).unwrap();
        let more = format!("alt  = \"Grey kiln on a table\"\n\n[[images]]\nfile = \"{name}\"\n");
        content = content.replace("products/kiln.toml", "alt  = \"Grey kiln on a table\"\n", &more);
    }
    let shop = TestShop::on(&content);
    for _ in 0..2 {
        let shown = addresses(&shop.browser().get("/product/kiln/"));
        let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        assert!(shown.iter().all(|address| address.chars().all(plain)), "{shown:?}");
        assert!(shown.len() > names.len());
        assert_served(&shop, &shown);
        storefront::develop(&shop.kit, &shop.app.shelf, |_, _| {}).unwrap();
    }
}

// S1.23: every kind that the picture room takes may stand in the files.
#[test]
fn a_gif_is_a_picture_like_others() {
    let content = Edited::of(&base_content()).replace("products/kiln.toml", "kiln.png", "kiln.gif");
    let pixels = DynamicImage::ImageRgb8(RgbImage::new(1000, 800)).to_rgba8();
    pixels.save_with_format(content.path().join("images/kiln.gif"), ImageFormat::Gif).unwrap();
    let shop = TestShop::on(&content);
    let page = shop.browser().get("/product/kiln/");
    let shown = addresses(&page);
    assert!(shown.iter().any(|address| address.ends_with(".gif")), "{shown:?}");
    assert_served(&shop, &shown);
    storefront::develop(&shop.kit, &shop.app.shelf, |_, _| {}).unwrap();
    let page = shop.browser().get("/product/kiln/");
    assert!(addresses(&page).iter().any(|address| address.ends_with("-800.webp")));
}
