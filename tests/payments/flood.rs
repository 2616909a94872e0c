//! Ten thousand deliveries of the events of five hundred orders: doubled, shuffled, delayed, with
//! a provider that often does not answer. Every effect happens once, and none is lost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use kiosk::base::Randomness;
use kiosk::payments;

use crate::desk::{Desk, form_for};

const ORDERS: usize = 500;
/// `make storm` sends 100,000.
const DELIVERIES: usize = 10_000;
/// Waves between which time passes.
const WAVES: usize = 4;
const THREADS: usize = 8;
const SEED: u64 = 20_261_124;
/// Units in each order.
const UNITS: u32 = 2;

/// How an order's story ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ending {
    Paid,
    PaidSlowly,
    FailedSlowly,
    Expired,
}

impl Ending {
    /// Seven of ten pay at once; the others share the rest.
    fn of(order: usize) -> Self {
        match order % 10 {
            0 => Self::PaidSlowly,
            1 => Self::FailedSlowly,
            2 => Self::Expired,
            _ => Self::Paid,
        }
    }

    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Paid => &["completed"],
            Self::PaidSlowly => &["completed", "async_payment_succeeded"],
            Self::FailedSlowly => &["completed", "async_payment_failed"],
            Self::Expired => &["expired"],
        }
    }

    fn status(self) -> &'static str {
        match self {
            Self::Paid | Self::PaidSlowly => "paid",
            Self::FailedSlowly => "failed",
            Self::Expired => "expired",
        }
    }
}

/// One delivery: which session, what happened, and the event's name.
#[derive(Clone)]
struct Delivery {
    session: String,
    kind: &'static str,
    event: String,
}

/// Places all orders over HTTP from several threads; the session of each.
fn place_all(desk: &Desk) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut mine = Vec::new();
        while next.fetch_add(1, Ordering::Relaxed) < ORDERS {
            let mut buyer = desk.shop.browser();
            let line = serde_json::json!({ "sku": "GLAZE-6", "qty": UNITS });
            let added = buyer.json("POST", "/api/cart/lines", &line);
            assert_eq!(added.status, 201, "{}", added.body);
            let placed = buyer.json("POST", "/api/checkout", &form_for(&added.json()));
            assert_eq!(placed.status, 201, "{}", placed.body);
            let url = placed.json()["payment_url"].as_str().unwrap().to_owned();
            mine.push(url.rsplit('/').next().unwrap().to_owned());
        }
        mine
    };
    let mut sessions: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    sessions.sort_by_key(|s| s.rsplit('_').next().unwrap().parse::<u32>().unwrap());
    sessions
}

fn wanted() -> usize {
    let said = std::env::var("DELIVERIES").ok().filter(|text| !text.is_empty());
    said.map_or(DELIVERIES, |text| text.parse().expect("DELIVERIES is a number"))
}

/// Every event at least once, then repeats until there are enough, shuffled.
fn deliveries(sessions: &[String], random: &Randomness) -> Vec<Delivery> {
    let mut all = Vec::new();
    for (n, session) in sessions.iter().enumerate() {
        for kind in Ending::of(n).kinds() {
            // Providers now and then tell one story under two names.
            for twin in 0..2 {
                let event = format!("evt_{n}_{kind}_{twin}");
                all.push(Delivery { session: session.clone(), kind, event });
            }
        }
    }
    let distinct = all.len() as u64;
    while all.len() < wanted() {
        let again = all[usize::try_from(random.below(distinct)).unwrap()].clone();
        all.push(again);
    }
    for last in (1..all.len()).rev() {
        let other = usize::try_from(random.below(last as u64 + 1)).unwrap();
        all.swap(last, other);
    }
    all
}

fn send_all(desk: &Desk, wave: &[Delivery]) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut provider = desk.shop.browser();
                while let Some(d) = wave.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let kind = format!("checkout.session.{}", d.kind);
                    let now = desk.shop.clock.now();
                    let (payload, header) = desk.provider.event(&d.session, &kind, &d.event, now);
                    let headers = [("stripe-signature", header.as_str())];
                    let answer = provider.send("/hooks/stripe", &headers, payload.as_bytes());
                    assert_eq!(answer.status, 200, "{}", answer.body);
                }
            });
        }
    });
}

/// Several workers at once, as after a restart that overlaps.
fn tend_together(desk: &Desk) {
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                desk.shop.block_on(payments::tend_all(&desk.shop.app.till)).unwrap();
            });
        }
    });
}

fn assert_ends_right(desk: &Desk, sessions: &[String]) {
    let mut wanted: BTreeMap<&str, i64> = BTreeMap::new();
    for (n, session) in sessions.iter().enumerate() {
        let ending = Ending::of(n);
        assert_eq!(desk.status(session), ending.status(), "order {n} {ending:?}");
        *wanted.entry(ending.status()).or_default() += 1;
    }
    let paid = wanted["paid"];
    let shop = &desk.shop;
    let moved = |kind: &str| {
        shop.number(&format!("SELECT count(*) FROM order_event WHERE kind = '{kind}'"))
    };
    assert_eq!((moved("paid"), moved("failed")), (paid, wanted["failed"]));
    assert_eq!(moved("expired"), wanted["expired"]);
    let sales = shop.number("SELECT count(*) FROM stock_move WHERE reason = 'sale'");
    assert_eq!((sales, desk.letters("order_confirmation")), (paid, paid));
    assert_eq!(desk.letters("order_attention"), 0);
    let left = ORDERS as i64 - paid;
    assert_eq!(desk.units("GLAZE-6"), (u32::try_from(left).unwrap() * UNITS, 0));
    shop.assert_audit();
}

// S1.1, S1.2, S0.26: 10,000 deliveries, 10 % of the provider's answers failing at first: none is
// lost, each effect happens exactly once.
#[test]
fn ten_thousand_deliveries_have_each_effect_once() {
    let desk = Desk::open();
    desk.shop.set_stock("GLAZE-6", u32::try_from(ORDERS).unwrap() * UNITS);
    let sessions = place_all(&desk);
    assert_eq!(desk.units("GLAZE-6"), (1000, 1000));
    let all = deliveries(&sessions, &Randomness::seeded(SEED));
    desk.provider.set_failing_percent(10);
    let each = all.len().div_ceil(WAVES);
    for (wave, part) in all.chunks(each).enumerate() {
        for (n, session) in sessions.iter().enumerate() {
            match (wave, Ending::of(n)) {
                (0, Ending::Paid) | (2, Ending::PaidSlowly) => desk.provider.pay(session),
                (0, Ending::PaidSlowly | Ending::FailedSlowly) => desk.provider.begin_slow(session),
                (0, Ending::Expired) => desk.provider.let_expire(session),
                (2, Ending::FailedSlowly) => desk.provider.fail(session),
                _ => {}
            }
        }
        send_all(&desk, part);
        tend_together(&desk);
        desk.shop.advance_s(20);
    }
    desk.provider.set_failing_percent(0);
    // In a long storm the word of a failure comes, and is spent, before the failure itself: what is
    // left of such a story the shop finds by looking.
    let waiting = "SELECT (SELECT count(*) FROM webhook_event WHERE state <> 'done')
                        + (SELECT count(*) FROM orders
                           WHERE payment_status IN ('pending', 'processing'))";
    for _ in 0..20 {
        tend_together(&desk);
        if desk.shop.number(waiting) == 0 {
            break;
        }
        desk.shop.advance_s(600);
    }
    assert_eq!(desk.shop.number(waiting), 0, "nothing is lost");
    let heard = "SELECT sum(duplicates + 1) FROM webhook_event WHERE source = 'webhook'";
    assert_eq!(desk.shop.number(heard), wanted() as i64, "every delivery is counted");
    assert_ends_right(&desk, &sessions);
}
