//! What holds for every basket, whatever the prices and promotions.

use std::sync::Arc;

use proptest::prelude::*;

use super::sample::{NOW, Sample, bundles, first_timer, guest, home, promotion, units, wash10};
use super::{
    Basket, Book, Buyer, Conditions, Effect, Promotion, ProviderLine, Quote, Source, Stage,
    amount_lines, explain, quote,
};

const SKUS: [&str; 4] = ["A", "B", "C", "D"];

fn effect() -> impl Strategy<Value = Effect> {
    let percent = || (0..12_000_u32, proptest::option::of(0..5_000_i64));
    prop_oneof![
        percent().prop_map(|(percent_bp, max_minor)| {
            Effect::PercentOffItems { percent_bp, max_minor }
        }),
        percent().prop_map(|(percent_bp, max_minor)| {
            Effect::PercentOffOrder { percent_bp, max_minor }
        }),
        (0..5_000_i64).prop_map(|amount_minor| Effect::AmountOffOrder { amount_minor }),
        Just(Effect::FreeShipping),
    ]
}

fn any_promotion() -> impl Strategy<Value = Promotion> {
    let stage = prop_oneof![
        Just(Stage::Item),
        Just(Stage::Order),
        Just(Stage::Customer),
        Just(Stage::Shipping)
    ];
    let sku = proptest::collection::vec(proptest::sample::select(SKUS.as_slice()), 0..2);
    let from = proptest::option::of(0..20_000_i64);
    let excludes = proptest::collection::vec(0..5_usize, 0..2);
    let code = proptest::option::of(0..5_usize);
    (stage, effect(), sku, from, excludes, code).prop_map(
        |(stage, effect, sku, subtotal_from_minor, excludes, code)| Promotion {
            when: Conditions {
                sku: sku.into_iter().map(crate::base::ids::Sku::from_stored).collect(),
                subtotal_from_minor,
                ..Conditions::default()
            },
            exclusive_with: excludes.iter().map(|i| format!("p{i}")).collect(),
            codes: code.iter().map(|i| format!("CODE{i}")).collect(),
            ..promotion("", stage, effect)
        },
    )
}

/// A shop of four products and a bundle, with promotions that may exclude each other.
fn sample(prices: [i64; 4], bundle_bp: u32, promotions: &[Promotion]) -> Sample {
    let products = SKUS.iter().zip(prices);
    let sample = products.fold(Sample::new(), |s, (sku, price)| s.product(sku, sku, price));
    let sample = sample.bundle("set", "Set", bundle_bp, &[("A", 1), ("B", 2), ("C", 1)]);
    promotions.iter().enumerate().fold(sample, |sample, (i, promotion)| {
        sample.promotion(Promotion { id: format!("p{i}"), ..promotion.clone() })
    })
}

fn prices() -> impl Strategy<Value = [i64; 4]> {
    proptest::array::uniform4(1..9_000_i64)
}

fn any_sample() -> impl Strategy<Value = (bool, [i64; 4], u32, Vec<Promotion>)> {
    let promotions = proptest::collection::vec(any_promotion(), 0..5);
    (any::<bool>(), prices(), 0..10_000_u32, promotions)
}

/// B is taxed lower, so that it could matter which line gets a remainder.
fn book((added, prices, bundle_bp, promotions): &(bool, [i64; 4], u32, Vec<Promotion>)) -> Book {
    let sample = sample(*prices, *bundle_bp, promotions);
    let sample = if *added { sample.tax_added() } else { sample };
    let mut book = sample.book();
    if let Some(catalog) = Arc::get_mut(&mut book.catalog) {
        Arc::make_mut(catalog.products.get_mut("b").unwrap()).tax_class = "reduced".to_owned();
    }
    book.tax_rates.push(super::TaxRate {
        class: "reduced".to_owned(),
        country: "GB".to_owned(),
        percent_bp: 500,
        applies_to_shipping: false,
    });
    book
}

fn any_basket() -> impl Strategy<Value = Basket> {
    let line = (0..5_usize, 1..9_u32).prop_map(|(i, qty)| match SKUS.get(i) {
        Some(sku) => units(&[(sku, qty)]).lines.remove(0),
        None => bundles("set", qty),
    });
    let codes = proptest::collection::vec(0..5_usize, 0..4);
    (proptest::collection::vec(line, 0..7), codes).prop_map(|(mut lines, codes)| {
        for (i, line) in lines.iter_mut().enumerate() {
            line.key = format!("line{i}");
        }
        Basket { lines, codes: codes.iter().map(|i| format!("code{i}")).collect() }
    })
}

fn buyers() -> impl Strategy<Value = Buyer> {
    prop_oneof![Just(guest()), Just(first_timer())]
}

fn check_sums(quote: &Quote) {
    let sum = |of: fn(&super::QuoteLine) -> i64| quote.lines.iter().map(of).sum::<i64>();
    assert_eq!(sum(|l| l.gross_minor), quote.items_minor);
    assert_eq!(sum(|l| l.discount_minor), quote.discount_minor);
    assert_eq!(sum(|l| l.net_minor), quote.goods_minor);
    for line in &quote.lines {
        assert!(line.discount_minor >= 0 && line.net_minor >= 0, "{line:?}");
        assert_eq!(line.gross_minor - line.discount_minor, line.net_minor);
    }
    for adjustment in &quote.adjustments {
        assert!(adjustment.amount_minor > 0, "{adjustment:?}");
        let shares: i64 = adjustment.shares.iter().map(|s| s.1).sum();
        let expected = match adjustment.source {
            Source::Shipping => 0,
            Source::Bundle | Source::Promotion => adjustment.amount_minor,
        };
        assert_eq!(shares, expected);
    }
    let (total, steps) = quote.steps.split_last().unwrap();
    assert_eq!(steps.iter().map(|s| s.amount_minor).sum::<i64>(), quote.total_minor);
    assert_eq!(total.amount_minor, quote.total_minor);
}

/// The same shop in dinars, with every amount of its files ten times as large.
fn tenfold(mut book: Book) -> Book {
    let catalog = Arc::get_mut(&mut book.catalog).unwrap();
    catalog.shop.currency = crate::base::Currency::parse("KWD").unwrap();
    for product in catalog.products.values_mut() {
        Arc::make_mut(product).variants.iter_mut().for_each(|v| v.price_minor *= 10);
    }
    for rate in book.zones.iter_mut().flat_map(|zone| &mut zone.rates) {
        rate.price_minor *= 10;
        rate.free_from_minor = rate.free_from_minor.map(|from| from * 10);
    }
    for promotion in &mut book.promotions {
        let from = &mut promotion.when.subtotal_from_minor;
        *from = from.map(|from| from * 10);
        match &mut promotion.effect {
            Effect::PercentOffItems { max_minor, .. }
            | Effect::PercentOffOrder { max_minor, .. } => {
                *max_minor = max_minor.map(|max| max * 10);
            }
            Effect::AmountOffOrder { amount_minor } => *amount_minor *= 10,
            Effect::FreeShipping => {}
        }
    }
    book
}

/// Multiplies every amount in a quote as it is told.
fn multiply(told: &mut serde_json::Value, times: i64, is_amount: bool) {
    match told {
        serde_json::Value::Number(number) if is_amount => {
            *told = (number.as_i64().unwrap() * times).into();
        }
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| multiply(item, times, is_amount));
        }
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                multiply(value, times, key.ends_with("_minor") || key == "shares");
            }
        }
        _ => {}
    }
}

proptest! {
    // S2.7 S2.36 S2.35: shares sum to their discount, no line falls below zero, the steps sum to
    // the total.
    #[test]
    fn sums_are_sums(sample in any_sample(), basket in any_basket(), buyer in buyers()) {
        check_sums(&quote(&book(&sample), &basket, &buyer, &home(), NOW));
    }

    // S4.7 S3.49: what the provider is told sums to the total.
    #[test]
    fn provider_lines_sum_to_the_total(
        sample in any_sample(), basket in any_basket(), buyer in buyers(),
    ) {
        let quote = quote(&book(&sample), &basket, &buyer, &home(), NOW);
        let lines: i64 = amount_lines(&quote).iter().map(ProviderLine::amount_minor).sum();
        let delivery = quote.delivery.map_or(0, |d| d.price_minor);
        prop_assert_eq!(lines + delivery, quote.total_minor);
    }

    // S2.7: moving lines about changes no penny of any line.
    #[test]
    fn order_never_matters(
        sample in any_sample(), basket in any_basket(), buyer in buyers(), turn in 0..7_usize,
    ) {
        let book = book(&sample);
        let mut moved = basket.clone();
        moved.lines.reverse();
        let turn = turn.min(moved.lines.len());
        moved.lines.rotate_left(turn);
        let [one, other] = [&basket, &moved].map(|basket| {
            let mut quote = quote(&book, basket, &buyer, &home(), NOW);
            quote.lines.sort_by(|a, b| a.key.cmp(&b.key));
            quote
        });
        prop_assert_eq!(one.total_minor, other.total_minor);
        prop_assert_eq!(one.lines, other.lines);
    }

    // S2.54: a code that brings nothing changes nothing.
    #[test]
    fn a_useless_code_changes_nothing(
        sample in any_sample(), basket in any_basket(), buyer in buyers(), code in 0..9_usize,
    ) {
        let book = book(&sample);
        let code = format!("code{code}");
        let mut without = basket.clone();
        without.codes.retain(|other| *other != code);
        let mut with = without.clone();
        with.codes.push(code.clone());
        let [without, with] =
            [without, with].map(|basket| quote(&book, &basket, &buyer, &home(), NOW));
        let brought = |quote: &Quote| {
            let codes = quote.adjustments.iter().filter_map(|a| a.code.clone());
            codes.collect::<std::collections::BTreeSet<String>>()
        };
        // Two codes may exclude each other; then the new one is not without use.
        if with.objections.len() > without.objections.len() && brought(&with) == brought(&without) {
            prop_assert_eq!(with.total_minor, without.total_minor);
            prop_assert_eq!(with.lines, without.lines);
        }
    }

    // S2.10: without promotions more units never cost less, but for delivery becoming free.
    #[test]
    fn more_never_costs_less(
        prices in prices(), bundle_bp in 0..10_000_u32, basket in any_basket(),
        line in 0..7_usize, added in any::<bool>(),
    ) {
        let sample = sample(prices, bundle_bp, &[]).never_free();
        let book = if added { sample.tax_added() } else { sample }.book();
        let mut more = basket.clone();
        if let Some(line) = more.lines.get_mut(line) {
            line.qty += 1;
        }
        let [fewer, more] =
            [basket, more].map(|basket| quote(&book, &basket, &guest(), &home(), NOW));
        prop_assert!(fewer.total_minor <= more.total_minor);
        prop_assert!(fewer.goods_minor <= more.goods_minor);
    }

    // S3.49 S0.25: the currency changes how amounts are written, never their number.
    #[test]
    fn currencies_have_the_same_structure(
        prices in prices(), bundle_bp in 0..10_000_u32, basket in any_basket(),
        buyer in buyers(),
    ) {
        let quotes = ["GBP", "JPY", "IQD"].map(|code| {
            let book = sample(prices, bundle_bp, &[wash10()]).first_order().currency(code).book();
            let mut quote = quote(&book, &basket, &buyer, &home(), NOW);
            quote.currency = crate::base::Currency::GBP;
            quote.steps.iter_mut().for_each(|step| step.text.clear());
            quote
        });
        prop_assert_eq!(&quotes[0], &quotes[1]);
        prop_assert_eq!(&quotes[0], &quotes[2]);
    }

    // S3.49: where cards are charged in steps of ten, every amount is what it would be in
    // pennies, tenfold.
    #[test]
    fn steps_of_ten_are_pennies_tenfold(
        shop in any_sample(), basket in any_basket(), buyer in buyers(),
    ) {
        let told = |book: &Book, times: i64| {
            let mut quote = quote(book, &basket, &buyer, &home(), NOW);
            quote.steps.iter_mut().for_each(|step| step.text.clear());
            // Sentences with amounts in them.
            quote.objections.clear();
            quote.currency = crate::base::Currency::GBP;
            // Tax that is contained is not charged: it is told to the last digit.
            if quote.tax_included {
                quote.tax_minor = 0;
                quote.lines.iter_mut().for_each(|line| line.tax_minor = 0);
                let offers = quote.offers.iter_mut().chain(&mut quote.delivery);
                offers.for_each(|offer| offer.tax_minor = 0);
            }
            let mut told = serde_json::to_value(&quote).unwrap();
            multiply(&mut told, times, false);
            (told, amount_lines(&quote).iter().map(|l| l.amount_minor() * times).collect())
        };
        let pennies: (_, Vec<i64>) = told(&book(&shop), 10);
        let dinars = told(&tenfold(book(&shop)), 1);
        prop_assert!(dinars.1.iter().all(|amount| amount % 10 == 0));
        prop_assert_eq!(dinars, pennies);
    }

    // S4.7: no input makes the engine panic or overflow.
    #[test]
    fn nothing_makes_it_panic(
        prices in any::<[i64; 4]>(),
        (bundle_bp, percent_bp, tax_bp) in any::<(u32, u32, u32)>(),
        (amount_minor, max_minor, shipping, from) in any::<(i64, i64, i64, i64)>(),
        quantities in any::<[u32; 5]>(),
        (days, added, now) in any::<((u32, u32), bool, i64)>(),
    ) {
        let max_minor = Some(max_minor);
        let mut order = promotion(
            "a", Stage::Order, Effect::PercentOffOrder { percent_bp, max_minor },
        );
        order.when.subtotal_from_minor = Some(from);
        let promotions = [
            promotion("a", Stage::Item, Effect::PercentOffItems { percent_bp, max_minor }),
            order,
            promotion("a", Stage::Customer, Effect::AmountOffOrder { amount_minor }),
            promotion("a", Stage::Shipping, Effect::FreeShipping),
        ];
        let sample = sample(prices, bundle_bp, &promotions);
        let mut book = if added { sample.tax_added() } else { sample }.book();
        book.tax_rates[0].percent_bp = tax_bp;
        let rate = &mut book.zones[0].rates[0];
        rate.price_minor = shipping;
        rate.free_from_minor = Some(from);
        rate.delivery_days = Some(days);
        let asked: Vec<(&str, u32)> = SKUS.iter().copied().zip(quantities).collect();
        let mut basket = units(&asked);
        basket.lines.push(bundles("set", quantities[4]));
        let quote = quote(&book, &basket, &guest(), &home(), crate::base::Instant(now));
        check_sums_below_the_ceiling(&quote);
        let _ = (explain(&quote), amount_lines(&quote), quote.units());
    }
}

fn check_sums_below_the_ceiling(quote: &Quote) {
    for line in &quote.lines {
        assert!(line.net_minor >= 0 && line.tax_minor >= 0);
        assert_eq!(line.gross_minor - line.discount_minor, line.net_minor);
    }
    assert!(quote.total_minor >= quote.goods_minor);
    let too_much = quote.objections.contains(&super::Objection::TooMuch);
    let limit = crate::base::money::MINOR_MAX;
    assert_eq!(too_much, quote.items_minor.max(quote.total_minor) > limit);
}
