//! The checkout's page, form and JSON.

use std::net::IpAddr;
use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde_json::{Value, json};

use super::flow::{Begun, Seen, begin, paid_before};
use super::model::{FieldError, Refusal, Submission, WantedLine};
use super::watch::{admit, origin, remember};
use super::{web_order, web_orders};
use crate::base::email_address::EmailAddress;
use crate::base::ids::{Token, sha256_hex};
use crate::base::{Failure, Instant, Refusal as _, refuse};
use crate::cart::{self, Cart};
use crate::identity;
use crate::orders::token_of;
use crate::payments::{self, Till};
use crate::platform::db::Tx;
use crate::platform::web::{
    Caller, Error, Rate, Routes, client_address, endpoint, neighbourhood, read_form, read_json,
    wants_html,
};
use crate::pricing::{Book, Item};

/// Checkouts one address, cart or e-mail may begin (card testers try hundreds).
const BEGIN: Rate = Rate::new(10, 600);
/// Checkouts under one e-mail address, wherever from: many, for an address can be anybody's claim.
const BEGIN_NAME: Rate = Rate::new(30, 3600);
/// Checkouts everybody together may begin.
const BEGIN_ALL: Rate = Rate::new(600, 600);
/// Times an earlier order of the same cart is closed before giving up.
const CLOSINGS_MAX: u32 = 3;

/// Routes of the room.
#[must_use]
pub fn routes(till: &Till) -> Routes {
    let till = Arc::new(till.clone());
    macro_rules! to {
        ($handler:path) => {{
            let till = Arc::clone(&till);
            endpoint(move |request| $handler(Arc::clone(&till), request))
        }};
    }
    Routes::new()
        .get("/checkout", to!(page))
        .post("/checkout", to!(submit_form))
        .post("/api/checkout", to!(submit_json))
        .get("/orders", to!(web_orders::show))
        .get("/api/orders", to!(web_orders::list))
        .get("/checkout/success", to!(web_order::returned))
        .post("/order/:token/pay", to!(web_order::pay))
        .post("/order/:token/cancel", to!(web_order::cancel))
}

async fn page(till: Arc<Till>, request: Request) -> Result<Response, Error> {
    draw(&till, &request, Draft::default(), StatusCode::OK).await
}

async fn submit_form(till: Arc<Till>, mut request: Request) -> Result<Response, Error> {
    let submission: Submission = read_form(&mut request).await?;
    let refused = match submit(&till, &request, &submission).await {
        Ok((_, url)) => return Ok(go(on_this_host(&till, &url))),
        Err(Failure::Fault(fault)) => return Err(fault.into()),
        Err(Failure::Refused(refusal)) => refusal,
    };
    if !wants_html(&request) {
        return Err(refused.problem().into());
    }
    if matches!(refused, Refusal::EmptyCart) {
        return Ok(go("/cart"));
    }
    let problem = refused.problem();
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::CONFLICT);
    let retry_after_s = problem.retry_after_s;
    let mut draft = Draft { values: Some(submission), ..Draft::default() };
    match refused {
        Refusal::Fields(errors) => {
            draft.errors = errors.iter().map(|error| error.told(&till.kit.render)).collect();
        }
        Refusal::TotalChanged { was_minor, now_minor, .. } => {
            draft.changed = json!({ "was_minor": was_minor, "now_minor": now_minor });
        }
        refused => {
            draft.tells_prices = matches!(&refused, Refusal::Blocked(problem)
                if problem.extras.get("reason").is_some_and(|reason| reason == "price_changed"));
            draft.problem = serde_json::to_value(till.kit.render.told(&problem))?;
        }
    }
    let mut response = draw(&till, &request, draft, status).await?;
    if let Some(seconds) = retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

async fn submit_json(till: Arc<Till>, mut request: Request) -> Result<Response, Error> {
    let submission: Submission = read_json(&mut request).await?;
    let (begun, url) = submit(&till, &request, &submission).await?;
    let token = token_of(&till.kit.secret, &begun.order.id);
    let base = &till.kit.settings.public_url;
    // An order that is paid leads to its own page; a program needs the whole address.
    let payment_url = if url.starts_with('/') { format!("{base}{url}") } else { url };
    let body = json!({
        "number": begun.order.number,
        "token": token.as_str(),
        "order_url": format!("{base}/order/{}", token.as_str()),
        "payment_url": payment_url,
        "total_minor": begun.order.total_minor,
        "currency": begun.order.currency,
    });
    Ok(poem::web::Json(body).with_status(StatusCode::CREATED).into_response())
}

/// An address of this shop as a path, so that a visitor who came by another name of the host
/// (`localhost`) stays where the cookie is.
pub(super) fn on_this_host<'a>(till: &Till, url: &'a str) -> &'a str {
    url.strip_prefix(till.kit.settings.public_url.as_str())
        .filter(|path| path.starts_with('/'))
        .unwrap_or(url)
}

pub(super) fn go(url: &str) -> Response {
    StatusCode::SEE_OTHER.with_header(header::LOCATION, url).into_response()
}

/// Begins the checkout and opens its payment page.
async fn submit(
    till: &Arc<Till>,
    request: &Request,
    submission: &Submission,
) -> Result<(Begun, String), Failure<Refusal>> {
    let book = till.books.now();
    let buyer = match submission.parse(&book) {
        Ok(buyer) => Arc::new(buyer),
        Err(errors) => return Err(Failure::Refused(Refusal::Fields(errors))),
    };
    let now = till.kit.now();
    let place = client_address(request, &till.kit.proxies);
    limit(till, request, place, &buyer.email.folded())?;
    let source = Arc::new(match submission.lines.as_slice() {
        [] => Source { token: identity::presented(&till.kit, request), wanted: Vec::new() },
        wanted => own_cart(till, &book, request, submission, wanted)?,
    });
    for _ in 0..CLOSINGS_MAX {
        let (inner, book, buyer) = (Arc::clone(till), Arc::clone(&book), Arc::clone(&buyer));
        let seen = Seen {
            version: submission.cart_version,
            total_minor: submission.quote_total,
            accepts_prices: submission.accept_prices,
        };
        let source = Arc::clone(&source);
        let begun = till.kit.db.write(move |tx| {
            let (session, cart) = source.cart(tx, &inner, &book, now)?;
            let (session, is_keyed) = (session.as_deref(), !source.wanted.is_empty());
            let email = buyer.email.folded();
            let origin = origin(&inner.kit, place, &email, cart.as_ref().map(|cart| &cart.id));
            admit(tx, &inner.kit, &origin, now)?;
            let begun = match begin(tx, &inner, &book, cart, &buyer, &seen, now) {
                Err(Failure::Refused(Refusal::EmptyCart)) if is_keyed => {
                    let paid = session.map(|s| paid_before(tx, s)).transpose()?.flatten();
                    paid.ok_or(Failure::Refused(Refusal::EmptyCart))
                }
                begun => begun,
            }?;
            remember(tx, &inner.kit, &begun.order.id, &origin, now)?;
            Ok(begun)
        });
        match begun.await {
            Ok(begun) => {
                let url = payment_page(till, &begun).await?;
                return Ok((begun, url));
            }
            Err(Failure::Refused(Refusal::CloseFirst(order))) => {
                match payments::close(till, &order, "buyer").await {
                    // Somebody was faster: it is closed, which is all that was wanted.
                    Ok(()) | Err(Failure::Refused(payments::Refusal::NotOpen)) => {}
                    Err(failure) => return Err(failure.lift()),
                }
            }
            Err(failure) => return Err(failure),
        }
    }
    Err(Failure::Refused(Refusal::CartChanged))
}

/// What is ordered: the cart of a visitor, or lines that a caller sent along.
struct Source {
    token: Option<Token>,
    wanted: Vec<(Item, u32)>,
}

impl Source {
    /// The session and its cart. Lines that were sent along are put into one of their own, of
    /// which nothing stays when the checkout does not begin.
    fn cart(
        &self,
        tx: &Tx,
        till: &Till,
        book: &Book,
        now: Instant,
    ) -> Result<(Option<String>, Option<Cart>), Failure<Refusal>> {
        let Some(token) = &self.token else { return Ok((None, None)) };
        if self.wanted.is_empty() {
            let session = identity::find_session(tx, token, now)?;
            let cart = session.as_deref().map(|s| cart::find_cart(tx, s)).transpose()?.flatten();
            return Ok((session, cart));
        }
        let (session, wanted) = (identity::open_own(tx, token, now)?, self.wanted.clone());
        let cart = cart::fill(tx, &till.kit, book, &session, wanted, now).map_err(Failure::lift)?;
        Ok((Some(session), cart))
    }
}

/// A cart of its own for a caller that sent its lines along. The same `Idempotency-Key` with the
/// same body gives the same cart, and so the same order.
fn own_cart(
    till: &Till,
    book: &Book,
    request: &Request,
    submission: &Submission,
    wanted: &[WantedLine],
) -> Result<Source, Failure<Refusal>> {
    let max = book.catalog.shop.cart_lines_max;
    if wanted.len() > max as usize {
        return Err(Failure::Refused(Refusal::Cart(cart::Refusal::TooManyLines { max })));
    }
    let token = match request.header("idempotency-key").filter(|key| !key.is_empty()) {
        // The key and everything sent with it: somebody else's use of a key touches nothing.
        Some(key) => {
            let sent = sha256_hex(&serde_json::to_vec(submission)?);
            till.kit.secret.token("idempotency", &format!("{key} {sent}"))
        }
        None => Token::new(&till.kit.random),
    };
    let wanted = wanted.iter().filter_map(|l| l.item().map(|i| (i, l.qty))).collect();
    Ok(Source { token: Some(token), wanted })
}

fn limit(
    till: &Till,
    request: &Request,
    place: IpAddr,
    email: &str,
) -> Result<(), Failure<Refusal>> {
    let now = till.kit.now();
    // By address and e-mail together, so that nobody locks a stranger's address out.
    let caller = Caller::Named(format!("{} {email}", neighbourhood(place)));
    let name = Caller::Named(email.to_owned());
    let cart = identity::presented(&till.kit, request).map(|token| Caller::Named(token.hash()));
    // In turn: what is refused for one address takes nothing from everybody's share.
    let limiter = &till.kit.limiter;
    let admitted = till
        .kit
        .admit(request, "checkout", BEGIN)
        .and_then(|()| limiter.check("checkout-email", caller, BEGIN, now))
        .and_then(|()| limiter.check("checkout-name", name, BEGIN_NAME, now))
        .and_then(|()| match cart {
            Some(cart) => limiter.check("checkout-cart", cart, BEGIN, now),
            None => Ok(()),
        })
        .and_then(|()| limiter.check("checkout-all", Caller::Everybody, BEGIN_ALL, now));
    match admitted {
        Ok(()) => Ok(()),
        Err(error) => Err(Failure::Refused(Refusal::Slower(Box::new(error.problem())))),
    }
}

/// Where the buyer goes next: the payment page, or straight to the order when it is paid.
pub(super) async fn payment_page(till: &Till, begun: &Begun) -> Result<String, Failure<Refusal>> {
    if begun.order.total_minor == 0 || begun.order.payment.has_paid() {
        let token = token_of(&till.kit.secret, &begun.order.id);
        return Ok(format!("/order/{}", token.as_str()));
    }
    match payments::open(till, &begun.payment).await {
        // Told beside its field, like every other address that is none.
        Err(Failure::Refused(payments::Refusal::EmailNotTaken)) => {
            refuse(Refusal::Fields(vec![FieldError::email()]))
        }
        Err(Failure::Refused(payments::Refusal::Paid)) => {
            let token = token_of(&till.kit.secret, &begun.order.id);
            Ok(format!("/order/{}", token.as_str()))
        }
        other => other.map_err(Failure::lift),
    }
}

/// What the page shows beside the cart.
#[derive(Default)]
struct Draft {
    values: Option<Submission>,
    errors: Vec<Value>,
    changed: Value,
    problem: Value,
    /// It names the prices that have moved: whoever sends it again takes them.
    tells_prices: bool,
}

async fn draw(
    till: &Till,
    request: &Request,
    draft: Draft,
    status: StatusCode,
) -> Result<Response, Error> {
    let (book, now) = (till.books.now(), till.kit.now());
    let token = identity::presented(&till.kit, request);
    let (inner, values) = (Arc::clone(&book), draft.values.clone());
    let shown = till.kit.db.read(move |read| {
        let session = token.map(|t| identity::find_session(read, &t, now)).transpose()?.flatten();
        let mut cart = session.map(|s| cart::find_cart(read, &s)).transpose()?.flatten();
        if let (Some(cart), Some(values)) = (&mut cart, &values) {
            let known = inner.zones.iter().any(|zone| zone.countries.contains(&values.country));
            if known {
                cart.country.clone_from(&values.country);
                cart.rate = Some(values.rate.clone()).filter(|rate| !rate.is_empty());
            }
        }
        // Offers used up by this address count from the moment it is known.
        let email = values.as_ref().and_then(|values| EmailAddress::parse(&values.email));
        let customer = email.map(|email| email.folded());
        let priced = cart::price(read, &inner, cart, customer.as_deref(), now)?;
        let view = cart::view(&inner, &priced, now);
        let ready = priced.can_be_ordered(&inner, now) && !priced.has_price_changes(&inner, now);
        Ok::<_, Failure<Refusal>>((view, priced.quote, ready))
    });
    let (cart, quote, ready) = shown.await?;
    if !ready && draft.values.is_none() {
        // The cart's page says what stands in the way.
        return Ok(go("/cart"));
    }
    // What was accepted before was accepted at that total, and at no other.
    let still =
        |values: &Submission| values.accept_prices && values.quote_total == Some(quote.total_minor);
    let tells_prices = draft.tells_prices || draft.values.as_ref().is_some_and(still);
    let mut values = serde_json::to_value(draft.values.unwrap_or_default())?;
    values["country"] = cart.country.clone().into();
    values["rate"] = quote.delivery.as_ref().map_or("", |d| d.rate.as_str()).into();
    let hold_s = till.kit.settings.hold_s.unwrap_or(book.catalog.shop.hold_s);
    let context = json!({
        "page": { "title": till.kit.render.word("checkout.title"),
                  "description": till.kit.render.word("checkout.description"),
                  "path": "/checkout", "canonical": null, "robots": "noindex", "json_ld": null },
        "cart": { "version": cart.version, "count": cart.count },
        "lines": cart.lines, "quote": quote, "values": values, "errors": draft.errors,
        "changed": draft.changed, "problem": draft.problem, "tells_prices": tells_prices,
        "countries": cart::countries(&book, &till.kit.render), "hold_minutes": hold_s / 60,
    });
    let html = till.kit.render.page("store/checkout.html", context)?;
    Ok(poem::web::Html(html).with_status(status).into_response())
}
