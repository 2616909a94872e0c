//! What a payment provider does for us, whoever it is.

use std::future::Future;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::base::{Currency, Instant};
use crate::orders::Address;
use crate::pricing::ProviderLine;

/// A call that is under way.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Trouble>> + Send + 'a>>;

/// What a session charges whose amount has no twin here, such as a currency nobody knows: nothing
/// that was ever asked for.
pub(super) const NO_AMOUNT: i64 = -1;

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The provider understood and says no; asking again will not help.
    Refused(String),
    /// The same, for the buyer's e-mail address: with another one it may say yes.
    EmailRefused(String),
    /// No answer, or not a usable one: whether it happened is unknown. Ask again with the same key.
    Unreachable(String),
    /// The provider gives again the failure it gave before under this key: asking again with the
    /// key brings nothing new. Look whether it happened before using another key.
    Replayed(String),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) | Self::EmailRefused(why) => {
                write!(f, "the payment provider refused: {why}")
            }
            Self::Unreachable(why) => write!(f, "the payment provider cannot be reached: {why}"),
            Self::Replayed(why) => write!(f, "the payment provider repeats its failure: {why}"),
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

/// Money to be sent back. Stored before it is sent, so that a repeat is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundRequest {
    /// Our name for it; comes back as `metadata.refund`.
    pub refund: String,
    /// Order id; comes back as `metadata.order`.
    pub order: String,
    /// The provider's name for the payment the money came by.
    pub payment_id: String,
    /// How much, minor units; never zero.
    pub amount_minor: i64,
    /// Currency of the payment.
    pub currency: Currency,
}

/// What became of money sent back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// On its way, or waiting for somebody.
    Pending,
    /// Gone back.
    Succeeded,
    /// It will not go back this way: the money is ours again.
    Failed,
}

/// A refund as the provider has it at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRefund {
    /// The provider's name for it.
    pub id: String,
    /// What became of it.
    pub status: RefundStatus,
    /// How much, minor units.
    pub amount_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// The provider's name for the payment it belongs to.
    pub payment_id: Option<String>,
    /// Our name for it; none when it was made in the provider's own dashboard.
    pub refund: Option<String>,
    /// Our order id, when we gave it.
    pub order: Option<String>,
    /// Why it failed, in the provider's words.
    pub failure: Option<String>,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeStatus {
    /// The bank only asks, and no money has moved: giving all of it back ends the matter.
    Inquiry,
    /// The merchant has until the due date to answer.
    NeedsResponse,
    /// The bank decides.
    UnderReview,
    /// The money stays here.
    Won,
    /// The money is gone.
    Lost,
}

/// A dispute as the provider has it at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderDispute {
    /// The provider's name for it.
    pub id: String,
    /// The provider's name for the payment it is about.
    pub payment_id: Option<String>,
    /// How much, minor units.
    pub amount_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// Where it stands.
    pub status: DisputeStatus,
    /// Why, in the provider's word, such as `fraudulent`.
    pub reason: String,
    /// Until when the merchant can answer.
    pub due_at: Option<Instant>,
}

/// One received payment as the provider's books have it, for the daily statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The provider's name for the payment.
    pub payment_id: String,
    /// Our order id, when we gave it.
    pub order: Option<String>,
    /// How much came, minor units.
    pub amount_minor: i64,
    /// How much of it went back, minor units.
    pub refunded_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// When it came.
    pub at: Instant,
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

    /// Why this amount cannot be sent back, in a sentence for the merchant; none when it can.
    fn objection_to_refund(&self, _amount_minor: i64, _currency: Currency) -> Option<String> {
        None
    }

    /// Makes a session; the same key gives the same session. `rounds` is how often it was asked for
    /// in vain before.
    fn create<'a>(
        &'a self,
        request: &'a SessionRequest,
        key: &'a str,
        rounds: u32,
    ) -> Answer<'a, Session>;

    /// A session as it is now.
    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Session>;

    /// The session of a signed event that says its payment failed: where nothing else tells what
    /// became of the payment, the event is believed.
    fn find_failed<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        self.find(id)
    }

    /// Closes an open session; answers with what it is afterwards, which may be complete.
    fn expire<'a>(&'a self, id: &'a str) -> Answer<'a, Session>;

    /// Sends money back; the same key gives the same refund.
    fn refund<'a>(&'a self, request: &'a RefundRequest, key: &'a str)
    -> Answer<'a, ProviderRefund>;

    /// A refund as it is now.
    fn find_refund<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderRefund>;

    /// Every refund of a payment, newest first, whoever made it.
    fn refunds_of<'a>(&'a self, payment_id: &'a str) -> Answer<'a, Vec<ProviderRefund>>;

    /// A dispute as it is now.
    fn find_dispute<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderDispute>;

    /// Payments received from `from` (inclusive) until `until`, all pages of them.
    fn received(&self, from: Instant, until: Instant) -> Answer<'_, Vec<Received>>;

    /// Events about refunds, disputes and lately paid pages of this time, oldest first, each as it
    /// would have been sent: word of them may never have arrived.
    fn events(&self, from: Instant, until: Instant) -> Answer<'_, Vec<String>>;

    /// Secrets its webhooks may be signed with.
    fn secrets(&self) -> Vec<String>;
}
