//! The proof of the books proves something: a database that is wrong in one way is reported under
//! the name of exactly the invariants it breaks.

mod house;
mod process;

use std::collections::BTreeSet;

use house::{Setup, TestShop};
use kiosk::app;
use process::Folder;
use rusqlite::Connection;

/// Every invariant, as `kiosk audit` names them.
const ALL: [&str; 15] = [
    "I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I15",
];

/// A way to be wrong: which invariants hear of it, a word they must say, and the damage.
const DAMAGES: &[(&[&str], &str, &str)] = &[
    (&["I1"], "KILN-1", "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku = 'KILN-1'"),
    (
        &["I1"],
        "GLAZE-6",
        "INSERT INTO stock_move (sku, delta, on_hand_after, reason, actor, at)
         VALUES ('GLAZE-6', 1, 1, 'receive', 'nobody', 0)",
    ),
    (&["I2"], "APRON-S", "UPDATE stock_item SET held = held + 1 WHERE sku = 'APRON-S'"),
    (&["I2"], "APRON-S", "UPDATE hold SET qty = qty + 1 WHERE state = 'active'"),
    // A sale that the ledger does not know, and one that nobody paid for.
    (&["I1", "I3"], "the ledger says 0", "DELETE FROM stock_move WHERE reason = 'sale'"),
    (&["I3"], "1 units bought, 0 taken", "DELETE FROM hold WHERE state = 'sold'"),
    (
        &["I1", "I3", "I8"],
        "more came back",
        "INSERT INTO stock_move (sku, delta, on_hand_after, reason, order_id, actor, at)
         SELECT sku, 5, 5, 'return', order_id, 'nobody', 0 FROM stock_move WHERE reason = 'sale'",
    ),
    (
        &["I4"],
        "still held though expired",
        "UPDATE payment SET state = 'expired' WHERE state = 'open';
         UPDATE orders SET payment_status = 'expired' WHERE payment_status = 'pending'",
    ),
    (
        &["I5"],
        "2 payments alive",
        "DROP INDEX payment_one_alive;
         INSERT INTO payment (id, order_id, attempt, provider, mode, state, idempotency_key,
             request, amount_minor, currency, lapse_at, look_at, created_at)
         SELECT id || 'b', order_id, 2, provider, mode, 'open', idempotency_key || 'b', request,
             amount_minor, currency, lapse_at, look_at, created_at FROM payment
         WHERE state = 'open'",
    ),
    (&["I6"], "received", "UPDATE payment SET received_minor = 1 WHERE state = 'paid'"),
    (&["I6"], "received", "UPDATE payment SET currency = 'EUR' WHERE state = 'paid'"),
    (&["I6"], "received nothing", "UPDATE payment SET state = 'expired' WHERE state = 'paid'"),
    (&["I7"], "delivery 0", "UPDATE orders SET delivery_minor = 0 WHERE delivery_minor > 0"),
    (&["I7"], " tax at ", "UPDATE order_item SET tax_minor = tax_minor + 1"),
    (
        &["I7"],
        "discounts 1",
        "INSERT INTO order_adjustment (order_id, source, ref, label, amount_minor)
         SELECT id, 'promotion', 'p', 'P', 1 FROM orders WHERE paid_at > 0",
    ),
    (
        &["I9"],
        "2 letters",
        "CREATE TABLE loose AS SELECT * FROM outbox; DROP TABLE outbox;
         ALTER TABLE loose RENAME TO outbox;
         INSERT INTO outbox SELECT * FROM outbox WHERE template = 'order_confirmation'",
    ),
    (
        &["I9"],
        "2 confirmations",
        "INSERT INTO outbox (dedup_key, sender, recipient, template, data, next_at, created_at)
         SELECT dedup_key || ':again', sender, recipient, template, data, next_at, created_at
         FROM outbox WHERE template = 'order_confirmation'",
    ),
    (
        &["I8"],
        "went back of",
        "INSERT INTO refund (id, order_id, payment_id, origin, state, idempotency_key,
             amount_minor, currency, reason, actor, key_at, look_at, created_at, ended_at, late)
         SELECT 'r', order_id, id, 'shop', 'succeeded', 'r', received_minor + 1, currency, 'r',
             'nobody', 0, 0, 0, 0, 1 FROM payment WHERE state = 'paid'",
    ),
    (&["I8"], "refunds say 0", "UPDATE orders SET refunding_minor = 5 WHERE paid_at > 0"),
    (
        &["I8"],
        "1 disputes open and 1 lost, their record says 0 and 0",
        "UPDATE orders SET disputes_open = 1, disputes_lost = 1 WHERE paid_at > 0",
    ),
    (
        &["I8"],
        "is refunded with 0",
        "UPDATE orders SET payment_status = 'refunded' WHERE payment_status = 'paid'",
    ),
    (&["I10"], "no event", "DELETE FROM webhook_event"),
    (&["I10"], "no event", "UPDATE webhook_event SET state = 'dead'"),
    (
        &["I11"],
        "is held though paid",
        "INSERT INTO promotion_claim (promotion, order_id, customer_key, state)
         SELECT 'few', id, 'ada@example.com', 'held' FROM orders WHERE paid_at > 0",
    ),
    (
        &["I11"],
        "few: 2 uses, 1 are allowed",
        "INSERT INTO promotion_claim (promotion, order_id, customer_key, state, limit_total)
         SELECT 'few', id, id, 'used', 1 FROM orders LIMIT 2",
    ),
    (
        &["I11"],
        "few: 2 uses of ada, 1 are allowed",
        "INSERT INTO promotion_claim (promotion, order_id, customer_key, state, limit_per_customer)
         SELECT 'few', id, 'ada', 'used', 1 FROM orders LIMIT 2",
    ),
    (&["I12"], "numbers were given out", "UPDATE order_sequence SET next = next + 1"),
    (
        &["I13"],
        "pending without an open payment",
        "UPDATE payment SET state = 'expired' WHERE state = 'open'",
    ),
    (
        &["I7", "I14"],
        "which its record does not say",
        "UPDATE order_item SET unit_minor = 1, gross_minor = 1, net_minor = 1, discount_minor = 0",
    ),
    (&["I15"], "0 still here", "UPDATE orders SET left_units = 0 WHERE paid_at > 0"),
    (&["I15"], "0 kept back", "UPDATE orders SET fulfilment_status = 'part_shipped'"),
    (
        &["I15"],
        "left 1 times, bought 1",
        "UPDATE order_item SET kept_qty = 1;
         INSERT INTO fulfilment (order_id, parcel, carrier, tracking_number, tracking_url,
             shipped_at)
         SELECT id, 1, '', '', '', 0 FROM orders;
         INSERT INTO fulfilment_item (order_id, parcel, position, qty)
         SELECT order_id, 1, position, 1 FROM order_item",
    ),
    (&["I7", "I14"], "its record says nothing", "UPDATE orders SET quote = '{}'"),
];

/// A shop with one order paid, one waiting and one given up, as a database in memory.
fn books() -> Connection {
    let shop = TestShop::with(Setup::default());
    for (sku, button) in [("GLAZE-6", "cancel"), ("APRON-S", "pay"), ("APRON-S", "")] {
        let mut buyer = shop.browser();
        assert_eq!(buyer.add(sku, 1).status, 303);
        let page = buyer.checkout();
        assert_eq!(page.status, 303, "{}", page.body);
        if !button.is_empty() {
            buyer.press(page.location(), button);
        }
        shop.work_off();
    }
    shop.assert_audit();
    let copy = shop.dir.path().join("copy.db");
    let sql = format!("VACUUM INTO '{}'", copy.display());
    let file = Connection::open(shop.kit.db.path()).unwrap();
    file.execute(&sql, []).unwrap();
    let mut memory = Connection::open_in_memory().unwrap();
    let from = Connection::open(copy).unwrap();
    let backup = rusqlite::backup::Backup::new(&from, &mut memory).unwrap();
    backup.step(-1).unwrap();
    drop(backup);
    memory
}

fn copy_of(books: &Connection) -> Connection {
    let mut copy = Connection::open_in_memory().unwrap();
    let backup = rusqlite::backup::Backup::new(books, &mut copy).unwrap();
    backup.step(-1).unwrap();
    drop(backup);
    let guards = "SELECT group_concat('DROP TRIGGER ' || name, ';') FROM sqlite_schema
                  WHERE type = 'trigger'";
    let drop_guards: String = copy.query_row(guards, [], |row| row.get(0)).unwrap();
    copy.execute_batch(&drop_guards).unwrap();
    let loose = "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF;";
    copy.execute_batch(loose).unwrap();
    copy
}

// N4: every invariant has a damage that it finds, and says where.
#[test]
fn every_damage_is_found_under_its_name() {
    let books = books();
    let mut proven = BTreeSet::new();
    for (ids, word, damage) in DAMAGES {
        let copy = copy_of(&books);
        copy.execute_batch(damage).unwrap_or_else(|why| panic!("{damage}: {why}"));
        assert!(copy.changes() > 0 || damage.contains("DROP"), "{damage} changes nothing");
        let findings = app::audit(&copy).unwrap();
        let broken: Vec<_> = findings.iter().filter(|f| !f.broken.is_empty()).collect();
        let named: Vec<&str> = broken.iter().map(|f| f.id).collect();
        assert_eq!(&named, ids, "{damage}: {broken:#?}");
        let said = broken.iter().flat_map(|f| &f.broken).any(|row| row.contains(word));
        assert!(said, "{damage}: {broken:#?}");
        proven.extend(named);
    }
    let unproven: Vec<_> = ALL.iter().filter(|id| !proven.contains(**id)).collect();
    assert!(unproven.is_empty(), "no damage breaks {unproven:?}");
}

// N4: the command names every invariant, in words and as JSON, and its exit code tells.
#[test]
fn the_command_names_every_invariant() {
    let folder = Folder::base();
    assert_eq!(folder.serve().stop(), Some(0));
    let said = folder.run(&["audit"]).ended(0);
    let named: Vec<&str> = said
        .lines()
        .filter_map(|line| line.strip_prefix("ok").map(|rest| rest.trim().split(' ').next()))
        .flatten()
        .collect();
    assert_eq!(named, ALL);
    let json: serde_json::Value =
        serde_json::from_str(&folder.run(&["audit", "--json"]).ended(0)).unwrap();
    assert_eq!(json["ok"], true);
    let ids = json["invariants"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), ALL);
    let damage = "UPDATE stock_item SET on_hand = on_hand + 1 WHERE sku = 'KILN-1'";
    folder.database().execute(damage, []).unwrap();
    let said = folder.run(&["audit"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.out.contains("FAIL I1"), "{}", said.out);
    assert!(said.out.contains("KILN-1"), "{}", said.out);
    let said = folder.run(&["audit", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.code, &json["ok"]), (Some(1), &false.into()));
}

// N4: the proof of many orders takes as much longer as there are more: whatever is looked up for
// each row of a table is found by what names it.
#[test]
fn the_proof_grows_with_the_orders_and_no_faster() {
    let shop = TestShop::open();
    let database = Connection::open(shop.kit.db.path()).unwrap();
    let mut proved = 0;
    for file in ["stock", "orders", "payments"] {
        let source = std::fs::read_to_string(format!("src/{file}/audit.rs")).unwrap();
        for sql in source.split("&str = \"").skip(1).map(|rest| rest.split("\";").next().unwrap()) {
            let plan = format!("EXPLAIN QUERY PLAN {sql}");
            let mut statement = database.prepare(&plan).unwrap();
            let rows = statement
                .query_map([], |row| Ok((row.get::<_, i64>(1)?, row.get::<_, String>(3)?)))
                .unwrap();
            let mut entered = BTreeSet::new();
            for (parent, step) in rows.map(Result::unwrap) {
                let is_loop = step.starts_with("SEARCH") || step.starts_with("SCAN");
                if !is_loop || entered.insert(parent) {
                    continue;
                }
                // The sequence, `s`, is one row.
                let by_name = ["id=?", "sku=?", "AUTOMATIC", "VIRTUAL TABLE"];
                let is_named = by_name.iter().any(|name| step.contains(name)) || step == "SCAN s";
                assert!(is_named, "{step}\nin {sql}");
                proved += 1;
            }
        }
    }
    assert!(proved > 10, "{proved} inner loops");
}
