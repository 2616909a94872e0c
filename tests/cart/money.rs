//! What the cart says about money: prices that moved, savings, codes, delivery.

use serde_json::{Value, json};

use super::house::{Browser, Edited, TestShop, base_content, checkout_fields, demo_content};
use super::{cart, line};

fn cheaper() -> Edited {
    Edited::of(&base_content()).replace("products/kiln.toml", "999.99", "899.99")
}

// S0.33: the line stays, both prices are shown, one press accepts, and only then it is ordered.
#[test]
fn a_price_that_moved_is_shown_and_accepted() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.add("KILN-1", 1);
    shop.publish(&cheaper());
    let page = visitor.get("/cart");
    assert_eq!(page.texts(".notice-title"), ["Prices have changed"]);
    let told = "The price went down since you added this: £999.99 → £899.99.";
    assert_eq!(page.texts(".line .warn"), [told]);
    assert_eq!(page.texts(".totals .total dd"), ["£899.99"]);
    let moved = json!({ "seen_minor": 99_999, "now_minor": 89_999 });
    assert_eq!(line(&mut visitor, "KILN-1")["price_change"], moved);
    assert_eq!(visitor.get("/checkout").location(), "/cart", "not before it is accepted");
    let version = cart(&mut visitor)["version"].as_i64().unwrap();
    let direct = visitor.json("POST", "/api/checkout", &buyer(version, 89_999));
    assert_eq!(direct.status, 409);
    assert!(direct.json()["detail"].as_str().unwrap().contains("price"), "{}", direct.body);
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 0);

    let button = ".notice form[action='/cart/accept-prices'] button";
    assert_eq!(page.texts(button), ["Accept the new prices"]);
    assert_eq!(visitor.post("/cart/accept-prices", &[]).location(), "/cart");
    let accepted = visitor.get("/cart");
    assert!(accepted.texts(".notice-title, .line .warn").is_empty());
    assert_eq!(visitor.checkout().status, 303);
    assert_eq!(shop.number("SELECT total_minor FROM orders"), 89_999);
}

// S0.33: a price that moves while the form is filled in is told there, with what was typed; whoever
// pays again takes it, at exactly the total they were told.
#[test]
fn a_price_that_moves_at_the_checkout_is_accepted_there() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.add("KILN-1", 1);
    let page = visitor.get("/checkout");
    let version = page.attribute("[name=cart_version]", "value");
    let send = |visitor: &mut Browser, total: &str, accepts: &str| {
        let mut fields = checkout_fields(&version, total);
        fields.extend((!accepts.is_empty()).then_some(("accept_prices", accepts)));
        visitor.post("/checkout", &fields)
    };
    assert!(page.texts("[name=accept_prices]").is_empty());
    shop.publish(&cheaper());
    let told = send(&mut visitor, "99999", "");
    assert_eq!(
        (told.status, told.attribute("[name=email]", "value").as_str()),
        (409, "ada@example.com")
    );
    assert!(told.texts("[role=alert]")[0].contains("The price of Table kiln has changed"));
    assert_eq!(told.attribute("[name=quote_total]", "value"), "89999");
    assert_eq!(told.attribute("[name=accept_prices]", "value"), "true");
    // Whoever was refused for something else was told no price.
    let mut typo = checkout_fields(&version, "99999");
    typo[0].1 = "no address";
    let refused = visitor.post("/checkout", &typo);
    assert_eq!((refused.status, refused.texts("[name=accept_prices]").len()), (422, 0));
    // Taken at another total is not taken.
    assert_eq!(send(&mut visitor, "99999", "true").status, 409);
    assert_eq!(send(&mut visitor, "89999", "false").status, 409);
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 0);
    // Accepted at a total that is no longer the one shown, it is not accepted any more.
    for (total, left) in [("89999", 1), ("99999", 0)] {
        let mut typo = checkout_fields(&version, total);
        typo[0].1 = "no address";
        typo.push(("accept_prices", "true"));
        assert_eq!(visitor.post("/checkout", &typo).texts("[name=accept_prices]").len(), left);
    }
    assert_eq!(send(&mut visitor, "89999", "true").status, 303);
    assert_eq!(shop.number("SELECT total_minor FROM orders"), 89_999);
    shop.assert_audit();
}

fn buyer(version: i64, total: i64) -> Value {
    json!({ "email": "ada@example.com", "name": "Ada Lovelace", "line1": "1 High Street",
            "city": "Bath", "postcode": "BA1 1AA", "country": "GB",
            "cart_version": version, "quote_total": total })
}

// S0.33: what is no longer sold is said at the checkout, too, and nothing typed is lost.
#[test]
fn a_line_that_goes_at_the_checkout_is_told() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.add("APRON-S", 1);
    visitor.add("GLAZE-6", 1);
    let page = visitor.get("/checkout");
    let [version, total] =
        ["cart_version", "quote_total"].map(|n| page.attribute(&format!("[name={n}]"), "value"));
    let gone = Edited::of(&base_content())
        .replace("products/glaze-set.toml", "price", "status = \"draft\"\nprice")
        .remove("bundles/starter.toml");
    shop.publish(&gone);
    let told = visitor.post("/checkout", &checkout_fields(&version, &total));
    assert_eq!(
        (told.status, told.attribute("[name=name]", "value").as_str()),
        (409, "Ada Lovelace")
    );
    assert!(!told.texts("[role=alert]").is_empty());
}

// S0.33: the same for programs and for parts of a bundle.
#[test]
fn a_bundle_whose_part_costs_more_is_accepted_by_programs() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    program.json("POST", "/api/cart/lines", &json!({ "bundle": "starter" }));
    shop.publish(&Edited::of(&base_content()).replace("products/glaze-set.toml", "79.99", "89.99"));
    let change = line(&mut program, "starter")["price_change"].clone();
    assert_eq!(change, json!({ "seen_minor": 118_996, "now_minor": 120_996 }));
    let page = program.get("/cart");
    assert!(page.texts(".line .warn")[0].starts_with("The price went up"));
    let accepted = program.json("POST", "/api/cart/accept-prices", &json!({}));
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    assert_eq!(accepted.json()["lines"][0]["price_change"], Value::Null);
    // Accepting what did not move changes nothing, and back again is a new change.
    shop.publish(&Edited::of(&base_content()));
    assert_eq!(line(&mut program, "starter")["price_change"]["now_minor"], 118_996);
}

// S0.33: what is no longer sold stays visible until its visitor takes it out.
#[test]
fn a_line_that_is_no_longer_sold_stays_and_blocks() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.add("GLAZE-6", 1);
    visitor.post("/cart/lines", &[("bundle", "starter")]);
    visitor.add("APRON-L", 1);
    shop.publish(
        &Edited::of(&base_content())
            .replace("products/glaze-set.toml", "category", "status = \"draft\"\ncategory")
            .remove("bundles/starter.toml"),
    );
    let page = visitor.get("/cart");
    assert_eq!(page.texts(".line-title").len(), 3);
    assert_eq!(page.texts(".line .wrong"), ["No longer sold. Remove it to go on."; 2]);
    assert!(page.texts("main a[href='/checkout']").is_empty());
    assert_eq!(page.texts(".totals .total dd"), ["£34.98"], "only what can be bought is summed");
    for gone in ["GLAZE-6", "starter"] {
        let remove = format!(".line[data-ref='{gone}'] button[name=remove]");
        assert_eq!(page.texts(&remove), ["Remove"]);
        let path = super::line_path(&mut visitor, gone);
        assert_eq!(visitor.delete(&path).status, 200);
    }
    assert_eq!(visitor.checkout().status, 303);
}

// S2.8 S2.4: what is saved stands on the line, in the sums and under them.
#[test]
fn savings_are_shown_on_line_and_total() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.post("/cart/lines", &[("bundle", "starter")]);
    let quote = cart(&mut visitor)["quote"].clone();
    let saved = quote["discount_minor"].as_i64().unwrap();
    assert_eq!(saved, 14_874, "12.5 % of £1189.96, half a penny to the shop");
    let page = visitor.get("/cart");
    assert_eq!(page.texts(".line .saving"), ["You save £148.74 as a set"]);
    assert_eq!(page.texts(".totals .saving:not(.small) dt"), ["Set saving: Starter set"]);
    assert_eq!(page.texts(".totals .saving:not(.small) dd"), ["−£148.74"]);
    let under = page.texts(".summary > .saving:not(.gap)");
    assert_eq!(under, ["You save £153.73 on this order."], "delivery that became free counts");
    // Both prices are named for those who do not see the line through the old one.
    let sum = &page.texts(".line-sum .price")[0];
    assert_eq!(sum, "Sale price £1,041.22 Regular price £1,189.96");
}

const TENNER: &str = r#"
title = "£10 off"
trigger = "code"
codes = ["TENNER"]
stage = "order"
when = { subtotal_from = "50.00" }
effect = { type = "amount_off_order", amount = "10.00" }
"#;
const POST: &str = r#"
title = "Free delivery"
trigger = "code"
codes = ["POST"]
stage = "shipping"
effect = { type = "free_shipping" }
"#;
const LESS: &str = r#"
title = "£10.01 off"
trigger = "code"
codes = ["LESS"]
stage = "order"
effect = { type = "amount_off_order", amount = "10.01" }
"#;

fn with_codes() -> Edited {
    let base = Edited::of(&base_content());
    base.write("promotions/tenner.toml", TENNER).write("promotions/post.toml", POST)
}

// S2.4 S2.8: codes are entered, explained, kept and taken out again.
#[test]
fn codes_are_kept_with_the_cart() {
    let shop = TestShop::on(&with_codes());
    let mut visitor = shop.browser();
    visitor.add("APRON-S", 1);
    let enter = |visitor: &mut Browser, code: &str| visitor.post("/cart/codes", &[("code", code)]);
    for (code, why) in [
        ("NOPE", "There is no code “NOPE”."),
        ("spring", "The code “SPRING” cannot be used at the moment."),
        ("  ", "A code is 1 to 40 letters and digits."),
    ] {
        let refused = enter(&mut visitor, code);
        assert_eq!(refused.status, 422, "{code}");
        assert!(refused.texts(".notice").join(" ").contains(why), "{}", refused.body);
        assert_eq!(refused.attribute("#code", "value"), code, "to be mended where it stands");
    }
    assert_eq!(cart(&mut visitor)["codes"], json!([]));
    // Conditions may be met later, so the code is kept and the page says what is missing.
    assert_eq!(enter(&mut visitor, " tenner ").status, 303);
    let page = visitor.get("/cart");
    assert_eq!(page.texts(".chips .chip"), ["TENNER"]);
    assert!(page.texts("#code-problem")[0].contains("TENNER does not apply yet"));
    assert_eq!(cart(&mut visitor)["quote"]["total_minor"], 2999 + 499);
    visitor.add("APRON-S", 1);
    let quote = cart(&mut visitor)["quote"].clone();
    assert_eq!((&quote["goods_minor"], &quote["total_minor"]), (&json!(4998), &json!(4998)));
    assert_eq!(visitor.get("/cart").texts(".totals .code"), ["TENNER"]);
    let out = visitor.post("/cart/codes", &[("remove", "TENNER")]);
    assert_eq!(out.status, 303);
    assert_eq!(cart(&mut visitor)["quote"]["goods_minor"], 5998);
}

// S2.10 S2.11 S2.14: the fee below the threshold, what is missing, and free from it on.
#[test]
fn delivery_is_free_from_forty_pounds() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    visitor.add("APRON-S", 1);
    let below = visitor.get("/cart");
    assert_eq!(below.texts(".rates .num"), ["£4.99"]);
    assert_eq!(below.texts(".gap"), ["£10.01 more and delivery is free."]);
    assert_eq!(below.texts(".totals .total dd"), ["£34.98"]);
    visitor.add("APRON-S", 1);
    let above = visitor.get("/cart");
    assert_eq!(above.texts(".rates .num"), ["Free"]);
    assert_eq!(above.texts(".gap"), ["Delivery is free."]);
    assert_eq!(above.texts(".totals .total dd"), ["£59.98"]);
    // The threshold is compared after discounts: £39.99 pays.
    let exact = Edited::of(&base_content())
        .replace("products/apron.toml", "29.99", "50.00")
        .write("promotions/less.toml", LESS);
    let shop = TestShop::on(&exact);
    let mut visitor = shop.browser();
    visitor.add("APRON-S", 1);
    assert_eq!(cart(&mut visitor)["quote"]["delivery"]["price_minor"], 0);
    visitor.post("/cart/codes", &[("code", "LESS")]);
    let quote = cart(&mut visitor)["quote"].clone();
    assert_eq!(
        (&quote["goods_minor"], &quote["delivery"]["price_minor"]),
        (&json!(3999), &json!(499))
    );
}

// S2.8 S2.14: a code for delivery takes the fee away and says so.
#[test]
fn a_code_makes_delivery_free() {
    let shop = TestShop::on(&with_codes());
    let mut visitor = shop.browser();
    visitor.add("APRON-S", 1);
    visitor.post("/cart/codes", &[("code", "post")]);
    let page = visitor.get("/cart");
    assert_eq!(page.texts(".totals .total dd"), ["£29.99"]);
    assert_eq!(page.texts(".summary > .saving:not(.gap)"), ["You save £4.99 on this order."]);
}

// S2.12 S2.14: how and when it arrives, by country, rate, cut-off and closed days.
#[test]
fn delivery_is_chosen_by_country_and_dated() {
    let shop = TestShop::demo();
    let mut visitor = shop.browser();
    visitor.add("HF-TW-001-OAT", 1);
    let page = visitor.get("/cart");
    assert_eq!(
        page.texts(".rate-title"),
        ["Standard delivery", "Express delivery", "Collect from the workshop"]
    );
    assert_eq!(page.texts(".rates .num"), ["£4.99", "£8.95", "Free"]);
    let arrivals = page.texts(".rates .muted");
    assert_eq!(arrivals[0], "With you Thu 26 November");
    assert_eq!(arrivals[1], "With you Wed 25 November");
    assert!(arrivals[2].starts_with("Collect at The Old Dairy"), "{arrivals:?}");
    assert_eq!(page.texts("select[name=country] option[selected]"), ["United Kingdom"]);

    let go = |visitor: &mut Browser, country: &str, rate: &str| {
        visitor.post("/cart/destination", &[("country", country), ("rate", rate)])
    };
    assert_eq!(go(&mut visitor, "GB", "collect").status, 303);
    assert_eq!(cart(&mut visitor)["quote"]["total_minor"], 1600);
    // Another country has other rates; one it does not know falls back to its first.
    assert_eq!(go(&mut visitor, "FR", "collect").status, 303);
    let quote = cart(&mut visitor)["quote"].clone();
    assert_eq!(quote["delivery"]["rate"], "standard");
    assert_eq!(quote["total_minor"], 1600 + 1495);
    assert_eq!(
        (&quote["delivery"]["from"], &quote["delivery"]["to"]),
        (&json!("2026-11-30"), &json!("2026-12-03"))
    );
    assert_eq!(
        visitor.get("/cart").texts(".rates .muted")[0],
        "With you Mon 30 November – Thu 3 December"
    );
    for nowhere in ["US", "gb", "", "XX"] {
        let refused = go(&mut visitor, nowhere, "standard");
        assert_eq!(refused.status, 422, "{nowhere}");
    }
    assert_eq!(cart(&mut visitor)["country"], "FR");

    // Four hours later the cut-off at 14:00 is still ahead; a second after it, a day is lost.
    go(&mut visitor, "GB", "standard");
    let arrives = |visitor: &mut Browser| cart(visitor)["quote"]["delivery"]["to"].clone();
    shop.advance_s(4 * 3600);
    assert_eq!(arrives(&mut visitor), "2026-11-26");
    shop.advance_s(1);
    assert_eq!(arrives(&mut visitor), "2026-11-27");
    // Christmas: ordered on Wednesday the 23rd at 14:00:01, with Friday and Saturday closed.
    shop.advance_s(29 * 86_400);
    assert_eq!(arrives(&mut visitor), "2026-12-29");
}

// S2.14 S2.12: the demonstration's own promises hold for the country's default rate.
#[test]
fn the_demo_names_its_threshold_in_every_country() {
    let shop = TestShop::on(&Edited::of(&demo_content()));
    let mut visitor = shop.browser();
    visitor.add("HF-LT-010-SAG", 1);
    for (country, fee, missing) in [("GB", 499, 200), ("IE", 995, 5200), ("DE", 1495, 8200)] {
        visitor.post("/cart/destination", &[("country", country)]);
        let delivery = cart(&mut visitor)["quote"]["delivery"].clone();
        assert_eq!(delivery["price_minor"], fee, "{country}");
        assert_eq!(delivery["missing_for_free_minor"], missing, "{country}");
    }
}
