//! Stripe's HTTP, once: connections that are kept, a limit on time and bytes, the stored key on
//! every repeat, and an error that keeps what Stripe said and its request id.

use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use miniserde::Deserialize;
use stripe::{CustomizedStripeRequest, IdempotencyKey};
use stripe_client_core::{RequestBuilder, StripeClient, StripeClientErr, StripeMethod, VERSION};

use super::retry::{Budget, Stumble};
use crate::base::ids::hex;
use crate::base::{Fault, Randomness};
use crate::payments::provider::Trouble;
use crate::platform::config::provider::ProviderSettings;
use crate::platform::web::whole_story;

/// Largest answer read, in bytes: a page of a hundred charges is about half of one.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Idle connections are closed after this; Stripe keeps them for about a minute.
const IDLE: Duration = Duration::from_secs(45);
/// How we introduce ourselves.
const AGENT: &str = concat!("Kiosk/", env!("CARGO_PKG_VERSION"));

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const STRIPE_VERSION: HeaderName = HeaderName::from_static("stripe-version");

/// Asks Stripe. Clones would share connections, but one is enough.
pub(super) struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    base: String,
    authorization: HeaderValue,
    timeout: Duration,
    retries: u32,
    budget: Budget,
    random: Randomness,
}

/// Why a call did not end well.
#[derive(Clone, Debug, Default)]
pub(super) struct Failure {
    /// What kind of answer it was.
    pub stumble: Stumble,
    /// Stripe's `error.type`, such as `idempotency_error`.
    pub kind: String,
    /// Stripe's `error.code`, such as `charge_already_refunded`.
    pub code: String,
    /// What Stripe says, or what went wrong on the way.
    pub message: String,
    /// Stripe's name for the call, to be told to its support.
    pub request: Option<String>,
}

impl Failure {
    /// Something that never reached Stripe, or came back unreadable.
    pub(super) fn of_ours(message: String) -> Self {
        Self { message, ..Self::default() }
    }

    /// The answer under this key can never be a good one: it belongs to a failed call, or to
    /// another one.
    pub(super) fn key_is_spent(&self) -> bool {
        // The first call under the key still runs: whatever the type says, it may yet end well.
        if self.stumble.status == Some(409) || self.code == "idempotency_key_in_use" {
            return false;
        }
        (self.stumble.replayed && self.is_theirs()) || self.kind == "idempotency_error"
    }

    /// Whether something broke on Stripe's side.
    pub(super) fn is_theirs(&self) -> bool {
        self.stumble.status.is_some_and(|status| status >= 500)
    }

    /// What Stripe said, with its name for the call.
    pub(super) fn words(&self) -> String {
        let request = self.request.as_ref().map(|id| format!(" (request {id})"));
        format!("{}{}", self.message, request.unwrap_or_default())
    }

    /// For the shop: refused, or not to be had. A key that opens nothing today says nothing about
    /// what was done with it yesterday, so that is no refusal.
    pub(super) fn trouble(self) -> Trouble {
        let words = self.words();
        match self.stumble.status {
            _ if self.stumble.should_retry == Some(true) => Trouble::Unreachable(words),
            Some(400) if self.code == "email_invalid" => Trouble::EmailRefused(words),
            // By these Stripe says that it understood and will not do it.
            Some(400 | 402 | 404) => Trouble::Refused(words),
            _ => Trouble::Unreachable(words),
        }
    }
}

impl StripeClientErr for Failure {
    fn deserialize_err(message: impl std::fmt::Display) -> Self {
        Self::of_ours(format!("its answer cannot be read: {message}"))
    }
}

#[derive(Deserialize)]
struct ErrorBody {
    error: Option<ErrorWords>,
}

#[derive(Deserialize)]
struct ErrorWords {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    message: Option<String>,
}

impl Client {
    /// A client with the key and limits of the settings; nothing is connected yet.
    ///
    /// # Errors
    /// When the settings have no key or address, or the key cannot stand in a header.
    pub(super) fn new(settings: &ProviderSettings, random: &Randomness) -> Result<Self, Fault> {
        let (Some(key), Some(base)) = (&settings.key, &settings.url) else {
            return Err(Fault::new("Stripe needs a key and an address"));
        };
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", key.0))?;
        authorization.set_sensitive(true);
        let connector = HttpsConnectorBuilder::new().with_webpki_roots();
        let connector = match base.starts_with("http://") {
            true => connector.https_or_http(),
            false => connector.https_only(),
        };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector.enable_http1().build());
        Ok(Self {
            pool,
            base: base.clone(),
            authorization,
            timeout: Duration::from_secs(settings.timeout_s),
            retries: settings.retries,
            budget: Budget::default(),
            random: random.clone(),
        })
    }

    fn request(
        &self,
        call: &RequestBuilder,
        key: Option<&IdempotencyKey>,
    ) -> Result<Request<Full<Bytes>>, Failure> {
        let query = call.query.as_deref().filter(|query| !query.is_empty());
        let joint = if query.is_some() { "?" } else { "" };
        let url = format!("{}/v1{}{joint}{}", self.base, call.path, query.unwrap_or_default());
        let method = match call.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let mut request = Request::builder()
            .method(method)
            .uri(url)
            .header(header::AUTHORIZATION, self.authorization.clone())
            .header(header::USER_AGENT, AGENT)
            .header(STRIPE_VERSION, VERSION.as_str());
        if let Some(key) = key {
            request = request.header(IDEMPOTENCY_KEY, key.as_str());
        }
        let body = call.body.as_deref().map(in_order).unwrap_or_default();
        if !matches!(call.method, StripeMethod::Get) {
            // Also of an empty form, which hyper would send without: RFC 9110, 8.6.
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::CONTENT_LENGTH, body.len());
        }
        let bad = |e| Failure::of_ours(format!("the call cannot be made: {e}"));
        request.body(Full::new(body.into())).map_err(bad)
    }

    async fn once(&self, request: Request<Full<Bytes>>) -> Result<Bytes, Failure> {
        let asked = tokio::time::timeout(self.timeout, async {
            let response = self.pool.request(request).await.map_err(lost)?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
            Ok((head, body.map_err(lost)?.to_bytes()))
        });
        let answered: Result<_, Failure> = asked.await.unwrap_or_else(|_| {
            let seconds = self.timeout.as_secs();
            Err(Failure::of_ours(format!("no answer within {seconds} seconds")))
        });
        let (head, body) = answered?;
        if head.status.is_success() {
            return Ok(body);
        }
        Err(failure(&Response::from_parts(head, ()), &body))
    }
}

/// What is said when an answer did not arrive.
fn lost(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::of_ours(whole_story(&*error.into()))
}

fn failure(head: &Response<()>, body: &[u8]) -> Failure {
    let status = head.status().as_u16();
    let text = |name: &str| text_of(head.headers(), name);
    let stumble = Stumble {
        status: Some(status),
        should_retry: text("stripe-should-retry").and_then(|word| word.parse().ok()),
        retry_after_s: text("retry-after").and_then(|seconds| seconds.parse().ok()),
        replayed: text("idempotent-replayed").is_some_and(|word| word == "true"),
    };
    let words = std::str::from_utf8(body).ok();
    let words = words.and_then(|body| miniserde::json::from_str::<ErrorBody>(body).ok());
    let words = words.and_then(|body| body.error);
    let (kind, code, message) = words.map(|e| (e.kind, e.code, e.message)).unwrap_or_default();
    Failure {
        stumble,
        kind: kind.unwrap_or_default(),
        code: code.unwrap_or_default(),
        message: message.unwrap_or_else(|| format!("status {status}")),
        request: text("request-id"),
    }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(|text| text.trim().to_owned())
}

/// The form with its metadata sorted and last. A map has no order, and a repeat under the same key
/// must be the same to the byte, also after a restart.
fn in_order(form: &str) -> String {
    let mut pairs: Vec<&str> = form.split('&').filter(|pair| !pair.is_empty()).collect();
    pairs.sort_by_key(|pair| pair.contains("metadata").then_some(*pair));
    pairs.join("&")
}

impl StripeClient for Client {
    type Err = Failure;

    /// Makes the call, again when that may help and the budget allows; always with the same key.
    async fn execute(&self, call: CustomizedStripeRequest) -> Result<Bytes, Failure> {
        let (call, special) = call.into_pieces();
        let key = special.request_strategy.and_then(|strategy| strategy.get_key());
        // Every POST carries a key, as Stripe asks; one that may be made twice a fresh one.
        let fresh = || IdempotencyKey::new(hex(&self.random.bytes::<16>())).ok();
        let key = key.or_else(|| matches!(call.method, StripeMethod::Post).then(fresh).flatten());
        let mut tries = 0;
        self.budget.earn();
        loop {
            let failure = match self.once(self.request(&call, key.as_ref())?).await {
                Ok(body) => return Ok(body),
                Err(failure) => failure,
            };
            tries += 1;
            let chance = self.random.bytes::<1>()[0];
            let pause = failure.stumble.pause_ms(tries, self.retries, chance);
            let again = pause.is_some() && self.budget.spend();
            tracing::warn!(
                path = call.path,
                status = failure.stumble.status,
                code = failure.code,
                request = failure.request,
                again,
                "Stripe: {}",
                failure.message
            );
            match pause.filter(|_| again) {
                Some(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                None => return Err(failure),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S0.12: a repeat is the same to the byte, whatever the order of a map was.
    #[test]
    fn forms_have_one_order() {
        let one = "mode=payment&metadata[b]=2&metadata[a]=1&line_items[10]=x&line_items[2]=y";
        let two = "mode=payment&metadata[a]=1&metadata[b]=2&line_items[10]=x&line_items[2]=y";
        assert_eq!(in_order(one), in_order(two));
        assert!(in_order(one).starts_with("mode=payment&line_items[10]=x&line_items[2]=y&"));
        assert_eq!(in_order(""), "");
    }

    // S0.11: refused or not to be had; what Stripe calls the call is always named.
    #[test]
    fn failures_say_what_they_are() {
        let of = |status: u16, headers: &[(&str, &str)], body: &str| {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            failure(&response.body(()).unwrap(), body.as_bytes())
        };
        let body = r#"{"error":{"type":"card_error","code":"x","message":"No.","new":[1]}}"#;
        let refused = of(402, &[("request-id", "req_1")], body);
        assert_eq!(refused.code, "x");
        assert_eq!(refused.trouble(), Trouble::Refused("No. (request req_1)".to_owned()));
        let email = r#"{"error":{"code":"email_invalid","message":"Invalid email address"}}"#;
        assert!(matches!(of(400, &[], email).trouble(), Trouble::EmailRefused(_)));
        for status in [301, 401, 403, 408, 409, 411, 429, 500, 503] {
            assert!(matches!(of(status, &[], "<html>").trouble(), Trouble::Unreachable(_)));
        }
        let replayed = of(500, &[("idempotent-replayed", "true")], "");
        assert!(replayed.key_is_spent() && !replayed.stumble.may_pass());
        assert!(!of(400, &[("idempotent-replayed", "true")], "").key_is_spent());
        let other = r#"{"error":{"type":"idempotency_error"}}"#;
        assert!(of(400, &[], other).key_is_spent());
    }
}
