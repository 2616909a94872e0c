//! The nouns of the room.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::state::{FulfilmentStatus, PaymentStatus};
use crate::base::email_address::EmailAddress;
use crate::base::ids::{CartId, OrderId, Sku};
use crate::base::{Currency, Instant, Problem};
use crate::pricing::{Basket, Buyer, Destination, Quote};

/// Where an order goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Who receives it.
    pub name: String,
    /// For the carrier; may be empty.
    pub phone: String,
    /// Street and number.
    pub line1: String,
    /// Flat, floor; may be empty.
    pub line2: String,
    /// Town.
    pub city: String,
    /// Postcode as written.
    pub postcode: String,
    /// ISO 3166 alpha-2.
    pub country: String,
}

/// Everything an order is made from.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The cart it comes from.
    pub cart: Option<CartId>,
    /// Two placements with the same key are the same order.
    pub key: String,
    /// Where letters go.
    pub email: EmailAddress,
    /// Where the goods go.
    pub address: Address,
    /// The buyer's words to the shop.
    pub note: String,
    /// What was asked, so that the price can be computed again for ever.
    pub asked: Asked,
    /// What it costs.
    pub quote: Quote,
    /// Picture address for each SKU and bundle, as it was.
    pub pictures: BTreeMap<String, String>,
}

/// The inputs of the price, kept with the order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What.
    pub basket: Basket,
    /// By whom.
    pub buyer: Buyer,
    /// To where.
    pub destination: Destination,
    /// When.
    pub at: Instant,
}

/// An order as stored.
#[derive(Clone, Debug)]
pub struct Order {
    /// Row id.
    pub id: OrderId,
    /// Its number without the prefix, in the order in which orders were placed.
    pub seq: i64,
    /// Counts its changes.
    pub version: i64,
    /// What people call it.
    pub number: String,
    /// The cart it came from.
    pub cart: Option<CartId>,
    /// Where letters go.
    pub email: String,
    /// Money.
    pub payment: PaymentStatus,
    /// Goods.
    pub fulfilment: FulfilmentStatus,
    /// Currency of all amounts.
    pub currency: Currency,
    /// What the buyer pays, minor units.
    pub total_minor: i64,
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub quote: Quote,
    /// Where the goods go.
    pub address: Address,
    /// The buyer's words.
    pub note: String,
    /// Why a person must look at it.
    pub attention: Option<String>,
    /// Until when its stock is held.
    pub hold_expires_at: Instant,
    /// When it was placed.
    pub placed_at: Instant,
    /// When its money came.
    pub paid_at: Option<Instant>,
    /// When it left.
    pub shipped_at: Option<Instant>,
    /// When it arrived.
    pub delivered_at: Option<Instant>,
    /// How much of its money went back, minor units.
    pub refunded_minor: i64,
    /// How much of its money is on its way back, minor units.
    pub refunding_minor: i64,
    /// Whether its goods stay here because its buyer complained at the bank: undecided, or lost and
    /// nobody has dealt with it yet.
    pub disputed: bool,
    /// Whether the bank has yet to decide on a complaint.
    pub dispute_open: bool,
    /// Until when the buyer may cancel although it is paid.
    pub cancel_until: Option<Instant>,
    /// Units that have neither left nor been kept back.
    pub left_units: u32,
    /// When what has not left was packed.
    pub packed_at: Option<Instant>,
}

impl Order {
    /// Units of each SKU it needs.
    #[must_use]
    pub fn units(&self) -> BTreeMap<Sku, u32> {
        self.quote.units()
    }

    /// Whether it is paid, has not left, and none of its money is going back.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.payment == PaymentStatus::Paid
            && self.fulfilment == FulfilmentStatus::Unfulfilled
            && self.refunding_minor == 0
            && !self.disputed
    }

    /// Whether the shop may give it up: paid, and none of it has left.
    #[must_use]
    pub fn may_be_cancelled(&self) -> bool {
        matches!(self.payment, PaymentStatus::Paid | PaymentStatus::PartRefunded)
            && self.fulfilment == FulfilmentStatus::Unfulfilled
            && !self.disputed
    }

    /// Whether its buyer may give it up by themselves.
    #[must_use]
    pub fn may_be_cancelled_by_buyer(&self, now: Instant) -> bool {
        self.payment == PaymentStatus::Pending
            || self.is_whole() && self.cancel_until.is_some_and(|until| now < until)
    }
}

/// One line as it was bought.
#[derive(Clone, Debug, Serialize)]
pub struct Item {
    /// Place in the order, from 0.
    pub position: u32,
    /// Position of the bundle it is part of.
    pub parent: Option<u32>,
    /// `product`, `bundle` or `part`.
    pub kind: String,
    /// SKU or bundle slug.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Title then.
    pub title: String,
    /// Options then.
    pub options: String,
    /// Tier then.
    pub tier: String,
    /// How many.
    pub qty: u32,
    /// Price of one then.
    pub unit_minor: i64,
    /// `unit × qty`.
    pub gross_minor: i64,
    /// Off it.
    pub discount_minor: i64,
    /// Paid for it.
    pub net_minor: i64,
    /// Tax in (or on) it.
    pub tax_minor: i64,
    /// Rate.
    pub tax_bp: u32,
    /// Picture then.
    pub image: String,
}

/// Why an order says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No such order, or not yours.
    Unknown,
    /// No order has this number and this e-mail address.
    NotFound,
    /// The link of a letter is old, cut short, or none of ours.
    LetterLink,
    /// Its status does not allow that.
    NotNow {
        /// What was tried, such as `ship`.
        tried: &'static str,
        /// Number.
        number: String,
        /// Status words.
        status: String,
    },
    /// Its buyer complained at the bank.
    Disputed {
        /// Number.
        number: String,
    },
    /// Nothing of it waits for a person.
    NothingToSettle {
        /// Number.
        number: String,
    },
    /// What a person wrote to an order says nothing, or too much.
    Note {
        /// Longest, in characters.
        max: usize,
    },
    /// Its money is on its way back.
    GoingBack {
        /// Number.
        number: String,
    },
    /// Somebody changed it since the page was made.
    Changed {
        /// Number.
        number: String,
    },
    /// Nothing of it is left to leave.
    NothingToShip {
        /// Number.
        number: String,
    },
    /// Fewer units of a line are left than a parcel would hold.
    NotThatMany {
        /// Which line.
        what: String,
        /// How many are left.
        left: u32,
    },
    /// What is said of a parcel cannot be used.
    Parcel {
        /// What of it.
        what: &'static str,
        /// Why.
        why: &'static str,
    },
    /// A note for the timeline is empty or too long.
    Unwritten {
        /// Most characters.
        most: usize,
    },
    /// A promotion was used up meanwhile.
    UsedUp {
        /// Its title.
        title: String,
    },
    /// Stock said no.
    Stock(crate::stock::Refusal),
}

impl From<crate::stock::Refusal> for Refusal {
    fn from(refusal: crate::stock::Refusal) -> Self {
        Self::Stock(refusal)
    }
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::Unknown => {
                Problem::new(404, "unknown-order", "No such order", "There is no order here.")
                    .hint("Open the link from the order's e-mail, exactly as it is there.")
            }
            Self::NotFound => Problem::new(
                404,
                "order-not-found",
                "No order found",
                "No order has this number and this e-mail address.",
            )
            .hint("Check both: they stand in the confirmation e-mail."),
            Self::LetterLink => {
                let says = "This link is too old, or not whole.";
                Problem::new(404, "letter-link", "The link does not work", says)
                    .hint("Open it from the newest letter, exactly as it is there.")
            }
            Self::NotNow { tried, number, status } => Problem::new(
                409,
                "order-moved-on",
                "The order has moved on",
                format!("Order {number} is {status}; it is not possible to {tried} it now."),
            )
            .hint("Look at the order again: somebody or something was faster.")
            .with("number", number.as_str()),
            Self::Disputed { number } => Problem::new(
                409,
                "order-disputed",
                "The payment is disputed",
                format!(
                    "The buyer of order {number} has disputed the payment at their bank, so the \
                     goods stay here."
                ),
            )
            .hint(
                "Answer the dispute at the payment provider first. One that is lost keeps the \
                 goods here until somebody settles the order.",
            )
            .with("number", number.as_str()),
            Self::GoingBack { number } => Problem::new(
                409,
                "order-going-back",
                "The money is going back",
                format!("All of the money for order {number} is on its way back to the buyer."),
            )
            .hint("Do not send the goods; the refund ends by itself.")
            .with("number", number.as_str()),
            Self::UsedUp { title } => Problem::new(
                409,
                "promotion-used-up",
                "The offer has been used up",
                format!("“{title}” has been used as often as it can be."),
            )
            .hint("Take the code out of the cart and check out again.")
            .with("item", title.as_str()),
            Self::Stock(refusal) => refusal.problem(),
            _ => self.desk_problem(),
        }
    }
}

impl Refusal {
    /// What the desk hears; buyers never meet these.
    fn desk_problem(&self) -> Problem {
        let changed = "The order has changed";
        match self {
            Self::Changed { number } => Problem::new(
                409,
                "order-changed",
                changed,
                format!("Order {number} has changed since this page was made."),
            )
            .hint("Nothing was done. Look at it as it is now, then decide again."),
            Self::NothingToSettle { number } => Problem::new(
                409,
                "nothing-to-settle",
                "Nothing to settle",
                format!("Nothing of order {number} waits for a person."),
            )
            .hint("Look at the order again: somebody may have been faster.")
            .with("number", number.as_str()),
            Self::Note { max } => Problem::new(
                422,
                "note-needed",
                "A note is needed",
                format!("Say what was done in 1 to {max} characters."),
            )
            .hint("Whoever opens the order next year wants to know why it was let go.")
            .with("max", *max),
            Self::NothingToShip { number } => Problem::new(
                409,
                "nothing-to-ship",
                "Nothing to ship",
                format!("Nothing of order {number} would be in the parcel."),
            )
            .hint("Say how many units of which lines leave."),
            Self::NotThatMany { what, left } => Problem::new(
                409,
                "not-that-many",
                "Not that many are left",
                format!("{left} of {what} have not left yet."),
            )
            .hint("Put fewer into the parcel.")
            .with("left", *left),
            Self::Parcel { what, why } => Problem::new(
                422,
                "parcel-unfit",
                "The parcel cannot be noted so",
                format!("{what} {why}."),
            )
            .hint("Correct it and send the form again."),
            Self::Unwritten { most } => Problem::new(
                422,
                "note-unfit",
                "The note cannot be kept",
                format!("A note has one to {most} characters."),
            )
            .hint("Write what whoever looks at the order next should know."),
            _ => Problem::new(409, "order-changed", changed, "The order is not what it was."),
        }
    }
}
