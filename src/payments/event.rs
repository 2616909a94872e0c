//! An event of the provider, read as leniently as possible: the raw text is kept, and newer or
//! older shapes must not be lost for a field nobody needs. Pure.

use serde_json::Value;

/// What is needed of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The provider's name for it.
    pub id: String,
    /// Such as `checkout.session.completed`.
    pub kind: String,
    /// The session (or other object) it is about.
    pub object: String,
    /// Our order id, when it carries one.
    pub order: Option<String>,
    /// Whether it speaks of real money, when it says so.
    pub live: Option<bool>,
    /// The provider's name for the payment, when it carries one.
    pub payment: Option<String>,
}

/// What an event asks us to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// A payment session.
    Session,
    /// A refund.
    Refund,
    /// A payment of which something went back; the event does not say which refund.
    Refunds,
    /// A dispute.
    Dispute,
    /// Nothing that does anything here.
    Nothing,
}

/// Longest id or type accepted, in bytes.
const WORD_MAX: usize = 255;

impl Event {
    /// Reads an event; none when it has no id or type.
    #[must_use]
    pub fn parse(payload: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(payload).ok()?;
        let word = |v: &Value| {
            v.as_str().filter(|w| !w.is_empty() && w.len() <= WORD_MAX).map(str::to_owned)
        };
        let kind = word(&value["type"])?;
        let object = &value["data"]["object"];
        // Thin events name their object instead of carrying it.
        let about = word(&object["id"]).or_else(|| word(&value["related_object"]["id"]));
        let order =
            word(&object["metadata"]["order"]).or_else(|| word(&object["client_reference_id"]));
        Some(Self {
            id: word(&value["id"])?,
            kind: kind.strip_prefix("v1.").unwrap_or(&kind).to_owned(),
            object: about.unwrap_or_default(),
            order,
            live: value["livemode"].as_bool(),
            payment: word(&object["payment_intent"])
                .or_else(|| word(&object["payment_intent"]["id"])),
        })
    }

    /// Whether it says itself that a session was paid.
    #[must_use]
    pub fn tells_of_payment(&self) -> bool {
        let kinds = ["checkout.session.completed", "checkout.session.async_payment_succeeded"];
        kinds.contains(&self.kind.as_str())
    }

    /// Whether it says itself that the money of a session will not come.
    #[must_use]
    pub fn tells_of_failure(&self) -> bool {
        self.kind == "checkout.session.async_payment_failed"
    }

    /// What it asks us to look at.
    #[must_use]
    pub fn topic(&self) -> Topic {
        match self.kind.as_str() {
            "checkout.session.completed"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed"
            | "checkout.session.expired" => Topic::Session,
            // Accounts on versions before 2024-10-28 hear of a card's refund by the older name.
            "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated" => {
                Topic::Refund
            }
            // A thin event names the charge alone; the refund's own event comes beside it.
            "charge.refunded" if self.payment.is_some() => Topic::Refunds,
            "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated" => Topic::Dispute,
            _ => Topic::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S2.140, S2.141: known types act, the order is found by metadata, else by session.
    #[test]
    fn snapshot_and_thin_events_read_alike() {
        let snapshot = r#"{"id":"evt_1","type":"checkout.session.completed","data":{"object":
            {"id":"cs_1","metadata":{"order":"o1"},"new_field":[1]}}}"#;
        let thin = r#"{"id":"evt_2","object":"v2.core.event","type":"v1.checkout.session.completed",
            "related_object":{"id":"cs_1"}}"#;
        let event = Event::parse(snapshot).unwrap();
        assert_eq!((event.object.as_str(), event.order.as_deref()), ("cs_1", Some("o1")));
        assert_eq!(event.topic(), Topic::Session);
        assert_eq!(Event::parse(thin).unwrap().topic(), Topic::Session);
        let refunded = r#"{"id":"evt_3","type":"charge.refunded","data":{"object":
            {"id":"ch_1","payment_intent":{"id":"pi_1"}}}}"#;
        assert_eq!(Event::parse(refunded).unwrap().payment.as_deref(), Some("pi_1"));
        assert_eq!(Event::parse(refunded).unwrap().topic(), Topic::Refunds);
        for bad in ["", "[]", "{}", r#"{"id":1,"type":"x"}"#, r#"{"id":"","type":"x"}"#] {
            assert_eq!(Event::parse(bad), None, "{bad}");
        }
    }

    // S2.140: what each kind asks us to look at; whatever is new asks for nothing.
    #[test]
    fn every_kind_has_its_topic() {
        let event = |kind: &str, payment: Option<&str>| {
            let object = serde_json::json!({ "id": "x", "payment_intent": payment });
            let event = serde_json::json!({ "id": "e", "type": kind, "livemode": true,
                                            "data": { "object": object } });
            Event::parse(&event.to_string()).unwrap()
        };
        let sessions = ["completed", "async_payment_succeeded", "async_payment_failed", "expired"];
        for (n, kind) in sessions.iter().enumerate() {
            let event = event(&format!("checkout.session.{kind}"), None);
            assert_eq!(
                (event.topic(), event.tells_of_payment()),
                (Topic::Session, n < 2),
                "{kind}"
            );
            assert_eq!((event.live, event.order), (Some(true), None));
        }
        for kind in ["created", "updated", "failed"] {
            assert_eq!(event(&format!("refund.{kind}"), None).topic(), Topic::Refund);
        }
        assert_eq!(event("charge.refunded", Some("pi_1")).topic(), Topic::Refunds);
        assert_eq!(event("charge.refunded", None).topic(), Topic::Nothing);
        for kind in ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"] {
            assert_eq!(event(&format!("charge.dispute.{kind}"), None).topic(), Topic::Dispute);
        }
        assert_eq!(event("payment_intent.succeeded", Some("pi_1")).topic(), Topic::Nothing);
    }

    #[test]
    fn words_are_read_up_to_their_longest() {
        let event = |length: usize| {
            let id = "e".repeat(length);
            Event::parse(&format!(
                r#"{{"id":"{id}","type":"x","data":{{"object":{{"id":"{id}",
                "client_reference_id":"o1"}}}}}}"#
            ))
        };
        let longest = event(WORD_MAX).unwrap();
        assert_eq!((longest.object.len(), longest.order.as_deref()), (WORD_MAX, Some("o1")));
        assert_eq!((longest.live, longest.payment), (None, None));
        assert_eq!(event(WORD_MAX + 1), None);
    }
}
