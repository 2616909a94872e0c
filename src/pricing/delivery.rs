//! Delivery: which zone and rate, what it costs, and when it is free.

use super::arrival::{Calendar, arrival};
use super::round::price;
use super::{Book, Buyer, Delivery, Rate, Zone, tax};

/// Why a rate costs nothing by its own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Free {
    /// Goods after discounts reach this much.
    From(i64),
    /// A signed-in buyer's first order.
    FirstOrder,
}

/// Where goods go and how they are paid for: what every offer is priced on.
pub(super) struct Shipment<'a> {
    /// The rules.
    pub book: &'a Book,
    /// Who buys.
    pub buyer: &'a Buyer,
    /// ISO 3166 alpha-2 code.
    pub country: &'a str,
    /// Goods after all discounts.
    pub goods_minor: i64,
    /// Whether a promotion makes delivery free.
    pub given_free: bool,
    /// When it is ordered, and the days the shop is closed.
    pub calendar: Calendar<'a>,
}

/// The first zone that serves a country and has a rate.
pub(super) fn zone_of<'a>(book: &'a Book, country: &str) -> Option<&'a Zone> {
    let serves = |zone: &&Zone| zone.countries.iter().any(|c| c.eq_ignore_ascii_case(country));
    book.zones.iter().filter(|zone| !zone.rates.is_empty()).find(serves)
}

/// The rate asked for; the zone's first when none is asked for or it is not offered there.
pub(super) fn rate_of<'a>(zone: &'a Zone, wanted: Option<&str>) -> Option<&'a Rate> {
    let wanted = wanted.and_then(|id| zone.rates.iter().find(|rate| rate.id == id));
    wanted.or(zone.rates.first())
}

/// Whether and why a rate is free for these goods and this buyer. Goods are compared after
/// discounts, before delivery.
pub(super) fn free(rate: &Rate, goods_minor: i64, buyer: &Buyer) -> Option<Free> {
    match rate.free_from_minor {
        Some(from) if goods_minor >= from => Some(Free::From(from)),
        _ if rate.free_first_order && buyer.signed_in && buyer.paid_orders == 0 => {
            Some(Free::FirstOrder)
        }
        _ => None,
    }
}

/// What a rate costs by its own rules.
pub(super) fn charge(rate: &Rate, goods_minor: i64, buyer: &Buyer, step: i64) -> i64 {
    if free(rate, goods_minor, buyer).is_some() { 0 } else { price(rate.price_minor, step) }
}

/// A rate as it would be charged.
pub(super) fn offer(shipment: &Shipment<'_>, zone: &Zone, rate: &Rate) -> Delivery {
    let Shipment { book, buyer, country, goods_minor, given_free, calendar } = shipment;
    let step = book.catalog.shop.currency.step();
    let price_minor = if *given_free { 0 } else { charge(rate, *goods_minor, buyer, step) };
    let missing = |from: i64| from.saturating_sub(*goods_minor);
    let tax_bp = tax::rate_on_delivery(book, country);
    let days = rate.delivery_days;
    let arrives = |days: u32| arrival(calendar, rate.cutoff, days);
    Delivery {
        zone: zone.id.clone(),
        rate: rate.id.clone(),
        title: rate.title.clone(),
        list_minor: price(rate.price_minor, step),
        price_minor,
        missing_for_free_minor: rate.free_from_minor.filter(|_| price_minor > 0).map(missing),
        tax_minor: tax::tax(price_minor, tax_bp, book.catalog.shop.prices_include_tax, step),
        tax_bp,
        pickup: rate.pickup.clone(),
        from: days.and_then(|(fewest, _)| arrives(fewest)),
        to: days.and_then(|(fewest, most)| arrives(most.max(fewest))),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::super::sample::{NOW, Sample, first_timer, guest, home, promotion, units};
    use super::super::{
        Basket, Destination, Effect, Objection, Promotion, Quote, Source, Stage, quote,
    };
    use super::*;

    fn ask(sample: Sample, qty: u32, buyer: &Buyer, to: &Destination) -> Quote {
        let book = sample.product("FOAM", "Foam", 1299).book();
        quote(&book, &units(&[("FOAM", qty)]), buyer, to, NOW)
    }

    fn to(country: &str, rate: &str) -> Destination {
        Destination { country: country.to_owned(), rate: Some(rate.to_owned()) }
    }

    // S2.10 S2.11: the rate asked for, else the first; every offer is priced.
    #[test]
    fn the_buyer_chooses_a_rate() {
        for (rate, expected, total) in [("collect", "collect", 1299), ("none", "standard", 1798)] {
            let quote = ask(Sample::new(), 1, &guest(), &to("gb", rate));
            assert_eq!(quote.delivery.unwrap().rate, expected);
            assert_eq!(quote.total_minor, total);
            let offers: Vec<_> =
                quote.offers.iter().map(|o| (o.rate.as_str(), o.price_minor)).collect();
            assert_eq!(offers, [("standard", 499), ("collect", 0)]);
        }
    }

    // S2.12: the quote carries the dates; collecting has none.
    #[test]
    fn offers_carry_dates() {
        let quote = ask(Sample::new(), 1, &guest(), &home());
        let dates: Vec<_> = quote.offers.iter().map(|o| (o.from, o.to)).collect();
        let friday = Some(date(2027, 3, 12));
        assert_eq!(dates, [(friday, friday), (None, None)]);
    }

    // S2.10: free on a first order only for somebody signed in.
    #[test]
    fn a_guest_has_no_first_order() {
        let free = |buyer: &Buyer| ask(Sample::new(), 1, buyer, &home()).delivery.unwrap();
        assert_eq!(free(&first_timer()).price_minor, 0);
        assert_eq!(free(&first_timer()).tax_minor, 0);
        assert_eq!(free(&guest()).price_minor, 499);
        assert_eq!(free(&Buyer { paid_orders: 1, ..first_timer() }).price_minor, 499);
    }

    #[test]
    fn a_country_without_rates_is_not_served() {
        let quote = ask(Sample::new(), 1, &guest(), &to("FR", "standard"));
        assert_eq!((quote.delivery, quote.offers, quote.total_minor), (None, vec![], 1299));
        let country = "FR".to_owned();
        assert_eq!(quote.objections, [Objection::CountryNotServed { country }]);
    }

    // S2.7: a promotion on delivery comes after those on goods, and leaves goods alone.
    #[test]
    fn a_code_makes_delivery_free() {
        let free = Promotion {
            codes: vec!["SHIP".to_owned()],
            ..promotion("ship", Stage::Shipping, Effect::FreeShipping)
        };
        let book = Sample::new().product("FOAM", "Foam", 1299).promotion(free).book();
        let basket = Basket { codes: vec!["ship".to_owned()], ..units(&[("FOAM", 1)]) };
        // Whoever collects sees that delivery would be free.
        let collected = quote(&book, &basket, &guest(), &to("GB", "collect"), NOW);
        assert_eq!(collected.offers[0].price_minor, 0);
        assert_eq!(collected.objections.len(), 1);
        let quote = quote(&book, &basket, &guest(), &home(), NOW);
        assert_eq!((quote.total_minor, quote.discount_minor), (1299, 0));
        let adjustment = &quote.adjustments[0];
        assert_eq!((adjustment.source, adjustment.amount_minor), (Source::Shipping, 499));
        assert_eq!((adjustment.reference.as_str(), adjustment.shares.len()), ("ship", 0));
        assert_eq!(quote.delivery.unwrap().missing_for_free_minor, None);
    }
}
