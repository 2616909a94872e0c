//! What it costs. One pure function, [`quote`], is the single place where a price is made:
//! pages, cart, checkout, order and mail show its answer and never add up money themselves.
//!
//! **Invariants.** Integers only. Discounts apply in the order bundle → item → order → customer →
//! shipping → tax. Shares of a discount sum to the discount; no line falls below zero.

mod model;

pub use model::{
    Adjustment, Basket, BasketLine, Book, Buyer, Conditions, Delivery, Destination, Effect, Item,
    Objection, Promotion, Quote, QuoteLine, QuotePart, Rate, Source, Stage, Step, TaxRate, Zone,
};
