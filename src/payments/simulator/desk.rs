//! The provider's own side of a payment: refunds made there, how refunds end, and disputes.

use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::money::{No, Wish, gone_back};
use super::web::find;
use super::{Record, Simulator, store_money};
use crate::base::fault::Never;
use crate::base::{Failure, Money, Problem, Refusal as _};
use crate::payments::provider::{PaymentOutcome, RefundStatus};
use crate::platform::web::{Error, read_form};

/// A button, and the amount beside it.
#[derive(Deserialize)]
pub(super) struct Press {
    action: String,
    #[serde(default)]
    amount: String,
}

pub(super) async fn show(simulator: Arc<Simulator>, request: Request) -> Result<Response, Error> {
    let record = find(&simulator, &request).await?;
    draw(&simulator, &record, None).await
}

async fn draw(
    simulator: &Simulator,
    record: &Record,
    message: Option<&str>,
) -> Result<Response, Error> {
    let payment = paid(record)?;
    let now = simulator.kit.now();
    let read = simulator.kit.db.read(move |read| {
        let refunds = store_money::list_refunds(read, &payment, now)?;
        Ok::<_, Failure<Never>>((refunds, store_money::find_dispute_of(read, &payment)?))
    });
    let (refunds, dispute) = read.await?;
    let request = &record.request;
    let left_minor = request.amount_minor - gone_back(&refunds);
    let shown: Vec<Value> = refunds
        .iter()
        .map(|refund| {
            let status = match refund.status {
                RefundStatus::Pending => "pending",
                RefundStatus::Succeeded => "succeeded",
                RefundStatus::Failed => "failed",
            };
            json!({ "amount_minor": refund.amount_minor, "status": status })
        })
        .collect();
    let context = json!({
        "page": { "title": simulator.kit.render.word("simulator.desk_title") },
        "currency": request.currency,
        "session": { "id": record.id, "order_number": request.number,
                     "amount_minor": request.amount_minor },
        "left_minor": left_minor,
        "left": Money::new(left_minor, request.currency).decimal(),
        "ending": record.refunds,
        "refunds": shown,
        "dispute": dispute.map(|dispute| dispute.status.word()),
        "message": message,
    });
    let html = simulator.kit.render.page("simulator/desk.html", context)?;
    Ok(poem::web::Html(html).into_response())
}

/// The payment of a session that was paid.
fn paid(record: &Record) -> Result<String, Error> {
    let paid = record.payment_id.clone().filter(|_| record.outcome == PaymentOutcome::Paid);
    paid.ok_or_else(|| {
        let detail = "Nothing was paid under this address yet.";
        Problem::new(404, "no-such-payment", "No such payment", detail).into()
    })
}

pub(super) async fn press(
    simulator: Arc<Simulator>,
    mut request: Request,
) -> Result<Response, Error> {
    let record = find(&simulator, &request).await?;
    let press: Press = read_form(&mut request).await?;
    let payment = paid(&record)?;
    let done = match press.action.as_str() {
        "refund" => match Money::parse(press.amount.trim(), record.request.currency) {
            Ok(amount) => {
                let amount_minor = amount.minor;
                let wish = Wish { payment_id: payment, amount_minor, refund: None, key: None };
                simulator.send_back(wish).await.map(|_| ())
            }
            Err(_) => Err(Failure::Refused(No("that is no amount"))),
        },
        "ending_succeed" => ending(&simulator, &record, "succeed").await,
        "ending_succeed_later" => ending(&simulator, &record, "succeed_later").await,
        "ending_fail_later" => ending(&simulator, &record, "fail_later").await,
        "needs_response" => simulator.dispute(&payment, "needs_response").await,
        "under_review" => simulator.dispute(&payment, "under_review").await,
        "won" => simulator.dispute(&payment, "won").await,
        "lost" => simulator.dispute(&payment, "lost").await,
        other => {
            let detail = format!("The page has no button “{other}”.");
            return Err(Problem::new(422, "no-such-button", "No such button", detail).into());
        }
    };
    match done {
        Ok(()) => {
            let here = format!("/simulator/desk/{}", record.id);
            Ok(StatusCode::SEE_OTHER.with_header(header::LOCATION, here).into_response())
        }
        Err(Failure::Refused(no)) => draw(&simulator, &record, Some(&no.problem().detail)).await,
        Err(Failure::Fault(fault)) => Err(fault.into()),
    }
}

async fn ending(
    simulator: &Simulator,
    record: &Record,
    ending: &'static str,
) -> Result<(), Failure<No>> {
    let id = record.id.clone();
    simulator.kit.db.write(move |tx| Ok(store_money::set_refunds(tx, &id, ending)?)).await
}
