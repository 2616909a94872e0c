//! The real program as a process: run to its end, or opened as a shop and closed again.
#![allow(dead_code, reason = "each test binary uses another part of it")]
#![allow(unreachable_pub, reason = "each test binary is a crate of its own")]

mod small_disk;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

#[allow(unused_imports, reason = "only some test binaries fill a disk")]
pub use small_disk::SmallDisk;

/// The program under test.
pub const KIOSK: &str = env!("CARGO_BIN_EXE_kiosk");
/// Between two looks at something that is about to happen.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// Looks until it is called a failure: 30 seconds.
const LOOKS_MAX: u32 = 1500;

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Its output, when it ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self.out
    }

    /// Its one line of complaint, when it could not run.
    #[track_caller]
    pub fn could_not(self) -> String {
        assert_eq!(self.code, Some(2), "{self:#?}");
        assert_eq!(self.err.lines().count(), 1, "{self:#?}");
        assert_eq!(self.out, "", "{self:#?}");
        self.err
    }
}

/// A merchant's folder: content, and the data that comes to be.
pub struct Folder {
    dir: TempDir,
    settings: BTreeMap<String, String>,
}

impl Folder {
    /// With the shop of three products.
    pub fn base() -> Self {
        Self::of("tests/fixtures/base_content")
    }

    /// With the demonstration shop.
    pub fn demo() -> Self {
        Self::of("content")
    }

    /// Without anything in it.
    pub fn empty() -> Self {
        let settings = [("listen", "127.0.0.1:0"), ("limits", "off")];
        let settings = settings.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        Self { dir: TempDir::new().unwrap(), settings }
    }

    fn of(content: &str) -> Self {
        let folder = Self::empty();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(content);
        copy_tree(&source, &folder.path("content"));
        folder
    }

    /// A path in it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    /// Puts text into a file of it.
    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), text).unwrap();
    }

    /// The text of a file of it.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The text of a file of it; empty when there is none.
    pub fn read_if_there(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_default()
    }

    /// Sets `KIOSK_<key>` for everything run here.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.insert(key.to_owned(), value.to_owned());
        self
    }

    /// A command in this folder, with no setting but those of the folder.
    pub fn command(&self, program: impl AsRef<Path>, args: &[&str]) -> Command {
        let mut command = Command::new(program.as_ref());
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("KIOSK_") {
                command.env_remove(key);
            }
        }
        for (key, value) in &self.settings {
            command.env(format!("KIOSK_{}", key.to_uppercase()), value);
        }
        command.args(args).current_dir(self.dir.path()).stdin(Stdio::null());
        command
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(KIOSK, args))
    }

    /// Opens the shop.
    pub fn serve(&self) -> Server {
        Server::open(self.command(KIOSK, &["serve"]))
    }

    /// Opens the database beside the program.
    pub fn database(&self) -> Connection {
        Connection::open(self.path("data/kiosk.db")).unwrap()
    }

    /// One number from the database.
    pub fn number(&self, sql: &str) -> i64 {
        self.database().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// Every row of every table as text.
    pub fn dump(&self) -> String {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        dump(&Connection::open_with_flags(self.path("data/kiosk.db"), flags).unwrap())
    }
}

/// Runs a prepared command to its end.
pub fn ran(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Every row of every table as text, in the order of the tables and their rows.
pub fn dump(connection: &Connection) -> String {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut names = connection.prepare(sql).unwrap();
    let names: Vec<String> =
        names.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect();
    let mut text = String::new();
    for name in names {
        let mut rows = connection.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = rows.column_count();
        let mut lines = Vec::new();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            lines.push((0..columns).map(|at| shown(row.get_ref(at).unwrap())).collect::<String>());
        }
        lines.sort();
        writeln!(text, "{name}\n{}", lines.join("\n")).unwrap();
    }
    text
}

fn shown(value: ValueRef) -> String {
    match value {
        ValueRef::Text(text) => format!("  {}", String::from_utf8_lossy(text)),
        other => format!("  {other:?}"),
    }
}

/// Copies a folder with everything in it.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Looks again and again until there is an answer, for half a minute at most.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS_MAX {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(LOOK_EVERY);
    }
    panic!("waited in vain until {what}");
}

/// A shop that is open. Dropping it kills it.
pub struct Server {
    child: Child,
    /// `http://127.0.0.1:<port>`
    pub base: String,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts the command and waits until the shop says that it is open.
    #[track_caller]
    pub fn open(command: Command) -> Self {
        match Self::start(command) {
            Ok(server) => server,
            Err((code, said)) => panic!("the shop did not open: {code:?}\n{said}"),
        }
    }

    /// Starts the command; its exit code and what it said when it ended instead of opening.
    pub fn start(mut command: Command) -> Result<Self, (Option<i32>, String)> {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().unwrap();
        let said = Arc::<Mutex<String>>::default();
        let hearing = hear(child.stderr.take().unwrap(), Arc::clone(&said));
        let (sender, opened) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some((_, base)) = line.split_once(" is open at ") {
                    let _ = sender.send(base.to_owned());
                }
            }
        });
        match opened.recv() {
            Ok(base) => Ok(Self { child, base, said }),
            Err(_) => {
                let code = child.wait().unwrap().code();
                hearing.join().unwrap();
                let said = said.lock().unwrap().clone();
                Err((code, said))
            }
        }
    }

    /// What it has said on standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    /// The status of an address and its body.
    pub fn get(&self, path: &str) -> (u16, String) {
        let mut answer = client().get(format!("{}{path}", self.base)).call().unwrap();
        let body = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), body)
    }

    /// Asks it to stop, as a service manager does; its exit code.
    #[track_caller]
    pub fn stop(mut self) -> Option<i32> {
        let kill = format!("kill -TERM {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        until("the shop has stopped", || self.child.try_wait().unwrap()).code()
    }

    /// Ends it without a word, as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hear(mut stderr: ChildStderr, said: Arc<Mutex<String>>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            said.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    })
}

/// A client that follows nothing and takes every status.
pub fn client() -> Agent {
    let config = Agent::config_builder()
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(10)))
        .build();
    config.new_agent()
}

/// A buyer who speaks JSON and whose every request may come to nothing.
pub struct Caller {
    agent: Agent,
    base: String,
    cookie: String,
}

impl Caller {
    pub fn new(base: &str) -> Self {
        Self { agent: client(), base: base.to_owned(), cookie: String::new() }
    }

    /// Somebody who was here before.
    pub fn with_cookie(base: &str, cookie: &str) -> Self {
        Self { cookie: cookie.to_owned(), ..Self::new(base) }
    }

    /// Sends JSON; nothing when the line broke before the whole answer was here.
    pub fn post(&mut self, path: &str, body: &Value) -> Option<(u16, Value)> {
        let request = self.agent.post(format!("{}{path}", self.base));
        let request = request.header("cookie", &self.cookie);
        let mut answer = request.content_type("application/json").send(body.to_string()).ok()?;
        let given = answer.headers().get("set-cookie").and_then(|v| v.to_str().ok());
        let cookie = given.and_then(|line| line.split(';').next()).map(str::to_owned);
        let text = answer.body_mut().read_to_string().ok()?;
        if let Some(cookie) = cookie {
            self.cookie = cookie;
        }
        Some((answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Presses a button of the payment page; the status.
    pub fn press(&self, page: &str, fields: &[(&str, &str)]) -> Option<u16> {
        let request = self.agent.post(format!("{}{page}", self.base));
        let mut answer = request.send_form(fields.iter().copied()).ok()?;
        answer.body_mut().read_to_vec().ok()?;
        Some(answer.status().as_u16())
    }

    /// The cookie it holds.
    pub fn cookie(&self) -> String {
        self.cookie.clone()
    }

    /// A document.
    pub fn get(&self, path: &str) -> Option<(u16, Value)> {
        let request = self.agent.get(format!("{}{path}", self.base));
        let mut answer = request.header("cookie", &self.cookie).call().ok()?;
        let text = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Buys one of a SKU up to the payment page: the order's token and the page's path.
    pub fn order(&mut self, sku: &str) -> (String, String) {
        let (status, cart) =
            self.post("/api/cart/lines", &json!({ "sku": sku, "qty": 1 })).unwrap();
        assert_eq!(status, 201, "{cart}");
        let (status, begun) = self.post("/api/checkout", &buyer(&cart)).unwrap();
        assert_eq!(status, 201, "{begun}");
        let page = begun["payment_url"].as_str().unwrap();
        let page = page.strip_prefix(&self.base).unwrap();
        (begun["token"].as_str().unwrap().to_owned(), page.to_owned())
    }
}

/// A buyer's fields, for a cart as they saw it.
pub fn buyer(cart: &Value) -> Value {
    json!({ "email": "ada@example.com", "name": "Ada Lovelace", "line1": "1 High Street",
            "city": "Bath", "postcode": "BA1 1AA", "country": "GB",
            "cart_version": cart["version"], "quote_total": cart["quote"]["total_minor"] })
}
