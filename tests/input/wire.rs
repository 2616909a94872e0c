//! Requests as bytes on a line, so that also what no client library would send can be sent.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// Bytes of a request shown when it fails a test.
const SHOWN_MAX: usize = 300;

/// Headers every answer carries, with what must be in them.
const DRESS: [(&str, &str); 8] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; script-src 'self'; "),
    ("content-security-policy", "frame-ancestors 'none'"),
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-request-id", ""),
];

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Ask {
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.header("content-type", kind)
    }

    pub fn form(self, body: impl Into<Vec<u8>>) -> Self {
        self.body("application/x-www-form-urlencoded", body)
    }

    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.body("application/json", body)
    }

    /// For messages.
    pub fn shown(&self) -> String {
        let start = &self.body[..self.body.len().min(SHOWN_MAX)];
        let path: String = self.path.chars().take(SHOWN_MAX).collect();
        let start = String::from_utf8_lossy(start);
        format!("{} {path} {:.300?} {start}", self.method, self.headers)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn is(&self, kind: &str) -> bool {
        self.header("content-type").is_some_and(|given| given.starts_with(kind))
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The security headers, once each.
    #[track_caller]
    pub fn assert_dressed(&self, shown: &str) {
        for (name, part) in DRESS {
            let given: Vec<&(String, String)> =
                self.headers.iter().filter(|(known, _)| known == name).collect();
            assert_eq!(given.len(), 1, "{name} of {} to {shown}", self.status);
            // A letter is shown in a frame, where nothing of it runs.
            if shown.contains("/admin/messages/") && given[0].1.starts_with("sandbox; ") {
                assert!(given[0].1.contains("default-src 'none'; img-src"), "{}", given[0].1);
                assert!(!given[0].1.contains("allow-"), "{}", given[0].1);
                continue;
            }
            assert!(given[0].1.contains(part), "{name}: {} to {shown}", given[0].1);
        }
        assert!(self.header("cache-control").is_some(), "no cache-control to {shown}");
    }

    /// One form for every failure: a document with the four members, or a page that shows it.
    #[track_caller]
    pub fn assert_problem(&self, shown: &str) {
        if self.is("text/html") {
            return;
        }
        assert!(self.is("application/problem+json"), "{:?} to {shown}", self.headers);
        let document = self.json();
        let slug = document["type"].as_str().and_then(|kind| kind.strip_prefix("/problems/"));
        assert!(slug.is_some_and(|slug| !slug.is_empty()), "{document} to {shown}");
        assert_eq!(document["status"], self.status, "{document} to {shown}");
        for member in ["title", "detail"] {
            let text = document[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "no {member} in {document} to {shown}");
        }
    }
}

/// Sends a request; nothing when the line was closed without an answer.
pub fn send(base: &str, ask: &Ask) -> Option<Reply> {
    let mut head = format!("{} {} HTTP/1.1\r\n", ask.method, ask.path);
    let host = base.trim_start_matches("http://");
    for (name, value) in &ask.headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    write!(head, "host: {host}\r\nconnection: close\r\n").unwrap();
    let named = |name: &str| ask.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let sends_body = !ask.body.is_empty() || !["GET", "HEAD"].contains(&ask.method.as_str());
    if sends_body && !named("content-length") && !named("transfer-encoding") {
        write!(head, "content-length: {}\r\n", ask.body.len()).unwrap();
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&ask.body);
    exchange(host, &bytes).and_then(|answer| parse(&answer))
}

/// Sends bytes as they are and reads until the line is closed.
pub fn exchange(host: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut line = TcpStream::connect(host).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    line.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut writing = line.try_clone().unwrap();
    std::thread::scope(|scope| {
        // An early answer, such as 413, ends the writing in an error: that is its right.
        scope.spawn(move || {
            let _ = writing.write_all(bytes);
        });
        let mut answer = Vec::new();
        let read = line.read_to_end(&mut answer);
        let _ = line.shutdown(Shutdown::Both);
        (read.is_ok() || !answer.is_empty()).then_some(answer)
    })
}

/// Reads an answer whose end is the end of the line.
pub fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let body = String::from_utf8_lossy(&answer[end + 4..]).into_owned();
    let mut reply = Reply { status, headers, body };
    if reply.header("transfer-encoding") == Some("chunked") {
        reply.body = without_chunks(&reply.body);
    }
    Some(reply)
}

fn without_chunks(body: &str) -> String {
    let (mut whole, mut rest) = (String::new(), body);
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            break;
        }
        whole.push_str(after.get(..size).unwrap_or_default());
        rest = after.get(size..).unwrap_or_default().trim_start_matches("\r\n");
    }
    whole
}
