//! The nouns of the room.

use serde::Serialize;

use crate::base::ids::Sku;
use crate::base::{Instant, Problem, Refusal as _};

/// What there is of one SKU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Level {
    /// Which.
    pub sku: Sku,
    /// Units on the shelf.
    pub on_hand: u32,
    /// Units promised to open checkouts.
    pub held: u32,
    /// At this many free units or fewer it is low.
    pub low: u32,
}

impl Level {
    /// Units that can still be bought.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.on_hand.saturating_sub(self.held)
    }

    /// What shoppers are told.
    #[must_use]
    pub fn state(&self) -> State {
        match self.free() {
            0 => State::SoldOut,
            free if free <= self.low => State::Low,
            _ => State::InStock,
        }
    }
}

/// Availability in a word (Schema.org: `InStock`, `LimitedAvailability`, `OutOfStock`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Plenty.
    InStock,
    /// At or below the low mark.
    Low,
    /// None free.
    SoldOut,
}

/// Why a level changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reason {
    /// First seen in the files.
    Opening,
    /// Goods came in.
    Receive,
    /// Somebody counted.
    Count,
    /// Broken or lost.
    Damage,
    /// A paid order.
    Sale,
    /// A cancelled order gave it back.
    Cancel,
    /// A buyer sent it back.
    Return,
    /// Moved between places.
    Transfer,
    /// A mistake mended.
    Correction,
}

impl Reason {
    /// The word stored in the ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::Receive => "receive",
            Self::Count => "count",
            Self::Damage => "damage",
            Self::Sale => "sale",
            Self::Cancel => "cancel",
            Self::Return => "return",
            Self::Transfer => "transfer",
            Self::Correction => "correction",
        }
    }

    /// Reasons a person may give.
    pub const BY_HAND: [Self; 5] =
        [Self::Receive, Self::Count, Self::Damage, Self::Return, Self::Correction];

    /// The reason a person may give by hand.
    #[must_use]
    pub fn by_hand(word: &str) -> Option<Self> {
        Self::BY_HAND.into_iter().find(|r| r.word() == word)
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct Move {
    /// Which.
    pub sku: Sku,
    /// Units added (negative: taken).
    pub delta: i64,
    /// Units on the shelf afterwards.
    pub on_hand_after: i64,
    /// Why.
    pub reason: String,
    /// For which order.
    pub order_id: Option<String>,
    /// In somebody's words.
    pub note: Option<String>,
    /// By whom.
    pub actor: String,
    /// When.
    pub at: Instant,
}

/// Units promised to an order, and what became of the promise.
#[derive(Clone, Debug, Serialize)]
pub struct Hold {
    /// Which.
    pub sku: Sku,
    /// How many.
    pub qty: u32,
    /// `active`, `sold` or `released`.
    pub state: String,
    /// Until when, while it is active.
    pub expires_at: Instant,
    /// Why it ended.
    pub why: Option<String>,
}

/// Why stock says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Fewer free than wanted.
    NotEnough {
        /// Which.
        sku: Sku,
        /// How many were wanted.
        wanted: u32,
        /// How many are free.
        free: u32,
    },
    /// No such SKU is kept.
    Unknown {
        /// Which.
        sku: Sku,
    },
    /// Taking away more than is there, or than open checkouts leave.
    BelowHeld {
        /// Which.
        sku: Sku,
        /// Units on the shelf.
        on_hand: u32,
        /// Units promised.
        held: u32,
    },
    /// Somebody or something was faster: the number on the shelf is not the one that was seen.
    Moved {
        /// Which.
        sku: Sku,
        /// What was on the shelf when they looked.
        seen: u32,
        /// What is there now.
        on_hand: u32,
    },
    /// A change of zero, or beyond what can be counted.
    Senseless,
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::NotEnough { sku, wanted, free } => {
                let detail = match free {
                    0 => format!("{sku} is sold out."),
                    _ => format!("Only {free} of {sku} left; {wanted} were asked for."),
                };
                Problem::new(409, "not-enough-stock", "Not enough stock", detail)
                    .hint("Choose a smaller quantity or another item.")
                    .with("sku", sku.as_str())
                    .with("item", sku.as_str())
                    .with("available", *free)
            }
            Self::Unknown { sku } => Problem::new(
                404,
                "unknown-sku",
                "Unknown SKU",
                format!("There is no stock record for {sku}."),
            )
            .hint("`kiosk stock list` shows every SKU."),
            Self::BelowHeld { sku, on_hand, held } => Problem::new(
                409,
                "below-held",
                "Promised to buyers",
                format!("{sku} has {on_hand} on the shelf, {held} of them promised to checkouts."),
            )
            .hint("Wait until open checkouts are paid or have lapsed, or take fewer."),
            Self::Moved { sku, seen, on_hand } => Problem::new(
                409,
                "stock-moved",
                "It has changed meanwhile",
                format!("{sku} had {seen} on the shelf when you looked; now there are {on_hand}."),
            )
            .hint("Look at what happened, count again if need be, and save once more.")
            .with("on_hand", *on_hand),
            Self::Senseless => Problem::new(
                422,
                "senseless-quantity",
                "That quantity makes no sense",
                "A change of stock is a whole number other than zero, at most 1,000,000.",
            ),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.problem().detail)
    }
}
