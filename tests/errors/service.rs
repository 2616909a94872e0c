//! Errors passed on to a service that speaks Sentry's protocol, here a socket that listens.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use super::house::{Setup, TestShop};
use super::told;

/// A service that answers each request in turn, and tells what it was sent.
fn service(answers: &'static [&'static str]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://0a1b2c3d@{}/7", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut raw = Vec::new();
            let mut buffer = [0; 4096];
            loop {
                let read = stream.read(&mut buffer).unwrap();
                raw.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&raw);
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.to_lowercase();
                let length = length.split("content-length: ").nth(1).unwrap();
                let length: usize = length.lines().next().unwrap().trim().parse().unwrap();
                if body.len() >= length {
                    break;
                }
            }
            let answer =
                format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            tell.send(String::from_utf8(raw).unwrap()).unwrap();
        }
    });
    (dsn, told)
}

fn shop_with(dsn: String) -> TestShop {
    TestShop::with(Setup { settings: vec![("sentry_dsn", dsn)], ..Setup::default() })
}

fn report(shop: &TestShop, message: &str) {
    let told = told(message, "/cart?email=ada@example.com");
    assert_eq!(shop.browser().json("POST", "/api/browser-errors", &told).status, 204);
    shop.work_off();
}

// S1.44 S1.46: three lines, the operator's key, the release; nothing personal.
#[test]
fn an_error_is_passed_on_scrubbed() {
    let (dsn, told) = service(&["200 OK"]);
    let shop = shop_with(dsn);
    report(&shop, "no place for ada@example.com");
    let sent = told.recv_timeout(std::time::Duration::from_secs(20)).unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /api/7/envelope/ HTTP/1.1"), "{head}");
    assert!(head.contains("sentry_key=0a1b2c3d"), "{head}");
    assert!(!sent.contains("ada@example.com"), "{sent}");
    let lines: Vec<Value> = body.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["event_id"], lines[2]["event_id"]);
    assert_eq!(lines[1]["type"], "event");
    assert_eq!(lines[2]["exception"]["values"][0]["value"], "no place for ‹address›");
    assert_eq!(lines[2]["release"], format!("kiosk@{}", env!("CARGO_PKG_VERSION")));
    assert_eq!(lines[2]["environment"], "test");
    assert_eq!(lines[2]["transaction"], "/cart");
}

// S1.44: a service that is full or gone holds up nothing, and the shop's own list has it all.
#[test]
fn a_service_that_wants_no_more_is_left_alone() {
    let (dsn, told) = service(&["429 Too Many\r\nretry-after: 120", "200 OK"]);
    let shop = shop_with(dsn);
    let wait = std::time::Duration::from_secs(20);
    report(&shop, "first");
    told.recv_timeout(wait).unwrap();
    report(&shop, "second");
    assert!(told.try_recv().is_err(), "asked to wait");
    shop.advance_s(121);
    report(&shop, "third");
    assert!(told.recv_timeout(wait).unwrap().contains("third"));
    // Nobody listens any more.
    report(&shop, "fourth");
    assert_eq!(shop.number("SELECT count(*) FROM error_report"), 4);
}
