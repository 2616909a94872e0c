//! Two thousand requests nobody thought of.

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::Busy;
use super::bodies::{TAKERS, Takes, seen};
use super::wire::{Ask, send};

const REQUESTS: u32 = 2000;

/// Parts of real requests, which random ones are mixed from, so that they get far.
const WORDS: &[&str] = &[
    "sku",
    "qty",
    "KILN-1",
    "APRON-S",
    "bundle",
    "starter",
    "code",
    "SPRING",
    "country",
    "GB",
    "US",
    "rate",
    "email",
    "ada@example.com",
    "name",
    "line1",
    "city",
    "postcode",
    "note",
    "action",
    "pay",
    "async",
    "cart_version",
    "quote_total",
    "remove",
    "1",
    "0",
    "-1",
    "999",
    "4294967296",
    "null",
    "true",
    "%00",
    "%ff",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "=",
    "&",
    "+",
    "%",
    "<b>",
    "\u{202e}",
    "9223372036854775807",
    "1e400",
    " ",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(WORDS).prop_map(str::to_owned),
        1 => "\\PC{0,20}",
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    vec((word(), word()), 0..8)
}

/// A content type and a body that often fits it.
fn body() -> impl Strategy<Value = (String, Vec<u8>)> {
    let form = "application/x-www-form-urlencoded";
    let typed = prop::sample::select(vec![
        form,
        "application/json",
        "application/json; charset=utf-16",
        "text/plain",
        "",
        "//",
    ]);
    let raw = prop_oneof![
        vec(any::<u8>(), 0..400),
        vec(word(), 0..30).prop_map(|words| words.concat().into_bytes()),
    ];
    prop_oneof![
        3 => pairs().prop_map(move |pairs| {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            (form.to_owned(), body.into_bytes())
        }),
        3 => pairs().prop_map(|pairs| {
            let value = |v: String| serde_json::from_str(&v).unwrap_or(serde_json::Value::from(v));
            let object: serde_json::Map<_, _> =
                pairs.into_iter().map(|(name, v)| (name, value(v))).collect();
            ("application/json".to_owned(), serde_json::Value::Object(object).to_string().into())
        }),
        2 => (typed, raw).prop_map(|(kind, body)| (kind.to_owned(), body)),
    ]
}

fn ask(paths: Vec<String>) -> impl Strategy<Value = Ask> {
    let known = prop::sample::select(paths);
    let path = prop_oneof![
        6 => known.clone(),
        2 => (known, "[!-~]{0,40}").prop_map(|(path, more)| format!("{path}{more}")),
        1 => "/[!-~]{0,60}",
    ];
    let query = prop_oneof![2 => Just(String::new()), 1 => "\\?[!-~]{0,60}"];
    let methods = vec!["GET", "POST", "POST", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"];
    let names = vec![
        "accept",
        "cookie",
        "content-encoding",
        "stripe-signature",
        "if-none-match",
        "range",
        "accept-encoding",
        "x-forwarded-for",
        "origin",
        "if-modified-since",
        "expect",
        "upgrade",
    ];
    let headers = vec((prop::sample::select(names), "[ -~]{0,40}"), 0..4);
    (prop::sample::select(methods), path, query, headers, body()).prop_map(
        |(method, path, query, headers, (kind, body))| {
            let ask = Ask::new(method, &format!("{path}{query}")).body(&kind, body);
            headers.into_iter().fold(ask, |ask, (name, value)| ask.header(name, &value))
        },
    )
}

/// A request that would be well but for one place in its body.
fn nearly_good(routes: Vec<(&'static str, String, Takes, String)>) -> impl Strategy<Value = Ask> {
    let place = any::<prop::sample::Index>();
    (prop::sample::select(routes), place, 0..4_usize, word()).prop_map(
        |((method, path, takes, body), place, cut, put)| {
            let chars: Vec<char> = body.chars().collect();
            let at = if chars.is_empty() { 0 } else { place.index(chars.len()) };
            let after = (at + cut).min(chars.len());
            let mut changed: String = chars[..at].iter().collect();
            changed.push_str(&put);
            changed.extend(&chars[after..]);
            let ask = Ask::new(method, &path);
            if [Takes::Form, Takes::Free].contains(&takes) {
                ask.form(changed)
            } else {
                ask.json(changed)
            }
        },
    )
}

// S3.60: fuzzed: no request makes the shop fail, and the books stay right.
#[test]
fn two_thousand_random_requests_are_answered_without_a_5xx() {
    let busy = Busy::open();
    let takers = TAKERS.iter().map(|t| (t.0, busy.address(t.1), t.2, seen(&busy, t.3))).collect();
    let paths = busy.routes().into_iter().map(|(_, pattern)| busy.address(&pattern)).collect();
    let config = Config { cases: REQUESTS, failure_persistence: None, ..Config::default() };
    let statuses = RefCell::new(BTreeMap::<u16, u32>::new());
    let answered = TestRunner::new(config).run(
        &prop_oneof![1 => ask(paths), 1 => nearly_good(takers)],
        |ask| {
            let with_cart = ask.body.len() % 2 == 0;
            let cookies = format!("{}; {}", busy.cookie, busy.desk);
            let ask = if with_cart { ask.header("cookie", &cookies) } else { ask };
            let reply = send(&busy.shop.base, &ask);
            let Some(reply) = reply else {
                return Err(TestCaseError::fail(format!("no answer to {}", ask.shown())));
            };
            prop_assert!(reply.status < 500, "{} to {}: {}", reply.status, ask.shown(), reply.body);
            *statuses.borrow_mut().entry(reply.status).or_default() += 1;
            // Before the edge there is only the protocol: those answers have no body.
            if reply.status >= 400 && ask.method != "HEAD" && !reply.body.is_empty() {
                reply.assert_problem(&ask.shown());
            }
            Ok(())
        },
    );
    answered.unwrap_or_else(|failed| panic!("{failed}"));
    // They got far enough to prove something: pages, changes, refusals of many kinds.
    let statuses = statuses.into_inner();
    println!("{statuses:?}");
    for status in [200, 303, 400, 404, 405, 409, 415, 422] {
        assert!(statuses.contains_key(&status), "{statuses:?}");
    }
    busy.shop.work_off();
    busy.shop.assert_audit();
    assert_eq!(send(&busy.shop.base, &Ask::get("/readyz")).unwrap().status, 200);
}
