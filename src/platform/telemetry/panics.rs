//! Where the program stopped itself: heard from the one place that knows, the hook of the process,
//! and kept until the fault that comes of it is noticed.
//!
//! A hook belongs to the whole process and cannot be a value that is handed in. What it hears is
//! kept in one short list, and whoever notices a fault takes from there what belongs to it, by its
//! text: the panic of a handler, of a job or of a transaction on the writer's thread all arrive as
//! a fault that repeats it.

use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Panics kept until they are asked for.
const KEPT: usize = 16;
/// Traces taken in the life of a process: each costs some milliseconds, and a stranger who has
/// found a way to cause panics should not be able to spend them.
const TRACES_MAX: usize = 200;
/// Lines of a trace that are kept.
const LINES_MAX: usize = 24;
/// Functions of this program.
const OWN: &str = "kiosk::";

/// What the hook heard of one panic.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub text: String,
    /// `src/orders/flow.rs:120`
    pub place: String,
    /// The program's own functions, innermost first.
    pub trace: String,
}

static SEEN: Mutex<VecDeque<Seen>> = Mutex::new(VecDeque::new());
static TRACES: AtomicUsize = AtomicUsize::new(0);
static LISTENING: Once = Once::new();

/// Listens for panics from now on; what listened before still hears of them. Twice is once.
pub fn listen() {
    LISTENING.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            hear(panic);
            before(panic);
        }));
    });
}

fn hear(panic: &PanicHookInfo<'_>) {
    let text = panic.payload_as_str().unwrap_or_default().to_owned();
    let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line()));
    let trace = match TRACES.fetch_add(1, Ordering::Relaxed) {
        ..TRACES_MAX => own_frames(&Backtrace::force_capture().to_string()),
        _ => String::new(),
    };
    let seen = Seen { text, place: place.unwrap_or_default(), trace };
    let mut all = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() == KEPT {
        all.pop_front();
    }
    all.push_back(seen);
}

/// The panic that a fault speaks of, once.
pub(super) fn take_seen(fault: &str) -> Option<Seen> {
    if !fault.contains("panic") && !fault.contains("bug: ") {
        return None;
    }
    let mut all = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let at = all.iter().rposition(|seen| !seen.text.is_empty() && fault.contains(&seen.text))?;
    all.remove(at)
}

/// The lines of a trace that name functions of this program, with their places.
fn own_frames(trace: &str) -> String {
    let mut own: Vec<&str> = Vec::new();
    let mut is_own = false;
    for line in trace.lines() {
        let is_place = line.trim_start().starts_with("at ");
        if !is_place {
            is_own = line.contains(OWN) && !line.contains("kiosk::platform::telemetry::panics");
        }
        if is_own && own.len() < LINES_MAX {
            own.push(named(line));
        }
    }
    own.join("\n")
}

/// `  12: kiosk::orders::flow::ship` without its number, which differs from call to call.
fn named(line: &str) -> &str {
    let line = line.trim();
    line.split_once(": ").filter(|(number, _)| number.parse::<u32>().is_ok()).map_or(line, |l| l.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    // S1.48: readable: our own functions with file and line, nothing else.
    #[test]
    fn a_trace_is_reduced_to_our_own_functions() {
        let trace = "   0: std::panicking::begin\n             at /rustc/lib.rs:1:1\n   1: \
                     kiosk::orders::flow::ship\n             at ./src/orders/flow.rs:317:9\n   2: \
                     tokio::runtime::run\n   3: kiosk::cli::main\n";
        let own = "kiosk::orders::flow::ship\nat ./src/orders/flow.rs:317:9\nkiosk::cli::main";
        assert_eq!(own_frames(trace), own);
    }

    // S1.44: the place of a panic is known, whatever thread it happened on.
    #[test]
    fn a_panic_is_found_by_the_fault_that_repeats_it() {
        listen();
        let done = std::thread::spawn(|| panic!("the kiln exploded {}", 71)).join();
        assert!(done.is_err());
        assert!(take_seen("the kiln exploded 71").is_none(), "not a fault of a panic");
        let seen = take_seen("bug: the kiln exploded 71").unwrap();
        assert!(seen.place.contains("panics.rs:"), "{}", seen.place);
        assert!(take_seen("bug: the kiln exploded 71").is_none(), "once");
    }
}
