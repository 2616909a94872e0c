//! Amounts as Stripe counts them. Pure.
//!
//! Stripe counts in minor units as we do, with a few currencies of its own mind. Where an amount
//! has no exact twin over there it is refused: nothing is ever rounded.

use crate::base::{Currency, Money};

/// Largest amount of one payment, in Stripe's minor units: eight digits, but for IDR twelve.
const LARGEST: i64 = 99_999_999;
const LARGEST_IDR: i64 = 999_999_999_999;

/// Smallest amounts, in Stripe's minor units. They hold in the currency the account is paid out
/// in, so for other currencies Stripe itself has the last word.
const SMALLEST: &[(&str, i64)] = &[
    ("AED", 200),
    ("AUD", 50),
    ("BGN", 100),
    ("BRL", 50),
    ("CAD", 50),
    ("CHF", 50),
    ("CZK", 1500),
    ("DKK", 250),
    ("EUR", 50),
    ("GBP", 30),
    ("HKD", 400),
    ("HUF", 17_500),
    ("INR", 50),
    ("JPY", 50),
    ("MXN", 1000),
    ("MYR", 200),
    ("NOK", 300),
    ("NZD", 50),
    ("PLN", 200),
    ("RON", 200),
    ("SEK", 300),
    ("SGD", 50),
    ("THB", 1000),
    ("USD", 50),
];

/// Counted by Stripe with two decimals that must be 00, though the currency has none.
const HUNDREDFOLD: &[&str] = &["ISK", "UGX"];
/// Counted by Stripe without decimals, though the currency has two.
const WHOLE: &[&str] = &["MGA"];

/// What Stripe calls this amount of ours, minor units; an error is a sentence.
pub(super) fn to_stripe(amount_minor: i64, currency: Currency) -> Result<i64, String> {
    let code = currency.code();
    let step = currency.step();
    if amount_minor < 0 || amount_minor % step != 0 {
        let step = Money::new(step, currency);
        return Err(format!("amounts in {code} must be whole steps of {step}"));
    }
    let amount = if HUNDREDFOLD.contains(&code) {
        amount_minor.saturating_mul(100)
    } else if WHOLE.contains(&code) {
        amount_minor / 100
    } else {
        amount_minor
    };
    Ok(amount)
}

/// What we call this amount of Stripe's, minor units; none when it has no twin here.
pub(super) fn from_stripe(amount: i64, currency: Currency) -> Option<i64> {
    let code = currency.code();
    if HUNDREDFOLD.contains(&code) {
        (amount % 100 == 0).then_some(amount / 100)
    } else if WHOLE.contains(&code) {
        amount.checked_mul(100)
    } else {
        Some(amount)
    }
}

/// Why a payment of this total cannot be taken, in a sentence for the buyer; none when it can.
pub(super) fn objection(total_minor: i64, currency: Currency) -> Option<String> {
    let amount = match to_stripe(total_minor, currency) {
        Ok(amount) => amount,
        Err(why) => return Some(why),
    };
    let ours = |amount| Money::new(from_stripe(amount, currency).unwrap_or(amount), currency);
    let smallest = SMALLEST.iter().find(|(code, _)| *code == currency.code());
    if let Some((_, smallest)) = smallest.filter(|(_, smallest)| amount < *smallest) {
        let (least, missing) = (ours(*smallest), ours(*smallest - amount));
        return Some(format!("the smallest payment is {least}; {missing} is missing"));
    }
    let largest = if currency.code() == "IDR" { LARGEST_IDR } else { LARGEST };
    (amount > largest).then(|| {
        let (most, over) = (ours(largest), ours(amount - largest));
        format!("the largest payment is {most}; this is {over} more")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    // S2.127: every kind of currency, there and back.
    #[test]
    fn amounts_have_exact_twins() {
        for (code, ours, theirs) in [
            ("GBP", 1999, 1999),
            ("JPY", 500, 500),
            ("KWD", 5120, 5120),
            ("ISK", 500, 50_000),
            ("UGX", 1200, 120_000),
            ("MGA", 120_000, 1200),
            ("HUF", 17_500, 17_500),
        ] {
            assert_eq!(to_stripe(ours, currency(code)), Ok(theirs), "{code}");
            assert_eq!(from_stripe(theirs, currency(code)), Some(ours), "{code}");
        }
        assert!(to_stripe(5123, currency("KWD")).unwrap_err().contains("KWD"));
        assert!(to_stripe(150, currency("MGA")).is_err());
        assert!(to_stripe(-1, currency("GBP")).is_err());
        assert_eq!(from_stripe(50_001, currency("ISK")), None);
    }

    // S0.11: too little and too much are said with what is missing, to the penny.
    #[test]
    fn amounts_that_are_not_taken_are_said() {
        let gbp = |minor| objection(minor, Currency::GBP);
        assert!(gbp(29).unwrap().contains("0.01"), "{:?}", gbp(29));
        assert_eq!((gbp(30), gbp(LARGEST)), (None, None));
        assert!(gbp(LARGEST + 1).unwrap().contains("largest"));
        let rupiah = |minor| objection(minor, currency("IDR"));
        assert_eq!((rupiah(LARGEST + 1), rupiah(LARGEST_IDR)), (None, None));
        assert!(rupiah(LARGEST_IDR + 1).unwrap().contains("largest"));
        assert_eq!(objection(1, currency("ISK")), None, "no smallest amount is known");
        let forint = objection(17_499, currency("HUF")).unwrap();
        assert!(forint.contains("175"), "{forint}");
    }
}
