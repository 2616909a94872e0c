//! The nouns of the room.

use std::collections::HashMap;

use serde::Serialize;

use super::lift::Counts;

/// Which products are suggested beside which, at one moment.
#[derive(Debug, Default)]
pub struct Together {
    /// Another one when any list is another one.
    pub revision: i64,
    pub(super) lists: HashMap<String, Vec<String>>,
}

impl Together {
    /// Others to suggest beside a product, best first, by slug.
    #[must_use]
    pub fn with(&self, product: &str) -> &[String] {
        self.lists.get(product).map_or(&[], Vec::as_slice)
    }

    /// Every product that others are suggested beside, with them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Vec<String>)> {
        self.lists.iter()
    }
}

/// How far counting and ranking have come.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub orders: i64,
    pub ranked_orders: i64,
    pub ranked_at: Option<crate::base::Instant>,
    pub ranking_after: Option<String>,
}

/// A product that was bought together with the one asked about.
#[derive(Clone, Debug)]
pub(super) struct Other {
    pub slug: String,
    pub both: u32,
    pub orders: u32,
    pub score: Option<i64>,
}

/// Why a product is, or is not, suggested beside another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The other product.
    pub other: String,
    /// Paid orders with both.
    pub both: u32,
    /// Paid orders with the product asked about.
    pub product_orders: u32,
    /// Paid orders with the other.
    pub other_orders: u32,
    /// All paid orders.
    pub all_orders: u32,
    /// How much more often than by chance, percent.
    pub lift_percent: u64,
    /// Whether it is suggested now.
    pub is_suggested: bool,
}

impl Reason {
    pub(super) fn of(other: Other, counts: Counts) -> Self {
        Self {
            other: other.slug,
            both: counts.both,
            product_orders: counts.product,
            other_orders: counts.other,
            all_orders: counts.all,
            lift_percent: counts.lift_percent(),
            is_suggested: other.score.is_some(),
        }
    }

    /// The reason in a sentence without its subject: "bought together in 14 of 60 orders with
    /// Everyday mug, 3.1× as often as by chance".
    #[must_use]
    pub fn sentence(&self, product_title: &str) -> String {
        let (whole, tenth) = (self.lift_percent / 100, self.lift_percent % 100 / 10);
        let orders = if self.product_orders == 1 { "order" } else { "orders" };
        format!(
            "bought together in {} of {} {orders} with {product_title}, {whole}.{tenth}× as often \
             as by chance",
            self.both, self.product_orders
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.54: explained.
    #[test]
    fn a_reason_is_one_sentence() {
        let other = Other { slug: "plate".into(), both: 14, orders: 15, score: Some(1) };
        let counts = Counts { both: 14, product: 60, other: 15, all: 200 };
        let reason = Reason::of(other, counts);
        let said =
            "bought together in 14 of 60 orders with Everyday mug, 3.1× as often as by chance";
        assert_eq!(reason.sentence("Everyday mug"), said);
    }
}
