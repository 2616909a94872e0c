//! One promotion: whether its conditions hold, and what it gives.

use super::lines::Row;
use super::round::{WHOLE, share_of, sum};
use super::split::split_in_order;
use super::{Buyer, Conditions, Effect, Missing, Promotion, Rate};
use crate::base::{Currency, Money};
use crate::catalog::Catalog;

/// What promotions are decided on.
pub(super) struct Facts<'a> {
    /// What is sold.
    pub catalog: &'a Catalog,
    /// Who buys.
    pub buyer: &'a Buyer,
    /// The lines, bundle savings already taken off.
    pub rows: Vec<Row<'a>>,
    /// The order in which remainders are handed out.
    pub order: Vec<usize>,
    /// The chosen delivery rate; none when nothing is delivered there.
    pub rate: Option<&'a Rate>,
}

impl Facts<'_> {
    /// What each line costs before promotions.
    pub(super) fn nets(&self) -> Vec<i64> {
        self.rows.iter().map(|row| row.line.net_minor).collect()
    }
}

/// What a promotion takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gift {
    /// The amount it was reckoned on.
    pub base_minor: i64,
    /// What it takes off, above zero.
    pub amount_minor: i64,
    /// What it takes off each row; empty when it is off delivery.
    pub shares: Vec<i64>,
}

impl Missing {
    /// The sentence the buyer reads.
    pub(super) fn sentence(&self, currency: Currency) -> String {
        match self {
            Self::SignIn => "Sign in to use this code.".to_owned(),
            Self::FirstOrder => "This code is for a first order only.".to_owned(),
            Self::TakingPart => "Nothing in your basket takes part in this offer.".to_owned(),
            Self::Units(units) => {
                format!("Add {units} more of the items that take part in this offer.")
            }
            Self::Goods(minor) => {
                format!("Add goods for {} more to use this code.", Money::new(*minor, currency))
            }
            Self::Alone(title) => format!("This code cannot be combined with “{title}”."),
            Self::NothingLeft => "There is nothing left to take off.".to_owned(),
            Self::DeliveryIsFree => "Delivery is free already.".to_owned(),
            Self::NoDelivery => "Nothing is delivered to your country.".to_owned(),
        }
    }
}

/// Checks the conditions that no other discount can change.
pub(super) fn admit(promotion: &Promotion, facts: &Facts<'_>) -> Result<(), Missing> {
    let when = &promotion.when;
    if when.signed_in && !facts.buyer.signed_in {
        return Err(Missing::SignIn);
    }
    if when.first_order && facts.buyer.paid_orders > 0 {
        return Err(Missing::FirstOrder);
    }
    let taking_part = facts.rows.iter().filter(|row| takes_part(when, row, facts.catalog));
    let units = taking_part.fold(0_u32, |units, row| units.saturating_add(row.line.qty));
    let wanted = when.quantity_from.unwrap_or(1);
    match units {
        0 => Err(Missing::TakingPart),
        _ if units < wanted => Err(Missing::Units(wanted - units)),
        _ => Ok(()),
    }
}

/// Whether a line takes part: every list given must name it. A bundle takes part by its own
/// category and tags, never by the SKUs of its parts, which have no price of their own in it.
fn takes_part(when: &Conditions, row: &Row<'_>, catalog: &Catalog) -> bool {
    let category = when.category.is_empty()
        || row
            .category
            .is_some_and(|path| when.category.iter().any(|shelf| Catalog::is_within(path, shelf)));
    let tag = when.tag.is_empty() || when.tag.iter().any(|tag| row.tags.contains(tag));
    let sku = when.sku.is_empty()
        || row.sku.is_some_and(|own| {
            let today = |sku| catalog.find(sku).map_or(sku, |(_, variant)| &variant.sku);
            when.sku.iter().any(|sku| today(sku) == own)
        });
    category && tag && sku
}

/// Checks that goods after earlier discounts reach the promotion's threshold.
pub(super) fn reaches(promotion: &Promotion, goods_minor: i64) -> Result<(), Missing> {
    match promotion.when.subtotal_from_minor {
        Some(from) if goods_minor < from => Err(Missing::Goods(from.saturating_sub(goods_minor))),
        _ => Ok(()),
    }
}

/// What a promotion takes off goods that cost `nets` after earlier discounts.
///
/// Line conditions choose the lines for `percent_off_items`; the effects on the order are off all
/// goods, and line conditions only say whether they apply.
pub(super) fn gift(
    promotion: &Promotion,
    facts: &Facts<'_>,
    nets: &[i64],
) -> Result<Gift, Missing> {
    let goods_minor = sum(nets.iter().copied());
    reaches(promotion, goods_minor)?;
    let step = facts.catalog.shop.currency.step();
    let whole = |amount: i64| (goods_minor, split_in_order(amount, nets, &facts.order, step));
    let (base_minor, shares) = match &promotion.effect {
        Effect::PercentOffItems { percent_bp, max_minor } => {
            off_items(&promotion.when, facts, nets, *percent_bp, *max_minor)
        }
        Effect::PercentOffOrder { percent_bp, max_minor } => {
            let amount = share_of(goods_minor, (*percent_bp).min(WHOLE), step);
            whole(capped(amount, *max_minor))
        }
        Effect::AmountOffOrder { amount_minor } => whole(*amount_minor),
        Effect::FreeShipping => (0, Vec::new()),
    };
    let amount_minor = sum(shares.iter().copied());
    match amount_minor {
        0 => Err(Missing::NothingLeft),
        _ => Ok(Gift { base_minor, amount_minor, shares }),
    }
}

/// A share off each line taking part, half up per line; a cap is split like any amount.
fn off_items(
    when: &Conditions,
    facts: &Facts<'_>,
    nets: &[i64],
    percent_bp: u32,
    max_minor: Option<i64>,
) -> (i64, Vec<i64>) {
    let amounts = facts
        .rows
        .iter()
        .zip(nets)
        .map(|(row, net)| if takes_part(when, row, facts.catalog) { *net } else { 0 });
    let amounts: Vec<i64> = amounts.collect();
    let step = facts.catalog.shop.currency.step();
    let shares: Vec<i64> =
        amounts.iter().map(|amount| share_of(*amount, percent_bp.min(WHOLE), step)).collect();
    let saved = sum(shares.iter().copied());
    // All of it leaves the shares as they are.
    let shares = split_in_order(capped(saved, max_minor), &shares, &facts.order, step);
    (sum(amounts), shares)
}

fn capped(amount: i64, max_minor: Option<i64>) -> i64 {
    max_minor.map_or(amount, |max| amount.min(max.max(0)))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, Sample, bundles, guest, home, promotion, units};
    use super::super::{Basket, Quote, Stage, quote};
    use super::*;
    use crate::base::ids::Sku;

    fn ask(promotion: Promotion, basket: &Basket) -> Quote {
        let book = Sample::new()
            .product("A", "A", 1005)
            .with(|product| product.category = "bath/soap".to_owned())
            .product("B", "B", 1005)
            .with(|product| product.tags = vec!["gift".to_owned()])
            .product("C", "C", 500)
            .bundle("set", "Set", 0, &[("A", 1), ("B", 1), ("C", 1)])
            .promotion(promotion)
            .book();
        quote(&book, basket, &guest(), &home(), NOW)
    }

    fn items(percent_bp: u32, max_minor: Option<i64>) -> Promotion {
        promotion("p", Stage::Item, Effect::PercentOffItems { percent_bp, max_minor })
    }

    fn discounts(quote: &Quote) -> Vec<i64> {
        quote.lines.iter().map(|line| line.discount_minor).collect()
    }

    // S2.7: the lists of a promotion choose its lines; a percentage is rounded per line.
    #[test]
    fn conditions_choose_lines() {
        let basket = units(&[("A", 1), ("B", 1), ("C", 1)]);
        let check = |change: fn(&mut Conditions), expected: [i64; 3]| {
            let mut promotion = items(1000, None);
            change(&mut promotion.when);
            assert_eq!(discounts(&ask(promotion, &basket)), expected);
        };
        check(|_| (), [101, 101, 50]);
        check(|when| when.category = vec!["bath".to_owned()], [101, 0, 0]);
        check(|when| when.tag = vec!["gift".to_owned()], [0, 101, 0]);
        check(|when| when.sku = vec![Sku::from_stored("C")], [0, 0, 50]);
        // Every list given must name the line.
        let both = |when: &mut Conditions| {
            when.tag = vec!["gift".to_owned()];
            when.category = vec!["bath".to_owned()];
        };
        check(both, [0, 0, 0]);
    }

    // S2.6: a bundle takes part by its own category and tags, not by its parts.
    #[test]
    fn a_bundle_is_no_sku() {
        let basket = Basket { lines: vec![bundles("set", 1)], codes: Vec::new() };
        let mut by_sku = items(1000, None);
        by_sku.when.sku = vec![Sku::from_stored("A")];
        assert_eq!(discounts(&ask(by_sku, &basket)), [0]);
        assert_eq!(discounts(&ask(items(1000, None), &basket)), [251]);
    }

    // S2.7: a cap is kept and spread; nothing falls below zero.
    #[test]
    fn effects_are_limited() {
        let basket = units(&[("A", 1), ("B", 1), ("C", 1)]);
        assert_eq!(discounts(&ask(items(1000, Some(101)), &basket)), [41, 40, 20]);
        assert_eq!(discounts(&ask(items(u32::MAX, None), &basket)), [1005, 1005, 500]);
        let order = |effect| promotion("p", Stage::Order, effect);
        let half = Effect::PercentOffOrder { percent_bp: 5000, max_minor: Some(251) };
        assert_eq!(ask(order(half), &basket).discount_minor, 251);
        let much = Effect::AmountOffOrder { amount_minor: i64::MAX };
        assert_eq!(ask(order(much), &basket).goods_minor, 0);
        let negative = Effect::AmountOffOrder { amount_minor: -5 };
        assert_eq!(ask(order(negative), &basket).discount_minor, 0);
    }

    // S2.7: the threshold looks at goods after earlier discounts.
    #[test]
    fn the_threshold_is_inclusive() {
        let mut promotion = items(1000, None);
        for (from, expected) in [(1005, 101), (1006, 0)] {
            promotion.when.subtotal_from_minor = Some(from);
            let quote = ask(promotion.clone(), &units(&[("A", 1)]));
            assert_eq!(quote.discount_minor, expected);
        }
    }
}
