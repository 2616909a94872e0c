//! The orders of a visitor, known by the cookie their carts were kept under: no account is needed.
//! It stands here and not in `orders`, for that room knows of no carts.

use std::sync::Arc;

use poem::web::{Html, Json};
use poem::{IntoResponse, Request, Response};
use serde_json::{Value, json};

use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::cart;
use crate::identity;
use crate::orders::{self, Order, state_word, token_of};
use crate::payments::Till;
use crate::platform::db::Read;
use crate::platform::secret::Secret;
use crate::platform::web::Error;

/// Most orders listed.
const ORDERS_MAX: usize = 50;

/// The page.
pub(super) async fn show(till: Arc<Till>, request: Request) -> Result<Response, Error> {
    let orders = orders_of(&till, &request).await?;
    let context = json!({
        "page": { "title": till.kit.render.word("orders.title"), "description": "",
                  "path": "/orders", "canonical": null, "robots": "noindex", "json_ld": null },
        "orders": orders,
    });
    Ok(Html(till.kit.render.page("store/orders.html", context)?).into_response())
}

/// The same for programs.
pub(super) async fn list(till: Arc<Till>, request: Request) -> Result<Response, Error> {
    let orders = orders_of(&till, &request).await?;
    Ok(Json(json!({ "orders": orders })).into_response())
}

async fn orders_of(till: &Till, request: &Request) -> Result<Vec<Value>, Error> {
    let Some(token) = identity::presented(&till.kit, request) else { return Ok(Vec::new()) };
    let (secret, now) = (till.kit.secret.clone(), till.kit.now());
    let found = till.kit.db.read(move |read| {
        let Some(session) = identity::find_session(read, &token, now)? else {
            return Ok::<_, Failure<Never>>(Vec::new());
        };
        let mut all = Vec::new();
        for cart in cart::list_carts(read, &session, ORDERS_MAX)? {
            all.extend(orders::list_of_cart(read, &cart)?);
        }
        all.sort_by_key(|order| std::cmp::Reverse(order.seq));
        let shown = all.iter().take(ORDERS_MAX).map(|order| entry(read, &secret, order));
        Ok(shown.collect::<Result<_, _>>()?)
    });
    Ok(found.await?)
}

fn entry(read: &Read, secret: &Secret, order: &Order) -> Result<Value, Fault> {
    let items = orders::list_items(read, &order.id)?;
    let items = items.iter().filter(|item| item.parent.is_none());
    let items: Vec<Value> =
        items.map(|i| json!({ "title": i.title, "options": i.options, "qty": i.qty })).collect();
    Ok(json!({
        "number": order.number, "state": state_word(order),
        "payment_status": order.payment, "fulfilment_status": order.fulfilment,
        "total_minor": order.total_minor, "currency": order.currency,
        "placed_at": order.placed_at, "items": items,
        "url": format!("/order/{}", token_of(secret, &order.id).as_str()),
    }))
}
