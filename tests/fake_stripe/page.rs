//! The hosted page: what a buyer can do there, with the same words as the simulator's.

use http_body_util::Full;
use hyper::{Method, Response};
use serde_json::Value;

use super::server::Answer;
use super::{Inside, Shared, hooks};

fn plain(status: u16, text: &str) -> Answer {
    let body = Full::new(text.to_owned().into());
    Response::builder().status(status).header("content-type", "text/html").body(body).unwrap()
}

fn see(url: &str) -> Answer {
    Response::builder().status(303).header("location", url).body(Full::default()).unwrap()
}

/// How long a slow transfer takes.
const TRANSFER_S: i64 = 20;

pub async fn answer(shared: &Shared, method: &Method, path: &str, body: &str) -> Answer {
    let Some(id) = path.strip_prefix("/c/pay/") else { return plain(404, "not here") };
    let Some(session) = shared.inside().books.sessions.get(id).cloned() else {
        return plain(404, "no such page");
    };
    if method == Method::GET {
        return plain(200, &form_of(id, &session));
    }
    let action = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "action");
    let action = action.map(|(_, value)| value.into_owned()).unwrap_or_default();
    let url = act(shared, id, &session, &action);
    hooks::deliver_due(shared).await;
    url.map_or_else(|| plain(200, "done"), |url| see(&url))
}

fn form_of(id: &str, session: &Value) -> String {
    let buttons: String = ["pay", "decline", "async", "async_fail", "expire", "cancel"]
        .iter()
        .map(|action| format!("<button name=action value={action}>{action}</button> "))
        .collect();
    format!(
        "<!doctype html><title>Fake Stripe</title><h1>{} {}</h1><p>{}</p>\
         <form method=post action=/c/pay/{id}>{buttons}</form>",
        session["amount_total"], session["currency"], session["status"]
    )
}

/// Does what a button says; answers with where the buyer is sent.
fn act(shared: &Shared, id: &str, session: &Value, action: &str) -> Option<String> {
    let now_s = shared.now_s();
    let mut inside = shared.inside();
    let url = |name: &str| session[name].as_str().map(|url| url.replace(PLACE, id));
    if session["status"] != "open" {
        return None;
    }
    match action {
        "pay" | "3ds_pass" => {
            end(&mut inside, id, "complete", "succeeded", now_s, 0);
            url("success_url")
        }
        "async" => {
            end(&mut inside, id, "complete", "processing", now_s, 0);
            later(&mut inside, id, hooks::ARRIVES, now_s);
            url("success_url")
        }
        "async_fail" => {
            end(&mut inside, id, "complete", "processing", now_s, 0);
            later(&mut inside, id, hooks::FAILS, now_s);
            url("success_url")
        }
        "expire" => {
            end(&mut inside, id, "expired", "", now_s, 0);
            None
        }
        "cancel" => url("cancel_url"),
        _ => None,
    }
}

const PLACE: &str = "{CHECKOUT_SESSION_ID}";

fn end(inside: &mut Inside, id: &str, status: &str, payment: &str, now_s: i64, in_s: i64) {
    inside.books.end_session(id, status, payment, now_s);
    let kind = if status == "expired" { "expired" } else { "completed" };
    let object = inside.books.sessions[id].clone();
    hooks::tell(inside, &format!("checkout.session.{kind}"), &object, now_s, in_s);
}

fn later(inside: &mut Inside, id: &str, kind: &str, now_s: i64) {
    let object = inside.books.sessions[id].clone();
    hooks::tell(inside, kind, &object, now_s, TRANSFER_S);
}
