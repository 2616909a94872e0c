//! Rounding, and arithmetic that cannot overflow: every product is made in 128 bits.

use crate::base::Money;

/// The largest price of a line the engine computes with, in minor units. It lies far above what
/// can be charged, and far enough below `i64::MAX` that sums stay exact for any real basket.
pub(super) const CEILING: i64 = 1_000_000_000_000_000;

/// A whole, in basis points.
pub(super) const WHOLE: u32 = 10_000;

/// `numerator ÷ denominator` to the nearest whole number, halves up. Neither may be negative.
pub(super) fn half_up(numerator: i128, denominator: i128) -> i64 {
    let denominator = denominator.max(1);
    narrow((2 * numerator.max(0) + denominator) / (2 * denominator))
}

/// The same to the nearest whole step of a currency ([`crate::base::Currency::step`]).
pub(super) fn half_up_to(step: i64, numerator: i128, denominator: i128) -> i64 {
    half_up(numerator, denominator.max(1) * i128::from(step)).saturating_mul(step)
}

/// A share of an amount, in basis points, in whole steps, halves up.
pub(super) fn share_of(amount: i64, basis_points: u32, step: i64) -> i64 {
    half_up_to(step, i128::from(amount) * i128::from(basis_points), i128::from(WHOLE))
}

/// `unit × quantity`, at most [`CEILING`].
pub(super) fn times(unit: i64, quantity: u32) -> i64 {
    narrow(i128::from(unit) * i128::from(quantity)).min(CEILING)
}

/// The sum of some amounts.
pub(super) fn sum(amounts: impl IntoIterator<Item = i64>) -> i64 {
    narrow(amounts.into_iter().map(i128::from).sum())
}

/// A price as the files give it, forced into what the engine computes with: whole steps.
pub(super) fn price(minor: i64, step: i64) -> i64 {
    let minor = minor.clamp(0, CEILING);
    minor - minor % step
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value.max(0)).unwrap_or(i64::MAX)
}

/// Basis points as people write them: `10%`, `12.5%`, `0.25%`.
pub(super) fn percent(basis_points: u32) -> String {
    // A percentage of two decimals is written like an amount of two decimals.
    let text = Money::new(i64::from(basis_points), crate::base::Currency::GBP).decimal();
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    // S0.25: rounding in integers, halves up.
    #[test]
    fn halves_go_up() {
        for (numerator, denominator, whole) in [(5, 2, 3), (4, 3, 1), (5, 3, 2), (0, 7, 0)] {
            assert_eq!(half_up(numerator, denominator), whole, "{numerator}/{denominator}");
        }
        assert_eq!(share_of(1299, 1000, 1), 130);
        assert_eq!(share_of(4374, 1250, 1), 547);
        assert_eq!(half_up(-5, 0), 0);
    }

    // S3.49: where thousandths are not charged, what is computed has none.
    #[test]
    fn steps_are_whole() {
        assert_eq!(share_of(12_990, 1000, 10), 1300);
        assert_eq!(share_of(12_940, 1000, 10), 1290);
        assert_eq!([half_up_to(10, 15, 1), half_up_to(10, 14, 1)], [20, 10]);
        assert_eq!((price(1299, 10), price(1299, 1)), (1290, 1299));
    }

    #[test]
    fn the_largest_numbers_stay_in_range() {
        assert_eq!(times(i64::MAX, u32::MAX), CEILING);
        assert_eq!(sum([i64::MAX, i64::MAX]), i64::MAX);
        assert_eq!(share_of(i64::MAX, u32::MAX, 1), i64::MAX);
        assert_eq!(price(-1, 1), 0);
    }

    #[test]
    fn percentages_read_well() {
        let shown = [1000, 1250, 25, 10_000, 0].map(percent);
        assert_eq!(shown, ["10%", "12.5%", "0.25%", "100%", "0%"]);
    }
}
