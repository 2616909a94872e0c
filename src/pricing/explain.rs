//! A quote's calculation as text for a terminal.

use super::round::percent;
use super::{Objection, Quote, bundle_price};
use crate::base::{Instant, Money};
use crate::catalog::{Bundle, Catalog};

/// Widest column of words, in characters; longer sentences are wrapped.
const WIDTH_MAX: usize = 72;

/// The steps of a quote, one under the other: rule, sum in words, amount. What could not be had
/// follows the total.
#[must_use]
pub fn explain(quote: &Quote) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for step in &quote.steps {
        let amount = match (step.amount_minor, step.rule.as_str()) {
            // Contained tax changes nothing; its figure stands in the words.
            (0, "tax") => String::new(),
            (minor, _) => Money::new(minor, quote.currency).to_string(),
        };
        push_wrapped(&mut rows, &step.rule, &step.text, amount);
    }
    for objection in &quote.objections {
        push_wrapped(&mut rows, "note", &sentence(objection), String::new());
    }
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let (rule, text, amount) = (width(0), width(1), width(2));
    let line = |[a, b, c]: &[String; 3]| {
        let line = format!("{a:<rule$}  {b:<text$}  {c:>amount$}");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

/// How the price of a bundle comes about; nothing when one of its parts is not there.
#[must_use]
pub fn explain_bundle(catalog: &Catalog, bundle: &Bundle, now: Instant) -> Option<String> {
    let price = bundle_price(catalog, bundle, now)?;
    let money = |minor: i64| Money::new(minor, catalog.shop.currency).to_string();
    let parts = bundle.items.iter().map(|item| {
        let (product, variant) = catalog.find(&item.sku)?;
        let one = format!("{} {}", product.title, money(variant.price_at(now)));
        Some(if item.qty == 1 { one } else { format!("{} × {one}", item.qty) })
    });
    Some(format!(
        "{} = {}; {} off makes {}, {} less",
        parts.collect::<Option<Vec<_>>>()?.join(" + "),
        money(price.parts_minor),
        percent(bundle.discount_bp),
        money(price.price_minor),
        money(price.parts_minor - price.price_minor),
    ))
}

/// An objection as a sentence for people.
#[must_use]
pub fn sentence(objection: &Objection) -> String {
    match objection {
        Objection::NotSold { key } => format!("Line {key} is not sold any more."),
        Objection::CodeUnknown { code } => format!("There is no code {code}."),
        Objection::CodeNotRunning { code } => format!("The code {code} is not valid at present."),
        Objection::CodeNotMet { code, why, .. } => format!("The code {code} brings nothing: {why}"),
        Objection::CodeUsedUp { code } => format!("The code {code} has been used up."),
        Objection::CountryNotServed { country } => format!("Nothing is delivered to {country}."),
        Objection::TooMuch => "The sum is above what can be charged.".to_owned(),
    }
}

/// Breaks words into rows of at most [`WIDTH_MAX`]; rule and amount stand on the first and last.
fn push_wrapped(rows: &mut Vec<[String; 3]>, rule: &str, text: &str, amount: String) {
    let mut pieces: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let room = WIDTH_MAX.saturating_sub(word.chars().count());
        match pieces.last_mut() {
            Some(piece) if piece.is_empty() => word.clone_into(piece),
            Some(piece) if piece.chars().count() < room => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    let first = rows.len();
    rows.extend(pieces.into_iter().map(|piece| [String::new(), piece, String::new()]));
    if let Some(row) = rows.get_mut(first) {
        rule.clone_into(&mut row[0]);
    }
    if let Some(row) = rows.last_mut() {
        row[2] = amount;
    }
}

#[cfg(test)]
mod tests {
    use super::super::quote;
    use super::super::sample::{NOW, Sample, first_timer, home, units};
    use super::*;

    // S2.36: the calculation can be read by people.
    #[test]
    fn a_quote_explains_itself() {
        let book = Sample::new().product("FOAM", "Foam", 1299).first_order().book();
        let mut basket = units(&[("FOAM", 1)]);
        basket.codes = vec!["nope".to_owned()];
        let quote = quote(&book, &basket, &first_timer(), &home(), NOW);
        let expected = "\
list      Foam: 1 × £12.99 = £12.99                        £12.99
customer  10% off your first order: 10% of £12.99 = £1.30  -£1.30
shipping  Standard delivery: £4.99, free on a first order   £0.00
tax       Foam: 20% contained in £11.69 = £1.95
total     goods £11.69 + delivery £0.00 = £11.69           £11.69
note      There is no code nope.
";
        assert_eq!(explain(&quote), expected);
    }

    // S2.83: a percentage set by hand, with the price it makes, sales included.
    #[test]
    fn a_bundle_explains_its_price() {
        let book = Sample::new()
            .product("A", "Mug", 1000)
            .on_sale(800)
            .product("B", "Pot", 500)
            .product("C", "Tea", 250)
            .bundle("set", "Set", 1250, &[("A", 1), ("B", 1), ("C", 2)])
            .book();
        let told = explain_bundle(&book.catalog, &book.catalog.bundles["set"], NOW);
        let expected = "Mug £8.00 + Pot £5.00 + 2 × Tea £2.50 = £18.00; 12.5% off makes £15.75, \
                        £2.25 less";
        assert_eq!(told.as_deref(), Some(expected));
    }

    #[test]
    fn long_sentences_are_wrapped() {
        let mut rows = Vec::new();
        push_wrapped(&mut rows, "item", &"word ".repeat(30), "£1".to_owned());
        assert!(rows.len() > 1);
        assert!(rows.iter().all(|row| row[1].chars().count() <= WIDTH_MAX));
        assert_eq!((rows[0][0].as_str(), rows[0][2].as_str()), ("item", ""));
        assert_eq!(rows.last().map(|row| row[2].as_str()), Some("£1"));
    }

    // A row may be full, and never longer.
    #[test]
    fn rows_end_at_their_width() {
        let mut rows = Vec::new();
        let (half, rest) = ("a".repeat(WIDTH_MAX / 2), "b".repeat(WIDTH_MAX - WIDTH_MAX / 2));
        push_wrapped(&mut rows, "list", &format!("{half} {rest} c"), "1.00".to_owned());
        let full = format!("{rest} c");
        assert_eq!(rows, [["list", &half, ""], ["", &full, "1.00"]]);
        rows.clear();
        push_wrapped(&mut rows, "list", &format!("{half} {}", &rest[1..]), "1.00".to_owned());
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0][1].chars().count(), WIDTH_MAX);
    }
}
