//! Somebody tries out stolen cards: they are slowed, then refused; everybody else buys on.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::Double;
use crate::desk::Desk;
use crate::house::{Answer, Setup, TestShop};

const LETTERS: &str = "card_testing";

/// A shop behind a proxy, with its limits on.
fn shop(provider: &Arc<Double>, data: Option<std::path::PathBuf>) -> Desk {
    let mut settings = provider.settings();
    settings.extend([("limits", "on".into()), ("trusted_proxies", "127.0.0.1".into())]);
    let given = provider.given();
    let shop = TestShop::with(Setup { provider: given, data, settings, content: None });
    provider.meet(&shop);
    shop.set_stock("APRON-S", 900);
    Desk { shop, provider: Arc::clone(provider) }
}

fn wanted(email: &str) -> Value {
    json!({
        "email": email, "name": "Ada", "line1": "1 High Street", "city": "Bath",
        "postcode": "BA1 1AA", "country": "GB", "quote_total": 3498,
        "lines": [{ "sku": "APRON-S", "qty": 1 }],
    })
}

/// A program at this address checks out with one apron.
fn checkout(desk: &Desk, address: &str, email: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
    let body = wanted(email).to_string();
    desk.shop.browser().send("/api/checkout", &headers, body.as_bytes())
}

/// The bank says no to so many cards on the payment page made last.
fn decline(desk: &Desk, times: u32) {
    let session = desk.provider.last();
    for n in 0..times {
        let event = format!("evt_{session}_{n}_{}", desk.shop.clock.now().0);
        let kind = "payment_intent.payment_failed";
        let (payload, header) = desk.provider.event(&session, kind, &event, desk.shop.clock.now());
        assert_eq!(desk.send(&payload, &header), 200);
    }
}

fn kind(answer: &Answer) -> String {
    answer.json()["type"].as_str().unwrap_or("none").trim_start_matches("/problems/").to_owned()
}

// S4.41, N20: bots stop at dozens; buyers elsewhere notice nothing; the merchant hears of it once.
#[test]
fn a_tester_stops_at_dozens_and_nobody_else() {
    let provider = Arc::new(Double::new(3));
    let desk = shop(&provider, None);
    let mut tried = 0;
    // Five minutes, one attempt every second, a new cart and a new name for each.
    for n in 0..300 {
        let answer = checkout(&desk, "203.0.113.5", &format!("bot{n}@example.com"));
        if answer.status == 201 {
            decline(&desk, 3);
            tried += 3;
        }
        desk.shop.advance_s(1);
        desk.shop.work_off();
    }
    assert!((20..40).contains(&tried), "{tried} cards were tried");
    let refused = checkout(&desk, "203.0.113.5", "bot@example.com");
    assert_eq!(refused.status, 429);
    // Elsewhere, also in the neighbour's house, all is as before.
    for (n, address) in ["203.0.113.6", "2001:db8::1"].into_iter().enumerate() {
        let bought = checkout(&desk, address, &format!("ada{n}@example.com"));
        assert_eq!(bought.status, 201, "{}", bought.body);
    }
    assert_eq!(desk.letters(LETTERS), 1);
    let metrics = desk.shop.browser().get("/metrics");
    assert!(metrics.body.contains("kiosk_card_testing 1"), "{}", metrics.body);
    assert!(metrics.body.contains("kiosk_limited_total{limit=\"checkout"), "{}", metrics.body);
    desk.shop.assert_audit();
}

/// Seven orders from one address, each with three cards declined.
fn attack(desk: &Desk, address: &str, name: &str) {
    for n in 0..7 {
        let answer = checkout(desk, address, &format!("{name}{n}@example.com"));
        assert_eq!(answer.status, 201, "{n}: {}", answer.body);
        decline(desk, 3);
        desk.shop.advance_s(70);
    }
    desk.shop.work_off();
}

// N20: who must pause is told for how long; a restart forgets nothing; the end is an end.
#[test]
fn the_pause_survives_a_restart_and_ends() {
    let provider = Arc::new(Double::new(3));
    let desk = shop(&provider, None);
    let data = desk.shop.dir.path().join("data");
    attack(&desk, "203.0.113.5", "bot");
    let now = desk.shop.clock.now();
    let refused = checkout(&desk, "203.0.113.5", "new@example.com");
    assert_eq!((refused.status, kind(&refused).as_str()), (429, "checkout-paused"));
    assert_eq!(refused.json()["reason"], "address");
    let wait_s: i64 = refused.headers["retry-after"].parse().unwrap();
    assert!((60..=600).contains(&wait_s), "{wait_s}");
    assert!(refused.json()["hint"].as_str().unwrap().contains("minutes"));

    // Another program on the same data knows as much.
    let after = shop(&provider, Some(data));
    after.shop.advance_s((now.0 - after.shop.clock.now().0) / 1000);
    let refused = checkout(&after, "203.0.113.5", "new@example.com");
    assert_eq!(kind(&refused), "checkout-paused");
    after.shop.work_off();
    assert_eq!(after.letters(LETTERS), 1);
    drop(after);

    desk.shop.advance_s(wait_s);
    let bought = checkout(&desk, "203.0.113.5", "new@example.com");
    assert_eq!(bought.status, 201, "{}", bought.body);
    // Half an hour of quiet ends the episode; the next one is told again.
    for _ in 0..4 {
        desk.shop.advance_s(600);
        desk.shop.work_off();
    }
    let over = "SELECT count(*) FROM card_testing WHERE ended_at IS NOT NULL";
    assert_eq!((desk.shop.number(over), desk.letters(LETTERS)), (1, 1));
    attack(&desk, "203.0.113.7", "next");
    assert_eq!(desk.letters(LETTERS), 2);
    desk.shop.assert_audit();
}

// N20: a payment page that saw eight cards is closed, and its goods are free again; the order is
// not lost when the buyer paid after all.
#[test]
fn a_page_that_saw_too_many_cards_is_closed() {
    let provider = Arc::new(Double::new(3));
    let desk = shop(&provider, None);
    assert_eq!(checkout(&desk, "203.0.113.5", "bot@example.com").status, 201);
    let session = provider.last();
    decline(&desk, 7);
    desk.shop.work_off();
    assert_eq!(desk.status(&session), "pending");
    desk.provider.set_down(true);
    desk.shop.advance_s(1);
    decline(&desk, 1);
    desk.shop.work_off();
    assert_eq!((desk.status(&session), desk.units("APRON-S").1), ("pending".into(), 1));
    desk.provider.set_down(false);
    desk.shop.work_off();
    assert_eq!((desk.status(&session), desk.units("APRON-S").1), ("cancelled".into(), 0));

    assert_eq!(checkout(&desk, "203.0.113.8", "ada@example.com").status, 201);
    let paid = provider.last();
    decline(&desk, 8);
    provider.pay(&paid);
    desk.shop.work_off();
    desk.tell_and_tend(&paid, "completed", "evt_paid");
    assert_eq!(desk.status(&paid), "paid");
    desk.shop.assert_audit();
}

// S4.41: behind a trusted proxy each buyer has their own limit; what they claim in front of it
// changes nothing, and a household's IPv6 addresses are one.
#[test]
fn limits_count_by_the_address_the_proxy_saw() {
    let provider = Arc::new(Double::new(3));
    let desk = shop(&provider, None);
    let burst = |address: &dyn Fn(u32) -> String, name: &str| -> u32 {
        let tries =
            (0..15).map(|n| checkout(&desk, &address(n), &format!("{name}{n}@example.com")));
        u32::try_from(tries.filter(|answer| answer.status == 201).count()).unwrap()
    };
    assert_eq!(burst(&|_| "203.0.113.5".into(), "a"), 10);
    // Spoofed hops stand left of the one the proxy wrote.
    assert_eq!(burst(&|n| format!("198.51.100.{n}, 203.0.113.5"), "b"), 0);
    assert_eq!(burst(&|n| format!("2001:db8:0:1::{n:x}"), "c"), 10);
    assert_eq!(burst(&|n| format!("2001:db8:0:2::{n:x}, [2001:db8:0:1::99]:443"), "d"), 0);
    assert_eq!(burst(&|n| format!("::ffff:203.0.113.5, 203.0.113.{}", 100 + n), "e"), 15);
    let refused = checkout(&desk, "203.0.113.5", "f@example.com");
    assert_eq!((refused.status, kind(&refused).as_str()), (429, "too-many-requests"));
    assert!(refused.headers["retry-after"].parse::<u32>().unwrap() > 0);
}

// S4.41: one cart, from ever new addresses, is limited as well; a form gets a page that says so.
#[test]
fn limits_count_by_cart_and_by_name() {
    let provider = Arc::new(Double::new(3));
    let desk = shop(&provider, None);
    let mut buyer = desk.shop.browser();
    buyer.add("APRON-S", 1);
    let cookie = buyer.cookies["visitor"].clone();
    let press = |n: u32, email: &str| {
        let cookie = format!("visitor={cookie}");
        let address = format!("203.0.113.{n}");
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "text/html"),
            ("x-forwarded-for", address.as_str()),
            ("cookie", cookie.as_str()),
        ];
        let version = desk.shop.number("SELECT version FROM cart WHERE status = 'active'");
        let body = format!(
            "email={email}&name=Ada&line1=1+High+Street&city=Bath&postcode=BA1+1AA&country=GB\
             &cart_version={version}&quote_total=3498"
        );
        desk.shop.browser().send("/checkout", &headers, body.as_bytes())
    };
    for n in 0..10 {
        let answer = press(n, "ada%40example.com");
        assert_eq!(answer.status, 303, "{}", answer.body);
    }
    let refused = press(11, "ada%40example.com");
    assert_eq!(refused.status, 429);
    assert!(refused.headers["content-type"].starts_with("text/html"));
    assert!(refused.headers.contains_key("retry-after"));
    assert!(refused.body.contains("too often"), "{}", refused.body);
    // One name from ever new addresses and carts: thirty an hour.
    let taken = (0..40u32).map(|n| checkout(&desk, &format!("198.51.100.{n}"), "eve@example.com"));
    assert_eq!(taken.filter(|answer| answer.status == 201).count(), 30);
}
