//! Looking never writes, and coming back from the payment page proves nothing.

use std::collections::{BTreeMap, BTreeSet};

use kiosk::base::fault::{Failure, Never};
use kiosk::platform::db::Read;
use rusqlite::types::Value;

use crate::desk::Desk;
use crate::house::{Browser, Setup, TestShop};

/// Every row of every table, as text.
fn dump(shop: &TestShop) -> BTreeMap<String, Vec<String>> {
    let read = shop.kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(dump_all(read)));
    read.unwrap()
}

fn dump_all(read: &Read) -> BTreeMap<String, Vec<String>> {
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = read.prepare(tables).unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let names: Vec<String> = names.map(Result::unwrap).collect();
    names.into_iter().map(|name| (name.clone(), rows_of(read, &name))).collect()
}

fn rows_of(read: &Read, table: &str) -> Vec<String> {
    let mut statement = read.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cells = (0..columns).map(|n| row.get::<_, Value>(n));
        Ok(format!("{:?}", cells.collect::<Result<Vec<_>, _>>()?))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

#[track_caller]
fn assert_same(
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
    what: &str,
) {
    for (table, rows) in before {
        assert_eq!(rows, &after[table], "{what} changed {table}");
    }
    assert_eq!(before.len(), after.len());
}

/// Things a shop in the middle of its day knows, by the name they have in addresses.
fn samples(shop: &TestShop, buyer: &mut Browser) -> BTreeMap<&'static str, String> {
    buyer.add("KILN-1", 1);
    let pay = buyer.checkout().location().to_owned();
    let session = pay.rsplit('/').next().unwrap().to_owned();
    let back = buyer.get(&format!("/checkout/success?session_id={session}"));
    let order = back.location().split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let mut other = shop.browser();
    other.add("APRON-S", 1);
    let paid = other.checkout().location().to_owned();
    other.press(&paid, "pay");
    let page = buyer.get(&format!("/order/{order}"));
    let link = page.attribute("[href^='/letters/']", "href");
    let link = link.strip_prefix("/letters/").unwrap().to_owned();
    BTreeMap::from([("session", session), ("token", order), ("link", link)])
}

/// An address a pattern stands for; names without a sample get a plausible word.
fn address(pattern: &str, samples: &BTreeMap<&str, String>) -> String {
    let part = |part: &str| match part.chars().next() {
        Some(':' | '*') => samples.get(&part[1..]).cloned().unwrap_or_else(|| "kiln".to_owned()),
        _ => part.to_owned(),
    };
    pattern.split('/').map(part).collect::<Vec<_>>().join("/")
}

// S4.30: any GET (and HEAD) of any route, by a stranger or by a buyer with a cart, an order and an
// open payment page, at once and after time has passed, leaves every row as it was.
#[test]
fn no_get_ever_writes() {
    let settings = vec![("dev", "on".to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    let mut buyer = shop.browser();
    let samples = samples(&shop, &mut buyer);
    shop.work_off();
    let routes = shop.app.routes().list();
    // News is told for as long as somebody listens; `live` tests it.
    let reads = routes.iter().filter(|(m, path)| m.as_str() == "GET" && path != "/dev/events");
    let mut addresses: BTreeSet<String> = reads.map(|(_, p)| address(p, &samples)).collect();
    assert!(addresses.len() > 8, "{addresses:?}");
    let session = &samples["session"];
    let extra = [
        "/",
        "/product/kiln/",
        "/bundle/starter/",
        "/category/studio/",
        "/page/about/",
        "/old/",
        "/smock/",
        "/nowhere",
        "/sitemap.xml",
        "/robots.txt",
        "/search?q=kiln",
        "/hooks/stripe",
        "/cart/lines",
        "/checkout/success",
        "/order/x/pay",
        "/order/x/cancel",
    ];
    addresses.extend(extra.map(str::to_owned));
    addresses.insert(format!("/checkout/success?session_id={session}"));
    addresses.insert(format!("/order/{}?from=payment", samples["token"]));
    addresses.insert(format!("/order/{}?from=cancel", samples["token"]));
    for later_s in [0, 3600] {
        shop.advance_s(later_s);
        for address in &addresses {
            let before = dump(&shop);
            for visitor in [&mut buyer, &mut shop.browser()] {
                let answer = visitor.get(address);
                assert!(answer.status < 500, "GET {address}: {} {}", answer.status, answer.body);
            }
            assert_same(&before, &dump(&shop), address);
        }
    }
}

// S4.30, S2.139: the way back, with a real, a missing, a malformed or a strange session, again and
// again: nothing is believed, nothing changes, and no order of others is shown.
#[test]
fn coming_back_changes_nothing() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 1);
    let before = dump(&desk.shop);
    let good = format!("/checkout/success?session_id={session}");
    for _ in 0..3 {
        let back = buyer.get(&good);
        assert_eq!(back.status, 303);
        let page = buyer.get(back.location());
        assert_eq!(page.status, 200);
        assert!(!page.body.contains("Thank you"), "{}", page.body);
    }
    let long = format!("?session_id={}", "x".repeat(4000));
    let strange = [
        "",
        "?session_id=",
        "?session_id=cs_of_nobody",
        "?session_id=%00",
        "?session_id=%ff%fe",
        "?session_id=' OR 1=1 --",
        "?session_id={CHECKOUT_SESSION_ID}",
        "?session_id=a&session_id=b",
        "?other=1",
        long.as_str(),
    ];
    for query in strange {
        let query = query.replace(' ', "%20").replace('\'', "%27");
        let query = query.replace('{', "%7B").replace('}', "%7D");
        let answer = buyer.get(&format!("/checkout/success{query}"));
        assert_eq!(answer.status, 404, "{query}: {}", answer.body);
    }
    assert_same(&before, &dump(&desk.shop), "coming back");
    assert_eq!(desk.status(&session), "pending");
}

// S4.30, S2.133: the buyer has paid and is back before the webhook: the page says that it is being
// confirmed, and only the provider's word ends that.
#[test]
fn only_the_providers_word_marks_an_order_paid() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 1);
    desk.provider.pay(&session);
    let back = buyer.get(&format!("/checkout/success?session_id={session}"));
    let page = back.location().to_owned();
    let token = page.split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
    let waiting = buyer.get(&page);
    let api = format!("/api/checkout/{token}");
    assert_eq!(buyer.get(&api).json()["payment_status"], "pending");
    assert!(desk.provider.calls("find").is_empty(), "looking asks nobody");
    desk.tell_and_tend(&session, "completed", "evt_1");
    assert_eq!(buyer.get(&api).json()["payment_status"], "paid");
    assert_ne!(buyer.get(&page).body, waiting.body);
}

// S4.30: the door of webhooks cannot be walked through with a form, and the shop's own forms
// cannot mark an order paid.
#[test]
fn no_form_of_the_shop_marks_an_order_paid() {
    let desk = Desk::open();
    let (mut buyer, session) = desk.session_for("KILN-1", 1);
    let order = desk.order_path(&session);
    let fields = [("payment_status", "paid"), ("status", "paid"), ("paid", "1")];
    for path in [format!("{order}/pay"), order.clone(), "/checkout".into(), "/hooks/stripe".into()]
    {
        buyer.post(&path, &fields);
        desk.tend();
        assert_ne!(desk.status(&session), "paid", "{path}");
    }
}
