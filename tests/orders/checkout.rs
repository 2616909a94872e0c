//! The checkout as page, form and JSON: what it asks, refuses, and sends to the provider.

use std::thread;

use serde_json::{Value, json};

use super::house::{Answer, TestShop, checkout_fields};
use super::{at_payment, order_page, seen, status_of, submission, with_fake};

fn orders_and_sessions(shop: &TestShop) -> (i64, i64) {
    let count = |table: &str| shop.number(&format!("SELECT count(*) FROM {table}"));
    (count("orders"), count("simulator_session"))
}

#[track_caller]
fn kind_of(answer: &Answer) -> (u16, String) {
    let kind = answer.json()["type"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    (answer.status, kind.rsplit(':').next().unwrap().to_owned())
}

// S2.124 S4.5 S4.8 S4.10 S4.16 S1.57: a guest orders with one JSON document.
#[test]
fn a_program_checks_out() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    program.json("POST", "/api/cart/lines", &json!({ "sku": "KILN-1", "qty": 2 }));
    let wanted = submission(&mut program);
    let begun = program.json("POST", "/api/checkout", &wanted);
    assert_eq!(begun.status, 201, "{}", begun.body);
    let begun = begun.json();
    assert_eq!((&begun["total_minor"], &begun["currency"]), (&json!(199_998), &json!("GBP")));
    let payment = begun["payment_url"].as_str().unwrap().to_owned();
    let page = program.get(&payment);
    assert_eq!(page.texts(".sim-amount"), ["£1,999.98"]);
    let poll = format!("/api/checkout/{}", begun["token"].as_str().unwrap());
    assert_eq!(program.get(&poll).json()["payment_status"], "pending");
    program.press(&payment, "pay");
    shop.work_off();
    assert_eq!(program.get(&poll).json()["payment_status"], "paid");
    let order = begun["order_url"].as_str().unwrap();
    assert_eq!(program.get(order).status, 200);
}

// S4.11 S2.128 S4.6 S3.60: what is wrong decides the status; nothing is written.
#[test]
fn refusals_have_their_own_status() {
    let shop = TestShop::open();
    let mut program = shop.browser();
    let empty = submission(&mut program);
    assert_eq!(kind_of(&program.json("POST", "/api/checkout", &empty)), (409, "empty-cart".into()));
    program.json("POST", "/api/cart/lines", &json!({ "sku": "KILN-1" }));
    let good = submission(&mut program);
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    let cases = [
        (with("email", json!("nobody")), 422, "invalid-fields"),
        (with("name", json!(" ")), 422, "invalid-fields"),
        (with("line1", json!("4242 4242 4242 4242")), 422, "invalid-fields"),
        (with("city", json!("x".repeat(121))), 422, "invalid-fields"),
        (with("country", json!("US")), 422, "invalid-fields"),
        (with("rate", json!("teleport")), 422, "invalid-fields"),
        (with("cart_version", json!(999)), 409, "cart-changed"),
        (with("quote_total", json!(1)), 409, "total-changed"),
    ];
    for (body, status, kind) in cases {
        let answer = program.json("POST", "/api/checkout", &body);
        assert_eq!(kind_of(&answer), (status, kind.to_owned()), "{body}");
    }
    for nonsense in [with("email", json!(7)), with("admin", json!(true)), json!([]), json!("x")] {
        let answer = program.json("POST", "/api/checkout", &nonsense);
        assert!([400, 422].contains(&answer.status), "{nonsense}: {}", answer.body);
    }
    let several = with("email", json!("")).to_string().replace("Bath", "");
    let several = program.json("POST", "/api/checkout", &serde_json::from_str(&several).unwrap());
    let errors = several.json()["errors"].clone();
    let fields: Vec<_> = errors.as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
    assert_eq!(fields, ["email", "city"], "all at once");
    assert_eq!(orders_and_sessions(&shop), (0, 0));
    shop.set_stock("KILN-1", 0);
    let blocked = program.json("POST", "/api/checkout", &good);
    assert_eq!(kind_of(&blocked), (409, "cart-blocked".into()));
}

// S4.22 S2.128 S2.138: the page keeps what was typed and says what to mend, field by field.
#[test]
fn the_page_says_what_to_mend() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    let nothing = buyer.post("/checkout", &checkout_fields("1", "0"));
    assert_eq!((nothing.status, nothing.location()), (303, "/cart"));
    buyer.add("KILN-1", 1);
    let (version, total) = seen(&buyer.get("/checkout"));
    let mut fields = checkout_fields(&version, &total);
    fields[0].1 = "ada@";
    fields[4].1 = "";
    let page = buyer.post("/checkout", &fields);
    assert_eq!(page.status, 422);
    let summary = page.texts("#errors li a");
    assert_eq!(summary.len(), 2);
    assert_eq!(page.attribute("#errors li a", "href"), "#f-email");
    assert_eq!(page.attribute("#f-email", "aria-invalid"), "true");
    assert_eq!(page.attribute("#f-email", "value"), "ada@");
    assert_eq!(page.attribute("#f-name", "value"), "Ada Lovelace");
    let tied = page.attribute("#f-email", "aria-describedby");
    assert!(tied.contains("f-email-wrong"), "{tied}");
    assert_eq!(page.texts("#f-postcode-wrong"), ["Enter a postcode."]);
    assert_eq!(orders_and_sessions(&shop), (0, 0));
}

// S3.60: whatever the page's fields can hold, the shop takes.
#[test]
fn fields_hold_no_more_than_the_shop_takes() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let page = buyer.get("/checkout");
    let (version, total) = seen(&page);
    let longest = |name: &str| {
        let length = page.attribute(&format!("[name={name}]"), "maxlength");
        "x".repeat(length.parse().unwrap())
    };
    for name in ["name", "line1", "line2", "city", "postcode", "phone", "note"] {
        let long = longest(name);
        let mut fields = checkout_fields(&version, &total);
        fields.retain(|(field, _)| *field != name);
        fields.push((name, &long));
        let answer = buyer.post("/checkout", &fields);
        assert_eq!(answer.status, 303, "{name}: {:?}", answer.texts("#errors li"));
        let path = order_page(&mut buyer, answer.location());
        assert_eq!(buyer.post(&format!("{path}/cancel"), &[]).status, 303);
    }
}

// S2.129 S4.21: a POST that another site began is refused; a GET begins nothing.
#[test]
fn another_site_cannot_begin_a_checkout() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let (version, total) = seen(&buyer.get("/checkout"));
    let form: Vec<String> =
        checkout_fields(&version, &total).iter().map(|(k, v)| format!("{k}={v}")).collect();
    let form = form.join("&").replace(' ', "+");
    let cookie = format!("visitor={}", buyer.cookies["visitor"]);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let headers = [
            ("cookie", cookie.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            (name, value),
        ];
        for path in ["/checkout", "/cart/clear", "/api/checkout"] {
            let answer = shop.browser().send(path, &headers, form.as_bytes());
            assert_eq!(answer.status, 403, "{path} {value}");
        }
    }
    assert_eq!(buyer.get(&format!("/checkout?{form}")).status, 200);
    assert_eq!(orders_and_sessions(&shop), (0, 0));
    assert_eq!(buyer.get("/api/cart").json()["count"], 1);
}

// S2.131 S0.12: pressed twice, in two tabs, at the same moment: one order, one session.
#[test]
fn a_checkout_sent_twice_is_one_order() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 2);
    let (version, total) = seen(&buyer.get("/checkout"));
    let send = || buyer.clone().post("/checkout", &checkout_fields(&version, &total));
    let answers: Vec<Answer> = thread::scope(|scope| {
        let threads: Vec<_> = (0..6).map(|_| scope.spawn(send)).collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    for answer in &answers {
        assert_eq!(answer.location(), answers[0].location());
    }
    assert_eq!(send().location(), answers[0].location(), "a reload as well");
    assert_eq!(orders_and_sessions(&shop), (1, 1));
    assert_eq!(shop.level("KILN-1").held, 2);
    shop.assert_audit();
}

// S2.131: going back to mend the address is not a double press: the order has the new one.
#[test]
fn a_mended_address_is_the_one_that_counts() {
    let shop = TestShop::open();
    let (mut buyer, first) = at_payment(&shop, "KILN-1", 1);
    let (version, total) = seen(&buyer.get("/checkout"));
    let mut fields = checkout_fields(&version, &total);
    fields[0].1 = "ada@home.example";
    fields[2].1 = "2 Low Street";
    let second = buyer.post("/checkout", &fields);
    assert_eq!(second.status, 303, "{}", second.body);
    assert_ne!(second.location(), first);
    assert_eq!(status_of(&shop), "cancelled,pending");
    assert_eq!(shop.level("KILN-1").held, 1);
    let pending = "SELECT email || ', ' || line1 FROM orders WHERE payment_status = 'pending'";
    assert_eq!(shop.text(pending), "ada@home.example, 2 Low Street");
    shop.assert_audit();
}

// S2.54 S4.7: the total the browser sends is only compared, never believed.
#[test]
fn a_changed_total_orders_nothing() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("APRON-S", 1);
    let (version, total) = seen(&buyer.get("/checkout"));
    assert_eq!(total, "3498");
    for forged in ["1", "0", "-3498", "3497"] {
        let answer = buyer.post("/checkout", &checkout_fields(&version, forged));
        assert_eq!(answer.status, 409, "{forged}");
        assert_eq!(answer.texts("[role=alert] .notice-title"), ["The total has changed"]);
    }
    for table in ["orders", "order_item", "hold", "payment", "simulator_session"] {
        assert_eq!(shop.number(&format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    assert_eq!(shop.level("APRON-S").held, 0);
    // The page now carries the right total and goes through.
    let page = buyer.post("/checkout", &checkout_fields(&version, "1"));
    assert!(page.texts("[role=alert]")[0].contains("It was £0.01 and is now £34.98."));
    assert_eq!(seen(&page).1, "3498");
}

// S2.15 S2.16 S2.126: the provider gets our lines, discounts folded in, where they go, and of
// our books only the order's name.
#[test]
fn the_session_is_the_cart() {
    let (shop, fake) = with_fake();
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    buyer.add("APRON-L", 2);
    assert_eq!(buyer.checkout().location(), "https://pay.example/cs_fake_1");
    let request: Value = serde_json::from_str(&shop.text("SELECT request FROM payment")).unwrap();
    assert_eq!(request["amount_minor"], 104_122 + 5998);
    let lines = request["lines"].as_array().unwrap();
    let amounts: Vec<i64> = lines.iter().map(amount_of).collect();
    assert_eq!(amounts, [104_122, 5998]);
    assert_eq!(request["delivery"], json!({ "title": "Standard delivery", "amount_minor": 0 }));
    assert_eq!(request["order"], json!(shop.text("SELECT id FROM orders")));
    assert_eq!(request["email"], "ada@example.com");
    // The address helps the provider to tell honest cards from stolen ones.
    let to = &request["ship_to"];
    assert_eq!((&to["line1"], &to["postcode"]), (&json!("1 High Street"), &json!("BA1 1AA")));
    let text = request.to_string();
    for private in ["KILN-1", "APRON-L"] {
        assert!(!text.contains(private), "{private} is none of the provider's business");
    }
    assert_eq!(fake.sessions()[0].amount_minor, 110_120);
}

fn amount_of(line: &Value) -> i64 {
    let number = |name: &str| line[name].as_i64().unwrap();
    number("unit_minor") * number("quantity")
}

// S2.127: a provider that would charge something else never gets the buyer.
#[test]
fn another_amount_at_the_provider_stops_the_order() {
    let (shop, fake) = with_fake();
    fake.set_overcharge(1);
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let refused = buyer.checkout();
    assert_eq!(refused.status, 502);
    assert_eq!(refused.texts("[role=alert] .notice-title"), ["The payment page could not be made"]);
    assert_eq!(status_of(&shop), "failed");
    assert_eq!(shop.level("KILN-1").held, 0);
    let alert = "SELECT data FROM outbox WHERE template = 'order_attention'";
    assert!(shop.text(alert).contains("99999 GBP"), "{}", shop.text(alert));
    assert_eq!(buyer.get("/api/cart").json()["count"], 1);
}

// S2.132 S4.11: a provider that is down is said so; the order waits and the next press goes on.
#[test]
fn a_silent_provider_is_told_and_tried_again() {
    let (shop, fake) = with_fake();
    fake.set_down(true);
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 1);
    let wanted = submission(&mut buyer);
    let down = buyer.json("POST", "/api/checkout", &wanted);
    assert_eq!(kind_of(&down), (503, "payment-provider-down".into()));
    assert_eq!(down.headers["retry-after"], "5");
    let page = buyer.checkout();
    assert_eq!(page.status, 503);
    assert!(page.texts("[role=alert]")[0].contains("Your order is kept"), "{}", page.body);
    assert_eq!((status_of(&shop).as_str(), shop.level("KILN-1").held), ("pending", 1));
    fake.set_down(false);
    let begun = buyer.json("POST", "/api/checkout", &wanted);
    assert_eq!(begun.status, 201, "{}", begun.body);
    assert_eq!((status_of(&shop).as_str(), fake.sessions_made()), ("pending", 1));
}

// S2.133 S2.134 S2.139 S4.30: the way back finds the order of its session, and believes nothing.
#[test]
fn the_way_back_changes_nothing() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 1);
    let session = payment.rsplit('/').next().unwrap();
    let back = format!("/checkout/success?session_id={session}");
    for _ in 0..2 {
        // Without having paid: the page says that it is being confirmed, and stays so.
        let to = buyer.get(&back);
        assert_eq!(to.status, 303);
        let page = buyer.get(to.location());
        assert_eq!(page.texts("h1"), ["Confirming your payment"]);
        assert_eq!(status_of(&shop), "pending");
    }
    let unknown = "cs_sim_0000000000000000000000000000000000000000";
    let wrong = [
        "".to_owned(),
        "?session_id=".to_owned(),
        format!("?session_id={unknown}"),
        "?session_id=%27%20OR%201=1".to_owned(),
        format!("?session_id={session}&session_id=x"),
        "?session_id=%ff".to_owned(),
    ];
    for query in wrong {
        let answer = shop.browser().get(&format!("/checkout/success{query}"));
        assert!([404, 303, 422].contains(&answer.status), "{query}: {}", answer.status);
        assert!(!answer.body.contains("£"), "{query}");
    }
    buyer.press(&payment, "pay");
    shop.work_off();
    for _ in 0..2 {
        let to = buyer.get(&back).location().to_owned();
        assert_eq!(buyer.get(&to).texts("h1"), ["Thank you, Ada"]);
    }
    assert_eq!(status_of(&shop), "paid");
    let answered = buyer.get(&payment);
    assert_eq!(answered.texts("h1"), ["This payment is complete"]);
}

// S2.130 S2.138: one main button, which names the amount and what it says while it works.
#[test]
fn the_checkout_page_is_one_form() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("APRON-S", 1);
    let page = buyer.get("/checkout");
    assert_eq!(page.texts("main form").len(), 1);
    assert_eq!(page.attribute("main form", "method"), "post");
    assert_eq!(page.attribute("main form", "data-busy"), "Taking you to payment…");
    assert_eq!(page.texts("button[data-pay]"), ["Pay now · £34.98"]);
    assert_eq!(page.texts(".totals dd"), ["£29.99", "£4.99", "£34.98", "£5.83"]);
    assert!(page.texts(".summary .hold")[0].contains("for 15 minutes"));
    assert_eq!(page.texts(".brand"), ["Small Shop"]);
}
