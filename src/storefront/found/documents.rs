//! The files beside the pages: sitemap, robots, feeds, icons, manifest.

use std::panic::resume_unwind;
use std::thread;

use jiff::civil::Date;

use super::feed_google::Feeds;
use super::{Found, Icons};
use crate::catalog::Product;
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

/// Products a thread should have to write before it is worth starting one.
const SHARE_MIN: usize = 256;

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
    let feeds = feeds(found, levels);
    all.push(Document::new(GOOGLE_XML, xml, feeds.xml));
    all.push(Document::new("/feeds/google.tsv", table, feeds.tsv));
    all.extend(icons.documents().iter().cloned());
    all
}

/// Writes the feeds on all cores where there is much to write.
fn feeds(found: &Found, levels: &Levels) -> Feeds {
    let products: Vec<&Product> = found.catalog.live_products().collect();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = products.len().div_ceil(cores).max(SHARE_MIN);
    if products.len() <= share {
        return found.google(levels, vec![found.google_part(levels, &products)]);
    }
    let parts = thread::scope(|scope| {
        let write = |share| move || found.google_part(levels, share);
        let writers: Vec<_> = products.chunks(share).map(|part| scope.spawn(write(part))).collect();
        let written =
            writers.into_iter().map(|w| w.join().unwrap_or_else(|why| resume_unwind(why)));
        written.collect()
    });
    found.google(levels, parts)
}
