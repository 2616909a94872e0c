//! What Google would refuse of the feed, and what would make it show more. Pure.

use super::Found;
use super::goods::ID_MAX;
use super::measures::axis_of;
use crate::catalog::Product;

/// Shortest side of a picture that the feed takes, in pixels.
const PICTURE_SIDE_MIN: u32 = 100;
/// Countries where prices in feeds are without tax.
const PRICES_WITHOUT_TAX: [&str; 3] = ["US", "CA", "IN"];

/// One reason, at the file where it is put right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Path inside the content folder.
    pub file: String,
    /// Key the reason stands at.
    pub key: String,
    /// Stable name of the kind of reason.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: &'static str,
    /// Whether it is refused; otherwise it is merely shown less.
    pub refused: bool,
}

/// Everything Google would object to, in the order of the files.
#[must_use]
pub fn feed_report(found: &Found) -> Vec<Objection> {
    let catalog = &found.catalog;
    let mut list = shop(found);
    let mut seen: Vec<&str> = Vec::new();
    for product in catalog.live_products() {
        list.extend(of_product(product));
        list.extend(of_variants(product));
        let known = found.shelves.get(&product.category).is_some_and(|s| s.google.is_some());
        let top = product.category.split('/').next().unwrap_or_default();
        if !known && !seen.contains(&top) {
            seen.push(top);
            list.push(Objection {
                file: format!("categories/{top}.toml"),
                key: String::new(),
                code: "feed-category",
                message: "no google_product_category, so Google guesses what this is".to_owned(),
                hint: "add the number of Google's product taxonomy",
                refused: false,
            });
        }
    }
    list
}

fn shop(found: &Found) -> Vec<Objection> {
    let shop = &found.catalog.shop;
    let mut list = Vec::new();
    let at = |file: &str, key: &str, code, message: String, hint| Objection {
        file: file.to_owned(),
        key: key.to_owned(),
        code,
        message,
        hint,
        refused: true,
    };
    if found.rates.is_empty() {
        let message = format!("nothing is delivered to {}, the shop's own country", shop.country);
        let hint = "add it to a zone with a rate, or ignore this when you do not use the feed";
        list.push(at("shipping.toml", "zones", "feed-shipping", message, hint));
    }
    if !shop.prices_include_tax && !PRICES_WITHOUT_TAX.contains(&shop.country.as_str()) {
        let message = format!("Google wants prices with tax in {}", shop.country);
        let hint = "set prices_include_tax = true, or ignore this when you do not use the feed";
        list.push(at("shop.toml", "prices_include_tax", "feed-tax", message, hint));
    }
    list
}

fn of_product(product: &Product) -> Vec<Objection> {
    let mut list = Vec::new();
    let mut add = |key: &str, code, message: &str, hint, refused| {
        let (file, message) = (format!("products/{}.toml", product.slug), message.to_owned());
        list.push(Objection { file, key: key.to_owned(), code, message, hint, refused });
    };
    // That a picture is missing is said by the check of pictures already.
    if product.images.is_empty() {
        let hint = "add [[images]]";
        add("", "feed-picture", "without a picture it is not listed", hint, false);
    }
    let small = |p: &crate::catalog::Picture| p.width.min(p.height) < PICTURE_SIDE_MIN;
    if product.images.first().is_some_and(small) {
        let message = "Google takes pictures of at least 100 × 100 pixels";
        add("images.0.file", "feed-picture-small", message, "use a larger one", true);
    }
    let letters: Vec<char> = product.title.chars().filter(|c| c.is_alphabetic()).collect();
    if letters.len() > 6 && letters.iter().all(|c| c.is_uppercase()) {
        let message = "Google refuses titles in capital letters";
        add("title", "feed-title", message, "write it in small letters", true);
    }
    if product.brand.is_none() {
        add("", "feed-brand", "no brand", "add brand = \"…\"", false);
    }
    let unknown = product.options.iter().filter(|axis| axis_of(&axis.name).is_none());
    for axis in unknown {
        let message = format!("\"{}\" is no choice Google knows", axis.name);
        let hint = "name it Colour, Size, Material or Pattern where one of them fits";
        add("options", "feed-option", &message, hint, false);
    }
    list
}

fn of_variants(product: &Product) -> Vec<Objection> {
    let mut list = Vec::new();
    for (at, variant) in product.variants.iter().enumerate() {
        let key = |key: &str| match product.options.is_empty() {
            true => key.to_owned(),
            false => format!("variants.{at}.{key}"),
        };
        let file = format!("products/{}.toml", product.slug);
        let sku = &variant.sku;
        if sku.as_str().len() > ID_MAX {
            list.push(Objection {
                file: file.clone(),
                key: key("sku"),
                code: "feed-id",
                message: format!("{sku} is longer than the {ID_MAX} characters Google takes"),
                hint: "shorten it and keep the old one in sku_was",
                refused: true,
            });
        }
        if variant.gtin.is_none() && variant.mpn.is_none() {
            list.push(Objection {
                file,
                key: key("sku"),
                code: "feed-identifier",
                message: format!("{sku} has no GTIN and no part number"),
                hint: "add gtin when it has a barcode; goods of your own making need none",
                refused: false,
            });
        }
    }
    list
}
