//! Each filter of the list of products, by itself and with every other, told against the files.

use std::collections::BTreeSet;
use std::fs;

use kiosk::identity::Role;
use kiosk::stock::State;
use toml::Table;

use crate::house::{Browser, Edited, demo_content};
use crate::visit::Open;

/// A product as its file and the shelf know it.
struct Known {
    slug: String,
    file: Table,
    stock: State,
}

impl Known {
    fn word<'a>(&'a self, key: &str, else_: &'a str) -> &'a str {
        self.file.get(key).map_or(else_, |value| value.as_str().unwrap())
    }

    fn is(&self, key: &str, else_: bool) -> bool {
        self.file.get(key).map_or(else_, |value| value.as_bool().unwrap())
    }

    fn tags(&self) -> Vec<&str> {
        let tags = self.file.get("tags").and_then(|tags| tags.as_array());
        tags.into_iter().flatten().map(|tag| tag.as_str().unwrap()).collect()
    }
}

/// What an address asks, and what a product must be for it.
type Asked = (&'static str, fn(&Known) -> bool);

const FILTERS: [Asked; 21] = [
    ("tier=pro", |p| p.word("tier", "standard") == "pro"),
    ("tier=standard", |p| p.word("tier", "standard") == "standard"),
    ("tier=special", |p| p.word("tier", "standard") == "special"),
    ("type=Cup", |p| p.word("product_type", "") == "Cup"),
    ("type=+cup+", |p| p.word("product_type", "") == "Cup"),
    ("category=tableware", |p| p.word("category", "").starts_with("tableware")),
    ("category=tableware%2Fmugs-cups", |p| p.word("category", "") == "tableware/mugs-cups"),
    ("tag=stoneware", |p| p.tags().contains(&"stoneware")),
    ("tag=Gift+", |p| p.tags().contains(&"gift")),
    ("flag=featured", |p| p.is("featured", false)),
    ("flag=image_ready", |p| p.is("image_ready", true) && p.slug != "soap-oat"),
    ("flag=no_image", |p| p.slug == "soap-oat"),
    ("flag=sale", |p| p.file.contains_key("sale")),
    ("flag=live", |p| p.word("status", "live") == "live"),
    ("flag=draft", |p| p.word("status", "live") == "draft"),
    ("flag=archived", |p| p.word("status", "live") == "archived"),
    ("stock=in", |p| p.stock == State::InStock),
    ("stock=low", |p| p.stock == State::Low),
    ("stock=out", |p| p.stock == State::SoldOut),
    ("state=wrong", |p| p.slug == "soap-oat"),
    ("q=STONEWARE+hf", |p| p.tags().contains(&"stoneware")),
];

/// The demonstration shop with something of everything.
fn shop() -> Open {
    let files = Edited::of(&demo_content())
        .replace("products/everyday-mug.toml", "tier ", "product_type = \"Cup\"\ntier ")
        .replace("products/teapot-oat.toml", "tier ", "product_type = \"Cup\"\ntier ")
        .replace("products/teapot-oat.toml", "status          = \"live\"", "status = \"archived\"")
        .replace(
            "products/tray-oak.toml",
            "tier ",
            "product_type = \"Tray\"\nimage_ready = false\ntier ",
        )
        .replace("products/soap-oat.toml", "alt ", "#alt ");
    let open = Open::on(files);
    // The best of its variants speaks for a product: the mug is low, the tray sold out.
    for (sku, units) in [("OAT", 0), ("SAG", 0), ("INK", 3), ("TER", 0), ("CHA", 0)] {
        open.shop.set_stock(&format!("HF-TW-001-{sku}"), units);
    }
    for sku in skus(&read(&open, "tray-oak")) {
        open.shop.set_stock(&sku, 0);
    }
    open.shop.work_off();
    open
}

fn read(open: &Open, slug: &str) -> Table {
    open.read(&format!("products/{slug}.toml")).parse().unwrap()
}

fn skus(file: &Table) -> Vec<String> {
    let sku = |table: &Table| Some(table.get("sku")?.as_str()?.to_owned());
    let variants = file.get("variants").and_then(|variants| variants.as_array());
    let variants = variants.into_iter().flatten().filter_map(|one| sku(one.as_table()?));
    sku(file).into_iter().chain(variants).collect()
}

fn known(open: &Open) -> Vec<Known> {
    let folder = fs::read_dir(open.files.path().join("products")).unwrap();
    let toml = folder.map(|entry| entry.unwrap().path());
    let toml = toml.filter(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let product = toml.map(|path| {
        let slug = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let file = read(open, &slug);
        let stock = skus(&file).iter().map(|sku| open.shop.level(sku).state()).min().unwrap();
        Known { slug, file, stock }
    });
    product.collect()
}

/// All products that the list shows, page after page, and the count above each page is theirs.
#[track_caller]
fn shown(desk: &mut Browser, query: &str) -> BTreeSet<String> {
    let mut slugs = BTreeSet::new();
    let mut address = format!("/admin/catalog?{query}");
    loop {
        let page = desk.get(&address);
        assert_eq!(page.status, 200, "{address}: {}", page.body);
        let count = page.texts(".cat-count").join("");
        let rows = page.texts("tbody th a").len();
        if rows > 0 {
            let html = scraper::Html::parse_document(&page.body);
            let link = scraper::Selector::parse("tbody th a").unwrap();
            let hrefs = html.select(&link).map(|a| a.value().attr("href").unwrap().to_owned());
            slugs.extend(hrefs.map(|href| href.rsplit('/').next().unwrap().to_owned()));
        }
        if !page.body.contains("rel=\"next\"") {
            let told = slugs.len().to_string();
            assert_eq!(count.split_whitespace().next(), Some(told.as_str()), "{query}: {count}");
            assert_eq!(page.body.contains("Nothing fits"), slugs.is_empty(), "{query}");
            return slugs;
        }
        address = page.attribute("[rel=next]", "href");
    }
}

fn slugs<'a>(products: impl Iterator<Item = &'a Known>) -> BTreeSet<String> {
    products.map(|product| product.slug.clone()).collect()
}

// S2.66, S2.67, S2.89: each filter shows exactly what the files and the shelf say, alone and
// together with each other kind.
#[test]
fn every_filter_is_exact_alone_and_with_each_other() {
    let open = shop();
    let all = known(&open);
    let mut desk = open.desk(Role::Catalog);
    assert_eq!(shown(&mut desk, ""), slugs(all.iter()));
    for (query, fits) in FILTERS {
        let fit = slugs(all.iter().filter(|product| fits(product)));
        assert!(!fit.is_empty() && fit.len() < all.len(), "{query} tells nothing apart");
        assert_eq!(shown(&mut desk, query), fit, "{query}");
    }
    let key = |(query, _): &Asked| query.split('=').next().unwrap();
    let mut one_of_each = FILTERS.to_vec();
    one_of_each.dedup_by_key(|asked| key(asked));
    for (place, (query, fits)) in one_of_each.iter().enumerate() {
        for (other, also) in &one_of_each[place + 1..] {
            let both = slugs(all.iter().filter(|product| fits(product) && also(product)));
            let query = format!("{query}&{other}");
            assert_eq!(shown(&mut desk, &query), both, "{query}");
        }
    }
    let three = "tier=pro&category=tableware&stock=in&q=stoneware";
    let fits = |p: &&Known| {
        p.word("tier", "") == "pro"
            && p.word("category", "").starts_with("tableware")
            && p.stock == State::InStock
            && p.tags().contains(&"stoneware")
    };
    assert_eq!(shown(&mut desk, three), slugs(all.iter().filter(fits)));
}

// S2.66, S2.120: words are looked for in title, SKU, code, address and tags, in any order and case.
#[test]
fn products_are_found_by_words() {
    let open = shop();
    let mut desk = open.desk(Role::Catalog);
    let one = |desk: &mut Browser, query: &str, slug: &str| {
        assert_eq!(shown(desk, query), BTreeSet::from([slug.to_owned()]), "{query}");
    };
    for query in
        ["q=mug+EVERYDAY", "q=hf-tw-001-ink", "q=++everyday-mug++", "q=%C3%89veryday+m%C3%BCg"]
    {
        one(&mut desk, query, "everyday-mug");
    }
    assert!(shown(&mut desk, "q=olivewood").len() > 1);
    assert!(shown(&mut desk, "q=everyday+nothing-like-it").is_empty());
    // A file that cannot be read has a name still, and nothing else to be found by.
    let files = Edited::of(&demo_content()).write("products/vase-new.toml", "title = \n");
    open.shop.app.shelf.files.again(files.path()).unwrap();
    for query in ["q=VASE-new", "q=vase-NEW&state=wrong"] {
        one(&mut desk, query, "vase-new");
    }
    for query in ["q=vase-new&tier=standard", "q=vase-new&tag=gift", "q=vase-new&stock=out"] {
        assert!(shown(&mut desk, query).is_empty(), "{query}");
    }
}

// S2.67: what cannot be asked finds nothing and breaks nothing; it never stands for everything.
#[test]
fn a_value_that_no_filter_has_finds_nothing() {
    let open = shop();
    let mut desk = open.desk(Role::Catalog);
    for key in ["tier", "type", "category", "tag", "flag", "stock", "state"] {
        for value in ["nonsense", "PRO%20OR%201%3D1", "%27%22%3E%3Cb%3E", "%F0%9F%AB%96"] {
            assert!(shown(&mut desk, &format!("{key}={value}")).is_empty(), "{key}={value}");
        }
        let nothing_asked = shown(&mut desk, &format!("{key}="));
        assert_eq!(nothing_asked.len(), known(&open).len(), "{key}");
    }
    let last = desk.get("/admin/catalog?page=4000000000");
    assert_eq!(last.texts("tbody tr").len(), known(&open).len() - 50);
    assert_eq!(desk.get("/admin/catalog?page=0").texts("tbody tr").len(), 50);
    for query in ["page=-1", "page=x", "page=99999999999999999999", "tier=pro&tier=special"] {
        let answer = desk.get(&format!("/admin/catalog?{query}"));
        assert_eq!(answer.status, 422, "{query}");
    }
    let long = "x".repeat(4000);
    assert!(shown(&mut desk, &format!("q={long}")).is_empty());
}
