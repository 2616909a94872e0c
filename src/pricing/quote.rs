//! The order of stages: list → bundle → item → order → customer → shipping → tax → total.

use super::arrival::Calendar;
use super::choose::{Choice, Given, choose};
use super::delivery::{Free, Shipment, free, offer, rate_of, zone_of};
use super::lines::{Row, find_lines, fixed_order};
use super::promotion::Facts;
use super::round::sum;
use super::steps::{Words, name, yielded};
use super::tax::tax;
use super::{
    Adjustment, Basket, Book, Buyer, Delivery, Destination, Effect, Item, Objection, Quote,
    QuoteLine, Source, Step, Zone,
};
use crate::base::Instant;
use crate::base::money::MINOR_MAX;

/// What a basket costs this buyer, there, at `now`: the single place where a price is made.
///
/// Nothing but the arguments decides it. Lines that are not sold are left out with an objection,
/// and so is a code that brings nothing; a code without use never changes the total.
#[must_use]
pub fn quote(
    book: &Book,
    basket: &Basket,
    buyer: &Buyer,
    destination: &Destination,
    now: Instant,
) -> Quote {
    let shop = &book.catalog.shop;
    let country = destination.country.as_str();
    let (rows, mut objections) = find_lines(book, basket, country, now);
    let served = zone_of(book, country).filter(|_| !rows.is_empty());
    if served.is_none() && !rows.is_empty() {
        objections.push(Objection::CountryNotServed { country: country.to_owned() });
    }
    let rate = served.and_then(|zone| rate_of(zone, destination.rate.as_deref()));
    let order = fixed_order(&rows);
    let mut facts = Facts { catalog: &book.catalog, buyer, rows, order, rate };
    let choice = choose(&book.promotions, &facts, &basket.codes, shop.currency, now);

    let mut sheet = Sheet::new(Words { currency: shop.currency });
    sheet.list_and_bundle(&facts.rows);
    sheet.promotions(&choice, &mut facts.rows);
    let goods_minor = sum(facts.rows.iter().map(|row| row.line.net_minor));

    let given_free = choice.given.iter().find(|g| g.promotion.effect == Effect::FreeShipping);
    let shipment = Shipment {
        book,
        buyer,
        country,
        goods_minor,
        given_free: choice.free_delivery,
        calendar: Calendar::at(book, now),
    };
    let offers = served.map_or_else(Vec::new, |zone| offers_of(&shipment, zone));
    let delivery = rate.and_then(|rate| offers.iter().find(|o| o.rate == rate.id)).cloned();
    if let (Some(delivery), Some(rate)) = (&delivery, rate) {
        sheet.delivery(delivery, free(rate, goods_minor, buyer), given_free);
    }

    let mut lines: Vec<QuoteLine> = facts.rows.into_iter().map(|row| row.line).collect();
    let included = shop.prices_include_tax;
    sheet.taxes(&mut lines, delivery.as_ref(), included);
    let tax_on_delivery = delivery.as_ref().map(|d| d.tax_minor);
    let tax_minor = sum(lines.iter().map(|line| line.tax_minor).chain(tax_on_delivery));
    let tax_added = if included { 0 } else { tax_minor };
    let total_minor = sheet.total(goods_minor, delivery.as_ref(), tax_added);
    let claims = claims(&choice);
    objections.extend(choice.objections);
    let items_minor = sum(lines.iter().map(|line| line.gross_minor));
    if items_minor.max(total_minor) > MINOR_MAX {
        objections.push(Objection::TooMuch);
    }
    Quote {
        currency: shop.currency,
        revision: book.revision.clone(),
        items_minor,
        discount_minor: sum(lines.iter().map(|line| line.discount_minor)),
        lines,
        goods_minor,
        delivery,
        offers,
        adjustments: sheet.adjustments,
        tax_minor,
        tax_included: included,
        total_minor,
        claims,
        objections,
        steps: sheet.steps,
    }
}

/// Every delivery of a zone, priced.
fn offers_of(shipment: &Shipment, zone: &Zone) -> Vec<Delivery> {
    zone.rates.iter().map(|rate| offer(shipment, zone, rate)).collect()
}

/// Promotions applied whose use is limited.
fn claims(choice: &Choice<'_>) -> Vec<String> {
    let promotions = choice.given.iter().map(|given| given.promotion);
    let limited = promotions.filter(|p| p.limit_total.is_some() || p.limit_per_customer.is_some());
    limited.map(|p| p.id.clone()).collect()
}

/// The calculation as it is written down, stage by stage.
struct Sheet {
    words: Words,
    adjustments: Vec<Adjustment>,
    steps: Vec<Step>,
}

impl Sheet {
    fn new(words: Words) -> Self {
        Self { words, adjustments: Vec::new(), steps: Vec::new() }
    }

    /// Every line at its listed price, then what bundles save.
    fn list_and_bundle(&mut self, rows: &[Row<'_>]) {
        self.steps.extend(rows.iter().map(|row| self.words.list(&row.line)));
        for row in rows.iter().filter(|row| row.line.discount_minor > 0) {
            let line = &row.line;
            self.steps.push(self.words.bundle(row, line.discount_minor));
            let Item::Bundle(slug) = &line.item else { continue };
            self.adjustments.push(Adjustment {
                source: Source::Bundle,
                reference: slug.clone(),
                label: line.title.clone(),
                code: None,
                amount_minor: line.discount_minor,
                shares: vec![(line.key.clone(), line.discount_minor)],
            });
        }
    }

    /// What promotions take off goods, spread over the lines.
    fn promotions(&mut self, choice: &Choice<'_>, rows: &mut [Row<'_>]) {
        self.steps.extend(choice.yielded.iter().map(|(loser, winner)| yielded(loser, winner)));
        for given in choice.given.iter().filter(|g| g.promotion.effect != Effect::FreeShipping) {
            self.steps.push(self.words.promotion(given, rows));
            let mut shares = Vec::new();
            for (row, share) in rows.iter_mut().zip(&given.gift.shares) {
                if *share > 0 {
                    row.line.discount_minor += share;
                    row.line.net_minor -= share;
                    shares.push((row.line.key.clone(), *share));
                }
            }
            self.adjustments.push(adjustment(Source::Promotion, given, shares));
        }
    }

    /// What delivery costs, and what made it free.
    fn delivery(
        &mut self,
        delivery: &Delivery,
        free: Option<Free>,
        given_free: Option<&Given<'_>>,
    ) {
        self.steps.push(self.words.delivery(delivery, free, given_free));
        if let Some(given) = given_free {
            self.adjustments.push(adjustment(Source::Shipping, given, Vec::new()));
            return;
        }
        let label = match free {
            Some(Free::From(_)) => "Free delivery",
            Some(Free::FirstOrder) => "Free delivery on your first order",
            None => return,
        };
        if delivery.list_minor > 0 {
            self.adjustments.push(Adjustment {
                source: Source::Shipping,
                reference: delivery.rate.clone(),
                label: label.to_owned(),
                code: None,
                amount_minor: delivery.list_minor,
                shares: Vec::new(),
            });
        }
    }

    /// Tax on every line's net amount and on delivery.
    fn taxes(&mut self, lines: &mut [QuoteLine], delivery: Option<&Delivery>, included: bool) {
        for line in lines {
            let step = self.words.currency.step();
            line.tax_minor = tax(line.net_minor, line.tax_bp, included, step);
            if line.tax_bp > 0 {
                let (net, what) = (line.net_minor, name(line));
                self.steps.push(self.words.tax(&what, net, line.tax_bp, line.tax_minor, included));
            }
        }
        if let Some(d) = delivery.filter(|d| d.tax_minor > 0) {
            let (rate, tax) = (d.tax_bp, d.tax_minor);
            self.steps.push(self.words.tax(&d.title, d.price_minor, rate, tax, included));
        }
    }

    /// What the buyer pays.
    fn total(&mut self, goods_minor: i64, delivery: Option<&Delivery>, tax_added: i64) -> i64 {
        let charged = delivery.map(|d| d.price_minor);
        let total_minor = sum([goods_minor, charged.unwrap_or(0), tax_added]);
        self.steps.push(self.words.total(goods_minor, charged, tax_added, total_minor));
        total_minor
    }
}

fn adjustment(source: Source, given: &Given<'_>, shares: Vec<(String, i64)>) -> Adjustment {
    Adjustment {
        source,
        reference: given.promotion.id.clone(),
        label: given.promotion.title.clone(),
        code: given.code.map(str::to_owned),
        amount_minor: given.gift.amount_minor,
        shares,
    }
}
