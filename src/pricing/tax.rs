//! Tax: contained in prices or added to them, per line and on delivery, halves up.

use super::round::{WHOLE, half_up, share_of};
use super::{Book, TaxRate};

/// The rate on a class of goods in a country; nothing when the files name none.
pub(super) fn rate_on(book: &Book, class: &str, country: &str) -> u32 {
    let applies = |r: &&TaxRate| r.class == class && r.country.eq_ignore_ascii_case(country);
    book.tax_rates.iter().find(applies).map_or(0, |r| r.percent_bp)
}

/// The rate on delivery: the highest of the country's rates that also apply to shipping.
pub(super) fn rate_on_delivery(book: &Book, country: &str) -> u32 {
    let applies = |r: &&TaxRate| r.applies_to_shipping && r.country.eq_ignore_ascii_case(country);
    book.tax_rates.iter().filter(applies).map(|r| r.percent_bp).max().unwrap_or(0)
}

/// The tax in an amount (`included`), to the minor unit, or on it, in whole steps of the currency.
pub(super) fn tax(amount: i64, rate_bp: u32, included: bool, step: i64) -> i64 {
    if !included {
        return share_of(amount, rate_bp, step);
    }
    let rate = i128::from(rate_bp);
    half_up(i128::from(amount) * rate, i128::from(WHOLE) + rate)
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    // S2.7: tax is the last stage, half up.
    #[test]
    fn tax_is_contained_or_added() {
        assert_eq!(tax(1299, 2000, true, 1), 217);
        assert_eq!(tax(499, 2000, true, 1), 83);
        assert_eq!(tax(1299, 2000, false, 1), 260);
        assert_eq!(tax(1299, 0, true, 1), 0);
        // S3.49: what is charged is whole steps, what is contained is not charged.
        assert_eq!((tax(12_990, 500, false, 10), tax(12_990, 500, true, 10)), (650, 619));
        assert_eq!(tax(i64::MAX, u32::MAX, false, 1), i64::MAX);
    }

    #[test]
    fn delivery_takes_the_highest_rate_that_reaches_it() {
        let mut book = Sample::new().book();
        book.tax_rates.push(TaxRate {
            class: "books".to_owned(),
            country: "GB".to_owned(),
            percent_bp: 500,
            applies_to_shipping: true,
        });
        assert_eq!(rate_on_delivery(&book, "gb"), 2000);
        assert_eq!(rate_on_delivery(&book, "FR"), 0);
        assert_eq!(rate_on(&book, "books", "GB"), 500);
        assert_eq!(rate_on(&book, "unknown", "GB"), 0);
    }
}
