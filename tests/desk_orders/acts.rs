//! What is done to one order: by those who may, once, and only to the order that was looked at.

use kiosk::identity::Role;

use super::{ADA, act, act_at, bought, clerk, letters, logged, page_of, paid, states, version};
use crate::house::TestShop;

// S1.38 S2.27 S2.80 S3.41 S4.44: everything of an order on one page, and nothing to edit in what
// was bought.
#[test]
fn the_page_of_an_order_tells_everything() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = bought(&shop, &[("starter", 1), ("GLAZE-6", 1)], ADA, true);
    let page = desk.get(&page_of(&number));
    assert_eq!(page.texts("h1"), std::slice::from_ref(&number));
    let goods = page.texts(".order-lines > li");
    assert_eq!(goods.len(), 2);
    for words in ["Starter set", "1 × Table kiln KILN-1", "2 × Six glazes GLAZE-6", "£1,041.22"]
    {
        assert!(goods[0].contains(words), "{words}: {}", goods[0]);
    }
    let body = page.texts("main").join(" ");
    for words in [
        "Starter set",
        "How the price came about",
        "Tax in it",
        "ada@example.com",
        "1 High Street",
        "Attempt 1, simulator: paid",
        "provider events",
        "KILN-1 sale",
        "Order confirmation",
        "Paid",
        "Placed",
    ] {
        assert!(body.contains(words), "{words} is not in {body}");
    }
    assert!(page.texts(".order-lines input, .totals input, .timeline input").is_empty());
    assert_eq!(desk.get("/admin/orders/HF-9999").status, 404);
    assert_eq!(desk.get("/admin/orders/%27%20OR%201=1").status, 404);
}

// S1.39 S3.40: packed, shipped with carrier and number, delivered; a letter each, all in the log.
#[test]
fn an_order_goes_its_way() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = paid(&shop, "GLAZE-6", 2);
    let packed = act(&mut desk, &number, "pack", &[("back", "?view=to-pack")]);
    assert_eq!(packed.location(), format!("/admin/orders/{number}?view=to-pack&done=pack"));
    let sent = [("carrier", "Royal Mail"), ("number", "RM 123 GB")];
    assert_eq!(act(&mut desk, &number, "ship", &sent).status, 303);
    shop.work_off();
    assert_eq!(
        (states(&shop, &number).as_str(), letters(&shop, "order_shipped")),
        ("paid shipped", 1)
    );
    let page = desk.get(&page_of(&number));
    let link = page.attribute("#parcels + .rows a", "href");
    assert_eq!(link, "https://www.royalmail.com/track-your-item#/tracking-results/RM123GB");
    let timeline = page.texts(".timeline > li").join(" | ");
    assert!(timeline.contains("Shipped: Royal Mail RM123GB"), "{timeline}");
    assert!(timeline.contains("orders@example.org"), "{timeline}");
    assert_eq!(act(&mut desk, &number, "deliver", &[]).status, 303);
    assert_eq!(
        (states(&shop, &number).as_str(), letters(&shop, "order_delivered")),
        ("paid delivered", 1)
    );
    assert!(
        desk.get(&page_of(&number)).texts("[action$='/ship'], [action$='/deliver']").is_empty()
    );
    let all = ["pack", "ship", "deliver"].map(|act| format!("order.{act} {number}")).join(", ");
    assert_eq!(logged(&shop), all);
    let after = shop.text("SELECT after FROM audit WHERE action = 'order.ship'");
    assert!(after.contains("\"fulfilment\":\"shipped\""), "{after}");
    shop.assert_audit();
}

// A second click, and a page that somebody else has overtaken, do nothing.
#[test]
fn an_old_page_does_nothing() {
    let shop = TestShop::open();
    let (mut desk, mut owner) = (clerk(&shop), shop.sign_in(Role::Owner));
    let number = paid(&shop, "GLAZE-6", 1);
    let seen = version(&mut desk, &number);
    assert_eq!(act_at(&mut desk, &number, "ship", &seen, &[("number", "A1")]).status, 303);
    let twice = act_at(&mut desk, &number, "ship", &seen, &[("number", "A1")]);
    assert_eq!(twice.status, 409);
    assert!(twice.texts("[role=alert]")[0].contains("has changed since"), "{}", twice.body);
    assert_eq!(
        (letters(&shop, "order_shipped"), shop.number("SELECT count(*) FROM fulfilment")),
        (1, 1)
    );
    for action in ["pack", "deliver", "cancel", "note", "settle"] {
        let old =
            act_at(&mut owner, &number, action, &seen, &[("note", "kept"), ("reason", "kept")]);
        assert_eq!(old.status, 409, "{action}");
        assert!(old.body.contains("kept") || action == "deliver" || action == "pack", "{action}");
        let noted = old.texts("#note").concat();
        assert_eq!(noted == "kept", action == "note", "{action}: words stay in their own field");
        assert_eq!(act_at(&mut owner, &number, action, "x", &[]).status, 409, "{action}");
    }
    assert_eq!(logged(&shop), format!("order.ship {number}"));
    assert_eq!(states(&shop, &number), "paid shipped");
}

// S3.40 S2.75: who edits the catalog neither sees nor moves an order; nor does a stranger.
#[test]
fn nobody_else_may() {
    let shop = TestShop::open();
    let number = paid(&shop, "GLAZE-6", 1);
    let seen = version(&mut clerk(&shop), &number);
    let (mut catalog, mut stranger) = (shop.sign_in(Role::Catalog), shop.browser());
    for path in ["/admin/orders", "/admin/orders/slips", &page_of(&number)] {
        let refused = catalog.get(path);
        assert_eq!(refused.status, 403, "{path}");
        assert!(!refused.body.contains("ada@example.com"));
        assert_eq!(stranger.get(path).status, 303, "{path}");
    }
    for action in ["pack", "ship", "deliver", "cancel", "note", "settle", "refund"] {
        let more = [("note", "x"), ("step", "send"), ("way", "all")];
        assert_eq!(act_at(&mut catalog, &number, action, &seen, &more).status, 403, "{action}");
        assert_eq!(act_at(&mut stranger, &number, action, &seen, &more).status, 401, "{action}");
    }
    let cross =
        [("sec-fetch-site", "cross-site"), ("content-type", "application/x-www-form-urlencoded")];
    let mut desk = clerk(&shop);
    let cookie = format!("desk={}", desk.cookies["desk"]);
    let headers: Vec<_> = cross.into_iter().chain([("cookie", cookie.as_str())]).collect();
    let forged = desk.send(
        &format!("{}/ship", page_of(&number)),
        &headers,
        format!("version={seen}").as_bytes(),
    );
    assert_eq!(forged.status, 403);
    assert_eq!((states(&shop, &number).as_str(), logged(&shop).as_str()), ("paid unfulfilled", ""));
}

// S2.17 S3.39: an unpaid order is closed with its page; a paid one gives money and goods back.
#[test]
fn orders_are_given_up() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let unpaid = bought(&shop, &[("GLAZE-6", 3)], ADA, false);
    assert_eq!(shop.level("GLAZE-6").held, 3);
    let why = [("reason", "rang and changed her mind")];
    assert_eq!(act(&mut desk, &unpaid, "cancel", &why).status, 303);
    let words = desk.get(&page_of(&unpaid)).texts(".timeline").join(" ");
    assert!(words.contains("rang and changed her mind"), "{words}");
    assert_eq!(
        (states(&shop, &unpaid).as_str(), shop.level("GLAZE-6").held),
        ("cancelled unfulfilled", 0)
    );
    let paid = paid(&shop, "GLAZE-6", 2);
    assert_eq!(shop.level("GLAZE-6").on_hand, 18);
    let seen = version(&mut desk, &paid);
    assert_eq!(act_at(&mut desk, &paid, "cancel", &seen, &[("reason", "broken")]).status, 303);
    shop.work_off();
    assert_eq!(
        (states(&shop, &paid).as_str(), shop.level("GLAZE-6").on_hand),
        ("refunded unfulfilled", 20)
    );
    assert_eq!(act_at(&mut desk, &paid, "cancel", &seen, &[]).status, 409);
    assert_eq!(shop.number("SELECT count(*) FROM refund"), 1);
    assert_eq!(logged(&shop), format!("order.cancel {unpaid}, order.cancel {paid}"));
    let words = desk.get(&page_of(&paid)).texts(".timeline").join(" ");
    assert!(words.contains("Cancelled: broken"), "{words}");
    assert_eq!(act(&mut desk, &paid, "ship", &[]).status, 409);
    shop.assert_audit();
}

// Words of buyers and staff are words: shown as written, run by nobody.
#[test]
fn notes_are_kept_and_never_run() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let script = "<script>alert(1)</script>";
    let number = bought(&shop, &[("GLAZE-6", 1)], (script, "eve@example.com"), true);
    let note = format!("Rang back.\r\n{script} \"><img src=x onerror=alert(1)>");
    assert_eq!(act(&mut desk, &number, "note", &[("note", &note)]).status, 303);
    for path in [
        "/admin/orders".to_owned(),
        page_of(&number),
        format!("/admin/orders/slips?order={number}"),
    ] {
        let page = desk.get(&path);
        assert!(!page.body.contains(script) && !page.body.contains("<img src=x"), "{path}");
        assert!(page.body.contains("&lt;script&gt;alert(1)"), "{path}");
    }
    let timeline = desk.get(&page_of(&number)).texts(".timeline > li");
    assert!(timeline[0].starts_with("Rang back."), "{timeline:?}");
    let buyer = shop.text("SELECT group_concat(kind) FROM order_event");
    assert!(buyer.contains("note"));
    for unfit in ["", "  \r\n ", &"x".repeat(1_001), "a\u{0}b"] {
        assert_eq!(act(&mut desk, &number, "note", &[("note", unfit)]).status, 422, "{unfit:?}");
    }
    let long = "x".repeat(400);
    for (field, value) in
        [("carrier", long.as_str()), ("number", &long), ("url", "javascript:alert(1)")]
    {
        let refused = act(&mut desk, &number, "ship", &[(field, value)]);
        assert_eq!(refused.status, 422, "{field}");
    }
    assert_eq!(states(&shop, &number), "paid unfulfilled");
}

// S0.6: what needs a person says so, until somebody says what was done.
#[test]
fn attention_is_settled_with_a_note() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = paid(&shop, "GLAZE-6", 1);
    assert_eq!(act(&mut desk, &number, "settle", &[("note", "x")]).status, 409);
    let (book, now) = (shop.app.shelf.books.now(), shop.kit.now());
    let id = kiosk::base::ids::OrderId::from_stored(shop.text("SELECT id FROM orders"));
    let flagged = shop.kit.db.write_blocking(move |tx| {
        kiosk::orders::flag(tx, &book, &id, "money came twice", now)?;
        Ok::<_, kiosk::base::Failure<kiosk::base::fault::Never>>(())
    });
    flagged.unwrap();
    assert!(desk.get(&page_of(&number)).body.contains("money came twice"));
    assert_eq!(act(&mut desk, &number, "settle", &[("note", " ")]).status, 422);
    assert_eq!(act(&mut desk, &number, "settle", &[("note", "sent back by hand")]).status, 303);
    let page = desk.get(&page_of(&number));
    assert!(page.texts(".timeline").join(" ").contains("Settled: sent back by hand"));
    assert_eq!(shop.number("SELECT count(*) FROM orders WHERE attention IS NOT NULL"), 0);
}
