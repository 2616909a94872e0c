//! The invented shop as Kiosk reads it.

use std::fmt::Write as _;
use std::path::Path;

use super::{CATEGORIES, PAGE_SIZE, Thing, picture, put, put_pictures};

const SHIPPING: &str = r#"closed_days = ["sat", "sun"]

[[zones]]
id        = "uk"
title     = "United Kingdom"
countries = ["GB"]

[[zones.rates]]
id        = "standard"
title     = "Standard delivery"
price     = "4.99"
free_from = "40.00"
delivery_days = { min = 2, max = 2 }
"#;

const TAXES: &str = r#"[[classes]]
id = "standard"

[[rates]]
class   = "standard"
country = "GB"
percent = "20"
applies_to_shipping = true
"#;

/// Writes `count` products and what a shop needs besides.
pub(crate) fn write(folder: &Path, count: usize, demo: &Path) {
    let shop = format!(
        "schema = 1\nname = \"Measured\"\ncurrency = \"GBP\"\nlocale = \"en-GB\"\n\
         timezone = \"Europe/London\"\ncountry = \"GB\"\nprices_include_tax = true\n\n\
         [contact]\nemail = \"help@shop.example\"\naddress = \"1 High Street, Bath\"\n\n\
         [catalog]\npage_size = {PAGE_SIZE}\n"
    );
    put(folder.join("shop.toml"), shop);
    put(folder.join("shipping.toml"), SHIPPING);
    put(folder.join("taxes.toml"), TAXES);
    put(
        folder.join("pages/about.md"),
        "+++\ntitle = \"About us\"\ndescription = \"Who we are.\"\n+++\n\nWe measure things.\n",
    );
    for n in 0..CATEGORIES {
        let text = format!(
            "title = \"Category {n}\"\ndescription = \"Things of kind {n}, made to be measured.\"\n\
             order = {n}\n"
        );
        put(folder.join(format!("categories/category-{n}.toml")), text);
    }
    put_pictures(demo, &folder.join("images"));
    for n in 0..count {
        put_product(folder, &Thing::new(n, count));
    }
}

/// Writes one product, as an editor who saves a file does.
pub(crate) fn put_product(folder: &Path, thing: &Thing) {
    put(folder.join(format!("products/thing-{}.toml", thing.n)), product(thing));
}

fn product(thing: &Thing) -> String {
    let Thing { n, title, price_minor, category, colours, tags, text, .. } = thing;
    let mut file = format!(
        "title = \"{title}\"\nprice = \"{}.{:02}\"\ncategory = \"category-{category}\"\n\
         brand = \"Measured\"\ntags = {tags:?}\nstatus = \"live\"\nshipping_weight = \"390 g\"\n\
         description = \"\"\"\n{text}\"\"\"\n\n\
         [[options]]\nname = \"Colour\"\nvalues = {colours:?}\n",
        price_minor / 100,
        price_minor % 100,
    );
    for (at, colour) in colours.iter().enumerate() {
        let file_name = picture(thing.pictures[at]);
        write!(
            file,
            "\n[[variants]]\nsku = \"M-{n}-{at}\"\noptions = {{ Colour = \"{colour}\" }}\n\
             image = \"{file_name}\"\nstock = {{ opening = {}, low = 5 }}\n",
            20 + n % 50
        )
        .unwrap();
    }
    for (at, colour) in colours.iter().enumerate() {
        let (file_name, alt) = (picture(thing.pictures[at]), format!("{title} in {colour}"));
        write!(file, "\n[[images]]\nfile = \"{file_name}\"\nalt = \"{alt}\"\n").unwrap();
    }
    file
}
