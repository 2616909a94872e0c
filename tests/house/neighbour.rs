//! Somebody else's program that hears of our orders: a small HTTP server that keeps what it was
//! told and answers as the test says.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server that hears. It ends with the test.
pub struct Neighbour {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    answer: Arc<Mutex<String>>,
}

/// One call.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Heard {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Neighbour {
    /// Says 200 until told otherwise.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let answer = Arc::new(Mutex::new("200 OK\r\ncontent-length: 4\r\n\r\nfine".to_owned()));
        let it = Self { address, heard, answer };
        let (heard, answer) = (Arc::clone(&it.heard), Arc::clone(&it.answer));
        std::thread::spawn(move || {
            for line in listener.incoming().flatten() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                std::thread::spawn(move || listen(&line, &heard, &answer));
            }
        });
        it
    }

    /// An address on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What is answered from now on: everything behind `HTTP/1.1 `.
    pub fn says(&self, answer: &str) {
        *self.answer.lock().unwrap() = answer.to_owned();
    }

    /// Every call so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }
}

fn listen(line: &TcpStream, heard: &Mutex<Vec<Heard>>, answer: &Mutex<String>) {
    let (mut out, mut said) = (line, BufReader::new(line));
    loop {
        let mut first = String::new();
        if said.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            said.read_line(&mut header).unwrap();
            let Some((name, value)) = header.trim_end().split_once(':') else { break };
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        said.read_exact(&mut body).unwrap();
        let body = String::from_utf8(body).unwrap();
        heard.lock().unwrap().push(Heard { path, headers, body });
        let answer = format!("HTTP/1.1 {}", answer.lock().unwrap());
        if out.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
