//! RFC 9457 problem documents as plain values; `platform::web` writes them out.

use serde_json::{Map, Value};

/// What went wrong, for people and programs alike.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// Stable name; the document's `type` is `/problems/<slug>`. It never changes its meaning.
    pub slug: &'static str,
    /// A short name of the kind of problem.
    pub title: &'static str,
    /// What happened this time, in one sentence.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Named extras a program can use, such as `available`.
    pub extras: Map<String, Value>,
    /// Seconds to wait before trying again, for `Retry-After`.
    pub retry_after_s: Option<u32>,
}

impl Problem {
    /// A problem without hint or extras.
    #[must_use]
    pub fn new(
        status: u16,
        slug: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        let detail = detail.into();
        Self { status, slug, title, detail, hint: None, extras: Map::new(), retry_after_s: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a named extra.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extras.insert(name.to_owned(), value.into());
        self
    }

    /// Adds how long to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }
}
