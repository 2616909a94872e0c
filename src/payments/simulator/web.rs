//! The hosted payment page and the bank's page behind it.

use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::store::{self, Later};
use super::{Record, Simulator, deliver, desk};
use crate::base::Problem;
use crate::base::fault::{Failure, Never};
use crate::base::ids::hex;
use crate::payments::provider::{PaymentOutcome, Provider, SessionStatus, Trouble};
use crate::platform::web::{Error, Routes, endpoint, read_form, read_path};

/// How much later a late webhook comes, seconds.
const LATE_S: i64 = 60;
/// How long a bank transfer takes here, seconds.
const TRANSFER_S: i64 = 20;

/// Routes of the simulator; only a shop that uses it has them.
#[must_use]
pub fn routes(simulator: &Arc<Simulator>) -> Routes {
    let (page, act) = (Arc::clone(simulator), Arc::clone(simulator));
    let (side, behind) = (Arc::clone(simulator), Arc::clone(simulator));
    Routes::new()
        .get("/simulator/pay/:session", endpoint(move |r| show(Arc::clone(&page), r)))
        .post("/simulator/pay/:session", endpoint(move |r| press(Arc::clone(&act), r)))
        .get("/simulator/desk/:session", endpoint(move |r| desk::show(Arc::clone(&side), r)))
        .post("/simulator/desk/:session", endpoint(move |r| desk::press(Arc::clone(&behind), r)))
}

#[derive(Deserialize)]
struct SessionPath {
    session: String,
}

/// A button and the switches ticked beside it.
#[derive(Deserialize)]
struct Press {
    action: String,
    late: Option<String>,
    doubled: Option<String>,
    reordered: Option<String>,
    lost: Option<String>,
    forged: Option<String>,
}

pub(super) async fn find(simulator: &Simulator, request: &Request) -> Result<Record, Error> {
    let SessionPath { session } = read_path(request)?;
    match simulator.get(&session).await {
        Ok(record) => Ok(record),
        Err(Trouble::Refused(_)) => {
            let detail = "There is no payment under this address.";
            Err(Problem::new(404, "no-such-payment", "No such payment", detail).into())
        }
        Err(trouble) => Err(crate::base::Fault::new(trouble.to_string()).into()),
    }
}

async fn show(simulator: Arc<Simulator>, request: Request) -> Result<Response, Error> {
    let record = find(&simulator, &request).await?;
    page(&simulator, &record, None)
}

fn page(simulator: &Simulator, record: &Record, message: Option<&str>) -> Result<Response, Error> {
    let reason = match (record.status, record.outcome) {
        (SessionStatus::Open, _) => {
            return draw(simulator, "pay", record, json!({ "message": message }));
        }
        (SessionStatus::Expired, _) => "expired",
        (SessionStatus::Complete, PaymentOutcome::Paid) => "complete",
        (SessionStatus::Complete, _) => "processing",
    };
    draw(simulator, "closed", record, json!({ "reason": reason }))
}

fn draw(
    simulator: &Simulator,
    template: &str,
    record: &Record,
    more: Value,
) -> Result<Response, Error> {
    let request = &record.request;
    let mut lines: Vec<Value> = request
        .lines
        .iter()
        .map(|l| json!({ "title": l.name, "qty": l.quantity, "amount_minor": l.amount_minor() }))
        .collect();
    if let Some(delivery) = &request.delivery {
        let amount = delivery.amount_minor;
        lines.push(json!({ "title": delivery.title, "qty": 1, "amount_minor": amount }));
    }
    let mut context = json!({
        "page": { "title": simulator.kit.render.word("simulator.pay_to")
            .replace("{merchant}", &request.merchant) },
        "currency": request.currency,
        "session": {
            "id": record.id, "merchant": request.merchant, "order_number": request.number,
            "email": request.email, "amount_minor": request.amount_minor,
            "expires_at": request.hold_until, "lines": lines,
            "switches": { "late": false, "doubled": false, "reordered": false, "lost": false,
                          "forged": false },
        },
        "switches": [],
        "back_url": match record.status {
            SessionStatus::Complete => {
                request.success_url.replace("{CHECKOUT_SESSION_ID}", &record.id)
            }
            SessionStatus::Open | SessionStatus::Expired => request.cancel_url.clone(),
        },
    });
    if let (Some(context), Value::Object(more)) = (context.as_object_mut(), more) {
        context.extend(more);
    }
    let html = simulator.kit.render.page(&format!("simulator/{template}.html"), context)?;
    Ok(poem::web::Html(html).into_response())
}

/// Back to the shop, on the host the visitor is on.
fn back(simulator: &Simulator, url: &str) -> Response {
    let own = simulator.kit.settings.public_url.as_str();
    go(url.strip_prefix(own).filter(|path| path.starts_with('/')).unwrap_or(url))
}

fn go(url: &str) -> Response {
    StatusCode::SEE_OTHER.with_header(header::LOCATION, url).into_response()
}

async fn press(simulator: Arc<Simulator>, mut request: Request) -> Result<Response, Error> {
    let record = find(&simulator, &request).await?;
    let press: Press = read_form(&mut request).await?;
    if record.status != SessionStatus::Open {
        return page(&simulator, &record, None);
    }
    match press.action.as_str() {
        "decline" | "3ds_fail" => page(&simulator, &record, Some("declined")),
        "3ds" => draw(&simulator, "bank", &record, json!({ "switches": ticked(&press) })),
        "close" => {
            // Pays, and never comes back: what only the webhook can tell.
            complete(&simulator, record.clone(), &press, None).await?;
            draw(&simulator, "closed", &record, json!({ "reason": "tab" }))
        }
        "cancel" => Ok(back(&simulator, &record.request.cancel_url)),
        "expire" => match simulator.expire(&record.id).await {
            Ok(_) => page(&simulator, &simulator.get(&record.id).await.unwrap_or(record), None),
            Err(trouble) => Err(crate::base::Fault::new(trouble.to_string()).into()),
        },
        "pay" | "3ds_pass" => complete(&simulator, record, &press, None).await,
        "async" => complete(&simulator, record, &press, Some("paid")).await,
        "async_fail" => complete(&simulator, record, &press, Some("failed")).await,
        other => {
            let detail = format!("The payment page has no button “{other}”.");
            Err(Problem::new(422, "no-such-button", "No such button", detail).into())
        }
    }
}

fn ticked(press: &Press) -> Vec<&'static str> {
    let all = [
        ("late", &press.late),
        ("doubled", &press.doubled),
        ("reordered", &press.reordered),
        ("lost", &press.lost),
        ("forged", &press.forged),
    ];
    all.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
}

/// The buyer has done their part: the session is complete, and the webhooks that are owed are
/// written down in the same transaction.
async fn complete(
    simulator: &Simulator,
    record: Record,
    press: &Press,
    later: Option<&'static str>,
) -> Result<Response, Error> {
    let (now, random) = (simulator.kit.now(), simulator.kit.random.clone());
    let switches = ticked(press);
    let payment_id = format!("pi_sim_{}", hex(&random.bytes::<12>()));
    let (id, success) = (record.id.clone(), record.request.success_url.clone());
    let done = simulator.kit.db.write(move |tx| {
        let later = later.map(|outcome| Later { outcome, settles_at: now.plus_s(TRANSFER_S) });
        if !store::set_complete(tx, &record.id, &payment_id, later.as_ref(), now)? {
            return Ok(false);
        }
        let Some(record) = store::find(tx, &record.id, now)? else { return Ok(false) };
        for owed in owed(&record, later.as_ref(), &switches, &random, now) {
            store::insert_delivery(tx, &owed.payload, owed.forged, owed.due)?;
        }
        Ok::<_, Failure<Never>>(true)
    });
    if !done.await? {
        // It was closed or paid between the look and the press: nobody is thanked for that.
        return match simulator.get(&id).await {
            Ok(record) => page(simulator, &record, None),
            Err(trouble) => Err(crate::base::Fault::new(trouble.to_string()).into()),
        };
    }
    simulator.kit.bell.ring();
    Ok(back(simulator, &success.replace("{CHECKOUT_SESSION_ID}", &id)))
}

struct Owed {
    payload: String,
    forged: bool,
    due: crate::base::Instant,
}

/// Which webhooks a completed payment owes, with the faults that were asked for.
fn owed(
    record: &Record,
    later: Option<&Later>,
    switches: &[&str],
    random: &crate::base::Randomness,
    now: crate::base::Instant,
) -> Vec<Owed> {
    let on = |name: &str| switches.contains(&name);
    let start = if on("late") { now.plus_s(LATE_S) } else { now };
    let event = |kind: &str| deliver::event(record, kind, random, now);
    let mut kinds = vec![("checkout.session.completed", start)];
    if let Some(later) = later {
        let kind = match later.outcome {
            "paid" => "checkout.session.async_payment_succeeded",
            _ => "checkout.session.async_payment_failed",
        };
        kinds.push((kind, later.settles_at.max(start)));
    } else {
        kinds.push(("payment_intent.succeeded", start));
    }
    if on("reordered") {
        // The last event first, the first one some seconds behind it.
        let first_due = kinds[0].1;
        kinds[0].1 = kinds[1].1.max(first_due).plus_s(3);
    }
    let mut owed = Vec::new();
    if on("forged") {
        owed.push(Owed { payload: event("checkout.session.completed"), forged: true, due: now });
    }
    for (kind, due) in kinds {
        if on("lost") {
            break;
        }
        let payload = event(kind);
        if on("doubled") {
            owed.push(Owed { payload: payload.clone(), forged: false, due: due.plus_s(1) });
        }
        owed.push(Owed { payload, forged: false, due });
    }
    owed
}
