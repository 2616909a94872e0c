//! The files beside the pages: sitemap, robots, feeds, icons, manifest.

use jiff::civil::Date;

use super::{Found, Icons};
use crate::search::Levels;
use crate::storefront::plan::Plan;

/// One file to serve beside the pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its address.
    pub path: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Document {
    pub(super) fn new(path: &str, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { path: path.to_owned(), content_type, body: body.into() }
    }
}

/// Where the feeds are found.
pub(super) const GOOGLE_XML: &str = "/feeds/google.xml";

/// Every file beside the pages. `lastmod` gives the day since when a page says what it says; a
/// page without one is listed without a date.
#[must_use]
pub(in crate::storefront) fn documents(
    found: &Found,
    levels: &Levels,
    plans: &[Plan<'_>],
    icons: &Icons,
    lastmod: &dyn Fn(&str) -> Option<Date>,
) -> Vec<Document> {
    let (xml, rss) = ("application/xml; charset=utf-8", "application/rss+xml; charset=utf-8");
    let table = "text/tab-separated-values; charset=utf-8";
    let mut all: Vec<Document> = found
        .sitemaps(plans, lastmod)
        .into_iter()
        .map(|(path, text)| Document::new(&path, xml, text))
        .collect();
    all.push(Document::new("/robots.txt", "text/plain; charset=utf-8", found.robots()));
    all.push(Document::new("/feeds/new.xml", rss, found.news()));
    all.push(Document::new(GOOGLE_XML, xml, found.google_xml(levels)));
    all.push(Document::new("/feeds/google.tsv", table, found.google_tsv(levels)));
    all.extend(icons.documents().iter().cloned());
    all
}
