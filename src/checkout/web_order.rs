//! What a buyer can do with an order that is not paid yet, and the way back from the payment page.

use std::sync::Arc;

use poem::{Request, Response};
use serde::Deserialize;

use super::flow::{Begun, reopen};
use super::model::Refusal;
use super::web::{go, on_this_host, payment_page};
use crate::base::Failure;
use crate::orders::{self, token_of};
use crate::payments::{self, Till};
use crate::platform::web::{Error, Rate, read_path, read_query};

/// Attempts to pay or cancel one address may make.
const ACTS: Rate = Rate::new(20, 600);

#[derive(Deserialize)]
struct OrderPath {
    token: String,
}

#[derive(Default, Deserialize)]
struct Returned {
    #[serde(default)]
    session_id: String,
}

/// Back from the payment page: finds the order of the session and shows it. Nothing is believed
/// and nothing changes; only the provider's own word marks an order paid.
pub(super) async fn returned(till: Arc<Till>, request: Request) -> Result<Response, Error> {
    let Returned { session_id } = read_query(&request).unwrap_or_default();
    let secret = till.kit.secret.clone();
    let found = till.kit.db.read(move |read| match payments::find_by_session(read, &session_id)? {
        Some(payment) => Ok(token_of(&secret, &payment.order)),
        None => Err(Failure::Refused(orders::Refusal::Unknown)),
    });
    let token = found.await?;
    Ok(go(&format!("/order/{}?from=payment", token.as_str())))
}

/// Pays a waiting order again, or one that nobody paid in time.
pub(super) async fn pay(till: Arc<Till>, request: Request) -> Result<Response, Error> {
    till.kit.admit(&request, "order", ACTS)?;
    let OrderPath { token } = read_path(&request)?;
    let (inner, book, now) = (Arc::clone(&till), till.books.now(), till.kit.now());
    let begun = till.kit.db.write(move |tx| {
        let order = orders::find_for_link(tx, &token).map_err(Failure::lift::<Refusal>)?;
        match payments::alive_payment(tx, &order.id)? {
            Some(payment) => Ok(Begun { order, payment }),
            None => reopen(tx, &inner, &book, &order.id, now),
        }
    });
    let begun = begun.await?;
    let url = payment_page(&till, &begun).await?;
    Ok(go(on_this_host(&till, &url)))
}

/// Gives an order up: one that is not paid once its page is closed, a paid one by giving the money
/// back while the shop's window for that is open.
pub(super) async fn cancel(till: Arc<Till>, request: Request) -> Result<Response, Error> {
    till.kit.admit(&request, "order", ACTS)?;
    let OrderPath { token } = read_path(&request)?;
    let link = token.clone();
    let order = till.kit.db.read(move |read| orders::find_for_link(read, &link)).await?;
    payments::cancel(&till, &order.id, "buyer", "cancelled by the buyer").await?;
    Ok(go(&format!("/order/{token}")))
}
