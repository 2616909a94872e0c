//! The room as browsers and programs meet it.

use std::sync::Arc;

use poem::{Endpoint, Request};
use serde_json::Value;

use super::tests::{Shop, sample};
use super::{Searching, routes};
use crate::base::{Clock, Randomness};
use crate::catalog::StockShow;
use crate::platform::Kit;
use crate::platform::config::{Overrides, Settings};
use crate::platform::web::{Error, Limiter};
use crate::pricing::sample::NOW;

/// The shop behind its routes.
fn ask(shop: &Shop, address: &str, accept: &str) -> (u16, String) {
    let folder = tempfile::tempdir().unwrap();
    let render = crate::platform::render::Render::open(folder.path()).unwrap();
    let value = |v: Value| minijinja::Value::from(minijinja::value::Serde(v));
    let globals = vec![
        ("shop", value(serde_json::json!(shop.book.catalog.shop))),
        ("currency", "GBP".into()),
        ("timezone", "Europe/London".into()),
        ("nav", value(serde_json::json!([]))),
        ("nav_paths", value(serde_json::json!([]))),
        ("footer", value(serde_json::json!([]))),
        ("test_shop", true.into()),
        ("build", "test".into()),
    ];
    let render = render.fresh("en", globals).unwrap();
    let random = Randomness::seeded(1);
    let kit = Kit {
        settings: Arc::new(Settings::resolve(None, Vec::new(), &Overrides::new()).unwrap()),
        db: shop.db.clone(),
        clock: Clock::fixed(NOW),
        secret: crate::platform::secret::Secret::in_folder(folder.path(), &random).unwrap(),
        random,
        render,
        bell: crate::platform::jobs::Bell::default(),
        reports: crate::platform::telemetry::Reports::default(),
        traffic: Arc::default(),
        certificate: crate::platform::certificate::Watch::default(),
        limiter: Arc::new(Limiter::new(false)),
        proxies: Arc::new([]),
    };
    let searching = Searching::new(Arc::new(shop.index()));
    let router = routes(&kit, &searching).finish().unwrap();
    let request =
        Request::builder().uri(address.parse().unwrap()).header("accept", accept).finish();
    let answered = async {
        match router.call(request).await {
            Ok(answer) => {
                (answer.status().as_u16(), answer.into_body().into_string().await.unwrap())
            }
            Err(error) => {
                let problem = Error::from(error).problem();
                (problem.status, format!("{}: {}", problem.slug, problem.detail))
            }
        }
    };
    tokio::runtime::Runtime::new().unwrap().block_on(answered)
}

fn json(shop: &Shop, address: &str) -> Value {
    let (status, body) = ask(shop, address, "application/json");
    assert_eq!(status, 200, "{address}: {body}");
    serde_json::from_str(&body).unwrap()
}

// S3.14, S3.15, S3.25: list and detail differ; shelves nest.
#[test]
fn programs_read_lists_details_and_shelves() {
    let shop = Shop::new(sample());
    let list = json(&shop, "/api/products?tag=gift&sort=price");
    assert_eq!(
        (&list["count"], &list["pages"], &list["page_size"]),
        (&2.into(), &1.into(), &50.into())
    );
    assert_eq!(
        (&list["items"][0]["slug"], &list["items"][0]["price_minor"]),
        (&"soap".into(), &600.into())
    );
    assert!(list["items"][0].get("description").is_none());

    let soap = json(&shop, "/api/products/soap");
    assert_eq!(soap["description"], "Smells of stoneware and **almonds**.");
    assert_eq!(
        (&soap["variants"][0]["sku"], &soap["variants"][0]["state"]),
        (&"SOAP".into(), &"in_stock".into())
    );
    for gone in ["/api/products/old", "/api/products/nothing", "/api/categories/nothing"] {
        assert_eq!(ask(&shop, gone, "*/*").0, 404, "{gone}");
    }

    let tree = json(&shop, "/api/categories");
    assert_eq!(
        (&tree["items"][1]["path"], &tree["items"][1]["products"]),
        (&"tableware".into(), &3.into())
    );
    assert_eq!(tree["items"][1]["children"][0]["path"], "tableware/mugs");
    assert_eq!(json(&shop, "/api/categories/tableware/mugs")["products"], 2);
}

// Availability says no more than the shop wants to tell.
#[test]
fn availability_tells_what_the_shop_shows() {
    let few = sample().product("FEW", "Few left", 100).with(|p| p.variants[0].opening = 2);
    let mut shop = Shop::new(few);
    for (show, told) in [
        (StockShow::Status, "FEW low -, GLASS sold_out -, MUG in_stock -"),
        (StockShow::ExactBelowLow, "FEW low 2, GLASS sold_out -, MUG in_stock -"),
        (StockShow::Hidden, "FEW in_stock -, GLASS sold_out -, MUG in_stock -"),
    ] {
        let mut catalog = (*shop.book.catalog).clone();
        catalog.shop.stock_show = show;
        shop.book.catalog = Arc::new(catalog);
        let address = "/api/availability?sku=FEW&sku=GLASS&sku=MUG&sku=OLD&sku=NONE&sku=FEW";
        let answer = json(&shop, address);
        let item = |i: &Value| {
            let left = i["left"].as_i64().map_or("-".to_owned(), |n| n.to_string());
            format!("{} {} {left}", i["sku"].as_str().unwrap(), i["state"].as_str().unwrap())
        };
        let items: Vec<String> = answer["items"].as_array().unwrap().iter().map(item).collect();
        assert_eq!(items.join(", "), told);
    }
    let set = "/api/availability?bundle=nowhere&sku=MUG";
    assert_eq!(json(&shop, set)["items"].as_array().unwrap().len(), 1);
    let many = (0..51).map(|n| format!("sku=S{n}")).collect::<Vec<_>>().join("&");
    for wrong in ["", "sku=", "sku=a%20b", &many] {
        let (status, said) = ask(&shop, &format!("/api/availability?{wrong}"), "*/*");
        assert_eq!(status, 422, "{wrong}: {said}");
    }
}

// S1.15, S3.60: the page shows what was found, or what could not be read and how to mend it.
#[test]
fn the_page_answers_people() {
    let shop = Shop::new(sample());
    let html = "text/html,*/*;q=0.8";
    let (status, page) = ask(&shop, "/search?q=stonewear&category=tableware&price_min=5", html);
    assert_eq!(status, 200);
    assert!(page.contains("/product/mug/") && !page.contains("/product/soap/"), "{page}");
    assert!(page.contains("exact=1") && page.contains("From £5.00") && page.contains("noindex"));
    let (status, page) = ask(&shop, "/search?q=%3Cscript%3Ealert(1)", html);
    assert!(status == 200 && !page.contains("<script>alert"));
    assert!(page.contains("/product/mug/"), "something else is offered");
    let (status, page) = ask(&shop, "/search?price_min=%22cheap", html);
    assert_eq!(status, 422);
    assert!(page.contains("is not a price") && page.contains("value=\"&quot;cheap\""), "{page}");
    let (status, said) = ask(&shop, "/search?price_min=cheap", "application/json");
    assert_eq!((status, said.as_str()), (422, "bad-filter: “cheap” is not a price."));
    for bad in ["/api/products?sort=x", "/search?page=9", "/api/products?page=9"] {
        assert_eq!(ask(&shop, bad, "*/*").0, 422, "{bad}");
    }
}
