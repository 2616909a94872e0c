//! Money going back: refunds by the shop's wish or from the simulator's own page, and disputes.

use super::store_money::{self, Fresh};
use super::{Record, Simulator, deliver, store};
use crate::base::ids::hex;
use crate::base::{Failure, Instant, Problem, Randomness, refuse};
use crate::payments::provider::{
    DisputeStatus, PaymentOutcome, ProviderDispute, ProviderRefund, Received, RefundRequest,
    RefundStatus, Trouble,
};
use crate::platform::db::Tx;

/// How long a slow refund takes here, seconds.
const SLOW_S: i64 = 20;
/// How long a merchant has to answer a dispute, seconds.
const ANSWER_S: i64 = 7 * 86_400;

/// A refund as the simulator has it.
#[derive(Clone, Debug)]
pub(super) struct SentBack {
    pub id: String,
    pub payment_id: String,
    pub amount_minor: i64,
    pub refund: Option<String>,
    pub status: RefundStatus,
}

/// A dispute as the simulator has it.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub id: String,
    pub payment_id: String,
    pub status: DisputeStatus,
    pub due_at: Instant,
}

/// The simulator says no, in words like the real provider's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct No(pub &'static str);

impl crate::base::Refusal for No {
    fn problem(&self) -> Problem {
        Problem::new(409, "simulator-refuses", "The simulator refuses", self.0)
    }
}

fn trouble(failure: Failure<No>) -> Trouble {
    match failure {
        Failure::Refused(No(why)) => Trouble::Refused(why.to_owned()),
        Failure::Fault(fault) => Trouble::Unreachable(fault.to_string()),
    }
}

const NO_PAYMENT: No = No("there is no such payment");

pub(super) fn refund_of(record: &Record, sent: &SentBack) -> ProviderRefund {
    let failed = sent.status == RefundStatus::Failed;
    ProviderRefund {
        id: sent.id.clone(),
        status: sent.status,
        amount_minor: sent.amount_minor,
        currency: record.request.currency,
        payment_id: Some(sent.payment_id.clone()),
        refund: sent.refund.clone(),
        order: sent.refund.as_ref().map(|_| record.request.order.clone()),
        failure: failed.then(|| "expired_or_canceled_card".to_owned()),
    }
}

pub(super) fn dispute_of(record: &Record, complaint: &Complaint) -> ProviderDispute {
    ProviderDispute {
        id: complaint.id.clone(),
        payment_id: Some(complaint.payment_id.clone()),
        amount_minor: record.request.amount_minor,
        currency: record.request.currency,
        status: complaint.status,
        reason: "fraudulent".to_owned(),
        due_at: Some(complaint.due_at),
    }
}

/// Money to go back, by whomever.
pub(super) struct Wish {
    pub payment_id: String,
    pub amount_minor: i64,
    pub refund: Option<String>,
    pub key: Option<String>,
}

/// Writes a refund down with the webhooks it owes; the same key gives the same refund.
fn send_back(
    tx: &Tx,
    wish: &Wish,
    random: &Randomness,
    now: Instant,
) -> Result<ProviderRefund, Failure<No>> {
    let Some(record) = store::find_by_payment(tx, &wish.payment_id, now)? else {
        return refuse(NO_PAYMENT);
    };
    if let Some(key) = &wish.key
        && let Some(known) = store_money::find_refund_by_key(tx, key, now)?
    {
        let same = (known.amount_minor, &known.refund) == (wish.amount_minor, &wish.refund);
        if !same || known.payment_id != wish.payment_id {
            return refuse(No("idempotency_error: this key was used with other parameters"));
        }
        return Ok(refund_of(&record, &known));
    }
    check(tx, &record, wish, now)?;
    let (outcome, settles_at) = match record.refunds.as_str() {
        "succeed_later" => ("succeeded", now.plus_s(SLOW_S)),
        "fail_later" => ("failed", now.plus_s(SLOW_S)),
        _ => ("succeeded", now),
    };
    let mut sent = SentBack {
        id: format!("re_sim_{}", hex(&random.bytes::<12>())),
        payment_id: wish.payment_id.clone(),
        amount_minor: wish.amount_minor,
        refund: wish.refund.clone(),
        status: if settles_at > now { RefundStatus::Pending } else { RefundStatus::Succeeded },
    };
    let fresh = Fresh { key: wish.key.as_deref(), outcome, settles_at };
    store_money::insert_refund(tx, &sent, &fresh, now)?;
    let made = refund_of(&record, &sent);
    let told = deliver::refund_event(&made, "refund.created", random, now);
    store::insert_delivery(tx, &told, false, now)?;
    let told = deliver::charge_event(&wish.payment_id, random, now);
    store::insert_delivery(tx, &told, false, now)?;
    if settles_at > now {
        let (status, kind) = match outcome {
            "failed" => (RefundStatus::Failed, "refund.failed"),
            _ => (RefundStatus::Succeeded, "refund.updated"),
        };
        sent.status = status;
        let told = deliver::refund_event(&refund_of(&record, &sent), kind, random, settles_at);
        store::insert_delivery(tx, &told, false, settles_at)?;
    }
    Ok(made)
}

fn check(tx: &Tx, record: &Record, wish: &Wish, now: Instant) -> Result<(), Failure<No>> {
    if record.outcome != PaymentOutcome::Paid {
        return refuse(NO_PAYMENT);
    }
    let dispute = store_money::find_dispute_of(tx, &wish.payment_id)?;
    if dispute.is_some_and(|dispute| dispute.status != DisputeStatus::Won) {
        return refuse(No("charge_disputed: the payment is disputed and cannot be refunded"));
    }
    let gone = gone_back(&store_money::list_refunds(tx, &wish.payment_id, now)?);
    let left = record.request.amount_minor - gone;
    match wish.amount_minor {
        _ if left <= 0 => refuse(No("charge_already_refunded: all of it went back before")),
        ..=0 => refuse(No("amount_too_small: nothing to send back")),
        amount if amount > left => refuse(No("amount_too_large: more than is left")),
        _ => Ok(()),
    }
}

/// What of a payment went back or is on its way, minor units.
pub(super) fn gone_back(refunds: &[SentBack]) -> i64 {
    let alive = refunds.iter().filter(|refund| refund.status != RefundStatus::Failed);
    alive.map(|refund| refund.amount_minor).sum()
}

impl Simulator {
    pub(super) async fn send_back(&self, wish: Wish) -> Result<ProviderRefund, Failure<No>> {
        let (random, now) = (self.kit.random.clone(), self.kit.now());
        let made = self.kit.db.write(move |tx| send_back(tx, &wish, &random, now)).await;
        self.kit.bell.ring();
        made
    }

    pub(super) async fn refund_for_shop(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> Result<ProviderRefund, Trouble> {
        let wish = Wish {
            payment_id: request.payment_id.clone(),
            amount_minor: request.amount_minor,
            refund: Some(request.refund.clone()),
            key: Some(key.to_owned()),
        };
        self.send_back(wish).await.map_err(trouble)
    }

    pub(super) async fn refund_now(&self, id: &str) -> Result<ProviderRefund, Trouble> {
        let (id, now) = (id.to_owned(), self.kit.now());
        let found = self.kit.db.read(move |read| {
            let Some(sent) = store_money::find_refund(read, &id, now)? else {
                return refuse(No("there is no such refund"));
            };
            match store::find_by_payment(read, &sent.payment_id, now)? {
                Some(record) => Ok(refund_of(&record, &sent)),
                None => refuse(NO_PAYMENT),
            }
        });
        found.await.map_err(trouble)
    }

    pub(super) async fn refunds_now(&self, payment: &str) -> Result<Vec<ProviderRefund>, Trouble> {
        let (payment, now) = (payment.to_owned(), self.kit.now());
        let found = self.kit.db.read(move |read| {
            let Some(record) = store::find_by_payment(read, &payment, now)? else {
                return refuse(NO_PAYMENT);
            };
            let sent = store_money::list_refunds(read, &payment, now)?;
            Ok(sent.iter().map(|sent| refund_of(&record, sent)).collect())
        });
        found.await.map_err(trouble)
    }

    pub(super) async fn dispute_now(&self, id: &str) -> Result<ProviderDispute, Trouble> {
        let (id, now) = (id.to_owned(), self.kit.now());
        let found = self.kit.db.read(move |read| {
            let Some(complaint) = store_money::find_dispute(read, &id)? else {
                return refuse(No("there is no such dispute"));
            };
            match store::find_by_payment(read, &complaint.payment_id, now)? {
                Some(record) => Ok(dispute_of(&record, &complaint)),
                None => refuse(NO_PAYMENT),
            }
        });
        found.await.map_err(trouble)
    }

    pub(super) async fn received_between(
        &self,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Received>, Trouble> {
        let now = self.kit.now();
        let found = self.kit.db.read(move |read| {
            let mut received = Vec::new();
            for (record, at) in store::list_paid(read, from, until, now)? {
                let Some(payment_id) = record.payment_id else { continue };
                let refunds = store_money::list_refunds(read, &payment_id, now)?;
                received.push(Received {
                    payment_id,
                    order: Some(record.request.order),
                    amount_minor: record.request.amount_minor,
                    refunded_minor: gone_back(&refunds),
                    currency: record.request.currency,
                    at,
                });
            }
            Ok(received)
        });
        found.await.map_err(trouble)
    }

    /// The buyer complains at the bank, or the bank moves on; `status` is the provider's word.
    pub(super) async fn dispute(
        &self,
        payment: &str,
        status: &'static str,
    ) -> Result<(), Failure<No>> {
        let (payment, random, now) = (payment.to_owned(), self.kit.random.clone(), self.kit.now());
        let told = self.kit.db.write(move |tx| {
            let Some(record) = store::find_by_payment(tx, &payment, now)? else {
                return refuse(NO_PAYMENT);
            };
            let known = store_money::find_dispute_of(tx, &payment)?;
            let is_new = known.is_none();
            let complaint = known.unwrap_or_else(|| Complaint {
                id: format!("du_sim_{}", hex(&random.bytes::<12>())),
                payment_id: payment.clone(),
                status: DisputeStatus::NeedsResponse,
                due_at: now.plus_s(ANSWER_S),
            });
            store_money::set_dispute(tx, &complaint, status, now)?;
            let kind = match status {
                _ if is_new => "charge.dispute.created",
                "won" | "lost" => "charge.dispute.closed",
                _ => "charge.dispute.updated",
            };
            let dispute = dispute_of(&record, &complaint);
            let event = deliver::dispute_event(&dispute, status, kind, &random, now);
            store::insert_delivery(tx, &event, false, now)?;
            Ok(())
        });
        told.await?;
        self.kit.bell.ring();
        Ok(())
    }
}
