//! What a test decides about refunds and disputes.

use kiosk::base::Instant;
use kiosk::payments::{
    DisputeStatus, ProviderDispute, ProviderRefund, RefundStatus, Trouble, signature,
};
use serde_json::json;

use super::{FakeProvider, SECRET};

impl FakeProvider {
    /// What becomes of refunds made from now on; `Succeeded` unless said.
    pub fn set_refund_ending(&self, ending: RefundStatus) {
        self.inside().refund_ending = Some(ending);
    }

    /// How the next new wish for a refund is answered, and whether it happens all the same.
    pub fn set_refund_trouble(&self, trouble: Trouble, happens: bool) {
        self.inside().refund_trouble = Some((trouble, happens));
    }

    /// Every refund, oldest first.
    pub fn refunds(&self) -> Vec<ProviderRefund> {
        self.inside().refunds.clone()
    }

    /// It turns out to be of another amount.
    pub fn change_refund(&self, id: &str, minor: i64) {
        let mut inside = self.inside();
        let found = inside.refunds.iter_mut().find(|refund| refund.id == id);
        found.expect("a refund of ours").amount_minor = minor;
    }

    /// Whether payments stand in the list of a day.
    pub fn set_listing(&self, lists: bool) {
        self.inside().lists_nothing = !lists;
    }

    /// What a refund has become.
    pub fn end_refund(&self, id: &str, status: RefundStatus) {
        let mut inside = self.inside();
        let found = inside.refunds.iter_mut().find(|refund| refund.id == id);
        let refund = found.expect("a refund of ours");
        refund.status = status;
        let failed = status == RefundStatus::Failed;
        refund.failure = failed.then(|| "lost_or_stolen_card".to_owned());
    }

    /// Somebody refunds in the provider's own dashboard; answers with the refund's name.
    pub fn refund_in_dashboard(&self, session: &str, amount_minor: i64) -> String {
        let mut inside = self.inside();
        let paid = inside.sessions.get(session).cloned().expect("a session of ours");
        let id = format!("re_fake_{}", inside.refunds.len() + 1);
        inside.refunds.push(ProviderRefund {
            id: id.clone(),
            status: RefundStatus::Succeeded,
            amount_minor,
            currency: paid.currency,
            payment_id: paid.payment_id,
            refund: None,
            order: None,
            failure: None,
        });
        id
    }

    /// The provider makes it a second time, under our name for it; answers with the new one's.
    pub fn double_refund(&self, id: &str) -> String {
        let mut inside = self.inside();
        let first = inside.refunds.iter().find(|refund| refund.id == id).cloned();
        let id = format!("re_fake_{}", inside.refunds.len() + 1);
        inside.refunds.push(ProviderRefund { id: id.clone(), ..first.expect("a refund of ours") });
        id
    }

    /// It turns out to be of another payment.
    pub fn rename_refunded_payment(&self, id: &str, payment: &str) {
        let mut inside = self.inside();
        let found = inside.refunds.iter_mut().find(|refund| refund.id == id);
        found.expect("a refund of ours").payment_id = Some(payment.to_owned());
    }

    /// A buyer complained at the bank, or the bank has moved on.
    pub fn dispute(&self, session: &str, id: &str, status: DisputeStatus, due_at: Instant) {
        let mut inside = self.inside();
        let paid = inside.sessions.get(session).cloned().expect("a session of ours");
        let dispute = ProviderDispute {
            id: id.to_owned(),
            payment_id: paid.payment_id,
            amount_minor: paid.amount_minor,
            currency: paid.currency,
            status,
            reason: "fraudulent".to_owned(),
            due_at: Some(due_at),
        };
        inside.disputes.insert(id.to_owned(), dispute);
    }

    /// The complaint about a session's payment.
    pub fn find_dispute_of(&self, session: &str) -> Option<ProviderDispute> {
        let inside = self.inside();
        let payment = inside.sessions.get(session)?.payment_id.clone()?;
        let found = inside.disputes.values().find(|d| d.payment_id.as_ref() == Some(&payment));
        found.cloned()
    }

    /// Every complaint, and the word for where it stands.
    pub fn disputes(&self) -> Vec<(String, &'static str)> {
        let inside = self.inside();
        inside.disputes.values().map(|d| (d.id.clone(), d.status.word())).collect()
    }

    /// Whether a payment's buyer complained and did not lose.
    pub fn is_disputed(&self, payment: Option<&str>) -> bool {
        self.inside().is_disputed(payment)
    }

    /// An event about anything that is not a session, and its signature header.
    pub fn event_about(
        &self,
        object: &serde_json::Value,
        kind: &str,
        event: &str,
        now: Instant,
    ) -> (String, String) {
        let payload = json!({
            "id": event, "object": "event", "type": kind, "data": { "object": object },
        })
        .to_string();
        let header = signature::sign(SECRET, payload.as_bytes(), now);
        (payload, header)
    }
}
