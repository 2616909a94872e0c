//! The stand-in in the hands of a test: the same moves as those of the provider that is a value.

use std::sync::Arc;

use kiosk::base::{Clock, Currency, Instant};
use kiosk::payments::{DisputeStatus, Provider, ProviderRefund, RefundStatus, Trouble};
use serde_json::{Value, json};

use super::{FakeStripe, Fault, KEY, SECRET, hooks};
use crate::house::{START, TestShop};

/// A provider whose every move the test decides, reached over HTTP through the shop's own client.
pub struct StripeDouble {
    pub server: FakeStripe,
}

impl StripeDouble {
    pub fn new(_seed: u64) -> Self {
        Self { server: FakeStripe::local(Clock::fixed(START)) }
    }

    /// None: the shop makes its own, from the settings.
    pub fn given(self: &Arc<Self>) -> Option<Arc<dyn Provider>> {
        None
    }

    /// Stripe, here. Calls are not repeated at once: the test counts them.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("provider", "stripe".to_owned()),
            ("provider_url", self.server.base.clone()),
            ("provider_retries", "0".to_owned()),
            ("stripe_key", KEY.to_owned()),
            ("webhook_secrets", SECRET.to_owned()),
        ]
    }

    /// From now on it has the shop's time.
    pub fn meet(&self, shop: &TestShop) {
        *self.server.shared.clock.lock().unwrap() = shop.clock.clone();
    }

    /// From now on it tells the shop of what happens, by itself.
    pub fn tell_to(&self, shop: &TestShop) {
        self.server.inside().webhook = Some(format!("{}/webhooks/stripe", shop.base));
    }

    pub fn set_down(&self, down: bool) {
        self.server.inside().faults.down = down;
    }

    pub fn set_failing_percent(&self, percent: u64) {
        self.server.inside().faults.percent = percent;
    }

    pub fn set_overcharge(&self, minor: i64) {
        self.server.inside().books.overcharge = minor;
    }

    pub fn set_losing_replies(&self, losing: bool) {
        self.server.inside().faults.losing_replies = losing;
    }

    pub fn set_refusal(&self, why: Option<&str>) {
        self.server.inside().faults.refusal = why.map(str::to_owned);
    }

    /// The next call of this kind fails so.
    pub fn fail_next(&self, operation: &'static str, fault: Fault) {
        self.server.inside().faults.next.push_back((operation, fault));
    }

    pub fn calls(&self, operation: &str) -> Vec<String> {
        let inside = self.server.inside();
        inside.calls.iter().filter(|(what, _)| *what == operation).map(|c| c.1.clone()).collect()
    }

    pub fn last(&self) -> String {
        format!("cs_test_{}", self.sessions_made())
    }

    pub fn sessions_made(&self) -> u32 {
        self.server.inside().books.sessions_made
    }

    pub fn add_stranger(&self, like: &str, id: &str) {
        let mut inside = self.server.inside();
        let mut session = inside.books.sessions[like].clone();
        session["id"] = json!(id);
        session["client_reference_id"] = json!("0000");
        session["metadata"]["order"] = json!("0000");
        let paid = session["payment_intent"].as_str().unwrap_or_default().to_owned();
        if let Some(mut payment) = inside.books.payments.get(&paid).cloned() {
            let own = format!("pi_{id}");
            payment["_charge"]["metadata"]["order"] = json!("0000");
            session["payment_intent"] = json!(own);
            inside.books.payments.insert(own.clone(), named(payment, &own));
        }
        inside.books.sessions.insert(id.to_owned(), session);
    }

    pub fn pay(&self, id: &str) {
        self.end(id, "complete", "succeeded");
    }

    pub fn begin_slow(&self, id: &str) {
        self.end(id, "complete", "processing");
    }

    pub fn fail(&self, id: &str) {
        self.end(id, "complete", "requires_payment_method");
    }

    pub fn let_expire(&self, id: &str) {
        self.end(id, "expired", "");
    }

    fn end(&self, id: &str, status: &str, payment: &str) {
        let now_s = self.server.shared.now_s();
        self.server.inside().books.end_session(id, status, payment, now_s);
    }

    pub fn charge(&self, id: &str, minor: i64) {
        let mut inside = self.server.inside();
        let session = inside.books.sessions.get_mut(id).unwrap();
        session["amount_total"] = json!(minor);
        let paid = session["payment_intent"].as_str().unwrap_or_default().to_owned();
        if let Some(payment) = inside.books.payments.get_mut(&paid) {
            payment["_charge"]["amount"] = json!(minor);
            payment["_charge"]["amount_captured"] = json!(minor);
        }
    }

    pub fn name_payment(&self, id: &str, payment: &str) {
        let mut inside = self.server.inside();
        let session = inside.books.sessions.get_mut(id).unwrap();
        let former = session["payment_intent"].as_str().unwrap_or_default().to_owned();
        session["payment_intent"] = json!(payment);
        if let Some(found) = inside.books.payments.remove(&former) {
            inside.books.payments.insert(payment.to_owned(), named(found, payment));
        }
    }

    /// An event about a session, and its signature header.
    pub fn event(&self, session: &str, kind: &str, event: &str, now: Instant) -> (String, String) {
        let bare = json!({ "id": session, "object": "checkout.session" });
        let object = self.server.inside().books.sessions.get(session).cloned().unwrap_or(bare);
        self.event_about(&object, kind, event, now)
    }

    pub fn event_about(
        &self,
        object: &Value,
        kind: &str,
        event: &str,
        now: Instant,
    ) -> (String, String) {
        let payload = hooks::event(event, kind, object, now.unix_s()).to_string();
        let header = hooks::sign(SECRET, payload.as_bytes(), now.unix_s());
        (payload, header)
    }

    pub fn set_refund_ending(&self, ending: RefundStatus) {
        self.server.inside().books.refund_status = Some(word_of(ending));
    }

    /// How the next new wish for a refund is answered, and whether it happens all the same.
    pub fn set_refund_trouble(&self, trouble: Trouble, happens: bool) {
        let fault = match trouble {
            Trouble::Refused(why) | Trouble::EmailRefused(why) => Fault::Refused(why.leak()),
            Trouble::Unreachable(_) | Trouble::Replayed(_) => {
                Fault::Failure { status: 500, done: happens }
            }
        };
        self.fail_next("refund", fault);
    }

    /// Every refund, oldest first.
    pub fn refunds(&self) -> Vec<ProviderRefund> {
        let inside = self.server.inside();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let read = |refund: &Value| ProviderRefund {
            id: text(&refund["id"]).unwrap(),
            status: match refund["status"].as_str().unwrap() {
                "succeeded" => RefundStatus::Succeeded,
                "failed" => RefundStatus::Failed,
                _ => RefundStatus::Pending,
            },
            amount_minor: refund["amount"].as_i64().unwrap(),
            currency: Currency::GBP,
            payment_id: text(&refund["payment_intent"]),
            refund: text(&refund["metadata"]["refund"]),
            order: text(&refund["metadata"]["order"]),
            failure: text(&refund["failure_reason"]),
        };
        inside.books.refunds.iter().map(read).collect()
    }

    /// Stripe makes it a second time, under our name for it; answers with the new one's.
    pub fn double_refund(&self, id: &str) -> String {
        let mut inside = self.server.inside();
        let first = inside.books.refunds.iter().find(|refund| refund["id"] == id).cloned();
        let id = format!("re_fake_{}", inside.books.refunds.len() + 1);
        let mut second = first.unwrap();
        second["id"] = json!(id);
        inside.books.refunds.push(second);
        id
    }

    /// A refund turns out to be of another payment.
    pub fn rename_refunded_payment(&self, id: &str, payment: &str) {
        let mut inside = self.server.inside();
        let found = inside.books.refunds.iter_mut().find(|refund| refund["id"] == id);
        found.unwrap()["payment_intent"] = json!(payment);
    }

    /// The provider sent back another amount than it was asked for.
    pub fn change_refund(&self, id: &str, minor: i64) {
        let mut inside = self.server.inside();
        let found = inside.books.refunds.iter_mut().find(|refund| refund["id"] == id);
        found.expect("a refund of ours")["amount"] = json!(minor);
    }

    /// Whether payments stand in the list of a day.
    pub fn set_listing(&self, lists: bool) {
        self.server.inside().books.hides_charges = !lists;
    }

    pub fn end_refund(&self, id: &str, status: RefundStatus) {
        self.server.inside().books.end_refund(id, word_of(status));
    }

    /// Somebody refunds in the dashboard; answers with the refund's name.
    pub fn refund_in_dashboard(&self, session: &str, amount_minor: i64) -> String {
        let now_s = self.server.shared.now_s();
        let text = format!("payment_intent=pi_{session}&amount={amount_minor}");
        let form = super::form::Form::parse(&text).unwrap();
        let refund = self.server.inside().books.make_refund(&form, now_s).unwrap();
        refund["id"].as_str().unwrap().to_owned()
    }

    /// A buyer complained at the bank, or the bank has moved on.
    pub fn dispute(&self, session: &str, id: &str, status: DisputeStatus, due_at: Instant) {
        let mut inside = self.server.inside();
        let paid = inside.books.sessions[session].clone();
        let status = match status {
            DisputeStatus::Inquiry => "warning_needs_response",
            DisputeStatus::NeedsResponse => "needs_response",
            DisputeStatus::UnderReview => "under_review",
            DisputeStatus::Won => "won",
            DisputeStatus::Lost => "lost",
        };
        let dispute = json!({
            "id": id, "object": "dispute", "status": status, "reason": "fraudulent",
            "amount": paid["amount_total"], "currency": paid["currency"],
            "payment_intent": paid["payment_intent"], "charge": format!("ch_{session}"),
            "evidence_details": { "due_by": due_at.unix_s(), "has_evidence": false },
        });
        inside.books.disputes.insert(id.to_owned(), dispute);
    }
}

fn word_of(status: RefundStatus) -> &'static str {
    match status {
        RefundStatus::Pending => "pending",
        RefundStatus::Succeeded => "succeeded",
        RefundStatus::Failed => "failed",
    }
}

/// A payment under another name, its charge with it.
fn named(mut payment: Value, id: &str) -> Value {
    payment["id"] = json!(id);
    payment["latest_charge"] = json!(format!("ch_{id}"));
    payment["_charge"]["id"] = json!(format!("ch_{id}"));
    payment["_charge"]["payment_intent"] = json!(id);
    payment
}
