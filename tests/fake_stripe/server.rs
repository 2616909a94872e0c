//! Connections, keys, idempotency and the table of calls.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::books::Books;
use super::faults::Fault;
use super::form::{Form, LIST, NOTHING};
use super::refused::{error, missing, wrong};
use super::{Inside, KEY, RESTRICTED_KEY, Shared, hooks, page};

pub type Answer = Response<Full<Bytes>>;

/// What is kept under an idempotency key.
#[derive(Clone)]
pub struct Kept {
    pub asked: (String, Form),
    /// None while the first call is under way.
    pub answer: Option<(u16, Value)>,
}

/// The connection breaks.
#[derive(Debug)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection breaks")
    }
}

impl std::error::Error for Broken {}

pub async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        shared.inside().connections += 1;
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&shared), request));
            let http = hyper::server::conn::http1::Builder::new();
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Answer, Broken> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let body = String::from_utf8_lossy(&body).into_owned();
    let path = head.uri.path().to_owned();
    if !path.starts_with("/v1/") {
        return Ok(page::answer(&shared, &head.method, &path, &body).await);
    }
    // Servers may insist on it (RFC 9110, 8.6), also where a form is empty.
    if head.method == Method::POST && !head.headers.contains_key("content-length") {
        let response = Response::builder().status(411);
        return response.body(Full::default()).map_err(|_| Broken);
    }
    let query = head.uri.query().unwrap_or_default().to_owned();
    hooks::pass_time(&shared);
    let call = Call { method: head.method, path, headers: head.headers, query, body };
    let (status, value, replayed) = match call.run(&shared) {
        Outcome::Answer(status, value, replayed) => (status, value, replayed),
        Outcome::Broken => return Err(Broken),
        Outcome::Silence => std::future::pending().await,
        Outcome::Slow(ms, status, value) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            (status, value, false)
        }
    };
    hooks::deliver_due(&shared).await;
    let mut response = Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .header("request-id", "req_of_the_fake");
    if replayed {
        response = response.header("idempotent-replayed", "true");
    }
    if let Some(seconds) = value["_retry_after"].as_u64() {
        response = response.header("retry-after", seconds.to_string());
    }
    let text = if value == json!("garbage") { "<html>".to_owned() } else { shown(value) };
    response.body(Full::new(text.into())).map_err(|_| Broken)
}

/// An object without what only the stand-in knows.
fn shown(mut value: Value) -> String {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|name, _| !name.starts_with('_'));
                map.values_mut().for_each(strip);
            }
            Value::Array(all) => all.iter_mut().for_each(strip),
            _ => {}
        }
    }
    strip(&mut value);
    value.to_string()
}

enum Outcome {
    Answer(u16, Value, bool),
    Broken,
    Silence,
    Slow(u64, u16, Value),
}

struct Call {
    method: Method,
    path: String,
    headers: HeaderMap,
    query: String,
    body: String,
}

impl Call {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn is_allowed(&self) -> bool {
        let given = self.header("authorization").unwrap_or_default();
        let key = match given.split_once(' ') {
            Some(("Bearer", key)) => key.to_owned(),
            Some(("Basic", coded)) => {
                let plain = STANDARD.decode(coded).unwrap_or_default();
                String::from_utf8_lossy(&plain).trim_end_matches(':').to_owned()
            }
            _ => String::new(),
        };
        key == KEY || key == RESTRICTED_KEY
    }

    fn operation(&self) -> (&'static str, String) {
        let parts: Vec<&str> = self.path.trim_start_matches("/v1/").split('/').collect();
        let key = || self.header("idempotency-key").unwrap_or_default().to_owned();
        match (&self.method, &parts[..]) {
            (&Method::POST, ["checkout", "sessions"]) => ("create", key()),
            (&Method::GET, ["checkout", "sessions"]) => ("list_sessions", String::new()),
            (&Method::GET, ["checkout", "sessions", id]) => ("find", (*id).to_owned()),
            (&Method::POST, ["checkout", "sessions", id, "expire"]) => ("expire", (*id).to_owned()),
            (&Method::POST, ["refunds"]) => ("refund", key()),
            (&Method::GET, ["refunds"]) => ("refunds_of", String::new()),
            (&Method::GET, ["refunds", id]) => ("find_refund", (*id).to_owned()),
            (&Method::GET, ["payment_intents", id]) => ("payment", (*id).to_owned()),
            (&Method::GET, ["charges"]) => ("charges", String::new()),
            (&Method::GET, ["disputes", id]) => ("find_dispute", (*id).to_owned()),
            (&Method::GET, ["events"]) => ("events", String::new()),
            _ => ("unknown", self.path.clone()),
        }
    }

    fn run(&self, shared: &Shared) -> Outcome {
        let (operation, about) = self.operation();
        let mut inside = shared.inside();
        inside.calls.push((operation, about.clone()));
        let makes = matches!(operation, "create" | "refund");
        let fault = inside.faults.take(operation, makes);
        if let Some(early) = self.refused_early(operation) {
            return Outcome::Answer(early.0, early.1, false);
        }
        match fault {
            Some(Fault::Broken { done: false }) => return Outcome::Broken,
            Some(Fault::Silence { done: false }) => return Outcome::Silence,
            Some(Fault::Garbage { done: false }) => {
                return Outcome::Answer(200, json!("garbage"), false);
            }
            Some(Fault::TooMany { retry_after_s }) => {
                let (status, mut body) =
                    error(429, "invalid_request_error", "rate_limit", "Too many requests");
                body["_retry_after"] = json!(retry_after_s);
                return Outcome::Answer(status, body, false);
            }
            Some(Fault::Unauthorized) => {
                let words = "Invalid API Key provided: sk_test_*****Fake";
                let (status, body) = error(401, "invalid_request_error", "", words);
                return Outcome::Answer(status, body, false);
            }
            Some(Fault::Foreign) => {
                let (status, body) = missing("payment_intent", &about);
                return Outcome::Answer(status, body, false);
            }
            _ => {}
        }
        let (status, value, replayed) = self.once_for_each_key(shared, &mut inside, fault);
        match fault {
            Some(Fault::Broken { .. }) => Outcome::Broken,
            Some(Fault::Silence { .. }) => Outcome::Silence,
            Some(Fault::Garbage { .. }) => Outcome::Answer(200, json!("garbage"), false),
            Some(Fault::Slow { ms }) => Outcome::Slow(ms, status, value),
            _ => Outcome::Answer(status, value, replayed && !inside.hides_replays),
        }
    }

    /// What is refused before anything is looked at.
    fn refused_early(&self, operation: &str) -> Option<(u16, Value)> {
        if !self.is_allowed() {
            let words = "Invalid API Key provided: sk_test_*****";
            return Some(error(401, "invalid_request_error", "", words));
        }
        if operation == "unknown" {
            let words = format!("Unrecognized request URL ({}: {})", self.method, self.path);
            return Some(error(404, "invalid_request_error", "", &words));
        }
        if self.header("stripe-version").is_none_or(|version| version.len() < 10) {
            return Some(error(400, "invalid_request_error", "", "no Stripe-Version was sent"));
        }
        if self.method == Method::POST {
            let form = "application/x-www-form-urlencoded";
            if self.header("content-type") != Some(form) {
                return Some(error(400, "invalid_request_error", "", "the body is no form"));
            }
            let key = self.header("idempotency-key").unwrap_or_default();
            if key.len() > 255 || key.is_empty() {
                let words = "the fake wants an Idempotency-Key of 1 to 255 characters here";
                return Some(error(400, "invalid_request_error", "", words));
            }
        }
        None
    }

    fn once_for_each_key(
        &self,
        shared: &Shared,
        inside: &mut Inside,
        fault: Option<Fault>,
    ) -> (u16, Value, bool) {
        let text = if self.method == Method::POST { &self.body } else { &self.query };
        let form = match Form::parse(text) {
            Ok(form) => form,
            Err(e) => return with(wrong(&e)),
        };
        let key = self.header("idempotency-key").map(str::to_owned);
        let asked = (self.path.clone(), form.clone());
        if let Some(kept) = key.as_ref().and_then(|key| inside.kept.get(key)) {
            if kept.asked != asked {
                let words = "Keys for idempotent requests can only be used with the same \
                             parameters they were first used with.";
                return with(error(400, "idempotency_error", "", words));
            }
            return match &kept.answer {
                Some((status, value)) => (*status, value.clone(), true),
                None => {
                    let words = "There is currently another in-progress request using this key";
                    with(error(409, "idempotency_error", "idempotency_key_in_use", words))
                }
            };
        }
        // Found before execution began: not kept.
        if self.operation().0 == "create"
            && let Err(e) = Books::check_session(&form, shared.now_s())
        {
            return with(wrong(&e));
        }
        let answer = match fault {
            Some(Fault::Failure { status, done }) => {
                if done {
                    self.execute(shared, inside, &form);
                }
                error(status, "api_error", "", "An unknown error occurred")
            }
            Some(Fault::Refused(why)) => {
                let code = if why.contains("email address") { "email_invalid" } else { "" };
                error(400, "invalid_request_error", code, why)
            }
            _ => self.execute(shared, inside, &form),
        };
        if let Some(key) = key {
            inside.kept.insert(key, Kept { asked, answer: Some(answer.clone()) });
        }
        with(answer)
    }

    fn execute(&self, shared: &Shared, inside: &mut Inside, form: &Form) -> (u16, Value) {
        let (operation, id) = self.operation();
        let now_s = shared.now_s();
        let known = match operation {
            "create" | "refund" => None,
            "list_sessions" | "refunds_of" | "charges" | "events" => Some(LIST),
            _ => Some(NOTHING),
        };
        if let Some(Err(e)) = known.map(|known| form.check(known)) {
            return wrong(&e);
        }
        let books = &mut inside.books;
        match operation {
            "create" => match inside.faults.refusal.clone() {
                Some(why) => error(400, "invalid_request_error", "", &why),
                None => {
                    inside.last_form = Some(form.clone());
                    (200, books.make_session(form, &shared.base, now_s))
                }
            },
            "find" => found(books.sessions.get(&id).cloned(), "checkout.session", &id),
            "expire" => match books.sessions.get(&id).map(|s| s["status"] == "open") {
                Some(true) => {
                    books.end_session(&id, "expired", "", now_s);
                    let closed = books.sessions[&id].clone();
                    tell(inside, "checkout.session.expired", &closed, now_s);
                    (200, closed)
                }
                Some(false) => {
                    let words =
                        "Only Checkout Sessions with a status in [\"open\"] can be expired.";
                    error(400, "invalid_request_error", "", words)
                }
                None => missing("checkout.session", &id),
            },
            "payment" => found(books.payments.get(&id).cloned(), "payment_intent", &id),
            "refund" => match books.make_refund(form, now_s) {
                Ok(refund) => {
                    tell(inside, "refund.created", &refund, now_s);
                    (200, refund)
                }
                Err(e) => wrong(&e),
            },
            "find_refund" => {
                let refund = books.refunds.iter().find(|refund| refund["id"] == id.as_str());
                found(refund.cloned(), "refund", &id)
            }
            "find_dispute" => found(books.disputes.get(&id).cloned(), "dispute", &id),
            _ => (200, list(books, operation, form)),
        }
    }
}

/// Tells whoever listens; tests that play the provider themselves tell themselves.
fn tell(inside: &mut Inside, kind: &str, object: &Value, now_s: i64) {
    if inside.webhook.is_some() {
        hooks::tell(inside, kind, object, now_s, 0);
    }
}

fn with((status, value): (u16, Value)) -> (u16, Value, bool) {
    (status, value, false)
}

fn found(value: Option<Value>, what: &str, id: &str) -> (u16, Value) {
    value.map_or_else(|| missing(what, id), |value| (200, value))
}

/// One page of a list, newest first.
fn list(books: &Books, operation: &str, form: &Form) -> Value {
    let mut all: Vec<Value> = match operation {
        "list_sessions" => books.sessions.values().cloned().collect(),
        "refunds_of" => books.refunds.clone(),
        "charges" if books.hides_charges => Vec::new(),
        "charges" => books.payments.values().map(|payment| payment["_charge"].clone()).collect(),
        _ => books.events.iter().map(|event| event.object.clone()).collect(),
    };
    let number = |value: &Value| {
        let id = value["id"].as_str().unwrap_or_default();
        let digits = id.rsplit('_').next().and_then(|n| n.parse::<u32>().ok());
        (value["created"].as_i64(), digits)
    };
    all.sort_by_key(|value| std::cmp::Reverse(number(value)));
    let types: Vec<&String> =
        form.0.iter().filter(|(name, _)| name.starts_with("types[")).map(|(_, v)| v).collect();
    let fits = |value: &Value| {
        let created = value["created"].as_i64().unwrap_or(0);
        let bound = |name: &str| form.integer(&format!("created[{name}]"));
        let same = |name: &str| form.get(name).is_none_or(|id| value[name] == id);
        bound("gte").is_none_or(|from| created >= from)
            && bound("gt").is_none_or(|from| created > from)
            && bound("lt").is_none_or(|until| created < until)
            && bound("lte").is_none_or(|until| created <= until)
            && same("payment_intent")
            && same("charge")
            && (types.is_empty() || types.iter().any(|kind| value["type"] == kind.as_str()))
    };
    all.retain(fits);
    if let Some(after) = form.get("starting_after") {
        let at = all.iter().position(|value| value["id"] == after).map_or(0, |at| at + 1);
        all.drain(..at);
    }
    let limit = usize::try_from(form.integer("limit").unwrap_or(10)).unwrap().min(100);
    let has_more = all.len() > limit;
    all.truncate(limit);
    json!({ "object": "list", "data": all, "has_more": has_more, "url": "/v1" })
}
