//! The timeline of an order in words. Pure.

use serde_json::Value;

use crate::base::{Currency, Money};

/// Who did something, as people read it.
#[must_use]
pub(super) fn who(actor: &str) -> String {
    match actor {
        "clock" => "time".to_owned(),
        "payment" => "payment".to_owned(),
        other => other.strip_prefix("staff:").unwrap_or(other).to_owned(),
    }
}

/// What happened, and the colour of its dot.
#[must_use]
pub(super) fn told(kind: &str, data: &Value, currency: Currency) -> (String, &'static str) {
    let text = |name: &str| data[name].as_str().unwrap_or_default();
    let amount = || Money::new(data["amount_minor"].as_i64().unwrap_or(0), currency).to_string();
    let because = |words: &str, why: &str| match why {
        "" => words.to_owned(),
        why => format!("{words}: {why}"),
    };
    match kind {
        "placed" => ("Placed".to_owned(), ""),
        "pending" => ("Paying again".to_owned(), ""),
        "processing" => ("The payment is on its way".to_owned(), "info"),
        "paid" => (because("Paid", text("how")), "ok"),
        "failed" => (because("The payment failed", text("why")), "bad"),
        "expired" => (because("Not paid in time", text("why")), ""),
        "cancelled" => (because("Cancelled", text("why")), ""),
        "packed" => ("Packed".to_owned(), ""),
        "part_shipped" => (parcel("Shipped in part", data), "ok"),
        "shipped" => (parcel("Shipped", data), "ok"),
        "parcel_delivered" => (format!("Parcel {} arrived", data["parcel"]), "ok"),
        "delivered" => ("Delivered".to_owned(), "ok"),
        "returned" => ("Returned".to_owned(), ""),
        "refund_wanted" => {
            (because(&format!("Refund of {} asked for", amount()), text("reason")), "info")
        }
        "part_refunded" | "refunded" => {
            (because(&format!("{} went back", amount()), text("reason")), "info")
        }
        "money_returned" => (format!("{} that came too late went back", amount()), "info"),
        "refund_failed" => {
            (because(&format!("Refund of {} did not go through", amount()), text("why")), "bad")
        }
        "attention" => (because("Needs attention", text("why")), "warn"),
        "settled" => {
            let said = if text("note").is_empty() { text("why") } else { text("note") };
            (because("Settled", said), "ok")
        }
        "note" => (text("note").to_owned(), ""),
        other => {
            let said = if text("what").is_empty() { text("why") } else { text("what") };
            let mut words = other.replace('_', " ");
            if let Some(first) = words.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            (because(&words, said), "")
        }
    }
}

/// A parcel in a line: which, by whom, under which number.
fn parcel(words: &str, data: &Value) -> String {
    let text = |name: &str| data[name].as_str().unwrap_or_default();
    let named = [text("carrier"), text("number")];
    let named: Vec<&str> = named.into_iter().filter(|name| !name.is_empty()).collect();
    let mut told = words.to_owned();
    if let Some(number) = data["parcel"].as_u64().filter(|number| *number > 1) {
        told = format!("{told}, parcel {number}");
    }
    if named.is_empty() { told } else { format!("{told}: {}", named.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    // S1.38: the timeline is read by people.
    #[test]
    fn events_are_sentences() {
        let gbp = Currency::parse("GBP").unwrap();
        let of = |kind: &str, data: Value| told(kind, &data, gbp).0;
        assert_eq!(of("paid", json!({ "session": "cs_1" })), "Paid");
        assert_eq!(of("paid", json!({ "how": "in cash" })), "Paid: in cash");
        let parcel = json!({ "parcel": 2, "carrier": "DHL", "number": "1", "units": 1 });
        assert_eq!(of("part_shipped", parcel), "Shipped in part, parcel 2: DHL 1");
        assert_eq!(of("shipped", json!({})), "Shipped");
        let refund = json!({ "amount_minor": 1299, "reason": "broken" });
        assert_eq!(of("part_refunded", refund), "£12.99 went back: broken");
        assert_eq!(of("dispute_opened", json!({ "what": "why" })), "Dispute opened: why");
        assert_eq!(of("", Value::Null), "");
        assert_eq!((who("staff:a@b.c"), who("buyer")), ("a@b.c".to_owned(), "buyer".to_owned()));
    }
}
