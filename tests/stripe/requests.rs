//! What Stripe is asked for, to the letter, and that its total is ours.

use std::sync::Arc;

use kiosk::base::Currency;
use kiosk::payments::stripe::Stripe;
use kiosk::payments::{DeliveryCharge, Provider, SessionRequest, Trouble};
use kiosk::pricing::ProviderLine;

use crate::Double;
use crate::desk::{Desk, form_for};
use crate::fake_stripe::Fault;
use crate::house::{Edited, Setup, TestShop, base_content, demo_content};

/// The form of the last session that was made, one parameter a line.
fn last_form(desk: &Desk) -> String {
    let inside = desk.provider.server.inside();
    let form = inside.last_form.as_ref().unwrap();
    let lines = form.0.iter().map(|(name, value)| format!("{name} = {value}\n"));
    lines.collect()
}

// S2.15, S2.16, S2.17, S2.126, S4.7: the whole request, and nothing else: what could change the
// total is said, and of the buyer only what the payment needs.
#[test]
fn a_session_is_asked_for_to_the_letter() {
    let desk = Desk::open();
    desk.session_for("KILN-1", 2);
    let order = desk.shop.text("SELECT id FROM orders");
    let number = desk.shop.text("SELECT number FROM orders");
    let form = last_form(&desk);
    let cancel = form.lines().find(|line| line.starts_with("cancel_url")).unwrap().to_owned();
    assert!(cancel.contains("/order/") && cancel.ends_with("?from=cancel"), "{cancel}");
    let form = form
        .replace(&cancel, "cancel_url = CANCEL")
        .replace(&order, "ORDER")
        .replace(&number, "NUMBER")
        .replace(&desk.shop.base, "SHOP");
    let delivery = "shipping_options[0][shipping_rate_data]";
    let to = "payment_intent_data[shipping]";
    let wanted = [
        "adaptive_pricing[enabled] = false".to_owned(),
        "automatic_tax[enabled] = false".to_owned(),
        "cancel_url = CANCEL".to_owned(),
        "client_reference_id = ORDER".to_owned(),
        "custom_text[submit][message] = Your items are kept until 24 November 2026, 10:15."
            .to_owned(),
        "customer_email = ada@example.com".to_owned(),
        format!("expires_at = {}", (desk.shop.clock.now().unix_s() + (15 + 31) * 60)),
        "line_items[0][price_data][currency] = gbp".to_owned(),
        "line_items[0][price_data][product_data][name] = Table kiln".to_owned(),
        "line_items[0][price_data][unit_amount] = 99999".to_owned(),
        "line_items[0][quantity] = 2".to_owned(),
        "locale = en-GB".to_owned(),
        "metadata[order] = ORDER".to_owned(),
        "mode = payment".to_owned(),
        "payment_intent_data[description] = Small Shop NUMBER".to_owned(),
        "payment_intent_data[metadata][order] = ORDER".to_owned(),
        format!("{to}[address][city] = Bath"),
        format!("{to}[address][country] = GB"),
        format!("{to}[address][line1] = 1 High Street"),
        format!("{to}[address][postal_code] = BA1 1AA"),
        format!("{to}[name] = Ada Lovelace"),
        format!("{delivery}[display_name] = Standard delivery"),
        format!("{delivery}[fixed_amount][amount] = 0"),
        format!("{delivery}[fixed_amount][currency] = gbp"),
        format!("{delivery}[type] = fixed_amount"),
        "submit_type = pay".to_owned(),
        "success_url = SHOP/checkout/success?session_id={CHECKOUT_SESSION_ID}".to_owned(),
    ];
    let form: Vec<&str> = form.lines().collect();
    assert_eq!(form, wanted);
}

// S2.126, S2.127: stacked discounts, bundles and delivery abroad: Stripe's own sum is ours.
#[test]
fn stripes_sum_is_ours_with_discounts_and_delivery() {
    let provider = Arc::new(Double::new(1));
    let settings = provider.settings();
    let content = Some(demo_content());
    let shop = TestShop::with(Setup { content, settings, ..Setup::default() });
    provider.meet(&shop);
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "slow-breakfast"), ("qty", "3")]);
    buyer.add("HF-LT-010-SAG", 3);
    buyer.post("/cart/codes", &[("code", "linen10")]);
    let answer = buyer.checkout();
    assert_eq!(answer.status, 303, "{}", answer.body);
    let last = provider.last();
    let made = provider.server.inside().books.sessions[&last].clone();
    assert_eq!(made["amount_total"], shop.number("SELECT total_minor FROM orders"));
    assert!(shop.number("SELECT count(*) FROM order_adjustment") > 0, "there are discounts");
    shop.assert_audit();
}

// S3.49, S2.127: a percentage of dinars is charged, and goes back, in the steps Stripe takes.
#[test]
fn discounts_in_a_currency_of_three_decimals_can_be_paid() {
    let content = Edited::of(&base_content()).replace("shop.toml", "\"GBP\"", "\"KWD\"").replace(
        "shop.toml",
        "[contact]",
        "prices_include_tax = false\n[contact]",
    );
    let desk = Desk::selling(content.path().to_owned());
    let mut buyer = desk.shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter"), ("qty", "1")]);
    let answer = buyer.checkout();
    assert_eq!(answer.status, 303, "{}", answer.body);
    // 999.990 + 29.990 + 2 × 79.990 less 12.5 % is 1041.215 exactly: halves go up.
    let total = desk.shop.number("SELECT total_minor FROM orders");
    let tax = desk.shop.number("SELECT tax_minor FROM orders");
    assert_eq!((total - tax, tax % 10), (1_041_220, 0));
    assert!(tax > 0, "tax is added");
    let session = desk.provider.last();
    let made = desk.provider.server.inside().books.sessions[&session].clone();
    assert_eq!(made["amount_total"], total);
    desk.shop.assert_audit();
}

fn request(currency: &str, unit_minor: i64, delivery_minor: i64) -> SessionRequest {
    let now = crate::house::START;
    SessionRequest {
        order: "o1".to_owned(),
        number: "1001".to_owned(),
        merchant: "Shop".to_owned(),
        email: "ada@example.com".to_owned(),
        currency: Currency::parse(currency).unwrap(),
        amount_minor: unit_minor * 2 + delivery_minor,
        lines: vec![ProviderLine { name: "Mug".to_owned(), unit_minor, quantity: 2 }],
        delivery: Some(DeliveryCharge { title: "Post".to_owned(), amount_minor: delivery_minor }),
        success_url: "https://shop.example/?id={CHECKOUT_SESSION_ID}".to_owned(),
        cancel_url: "https://shop.example/".to_owned(),
        expires_at: now.plus_s(3600),
        hold_until: now.plus_s(900),
        note: String::new(),
        locale: "cy".to_owned(),
        ship_to: None,
    }
}

// S2.127: currencies without decimals, with three, and those Stripe counts its own way.
#[test]
fn every_currency_comes_back_as_it_went() {
    let desk = Desk::open();
    let stripe = Stripe::new(&desk.shop.kit).unwrap();
    for (code, unit, delivery, theirs) in [
        ("GBP", 1999, 395, 4393),
        ("JPY", 500, 100, 1100),
        ("KWD", 5120, 1000, 11_240),
        ("ISK", 500, 90, 109_000),
        ("UGX", 9000, 0, 1_800_000),
        ("MGA", 120_000, 30_000, 2700),
    ] {
        let request = request(code, unit, delivery);
        let key = format!("key-{code}");
        let session = desk.shop.block_on(stripe.create(&request, &key, 0)).unwrap();
        assert_eq!(session.amount_minor, request.amount_minor, "{code}");
        assert_eq!(session.currency.code(), code);
        let inside = desk.provider.server.inside();
        assert_eq!(inside.books.sessions[&session.id]["amount_total"], theirs, "{code}");
    }
    // What has no exact twin is refused before anything is sent.
    let calls = desk.provider.calls("create").len();
    let refused = desk.shop.block_on(stripe.create(&request("KWD", 5123, 0), "k", 0));
    assert!(matches!(refused, Err(Trouble::Refused(why)) if why.contains("KWD")));
    assert_eq!(desk.provider.calls("create").len(), calls);
}

// S2.127: what Stripe cannot say alone is said together: the sum is right to the last digit.
#[test]
fn amounts_without_a_twin_are_said_together() {
    let desk = Desk::open();
    let stripe = Stripe::new(&desk.shop.kit).unwrap();
    let line = |name: &str, unit_minor, quantity| ProviderLine {
        name: name.to_owned(),
        unit_minor,
        quantity,
    };
    let (mug, bowl, cup) = (line("Mug", 1125, 2), line("Bowl", 1003, 1), line("Cup", 1007, 1));
    for (lines, delivery, said) in [
        (vec![mug.clone()], 1000, "2 × Mug 1 2250 + 1000"),
        (vec![mug, bowl.clone(), cup], 1000, "1001 1 4260 + 1000"),
        (vec![bowl], 1007, "1001 1 2010"),
    ] {
        let goods: i64 = lines.iter().map(|l| l.unit_minor * i64::from(l.quantity)).sum();
        let asked =
            SessionRequest { amount_minor: goods + delivery, lines, ..request("KWD", 0, delivery) };
        let made = desk.shop.block_on(stripe.create(&asked, &format!("key-{goods}"), 0)).unwrap();
        assert_eq!(made.amount_minor, asked.amount_minor, "{said}");
        let inside = desk.provider.server.inside();
        let (_, form) = inside.kept[&format!("key-{goods}")].asked.clone();
        let value = |name: &str| form.0.get(name).cloned().unwrap_or_default();
        let price = "line_items[0][price_data]";
        let mut heard = format!(
            "{} {} {}",
            value(&format!("{price}[product_data][name]")),
            value("line_items[0][quantity]"),
            value(&format!("{price}[unit_amount]"))
        );
        let rate = value("shipping_options[0][shipping_rate_data][fixed_amount][amount]");
        if !rate.is_empty() {
            heard = format!("{heard} + {rate}");
        }
        assert_eq!(heard, said);
    }
}

// S0.12: an attempt asked for at the very end of its hold is still one that Stripe takes.
#[test]
fn a_late_first_call_is_not_refused() {
    let desk = Desk::open();
    desk.provider.set_down(true);
    let (mut buyer, _) = desk.order("KILN-1", 1);
    desk.shop.advance_s(14 * 60);
    desk.provider.set_down(false);
    assert_eq!(buyer.checkout().status, 303);
    let last = desk.provider.last();
    let session = desk.provider.server.inside().books.sessions[&last].clone();
    let left = session["expires_at"].as_i64().unwrap() - desk.shop.clock.now().unix_s();
    assert!((30 * 60..86_400).contains(&left));
}

// S0.11, S2.128: too small a total is refused before anything is made, with what is missing.
#[test]
fn an_amount_stripe_does_not_take_is_said_before_the_order() {
    let content = Edited::of(&base_content())
        .replace("products/glaze-set.toml", "79.99", "0.10")
        .replace("shipping.toml", "4.99", "0.00");
    let desk = Desk::selling(content.path().to_path_buf());
    let (_, answer) = desk.order("GLAZE-6", 1);
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("£0.30") && answer.body.contains("£0.20"), "{}", answer.body);
    assert_eq!(desk.shop.number("SELECT count(*) FROM orders"), 0);
    assert!(desk.provider.calls("create").is_empty());
    let (_, answer) = desk.order("GLAZE-6", 3);
    assert_eq!(answer.status, 303, "{}", answer.body);
}

// S2.121: an address that Stripe does not take is told beside its field; nothing stays of the
// order but its number, and with another address the same cart is ordered.
#[test]
fn an_address_that_stripe_refuses_is_told_at_its_field() {
    let desk = Desk::open();
    for wants_json in [false, true] {
        let why = "Invalid email address: ada@example.com";
        desk.provider.fail_next("create", Fault::Refused(why));
        let (mut buyer, refused) = if wants_json {
            let mut buyer = desk.shop.browser();
            buyer.add("KILN-1", 1);
            let cart = buyer.get("/api/cart").json();
            let refused = buyer.json("POST", "/api/checkout", &form_for(&cart));
            (buyer, refused)
        } else {
            desk.order("KILN-1", 1)
        };
        assert_eq!(refused.status, 422, "{}", refused.body);
        if wants_json {
            assert_eq!(refused.json()["errors"][0]["field"], "email", "{}", refused.body);
        } else {
            assert!(!refused.texts("#f-email-wrong").is_empty(), "{}", refused.body);
        }
        let states =
            "SELECT group_concat(payment_status) FROM orders WHERE payment_status <> 'pending'";
        assert!(desk.shop.text(states).starts_with("failed"));
        let held = desk.units("KILN-1").1;
        assert_eq!(buyer.checkout().status, 303);
        assert_eq!(desk.units("KILN-1").1, held + 1);
    }
    desk.shop.assert_audit();
}
