//! The web machinery from outside: real sockets, raw bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at the first surprise"
)]

mod site;

use site::*;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kiosk::platform::web::ServeLimits;
use tokio::sync::oneshot;

#[test]
fn head_is_get_without_its_body() {
    let site = open();
    for path in ["/hello", "/page", "/nowhere", "/numbers/7"] {
        let (get, head) =
            (site.ask(&format!("GET {path}"), "", ""), site.ask(&format!("HEAD {path}"), "", ""));
        assert_eq!(head.status, get.status);
        assert_eq!(head.body, "");
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
        for name in ["content-type", "etag", "cache-control"] {
            assert_eq!(head.header(name), get.header(name));
        }
    }
}

#[test]
fn another_method_is_refused_with_what_is_allowed() {
    let site = open();
    let refused = site.ask("PUT /hello", "", "");
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS");
    assert_eq!(refused.problem()["type"], "/problems/method-not-allowed");
    let asked = site.ask("OPTIONS /wishes", "", "");
    assert_eq!((asked.status, asked.header("allow")), (204, "POST, OPTIONS"));
}

#[test]
fn every_answer_carries_the_security_headers() {
    let site = open();
    let large = "x".repeat(70_000);
    let answers = [
        (200, site.ask("GET /hello", "", "")),
        (404, site.ask("GET /nowhere", "", "")),
        (405, site.ask("DELETE /hello", "", "")),
        (413, site.ask("POST /wishes", FORM, &large)),
        (500, site.ask("GET /panic", "", "")),
        (304, site.ask("GET /page", "if-none-match: \"h1\"\r\n", "")),
        (403, site.ask("POST /wishes", "sec-fetch-site: cross-site\r\n", "")),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; \
             form-action 'self' https://pay.test; base-uri 'none'; object-src 'none'; \
             frame-ancestors 'none'"
        );
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert!(answer.header("permissions-policy").contains("camera=()"));
        assert_eq!(
            answer.header("strict-transport-security"),
            "max-age=63072000; includeSubDomains"
        );
        assert_eq!(answer.header("x-request-id").len(), 16);
        let cached = if status == 304 { "public, max-age=60" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), cached, "{status}");
    }
}

// S0.31: problem details on every failure.
#[test]
fn every_failure_is_a_problem_document() {
    let site = open();
    let cases = [
        ("GET /nowhere", "", "", 404, "not-found"),
        ("GET /numbers/x", "", "", 404, "not-found"),
        ("GET /names/%FF", "", "", 404, "not-found"),
        ("POST /wishes", FORM, "sku=a&count=b", 422, "invalid-fields"),
        ("POST /wishes", FORM, "sku=%FF&count=1", 400, "unreadable-request"),
        ("POST /wishes", "content-type: text/plain\r\n", "x", 415, "unsupported-media-type"),
        ("POST /wishes", "content-encoding: gzip\r\n", "x", 415, "unsupported-media-type"),
        ("POST /wishes", "origin: https://evil.test\r\n", "", 403, "cross-site"),
        ("GET /fault", "", "", 500, "internal-error"),
        ("GET /busy", "", "", 503, "busy"),
        ("GET /api/nowhere", "accept: text/html\r\n", "", 404, "not-found"),
    ];
    for (line, headers, body, status, slug) in cases {
        let answer = site.ask(line, headers, body);
        assert_eq!(answer.status, status, "{line} {body}");
        assert_eq!(answer.problem()["type"], format!("/problems/{slug}"));
        assert!(!answer.body.contains("secret"));
    }
    assert_eq!(site.ask("GET /busy", "", "").header("retry-after"), "2");
    let invalid = site.ask("POST /wishes", FORM, "sku=a");
    assert_eq!(invalid.problem()["errors"][0]["field"], "count");
    let fine = site.ask("POST /wishes", FORM, "sku=%C3%A4&count=2");
    assert_eq!((fine.status, fine.body.as_str()), (200, "2 ä"));
    assert_eq!(site.ask("GET /names/a%20b", "", "").body, "a b");
}

// S4.46: people get pages for 404 and 500.
#[test]
fn a_browser_gets_a_page() {
    let site = open();
    for (path, status, title) in
        [("/nowhere", 404, "Not found"), ("/panic", 500, "Something went wrong")]
    {
        let page = site.ask(&format!("GET {path}"), "accept: text/html,*/*;q=0.8\r\n", "");
        assert_eq!(page.status, status);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.body, format!("<h1>{title}</h1><p>{}", page.header("x-request-id")));
    }
}

#[test]
fn a_panic_is_answered_and_the_line_lives_on() {
    let site = open();
    let mut stream = site.connect();
    stream.write_all(b"GET /panic HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    stream.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut raw = String::new();
    stream.read_to_string(&mut raw).unwrap();
    assert!(raw.starts_with("HTTP/1.1 500"), "{raw}");
    assert!(raw.contains("HTTP/1.1 200"), "{raw}");
    assert!(!raw.contains("secret"));
    assert_eq!(site.ask("GET /hello", "", "").status, 200);
}

#[test]
fn a_body_beyond_the_limit_is_refused_announced_or_not() {
    let site = open();
    let announced = site.ask("POST /wishes", FORM, &"x".repeat(10 * 1024 * 1024));
    assert_eq!(announced.status, 413);
    announced.problem();

    let mut chunked = format!(
        "POST /wishes HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{FORM}\
         transfer-encoding: chunked\r\n\r\n"
    );
    let piece = format!("400\r\n{}\r\n", "x".repeat(1024));
    chunked.push_str(&piece.repeat(100));
    chunked.push_str("0\r\n\r\n");
    assert_eq!(site.send(chunked.as_bytes()).status, 413);

    let hook = site.ask("POST /hooks/in", "sec-fetch-site: cross-site\r\n", &"x".repeat(500_000));
    assert_eq!((hook.status, hook.body.as_str()), (200, "500000"));
}

// A line that will be closed says so, or the sender's next request is lost on it.
#[test]
fn a_refusal_before_the_body_announces_the_end_of_the_line() {
    let site = open();
    let head = "POST /wishes HTTP/1.1\r\nhost: x\r\ncontent-length: 12\r\n";
    let mut line = site.connect();
    line.write_all(format!("{head}sec-fetch-site: cross-site\r\n\r\n").as_bytes()).unwrap();
    let mut raw = Vec::new();
    line.read_to_end(&mut raw).unwrap();
    let refused = Answer::parse(&raw);
    assert_eq!((refused.status, refused.header("connection")), (403, "close"));

    let mut line = site.connect();
    line.write_all(format!("{head}{FORM}\r\nsku=A&count=").as_bytes()).unwrap();
    let mut first = [0; 12];
    line.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 422");
    line.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut rest = String::new();
    line.read_to_string(&mut rest).unwrap();
    assert_eq!(rest.matches("connection: close").count(), 1, "{rest}");
    assert!(rest.ends_with("hello"), "{rest}");
}

#[test]
fn smuggled_lengths_and_huge_headers_are_refused() {
    let site = open();
    let two =
        b"POST /wishes HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab";
    assert_eq!(site.send(two).status, 400);
    let huge = format!("GET /hello HTTP/1.1\r\nhost: x\r\nx-a: {}\r\n\r\n", "a".repeat(66_000));
    assert_eq!(site.send(huge.as_bytes()).status, 431);
    let many = "x-a: 1\r\n".repeat(150);
    let many = format!("GET /hello HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    assert_eq!(site.send(many.as_bytes()).status, 431);
    assert_eq!(site.ask("GET /hello", "", "").status, 200);
}

fn short() -> ServeLimits {
    let short = Duration::from_millis(200);
    ServeLimits {
        first_byte: short,
        header: short,
        idle: short,
        write_stall: short,
        body: short,
        body_bytes_per_s: 16 * 1024,
        ..ServeLimits::default()
    }
}

#[test]
fn slow_lines_are_cut() {
    let site = Site::open(short());
    let mut raw = Vec::new();

    site.connect().read_to_end(&mut raw).unwrap();
    assert!(raw.is_empty(), "nothing sent");

    let mut half = site.connect();
    half.write_all(b"GET /hello HTTP/1.1\r\nhost:").unwrap();
    half.read_to_end(&mut raw).unwrap();
    assert!(raw.is_empty(), "half a header");

    let mut idle = site.connect();
    idle.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    idle.read_to_end(&mut raw).unwrap();
    assert!(raw.starts_with(b"HTTP/1.1 200"), "an idle line is closed after its answer");

    let slow = format!("POST /wishes HTTP/1.1\r\nhost: x\r\n{FORM}content-length: 9\r\n\r\nsku=");
    let answer = site.send(slow.as_bytes());
    assert_eq!(answer.status, 408);
    answer.problem();

    let slow_handler = site.ask("GET /api/slow", "", "");
    assert_eq!(slow_handler.body, "done", "a slow handler is not a slow line");

    let mut deaf = site.connect();
    deaf.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_secs(1));
    raw.clear();
    let end = deaf.read_to_end(&mut raw);
    assert!(end.is_err() || raw.len() < 64 * 1024 * 1024, "a reader that stalls is cut");
}

#[test]
fn an_address_has_so_many_lines_and_no_more() {
    let site = open();
    let mut lines: Vec<TcpStream> = (0..64).map(|_| site.connect()).collect();
    for line in &mut lines {
        line.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut first = [0; 12];
        line.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
    }
    let mut raw = Vec::new();
    site.connect().read_to_end(&mut raw).ok();
    assert!(raw.is_empty(), "the 65th is closed without an answer");
    drop(lines);
    let served = (0..100).any(|_| {
        let mut line = site.connect();
        std::thread::sleep(Duration::from_millis(20));
        line.write_all(b"GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok();
        let mut raw = Vec::new();
        line.read_to_end(&mut raw).is_ok() && raw.starts_with(b"HTTP/1.1 200")
    });
    assert!(served, "places come back");

    let exempt =
        ServeLimits { unlimited: vec!["127.0.0.0/8".parse().unwrap()], ..ServeLimits::default() };
    let site = Site::open(exempt);
    let lines: Vec<TcpStream> = (0..80).map(|_| site.connect()).collect();
    assert_eq!(site.ask("GET /hello", "", "").status, 200);
    drop(lines);
}

#[test]
fn shutdown_lets_an_open_request_finish() {
    let mut site = open();
    let mut line = site.connect();
    let idle = site.connect();
    line.write_all(b"GET /api/slow HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(100));
    site.stop.take().unwrap().send(()).unwrap();
    site.stop = Some(oneshot::channel().0);
    let mut raw = String::new();
    line.read_to_string(&mut raw).unwrap();
    assert!(raw.starts_with("HTTP/1.1 200") && raw.ends_with("done"), "{raw}");
    drop(idle);
}
