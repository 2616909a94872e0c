//! One's own account at the desk: password, second factor, and where one is signed in.

use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Desk;
use super::flow;
use super::model::{Refusal, SignedIn};
use super::right::Right;
use super::visit::{Visit, see_other};
use super::{password, second_factor, store_staff as store};
use crate::base::Problem;
use crate::base::fault::{Failure, Never, Refusal as _};
use crate::base::ids::sha256_hex;
use crate::platform::db::Tx;
use crate::platform::web::{Error, Rate, read_form, read_query};

/// Times a person may say their present password within a quarter of an hour.
const TRIES: Rate = Rate::new(10, 900);

/// Routes of one's own account.
pub(super) fn desk() -> Desk {
    Desk::new()
        .get("/admin/account", Right::OwnAccount, show)
        .post("/admin/account/password", Right::OwnAccount, change_password)
        .post("/admin/account/second-factor", Right::OwnAccount, enrol)
        .post("/admin/account/second-factor/off", Right::OwnAccount, unenrol)
        .post("/admin/account/recovery-codes", Right::OwnAccount, renew_codes)
        .post("/admin/account/sessions", Right::OwnAccount, end_session)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    done: String,
    needed: String,
}

async fn show(visit: Visit) -> Result<Response, Error> {
    let shown: Shown = read_query(&visit.request).unwrap_or_default();
    let notice = json!({ "done": shown.done, "needed": shown.needed });
    draw(&visit, StatusCode::OK, notice).await
}

async fn refused(visit: &Visit, problem: &Problem) -> Result<Response, Error> {
    let told = json!({ "title": problem.title, "detail": problem.detail, "hint": problem.hint });
    let more = json!({ "problem": told });
    draw(visit, StatusCode::from_u16(problem.status)?, more).await
}

/// The page; `more` says what was done or what went wrong.
async fn draw(visit: &Visit, status: StatusCode, mut more: Value) -> Result<Response, Error> {
    let (id, now) = (visit.staff.id.clone(), visit.kit.now());
    let found = visit.kit.db.read(move |read| {
        let sessions = store::list_sessions(read, &id, now)?;
        Ok::<_, Failure<Never>>((sessions, store::count_keys(read, &id, "recovery")?))
    });
    let (mut sessions, codes_left) = found.await?;
    sessions.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at));
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|session| {
            json!({ "key": session_key(&session.hash), "device": device(&session.device),
                    "network": session.network, "created_at": session.created_at,
                    "last_seen_at": session.last_seen_at,
                    "is_this": session.hash == visit.staff.session })
        })
        .collect();
    if !visit.staff.has_second_factor {
        let seed = second_factor::seed_for(&visit.staff.session);
        let shop = visit.kit.settings.public_url.split("://").last().unwrap_or("shop");
        let who = (&visit.staff.id, seed.as_str());
        let told = second_factor::enrolment(&visit.kit.secret, who, (shop, &visit.staff.email))?;
        more["enrolment"] = json!({ "address": told.address, "typed": told.typed,
                                    "picture": told.picture });
    }
    more["sessions"] = json!(sessions);
    more["codes_left"] = json!(codes_left);
    more["has_second_factor"] = json!(visit.staff.has_second_factor);
    visit.page_with(status, "admin/account.html", "account", more)
}

/// Names a session in a form without giving its hash away.
fn session_key(hash: &str) -> String {
    sha256_hex(hash.as_bytes()).chars().take(16).collect()
}

/// What a browser calls itself, short: its name and its system.
fn device(agent: &str) -> String {
    let of = |names: &[(&str, &str)]| {
        let found = names.iter().find(|(mark, _)| agent.contains(mark));
        found.map(|(_, name)| (*name).to_owned())
    };
    let browser = of(&[
        ("Firefox/", "Firefox"),
        ("Edg/", "Edge"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = of(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser,
        _ if agent.is_empty() => "Unknown browser".to_owned(),
        _ => agent.chars().take(40).collect(),
    }
}

/// Whether a person knows their own password; asked again before anything that guards it changes.
async fn knows_password(visit: &Visit, given: String) -> Result<(), Error> {
    let caller = crate::platform::web::Caller::Named(visit.staff.id.to_string());
    visit.kit.limiter.check("own-password", caller, TRIES, visit.kit.now())?;
    let id = visit.staff.id.clone();
    let known =
        visit.kit.db.read(move |read| Ok::<_, Failure<Never>>(store::credentials(read, &id)?));
    let stored = known.await?.and_then(|known| known.password);
    if password::is_right(given, stored).await? {
        return Ok(());
    }
    Err(Refusal::WrongPassword.problem().into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    current: String,
    password: String,
}

async fn change_password(mut visit: Visit) -> Result<Response, Error> {
    let form: NewPassword = read_form(&mut visit.request).await?;
    if let Err(error) = knows_password(&visit, form.current).await {
        return refused_or(&visit, error).await;
    }
    if let Some(why) = password::weakness(&form.password, &visit.staff.email) {
        return refused(&visit, &Refusal::WeakPassword(why).problem()).await;
    }
    let hash = password::hash(form.password, &visit.kit.random).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let write = move |tx: &Tx| Ok(flow::change_password(tx, &staff, &hash, now)?);
    visit.kit.db.write::<_, Never, _>(write).await?;
    Ok(see_other("/admin/account?done=password"))
}

async fn refused_or(visit: &Visit, error: Error) -> Result<Response, Error> {
    if error.status().is_client_error() {
        return refused(visit, &error.problem()).await;
    }
    Err(error)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrol {
    code: String,
    current: String,
}

async fn enrol(mut visit: Visit) -> Result<Response, Error> {
    let form: Enrol = read_form(&mut visit.request).await?;
    if visit.staff.has_second_factor {
        return refused(&visit, &Refusal::WrongCode.problem()).await;
    }
    if let Err(error) = knows_password(&visit, form.current).await {
        return refused_or(&visit, error).await;
    }
    let (kit, staff, now) = (visit.kit.clone(), visit.staff.clone(), visit.kit.now());
    let seed = second_factor::seed_for(&staff.session);
    let write = move |tx: &Tx| {
        let typed = (seed.as_str(), form.code.as_str());
        flow::enrol(tx, &kit.secret, &staff, typed, &kit.random, now)
    };
    match visit.kit.db.write(write).await {
        Ok(codes) => visit.page("admin/recovery_codes.html", "account", json!({ "codes": codes })),
        Err(failure) => refused_or(&visit, failure.into()).await,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Current {
    current: String,
}

async fn unenrol(mut visit: Visit) -> Result<Response, Error> {
    let form: Current = read_form(&mut visit.request).await?;
    if let Err(error) = knows_password(&visit, form.current).await {
        return refused_or(&visit, error).await;
    }
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let write = move |tx: &Tx| Ok(flow::unenrol(tx, &staff, now)?);
    visit.kit.db.write::<_, Never, _>(write).await?;
    Ok(see_other("/admin/account?done=second-factor-off"))
}

/// New recovery codes in place of those that are left.
async fn renew_codes(mut visit: Visit) -> Result<Response, Error> {
    let form: Current = read_form(&mut visit.request).await?;
    if !visit.staff.has_second_factor {
        return refused(&visit, &Refusal::WrongCode.problem()).await;
    }
    if let Err(error) = knows_password(&visit, form.current).await {
        return refused_or(&visit, error).await;
    }
    let (kit, staff, now) = (visit.kit.clone(), visit.staff.clone(), visit.kit.now());
    let write = move |tx: &Tx| Ok(flow::renew_codes(tx, &staff, &kit.random, now)?);
    let codes = visit.kit.db.write::<_, Never, _>(write).await?;
    let context = json!({ "codes": codes, "is_renewed": true });
    visit.page("admin/recovery_codes.html", "account", context)
}

/// Where somebody is signed in, as the log of changes tells it.
fn noted(sessions: &[SignedIn]) -> Value {
    let one = |s: &SignedIn| json!({ "device": device(&s.device), "network": s.network });
    json!({ "sessions": sessions.iter().map(one).collect::<Vec<_>>() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    /// A session's key, or `others` for all but this one.
    session: String,
}

async fn end_session(mut visit: Visit) -> Result<Response, Error> {
    let form: Session = read_form(&mut visit.request).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let write = move |tx: &Tx| {
        let before = store::list_sessions(tx, &staff.id, now)?;
        if form.session == "others" {
            store::delete_sessions(tx, &staff.id, &staff.session)?;
        } else {
            // Only among one's own: a key of somebody else's session ends nothing.
            let named = before.iter().find(|own| session_key(&own.hash) == form.session);
            if let Some(named) = named {
                store::delete_session(tx, &named.hash, &staff.id)?;
            }
        }
        let after = store::list_sessions(tx, &staff.id, now)?;
        let is_over = |one: &SignedIn| !after.iter().any(|left| left.hash == one.hash);
        if before.iter().any(is_over) {
            let (about, states) = (("staff", staff.id.as_str()), (&noted(&before), &noted(&after)));
            flow::note(tx, &staff, "staff.session_end", about, states, now)?;
        }
        Ok::<_, Failure<Never>>(())
    };
    visit.kit.db.write(write).await?;
    Ok(see_other("/admin/account?done=session"))
}
