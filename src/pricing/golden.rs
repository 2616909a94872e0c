//! The golden price cases: what a buyer pays, to the penny.

use super::sample::{NOW, Sample, bundles, first_timer, guest, home, promotion, units, wash10};
use super::{
    Basket, BasketLine, Book, Buyer, Effect, Objection, Promotion, Quote, Source, Stage, quote,
};
use crate::base::Instant;

/// Expected amounts in pence.
#[derive(Debug, PartialEq, Eq)]
struct Sums {
    items: i64,
    bundle: i64,
    promotion: i64,
    goods: i64,
    delivery: i64,
    total: i64,
    tax: i64,
}

fn off(quote: &Quote, source: Source) -> i64 {
    quote.adjustments.iter().filter(|a| a.source == source).map(|a| a.amount_minor).sum()
}

fn sums(quote: &Quote) -> Sums {
    Sums {
        items: quote.items_minor,
        bundle: off(quote, Source::Bundle),
        promotion: off(quote, Source::Promotion),
        goods: quote.goods_minor,
        delivery: quote.delivery.as_ref().map_or(0, |d| d.price_minor),
        total: quote.total_minor,
        tax: quote.tax_minor,
    }
}

#[track_caller]
fn pays(quote: &Quote, expected: [i64; 7]) {
    let [items, bundle, promotion, goods, delivery, total, tax] = expected;
    assert_eq!(sums(quote), Sums { items, bundle, promotion, goods, delivery, total, tax });
    assert_eq!(quote.discount_minor, bundle + promotion);
    let steps = quote.steps.split_last().unwrap();
    assert_eq!(steps.0.rule, "total");
    assert_eq!(steps.1.iter().map(|s| s.amount_minor).sum::<i64>(), total, "{:#?}", quote.steps);
}

/// Foam, a 42.00 lamp, goods around the threshold, three small things, and a kit.
fn shop(kit_bp: u32) -> Sample {
    Sample::new()
        .product("FOAM", "Foam", 1299)
        .product("BRUSH", "Brush", 1950)
        .product("CLOTH", "Cloth", 875)
        .product("AT40", "Just forty", 4000)
        .product("UNDER40", "Under forty", 3999)
        .product("LAMP", "Lamp", 4200)
        .product("A", "A", 333)
        .product("B", "B", 333)
        .product("C", "C", 334)
        .bundle("kit", "Kit", kit_bp, &[("FOAM", 1), ("BRUSH", 1), ("CLOTH", 2)])
}

fn ask(book: &Book, lines: &[(&str, u32)], buyer: &Buyer) -> Quote {
    quote(book, &units(lines), buyer, &home(), NOW)
}

fn with_kit(lines: &[(&str, u32)]) -> Basket {
    let mut basket = units(lines);
    basket.lines.insert(0, bundles("kit", 1));
    basket
}

// G1. S2.11 S2.10: below 40.00 a guest pays 4.99.
#[test]
fn g1_one_foam() {
    let quote = ask(&shop(1000).book(), &[("FOAM", 1)], &guest());
    pays(&quote, [1299, 0, 0, 1299, 499, 1798, 300]);
    assert_eq!(quote.delivery.unwrap().missing_for_free_minor, Some(2701));
}

// G2. S2.10 S2.11: just under the threshold.
#[test]
fn g2_three_foams() {
    let quote = ask(&shop(1000).book(), &[("FOAM", 3)], &guest());
    pays(&quote, [3897, 0, 0, 3897, 499, 4396, 733]);
    assert_eq!(quote.delivery.unwrap().missing_for_free_minor, Some(103));
}

// G3. S2.10: free from 40.00.
#[test]
fn g3_four_foams() {
    let quote = ask(&shop(1000).book(), &[("FOAM", 4)], &guest());
    pays(&quote, [5196, 0, 0, 5196, 0, 5196, 866]);
    let delivery = quote.delivery.unwrap();
    assert_eq!((delivery.list_minor, delivery.missing_for_free_minor), (499, None));
    assert_eq!(quote.adjustments[0].source, Source::Shipping);
    assert_eq!(quote.adjustments[0].amount_minor, 499);
}

// G4. S2.32 S2.6 S2.118: a bundle costs a tenth less than its parts.
#[test]
fn g4_a_kit() {
    let quote = quote(&shop(1000).book(), &with_kit(&[]), &guest(), &home(), NOW);
    pays(&quote, [4999, 500, 0, 4499, 0, 4499, 750]);
    let line = &quote.lines[0];
    assert_eq!((line.unit_minor, line.regular_unit_minor, line.discount_minor), (4999, 4999, 500));
    let parts: Vec<(u32, i64)> = line.parts.iter().map(|p| (p.qty, p.unit_minor)).collect();
    assert_eq!(parts, [(1, 1299), (1, 1950), (2, 875)]);
}

// G5. S2.52 S2.7 S2.83: first order after bundle, before delivery; a percentage set by hand.
#[test]
fn g5_a_kit_and_foam_on_a_first_order() {
    let book = shop(1250).first_order().book();
    let quote = quote(&book, &with_kit(&[("FOAM", 1)]), &first_timer(), &home(), NOW);
    pays(&quote, [6298, 625, 567, 5106, 0, 5106, 851]);
    let shares = &quote.adjustments[1].shares;
    assert_eq!(shares, &[("kit".to_owned(), 437), ("FOAM".to_owned(), 130)]);
    let rules: Vec<&str> = quote.steps.iter().map(|s| s.rule.as_str()).collect();
    assert_eq!(rules, ["list", "list", "bundle", "customer", "shipping", "tax", "tax", "total"]);
}

// G6. S2.34 S2.10 S2.5: ten per cent and free delivery on a signed-in buyer's first order.
#[test]
fn g6_one_foam_on_a_first_order() {
    let book = shop(1000).first_order().book();
    let quote = ask(&book, &[("FOAM", 1)], &first_timer());
    pays(&quote, [1299, 0, 130, 1169, 0, 1169, 195]);
    // S2.53: its one use has to be claimed.
    assert_eq!(quote.claims, ["first-order-10"]);
}

// G7. S2.10: exactly at the threshold.
#[test]
fn g7_exactly_forty() {
    let quote = ask(&shop(1000).book(), &[("AT40", 1)], &guest());
    pays(&quote, [4000, 0, 0, 4000, 0, 4000, 667]);
}

// G8. S2.11: a penny below the threshold.
#[test]
fn g8_a_penny_below_forty() {
    let quote = ask(&shop(1000).book(), &[("UNDER40", 1)], &guest());
    pays(&quote, [3999, 0, 0, 3999, 499, 4498, 750]);
}

// G9. S2.7 S0.25: the discount is spread by largest remainder.
#[test]
fn g9_three_small_things_on_a_first_order() {
    let book = shop(1000).first_order().book();
    let quote = ask(&book, &[("A", 1), ("B", 1), ("C", 1)], &first_timer());
    pays(&quote, [1000, 0, 100, 900, 0, 900, 150]);
    let shares: Vec<i64> = quote.adjustments[0].shares.iter().map(|s| s.1).collect();
    assert_eq!(shares, [33, 33, 34]);
}

fn tenth_off_lamps() -> Promotion {
    let mut off = promotion(
        "lamps",
        Stage::Item,
        Effect::PercentOffItems { percent_bp: 1000, max_minor: None },
    );
    off.when.sku = vec![crate::base::ids::Sku::parse("LAMP").unwrap()];
    off
}

// G10. S2.7 S2.10: the threshold looks at goods after discounts.
#[test]
fn g10_a_discount_takes_the_basket_below_the_threshold() {
    let book = shop(1000).promotion(tenth_off_lamps()).book();
    let quote = ask(&book, &[("LAMP", 1)], &guest());
    pays(&quote, [4200, 0, 420, 3780, 499, 4279, 713]);
    assert!(quote.claims.is_empty());
}

// S2.34 S2.54 S2.13: the code replaces the first-order discount; delivery is still free, because
// the rate says that first orders travel free.
#[test]
fn a_code_beats_the_first_order_discount() {
    let book = shop(1000).first_order().promotion(wash10()).book();
    let mut basket = units(&[("FOAM", 3)]);
    basket.codes = vec![" wash10 ".to_owned(), "WASH10".to_owned()];
    let quote = quote(&book, &basket, &first_timer(), &home(), NOW);
    pays(&quote, [3897, 0, 390, 3507, 0, 3507, 585]);
    assert_eq!(quote.objections, []);
    assert_eq!(quote.adjustments[0].code.as_deref(), Some("WASH10"));
    assert_eq!(quote.claims, ["wash10"]);
}

// S2.5 S2.34: neither a guest nor somebody who has bought gets the first-order discount.
#[test]
fn the_first_order_discount_is_for_first_orders() {
    let book = shop(1000).first_order().book();
    let returning = Buyer { signed_in: true, paid_orders: 1, ..Buyer::default() };
    let used = Buyer { used_up: vec!["first-order-10".to_owned()], ..first_timer() };
    for (buyer, delivery) in [(guest(), 499), (returning, 499), (used, 0)] {
        let quote = ask(&book, &[("FOAM", 1)], &buyer);
        let total = 1299 + delivery;
        assert_eq!((quote.goods_minor, quote.total_minor), (1299, total), "{buyer:?}");
    }
}

// S2.7: where prices are without tax it is added, per line and on delivery.
#[test]
fn tax_is_added_last() {
    let book = shop(1000).tax_added().first_order().book();
    let quote = ask(&book, &[("FOAM", 2), ("A", 1)], &guest());
    // 2598 → 520, 333 → 67, 499 → 100.
    pays(&quote, [2931, 0, 0, 2931, 499, 4117, 687]);
    assert!(!quote.tax_included);
    let first = ask(&book, &[("FOAM", 1)], &first_timer());
    pays(&first, [1299, 0, 130, 1169, 0, 1403, 234]);
}

// S3.49 S0.25: amounts are whole yen and whole thousandths.
#[test]
fn currencies_with_no_and_with_three_decimals() {
    for (code, price) in [("JPY", "¥1,299"), ("IQD", "IQD\u{a0}1.299")] {
        let book = shop(1250).currency(code).first_order().book();
        let quote = quote(&book, &with_kit(&[("FOAM", 1)]), &first_timer(), &home(), NOW);
        pays(&quote, [6298, 625, 567, 5106, 0, 5106, 851]);
        assert!(quote.steps[1].text.ends_with(price), "{}", quote.steps[1].text);
    }
}

// S2.8: sale prices hold between their dates and count everywhere.
#[test]
fn a_sale_price_has_dates() {
    let sale =
        crate::catalog::Sale { price_minor: 999, from: Some(NOW), until: Some(NOW.plus_s(60)) };
    let book = shop(1000)
        .product("SOAP", "Soap", 1299)
        .with(|product| product.variants[0].sale = Some(sale))
        .book();
    let at = |now: Instant| {
        let line = quote(&book, &units(&[("SOAP", 2)]), &guest(), &home(), now).lines.remove(0);
        (line.regular_unit_minor, line.unit_minor, line.gross_minor)
    };
    assert_eq!(at(NOW.plus_ms(-1)), (1299, 1299, 2598));
    assert_eq!(at(NOW), (1299, 999, 1998));
    assert_eq!(at(NOW.plus_s(60)), (1299, 1299, 2598));
}

// S2.54 S4.7: a basket names things, never prices; what is not sold is left out.
#[test]
fn what_is_not_sold_is_left_out() {
    let book = shop(1000)
        .product("GONE", "Gone", 100)
        .with(|product| product.status = crate::catalog::Status::Archived)
        .bundle("old", "Old", 1000, &[("GONE", 1), ("FOAM", 1), ("BRUSH", 1)])
        .book();
    let mut basket = units(&[("GONE", 1), ("FOAM", 1), ("NEVER", 1), ("CLOTH", 0)]);
    basket.lines.push(bundles("old", 1));
    let quote = quote(&book, &basket, &guest(), &home(), NOW);
    pays(&quote, [1299, 0, 0, 1299, 499, 1798, 300]);
    let not_sold = |key: &str| Objection::NotSold { key: key.to_owned() };
    assert_eq!(quote.objections, ["GONE", "NEVER", "old"].map(not_sold));
}

// S2.35: an empty basket costs nothing, not even delivery.
#[test]
fn an_empty_basket_costs_nothing() {
    let quote = quote(&shop(1000).book(), &Basket::default(), &guest(), &home(), NOW);
    pays(&quote, [0; 7]);
    assert_eq!((quote.delivery, quote.offers), (None, vec![]));
}

// S4.7: what is above the limit is not charged.
#[test]
fn too_much_is_refused() {
    let book = shop(1000).product("YACHT", "Yacht", 99_999_999).book();
    assert_eq!(ask(&book, &[("YACHT", 1)], &guest()).objections, []);
    assert_eq!(ask(&book, &[("YACHT", 2)], &guest()).objections, [Objection::TooMuch]);
}

// S2.7: a bundle is taxed as its most highly taxed part.
#[test]
fn a_bundle_takes_the_highest_rate() {
    let mut book = shop(1000)
        .product("BOOK", "Book", 1000)
        .with(|product| product.tax_class = "books".to_owned())
        .bundle("set", "Set", 1000, &[("BOOK", 2), ("FOAM", 1), ("CLOTH", 1)])
        .book();
    book.tax_rates.push(super::TaxRate {
        class: "books".to_owned(),
        country: "GB".to_owned(),
        percent_bp: 0,
        applies_to_shipping: false,
    });
    let line = |item: BasketLine| {
        let basket = Basket { lines: vec![item], codes: Vec::new() };
        quote(&book, &basket, &guest(), &home(), NOW).lines.remove(0).tax_bp
    };
    assert_eq!(line(bundles("set", 1)), 2000);
    assert_eq!(line(units(&[("BOOK", 1)]).lines.remove(0)), 0);
}

// S2.7: an automatic discount that comes to nothing makes way for the one that yielded to it.
#[test]
fn what_comes_to_nothing_is_in_nobodys_way() {
    let off_order = |id: &str, percent_bp| {
        promotion(id, Stage::Order, Effect::PercentOffOrder { percent_bp, max_minor: None })
    };
    let mut large = off_order("large", 2000);
    large.when.subtotal_from_minor = Some(5000);
    large.exclusive_with = vec!["small".to_owned()];
    let half = Effect::PercentOffItems { percent_bp: 5000, max_minor: None };
    let shop = shop(1000).promotion(large).promotion(off_order("small", 500));
    let given = |quote: &Quote| -> Vec<(String, i64)> {
        let given = quote.adjustments.iter().filter(|a| a.source == Source::Promotion);
        given.map(|a| (a.reference.clone(), a.amount_minor)).collect()
    };
    let alone = ask(&shop.clone().book(), &[("AT40", 2)], &guest());
    assert_eq!(given(&alone), [("large".to_owned(), 1600)]);
    // Half off leaves 40.00, and the larger one asks for 50.00.
    let shop = shop.promotion(promotion("half", Stage::Item, half));
    let quote = ask(&shop.book(), &[("AT40", 2)], &guest());
    assert_eq!(given(&quote), [("half".to_owned(), 4000), ("small".to_owned(), 200)]);
}
