//! Power cuts of the shop alone: the provider lives on beside it, remembers what it did and was
//! told, and tells it again.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kiosk::base::{Clock, Randomness};
use serde_json::{Value, json};

use crate::fake_stripe::{FakeStripe, KEY, Options, SECRET};
use crate::process::{Caller, Folder, Server, buyer};

/// Times the shop is killed; `make crashes CYCLES=200` kills it more often.
const CYCLES: u64 = 12;
/// Buyers at a time.
const BUYERS: u64 = 3;
/// The longest a shop is left open before it is killed, ms; answers it has given by then, at least.
const OPEN_MS_MAX: u64 = 700;
const ANSWERS_MAX: u64 = 8;
/// The longest everything may take to come to rest.
const REST: Duration = Duration::from_mins(10);

/// What shop and provider have answered.
#[derive(Default)]
struct Answered {
    orders: BTreeSet<String>,
    paid: BTreeSet<String>,
    refunds: BTreeSet<String>,
}

impl Answered {
    fn count(&self) -> usize {
        self.orders.len() + self.paid.len() + self.refunds.len()
    }
}

/// Buys and mostly pays until the line breaks.
fn buy(base: &str, random: &Randomness, book: &Mutex<Answered>) -> Option<()> {
    loop {
        let mut caller = Caller::new(base);
        let line = json!({ "sku": "APRON-S", "qty": 1 + random.below(3) });
        let (_, cart) = caller.post("/api/cart/lines", &line)?;
        let (status, begun) = caller.post("/api/checkout", &buyer(&cart))?;
        if status == 503 {
            // The provider was busy telling the shop of something else.
            continue;
        }
        assert_eq!(status, 201, "{begun}");
        let token = begun["token"].as_str().unwrap().to_owned();
        book.lock().unwrap().orders.insert(token.clone());
        let url = begun["payment_url"].as_str().unwrap();
        let (page_of, page) = url.split_at(url.find("/c/pay/").unwrap());
        // The provider answers also when the shop is gone.
        if random.below(4) > 0
            && Caller::new(page_of).press(page, &[("action", "pay")]) == Some(303)
        {
            book.lock().unwrap().paid.insert(token);
        }
    }
}

/// Gives money back by command, beside the open shop, until it is gone.
fn give_back(folder: &Folder, random: &Randomness, book: &Mutex<Answered>, is_open: &AtomicBool) {
    let database = folder.database();
    while is_open.load(Ordering::Relaxed) {
        let sql = "SELECT number FROM orders WHERE paid_at IS NOT NULL ORDER BY random() LIMIT 1";
        let Ok(number) = database.query_row(sql, [], |row| row.get::<_, String>(0)) else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        let how =
            if random.below(3) == 0 { ["--all", "--json"] } else { ["--amount=1.25", "--json"] };
        let ran = folder.run(&[&["order", "refund", number.as_str()], &how[..]].concat());
        if let Ok(said) = serde_json::from_str::<Value>(&ran.out) {
            book.lock().unwrap().refunds.insert(said["refund"]["id"].as_str().unwrap().to_owned());
        }
    }
}

fn open_and_kill(folder: &Folder, fake: &FakeStripe, cycle: u64, book: &Mutex<Answered>) {
    let random = Randomness::seeded(cycle);
    let server = open(folder, fake);
    let (base, is_open) = (server.base.clone(), AtomicBool::new(true));
    let answers =
        book.lock().unwrap().count() + usize::try_from(random.below(ANSWERS_MAX)).unwrap();
    let open_ms = u128::from(random.below(OPEN_MS_MAX));
    let said = thread::scope(|scope| {
        for number in 0..BUYERS {
            let (base, random) = (&base, Randomness::seeded(cycle * 10 + number));
            scope.spawn(move || buy(base, &random, book));
        }
        let (is_open, random) = (&is_open, Randomness::seeded(cycle * 10 + BUYERS));
        scope.spawn(move || give_back(folder, &random, book, is_open));
        let opened = Instant::now();
        while opened.elapsed().as_millis() < open_ms || book.lock().unwrap().count() < answers {
            assert!(opened.elapsed() < REST, "the shop answers nothing");
            thread::sleep(Duration::from_millis(2));
        }
        let said = server.said();
        server.kill();
        is_open.store(false, Ordering::Relaxed);
        said
    });
    assert!(!said.contains("panic") && !said.contains("the books do not agree"), "{said}");
}

/// Opens the shop; the provider is told where it is today.
fn open(folder: &Folder, fake: &FakeStripe) -> Server {
    let server = folder.serve();
    fake.inside().webhook = Some(format!("{}/webhooks/stripe", server.base));
    server
}

fn settle(folder: &Folder, server: &Server) {
    let waiting = "SELECT (SELECT count(*) FROM orders
                           WHERE payment_status IN ('pending', 'processing'))
                        + (SELECT count(*) FROM webhook_event WHERE state IN ('new', 'retry'))
                        + (SELECT count(*) FROM refund WHERE state IN ('wanted', 'pending'))";
    let begun = Instant::now();
    while folder.number(waiting) > 0 {
        assert!(begun.elapsed() < REST, "not settled\n{}", server.said());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Every payment and refund of the provider is one of ours, and ours are no more than those.
fn both_books_agree(folder: &Folder, fake: &FakeStripe) {
    let inside = fake.inside();
    let paid = inside.books.sessions.values().filter(|session| session["payment_status"] == "paid");
    let (mut sessions, mut received) = (0, 0);
    for session in paid {
        let sql = format!(
            "SELECT count(*) FROM payment p JOIN orders o ON o.id = p.order_id
             WHERE p.session_id = '{}' AND p.state = 'paid' AND p.received_minor = {}
               AND o.id = '{}' AND o.paid_at IS NOT NULL",
            session["id"].as_str().unwrap(),
            session["amount_total"],
            session["client_reference_id"].as_str().unwrap(),
        );
        assert_eq!(folder.number(&sql), 1, "money came there and not here: {session}");
        sessions += 1;
        received += session["amount_total"].as_i64().unwrap();
    }
    assert_eq!(folder.number("SELECT count(*) FROM orders WHERE paid_at IS NOT NULL"), sessions);
    assert_eq!(folder.number("SELECT coalesce(sum(received_minor), 0) FROM payment"), received);
    let names: BTreeSet<&str> = inside
        .books
        .refunds
        .iter()
        .map(|refund| refund["metadata"]["refund"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), inside.books.refunds.len(), "one refund was sent twice");
    let back: i64 = inside.books.refunds.iter().map(|r| r["amount"].as_i64().unwrap()).sum();
    let ours = "SELECT coalesce(sum(amount_minor), 0) FROM refund WHERE state = 'succeeded'";
    assert_eq!(folder.number(ours), back, "both say the same of what went back");
}

// S4.31, S0.12: the shop is killed under checkouts, webhooks and refunds while its provider lives
// on: what either has answered holds, and both books say the same.
#[test]
fn killed_beside_a_provider_that_lives_on() {
    let fake = FakeStripe::start(Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        webhook: None,
        secret: SECRET.to_owned(),
        clock: Clock::default(),
        insist: true,
    });
    let folder = Folder::base()
        .set("hold", "2s")
        .set("provider", "stripe")
        .set("provider_url", &fake.base)
        .set("stripe_key", KEY)
        .set("webhook_secrets", SECRET);
    assert_eq!(open(&folder, &fake).stop(), Some(0));
    folder.run(&["stock", "receive", "APRON-S", "100000"]).ended(0);
    let book = Mutex::new(Answered::default());
    let cycles = std::env::var("CYCLES").ok().filter(|text| !text.is_empty());
    let cycles = cycles.map_or(CYCLES, |text| text.parse().expect("CYCLES is a number"));
    for cycle in 1..=cycles {
        open_and_kill(&folder, &fake, cycle, &book);
        folder.run(&["audit"]).ended(0);
    }
    let server = open(&folder, &fake);
    settle(&folder, &server);
    let book = book.into_inner().unwrap();
    let caller = Caller::new(&server.base);
    for token in &book.orders {
        let (status, order) = caller.get(&format!("/api/checkout/{token}")).unwrap();
        assert_eq!(status, 200, "an order that was answered is gone: {order}");
        let has_paid = ["paid", "part_refunded", "refunded"]
            .contains(&order["payment_status"].as_str().unwrap());
        // Whoever got no answer from the provider may have paid all the same.
        assert!(has_paid || !book.paid.contains(token), "{order}");
    }
    for refund in &book.refunds {
        let sql = format!("SELECT count(*) FROM refund WHERE id = '{refund}'");
        assert_eq!(folder.number(&sql), 1, "a refund that was answered is lost");
    }
    both_books_agree(&folder, &fake);
    assert_eq!(server.stop(), Some(0));
    folder.run(&["audit"]).ended(0);
    println!(
        "{cycles} kills: {} orders, {} payments and {} refunds answered",
        book.orders.len(),
        book.paid.len(),
        book.refunds.len()
    );
    assert!(book.paid.len() > 10 && book.refunds.len() > 3, "too little to prove anything");
}
