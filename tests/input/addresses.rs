//! Bad addresses and queries, ways out of the folders, and words that want to be markup.

use super::wire::{Ask, exchange, parse, send};
use super::{Busy, Method};
use crate::house::Browser;

/// What must never come back as markup.
const SCRIPT: &str = "<script>alert(1)</script>";
const SCRIPT_ENCODED: &str = "%3Cscript%3Ealert(1)%3C%2Fscript%3E";

fn gets(busy: &Busy) -> Vec<String> {
    let routes = busy.routes().into_iter().filter(|(method, _)| *method == Method::GET);
    let pages = ["/product/kiln/", "/category/studio/", "/page/about/", "/nowhere"];
    routes.map(|(_, path)| path).chain(pages.map(str::to_owned)).collect()
}

// S3.60: parameters of the path are looked up, never believed.
#[test]
fn strange_parameters_of_a_path_name_nothing() {
    let busy = Busy::open();
    let long = "a".repeat(8000);
    let strange = [
        "0",
        "-1",
        "%00",
        "%2e%2e",
        "..%2f..%2fetc%2fpasswd",
        "..%5c..%5cboot.ini",
        "%ff%fe",
        "%F0%9F%98%80",
        "'%20OR%201=1--",
        "%25%32%65",
        "a%0d%0aSet-Cookie:%20x=1",
        "*",
        ":id",
        SCRIPT_ENCODED,
        &long,
    ];
    busy.unchanged(|busy| {
        let patterns = gets(busy);
        for pattern in patterns.iter().filter(|path| path.contains([':', '*'])) {
            for value in strange {
                let parts = pattern.split('/');
                let parts = parts.map(|p| if p.starts_with([':', '*']) { value } else { p });
                let path = parts.collect::<Vec<_>>().join("/");
                for accept in ["application/json", "text/html"] {
                    let reply =
                        busy.refused(Ask::get(&path).header("accept", accept), &[400, 404, 410]);
                    assert!(!reply.body.contains(SCRIPT), "{path}: {}", reply.body);
                    assert_eq!(reply.header("set-cookie"), None, "{path}");
                }
            }
        }
    });
}

// S3.60: queries are read within limits; what cannot be read is refused or left out.
#[test]
fn strange_queries_never_break_a_page() {
    let busy = Busy::open();
    let long = format!("q={}", "a".repeat(50_000));
    let many = "sku=KILN-1&".repeat(4000);
    let strange = [
        "q=%ff",
        "%ff=1",
        "q=%00",
        "q",
        "=",
        "&&&",
        "q=a&q=b",
        "page=0",
        "page=-1",
        "page=1e9",
        "page=99999999999999999999",
        "sort=DROP",
        "min=NaN",
        "max=-5",
        "min=9&max=1",
        "sku=",
        "sku=%00",
        "from=payment&from=cancel",
        "session_id[]=1",
        "session_id=%27",
        "q=%22%2A%28NEAR",
        "q=AND%20OR%20NOT",
        "q=%2A",
        "q=-a",
        "category=..%2f..",
        SCRIPT_ENCODED,
        &long,
        &many,
    ];
    busy.unchanged(|busy| {
        for pattern in gets(busy) {
            for query in strange {
                let path = format!("{}?{query}", busy.address(&pattern));
                let reply = busy.ask(Ask::get(&path).header("accept", "text/html"));
                assert!(reply.status < 500, "{} to {path}", reply.status);
                reply.assert_dressed(&path);
                if reply.status >= 400 {
                    reply.assert_problem(&path);
                }
            }
        }
    });
}

// S3.60: only what the edition holds can be read; no address is joined to a folder.
#[test]
fn no_address_leads_out_of_the_shop() {
    let busy = Busy::open();
    let secrets = [
        "/../../../etc/passwd",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/../../../../etc/passwd",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "//etc/passwd",
        "/images/..%2f..%2fshop.toml",
        "/images/../shop.toml",
        "/.git/config",
        "/kiosk.toml",
        "/data/kiosk.db",
        "/data/secret.key",
        "/kiosk.db",
        "/shop.toml",
        "/content/shop.toml",
        "/products/kiln.toml",
        "/assets/",
        "/images/",
        "/%00",
        "/index.html%00.jpg",
        "/page/about/..%2f..%2f",
        "/..;/shop.toml",
        "/%c0%ae%c0%ae/shop.toml",
        "/./shop.toml",
        "/C:/boot.ini",
        "/file:///etc/passwd",
        "/\\..\\shop.toml",
    ];
    busy.unchanged(|busy| {
        for path in secrets {
            let reply = busy.ask(Ask::get(path).header("accept", "text/html"));
            assert!([400, 404].contains(&reply.status), "{} to {path}", reply.status);
            for word in ["root:", "[package]", "schema   =", "SQLite format"] {
                assert!(!reply.body.contains(word), "{path}: {}", reply.body);
            }
        }
    });
}

// S3.60: text of a stranger comes back as text, on every page and in every letter.
#[test]
fn script_in_any_text_comes_back_escaped() {
    let busy = Busy::open();
    let mut visitor = Browser::new(&busy.shop.base);
    visitor.add("GLAZE-6", 1);
    let page = visitor.get("/checkout");
    let version = page.attribute("[name=cart_version]", "value");
    let total = page.attribute("[name=quote_total]", "value");
    let texts = ["name", "line1", "line2", "city", "note"];
    let mut fields = crate::house::checkout_fields(&version, &total);
    fields.retain(|(name, _)| !texts.contains(name));
    fields.extend(texts.map(|name| (name, SCRIPT)));
    // Once refused for another field: what was typed is shown again.
    let mut wrong = fields.clone();
    wrong.push(("rate", SCRIPT));
    let again = visitor.post("/checkout", &wrong);
    assert_eq!(again.status, 422);
    assert!(again.body.contains("&lt;script&gt;"), "{}", again.body);
    let paying = visitor.post("/checkout", &fields);
    assert_eq!(paying.status, 303, "{}", paying.body);
    let hosted = visitor.get(paying.location());
    let order = visitor.press(paying.location(), "pay");
    busy.shop.work_off();
    let mut pages = vec![again.body, hosted.body, order.body];
    for path in ["/cart", "/dev/mail", "/search?q=", "/nowhere/", "/cart?notice="] {
        pages.push(visitor.get(&format!("{path}{SCRIPT_ENCODED}")).body);
    }
    pages.push(visitor.get("/dev/mail").body);
    for (path, field) in [("/cart/codes", "code"), ("/cart/lines", "sku"), ("/cart/lines", SCRIPT)]
    {
        pages.push(visitor.post(path, &[(field, SCRIPT)]).body);
    }
    for page in &pages {
        assert!(!page.contains("<script>alert"), "{page}");
    }
    let letters = pages.iter().filter(|page| page.contains("&lt;script&gt;")).count();
    assert!(letters >= 4, "the words do come back: {letters}");
}

// Two ways to say how long a body is are one too many.
#[test]
fn smuggled_requests_get_one_answer_and_a_closed_line() {
    let busy = Busy::open();
    let host = busy.shop.base.trim_start_matches("http://").to_owned();
    let inner = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let heads = [
        "content-length: 5\r\ncontent-length: 6\r\n",
        "content-length: -1\r\n",
        "content-length: 5, 6\r\n",
        "transfer-encoding: xchunked\r\ncontent-length: 4\r\n",
        "transfer-encoding : chunked\r\n",
        " content-length: 4\r\n",
        "x: a\0b\r\n",
    ];
    busy.unchanged(|_| {
        for head in heads {
            let bytes = format!("POST /cart/lines HTTP/1.1\r\nhost: {host}\r\n{head}\r\n{inner}");
            let answer = exchange(&host, bytes.as_bytes()).unwrap();
            let text = String::from_utf8_lossy(&answer);
            assert_eq!(text.matches("HTTP/1.1 ").count(), 1, "{head}: {text}");
            let status = parse(&answer).unwrap().status;
            assert!((400..500).contains(&status), "{head}: {text}");
        }
        for line in ["GET / HTTP/9.9", "GET  HTTP/1.1", "\0\0\0", "GET /\u{e4} HTTP/1.1 x"] {
            if let Some(reply) =
                parse(&exchange(&host, format!("{line}\r\n\r\n").as_bytes()).unwrap())
            {
                assert!((400..500).contains(&reply.status), "{line}: {}", reply.status);
            }
        }
    });
    assert_eq!(send(&busy.shop.base, &Ask::get("/healthz")).unwrap().status, 200);
}

// Too long or too many headers are refused.
#[test]
fn headers_have_a_limit() {
    let busy = Busy::open();
    let long = "a".repeat(100_000);
    let mut many = Ask::get("/");
    for number in 0..500 {
        many = many.header(&format!("x-{number}"), "1");
    }
    busy.unchanged(|busy| {
        for ask in [Ask::get("/").header("x", &long), Ask::get(&format!("/{long}")), many] {
            let status = send(&busy.shop.base, &ask).map_or(431, |reply| reply.status);
            assert!([400, 404, 414, 431].contains(&status), "{status}");
        }
    });
}
