//! A quote as line items of a payment provider, exact to the minor unit.
//!
//! Providers know a unit amount and a quantity, and no negative amounts. Discounts are therefore
//! folded into the lines, which is exact for any stacking of discounts and needs no coupon made
//! at the provider first.

use serde::{Deserialize, Serialize};

use super::round::sum;
use super::steps::name;
use super::{Quote, QuoteLine};

/// Most lines a provider accepts.
pub const PROVIDER_LINES_MAX: usize = 100;

/// One line item; delivery is not a line, it goes to the provider on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderLine {
    /// What the buyer reads on the payment page.
    pub name: String,
    /// Price of one, minor units.
    pub unit_minor: i64,
    /// How many; at least 1.
    pub quantity: u32,
}

impl ProviderLine {
    /// `unit_minor × quantity`.
    #[must_use]
    pub fn amount_minor(&self) -> i64 {
        self.unit_minor.saturating_mul(i64::from(self.quantity))
    }

    fn single(name: String, amount_minor: i64) -> Self {
        Self { name, unit_minor: amount_minor, quantity: 1 }
    }
}

/// Line items that, with the price of delivery, sum to the quote's total.
///
/// Where tax is added to prices it is a line of its own, tax on delivery included. Lines that do
/// not fit into [`PROVIDER_LINES_MAX`] become one.
#[must_use]
pub fn amount_lines(quote: &Quote) -> Vec<ProviderLine> {
    let tax = if quote.tax_included { 0 } else { quote.tax_minor };
    let room = PROVIDER_LINES_MAX - usize::from(tax > 0);
    let alone = if quote.lines.len() > room { room - 1 } else { quote.lines.len() };
    let (own, rest) = quote.lines.split_at(alone);
    let mut lines: Vec<ProviderLine> = own.iter().map(line).collect();
    if !rest.is_empty() {
        let units = sum(rest.iter().map(|line| i64::from(line.qty)));
        let amount = sum(rest.iter().map(|line| line.net_minor));
        lines.push(ProviderLine::single(format!("and {units} other items"), amount));
    }
    if tax > 0 {
        lines.push(ProviderLine::single("Tax".to_owned(), tax));
    }
    lines
}

/// A line whose net amount cannot be divided by its quantity is sold as one thing.
fn line(line: &QuoteLine) -> ProviderLine {
    let quantity = i64::from(line.qty.max(1));
    if line.net_minor % quantity == 0 {
        let unit_minor = line.net_minor / quantity;
        ProviderLine { name: name(line), unit_minor, quantity: line.qty.max(1) }
    } else {
        ProviderLine::single(format!("{} × {}", line.qty, name(line)), line.net_minor)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, Sample, first_timer, guest, home, units};
    use super::super::{Basket, quote};
    use super::*;

    // S4.7: discounts are folded into lines; what does not divide is sold as one thing.
    #[test]
    fn a_line_that_does_not_divide_becomes_one() {
        let book = Sample::new()
            .product("MUG", "Mug", 333)
            .product("CUP", "Cup", 500)
            .first_order()
            .book();
        let basket = units(&[("MUG", 3), ("CUP", 2)]);
        let quote = quote(&book, &basket, &first_timer(), &home(), NOW);
        let lines = amount_lines(&quote);
        let expected = [("3 × Mug", 899, 1), ("Cup", 450, 2)];
        let expected = expected.map(|(name, unit_minor, quantity)| ProviderLine {
            name: name.to_owned(),
            unit_minor,
            quantity,
        });
        assert_eq!(lines, expected);
    }

    // S4.7: as many lines as fit stay as they are.
    #[test]
    fn a_full_order_is_not_folded() {
        let names: Vec<String> = (0..PROVIDER_LINES_MAX).map(|i| format!("P{i}")).collect();
        let skus: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 1)).collect();
        let book = names.iter().fold(Sample::new(), |s, name| s.product(name, name, 101)).book();
        let quote = quote(&book, &units(&skus), &guest(), &home(), NOW);
        let sold: Vec<String> = amount_lines(&quote).into_iter().map(|line| line.name).collect();
        assert_eq!(sold, names);
    }

    // S4.7: more than a hundred lines are folded; tax that is added has a line of its own.
    #[test]
    fn a_long_order_is_folded() {
        let names: Vec<String> = (0..120).map(|i| format!("P{i}")).collect();
        let skus: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 2)).collect();
        let with_all =
            |sample| names.iter().fold(sample, |s: Sample, name| s.product(name, name, 101)).book();
        let basket: Basket = units(&skus);
        for (sample, last) in
            [(Sample::new(), "and 42 other items"), (Sample::new().tax_added(), "Tax")]
        {
            let quote = quote(&with_all(sample), &basket, &guest(), &home(), NOW);
            let lines = amount_lines(&quote);
            assert_eq!(lines.len(), PROVIDER_LINES_MAX);
            assert_eq!(lines.last().unwrap().name, last);
            let delivery = quote.delivery.unwrap().price_minor;
            let amounts: i64 = lines.iter().map(ProviderLine::amount_minor).sum();
            assert_eq!(amounts + delivery, quote.total_minor);
        }
    }
}
