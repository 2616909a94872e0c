//! The room on a real database: what words, filters and orders find.

use std::sync::Arc;

use jiff::civil::Date;

use super::{Found, Index, Levels, Query, Refusal, Typed, find};
use crate::base::Failure;
use crate::base::fault::Never;
use crate::catalog::{Category, OptionAxis, Status, Tier};
use crate::platform::db::Db;
use crate::pricing::Book;
use crate::pricing::sample::{NOW, Sample};
use crate::stock::{Opening, listed_states, open_new};

/// A book, its index, and stock as the files open it.
pub(super) struct Shop {
    pub(super) db: Db,
    pub(super) book: Book,
    _folder: tempfile::TempDir,
}

impl Shop {
    pub(super) fn new(sample: Sample) -> Self {
        let mut book = sample.book();
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(folder.path()).unwrap();
        let mut catalog = (*book.catalog).clone();
        catalog.shop.page_size = 50;
        catalog
            .categories
            .extend([shelf("tableware", None), shelf("tableware/mugs", Some("tableware"))]);
        book.catalog = Arc::new(catalog);
        let shop = Self { db, book, _folder: folder };
        shop.open_stock();
        shop
    }

    fn open_stock(&self) {
        let variants = self.book.catalog.products.values().flat_map(|p| p.variants.clone());
        let opening = |v: crate::catalog::Variant| Opening {
            sku: v.sku,
            was: Vec::new(),
            opening: v.opening,
            low: 3,
        };
        let openings: Vec<Opening> = variants.map(opening).collect();
        let opened = self
            .db
            .write_blocking(move |tx| Ok::<_, Failure<Never>>(open_new(tx, &openings, NOW)?));
        opened.unwrap();
    }

    pub(super) fn levels(&self) -> Levels {
        let read = self.db.read_blocking(|read| Ok::<_, Failure<Never>>(listed_states(read)?));
        read.unwrap()
    }

    pub(super) fn index(&self) -> Index {
        Index::of(&Arc::new(self.book.clone()), &self.levels(), NOW)
    }

    fn find(&self, query: &str) -> Result<Found, Failure<Refusal>> {
        find_in(self, &self.index(), query)
    }

    /// Slugs of the first page, joined.
    fn slugs(&self, query: &str) -> String {
        slugs(&self.find(query).unwrap())
    }
}

/// What a list of one index shows.
pub(super) fn find_in(
    shop: &Shop,
    index: &Index,
    address: &str,
) -> Result<Found, Failure<Refusal>> {
    let pairs: Vec<_> = form_urlencoded::parse(address.as_bytes()).into_owned().collect();
    let query: Query =
        Typed::from_pairs(&pairs).query(&index.book().catalog).map_err(Failure::Refused)?;
    shop.db.read_blocking(|read| find(read, index, &query, NOW))
}

pub(super) fn slugs(found: &Found) -> String {
    found.cards.iter().map(|card| card.slug.as_str()).collect::<Vec<_>>().join(" ")
}

fn shelf(path: &str, parent: Option<&str>) -> Category {
    Category {
        image: None,
        path: path.to_owned(),
        parent: parent.map(str::to_owned),
        title: path.rsplit('/').next().unwrap_or(path).to_owned(),
        description: String::new(),
        order: 0,
        google_product_category: None,
    }
}

/// Five products: `cup`, `mug`, `glass`, `soap`, and `old`, which is no longer sold.
pub(super) fn sample() -> Sample {
    let day = |text: &str| text.parse::<Date>().ok();
    Sample::new()
        .product("CUP", "Café cup", 1200)
        .with(|p| {
            "tableware/mugs".clone_into(&mut p.category);
            p.tags = vec!["gift".to_owned(), "blue".to_owned(), "gift".to_owned()];
            p.published = day("2027-01-02");
        })
        .product("MUG", "Stoneware mug", 1800)
        .with(|p| {
            "tableware/mugs".clone_into(&mut p.category);
            p.featured = true;
            p.tier = Tier::Pro;
            p.published = day("2027-03-01");
            let values = vec!["Grey".to_owned(), "Übersee".to_owned()];
            p.options =
                vec![OptionAxis { name: "Colour".to_owned(), values, swatches: Vec::new() }];
        })
        .product("GLASS", "Glasses of Ångström", 1800)
        .with(|p| {
            "tableware".clone_into(&mut p.category);
            p.variants[0].opening = 0;
        })
        .product("SOAP", "Almond soap", 600)
        .with(|p| {
            p.description = "Smells of stoneware and **almonds**.".into();
            p.tags = vec!["gift".to_owned()];
        })
        .product("OLD", "Old mug", 100)
        .with(|p| p.status = Status::Archived)
}

// S3.18: name and description, accents folded both ways, last word unfinished, plural as singular.
#[test]
fn words_find_products() {
    let shop = Shop::new(sample());
    for (q, found) in [
        ("cafe", "cup"),
        ("CAFÉ", "cup"),
        ("cafe%CC%81", "cup"),
        ("angstrom", "glass"),
        ("ubersee", "mug"),
        ("almond+so", "soap"),
        ("glass", "glass"),
        ("stoneware", "mug soap"),
        ("stonew", "mug soap"),
        ("so+almond", ""),
        ("gift", "soap cup"),
        ("tableware", "mug cup glass"),
        ("old", ""),
        ("***", ""),
    ] {
        let mut found: Vec<&str> = found.split(' ').collect();
        let slugs = shop.slugs(&format!("q={q}&exact=1"));
        let mut slugs: Vec<&str> = slugs.split(' ').collect();
        found.sort_unstable();
        slugs.sort_unstable();
        assert_eq!(slugs, found, "{q}");
    }
    assert_eq!(shop.slugs("q=stoneware"), "mug soap", "a name counts more than a description");
}

// S3.18: typing mistakes are repaired from the shop's own words, and that is said.
#[test]
fn typing_mistakes_are_repaired_unless_told_otherwise() {
    let shop = Shop::new(sample());
    for (q, to) in [("stonewear", "stoneware"), ("almnod+sopa", "almond soap"), ("muug", "mug")] {
        let found = shop.find(&format!("q={q}")).unwrap();
        assert_eq!(found.repaired.as_deref(), Some(to), "{q}");
        assert!(found.count > 0);
        assert_eq!(shop.find(&format!("q={q}&exact=1")).unwrap().count, 0);
    }
    assert_eq!(shop.find("q=xyzzyxyz").unwrap().repaired, None);
    assert_eq!(shop.find("q=cafe").unwrap().repaired, None);
}

// S1.15, S2.78, S2.87, S3.19, S3.24: filters alone and together.
#[test]
fn filters_narrow() {
    let shop = Shop::new(sample());
    for (query, found) in [
        ("", "mug soap cup glass"),
        ("category=tableware", "mug cup glass"),
        ("category=tableware/mugs", "mug cup"),
        ("tag=gift", "soap cup"),
        ("tag=nothing", ""),
        ("price_min=12&price_max=18", "mug cup glass"),
        ("price_max=11.99", "soap"),
        ("in_stock=1", "mug soap cup"),
        ("tier=pro", "mug"),
        ("featured=1", "mug"),
        ("category=tableware&in_stock=1&price_min=15", "mug"),
        ("q=gift&category=tableware", "cup"),
        ("q=stoneware&price_max=10", "soap"),
        ("tag=gift&tag=blue", "soap cup"),
        ("tag=gift&tag=blue&in_stock=1&category=tableware", "cup"),
        ("option.colour=Grey", "mug"),
        ("option.Colour=Grey&option.colour=Übersee", "mug"),
        ("option.colour=Pink", ""),
        ("option.size=L", ""),
        ("category=tableware/mugs&category=cleaning-care", "mug soap cup"),
    ] {
        assert_eq!(shop.slugs(query), found, "{query}");
    }
}

// S3.21: by price, newest, name; ties by name.
#[test]
fn orders_are_total() {
    let shop = Shop::new(sample());
    for (sort, found) in [
        ("price", "soap cup glass mug"),
        ("price_asc", "soap cup glass mug"),
        ("price_desc", "glass mug cup soap"),
        ("newest", "mug cup soap glass"),
        ("name", "soap cup glass mug"),
        ("featured", "mug soap cup glass"),
    ] {
        assert_eq!(shop.slugs(&format!("sort={sort}")), found, "{sort}");
    }
    assert_eq!(shop.slugs("q=tableware&sort=price_desc"), "glass mug cup");
}

// S3.20: 50 on a page; pages neither repeat nor skip.
#[test]
fn pages_hold_fifty() {
    let many = (0..120).fold(Sample::new(), |sample, n| {
        sample
            .product(&format!("P{n:03}"), "Same name", 1000)
            .with(|p| p.description = "peg".into())
    });
    let shop = Shop::new(many);
    for query in ["sort=featured", "q=peg", "sort=price_desc"] {
        let mut seen = Vec::new();
        for (page, size) in [(1, 50), (2, 50), (3, 20)] {
            let found = shop.find(&format!("{query}&page={page}")).unwrap();
            assert_eq!((found.cards.len(), found.count, found.pages), (size, 120, 3));
            seen.extend(found.cards.into_iter().map(|card| card.slug));
        }
        let wanted: Vec<String> = (0..120).map(|n| format!("p{n:03}")).collect();
        assert_eq!(seen, wanted, "{query}");
        let after = shop.find(&format!("{query}&page=4"));
        assert!(matches!(after, Err(Failure::Refused(Refusal::BadFilter { field: "page", .. }))));
    }
}

// S3.60: what is typed stays text.
#[test]
fn injected_sql_is_harmless() {
    let shop = Shop::new(sample());
    for text in [
        "'; DROP TABLE product; --",
        "\" OR 1=1 --",
        "a' UNION SELECT slug FROM product",
        "title:mug NOT cup",
        "%00",
    ] {
        let text: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        shop.find(&format!("q={text}")).unwrap();
        shop.find(&format!("tag={text}")).unwrap();
        assert!(shop.find(&format!("category={text}")).is_err());
    }
}
