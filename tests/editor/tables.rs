//! Products in and out as CSV.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use kiosk::catalog::exchange::{self, Outcome};
use kiosk::identity::Role;
use kiosk::pricing::{self, Loaded};
use kiosk::storefront::{self, Import, write_checked};

use crate::house::{Edited, base_content, demo_content};
use crate::visit::{Open, form_of};

fn loaded(files: &Edited) -> Loaded {
    let loaded = pricing::load(files.path()).unwrap();
    assert!(loaded.book.is_some(), "{:?}", loaded.complaints);
    loaded
}

fn import(files: &Edited, table: &str, other: Option<&str>) -> Import {
    let loaded = loaded(files);
    let book = loaded.book.as_ref().unwrap();
    storefront::import(table.as_bytes(), &loaded, book, other).unwrap()
}

fn exported(loaded: &Loaded) -> Vec<u8> {
    let products = loaded.files.texts("products/", "toml").map(|(slug, _, text)| {
        let beside = loaded.files.text(&format!("products/{slug}.md"));
        (slug, text.unwrap(), beside)
    });
    exchange::export(products).unwrap().0
}

/// What a catalog sells, without what a table does not carry.
fn sold(loaded: &Loaded) -> BTreeMap<String, String> {
    let products = loaded.book.as_ref().unwrap().catalog.products.values();
    let each = products.map(|product| {
        let mut product = (**product).clone();
        product.extra = serde_json::Value::Null;
        product.digest = 0;
        product.description = kiosk::catalog::Words::default();
        let words = product.description_html.trim().to_owned();
        (product.slug.clone(), format!("{}{words}", serde_json::to_string(&product).unwrap()))
    });
    each.collect()
}

// S2.102 S2.104: ours out, in again: the same products from the table alone, and no difference
// when nothing is different.
#[test]
fn our_own_table_is_the_catalog() {
    for content in [demo_content(), base_content()] {
        let files = Edited::of(&content);
        let before = loaded(&files);
        let table = exported(&before);
        // As it is, nothing would change.
        let same = import(&files, std::str::from_utf8(&table).unwrap(), None);
        assert_eq!(same.count(Outcome::Same), same.report.len(), "{:#?}", same.report);
        // Without the products, the table makes them anew. Bundles would miss their parts.
        for folder in ["products", "bundles", "promotions"] {
            let Ok(all) = fs::read_dir(files.path().join(folder)) else { continue };
            all.for_each(|entry| fs::remove_file(entry.unwrap().path()).unwrap());
        }
        for (slug, path, _) in before.files.texts("pages/", "md") {
            // Pages link to products; others link to pages.
            let text = format!("+++\ntitle = \"{slug}\"\n+++\n\nWords.\n");
            fs::File::create(files.path().join(path)).unwrap().write_all(text.as_bytes()).unwrap();
        }
        let empty = pricing::load(files.path()).unwrap();
        let Some(book) = empty.book.as_ref() else { panic!("{:?}", empty.complaints) };
        let made = storefront::import(&table, &empty, book, None).unwrap();
        let skipped: Vec<_> =
            made.report.iter().filter(|r| r.outcome == Outcome::Skipped).collect();
        assert!(skipped.is_empty(), "{skipped:#?}");
        write_checked(files.path(), &made.changes, &Default::default()).unwrap();
        let (was, is) = (sold(&before), sold(&loaded(&files)));
        assert_eq!(was.keys().collect::<Vec<_>>(), is.keys().collect::<Vec<_>>());
        for (slug, product) in &was {
            assert_eq!(&is[slug], product, "{slug}");
        }
        let again = exported(&loaded(&files));
        assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(table).unwrap());
    }
}

#[test]
fn prices_change_by_sku_alone() {
    let files = Edited::of(&demo_content());
    let before = fs::read_to_string(files.path().join("products/everyday-mug.toml")).unwrap();
    let table = "slug,sku,price\n,HF-TW-001-INK,18.00\n,HF-CL-001,25.00\nnothing,X,1\n";
    let found = import(&files, table, None);
    let outcomes: Vec<_> = found.report.iter().map(|r| (r.line, r.outcome)).collect();
    assert_eq!(outcomes.len(), 3, "{:#?}", found.report);
    assert_eq!(outcomes[0], (2, Outcome::Changed), "{:#?}", found.report);
    assert_eq!(outcomes[2], (4, Outcome::Skipped));
    write_checked(files.path(), &found.changes, &Default::default()).unwrap();
    let after = fs::read_to_string(files.path().join("products/everyday-mug.toml")).unwrap();
    let sku = "sku     = \"HF-TW-001-INK\"\noptions = { Colour = \"Ink\" }\n";
    let priced = format!("{sku}price   = \"18.00\"\n");
    assert_eq!(after, before.replace(sku, &priced));
}

const SHOPIFY_OLD: &str = include_str!("../fixtures/tables/shopify.csv");

// S2.104: a table that adds a colour without saying what it looks like leaves the product whole,
// and so does a value that only looks like one.
#[test]
fn a_new_value_needs_no_swatch() {
    const APRON: &str = "products/apron.toml";
    let sizes = "values = [\"Small\", \"Large\"]";
    let painted = format!("{sizes}\nswatches = [\"#D8C6A8\", \"#334256\"]");
    let files = Edited::of(&base_content()).replace(APRON, sizes, &painted);
    let table = "slug,options,sku,option_values\n\
                 apron,\"Size: Small | Large | Grey #808080\",,\n\
                 apron,,APRON-G,Size: Grey #808080\n";
    let import = import(&files, table, None);
    let told: Vec<_> = import.report.iter().map(|row| (&row.outcome, row.why.as_str())).collect();
    assert!(import.report.iter().all(|row| row.outcome == Outcome::Changed), "{told:?}");
    let change = import.changes.iter().find(|change| change.path == APRON).unwrap();
    let text = std::str::from_utf8(change.content.as_deref().unwrap()).unwrap();
    assert!(text.contains("\"Grey #808080\""), "{text}");
    assert!(text.contains("swatches = [\"#D8C6A8\", \"#334256\"]"), "{text}");
}

#[test]
fn shopify_products_come_in() {
    let files = Edited::of(&demo_content());
    let found = import(&files, SHOPIFY_OLD, None);
    let report: Vec<_> =
        found.report.iter().map(|r| (r.line, r.slug.as_str(), r.outcome)).collect();
    assert_eq!(report[0], (2, "tall-mug", Outcome::Made), "{:#?}", found.report);
    assert_eq!(report.last().unwrap(), &(5, "lost", Outcome::Skipped), "{:#?}", found.report);
    assert!(found.report[0].why.contains("TM-1"), "{}", found.report[0].why);
    assert!(found.report.iter().any(|r| r.why.contains("nowhere.jpg is not in content/images")));
    write_checked(files.path(), &found.changes, &Default::default()).unwrap();
    let loaded = loaded(&files);
    let catalog = &loaded.book.as_ref().unwrap().catalog;
    let mug = &catalog.products["tall-mug"];
    assert_eq!(mug.category, "tableware/mugs-cups");
    assert_eq!((mug.variants.len(), mug.variants[0].price_minor), (2, 2_000));
    assert_eq!(mug.variants[0].sale.as_ref().unwrap().price_minor, 1_800);
    assert_eq!((mug.variants[0].weight_g, mug.variants[0].opening), (Some(400), 12));
    assert_eq!(mug.tags, ["gift", "tall-things"]);
    assert!(mug.description_html.contains("<strong>tall</strong>"), "{}", mug.description_html);
    assert_eq!(mug.images.len(), 1);
    // S2.104: once more, and nothing changes.
    let again = import(&files, SHOPIFY_OLD, None);
    assert!(again.changes.is_empty(), "{:#?}", again.report);
    assert_eq!(again.count(Outcome::Same), 3, "{:#?}", again.report);
    // S2.102: with a category for those that have none here, they come, too.
    let all = import(&files, SHOPIFY_OLD, Some("storage"));
    assert_eq!(all.count(Outcome::Skipped), 0, "{:#?}", all.report);
}

#[test]
fn shopify_with_newer_headings_comes_in() {
    let files = Edited::of(&demo_content());
    let table = include_str!("../fixtures/tables/shopify_new.csv");
    let found = import(&files, table, None);
    assert_eq!(found.count(Outcome::Made), 1, "{:#?}", found.report);
    write_checked(files.path(), &found.changes, &Default::default()).unwrap();
    let loaded = loaded(&files);
    let tray = &loaded.book.as_ref().unwrap().catalog.products["round-tray"];
    assert_eq!(tray.variants[0].gtin.as_deref(), Some("4006381333931"));
    assert_eq!((tray.variants[0].sku.as_str(), tray.category.as_str()), ("RT-1", "storage"));
}

#[test]
fn woocommerce_products_come_in() {
    let files = Edited::of(&demo_content());
    let table = include_str!("../fixtures/tables/woocommerce.csv");
    let found = import(&files, table, None);
    let skipped: Vec<u64> =
        found.report.iter().filter(|r| r.outcome == Outcome::Skipped).map(|r| r.line).collect();
    assert_eq!(skipped, [6, 7], "{:#?}", found.report);
    write_checked(files.path(), &found.changes, &Default::default()).unwrap();
    let loaded = loaded(&files);
    let catalog = &loaded.book.as_ref().unwrap().catalog;
    let soap = &catalog.products["fine-soap"];
    assert_eq!((soap.variants[0].price_minor, soap.variants[0].weight_g), (750, Some(120)));
    assert!(soap.featured && soap.variants[0].sale.is_some());
    let towel = &catalog.products["fine-towel"];
    let labels: Vec<String> = towel.variants.iter().map(kiosk::catalog::Variant::label).collect();
    assert_eq!(labels, ["Small", "Large"]);
}

// Stored formulas and script in cells, mistakes in rows, and tables that are none.
#[test]
fn cells_are_words() {
    let files = Edited::of(&demo_content());
    let table = "slug,title,sku,price,category,description\n\
        evil,\"=HYPERLINK(\"\"http://x\"\")\",EVIL-1,1.00,storage,<script>alert(1)</script>\n\
        bad,Bad,BAD-1,1.005,storage,Words\n\
        ../escape,Bad,BAD-2,1.00,storage,Words\n\
        twin,Twin,EVIL-1,1.00,storage,Words\n";
    let found = import(&files, table, None);
    let why: Vec<_> = found.report.iter().map(|r| (r.line, r.outcome, r.why.as_str())).collect();
    assert!(why[1].2.contains("three decimals"), "{why:?}");
    assert!(why[2].2.contains("cannot be an address"), "{why:?}");
    // One SKU for two products: one of them is left out, nothing is broken.
    assert!(found.count(Outcome::Made) <= 1, "{why:?}");
    write_checked(files.path(), &found.changes, &Default::default()).unwrap();
    let loaded = loaded(&files);
    let table = String::from_utf8(exported(&loaded)).unwrap();
    assert!(!table.contains(",=") && !table.contains(",\"="), "no cell begins a formula");
    assert!(table.lines().all(|line| !line.starts_with('=')));
    assert!(table.starts_with("slug,title,") && table.contains("\r\n"));
    let book = loaded.book.as_ref().unwrap();
    for nonsense in ["", "a,b\n1,2\n", "\u{0}"] {
        let read = storefront::import(nonsense.as_bytes(), &loaded, book, None);
        assert!(read.is_err(), "{nonsense:?}");
    }
}

// What a saved table would lack is said before it is saved.
#[test]
fn files_that_cannot_be_read_are_named_before_a_table_is_saved() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    assert!(desk.get("/admin/catalog-table").texts(".notice").is_empty());
    fs::write(open.files.path().join("products/board-oak.toml"), "title = \n").unwrap();
    open.shop.app.shelf.files.again(open.files.path()).unwrap();
    let page = desk.get("/admin/catalog-table");
    let told = page.texts(".notice-warn");
    assert!(told[0].contains("1 file cannot be read") && told[0].contains("board-oak"), "{told:?}");
    let table = desk.get("/admin/catalog-table/products.csv").body;
    assert!(!table.contains("board-oak,") && table.contains("everyday-mug,"));
}

fn multipart(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, text) in fields {
        let file = if *name == "file" { "; filename=\"products.csv\"" } else { "" };
        body.push_str(&format!(
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{text}\r\n"
        ));
    }
    body.push_str("--XX--\r\n");
    body.into_bytes()
}

// S1.46 and the desk: see first what would happen, then do it.
#[test]
fn a_table_is_looked_at_and_then_carried_out() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let table = desk.get("/admin/catalog-table/products.csv");
    assert_eq!(table.headers["content-type"], "text/csv; charset=utf-8");
    assert!(table.body.contains("everyday-mug"));
    let jar: Vec<String> = desk.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let jar = jar.join("; ");
    let headers = [
        ("cookie", jar.as_str()),
        ("content-type", "multipart/form-data; boundary=XX"),
        ("sec-fetch-site", "same-origin"),
        ("accept", "text/html"),
    ];
    let path = "/admin/catalog-table";
    let asked = desk.send(path, &headers, &multipart(&[("file", SHOPIFY_OLD), ("category", "")]));
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.body.contains("What would happen") && asked.body.contains("tall-mug"));
    assert!(!open.files.path().join("products/tall-mug.toml").exists());
    let form = form_of(&asked);
    assert_eq!(asked.texts("button[name=write]"), ["Write 2 products", "Save this report as CSV"]);
    let sent = [("table", form["table"].as_str()), ("write", "yes"), ("category", "")];
    let done = desk.send(path, &headers, &multipart(&sent));
    assert_eq!(done.status, 303, "{}", done.body);
    assert!(done.location().contains("done=imported&files=2"), "{}", done.location());
    assert_eq!(open.shop.browser().get("/product/tall-mug/").status, 200);
    assert_eq!(desk.send(path, &headers, &multipart(&[("file", "")])).status, 422);
    assert_eq!(desk.send(path, &headers, &multipart(&[("file", "a,b\n1,2\n")])).status, 422);
}

// S2.104: however long the table, each row has its line in a report that can be kept.
#[test]
fn every_row_has_its_line_in_the_report() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let mut table = "slug,title,price,category,sku\r\n".to_owned();
    for n in 0..700 {
        let title = if n == 0 { "=1+1".to_owned() } else { format!("Row {n}") };
        table.push_str(&format!("row-{n},{title},{},tableware,ROW-{n}\r\n", n % 7));
    }
    let jar = format!("desk={}", desk.cookies["desk"]);
    let headers = [
        ("cookie", jar.as_str()),
        ("content-type", "multipart/form-data; boundary=XX"),
        ("sec-fetch-site", "same-origin"),
        ("accept", "text/html"),
    ];
    let path = "/admin/catalog-table";
    let looked = desk.send(path, &headers, &multipart(&[("file", &table), ("category", "")]));
    assert_eq!(looked.status, 200, "{}", looked.body);
    assert_eq!(looked.texts("tbody tr").len(), 500);
    assert!(looked.body.contains("And 200 rows more"));
    let form = form_of(&looked);
    let sent = [("table", form["table"].as_str()), ("write", "report"), ("category", "")];
    let report = desk.send(path, &headers, &multipart(&sent));
    assert_eq!(report.status, 200, "{}", report.body);
    assert!(report.headers["content-disposition"].contains("import-report.csv"));
    let mut rows = csv::Reader::from_reader(report.body.as_bytes());
    let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 700);
    let lines: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    assert_eq!(lines, (2..=701).collect::<Vec<_>>(), "in the order of the table");
    assert!(rows.iter().all(|row| row[1].starts_with("row-") && !row[2].is_empty()));
    assert!(!open.files.path().join("products/row-1.toml").exists(), "nothing is written");
}
