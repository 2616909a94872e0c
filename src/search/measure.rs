//! Prices per measure: what a litre or 100 grams of it cost. Pure.

use crate::base::Money;
use crate::catalog::{Catalog, Product};
use crate::platform::render::Locale;

/// The price per base measure as the shop's country writes it, such as `£10.91 / 100 g` or
/// `10,91 € / 1,5 l`: without a word, so that no language lacks it.
#[must_use]
pub fn unit_price(catalog: &Catalog, product: &Product, price_minor: i64) -> Option<String> {
    let measure = product.unit_pricing_measure.as_deref()?;
    let base = product.unit_pricing_base_measure.as_deref().unwrap_or(measure);
    let (units, base_units) = (milli_units(measure)?, milli_units(base)?);
    let per_base = i128::from(price_minor) * i128::from(base_units) * 2 / i128::from(units);
    let rounded = i64::try_from((per_base + 1) / 2).ok()?;
    let locale = Locale::of(&catalog.shop.locale);
    let money = locale.money(Money::new(rounded, catalog.shop.currency));
    let (number, unit) = split_measure(base);
    Some(format!("{money} / {}\u{a0}{unit}", locale.decimals(number)))
}

/// Number and unit of a measure, with or without a space between them.
fn split_measure(measure: &str) -> (&str, &str) {
    let end = measure.find(|c: char| c != '.' && !c.is_ascii_digit()).unwrap_or(measure.len());
    let (number, unit) = measure.split_at(end);
    (number, unit.trim_start())
}

/// A measure in thousandths of its family's small unit: milligrams, millilitres, millimetres,
/// pieces.
fn milli_units(measure: &str) -> Option<i64> {
    let (number, unit) = split_measure(measure);
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if decimals.len() > 3 {
        return None;
    }
    let milli: i64 = format!("{whole}{decimals:0<3}").parse().ok()?;
    let factor = match unit {
        "mg" | "ml" | "mm" | "sqm" | "cbm" | "ct" => 1,
        "cl" | "cm" => 10,
        "g" | "l" | "m" => 1000,
        "kg" => 1_000_000,
        _ => return None,
    };
    milli.checked_mul(factor).filter(|n| *n > 0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pricing::sample::Sample;

    #[test]
    fn measures_of_a_family_compare() {
        assert_eq!(milli_units("1.2 kg"), milli_units("1200g"));
        assert_eq!(milli_units("75 cl"), milli_units("750 ml"));
        assert_eq!(milli_units("2.5 m"), milli_units("2500 mm"));
        assert_eq!(milli_units("0.5g"), milli_units("500 mg"));
        assert_eq!(milli_units("a lot"), None);
        assert_eq!(milli_units("0 g"), None);
    }

    // S4.17: a unit price is written as the shop's country writes, and needs no word.
    #[test]
    fn unit_prices_follow_the_country() {
        let sample = Sample::new().product("SOAP", "Soap", 2400).with(|p| {
            p.unit_pricing_measure = Some("220 g".to_owned());
            p.unit_pricing_base_measure = Some("0.1kg".to_owned());
        });
        let mut catalog = (*sample.book().catalog).clone();
        let product = Arc::clone(&catalog.products["soap"]);
        let told = unit_price(&catalog, &product, 2400);
        assert_eq!(told.as_deref(), Some("£10.91 / 0.1\u{a0}kg"));
        catalog.shop.locale = "de-DE".to_owned();
        let told = unit_price(&catalog, &product, 2400);
        assert_eq!(told.as_deref(), Some("10,91\u{a0}£ / 0,1\u{a0}kg"));
    }
}
