//! How many checkouts the shop can put on the disk, beside what SQLite itself can do with the same
//! statements; how fast it takes webhooks; and whether an order costs the same when there are many.
//!
//! `make bench` fills the database with 100,000 orders; with `large` with a million. A part can be
//! asked for by name: `rate`, `hooks`, `growth`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a report for people, measured from outside"
)]

#[path = "checkout/growth.rs"]
mod growth;
#[path = "checkout/line.rs"]
mod line;
#[path = "figures/process.rs"]
#[allow(dead_code, reason = "shared with the other benches")]
mod process;
#[path = "checkout/raw.rs"]
mod raw;
#[path = "checkout/shop.rs"]
mod shop;
#[path = "figures/table.rs"]
#[allow(dead_code, reason = "shared with the other benches")]
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use process::Server;
use shop::Shop;
use table::{Goal, alone, compared, heading, median, part};

/// The program as it ships.
const KIOSK: &str = env!("CARGO_BIN_EXE_kiosk");
/// Buyers at the same time.
pub(crate) const CLIENTS: usize = 64;
/// Rounds of each way, in turns.
const ROUNDS: usize = 3;
/// How long a round lasts.
pub(crate) const ROUND: Duration = Duration::from_secs(2);

fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let said = |word: &str| said.iter().any(|argument| argument == word);
    let all = !["rate", "hooks", "growth"].iter().any(|part| said(part));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let data = tempfile::tempdir_in(folder).unwrap();
    if cfg!(debug_assertions) {
        println!("THIS IS A DEBUG BUILD: its figures mean nothing");
    }
    if all || said("rate") {
        rate(data.path());
    }
    if all || said("hooks") {
        hooks(data.path());
    }
    if all || said("growth") {
        growth::report(data.path(), if said("large") { 1_000_000 } else { 100_000 });
    }
}

/// The shop of three products.
pub(crate) fn content() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/base_content")
}

fn server(data: &Path) -> Server {
    let mut command = Command::new(KIOSK);
    command.arg("serve").env("KIOSK_LIMITS", "off");
    let server = Server::kiosk(command, &content(), data, "/");
    // Other sizes of its pictures would be made while checkouts are counted.
    server.settled_s();
    server
}

/// Checkouts on the disk in a second, in three ways by turns.
fn rate(data: &Path) {
    heading(&format!("Checkouts of 3 lines, synchronous=FULL, {CLIENTS} buyers at once"));
    let (direct, served) = (data.join("direct"), data.join("served"));
    drop(Shop::open(&served));
    let shop = Shop::open(&direct);
    let statements = raw::record(&shop);
    println!("statements of one checkout: {}", statements.len());
    let mut bare = raw::Bare::copy_of(&direct, &data.join("raw"), statements);
    let server = server(&served);
    let (mut raws, mut directs, mut https, mut late) = (vec![], vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        raws.push(bare.round());
        let before = shop.kit.db.figures();
        directs.push(shop.round());
        let after = shop.kit.db.figures();
        let shared = (after.jobs - before.jobs) as f64 / (after.commits - before.commits) as f64;
        let cpu = server.cpu_s();
        let (per_s, took) = line::round(&server.base);
        let cpu_us = (server.cpu_s() - cpu) * 1e6 / (per_s * ROUND.as_secs_f64());
        println!("  {shared:.1} writes a commit; {cpu_us:.0} µs of processor for one over HTTP");
        https.push(per_s);
        late.extend(took);
    }
    let (raw, https) = (median(raws), median(https));
    let direct = "without HTTP, beside bare SQLite, 64 a commit";
    compared(direct, median(directs), raw, "/s", Goal::Least(0.75));
    compared("over HTTP, beside the same", https, raw, "/s", Goal::Least(0.6));
    alone("99 of 100 wait when everybody buys at once", part(late, 99), "ms", Goal::Told);
    let late = line::paced(&server.base, https / 2.0);
    alone("half of the buyers wait at half of that rate", part(late.clone(), 50), "ms", Goal::Told);
    alone("99 of 100 wait at half of that rate", part(late, 99), "ms", Goal::Most(10.0));
}

/// Webhooks at the pace of a busy day, alone and while everybody buys.
fn hooks(data: &Path) {
    heading("Webhooks, 50 deliveries a second");
    let served = data.join("hooked");
    let hooks = {
        let shop = Shop::open(&served);
        shop.hooks(300)
    };
    let server = server(&served);
    let quiet = line::deliver(&server.base, &hooks);
    alone("99 of 100 are answered within", part(quiet, 99), "ms", Goal::Most(50.0));
    let busy = std::thread::scope(|scope| {
        let buying = scope.spawn(|| (0..3).for_each(|_| drop(line::round(&server.base))));
        let took = line::deliver(&server.base, &hooks);
        buying.join().unwrap();
        took
    });
    alone("the same while 64 buyers check out", part(busy, 99), "ms", Goal::Most(50.0));
}
