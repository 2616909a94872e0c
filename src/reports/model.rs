//! The nouns of the room: takings, days, products, buyers.

use serde::Serialize;

use super::days::Days;
use crate::base::{Currency, Instant};

/// What came in and went back in some time, in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Takings {
    /// Orders whose money came.
    pub orders: i64,
    /// What was paid for them, minor units.
    pub paid_minor: i64,
    /// Refunds that went through.
    pub refunds: i64,
    /// What went back with them, minor units.
    pub refunded_minor: i64,
}

impl Takings {
    /// Revenue: what was paid less what went back.
    #[must_use]
    pub fn net_minor(&self) -> i64 {
        self.paid_minor - self.refunded_minor
    }

    /// What an order brought on average, halves up; nothing without orders.
    #[must_use]
    pub fn average_minor(&self) -> Option<i64> {
        (self.orders > 0).then(|| (2 * self.paid_minor + self.orders) / (2 * self.orders))
    }

    /// The two together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            orders: self.orders + other.orders,
            paid_minor: self.paid_minor + other.paid_minor,
            refunds: self.refunds + other.refunds,
            refunded_minor: self.refunded_minor + other.refunded_minor,
        }
    }
}

/// The takings of a day beside those of the same weekday the week before, or of a month beside
/// those of the month before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Which days.
    pub days: Days,
    /// Theirs.
    pub takings: Takings,
    /// Those of the days they are compared with.
    pub before: Takings,
}

/// What a product or bundle brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProductSales {
    /// `product` or `bundle`.
    pub kind: String,
    /// SKU or bundle slug it was sold under.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Title as it was last sold.
    pub title: String,
    /// Units sold less units that went back.
    pub units: i64,
    /// What was paid for them less what went back for them, minor units.
    pub net_minor: i64,
}

/// An order as lists of the desk's front page show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Queued {
    /// Number.
    pub number: String,
    /// Who receives it.
    pub name: String,
    /// Payment status.
    pub payment: String,
    /// Fulfilment status.
    pub fulfilment: String,
    /// Currency of the amount.
    pub currency: Currency,
    /// Total, minor units.
    pub total_minor: i64,
    /// When it was placed.
    pub placed_at: Instant,
    /// When its money came.
    pub paid_at: Option<Instant>,
    /// Whether its goods are packed.
    pub is_packed: bool,
}

/// Carts that somebody left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// How many.
    pub carts: i64,
    /// What is in them, minor units of the shop's currency.
    pub value_minor: i64,
}

/// Somebody who ordered, known by their e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// Address as last written.
    pub email: String,
    /// Name on the newest order.
    pub name: String,
    /// Number of the newest order; names the customer in addresses of the desk.
    pub last_number: String,
    /// Country of the newest order.
    pub country: String,
    /// When that was placed.
    pub last_at: Instant,
    /// Row of the newest order, for the next page.
    pub row: i64,
    /// Orders placed.
    pub orders: i64,
    /// Orders paid.
    pub paid_orders: i64,
    /// Paid less given back, minor units, by currency.
    pub spent: Vec<(Currency, i64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    // S3.50: net of refunds; the average is rounded once.
    #[test]
    fn takings_are_whole_numbers() {
        let day = Takings { orders: 2, paid_minor: 1001, refunds: 1, refunded_minor: 1200 };
        assert_eq!((day.net_minor(), day.average_minor()), (-199, Some(501)));
        assert_eq!(Takings::default().average_minor(), None);
        assert_eq!(day.plus(day).paid_minor, 2002);
    }
}
