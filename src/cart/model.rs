//! The nouns of the room.

use crate::base::ids::{CartId, LineId};
use crate::base::{Instant, Problem};
use crate::pricing::{Basket, BasketLine, Destination, Item};

/// Most of one thing on a line.
pub(super) const QUANTITY_MAX: u32 = 999;
/// Most codes kept in a cart.
pub(super) const CODES_MAX: usize = 5;
/// Longest code, in characters.
pub(super) const CODE_LENGTH_MAX: usize = 40;

/// A cart as stored.
#[derive(Clone, Debug)]
pub struct Cart {
    /// Row id.
    pub id: CartId,
    /// Counts changes: a checkout names the version its buyer saw.
    pub version: i64,
    /// Where it would go.
    pub country: String,
    /// Chosen delivery.
    pub rate: Option<String>,
    /// Codes entered.
    pub codes: Vec<String>,
    /// In the order added.
    pub lines: Vec<Line>,
    /// When it last changed.
    pub last_change_at: Instant,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Names the line in addresses.
    pub id: LineId,
    /// What.
    pub item: Item,
    /// How many.
    pub qty: u32,
    /// Price of one when the visitor last saw it, minor units.
    pub seen_unit_minor: i64,
}

impl Cart {
    /// What pricing is asked.
    #[must_use]
    pub fn basket(&self) -> Basket {
        let lines = self.lines.iter().map(|line| BasketLine {
            key: line.id.as_str().to_owned(),
            item: line.item.clone(),
            qty: line.qty,
        });
        Basket { lines: lines.collect(), codes: self.codes.clone() }
    }

    /// Where to.
    #[must_use]
    pub fn destination(&self) -> Destination {
        Destination { country: self.country.clone(), rate: self.rate.clone() }
    }

    /// Units of all lines together.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.lines.iter().map(|line| line.qty).sum()
    }
}

/// Why the cart says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing sold under that name.
    NotSold,
    /// Zero, or above what one line may hold.
    Quantity {
        /// Most allowed.
        max: u32,
    },
    /// Above what one order may hold of it.
    PerOrder {
        /// Title.
        title: String,
        /// Most allowed.
        max: u32,
    },
    /// Fewer free than wanted.
    NotEnough {
        /// Title.
        title: String,
        /// How many of it the cart could hold.
        available: u32,
    },
    /// As many lines as a cart may have.
    TooManyLines {
        /// Most allowed.
        max: u32,
    },
    /// There is no cart to change.
    NoCart,
    /// No such line in this cart.
    NoSuchLine,
    /// The code cannot be used.
    Code {
        /// The code.
        code: String,
        /// Why: `form`, `kept`, `unknown`, `not_running` or `used_up`.
        reason: &'static str,
    },
    /// Nothing is delivered there, or not that way.
    Destination,
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::NotSold => {
                Problem::new(404, "not-sold", "Not sold", "There is nothing like that for sale.")
                    .hint("It may have been taken out of the shop. Look at the product's page.")
            }
            Self::Quantity { max } => Problem::new(
                422,
                "quantity",
                "That quantity is not possible",
                format!("A quantity is a whole number from 1 to {max}."),
            )
            .with("max", *max),
            Self::PerOrder { title, max } => Problem::new(
                409,
                "max-per-order",
                "At most so many in one order",
                format!("At most {max} of “{title}” go into one order."),
            )
            .with("item", title.as_str())
            .with("available", *max),
            Self::NotEnough { title, available } => {
                let detail = match available {
                    0 => format!("“{title}” is sold out."),
                    1 => format!("Only 1 of “{title}” is available."),
                    n => format!("Only {n} of “{title}” are available."),
                };
                Problem::new(409, "not-enough-stock", "Not enough stock", detail)
                    .hint("Choose a smaller quantity or another item.")
                    .with("item", title.as_str())
                    .with("available", *available)
            }
            Self::TooManyLines { max } => Problem::new(
                409,
                "cart-full",
                "The cart is full",
                format!("A cart holds at most {max} different things."),
            )
            .hint("Check out what is in it, or remove something.")
            .with("max", *max),
            Self::NoCart => Problem::new(
                404,
                "no-cart",
                "The cart is empty",
                "There is nothing in your cart to change.",
            )
            .hint("Put something into the cart first."),
            Self::NoSuchLine => Problem::new(
                404,
                "no-such-line",
                "Not in the cart",
                "That line is not in your cart any more.",
            )
            .hint("Load the cart again."),
            Self::Code { code, reason } => code_problem(code, reason),
            Self::Destination => Problem::new(
                422,
                "destination",
                "Not delivered there",
                "We do not deliver there, or not in that way.",
            )
            .hint("Choose a country and a delivery from the list."),
        }
    }
}

fn code_problem(code: &str, reason: &'static str) -> Problem {
    let max = if reason == "kept" { CODES_MAX } else { CODE_LENGTH_MAX };
    let why = match reason {
        "form" => format!("A code is 1 to {max} letters and digits."),
        "kept" => format!("A cart keeps at most {max} codes. Take one out first."),
        "unknown" => format!("There is no code “{code}”."),
        "used_up" => format!("The code “{code}” has been used up."),
        _ => format!("The code “{code}” cannot be used at the moment."),
    };
    Problem::new(422, "code", "The code cannot be used", why)
        .with("reason", reason)
        .with("code", code)
        .with("max", max)
}
