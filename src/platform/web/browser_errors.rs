//! `/api/browser-errors`: scripts on the shop's pages tell what went wrong in them.
//!
//! Anybody can send anything here, so little is read, little is kept, and what is kept is scrubbed,
//! grouped and bounded like every other error.

use std::sync::Arc;

use poem::Request;
use poem::http::StatusCode;
use serde::Deserialize;

use super::form::read_json_within;
use super::limit::Rate;
use super::problem::Error;
use super::routes::{Routes, endpoint};
use crate::platform::Kit;
use crate::platform::telemetry::{Kind, Report};

/// What one address may tell.
const TOLD: Rate = Rate::new(10, 60);
/// Bytes of one report.
const BYTES_MAX: usize = 8 * 1024;
/// Lines of a stack that are kept.
const LINES_MAX: usize = 12;
/// Scripts that visitors bring along are not ours to mend.
const FOREIGN: [&str; 2] = ["-extension://", "webkit-masked-url:"];

/// What a browser tells.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// `TypeError: x is null`
    message: String,
    /// Path of the page.
    page: String,
    /// File, line and column.
    #[serde(default)]
    at: String,
    /// The stack, as the browser writes it.
    #[serde(default)]
    stack: String,
}

/// The route.
#[must_use]
pub fn browser_error_routes(kit: &Kit) -> Routes {
    let kit = Arc::new(kit.clone());
    let hear = endpoint(move |request| hear(Arc::clone(&kit), request));
    Routes::new().post("/api/browser-errors", hear)
}

async fn hear(kit: Arc<Kit>, mut request: Request) -> Result<StatusCode, Error> {
    kit.admit(&request, "browser-errors", TOLD)?;
    let told: Told = read_json_within(&mut request, BYTES_MAX).await?;
    if let Some(report) = report_of(&told) {
        kit.reports.notice(report);
    }
    Ok(StatusCode::NO_CONTENT)
}

fn report_of(told: &Told) -> Option<Report> {
    let is_foreign = FOREIGN.iter().any(|mark| told.stack.contains(mark) || told.at.contains(mark));
    if is_foreign || told.message.trim().is_empty() {
        return None;
    }
    let path = told.page.split(['?', '#']).next().unwrap_or_default();
    let page = if path.starts_with('/') { path } else { "/" };
    let stack = told.stack.lines().map(str::trim).filter(|line| !line.is_empty());
    // Some browsers repeat the message on top of the stack.
    let stack: Vec<&str> =
        stack.filter(|line| !line.contains(told.message.as_str())).take(LINES_MAX).collect();
    let detail = if stack.is_empty() { told.at.clone() } else { stack.join("\n") };
    Some(Report::new(Kind::Browser, &told.message, page).with_detail(&detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(message: &str, stack: &str) -> Told {
        let at = "https://shop.test/assets/js/shop.js:1:2".to_owned();
        let page = "/order/0f3c9a7d5e6b4c2a91d8e7f60f3c9a7d?x=1".to_owned();
        Told { message: message.into(), page, at, stack: stack.into() }
    }

    // S1.43: what a browser tells is scrubbed, and extensions are left out.
    #[test]
    fn only_our_own_scripts_are_heard() {
        let stack = "TypeError: x is null\n    at add (https://shop.test/a.js:1:2)\n";
        let report = report_of(&told("TypeError: x is null", stack)).unwrap();
        assert_eq!(
            (report.title.as_str(), report.place.as_str()),
            ("TypeError: x is null", "/order/‹token›")
        );
        assert_eq!(report.detail, "at add (https://shop.test/a.js:1:2)");
        let bare = report_of(&told("TypeError: x is null", "")).unwrap();
        assert_eq!(bare.detail, "https://shop.test/assets/js/shop.js:1:2");
        // One mistake of a script is one error, whatever page it was met on.
        let elsewhere =
            Told { page: "/product/mug/".into(), ..told("TypeError: x is null", stack) };
        assert_eq!(report_of(&elsewhere).unwrap().fingerprint(), report.fingerprint());
        assert!(report_of(&told("x", "at moz-extension://1/a.js:1:2")).is_none());
        assert!(report_of(&told(" ", "")).is_none());
    }
}
