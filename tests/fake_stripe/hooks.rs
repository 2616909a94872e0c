//! Events: made, signed and sent to the shop.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use sha2::Sha256;

use super::books::Event;
use super::{Inside, Shared};

/// The API version of the account, older than the one the shop asks with, as is usual.
const API_VERSION: &str = "2024-06-20";

/// Slow money is there, or will not come.
pub const ARRIVES: &str = "checkout.session.async_payment_succeeded";
pub const FAILS: &str = "checkout.session.async_payment_failed";

/// What is due by the clock happens, whether anybody is told of it or not.
pub fn pass_time(shared: &Shared) {
    let now_s = shared.now_s();
    let mut inside = shared.inside();
    let books = &mut inside.books;
    let due: Vec<(String, bool)> = books
        .events
        .iter()
        .filter(|event| event.due_s <= now_s && event.tries == 0)
        .filter_map(|event| {
            let kind = event.object["type"].as_str()?;
            let id = event.object["data"]["object"]["id"].as_str()?.to_owned();
            let arrives = kind == ARRIVES;
            (arrives || kind == FAILS).then_some((id, arrives))
        })
        .collect();
    for (id, arrives) in due {
        if books.sessions[&id]["payment_status"] == "unpaid" {
            let payment = if arrives { "succeeded" } else { "requires_payment_method" };
            books.end_session(&id, "complete", payment, now_s);
        }
    }
}

/// An event about an object.
pub fn event(id: &str, kind: &str, object: &Value, now_s: i64) -> Value {
    json!({
        "id": id, "object": "event", "type": kind, "livemode": false, "created": now_s,
        "api_version": API_VERSION, "pending_webhooks": 1,
        "request": { "id": null, "idempotency_key": null },
        "data": { "object": object },
    })
}

/// The header that a secret gives these bytes.
pub fn sign(secret: &str, body: &[u8], now_s: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{now_s}.").as_bytes());
    mac.update(body);
    let digest: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    format!("t={now_s},v1={digest}")
}

/// Writes an event down, to be sent `in_s` seconds from now.
pub fn tell(inside: &mut Inside, kind: &str, object: &Value, now_s: i64, in_s: i64) {
    let id = format!("evt_fake_{}", inside.books.events.len() + 1);
    let object = event(&id, kind, object, now_s);
    let event = Event { object, due_s: now_s + in_s, tries: 0, taken: false };
    inside.books.events.push(event);
}

/// Sends what is due; what is not taken stays.
pub async fn deliver_due(shared: &Shared) {
    pass_time(shared);
    let now_s = shared.now_s();
    let (url, due) = {
        let inside = shared.inside();
        let Some(url) = inside.webhook.clone() else { return };
        let due: Vec<(usize, String)> = inside
            .books
            .events
            .iter()
            .enumerate()
            .filter(|(_, event)| !event.taken && event.due_s <= now_s)
            .map(|(n, event)| (n, event.object.to_string()))
            .collect();
        (url, due)
    };
    let http = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    for (n, body) in due {
        let request = hyper::Request::post(&url)
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", sign(&shared.secret, body.as_bytes(), now_s))
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let answer = tokio::time::timeout(Duration::from_secs(10), http.request(request)).await;
        let taken = matches!(answer, Ok(Ok(answer)) if answer.status().is_success());
        let mut inside = shared.inside();
        let event = &mut inside.books.events[n];
        event.taken = taken;
        event.tries += 1;
        event.due_s = now_s + (1 << event.tries.min(10));
    }
}

/// Sends again what was not taken, for ever.
pub async fn insist(shared: std::sync::Arc<Shared>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        deliver_due(&shared).await;
    }
}
