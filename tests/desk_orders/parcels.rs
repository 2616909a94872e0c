//! Parts of an order in several parcels: never more than was bought, one letter for each.

use super::{ADA, act, bought, clerk, letters, logged, page_of, paid, states};
use crate::house::{Browser, Edited, Setup, TestShop, base_content};
use kiosk::base::ids::OrderId;
use kiosk::orders;
use serde_json::json;

fn order_page(shop: &TestShop, number: &str) -> String {
    let id = OrderId::from_stored(
        shop.text(&format!("SELECT id FROM orders WHERE number = '{number}'")),
    );
    format!("/order/{}", orders::token_of(&shop.kit.secret, &id).as_str())
}

/// The line of a SKU in the form that ships.
fn field(desk: &mut Browser, number: &str, sku: &str) -> String {
    let page = desk.get(&page_of(number));
    let at = page.texts(".qty-field").iter().position(|text| text.contains(sku)).unwrap();
    page.attribute(&format!("#ship ~ form .qty-field:nth-child({}) input", at + 1), "name")
}

#[test]
fn an_order_leaves_in_parts() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = bought(&shop, &[("starter", 1), ("APRON-S", 2)], ADA, true);
    let glaze = field(&mut desk, &number, "GLAZE-6");
    assert_eq!(act(&mut desk, &number, "pack", &[]).status, 303);
    let first = [(glaze.as_str(), "1"), ("carrier", "DHL"), ("number", "D1")];
    let sent = act(&mut desk, &number, "ship", &first);
    assert_eq!(sent.status, 303, "{}", sent.body);
    assert_eq!(states(&shop, &number), "paid part_shipped");
    assert_eq!(shop.number("SELECT left_units FROM orders"), 5);
    assert_eq!(shop.number("SELECT packed_at IS NULL FROM orders"), 1, "the rest is packed anew");
    for too_many in [[(glaze.as_str(), "2")], [("units_99", "1")], [(glaze.as_str(), "x")]] {
        assert_eq!(act(&mut desk, &number, "ship", &too_many).status, 409, "{too_many:?}");
    }
    assert_eq!(
        act(&mut desk, &number, "ship", &[(glaze.as_str(), "0")]).status,
        409,
        "nothing in it"
    );
    assert_eq!(act(&mut desk, &number, "deliver", &[]).status, 409);
    let second = [(glaze.as_str(), "1"), ("carrier", "DHL"), ("number", "D2")];
    assert_eq!(act(&mut desk, &number, "ship", &second).status, 303);
    assert_eq!(
        (states(&shop, &number).as_str(), letters(&shop, "order_shipped")),
        ("paid part_shipped", 2)
    );
    let buyer = shop.browser().get(&order_page(&shop, &number));
    let parcels = buyer.texts(".parcel");
    assert_eq!(parcels.len(), 2);
    assert!(
        parcels[1].starts_with("DHL, D2") && parcels[1].contains("1 × Six glazes"),
        "{parcels:?}"
    );
    assert_eq!(act(&mut desk, &number, "ship", &[]).status, 303, "all that is left");
    assert_eq!(
        (states(&shop, &number).as_str(), letters(&shop, "order_shipped")),
        ("paid shipped", 3)
    );
    assert_eq!(act(&mut desk, &number, "ship", &[]).status, 409);
    let keys = "SELECT count(DISTINCT dedup_key) FROM outbox WHERE template = 'order_shipped'";
    assert_eq!(shop.number(keys), 3);
    let part = "SELECT group_concat(data ->> '$.parcel.part') FROM
                (SELECT data FROM outbox WHERE template = 'order_shipped' ORDER BY id)";
    assert_eq!(shop.text(part), "1,1,0");
    assert_eq!(act(&mut desk, &number, "deliver", &[]).status, 303);
    assert_eq!(shop.number("SELECT count(*) FROM fulfilment WHERE delivered_at IS NULL"), 0);
    shop.work_off();
    shop.assert_audit();
}

// What is paid back before it leaves stays here; the rest leaves as before.
#[test]
fn what_went_back_does_not_leave() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = paid(&shop, "GLAZE-6", 3);
    let glaze = field(&mut desk, &number, "GLAZE-6");
    assert_eq!(act(&mut desk, &number, "ship", &[(glaze.as_str(), "1")]).status, 303);
    let refund = [("step", "send"), ("way", "lines"), ("units_0", "1"), ("shelf", "same")];
    let sent = act(&mut desk, &number, "refund", &refund);
    assert_eq!(sent.status, 303, "{}", sent.body);
    shop.work_off();
    assert_eq!(shop.number("SELECT left_units FROM orders"), 1);
    assert_eq!(act(&mut desk, &number, "ship", &[(glaze.as_str(), "2")]).status, 409);
    let slip = desk.get(&format!("/admin/orders/slips?order={number}"));
    assert!(slip.texts(".slip-lines tbody tr")[0].starts_with("1Six glazes"), "{}", slip.body);
    let sent = act(&mut desk, &number, "refund", &refund);
    assert_eq!(sent.status, 303, "{}", sent.body);
    shop.work_off();
    assert_eq!(states(&shop, &number), "part_refunded shipped", "nothing else is to leave");
    assert_eq!(shop.level("GLAZE-6").on_hand, 19);
    assert!(desk.get("/admin/orders?view=to-pack").texts("tbody tr").is_empty());
    // One of three has left: the letter that it arrived names one.
    assert_eq!(act(&mut desk, &number, "deliver", &[]).status, 303);
    let told = shop.text("SELECT data FROM outbox WHERE template = 'order_delivered'");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        told["parcel"]["items"],
        json!([{"title":"Six glazes","options":"","qty":1,"parts":[]}])
    );
    shop.assert_audit();
}

// S1.39: each parcel arrives by itself; the order has arrived with the last of them.
#[test]
fn parcels_arrive_one_by_one() {
    let shop = TestShop::open();
    let mut desk = clerk(&shop);
    let number = paid(&shop, "GLAZE-6", 3);
    let glaze = field(&mut desk, &number, "GLAZE-6");
    assert_eq!(act(&mut desk, &number, "ship", &[(glaze.as_str(), "1")]).status, 303);
    assert_eq!(act(&mut desk, &number, "ship", &[(glaze.as_str(), "1")]).status, 303);
    let forms = |desk: &mut Browser| desk.get(&page_of(&number)).texts("form [name=parcel]").len();
    assert_eq!(forms(&mut desk), 2);
    for nothing in ["3", "x", ""] {
        let none = act(&mut desk, &number, "deliver", &[("parcel", nothing)]);
        assert_eq!(none.status, 409, "{nothing}");
    }
    shop.advance_s(600);
    let first = act(&mut desk, &number, "deliver", &[("parcel", "1")]);
    assert_eq!(first.status, 303, "{}", first.body);
    assert!(desk.get(first.location()).texts(".notice")[0].contains("The parcel is marked"));
    assert_eq!(act(&mut desk, &number, "deliver", &[("parcel", "1")]).status, 409, "once");
    assert_eq!(forms(&mut desk), 1);
    assert_eq!(states(&shop, &number), "paid part_shipped", "the rest has not even left");
    let buyer = shop.browser().get(&order_page(&shop, &number));
    let parcels = buyer.texts(".parcel");
    assert!(parcels[0].contains("arrived 24 November 2026, 10:10"), "{parcels:?}");
    assert!(!parcels[1].contains("arrived") && buyer.texts(".history")[0].contains("Parcel arr"));
    assert_eq!(act(&mut desk, &number, "ship", &[]).status, 303, "all that is left");
    assert_eq!(act(&mut desk, &number, "deliver", &[("parcel", "3")]).status, 303);
    assert_eq!(
        (states(&shop, &number).as_str(), letters(&shop, "order_delivered")),
        ("paid shipped", 0)
    );
    let last = act(&mut desk, &number, "deliver", &[("parcel", "2")]);
    assert_eq!(
        (states(&shop, &number).as_str(), letters(&shop, "order_delivered")),
        ("paid delivered", 1)
    );
    assert!(desk.get(last.location()).texts(".notice")[0].starts_with("Marked delivered."));
    let timeline = desk.get(&page_of(&number)).texts(".timeline li").join(" ");
    assert!(timeline.contains("Parcel 1 arrived") && timeline.contains("Parcel 3 arrived"));
    assert!(logged(&shop).ends_with(&format!("order.deliver {number}")));
    shop.assert_audit();
}

// S1.39: a carrier of the shop's own files is offered and has its link, in the letter, too.
#[test]
fn a_shop_ships_with_its_own_carrier() {
    let content = Edited::of(&base_content());
    let rates = std::fs::read_to_string(base_content().join("shipping.toml")).unwrap();
    let own = "[[carriers]]\nname = \"Bike Post\"\nlink = \"https://bike.example/{n}\"\n";
    let content = content.write("shipping.toml", &format!("{rates}\n{own}"));
    let setup = Setup { content: Some(content.path().to_owned()), ..Setup::default() };
    let shop = TestShop::with(setup);
    let mut desk = clerk(&shop);
    let number = paid(&shop, "GLAZE-6", 1);
    let page = desk.get(&page_of(&number));
    assert_eq!(page.attribute("#carriers option", "value"), "Bike Post");
    let parcel = [("carrier", "bike post"), ("number", "B-7")];
    assert_eq!(act(&mut desk, &number, "ship", &parcel).status, 303);
    let url = "SELECT data ->> '$.parcel.url' FROM outbox WHERE template = 'order_shipped'";
    assert_eq!(shop.text(url), "https://bike.example/B-7");
}
