//! The nouns of the room.

use crate::base::ids::{OrderId, PaymentId};
use crate::base::{Instant, Problem};

use super::by_hand::NotTaken;
use super::model_refund::NoRefund;
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
    /// Money came that the order could not take: it goes back, or a person must look at it.
    Review,
    /// Such money went back.
    Returned,
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
            Self::Returned => "returned",
        }
    }

    /// The state a stored word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Wanted,
        Self::Open,
        Self::Processing,
        Self::Closing,
        Self::Paid,
        Self::Failed,
        Self::Expired,
        Self::Review,
        Self::Returned,
    ];

    /// What may follow. Money is never forgotten: it may still arrive after an attempt has ended.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        use PaymentState as S;
        match self {
            S::Wanted => {
                &[S::Open, S::Processing, S::Closing, S::Paid, S::Failed, S::Expired, S::Review]
            }
            S::Open => &[S::Processing, S::Closing, S::Paid, S::Failed, S::Expired, S::Review],
            S::Processing => &[S::Closing, S::Paid, S::Failed, S::Expired, S::Review],
            S::Closing => &[S::Paid, S::Failed, S::Expired, S::Review],
            S::Failed | S::Expired => &[S::Paid, S::Review],
            S::Review => &[S::Paid, S::Returned],
            // Money that went back may come again when its refund fails late.
            S::Returned => &[S::Review],
            S::Paid => &[],
        }
    }

    /// Whether `to` may follow.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
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
    /// Who takes the money.
    pub provider: String,
    /// The provider's name for the payment, once money came.
    pub provider_payment: Option<String>,
    /// What came, minor units.
    pub received_minor: Option<i64>,
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
    /// The provider cannot be reached, so its page stays as it is.
    NotClosed,
    /// The provider will not take this payment.
    ProviderSaysNo {
        /// Its words.
        why: String,
    },
    /// The provider takes no such e-mail address.
    EmailNotTaken,
    /// The provider takes no payment of this total.
    TotalNotTaken {
        /// Why, and what is missing or too much.
        why: String,
    },
    /// The provider would charge something else than we do.
    AmountDiffers,
    /// Paid already.
    Paid,
    /// Nothing to pay or give up.
    NotOpen,
    /// Paid, and gone too far to be given up.
    TooLateToCancel,
    /// All of its money has gone back without its being given up.
    GivenBack,
    /// It cannot be marked paid by hand.
    NotTaken(NotTaken),
    /// Its money cannot go back.
    NoRefund(NoRefund),
}

impl From<NoRefund> for Refusal {
    fn from(refusal: NoRefund) -> Self {
        Self::NoRefund(refusal)
    }
}

impl From<crate::orders::Refusal> for Refusal {
    fn from(refusal: crate::orders::Refusal) -> Self {
        Self::NoRefund(refusal.into())
    }
}

impl Refusal {
    /// What the provider stands in the way of.
    fn of_provider(&self) -> Problem {
        match self {
            Self::ProviderDown => Problem::new(
                503,
                "payment-provider-down",
                "Payment is not possible just now",
                "The payment page did not open because the payment provider does not answer.",
            )
            .hint("Your order is kept for a few minutes. Try again in a moment.")
            .retry_after(5),
            Self::NotClosed => Problem::new(
                503,
                "payment-provider-down",
                "Payment is not possible just now",
                "The payment page could not be closed because the payment provider does not \
                 answer. The order stays as it is.",
            )
            .hint("Try again in a moment.")
            .retry_after(5),
            Self::ProviderSaysNo { why } => Problem::new(
                502,
                "payment-refused-by-provider",
                "The payment page could not be made",
                format!("The payment provider says: {why}"),
            )
            .hint("Nothing was charged. Please contact the shop."),
            Self::EmailNotTaken => Problem::new(
                422,
                "invalid-fields",
                "Some fields need another look",
                "The payment provider does not take this e-mail address.",
            )
            .hint("Nothing was charged. Correct the address, then check out again."),
            Self::TotalNotTaken { why } => Problem::new(
                422,
                "payment-total-not-taken",
                "This total cannot be paid",
                format!("The payment provider does not take it: {why}."),
            )
            .hint("Change what is in the cart, then check out again."),
            _ => Problem::new(
                502,
                "payment-amount-differs",
                "The payment page could not be made",
                "The payment provider would have charged a different amount, so it was stopped.",
            )
            .hint("Nothing was charged. The shop has been told; please try again later."),
        }
    }
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::ProviderDown
            | Self::NotClosed
            | Self::ProviderSaysNo { .. }
            | Self::EmailNotTaken
            | Self::TotalNotTaken { .. }
            | Self::AmountDiffers => self.of_provider(),
            Self::Paid => Problem::new(
                409,
                "already-paid",
                "Already paid",
                "This order has been paid already.",
            )
            .hint("Load the order's page again."),
            Self::NoRefund(refusal) => refusal.problem(),
            Self::TooLateToCancel => Problem::new(
                409,
                "too-late-to-cancel",
                "Too late to cancel",
                "This order is paid and can no longer be cancelled here.",
            )
            .hint("Write to the shop; it can still help."),
            Self::GivenBack => Problem::new(
                409,
                "too-late-to-cancel",
                "Too late to cancel",
                "All of this order's money has gone back already.",
            )
            .hint("What of it is still here is put back on the shelf by a correction of stock."),
            Self::NotTaken(refusal) => refusal.problem(),
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

#[cfg(test)]
mod tests {
    use super::PaymentState as S;
    use super::*;

    // PAY, S1.20: each move there is, one by one; money that came is never forgotten.
    #[test]
    fn an_attempt_moves_like_this_and_not_otherwise() {
        let moves = [
            (S::Closing, &[S::Paid, S::Failed, S::Expired, S::Review][..]),
            (S::Processing, &[S::Closing, S::Paid, S::Failed, S::Expired, S::Review]),
            (S::Open, &[S::Processing, S::Closing, S::Paid, S::Failed, S::Expired, S::Review]),
            (
                S::Wanted,
                &[S::Open, S::Processing, S::Closing, S::Paid, S::Failed, S::Expired, S::Review],
            ),
            (S::Failed, &[S::Paid, S::Review]),
            (S::Expired, &[S::Paid, S::Review]),
            (S::Review, &[S::Paid, S::Returned]),
            (S::Returned, &[S::Review]),
            (S::Paid, &[]),
        ];
        assert_eq!(moves.len(), S::ALL.len());
        for (from, next) in moves {
            let may: Vec<S> = S::ALL.into_iter().filter(|to| from.may_become(*to)).collect();
            assert!(may.len() == next.len() && next.iter().all(|to| may.contains(to)), "{from:?}");
            assert_eq!(from.is_open(), matches!(from, S::Wanted | S::Open | S::Processing));
            assert_eq!(S::parse(from.word()), Some(from));
        }
        assert_eq!((S::parse("gone"), Source::Webhook.word()), (None, "webhook"));
        assert_eq!(Source::Reconciler.word(), "reconciler");
    }

    // S0.31: each refusal says what to do about it, under a status a program can decide by.
    #[test]
    fn refusals_say_what_to_do() {
        use crate::base::Refusal as _;
        let why = || "no".to_owned();
        for (refusal, status) in [
            (Refusal::ProviderDown, 503),
            (Refusal::ProviderSaysNo { why: why() }, 502),
            (Refusal::TotalNotTaken { why: why() }, 422),
            (Refusal::AmountDiffers, 502),
            (Refusal::Paid, 409),
            (Refusal::NotOpen, 409),
            (Refusal::TooLateToCancel, 409),
            (Refusal::NotTaken(NotTaken::How), 422),
        ] {
            let problem = refusal.problem();
            assert_eq!(problem.status, status, "{refusal:?}");
            assert!(problem.hint.is_some(), "{refusal:?}");
        }
    }
}
