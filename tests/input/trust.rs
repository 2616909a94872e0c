//! Requests that pretend: from another site, with somebody's cookie, link, price or event.

use kiosk::payments::signature;
use serde_json::json;

use super::wire::{Ask, send};
use super::{Busy, Method, WEBHOOK_SECRET};

const ADD: &str = r#"{"sku":"APRON-S","qty":1}"#;

// S2.129, S3.59, S4.21: a page of another site can do nothing here.
#[test]
fn posts_from_other_sites_are_refused() {
    let busy = Busy::open();
    let own = busy.shop.base.clone();
    let port = own.rsplit(':').next().unwrap().to_owned();
    let strangers = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "nonsense"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", ""),
        ("origin", &format!("http://127.0.0.1.evil.example:{port}")),
        ("origin", &format!("http://evil.example@127.0.0.1:{port}")),
        ("origin", "http://127.0.0.1:1"),
    ];
    busy.unchanged(|busy| {
        let routes = busy.routes();
        for (method, pattern) in
            routes.iter().filter(|(m, p)| *m != Method::GET && !p.ends_with("/stripe"))
        {
            for (name, value) in strangers {
                let ask = Ask::new(method.as_str(), &busy.address(pattern)).header(name, value);
                let reply = busy.refused(ask.form("sku=KILN-1&qty=1&action=pay"), &[403]);
                assert_eq!(reply.json()["type"], "/problems/cross-site");
            }
            // Saying both, or twice, is not saying the right thing.
            let ask = || Ask::new(method.as_str(), &busy.address(pattern)).form("sku=KILN-1");
            let both = ask().header("sec-fetch-site", "cross-site").header("origin", &own);
            busy.refused(both, &[403]);
            let twice = ask().header("sec-fetch-site", "same-origin");
            busy.refused(twice.header("sec-fetch-site", "same-origin"), &[403]);
        }
    });
    for (name, value) in [("sec-fetch-site", "same-origin"), ("origin", own.as_str())] {
        let reply =
            busy.ask(Ask::new("POST", "/cart/lines").form("sku=APRON-S").header(name, value));
        assert_eq!(reply.status, 303, "{name}: {value}");
    }
}

// S3.60: a cookie that is not ours is nobody's, and is never kept.
#[test]
fn tampered_and_planted_cookies_open_no_cart() {
    let busy = Busy::open();
    let real = busy.cookie.trim_start_matches("visitor=").to_owned();
    let last = if real.ends_with('0') { "1" } else { "0" };
    let altered = format!("{}{last}", &real[..real.len() - 1]);
    let hash = busy.shop.text("SELECT token_hash FROM session ORDER BY created_at DESC LIMIT 1");
    let long = "f".repeat(30_000);
    let strange = [
        altered.as_str(),
        "",
        "0",
        &real[1..],
        &real.to_uppercase(),
        &hash,
        &long,
        "null",
        "'--",
        "%00",
        "../../x",
        "\"quoted\"",
        "a b",
        "\u{e4}",
        "=",
        "admin",
        &"A".repeat(real.len()),
    ];
    for value in strange.into_iter().filter(|value| *value != real) {
        let cookie = format!("visitor={value}");
        busy.unchanged(|busy| {
            let ask = Ask::get("/api/cart").header("cookie", &cookie);
            let reply = send(&busy.shop.base, &ask).unwrap();
            assert_eq!((reply.status, &reply.json()["count"]), (200, &json!(0)), "{value}");
            for path in ["/cart", "/checkout"] {
                let ask = Ask::get(path).header("cookie", &cookie);
                assert!(send(&busy.shop.base, &ask).unwrap().status < 400, "{value}");
            }
        });
        let ask = Ask::new("POST", "/api/cart/lines").json(ADD).header("cookie", &cookie);
        let reply = send(&busy.shop.base, &ask).unwrap();
        assert_eq!(reply.status, 201, "{value}");
        let given = reply.header("set-cookie").unwrap();
        let token = given.trim_start_matches("visitor=").split(';').next().unwrap();
        assert!(token != value && token != real && token.len() >= 32, "{given}");
        assert!(given.contains("HttpOnly") && given.contains("SameSite=Lax"), "{given}");
    }
    // Other names beside it and several of it change nothing for its owner.
    let beside = format!("other=1; {}; visitor=planted", busy.cookie);
    let reply = send(&busy.shop.base, &Ask::get("/api/cart").header("cookie", &beside)).unwrap();
    assert_eq!(reply.json()["count"], 1, "{}", reply.body);
}

// S3.60: an order is shown to who has its link, and nothing tells the others that it exists.
#[test]
fn tampered_links_show_no_order() {
    let busy = Busy::open();
    let last = if busy.token.ends_with('0') { "1" } else { "0" };
    let altered = format!("{}{last}", &busy.token[..busy.token.len() - 1]);
    let number = busy.shop.text("SELECT number FROM orders");
    let (id, hash) =
        (busy.shop.text("SELECT id FROM orders"), busy.shop.text("SELECT token_hash FROM orders"));
    busy.unchanged(|busy| {
        for token in [&altered, &number, &id, &hash, &busy.session, "0", &busy.token[1..]] {
            for accept in ["text/html", "application/json"] {
                let ask = Ask::get(&format!("/order/{token}")).header("accept", accept);
                let reply = busy.refused(ask, &[404]);
                assert!(!reply.body.contains("Ada"), "{}", reply.body);
            }
            let reply = busy.refused(Ask::get(&format!("/api/checkout/{token}")), &[404]);
            assert_eq!(reply.json()["detail"], "There is no order here.");
            busy.refused(Ask::new("POST", &format!("/order/{token}/cancel")), &[404]);
            busy.refused(Ask::new("POST", &format!("/order/{token}/pay")), &[404]);
            let back = format!("/checkout/success?session_id={token}");
            if *token != busy.session {
                busy.refused(Ask::get(&back), &[404]);
            }
        }
    });
}

// S2.54: what a buyer pays is what the files say, whatever the page or the request said.
#[test]
fn a_price_in_a_request_changes_nothing() {
    let busy = Busy::open();
    let path = format!("/simulator/pay/{}", busy.session);
    let owed = busy.shop.number("SELECT total_minor FROM orders");
    let reply =
        busy.ask(Ask::new("POST", &path).form("action=pay&amount=1&amount_minor=1&total=0"));
    assert_eq!(reply.status, 303, "{}", reply.body);
    busy.shop.work_off();
    let received = "SELECT received_minor FROM payment WHERE state = 'paid'";
    assert_eq!(busy.shop.number(received), owed);
    assert_eq!(busy.shop.number("SELECT total_minor FROM orders"), owed);
    busy.shop.assert_audit();
}

fn event(busy: &Busy, id: &str, session: &str) -> String {
    let order = busy.shop.text("SELECT id FROM orders");
    json!({ "id": id, "object": "event", "type": "checkout.session.completed",
            "data": { "object": { "id": session, "object": "checkout.session",
                      "amount_total": 1, "payment_status": "paid", "status": "complete",
                      "client_reference_id": order, "metadata": { "order": order } } } })
    .to_string()
}

// S0.1, S1.4, S4.12: an event is believed for its signature alone; forged, altered, old and
// unsigned ones are refused without a word about why.
#[test]
fn forged_webhooks_are_refused_and_not_stored() {
    let busy = Busy::open();
    let (body, now) = (event(&busy, "evt_forged", &busy.session), busy.shop.kit.now());
    let good = signature::sign(WEBHOOK_SECRET, body.as_bytes(), now);
    let sign = |secret: &str, at| signature::sign(secret, body.as_bytes(), at);
    let digest = good.split_once("v1=").unwrap().1.to_owned();
    let forged = [
        sign("whsec_of_somebody", now),
        sign("", now),
        sign(WEBHOOK_SECRET, now.plus_s(-301)),
        sign(WEBHOOK_SECRET, now.plus_s(301)),
        good.replace("v1=", "v0="),
        good.replace("t=", "t=1"),
        format!("t={},v1={}", now.unix_s(), "0".repeat(64)),
        format!("v1={digest}"),
        format!("t={},v1=", now.unix_s()),
        format!("t={},t={},v1={digest}", now.unix_s(), now.unix_s()),
        "t=NaN,v1=zz".to_owned(),
        "\u{e4}".to_owned(),
        String::new(),
    ];
    // What is due by the clock is done before anybody comes.
    busy.shop.work_off();
    busy.unchanged(|busy| {
        let hook = |body: &str| Ask::new("POST", "/hooks/stripe").json(body.to_owned());
        let mut said = Vec::new();
        for header in &forged {
            let reply = busy.refused(hook(&body).header("stripe-signature", header), &[400]);
            said.push(reply.json()["detail"].to_string());
        }
        said.push(busy.refused(hook(&body), &[400]).json()["detail"].to_string());
        let altered = body.replace("evt_forged", "evt_other");
        busy.refused(hook(&altered).header("stripe-signature", &good), &[400]);
        said.dedup();
        assert_eq!(said.len(), 1, "{said:?}");
        busy.shop.work_off();
    });
}

// S1.2, S4.12: the same event twice is one event; and an event is a hint, the provider is asked.
#[test]
fn replayed_webhooks_are_stored_once_and_pay_nothing() {
    let busy = Busy::open();
    let deliver = |id: &str, session: &str| {
        let body = event(&busy, id, session);
        let header = signature::sign(WEBHOOK_SECRET, body.as_bytes(), busy.shop.kit.now());
        let hook = Ask::new("POST", "/hooks/stripe").json(body);
        busy.ask(hook.header("stripe-signature", &header)).status
    };
    for _ in 0..5 {
        assert_eq!(deliver("evt_again", &busy.session), 200);
        assert_eq!(deliver("evt_strange", "cs_of_somebody_else"), 200);
    }
    assert_eq!(busy.shop.number("SELECT count(*) FROM webhook_event"), 2);
    busy.shop.work_off();
    // It says paid; the session is not, so neither is the order.
    assert_eq!(busy.shop.number("SELECT count(*) FROM orders WHERE payment_status = 'paid'"), 0);
    let done = "SELECT count(*) FROM webhook_event WHERE event_id = 'evt_again' AND state = 'done'";
    assert_eq!(busy.shop.number(done), 1);
    busy.shop.assert_audit();
}
