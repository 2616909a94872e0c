//! The order's page behind its private link, its two statuses for a script that waits, and the
//! form that leads to the page whoever has lost the link.

use std::future::ready;
use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Order, Refusal};
use super::web_choices::{save_choices, show_choices, stop_letters};
use super::{choices_path, store, store_lines, store_parcels, token_of, view};
use crate::base::email_address::EmailAddress;
use crate::base::fault::{Failure, Refusal as _, refuse};
use crate::base::ids::{OrderId, Token};
use crate::base::{Fault, Problem};
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::platform::web::{
    Caller, Error, Rate, Routes, endpoint, read_form, read_query, wants_html,
};

/// Times one address may look for an order.
const LOOKS: Rate = Rate::new(10, 600);
/// Times one order number may be looked for by everybody, so that its e-mail address cannot be
/// guessed from many places.
const LOOKS_OF_ORDER: Rate = Rate::new(20, 3600);
/// Longest order number, in characters.
const NUMBER_MAX: usize = 40;

/// Routes of the room.
#[must_use]
pub fn routes(kit: &Kit) -> Routes {
    let kit = Arc::new(kit.clone());
    macro_rules! to {
        ($handler:ident) => {{
            let kit = Arc::clone(&kit);
            endpoint(move |request| $handler(Arc::clone(&kit), request))
        }};
    }
    let form = Arc::clone(&kit);
    let form = move |_| ready(draw(&form, &Wanted::default(), &[], None));
    Routes::new()
        .get("/order", endpoint(form))
        .post("/order", to!(find))
        .get("/order/:token", to!(show))
        .get("/api/checkout/:token", to!(status))
        .get("/letters/:link", to!(show_choices))
        .post("/letters/:link", to!(save_choices))
        // Mail programs that know nothing of one click open it as a page.
        .get("/letters/:link/stop", to!(show_choices))
        .post("/letters/:link/stop", to!(stop_letters))
}

/// What somebody who looks for an order knows of it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Wanted {
    number: String,
    email: String,
}

impl Wanted {
    /// The number as it is stored, however it was typed: `# hf-1001` is `HF-1001`.
    fn number(&self) -> String {
        let spoken = |c: &char| !c.is_whitespace() && *c != '#';
        let typed = self.number.chars().filter(spoken).take(NUMBER_MAX + 1);
        typed.map(|c| if matches!(c, '‐' | '‑' | '–') { '-' } else { c }).collect()
    }
}

/// Leads to the order's own page. Whether the number or the address is wrong stays untold.
async fn find(kit: Arc<Kit>, mut request: Request) -> Result<Response, Error> {
    let wanted: Wanted = read_form(&mut request).await?;
    let (number, email) = (wanted.number(), wanted.email.trim());
    let needed = [
        ("number", number.is_empty(), "find_order.number_needed"),
        ("email", email.is_empty(), "find_order.email_needed"),
    ];
    let missing: Vec<Value> = needed
        .iter()
        .filter(|(_, is_missing, _)| *is_missing)
        .map(|(field, _, words)| json!({ "field": field, "message": kit.render.word(words) }))
        .collect();
    if !missing.is_empty() {
        return draw(&kit, &wanted, &missing, None);
    }
    let found = admit(&kit, &request, &number);
    let found = match found.map(|()| EmailAddress::parse(email).map(|email| email.folded())) {
        Ok(Some(email)) if number.len() <= NUMBER_MAX => {
            let asked = kit.db.read(move |read| match find_id(read, &number, &email)? {
                Some(id) => Ok(id),
                None => refuse(Refusal::NotFound),
            });
            asked.await.map_err(Error::from)
        }
        Ok(_) => Err(Refusal::NotFound.problem().into()),
        Err(error) => Err(error),
    };
    match found {
        Ok(id) => {
            let address = format!("/order/{}", token_of(&kit.secret, &id).as_str());
            Ok(StatusCode::SEE_OTHER.with_header(header::LOCATION, address).into_response())
        }
        Err(error) if error.status().is_client_error() && wants_html(&request) => {
            draw(&kit, &wanted, &[], Some(&error.problem()))
        }
        Err(error) => Err(error),
    }
}

/// The order of that number and address; numbers are as the shop writes them, or in capitals.
fn find_id(read: &Read, number: &str, email: &str) -> Result<Option<OrderId>, Fault> {
    match store::find_id(read, number, email)? {
        Some(id) => Ok(Some(id)),
        None => store::find_id(read, &number.to_uppercase(), email),
    }
}

fn admit(kit: &Kit, request: &Request, number: &str) -> Result<(), Error> {
    kit.admit(request, "find-order", LOOKS)?;
    let caller = Caller::Named(number.to_uppercase());
    kit.limiter.check("find-order-number", caller, LOOKS_OF_ORDER, kit.now())
}

/// The form, with what was typed and what is wrong with it.
fn draw(
    kit: &Kit,
    wanted: &Wanted,
    errors: &[Value],
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    let shown = |text: &str| text.trim().chars().take(EmailAddress::LENGTH_MAX).collect::<String>();
    let context = json!({
        "page": { "title": kit.render.word("find_order.title"), "description": "",
                  "path": "/order", "canonical": null, "robots": "noindex", "json_ld": null },
        "values": { "number": shown(&wanted.number), "email": shown(&wanted.email) },
        "errors": errors, "problem": problem.map(|problem| kit.render.told(problem)),
    });
    let html = kit.render.page("store/find_order.html", context)?;
    let status = match problem {
        Some(problem) => StatusCode::from_u16(problem.status)?,
        None if errors.is_empty() => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut response = poem::web::Html(html).with_status(status).into_response();
    if let Some(seconds) = problem.and_then(|problem| problem.retry_after_s) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
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
        let parcels = store_parcels::list_parcels(read, &order.id)?;
        let letters = choices_path(&inner.secret, &order.id, inner.now());
        let shown = view(&order, &items, &parcels, &events, &inner);
        Ok::<_, Failure<Refusal>>((shown, order.currency, letters))
    });
    let (mut shown, currency, letters) = shown.await?;
    shown.state = match (shown.state, returned.from.as_str()) {
        ("pending", "payment") => "confirming",
        ("pending", "cancel") => "cancelled_return",
        (state, _) => state,
    };
    let context = json!({
        "page": { "title": shown.number, "description": "", "path": "/order/", "canonical": null,
                  "robots": "noindex", "json_ld": null },
        "order": shown, "currency": currency, "notices": [], "letters_path": letters,
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
