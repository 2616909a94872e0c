//! What a phone fetches before it shows a product: page, style, script and the picture it would
//! choose, as the picture room makes it.

use std::cmp::Reverse;
use std::fs;
use std::path::PathBuf;

use image::{DynamicImage, ImageFormat, RgbImage};
use kiosk::catalog::{Picture, Status};
use kiosk::platform::images::Format;
use kiosk::storefront::Measured;

use super::agreement::inspect;
use crate::house::{Edited, TestShop, demo_content};

const MUG: &str = "everyday-mug";
/// The first picture of its page.
const PICTURE: &str = "images/mug-oat.webp";
/// The goal of the first view, in bytes.
const FIRST_VIEW_MAX: usize = 100_000;
/// Pixels across a common phone.
const PHONE_WIDTH: u32 = 721;

fn first_picture(shop: &TestShop, product: &str) -> Picture {
    shop.app.shelf.books.now().catalog.products[product].images[0].clone()
}

/// Where the picture lies, and how many bytes it has.
fn source(shop: &TestShop, product: &str) -> (PathBuf, u64) {
    let folder = shop.kit.settings.content_dir.join("images");
    let file = folder.join(first_picture(shop, product).file);
    let bytes = fs::metadata(&file).unwrap().len();
    (file, bytes)
}

/// Makes the other sizes of these products' first pictures and shows them.
fn develop(shop: &TestShop, products: &[String]) {
    for product in products {
        let (source, picture) = (source(shop, product).0, first_picture(shop, product));
        assert!(shop.app.shelf.studio.develop(&source, &picture.digest).is_ok(), "{product}");
    }
    shop.app.shelf.refresh(&shop.kit).unwrap();
}

/// How many bytes of a page's first picture are sent to a phone that knows WebP; AVIF, which
/// follows, is lighter.
fn sent(shop: &TestShop, product: &str) -> usize {
    let (mut visitor, picture) = (shop.browser(), first_picture(shop, product));
    let made = picture.developed.as_ref().unwrap().renditions(Format::WebP);
    let width = made.iter().map(|one| one.width).find(|width| *width >= PHONE_WIDTH).unwrap();
    let address = picture.rendition_url(width, Format::WebP);
    let page = visitor.get(&format!("/product/{product}/"));
    assert!(page.body.contains(&format!("{address} {width}w")), "{address}");
    let answer = visitor.get(&address);
    assert_eq!(answer.status, 200, "{address}");
    answer.headers["content-length"].parse().unwrap()
}

fn weigh(shop: &TestShop, product: &str) -> Measured {
    let page = format!("/product/{product}/");
    inspect(shop).measured.into_iter().find(|measured| measured.path == page).unwrap()
}

// N21: with the picture that a phone chooses, the first view of a real product stays within its
// goal: the mug, and the three whose pictures are the heaviest.
#[test]
fn the_first_view_of_a_product_is_light_with_its_picture() {
    let shop = TestShop::demo();
    let book = shop.app.shelf.books.now();
    let live = book.catalog.products.values().filter(|product| product.status == Status::Live);
    let mut products: Vec<String> = live.map(|product| product.slug.to_string()).collect();
    products.sort_by_key(|product| Reverse(source(&shop, product).1));
    products.truncate(3);
    products.push(MUG.to_owned());
    develop(&shop, &products);
    for product in &products {
        let page = weigh(&shop, product);
        assert_eq!(page.picture, sent(&shop, product), "the picture that is sent is weighed");
        assert!(page.picture > 1_000 && page.script > 1_000 && page.style > 1_000, "{page:?}");
        assert!(page.first_view() <= FIRST_VIEW_MAX, "{} bytes: {page:?}", page.first_view());
    }
}

// N21: a picture that no codec makes light is told with the page it is on.
#[test]
fn a_heavy_picture_is_told() {
    let mut seed: u32 = 7;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let pixels: Vec<u8> = (0..1200 * 1200 * 3).map(|_| noise()).collect();
    let content = Edited::of(&demo_content());
    let picture = DynamicImage::ImageRgb8(RgbImage::from_raw(1200, 1200, pixels).unwrap());
    picture.save_with_format(content.path().join(PICTURE), ImageFormat::WebP).unwrap();
    let shop = TestShop::on(&content);
    develop(&shop, &[MUG.to_owned()]);
    assert!(weigh(&shop, MUG).first_view() > FIRST_VIEW_MAX);
    let told = inspect(&shop).excess;
    let told = told.iter().find(|one| one.path.contains(MUG)).map(|one| one.what.as_str());
    let what = told.unwrap_or_default();
    assert!(
        what.starts_with("its first view weighs ") && what.ends_with("at most 100.0"),
        "{what}"
    );
}
