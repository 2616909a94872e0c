//! What could go back of an order, as somebody decides about it: the exact share of each line,
//! delivery, and units that may come back to the shelf. Nothing is written here.

use serde::Serialize;

use super::by_hand::BY_HAND;
use super::model::PaymentState;
use super::model_refund::{NoRefund, RefundWish};
use super::plan::{Plan, share_of};
use super::provider::Provider;
use super::refund::find_target;
use super::{share, store, store_refund};
use crate::base::ids::{OrderId, Sku};
use crate::base::{Failure, Fault, refuse};
use crate::orders::{self, Item, Order};
use crate::platform::db::Read;

/// What of an order's money is left to give back.
#[derive(Clone, Debug, Serialize)]
pub struct Proposal {
    /// What came, minor units.
    pub received_minor: i64,
    /// What of it has gone back or is on its way.
    pub gone_minor: i64,
    /// What is left.
    pub left_minor: i64,
    /// Lines, as far as something is left of them.
    pub lines: Vec<ProposedLine>,
    /// What is left of the delivery, tax with it.
    pub delivery_minor: i64,
    /// Units of each SKU that may still come back to the shelf.
    pub restock: Vec<(Sku, u32)>,
    /// Money the order could not take and that is still here.
    pub late_minor: i64,
    /// The order was paid past its payment page: whoever gives money back does it the same way.
    pub by_hand: bool,
}

/// A line of which something can go back.
#[derive(Clone, Debug, Serialize)]
pub struct ProposedLine {
    /// Its place in the order.
    pub position: u32,
    /// SKU or bundle.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Title then.
    pub title: String,
    /// Options then.
    pub options: String,
    /// Units bought.
    pub qty: u32,
    /// Units that have not gone back.
    pub left: u32,
    /// What one more unit stands for, minor units.
    pub one_minor: i64,
    /// What all that are left stand for.
    pub left_minor: i64,
}

/// What a wish would give back, to the minor unit.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// All of it.
    pub amount_minor: i64,
    /// How much of it is for delivery.
    pub delivery_minor: i64,
    /// Position, units, minor units.
    pub lines: Vec<(u32, u32, i64)>,
}

/// What could go back; none when nothing was received for the order.
///
/// # Errors
/// When the database fails.
pub fn propose_refund(read: &Read, order: &Order) -> Result<Option<Proposal>, Fault> {
    let late = store::find_in_review(read, &order.id)?;
    let late_minor = match &late {
        Some(payment) => payment.received_minor.unwrap_or(0) - gone_of(read, &payment.id)?,
        None => 0,
    };
    let paid = store::find_paid(read, &order.id)?;
    if paid.is_none() && late.is_none() {
        return Ok(None);
    }
    let Some(payment) = paid else {
        let received_minor = late.and_then(|payment| payment.received_minor).unwrap_or(0);
        return Ok(Some(Proposal {
            received_minor,
            gone_minor: received_minor - late_minor,
            left_minor: 0,
            lines: Vec::new(),
            delivery_minor: 0,
            restock: Vec::new(),
            late_minor,
            by_hand: false,
        }));
    };
    let received_minor = payment.received_minor.unwrap_or(0);
    let gone_minor = gone_of(read, &payment.id)?;
    let items = orders::list_items(read, &order.id)?;
    let delivery = share::of_delivery(order.total_minor, &items, order.quote.tax_included);
    let gone_delivery = store_refund::sum_delivery(read, &payment.id)?;
    Ok(Some(Proposal {
        received_minor,
        gone_minor,
        left_minor: received_minor - gone_minor,
        lines: lines_of(read, order, &items)?,
        delivery_minor: (delivery - gone_delivery).max(0),
        restock: restock_of(read, order)?,
        late_minor,
        by_hand: payment.provider == BY_HAND,
    }))
}

fn gone_of(read: &Read, payment: &crate::base::ids::PaymentId) -> Result<i64, Fault> {
    let (gone, underway) = store_refund::sums(read, payment)?;
    Ok(gone + underway)
}

fn lines_of(read: &Read, order: &Order, items: &[Item]) -> Result<Vec<ProposedLine>, Fault> {
    let gone = store_refund::gone_lines(read, &order.id)?;
    let tops = items.iter().filter(|item| item.parent.is_none());
    let proposed = tops.filter_map(|item| {
        let before = gone.get(&item.position).copied().unwrap_or_default();
        let left = item.qty.saturating_sub(before.0);
        (left > 0).then(|| ProposedLine {
            position: item.position,
            reference: item.reference.clone(),
            title: item.title.clone(),
            options: item.options.clone(),
            qty: item.qty,
            left,
            one_minor: share_of(order, item, before, 1),
            left_minor: share_of(order, item, before, left),
        })
    });
    Ok(proposed.collect())
}

/// Units of each SKU that can still come back to the shelf.
pub(super) fn restock_of(read: &Read, order: &Order) -> Result<Vec<(Sku, u32)>, Fault> {
    let before = store_refund::restocked(read, &order.id)?;
    let left = order.units().into_iter().map(|(sku, qty)| {
        let back = before.get(&sku).copied().unwrap_or(0);
        (sku, qty.saturating_sub(back))
    });
    Ok(left.filter(|(_, units)| *units > 0).collect())
}

/// What a wish would give back; the same sum that [`super::give_back`] writes down.
///
/// # Errors
/// When it cannot go back.
pub fn check_refund(
    read: &Read,
    provider: &dyn Provider,
    id: &OrderId,
    wish: &RefundWish,
) -> Result<Checked, Failure<NoRefund>> {
    let Some(order) = orders::get_order(read, id)? else {
        return refuse(NoRefund::Order(orders::Refusal::Unknown));
    };
    let Some(payment) = find_target(read, id, wish.late)? else {
        return refuse(NoRefund::nothing(wish.late));
    };
    let disputed = store_refund::is_disputed(read, id)?;
    if disputed && !wish.by_hand && payment.state == PaymentState::Paid {
        return refuse(NoRefund::Disputed);
    }
    let restock = restock_of(read, &order)?;
    for (sku, units) in &wish.restock {
        let left = restock.iter().find(|(known, _)| known == sku).map_or(0, |(_, left)| *left);
        if *units == 0 || *units > left {
            return refuse(NoRefund::RestockTooMuch { sku: sku.clone(), left });
        }
    }
    let plan = Plan::of(read, &order, &payment, wish)?;
    if !wish.by_hand {
        plan.may_be_sent(provider, &payment)?;
    }
    let Plan { amount_minor, delivery_minor, lines } = plan;
    Ok(Checked { amount_minor, delivery_minor, lines })
}
