//! The outermost endpoint: what every request gets, and what every answer carries.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::combinators::BoxBody;
use hyper::body::{Body as _, Bytes};
use poem::http::header::{self, HeaderName, HeaderValue};
use poem::http::{self, Method, StatusCode};
use poem::{Body, Endpoint, PathPattern, Request, Response};
use tokio::time::Instant;

use super::caught::caught;
use super::guard::{Origin, cross_site};
use super::problem::{Error, Kind, PageMaker, respond, wants_html};
use super::traffic::Traffic;
use crate::base::{Fault, Problem, Randomness};
use crate::platform::telemetry::{self, Report, Reports};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names one request, in the log and to the caller: 16 hexadecimal digits. Handlers find it with
/// `request.data::<RequestId>()`. One that came from outside is never believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    fn new(random: &Randomness) -> Self {
        Self(format!("{:016x}", u64::from_be_bytes(random.bytes::<8>())).into())
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the edge has to know.
pub struct EdgeSettings {
    /// The address visitors see; its origin may send forms, and HTTPS turns HSTS on.
    pub public_url: String,
    /// Other origins that forms may lead to, such as `https://pay.example.org`.
    pub form_targets: Vec<String>,
    /// Where request ids come from.
    pub random: Randomness,
    /// Makes pages of problems; documents only when absent.
    pub pages: Option<PageMaker>,
    /// Where faults are noticed.
    pub reports: Reports,
    /// Where it is counted how long requests took.
    pub traffic: Arc<Traffic>,
}

/// What every answer carries.
pub struct Dress {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Ids of answers that are only looked up count on from here.
    first_id: u64,
    next_id: AtomicU64,
}

/// Spreads consecutive numbers over all digits; odd, so none comes twice.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl Dress {
    /// What answers of a shop with these settings carry.
    ///
    /// # Errors
    /// When a form target cannot stand in a header.
    pub fn new(settings: &EdgeSettings) -> Result<Self, Fault> {
        let is_https = Origin::of(&settings.public_url).as_ref().is_some_and(Origin::is_https);
        let headers = security_headers(&settings.form_targets, is_https)?;
        let first_id = u64::from_be_bytes(settings.random.bytes::<8>());
        Ok(Self { headers, first_id, next_id: AtomicU64::new(0) })
    }

    /// Adds what an answer held ready lacks: security headers and an id. Nobody is asked for
    /// randomness, as nothing but the log can tell such an id from another.
    pub fn put_on(&self, response: &mut http::Response<Bytes>) {
        let count = self.next_id.fetch_add(1, Ordering::Relaxed);
        let id = self.first_id.wrapping_add(count.wrapping_mul(SPREAD));
        let headers = response.headers_mut();
        for (name, value) in &self.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if let Ok(id) = HeaderValue::from_maybe_shared(Bytes::from(format!("{id:016x}"))) {
            headers.insert(REQUEST_ID, id);
        }
    }
}

/// Wraps all routes; never fails itself.
pub struct Edge<E> {
    inner: E,
    own: Option<Origin>,
    random: Randomness,
    pages: Option<PageMaker>,
    reports: Reports,
    traffic: Arc<Traffic>,
    dress: Arc<Dress>,
}

impl<E: Endpoint<Output = Response>> Edge<E> {
    /// Wraps `inner`.
    ///
    /// # Errors
    /// When a form target cannot stand in a header.
    pub fn new(inner: E, settings: EdgeSettings) -> Result<Self, Fault> {
        let own = Origin::of(&settings.public_url);
        let dress = Arc::new(Dress::new(&settings)?);
        // A panic is caught here; where in the program it was, only the hook hears.
        telemetry::listen_for_panics();
        let EdgeSettings { random, pages, reports, traffic, .. } = settings;
        Ok(Self { inner, own, random, pages, reports, traffic, dress })
    }

    /// What every answer carries, for answers that need no handler.
    #[must_use]
    pub fn dress(&self) -> Arc<Dress> {
        Arc::clone(&self.dress)
    }

    /// What is refused before any handler sees it.
    fn admit(&self, request: &Request) -> Result<(), Error> {
        let headers = request.headers();
        let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
        if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(Problem::new(
                415,
                "unsupported-media-type",
                "Unsupported media type",
                "Packed request bodies are not taken.",
            )
            .hint("Send the request without Content-Encoding.")
            .into());
        }
        cross_site(request.method(), request.uri().path(), headers, self.own.as_ref())
    }

    async fn handle(&self, request: Request) -> poem::Result<Response> {
        self.admit(&request)?;
        caught(self.inner.call(request)).await
    }

    fn refuse(&self, error: &Error, wants_html: bool, id: &RequestId, route: &str) -> Response {
        let problem = error.problem();
        match error.kind() {
            Kind::Fault(fault) => {
                tracing::error!(request_id = %id, route, status = problem.status, %fault, "fault");
                let report = Report::of_fault(telemetry::Kind::Fault, fault, route);
                self.reports.notice(report.in_request(id.as_str(), problem.status));
            }
            Kind::Refused(_) => {
                let slug = problem.slug;
                tracing::info!(request_id = %id, route, status = problem.status, slug, "refused");
            }
        }
        let mut response = respond(&problem, wants_html, id.as_str(), self.pages.as_ref());
        for (name, value) in error.headers() {
            response.headers_mut().append(name, value.clone());
        }
        response
    }

    fn finish(&self, response: &mut Response, id: &RequestId) {
        let headers = response.headers_mut();
        for (name, value) in &self.dress.headers {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if let Ok(id) = HeaderValue::from_str(id.as_str()) {
            headers.insert(REQUEST_ID, id);
        }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let started = Instant::now();
        let id = RequestId::new(&self.random);
        let method = request.method().clone();
        let html = wants_html(&request);
        request.set_data(id.clone());

        let result = self.handle(request).await;
        let pattern = match &result {
            Ok(response) => response.data::<PathPattern>(),
            Err(error) => error.data::<PathPattern>(),
        };
        let route = pattern.map_or_else(|| "-".into(), |pattern| Arc::clone(&pattern.0));
        let mut response = match result {
            Ok(response) => response,
            Err(error) => self.refuse(&Error::from_poem(error), html, &id, &route),
        };
        self.finish(&mut response, &id);
        if method == Method::HEAD {
            response = without_body(response);
        }
        let took = started.elapsed();
        self.traffic.note(&route, response.status().as_u16(), took);
        tracing::info!(
            request_id = %id,
            method = method.as_str(),
            route = &*route,
            status = response.status().as_u16(),
            ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "answered"
        );
        Ok(response)
    }
}

/// Headers of every answer that brings no other value: what a page may load, where its forms may
/// lead, and `no-store`.
///
/// # Errors
/// When a form target is no origin.
pub fn security_headers(
    form_targets: &[String],
    is_https: bool,
) -> Result<Vec<(HeaderName, HeaderValue)>, Fault> {
    let mut form_action = String::from("'self'");
    for target in form_targets {
        let origin = Origin::of(target).filter(|_| !target.contains([';', ',', ' ']));
        if origin.is_none() {
            return Err(Fault::new(format!("`{target}` is no origin a form can lead to")));
        }
        form_action.push(' ');
        form_action.push_str(target);
    }
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action {form_action}; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Addresses hold tokens. Not `no-referrer`: it would turn the Origin of our forms to null.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let mut headers: Vec<_> =
        fixed.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    headers.push((header::CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy)?));
    if is_https {
        let two_years = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.push((header::STRICT_TRANSPORT_SECURITY, two_years));
    }
    Ok(headers)
}

/// The answer to `HEAD`: the length stays, the body goes.
fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let body: BoxBody<Bytes, io::Error> = body.into();
    let is_bodiless = matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if let Some(length) = body.size_hint().exact().filter(|_| !is_bodiless) {
        parts.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| length.into());
    }
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_targets_cannot_widen_the_policy() {
        assert!(security_headers(&["https://pay.example".into()], true).is_ok());
        for wrong in ["*", "https://a.example; script-src *", "javascript:x", ""] {
            assert!(security_headers(&[wrong.into()], true).is_err(), "{wrong}");
        }
    }
}
