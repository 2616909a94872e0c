//! The nouns of money that goes back: refunds and disputes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::provider::{DisputeStatus, RefundStatus};
use crate::base::ids::{OrderId, PaymentId, RefundId, Sku};
use crate::base::{Currency, Instant, Money, Problem};

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Written down; the provider has not answered yet.
    Wanted,
    /// The provider is at it.
    Pending,
    /// The money went back.
    Succeeded,
    /// It did not, and is here again.
    Failed,
}

impl RefundState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Wanted, Self::Pending, Self::Succeeded, Self::Failed];

    /// What may follow. A bank may send money back that had gone: it fails late.
    #[must_use]
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Wanted => &[Self::Pending, Self::Succeeded, Self::Failed],
            Self::Pending => &[Self::Succeeded, Self::Failed],
            Self::Succeeded => &[Self::Failed],
            Self::Failed => &[],
        }
    }

    /// Whether `to` may follow.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// The state a stored word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

impl From<RefundStatus> for RefundState {
    fn from(status: RefundStatus) -> Self {
        match status {
            RefundStatus::Pending => Self::Pending,
            RefundStatus::Succeeded => Self::Succeeded,
            RefundStatus::Failed => Self::Failed,
        }
    }
}

/// Who made a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// This shop.
    Shop,
    /// Somebody in the provider's own dashboard.
    Provider,
    /// A person, by other means than the provider.
    Hand,
}

impl Origin {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::Provider => "provider",
            Self::Hand => "hand",
        }
    }

    /// The origin a stored word names.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Shop, Self::Provider, Self::Hand].into_iter().find(|origin| origin.word() == word)
    }
}

/// Money on its way back.
#[derive(Clone, Debug, Serialize)]
pub struct Refund {
    /// Row id.
    pub id: RefundId,
    /// Whose.
    #[serde(skip)]
    pub order: OrderId,
    /// Of which attempt's money.
    #[serde(skip)]
    pub payment: PaymentId,
    /// Who made it.
    pub origin: Origin,
    /// Where it stands.
    pub state: RefundState,
    /// Sent with every repeat of the call.
    #[serde(skip)]
    pub key: String,
    /// The provider's name for it.
    pub provider_refund: Option<String>,
    /// How much, minor units.
    pub amount_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// How much of it is for delivery, minor units.
    pub delivery_minor: i64,
    /// Whether the order never took the money.
    pub late: bool,
    /// Why, in somebody's words.
    pub reason: String,
    /// By whom.
    pub actor: String,
    /// What the provider said last, when it was no success.
    pub error: Option<String>,
    /// How often the provider was asked.
    #[serde(skip)]
    pub looks: u32,
    /// Since when its key is used.
    #[serde(skip)]
    pub key_at: Instant,
    /// When its call was first known to have failed at the provider, under this key.
    #[serde(skip)]
    pub broke_at: Option<Instant>,
    /// When it was written down.
    pub created_at: Instant,
}

/// What is to go back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// All that is left.
    All,
    /// This much, minor units.
    Amount(i64),
    /// Units of lines, by SKU or bundle name; none for the delivery alone.
    Lines(Vec<(String, u32)>),
}

/// What somebody asks to be given back.
#[derive(Clone, Debug)]
pub struct RefundWish {
    /// How much.
    pub share: Share,
    /// Whether delivery is given back with the lines.
    pub delivery: bool,
    /// Goods that are back on the shelf.
    pub restock: BTreeMap<Sku, u32>,
    /// In somebody's words.
    pub reason: String,
    /// It was paid by other means: note it, call nobody.
    pub by_hand: bool,
    /// Money the order never took, rather than its own.
    pub late: bool,
}

/// A payment whose buyer complained at the bank.
#[derive(Clone, Debug, Serialize)]
pub struct Dispute {
    /// The provider's name for it.
    pub id: String,
    /// How much, minor units.
    pub amount_minor: i64,
    /// In which currency.
    pub currency: Currency,
    /// Where it stands: `needs_response`, `under_review`, `won` or `lost`.
    pub status: String,
    /// Why, in the provider's word.
    pub reason: String,
    /// Until when the merchant can answer.
    pub due_at: Option<Instant>,
}

impl DisputeStatus {
    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Inquiry => "inquiry",
            Self::NeedsResponse => "needs_response",
            Self::UnderReview => "under_review",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// Why money cannot go back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoRefund {
    /// No such order, or its status does not allow it.
    Order(crate::orders::Refusal),
    /// Stock said no.
    Stock(crate::stock::Refusal),
    /// Nothing was received for it.
    NothingReceived,
    /// It has taken all that was received.
    NothingLate,
    /// More than is left.
    TooMuch {
        /// What is left, in words.
        left: Money,
    },
    /// The provider cannot send this amount back.
    AmountNotTaken {
        /// Its reason, a sentence without its end.
        why: String,
    },
    /// Nothing would go back.
    Nothing,
    /// The order has no such line, or the line not so many.
    NoSuchLine {
        /// What was asked.
        name: String,
        /// How many of it can still go back.
        left: u32,
    },
    /// More would come back than was sold.
    RestockTooMuch {
        /// Which.
        sku: Sku,
        /// How many can still come back.
        left: u32,
    },
    /// The buyer complained at the bank.
    Disputed,
    /// The provider names no payment, or another provider took it.
    Elsewhere,
}

impl NoRefund {
    /// There is no money of that kind.
    pub(super) fn nothing(late: bool) -> Self {
        if late { Self::NothingLate } else { Self::NothingReceived }
    }
}

impl From<crate::orders::Refusal> for NoRefund {
    fn from(refusal: crate::orders::Refusal) -> Self {
        Self::Order(refusal)
    }
}

impl From<crate::stock::Refusal> for NoRefund {
    fn from(refusal: crate::stock::Refusal) -> Self {
        Self::Stock(refusal)
    }
}

impl crate::base::Refusal for NoRefund {
    fn problem(&self) -> Problem {
        let detail = match self {
            Self::Order(refusal) => return refusal.problem(),
            Self::Stock(refusal) => return refusal.problem(),
            Self::NothingReceived => "No money was received for this order.".to_owned(),
            Self::NothingLate => "No money that came too late or twice waits here.".to_owned(),
            Self::TooMuch { left } => {
                format!("Only {left} of what was received is left to give back.")
            }
            Self::AmountNotTaken { why } => {
                format!("The payment provider cannot send this amount back: {why}.")
            }
            Self::Nothing => "Nothing would go back.".to_owned(),
            Self::NoSuchLine { name, left: 0 } => {
                format!("The order has no {name} that could still be given back.")
            }
            Self::NoSuchLine { name, left } => format!("Only {left} of {name} can be given back."),
            Self::RestockTooMuch { sku, left } => {
                format!("Only {left} of {sku} from this order can still come back to the shelf.")
            }
            Self::Disputed => "The buyer has disputed this payment at their bank, so the provider \
                               sends nothing back."
                .to_owned(),
            Self::Elsewhere => {
                "The payment provider in use did not take this payment, so it cannot send the \
                 money back."
                    .to_owned()
            }
        };
        Problem::new(409, "refund-not-possible", "The money cannot go back", detail)
            .hint("`kiosk order show` lists what was paid, for what, and what went back.")
    }
}

#[cfg(test)]
mod tests {
    use super::RefundState as S;
    use super::*;

    // S0.8: each move there is, one by one; a bank may send money back that had gone.
    #[test]
    fn a_refund_moves_like_this_and_not_otherwise() {
        let moves = [
            (S::Wanted, &[S::Pending, S::Succeeded, S::Failed][..]),
            (S::Pending, &[S::Succeeded, S::Failed]),
            (S::Succeeded, &[S::Failed]),
            (S::Failed, &[]),
        ];
        for (from, next) in moves {
            let may: Vec<S> = S::ALL.into_iter().filter(|to| from.may_become(*to)).collect();
            assert_eq!(may, next, "{from:?}");
            assert_eq!(from.is_over(), matches!(from, S::Succeeded | S::Failed));
            assert_eq!(S::parse(from.word()), Some(from));
        }
        assert_eq!(S::parse("gone"), None);
        let told = [RefundStatus::Pending, RefundStatus::Succeeded, RefundStatus::Failed];
        assert_eq!(told.map(S::from), [S::Pending, S::Succeeded, S::Failed]);
    }
}
