//! A whole shop in German, drawn by templates that may not name anything that is missing.

use std::fs;

use kiosk::base::{Currency, Refusal as _};
use kiosk::{cart, checkout, orders, payments, stock};
use mail_parser::MessageParser;

use crate::house::{Answer, Edited, Setup, TestShop, base_content, checkout_fields, demo_content};

fn in_german(content: &Edited) -> TestShop {
    let settings = vec![("dev", "on".to_owned())];
    let content = Some(content.path().to_path_buf());
    TestShop::with(Setup { content, settings, ..Setup::default() })
}

#[track_caller]
fn check(page: &Answer, what: &str) {
    assert_eq!(page.attribute("html", "lang"), "de-DE", "{what}");
    let text = page.texts("body").join(" ");
    for leftover in [" the ", " your ", "Your ", " and ", " more ", "{", "undefined", "£"] {
        assert!(!text.contains(leftover), "{what}: {leftover:?} in {text}");
    }
}

const TENNER: &str = r#"
title = "10 ab 5000"
trigger = "code"
codes = ["TENNER"]
stage = "order"
when = { subtotal_from = "5000.00" }
effect = { type = "amount_off_order", amount = "10.00" }
"#;

/// The small shop in German, with euros.
fn small() -> Edited {
    let shop = "locale   = \"en-GB\"";
    let content = Edited::of(&base_content()).replace("shop.toml", shop, "locale = \"de-DE\"");
    content
        .replace("shop.toml", "currency = \"GBP\"", "currency = \"EUR\"")
        .write("promotions/tenner.toml", TENNER)
}

// S4.17: every kind of page can be drawn, in words that are all there.
#[test]
fn every_page_of_the_demonstration_is_drawn() {
    let shop = "locale   = \"en-GB\"";
    let content = Edited::of(&demo_content()).replace("shop.toml", shop, "locale = \"de-DE\"");
    let shop = in_german(&content);
    let mut visitor = shop.browser();
    for path in [
        "/",
        "/category/tableware/",
        "/category/tableware/mugs-cups/",
        "/product/everyday-mug/",
        "/bundles/",
        "/bundle/slow-breakfast/",
        "/page/about/",
        "/search?q=mug",
        "/search?q=zzzzqq",
        "/search?in_stock=1&sort=price_asc&price_min=5",
        "/cart",
        "/order",
        "/dev/mail",
    ] {
        let page = visitor.get(path);
        assert_eq!((page.status, page.attribute("html", "lang")), (200, "de-DE".into()), "{path}");
        assert_eq!(page.texts(".skip"), ["Zum Inhalt"], "{path}");
    }
    let mug = visitor.get("/product/everyday-mug/");
    assert!(mug.texts("main").join(" ").contains("Preis inklusive Mehrwertsteuer."));
    assert_eq!(mug.attribute("html", "data-locale"), "de-DE");
    assert_eq!(mug.attribute("html", "data-decimals"), "2");
}

// S3.21 S4.17: a price is typed as the country writes it, and the form keeps it as typed.
#[test]
fn prices_are_typed_with_a_comma() {
    let shop = in_german(&small());
    let mut visitor = shop.browser();
    let page = visitor.get("/search?price_min=79,99+%E2%82%AC&price_max=1.000");
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.attribute("#f-price_min", "value"), "79,99 €");
    let chips = page.texts(".chips").join(" ");
    assert!(chips.contains("Ab 79,99") && chips.contains("Bis 1.000,00"), "{chips}");
    // What cannot be read is said in German, too, on the search page and on a shelf.
    for path in ["/search?price_min=7,9,9", "/category/studio/?price_min=7,9,9"] {
        let refused = visitor.get(path);
        assert_eq!(refused.status, 422);
        check(&refused, path);
        assert_eq!(
            refused.texts("#list [role=alert] .notice-title"),
            ["Ein Filter war nicht lesbar"]
        );
    }
}

// S4.17: pages of goods in a shop whose words are German; its goods are called what they are.
#[test]
fn goods_are_shown_in_german() {
    let shop = in_german(&small());
    let mut visitor = shop.browser();
    for path in ["/", "/product/kiln/", "/bundle/starter/", "/bundles/"] {
        let page = visitor.get(path).texts("body").join(" ");
        assert!(!page.contains("United Kingdom") && !page.contains("Bundles"), "{path}: {page}");
    }
    let kiln = visitor.get("/product/kiln/").texts(".promises").join(" ");
    assert!(kiln.contains("Vereinigtes Königreich"), "{kiln}");
    assert!(visitor.get("/").texts(".head-nav a").contains(&"Sets".to_owned()));
    assert_eq!(visitor.get("/bundles/").texts("h1"), ["Sets"]);
    assert_eq!(visitor.get("/bundle/starter/").texts(".crumbs li")[1], "Sets");
}

// S4.17 S4.22: cart, refusals and checkout, word for word in German.
#[test]
fn a_cart_and_its_refusals_are_german() {
    let shop = in_german(&small());
    let mut visitor = shop.browser();
    check(&visitor.get("/cart"), "empty cart");
    let gone = visitor.get("/no/such/page");
    check(&gone, "404");
    assert_eq!(gone.texts("h1"), ["Diese Seite gibt es hier nicht"]);
    assert_eq!(gone.texts("title"), ["Diese Seite gibt es hier nicht · Small Shop"]);
    let too_many = visitor.add("KILN-1", 900);
    assert_eq!(too_many.texts(".notice-title"), ["Nicht genug da"]);
    let detail = too_many.texts(".notice").join(" ");
    assert!(detail.contains("Von „Table kiln“ sind nur noch 4 da."), "{detail}");
    visitor.add("KILN-1", 2);
    let code = visitor.post("/cart/codes", &[("code", "NOPE")]);
    assert!(code.texts(".notice").join(" ").contains("Den Code „NOPE“ gibt es nicht."));
    visitor.post("/cart/codes", &[("code", "tenner")]);
    let kept = visitor.get("/cart");
    check(&kept, "cart with a code that is not met");
    assert_eq!(
        kept.texts("#code-problem"),
        ["Der Code TENNER gilt noch nicht: Legen Sie noch Artikel für 3.000,02 € dazu."]
    );
    visitor.post("/cart/codes", &[("remove", "TENNER")]);
    shop.set_stock("KILN-1", 1);
    let short = visitor.get("/cart");
    check(&short, "cart with too much");
    assert!(short.texts(".line .wrong")[0].starts_with("Nur noch 1 da."));
    let blocked = visitor.checkout();
    assert_eq!(blocked.status, 303, "the cart says what stands in the way");
    let sent = visitor.post("/checkout", &checkout_fields("4", "1"));
    check(&sent, "blocked checkout");
    assert!(sent.texts("[role=alert]")[0].contains("Von „Table kiln“ sind nur noch 1 da."));
    shop.set_stock("KILN-1", 5);
    let page = visitor.get("/checkout");
    check(&page, "checkout");
    let total = page.attribute("[name=quote_total]", "value");
    let version = page.attribute("[name=cart_version]", "value");
    assert_eq!(page.texts("[data-pay]"), ["Zahlungspflichtig bestellen · 1.999,98 €"]);
    assert_eq!(page.texts("#f-country option"), ["Vereinigtes Königreich"]);
    let mut fields = checkout_fields(&version, &total);
    let long = "x".repeat(121);
    (fields[0].1, fields[1].1, fields[3].1) = ("ada@", "", &long);
    let wrong = visitor.post("/checkout", &fields);
    check(&wrong, "checkout with mistakes");
    assert_eq!(
        wrong.texts("#errors li"),
        [
            "Geben Sie eine E-Mail-Adresse ein, etwa ada@example.com.",
            "Geben Sie Vor- und Nachnamen ein.",
            "Höchstens 120 Zeichen, bitte.",
        ]
    );
    let program = visitor.json("POST", "/api/cart/lines", &serde_json::json!({ "sku": "NO" }));
    assert_eq!(program.json()["title"], "Not sold", "programs are told in English");
}

// S4.17 S1.29: payment, order and letters.
#[test]
fn an_order_is_paid_sent_and_read_in_german() {
    let shop = in_german(&small());
    let mut buyer = shop.browser();
    buyer.add("KILN-1", 2);
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    let to_payment = buyer.checkout();
    let payment = to_payment.location().to_owned();
    check(&buyer.get(&payment), "payment");
    check(&buyer.post(&payment, &[("action", "3ds")]), "bank");
    check(&buyer.post(&payment, &[("action", "decline")]), "declined");
    let left = buyer.press(&payment, "cancel");
    check(&left, "left the payment");
    check(&buyer.press(&payment, "pay"), "confirming");
    check(&buyer.get(&payment), "closed payment");
    shop.work_off();
    let link = "SELECT json_extract(data, '$.order_url') FROM outbox
                WHERE template = 'order_confirmation'";
    let link = shop.text(link);
    let order = buyer.get(&link[link.find("/order/").unwrap()..]);
    check(&order, "paid order");
    assert_eq!(order.texts("h1"), ["Vielen Dank, Ada"]);
    assert!(order.texts("address")[0].ends_with("Vereinigtes Königreich"));
    let letters = order.attribute("[href^='/letters/']", "href");
    let saved = buyer.post(&letters, &[]).location().to_owned();
    let choices = buyer.get(&saved);
    check(&choices, "which letters come");
    assert_eq!(choices.texts("h1"), ["E-Mails von uns"]);
    assert_eq!(choices.texts("[role=status]")[0], "Ihre Wahl ist gespeichert.");
    assert!(order.texts(".steps")[0].contains("24. November 2026, 10:00 Uhr"));
    let folder = shop.kit.settings.data_dir.join("mail");
    let mut confirmations = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        let letter = MessageParser::default().parse(&bytes).unwrap();
        let html = letter.body_html(0).unwrap().into_owned();
        check(&Answer { status: 200, headers: Default::default(), body: html }, "letter");
        if letter.subject().unwrap().starts_with("Ihre Bestellung") {
            confirmations += 1;
            let text = letter.body_text(0).unwrap().into_owned();
            assert!(text.contains("Guten Tag Ada,"), "{text}");
            assert!(text.contains("2 × Table kiln: 1.999,98\u{a0}€"), "{text}");
        }
    }
    assert_eq!(confirmations, 1);
}

/// Every way the rooms say no to a shopper.
fn refusals() -> Vec<kiosk::base::Problem> {
    let title = || "Vase".to_owned();
    let code = |reason| cart::Refusal::Code { code: "TEN".to_owned(), reason };
    let sku = kiosk::base::ids::Sku::parse("VASE-1").unwrap();
    let not_enough = |free| stock::Refusal::NotEnough { sku: sku.clone(), wanted: 9, free };
    let not_now = orders::Refusal::NotNow {
        tried: "cancel",
        number: "HF-1001".to_owned(),
        status: "paid".to_owned(),
    };
    let changed =
        checkout::Refusal::TotalChanged { was_minor: 1, now_minor: 2, currency: Currency::GBP };
    vec![
        cart::Refusal::NotSold.problem(),
        cart::Refusal::Quantity { max: 999 }.problem(),
        cart::Refusal::PerOrder { title: title(), max: 5 }.problem(),
        cart::Refusal::NotEnough { title: title(), available: 0 }.problem(),
        cart::Refusal::NotEnough { title: title(), available: 1 }.problem(),
        cart::Refusal::NotEnough { title: title(), available: 2 }.problem(),
        cart::Refusal::TooManyLines { max: 100 }.problem(),
        cart::Refusal::NoCart.problem(),
        cart::Refusal::NoSuchLine.problem(),
        code("form").problem(),
        code("kept").problem(),
        code("unknown").problem(),
        code("not_running").problem(),
        code("used_up").problem(),
        cart::Refusal::Destination.problem(),
        not_enough(0).problem(),
        not_enough(3).problem(),
        orders::Refusal::Unknown.problem(),
        orders::Refusal::NotFound.problem(),
        not_now.problem(),
        orders::Refusal::UsedUp { title: title() }.problem(),
        checkout::Refusal::EmptyCart.problem(),
        checkout::Refusal::CartChanged.problem(),
        changed.problem(),
        checkout::Refusal::Stale.problem(),
        payments::Refusal::ProviderDown.problem(),
        payments::Refusal::ProviderSaysNo { why: "no".to_owned() }.problem(),
        payments::Refusal::AmountDiffers.problem(),
        payments::Refusal::Paid.problem(),
        payments::Refusal::NotOpen.problem(),
    ]
}

// S4.22: whatever is refused is told in the shop's language, whole.
#[test]
fn every_refusal_is_told_in_german() {
    let shop = in_german(&small());
    let mut details = std::collections::BTreeSet::new();
    for problem in refusals() {
        let told = shop.kit.render.told(&problem);
        let hint = told.hint.unwrap_or_default();
        for (german, english) in [
            (&told.title, problem.title),
            (&told.detail, &problem.detail),
            (&hint, problem.hint.as_deref().unwrap_or("-")),
        ] {
            assert!(german != english && !german.contains('{'), "{}: {german}", problem.slug);
        }
        assert_eq!(hint.is_empty(), problem.hint.is_none(), "{}", problem.slug);
        details.insert(told.detail);
    }
    assert!(details.contains("Sie war 0,01\u{a0}€ und ist jetzt 0,02\u{a0}€."), "{details:?}");
    assert!(details.contains("Den Code „TEN“ gibt es nicht."));
}
