//! Money that goes back: by the merchant, by cancelling, and behind the shop's back.

use std::collections::BTreeMap;

use kiosk::base::Refusal;
use kiosk::base::fault::Failure;
use kiosk::base::ids::OrderId;
use kiosk::orders;
use kiosk::payments::{self, PaymentOutcome, RefundStatus, RefundWish, Share};
use serde_json::Value;

use crate::acts::{Answered, Said};
use crate::world::{World, choose};

fn answer<T, R: Refusal>(done: Result<T, Failure<R>>) -> Answered {
    match done {
        Ok(_) => (200, Value::Null, String::new()),
        Err(Failure::Refused(refusal)) => {
            let problem = refusal.problem();
            (problem.status, Value::Null, problem.detail)
        }
        Err(Failure::Fault(fault)) => {
            (if fault.is_busy() { 503 } else { 500 }, Value::Null, fault.to_string())
        }
    }
}

impl World {
    fn order(&self, number: u64, condition: &str) -> Option<OrderId> {
        let ids: Vec<String> = self.shop.read(|read| {
            let sql = format!("SELECT id FROM orders WHERE {condition} ORDER BY number");
            let mut statement = read.prepare_cached(&sql).unwrap();
            let ids = statement.query_map([], |row| row.get(0)).unwrap();
            ids.map(Result::unwrap).collect()
        });
        choose(&ids, number).map(OrderId::from_stored)
    }

    /// All that is left or a little, with goods back on the shelf or without.
    pub fn refund(&mut self, number: u64) -> Said {
        let id = self.order(number, "payment_status IN ('paid', 'part_refunded')")?;
        let order = self.shop.read(|read| orders::get_order(read, &id).unwrap().unwrap());
        let wish = RefundWish {
            share: if number.is_multiple_of(3) { Share::All } else { Share::Amount(250) },
            delivery: number.is_multiple_of(3),
            restock: if number.is_multiple_of(2) { order.units() } else { BTreeMap::new() },
            reason: "asked for".to_owned(),
            by_hand: false,
            late: false,
        };
        let till = self.shop.till.clone();
        let work = async move { answer(payments::give_back(&till, &id, wish, "merchant").await) };
        self.run(work)
    }

    pub fn cancel_order(&mut self, number: u64) -> Said {
        let id = self.order(number, "1")?;
        let till = self.shop.till.clone();
        let work =
            async move { answer(payments::cancel(&till, &id, "merchant", "out of clay").await) };
        self.run(work)
    }

    pub fn refund_in_dashboard(&mut self, number: u64) -> Said {
        let left = |payment: &Option<String>, amount: i64| {
            let gone = self.provider.refunds().into_iter().filter(|refund| {
                &refund.payment_id == payment && refund.status != RefundStatus::Failed
            });
            amount - gone.map(|refund| refund.amount_minor).sum::<i64>()
        };
        let found = self.sessions(|session| {
            session.outcome == PaymentOutcome::Paid
                && left(&session.payment_id, session.amount_minor) >= 100
        });
        let session = choose(&found, number)?.id.clone();
        let refund = self.provider.refund_in_dashboard(&session, 100);
        self.tell(&refund, "refund.created");
        Some((200, Value::Null, refund))
    }

    /// Refunds under way come to their end: most arrive, some do not.
    pub fn end_refunds(&mut self) {
        let pending = self.provider.refunds().into_iter().enumerate();
        let pending = pending.filter(|(_, refund)| refund.status == RefundStatus::Pending);
        for (n, refund) in pending.collect::<Vec<_>>() {
            let fails = n % 3 == 2;
            let end = if fails { RefundStatus::Failed } else { RefundStatus::Succeeded };
            self.provider.end_refund(&refund.id, end);
            self.tell(&refund.id, if fails { "refund.failed" } else { "refund.updated" });
        }
    }

    /// What went back by the provider's books, minor units.
    pub fn went_back(&self) -> i64 {
        let refunds = self.provider.refunds().into_iter();
        let arrived = refunds.filter(|refund| refund.status == RefundStatus::Succeeded);
        arrived.map(|refund| refund.amount_minor).sum()
    }
}
