//! Finding products: words, filters, orders, and lists of them for people and programs.
//!
//! **Invariants.** An [`Index`] is made from the files alone, lives in memory and never changes:
//! the next one takes its place together with its prices. Every order is total, so pages neither
//! repeat nor skip a product. A facet's counts leave its own choice out of account. No route
//! writes. Owns no tables.

mod card;
mod detail;
mod entry;
mod facet_counts;
mod facets;
mod flow;
mod form;
mod index;
mod list;
mod measure;
mod model;
mod offline;
mod pagination;
mod query;
mod rank;
mod repair;
mod searching;
mod shelves;
mod suggest;
mod typed;
mod view;
mod vocabulary;
mod web;
mod words;

#[cfg(test)]
mod index_tests;
#[cfg(test)]
mod routes_tests;
#[cfg(test)]
mod tests;

pub use card::{
    BundleCard, Card, Levels, PictureView, Thumb, bundle_card, bundle_stock, card, is_new,
    max_qty_of, state_of,
};
pub use entry::Kind;
pub use flow::{find, popular, told};
pub use form::FilterForm;
pub use index::Index;
pub use measure::unit_price;
pub use model::{FacetCounts, Found, Query, Refusal, Sort, ValueCount};
pub use offline::{OFFLINE_TEMPLATE, offline_index, offline_page};
pub use pagination::{PageLink, Pagination};
pub use query::Q_MAX;
pub use searching::Searching;
pub use typed::Typed;
pub use web::{routes, shelf_page};
pub use words::fold;
