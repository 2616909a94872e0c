//! Letters to look at before anybody gets one: with real data, on any screen, and sent to oneself.

use poem::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::letters::{LETTER_KINDS, LetterKind, NoSample, Sample, letter_kind, sample, told};
use super::messages::{in_frame, with_frame};
use crate::base::email_address::EmailAddress;
use crate::base::{Failure, Problem};
use crate::identity::{self, Visit, see_other};
use crate::platform::mail::{Letter, draw, send_trial};
use crate::platform::web::{Caller, Error, Rate, read_form, read_path, read_query};
use crate::pricing::Books;

/// Trials one person may send.
const TRIALS: Rate = Rate::new(10, 600);
/// The kind shown when the address names none.
const FIRST: &str = "order_confirmation";
/// What the layout says about screens, replaced to show one of them.
const DARK: &str = "(prefers-color-scheme: dark)";

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    /// Number of the order shown; the newest when empty.
    order: String,
    /// `light` or `dark`; as the reader's screen is when empty.
    look: String,
    /// `phone`, or the whole width when empty.
    width: String,
    done: String,
}

impl Asked {
    /// The same letter elsewhere.
    fn address(&self, kind: LetterKind, page: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let fields = [("order", &self.order), ("look", &self.look), ("width", &self.width)];
        for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        let query = query.finish();
        let joint = if query.is_empty() { "" } else { "?" };
        format!("/admin/messages/preview/{}{page}{joint}{query}", kind.template)
    }
}

/// The kind the address names.
fn named(visit: &Visit) -> Result<LetterKind, Error> {
    let template: String = read_path(&visit.request)?;
    Ok(letter_kind(&template)?)
}

async fn found(
    books: &Books,
    visit: &Visit,
    asked: &Asked,
    kind: LetterKind,
) -> Result<Sample, Failure<NoSample>> {
    let (kit, book) = (visit.kit.clone(), books.now());
    let number = asked.order.trim().to_uppercase();
    visit.kit.db.read(move |read| sample(read, &kit, &book, kind, &number)).await
}

/// The letter sent most, before anybody chooses.
pub(super) async fn first(books: Books, visit: Visit) -> Result<Response, Error> {
    let kind = letter_kind(FIRST)?;
    draw_page(&books, &visit, kind).await
}

/// The letter, with everything to look at it.
pub(super) async fn show(books: Books, visit: Visit) -> Result<Response, Error> {
    let kind = named(&visit)?;
    draw_page(&books, &visit, kind).await
}

async fn draw_page(books: &Books, visit: &Visit, kind: LetterKind) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let kinds = LETTER_KINDS.map(|k| {
        json!({ "title": k.title, "current": k.template == kind.template,
                "to_buyer": k.to_buyer, "href": asked.address(k, "") })
    });
    let mut context = json!({
        "kinds": kinds, "kind": kind.template, "title": kind.title, "to_buyer": kind.to_buyer,
        "asked": asked, "frame": asked.address(kind, "/html"), "done": asked.done,
    });
    let drawn = match found(books, visit, &asked, kind).await {
        Ok(sample) => {
            context["number"] = json!(sample.number);
            context["is_made_up"] = sample.is_made_up.into();
            draw(&visit.kit.render, kind.template, &sample.data)
                .map_err(|fault| mistake(&fault.to_string()))
        }
        Err(failure) => Err(failure.into()),
    };
    let status = match drawn {
        Ok(drawn) => {
            context["subject"] = drawn.subject.into();
            context["plain"] = drawn.text.into();
            context["bytes"] = drawn.html.len().into();
            poem::http::StatusCode::OK
        }
        Err(error) if error.status().is_client_error() => {
            context["problem"] = told(&error);
            error.status()
        }
        Err(error) => return Err(error),
    };
    Ok(with_frame(visit.page_with(status, "admin/messages_preview.html", "messages", context)?))
}

/// A template of the shop's own that fails is its maker's mistake, and this is where it is seen.
fn mistake(why: &str) -> Error {
    Problem::new(422, "letter-template", "The template has a mistake", why.to_owned())
        .hint("Mend the file in your site folder; until then buyers get the built-in letter.")
        .into()
}

/// The letter's HTML alone, as a light or a dark screen shows it.
pub(super) async fn html(books: Books, visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let kind = named(&visit)?;
    let sample = found(&books, &visit, &asked, kind).await?;
    let drawn = draw(&visit.kit.render, kind.template, &sample.data)
        .map_err(|fault| mistake(&fault.to_string()))?;
    Ok(in_frame(match asked.look.as_str() {
        "dark" => drawn.html.replace(DARK, "all"),
        "light" => drawn.html.replace(DARK, "not all"),
        _ => drawn.html,
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Send {
    #[serde(default)]
    order: String,
}

/// Sends the letter to whoever looks at it.
pub(super) async fn send(books: Books, mut visit: Visit) -> Result<Response, Error> {
    let form: Send = read_form(&mut visit.request).await?;
    let now = visit.kit.now();
    let name = visit.staff.id.as_str().to_owned();
    visit.kit.limiter.check("trial-letters", Caller::Named(name), TRIALS, now)?;
    let asked = Asked { order: form.order, ..Asked::default() };
    let kind = named(&visit)?;
    let sample = found(&books, &visit, &asked, kind).await?;
    let Some(recipient) = EmailAddress::parse(&visit.staff.email) else {
        return Err(mistake("your own address cannot be written to"));
    };
    let (kit, staff, book) = (visit.kit.clone(), visit.staff.clone(), books.now());
    let sent = visit.kit.db.write(move |tx| {
        let letter = Letter {
            dedup_key: String::new(),
            about: "",
            sender: &book.catalog.shop.email_from,
            recipient: &recipient,
            template: kind.template,
            data: sample.data,
        };
        send_trial(tx, &kit, &letter, &staff.actor(), now)?;
        let after = json!({ "to": recipient, "order": sample.number });
        let (about, states) = (("letter kind", kind.template), (&Value::Null, &after));
        identity::note(tx, &staff, "letter.trial", about, states, now)?;
        Ok::<_, Failure<NoSample>>(())
    });
    sent.await?;
    visit.kit.bell.ring();
    let back = asked.address(kind, "");
    let joint = if back.contains('?') { '&' } else { '?' };
    Ok(see_other(&format!("{back}{joint}done=sent")))
}
