//! Passing errors on to a service that speaks Sentry's protocol, when the operator names one.
//!
//! An envelope is three lines: about the envelope, about the item, and the event. It carries what
//! the shop's own list says and nothing more.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

use super::report::Kind;
use super::reports::Noted;
use super::version::{COMMIT, VERSION};
use crate::base::fault::Doing;
use crate::base::ids::hex;
use crate::base::{Fault, Instant, Randomness};
use crate::platform::config::Dsn;

/// Longest wait for an answer.
const WAIT: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const ANSWER_MAX: usize = 16 * 1024;
/// Pause when the service asks for one without saying how long, seconds.
const PAUSE_S: i64 = 60;
/// Longest pause that is believed, seconds.
const PAUSE_MAX_S: i64 = 3600;

const AUTH: HeaderName = HeaderName::from_static("x-sentry-auth");
const AGENT: &str = concat!("kiosk/", env!("CARGO_PKG_VERSION"));

/// What came of passing an error on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passed {
    /// The service has it.
    Taken,
    /// The service wants none before this many seconds.
    Later(i64),
}

/// The way to the service.
pub struct Sentry {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    url: String,
    auth: HeaderValue,
    environment: &'static str,
}

impl Sentry {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// When the key cannot stand in a header.
    pub fn new(dsn: &Dsn, environment: &'static str) -> Result<Self, Fault> {
        let said =
            format!("Sentry sentry_version=7, sentry_client={AGENT}, sentry_key={}", dsn.key.0);
        let mut auth = HeaderValue::from_str(&said)?;
        auth.set_sensitive(true);
        let connector = HttpsConnectorBuilder::new().with_webpki_roots();
        let connector = match dsn.url.starts_with("http://") {
            true => connector.https_or_http(),
            false => connector.https_only(),
        };
        let client = Client::builder(TokioExecutor::new()).build(connector.enable_http1().build());
        Ok(Self { client, url: dsn.url.clone(), auth, environment })
    }

    /// Passes one error on.
    ///
    /// # Errors
    /// When the service cannot be reached or does not take it.
    pub async fn pass_on(
        &self,
        noted: &Noted,
        random: &Randomness,
        now: Instant,
    ) -> Result<Passed, Fault> {
        let id = hex(&random.bytes::<16>());
        let body = envelope(noted, &id, self.environment, now);
        let request = Request::post(&self.url)
            .header(CONTENT_TYPE, "application/x-sentry-envelope")
            .header(USER_AGENT, AGENT)
            .header(AUTH, self.auth.clone())
            .body(Full::new(Bytes::from(body)))?;
        let asked = tokio::time::timeout(WAIT, async {
            let response = self.client.request(request).await?;
            let (head, body) = response.into_parts();
            // Read to its end, so that the connection can be used again.
            let _ = Limited::new(body, ANSWER_MAX).collect().await;
            Ok::<_, Fault>(head)
        });
        let head = asked.await.doing("waiting for the error service")??;
        match head.status {
            status if status.is_success() => Ok(Passed::Taken),
            StatusCode::TOO_MANY_REQUESTS => {
                let said =
                    head.headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
                Ok(Passed::Later(said.unwrap_or(PAUSE_S).clamp(1, PAUSE_MAX_S)))
            }
            status => Err(Fault::new(format!("the error service answered {status}"))),
        }
    }
}

/// The three lines.
fn envelope(noted: &Noted, id: &str, environment: &str, now: Instant) -> String {
    let event = event(noted, id, environment, now).to_string();
    let head = json!({ "event_id": id, "sent_at": now.rfc3339() });
    let item = json!({
        "type": "event", "content_type": "application/json", "length": event.len(),
    });
    format!("{head}\n{item}\n{event}\n")
}

fn event(noted: &Noted, id: &str, environment: &str, now: Instant) -> Value {
    let report = &noted.report;
    let joint = if COMMIT.is_empty() { "" } else { "+" };
    let (platform, level) = match report.kind {
        Kind::Browser => ("javascript", "error"),
        Kind::Panic => ("native", "fatal"),
        Kind::Test => ("other", "info"),
        Kind::Fault | Kind::Job => ("native", "error"),
    };
    json!({
        "event_id": id,
        "timestamp": now.rfc3339(),
        "platform": platform,
        "level": level,
        "logger": "kiosk",
        "release": format!("kiosk@{VERSION}{joint}{COMMIT}"),
        "environment": environment,
        "transaction": report.place,
        "fingerprint": [noted.fingerprint],
        "tags": { "kind": report.kind.word(), "request_id": report.request_id },
        "exception": { "values": [{ "type": report.kind.word(), "value": report.title }] },
        "extra": { "count": noted.count, "status": report.status, "detail": report.detail },
    })
}

#[cfg(test)]
mod tests {
    use super::super::report::Report;
    use super::*;

    // S1.44, S1.46: three lines; the second says how long the third is.
    #[test]
    fn an_envelope_is_three_lines() {
        let report = Report::new(Kind::Fault, "no such\ncolumn", "/cart").in_request("ab12", 500);
        let noted = Noted { fingerprint: report.fingerprint(), report, count: 3 };
        let text = envelope(&noted, &"0".repeat(32), "test", Instant(1_795_514_400_000));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3);
        let item: Value = serde_json::from_str(lines[1]).unwrap();
        assert_eq!(item["length"], lines[2].len());
        let event: Value = serde_json::from_str(lines[2]).unwrap();
        assert!(event["release"].as_str().unwrap().starts_with("kiosk@0."));
        assert_eq!(event["tags"]["request_id"], "ab12");
        assert_eq!(event["extra"]["count"], 3);
        assert_eq!(event["timestamp"], "2026-11-24T10:00:00Z");
    }
}
