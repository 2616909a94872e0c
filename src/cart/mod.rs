//! What a visitor has put aside.
//!
//! **Invariants.** Quantities are 1 to the limit and never above what is free when they are set.
//! A line keeps the price its visitor last saw; a change is shown and must be accepted before
//! checkout. A cart is emptied only when its order is paid. Looking never writes.
//! **Tables:** `cart`, `cart_line`, `cart_event`.

mod admin;
mod changes;
mod flow;
mod jobs;
mod model;
mod store;
mod store_desk;
mod view;
mod web;

use crate::identity::Desk;
use crate::pricing::Books;

pub use changes::limit_of;
pub use flow::{fill, finish};
pub use jobs::jobs;
pub use model::{Cart, Line, Refusal};
pub use store::{find as find_cart, find_ordered as find_ordered_cart, list_carts};
pub use view::{CartView, LineView, Priced, pictures, price, view};
pub use web::{countries, routes};

/// Staff pages of the room.
#[must_use]
pub fn staff_routes(books: &Books) -> Desk {
    admin::desk(books)
}
