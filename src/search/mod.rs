//! Finding products: words, filters, orders, and lists of them for people and programs.
//!
//! **Invariants.** The tables mirror the files and can be thrown away at any time; [`mirror`]
//! fills them again. What is typed never becomes SQL or an operator of the index. Every order is
//! total, so pages neither repeat nor skip a product. No route writes.
//! **Tables:** `product`, `product_shelf`, `product_tag`, `product_fts`, `product_word`.

mod card;
mod detail;
mod flow;
mod mirror;
mod model;
mod pagination;
mod query;
mod shelves;
mod store;
mod view;
mod web;
mod words;

#[cfg(test)]
mod routes_tests;
#[cfg(test)]
mod tests;

pub use card::{
    BundleCard, Card, Levels, PictureView, Thumb, bundle_card, bundle_stock, card, max_qty_of,
    state_of, unit_price,
};
pub use flow::{find, mirror, popular};
pub use model::{Found, Query, Refusal, Sort};
pub use pagination::{PageLink, Pagination};
pub use query::{Q_MAX, Typed};
pub use view::FilterForm;
pub use web::routes;
pub use words::fold;
