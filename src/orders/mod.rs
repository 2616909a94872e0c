//! An order and its life: placed pending, paid, shipped, delivered, or closed on the way.
//!
//! **Invariants.** Lines, prices and addresses are snapshots: later changes of the catalog never
//! reach an order. Both statuses move only by [`state`]'s tables, and every move leaves an
//! `order_event` with actor and reason. Only `payments` marks an order paid. No more units leave
//! than were bought; what is kept back never leaves.
//! **Tables:** `order_sequence`, `orders`, `order_item`, `order_adjustment`, `order_event`,
//! `fulfilment`, `fulfilment_item`, `promotion_claim`, `order_search`,
//! `letter_choice`.

mod admin;
mod admin_bulk;
mod admin_sheet;
mod audit;
mod carrier;
mod choices;
mod claim;
mod editing;
mod filter;
mod flow;
mod jobs;
mod mail;
mod model;
mod news;
mod number;
mod refunding;
mod settling;
mod sheet;
mod shipping;
pub mod state;
mod store;
mod store_choices;
mod store_lines;
mod store_list;
mod store_parcels;
mod view;
mod waiting;
mod web;
mod web_choices;
mod words;

pub use admin::staff_routes;
pub use admin_bulk::state_of;
pub use audit::audit;
pub use carrier::{Shipment, known_carriers};
pub use choices::{Choices, choices_of, choices_path, choose};
pub use claim::{paid_orders, used_up};
pub use editing::{NOTE_MAX, add_note, must_be_version};
pub use filter::{Filter, Question};
pub use flow::{PAYMENT, Paid, flag, mark_paid, place, reopen};
pub use jobs::jobs;
pub use mail::{LETTERS, letter_of};
pub use model::{Address, Asked, Item, Order, Placement, Refusal};
pub use refunding::{RefundNote, RefundTurn, note_dispute, note_refund};
pub use settling::{SETTLE_NOTE_MAX, settle_attention, settle_by_person};
pub use shipping::{deliver, deliver_parcel, keep_back, pack, ship, ship_parcel};
pub use store::{
    buyer_of_cart, counts, find_by_key, find_by_number, get as get_order, get_number, is_replaced,
    list as list_orders, list_of_cart, order_for_cart, paid_order_of_cart,
};
pub use store_lines::{Event, is_given_up, list_events, list_items, list_paid_baskets};
pub use store_list::{Entry, Place, list_entries, merge_words};
pub use store_parcels::{Left, Parcel, list_left, list_parcels};
pub use view::{OrderView, state_word, token_of, view};
pub use waiting::{cancel, expire, fail, mark_processing, note_cancelled};
pub use web::{find_for_link, routes};
