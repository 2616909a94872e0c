//! What the shop tells about itself: logs, and the errors it met.
//!
//! An error is noticed where it is answered ([`Reports::notice`]), grouped in memory, and written
//! by a job. Whoever notices one only puts it on a short list in memory: an error never makes a
//! request slower, and never fails because the database does.
//!
//! **Invariants.** Nothing personal is kept: texts are scrubbed before they are noticed
//! ([`scrub`]). Every list is bounded; what does not fit is counted. The same error is one row,
//! however often it happens.
//! **Tables:** `error_report`.

mod log;
mod panics;
mod report;
mod reports;
mod scrub;
mod sentry;
mod store;
mod version;

pub use log::start;
pub use panics::listen as listen_for_panics;
pub use report::{Kind, Report};
pub use reports::{Noted, Reports};
pub use scrub::scrub;
pub use sentry::{Passed, Sentry};
pub use store::{
    Filter, Listed, Novelty, count_open, count_unseen, get as get_error, list as list_errors,
    prune, record, resolve, resolve_until,
};
pub use version::{COMMIT, VERSION, build};
