//! Power cuts: the real program is killed in the middle of buying, paying and giving back, again
//! and again on the same data folder, and its books must be right whenever they are looked at.

mod process;

#[path = "crashes/clerk.rs"]
mod clerk;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kiosk::base::Randomness;
use process::{Caller, Folder, KIOSK, Server, buyer};
use serde_json::{Value, json};

/// Times the program is killed; `make crashes CYCLES=200` kills it more often.
const CYCLES: u64 = 50;
/// After so many kills everything is let come to rest, and both books are compared in full.
const COMPARED_EVERY: u64 = 50;
/// The longest everything may take to come to rest.
const REST: Duration = Duration::from_mins(4);
/// Buyers at a time.
const BUYERS: u64 = 4;
/// The longest a shop is left open before it is killed, milliseconds.
const OPEN_MS_MAX: u64 = 900;
/// … unless it has not given so many answers yet, and this is the longest for that.
const ANSWERS_MAX: u64 = 12;
const OPEN_MS_LIMIT: u128 = 30_000;
/// Every so many cycles the kill comes while the shop is still opening.
const KILLED_OPENING: u64 = 7;
/// The longest an opening shop is left alone, milliseconds.
const OPENING_MS_MAX: u64 = 60;
/// Short, so that holds lapse while buyers are still paying.
const HOLD: &str = "2s";
/// Statuses of an order whose money has come.
const HAS_PAID: [&str; 3] = ["paid", "part_refunded", "refunded"];
const SKUS: [&str; 3] = ["APRON-S", "APRON-L", "GLAZE-6"];

/// What the shop has answered, and so may never forget.
#[derive(Default)]
struct Promised {
    /// Carts with something in them, by cookie.
    carts: Vec<String>,
    /// Orders by token, with the path of their payment page.
    orders: BTreeMap<String, String>,
    /// Tokens of orders whose payment page said thanks.
    paid: Vec<String>,
    /// Orders that may still be paid by a later buyer.
    open: Vec<(String, String)>,
    /// Checkouts that broke off without an answer, by cookie.
    broken_off: Vec<String>,
    /// Refunds the program's command has answered with.
    refunds: BTreeSet<String>,
    /// Refunds the provider's dashboard has answered.
    in_dashboard: u64,
}

impl Promised {
    /// How much the shop has answered so far.
    fn answers(&self) -> usize {
        self.carts.len() + self.orders.len() + self.paid.len() + self.refunds.len()
    }
}

type Book = Mutex<Promised>;

/// A buyer until the line breaks.
fn buy(base: &str, random: &Randomness, book: &Book) {
    for _ in 0..10_000 {
        let is_alive = match random.below(10) {
            0 => fill_a_cart(base, random, book),
            1..=2 => pay_an_old_order(base, random, book),
            3 => try_again(base, book),
            _ => order_and_pay(base, random, book),
        };
        if is_alive.is_none() {
            return;
        }
    }
}

fn line(random: &Randomness) -> Value {
    let sku = SKUS[usize::try_from(random.below(3)).unwrap()];
    json!({ "sku": sku, "qty": 1 + random.below(3) })
}

fn fill_a_cart(base: &str, random: &Randomness, book: &Book) -> Option<()> {
    let mut caller = Caller::new(base);
    let (status, cart) = caller.post("/api/cart/lines", &line(random))?;
    assert_eq!(status, 201, "{cart}");
    book.lock().unwrap().carts.push(caller.cookie());
    Some(())
}

fn order_and_pay(base: &str, random: &Randomness, book: &Book) -> Option<()> {
    let mut caller = Caller::new(base);
    let (status, cart) = caller.post("/api/cart/lines", &line(random))?;
    assert_eq!(status, 201, "{cart}");
    let cookie = caller.cookie();
    let Some((status, begun)) = caller.post("/api/checkout", &buyer(&cart)) else {
        book.lock().unwrap().broken_off.push(cookie);
        return None;
    };
    assert_eq!(status, 201, "{begun}");
    let (token, page) = noted(&begun, book);
    match random.below(10) {
        0..=1 => book.lock().unwrap().open.push((token, page)),
        2 => {
            caller.press(&page, &[("action", "cancel")])?;
        }
        _ => pay(&caller, random, token, page, book)?,
    }
    Some(())
}

fn noted(begun: &Value, book: &Book) -> (String, String) {
    let token = begun["token"].as_str().unwrap().to_owned();
    let url = begun["payment_url"].as_str().unwrap();
    // The port is another one after each restart.
    let page = url.find("/simulator/").map_or("", |at| &url[at..]).to_owned();
    book.lock().unwrap().orders.insert(token.clone(), page.clone());
    (token, page)
}

/// Pays, with the troubles of real webhooks switched on now and then.
fn pay(
    caller: &Caller,
    random: &Randomness,
    token: String,
    page: String,
    book: &Book,
) -> Option<()> {
    if page.is_empty() {
        return Some(());
    }
    let mut fields = vec![("action", "pay")];
    for switch in ["doubled", "reordered", "lost", "forged"] {
        if random.below(5) == 0 {
            fields.push((switch, "on"));
        }
    }
    let status = caller.press(&page, &fields);
    match status {
        Some(303) => book.lock().unwrap().paid.push(token),
        // The page was closed meanwhile: its time was over, or somebody has paid.
        Some(status) => assert_eq!(status, 200),
        None => book.lock().unwrap().open.push((token, page)),
    }
    status.map(|_| ())
}

fn pay_an_old_order(base: &str, random: &Randomness, book: &Book) -> Option<()> {
    let old = book.lock().unwrap().open.pop();
    let Some((token, page)) = old else { return Some(()) };
    pay(&Caller::new(base), random, token, page, book)
}

/// Sends a checkout again that was never answered: whatever became of it, it is one order.
fn try_again(base: &str, book: &Book) -> Option<()> {
    let cookie = book.lock().unwrap().broken_off.pop();
    let Some(cookie) = cookie else { return Some(()) };
    let mut caller = Caller::with_cookie(base, &cookie);
    let sent =
        caller.get("/api/cart").and_then(|(_, cart)| caller.post("/api/checkout", &buyer(&cart)));
    match sent {
        Some((201, begun)) => {
            noted(&begun, book);
            Some(())
        }
        // The cart was ordered and its order has come to its end.
        Some((409, _)) => Some(()),
        Some((status, problem)) => panic!("{status} {problem}"),
        None => {
            book.lock().unwrap().broken_off.push(cookie);
            None
        }
    }
}

/// Opens the shop, lets buyers and the clerk in, kills it at a moment nobody chose.
fn open_and_kill(folder: &Folder, random: &Randomness, cycle: u64, slow: bool, book: &Book) {
    if cycle % KILLED_OPENING == KILLED_OPENING - 1 {
        let mut command = folder.command(KIOSK, &["serve"]);
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(random.below(OPENING_MS_MAX)));
        child.kill().unwrap();
        child.wait().unwrap();
        return;
    }
    let server = folder.serve();
    let (base, is_open) = (server.base.clone(), AtomicBool::new(true));
    let open_ms_min = random.below(OPEN_MS_MAX);
    let answers_min = usize::try_from(random.below(ANSWERS_MAX)).unwrap();
    let said = thread::scope(|scope| {
        for number in 0..BUYERS {
            let (base, random) = (&base, Randomness::seeded(cycle * 100 + number));
            scope.spawn(move || buy(base, &random, book));
        }
        let (base, is_open, random) = (&base, &is_open, Randomness::seeded(cycle * 100 + BUYERS));
        scope.spawn(move || clerk::work(folder, base, &random, slow, book, is_open));
        // In steps, so that the moment of the kill does not hang on one long sleep; a slow machine
        // gets the time for some answers all the same.
        let (opened, before) = (Instant::now(), book.lock().unwrap().answers());
        let is_due = |answers: usize| {
            let open_ms = opened.elapsed().as_millis();
            open_ms >= u128::from(20 + open_ms_min) && answers >= before + answers_min
                || open_ms >= OPEN_MS_LIMIT
        };
        while !is_due(book.lock().unwrap().answers()) {
            thread::sleep(Duration::from_millis(2));
        }
        let said = server.said();
        server.kill();
        is_open.store(false, Ordering::Relaxed);
        said
    });
    assert!(!said.contains("panic"), "{said}");
    assert!(!said.contains("the books do not agree"), "{said}");
}

/// Lets the shop run until every order and every refund has come to rest.
fn settle(folder: &Folder, server: &Server) {
    let waiting = "SELECT (SELECT count(*) FROM orders
                           WHERE payment_status IN ('pending', 'processing'))
                        + (SELECT count(*) FROM simulator_delivery WHERE state = 'due')
                        + (SELECT count(*) FROM webhook_event WHERE state IN ('new', 'retry'))
                        + (SELECT count(*) FROM refund WHERE state IN ('wanted', 'pending'))";
    let ends = Instant::now() + REST;
    while folder.number(waiting) > 0 {
        let left = folder.number(waiting);
        assert!(Instant::now() < ends, "{left} are not settled\n{}", server.said());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Every promise of the shop is kept.
fn nothing_is_lost(folder: &Folder, server: &Server, promised: &Promised) {
    let caller = Caller::new(&server.base);
    let status = |token: &str| {
        let (code, order) = caller.get(&format!("/api/checkout/{token}")).unwrap();
        assert_eq!(code, 200, "an order that was answered is gone: {order}");
        order["payment_status"].as_str().unwrap().to_owned()
    };
    for token in promised.orders.keys() {
        let status = status(token);
        assert!(
            HAS_PAID.contains(&status.as_str()) || ["expired", "cancelled"].contains(&&*status)
        );
    }
    for token in &promised.paid {
        assert!(HAS_PAID.contains(&&*status(token)), "a payment that was answered is lost");
    }
    for cookie in &promised.carts {
        let caller = Caller::with_cookie(&server.base, cookie);
        let (_, cart) = caller.get("/api/cart").unwrap();
        assert_eq!(cart["lines"].as_array().map(Vec::len), Some(1), "{cart}");
    }
    // What the provider took is what the shop knows, also for pages that were never answered.
    let taken = "FROM simulator_session
                 WHERE status = 'complete' AND payment_status = 'paid'";
    let unknown = folder.number(&format!(
        "SELECT count(*) {taken} AND NOT EXISTS (
             SELECT 1 FROM orders WHERE orders.id = simulator_session.request ->> '$.order'
                                    AND orders.paid_at IS NOT NULL)"
    ));
    assert_eq!(unknown, 0, "sessions were paid and their orders are not");
    let paid = folder.number("SELECT count(*) FROM orders WHERE paid_at IS NOT NULL");
    assert_eq!(folder.number(&format!("SELECT count(*) {taken}")), paid, "somebody paid twice");
    let letters = "SELECT count(*) FROM outbox WHERE template = 'order_confirmation'";
    assert_eq!(folder.number(letters), paid);
    let twice = "SELECT count(*) FROM (SELECT cart_id FROM orders WHERE paid_at IS NOT NULL
                 GROUP BY cart_id HAVING count(*) > 1)";
    assert_eq!(folder.number(twice), 0, "one cart was paid for twice");
}

/// The shop opens, everything comes to rest, and every promise is kept.
fn all_is_well(folder: &Folder, promised: &Promised) {
    let server = folder.serve();
    settle(folder, &server);
    nothing_is_lost(folder, &server, promised);
    clerk::both_books_agree(folder, promised.refunds.iter().cloned());
    assert_eq!(server.stop(), Some(0));
    folder.run(&["audit"]).ended(0);
}

// S4.31, S0.12: killed again and again under load, the shop loses nothing it has answered,
// sells nothing twice, and takes no money without an order.
#[test]
fn killed_again_and_again_the_shop_keeps_every_promise() {
    let folder = Folder::base().set("hold", HOLD);
    assert_eq!(folder.serve().stop(), Some(0));
    for sku in SKUS {
        folder.run(&["stock", "receive", sku, "100000"]).ended(0);
    }
    let (random, book) = (Randomness::seeded(2026), Book::default());
    let cycles = std::env::var("CYCLES").ok().filter(|text| !text.is_empty());
    let cycles = cycles.map_or(CYCLES, |text| text.parse().expect("CYCLES is a number"));
    for cycle in 1..=cycles {
        // Slow refunds early on only, so that the end need not wait for them.
        open_and_kill(&folder, &random, cycle, cycle * 2 < cycles, &book);
        let audit = folder.run(&["audit"]);
        assert_eq!(audit.code, Some(0), "after kill {cycle}:\n{}{}", audit.out, audit.err);
        clerk::is_not_ahead(&folder);
        if cycle % COMPARED_EVERY == 0 && cycle < cycles {
            all_is_well(&folder, &book.lock().unwrap());
        }
    }
    let promised = book.lock().unwrap();
    all_is_well(&folder, &promised);
    println!(
        "{cycles} kills: {} carts, {} orders, {} payments, {} refunds by command and {} in the \
         provider's dashboard answered; {} orders paid, {} refunds succeeded, {} failed, {} units \
         back on the shelf",
        promised.carts.len(),
        promised.orders.len(),
        promised.paid.len(),
        promised.refunds.len(),
        promised.in_dashboard,
        folder.number("SELECT count(*) FROM orders WHERE paid_at IS NOT NULL"),
        folder.number("SELECT count(*) FROM refund WHERE state = 'succeeded'"),
        folder.number("SELECT count(*) FROM refund WHERE state = 'failed'"),
        folder.number("SELECT coalesce(sum(qty), 0) FROM refund_restock"),
    );
    assert!(promised.refunds.len() > 5, "too little went back to prove anything");
    assert!(promised.paid.len() > 50, "too little was going on to prove anything");
    let whole = folder.database().query_row("PRAGMA integrity_check", [], |r| r.get(0));
    assert_eq!(whole, Ok("ok".to_owned()));
}
