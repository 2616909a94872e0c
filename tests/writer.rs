//! The shop on a disk that is full: by a limit of the database's own, as SQLite meets it.

mod house;

use house::TestShop;
use kiosk::base::fault::{Failure, Never};
use serde_json::Value;

impl TestShop {
    /// From now on the database takes so many pages.
    fn limit_pages(&self, pages: i64) {
        let set = self.kit.db.write_blocking(move |tx| {
            tx.pragma_update(None, "max_page_count", pages)?;
            Ok::<_, Failure<Never>>(())
        });
        set.unwrap();
    }

    /// Buyers come until one is told that it cannot be done now; that answer, and how many were
    /// told that their order is written down.
    fn buy_until_full(&self) -> (house::Answer, i64, Value) {
        let line = serde_json::json!({ "sku": "GLAZE-6", "qty": 1 });
        let seen = self.browser().json("POST", "/api/cart/lines", &line).json();
        let total = &seen["quote"]["total_minor"];
        for placed in 0..10_000 {
            let mut buyer = self.browser();
            let answer = buyer.json("POST", "/api/checkout", &checkout(placed, total));
            if answer.status != 201 {
                return (answer, placed, total.clone());
            }
        }
        panic!("the disk is never full");
    }
}

fn checkout(buyer: i64, total: &Value) -> Value {
    serde_json::json!({
        "email": format!("buyer{buyer}@example.com"), "name": "Ada Lovelace",
        "line1": "1 High Street", "city": "Bath", "postcode": "BA1 1AA", "country": "GB",
        "lines": [{ "sku": "GLAZE-6", "qty": 1 }], "quote_total": total,
    })
}

// S2.144: a webhook that cannot be written down is refused and not half kept, so that the provider
// sends it again; then it takes effect as any other.
#[test]
fn a_webhook_that_cannot_be_kept_is_sent_again() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let page = buyer.checkout().location().to_owned();
    buyer.press(&page, "pay");
    shop.limit_pages(1);
    let payload = shop.text("SELECT payload FROM simulator_delivery");
    let padded = payload.replacen('{', &format!("{{\"filling\":\"{}\",", "x".repeat(90_000)), 1);
    let secret = shop.app.till.provider.secrets().swap_remove(0);
    let header = kiosk::payments::signature::sign(&secret, padded.as_bytes(), shop.clock.now());
    let headers = [("stripe-signature", header.as_str()), ("content-type", "application/json")];
    let refused = shop.browser().send("/hooks/stripe", &headers, padded.as_bytes());
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(shop.number("SELECT count(*) FROM webhook_event"), 0);
    shop.limit_pages(1 << 30);
    let taken = shop.browser().send("/hooks/stripe", &headers, padded.as_bytes());
    assert_eq!((taken.status, shop.number("SELECT count(*) FROM webhook_event")), (200, 1));
    shop.work_off();
    assert_eq!(shop.text("SELECT payment_status FROM orders"), "paid");
    shop.assert_audit();
}

// S4.31: a full disk costs sales and no data; the shop sells again by itself.
#[test]
fn a_full_disk_is_answered_with_busy_and_passes() {
    let shop = TestShop::open();
    shop.set_stock("GLAZE-6", 5000);
    let pages = shop.number("SELECT page_count FROM pragma_page_count");
    shop.limit_pages(pages + 40);
    let (refused, placed, total) = shop.buy_until_full();
    assert_eq!(refused.status, 503, "{}", refused.body);
    // Our writer says two seconds; the simulator's own tables lie in the same file, and whoever
    // meets it full is told to come back in five.
    assert!(["2", "5"].contains(&refused.headers["retry-after"].as_str()));
    assert_eq!(refused.headers["content-type"], "application/problem+json");
    // Whoever was told "done" has an order; one more may be there whose page was not noted.
    let orders = shop.number("SELECT count(*) FROM orders");
    assert!((placed..=placed + 1).contains(&orders), "{placed} were told, {orders} are there");
    shop.assert_audit();
    // Pages and reads go on.
    let mut visitor = shop.browser();
    assert_eq!(visitor.get("/").status, 200);
    assert_eq!(visitor.get("/cart").status, 200);
    assert_eq!(shop.kit.db.figures().queued, 0);
    shop.limit_pages(1 << 30);
    let answer = visitor.json("POST", "/api/checkout", &checkout(-1, &total));
    assert_eq!(answer.status, 201, "{}", answer.body);
    shop.assert_audit();
}
