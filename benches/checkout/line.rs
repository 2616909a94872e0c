//! Buyers and a provider at the other end of the line: the least that speaks HTTP, so that what is
//! measured is the shop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use crate::shop::submission;
use crate::{CLIENTS, ROUND};

/// Between two deliveries.
const PACE: Duration = Duration::from_millis(20);

/// Buyers ever sent, so that no two are the same.
static BUYERS: AtomicU64 = AtomicU64::new(0);

/// A kept connection.
struct Line {
    stream: TcpStream,
    host: String,
    answer: Vec<u8>,
}

impl Line {
    fn open(base: &str) -> Self {
        let host = base.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { stream, host, answer: Vec::new() }
    }

    /// Posts JSON; the answer's status.
    fn post(&mut self, path: &str, headers: &str, body: &str) -> u16 {
        let (host, length) = (&self.host, body.len());
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n{headers}\r\n{body}"
        );
        self.stream.write_all(request.as_bytes()).unwrap();
        self.answer.clear();
        let mut piece = [0; 8192];
        loop {
            let read = self.stream.read(&mut piece).unwrap();
            assert!(read > 0, "the shop closed the line");
            self.answer.extend_from_slice(&piece[..read]);
            if let Some(end) = self.answer.windows(4).position(|w| w == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.answer[..end]).to_lowercase();
                let length = head.split("content-length: ").nth(1).map_or(0, |rest| {
                    rest.split("\r\n").next().unwrap_or_default().parse().unwrap_or(0)
                });
                if self.answer.len() >= end + 4 + length {
                    return head[9..12].parse().unwrap();
                }
            }
        }
    }
}

/// Checkouts in a second by many buyers at once, and how long each waited, ms.
pub(crate) fn round(base: &str) -> (f64, Vec<f64>) {
    let begun = Instant::now();
    let took: Vec<f64> = thread::scope(|scope| {
        let buyer = || {
            let mut line = Line::open(base);
            let mut took = Vec::new();
            while begun.elapsed() < ROUND {
                let body = submission(BUYERS.fetch_add(1, Relaxed)).to_string();
                let asked = Instant::now();
                let status = line.post("/api/checkout", "", &body);
                assert_eq!(status, 201, "{}", String::from_utf8_lossy(&line.answer));
                took.push(asked.elapsed().as_secs_f64() * 1e3);
            }
            took
        };
        let buyers: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(buyer)).collect();
        buyers.into_iter().flat_map(|buyer| buyer.join().unwrap()).collect()
    });
    (took.len() as f64 / begun.elapsed().as_secs_f64(), took)
}

/// Sends every event at its time on four lines; how long after its time each was answered, ms.
pub(crate) fn deliver(base: &str, hooks: &[(String, String)]) -> Vec<f64> {
    let begun = Instant::now();
    thread::scope(|scope| {
        let lines: Vec<_> = (0..4)
            .map(|first| {
                scope.spawn(move || {
                    let mut line = Line::open(base);
                    let mut took = Vec::new();
                    for (n, (body, signature)) in hooks.iter().enumerate().skip(first).step_by(4) {
                        let due = begun + PACE * u32::try_from(n).unwrap();
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        let header = format!("stripe-signature: {signature}\r\n");
                        assert_eq!(line.post("/hooks/stripe", &header, body), 200);
                        took.push(due.elapsed().as_secs_f64() * 1e3);
                    }
                    took
                })
            })
            .collect();
        lines.into_iter().flat_map(|line| line.join().unwrap()).collect()
    })
}
