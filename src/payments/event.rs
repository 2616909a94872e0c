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
        })
    }

    /// Whether it is about a payment session, and so does something here.
    #[must_use]
    pub fn is_about_session(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "checkout.session.completed"
                | "checkout.session.async_payment_succeeded"
                | "checkout.session.async_payment_failed"
                | "checkout.session.expired"
        )
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
        assert!(event.is_about_session() && Event::parse(thin).unwrap().is_about_session());
        for bad in ["", "[]", "{}", r#"{"id":1,"type":"x"}"#, r#"{"id":"","type":"x"}"#] {
            assert_eq!(Event::parse(bad), None, "{bad}");
        }
    }
}
