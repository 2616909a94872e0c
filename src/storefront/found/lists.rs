//! Front page, shelves, bundle lists and pages of words as structured data. Pure.

use super::Found;
use super::json::Json;
use crate::catalog::{Category, Page};

/// One step of the way from the front page.
pub(super) fn crumb(json: &mut Json, position: usize, name: &str, url: &[&str]) {
    json.open("", "ListItem").number("position", position).text("name", name);
    json.joined("item", url).close();
}

/// What stands on a list: address on this shop, and title.
pub(super) type Listed<'a> = (&'a str, &'a str);

impl Found {
    fn graph(&self, write: impl FnOnce(&Self, &mut Json)) -> String {
        let mut json = Json::with_capacity(4096);
        json.open_untyped("").text("@context", "https://schema.org").list("@graph");
        write(self, &mut json);
        json.end().close();
        json.into_text()
    }

    /// The structured data of the front page.
    #[must_use]
    pub fn home(&self) -> String {
        self.graph(|found, json| {
            json.ready(&found.site);
        })
    }

    /// The structured data of one page of a shelf. `path` is the page's address, `first` the
    /// position of its first item on the whole shelf (from 1), `count` how many the shelf has.
    pub fn shelf<'a>(
        &self,
        category: &Category,
        path: &str,
        (first, count): (usize, usize),
        listed: impl Iterator<Item = Listed<'a>>,
    ) -> String {
        self.graph(|found, json| {
            json.open("", "BreadcrumbList").list("itemListElement");
            if let Some(shelf) = found.shelves.get(&category.path) {
                json.ready(&shelf.crumbs);
            }
            json.end().close();
            found.list(json, &category.title, &category.description, path, (first, count), listed);
        })
    }

    /// The structured data of a list of bundles.
    pub fn bundle_list<'a>(
        &self,
        path: &str,
        count: usize,
        listed: impl Iterator<Item = Listed<'a>>,
    ) -> String {
        self.graph(|found, json| {
            json.open("", "BreadcrumbList").list("itemListElement");
            crumb(json, 1, &found.catalog.shop.name, &[&found.base, "/"]);
            crumb(json, 2, &found.bundles_title, &[&found.base, "/bundles/"]);
            json.end().close();
            let words = found.catalog.category("bundles").map_or("", |c| c.description.as_str());
            found.list(json, &found.bundles_title, words, path, (1, count), listed);
        })
    }

    fn list<'a>(
        &self,
        json: &mut Json,
        title: &str,
        description: &str,
        path: &str,
        (first, count): (usize, usize),
        listed: impl Iterator<Item = Listed<'a>>,
    ) {
        json.open("", "CollectionPage").joined("@id", &[&self.base, path]).text("name", title);
        if !description.is_empty() {
            json.text("description", description);
        }
        json.joined("url", &[&self.base, path]).refer("isPartOf", &[&self.base, "/#website"]);
        json.open("mainEntity", "ItemList").number("numberOfItems", count);
        json.list("itemListElement");
        for (at, (url, name)) in listed.enumerate() {
            json.open("", "ListItem").number("position", first + at).text("name", name);
            json.joined("url", &[&self.base, url]).close();
        }
        json.end().close().close();
    }

    /// The structured data of a page of words.
    #[must_use]
    pub fn words(&self, page: &Page, description: &str) -> String {
        let url = [self.base.as_str(), "/page/", &page.slug, "/"];
        self.graph(|found, json| {
            json.open("", "BreadcrumbList").list("itemListElement");
            crumb(json, 1, &found.catalog.shop.name, &[&found.base, "/"]);
            crumb(json, 2, &page.title, &url);
            json.end().close();
            json.open("", "WebPage").joined("@id", &url).text("name", &page.title);
            if !description.is_empty() {
                json.text("description", description);
            }
            json.joined("url", &url).text("inLanguage", &found.catalog.shop.locale);
            json.refer("isPartOf", &[&found.base, "/#website"]).close();
        })
    }
}
