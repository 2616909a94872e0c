//! Which parts of an order's money a refund gives back, as somebody asked for them.

use std::collections::BTreeMap;

use super::model::{Payment, PaymentState};
use super::model_refund::{NoRefund, RefundWish, Share};
use super::provider::Provider;
use super::{share, store_refund};
use crate::base::{Failure, Money, refuse};
use crate::orders::{self, Item, Order};
use crate::platform::db::Read;

type Outcome<T> = Result<T, Failure<NoRefund>>;
type Gone = BTreeMap<u32, (u32, i64)>;

/// Which parts of an order's money a refund gives back.
#[derive(Default)]
pub(super) struct Plan {
    pub amount_minor: i64,
    pub delivery_minor: i64,
    /// Position, units, minor units.
    pub lines: Vec<(u32, u32, i64)>,
}

impl Plan {
    /// What goes back, in full, or why it cannot.
    pub(super) fn of(
        read: &Read,
        order: &Order,
        payment: &Payment,
        wish: &RefundWish,
    ) -> Outcome<Self> {
        let (gone, underway) = store_refund::sums(read, &payment.id)?;
        let left_minor = payment.received_minor.unwrap_or(0) - gone - underway;
        let mut plan = Self::default();
        // Money the order never took belongs to no line.
        let is_own = payment.state == PaymentState::Paid;
        let items = if is_own { orders::list_items(read, &order.id)? } else { Vec::new() };
        let gone_lines = store_refund::gone_lines(read, &order.id)?;
        if wish.delivery || wish.share == Share::All && is_own {
            let paid = share::of_delivery(order.total_minor, &items, order.quote.tax_included);
            plan.delivery_minor = (paid - store_refund::sum_delivery(read, &payment.id)?).max(0);
        }
        plan.lines = match &wish.share {
            Share::All => rest_of_lines(order, &items, &gone_lines),
            Share::Amount(_) => Vec::new(),
            Share::Lines(wanted) => lines_of(order, &items, &gone_lines, wanted)?,
        };
        let named: i64 = plan.lines.iter().map(|line| line.2).sum::<i64>() + plan.delivery_minor;
        plan.amount_minor = match wish.share {
            Share::All => left_minor,
            Share::Amount(minor) => minor.saturating_add(plan.delivery_minor),
            Share::Lines(_) => named,
        };
        if wish.share == Share::All && named != left_minor {
            // Amounts without lines went back before: what is left is no longer made of lines.
            (plan.lines, plan.delivery_minor) = (Vec::new(), 0);
        }
        let is_free = payment.received_minor == Some(0) && gone_lines.is_empty();
        if plan.amount_minor < 0 || plan.amount_minor == 0 && !is_free {
            return refuse(NoRefund::Nothing);
        }
        if plan.amount_minor > left_minor {
            let left = Money::new(left_minor, payment.request.currency);
            return refuse(NoRefund::TooMuch { left });
        }
        Ok(plan)
    }

    /// Whether the provider can send exactly this much back: found out before it is written down.
    pub(super) fn may_be_sent(&self, provider: &dyn Provider, payment: &Payment) -> Outcome<()> {
        let currency = payment.request.currency;
        match provider.objection_to_refund(self.amount_minor, currency) {
            Some(why) => refuse(NoRefund::AmountNotTaken { why }),
            None => Ok(()),
        }
    }
}

/// Every unit that has not gone back yet.
fn rest_of_lines(order: &Order, items: &[Item], gone: &Gone) -> Vec<(u32, u32, i64)> {
    let tops = items.iter().filter(|item| item.parent.is_none());
    tops.filter_map(|item| {
        let before = gone.get(&item.position).copied().unwrap_or_default();
        let units = item.qty.saturating_sub(before.0);
        (units > 0).then(|| (item.position, units, share_of(order, item, before, units)))
    })
    .collect()
}

pub(super) fn share_of(order: &Order, item: &Item, before: (u32, i64), units: u32) -> i64 {
    let paid = share::paid_for(item, order.quote.tax_included);
    share::of_units(paid, item.qty, before, units, order.currency.step())
}

fn lines_of(
    order: &Order,
    items: &[Item],
    gone: &Gone,
    wanted: &[(String, u32)],
) -> Outcome<Vec<(u32, u32, i64)>> {
    let mut lines: Vec<(u32, u32, i64)> = Vec::new();
    for (name, units) in wanted {
        // Parts of a bundle carry no money of their own: their bundle's line is named instead.
        let is_it = |item: &&Item| item.parent.is_none() && item.reference == *name;
        let Some(item) = items.iter().find(is_it) else {
            return refuse(NoRefund::NoSuchLine { name: name.clone(), left: 0 });
        };
        let before = gone.get(&item.position).copied().unwrap_or_default();
        let left = item.qty.saturating_sub(before.0);
        let twice = lines.iter().any(|line| line.0 == item.position);
        if *units == 0 || *units > left || twice {
            return refuse(NoRefund::NoSuchLine { name: name.clone(), left });
        }
        lines.push((item.position, *units, share_of(order, item, before, *units)));
    }
    Ok(lines)
}
