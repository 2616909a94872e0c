//! Small calls to programs of others: connections that are kept, a limit on time and bytes, and no
//! redirect is followed, for the operator named one place and not another.

use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::{Body, Bytes};
use hyper::header::{CONTENT_TYPE, USER_AGENT};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

/// Idle connections are closed after this.
const IDLE: Duration = Duration::from_secs(30);
/// How much of an answer is read, in bytes.
const ANSWER_BYTES_MAX: usize = 8 * 1024;
/// How we introduce ourselves.
const AGENT: &str = concat!("Kiosk/", env!("CARGO_PKG_VERSION"));

/// Calls others. Clones share connections.
#[derive(Clone)]
pub struct Outgoing {
    pool: Pool<HttpsConnector<HttpConnector>, Full<Bytes>>,
    patience: Duration,
}

/// What they answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The beginning of the body, as far as it is text.
    pub text: String,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// The kind of the body, as the other side says.
    pub content_type: String,
    /// The body, up to the limit that was asked for.
    pub body: Vec<u8>,
    /// Whether that is all of it.
    pub is_whole: bool,
}

impl Outgoing {
    /// Nothing is connected yet. `plain` lets `http` addresses through as well; `patience` is how
    /// long a whole call may take.
    #[must_use]
    pub fn new(plain: bool, patience: Duration) -> Self {
        let connector = HttpsConnectorBuilder::new().with_webpki_roots();
        let connector = if plain { connector.https_or_http() } else { connector.https_only() };
        let pool = Pool::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(connector.enable_http1().build());
        Self { pool, patience }
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// In one sentence, when no answer came.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, &str)],
        json: String,
    ) -> Result<Reply, String> {
        let mut request =
            Request::post(url).header(CONTENT_TYPE, "application/json").header(USER_AGENT, AGENT);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(json)));
        let fetched = self.call(request, ANSWER_BYTES_MAX).await?;
        let text = String::from_utf8_lossy(&fetched.body).into_owned();
        Ok(Reply { status: fetched.status, text })
    }

    /// Fetches a file, of which at most `bytes_max` are kept.
    ///
    /// # Errors
    /// In one sentence, when no answer came.
    pub async fn get(&self, url: &str, bytes_max: usize) -> Result<Fetched, String> {
        let request = Request::get(url).header(USER_AGENT, AGENT).body(Full::default());
        self.call(request, bytes_max).await
    }

    async fn call(
        &self,
        request: Result<Request<Full<Bytes>>, hyper::http::Error>,
        bytes_max: usize,
    ) -> Result<Fetched, String> {
        let request = request.map_err(|e| format!("the call cannot be made: {e}"))?;
        let called = tokio::time::timeout(self.patience, async {
            let response = self.pool.request(request).await.map_err(|e| whole_story(&e))?;
            let status = response.status().as_u16();
            let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
            let content_type = kind.unwrap_or_default().to_owned();
            let (body, is_whole) = beginning(response.into_body(), bytes_max).await;
            Ok(Fetched { status, content_type, body, is_whole })
        });
        let late = || Err(format!("no answer within {} seconds", self.patience.as_secs()));
        called.await.unwrap_or_else(|_| late())
    }
}

/// What arrives of a body, up to a limit, and whether that is all of it: an answer that breaks off
/// is an answer all the same.
async fn beginning(mut body: impl Body<Data = Bytes> + Unpin, bytes_max: usize) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    while bytes.len() < bytes_max {
        let more = match body.frame().await {
            None => return (bytes, true),
            Some(Err(_)) => return (bytes, false),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        let room = bytes_max - bytes.len();
        bytes.extend_from_slice(&more[..more.len().min(room)]);
    }
    (bytes, false)
}

/// An error with everything beneath it, for its last link names the cause.
#[must_use]
pub fn whole_story(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
