//! How long every page of the desk takes, and what it weighs, with 10,000 products and a year of
//! 100,000 orders behind it.
//!
//! The pages are those that the desk's own links lead to, some of each kind, and the questions that
//! have most to look through. A number asks for fewer orders: `cargo bench --bench desk -- 1000`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "a report for people, measured from outside"
)]

#[allow(dead_code, unused_imports, reason = "shared with the other benches")]
mod catalog;
#[path = "figures/process.rs"]
#[allow(dead_code, reason = "shared with the other benches")]
mod process;
#[path = "figures/table.rs"]
#[allow(dead_code, reason = "shared with the other benches")]
mod table;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::ToSpan;
use process::Server;
use table::{Goal, alone, heading, part};
use ureq::Agent;

/// The program as it ships.
const KIOSK: &str = env!("CARGO_BIN_EXE_kiosk");
const PRODUCTS: usize = 10_000;
const ORDERS: u32 = 100_000;
/// Addresses of one kind that are looked at.
const EACH: usize = 3;
/// How often each is asked for.
const TIMES: usize = 40;
/// Of the people whom `kiosk seed` lets in.
const OWNER: &str = "email=owner%40hearthandfield.example&password=lantern+quay+biscuit";

/// Questions with much to look through, beside what links lead to.
const QUESTIONS: [&str; 14] = [
    "/admin/orders?q=mill",
    "/admin/orders?q=ada",
    "/admin/orders?q=ada&view=to-pack",
    "/admin/orders?q=buyer7&product=mug",
    "/admin/orders?product=thing-77",
    "/admin/orders?payment=paid&fulfilment=delivered&product=mug",
    "/admin/orders?q=nobody&product=mug",
    "/admin/customers?q=buyer7",
    "/admin/customers?q=holt",
    "/admin/customers?q=nobody",
    "/admin/catalog?q=mug",
    "/admin/catalog?q=nothing",
    "/admin/stock?q=thing-7",
    "/admin/messages?q=buyer7",
];

/// Somebody signed in.
struct Owner {
    agent: Agent,
    base: String,
    cookie: String,
}

impl Owner {
    fn sign_in(base: &str) -> Self {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build()
            .into();
        let url = format!("{base}/admin/sign-in");
        let form = "application/x-www-form-urlencoded";
        let answer = agent.post(&url).header("content-type", form).send(OWNER).unwrap();
        assert_eq!(answer.status(), 303, "the owner may come in");
        let cookies = answer.headers().get_all("set-cookie").iter();
        let cookies = cookies.map(|c| c.to_str().unwrap().split(';').next().unwrap());
        let cookie = cookies.collect::<Vec<_>>().join("; ");
        Self { agent, base: base.to_owned(), cookie }
    }

    /// Status, kind and bytes of an answer.
    fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        let asked = self.agent.get(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let mut answer = asked.call().unwrap();
        let kind = answer.headers().get("content-type").map(|k| k.to_str().unwrap().to_owned());
        let body = answer.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap();
        (answer.status().as_u16(), kind.unwrap_or_default(), body)
    }

    /// Pages that links lead to from the entrance, a few of each kind.
    fn pages(&self) -> Vec<String> {
        let mut questions = QUESTIONS.map(str::to_owned).to_vec();
        let today = jiff::Zoned::now().date();
        let year_ago = today.checked_sub(364.days()).unwrap();
        questions.push(format!("/admin/reports?from={year_ago}&to={today}"));
        let mut waiting: VecDeque<String> = questions.iter().cloned().collect();
        waiting.push_front("/admin".to_owned());
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        let (mut seen, mut pages) = (BTreeSet::new(), Vec::new());
        while let Some(path) = waiting.pop_front() {
            let asked = questions.contains(&path);
            let of_kind = kinds.entry(kind_of(&path)).or_insert(0);
            if (*of_kind >= EACH && !asked) || !seen.insert(path.clone()) {
                continue;
            }
            *of_kind += 1;
            let (status, kind, body) = self.get(&path);
            if status != 200 || !kind.starts_with("text/html") {
                println!("  {path}: {status} {kind}, no page");
                continue;
            }
            let body = String::from_utf8(body).unwrap();
            let links = body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
            let links = links.filter(|link| link.starts_with("/admin"));
            waiting.extend(links.map(|link| link.replace("&amp;", "&").replace("&#x2f;", "/")));
            pages.push(path);
        }
        pages
    }
}

/// The address without what tells one thing from another.
fn kind_of(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let named = |part: &str| !part.contains(|c: char| c.is_ascii_digit() || c == '%');
    let parts = path.split('/').map(|part| if named(part) { part } else { "*" });
    let keys = query.split('&').map(|pair| pair.split('=').next().unwrap());
    format!("{}?{}", parts.collect::<Vec<_>>().join("/"), keys.collect::<Vec<_>>().join("&"))
}

fn main() {
    let wanted = std::env::args().skip(1).find_map(|word| word.parse::<u32>().ok());
    let orders = wanted.unwrap_or(ORDERS);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder).unwrap();
    let shop = tempfile::tempdir_in(&folder).unwrap();
    let (content, data) = (shop.path().join("content"), shop.path().join("data"));
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    catalog::write_kiosk(&content, PRODUCTS, &demo);
    let begun = Instant::now();
    let made = Command::new(KIOSK)
        .args(["seed", "--year", &orders.to_string()])
        .env("KIOSK_CONTENT_DIR", &content)
        .env("KIOSK_DATA_DIR", &data)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    heading(&format!("The desk with {PRODUCTS} products and {orders} orders"));
    alone("those orders made", begun.elapsed().as_secs_f64(), "s", Goal::Told);
    let mut command = Command::new(KIOSK);
    command.arg("serve").env("KIOSK_LIMITS", "off").env("KIOSK_AVIF", "off");
    let server = Server::kiosk(command, &content, &data, "/product/thing-500/");
    alone("opened after", server.opened_s, "s", Goal::Told);
    alone("the books proved after", server.settled_s(), "s", Goal::Told);
    report(&Owner::sign_in(&server.base));
}

/// Bytes of a page as gzip packs it; the shop sends pages of the desk plain, a proxy may pack them.
fn packed(page: &[u8]) -> f64 {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(page).unwrap();
    packer.finish().unwrap().len() as f64
}

fn report(owner: &Owner) {
    let mut rows = Vec::new();
    for path in owner.pages() {
        let mut took = Vec::new();
        let mut weight = 0.0;
        for _ in 0..TIMES {
            let begun = Instant::now();
            let (status, _, body) = owner.get(&path);
            took.push(begun.elapsed().as_secs_f64() * 1e3);
            assert_eq!(status, 200, "{path}");
            weight = packed(&body) / 1024.0;
        }
        rows.push((part(took.clone(), 95), part(took, 50), weight, path));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("\n{:>9} {:>9} {:>9}", "95 of 100", "50", "packed");
    for (late, middle, weight, path) in &rows {
        println!("{late:>6.1} ms {middle:>6.1} ms {weight:>5.1} KiB  {path}");
    }
    println!("\n{} pages, {TIMES} times each, with the way over HTTP", rows.len());
    let most =
        |value: fn(&(f64, f64, f64, String)) -> f64| rows.iter().map(value).fold(0.0, f64::max);
    alone("the slowest page, 95 of 100 within", most(|row| row.0), "ms", Goal::Most(30.0));
    alone("the heaviest page, packed", most(|row| row.2), "KiB", Goal::Most(60.0));
}
