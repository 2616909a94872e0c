//! Sending webhooks to the shop's public endpoint, signed, over the network, like the real one.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::store::{self, Delivery};
use super::{Record, Simulator};
use crate::base::fault::{Failure, Never};
use crate::base::ids::hex;
use crate::base::{Fault, Instant, Randomness};
use crate::payments::provider::{
    PaymentOutcome, Provider, ProviderDispute, ProviderRefund, RefundStatus, SessionStatus,
};
use crate::payments::signature;
use crate::platform::jobs::backoff::{Patience, Verdict};
use crate::platform::jobs::{Found, Job};

/// How the simulator insists: sooner than a real provider, so that a demonstration stays lively.
const INSIST: Patience = Patience { first_s: 2, longest_s: 300, tries: 16 };
/// How long one delivery may take.
const PATIENCE: Duration = Duration::from_secs(10);

type Http = Client<HttpConnector, Full<Bytes>>;

/// Sending what is owed, and closing sessions whose time is over.
#[must_use]
pub fn jobs(simulator: &Arc<Simulator>) -> Vec<Job> {
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let (sender, closer) = (Arc::clone(simulator), Arc::clone(simulator));
    vec![
        Job::new("simulator-webhooks", Duration::from_secs(1), move || {
            send_next(Arc::clone(&sender), http.clone())
        }),
        Job::new("simulator-sessions", Duration::from_secs(5), move || {
            close_next(Arc::clone(&closer))
        }),
    ]
}

async fn close_next(simulator: Arc<Simulator>) -> Result<Found, Fault> {
    let now = simulator.kit.now();
    let overdue =
        simulator.kit.db.read(move |read| Ok::<_, Failure<Never>>(store::find_overdue(read, now)?));
    let Some(id) = overdue.await? else { return Ok(Found::Nothing) };
    match simulator.expire(&id).await {
        Ok(_) => Ok(Found::Work),
        Err(trouble) => Err(Fault::new(trouble.to_string())),
    }
}

async fn send_next(simulator: Arc<Simulator>, http: Http) -> Result<Found, Fault> {
    let now = simulator.kit.now();
    let due = simulator
        .kit
        .db
        .read(move |read| Ok::<_, Failure<Never>>(store::find_delivery(read, now)?));
    let Some(delivery) = due.await? else { return Ok(Found::Nothing) };
    let accepted = post(&simulator, &http, &delivery).await;
    let chance = simulator.kit.random.bytes::<1>()[0];
    let (state, due) = match (accepted, INSIST.after(delivery.attempts + 1, now, chance)) {
        (true, _) => ("done", now),
        (false, Verdict::Again(at)) if !delivery.forged => ("due", at),
        (false, _) => ("given_up", now),
    };
    let written = simulator.kit.db.write(move |tx| {
        Ok::<_, Failure<Never>>(store::set_delivery(tx, delivery.id, state, due)?)
    });
    written.await?;
    Ok(Found::Work)
}

async fn post(simulator: &Simulator, http: &Http, delivery: &Delivery) -> bool {
    let secret =
        if delivery.forged { "whsec_somebody_else".to_owned() } else { simulator.secret() };
    let header = signature::sign(&secret, delivery.payload.as_bytes(), simulator.kit.now());
    let request = hyper::Request::post(format!("http://{}/hooks/stripe", reachable(simulator)))
        .header("content-type", "application/json")
        .header("stripe-signature", header)
        .body(Full::new(Bytes::from(delivery.payload.clone())));
    let Ok(request) = request else { return false };
    match tokio::time::timeout(PATIENCE, http.request(request)).await {
        Ok(Ok(answer)) => answer.status().is_success(),
        _ => false,
    }
}

/// Where the shop itself listens; an address that means "everywhere" is reached from inside.
fn reachable(simulator: &Simulator) -> SocketAddr {
    let mut address = simulator.kit.settings.listen;
    if address.ip().is_unspecified() {
        let inside: IpAddr = match address.ip() {
            IpAddr::V4(_) => [127, 0, 0, 1].into(),
            IpAddr::V6(_) => [0, 0, 0, 0, 0, 0, 0, 1].into(),
        };
        address.set_ip(inside);
    }
    address
}

/// An event about a session in the real provider's shape.
pub(super) fn event(record: &Record, kind: &str, random: &Randomness, now: Instant) -> String {
    let request = &record.request;
    let object = json!({
        "id": record.id,
        "object": "checkout.session",
        "amount_total": request.amount_minor,
        "currency": request.currency.code().to_lowercase(),
        "client_reference_id": request.order,
        "metadata": { "order": request.order },
        "status": match record.status {
            SessionStatus::Open => "open",
            SessionStatus::Complete => "complete",
            SessionStatus::Expired => "expired",
        },
        "payment_status":
            if record.outcome == PaymentOutcome::Paid { "paid" } else { "unpaid" },
        "payment_intent": record.payment_id,
        "expires_at": record.expires_at.unix_s(),
    });
    wrapped(&object, kind, random, now)
}

/// An event about a refund.
pub(super) fn refund_event(
    refund: &ProviderRefund,
    kind: &str,
    random: &Randomness,
    now: Instant,
) -> String {
    let mut metadata = serde_json::Map::new();
    for (name, value) in [("refund", &refund.refund), ("order", &refund.order)] {
        if let Some(value) = value {
            metadata.insert(name.to_owned(), value.as_str().into());
        }
    }
    let object = json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount_minor,
        "currency": refund.currency.code().to_lowercase(),
        "metadata": metadata,
        "payment_intent": refund.payment_id,
        "status": match refund.status {
            RefundStatus::Pending => "pending",
            RefundStatus::Succeeded => "succeeded",
            RefundStatus::Failed => "failed",
        },
        "failure_reason": refund.failure,
    });
    wrapped(&object, kind, random, now)
}

/// The event that some money of a payment went back.
pub(super) fn charge_event(payment: &str, random: &Randomness, now: Instant) -> String {
    let charge = payment.replacen("pi_", "ch_", 1);
    let object = json!({ "id": charge, "object": "charge", "payment_intent": payment });
    wrapped(&object, "charge.refunded", random, now)
}

/// An event about a dispute; `status` is the provider's word.
pub(super) fn dispute_event(
    dispute: &ProviderDispute,
    status: &str,
    kind: &str,
    random: &Randomness,
    now: Instant,
) -> String {
    let object = json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount_minor,
        "currency": dispute.currency.code().to_lowercase(),
        "payment_intent": dispute.payment_id,
        "reason": dispute.reason,
        "status": status,
        "evidence_details": { "due_by": dispute.due_at.map(Instant::unix_s) },
    });
    wrapped(&object, kind, random, now)
}

fn wrapped(object: &Value, kind: &str, random: &Randomness, now: Instant) -> String {
    json!({
        "id": format!("evt_sim_{}", hex(&random.bytes::<12>())),
        "object": "event",
        "api_version": "2026-09-30.endive",
        "created": now.unix_s(),
        "livemode": false,
        "type": kind,
        "data": { "object": object },
    })
    .to_string()
}
