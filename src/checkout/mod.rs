//! From cart to payment page.
//!
//! **Invariants.** The price is made anew on the server; a difference from what the buyer saw is
//! shown and asked again. One transaction writes the pending order, its holds, its claims and the
//! attempt to pay; only then is the provider called. The same cart version is ordered once,
//! however often it is sent. A redirect changes nothing. Whoever has card after card declined is
//! slowed down, then asked for a pause.
//! **Tables:** `checkout_origin`, `card_testing`.

mod breaker;
mod flow;
mod model;
mod store;
mod watch;
mod web;
mod web_order;
mod web_orders;

pub use breaker::{Stage, Whose};
pub use flow::{Begun, Seen, attempt, begin, begin_for, payable_until, reopen};
pub use model::{Buyer, FieldError, Refusal, Submission, WantedLine};
pub use watch::{Watched, jobs, watched};
pub use web::routes;
