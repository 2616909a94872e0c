//! Which build this is: told in logs, on every error, and at the foot of the desk. Pure.

use std::sync::LazyLock;

/// The version of this program.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit it was built from, as whoever built it said (`KIOSK_COMMIT`); empty when they did
/// not.
pub const COMMIT: &str = match option_env!("KIOSK_COMMIT") {
    Some(commit) => commit,
    None => "",
};

static BUILD: LazyLock<String> = LazyLock::new(|| match COMMIT {
    "" => VERSION.to_owned(),
    commit => format!("{VERSION} ({commit})"),
});

/// Version and commit, such as `0.1.0 (8c46b32)`.
#[must_use]
pub fn build() -> &'static str {
    &BUILD
}
