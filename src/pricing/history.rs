//! Which former price must stand beside a reduced one. Pure.

use crate::base::Instant;

/// How long before a reduction the lowest price is looked for, seconds.
const WINDOW_S: i64 = 30 * 86_400;

/// A price as buyers were shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The first moment; it lasts until the next one's.
    pub since: Instant,
    /// The price, minor units.
    pub price_minor: i64,
    /// Whether it stood there as a reduction.
    pub is_reduced: bool,
}

impl Shown {
    /// Whether a page says the same with both.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.price_minor, self.is_reduced) == (other.price_minor, other.is_reduced)
    }
}

/// The lowest price of the thirty days before the present reduction began; a reduction that grows
/// began with its first step. `shown` ends with the present price. None when that is not reduced,
/// or nothing is known of the time before.
#[must_use]
pub fn prior_price(shown: &[Shown]) -> Option<i64> {
    let full = shown.iter().rposition(|one| !one.is_reduced)?;
    let began = shown.get(full + 1)?.since;
    let from = began.plus_s(-WINDOW_S);
    let ends = shown.iter().skip(1).map(|next| next.since);
    let before = shown.iter().zip(ends).take(full + 1);
    before.filter(|(_, end)| *end > from).map(|(one, _)| one.price_minor).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_S: i64 = 86_400;

    /// Prices by day; those above 1000 are nobody's reduction.
    fn on_days(days: &[(i64, i64, bool)]) -> Option<i64> {
        let shown = days.iter().map(|&(day, price_minor, is_reduced)| Shown {
            since: Instant(0).plus_s(day * DAY_S),
            price_minor,
            is_reduced,
        });
        prior_price(&shown.collect::<Vec<_>>())
    }

    // N14: the calendar, sales that follow and overlap each other included.
    #[test]
    fn the_lowest_price_of_thirty_days_before_the_reduction() {
        let no_sale = [(0, 2000, false)];
        assert_eq!(on_days(&no_sale), None);
        assert_eq!(on_days(&[(0, 1500, true)]), None, "nothing is known of before");
        assert_eq!(on_days(&[(0, 2000, false), (10, 1500, true)]), Some(2000));
        // Raised shortly before, so that the reduction looks larger.
        let raised = [(0, 2000, false), (20, 2600, false), (30, 1900, true)];
        assert_eq!(on_days(&raised), Some(2000));
        // The last day of the lower price lies exactly thirty days back, or one second less.
        let long_ago = [(0, 2000, false), (20, 2600, false), (50, 1900, true)];
        assert_eq!(on_days(&long_ago), Some(2600));
        // The sale before ended ten days ago: its price was the lowest.
        let again = [(0, 2000, false), (5, 1400, true), (15, 2000, false), (25, 1500, true)];
        assert_eq!(on_days(&again), Some(1400));
        // A sale that grows, and one that follows without a day between.
        let deeper = [(0, 2000, false), (10, 1800, true), (12, 1500, true), (14, 1700, true)];
        assert_eq!(on_days(&deeper), Some(2000));
        // It is over.
        assert_eq!(on_days(&[(0, 2000, false), (5, 1400, true), (9, 2000, false)]), None);
    }
}
