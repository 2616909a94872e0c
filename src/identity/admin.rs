//! Coming in and going out: the sign-in page, the page an invitation leads to, and signing out.

use std::future::{Future as _, poll_fn};
use std::sync::Arc;
use std::task::Poll;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Request, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::flow::{self, From, SIGNED_IN_S};
use super::guard::{COOKIE, network_of, next_page, presented};
use super::model::{Credentials, Refusal};
use super::visit::see_other;
use super::{known_browser, password, store_staff as store};
use crate::base::email_address::EmailAddress;
use crate::base::fault::{Failure, Never, Refusal as _};
use crate::base::ids::Token;
use crate::base::{Fault, Instant, Problem};
use crate::platform::Kit;
use crate::platform::config::Mode;
use crate::platform::db::Tx;
use crate::platform::web::{
    Caller, Cookies, Error, Rate, Routes, SameSite, endpoint, read_form, read_query, wants_html,
};

/// Times one address may try to sign in.
const TRIES: Rate = Rate::new(10, 900);
/// Times one address may try to be one person.
const TRIES_AS: Rate = Rate::new(5, 900);
/// Times everybody together may try to be one person, so that nobody is guessed from many places.
const TRIES_AS_ALL: Rate = Rate::new(50, 3600);
/// Times one browser may try to be a person who has signed in with it before.
const TRIES_KNOWN: Rate = Rate::new(10, 900);
/// Longest text of a browser's name that is kept.
const DEVICE_MAX: usize = 200;

/// Pages for those who are not signed in yet.
#[must_use]
pub fn entrance(kit: &Kit) -> Routes {
    let kit = Arc::new(kit.clone());
    macro_rules! to {
        ($handler:ident) => {{
            let kit = Arc::clone(&kit);
            endpoint(move |request| $handler(Arc::clone(&kit), request))
        }};
    }
    Routes::new()
        .get("/admin/sign-in", to!(sign_in_page))
        .post("/admin/sign-in", to!(sign_in))
        .post("/admin/sign-out", to!(sign_out))
        .get("/admin/welcome/:token", to!(welcome_page))
        .post("/admin/welcome/:token", to!(welcome))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    next: String,
    done: String,
}

#[expect(clippy::unused_async, reason = "a handler like the others")]
async fn sign_in_page(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    let wanted: Wanted = read_query(&request).unwrap_or_default();
    let typed = json!({ "email": "", "next": next_page(&wanted.next), "done": wanted.done });
    draw(&kit, "admin/sign_in.html", &typed, None)
}

fn draw(
    kit: &Kit,
    template: &str,
    values: &Value,
    problem: Option<&Problem>,
) -> Result<Response, Error> {
    let told = problem.map(|p| json!({ "title": p.title, "detail": p.detail, "hint": p.hint }));
    let html = kit.render.page(template, json!({ "values": values, "problem": told }))?;
    let status = problem.map_or(Ok(StatusCode::OK), |p| StatusCode::from_u16(p.status))?;
    let mut page = poem::web::Html(html).with_status(status).into_response();
    if let Some(seconds) = problem.and_then(|problem| problem.retry_after_s) {
        page.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(page)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignIn {
    email: String,
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(kit: Arc<Kit>, mut request: Request) -> Result<Response, Error> {
    let form: SignIn = read_form(&mut request).await?;
    let next = next_page(&form.next).to_owned();
    let shown: String = form.email.trim().chars().take(EmailAddress::LENGTH_MAX).collect();
    let folded = EmailAddress::parse(&form.email).map(|e| e.folded()).unwrap_or_default();
    match try_to_sign_in(&kit, &request, form).await {
        Ok(token) => {
            let age_s = u32::try_from(SIGNED_IN_S).unwrap_or(u32::MAX);
            let cookies = Cookies::new(kit.settings.https());
            let cookie = cookies.set(COOKIE, token.as_str(), age_s, SameSite::Strict)?;
            let known = known_browser::remember(&kit, &folded)?;
            let page = see_other(&next).with_header(header::SET_COOKIE, known);
            Ok(page.with_header(header::SET_COOKIE, cookie).into_response())
        }
        Err(error) if error.status().is_client_error() && wants_html(&request) => {
            let typed = json!({ "email": shown, "next": next, "done": "" });
            draw(&kit, "admin/sign_in.html", &typed, Some(&error.problem()))
        }
        Err(error) => Err(error),
    }
}

/// Every wrong try takes the same way: the password is worked on whether or not the address is
/// known, and only then is the answer no.
async fn try_to_sign_in(kit: &Kit, request: &Request, form: SignIn) -> Result<Token, Error> {
    let network = network_of(kit, request);
    let folded = EmailAddress::parse(&form.email).map(|email| email.folded());
    // Passwords of the demonstration's people are known to everybody.
    let real = |email: &String| kit.settings.mode == Mode::Test || !email.ends_with(".example");
    let folded = folded.filter(real);
    let name = folded.clone().unwrap_or_default();
    kit.admit(request, "sign-in", TRIES)?;
    let now = kit.now();
    if let Some(browser) = known_browser::presented(kit, request, &name) {
        kit.limiter.check("sign-in-known", Caller::Named(browser), TRIES_KNOWN, now)?;
    } else {
        let here = Caller::Named(format!("{name} {network}"));
        kit.limiter.check("sign-in-as", here, TRIES_AS, now)?;
        kit.limiter.check("sign-in-as-all", Caller::Named(name), TRIES_AS_ALL, now)?;
    }
    let known = kit.db.read(move |read| {
        let id = folded.map(|email| store::find_id(read, &email)).transpose()?.flatten();
        let known = id.map(|id| store::credentials(read, &id)).transpose()?.flatten();
        Ok::<_, Failure<Never>>(known)
    });
    let known = known.await?;
    let stored = known.as_ref().and_then(|known| known.password.clone());
    let code = form.code.clone();
    let is_known = password::is_right(form.password, stored).await?;
    let right = is_known && may_pass(kit, known.as_ref(), code, now).await?;
    let no = || Err(Refusal::NotSignedIn.problem().into());
    let Some(known) = known else { return no() };
    if !right {
        // Nobody waits for the note: the answer takes as long as for an address nobody has. Only
        // its place among the writes is taken before.
        let db = kit.db.clone();
        let mut noting = Box::pin(async move {
            let note = move |tx: &Tx| flow::note_refused(tx, &known.id, &network, now);
            if let Err(failure) = db.write(move |tx| Ok::<_, Failure<Never>>(note(tx)?)).await {
                tracing::warn!(fault = %Fault::from(failure), "a wrong password was not noted");
            }
        });
        if poll_fn(|context| Poll::Ready(noting.as_mut().poll(context))).await.is_pending() {
            tokio::spawn(noting);
        }
        return no();
    }
    let from = From { device: device_of(request), network };
    let (old, kit, code) = (presented(kit, request), kit.clone(), form.code);
    let tools = kit.clone();
    let tried = kit.db.write(move |tx| {
        let who = (&known.id, code.as_str());
        match flow::sign_in(tx, &tools.secret, who, &from, &tools.random, now) {
            Ok(token) => {
                if let Some(old) = &old {
                    store::delete_session(tx, &old.hash(), &known.id)?;
                }
                Ok(Some(token))
            }
            Err(Failure::Refused(_)) => {
                flow::note_refused(tx, &known.id, &from.network, now)?;
                Ok(None)
            }
            Err(Failure::Fault(fault)) => Err(Failure::<Never>::Fault(fault)),
        }
    });
    tried.await?.ok_or_else(|| Refusal::NotSignedIn.problem().into())
}

/// Whether the code fits, before anything is written: a wrong one is answered after the same work
/// as a wrong password, so that the time tells nobody that the password is right.
async fn may_pass(
    kit: &Kit,
    known: Option<&Credentials>,
    code: String,
    now: Instant,
) -> Result<bool, Fault> {
    let Some(id) = known.map(|known| known.id.clone()) else { return Ok(false) };
    let secret = kit.secret.clone();
    let read = kit.db.read(move |read| {
        Ok::<_, Failure<Never>>(flow::would_pass(read, &secret, (&id, &code), now)?)
    });
    Ok(read.await?)
}

/// The browser's own name, for the list of sessions.
fn device_of(request: &Request) -> String {
    let agent = request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    agent.unwrap_or_default().chars().take(DEVICE_MAX).collect()
}

async fn sign_out(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    if let Some(token) = presented(&kit, &request) {
        let (hash, now) = (token.hash(), kit.now());
        let ended = kit.db.write(move |tx| {
            if let Some((staff, _)) = store::signed_in(tx, &hash, "", now)? {
                store::delete_session(tx, &hash, &staff.id)?;
            }
            Ok::<_, Failure<Never>>(())
        });
        ended.await?;
    }
    let gone = Cookies::new(kit.settings.https()).clear(COOKIE)?;
    let page = see_other("/admin/sign-in?done=signed-out");
    Ok(page.with_header(header::SET_COOKIE, gone).into_response())
}

fn token_of(request: &Request) -> Result<Token, Error> {
    let text = request.raw_path_param("token").unwrap_or_default();
    Token::parse(text).ok_or_else(|| Refusal::DeadLink.problem().into())
}

async fn invited(kit: &Kit, token: &Token) -> Result<super::Person, Error> {
    let (hash, now) = (token.hash(), kit.now());
    let found = kit.db.read(move |read| {
        let id = store::invited(read, &hash, now)?;
        let person = id.map(|id| store::find(read, &id)).transpose()?.flatten();
        Ok::<_, Failure<Never>>(person)
    });
    found.await?.ok_or_else(|| Refusal::DeadLink.problem().into())
}

async fn welcome_page(kit: Arc<Kit>, request: Request) -> Result<Response, Error> {
    match invited(&kit, &token_of(&request)?).await {
        Ok(person) => {
            let values = json!({ "email": person.email, "name": person.name });
            draw(&kit, "admin/welcome.html", &values, None)
        }
        Err(error) if error.status().is_client_error() && wants_html(&request) => {
            draw(&kit, "admin/welcome.html", &Value::Null, Some(&error.problem()))
        }
        Err(error) => Err(error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    password: String,
}

async fn welcome(kit: Arc<Kit>, mut request: Request) -> Result<Response, Error> {
    let form: Chosen = read_form(&mut request).await?;
    kit.admit(&request, "sign-in", TRIES)?;
    let token = token_of(&request)?;
    let person = invited(&kit, &token).await?;
    if let Some(why) = password::weakness(&form.password, &person.email) {
        let values = json!({ "email": person.email, "name": person.name });
        let problem = Refusal::WeakPassword(why).problem();
        return draw(&kit, "admin/welcome.html", &values, Some(&problem));
    }
    let (hash, now) = (password::hash(form.password, &kit.random).await?, kit.now());
    kit.db.write(move |tx| flow::accept(tx, &token, &hash, now)).await?;
    Ok(see_other("/admin/sign-in?done=password"))
}

/// A person's password without a page, for the command line and seeds.
///
/// # Errors
/// When it is too easy, or the database fails.
pub fn choose_password(kit: &Kit, email: &str, token: &Token, chosen: &str) -> Result<(), Fault> {
    if let Some(why) = password::weakness(chosen, email) {
        return Err(Fault::new(why));
    }
    let (hash, token, now) =
        (password::hash_blocking(chosen, &kit.random)?, token.clone(), kit.now());
    let done = kit.db.write_blocking(move |tx| flow::accept(tx, &token, &hash, now));
    match done {
        Ok(_) => Ok(()),
        Err(Failure::Fault(fault)) => Err(fault),
        Err(Failure::Refused(refusal)) => Err(Fault::new(refusal.problem().detail)),
    }
}
