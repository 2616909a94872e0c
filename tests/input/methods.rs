//! Wrong methods, `HEAD`, and what every answer carries whatever its status.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::wire::{Ask, send};
use super::{Busy, Method};
use crate::house::{FakeProvider, Setup, TestShop};
use crate::process::buyer;

const ALL: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"];

/// Patterns with the methods they answer; a page held ready also answers where only a form is.
fn answered(busy: &Busy) -> BTreeMap<String, BTreeSet<String>> {
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path) in busy.routes() {
        let methods = all.entry(path).or_default();
        methods.insert(method.to_string());
        if method == Method::GET {
            methods.insert("HEAD".to_owned());
        }
    }
    for page in ["/", "/product/kiln/", "/page/about/"] {
        all.entry(page.to_owned()).or_default().extend(["GET".to_owned(), "HEAD".to_owned()]);
    }
    all
}

// S0.31: a method that is not answered is refused with the list of those that are.
#[test]
fn a_wrong_method_is_told_the_right_ones() {
    let busy = Busy::open();
    busy.unchanged(|busy| {
        for (pattern, methods) in answered(busy) {
            let path = busy.address(&pattern);
            for method in ALL.into_iter().filter(|method| !methods.contains(*method)) {
                let reply = busy.ask(Ask::new(method, &path));
                assert_eq!(reply.status, 405, "{method} {path}: {}", reply.body);
                reply.assert_dressed(&path);
                if method != "HEAD" {
                    reply.assert_problem(&path);
                }
                let allow = reply.header("allow").unwrap_or_default();
                let allowed: BTreeSet<String> = allow.split(", ").map(str::to_owned).collect();
                let mut right = methods.clone();
                right.insert("OPTIONS".to_owned());
                assert_eq!(allowed, right, "{method} {path}");
            }
            let reply = busy.ask(Ask::new("OPTIONS", &path));
            assert_eq!(reply.status, 204, "{path}");
            assert!(reply.header("allow").is_some() && reply.body.is_empty(), "{path}");
            reply.assert_dressed(&path);
        }
        for method in ["POST", "PUT", "BREW"] {
            busy.refused(Ask::new(method, "/nowhere"), &[404, 405]);
        }
    });
}

// S3.60, S4.30: HEAD is GET without the body, everywhere; reading never writes.
#[test]
fn head_answers_wherever_get_does_and_neither_writes() {
    let busy = Busy::open();
    busy.unchanged(|busy| {
        for (pattern, methods) in answered(busy) {
            if !methods.contains("GET") {
                continue;
            }
            let path = busy.address(&pattern);
            for accept in ["text/html", "application/json"] {
                let get = busy.ask(Ask::get(&path).header("accept", accept));
                let head = busy.ask(Ask::new("HEAD", &path).header("accept", accept));
                assert_eq!(get.status, head.status, "{path}");
                assert!(get.status < 500 && head.body.is_empty(), "{path}");
                for name in ["content-type", "etag", "location", "content-length"] {
                    // Every answer is counted in the figures, so the next ones are longer.
                    if (name, path.as_str()) == ("content-length", "/metrics") {
                        continue;
                    }
                    assert_eq!(get.header(name), head.header(name), "{name} of {path}");
                }
                get.assert_dressed(&path);
                head.assert_dressed(&path);
            }
        }
    });
}

// S0.31: the security headers are on every answer, good or bad.
#[test]
fn every_status_carries_the_security_headers() {
    let busy = Busy::open();
    let etag = busy.ask(Ask::get("/")).header("etag").unwrap().to_owned();
    let order = format!("/order/{}", busy.token);
    let add = |body: &str| Ask::new("POST", "/api/cart/lines").json(body.to_owned());
    let asks = [
        (200, Ask::get("/")),
        (200, Ask::get("/healthz")),
        (200, Ask::get(&order)),
        (200, Ask::get("/api/cart")),
        (201, add(r#"{"sku":"GLAZE-6","qty":1}"#)),
        (204, Ask::new("OPTIONS", "/cart")),
        (303, Ask::new("POST", "/cart/lines").form("sku=GLAZE-6")),
        (304, Ask::get("/").header("if-none-match", &etag)),
        (308, Ask::get("/product/kiln")),
        (400, Ask::new("POST", "/hooks/stripe").json("{}")),
        (403, Ask::new("POST", "/cart/clear").header("sec-fetch-site", "cross-site")),
        (404, Ask::get("/nowhere")),
        (404, Ask::get("/api/nowhere")),
        (405, Ask::new("PUT", "/cart")),
        (409, add(r#"{"sku":"KILN-1","qty":900}"#)),
        (413, add(&" ".repeat(100_000))),
        (415, Ask::new("POST", "/cart/lines").body("text/plain", "x")),
        (422, add(r#"{"sku":"KILN-1","qty":"x"}"#)),
    ];
    for (status, ask) in asks {
        let shown = ask.shown();
        let reply = busy.ask(ask);
        assert_eq!(reply.status, status, "{shown}: {}", reply.body);
        reply.assert_dressed(&shown);
        if status >= 400 {
            reply.assert_problem(&shown);
        }
    }
}

// S4.41: too many requests are refused like everything else, and told when to come back.
#[test]
fn a_caller_in_a_hurry_is_asked_to_wait() {
    let settings = vec![("limits", "on".to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    let ask = Ask::new("POST", "/cart/codes").form("code=NONE");
    let refused = (0..50).map(|_| send(&shop.base, &ask).unwrap()).find(|r| r.status == 429);
    let refused = refused.expect("nobody may try codes without end");
    refused.assert_dressed("a code");
    refused.assert_problem("a code");
    assert!(refused.header("retry-after").is_some_and(|s| s.parse::<u32>().is_ok_and(|s| s > 0)));
}

// S0.31: what breaks on our side or at the provider's is told in the same form, and shows
// nothing of what broke.
#[test]
fn a_fault_is_dressed_like_every_answer_and_shows_nothing_of_itself() {
    let provider = Arc::new(FakeProvider::new(1));
    let setup = Setup { provider: Some(Arc::clone(&provider) as _), ..Setup::default() };
    let shop = TestShop::with(setup);
    let mut visitor = shop.browser();
    visitor.add("GLAZE-6", 1);
    let cookie = format!("visitor={}", visitor.cookies["visitor"]);
    let body = buyer(&visitor.get("/api/cart").json()).to_string();
    let ask = |ask: Ask, status: u16, slug: &str| {
        let shown = ask.shown();
        let reply = send(&shop.base, &ask.header("cookie", &cookie)).unwrap();
        assert_eq!(reply.status, status, "{}", reply.body);
        reply.assert_dressed(&shown);
        reply.assert_problem(&shown);
        assert_eq!(reply.json()["type"], format!("/problems/{slug}"));
        reply
    };
    let checkout = || Ask::new("POST", "/api/checkout").json(body.clone());
    provider.set_down(true);
    let reply = ask(checkout(), 503, "payment-provider-down");
    assert!(reply.header("retry-after").is_some());
    provider.set_down(false);
    provider.set_overcharge(1);
    ask(checkout(), 502, "payment-amount-differs");
    // Somebody pulls a table away under the running shop.
    let database = shop.dir.path().join("data/kiosk.db");
    let database = rusqlite::Connection::open(database).unwrap();
    database.execute_batch("ALTER TABLE cart_line RENAME TO elsewhere").unwrap();
    let reply = ask(Ask::get("/api/cart"), 500, "internal-error");
    assert!(!reply.body.contains("cart_line") && !reply.body.contains("SELECT"), "{}", reply.body);
    assert!(reply.json()["request_id"].is_string());
    let page = Ask::get("/cart").header("accept", "text/html").header("cookie", &cookie);
    let page = send(&shop.base, &page).unwrap();
    assert!(page.status == 500 && page.is("text/html"), "{}", page.body);
    let id = page.header("x-request-id").unwrap();
    assert!(page.body.contains(id) && !page.body.contains("cart_line"), "{}", page.body);
    // The pages of the shop need no database.
    assert_eq!(send(&shop.base, &Ask::get("/product/kiln/")).unwrap().status, 200);
}
