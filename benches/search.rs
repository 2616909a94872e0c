//! How long words, filters and counts take in shops of 10,000 and 100,000 products, how long their
//! index takes to make and to bring up to date, and how much memory it holds.
//!
//! Run with `cargo bench --bench search`. The shops are made in memory, the same every time.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a report for people")]
#![allow(clippy::disallowed_methods, reason = "measuring time is what this is for")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant as Watch;

use kiosk::base::Instant;
use kiosk::base::fault::{Failure, Never};
use kiosk::catalog::Catalog;
use kiosk::platform::content::Tree;
use kiosk::platform::db::Db;
use kiosk::pricing::{Book, load_tree};
use kiosk::search::{Index, Levels, Query, Typed, find};
use kiosk::stock::{self, Opening};

/// Every price and list is of this moment.
const NOW: Instant = Instant(1_795_514_400_000);
/// Times each query is asked.
const ROUNDS: usize = 50;

const THINGS: [&str; 24] = [
    "mug", "bowl", "plate", "carafe", "teapot", "candle", "soap", "towel", "napkin", "cushion",
    "throw", "basket", "board", "spoon", "tray", "box", "vase", "planter", "journal", "notebook",
    "stool", "brush", "jar", "tumbler",
];
const STUFFS: [&str; 16] = [
    "oak",
    "walnut",
    "linen",
    "wool",
    "stoneware",
    "porcelain",
    "brass",
    "slate",
    "straw",
    "paper",
    "glass",
    "beech",
    "cherry",
    "cotton",
    "copper",
    "olivewood",
];
const COLOURS: [&str; 10] =
    ["Oat", "Sage", "Ink", "Terracotta", "Chalk", "Rust", "Moss", "Indigo", "Blush", "Charcoal"];
const PROSE: &str = "Made in a small workshop and finished by hand for every day The glaze pools a \
    little differently on each one so expect small differences in tone Wash by hand and dry it \
    before you put it away It keeps its shape and softens with use for years and years to come";

/// Words mixed as shoppers mix them: common and rare ones, beginnings, mistakes, codes, filters.
const QUERIES: [&str; 20] = [
    "q=mug",
    "q=the",
    "q=made+by+hand",
    "q=oak+board",
    "q=s",
    "q=sto",
    "q=stonewear+mug",
    "q=canlde",
    "q=K-04567",
    "q=k04567",
    "q=sage+linen+napkin&in_stock=1",
    "q=glaze&option.colour=Ink&option.colour=Oat",
    "q=workshop&sort=price_desc",
    "q=workshop&page=40",
    "sort=newest",
    "category=shelf-3&sort=price_asc&page=3",
    "tag=tag-7&tag=tag-8&tier=pro",
    "price_min=20&price_max=40&in_stock=1",
    "option.colour=Moss&category=shelf-5&category=shelf-6",
    "q=nothing+of+the+kind",
];

fn main() {
    for products in [10_000, 100_000] {
        measure(products);
    }
}

/// A small run of numbers, the same every time.
fn number(n: usize, salt: usize, below: usize) -> usize {
    (n.wrapping_mul(2_654_435_761).wrapping_add(salt.wrapping_mul(40_503)) >> 7) % below
}

fn files(products: usize) -> Vec<(String, Vec<u8>)> {
    let shop = "name = \"Bench\"\ncurrency = \"GBP\"\nlocale = \"en-GB\"\n\
                timezone = \"Europe/London\"\ncountry = \"GB\"\n\
                [contact]\nemail = \"a@b.example\"\naddress = \"Here\"\n\
                [catalog]\npage_size = 24\n\
                [email]\nfrom = \"Bench <a@b.example>\"\n";
    let mut files = vec![("shop.toml".to_owned(), shop.into())];
    for shelf in 0..12 {
        let path = format!("categories/shelf-{shelf}.toml");
        files.push((path, format!("title = \"Shelf {shelf}\"\n").into()));
    }
    let prose: Vec<&str> = PROSE.split_whitespace().collect();
    files.extend((0..products).map(|n| {
        let (stuff, thing) = (STUFFS[number(n, 1, 16)], THINGS[number(n, 2, 24)]);
        let colour = COLOURS[number(n, 3, 10)];
        let mut toml = format!(
            "title = \"{stuff} {thing} no {n}\"\nprice = \"{}.50\"\ncategory = \"shelf-{}\"\n\
             tier = \"{}\"\ntags = [\"tag-{}\", \"tag-{}\"]\nbrand = \"Maker {}\"\n\
             status = \"live\"\nfeatured = {}\nimage_ready = true\n\
             description = \"\"\"\nA {thing} of {stuff}.",
            1 + number(n, 4, 90),
            number(n, 5, 12),
            ["standard", "standard", "pro", "special"][number(n, 6, 4)],
            number(n, 7, 20),
            20 + number(n, 8, 20),
            number(n, 9, 40),
            number(n, 10, 10) == 0,
        );
        for word in 0..60 {
            let _ = write!(toml, " {}", prose[number(n + word, 11, prose.len())]);
        }
        let other = COLOURS[(number(n, 3, 10) + 3) % 10];
        let _ = write!(
            toml,
            "\n\"\"\"\n[[options]]\nname = \"Colour\"\nvalues = [\"{colour}\", \"{other}\"]\n"
        );
        for (at, value) in [colour, other].iter().enumerate() {
            let _ = write!(
                toml,
                "[[variants]]\nsku = \"K-{n:05}-{at}\"\noptions = {{ Colour = \"{value}\" }}\n\
                 stock = {{ opening = {} }}\n",
                number(n, 12, 9),
            );
        }
        (format!("products/p-{n}.toml"), toml.into())
    }));
    files
}

fn book(products: usize) -> Arc<Book> {
    let loaded = load_tree(Tree::from_files(files(products)));
    match loaded.book {
        Some(book) => Arc::new(book),
        None => panic!("{:#?}", loaded.complaints.iter().take(5).collect::<Vec<_>>()),
    }
}

fn openings(catalog: &Catalog) -> Vec<Opening> {
    let variants = catalog.products.values().flat_map(|product| &product.variants);
    let opening = |v: &kiosk::catalog::Variant| Opening {
        sku: v.sku.clone(),
        was: Vec::new(),
        opening: v.opening,
        low: 3,
    };
    variants.map(opening).collect()
}

fn measure(products: usize) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(folder.path()).unwrap();
    let book = book(products);
    let openings = openings(&book.catalog);
    db.write_blocking(move |tx| Ok::<_, Failure<Never>>(stock::open_new(tx, &openings, NOW)?))
        .unwrap_or_else(|_| panic!("stock"));
    let levels: Levels = db
        .read_blocking(|read| Ok::<_, Failure<Never>>(stock::listed_states(read)?))
        .unwrap_or_else(|_| panic!("levels"));
    let before = memory_kib();
    let watch = Watch::now();
    let index = Arc::new(Index::of(&book, &levels, NOW));
    println!("{products} products: index made in {} µs", watch.elapsed().as_micros());
    println!("{products} products: index holds about {} KiB", memory_kib().saturating_sub(before));
    update(products, &book, &index, &levels);
    let queries: Vec<(&str, Query)> = QUERIES
        .iter()
        .map(|address| {
            let pairs: Vec<_> = form_urlencoded::parse(address.as_bytes()).into_owned().collect();
            (*address, Typed::from_pairs(&pairs).query(&book.catalog).unwrap())
        })
        .collect();
    let mut all = Vec::new();
    for (address, query) in &queries {
        let mut own = Vec::new();
        for _ in 0..ROUNDS {
            let watch = Watch::now();
            let found = db.read_blocking(|read| find(read, &index, query, NOW));
            own.push(watch.elapsed().as_micros());
            assert!(found.is_ok() || query.page > 1, "{address}");
        }
        own.sort_unstable();
        println!("    {:>7} µs  {address}", own[ROUNDS / 2]);
        all.extend(own);
    }
    all.sort_unstable();
    println!(
        "{products} products: p50 {} µs, p99 {} µs",
        all[all.len() / 2],
        all[all.len() * 99 / 100]
    );
}

/// One price changed, then one title.
fn update(products: usize, book: &Arc<Book>, index: &Index, levels: &Levels) {
    let slug = format!("p-{}", products / 2);
    for (what, title) in [("price", false), ("title", true)] {
        let mut catalog = (*book.catalog).clone();
        let product = catalog.products.get_mut(&slug).unwrap();
        let product = Arc::make_mut(product);
        product.variants[0].price_minor += 100;
        if title {
            product.title.push_str(" renamed");
        }
        let next = Arc::new(Book { catalog: Arc::new(catalog), ..(**book).clone() });
        let watch = Watch::now();
        let updated = index.updated(&next, levels, [slug.as_str()], NOW);
        println!("{products} products: one {what} in {} µs", watch.elapsed().as_micros());
        drop(updated);
    }
}

/// Memory of this process, KiB; 0 where the system does not tell.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}
