//! The cart: whose it is, what goes in and out, how much of it, and when it ends.

#[path = "cart/life.rs"]
mod life;
#[path = "cart/money.rs"]
mod money;

mod house;

use house::{Browser, Edited, TestShop, base_content};
use serde_json::{Value, json};

/// The visitor's cart as programs see it.
fn cart(visitor: &mut Browser) -> Value {
    let answer = visitor.get("/api/cart");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The line that holds a SKU or bundle.
#[track_caller]
fn line(visitor: &mut Browser, reference: &str) -> Value {
    let cart = cart(visitor);
    let lines = cart["lines"].as_array().unwrap();
    let found = lines.iter().find(|line| line["item"]["ref"] == reference);
    found.unwrap_or_else(|| panic!("no {reference} in {cart:#}")).clone()
}

#[track_caller]
fn line_path(visitor: &mut Browser, reference: &str) -> String {
    format!("/api/cart/lines/{}", line(visitor, reference)["id"].as_str().unwrap())
}

#[track_caller]
fn assert_problem(answer: &house::Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let problem = answer.json();
    let named = problem["type"].as_str().unwrap();
    assert!(named.ends_with(kind), "{named} is not {kind}");
}

// S0.28 S2.1 S3.5: the cookie comes with the first thing put in, and only its hash is stored.
#[test]
fn a_visitor_is_remembered_once_there_is_something_to_remember() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    for path in ["/", "/product/kiln/", "/cart", "/api/cart", "/search", "/checkout"] {
        let answer = visitor.get(path);
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
    }
    let sold_out = visitor.add("KILN-1", 5);
    assert_eq!(sold_out.status, 409);
    assert!(visitor.cookies.is_empty(), "a refusal leaves nothing to remember");
    assert_eq!(
        shop.number("SELECT (SELECT count(*) FROM session) + (SELECT count(*) FROM cart)"),
        0
    );

    let added = visitor.add("KILN-1", 1);
    let cookie = &added.headers["set-cookie"];
    for word in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(word), "{word} is not in {cookie}");
    }
    let token = visitor.cookies["visitor"].clone();
    assert!(token.len() >= 22, "128 bits at least: {token}");
    assert_eq!(shop.number("SELECT count(*) FROM session"), 1);
    let stored = format!("SELECT count(*) FROM session WHERE token_hash LIKE '%{token}%'");
    assert_eq!(shop.number(&stored), 0);
    assert_eq!(shop.number("SELECT length(token_hash) FROM cart"), 64);
}

// S0.28: a token we never gave out is not adopted, so nobody can plant one and read along.
#[test]
fn a_planted_cookie_is_replaced() {
    let shop = TestShop::open();
    let mut model = shop.browser();
    model.add("KILN-1", 1);
    let real = model.cookies["visitor"].clone();
    let planted: String = real.chars().rev().collect();
    for value in [planted.as_str(), "x", "", "../../etc", "' OR 1=1 --"] {
        let mut victim = shop.browser();
        victim.cookies.insert("visitor".to_owned(), value.to_owned());
        assert_eq!(cart(&mut victim)["count"], 0);
        assert_eq!(victim.add("GLAZE-6", 1).status, 303);
        assert_ne!(victim.cookies["visitor"], value);
        assert_eq!(cart(&mut victim)["count"], 1);
        let mut planter = shop.browser();
        planter.cookies.insert("visitor".to_owned(), value.to_owned());
        assert_eq!(cart(&mut planter)["count"], 0, "{value}");
    }
}

// S3.5: two visitors never see each other's things, nor change them by guessing a line.
#[test]
fn a_line_belongs_to_one_visitor() {
    let shop = TestShop::open();
    let (mut ada, mut eve) = (shop.browser(), shop.browser());
    ada.add("KILN-1", 1);
    eve.add("GLAZE-6", 1);
    let path = line_path(&mut ada, "KILN-1");
    assert_problem(&eve.json("PATCH", &path, &json!({ "qty": 2 })), 404, "no-such-line");
    assert_problem(&eve.delete(&path), 404, "no-such-line");
    assert_eq!(line(&mut ada, "KILN-1")["qty"], 1);
    assert_eq!(cart(&mut eve)["lines"].as_array().unwrap().len(), 1);
}

// S2.2 S2.3 S2.31 S3.26 S3.29 S4.18: everything works as a plain form.
#[test]
fn forms_add_change_remove_and_clear() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let added = visitor.add("APRON-S", 1).location().to_owned();
    // Without script, nothing else says that it is there now; once it was read, it is gone.
    assert_eq!(visitor.get(&added).texts("[data-notices]"), ["Added to your cart"]);
    assert_eq!(visitor.get("/cart").texts("[data-notices]"), [""]);
    visitor.add("APRON-S", 2);
    visitor.add("GLAZE-6", 1);
    let page = visitor.get("/cart");
    assert_eq!(page.texts(".line-title"), ["Apron", "Six glazes"]);
    assert_eq!(page.texts(".line-sum .price"), ["£89.97", "£79.99"]);
    assert_eq!(page.texts(".totals .total dd"), ["£169.96"]);
    assert_eq!(page.attribute("#cart", "data-count"), "4");
    assert_eq!(page.attribute(".summary a.button-main", "href"), "/checkout");
    let number = page.attribute(".line[data-ref=APRON-S] input[name=qty]", "value");
    assert_eq!(number, "3", "the same thing again adds up on its line");
    // Every field and button has a name for people who do not see it.
    let id = page.attribute(".line[data-ref=APRON-S] input[name=qty]", "id");
    assert_eq!(page.texts(&format!("label[for={id}]")), ["Quantity of Apron"]);
    assert_eq!(page.attribute("button[name=remove]", "aria-label"), "Remove Apron");

    let to = page.attribute(".line[data-ref=APRON-S] form.line-qty", "action");
    assert_eq!(visitor.post(&to, &[("qty", "1")]).location(), "/cart");
    assert_eq!(cart(&mut visitor)["quote"]["goods_minor"], 2999 + 7999);
    assert_eq!(visitor.post(&to, &[("remove", "1")]).location(), "/cart");
    assert_eq!(cart(&mut visitor)["count"], 1);
    assert_eq!(visitor.post("/cart/clear", &[]).location(), "/cart");
    let empty = cart(&mut visitor);
    assert_eq!((&empty["count"], &empty["quote"]["total_minor"]), (&json!(0), &json!(0)));
}

// S4.19: with nothing in it there is nothing to buy.
#[test]
fn an_empty_cart_has_no_way_to_checkout() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let never = visitor.get("/cart");
    visitor.add("KILN-1", 1);
    assert_eq!(visitor.get("/cart").texts("main a[href='/checkout']").len(), 1);
    visitor.post("/cart/clear", &[]);
    for page in [never, visitor.get("/cart")] {
        assert!(page.texts("main a[href='/checkout']").is_empty());
        assert_eq!(page.texts(".empty h2"), ["Your cart is empty"]);
    }
    assert_eq!(visitor.get("/checkout").location(), "/cart");
}

// S0.30 S3.26 S3.29 S2.33: the same by JSON; every answer is the whole cart.
#[test]
fn programs_add_change_remove_and_clear() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    let nothing = cart(&mut program);
    assert_eq!((&nothing["version"], &nothing["count"]), (&json!(0), &json!(0)));
    let added = program.json("POST", "/api/cart/lines", &json!({ "sku": "KILN-1" }));
    assert_eq!(added.status, 201);
    let mut version = 0;
    let mut check = |body: &Value, count: u32, total: i64| {
        assert!(body["version"].as_i64() > Some(version), "each change is counted");
        version = body["version"].as_i64().unwrap();
        assert_eq!(body["count"], count);
        assert_eq!(body["quote"]["total_minor"], total);
    };
    check(&added.json(), 1, 99_999);
    let path = line_path(&mut program, "KILN-1");
    check(&program.json("PATCH", &path, &json!({ "qty": 3 })).json(), 3, 299_997);
    let both = program.json("POST", "/api/cart/lines", &json!({ "sku": "GLAZE-6", "qty": 2 }));
    check(&both.json(), 5, 299_997 + 15_998);
    check(&program.delete(&path).json(), 2, 15_998);
    assert_problem(&program.delete(&path), 404, "no-such-line");
    check(&program.delete("/api/cart").json(), 0, 0);
}

// S0.30: the document holds exactly what it promises, with whole numbers for money.
#[test]
fn the_cart_document_keeps_its_shape() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    program.json("POST", "/api/cart/lines", &json!({ "bundle": "starter", "qty": 1 }));
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let cart = cart(&mut program);
    let top = ["version", "count", "codes", "country", "lines", "quote", "notes", "blocked"];
    assert_eq!(keys(&cart), top);
    let line = &cart["lines"][0];
    let of_line = [
        "id",
        "item",
        "title",
        "options",
        "tier",
        "qty",
        "regular_unit_minor",
        "unit_minor",
        "gross_minor",
        "discount_minor",
        "net_minor",
        "parts",
        "picture",
        "url",
        "max_qty",
        "price_change",
        "available",
        "problem",
        "reason",
    ];
    assert_eq!(keys(line), of_line);
    for name in of_line.iter().filter(|name| name.ends_with("_minor")) {
        assert!(line[*name].is_i64(), "{name}: {}", line[*name]);
    }
    assert_eq!(keys(&line["parts"][0]), ["sku", "title", "options", "qty", "unit_minor"]);
    let sums = ["items_minor", "discount_minor", "goods_minor", "tax_minor", "total_minor"];
    for name in sums {
        assert!(cart["quote"][name].is_i64(), "{name}");
    }
    assert_eq!(cart["quote"]["currency"], "GBP");
    assert_eq!(cart["blocked"], false);
}

// S3.27 S3.28 S4.6 S3.60: what cannot be had, and what is no quantity.
#[test]
fn quantities_have_limits() {
    let shop = TestShop::open();
    shop.set_stock("GLAZE-6", 2000);
    let mut visitor = shop.browser();
    let add = |visitor: &mut Browser, qty: Value| {
        visitor.json("POST", "/api/cart/lines", &json!({ "sku": "GLAZE-6", "qty": qty }))
    };
    for none in [0, 1000, 4_294_967_295_u32] {
        assert_problem(&add(&mut visitor, json!(none)), 422, "quantity");
    }
    for nonsense in [json!(-1), json!(1.5), json!("NaN"), json!(null), json!(4_294_967_296_u64)] {
        let answer = add(&mut visitor, nonsense.clone());
        assert!((400..500).contains(&answer.status), "{nonsense}: {}", answer.body);
        assert!(answer.json()["title"].is_string());
    }
    for (qty, status) in [("0", 422), ("-1", 422), ("1e3", 422), ("", 422), ("1000", 422)] {
        let answer = visitor.post("/cart/lines", &[("sku", "GLAZE-6"), ("qty", qty)]);
        assert_eq!(answer.status, status, "{qty}: {}", answer.body);
    }
    assert_eq!(cart(&mut visitor)["count"], 0);
    assert_eq!(add(&mut visitor, json!(1)).status, 201);
    assert_problem(&add(&mut visitor, json!(999)), 422, "quantity");
    assert_eq!(add(&mut visitor, json!(998)).json()["count"], 999);
    let path = line_path(&mut visitor, "GLAZE-6");
    assert_problem(&visitor.json("PATCH", &path, &json!({ "qty": 0 })), 422, "quantity");
    assert_problem(&visitor.json("PATCH", &path, &json!({ "qty": 1000 })), 422, "quantity");
    assert_eq!(line(&mut visitor, "GLAZE-6")["qty"], 999);
}

// S3.27 S3.28: 409 names how many there are; the page says it in words and keeps the cart.
#[test]
fn nobody_puts_in_more_than_there_is() {
    let shop = TestShop::open();
    shop.set_stock("APRON-L", 0);
    let mut visitor = shop.browser();
    let gone = visitor.json("POST", "/api/cart/lines", &json!({ "sku": "APRON-L" }));
    assert_problem(&gone, 409, "not-enough-stock");
    assert_eq!(gone.json()["available"], 0);
    visitor.add("KILN-1", 3);
    let more = visitor.json("POST", "/api/cart/lines", &json!({ "sku": "KILN-1", "qty": 2 }));
    assert_problem(&more, 409, "not-enough-stock");
    assert_eq!(more.json()["available"], 4);
    let page = visitor.add("KILN-1", 2);
    assert_eq!(page.status, 409);
    assert_eq!(page.texts(".notice-title"), ["Not enough stock"]);
    assert!(page.texts(".notice").join(" ").contains("Only 4 of “Table kiln” are available."));
    assert_eq!(page.attribute(".line input[name=qty]", "value"), "3");
    assert_eq!(page.attribute(".line input[name=qty]", "max"), "4");
    for unknown in ["NOPE-1", "kiln", "../x", ""] {
        let answer = visitor.json("POST", "/api/cart/lines", &json!({ "sku": unknown }));
        assert_problem(&answer, 404, "not-sold");
    }
    let both = json!({ "sku": "KILN-1", "bundle": "starter" });
    assert_problem(&visitor.json("POST", "/api/cart/lines", &both), 404, "not-sold");
}

// S3.28: a limit of one order counts loose pieces and pieces in bundles together.
#[test]
fn one_order_holds_so_many_of_a_thing() {
    let content = Edited::of(&base_content()).replace(
        "products/kiln.toml",
        "opening = 4",
        "opening = 9\nmax_per_order = 2",
    );
    let shop = TestShop::on(&content);
    let mut visitor = shop.browser();
    let over = visitor.json("POST", "/api/cart/lines", &json!({ "sku": "KILN-1", "qty": 3 }));
    assert_problem(&over, 409, "max-per-order");
    assert_eq!(over.json()["available"], 2);
    assert_eq!(visitor.add("KILN-1", 1).status, 303);
    assert_eq!(visitor.post("/cart/lines", &[("bundle", "starter")]).status, 303);
    for addition in [json!({ "sku": "KILN-1" }), json!({ "bundle": "starter" })] {
        let answer = visitor.json("POST", "/api/cart/lines", &addition);
        assert_problem(&answer, 409, "max-per-order");
    }
    assert_eq!(visitor.checkout().status, 303);
}

// S3.60: a cart has so many lines and no more.
#[test]
fn a_cart_has_room_for_so_many_lines() {
    let limit = "\n[cart]\nmax_lines = 2\n";
    let base = Edited::of(&base_content());
    let shop_toml = std::fs::read_to_string(base.path().join("shop.toml")).unwrap();
    let shop = TestShop::on(&base.write("shop.toml", &format!("{shop_toml}{limit}")));
    let mut visitor = shop.browser();
    visitor.add("KILN-1", 1);
    visitor.add("APRON-S", 1);
    let third = visitor.json("POST", "/api/cart/lines", &json!({ "sku": "APRON-L" }));
    assert_problem(&third, 409, "cart-full");
    assert_eq!(visitor.add("APRON-S", 1).status, 303, "more of what is in it still fits");
}

// S2.115 S2.116 S2.33: one click adds the bundle, and the line remembers which.
#[test]
fn a_bundle_is_one_line_with_its_parts() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    let card = visitor.get("/bundles/");
    let form = ".bundle-card form";
    assert_eq!(card.attribute(form, "action"), "/cart/lines");
    let slug = card.attribute(".bundle-card [name=bundle]", "value");
    let qty = card.attribute(".bundle-card [name=qty]", "value");
    let added = visitor.post("/cart/lines", &[("bundle", &slug), ("qty", &qty)]);
    assert_eq!(added.status, 303);
    let line = line(&mut visitor, "starter");
    assert_eq!(line["item"], json!({ "kind": "bundle", "ref": "starter" }));
    assert_eq!((&line["tier"], &line["qty"]), (&json!("pro"), &json!(1)));
    let parts: Vec<_> =
        line["parts"].as_array().unwrap().iter().map(|p| p["qty"].clone()).collect();
    assert_eq!(parts, [1, 1, 2]);
    let page = visitor.get("/cart");
    assert_eq!(page.attribute(".line", "data-kind"), "bundle");
    assert_eq!(
        page.texts(".line .parts li"),
        ["1 × Table kiln", "1 × Apron, Small", "2 × Six glazes"]
    );
    assert_eq!(page.texts(".line .badge"), ["Studio"]);
}

// S3.28: the scarcest part decides how many bundles there are, loose pieces counted.
#[test]
fn parts_of_a_bundle_share_their_stock_with_loose_pieces() {
    let shop = TestShop::open();
    shop.set_stock("GLAZE-6", 5);
    let mut visitor = shop.browser();
    let bundles = |visitor: &mut Browser, qty: u32| {
        visitor.json("POST", "/api/cart/lines", &json!({ "bundle": "starter", "qty": qty }))
    };
    let three = bundles(&mut visitor, 3);
    assert_problem(&three, 409, "not-enough-stock");
    assert_eq!(three.json()["available"], 2, "five glazes make two sets of two");
    assert_eq!(bundles(&mut visitor, 2).status, 201);
    let loose = visitor.json("POST", "/api/cart/lines", &json!({ "sku": "GLAZE-6", "qty": 2 }));
    assert_eq!(loose.json()["available"], 1, "one glaze is left beside the sets");
    assert_eq!(visitor.add("GLAZE-6", 1).status, 303);
    assert_eq!(line(&mut visitor, "starter")["max_qty"], 2);
    shop.set_stock("GLAZE-6", 3);
    let short = cart(&mut visitor);
    assert_eq!(short["blocked"], true);
    assert_eq!(short["lines"][0]["available"], 1);
    assert_eq!(short["lines"][0]["problem"], "Only 1 left.");
}

// S1.16 S1.62: what the cart shows is what is free at this moment.
#[test]
fn availability_is_told_fresh() {
    let shop = TestShop::open();
    let (mut ada, mut eve) = (shop.browser(), shop.browser());
    ada.add("KILN-1", 3);
    eve.add("KILN-1", 3);
    let state = |visitor: &mut Browser| {
        let told = visitor.get("/api/availability?sku=KILN-1&sku=GLAZE-6&sku=NOPE-1");
        assert_eq!(told.headers["cache-control"], "no-store");
        let items = told.json()["items"].clone();
        assert_eq!(items.as_array().unwrap().len(), 2, "{items}");
        (items[0]["state"].clone(), items[1]["state"].clone())
    };
    assert_eq!(state(&mut eve), (json!("low"), json!("in_stock")));
    assert_eq!(eve.checkout().status, 303);
    assert_eq!(line(&mut ada, "KILN-1")["available"], 1);
    let page = ada.get("/cart");
    assert_eq!(page.texts(".line .wrong"), ["Only 1 available. Lower the quantity to go on."]);
    assert!(page.texts("main a[href='/checkout']").is_empty());
    assert_eq!(ada.get("/checkout").location(), "/cart");
    shop.set_stock("KILN-1", 3);
    assert_eq!(state(&mut ada).0, "sold_out");
    assert_eq!(ada.get("/cart").texts(".line .wrong"), ["Sold out. Remove it to go on."]);
    let path = line_path(&mut ada, "KILN-1");
    assert_eq!(ada.json("PATCH", &path, &json!({ "qty": 2 })).status, 200, "less is possible");
}
