//! Values that catalog and pricing files share, read from what an editor wrote.

use crate::base::country::COUNTRIES;
use crate::base::folding::fold;
use crate::base::ids::Sku;
use crate::base::money::{MINOR_MAX, NotMoney};
use crate::base::slug::is_slug;
use crate::base::{Currency, Instant, Money};
use crate::platform::content::{Field, Table, Wrong};

use super::model::Status;

/// The three words of a status.
pub const STATUS: &[(&str, Status)] =
    &[("draft", Status::Draft), ("live", Status::Live), ("archived", Status::Archived)];

/// Reads an amount in minor units: plain digits and at most the currency's decimals, in steps in
/// which it can be charged.
///
/// # Errors
/// When it is no amount of this currency.
pub fn money(key: &str, text: &str, currency: Currency) -> Result<i64, Wrong> {
    let read = Money::parse(text, currency);
    let whole = |minor: i64| Money::new(minor - minor % currency.step(), currency);
    let example = whole(1299 * currency.scale() / 100).decimal();
    match read {
        Ok(money) if money == whole(money.minor) => Ok(money.minor),
        Ok(money) => {
            let (code, step) = (currency.code(), Money::new(currency.step(), currency).decimal());
            let message = format!("{key} cannot be charged: {code} goes in steps of {step}");
            let near = whole(money.minor).decimal();
            Err(Wrong::error("money-step", message).hint(format!("write {key} = {near}")))
        }
        Err(NotMoney::Decimals(written)) => {
            let (code, has) = (currency.code(), currency.exponent());
            let shown = cut(text, has as usize);
            let message = format!(
                "{key} has {} decimals; {code} has {}",
                number(written),
                none(has as usize)
            );
            Err(Wrong::error("money-decimals", message).hint(format!("write {key} = {shown}")))
        }
        Err(NotMoney::TooLarge) => {
            let most = Money::new(MINOR_MAX, currency);
            Err(Wrong::error("money-too-large", format!("{key} is more than {most}"))
                .hint("check where the point stands"))
        }
        Err(NotMoney::Form) => {
            let wrong = Wrong::error("money-form", format!("{key}: `{text}` is not an amount"));
            let hint = match text {
                _ if text.starts_with('-') => "amounts are never negative".to_owned(),
                _ if text.contains(['e', 'E', '_']) => {
                    format!("write all digits plainly, such as {key} = {example}")
                }
                _ if text.contains(',') => {
                    let point = text.replace(',', ".");
                    let meant = Money::parse(&point, currency).map_or(example, |_| point);
                    format!("decimals follow a point: {key} = {meant}")
                }
                _ => format!("write digits and a point, without a sign: {key} = {example}"),
            };
            Err(wrong.hint(hint))
        }
    }
}

fn cut(text: &str, decimals: usize) -> String {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    match decimals {
        0 => whole.to_owned(),
        _ => format!("{whole}.{}", rest.get(..decimals).unwrap_or(rest)),
    }
}

fn none(n: usize) -> String {
    if n == 0 { "none".to_owned() } else { number(n) }
}

fn number(n: usize) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six"];
    words.get(n).map_or_else(|| n.to_string(), |w| (*w).to_owned())
}

/// Reads an amount above zero.
///
/// # Errors
/// When it is no amount of this currency, or nothing.
pub fn money_above_zero(key: &str, text: &str, currency: Currency) -> Result<i64, Wrong> {
    match money(key, text, currency)? {
        0 => Err(Wrong::error("money-zero", format!("{key} is zero"))
            .hint(format!("write an amount above zero, or remove {key}"))),
        minor => Ok(minor),
    }
}

/// Reads a percentage such as `12.5` to basis points.
///
/// # Errors
/// When it is not a plain decimal with at most two decimals.
pub fn percent_bp(key: &str, text: &str) -> Result<u32, Wrong> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let form = !whole.is_empty() && digits(whole) && digits(rest) && !text.ends_with('.');
    if !form || whole.len() > 6 {
        return Err(Wrong::error("percent-form", format!("{key}: `{text}` is not a percentage"))
            .hint(format!("write the number alone, such as {key} = \"12.5\"")));
    }
    if rest.len() > 2 {
        let message = format!("{key} has {} decimals; a percentage has two", number(rest.len()));
        return Err(Wrong::error("percent-decimals", message)
            .hint(format!("write {key} = \"{}\"", cut(text, 2))));
    }
    format!("{whole}{rest:0<2}").parse().map_err(|_| {
        Wrong::error("percent-form", format!("{key}: `{text}` is not a percentage"))
            .hint(format!("write {key} = \"12.5\""))
    })
}

/// Reads a weight such as `450 g` or `1.2 kg` to grams.
///
/// # Errors
/// When it is not a number and `g` or `kg`, or not whole grams.
pub fn weight_g(text: &str) -> Result<u32, Wrong> {
    let form = || {
        Wrong::error("weight-form", format!("\"{text}\" is not a weight"))
            .hint("write grams or kilograms: \"450 g\" or \"1.2 kg\"")
    };
    let split = text.find(|c: char| c != '.' && !c.is_ascii_digit()).ok_or_else(form)?;
    let (amount, unit) = text.split_at(split);
    let decimals = match unit.trim() {
        "g" => 0,
        "kg" => 3,
        _ => return Err(form()),
    };
    let (whole, rest) = amount.split_once('.').unwrap_or((amount, ""));
    let fits = !whole.is_empty() && !amount.ends_with('.') && !rest.contains('.');
    if !fits || rest.len() > decimals {
        return Err(form());
    }
    let grams = format!("{whole}{rest:0<decimals$}").parse::<u32>().ok();
    grams.filter(|g| (1..=1_000_000).contains(g)).ok_or_else(|| {
        Wrong::error("weight-range", format!("\"{text}\" is not a weight one can post"))
            .hint("write between \"1 g\" and \"1000 kg\"")
    })
}

/// Reads a SKU.
///
/// # Errors
/// When it has other characters than a SKU may have.
pub fn sku(text: &str) -> Result<Sku, Wrong> {
    Sku::parse(text).ok_or_else(|| {
        Wrong::error("sku-form", format!("\"{text}\" cannot be a SKU"))
            .hint("use 1 to 64 letters, digits, `-`, `_` and `.`, without spaces")
    })
}

/// Reads a slug.
///
/// # Errors
/// When it has other characters than a slug may have.
pub fn slug(text: &str) -> Result<String, Wrong> {
    if is_slug(text) {
        return Ok(text.to_owned());
    }
    let wrong = Wrong::error("slug-form", format!("\"{text}\" cannot be part of an address"));
    let likely = slug_from(text);
    Err(match is_slug(&likely) {
        true => wrong.hint(format!("write \"{likely}\"")),
        false => wrong.hint("use lower-case letters, digits and single hyphens"),
    })
}

/// Whether a text is a colour such as `#8A3B1D`.
#[must_use]
pub fn is_swatch(text: &str) -> bool {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The slug somebody most likely meant; `Große Schüssel` is `grosse-schussel`.
#[must_use]
pub fn slug_from(text: &str) -> String {
    let mut out = String::new();
    for c in fold(text).chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.trim_end_matches('-').to_owned()
}

/// Reads a category path such as `tableware/mugs`.
///
/// # Errors
/// When a part of it cannot be a slug.
pub fn shelf_path(text: &str) -> Result<String, Wrong> {
    if text.split('/').all(is_slug) {
        return Ok(text.to_owned());
    }
    Err(Wrong::error("slug-form", format!("\"{text}\" cannot be a category"))
        .hint("write the category's file name, and after `/` the child: \"tableware/mugs\""))
}

/// Reads an ISO 3166 alpha-2 country code.
///
/// # Errors
/// When there is no such country.
pub fn country(text: &str) -> Result<String, Wrong> {
    let upper = text.to_uppercase();
    let known = |code: &str| COUNTRIES.iter().any(|(country, _)| *country == code);
    if known(text) {
        return Ok(text.to_owned());
    }
    let wrong = Wrong::error("country-unknown", format!("\"{text}\" is not a country code"));
    Err(match upper.as_str() {
        "UK" => wrong.hint("the United Kingdom is \"GB\"").fix("\"GB\""),
        "EL" => wrong.hint("Greece is \"GR\"").fix("\"GR\""),
        code if known(code) => wrong.hint(format!("write \"{upper}\"")).fix(format!("\"{upper}\"")),
        _ => wrong.hint("use two capital letters of ISO 3166, such as \"GB\", \"IE\" or \"FR\""),
    })
}

/// Reads a GTIN (EAN, UPC) and checks its last digit.
///
/// # Errors
/// When it has a wrong length, other characters, or the check digit is wrong.
pub fn gtin(text: &str) -> Result<String, Wrong> {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() != text.chars().count() || !matches!(digits.len(), 8 | 12 | 13 | 14) {
        return Err(Wrong::error("gtin-form", format!("\"{text}\" is not a GTIN"))
            .hint("write its 8, 12, 13 or 14 digits without spaces"));
    }
    let (Some(last), body) = (digits.last(), digits.iter().rev().skip(1)) else {
        return Ok(text.to_owned());
    };
    // Weights 3, 1, 3, 1 … from the right, the check digit left out (GS1 General Specifications).
    let sum: u32 = body.enumerate().map(|(i, d)| if i % 2 == 0 { d * 3 } else { *d }).sum();
    let check = (10 - sum % 10) % 10;
    if check == *last {
        return Ok(text.to_owned());
    }
    let message = format!("the check digit of \"{text}\" is {last}; it should be {check}");
    Err(Wrong::error("gtin-check-digit", message).hint("compare all digits with the barcode"))
}

/// A moment of a file as an instant.
#[must_use]
pub fn instant(field: &Field<'_>) -> Option<Instant> {
    field.moment_ms().map(Instant)
}

/// `from` and `until` of a table, checked to stand in this order.
pub fn period(table: &mut Table<'_>) -> (Option<Instant>, Option<Instant>) {
    let from = instant(&table.get("from"));
    let until = instant(&table.get("until"));
    if let (Some(start), Some(end)) = (from, until)
        && start >= end
    {
        let message = "`until` is not after `from`, so the period is empty";
        table.complain(
            "until",
            Wrong::error("period-empty", message).hint("exchange or correct them"),
        );
    }
    (from, until)
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2.103: what stands in the files is read exactly, or refused with what to write.
    #[test]
    fn amounts_are_exact() {
        assert_eq!(money("price", "12.99", Currency::GBP), Ok(1299));
        let wrong = money("price", "18.505", Currency::GBP).unwrap_err();
        assert_eq!(wrong.message, "price has three decimals; GBP has two");
        assert_eq!(wrong.hint.as_deref(), Some("write price = 18.50"));
        let dinar = Currency::parse("KWD").unwrap();
        assert_eq!(money("price", "1.250", dinar), Ok(1250));
        let wrong = money("price", "1.255", dinar).unwrap_err();
        assert_eq!(wrong.message, "price cannot be charged: KWD goes in steps of 0.010");
        assert_eq!(
            (wrong.code, wrong.hint.as_deref()),
            ("money-step", Some("write price = 1.250"))
        );
        for bad in ["", "1e2", "1_000", "£5", "-1", "5,00", "1.", ".5", "0x10", "inf", "nan", "+5"]
        {
            assert_eq!(money("price", bad, Currency::GBP).unwrap_err().code, "money-form", "{bad}");
        }
    }

    // S2.67: letters with marks keep what is plain in them.
    #[test]
    fn slugs_are_guessed_from_any_latin_words() {
        for (words, slug) in [
            ("Everyday mug", "everyday-mug"),
            ("Große Schüssel", "grosse-schussel"),
            ("  Crème brûlée (2×) ", "creme-brulee-2"),
            ("茶", ""),
        ] {
            assert_eq!(slug_from(words), slug, "{words}");
        }
    }

    #[test]
    fn percentages_become_basis_points() {
        for (text, bp) in [("12.5", 1250), ("10", 1000), ("0.01", 1), ("100", 10_000)] {
            assert_eq!(percent_bp("percent", text), Ok(bp));
        }
        for bad in ["", "12.5%", "-1", "1.234", "1.", ".5", "1e1", "12,5", "9999999999"] {
            assert!(percent_bp("percent", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn weights_become_grams() {
        for (text, g) in [("450 g", 450), ("1.2 kg", 1200), ("1kg", 1000), ("0.005 kg", 5)] {
            assert_eq!(weight_g(text), Ok(g), "{text}");
        }
        for bad in ["", "450", "g", "1.5 g", "1..2 kg", "1.2345 kg", "2 lb", "0 g", "99999999999 g"]
        {
            assert!(weight_g(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn gtins_are_checked() {
        for good in ["5012345678900", "96385074", "036000291452", "10012345678902"] {
            assert!(gtin(good).is_ok(), "{good}");
        }
        assert_eq!(gtin("5012345678901").unwrap_err().code, "gtin-check-digit");
        assert_eq!(gtin("50 12345678900").unwrap_err().code, "gtin-form");
    }

    #[test]
    fn countries_are_helped() {
        assert_eq!(country("GB").as_deref(), Ok("GB"));
        assert_eq!(country("UK").unwrap_err().fix.as_deref(), Some("\"GB\""));
        assert_eq!(country("gb").unwrap_err().fix.as_deref(), Some("\"GB\""));
        assert!(country("XX").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in ".{0,40}") {
            let _ = (money("k", &text, Currency::GBP), percent_bp("k", &text), weight_g(&text));
            let _ = (gtin(&text), sku(&text), slug(&text), country(&text), shelf_path(&text));
            let _ = crate::platform::content::duration_s(&text);
            let _ = crate::platform::content::local_time(&text);
        }
    }
}
