//! The nouns of the room.

use crate::base::ids::{OrderId, PaymentId};
use crate::base::{Instant, Problem};

use super::provider::SessionRequest;

/// Where an attempt to pay stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentState {
    /// Written down; the provider has not answered yet.
    Wanted,
    /// The buyer can pay.
    Open,
    /// The buyer has done their part; the money takes days.
    Processing,
    /// The money is there.
    Paid,
    /// The money will not come.
    Failed,
    /// Closed without payment.
    Expired,
    /// Overtaken by another attempt; its page is still to be closed.
    Closing,
    /// Money came that the order could not take; a person must look at it.
    Review,
}

impl PaymentState {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Open => "open",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Closing => "closing",
            Self::Review => "review",
        }
    }

    /// The state a stored word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let before_money = [Self::Wanted, Self::Open, Self::Processing, Self::Closing];
        let after = [Self::Paid, Self::Failed, Self::Expired, Self::Review];
        before_money.into_iter().chain(after).find(|state| state.word() == word)
    }

    /// Whether money may still come by itself.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Wanted | Self::Open | Self::Processing)
    }
}

/// One attempt to pay an order.
#[derive(Clone, Debug)]
pub struct Payment {
    /// Row id.
    pub id: PaymentId,
    /// Whose.
    pub order: OrderId,
    /// 1 for the first.
    pub attempt: u32,
    /// Where it stands.
    pub state: PaymentState,
    /// Sent with every repeat of the call that makes the session.
    pub key: String,
    /// Exactly what is sent.
    pub request: SessionRequest,
    /// The provider's session.
    pub session: Option<String>,
    /// Where the buyer pays.
    pub url: Option<String>,
    /// When the hold ends and the session must be closed.
    pub lapse_at: Instant,
    /// How often it was looked at.
    pub looks: u32,
    /// Who gave the order up, once somebody asked for its page to be closed.
    pub given_up_by: Option<String>,
}

/// Who told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A signed webhook.
    Webhook,
    /// We asked.
    Reconciler,
}

impl Source {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Reconciler => "reconciler",
        }
    }
}

/// Why a payment cannot be begun or given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The provider cannot be reached; the order waits.
    ProviderDown,
    /// The provider will not take this payment.
    ProviderSaysNo {
        /// Its words.
        why: String,
    },
    /// The provider would charge something else than we do.
    AmountDiffers,
    /// Paid already.
    Paid,
    /// Nothing to pay or give up.
    NotOpen,
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::ProviderDown => Problem::new(
                503,
                "payment-provider-down",
                "Payment is not possible just now",
                "The payment page did not open because the payment provider does not answer.",
            )
            .hint("Your order is kept for a few minutes. Try again in a moment.")
            .retry_after(5),
            Self::ProviderSaysNo { why } => Problem::new(
                502,
                "payment-refused-by-provider",
                "The payment page could not be made",
                format!("The payment provider says: {why}"),
            )
            .hint("Nothing was charged. Please contact the shop."),
            Self::AmountDiffers => Problem::new(
                502,
                "payment-amount-differs",
                "The payment page could not be made",
                "The payment provider would have charged a different amount, so it was stopped.",
            )
            .hint("Nothing was charged. The shop has been told; please try again later."),
            Self::Paid => Problem::new(
                409,
                "already-paid",
                "Already paid",
                "This order has been paid already.",
            )
            .hint("Load the order's page again."),
            Self::NotOpen => Problem::new(
                409,
                "not-open",
                "Nothing to pay",
                "This order is not waiting for a payment any more.",
            )
            .hint("Load the order's page again."),
        }
    }
}
