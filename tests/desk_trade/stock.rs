//! Stock at the desk: changes with reason and name, two people at once, lists.

use kiosk::identity::Role;

use crate::house::{Answer, Browser, Edited, TestShop, base_content};
use crate::{at_payment, paid};

fn change(desk: &mut Browser, sku: &str, change: &str, seen: u32) -> Answer {
    let seen = seen.to_string();
    let fields = [("change", change), ("reason", "count"), ("note", "shelf B"), ("seen", &seen)];
    desk.post(&format!("/admin/stock/{sku}"), &fields)
}

const AUDIT: &str =
    "SELECT action || ' ' || actor || ' ' || entity_id || ' ' || before || ' ' || after
                     FROM audit WHERE entity = 'stock' ORDER BY id DESC";

// S0.22 S0.23 S2.78: a change says why and who; the log keeps before and after.
#[test]
fn a_change_has_a_reason_and_a_name() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Orders);
    let done = change(&mut desk, "KILN-1", "+5", 4);
    assert_eq!((done.status, done.location()), (303, "/admin/stock/KILN-1?done=changed"));
    assert_eq!(shop.level("KILN-1").on_hand, 9);
    assert_eq!(change(&mut desk, "KILN-1", "−2", 0).status, 303, "a difference needs no look");
    assert_eq!(change(&mut desk, "KILN-1", "12", 7).status, 303);
    assert_eq!(shop.level("KILN-1").on_hand, 12);
    let ledger =
        "SELECT reason || ' ' || delta || ' ' || on_hand_after || ' ' || note || ' ' || actor
                  FROM stock_move WHERE sku = 'KILN-1' ORDER BY id DESC";
    assert_eq!(shop.text(ledger), "count 5 12 shelf B staff:orders@example.org");
    assert_eq!(
        shop.text(AUDIT),
        "stock.change staff:orders@example.org KILN-1 {\"on_hand\":7} \
         {\"on_hand\":12,\"reason\":\"count\",\"note\":\"shelf B\"}"
    );
    let page = desk.get("/admin/stock/KILN-1");
    let row = page.texts("tbody tr").into_iter().next().unwrap();
    assert_eq!(row, "24 November 2026, 10:00 Countedshelf B +5 12 orders@example.org");
    shop.assert_audit();
}

// Two people count at once: the second one is told, and nothing is lost.
#[test]
fn the_second_counter_is_told() {
    let shop = TestShop::open();
    let mut first = shop.sign_in(Role::Owner);
    let mut second = shop.sign_in(Role::Orders);
    assert_eq!(change(&mut first, "KILN-1", "6", 4).status, 303);
    let refused = change(&mut second, "KILN-1", "3", 4);
    assert_eq!(refused.status, 409);
    let told = refused.texts("[role=alert]").join(" ");
    assert!(told.contains("had 4 on the shelf when you looked; now there are 6"), "{told}");
    assert_eq!(refused.attribute("#change", "value"), "3", "what was typed is kept");
    assert_eq!(refused.attribute("[name=seen]", "value"), "6");
    assert_eq!(shop.level("KILN-1").on_hand, 6);
    // A sale in between counts as well.
    paid(&shop, "KILN-1", 1);
    assert_eq!(change(&mut second, "KILN-1", "3", 6).status, 409);
    shop.assert_audit();
}

#[test]
fn what_makes_no_sense_is_refused_on_its_page() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Orders);
    at_payment(&shop, "KILN-1", 3);
    for (typed, status) in
        [("five", 422), ("", 422), ("+0", 422), ("+9999999", 422), ("-2", 409), ("0", 409)]
    {
        let refused = change(&mut desk, "KILN-1", typed, 4);
        assert_eq!(refused.status, status, "{typed}: {}", refused.body);
        assert_eq!(refused.texts("[role=alert]").len(), 1, "{typed}");
    }
    let fields = [("change", "+1"), ("reason", "sale"), ("seen", "4")];
    assert_eq!(desk.post("/admin/stock/KILN-1", &fields).status, 422, "no reason for a person");
    assert_eq!(change(&mut desk, "NOBODY", "+1", 0).status, 404);
    assert_eq!(shop.level("KILN-1").on_hand, 4);
    assert_eq!(shop.number("SELECT count(*) FROM audit WHERE entity = 'stock'"), 0);
    assert_eq!(shop.sign_in(Role::Catalog).post("/admin/stock/KILN-1", &[]).status, 403);
    assert_eq!(shop.sign_in(Role::Catalog).get("/admin/stock").status, 200);
}

// S3.53: low and sold out by filter, found by words, in addresses that can be kept.
#[test]
fn levels_are_filtered_and_found() {
    let shop = TestShop::open();
    shop.set_stock("KILN-1", 0);
    shop.set_stock("APRON-S", 2);
    let mut desk = shop.sign_in(Role::Orders);
    let skus = |page: &Answer| page.texts("tbody th .small");
    assert_eq!(skus(&desk.get("/admin/stock")), ["APRON-L", "APRON-S", "GLAZE-6", "KILN-1"]);
    assert_eq!(skus(&desk.get("/admin/stock?show=low")), ["APRON-S"]);
    assert_eq!(skus(&desk.get("/admin/stock?show=sold_out")), ["KILN-1"]);
    assert_eq!(skus(&desk.get("/admin/stock?q=apron")), ["APRON-L", "APRON-S"]);
    assert_eq!(skus(&desk.get("/admin/stock?q=SIX+gla")), ["GLAZE-6"]);
    assert_eq!(skus(&desk.get("/admin/stock?q=apron&show=low")), ["APRON-S"]);
    assert!(skus(&desk.get("/admin/stock?q=%25")).is_empty());
    let saved = desk.get("/admin/stock.csv?show=low");
    assert_eq!(saved.body.lines().count(), 2, "the same filter: {}", saved.body);
    let fields =
        [("change", "+1"), ("reason", "receive"), ("seen", "2"), ("list", "show=low&q=apron")];
    let done = desk.post("/admin/stock/APRON-S", &fields);
    assert_eq!(done.location(), "/admin/stock?show=low&q=apron&done=APRON-S");
    let home = desk.get("/admin");
    assert_eq!(home.texts("[aria-labelledby=low] li").len(), 2);
}

fn count(desk: &mut Browser, list: &str, act: &str) -> Answer {
    desk.post("/admin/stock-count", &[("list", list), ("act", act)])
}

// Counting from a list: told first, saved whole or not at all.
#[test]
fn a_list_is_told_before_it_is_saved() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Orders);
    let list =
        "sku,count,note\r\nKILN-1,3,\r\nGLAZE-6,20,\r\nAPRON-S,12,\"back, \"\"room\"\"\"\r\n";
    let told = count(&mut desk, list, "check");
    assert_eq!(told.status, 200);
    let cells = told.texts("tbody :is(td, th)");
    let rows: Vec<String> = cells.chunks(6).map(|row| row.join(" | ")).collect();
    assert_eq!(
        rows,
        [
            "2 | KILN-1 | 4 | 3 | -1 | Changes",
            "3 | GLAZE-6 | 20 | 20 |  | Stays",
            "4 | APRON-S | 10 | 12 | +2 | Changesback, \"room\"",
        ]
    );
    assert_eq!(shop.level("KILN-1").on_hand, 4, "only told");
    let wrong = count(&mut desk, &format!("{list}NOBODY,1,\r\n"), "save");
    assert_eq!(wrong.status, 422);
    assert!(wrong.texts("tbody tr")[3].contains("There is no stock record"));
    assert_eq!((shop.level("KILN-1").on_hand, shop.level("APRON-S").on_hand), (4, 10));
    let saved = count(&mut desk, list, "save");
    assert_eq!(saved.location(), "/admin/stock-count?done=2");
    assert_eq!((shop.level("KILN-1").on_hand, shop.level("APRON-S").on_hand), (3, 12));
    assert_eq!(shop.number("SELECT count(*) FROM audit WHERE action = 'stock.count'"), 2);
    for junk in ["", "hello", "sku,count\n\"", "sku;count\nKILN-1;-1"] {
        assert_eq!(count(&mut desk, junk, "save").status, 422, "{junk:?}");
    }
    shop.assert_audit();
}

// A saved table filled in and brought back: what was sold meanwhile is not brought back to life.
#[test]
fn a_saved_table_is_counted_from() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Orders);
    let table = desk.get("/admin/stock.csv").body;
    let row = "GLAZE-6,Six glazes,,20,0,20,5,,";
    assert!(table.contains(row), "{table}");
    let filled = table.replace(row, "GLAZE-6,Six glazes,,20,0,20,5,18,");
    paid(&shop, "GLAZE-6", 3);
    assert_eq!(count(&mut desk, &filled, "save").location(), "/admin/stock-count?done=1");
    assert_eq!(shop.level("GLAZE-6").on_hand, 15, "20 − 2 missing − 3 sold");
    shop.assert_audit();
}

// S2.74: the ledger leads to the order of a sale.
#[test]
fn a_sale_leads_to_its_order() {
    let shop = TestShop::open();
    let number = paid(&shop, "KILN-1", 1);
    let page = shop.sign_in(Role::Owner).get("/admin/stock/KILN-1");
    assert_eq!(page.attribute("tbody a", "href"), format!("/admin/orders/{number}"));
    let editor = shop.sign_in(Role::Catalog).get("/admin/stock/KILN-1");
    assert!(editor.texts("tbody a").is_empty() && editor.texts("form").len() <= 2);
    // S2.75: neither its number nor what was written about it.
    assert!(!editor.body.contains(&number), "{}", editor.body);
    let mut owner = shop.sign_in(Role::Owner);
    let version =
        owner.get(&format!("/admin/orders/{number}")).attribute("[name=version]", "value");
    let why = [("version", &*version), ("reason", "Ada moves to Rome")];
    assert_eq!(owner.post(&format!("/admin/orders/{number}/cancel"), &why).status, 303);
    shop.work_off();
    assert!(owner.get("/admin/stock/KILN-1").body.contains("Ada moves to Rome"));
    let editor = shop.sign_in(Role::Catalog).get("/admin/stock/KILN-1");
    assert!(!editor.body.contains("Rome") && !editor.body.contains(&number), "{}", editor.body);
    assert_eq!(editor.texts("tbody tr").len(), 3, "what moved is still told");
}

// S3.53: a mark that is raised in the file to what is left is told at once, and once.
#[test]
fn a_raised_mark_is_told_at_once() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    let told = || shop.number("SELECT count(*) FROM outbox WHERE template = 'low_stock'");
    assert_eq!(told(), 0);
    let content = content.replace("products/kiln.toml", "opening = 4", "opening = 4\nlow = 4");
    shop.publish(&content);
    assert_eq!(told(), 1);
    shop.publish(&content.replace("products/kiln.toml", "low = 4", "low = 5"));
    assert_eq!(told(), 1);
}
