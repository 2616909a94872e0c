//! Stock as a merchant meets it: opening, counting, selling, running low, renaming.

mod house;

use std::sync::Arc;

use house::TestShop;
use kiosk::base::ids::Sku;
use kiosk::stock::{self, Reason};

const ALERTS: &str = "SELECT count(*) FROM outbox WHERE template = 'low_stock'";

fn adjust(shop: &TestShop, sku: &str, delta: i64, reason: Reason) -> Result<u32, String> {
    let (sku, now) = (Sku::parse(sku).unwrap(), shop.kit.now());
    let catalog = Arc::clone(&shop.app.shelf.books.now().catalog);
    let done = shop.kit.db.write_blocking(move |tx| {
        stock::adjust(tx, &catalog, &sku, delta, (reason, Some("a test"), "ada"), now)
    });
    done.map_err(|failure| failure.to_string())
}

// S0.21, S0.27: a level for each SKU, and a ledger that says how it came about.
#[test]
fn opening_stock_counts_once() {
    let shop = TestShop::open();
    assert_eq!(shop.level("KILN-1").on_hand, 4);
    adjust(&shop, "KILN-1", 3, Reason::Receive).unwrap();
    // Publishing the same files again opens nothing again.
    let book = shop.app.shelf.books.now();
    shop.app.shelf.publish(&shop.kit, book).unwrap();
    assert_eq!(shop.level("KILN-1").on_hand, 7);
    let ledger = "SELECT group_concat(reason || ' ' || delta, ', ' ORDER BY id) FROM stock_move
                  WHERE sku = 'KILN-1'";
    assert_eq!(shop.text(ledger), "opening 4, receive 3");
    shop.assert_audit();
}

// S0.22, S0.23: a change is guarded by the statement itself and carries reason, note and actor.
#[test]
fn nobody_takes_away_what_is_promised() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 3);
    assert_eq!(buyer.checkout().status, 303);
    let refused = adjust(&shop, "KILN-1", -2, Reason::Damage).unwrap_err();
    assert!(refused.contains("3 of them promised"), "{refused}");
    assert_eq!(adjust(&shop, "KILN-1", -1, Reason::Damage), Ok(3));
    for senseless in [0, i64::MAX, i64::MIN + 1, 1_000_001] {
        assert!(adjust(&shop, "KILN-1", senseless, Reason::Receive).is_err(), "{senseless}");
    }
    assert!(adjust(&shop, "NOBODY", 1, Reason::Receive).is_err());
    let versions = shop.number("SELECT version FROM stock_item WHERE sku = 'KILN-1'");
    assert_eq!(versions, 2, "each change by hand counts");
    let line = "SELECT reason || ' ' || note || ' ' || actor FROM stock_move ORDER BY id DESC";
    assert_eq!(shop.text(line), "damage a test ada");
    shop.assert_audit();
}

// S0.24: one letter for each crossing of the low mark, armed again by restocking.
#[test]
fn running_low_is_told_once_for_each_crossing() {
    let shop = TestShop::open();
    let low = shop.level("GLAZE-6").low;
    shop.set_stock("GLAZE-6", low + 1);
    assert_eq!(shop.number(ALERTS), 0);
    shop.set_stock("GLAZE-6", low);
    shop.advance_s(60);
    shop.set_stock("GLAZE-6", low - 1);
    assert_eq!(shop.number(ALERTS), 1, "told once on the way down");
    shop.set_stock("GLAZE-6", low + 5);
    shop.advance_s(60);
    shop.set_stock("GLAZE-6", 1);
    assert_eq!(shop.number(ALERTS), 2, "told again after restocking");
    let open = "SELECT count(*) FROM stock_alert WHERE cleared_at IS NULL";
    assert_eq!(shop.number(open), 1);
    shop.work_off();
    let sent = "SELECT count(*) FROM outbox WHERE template = 'low_stock' AND state = 'sent'";
    assert_eq!(shop.number(sent), 2);
}

// S3.33, S3.34, S2.55: checked and held with the order, taken by the sale; the uses of a promotion
// follow.
#[test]
fn an_order_holds_first_and_takes_when_paid() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 2);
    let page = buyer.checkout();
    let level = shop.level("GLAZE-6");
    assert_eq!((level.on_hand, level.held), (20, 2));
    buyer.press(page.location(), "pay");
    shop.work_off();
    let level = shop.level("GLAZE-6");
    assert_eq!((level.on_hand, level.held), (18, 0));
    let sale = "SELECT delta || ' ' || on_hand_after FROM stock_move WHERE reason = 'sale'";
    assert_eq!(shop.text(sale), "-2 18");
    shop.assert_audit();
}

// S0.22: the page and its JSON follow when stock crosses a mark.
#[test]
fn pages_say_sold_out_when_it_is() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let before = visitor.get("/product/kiln/").body;
    shop.set_stock("KILN-1", 0);
    shop.work_off();
    let after = visitor.get("/product/kiln/").body;
    assert_ne!(before, after);
    assert!(after.contains("Sold out"), "{after}");
    let live = visitor.get("/api/availability?sku=KILN-1").json();
    assert_eq!(live["items"][0]["state"], "sold_out");
}

// S0.22: a set is there while each of its parts is, in the number it takes.
#[test]
fn a_set_is_as_available_as_its_parts() {
    let shop = TestShop::open();
    let told = || {
        let live = shop.browser().get("/api/availability?bundle=starter&sku=KILN-1").json();
        assert_eq!(live["items"][1]["bundle"], "starter");
        live["items"][1]["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(told(), "low", "as the kiln in it");
    // It takes two of them.
    shop.set_stock("GLAZE-6", 1);
    assert_eq!(told(), "sold_out");
    shop.set_stock("GLAZE-6", 2);
    assert_eq!(told(), "low");
}
