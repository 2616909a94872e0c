//! A page sent as often as can be, beside nginx: one server on one core, one wrk on the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::others::system;
use crate::process::{Server, client, get};
use crate::table::{Goal, alone, compared, heading, left_out, median};
use crate::{KIOSK, building, free_port};

/// Rounds of each measurement.
const ROUNDS: usize = 5;
/// Seconds of each.
const SECONDS: u32 = 2;
/// The page.
const PAGE: &str = "/product/thing-500/";
/// Connections, with what our rate has to be there against nginx.
const CONNECTIONS: [(u32, f64); 2] = [(32, 1.3), (256, 1.1)];
/// Ways of asking: name, header, and whether nginx without further modules knows it.
const WAYS: [(&str, &str, bool); 3] = [
    ("plain", "", true),
    ("gzip", "accept-encoding: gzip", true),
    ("br", "accept-encoding: br", false),
];

/// What wrk has seen.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Answers in a second.
    rate: f64,
    /// Processor time of the server for one, µs.
    cpu_us: f64,
    /// Half of the answers came within, ms.
    p50_ms: f64,
    /// All but one in a hundred came within, ms.
    p99_ms: f64,
}

/// One of the figures of what was seen.
type Figure = fn(&Seen) -> f64;

/// A server and what to ask it.
struct Side<'a> {
    server: &'a Server,
    header: String,
    connections: u32,
}

/// Measures every way of asking at every number of connections, side by side.
pub(crate) fn report(data: &Path) {
    heading("A page of 1000 products, one core each (the other: nginx)");
    let need = [("wrk", "wrk"), ("taskset", "util-linux"), ("nginx", "nginx-light")];
    let found: Result<Vec<PathBuf>, String> = need.iter().map(|(n, p)| system(n, p)).collect();
    let nginx = match found {
        Ok(found) => found[2].clone(),
        Err(why) => return left_out("serving", &why),
    };
    let content = building::kiosk_site(1000);
    let mut command = Command::new("taskset");
    command.args(["-c", "0", KIOSK, "serve"]);
    let ours = Server::kiosk(command, &content, &data.join("served"), PAGE);
    ours.settled_s();
    let packed = wait_until_packed(&ours);
    let folder = data.join("nginx");
    let port = free_port();
    let setup =
        nginx_setup(&folder, port, &get(&client(), &format!("{}{PAGE}", ours.base)).1, &packed);
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(nginx).args(["-e", "/dev/null", "-c"]).arg(setup);
    let other = Server::other(command, format!("http://127.0.0.1:{port}"), PAGE);
    for (connections, rate) in CONNECTIONS {
        for (way, header, known) in WAYS {
            let side = |server| Side { server, header: header.to_owned(), connections };
            tell(way, rate, side(&ours), known.then(|| side(&other)));
        }
        let side = |server| Side { server, header: if_none_match(server), connections };
        tell("304", rate, side(&ours), Some(side(&other)));
    }
    alone("memory after all this", ours.memory_mib(), "MiB", Goal::Told);
}

/// Asks in turns and prints the middle of each.
fn tell(way: &str, rate: f64, ours: Side, other: Option<Side>) {
    let (mut seen, mut other_seen) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        other_seen.extend(other.as_ref().map(Side::press));
        seen.push(ours.press());
    }
    let middle = |of: Figure, seen: &[Seen]| median(seen.iter().map(of));
    let figures: [(&str, Figure, &str, Goal); 4] = [
        ("answers a second", |s| s.rate, "/s", Goal::Least(rate)),
        ("processor an answer", |s| s.cpu_us, "µs", Goal::Most(0.75)),
        ("half within", |s| s.p50_ms, "ms", Goal::Told),
        ("99 in 100 within", |s| s.p99_ms, "ms", Goal::Most(1.0)),
    ];
    for (name, of, unit, goal) in figures {
        let what = format!("{} lines, {way}: {name}", ours.connections);
        let value = middle(of, &seen);
        if other_seen.is_empty() {
            alone(&what, value, unit, Goal::Told);
        } else {
            compared(&what, value, middle(of, &other_seen), unit, goal);
        }
    }
}

impl Side<'_> {
    /// Asks without a pause for a while.
    fn press(&self) -> Seen {
        let before = self.server.cpu_s();
        let mut wrk = Command::new("taskset");
        wrk.args(["-c", "1", "wrk", "-t1", "--latency", &format!("-c{}", self.connections)]);
        wrk.arg(format!("-d{SECONDS}s"));
        if !self.header.is_empty() {
            wrk.args(["-H", &self.header]);
        }
        let output = wrk.arg(format!("{}{PAGE}", self.server.base)).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let cpu_s = self.server.cpu_s() - before;
        let wrong = said.contains("Socket errors") || said.contains("Non-2xx");
        assert!(output.status.success() && !wrong, "{said}");
        let after = |name: &str| {
            let line = said.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap();
            line.trim().to_owned()
        };
        let total = said.lines().find(|line| line.contains(" requests in ")).unwrap();
        let total: f64 = total.split_whitespace().next().unwrap().parse().unwrap();
        Seen {
            rate: after("Requests/sec:").parse().unwrap(),
            cpu_us: cpu_s * 1e6 / total,
            p50_ms: millis(&after("50%")),
            p99_ms: millis(&after("99%")),
        }
    }
}

/// wrk writes `298.00us`, `4.07ms` or `1.20s`.
fn millis(text: &str) -> f64 {
    let units = [("us", 1e-3), ("ms", 1.0), ("s", 1e3)];
    let read =
        |(unit, factor): &(&str, f64)| Some(text.strip_suffix(unit)?.parse::<f64>().ok()? * factor);
    units.iter().find_map(read).unwrap()
}

/// The header that says we have the page already.
fn if_none_match(server: &Server) -> String {
    let answer = client().get(format!("{}{PAGE}", server.base)).call().unwrap();
    format!("if-none-match: {}", answer.headers()["etag"].to_str().unwrap())
}

/// The page as our server packs it with gzip, once it has.
fn wait_until_packed(server: &Server) -> Vec<u8> {
    let agent = client();
    for _ in 0..600 {
        let request = agent.get(format!("{}{PAGE}", server.base)).header("accept-encoding", "br");
        let packed = request.call().unwrap().headers().contains_key("content-encoding");
        if packed {
            let request = agent.get(format!("{}{PAGE}", server.base));
            let mut answer = request.header("accept-encoding", "gzip").call().unwrap();
            return answer.body_mut().read_to_vec().unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the pages were never packed");
}

/// The same page in two files, and nginx told to be as quick as it can.
fn nginx_setup(folder: &Path, port: u16, plain: &str, packed: &[u8]) -> PathBuf {
    let place = folder.join(PAGE.trim_matches('/'));
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("index.html"), plain).unwrap();
    fs::write(place.join("index.html.gz"), packed).unwrap();
    let at = folder.display();
    let text = format!(
        "user root;\ndaemon off;\nworker_processes 1;\npid {at}/pid;\nerror_log /dev/null;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;\n\
         keepalive_requests 1000000000; keepalive_timeout 65; etag on; gzip_static on;\n\
         types {{ text/html html; }}\n\
         open_file_cache max=1000 inactive=60s; open_file_cache_valid 60s;\n\
         client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f;\n\
         uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;\n\
         server {{ listen 127.0.0.1:{port}; root {at}; index index.html; }}\n}}\n"
    );
    let setup = folder.join("nginx.conf");
    fs::write(&setup, text).unwrap();
    setup
}
