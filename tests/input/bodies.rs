//! Bad bodies for every address that takes one.

use super::wire::Ask;
use super::{Busy, WEBHOOK_SECRET};
use kiosk::payments::signature;

/// What an address takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Takes {
    Form,
    /// A form whose names the page makes up: what it does not know is left out.
    Free,
    Json,
    /// Parts of a form with a file, or a file itself: sent by its own tests.
    Parts,
    /// Bytes with a signature.
    Signed,
    /// Nothing: what is sent is not looked at.
    Nothing,
}
use Takes::{Form, Free, Json, Nothing, Parts, Signed};

/// Every address with an unsafe method: what it takes, and bodies that would be well.
pub const TAKERS: &[(&str, &str, Takes, &str)] = &[
    ("POST", "/cart/lines", Form, "sku=KILN-1&qty=1"),
    ("POST", "/cart/lines/:id", Form, "qty=2"),
    ("POST", "/cart/clear", Nothing, ""),
    ("POST", "/cart/accept-prices", Nothing, ""),
    ("POST", "/cart/codes", Form, "code=SPRING"),
    ("POST", "/cart/destination", Form, "country=GB"),
    ("DELETE", "/api/cart", Nothing, ""),
    ("POST", "/api/cart/lines", Json, r#"{"sku":"KILN-1","qty":1}"#),
    ("PATCH", "/api/cart/lines/:id", Json, r#"{"qty":2}"#),
    ("DELETE", "/api/cart/lines/:id", Nothing, ""),
    ("POST", "/api/cart/accept-prices", Nothing, ""),
    ("POST", "/api/browser-errors", Json, r#"{"message":"x is null","page":"/cart"}"#),
    ("POST", "/checkout", Form, FORM),
    ("POST", "/api/checkout", Json, JSON),
    ("POST", "/order", Form, "number=HF-1&email=ada%40example.com"),
    ("POST", "/order/:token/pay", Nothing, ""),
    ("POST", "/order/:token/cancel", Nothing, ""),
    ("POST", "/letters/:link", Form, "shipping=yes&suggestions=yes"),
    ("POST", "/letters/:link/stop", Nothing, ""),
    ("POST", "/hooks/stripe", Signed, "{}"),
    ("POST", "/webhooks/stripe", Signed, "{}"),
    ("POST", "/simulator/pay/:session", Form, "action=decline"),
    ("POST", "/simulator/desk/:session", Form, "action=won"),
    // The desk: whoever sends this is an owner.
    ("POST", "/admin/sign-in", Form, "email=ada%40example.com&password=x&code=&next="),
    ("POST", "/admin/sign-out", Nothing, ""),
    ("POST", "/admin/welcome/:token", Form, "password=kettle+fern+orbit"),
    ("POST", "/admin/account/password", Form, "current=x&password=kettle+fern+orbits"),
    ("POST", "/admin/account/second-factor", Form, "code=123456&current=x"),
    ("POST", "/admin/account/second-factor/off", Form, "current=x"),
    ("POST", "/admin/account/recovery-codes", Form, "current=x"),
    ("POST", "/admin/account/sessions", Form, "session=0"),
    ("POST", "/admin/staff", Form, "email=b%40example.org&name=B&role=orders"),
    ("POST", "/admin/staff/:id", Form, "action=role&role=orders"),
    ("POST", "/admin/errors/:name/resolution", Nothing, ""),
    ("POST", "/admin/errors/resolution", Form, "until=0"),
    ("POST", "/admin/errors/tests", Nothing, ""),
    ("POST", "/admin/messages/:id", Form, "action=now"),
    ("POST", "/admin/messages/preview/:kind", Form, "order="),
    ("POST", "/admin/hooks/:id", Nothing, ""),
    ("POST", "/admin/orders/bulk", Free, "order=1001%3A1&action=pack"),
    ("POST", "/admin/orders/views", Form, "action=rename&name=x&to=y"),
    ("POST", "/admin/catalog-views", Form, "action=remove&name=x"),
    ("POST", "/admin/orders/new", Form, "goods=GLAZE-6+1&email=ada%40example.com"),
    ("POST", "/admin/orders/:number/pack", Free, "version=1"),
    ("POST", "/admin/orders/:number/ship", Free, "version=1&carrier=DHL&number=1"),
    ("POST", "/admin/orders/:number/deliver", Free, "version=1"),
    ("POST", "/admin/orders/:number/settle", Free, "version=1&note=x"),
    ("POST", "/admin/orders/:number/note", Free, "version=1&note=x"),
    ("POST", "/admin/orders/:number/letters", Free, "version=1&shipping=yes"),
    ("POST", "/admin/orders/:number/cancel", Free, "version=1&reason=x"),
    ("POST", "/admin/orders/:number/paid", Free, "version=1&how=x"),
    ("POST", "/admin/orders/:number/refund", Free, "version=1&way=all"),
    ("PUT", "/admin/api/products/:slug", Parts, ""),
    ("DELETE", "/admin/api/products/:slug", Nothing, ""),
    ("POST", "/admin/stock/:sku", Form, "change=99&reason=count&seen=1"),
    ("POST", "/admin/stock-count", Form, "list=sku&act=look"),
    ("POST", "/admin/health/replay", Form, "id=evt_none"),
    ("POST", "/admin/health/leave", Form, "id=evt_none&reason=x"),
    ("POST", "/admin/health/backup", Nothing, ""),
    ("POST", "/admin/catalog/:folder/:slug", Free, "_action=check&_seen=0&_view=form"),
    ("POST", "/admin/catalog/:folder/:slug/picture", Parts, ""),
    ("POST", "/admin/catalog-table", Parts, ""),
];

const FORM: &str = "email=ada%40example.com&name=Ada&line1=1+High+Street&city=Bath\
    &postcode=BA1+1AA&country=GB&cart_version=99001&quote_total=99002";
const JSON: &str = r#"{"email":"ada@example.com","name":"Ada","line1":"1 High Street",
    "city":"Bath","postcode":"BA1 1AA","country":"GB",
    "cart_version":99001,"quote_total":99002}"#;

/// Numbers that are no quantity.
const NO_QUANTITY: &[&str] = &[
    "-1",
    "1.5",
    "NaN",
    "Infinity",
    "1e3",
    "0x10",
    "one",
    "%20",
    "%EF%BC%91",
    "1000",
    "4294967296",
    "9223372036854775808",
    "99999999999999999999999999",
    "1%00",
    "1;2",
    "true",
];

/// A body with the version and the total of the cart where numbers stand for them.
pub fn seen(busy: &Busy, body: &str) -> String {
    body.replace("99001", &busy.version.to_string()).replace("99002", &busy.total.to_string())
}

fn ask(busy: &Busy, taker: &(&str, &str, Takes, &str)) -> Ask {
    Ask::new(taker.0, &busy.address(taker.1)).header("sec-fetch-site", "same-origin")
}

fn takers(
    wanted: Takes,
) -> impl Iterator<Item = &'static (&'static str, &'static str, Takes, &'static str)> {
    TAKERS.iter().filter(move |taker| taker.2 == wanted)
}

// S0.31, S3.60: a new address cannot be forgotten here.
#[test]
fn every_unsafe_route_is_tried() {
    let busy = Busy::open();
    for (method, path) in busy.routes() {
        let known = TAKERS.iter().any(|t| t.0 == method.as_str() && t.1 == path);
        assert!(known || method == "GET", "{method} {path}: say in TAKERS what it takes");
    }
}

// S3.60, S0.31: what is not the right kind, not readable or too much is refused before it is
// looked at, and leaves no trace.
#[test]
fn unreadable_bodies_are_refused_everywhere() {
    let busy = Busy::open();
    let deep = format!("{{\"qty\":{}1{}}}", "[".repeat(20_000), "]".repeat(20_000));
    let huge = vec![b'a'; 10 * 1024 * 1024];
    busy.unchanged(|busy| {
        for taker in TAKERS.iter().filter(|taker| ![Nothing, Parts].contains(&taker.2)) {
            let new = || ask(busy, taker);
            let right = match taker.2 {
                Form | Free => "application/x-www-form-urlencoded",
                _ => "application/json",
            };
            let wrong =
                if [Form, Free].contains(&taker.2) { "application/json" } else { "text/plain" };
            let signed = taker.2 == Signed;
            busy.refused(new().body(wrong, seen(busy, taker.3)), &[if signed { 400 } else { 415 }]);
            busy.refused(
                new().body("multipart/form-data; boundary=x", "--x--\r\n"),
                &[if signed { 400 } else { 415 }],
            );
            busy.refused(
                new().body(right, seen(busy, taker.3)).header("content-encoding", "gzip"),
                &[415],
            );
            busy.refused(new().body(right, huge.clone()), &[413]);
            for bytes in [&b"\xff\xfe"[..], b"qty=\xff", b"{\"qty\":\"\xc3\x28\"}", b"sku=%ff"] {
                busy.refused(new().body(right, bytes), &[400, 422]);
            }
            // What such a form does not know is left out: it says itself what it then lacks.
            if taker.2 == Free {
                continue;
            }
            for bytes in [&deep, "null", "[]", "1", "\"x\"", "{", "{}}", "\0", "[1,", "\u{feff}{}"]
            {
                busy.refused(new().body(right, bytes), &[400, 413, 422]);
            }
        }
    });
}

// S3.60: exactly the fields that are known, each once.
#[test]
fn missing_unknown_and_repeated_fields_are_refused() {
    let busy = Busy::open();
    busy.unchanged(|busy| {
        for taker in takers(Form).filter(|taker| !taker.1.starts_with("/simulator")) {
            let good = seen(busy, taker.3);
            // S2.54: nobody names their own price.
            for more in ["price=1", "unit_minor=1", "total_minor=1", "__proto__=1", "%00=1"] {
                let reply = busy.refused(ask(busy, taker).form(format!("{good}&{more}")), &[422]);
                assert_eq!(reply.json()["errors"][0]["detail"], "It is not known here.");
            }
            let first = good.split('&').next().unwrap();
            let twice = format!("{good}&{first}");
            let reply = busy.refused(ask(busy, taker).form(twice), &[422]);
            assert_eq!(reply.json()["errors"][0]["detail"], "It is given more than once.");
        }
        for taker in takers(Json) {
            let good = seen(busy, taker.3);
            let open = good.trim_end_matches('}');
            for more in [r#""price":1"#, r#""discount_minor":99999"#, r#""__proto__":{}"#] {
                busy.refused(ask(busy, taker).json(format!("{open},{more}}}")), &[422]);
            }
            let first = good.trim_start_matches('{').split([',', '}']).next().unwrap();
            busy.refused(ask(busy, taker).json(format!("{open},{first}}}")), &[422]);
        }
        let missing = [
            ("/cart/lines", "qty=1", &[404][..]),
            ("/cart/lines", "sku=KILN-1&bundle=starter", &[404]),
            ("/cart/codes", "", &[422]),
            ("/cart/destination", "rate=standard", &[422]),
            ("/simulator/pay/:session", "", &[422]),
            ("/simulator/pay/:session", "action=refund", &[422]),
            ("/checkout", "", &[422]),
        ];
        for (path, body, statuses) in missing {
            busy.refused(Ask::new("POST", &busy.address(path)).form(body), statuses);
        }
        for taker in takers(Json) {
            busy.refused(ask(busy, taker).json("{}"), &[404, 422]);
        }
    });
}

// S4.6: products exist, and quantities are whole numbers from 1 to 999.
#[test]
fn quantities_that_are_none_are_refused() {
    let busy = Busy::open();
    let line = format!("/cart/lines/{}", busy.line);
    let line_json = format!("/api{line}");
    busy.unchanged(|busy| {
        for qty in NO_QUANTITY {
            let post = |path: &str, body: String| Ask::new("POST", path).form(body);
            busy.refused(post("/cart/lines", format!("sku=KILN-1&qty={qty}")), &[422]);
            busy.refused(post(&line, format!("qty={qty}")), &[422]);
        }
        busy.refused(Ask::new("POST", "/cart/lines").form("sku=KILN-1&qty=0"), &[422]);
        let wrong =
            ["-1", "0", "1.5", "1e3", "1000", "4294967296", "1e999", "null", "\"1\"", "[1]"];
        for qty in wrong.into_iter().chain(["true", "{}", "-0.0", "9223372036854775808"]) {
            let add = format!(r#"{{"sku":"KILN-1","qty":{qty}}}"#);
            busy.refused(Ask::new("POST", "/api/cart/lines").json(add), &[400, 422]);
            let set = format!(r#"{{"qty":{qty}}}"#);
            busy.refused(Ask::new("PATCH", &line_json).json(set), &[400, 422]);
        }
        // More than there are is a different no: it says how many there are.
        let many = Ask::new("POST", "/api/cart/lines").json(r#"{"sku":"KILN-1","qty":900}"#);
        let reply = busy.refused(many, &[409]);
        assert_eq!(reply.json()["available"], 4, "{}", reply.body);
    });
}

// S4.6, S2.128: what is not sold cannot be bought, whatever its name looks like.
#[test]
fn unknown_things_are_refused() {
    let busy = Busy::open();
    let long = "A".repeat(60_000);
    let names = ["NONE-1", "kiln-1x", "", " ", "*", "' OR 1=1 --", "../kiln", "K\0", "Ⅻ", &long];
    busy.unchanged(|busy| {
        for name in names {
            for field in ["sku", "bundle"] {
                let json = serde_json::json!({ field: name, "qty": 1 }).to_string();
                busy.refused(Ask::new("POST", "/api/cart/lines").json(json), &[404]);
            }
            let code =
                form_urlencoded::Serializer::new(String::new()).append_pair("code", name).finish();
            busy.refused(Ask::new("POST", "/cart/codes").form(code), &[422]);
            let to = form_urlencoded::Serializer::new(String::new())
                .append_pair("country", name)
                .finish();
            busy.refused(Ask::new("POST", "/cart/destination").form(to), &[422]);
        }
        for id in ["0", "nope", "%00", "..", "%2e%2e%2f", &long[..8000], &busy.session] {
            let path = format!("/api/cart/lines/{id}");
            busy.refused(Ask::new("PATCH", &path).json(r#"{"qty":1}"#), &[404]);
            busy.refused(Ask::new("DELETE", &path), &[404]);
        }
    });
}

// S2.128, S3.60: every field of the checkout has a limit, and a sentence for it.
#[test]
fn a_checkout_with_a_bad_field_says_which() {
    let busy = Busy::open();
    let long = "a".repeat(60_000);
    let fields =
        ["email", "name", "phone", "line1", "line2", "city", "postcode", "country", "note"];
    let bad = [long.as_str(), "a\0b", "a\r\nBcc: eve@example.com", "\u{7}", "4242 4242 4242 4242"];
    busy.unchanged(|busy| {
        for field in fields {
            for value in bad {
                let mut sent: serde_json::Value = serde_json::from_str(&seen(busy, JSON)).unwrap();
                sent[field] = value.into();
                let is_fine = match field {
                    "note" => value.contains('\n'),
                    "phone" => value.starts_with("42"),
                    _ => false,
                };
                if is_fine {
                    continue;
                }
                let reply =
                    busy.refused(Ask::new("POST", "/api/checkout").json(sent.to_string()), &[422]);
                assert_eq!(reply.json()["errors"][0]["field"], field, "{}", reply.body);
            }
        }
        let totals =
            [("quote_total", busy.total - 1), ("quote_total", 0), ("quote_total", i64::MIN)];
        for (field, value) in totals.into_iter().chain([("cart_version", busy.version + 1)]) {
            let mut sent: serde_json::Value = serde_json::from_str(&seen(busy, JSON)).unwrap();
            sent[field] = value.into();
            busy.refused(Ask::new("POST", "/api/checkout").json(sent.to_string()), &[409]);
        }
    });
}

// S2.128: an empty cart is sent back with a helpful message.
#[test]
fn an_empty_cart_cannot_be_checked_out() {
    let busy = Busy::open();
    busy.unchanged(|busy| {
        let ask = Ask::new("POST", "/api/checkout").json(seen(busy, JSON));
        let reply = super::send(&busy.shop.base, &ask).unwrap();
        assert_eq!(
            (reply.status, reply.json()["type"].as_str()),
            (409, Some("/problems/empty-cart"))
        );
        assert!(reply.json()["hint"].as_str().is_some_and(|hint| hint.contains("into the cart")));
        let form =
            Ask::new("POST", "/checkout").form(seen(busy, FORM)).header("accept", "text/html");
        let reply = super::send(&busy.shop.base, &form).unwrap();
        assert_eq!((reply.status, reply.header("location")), (303, Some("/cart")));
    });
}

// S1.4, S4.12: a body that is signed but no event is refused, too.
#[test]
fn signed_bodies_that_are_no_events_are_refused() {
    let busy = Busy::open();
    let deep = "[".repeat(500_000);
    let bodies =
        ["", "{}", "[]", "null", "\"x\"", &deep, r#"{"id":1,"type":2}"#, r#"{"id":"evt"}"#];
    busy.unchanged(|busy| {
        for body in bodies.into_iter().map(str::as_bytes).chain([&b"{\"id\":\"\xff\"}"[..]]) {
            let header = signature::sign(WEBHOOK_SECRET, body, busy.shop.kit.now());
            let ask = Ask::new("POST", "/hooks/stripe").json(body);
            busy.refused(ask.header("stripe-signature", &header), &[400]);
        }
    });
}
