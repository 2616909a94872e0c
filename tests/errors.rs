//! What goes wrong is written down: once for each kind, with a sample and nothing personal, and
//! never at the cost of a request.
#![allow(unreachable_pub, reason = "each test binary is a crate of its own")]

#[path = "errors/desk.rs"]
mod desk;
#[path = "errors/service.rs"]
mod service;

mod house;
mod process;

use std::sync::Arc;
use std::time::{Duration, Instant};

use house::{Setup, TestShop};
use kiosk::base::fault::{Failure, Never};
use kiosk::base::{Clock, Fault, Randomness};
use kiosk::platform::jobs::{Bell, Diary, Job, Runner};
use kiosk::platform::telemetry::{self, Filter, Kind, Listed, Reports};
use kiosk::platform::web::{Edge, EdgeSettings, Error, Routes, endpoint};
use poem::{Endpoint, Request};
use process::Folder;
use serde_json::{Value, json};

fn errors(shop: &TestShop, filter: Filter) -> Vec<Listed> {
    let read = |read: &kiosk::platform::db::Read| {
        Ok::<_, Failure<Never>>(telemetry::list_errors(read, filter, None, 100)?)
    };
    shop.kit.db.read_blocking(read).unwrap()
}

/// Takes a table away, so that whatever needs it fails.
fn break_carts(shop: &TestShop) {
    let done = shop.kit.db.write_blocking(|tx| {
        tx.execute_batch("ALTER TABLE cart_line RENAME TO cart_line_gone")?;
        Ok::<_, Failure<Never>>(())
    });
    done.unwrap();
}

// S1.44 S1.46 S1.45: grouped, counted, with the request and the build.
#[test]
fn a_fault_is_one_row_however_often_it_happens() {
    let shop = TestShop::open();
    break_carts(&shop);
    let mut visitor = shop.browser();
    let mut last = String::new();
    for _ in 0..3 {
        let failed = visitor.get("/api/cart");
        if failed.status == 200 {
            // No cart is asked for before there is a visitor.
            assert_eq!(visitor.add("KILN-1", 1).status, 500);
        }
        let failed = visitor.post("/cart/lines", &[("sku", "KILN-1"), ("qty", "1")]);
        assert_eq!(failed.status, 500);
        last = failed.headers["x-request-id"].clone();
    }
    assert!(errors(&shop, Filter::All).is_empty(), "a request writes none");
    shop.work_off();
    let all = errors(&shop, Filter::Open);
    assert_eq!(all.len(), 1, "{all:#?}");
    let error = &all[0];
    assert_eq!((error.kind.as_str(), error.place.as_str()), ("fault", "/cart/lines"));
    assert!(error.count >= 3 && error.title.contains("cart_line"), "{error:?}");
    assert_eq!((error.status, error.request_id.as_deref()), (Some(500), Some(last.as_str())));
    assert_eq!(error.first_build, telemetry::build());
    assert!(telemetry::build().starts_with(env!("CARGO_PKG_VERSION")));

    let figures = visitor.get("/metrics").body;
    for line in [
        "kiosk_errors_open 1",
        "kiosk_errors_dropped_total{of=\"all\"} 0",
        "kiosk_request_seconds_bucket{route=\"/cart/lines\",le=\"+Inf\"}",
        "kiosk_responses_total{class=\"5xx\"}",
    ] {
        assert!(figures.contains(line), "{line} is not in\n{figures}");
    }
}

// S1.44: what was resolved and comes again is open again.
#[test]
fn an_error_that_comes_back_is_open_again() {
    let shop = TestShop::open();
    break_carts(&shop);
    let fail = || {
        shop.browser().add("KILN-1", 1);
        shop.work_off();
    };
    fail();
    let name = errors(&shop, Filter::Open)[0].fingerprint.clone();
    let (its_name, now) = (name.clone(), shop.kit.now());
    let resolved = shop.kit.db.write_blocking(move |tx| {
        let first = telemetry::resolve(tx, &its_name, "staff:ada", now)?;
        Ok::<_, Failure<Never>>((first, telemetry::resolve(tx, &its_name, "staff:bob", now)?))
    });
    assert_eq!(resolved.unwrap(), (true, false));
    assert!(errors(&shop, Filter::Open).is_empty());
    assert_eq!(errors(&shop, Filter::All)[0].resolved_by.as_deref(), Some("staff:ada"));
    fail();
    let again = errors(&shop, Filter::Open);
    assert_eq!((again.len(), again[0].count, &again[0].fingerprint), (1, 2, &name));
}

// S1.44 S1.48: a bug is told with its place in the program.
#[test]
fn a_panic_tells_where_it_was() {
    let reports = Reports::default();
    let boom = endpoint(|_: Request| async {
        if true {
            panic!("the glaze of ada@example.com ran");
        }
        Ok::<_, Error>("never")
    });
    let settings = EdgeSettings {
        public_url: "https://shop.test".into(),
        form_targets: Vec::new(),
        random: Randomness::seeded(1),
        pages: None,
        reports: reports.clone(),
        traffic: Arc::default(),
    };
    let edge = Edge::new(Routes::new().get("/kiln/:id", boom).finish().unwrap(), settings).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for id in [1, 2] {
        let request = Request::builder().uri(format!("/kiln/{id}").parse().unwrap()).finish();
        assert_eq!(runtime.block_on(edge.call(request)).unwrap().status(), 500);
    }
    let noted = reports.take();
    assert_eq!((noted.len(), noted[0].count), (1, 2));
    let report = &noted[0].report;
    assert_eq!((report.kind, report.place.as_str()), (Kind::Panic, "/kiln/:id"));
    assert!(
        report.title.starts_with("the glaze of ‹address› ran, at tests/errors.rs:"),
        "{report:?}"
    );
}

// S1.44: jobs are noticed as well, and go on.
#[test]
fn a_failing_job_is_noticed() {
    let (reports, bell) = (Reports::default(), Bell::default());
    let broken = || async { Err::<kiosk::platform::jobs::Found, _>(Fault::new("no disk")) };
    let jobs = vec![Job::new("sweep", Duration::from_secs(60), broken)];
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let notes = (&Diary::default(), &Clock::default());
        let runner = Runner::start(jobs, &bell, &reports, notes);
        let until = Instant::now() + Duration::from_secs(20);
        let noted = loop {
            let noted = reports.take();
            if !noted.is_empty() || Instant::now() > until {
                break noted;
            }
            tokio::task::yield_now().await;
        };
        runner.stop().await;
        let report = &noted[0].report;
        assert_eq!((report.kind, report.place.as_str()), (Kind::Job, "sweep"));
        assert_eq!(report.title, "no disk");
    });
}

fn told(message: &str, page: &str) -> Value {
    json!({ "message": message, "page": page, "at": "https://shop.test/assets/js/shop.js:3:1",
            "stack": "at add (https://shop.test/assets/js/shop.3f9a1c20bb.js:12:7)" })
}

// S1.43: a browser's errors are grouped with the rest; no query, no token.
#[test]
fn browsers_tell_what_went_wrong() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let page = "/order/0f3c9a7d5e6b4c2a91d8e7f60f3c9a7d5e6b4c2a91d8e7f6?email=ada@example.com";
    for _ in 0..2 {
        let heard =
            visitor.json("POST", "/api/browser-errors", &told("TypeError: x is null", page));
        assert_eq!((heard.status, heard.body.as_str()), (204, ""));
    }
    shop.work_off();
    let all = errors(&shop, Filter::Open);
    assert_eq!((all.len(), all[0].count), (1, 2));
    assert_eq!((all[0].kind.as_str(), all[0].place.as_str()), ("browser", "/order/‹token›"));
    assert!(all[0].detail.contains("shop.3f9a1c20bb.js:12:7"), "{}", all[0].detail);
}

// S1.43: little is read, from our own pages only.
#[test]
fn strangers_cannot_say_much() {
    let shop =
        TestShop::with(Setup { settings: vec![("limits", "on".to_owned())], ..Setup::default() });
    let mut visitor = shop.browser();
    let say = |visitor: &mut house::Browser, body: &Value, site: &str| {
        let headers = [("content-type", "application/json"), ("sec-fetch-site", site)];
        visitor.send("/api/browser-errors", &headers, body.to_string().as_bytes()).status
    };
    assert_eq!(say(&mut visitor, &told("x", "/"), "cross-site"), 403);
    assert_eq!(say(&mut visitor, &told(&"x".repeat(9000), "/"), "same-origin"), 413);
    let mut more = told("x", "/");
    more["cookie"] = "secret".into();
    assert_eq!(say(&mut visitor, &more, "same-origin"), 422);
    let statuses: Vec<u16> =
        (0..12).map(|n| say(&mut visitor, &told(&format!("{n}"), "/"), "same-origin")).collect();
    assert!(statuses.contains(&204) && statuses.ends_with(&[429, 429]), "{statuses:?}");
    assert_eq!(visitor.get("/api/browser-errors").status, 405);
}

// S1.49: a test error is sent, seen and resolved from a terminal.
#[test]
fn a_test_error_arrives() {
    let folder = Folder::base();
    folder.run(&["errors", "list"]).could_not();
    let served = folder.serve();
    let sent = folder.run(&["errors", "test"]).ended(0);
    assert!(sent.contains("arrived, for the 1. time"), "{sent}");
    assert!(sent.contains("KIOSK_SENTRY_DSN"), "{sent}");
    let name = sent.split(' ').next().unwrap();
    let list = folder.run(&["errors", "list"]).ended(0);
    assert!(list.contains(name) && list.contains("A test error"), "{list}");
    let shown = folder.run(&["errors", "show", name]).ended(0);
    assert!(shown.contains("how often 1"), "{shown}");
    folder.run(&["errors", "resolve", name]).ended(0);
    assert_eq!(folder.run(&["errors", "list"]).ended(0), "No errors.\n");
    let all = folder.run(&["errors", "list", "--all", "--json"]).ended(0);
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all[0]["resolved_by"], "command line");
    assert!(folder.run(&["errors", "show", "0"]).could_not().contains("errors list"));
    served.stop();
}
