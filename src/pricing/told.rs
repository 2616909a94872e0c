//! What a quote says of itself: the words of its steps, and nothing about what is not there.

use super::sample::{NOW, Sample, guest, home, promotion, units};
use super::{Basket, Destination, Effect, Promotion, Quote, Stage, quote};
use crate::base::Instant;

fn texts(quote: &Quote) -> Vec<&str> {
    quote.steps.iter().map(|step| step.text.as_str()).collect()
}

/// `SOAP10`: a tenth off the first product only.
fn soap10(sample: Sample) -> Sample {
    let effect = Effect::PercentOffItems { percent_bp: 1000, max_minor: None };
    let mut promotion = Promotion {
        title: "Soap week".to_owned(),
        codes: vec!["SOAP10".to_owned()],
        ..promotion("soap10", Stage::Item, effect)
    };
    promotion.when.tag = vec!["soap".to_owned()];
    sample.promotion(promotion)
}

fn with_code(lines: &[(&str, u32)]) -> Basket {
    Basket { codes: vec!["SOAP10".to_owned()], ..units(lines) }
}

fn sample() -> Sample {
    let soap = Sample::new().product("SOAP", "Soap", 1000).on_sale(800);
    soap.with(|soap| soap.tags = vec!["soap".to_owned()]).product("BRUSH", "Brush", 500)
}

// S2.8: each step in words, lines that a saving does not reach left out.
#[test]
fn steps_say_what_they_are_made_of() {
    let book = soap10(sample()).never_free().tax_added().book();
    let basket = with_code(&[("SOAP", 2), ("BRUSH", 1)]);
    let quote = quote(&book, &basket, &guest(), &home(), NOW);
    assert_eq!(
        texts(&quote),
        [
            "Soap: 2 × £8.00 = £16.00, on sale from £10.00",
            "Brush: 1 × £5.00 = £5.00",
            "Soap week (code SOAP10): 10% of £16.00 = £1.60, of it Soap £1.60",
            "Standard delivery: £4.99",
            "Soap: 20% on £14.40 = £2.88",
            "Brush: 20% on £5.00 = £1.00",
            "Standard delivery: 20% on £4.99 = £1.00",
            "goods £19.40 + delivery £4.99 + tax £4.88 = £29.27",
        ]
    );
    let shares: Vec<_> = quote.adjustments.iter().flat_map(|a| a.shares.clone()).collect();
    assert_eq!(shares, [("SOAP".to_owned(), 160)]);
}

// S2.8: where nothing is taxed or sent, nothing is said of tax and delivery.
#[test]
fn what_is_not_there_is_not_said() {
    let abroad = Destination { country: "FR".to_owned(), rate: None };
    let quote =
        quote(&sample().book(), &units(&[("BRUSH", 1), ("SOAP", 0)]), &guest(), &abroad, NOW);
    assert_eq!(texts(&quote), ["Brush: 1 × £5.00 = £5.00", "goods £5.00 = £5.00"]);
    assert!(quote.adjustments.is_empty());
    assert_eq!(quote.lines.len(), 1, "a line of nothing is no line");
}

// S2.10: delivery that costs nothing anyhow is no saving.
#[test]
fn nothing_off_nothing_is_no_saving() {
    let mut book = sample().book();
    book.zones[0].rates[0].price_minor = 0;
    let quote = quote(&book, &units(&[("BRUSH", 9)]), &guest(), &home(), NOW);
    assert_eq!(quote.delivery.as_ref().map(|d| d.price_minor), Some(0));
    assert!(quote.adjustments.is_empty(), "{:?}", quote.adjustments);
}

// S2.55: a promotion runs from its first moment to the one before its last.
#[test]
fn promotions_begin_and_end_on_time() {
    let running = |from: Option<i64>, until: Option<i64>| {
        let effect = Effect::FreeShipping;
        let at = |offset: i64| Instant(NOW.0 + offset);
        let (from, until) = (from.map(at), until.map(at));
        Promotion { from, until, ..promotion("p", Stage::Shipping, effect) }.runs(NOW)
    };
    assert!(running(None, None) && running(Some(0), Some(1)) && running(Some(-1), None));
    assert!(!running(Some(1), None) && !running(None, Some(0)) && !running(Some(-2), Some(-1)));
}
