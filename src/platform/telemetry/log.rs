//! Logs: one line each, readable on a terminal, JSON where a machine reads them.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging to standard error. `KIOSK_LOG_JSON=on` gives JSON lines.
/// Names of people, addresses, tokens and bodies are never logged.
pub fn start(json: bool) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("kiosk=info,poem=warn,lettre=warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if json {
        lines.json().flatten_event(true).with_target(false).try_init()
    } else {
        lines.compact().with_target(false).with_ansi(std::io::stderr().is_terminal()).try_init()
    };
    // A second start (tests in one process) keeps the first.
    let _ = started;
}
