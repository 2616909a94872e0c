//! The figures of docs/figures.md, measured on this machine in one run: ours and those of the
//! programs we are compared with in turns, so that only their ratio counts.
//!
//! `make bench` measures everything; `cargo bench --bench figures -- build edit rest serve` some
//! parts; `large` adds 100,000 products, `small` stops at 1,000 for a first look.
//! `make lighthouse` is the part `rate`, which only runs when it is asked for.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a report for people, measured from outside"
)]

#[path = "figures/building.rs"]
mod building;
mod catalog;
#[path = "figures/editing.rs"]
mod editing;
#[path = "figures/others.rs"]
mod others;
#[path = "figures/process.rs"]
mod process;
#[path = "figures/rating.rs"]
mod rating;
#[path = "figures/resting.rs"]
mod resting;
#[path = "figures/serving.rs"]
mod serving;
#[path = "figures/table.rs"]
mod table;

use std::net::TcpListener;
use std::process::ExitCode;

/// The program as it ships.
const KIOSK: &str = env!("CARGO_BIN_EXE_kiosk");

/// What can be asked for by name; without a name, everything but the last.
const PARTS: [&str; 5] = ["build", "edit", "rest", "serve", "rate"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [child, content, how] = arguments.as_slice()
        && child == building::CHILD
    {
        building::once(content, how == "packed");
        return ExitCode::SUCCESS;
    }
    let said = |word: &str| arguments.iter().any(|argument| argument == word);
    let sizes: &[usize] = match (said("small"), said("large")) {
        (true, _) => &[1000],
        (_, true) => &[1000, 10_000, 100_000],
        _ => &[1000, 10_000],
    };
    let all = !PARTS.iter().any(|part| said(part));
    let wanted = |part: &str| said(part) || (all && part != "rate");
    std::fs::create_dir_all(others::folder()).unwrap();
    let data = tempfile::tempdir_in(others::folder()).unwrap();
    if cfg!(debug_assertions) {
        println!("THIS IS A DEBUG BUILD: its figures mean nothing");
    }
    if wanted("build") {
        building::report(sizes);
    }
    if wanted("edit") {
        editing::report(data.path(), sizes[sizes.len().min(2) - 1]);
    }
    if wanted("rest") {
        resting::report(data.path());
    }
    if wanted("serve") {
        serving::report(data.path());
    }
    let rated = !wanted("rate") || rating::report(data.path());
    if rated { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A port that nobody listens on.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
