//! One error as it is kept, and what makes two of them the same. Pure.

use serde::Serialize;

use super::panics::Seen;
use super::scrub::scrub;
use crate::base::Fault;
use crate::base::ids::sha256_hex;

/// Characters of a title.
const TITLE_MAX: usize = 300;
/// Characters of a place.
const PLACE_MAX: usize = 120;
/// Characters of a sample: a trace, or what a browser told.
const DETAIL_MAX: usize = 4_000;
/// Digits of a fingerprint.
const FINGERPRINT: usize = 16;
/// So many hexadecimal digits in a row are a name that changes with every build.
const HASH_MIN: usize = 8;

/// What kind of error it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A request answered with 5xx.
    Fault,
    /// A bug: the program stopped itself.
    Panic,
    /// A job that failed behind requests.
    Job,
    /// A script in a browser.
    Browser,
    /// Sent by hand, to see that it arrives.
    Test,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Fault, Self::Panic, Self::Job, Self::Browser, Self::Test];

    /// The word stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Panic => "panic",
            Self::Job => "job",
            Self::Browser => "browser",
            Self::Test => "test",
        }
    }
}

/// An error that was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of which kind.
    pub kind: Kind,
    /// What happened, in a line.
    pub title: String,
    /// Where: a route, a job, a page.
    pub place: String,
    /// What the request was answered with.
    pub status: Option<u16>,
    /// Names the request, in the log as well.
    pub request_id: Option<String>,
    /// A trace or the like; may be empty.
    pub detail: String,
}

impl Report {
    /// An error, scrubbed of what may be personal.
    #[must_use]
    pub fn new(kind: Kind, title: &str, place: &str) -> Self {
        let title = scrub(title.lines().next().unwrap_or_default(), TITLE_MAX);
        let place = scrub(place, PLACE_MAX);
        Self { kind, title, place, status: None, request_id: None, detail: String::new() }
    }

    /// An error that is none, to see that it arrives.
    #[must_use]
    pub fn test(by: &str) -> Self {
        Self::new(Kind::Test, "A test error: nothing is wrong", by)
    }

    /// A fault; when a panic lies behind it, that panic with its place in the program.
    #[must_use]
    pub fn of_fault(kind: Kind, fault: &Fault, place: &str) -> Self {
        let text = fault.to_string();
        match super::panics::take_seen(&text) {
            Some(Seen { text, place: at, trace }) => {
                let title = format!("{text}, at {at}");
                Self::new(Kind::Panic, &title, place).with_detail(&trace)
            }
            None => Self::new(kind, &text, place),
        }
    }

    /// With the request it struck.
    #[must_use]
    pub fn in_request(self, request_id: &str, status: u16) -> Self {
        Self { request_id: Some(request_id.to_owned()), status: Some(status), ..self }
    }

    /// With a sample of what it looked like.
    #[must_use]
    pub fn with_detail(self, detail: &str) -> Self {
        Self { detail: scrub(detail, DETAIL_MAX), ..self }
    }

    /// What makes it the same as another: kind, place, title without numbers and quoted words, and
    /// the first line of its trace. A script is the same on every page, so where its trace begins
    /// is its place.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let first = self.detail.lines().map(str::trim).find(|line| !line.is_empty());
        let is_script = self.kind == Kind::Browser && first.is_some();
        let parts = [
            self.kind.word(),
            if is_script { "" } else { self.place.as_str() },
            &normal(&self.title),
            &normal(first.unwrap_or_default()),
        ];
        sha256_hex(parts.join("\n").as_bytes())[..FINGERPRINT].to_owned()
    }
}

/// A text without what differs between two of the same: numbers, hashes and words in quotes.
fn normal(text: &str) -> String {
    let quoted = text.split('"').enumerate();
    let unquoted: Vec<&str> =
        quoted.map(|(at, part)| if at % 2 == 1 { "" } else { part }).collect();
    let mut normal = String::with_capacity(text.len());
    let mut run = String::new();
    for c in unquoted.join("\"").chars().chain(['\n']) {
        if c.is_ascii_hexdigit() {
            run.push(c);
            continue;
        }
        if run.len() >= HASH_MIN && run.bytes().any(|b| b.is_ascii_digit()) {
            normal.push('#');
        } else {
            let mut was_digit = false;
            for c in run.chars() {
                if !c.is_ascii_digit() {
                    normal.push(c);
                } else if !was_digit {
                    normal.push('#');
                }
                was_digit = c.is_ascii_digit();
            }
        }
        run.clear();
        normal.push(c);
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(title: &str, place: &str) -> String {
        Report::new(Kind::Fault, title, place).fingerprint()
    }

    // S1.44: grouped by what they are, not by what differs each time.
    #[test]
    fn the_same_error_has_the_same_fingerprint() {
        let one = print("order 17 of \"ada\" is not there", "/order/:token");
        assert_eq!(one, print("order 4711 of \"bob\" is not there", "/order/:token"));
        assert_ne!(one, print("order 17 of \"ada\" is not there", "/checkout"));
        assert_ne!(one, print("order 17 of \"ada\" is paid", "/order/:token"));
        let job = Report::new(Kind::Job, "order 17 of \"ada\" is not there", "/order/:token");
        assert_ne!(one, job.fingerprint());
        assert_eq!(one.len(), FINGERPRINT);
    }

    #[test]
    fn a_new_build_of_a_script_is_the_same_script() {
        let told = |hash: &str| {
            let detail = format!("at add (https://shop.example/assets/js/shop.{hash}.js:12:7)");
            let report = Report::new(Kind::Browser, "TypeError: x is null", "/cart");
            report.with_detail(&detail).fingerprint()
        };
        assert_eq!(told("3f9a1c20bb"), told("77aa00ff12"));
    }

    #[test]
    fn titles_are_one_scrubbed_line() {
        let report = Report::new(Kind::Fault, "no <ada@example.com>\nsecret", "/x");
        assert_eq!(report.title, "no <‹address›>");
        let long =
            Report::new(Kind::Fault, &"word ".repeat(500), "/x").with_detail(&"y ".repeat(9000));
        assert!(long.title.chars().count() <= TITLE_MAX);
        assert!(long.detail.chars().count() <= DETAIL_MAX);
    }
}
