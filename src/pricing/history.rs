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

/// The lowest price of the thirty days before the present reduction began; one that grows step by
/// step began with its first step, one that becomes smaller is a new one. `shown` ends with the
/// present price. None when that is not reduced, or nothing is known of the time before.
#[must_use]
pub fn prior_price(shown: &[Shown]) -> Option<i64> {
    shown.last().filter(|present| present.is_reduced)?;
    let (first, began) = (first_needed(shown), beginning(shown));
    shown[first..began].iter().map(|one| one.price_minor).min()
}

/// The first of these prices that can still matter; the last is the present one.
#[must_use]
pub fn first_needed(shown: &[Shown]) -> usize {
    let Some(began) = shown.get(beginning(shown)) else { return 0 };
    let from = began.since.plus_s(-WINDOW_S);
    let ends = shown.iter().skip(1).map(|next| next.since);
    ends.take_while(|end| *end <= from).count()
}

/// Where the present reduction began; the present price when it is none.
fn beginning(shown: &[Shown]) -> usize {
    let mut began = shown.len().saturating_sub(1);
    while began > 0
        && shown[began].is_reduced
        && shown[began - 1].is_reduced
        && shown[began - 1].price_minor >= shown[began].price_minor
    {
        began -= 1;
    }
    began
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
        // A sale that grows began with its first step; one that is smaller is another one.
        let deeper = [(0, 2000, false), (10, 1800, true), (12, 1500, true), (14, 1700, true)];
        assert_eq!(on_days(&deeper[..3]), Some(2000));
        assert_eq!(on_days(&deeper), Some(1500));
        // It is over.
        assert_eq!(on_days(&[(0, 2000, false), (5, 1400, true), (9, 2000, false)]), None);
    }

    #[test]
    fn what_lies_too_far_back_is_not_needed() {
        let shown = |days: &[(i64, bool)]| -> Vec<Shown> {
            let one = |&(day, is_reduced): &(i64, bool)| Shown {
                since: Instant(0).plus_s(day * DAY_S),
                price_minor: 1000,
                is_reduced,
            };
            days.iter().map(one).collect()
        };
        assert_eq!((first_needed(&[]), first_needed(&shown(&[(0, false)]))), (0, 0));
        assert_eq!(first_needed(&shown(&[(0, false), (10, false), (35, false)])), 0);
        assert_eq!(first_needed(&shown(&[(0, false), (10, false), (40, false)])), 1);
        // A long reduction needs the time before it for as long as it lasts.
        assert_eq!(first_needed(&shown(&[(0, false), (100, true), (400, true)])), 0);
    }
}
