//! What is often bought together, found in paid orders and nothing else.
//!
//! **Invariants.** Every paid order is counted once, in the transaction that marks it paid:
//! `orders` pushes its basket here, and this room never reads an order. Who bought is not known
//! here. A pair is suggested only after enough orders, and only when it is bought more often than
//! chance would have it ([`lift`]); why can be said in one sentence. All of it can be deleted and
//! made anew from the orders. An order whose money went back stays counted: somebody wanted these
//! things together.
//! **Tables:** `basket_tally`, `basket_product`, `copurchase`.

mod flow;
mod jobs;
pub mod lift;
mod model;
mod store;

pub use flow::{beside, forget, list, record, standing, why};
pub use jobs::jobs;
pub use model::{Reason, Together};
