//! An order from the checkout on: placed once, snapshot, private link, given up, paid again.

#[path = "orders/programs.rs"]
mod programs;
#[path = "orders/checkout.rs"]
mod checkout;
#[path = "orders/letters.rs"]
mod letters;
#[path = "orders/offers.rs"]
mod offers;

mod house;

use std::sync::Arc;

use house::{
    Answer, Browser, Edited, FakeProvider, Setup, TestShop, base_content, checkout_fields,
};
use kiosk::base::Failure;
use kiosk::base::ids::OrderId;
use kiosk::orders;
use serde_json::{Value, json};

const MINUTE_S: i64 = 60;

/// A buyer with this in the cart, at the payment page.
fn at_payment(shop: &TestShop, sku: &str, qty: u32) -> (Browser, String) {
    let mut buyer = shop.browser();
    assert_eq!(buyer.add(sku, qty).status, 303);
    let to_payment = buyer.checkout();
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let payment = to_payment.location().to_owned();
    (buyer, payment)
}

/// The order's private page, as a path.
fn order_page(buyer: &mut Browser, payment: &str) -> String {
    let back = buyer.post(payment, &[("action", "cancel")]);
    let location = back.location();
    let at = location.find("/order/").unwrap_or_else(|| panic!("{location}"));
    location[at..].split('?').next().unwrap().to_owned()
}

/// The version and total a checkout page carries.
fn seen(page: &Answer) -> (String, String) {
    let value = |name| page.attribute(&format!("[name={name}]"), "value");
    (value("cart_version"), value("quote_total"))
}

fn status_of(shop: &TestShop) -> String {
    shop.text(
        "SELECT group_concat(payment_status)
         FROM (SELECT payment_status FROM orders ORDER BY number)",
    )
}

// S2.19 S3.32 S4.9 S4.2 S0.4: before anybody is called, everything is written at once.
#[test]
fn an_order_is_pending_with_everything_it_needs() {
    let shop = TestShop::open();
    let (_, payment) = at_payment(&shop, "GLAZE-6", 2);
    assert_eq!(status_of(&shop), "pending");
    assert_eq!(shop.text("SELECT fulfilment_status FROM orders"), "unfulfilled");
    assert_eq!(shop.number("SELECT total_minor FROM orders"), 15_998);
    assert_eq!(shop.number("SELECT sum(net_minor) FROM order_item"), 15_998);
    assert_eq!(shop.number("SELECT sum(qty) FROM hold WHERE state = 'active'"), 2);
    assert_eq!(shop.level("GLAZE-6").on_hand, 20, "held, not sold");
    assert_eq!(shop.text("SELECT state FROM payment"), "open");
    let session = shop.text("SELECT session_id FROM payment");
    assert!(payment.ends_with(&session), "{payment} is not the page of {session}");
    assert_eq!(shop.number("SELECT placed_at FROM orders"), house::START.0);
    shop.assert_audit();
}

// S4.9 S3.32: when the goods are gone at the last moment, nothing of the order is left.
#[test]
fn an_order_is_written_whole_or_not_at_all() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    let (version, total) = seen(&buyer.get("/checkout"));
    shop.set_stock("GLAZE-6", 1);
    let refused = buyer.post("/checkout", &checkout_fields(&version, &total));
    assert_eq!(refused.status, 409);
    assert!(refused.texts("[role=alert]").join(" ").contains("Starter set"), "{}", refused.body);
    for table in ["orders", "order_item", "order_event", "hold", "payment", "promotion_claim"] {
        assert_eq!(shop.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!((shop.level("KILN-1").held, shop.level("APRON-S").held), (0, 0));
}

// S4.3 S2.33 S3.4 S2.116: one row for each thing bought, a bundle's parts below their bundle.
#[test]
fn lines_keep_what_was_bought() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    buyer.add("APRON-S", 1);
    buyer.add("APRON-S", 1);
    assert_eq!(buyer.checkout().status, 303);
    let rows = "SELECT group_concat(kind || ':' || ref || ':' || qty || ':' || net_minor, ' ')
                FROM (SELECT * FROM order_item ORDER BY position)";
    let expected = "bundle:starter:1:104122 part:KILN-1:1:0 part:APRON-S:1:0 part:GLAZE-6:2:0 \
                    product:APRON-S:2:5998";
    assert_eq!(shop.text(rows), expected);
    let twice = "SELECT count(*) FROM (SELECT 1 FROM order_item
                 GROUP BY order_id, coalesce(parent, -1), kind, ref HAVING count(*) > 1)";
    assert_eq!(shop.number(twice), 0);
    let apron =
        "SELECT title || '|' || options || '|' || tier || '|' || unit_minor || '|' || tax_bp
                 FROM order_item WHERE kind = 'product'";
    assert_eq!(shop.text(apron), "Apron|Small|standard|2999|2000");
    assert_eq!(shop.level("APRON-S").held, 3, "loose and in the bundle together");
    shop.assert_audit();
}

// S3.4 S1.29: what the catalog says tomorrow does not reach yesterday's order.
#[test]
fn an_order_is_a_snapshot() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 1);
    let path = order_page(&mut buyer, &payment);
    let before = buyer.get(&path);
    shop.publish(
        &Edited::of(&base_content())
            .replace("products/kiln.toml", "Table kiln", "Renamed kiln")
            .replace("products/kiln.toml", "999.99", "1.00")
            .replace("products/kiln.toml", "KILN-1", "KILN-2")
            .replace("bundles/starter.toml", "KILN-1", "KILN-2")
            .replace("tests/prices.toml", "KILN-1", "KILN-2")
            .replace("tests/prices.toml", "999.99", "5.99"),
    );
    let after = buyer.get(&path);
    assert_eq!(after.texts("main"), before.texts("main"));
    assert!(after.texts(".items .item-title")[0].starts_with("Table kiln"));
    buyer.press(&payment, "pay");
    shop.work_off();
    assert_eq!(shop.number("SELECT received_minor FROM payment"), 99_999);
}

// S3.36 S4.4 S2.134: the page is behind an unguessable link, the same answer for anything else.
#[test]
fn an_order_is_seen_by_who_has_its_link() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 1);
    let path = order_page(&mut buyer, &payment);
    let token = path.trim_start_matches("/order/").to_owned();
    assert!(token.len() >= 22, "128 bits at least: {token}");
    let mut stranger = shop.browser();
    let awaiting = stranger.get(&path);
    assert_eq!(awaiting.status, 200, "the link is enough, on any device");
    assert_eq!(awaiting.texts("h1"), ["Waiting for your payment"]);
    assert_eq!(awaiting.attribute("meta[name=robots]", "content"), "noindex");
    let number = shop.text("SELECT number FROM orders");
    let (id, hash) =
        (shop.text("SELECT id FROM orders"), shop.text("SELECT token_hash FROM orders"));
    assert!(!shop.text("SELECT quote || pricing_input FROM orders").contains(&token));
    let wrong: String = token.chars().rev().collect();
    for guess in [number.as_str(), &id, &hash, &wrong, &token[1..], "x", "%00", "..%2f"] {
        assert_eq!(stranger.get(&format!("/order/{guess}")).status, 404, "{guess}");
        assert_eq!(stranger.get(&format!("/api/checkout/{guess}")).status, 404, "{guess}");
        assert_eq!(stranger.post(&format!("/order/{guess}/cancel"), &[]).status, 404, "{guess}");
        assert_eq!(stranger.post(&format!("/order/{guess}/pay"), &[]).status, 404, "{guess}");
    }
    assert_eq!(status_of(&shop), "pending");
}

// S4.4 S4.20: a visitor's own orders in a list: paid ones, and those that wait for money; nobody
// else's, and none that came to nothing.
#[test]
fn a_visitor_finds_their_orders_again() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "APRON-S", 2);
    let number = shop.text("SELECT number FROM orders");
    let list = buyer.get("/orders");
    assert_eq!(list.texts(".orders h2"), std::slice::from_ref(&number));
    let entry = list.texts(".orders li").remove(0);
    for words in ["£59.98", "Waiting for your payment", "24 November 2026", "2 × Apron"] {
        assert!(entry.contains(words), "{words}: {entry}");
    }
    let path = list.attribute(".orders a", "href");
    assert_eq!(path, order_page(&mut buyer, &payment));
    buyer.press(&payment, "pay");
    shop.work_off();
    assert_eq!(buyer.add("KILN-1", 1).status, 303);
    let second = buyer.checkout();
    assert_eq!(second.status, 303, "{}", second.body);
    let listed = buyer.get("/api/orders").json();
    let of = |name: &str| {
        let all = listed["orders"].as_array().unwrap().iter();
        all.map(|order| order[name].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("payment_status"), ["pending", "paid"]);
    assert_eq!(of("number")[1], number);
    assert_eq!(of("items")[1][0]["qty"], 2);
    assert_eq!(shop.browser().get("/api/orders").json(), json!({ "orders": [] }));
    assert!(shop.browser().get("/orders").texts(".orders").is_empty());
    shop.advance_s(7200);
    shop.work_off();
    assert_eq!(buyer.get("/orders").texts(".orders h2"), [number], "what lapsed is no order");
}

// S4.20 S2.136 S2.22: number, state, date, total, items and help on one page.
#[test]
fn the_page_of_an_order_tells_everything() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "APRON-S", 1);
    let confirming = buyer.press(&payment, "pay");
    assert!(confirming.attribute("#order", "data-poll").starts_with("/api/checkout/"));
    shop.work_off();
    let poll = buyer.get(&confirming.attribute("#order", "data-poll")).json();
    let number = shop.text("SELECT number FROM orders");
    assert_eq!(
        poll,
        json!({ "number": number, "payment_status": "paid", "fulfilment_status": "unfulfilled",
                "total_minor": 3498, "currency": "GBP" })
    );
    let path = order_page_of(&shop);
    let page = buyer.get(&path);
    assert_eq!(page.texts("h1"), ["Thank you, Ada"]);
    assert!(page.texts(".order-head .num")[0].starts_with(&format!("Order {number}")));
    assert_eq!(page.texts(".items .item-title"), ["Apron × 1"]);
    assert_eq!(page.texts(".totals dd"), ["£29.99", "£4.99", "£34.98", "£5.83"]);
    assert!(page.texts(".steps .done")[0].contains("24 November 2026, 10:00"));
    assert!(page.texts("address")[0].contains("1 High Street"));
    let help = page.texts(".order-facts").join(" ");
    assert!(help.contains("help@shop.example") && help.contains(&number), "{help}");
    assert!(page.texts("form[action$='/pay'], form[action$='/cancel']").is_empty());
}

/// The private page of the only order, made as the shop makes it.
fn order_page_of(shop: &TestShop) -> String {
    let id = OrderId::from_stored(shop.text("SELECT id FROM orders"));
    format!("/order/{}", orders::token_of(&shop.kit.secret, &id).as_str())
}

// S2.17 S2.137 S3.37 S3.38 S3.39: given up, the goods are back once and the cart is kept.
#[test]
fn a_pending_order_is_given_up_once() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 2);
    let path = order_page(&mut buyer, &payment);
    let left = buyer.get(&format!("{path}?from=cancel"));
    assert_eq!(left.texts("h1"), ["You left the payment page"]);
    assert!(left.texts(".order-head").join(" ").contains("Your cart is kept"));
    assert_eq!(shop.level("KILN-1").held, 2, "still held: only looking changed nothing");

    let cancel = left.attribute("form[action$='/cancel']", "action");
    assert_eq!(buyer.post(&cancel, &[]).location(), path);
    assert_eq!(buyer.get(&path).texts("h1"), ["This order is cancelled"]);
    assert_eq!((shop.level("KILN-1").held, shop.level("KILN-1").on_hand), (0, 4));
    let again = buyer.post(&cancel, &[]);
    assert_eq!(again.status, 409);
    assert_eq!(buyer.post(&format!("{path}/pay"), &[]).status, 409);
    shop.work_off();
    assert_eq!((shop.level("KILN-1").held, shop.level("KILN-1").on_hand), (0, 4));
    assert_eq!(buyer.get("/api/cart").json()["count"], 2);
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 0);
    // The same cart can be ordered again: a new order.
    assert_eq!(buyer.checkout().status, 303);
    assert_eq!(status_of(&shop), "cancelled,pending");
    shop.assert_audit();
}

// S3.39: what is paid is not given up by the buyer's button.
#[test]
fn a_paid_order_cannot_be_given_up() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 1);
    let path = order_page(&mut buyer, &payment);
    buyer.press(&payment, "pay");
    // Paid at the provider, not yet known here: the button learns it and refuses.
    let raced = buyer.post(&format!("{path}/cancel"), &[]);
    assert_eq!(raced.status, 409, "{}", raced.body);
    shop.work_off();
    assert_eq!(status_of(&shop), "paid");
    assert_eq!(buyer.post(&format!("{path}/cancel"), &[]).status, 409);
    assert_eq!((shop.level("KILN-1").held, shop.level("KILN-1").on_hand), (0, 3));
    shop.assert_audit();
}

// S2.137 S3.38: fifteen minutes, then the goods are free; paying again holds them anew.
#[test]
fn an_order_nobody_paid_in_time_can_be_paid_again() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 3);
    let path = order_page(&mut buyer, &payment);
    shop.advance_s(15 * MINUTE_S - 1);
    shop.work_off();
    assert_eq!((status_of(&shop).as_str(), shop.level("KILN-1").held), ("pending", 3));
    shop.advance_s(2);
    shop.work_off();
    assert_eq!((status_of(&shop).as_str(), shop.level("KILN-1").held), ("expired", 0));
    let over = buyer.get(&path);
    assert_eq!(over.texts("h1"), ["The time to pay has run out"]);
    assert_eq!(buyer.get("/api/cart").json()["count"], 3, "the cart is kept");
    assert!(buyer.get(&payment).body.contains("expired"));

    // Gone meanwhile: said so, nothing held.
    let (mut other, others) = at_payment(&shop, "KILN-1", 2);
    let pay = over.attribute("form[action$='/pay']", "action");
    let short = buyer.post(&pay, &[]);
    assert_eq!(short.status, 409, "{}", short.body);
    assert_eq!(shop.level("KILN-1").held, 2);
    let others_page = order_page(&mut other, &others);
    assert_eq!(other.post(&format!("{others_page}/cancel"), &[]).status, 303);

    let second = buyer.post(&pay, &[]);
    assert_ne!(second.location(), payment, "another page at the provider");
    assert_eq!(shop.level("KILN-1").held, 3);
    let second = second.location().to_owned();
    assert_eq!(buyer.post(&pay, &[]).location(), second, "pressing twice is the same page");
    buyer.press(&second, "pay");
    shop.work_off();
    assert_eq!(status_of(&shop), "paid,cancelled");
    assert_eq!((shop.level("KILN-1").held, shop.level("KILN-1").on_hand), (0, 1));
    assert_eq!(buyer.get("/api/cart").json()["count"], 0);
    shop.assert_audit();
}

// S3.42 S0.4: both statuses move by their tables only, each move with actor and time.
#[test]
fn an_order_is_shipped_after_payment_and_delivered_after_shipping() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 1);
    assert!(ship(&shop).is_err() && deliver(&shop).is_err());
    buyer.press(&payment, "pay");
    shop.work_off();
    assert!(deliver(&shop).is_err());
    ship(&shop).unwrap();
    assert!(ship(&shop).is_err(), "once");
    shop.advance_s(86_400);
    deliver(&shop).unwrap();
    assert!(deliver(&shop).is_err(), "once");
    let told = "SELECT group_concat(kind || ' by ' || actor, ', ')
                FROM (SELECT * FROM order_event ORDER BY id)";
    let expected = "placed by buyer, paid by payment, shipped by staff, delivered by staff";
    assert_eq!(shop.text(told), expected);
    let page = buyer.get(&order_page_of(&shop));
    assert_eq!(page.texts("h1"), ["Your order has arrived"]);
    assert!(page.texts(".parcel")[0].starts_with("Royal Mail, RM123"), "{}", page.body);
    assert_eq!(page.texts(".steps .done").len(), 4);
    shop.assert_audit();
}

type Moved = Result<(), Failure<orders::Refusal>>;

fn ship(shop: &TestShop) -> Moved {
    let id = OrderId::from_stored(shop.text("SELECT id FROM orders"));
    let (kit, book, now) = (shop.kit.clone(), shop.app.shelf.books.now(), shop.kit.now());
    let tracking = ("Royal Mail", "RM123");
    shop.kit
        .db
        .write_blocking(move |tx| orders::ship(tx, &kit, &book, &id, tracking, "staff", now))
        .map(|_| ())
}

fn deliver(shop: &TestShop) -> Moved {
    let id = OrderId::from_stored(shop.text("SELECT id FROM orders"));
    let (kit, book, now) = (shop.kit.clone(), shop.app.shelf.books.now(), shop.kit.now());
    shop.kit
        .db
        .write_blocking(move |tx| orders::deliver(tx, &kit, &book, &id, "staff", now))
        .map(|_| ())
}

/// A shop whose provider does as the test says.
fn with_fake() -> (TestShop, Arc<FakeProvider>) {
    let fake = Arc::new(FakeProvider::new(7));
    let provider: Arc<dyn kiosk::payments::Provider> = fake.clone();
    (TestShop::with(Setup { provider: Some(provider), ..Setup::default() }), fake)
}

/// The JSON checkout of a cart as it is.
fn submission(buyer: &mut Browser) -> Value {
    let cart = buyer.get("/api/cart").json();
    json!({ "email": "ada@example.com", "name": "Ada Lovelace", "line1": "1 High Street",
            "city": "Bath", "postcode": "BA1 1AA", "country": "GB",
            "cart_version": cart["version"], "quote_total": cart["quote"]["total_minor"] })
}
