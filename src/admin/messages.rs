//! Messages: what left the shop, what waits and why, and sending a letter again.

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::letters::{LETTER_KINDS, told};
use crate::base::Failure;
use crate::base::email_address::EmailAddress;
use crate::base::fault::Never;
use crate::identity::{self, Visit, see_other};
use crate::orders;
use crate::platform::Kit;
use crate::platform::mail::{self, Again, Posted, Wanted, draw, message_id};
use crate::platform::web::{Error, read_form, read_path, read_query};

/// Letters on one page.
const LETTERS: u32 = 50;

/// The desk's own policy, with room for a letter in a frame.
pub(super) const WITH_FRAME: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; \
     form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
/// A letter is somebody's words: nothing in it runs, sends or leads out of its frame.
const LETTER_POLICY: &str = "sandbox; default-src 'none'; img-src http: https: data:; \
     style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// What the address asks for.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    state: String,
    kind: String,
    to: String,
    order: String,
    before: Option<i64>,
    done: String,
}

/// A letter's line in the list.
#[derive(Serialize)]
struct Line {
    #[serde(flatten)]
    letter: Posted,
    title: &'static str,
    subject: String,
}

/// The list, narrowed by the address.
pub(super) async fn list(visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let is_known = asked.state.is_empty() || mail::STATES.contains(&asked.state.as_str());
    let wanted = Wanted {
        state: if is_known { asked.state.clone() } else { String::new() },
        template: asked.kind.clone(),
        recipient: asked.to.trim().to_owned(),
        about: String::new(),
        before: asked.before,
        limit: LETTERS + 1,
    };
    let number = asked.order.trim().to_uppercase();
    let found = visit.kit.db.read(move |read| {
        let order = match number.as_str() {
            "" => None,
            number => Some(orders::find_by_number(read, number)?),
        };
        let letters = match order {
            Some(None) => Vec::new(),
            Some(Some(order)) => {
                let about = order.id.as_str().to_owned();
                mail::list(read, &Wanted { about, ..wanted })?
            }
            None => mail::list(read, &wanted)?,
        };
        Ok::<_, Failure<Never>>((letters, mail::unsent(read)?))
    });
    let (mut letters, unsent) = found.await?;
    let more = letters.len() > LETTERS as usize;
    letters.truncate(LETTERS as usize);
    let next = letters.last().filter(|_| more).map(|letter| letter.id);
    let lines: Vec<Line> = letters.into_iter().map(|letter| line(&visit.kit, letter)).collect();
    let kinds = LETTER_KINDS.map(|k| json!({ "template": k.template, "title": k.title }));
    let older = next.map(|next| address(&asked, Some(next)));
    let newest = asked.before.map(|_| address(&asked, None));
    visit.page(
        "admin/messages.html",
        "messages",
        json!({
            "letters": lines, "kinds": kinds, "asked": asked, "older": older, "newest": newest,
            "waiting": unsent.waiting, "dead": unsent.dead, "oldest_at": unsent.oldest_at,
        }),
    )
}

/// The same list at another place.
fn address(asked: &Asked, before: Option<i64>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let fields = [
        ("state", &asked.state),
        ("kind", &asked.kind),
        ("to", &asked.to),
        ("order", &asked.order),
    ];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    format!("/admin/messages?{}", query.finish())
}

pub(super) fn title_of(template: &str) -> &'static str {
    let kind = LETTER_KINDS.iter().find(|kind| kind.template == template);
    kind.map_or("Other", |kind| kind.title)
}

fn line(kit: &Kit, letter: Posted) -> Line {
    let data: Value = serde_json::from_str(&letter.data).unwrap_or_default();
    let subject = kit.render.page(&format!("mail/{}/subject.txt", letter.template), &data);
    // A letter whose template is gone is listed all the same.
    let subject = subject.unwrap_or_else(|_| title_of(&letter.template).to_owned());
    let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    Line {
        title: title_of(&letter.template),
        letter: Posted { data: String::new(), ..letter },
        subject,
    }
}

async fn find(visit: &Visit) -> Result<Posted, Error> {
    let id: i64 = read_path(&visit.request)?;
    let found = visit.kit.db.read(move |read| Ok::<_, Failure<Never>>(mail::find(read, id)?));
    let found: Result<_, Failure<mail::Refusal>> =
        found.await?.ok_or(Failure::Refused(mail::Refusal::Unknown));
    Ok(found?)
}

/// One letter: as it is read, what became of it, and sending it again.
pub(super) async fn show(visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let letter = find(&visit).await?;
    draw_letter(&visit, letter, StatusCode::OK, json!({ "done": asked.done })).await
}

async fn draw_letter(
    visit: &Visit,
    letter: Posted,
    status: StatusCode,
    mut context: Value,
) -> Result<Response, Error> {
    let data: Value = serde_json::from_str(&letter.data)?;
    let (text, subject) = match draw(&visit.kit.render, &letter.template, &data) {
        Ok(drawn) => (drawn.text, drawn.subject),
        Err(fault) => (format!("It cannot be drawn any more: {fault}"), String::new()),
    };
    let (id, about) = (letter.id, letter.about.clone());
    let around = visit.kit.db.read(move |read| {
        let order = orders::get_order(read, &crate::base::ids::OrderId::from_stored(about))?;
        Ok::<_, Failure<Never>>((order.map(|order| order.number), mail::list_copies(read, id)?))
    });
    let (number, copies) = around.await?;
    context["title"] = title_of(&letter.template).into();
    context["subject"] = subject.into();
    context["plain"] = text.into();
    context["message_id"] = message_id(&letter).into();
    context["order"] = json!(number);
    context["copies"] = copies
        .into_iter()
        .map(|c| {
            json!({ "id": c.id, "state": c.state,
        "recipient": c.recipient, "reason": c.reason, "actor": c.actor,
        "created_at": c.created_at })
        })
        .collect();
    context["letter"] = json!(Posted { data: String::new(), ..letter });
    Ok(with_frame(visit.page_with(status, "admin/message.html", "messages", context)?))
}

/// A page that shows a letter in a frame.
pub(super) fn with_frame(mut page: Response) -> Response {
    let policy = HeaderValue::from_static(WITH_FRAME);
    page.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    page
}

/// A letter for such a frame.
pub(super) fn in_frame(html: String) -> Response {
    poem::web::Html(html)
        .with_header(header::CONTENT_SECURITY_POLICY, LETTER_POLICY)
        .into_response()
}

/// The letter's HTML alone.
pub(super) async fn html(visit: Visit) -> Result<Response, Error> {
    let letter = find(&visit).await?;
    let data: Value = serde_json::from_str(&letter.data)?;
    Ok(in_frame(draw(&visit.kit.render, &letter.template, &data)?.html))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// `resend`, `now` or `settle`.
    action: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    to: String,
}

/// Nobody need look at a letter any more that was given up.
async fn settle(visit: &Visit, id: i64) -> Result<Response, Error> {
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let settled = visit.kit.db.write(move |tx| {
        if mail::settle(tx, id, now)? {
            let (before, after) = (json!({ "settled": false }), json!({ "settled": true }));
            let (about, states) = (("letter", id.to_string()), (&before, &after));
            identity::note(tx, &staff, "letter.settle", (about.0, &about.1), states, now)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    settled.await?;
    Ok(see_other(&format!("/admin/messages/{id}?done=settled")))
}

/// Sends a letter again, lets one that waits be tried at once, or lays one aside.
pub(super) async fn change(mut visit: Visit) -> Result<Response, Error> {
    let form: Change = read_form(&mut visit.request).await?;
    let letter = find(&visit).await?;
    let id = letter.id;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    if form.action == "now" {
        let (tries, next_at) = (letter.attempts, letter.next_at);
        let hurried = visit.kit.db.write(move |tx| {
            let is_hurried = mail::hurry(tx, id, now)?;
            if is_hurried {
                let before = json!({ "attempts": tries, "next_at": next_at });
                let after = json!({ "attempts": tries, "next_at": now });
                let about = ("letter", id.to_string());
                let states = (&before, &after);
                identity::note(tx, &staff, "letter.hurry", (about.0, &about.1), states, now)?;
            }
            Ok::<_, Failure<Never>>(is_hurried)
        });
        let done = if hurried.await? { "now" } else { "left" };
        visit.kit.bell.ring();
        return Ok(see_other(&format!("/admin/messages/{id}?done={done}")));
    }
    if form.action == "settle" {
        return settle(&visit, id).await;
    }
    let typed = json!({ "reason": form.reason, "to": form.to });
    let Some(to) = EmailAddress::parse(&form.to) else {
        let problem = json!({ "title": "Not an address",
            "detail": "The recipient must be an e-mail address.", "hint": null });
        let context = json!({ "typed": typed, "problem": problem });
        return draw_letter(&visit, letter, StatusCode::UNPROCESSABLE_ENTITY, context).await;
    };
    let sent = visit.kit.db.write(move |tx| {
        let actor = staff.actor();
        let again = Again { id, reason: &form.reason, actor: &actor, to: Some(&to) };
        let copy = mail::resend(tx, &again, now)?;
        let after = json!({ "letter": copy, "to": to, "reason": form.reason.trim() });
        let what = ("letter", id.to_string());
        let changed = (&Value::Null, &after);
        identity::note(tx, &staff, "letter.resend", (what.0, &what.1), changed, now)?;
        Ok::<_, Failure<mail::Refusal>>(copy)
    });
    match sent.await {
        Ok(copy) => {
            visit.kit.bell.ring();
            Ok(see_other(&format!("/admin/messages/{copy}?done=resent")))
        }
        Err(failure) => {
            let error = Error::from(failure);
            if !error.status().is_client_error() {
                return Err(error);
            }
            let context = json!({ "typed": typed, "problem": told(&error) });
            draw_letter(&visit, letter, error.status(), context).await
        }
    }
}
