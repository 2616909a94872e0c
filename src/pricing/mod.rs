//! What it costs. One pure function, [`quote`], is the single place where a price is made:
//! pages, cart, checkout, order and mail show its answer and never add up money themselves.
//!
//! **Invariants.** Integers only. Discounts apply in the order bundle → item → order → customer →
//! shipping → tax. Shares of a discount sum to the discount; no line falls below zero.

mod arrival;
mod books;
mod bundle;
mod check;
mod choose;
mod codes;
mod delivery;
mod explain;
mod history;
mod lines;
mod model;
mod model_quote;
mod promotion;
mod provider_lines;
mod quote;
mod read;
mod read_delivery;
mod read_promotion;
mod round;
mod split;
mod steps;
mod tax;

pub use arrival::{Arrival, home_arrival, home_rate};
pub use books::Books;
pub use bundle::{BundlePrice, bundle_price};
pub use explain::{explain, explain_bundle, sentence};
pub use history::{Shown, first_needed, prior_price};
pub use model::{Book, Carrier, Conditions, Effect, Promotion, Rate, Stage, TaxRate, Zone};
pub use model_quote::{
    Adjustment, Basket, BasketLine, Buyer, Delivery, Destination, Item, Missing, Objection, Quote,
    QuoteLine, QuotePart, Source, Step,
};
pub use provider_lines::{PROVIDER_LINES_MAX, ProviderLine, amount_lines};
pub use quote::quote;
pub use read::{Loaded, load, load_again, load_tree, load_tree_again};

#[cfg(test)]
mod golden;
#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod told;
