//! Whole journeys of a buyer, over HTTP, against the real database.

mod house;
mod process;

#[path = "journeys/endings.rs"]
mod endings;

use house::{Edited, TestShop, base_content, demo_content};
use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::identity::Role;

/// A shop and who takes its money: here the simulator, in `tests/stripe.rs` a stand-in for Stripe.
struct Stage {
    shop: TestShop,
}

impl Stage {
    fn open() -> Self {
        Self { shop: TestShop::open() }
    }

    fn work_off(&self) {
        self.shop.work_off();
    }
}

// S1.10 S1.15 S1.17 S2.31 S2.124 S2.126 S4.16: find, add a set and a single piece, use a code, send
// it abroad, pay by slow transfer, and read the order from another device and at the desk.
#[test]
fn a_guest_finds_buys_and_follows_an_order() {
    let shop = TestShop::demo();
    let mut buyer = shop.browser();
    assert_eq!(buyer.get("/").status, 200);
    let found = buyer.get("/search?q=linen+napkin");
    let product = found.attribute("main .card-title a", "href");
    let page = buyer.get(&product);
    assert_eq!(page.texts("h1"), ["Linen napkins, set of four"]);
    let sku = page.attribute("input[name=sku][checked]", "value");
    assert_eq!(buyer.post("/cart/lines", &[("sku", &sku), ("qty", "2")]).status, 303);
    assert_eq!(buyer.post("/cart/lines", &[("bundle", "slow-breakfast")]).status, 303);
    assert_eq!(buyer.post("/cart/codes", &[("code", "linen10")]).status, 303);
    buyer.post("/cart/destination", &[("country", "FR"), ("rate", "express")]);
    let quote = buyer.get("/api/cart").json()["quote"].clone();
    assert_eq!(quote["delivery"]["price_minor"], 2600);
    let total = quote["total_minor"].to_string();

    let page = buyer.get("/checkout");
    assert_eq!(page.attribute("[name=quote_total]", "value"), total);
    assert_eq!(page.attribute("[name=rate][checked]", "value"), "express");
    let version = page.attribute("[name=cart_version]", "value");
    let mut fields = house::checkout_fields(&version, &total);
    fields[5].1 = "FR";
    fields.push(("rate", "express"));
    let to_payment = buyer.post("/checkout", &fields);
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let payment = to_payment.location().to_owned();
    let waiting = buyer.press(&payment, "async");
    assert_eq!(waiting.texts("h1"), ["Confirming your payment"]);
    shop.work_off();
    let link =
        shop.base.clone() + waiting.attribute("#order", "data-poll").trim_start_matches("/api");
    let link = link.replace("/checkout/", "/order/");
    let mut other_device = shop.browser();
    assert_eq!(other_device.get(&link).texts("h1"), ["Your payment is on its way"]);
    assert_eq!(shop.level(&sku).held, 2, "held while the money travels");
    shop.advance_s(20 * 60);
    shop.work_off();
    let paid = other_device.get(&link);
    assert_eq!(paid.texts("h1"), ["Thank you, Ada"]);
    assert!(paid.texts("address")[0].ends_with("France"));
    assert!(paid.texts(".totals .code").contains(&"LINEN10".to_owned()));
    assert_eq!(shop.number("SELECT received_minor FROM payment").to_string(), total);
    assert_eq!(buyer.get("/api/cart").json()["count"], 0);
    the_merchant_reads_it(&shop, &total);
    shop.assert_audit();
}

/// The same order at the desk: from the front page to its goods, its money and its letters.
fn the_merchant_reads_it(shop: &TestShop, total: &str) {
    let mut desk = shop.sign_in(Role::Orders);
    let front = desk.get("/admin");
    let order = front.attribute("[aria-labelledby=recent] a", "href");
    let page = desk.get(&order);
    assert_eq!(page.texts("h1"), [order.rsplit('/').next().unwrap()]);
    let words = page.texts("main").join(" ");
    let pounds = format!("£{}.{}", &total[..total.len() - 2], &total[total.len() - 2..]);
    for said in
        ["Paid", "Not shipped", "Linen napkins", "Slow breakfast", "LINEN10", "France", &pounds]
    {
        assert!(words.contains(said), "{said} is not in {words}");
    }
    assert!(words.contains("ada@example.com") && words.contains("Ada Lovelace"), "{words}");
}

/// Every row of every table. Not the files' bytes: what was written before may be moved from the
/// log into the database at any moment.
fn rows_of(shop: &TestShop) -> String {
    shop.kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(process::dump(read))).unwrap()
}

// S4.30 S4.37: looking never writes: every address is read by a stranger and by the buyer, and the
// database is the same, row by row.
#[test]
fn looking_changes_nothing() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let payment = buyer.checkout().location().to_owned();
    let session = payment.rsplit('/').next().unwrap().to_owned();
    let confirming = buyer.press(&payment, "pay");
    let poll = confirming.attribute("#order", "data-poll");
    let order = poll.replace("/api/checkout/", "/order/");
    shop.work_off();
    buyer.add("GLAZE-6", 1);
    let second = buyer.checkout().location().to_owned();
    let second = second[second.find("/simulator").unwrap()..].to_owned();
    shop.publish(&Edited::of(&base_content()).replace("products/kiln.toml", "999.99", "899.99"));

    let paths = [
        "/",
        "/healthz",
        "/readyz",
        "/cart",
        "/checkout",
        "/search?q=kiln",
        "/bundles/",
        "/product/kiln/",
        "/bundle/starter/",
        "/category/studio/",
        "/category/studio/?in_stock=1&sort=name",
        "/page/about/",
        "/old/",
        "/api/cart",
        "/api/products",
        "/api/products/kiln",
        "/api/categories",
        "/api/categories/studio",
        "/api/suggest?q=kil",
        "/api/availability?sku=KILN-1",
        "/nowhere",
        "/sitemap.xml",
        "/checkout/success",
        "/hooks/simulator",
        "/cart/lines",
        "/api/checkout",
    ];
    let mut all: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
    all.extend([
        poll,
        order.clone(),
        format!("{order}?from=payment"),
        format!("{order}?from=cancel"),
        format!("{order}/pay"),
        format!("{order}/cancel"),
        format!("/checkout/success?session_id={session}"),
        format!("/simulator/pay/{session}"),
        second,
    ]);
    let before = rows_of(&shop);
    for path in &all {
        for visitor in [&mut buyer, &mut shop.browser()] {
            let answer = visitor.get(path);
            assert!(answer.status < 500, "{path}: {}", answer.body);
            if path != "/readyz" {
                assert!(rows_of(&shop) == before, "GET {path} wrote something");
            }
        }
    }
    assert!(rows_of(&shop) == before);
}

// N5 S2.36 S2.13: the price of every order can be computed again from what was kept with it.
#[test]
fn an_order_is_repriced_the_same_for_ever() {
    let shop = TestShop::on(&Edited::of(&demo_content()));
    let mut buyer = shop.browser();
    buyer.add("HF-LT-010-SAG", 1);
    buyer.post("/cart/lines", &[("bundle", "studio-table")]);
    buyer.post("/cart/codes", &[("code", "LINEN10")]);
    let shown = buyer.get("/api/cart").json()["quote"].clone();
    assert_eq!(buyer.checkout().status, 303);
    let kept: serde_json::Value =
        serde_json::from_str(&shop.text("SELECT quote FROM orders")).unwrap();
    for name in ["lines", "adjustments", "delivery", "total_minor", "tax_minor", "revision"] {
        assert_eq!(kept[name], shown[name], "{name}");
    }
    let asked = serde_json::from_str::<kiosk::orders::Asked>(
        &shop.text("SELECT pricing_input FROM orders"),
    );
    let asked = asked.unwrap();
    let book = shop.app.shelf.books.now();
    let again =
        kiosk::pricing::quote(&book, &asked.basket, &asked.buyer, &asked.destination, asked.at);
    assert_eq!(serde_json::to_value(again).unwrap(), kept);
}
