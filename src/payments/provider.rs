//! What a payment provider does for us, whoever it is.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::base::{Currency, Instant};
use crate::orders::Address;
use crate::pricing::ProviderLine;

/// A call that is under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The provider understood and says no; asking again will not help.
    Refused(String),
    /// No answer, or not a usable one: whether it happened is unknown. Ask again with the same key.
    Unreachable(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "the payment provider refused: {why}"),
            Self::Unreachable(why) => write!(f, "the payment provider cannot be reached: {why}"),
        }
    }
}

/// A hosted payment page to be made. Stored before it is sent, so that a repeat is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Order id; comes back with everything the provider tells us.
    pub order: String,
    /// Order number, for people.
    pub number: String,
    /// Shop name, for people.
    pub merchant: String,
    /// The buyer.
    pub email: String,
    /// Currency of all amounts.
    pub currency: Currency,
    /// What the buyer pays, minor units: lines and delivery together.
    pub amount_minor: i64,
    /// What is bought, discounts folded in.
    pub lines: Vec<ProviderLine>,
    /// Delivery.
    pub delivery: Option<DeliveryCharge>,
    /// Where the buyer returns after paying; `{CHECKOUT_SESSION_ID}` is filled in.
    pub success_url: String,
    /// Where the buyer returns without paying.
    pub cancel_url: String,
    /// When the page closes by itself.
    pub expires_at: Instant,
    /// Until when the goods are held, told on the page.
    pub hold_until: Instant,
    /// What the page says beside its button; may be empty.
    #[serde(default)]
    pub note: String,
    /// The shop's language, such as `en-GB`.
    #[serde(default)]
    pub locale: String,
    /// Where the goods go: banks look at it when they judge a payment.
    #[serde(default)]
    pub ship_to: Option<Address>,
}

/// Delivery as the buyer reads it on the payment page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryCharge {
    /// Name.
    pub title: String,
    /// Minor units; zero when free.
    pub amount_minor: i64,
}

/// Whether a session can still be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// Yes.
    Open,
    /// The buyer has done their part.
    Complete,
    /// No, and nobody did.
    Expired,
}

/// What became of the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// Not there, or not yet.
    Unpaid,
    /// There.
    Paid,
    /// Will not come.
    Failed,
}

/// A session as the provider has it at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The provider's name for it.
    pub id: String,
    /// Where the buyer pays.
    pub url: String,
    /// Whether it can still be paid.
    pub status: SessionStatus,
    /// What became of the money.
    pub outcome: PaymentOutcome,
    /// What the provider charges, minor units.
    pub amount_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// The provider's name for the payment, once there is one.
    pub payment_id: Option<String>,
    /// Our order id, as we gave it.
    pub order: String,
    /// When it closes by itself.
    pub expires_at: Instant,
}

/// A payment provider.
pub trait Provider: Send + Sync {
    /// Stored with every payment and event.
    fn name(&self) -> &'static str;

    /// `live`, `test` or `simulator`.
    fn mode(&self) -> &'static str;

    /// Why a payment of this total cannot be taken, in a sentence for the buyer; none when it can.
    fn objection(&self, _total_minor: i64, _currency: Currency) -> Option<String> {
        None
    }

    /// Makes a session; the same key gives the same session.
    fn create<'a>(&'a self, request: &'a SessionRequest, key: &'a str) -> Answer<'a, Session>;

    /// A session as it is now.
    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Session>;

    /// Closes an open session; answers with what it is afterwards, which may be complete.
    fn expire<'a>(&'a self, id: &'a str) -> Answer<'a, Session>;

    /// Secrets its webhooks may be signed with.
    fn secrets(&self) -> Vec<String>;
}
