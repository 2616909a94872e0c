//! What was sold, in figures: by day, by product, by state, by buyer, and what waits in carts.
//!
//! **Invariants.** This room reads every other room's tables and writes none of them. A day is a
//! day of the shop's own calendar, 23 or 25 hours long when clocks change. Revenue is what was
//! paid less what went back, each on the day it happened, never mixed between currencies. Money an
//! order never took (late or twice) is no revenue. What a job has counted can be counted again from
//! the orders at any time.
//! **Tables:** `product_sales`, `counted_day`.

mod admin;
mod admin_customers;
mod chart;
mod counted;
mod counting;
mod days;
mod flow;
mod jobs;
mod model;
mod store;
mod store_customers;
mod store_products;

use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::catalog::Catalog;
use crate::identity::Desk;
use crate::pricing::Books;

pub use chart::{Bar, Chart, draw};
pub use counted::Counted;
pub use days::{Compared, Days, Period, zone_of};
pub use flow::{by_day, by_state, compare};
pub use jobs::jobs;
pub use model::{Customer, ProductSales, Queued, Row, Takings, Waiting};
pub use store::{
    abandoned, attention, first_placed_at, last_paid_at, list_recent, list_to_ship, to_ship,
};

/// Staff pages of the room: the sales report, and who buys.
#[must_use]
pub fn staff_routes(books: &Books, counted: &Counted) -> Desk {
    admin::desk(books, counted).and(admin_customers::desk())
}

/// The catalog in force with the time zone its shop lives in.
fn shop_of(books: &Books) -> (Arc<Catalog>, TimeZone) {
    let catalog = Arc::clone(&books.now().catalog);
    let zone = zone_of(&catalog.shop.timezone);
    (catalog, zone)
}
