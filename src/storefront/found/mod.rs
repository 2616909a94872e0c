//! Being found: what search engines, merchants' feeds, link previews and home screens are told,
//! and the rules that keep it true.
//!
//! **Invariants.** Everything told is made from the same catalog, levels and moment as the pages.
//! Feed, page and structured data name one price and one availability for every variant;
//! [`disagreements`] proves it over the finished edition. No text can end the script block it
//! stands in. Two builds of the same input give the same bytes.

mod agreement;
mod budget;
mod contrast;
mod describe;
mod documents;
mod feed;
mod feed_google;
mod feed_report;
mod feed_rss;
mod goods;
mod icons;
mod json;
mod lists;
mod measures;
mod named;
mod monogram;
mod open_graph;
mod scan;
mod shop;
mod sitemap;
mod xml;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::base::Instant;
use crate::base::ids::Sku;
use crate::catalog::{Catalog, Picture, StockShow};
use crate::pricing::{Book, Rate};
use crate::search::{Levels, state_of};
use crate::stock::State;

pub use agreement::{disagreements, page_disagreements};
pub use budget::{Excess, Measured, Sizes, measure, table};
pub use contrast::faint;
pub(super) use describe::shelf_description;
pub use documents::Document;
pub(super) use documents::documents;
pub use feed_report::{Objection, feed_report};
pub use icons::Icons;
pub use named::{listed, named};
pub use open_graph::{OpenGraph, PreviewImage, PreviewPrice};

/// A picture as it is told to others: the largest rendition there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// Address on this shop, beginning with `/`.
    pub url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// Widest picture told to others, pixels: what link previews show.
const TOLD_WIDTH_MAX: u32 = 1200;

impl From<&Picture> for Rendition {
    /// A large JPEG, which everybody can read; the untouched original until there is one.
    fn from(picture: &Picture) -> Self {
        let (url, width, height) = picture.jpeg_within(TOLD_WIDTH_MAX);
        Self { url, width, height }
    }
}

/// Gives the best rendition of a picture for readers who take one size only.
pub type Pictures = Arc<dyn Fn(&Picture) -> Rendition + Send + Sync>;

/// What is told about the shop, prepared once for an edition: pages only add what is theirs.
pub struct Found {
    catalog: Arc<Catalog>,
    /// What the list of bundles is called.
    pub(super) bundles_title: String,
    base: String,
    now: Instant,
    zone: TimeZone,
    exponent: u32,
    pictures: Pictures,
    /// Nodes of the website and the shop.
    site: String,
    /// The node of the return policy.
    returns: String,
    /// Ways to deliver within the shop's own country, collecting left out.
    rates: Vec<Rate>,
    /// Nodes of the usual way to deliver: paid for, and free.
    delivery: Option<(String, String)>,
    shelves: HashMap<String, Shelf>,
}

/// What every product of a shelf repeats.
struct Shelf {
    /// Items of the breadcrumb list from the front page to here.
    crumbs: String,
    /// How many they are.
    depth: usize,
    /// Titles from the top: `Tableware > Mugs`.
    trail: String,
    /// Google's number of the shelf, or of the nearest around it.
    google: Option<i64>,
}

impl Found {
    /// Prepares what does not differ between pages. `base_url` has no slash at its end.
    #[must_use]
    pub fn new(book: &Book, now: Instant, base_url: &str, pictures: Pictures) -> Self {
        let catalog = Arc::clone(&book.catalog);
        let shop = &catalog.shop;
        let here = book.zones.iter().find(|zone| zone.countries.contains(&shop.country));
        let sent = |rate: &&Rate| rate.pickup.is_none();
        let rates: Vec<Rate> =
            here.into_iter().flat_map(|zone| &zone.rates).filter(sent).cloned().collect();
        let writer = shop::Writer::new(book, now, base_url);
        let delivery = rates.first().map(|rate| writer.delivery(rate));
        let bundles = catalog.category("bundles").map(|category| category.title.clone());
        Self {
            site: writer.site(),
            returns: writer.returns("#returns"),
            shelves: shelves(&catalog, base_url),
            zone: TimeZone::get(&shop.timezone).unwrap_or(TimeZone::UTC),
            exponent: shop.currency.exponent(),
            base: base_url.to_owned(),
            bundles_title: bundles.unwrap_or_else(|| "Bundles".to_owned()),
            catalog,
            now,
            pictures,
            rates,
            delivery,
        }
    }

    /// What shoppers are told about a SKU; a shop that hides its stock never says "low".
    fn state(&self, levels: &Levels, sku: &Sku) -> State {
        match state_of(levels, sku) {
            State::Low if self.catalog.shop.stock_show == StockShow::Hidden => State::InStock,
            state => state,
        }
    }

    fn picture(&self, picture: &Picture) -> Rendition {
        (self.pictures)(picture)
    }
}

fn shelves(catalog: &Catalog, base: &str) -> HashMap<String, Shelf> {
    let mut shelves: HashMap<String, Shelf> = HashMap::new();
    for category in &catalog.categories {
        let parent = category.parent.as_ref().and_then(|path| shelves.get(path));
        let mut json = json::Json::with_capacity(256);
        let depth = match parent {
            Some(parent) => {
                json.ready(&parent.crumbs);
                parent.depth + 1
            }
            None => {
                lists::crumb(&mut json, 1, &catalog.shop.name, &[base, "/"]);
                2
            }
        };
        lists::crumb(&mut json, depth, &category.title, &[base, "/category/", &category.path, "/"]);
        let trail = match parent {
            Some(parent) => format!("{} > {}", parent.trail, category.title),
            None => category.title.clone(),
        };
        let google = category.google_product_category.or(parent.and_then(|p| p.google));
        let crumbs = json.into_text();
        shelves.insert(category.path.clone(), Shelf { crumbs, depth, trail, google });
    }
    shelves
}

/// Availability as Schema.org names it.
fn availability(state: State) -> &'static str {
    match state {
        State::InStock => "https://schema.org/InStock",
        State::Low => "https://schema.org/LimitedAvailability",
        State::SoldOut => "https://schema.org/OutOfStock",
    }
}
