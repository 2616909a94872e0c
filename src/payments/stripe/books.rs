//! Money that goes back, money that is disputed, and what came in: Stripe's objects in our words.
//! Pure.

use std::collections::HashMap;

use miniserde::Deserialize;
use stripe_core::refund::CreateRefund;

use super::money::{from_stripe, to_stripe};
use super::session::{ORDER, read_currency};
use crate::base::{Currency, Instant};
use crate::payments::provider::{
    DisputeStatus, ProviderDispute, ProviderRefund, Received, RefundRequest, RefundStatus,
};

/// The name that metadata give our refund.
const REFUND: &str = "refund";

/// The wish for a refund in Stripe's words.
///
/// # Errors
/// When the amount has no exact twin at Stripe, in a sentence.
pub(super) fn create(request: &RefundRequest) -> Result<CreateRefund, String> {
    let amount = to_stripe(request.amount_minor, request.currency)?;
    let named = [(REFUND, &request.refund), (ORDER, &request.order)];
    let metadata: HashMap<String, String> =
        named.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    let create = CreateRefund::new().amount(amount).metadata(metadata);
    let payment = request.payment_id.clone();
    // Payments of long ago are known by their charge only.
    Ok(if payment.starts_with("ch_") {
        create.charge(payment)
    } else {
        create.payment_intent(payment)
    })
}

/// What is read of a refund.
#[derive(Deserialize)]
pub(super) struct LeanRefund {
    pub id: String,
    status: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<String>,
    charge: Option<String>,
    metadata: Option<HashMap<String, String>>,
    failure_reason: Option<String>,
}

/// An amount with its currency in our words.
fn money(
    what: &str,
    amount: Option<i64>,
    currency: Option<&str>,
) -> Result<(i64, Currency), String> {
    let pair = amount.zip(read_currency(currency));
    let ours = pair.and_then(|(amount, currency)| Some((from_stripe(amount, currency)?, currency)));
    ours.ok_or_else(|| format!("{what} has no amount that is known here"))
}

impl LeanRefund {
    /// The refund in our words.
    ///
    /// # Errors
    /// When its amount is not to be understood.
    pub(super) fn read(self) -> Result<ProviderRefund, String> {
        let (amount_minor, currency) = money(&self.id, self.amount, self.currency.as_deref())?;
        let named = |name: &str| self.metadata.as_ref()?.get(name).cloned();
        Ok(ProviderRefund {
            status: match self.status.as_deref() {
                Some("succeeded") => RefundStatus::Succeeded,
                Some("failed" | "canceled") => RefundStatus::Failed,
                _ => RefundStatus::Pending,
            },
            refund: named(REFUND),
            order: named(ORDER),
            id: self.id,
            amount_minor,
            currency,
            payment_id: self.payment_intent.or(self.charge),
            failure: self.failure_reason,
        })
    }
}

/// What is read of a dispute.
#[derive(Deserialize)]
pub(super) struct LeanDispute {
    id: String,
    status: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<String>,
    charge: Option<String>,
    reason: Option<String>,
    evidence_details: Option<LeanEvidence>,
    payment_method_details: Option<LeanMethod>,
}

#[derive(Deserialize)]
struct LeanMethod {
    card: Option<LeanCard>,
}

#[derive(Deserialize)]
struct LeanCard {
    case_type: Option<String>,
}

#[derive(Deserialize)]
struct LeanEvidence {
    due_by: Option<i64>,
}

impl LeanDispute {
    /// The dispute in our words.
    ///
    /// # Errors
    /// When its amount is not to be understood.
    pub(super) fn read(self) -> Result<ProviderDispute, String> {
        let (amount_minor, currency) = money(&self.id, self.amount, self.currency.as_deref())?;
        // 0 where the bank takes no answer.
        let due = self.evidence_details.and_then(|evidence| evidence.due_by).filter(|due| *due > 0);
        let card = self.payment_method_details.and_then(|details| details.card);
        let is_block = card.and_then(|card| card.case_type).is_some_and(|case| case == "block");
        Ok(ProviderDispute {
            id: self.id,
            payment_id: self.payment_intent.or(self.charge),
            amount_minor,
            currency,
            status: match self.status.as_deref() {
                Some("needs_response") => DisputeStatus::NeedsResponse,
                Some("warning_needs_response" | "warning_under_review") => DisputeStatus::Inquiry,
                // An inquiry that was closed costs nothing.
                Some("won" | "warning_closed") => DisputeStatus::Won,
                // Prevented by a block it costs nothing either; by a rule of the merchant's, the
                // buyer has the money.
                Some("prevented") if is_block => DisputeStatus::Won,
                Some("lost" | "prevented") => DisputeStatus::Lost,
                _ => DisputeStatus::UnderReview,
            },
            reason: self.reason.unwrap_or_default(),
            due_at: due.map(|seconds| Instant(seconds.saturating_mul(1000))),
        })
    }
}

/// What is read of a charge, Stripe's record of money that came.
#[derive(Deserialize)]
pub(super) struct LeanCharge {
    pub id: String,
    status: Option<String>,
    amount: Option<i64>,
    amount_captured: Option<i64>,
    amount_refunded: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<String>,
    metadata: Option<HashMap<String, String>>,
    created: Option<i64>,
}

impl LeanCharge {
    /// Our order id, when we gave it.
    pub(super) fn order(&self) -> Option<&String> {
        self.metadata.as_ref()?.get(ORDER)
    }

    /// The money in our words; none when nothing came by this charge.
    ///
    /// # Errors
    /// When its amount is not to be understood.
    pub(super) fn read(self) -> Result<Option<Received>, String> {
        if self.status.as_deref() != Some("succeeded") || self.amount_captured == Some(0) {
            return Ok(None);
        }
        let came = self.amount_captured.or(self.amount);
        let (amount_minor, currency) = money(&self.id, came, self.currency.as_deref())?;
        let back = self.amount_refunded.unwrap_or(0);
        let (refunded_minor, _) = money(&self.id, Some(back), self.currency.as_deref())?;
        Ok(Some(Received {
            order: self.metadata.and_then(|metadata| metadata.get(ORDER).cloned()),
            payment_id: self.payment_intent.unwrap_or(self.id),
            amount_minor,
            refunded_minor,
            currency,
            at: Instant(self.created.unwrap_or_default().saturating_mul(1000)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use miniserde::json::from_str;

    use super::*;

    // S0.8: words of newer versions and missing fields are survived.
    #[test]
    fn objects_are_read_leniently() {
        let refund = |more: &str| {
            let text = format!(r#"{{"id":"re_1","amount":500,"currency":"gbp"{more}}}"#);
            from_str::<LeanRefund>(&text).unwrap().read().unwrap()
        };
        assert_eq!(refund("").status, RefundStatus::Pending);
        for (word, status) in [
            ("requires_action", RefundStatus::Pending),
            ("succeeded", RefundStatus::Succeeded),
            ("failed", RefundStatus::Failed),
            ("canceled", RefundStatus::Failed),
            ("of_tomorrow", RefundStatus::Pending),
        ] {
            assert_eq!(refund(&format!(r#","status":"{word}""#)).status, status, "{word}");
        }
        let text = r#"{"id":"dp_1","amount":500,"currency":"jpy","status":"warning_closed",
                       "evidence_details":{"due_by":1796000000,"new":{}},"new":[1.5]}"#;
        let dispute = from_str::<LeanDispute>(text).unwrap().read().unwrap();
        assert_eq!(dispute.status, DisputeStatus::Won);
        assert_eq!(dispute.due_at, Some(Instant(1_796_000_000_000)));
        assert!(from_str::<LeanDispute>(r#"{"id":"dp_1"}"#).unwrap().read().is_err());
        let dispute = |status: &str, case: &str| {
            let text = format!(
                r#"{{"id":"dp_1","amount":500,"currency":"gbp","status":"{status}",
                     "evidence_details":{{"due_by":0}},
                     "payment_method_details":{{"card":{{"case_type":"{case}"}}}}}}"#
            );
            let read = from_str::<LeanDispute>(&text).unwrap().read().unwrap();
            assert_eq!(read.due_at, None, "no answer is taken");
            read.status
        };
        for (status, case, ours) in [
            ("warning_needs_response", "inquiry", DisputeStatus::Inquiry),
            ("warning_under_review", "inquiry", DisputeStatus::Inquiry),
            ("needs_response", "chargeback", DisputeStatus::NeedsResponse),
            ("under_review", "chargeback", DisputeStatus::UnderReview),
            ("prevented", "block", DisputeStatus::Won),
            ("prevented", "resolution", DisputeStatus::Lost),
            ("lost", "chargeback", DisputeStatus::Lost),
            ("of_tomorrow", "chargeback", DisputeStatus::UnderReview),
        ] {
            assert_eq!(dispute(status, case), ours, "{status}, {case}");
        }
    }

    #[test]
    fn only_money_that_came_is_received() {
        let charge = |status: &str, captured: i64| {
            let text = format!(
                r#"{{"id":"ch_1","status":"{status}","amount":900,"amount_captured":{captured},
                     "amount_refunded":100,"currency":"gbp","created":1,
                     "payment_intent":"pi_1","metadata":{{"order":"o1"}}}}"#
            );
            from_str::<LeanCharge>(&text).unwrap().read().unwrap()
        };
        assert_eq!(charge("failed", 900), None);
        assert_eq!(charge("succeeded", 0), None);
        let received = charge("succeeded", 900).unwrap();
        assert_eq!((received.amount_minor, received.refunded_minor), (900, 100));
        assert_eq!((received.payment_id.as_str(), received.at), ("pi_1", Instant(1000)));
    }
}
