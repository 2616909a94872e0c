//! How many there are: levels, holds for open checkouts, and the ledger of every change.
//!
//! **Invariants.** `0 <= held <= on_hand` for every SKU, kept by the database itself. The ledger
//! (`stock_move`) is append-only and sums to `on_hand` (I1); active holds sum to `held` (I2). A
//! hold ends exactly once: sold or released. Who may let a hold lapse is `payments`, which must
//! first hear that the payment session is closed.
//! **Tables:** `location`, `stock_item`, `stock_move`, `hold`, `stock_alert`.

mod admin;
mod admin_count;
mod audit;
mod flow;
mod mail;
mod model;
mod sheet;
mod store;
mod store_desk;
mod typed;

use std::sync::Arc;

use crate::base::Fault;
use crate::base::ids::OrderId;
use crate::catalog::Catalog;
use crate::identity::Desk;
use crate::platform::db::Read;

pub use audit::audit;
pub use flow::{
    Opening, adjust, commit, count, extend, give_back, hold, hold_again, open_new, release, watch,
};
pub use model::{Hold, Level, Move, Reason, Refusal, State};
pub use store::{
    Promised, find_level, held_by, levels_of, list_holds, list_levels, list_moves, list_moves_of,
    listed_states, promised,
};
pub use store_desk::{list_short, short};

/// What the stock pages show of later rooms.
#[derive(Clone)]
pub struct Beside {
    /// The catalog in force.
    pub catalog: Arc<dyn Fn() -> Arc<Catalog> + Send + Sync>,
    /// What people call an order.
    pub order_number: fn(&Read, &OrderId) -> Result<Option<String>, Fault>,
}

/// Staff pages of the room.
#[must_use]
pub fn staff_routes(beside: &Beside) -> Desk {
    admin::desk(beside).and(admin_count::desk(beside))
}
