//! Money that goes back: by the merchant, by cancelling, and behind the shop's back.

use std::collections::BTreeMap;

use kiosk::base::Refusal;
use kiosk::base::fault::Failure;
use kiosk::base::ids::OrderId;
use kiosk::orders;
use kiosk::payments::{
    self, DisputeStatus, PaymentOutcome, RefundStatus, RefundWish, Session, Share,
};
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

fn is_final(status: DisputeStatus) -> bool {
    matches!(status, DisputeStatus::Won | DisputeStatus::Lost)
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
                && !self.provider.is_disputed(session.payment_id.as_deref())
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

    /// A buyer complains at the bank, or the bank moves on: to a look of its own, or to its end.
    pub fn complain(&mut self, number: u64) -> Said {
        let is_over = |session: &Session| {
            let known = self.provider.find_dispute_of(&session.id);
            known.is_some_and(|known| is_final(known.status))
        };
        let found =
            self.sessions(|session| session.outcome == PaymentOutcome::Paid && !is_over(session));
        let session = choose(&found, number)?.id.clone();
        let known = self.provider.find_dispute_of(&session).map(|known| known.status);
        let status = match (known, number % 5) {
            (None, 0..=3) => DisputeStatus::NeedsResponse,
            (Some(DisputeStatus::NeedsResponse), 0..=1) => DisputeStatus::UnderReview,
            (_, 3) => DisputeStatus::Won,
            _ => DisputeStatus::Lost,
        };
        self.bank_says(&session, status);
        Some((200, Value::Null, format!("{status:?}")))
    }

    fn bank_says(&mut self, session: &str, status: DisputeStatus) {
        let is_new = self.provider.find_dispute_of(session).is_none();
        let id = format!("du_{session}");
        self.provider.dispute(session, &id, status, self.around.clock.now());
        let kind = match status {
            _ if is_new => "charge.dispute.created",
            status if is_final(status) => "charge.dispute.closed",
            _ => "charge.dispute.updated",
        };
        self.tell(&id, kind);
    }

    /// The bank decides every complaint: every other one is won.
    pub fn end_disputes(&mut self) {
        for (n, session) in self.sessions(|_| true).into_iter().enumerate() {
            let known = self.provider.find_dispute_of(&session.id);
            if known.is_some_and(|known| !is_final(known.status)) {
                let won = n % 2 == 0;
                let end = if won { DisputeStatus::Won } else { DisputeStatus::Lost };
                self.bank_says(&session.id, end);
            }
        }
    }

    /// The merchant has looked at an order and says so.
    pub fn settle_by_person(&mut self, number: u64) -> Said {
        let id = self.order(number, "attention IS NOT NULL OR disputed")?;
        let (db, now) = (self.shop.kit.db.clone(), self.around.clock.now());
        let work = db.write(move |tx| orders::settle_by_person(tx, &id, "looked at", "staff", now));
        self.run(work).map(answer)
    }

    pub fn take_by_hand(&mut self, number: u64) -> Said {
        let id = self.order(number, "payment_status IN ('pending', 'failed', 'expired')")?;
        let (till, now) = (self.shop.till.clone(), self.around.clock.now());
        let book = till.books.now();
        let db = till.kit.db.clone();
        let work = db.write(move |tx| {
            payments::take_by_hand(tx, &till, &book, &id, "in cash", "merchant", now)
        });
        self.run(work).map(answer)
    }

    /// What went back by the provider's books, minor units.
    pub fn went_back(&self) -> i64 {
        let refunds = self.provider.refunds().into_iter();
        let arrived = refunds.filter(|refund| refund.status == RefundStatus::Succeeded);
        arrived.map(|refund| refund.amount_minor).sum()
    }
}
