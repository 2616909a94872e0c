//! Amounts of money: whole minor units and a currency, never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Currency;

/// The largest amount Kiosk accepts anywhere, in minor units (Stripe's limit is 99,999,999).
pub const MINOR_MAX: i64 = 99_999_999;

/// An amount in minor units (pence, cents, yen) of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units: 1299 is £12.99.
    pub minor: i64,
    /// The currency the units belong to.
    pub currency: Currency,
}

/// Why a text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotMoney {
    /// Not digits with at most one decimal point.
    Form,
    /// More decimals than the currency has; how many were written.
    Decimals(usize),
    /// Above [`MINOR_MAX`].
    TooLarge,
}

impl Money {
    /// An amount of minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Reads a plain decimal such as `18.50`: digits, one point, at most the currency's decimals.
    ///
    /// # Errors
    /// [`NotMoney`] says what is wrong with the text.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, NotMoney> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(decimals) || text.ends_with('.') {
            return Err(NotMoney::Form);
        }
        let exponent = currency.exponent() as usize;
        if decimals.len() > exponent {
            return Err(NotMoney::Decimals(decimals.len()));
        }
        let padded = format!("{whole}{decimals:0<exponent$}");
        match padded.parse::<i64>() {
            Ok(minor) if minor <= MINOR_MAX => Ok(Self { minor, currency }),
            _ => Err(NotMoney::TooLarge),
        }
    }

    /// The number alone, with the currency's decimals: `12.99`, `-0.50`, `1200`.
    #[must_use]
    pub fn decimal(&self) -> String {
        let sign = if self.minor < 0 { "-" } else { "" };
        let units = self.minor.unsigned_abs();
        let scale = self.currency.scale().unsigned_abs();
        match self.currency.exponent() as usize {
            0 => format!("{sign}{units}"),
            width => format!("{sign}{}.{:0width$}", units / scale, units % scale),
        }
    }
}

impl fmt::Display for Money {
    /// As an English reader expects it: `£1,234.50`, `-£0.50`, `KWD 1.250`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimal = Self::new(self.minor.saturating_abs(), self.currency).decimal();
        let (whole, rest) = decimal.split_once('.').unwrap_or((&decimal, ""));
        let grouped = group_thousands(whole);
        let symbol = self.currency.symbol();
        let space = if symbol.ends_with(char::is_alphabetic) { "\u{a0}" } else { "" };
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{sign}{symbol}{space}{grouped}")?;
        if rest.is_empty() { Ok(()) } else { write!(f, ".{rest}") }
    }
}

fn group_thousands(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    // S0.25, S3.49: exact integers, currencies with 0, 2 and 3 decimals.
    #[test]
    fn decimals_follow_the_currency() {
        for (code, text, minor) in [
            ("GBP", "12.99", 1299),
            ("GBP", "12", 1200),
            ("JPY", "980", 980),
            ("KWD", "1.25", 1250),
        ] {
            assert_eq!(Money::parse(text, currency(code)).unwrap().minor, minor, "{text}");
        }
        assert_eq!(Money::parse("18.505", Currency::GBP), Err(NotMoney::Decimals(3)));
        assert_eq!(Money::parse("18.5", currency("JPY")), Err(NotMoney::Decimals(1)));
        for bad in ["", ".", "1.", ".5", "-1", "1e3", "1_000", "£5", "٣", "1,00", " 1"] {
            assert_eq!(Money::parse(bad, Currency::GBP), Err(NotMoney::Form), "{bad}");
        }
        assert_eq!(Money::parse("99999999999999999999", Currency::GBP), Err(NotMoney::TooLarge));
        assert_eq!(Money::parse("999999.99", Currency::GBP).unwrap().minor, MINOR_MAX);
        assert_eq!(Money::parse("1000000.00", Currency::GBP), Err(NotMoney::TooLarge));
    }

    // S4.17: prices are shown as people write them.
    #[test]
    fn amounts_read_well() {
        assert_eq!(Money::new(123_450, Currency::GBP).to_string(), "£1,234.50");
        assert_eq!(Money::new(-50, Currency::GBP).to_string(), "-£0.50");
        assert_eq!(Money::new(1250, currency("KWD")).to_string(), "KWD\u{a0}1.250");
        assert_eq!(Money::new(980, currency("JPY")).to_string(), "¥980");
        assert_eq!(Money::new(0, Currency::GBP).to_string(), "£0.00");
        let written = [-1250, 0, 5].map(|minor| Money::new(minor, Currency::GBP).decimal());
        assert_eq!(written, ["-12.50", "0.00", "0.05"]);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read_back(minor in 0..=MINOR_MAX, code in 0..3usize) {
            let money = Money::new(minor, currency(["GBP", "JPY", "KWD"][code]));
            proptest::prop_assert_eq!(Money::parse(&money.decimal(), money.currency), Ok(money));
        }
    }
}
