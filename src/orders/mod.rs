//! An order and its life: placed pending, paid, shipped, delivered, or closed on the way.
//!
//! **Invariants.** Lines, prices and addresses are snapshots: later changes of the catalog never
//! reach an order. Both statuses move only by [`state`]'s tables, and every move leaves an
//! `order_event` with actor and reason. Only `payments` marks an order paid.
//! **Tables:** `order_sequence`, `orders`, `order_item`, `order_adjustment`, `order_event`,
//! `promotion_claim`.

mod audit;
mod claim;
mod flow;
mod mail;
mod model;
mod news;
mod number;
mod refunding;
mod settling;
pub mod state;
mod store;
mod store_lines;
mod view;
mod waiting;
mod web;

pub use audit::audit;
pub use claim::{paid_orders, used_up};
pub use flow::{Paid, deliver, flag, mark_paid, place, reopen, ship};
pub use mail::{LETTERS, letter_of};
pub use model::{Address, Asked, Item, Order, Placement, Refusal};
pub use refunding::{RefundNote, RefundTurn, note_dispute, note_refund};
pub use settling::{SETTLE_NOTE_MAX, settle_attention, settle_by_person};
pub use store::{
    counts, find_by_key, find_by_number, get as get_order, is_replaced, list as list_orders,
    order_for_cart, paid_order_of_cart,
};
pub use store_lines::{Event, list_events, list_items, list_paid_baskets};
pub use view::{OrderView, state_word, token_of, view};
pub use waiting::{cancel, expire, fail, mark_processing, note_cancelled};
pub use web::{find_for_link, routes};
