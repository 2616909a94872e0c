//! The order's page behind its private link, and its two statuses for a script that waits.

use std::sync::Arc;

use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::model::{Order, Refusal};
use super::{store, store_lines, view};
use crate::base::fault::{Failure, refuse};
use crate::base::ids::Token;
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::platform::web::{Error, Routes, endpoint, read_query};

/// Routes of the room.
#[must_use]
pub fn routes(kit: &Kit) -> Routes {
    let (page, api) = (Arc::new(kit.clone()), Arc::new(kit.clone()));
    Routes::new()
        .get("/order/:token", endpoint(move |request| show(Arc::clone(&page), request)))
        .get("/api/checkout/:token", endpoint(move |request| status(Arc::clone(&api), request)))
}

/// The order a private link names; a refusal tells nothing about orders of others.
///
/// # Errors
/// [`Refusal::Unknown`] for anything that is not a link of an order here.
pub fn find_for_link(read: &Read, token: &str) -> Result<Order, Failure<Refusal>> {
    let Some(token) = Token::parse(token) else { return refuse(Refusal::Unknown) };
    match store::find_by_token_hash(read, &token.hash())? {
        Some(order) => Ok(order),
        None => refuse(Refusal::Unknown),
    }
}

/// What may stand behind `?` of an order's address.
#[derive(Default, Deserialize)]
struct Returned {
    /// `payment` when coming back from a finished payment, `cancel` from one given up.
    #[serde(default)]
    from: String,
}

async fn show(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    let token = request.raw_path_param("token").unwrap_or_default().to_owned();
    let returned: Returned = read_query(&request).unwrap_or_default();
    let inner = Arc::clone(&kit);
    let shown = kit.db.read(move |read| {
        let order = find_for_link(read, &token)?;
        let items = store_lines::list_items(read, &order.id)?;
        let events = store_lines::list_events(read, &order.id)?;
        Ok::<_, Failure<Refusal>>(view(&order, &items, &events, &inner))
    });
    let mut shown = shown.await?;
    shown.state = match (shown.state, returned.from.as_str()) {
        ("pending", "payment") => "confirming",
        ("pending", "cancel") => "cancelled_return",
        (state, _) => state,
    };
    let context = json!({
        "page": { "title": shown.number, "description": "", "path": "/order/", "canonical": null,
                  "robots": "noindex", "json_ld": null },
        "order": shown, "notices": [],
    });
    let html = kit.render.page("store/order.html", context)?;
    Ok(poem::web::Html(html).into_response())
}

async fn status(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    let token = request.raw_path_param("token").unwrap_or_default().to_owned();
    let order = kit.db.read(move |read| find_for_link(read, &token)).await?;
    Ok(poem::web::Json(json!({
        "number": order.number,
        "payment_status": order.payment,
        "fulfilment_status": order.fulfilment,
        "total_minor": order.total_minor,
        "currency": order.currency,
    }))
    .into_response())
}
