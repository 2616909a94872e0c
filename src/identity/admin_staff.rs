//! People of the shop: inviting, roles, leaving, and the log of what everybody changed.

use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::desk::Desk;
use super::model::Refusal;
use super::right::{Right, Role};
use super::visit::{Visit, see_other};
use super::{flow, store_staff as store};
use crate::base::fault::{Failure, Never};
use crate::base::ids::{StaffId, Token};
use crate::base::refuse;
use crate::platform::db::Tx;
use crate::platform::web::{Error, read_form, read_query};

/// Lines of the log on one page.
const LINES: u32 = 50;

/// Routes of the room for those who manage people.
pub(super) fn desk() -> Desk {
    Desk::new()
        .section("staff", "People", "/admin/staff", Right::ManageStaff)
        .get("/admin/staff", Right::ManageStaff, show)
        .post("/admin/staff", Right::ManageStaff, add)
        .post("/admin/staff/:id", Right::ManageStaff, change)
        .get("/admin/log", Right::ManageStaff, log)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    done: String,
}

async fn show(visit: Visit) -> Result<Response, Error> {
    let shown: Shown = read_query(&visit.request).unwrap_or_default();
    draw(&visit, StatusCode::OK, json!({ "done": shown.done })).await
}

async fn draw(visit: &Visit, status: StatusCode, mut more: Value) -> Result<Response, Error> {
    let people = visit.kit.db.read(|read| Ok::<_, Failure<Never>>(store::list(read)?)).await?;
    more["people"] = json!(people);
    more["me"] = json!(visit.staff.id);
    let roles = Role::ALL.map(|role| json!({ "word": role.word(), "sentence": role.sentence() }));
    more["roles"] = json!(roles);
    visit.page_with(status, "admin/staff.html", "staff", more)
}

/// The page again with what went wrong on top.
async fn refused(visit: &Visit, error: Error, typed: Value) -> Result<Response, Error> {
    if !error.status().is_client_error() {
        return Err(error);
    }
    let problem = error.problem();
    let told = json!({ "title": problem.title, "detail": problem.detail, "hint": problem.hint });
    draw(visit, error.status(), json!({ "problem": told, "typed": typed })).await
}

/// An invitation to hand on: it is shown once, for only its hash is kept.
async fn invitation(visit: &Visit, email: &str, token: &Token) -> Result<Response, Error> {
    let link = format!("{}/admin/welcome/{}", visit.kit.settings.public_url, token.as_str());
    draw(visit, StatusCode::OK, json!({ "invitation": { "email": email, "link": link } })).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Add {
    email: String,
    name: String,
    role: String,
}

async fn add(mut visit: Visit) -> Result<Response, Error> {
    let form: Add = read_form(&mut visit.request).await?;
    let typed = json!({ "email": form.email, "name": form.name, "role": form.role });
    let (kit, staff, now) = (visit.kit.clone(), visit.staff.clone(), visit.kit.now());
    let email = form.email.trim().to_owned();
    let added = visit.kit.db.write(move |tx| {
        let Some(role) = Role::parse(&form.role) else {
            return refuse(Refusal::Unreadable("A role"));
        };
        let by = (staff.actor(), staff.network.as_str());
        flow::add(tx, (&form.email, &form.name, role), (&by.0, by.1), &kit.random, now)
    });
    match added.await {
        Ok((_, token)) => invitation(&visit, &email, &token).await,
        Err(failure) => refused(&visit, failure.into(), typed).await,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// `role`, `reset`, `deactivate` or `reactivate`.
    action: String,
    #[serde(default)]
    role: String,
}

async fn change(mut visit: Visit) -> Result<Response, Error> {
    let form: Change = read_form(&mut visit.request).await?;
    let id = visit.request.raw_path_param("id").unwrap_or_default();
    let id = StaffId::from_stored(id.chars().take(64).collect::<String>());
    let (kit, staff, now) = (visit.kit.clone(), visit.staff.clone(), visit.kit.now());
    let done = match form.action.as_str() {
        "role" => "role",
        "reset" => "reset",
        "deactivate" => "deactivated",
        _ => "reactivated",
    };
    let changed = visit.kit.db.write(move |tx: &Tx| {
        let actor = staff.actor();
        let by = (actor.as_str(), staff.network.as_str());
        match form.action.as_str() {
            "role" => {
                let Some(role) = Role::parse(&form.role) else {
                    return refuse(Refusal::Unreadable("A role"));
                };
                flow::set_role(tx, &id, role, by, now)?;
            }
            "reset" => {
                // At the desk: whoever has the shop's machine may always, by the command line.
                flow::keep_an_owner(tx, &id)?;
                let token = flow::reset(tx, &id, by, &kit.random, now)?;
                let person = store::find(tx, &id)?;
                return Ok(Some((person.map(|p| p.email).unwrap_or_default(), token)));
            }
            "deactivate" => flow::set_active(tx, &id, false, by, now)?,
            "reactivate" => flow::set_active(tx, &id, true, by, now)?,
            _ => return refuse(Refusal::Unreadable("Something to do")),
        }
        Ok(None)
    });
    match changed.await {
        Ok(Some((email, token))) => invitation(&visit, &email, &token).await,
        Ok(None) => Ok(see_other(&format!("/admin/staff?done={done}"))),
        Err(failure) => refused(&visit, failure.into(), Value::Null).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    before: Option<i64>,
    /// The actor, as it is stored.
    who: String,
    /// The kind of thing.
    what: String,
}

impl Page {
    /// The address of the lines before one of them.
    fn older(&self, before: i64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let asked = [("who", &self.who), ("what", &self.what)];
        query.extend_pairs(asked.into_iter().filter(|(_, value)| !value.is_empty()));
        query.append_pair("before", &before.to_string());
        format!("/admin/log?{}", query.finish())
    }
}

async fn log(visit: Visit) -> Result<Response, Error> {
    let page: Page = read_query(&visit.request)?;
    let before = page.before.unwrap_or(i64::MAX);
    let (who, what) = (page.who.clone(), page.what.clone());
    let read = visit.kit.db.read(move |read| {
        let lines = store::list_audit(read, (&who, &what), before, LINES + 1)?;
        Ok::<_, Failure<Never>>((lines, store::list_audit_words(read)?))
    });
    let (mut lines, (people, kinds)) = read.await?;
    let more = lines.len() > LINES as usize;
    lines.truncate(LINES as usize);
    let next = lines.last().filter(|_| more).map(|line| page.older(line.id));
    let context = json!({
        "lines": lines, "next": next, "is_first": page.before.is_none(),
        "who": page.who, "what": page.what, "people": people, "kinds": kinds,
    });
    visit.page("admin/log.html", "staff", context)
}
