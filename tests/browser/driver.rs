//! A small `WebDriver` client: one `chromedriver`, one Chromium without a screen, one tab.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a browser is driven from a test, and watched from outside in real time"
)]
#![allow(dead_code, reason = "each test binary drives another part of it")]

mod window;

use std::fmt::Display;
use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::Agent;

/// How often a page is asked before a test gives up, and the pause in between.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(25);
/// The longest one command may take.
const COMMAND: Duration = Duration::from_mins(1);
/// The name under which `WebDriver` hands out elements.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
/// Chromium asks nobody for anything but the shop.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Whether a fade between two pages is shown or left out hangs on the machine's load, and
    // Chromium complains of each one left out. Tests of motion ask for it (`appear`).
    "--force-prefers-reduced-motion",
];

/// Keys of the `WebDriver` standard.
pub(crate) const TAB: &str = "\u{E004}";
pub(crate) const ENTER: &str = "\u{E007}";
pub(crate) const SPACE: &str = " ";

/// One open tab. Dropping it closes the browser.
pub(crate) struct Tab {
    driver: Child,
    agent: Agent,
    address: String,
    session: String,
    profile: TempDir,
}

/// An element of the page.
pub(crate) struct Element(String);

impl Tab {
    /// Opens a browser; nothing when there is no `chromedriver` here and it may be missing.
    pub(crate) fn open(script: bool) -> Option<Self> {
        let spawned = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut driver = match spawned {
            Ok(driver) => driver,
            Err(error)
                if error.kind() == ErrorKind::NotFound && std::env::var_os("CI").is_none() =>
            {
                eprintln!("skipped: there is no chromedriver on this machine");
                return None;
            }
            Err(error) => panic!("chromedriver does not start: {error}"),
        };
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                line.split_once("successfully on port ").map(|(_, rest)| rest.to_owned())
            })
            .expect("chromedriver says its port");
        let address = format!("http://127.0.0.1:{}", port.trim_end_matches('.'));
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(COMMAND))
            .proxy(None)
            .build()
            .new_agent();
        let profile = TempDir::new().unwrap();
        let mut tab = Self { driver, agent, address, session: String::new(), profile };
        let begun = tab.send("/session", &wishes(tab.profile.path().display(), script));
        tab.session = begun["sessionId"].as_str().unwrap().to_owned();
        tab.devtools("Emulation.setScrollbarsHidden", &json!({ "hidden": true }));
        tab.width(1280);
        Some(tab)
    }

    #[track_caller]
    fn send(&self, path: &str, body: &Value) -> Value {
        let answer = self.agent.post(format!("{}{path}", self.address)).send_json(body);
        Self::read(path, answer)
    }

    #[track_caller]
    fn read(path: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Value {
        let mut answer = answer.unwrap();
        let mut body: Value = answer.body_mut().read_json().unwrap();
        assert!(answer.status() == 200, "{path}: {}", body["value"]["message"]);
        body["value"].take()
    }

    #[track_caller]
    fn command(&self, path: &str, body: &Value) -> Value {
        self.send(&format!("/session/{}{path}", self.session), body)
    }

    #[track_caller]
    fn ask(&self, path: &str) -> Value {
        let url = format!("{}/session/{}{path}", self.address, self.session);
        Self::read(path, self.agent.get(url).call())
    }

    /// Goes to an address and waits until the page has loaded.
    #[track_caller]
    pub(crate) fn go(&self, url: &str) {
        self.command("/url", &json!({ "url": url }));
    }

    /// Goes back as the browser's own button does.
    #[track_caller]
    pub(crate) fn back(&self) {
        self.command("/back", &json!({}));
    }

    /// Goes forward again.
    #[track_caller]
    pub(crate) fn forward(&self) {
        self.command("/forward", &json!({}));
    }

    /// Where the tab is.
    #[track_caller]
    pub(crate) fn url(&self) -> String {
        self.ask("/url").as_str().unwrap().to_owned()
    }

    /// Runs a function body in the page and brings back what it returns.
    #[track_caller]
    pub(crate) fn run(&self, body: &str) -> Value {
        self.command("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Runs a function body that ends by calling `done` with what it has found.
    #[track_caller]
    pub(crate) fn run_until_done(&self, body: &str) -> Value {
        let script = format!("const done = arguments[arguments.length - 1]; {body}");
        self.command("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Speaks to the browser itself, past the page.
    #[track_caller]
    fn devtools(&self, what: &str, params: &Value) -> Value {
        self.command("/goog/cdp/execute", &json!({ "cmd": what, "params": params }))
    }

    /// All elements that a selector finds.
    #[track_caller]
    pub(crate) fn all(&self, css: &str) -> Vec<Element> {
        let found = self.command("/elements", &json!({ "using": "css selector", "value": css }));
        let id = |element: &Value| Element(element[ELEMENT].as_str().unwrap().to_owned());
        found.as_array().unwrap().iter().map(id).collect()
    }

    /// The first element that a selector finds.
    #[track_caller]
    pub(crate) fn find(&self, css: &str) -> Element {
        let first = self.all(css).into_iter().next();
        first.unwrap_or_else(|| panic!("no {css} on {}", self.url()))
    }

    /// Whether the page has such an element.
    #[track_caller]
    pub(crate) fn has(&self, css: &str) -> bool {
        !self.all(css).is_empty()
    }

    /// The words of an element, as a reader sees them.
    #[track_caller]
    pub(crate) fn text(&self, css: &str) -> String {
        let Element(id) = self.find(css);
        self.ask(&format!("/element/{id}/text")).as_str().unwrap().to_owned()
    }

    /// A property of an element, such as `value`, as text.
    #[track_caller]
    pub(crate) fn property(&self, css: &str, name: &str) -> String {
        let Element(id) = self.find(css);
        let value = self.ask(&format!("/element/{id}/property/{name}"));
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Clicks with the mouse, in the middle of the window.
    #[track_caller]
    pub(crate) fn click(&self, css: &str) {
        let Element(id) = self.find(css);
        let element = json!({ ELEMENT: id });
        let script = "arguments[0].scrollIntoView({ block: 'center', behavior: 'instant' })";
        self.command("/execute/sync", &json!({ "script": script, "args": [element] }));
        self.command(&format!("/element/{id}/click"), &json!({}));
    }

    /// Types into a field that may hold something already.
    #[track_caller]
    pub(crate) fn fill(&self, css: &str, words: &str) {
        let Element(id) = self.find(css);
        self.command(&format!("/element/{id}/clear"), &json!({}));
        self.command(&format!("/element/{id}/value"), &json!({ "text": words }));
    }

    /// Presses keys, one after the other, wherever the focus is.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) {
        let stroke = |key: char| {
            let way = |way: &str| json!({ "type": way, "value": key.to_string() });
            [way("keyDown"), way("keyUp")]
        };
        let strokes: Vec<Value> = keys.chars().flat_map(stroke).collect();
        let source = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.command("/actions", &json!({ "actions": [source] }));
    }

    /// What a screen reader calls the element in focus, and its role.
    #[track_caller]
    pub(crate) fn focused(&self) -> (String, String) {
        let active = self.ask("/element/active");
        let id = active[ELEMENT].as_str().unwrap();
        let part = |part: &str| self.ask(&format!("/element/{id}/{part}"));
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        (text(part("computedrole")), text(part("computedlabel")))
    }

    /// What the browser's console has complained about since it was last asked.
    #[track_caller]
    pub(crate) fn complaints(&self) -> Vec<String> {
        let log = self.command("/se/log", &json!({ "type": "browser" }));
        let entries = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        entries.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Asks again and again until it is so; `meanwhile` runs in between.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, meanwhile: impl Fn(), so: impl Fn() -> bool) {
        for _ in 0..TRIES {
            if so() {
                return;
            }
            meanwhile();
            thread::sleep(PAUSE);
        }
        let page = self.run("return document.body.innerText");
        panic!("{what} never came on {}: {}", self.url(), page.as_str().unwrap_or_default());
    }

    /// Waits until an element reads like this.
    #[track_caller]
    pub(crate) fn reads(&self, css: &str, words: &str) {
        self.reads_after(css, words, || ());
    }

    /// Waits until an element reads like this; `meanwhile` runs in between.
    #[track_caller]
    pub(crate) fn reads_after(&self, css: &str, words: &str, meanwhile: impl Fn()) {
        // One question in one breath: the page may be leaving while it is asked.
        let question = format!(
            "return document.querySelector({css:?})?.textContent.includes({words:?}) ?? false"
        );
        let path = format!("/session/{}/execute/sync", self.session);
        let body = json!({ "script": question, "args": [] });
        let url = format!("{}{path}", self.address);
        let so = || {
            let mut answer = self.agent.post(&url).send_json(&body).unwrap();
            let body: Value = answer.body_mut().read_json().unwrap();
            body["value"] == true
        };
        self.until(words, meanwhile, so);
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let url = format!("{}/session/{}", self.address, self.session);
        let _ = self.agent.delete(url).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn wishes(profile: impl Display, script: bool) -> Value {
    let mut args: Vec<String> = FLAGS.iter().map(|&flag| flag.to_owned()).collect();
    args.push(format!("--user-data-dir={profile}"));
    let allowed = if script { 1 } else { 2 };
    let prefs = json!({ "profile.managed_default_content_settings.javascript": allowed });
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:chromeOptions": { "args": args, "prefs": prefs },
        "goog:loggingPrefs": { "browser": "ALL" },
    } } })
}
