//! `/letters/…`: where a buyer chooses which letters come, behind the link of a letter's foot or of
//! the order's page; and the address a mail program calls by itself to decline (RFC 8058).

use std::sync::Arc;

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::choices::{Choices, choices_of, choose, order_of};
use super::model::{Order, Refusal};
use super::store;
use crate::base::fault::Failure;
use crate::base::ids::OrderId;
use crate::base::refuse;
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::platform::web::{Caller, Error, Rate, read_form, read_query};

/// Times one link may be used to change what is wanted. Callers are not told apart: one click of
/// many people comes from the same few machines of their mail provider.
const CHANGES: Rate = Rate::new(30, 600);

/// The form. A box that is not ticked is not sent.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sent {
    shipping: Option<String>,
    suggestions: Option<String>,
}

/// What may stand behind `?`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    saved: String,
}

pub(super) async fn show_choices(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    let shown: Shown = read_query(&request).unwrap_or_default();
    let link = link_of(&request);
    let id = order_of(&kit.secret, &link, kit.now()).map_err(Failure::Refused)?;
    let found = kit.db.read(move |read| {
        let order = find(read, &id)?;
        Ok::<_, Failure<Refusal>>(choices_of(read, &order.email)?)
    });
    let choices = found.await?;
    draw(&kit, &link, choices, !shown.saved.is_empty())
}

pub(super) async fn save_choices(kit: Arc<Kit>, mut request: Request) -> Result<Response, Error> {
    let sent: Sent = read_form(&mut request).await?;
    let link = link_of(&request);
    let chosen =
        Choices { shipping: sent.shipping.is_some(), suggestions: sent.suggestions.is_some() };
    change(&kit, &link, move |_| chosen).await?;
    let back = format!("/letters/{link}?saved=yes");
    Ok(StatusCode::SEE_OTHER.with_header(header::LOCATION, back).into_response())
}

/// One click in a mail program. What it sends says nothing that the address does not say, and an
/// answer that leads elsewhere is not allowed.
pub(super) async fn stop_letters(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    let link = link_of(&request);
    let without = |before: Choices| Choices { shipping: false, ..before };
    let choices = change(&kit, &link, without).await?;
    draw(&kit, &link, choices, true)
}

/// Changes what is wanted; answers what it is now.
async fn change(
    kit: &Kit,
    link: &str,
    to: impl FnOnce(Choices) -> Choices + Send + 'static,
) -> Result<Choices, Error> {
    let now = kit.now();
    let id = order_of(&kit.secret, link, now).map_err(Failure::Refused)?;
    let caller = Caller::Named(id.as_str().to_owned());
    kit.limiter.check("letter-choices", caller, CHANGES, now)?;
    let written = kit.db.write(move |tx| {
        let email = find(tx, &id)?.email;
        let choices = to(choices_of(tx, &email)?);
        choose(tx, &email, choices, now)?;
        Ok::<_, Failure<Refusal>>(choices)
    });
    Ok(written.await?)
}

fn link_of(request: &Request) -> String {
    request.raw_path_param("link").unwrap_or_default().to_owned()
}

fn find(read: &Read, id: &OrderId) -> Result<Order, Failure<Refusal>> {
    match store::get(read, id)? {
        Some(order) => Ok(order),
        None => refuse(Refusal::LetterLink),
    }
}

fn draw(kit: &Kit, link: &str, choices: Choices, is_saved: bool) -> Result<Response, Error> {
    let context = json!({
        "page": { "title": kit.render.word("choices.title"), "description": "",
                  "path": "/letters/", "canonical": null, "robots": "noindex", "json_ld": null },
        "link": link, "choices": choices, "is_saved": is_saved,
    });
    let html = kit.render.page("store/letter_choices.html", context)?;
    Ok(poem::web::Html(html).into_response())
}
