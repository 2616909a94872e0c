//! Failures as answers: one value becomes a problem document (RFC 9457) or a page.

use std::fmt;
use std::sync::Arc;

use poem::http::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use poem::http::{HeaderMap, StatusCode};
use poem::{Request, Response};
use serde_json::{Map, Value};

use crate::base::{Failure, Fault, Problem, Refusal};

/// Seconds a client is asked to wait when the machine is busy.
const BUSY_RETRY_S: u32 = 2;

/// Makes the page for a problem from the problem and the request id; `None` when it cannot, and
/// the document is sent instead.
pub type PageMaker = Arc<dyn Fn(&Problem, &str) -> Option<String> + Send + Sync>;

/// How a handler fails. `?` turns a room's refusal, a fault, a problem, or any foreign error
/// into it; foreign errors are faults.
#[derive(Debug)]
pub struct Error(Box<Inner>);

/// Boxed in an [`Error`], so that results stay small.
#[derive(Debug)]
struct Inner {
    kind: Kind,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// Whose failure it is.
#[derive(Debug)]
pub(super) enum Kind {
    /// The caller is told.
    Refused(Problem),
    /// The log is told; the caller gets a request id.
    Fault(Fault),
}

impl Error {
    /// Adds a header to the answer, such as `Allow`.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// The HTTP status it becomes.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        let status = match &self.0.kind {
            Kind::Refused(problem) => problem.status,
            Kind::Fault(fault) if fault.is_busy() => 503,
            Kind::Fault(_) => 500,
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What the caller is told: the problem itself, or for a fault nothing of what broke.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match &self.0.kind {
            Kind::Refused(problem) => problem.clone(),
            Kind::Fault(fault) if fault.is_busy() => busy(),
            Kind::Fault(_) => broken(),
        }
    }

    /// Whose failure it is.
    pub(super) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The headers its answer carries.
    pub(super) fn headers(&self) -> &[(HeaderName, HeaderValue)] {
        &self.0.headers
    }

    /// Takes our error out of poem's; what the framework itself refuses becomes a problem of the
    /// same status, and what it breaks on a fault.
    pub(super) fn from_poem(error: poem::Error) -> Self {
        match error.downcast::<Carried>() {
            Ok(carried) => carried.0,
            Err(foreign) => match from_status(foreign.status()) {
                Some(problem) => problem.into(),
                None => Fault::new(foreign.to_string()).into(),
            },
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(Box::new(Inner { kind: Kind::Refused(problem), headers: Vec::new() }))
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self(Box::new(Inner { kind: Kind::Fault(fault), headers: Vec::new() }))
    }
}

impl<R: Refusal> From<Failure<R>> for Error {
    fn from(failure: Failure<R>) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.problem().into(),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        let error: Box<dyn std::error::Error + Send + Sync> = Box::new(error);
        match error.downcast::<poem::Error>() {
            Ok(error) => Self::from_poem(*error),
            Err(error) => Fault::new(error.to_string()).into(),
        }
    }
}

/// Our error on its way through poem, whose own error type wants a standard error.
#[derive(Debug)]
struct Carried(Error);

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            Kind::Refused(problem) => f.write_str(&problem.detail),
            Kind::Fault(fault) => write!(f, "{fault}"),
        }
    }
}

impl std::error::Error for Carried {}

impl From<Error> for poem::Error {
    fn from(error: Error) -> Self {
        let status = error.status();
        Self::new(Carried(error), status)
    }
}

/// The answer to a failure: a page when the caller wants one and the maker can, otherwise the
/// document.
#[must_use]
pub fn respond(
    problem: &Problem,
    wants_html: bool,
    request_id: &str,
    pages: Option<&PageMaker>,
) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = pages.filter(|_| wants_html).and_then(|make| make(problem, request_id));
    let (kind, body) = match page {
        Some(page) => ("text/html; charset=utf-8", page.into_bytes()),
        None => ("application/problem+json", document(problem, request_id)),
    };
    let mut response = Response::builder().status(status).body(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Whether a failure of this request should be a page: never below `/api/`, `/admin/api/` and the
/// webhooks, else when `Accept` names HTML and does not rank JSON above it.
#[must_use]
pub fn wants_html(request: &Request) -> bool {
    let path = request.uri().path();
    !is_for_programs(path) && accepts_html(request.headers())
}

/// Paths that only programs call.
pub(super) fn is_for_programs(path: &str) -> bool {
    ["/api", "/admin/api", "/webhooks", "/hooks"].iter().any(|root| {
        path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let quality = |name: &str| {
        headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(super::accept::name_and_quality)
            .filter(|(kind, _)| kind.eq_ignore_ascii_case(name))
            .map(|(_, quality)| quality)
            .max()
            .unwrap_or(0)
    };
    let html = quality("text/html");
    html > 0 && html >= quality("application/json").max(quality("application/problem+json"))
}

fn document(problem: &Problem, request_id: &str) -> Vec<u8> {
    let mut members = Map::new();
    members.insert("type".into(), format!("/problems/{}", problem.slug).into());
    members.insert("title".into(), problem.title.into());
    members.insert("status".into(), problem.status.into());
    members.insert("detail".into(), problem.detail.as_str().into());
    if let Some(hint) = &problem.hint {
        members.insert("hint".into(), hint.as_str().into());
    }
    members.insert("request_id".into(), request_id.into());
    for (name, value) in &problem.extras {
        members.entry(name.as_str()).or_insert_with(|| value.clone());
    }
    Value::Object(members).to_string().into_bytes()
}

fn broken() -> Problem {
    Problem::new(500, "internal-error", "Something went wrong", "Something went wrong on our side.")
        .hint("Try again in a moment. If it happens again, tell us the request id.")
}

fn busy() -> Problem {
    Problem::new(503, "busy", "Busy", "There is more to do at the moment than the machine can do.")
        .hint("Wait a few seconds and try again.")
        .retry_after(BUSY_RETRY_S)
}

/// The problem for a status the framework chose; `None` for statuses that mean a fault.
fn from_status(status: StatusCode) -> Option<Problem> {
    let problem = match status.as_u16() {
        404 => not_found(),
        405 => method_not_allowed(),
        413 => Problem::new(413, "too-large", "Too large", "The request is larger than allowed."),
        415 => Problem::new(
            415,
            "unsupported-media-type",
            "Unsupported media type",
            "The request is in a format that is not understood here.",
        ),
        400..=499 => Problem::new(
            status.as_u16(),
            "unreadable-request",
            "Unreadable request",
            "The request could not be understood.",
        ),
        _ => return None,
    };
    Some(problem)
}

pub(super) fn not_found() -> Problem {
    Problem::new(404, "not-found", "Not found", "There is nothing at this address.")
        .hint("Check the address, or start from the front page.")
}

pub(super) fn method_not_allowed() -> Problem {
    Problem::new(
        405,
        "method-not-allowed",
        "Method not allowed",
        "This address does not answer that method.",
    )
    .hint("The Allow header lists the methods it answers.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(path: &str, accept: &str) -> Request {
        Request::builder().uri(path.parse().unwrap()).header("accept", accept).finish()
    }

    #[test]
    fn a_browser_gets_a_page_and_a_program_a_document() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert!(wants_html(&asked("/things/x", browser)));
        assert!(!wants_html(&asked("/api/x", browser)));
        assert!(!wants_html(&asked("/admin/api/x", browser)));
        assert!(!wants_html(&asked("/hooks/x", browser)));
        assert!(wants_html(&asked("/apiary", browser)));
        assert!(!wants_html(&asked("/x", "*/*")));
        assert!(!wants_html(&asked("/x", "application/json, text/html;q=0.5")));
        assert!(!wants_html(&asked("/x", "text/html;q=0")));
    }

    // S0.31: one error format.
    #[tokio::test]
    async fn the_document_has_the_members_in_order_and_extras_cannot_replace_them() {
        let problem = Problem::new(409, "taken", "Taken", "Only 2 are left.")
            .hint("Ask for two.")
            .with("left", 2)
            .with("status", 200);
        let body = respond(&problem, false, "00ff", None).into_body().into_string().await.unwrap();
        assert_eq!(
            body,
            concat!(
                r#"{"type":"/problems/taken","title":"Taken","status":409,"#,
                r#""detail":"Only 2 are left.","hint":"Ask for two.","request_id":"00ff","left":2}"#
            )
        );
    }

    // S4.46: a page for people; a maker that fails leaves the document.
    #[test]
    fn the_page_is_made_when_wanted() {
        let made: PageMaker = Arc::new(|p, id| Some(format!("<h1>{}</h1>{id}", p.title)));
        let page = respond(&not_found(), true, "1", Some(&made));
        assert_eq!(page.content_type(), Some("text/html; charset=utf-8"));
        let none: PageMaker = Arc::new(|_, _| None);
        let document = respond(&not_found(), true, "1", Some(&none));
        assert_eq!(document.content_type(), Some("application/problem+json"));
        assert_eq!(document.status(), 404);
    }

    #[test]
    fn a_fault_shows_nothing_of_itself() {
        let error = Error::from(Fault::new("password of the database is hunter2"));
        assert_eq!(error.status(), 500);
        assert!(!format!("{:?}", error.problem()).contains("hunter2"));
        let busy = Error::from(Fault::busy("queue full"));
        assert_eq!((busy.status().as_u16(), busy.problem().retry_after_s), (503, Some(2)));
        let foreign = Error::from(std::io::Error::other("disk"));
        assert_eq!(foreign.status(), 500);
    }

    #[test]
    fn an_error_survives_its_way_through_poem() {
        let inner: poem::Error = Error::from(not_found()).into();
        assert_eq!(Error::from(inner).problem().slug, "not-found");
        let framework: poem::Error = poem::error::ParsePathError.into();
        assert_eq!(Error::from_poem(framework).problem().slug, "unreadable-request");
    }
}
