//! Lists of the catalog at the desk: what there is, how it stands, and how it is found.

use kiosk::identity::Role;

use crate::house::{Edited, demo_content};
use crate::visit::Open;

fn names(desk: &mut crate::house::Browser, query: &str) -> Vec<String> {
    let page = desk.get(&format!("/admin/catalog?{query}"));
    assert_eq!(page.status, 200, "{query}: {}", page.body);
    page.texts("tbody th a")
}

// S2.92: fields that are not plain say below their name what they want, and programs that read
// aloud say it with the field.
#[test]
fn help_stands_with_its_field() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    for path in ["products/everyday-mug", "bundles/quiet-evening", "categories/tableware"] {
        let page = desk.get(&format!("/admin/catalog/{path}"));
        assert_eq!(page.status, 200, "{path}");
        let hints = page.texts("form .hint[id]");
        assert!(hints.len() > 5 && hints.iter().all(|hint| !hint.is_empty()), "{path}: {hints:?}");
        let values = |start: &'static str| {
            page.body.split(start).skip(1).map(|rest| rest.split('"').next().unwrap())
        };
        let told: Vec<&str> =
            values("aria-describedby=\"").flat_map(str::split_whitespace).collect();
        for id in values("class=\"hint\" id=\"") {
            let fields = told.iter().filter(|told| **told == id).count();
            assert_eq!(fields, 1, "{path}: {id} is told with one field");
        }
    }
}

// S2.25, S2.66, S2.67, S2.69, S2.89, S2.120: products with all that is known of them, filtered by
// what stands in the address.
#[test]
fn products_are_found_by_their_filters() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let page = desk.get("/admin/catalog");
    let rows = page.texts("tbody tr");
    assert_eq!(rows.len(), 50);
    assert!(page.body.contains("69 products") || page.body.contains(" products"));
    assert_eq!(desk.get(&page.attribute("[rel=next]", "href")).status, 200);
    assert_eq!(names(&mut desk, "q=everyday+mug"), ["Everyday mug"]);
    assert_eq!(names(&mut desk, "q=HF-TW-001-INK"), ["Everyday mug"]);
    let mug = desk.get("/admin/catalog?q=everyday+mug");
    let row = mug.texts("tbody tr").join(" ");
    for told in ["5 SKUs", "£16.00", "In stock, 240", "Shown first", "stoneware", "Ready", "Well"]
    {
        assert!(row.contains(told), "{told}: {row}");
    }
    assert!(mug.attribute("tbody img", "src").starts_with("/images/"));
    let pro = names(&mut desk, "tier=pro");
    assert!(!pro.is_empty() && pro.iter().all(|name| name != "Everyday mug"), "{pro:?}");
    assert!(names(&mut desk, "tag=everyday").contains(&"Everyday mug".to_owned()));
    assert!(names(&mut desk, "category=tableware").contains(&"Everyday mug".to_owned()));
    assert!(names(&mut desk, "category=paper-desk").iter().all(|name| name != "Everyday mug"));
    assert!(names(&mut desk, "flag=featured").contains(&"Everyday mug".to_owned()));
    assert!(!names(&mut desk, "flag=draft").contains(&"Everyday mug".to_owned()));
    for sku in ["OAT", "SAG", "INK", "TER", "CHA"] {
        open.shop.set_stock(&format!("HF-TW-001-{sku}"), 0);
    }
    open.shop.work_off();
    assert!(names(&mut desk, "stock=out").contains(&"Everyday mug".to_owned()));
    assert!(names(&mut desk, "stock=in").iter().all(|name| name != "Everyday mug"));
    // Nonsense finds nothing, or is not a filter; it never breaks the page.
    assert!(names(&mut desk, "flag=nonsense").is_empty());
    assert_eq!(desk.get("/admin/catalog?page=999999&q=%00%3Cscript%3E").status, 200);
    assert_eq!(desk.get("/admin/catalog?page=x").status, 422);
}

#[test]
fn each_product_shows_what_is_wrong_with_it() {
    let files = Edited::of(&demo_content())
        .replace("products/soap-oat.toml", "alt ", "#alt ")
        .write("products/vase-chalk.toml", "title = \"Vase\"\npricee = 1\n");
    let good = Edited::of(&demo_content());
    let open = Open::on(good);
    let open = Open { files, ..open };
    open.shop.app.shelf.files.again(open.files.path()).unwrap();
    let mut desk = open.desk(Role::Catalog);
    let page = desk.get("/admin/catalog?state=wrong");
    let rows = page.texts("tbody tr").join(" | ");
    assert!(rows.contains("to look at") && rows.contains("error"), "{rows}");
    assert!(page.body.contains("in the files"));
}

// S2.85, S2.118, S2.119, S2.68: bundles with their count and price, parts with tier and price.
#[test]
fn bundles_show_what_they_hold_and_cost() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Orders);
    let page = desk.get("/admin/catalog/bundles");
    let row = page.texts("tbody tr").into_iter().find(|row| row.contains("For a new desk"));
    let row = row.unwrap();
    let shown = open.shop.browser().get("/bundle/new-desk/");
    let price = row.split_whitespace().find(|word| word.starts_with('£')).unwrap().to_owned();
    assert!(shown.body.contains(&price), "{price}");
    assert!(row.contains(" 5 ") && row.contains("All parts"), "{row}");
    let editor = desk.get("/admin/catalog/bundles/new-desk");
    let parts = editor.texts(".cat-row > summary .cat-part");
    assert_eq!(parts.len(), 5);
    assert!(parts.iter().all(|part| part.contains('£')), "{parts:?}");
    for folder in ["categories", "promotions", "pages"] {
        let page = desk.get(&format!("/admin/catalog/{folder}"));
        assert!(page.status == 200 && !page.texts("tbody tr").is_empty(), "{folder}");
        for href in hrefs(&page) {
            assert_eq!(desk.get(&href).status, 200, "{href}");
        }
    }
    assert_eq!(desk.get("/admin/catalog/secrets").status, 404);
    assert_eq!(desk.get("/admin/catalog/products").status, 303);
    assert_eq!(desk.get("/admin/catalog/products/nothing").status, 404);
}

// S2.25: the other lists are searched and paged like that of the products.
#[test]
fn every_list_is_searched_and_paged() {
    let mut files = Edited::of(&demo_content());
    for n in 0..60 {
        let page =
            format!("+++\ntitle = \"Notice {n}\"\ndescription = \"A notice.\"\n+++\nText.\n");
        files = files.write(&format!("pages/notice-{n:02}.md"), &page);
    }
    let open = Open::on(files);
    let mut desk = open.desk(Role::Catalog);
    let first = desk.get("/admin/catalog/pages?q=notice");
    assert_eq!((first.status, first.texts("tbody tr").len()), (200, 50), "{}", first.body);
    assert!(first.texts(".cat-count")[0].starts_with("60 of "));
    let next = first.attribute("[rel=next]", "href");
    let second = desk.get(&next);
    assert_eq!(second.texts("tbody tr").len(), 10, "{next}");
    assert_eq!(second.attribute("[rel=prev]", "href"), "/admin/catalog/pages?q=notice&page=1");
    let all = desk.get("/admin/catalog/pages");
    assert_eq!(all.texts("tbody tr").len(), 50);
    for (folder, q, found) in [
        ("pages", "NOTICE 7", "Notice 7"),
        ("bundles", "desk new", "For a new desk"),
        ("categories", "tableware", "Tableware"),
    ] {
        let page = desk.get(&format!("/admin/catalog/{folder}?q={}", q.replace(' ', "+")));
        assert!(page.texts("tbody th a").contains(&found.to_owned()), "{folder} {q}");
        let none = desk.get(&format!("/admin/catalog/{folder}?q=zzzz&page=9"));
        assert_eq!(none.texts(".empty h2"), ["Nothing fits"], "{folder}");
    }
    // A promotion is found by its code.
    let codes = desk.get("/admin/catalog/promotions").texts("tbody code");
    let found = desk.get(&format!("/admin/catalog/promotions?q={}", codes[0].to_lowercase()));
    assert_eq!(found.texts("tbody tr").len(), 1, "{}", codes[0]);
    assert_eq!(desk.get("/admin/catalog/pages?page=x").status, 422);
}

// The tags there are already are offered while one types.
#[test]
fn tags_are_offered() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    for path in ["products/everyday-mug", "bundles/quiet-evening", "products/+new"] {
        let page = desk.get(&format!("/admin/catalog/{path}"));
        assert_eq!(page.attribute("[name=tags]", "list"), "tags", "{path}");
        assert!(page.body.contains("<option value=\"stoneware\">"), "{path}");
    }
}

fn hrefs(page: &crate::house::Answer) -> Vec<String> {
    let html = scraper::Html::parse_document(&page.body);
    let links = scraper::Selector::parse("tbody th a").unwrap();
    html.select(&links).filter_map(|a| a.value().attr("href").map(str::to_owned)).collect()
}
