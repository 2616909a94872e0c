//! The calculation in words: one step for every sum, enough to explain every penny.
//!
//! The amounts of all steps but the last sum to the last, the total.

use super::choose::Given;
use super::delivery::Free;
use super::lines::Row;
use super::round::percent;
use super::{Delivery, Effect, Promotion, QuoteLine, QuotePart, Stage, Step};
use crate::base::{Currency, Money};

/// Writes steps with amounts of one currency.
#[derive(Clone, Copy)]
pub(super) struct Words {
    /// Of every amount.
    pub currency: Currency,
}

impl Words {
    fn money(self, minor: i64) -> String {
        Money::new(minor, self.currency).to_string()
    }

    /// A line at its listed price.
    pub(super) fn list(self, line: &QuoteLine) -> Step {
        let (unit, gross) = (self.money(line.unit_minor), self.money(line.gross_minor));
        let mut text = format!("{}: {} × {unit} = {gross}", name(line), line.qty);
        if line.regular_unit_minor > line.unit_minor {
            text = format!("{text}, on sale from {}", self.money(line.regular_unit_minor));
        }
        if !line.parts.is_empty() {
            let part = |part: &QuotePart| {
                format!("{} × {} at {}", part.qty, part.title, self.money(part.unit_minor))
            };
            let parts: Vec<String> = line.parts.iter().map(part).collect();
            text = format!("{text} ({})", parts.join(", "));
        }
        step("list", text, line.gross_minor)
    }

    /// What a bundle saves.
    pub(super) fn bundle(self, row: &Row<'_>, saved: i64) -> Step {
        let line = &row.line;
        let text = format!(
            "{}: {} less {} is {} each, {} × {} saved = {}",
            line.title,
            self.money(line.unit_minor),
            percent(row.bundle_bp),
            self.money(row.each_minor),
            line.qty,
            self.money(line.unit_minor - row.each_minor),
            self.money(saved),
        );
        step("bundle", text, -saved)
    }

    /// What a promotion takes off goods, and how it is spread.
    pub(super) fn promotion(self, given: &Given<'_>, rows: &[Row<'_>]) -> Step {
        let gift = &given.gift;
        let (base, amount) = (self.money(gift.base_minor), self.money(gift.amount_minor));
        let at_most = |max: &Option<i64>| {
            max.map_or(String::new(), |max| format!(" (at most {})", self.money(max)))
        };
        let sum = match &given.promotion.effect {
            Effect::PercentOffItems { percent_bp, max_minor }
            | Effect::PercentOffOrder { percent_bp, max_minor } => {
                format!("{} of {base} = {amount}{}", percent(*percent_bp), at_most(max_minor))
            }
            Effect::AmountOffOrder { .. } | Effect::FreeShipping => {
                format!("{amount} off {base}")
            }
        };
        let mut text = format!("{}{}: {sum}", given.promotion.title, with_code(given.code));
        let spread = rows.iter().zip(&gift.shares).filter(|(_, share)| **share > 0);
        let spread: Vec<String> = spread
            .map(|(row, share)| format!("{} {}", name(&row.line), self.money(*share)))
            .collect();
        if rows.len() > 1 {
            text = format!("{text}, of it {}", spread.join(", "));
        }
        step(stage(given.promotion.stage), text, -gift.amount_minor)
    }

    /// What delivery costs, and why when it is free.
    pub(super) fn delivery(
        self,
        delivery: &Delivery,
        free: Option<Free>,
        promotion: Option<&Given<'_>>,
    ) -> Step {
        let list = self.money(delivery.list_minor);
        let why = match (promotion, free) {
            (Some(given), _) => {
                format!(", free with {}{}", given.promotion.title, with_code(given.code))
            }
            (None, Some(Free::From(from))) => {
                format!(", free for goods from {}", self.money(from))
            }
            (None, Some(Free::FirstOrder)) => ", free on a first order".to_owned(),
            (None, None) => String::new(),
        };
        step("shipping", format!("{}: {list}{why}", delivery.title), delivery.price_minor)
    }

    /// The tax in or on one amount; contained tax changes nothing, so its step counts 0.
    pub(super) fn tax(self, what: &str, base: i64, rate_bp: u32, tax: i64, included: bool) -> Step {
        let preposition = if included { "contained in" } else { "on" };
        let (base, amount) = (self.money(base), self.money(tax));
        let text = format!("{what}: {} {preposition} {base} = {amount}", percent(rate_bp));
        step("tax", text, if included { 0 } else { tax })
    }

    /// What the buyer pays.
    pub(super) fn total(
        self,
        goods: i64,
        delivery: Option<i64>,
        tax_added: i64,
        total: i64,
    ) -> Step {
        let mut text = format!("goods {}", self.money(goods));
        if let Some(minor) = delivery {
            text = format!("{text} + delivery {}", self.money(minor));
        }
        if tax_added > 0 {
            text = format!("{text} + tax {}", self.money(tax_added));
        }
        step("total", format!("{text} = {}", self.money(total)), total)
    }
}

/// A promotion that yielded to another.
pub(super) fn yielded(loser: &Promotion, winner: &Promotion) -> Step {
    let text = format!("{}: cannot be combined with {}", loser.title, winner.title);
    step(stage(loser.stage), text, 0)
}

/// Title and options of a line, as people say it.
pub(super) fn name(line: &QuoteLine) -> String {
    if line.options.is_empty() {
        line.title.clone()
    } else {
        format!("{} ({})", line.title, line.options)
    }
}

fn with_code(code: Option<&str>) -> String {
    code.map_or(String::new(), |code| format!(" (code {code})"))
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Item => "item",
        Stage::Order => "order",
        Stage::Customer => "customer",
        Stage::Shipping => "shipping",
    }
}

fn step(rule: &str, text: String, amount_minor: i64) -> Step {
    Step { rule: rule.to_owned(), text, amount_minor }
}
