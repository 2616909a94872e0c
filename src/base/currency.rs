//! ISO 4217 currencies and how many decimals each one has.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Currencies without decimals (ISO 4217 exponent 0).
const ZERO: &[&str] = &[
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
/// Currencies with three decimals (ISO 4217 exponent 3).
const THREE: &[&str] = &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];
/// With three decimals, of which the last is always 0 when it is charged.
const TENS: &[&str] = &["BHD", "JOD", "KWD", "OMR", "TND"];
/// Currencies with two decimals (ISO 4217 exponent 2).
const TWO: &[&str] = &[
    "AED", "AFN", "ALL", "AMD", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BMD",
    "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CNY", "COP",
    "CRC", "CUP", "CVE", "CZK", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS",
    "INR", "IRR", "JMD", "KES", "KGS", "KHR", "KPW", "KYD", "KZT", "LAK", "LBP", "LKR", "LRD",
    "LSL", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR", "MWK", "MXN",
    "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "PAB", "PEN", "PGK", "PHP", "PKR",
    "PLN", "QAR", "RON", "RSD", "RUB", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD", "SHP", "SLE",
    "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TOP", "TRY", "TTD",
    "TWD", "TZS", "UAH", "USD", "UYU", "UZS", "VES", "WST", "XCD", "YER", "ZAR", "ZMW",
];

impl Currency {
    /// Pound sterling.
    pub const GBP: Self = Self(*b"GBP");

    /// The currency with this upper-case ISO code, when there is one.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        let known = [TWO, ZERO, THREE].iter().any(|list| list.contains(&code));
        known.then(|| code.as_bytes().try_into().ok().map(Self)).flatten()
    }

    /// The ISO 4217 code, upper case.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// How many decimals a price has: 0, 2 or 3 (ISO 4217 "minor unit").
    #[must_use]
    pub fn exponent(&self) -> u32 {
        match self.code() {
            code if ZERO.contains(&code) => 0,
            code if THREE.contains(&code) => 3,
            _ => 2,
        }
    }

    /// Minor units in one major unit: 1, 100 or 1000.
    #[must_use]
    pub fn scale(&self) -> i64 {
        10_i64.pow(self.exponent())
    }

    /// The least by which two amounts that are charged differ, minor units: cards are charged in
    /// hundredths where a currency has thousandths, and in whole ariary (Stripe, "Currencies").
    #[must_use]
    pub fn step(&self) -> i64 {
        match self.code() {
            code if TENS.contains(&code) => 10,
            "MGA" => 100,
            _ => 1,
        }
    }

    /// The sign people write, the same in all languages; the code where there is no such sign.
    #[must_use]
    pub fn symbol(&self) -> &str {
        match self.code() {
            "GBP" => "£",
            "EUR" => "€",
            "USD" | "AUD" | "CAD" | "NZD" | "HKD" | "SGD" | "MXN" | "ARS" | "CLP" | "COP" => "$",
            "JPY" | "CNY" => "¥",
            "SEK" | "NOK" | "DKK" | "ISK" => "kr",
            "PLN" => "zł",
            "CZK" => "Kč",
            "HUF" => "Ft",
            "BRL" => "R$",
            "ZAR" => "R",
            "INR" => "₹",
            "KRW" => "₩",
            "TRY" => "₺",
            "UAH" => "₴",
            "ILS" => "₪",
            "THB" => "฿",
            "PHP" => "₱",
            "VND" => "₫",
            code => code,
        }
    }

    /// Every code known, for suggestions.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        TWO.iter().chain(ZERO).chain(THREE).copied()
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let code = String::deserialize(d)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("unknown currency"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    // S3.49: every code is known by its own name, with its own decimals.
    #[test]
    fn codes_are_known_with_their_decimals() {
        assert_eq!(Currency::codes().count(), TWO.len() + ZERO.len() + THREE.len());
        assert!(Currency::codes().all(|code| currency(code).code() == code));
        for (code, exponent, scale) in [("GBP", 2, 100), ("JPY", 0, 1), ("KWD", 3, 1000)] {
            assert_eq!((currency(code).exponent(), currency(code).scale()), (exponent, scale));
        }
        for (code, step) in [("GBP", 1), ("JPY", 1), ("IQD", 1), ("KWD", 10), ("MGA", 100)] {
            assert_eq!(currency(code).step(), step, "{code}");
        }
        assert!(TENS.iter().all(|code| THREE.contains(code)));
        for unknown in ["", "gbp", "GB", "XXX", "GBPX"] {
            assert_eq!(Currency::parse(unknown), None, "{unknown}");
        }
    }

    // S4.17: signs people write, the same in all languages.
    #[test]
    fn signs_are_those_people_write() {
        let signs = [
            ("£", "GBP"),
            ("€", "EUR"),
            ("$", "USD AUD CAD NZD HKD SGD MXN ARS CLP COP"),
            ("¥", "JPY CNY"),
            ("kr", "SEK NOK DKK ISK"),
            ("zł", "PLN"),
            ("Kč", "CZK"),
            ("Ft", "HUF"),
            ("R$", "BRL"),
            ("R", "ZAR"),
            ("₹", "INR"),
            ("₩", "KRW"),
            ("₺", "TRY"),
            ("₴", "UAH"),
            ("₪", "ILS"),
            ("฿", "THB"),
            ("₱", "PHP"),
            ("₫", "VND"),
            ("CHF", "CHF"),
        ];
        for (sign, codes) in signs {
            assert!(codes.split(' ').all(|code| currency(code).symbol() == sign), "{sign}");
        }
    }

    #[test]
    fn a_currency_is_written_as_its_code() {
        assert_eq!(serde_json::to_string(&Currency::GBP).unwrap(), "\"GBP\"");
        assert_eq!(serde_json::from_str::<Currency>("\"JPY\"").unwrap(), currency("JPY"));
        assert!(serde_json::from_str::<Currency>("\"gbp\"").is_err());
    }
}
