//! Getting paid: attempts and their sessions, what the provider tells us, and the simulator.
//!
//! **Invariants.** Every call that could cost money is written down, with its key and its exact
//! request, before it is made. Everything the provider tells us is stored before it is believed,
//! and believed only after the session was fetched anew. At most one attempt of an order is alive.
//! Stock is freed only after the provider confirmed that the session is closed. The provider's
//! amount must equal ours to the minor unit. No more goes back than came in; goods come back to
//! the shelf once, with the refund that says so.
//! **Tables:** `payment`, `refund`, `refund_item`, `refund_restock`, `dispute`, `webhook_event`,
//! `provider_call`, `statement`, `simulator_session`, `simulator_refund`, `simulator_dispute`,
//! `simulator_delivery`.

mod audit;
mod by_hand;
mod cancelling;
mod catching_up;
mod dispute;
mod event;
mod flow;
mod health;
mod jobs;
mod model;
mod model_refund;
mod plan;
mod proposal;
mod provider;
mod prune;
mod reckoning;
mod refund;
mod refund_told;
mod sending;
mod session;
mod share;
pub mod simulator;
mod statement;
mod store;
mod store_events;
mod store_inbox;
mod store_refund;
mod store_prune;
mod store_statement;
pub mod stripe;
mod web;

pub use crate::base::signature;
pub use audit::audit;
pub use by_hand::{HOW_MAX, NotTaken, take_by_hand};
pub use cancelling::{cancel, cancel_if};
pub use event::{Event, Topic};
pub use flow::{Settled, settle, settle_free, settle_looked, want};
pub use health::{Health, LATELY_S, span};
pub use jobs::{jobs, tend_all};
pub use model::{Payment, PaymentState, Refusal, Source};
pub use model_refund::{Dispute, NoRefund, Origin, Refund, RefundState, RefundWish, Share};
pub use proposal::{Checked, Proposal, ProposedLine, check_refund, propose_refund};
pub use provider::{
    Answer, DeliveryCharge, DisputeStatus, PaymentOutcome, Provider, ProviderDispute,
    ProviderRefund, Received, RefundRequest, RefundStatus, Session, SessionRequest, SessionStatus,
    Trouble,
};
pub use reckoning::{reckon, take, yesterday};
pub use refund::want_refund;
pub use sending::{give_back, give_back_if};
pub use session::{close, open};
pub use statement::{Difference, Statement};
pub use store::{alive_payment, find_by_session, last_payment, list_attempts};
pub use store_events::{
    STATES as EVENT_STATES, Stored, Unserved, Wanted, count_paid, find_events, health,
    leave as leave_event, list_declines, list_events, replay, unserved,
};
pub use store_refund::{list_disputes, list_refunds};
pub use web::routes;

use std::sync::Arc;

use crate::platform::Kit;
use crate::pricing::Books;

/// The tools of the room, handed to those who need them. Clones share them.
#[derive(Clone)]
pub struct Till {
    /// The shop's tools.
    pub kit: Kit,
    /// The prices in force.
    pub books: Books,
    /// Who takes the money.
    pub provider: Arc<dyn Provider>,
}
