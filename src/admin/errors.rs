//! What went wrong: the list, one error with its sample, resolving it, and a test error.

use poem::Response;
use poem::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::base::fault::{Failure, Never};
use crate::base::{Instant, Problem};
use crate::identity::{self, Desk, Right, Visit, see_other};
use crate::platform::telemetry::{self, Filter, Listed, Report};
use crate::platform::web::{Error, read_form, read_query};

/// Errors on one page.
const LISTED: u32 = 50;
/// The page of the list.
const LIST: &str = "/admin/errors";

/// Routes of errors.
pub(super) fn desk() -> Desk {
    Desk::new()
        .section("errors", "Errors", LIST, Right::SeeHealth)
        .get(LIST, Right::SeeHealth, list)
        .get("/admin/errors/:name", Right::SeeHealth, show)
        .post("/admin/errors/resolution", Right::Operate, resolve_all)
        .post("/admin/errors/:name/resolution", Right::Operate, resolve)
        .post("/admin/errors/tests", Right::Operate, test)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// `all`, or those that are open.
    show: String,
    /// Where the page before ended: moment and name.
    before: String,
    done: String,
}

impl Wanted {
    fn before(&self) -> Option<(Instant, String)> {
        let (at, name) = self.before.split_once('-')?;
        Some((Instant(at.parse().ok()?), name.chars().take(16).collect()))
    }
}

async fn list(visit: Visit) -> Result<Response, Error> {
    let wanted: Wanted = read_query(&visit.request).unwrap_or_default();
    let filter = if wanted.show == "all" { Filter::All } else { Filter::Open };
    let before = wanted.before();
    let is_first = before.is_none();
    let found = visit.kit.db.read(move |read| {
        let before = before.as_ref().map(|(at, name)| (*at, name.as_str()));
        let errors = telemetry::list_errors(read, filter, before, LISTED)?;
        Ok::<_, Failure<Never>>((errors, telemetry::count_open(read)?))
    });
    let (errors, open) = found.await?;
    let more = errors.len() >= LISTED as usize;
    let last = errors.last().filter(|_| more);
    let next = last.map(|error| format!("{}-{}", error.last_at.0, error.fingerprint));
    let context = json!({
        "errors": errors, "open": open, "next": next, "is_first": is_first,
        "show": if filter == Filter::All { "all" } else { "open" },
        "done": wanted.done, "dropped": visit.kit.reports.dropped(),
        "service": visit.kit.settings.sentry.is_some(),
        "may_operate": visit.may(Right::Operate),
    });
    visit.page("admin/errors.html", "errors", context)
}

/// The name in the address; nothing longer than one.
fn name_of(visit: &Visit) -> String {
    visit.request.raw_path_param("name").unwrap_or_default().chars().take(16).collect()
}

async fn find(visit: &Visit) -> Result<Listed, Error> {
    let name = name_of(visit);
    let found =
        visit.kit.db.read(move |read| Ok::<_, Failure<Never>>(telemetry::get_error(read, &name)?));
    found.await?.ok_or_else(|| {
        let detail = "It was seen so long ago that it is forgotten, or the address is mistyped.";
        Problem::new(404, "not-found", "There is no such error", detail).into()
    })
}

async fn show(visit: Visit) -> Result<Response, Error> {
    let wanted: Wanted = read_query(&visit.request).unwrap_or_default();
    let error = find(&visit).await?;
    let context = json!({
        "error": error, "done": wanted.done, "may_operate": visit.may(Right::Operate),
    });
    visit.page("admin/errors_one.html", "errors", context)
}

async fn resolve(visit: Visit) -> Result<Response, Error> {
    let error = find(&visit).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let (name, page) = (error.fingerprint.clone(), format!("{LIST}/{}", error.fingerprint));
    let done = visit.kit.db.write(move |tx| {
        let done = telemetry::resolve(tx, &name, &staff.actor(), now)?;
        if done {
            let (before, after) = (json!({ "open": true }), json!({ "open": false }));
            identity::note(tx, &staff, "error.resolve", ("error", &name), (&before, &after), now)?;
        }
        Ok::<_, Failure<Never>>(done)
    });
    if !done.await? {
        let context = json!({
            "error": error, "may_operate": true,
            "problem": { "title": "It was resolved before", "detail": null, "hint": null },
        });
        return visit.page_with(StatusCode::CONFLICT, "admin/errors_one.html", "errors", context);
    }
    Ok(see_other(&format!("{page}?done=resolved")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// When the newest error of the page was seen last: what came after it stays open.
    until: Instant,
}

async fn resolve_all(mut visit: Visit) -> Result<Response, Error> {
    let seen: Seen = read_form(&mut visit.request).await?;
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let done = visit.kit.db.write(move |tx| {
        let count = telemetry::resolve_until(tx, seen.until, &staff.actor(), now)?;
        if count > 0 {
            let (before, after) = (json!({ "open": count }), json!({ "open": 0 }));
            identity::note(tx, &staff, "error.resolve", ("error", "all"), (&before, &after), now)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    done.await?;
    Ok(see_other(&format!("{LIST}?done=resolved")))
}

/// It goes the way every error goes, so that it proves the way.
async fn test(visit: Visit) -> Result<Response, Error> {
    let (staff, now) = (visit.staff.clone(), visit.kit.now());
    let report = Report::test("the desk");
    let name = report.fingerprint();
    visit.kit.reports.notice(report);
    let noted = visit.kit.db.write(move |tx| {
        let (nothing, after) = (json!(null), json!({ "sent": true }));
        let what = ("error", name.as_str());
        identity::note(tx, &staff, "error.test", what, (&nothing, &after), now)?;
        Ok::<_, Failure<Never>>(())
    });
    noted.await?;
    Ok(see_other(&format!("{LIST}?done=sent")))
}
