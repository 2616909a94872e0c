//! The desk's figures as other programs read them, below `/admin/api`.

use kiosk::identity::Role;
use serde_json::json;

use crate::house::TestShop;
use crate::paid;

// S3.50 S3.52 S3.55: sales of chosen days, to the minor unit, in the shop's time zone.
#[test]
fn sales_are_told_to_programs() {
    let shop = TestShop::open();
    paid(&shop, "APRON-S", 1);
    let mut desk = shop.sign_in(Role::Orders);
    let answer = desk.get("/admin/api/reports/sales?from=2026-11-23&to=2026-11-24");
    assert_eq!(answer.headers["content-type"], "application/json; charset=utf-8");
    let told = answer.json();
    assert_eq!((&told["from"], &told["to"]), (&json!("2026-11-23"), &json!("2026-11-24")));
    assert_eq!(told["time_zone"], "Europe/London");
    let sales = &told["sales"][0];
    assert_eq!(sales["currency"], "GBP");
    assert_eq!(
        (&sales["total"]["orders"], &sales["total"]["net_minor"]),
        (&json!(1), &json!(3498))
    );
    let days = sales["days"].as_array().unwrap();
    let told: Vec<_> = days.iter().map(|day| (&day["date"], &day["paid_minor"])).collect();
    assert_eq!(told, [(&json!("2026-11-23"), &json!(0)), (&json!("2026-11-24"), &json!(3498))]);
    assert_eq!(sales["products"][0]["units"], 1);
    for wrong in ["from=2026-13-01", "from=2026-11-25&to=2026-11-24", "from=1900-01-01"] {
        let refused = desk.get(&format!("/admin/api/reports/sales?{wrong}"));
        assert_eq!((refused.status, &refused.json()["type"]), (422, &json!("/problems/days")));
    }
}

// S3.52 N24: the front page for programs, and nothing in it that the role may not see.
#[test]
fn the_front_page_is_told_to_programs() {
    let shop = TestShop::open();
    let number = paid(&shop, "GLAZE-6", 1);
    let told = shop.sign_in(Role::Owner).get("/admin/api/dashboard").json();
    assert!(told["sentence"]["text"].as_str().unwrap().contains("1 order to ship"), "{told}");
    assert_eq!(told["figures"][0]["sums"][0]["net_minor"], 7_999, "{told}");
    assert_eq!(told["recent"][0]["number"], number.as_str());
    assert!(told.get("bars").is_none() && told.get("steps").is_none());
    let editor = shop.sign_in(Role::Catalog).get("/admin/api/dashboard").json();
    for hidden in ["figures", "recent", "to_ship", "waiting", "best", "states"] {
        assert!(editor.get(hidden).is_none(), "{hidden} is told to a catalog editor");
    }
}

// S3.53: levels, or only what is low or sold out.
#[test]
fn levels_are_told_to_programs() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Orders);
    let all = desk.get("/admin/api/stock").json();
    let items = all["items"].as_array().unwrap();
    let kiln = items.iter().find(|item| item["sku"] == "KILN-1").unwrap();
    assert_eq!((&kiln["on_hand"], &kiln["free"]), (&json!(4), &json!(4)));
    assert_eq!(all["after"], json!(null));
    let low = desk.get("/admin/api/stock?low=1").json();
    let short: Vec<_> = items.iter().filter(|item| item["state"] != "in_stock").collect();
    assert!(!short.is_empty() && short.len() < items.len());
    assert_eq!(low["items"].as_array().unwrap().iter().collect::<Vec<_>>(), short);
    let later = desk.get("/admin/api/stock?after=KILN-1").json();
    assert!(
        later["items"].as_array().unwrap().iter().all(|item| item["sku"].as_str() > Some("KILN-1"))
    );
}
