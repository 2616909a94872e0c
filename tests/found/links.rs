//! Every link leads somewhere, every page has a name of its own, old addresses take one hop.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{Html, Selector};

use super::{Edited, TestShop, demo_content, meta, pages};

// Every internal address on every page answers, at most one hop away.
#[test]
fn every_link_of_every_page_leads_somewhere() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    for path in pages(&shop) {
        let html = Html::parse_document(&visitor.get(&path).body);
        for (selector, name) in [("[href]", "href"), ("[src]", "src"), ("form", "action")] {
            for element in html.select(&Selector::parse(selector).unwrap()) {
                let address = element.value().attr(name).unwrap_or_default();
                let posts = element.value().attr("method") == Some("post");
                let address = address.strip_prefix(&shop.base).unwrap_or(address);
                if address.starts_with('/') && !posts {
                    let address = address.split('#').next().unwrap_or_default().to_owned();
                    wanted.entry(address).or_insert_with(|| path.clone());
                }
            }
        }
    }
    assert!(wanted.len() > 150);
    for (address, from) in wanted {
        // An empty cart has nothing to pay for, which is not what is asked here.
        if address == "/checkout" {
            continue;
        }
        let mut answer = visitor.get(&address);
        if answer.status == 308 {
            answer = visitor.get(answer.location());
        }
        assert_eq!(answer.status, 200, "{from} leads to {address}");
    }
}

// Every page that stands for itself has a title and a description of its own.
#[test]
fn titles_and_descriptions_are_each_pages_own() {
    // A small page size makes shelves of several pages, whose pages must differ, too.
    let content =
        Edited::of(&demo_content()).replace("shop.toml", "page_size    = 50", "page_size = 3");
    let shop = TestShop::on(&content);
    let mut visitor = shop.browser();
    let (mut titles, mut descriptions) = (BTreeSet::new(), BTreeSet::new());
    let mut paged = 0;
    for path in pages(&shop) {
        let page = visitor.get(&path);
        let canonical = page.attribute("link[rel=canonical]", "href");
        if canonical != format!("{}{path}", shop.base) {
            assert_eq!(canonical, format!("{}/bundles/", shop.base), "{path}");
            continue;
        }
        paged += usize::from(path.contains("/page/") && path.starts_with("/category/"));
        let title = page.texts("title")[0].clone();
        let named = page.texts("h1")[0].chars().count() <= 60;
        assert!(title.chars().count() <= 60 || !named, "{path}: {title}");
        assert!(!title.is_empty() && titles.insert(title.clone()), "{path}: {title}");
        let description = meta(&page, "description").unwrap();
        assert!(description.chars().count() >= 5, "{path}: {description}");
        assert!(description.chars().count() <= 160, "{path}: {description}");
        assert!(descriptions.insert(description.clone()), "{path}: {description}");
        assert_eq!(meta(&page, "og:url").unwrap(), canonical);
    }
    assert!(paged > 5);
}

// Old addresses of products, bundles, categories and pages take one hop, never a chain.
#[test]
fn old_addresses_take_one_hop() {
    let content = Edited::of(&demo_content())
        .replace(
            "products/studio-vase.toml",
            "tier ",
            "redirect_from = [\"ink-vase\", \"big-vase\"]\ntier ",
        )
        .replace("bundles/new-desk.toml", "status ", "redirect_from = [\"desk-set\"]\nstatus ")
        .replace(
            "categories/tableware.toml",
            "order       = 10",
            "order = 10\nredirect_from = [\"crockery\"]",
        )
        .replace("pages/about.md", "order = 10", "order = 10\nredirect_from = [\"who-we-are\"]")
        .replace(
            "redirects.toml",
            "[[redirects]]\nfrom = \"/gifts/\"",
            "[[redirects]]\nfrom = \"/oldest/\"\nto = \"/older/\"\n\n[[redirects]]\n\
             from = \"/older/\"\nto = \"/product/ink-vase/\"\n\n[[redirects]]\nfrom = \"/gifts/\"",
        );
    let shop = TestShop::on(&content);
    let mut visitor = shop.browser();
    for (old, new) in [
        ("/product/ink-vase/", "/product/studio-vase/"),
        ("/product/big-vase", "/product/studio-vase/"),
        ("/bundle/desk-set/", "/bundle/new-desk/"),
        ("/category/crockery/", "/category/tableware/"),
        ("/category/crockery/mugs-cups/", "/category/tableware/mugs-cups/"),
        ("/page/who-we-are", "/page/about/"),
        ("/oldest/", "/product/studio-vase/"),
        ("/older", "/product/studio-vase/"),
        ("/product/studio-vase", "/product/studio-vase/"),
    ] {
        let moved = visitor.get(old);
        assert_eq!((moved.status, moved.location()), (308, new), "{old}");
        assert_eq!(visitor.get(new).status, 200);
    }
}
