//! HTTP: connections, requests and answers.
//!
//! A request passes [`serve`] (limits in bytes, seconds and connections). What is held ready is
//! answered there, by a [`Shortcut`]. Any other goes through [`Edge`] (request id,
//! cross-site check, panics, security headers, log line), [`Routes`] (path, method) and reaches a
//! handler that reads its input with [`read_form`] or [`read_json`] and says no with [`Error`].
//!
//! **Invariants.**
//! - Every answer carries the security headers, and `no-store` unless the handler said otherwise.
//! - Every failure becomes one problem document (RFC 9457) or its page; a 5xx shows nothing of
//!   what broke but the request id.
//! - Everything read from outside has a limit in bytes, in time and in depth.
//! - An unsafe method from another site is refused before any handler sees it.
//!
//! Deliberately absent: sessions and CSRF tokens (static pages cannot carry them), serving a
//! folder of files by path, content encodings in requests, protocol upgrades.
//!
//! Owns no tables.

mod accept;
mod addresses;
mod browser_errors;
mod caching;
mod caught;
mod cookies;
mod deadlines;
mod door;
mod edge;
mod extent;
mod exposition;
mod faulty_input;
mod form;
mod guard;
mod limit;
mod outgoing;
mod multipart;
mod paced_body;
mod problem;
mod routes;
mod serve;
mod spreadsheet;
mod traffic;

pub use addresses::{Network, client_address, neighbourhood};
pub use browser_errors::browser_error_routes;
pub use caching::{Encoding, Prebuilt};
pub use cookies::{Cookies, SameSite};
pub use door::Door;
pub use edge::{Dress, Edge, EdgeSettings, RequestId, security_headers};
pub use exposition::{Figures, MEDIA_TYPE as FIGURES_MEDIA_TYPE};
pub use extent::Extent;
pub use form::{
    BODY_BYTES_MAX, read_bytes, read_form, read_form_or_json, read_form_within, read_json,
    read_path, read_query,
};
pub use guard::{Origin, cross_site};
pub use limit::{Caller, Limiter, Rate};
pub use multipart::{Part, read_parts};
pub use outgoing::{Fetched, Outgoing, Reply, whole_story};
pub use problem::{Error, PageMaker, respond, wants_html};
pub use routes::{Router, Routes, endpoint};
pub use serve::{ServeLimits, Shortcut, serve};
pub use spreadsheet::Spreadsheet;
pub use traffic::Traffic;
