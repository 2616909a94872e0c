//! From cart to payment page.
//!
//! **Invariants.** The price is made anew on the server; a difference from what the buyer saw is
//! shown and asked again. One transaction writes the pending order, its holds, its claims and the
//! attempt to pay; only then is the provider called. The same cart version is ordered once,
//! however often it is sent. A redirect changes nothing. Owns no tables.

mod flow;
mod model;
mod web;
mod web_order;

pub use flow::{Begun, Seen, attempt, begin, reopen};
pub use model::{Buyer, FieldError, Refusal, Submission, WantedLine};
pub use web::routes;
