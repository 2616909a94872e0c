//! Programs of others that hear of orders: who they are, what they were told, and telling again.

use poem::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::fault::Never;
use crate::base::{Failure, Problem};
use crate::identity::{self, Visit, see_other};
use crate::platform::config::{HookEndpoint, HookFormat};
use crate::platform::hooks::{self, Delivery, Wanted};
use crate::platform::web::{Error, read_path, read_query};

/// Deliveries on one page.
const LINES: u32 = 50;

#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(default)]
struct Asked {
    state: String,
    endpoint: String,
    before: Option<i64>,
    done: String,
}

/// Endpoints and deliveries.
pub(super) async fn list(visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let wanted = Wanted {
        state: asked.state.clone(),
        endpoint: asked.endpoint.clone(),
        before: asked.before,
        limit: LINES + 1,
    };
    let names: Vec<String> = visit.kit.settings.hooks.iter().map(|e| e.name.clone()).collect();
    let found = visit.kit.db.read(move |read| {
        let standings = names.iter().map(|name| hooks::standings(read, name));
        let standings = standings.collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Failure<Never>>((hooks::list(read, &wanted)?, standings))
    });
    let (mut lines, standings) = found.await?;
    let more = lines.len() > LINES as usize;
    lines.truncate(LINES as usize);
    let older = lines.last().filter(|_| more).map(|line| address(&asked, Some(line.id)));
    let newest = asked.before.map(|_| address(&asked, None));
    let endpoints: Vec<Value> = visit
        .kit
        .settings
        .hooks
        .iter()
        .zip(standings)
        .map(|(endpoint, standing)| {
            let mut shown = shown(endpoint);
            shown["standing"] = json!(standing);
            shown
        })
        .collect();
    visit.page(
        "admin/hooks.html",
        "messages",
        json!({ "endpoints": endpoints, "deliveries": lines, "asked": asked, "older": older,
                "newest": newest }),
    )
}

/// An endpoint without its secrets: an address may be as good as a password.
fn shown(endpoint: &HookEndpoint) -> Value {
    let url = &endpoint.url.0;
    let rest = url.split("://").nth(1).unwrap_or_default();
    let format = match endpoint.format {
        HookFormat::Kiosk => "kiosk",
        HookFormat::Slack => "slack",
    };
    json!({
        "name": endpoint.name,
        "host": rest.split(['/', '?']).next(),
        "events": endpoint.events,
        "format": format,
        "is_signed": endpoint.secret.is_some(),
    })
}

fn address(asked: &Asked, before: Option<i64>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    let fields = [("state", &asked.state), ("endpoint", &asked.endpoint)];
    for (name, value) in fields.into_iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(name, value);
    }
    if let Some(before) = before {
        query.append_pair("before", &before.to_string());
    }
    format!("/admin/hooks?{}", query.finish())
}

fn unknown() -> Problem {
    let says = "There is no delivery with this number.";
    Problem::new(404, "unknown-delivery", "No such delivery", says)
        .hint("What was told is forgotten after 30 days.")
}

async fn find(visit: &Visit) -> Result<(Delivery, String), Error> {
    let id: i64 = read_path(&visit.request)?;
    let found = visit.kit.db.read(move |read| {
        let Some(delivery) = hooks::find(read, id)? else { return Ok(None) };
        let body = hooks::find_body(read, &delivery.event)?;
        Ok::<_, Failure<Never>>(body.map(|body| (delivery, body)))
    });
    found.await?.ok_or_else(|| unknown().into())
}

/// One delivery with what it says.
pub(super) async fn show(visit: Visit) -> Result<Response, Error> {
    let asked: Asked = read_query(&visit.request)?;
    let (delivery, body) = find(&visit).await?;
    let body: Value = serde_json::from_str(&body)?;
    let context = json!({ "delivery": delivery, "body": format!("{body:#}"), "done": asked.done,
                          "says": body["text"] });
    visit.page("admin/hook.html", "messages", context)
}

/// Tells it once more.
pub(super) async fn replay(visit: Visit) -> Result<Response, Error> {
    let (delivery, _) = find(&visit).await?;
    let (staff, now, id) = (visit.staff.clone(), visit.kit.now(), delivery.id);
    let replayed = visit.kit.db.write(move |tx| {
        let is_again = hooks::replay(tx, id, now)?;
        if is_again {
            let before = json!({ "state": delivery.state, "attempts": delivery.attempts });
            let after = json!({ "state": "waiting" });
            let what = id.to_string();
            let changed = (&before, &after);
            identity::note(tx, &staff, "hook.replay", ("hook", &what), changed, now)?;
        }
        Ok::<_, Failure<Never>>(is_again)
    });
    let done = if replayed.await? { "again" } else { "waiting" };
    visit.kit.bell.ring();
    Ok(see_other(&format!("/admin/hooks/{id}?done={done}")))
}
