//! News to other programs: signed, once for each cause, in order, again after a failure.

use kiosk::base::fault::{Failure, Never};
use kiosk::base::signature;
use kiosk::payments;
use kiosk::platform::hooks;

use super::house::{Heard, Neighbour, Setup, TestShop};
use super::{at_payment, deliver, newest, pay, ship};

const SECRET: &str = "whsec_of_the_neighbour";

/// A shop that tells `neighbour` these events at `/in`, and another one nothing.
fn telling(neighbour: &Neighbour, events: &str, more: Vec<(&'static str, String)>) -> TestShop {
    let mut settings = vec![
        ("dev", "on".to_owned()),
        ("hooks.books.url", neighbour.url("/in?from=kiosk")),
        ("hooks.books.secret", SECRET.to_owned()),
        ("hooks.books.events", events.to_owned()),
    ];
    settings.extend(more);
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    // The first answer means that the shop is open, and knows who listens.
    assert_eq!(shop.browser().get("/healthz").status, 200);
    shop
}

fn types(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|call| call.headers["kiosk-event"].clone()).collect()
}

// An order's life is told in order, each event once, each call signed.
#[test]
fn an_orders_life_is_told_in_order_and_signed() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour, "*", Vec::new());
    pay(&shop, "GLAZE-6", 2);
    ship(&shop);
    deliver(&shop);
    shop.work_off();
    shop.work_off();
    let heard = neighbour.heard();
    assert_eq!(types(&heard), ["order.paid", "order.shipped", "order.delivered"]);
    for call in &heard {
        assert_eq!(call.path, "/in?from=kiosk");
        let signed = &call.headers["kiosk-signature"];
        let secrets = [SECRET.to_owned()];
        assert!(signature::verify(signed, call.body.as_bytes(), &secrets, shop.kit.now()));
        let other = ["another secret of 16".to_owned()];
        assert!(!signature::verify(signed, call.body.as_bytes(), &other, shop.kit.now()));
        assert_eq!(call.headers["kiosk-delivery"], call.json()["id"]);
        assert_eq!(call.headers["content-type"], "application/json");
    }
    let paid = heard[0].json();
    assert_eq!((&paid["type"], &paid["test"]), (&"order.paid".into(), &true.into()));
    assert_eq!(paid["shop"], shop.base);
    let order = &paid["data"]["order"];
    assert_eq!((&order["total_minor"], &order["currency"]), (&15_998.into(), &"GBP".into()));
    assert_eq!(
        (&order["email"], &order["items"][0]["qty"]),
        (&"ada@example.com".into(), &2.into())
    );
    assert_eq!(order["token"], serde_json::Value::Null, "the buyer's link is theirs");
    assert!(paid["text"].as_str().unwrap().ends_with("is paid: £159.98."), "{}", paid["text"]);
    assert_eq!(shop.number("SELECT count(*) FROM hook_event"), 3);
    assert_eq!(shop.text("SELECT DISTINCT state FROM hook_delivery"), "sent");
    assert_eq!(shop.number("SELECT min(status) FROM hook_delivery"), 200);
}

// Money that goes back and an order that ends are told once each.
#[test]
fn the_end_of_an_order_is_told() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour, "order.cancelled, order.refunded", Vec::new());
    pay(&shop, "GLAZE-6", 1);
    let id = newest(&shop);
    shop.block_on(payments::cancel(&shop.app.till, &id, "staff", "no clay")).unwrap();
    shop.work_off();
    let heard = neighbour.heard();
    assert_eq!(types(&heard), ["order.cancelled", "order.refunded"]);
    assert_eq!(heard[1].json()["data"]["refund"]["amount_minor"], 7_999);
}

// What happens twice is told once; what nobody wants to hear is not written.
#[test]
fn one_event_for_each_cause() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour, "order.paid", Vec::new());
    let (mut buyer, payment) = at_payment(&shop, "GLAZE-6", 1);
    buyer.press(&payment, "pay");
    buyer.press(&payment, "pay");
    for _ in 0..3 {
        shop.work_off();
        shop.advance_s(120);
    }
    ship(&shop);
    shop.work_off();
    assert_eq!(neighbour.heard().len(), 1);
    assert_eq!(shop.number("SELECT count(*) FROM hook_event"), 1);
    let silent = TestShop::open();
    pay(&silent, "GLAZE-6", 1);
    assert_eq!(silent.number("SELECT count(*) FROM hook_event"), 0);
}

// A program that fails is told again later; what happened later to the same order waits for it.
#[test]
fn a_failure_is_repeated_and_order_is_kept() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour, "*", Vec::new());
    neighbour.says("503 Busy\r\ncontent-length: 9\r\n\r\nnot today");
    pay(&shop, "GLAZE-6", 1);
    ship(&shop);
    shop.work_off();
    assert_eq!(types(&neighbour.heard()), ["order.paid"], "tried once, then it rests");
    assert_eq!(shop.text("SELECT answer FROM hook_delivery ORDER BY id"), "not today");
    // Another order is not held up by this one.
    neighbour.says("200 OK\r\ncontent-length: 0\r\n\r\n");
    pay(&shop, "APRON-S", 1);
    assert_eq!(types(&neighbour.heard()), ["order.paid", "order.paid"]);
    shop.advance_s(30);
    shop.work_off();
    let heard = neighbour.heard();
    assert_eq!(types(&heard)[2..], ["order.paid", "order.shipped"]);
    assert_eq!(heard[0].body, heard[2].body, "a repeat is the same to the byte");
    assert_eq!(heard[0].headers["kiosk-delivery"], heard[2].headers["kiosk-delivery"]);
    assert_ne!(heard[0].headers["kiosk-signature"], heard[2].headers["kiosk-signature"]);
    assert_eq!(shop.text("SELECT DISTINCT state FROM hook_delivery"), "sent");
}

// After about a day it is given up, and a person may have it sent again.
#[test]
fn what_is_given_up_can_be_sent_again() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour, "order.paid", Vec::new());
    // Redirects lead where nobody said to go.
    let elsewhere = Neighbour::open();
    let to = elsewhere.url("/");
    neighbour.says(&format!("307 Moved\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"));
    pay(&shop, "GLAZE-6", 1);
    for _ in 0..20 {
        shop.advance_s(3 * 3600);
        shop.work_off();
    }
    assert!(elsewhere.heard().is_empty(), "a redirect is not followed");
    assert_eq!(shop.text("SELECT state FROM hook_delivery"), "dead");
    assert_eq!(neighbour.heard().len(), 18);
    assert!(shop.text("SELECT answer FROM hook_delivery").contains("redirects are not followed"));
    neighbour.says("204 No Content\r\n\r\n");
    let (id, now) = (shop.number("SELECT id FROM hook_delivery"), shop.kit.now());
    let replay = || {
        let db = &shop.kit.db;
        db.write_blocking(move |tx| Ok::<_, Failure<Never>>(hooks::replay(tx, id, now)?)).unwrap()
    };
    assert!(replay());
    assert!(!replay(), "it is on its way already");
    shop.work_off();
    assert_eq!(shop.text("SELECT state FROM hook_delivery"), "sent");
    assert_eq!(shop.number("SELECT replays FROM hook_delivery"), 1);
    // 410: it will never want this.
    neighbour.says("410 Gone\r\ncontent-length: 0\r\n\r\n");
    pay(&shop, "APRON-S", 1);
    assert_eq!(shop.text("SELECT state FROM hook_delivery ORDER BY id DESC"), "dead");
}

// S1.47: a chat hears of what needs a person, in plain words.
#[test]
fn a_chat_is_alerted() {
    let (neighbour, chat) = (Neighbour::open(), Neighbour::open());
    let more = vec![
        ("hooks.team.url", chat.url("/services/T0/B0/x")),
        ("hooks.team.format", "slack".to_owned()),
        ("hooks.team.events", "alert, stock.low".to_owned()),
    ];
    let shop = telling(&neighbour, "order.paid", more);
    pay(&shop, "GLAZE-6", 17);
    shop.work_off();
    let id = newest(&shop);
    let (book, now) = (shop.app.shelf.books.now(), shop.kit.now());
    let flagged = shop.kit.db.write_blocking(move |tx| {
        let why = "<!here> the bank & the buyer disagree";
        Ok::<_, Failure<Never>>(kiosk::orders::flag(tx, &book, &id, why, now)?)
    });
    flagged.unwrap();
    shop.work_off();
    let heard = chat.heard();
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard.iter().all(|call| !call.headers.contains_key("kiosk-signature")));
    let texts: Vec<String> =
        heard.iter().map(|call| call.json()["text"].as_str().unwrap().to_owned()).collect();
    assert!(texts[0].starts_with("[test] Low stock: Six glazes (GLAZE-6), 3 left"), "{texts:?}");
    assert!(texts[1].contains("&lt;!here&gt; the bank &amp; the buyer disagree"), "{texts:?}");
    assert_eq!(types(&neighbour.heard()), ["order.paid"], "each hears what it wants");
}

// S1.47: an error that is new wakes somebody, once; what a browser says wakes nobody.
#[test]
fn a_new_error_is_told_once() {
    use kiosk::platform::telemetry::{Kind, Report};
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour, "alert", Vec::new());
    for kind in [Kind::Test, Kind::Test, Kind::Browser] {
        shop.kit.reports.notice(Report::new(kind, "something broke", "/somewhere"));
        shop.work_off();
    }
    let heard = neighbour.heard();
    assert_eq!(types(&heard), ["alert"]);
    let text = heard[0].json()["text"].as_str().unwrap().to_owned();
    assert_eq!(text, "An error at /somewhere: something broke. The desk lists it.");
}
