//! Letters as they leave the house: read back with a mail parser.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;

use mail_parser::{Message, MessageParser, MimeHeaders};

use super::house::{
    Answer, Edited, PostOffice, START, Setup, TestShop, base_content, checkout_fields,
    demo_content, repository,
};
use super::{at_payment, deliver, order_page_of, seen, ship, status_of};

/// Every letter to a buyer written so far, by subject.
fn letters(shop: &TestShop) -> Vec<Message<'static>> {
    let folder = shop.kit.settings.data_dir.join("mail");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read =
        |path| MessageParser::default().parse(&fs::read(path).unwrap()).unwrap().into_owned();
    let mut all: Vec<Message> = files.map(read).collect();
    all.retain(|letter| letter.to().unwrap().contains("ada@example.com"));
    all.sort_by_key(|letter| letter.subject().map(str::to_owned));
    all
}

fn text_of(letter: &Message) -> String {
    letter.body_text(0).unwrap().into_owned()
}

fn html_of(letter: &Message) -> Answer {
    let body = letter.body_html(0).unwrap().into_owned();
    Answer { status: 200, headers: Default::default(), body }
}

fn pay(shop: &TestShop, sku: &str, qty: u32) {
    let (mut buyer, payment) = at_payment(shop, sku, qty);
    buyer.press(&payment, "pay");
    shop.work_off();
}

// S0.15 S1.12 S1.29 S1.30 S1.31 S1.32 S2.23 S2.24: what was bought, for how much, where, when.
#[test]
fn a_confirmation_tells_what_when_and_where() {
    let shop = TestShop::demo();
    let (mut buyer, payment) = at_payment(&shop, "HF-TW-001-OAT", 2);
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 0, "no letter before the money");
    buyer.press(&payment, "pay");
    shop.work_off();
    let written = "SELECT o.created_at - p.paid_at FROM outbox o, orders p";
    assert_eq!(shop.number(written), 0, "in the transaction of paid");
    let all = letters(&shop);
    let [letter] = all.as_slice() else { panic!("{} letters", all.len()) };
    let number = shop.text("SELECT number FROM orders");
    assert_eq!(letter.subject(), Some(&*format!("Your order {number} at Hearth & Field")));
    let from = letter.from().unwrap().first().unwrap();
    assert_eq!(from.name(), Some("Hearth & Field"));
    assert_eq!(from.address(), Some("orders@hearthandfield.example"));
    assert_eq!(letter.to().unwrap().first().unwrap().address(), Some("ada@example.com"));
    let text = text_of(letter);
    let link = format!("{}{}", shop.base, order_page_of(&shop));
    for words in [
        "Hello Ada,",
        "2 × Everyday mug (Oat): £32.00",
        "Standard delivery: £4.99",
        "Total: £36.99",
        "Expected: Thu 26 November 2026",
        "Ada Lovelace\n1 High Street\nBath BA1 1AA\nUnited Kingdom",
        link.as_str(),
        "hello@hearthandfield.example",
    ] {
        assert!(text.replace("\r\n", "\n").contains(words), "{words} is not in\n{text}");
    }
    assert_eq!(shop.browser().get(&link).texts("h1"), ["Thank you, Ada"], "works for guests");
}

// S0.19 S2.23: two forms of the same letter, with the same links and the same amounts.
#[test]
fn both_forms_of_a_letter_say_the_same() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    let payment = buyer.checkout().location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    ship(&shop).unwrap();
    deliver(&shop).unwrap();
    shop.work_off();
    let all = letters(&shop);
    assert_eq!(all.len(), 3);
    for letter in &all {
        let kind = letter.content_type().unwrap();
        assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
        let parts: Vec<_> = letter.parts[1..]
            .iter()
            .map(|p| p.content_type().unwrap().subtype().unwrap())
            .collect();
        assert_eq!(parts, ["plain", "html"], "the plain one first");
        let (text, html) = (text_of(letter), html_of(letter));
        let words = html.texts("body").join(" ");
        let amounts = |text: &str| -> BTreeSet<String> {
            let number = |c: char| c.is_ascii_digit() || ".,".contains(c);
            let after = text.split('£').skip(1);
            after.map(|rest| rest.chars().take_while(|c| number(*c)).collect()).collect()
        };
        assert_eq!(amounts(&text), amounts(&words));
        let track = html.attribute("a.go", "href");
        assert!(track.starts_with(&format!("{}/order/", shop.base)), "{track}");
        assert!(text.contains(&track), "{text}");
        assert!(!text.contains('<') && !text.contains("{{"), "{text}");
    }
    let text = text_of(&all[2]);
    for part in ["1 × Table kiln", "1 × Apron (Small)", "2 × Six glazes", "£1,041.22"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

// S0.15: shipped and delivered are told once each, with carrier and number.
#[test]
fn shipping_and_delivery_are_told_once() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    ship(&shop).unwrap();
    let _ = ship(&shop);
    shop.work_off();
    let subjects = |shop: &TestShop| -> Vec<String> {
        letters(shop).iter().map(|l| l.subject().unwrap_or_default().to_owned()).collect()
    };
    let number = shop.text("SELECT number FROM orders");
    let on_its_way = format!("On its way: your order {number}");
    assert_eq!(subjects(&shop), [on_its_way.clone(), format!("Your order {number} at Small Shop")]);
    let shipped = &letters(&shop)[0];
    assert!(text_of(shipped).contains("Carrier: Royal Mail"), "{}", text_of(shipped));
    assert!(text_of(shipped).contains("Tracking number: RM123"));
    assert!(html_of(shipped).texts("body")[0].contains("RM123"));
    deliver(&shop).unwrap();
    let _ = deliver(&shop);
    shop.work_off();
    assert_eq!(subjects(&shop)[0], format!("Delivered: your order {number}"));
    assert_eq!(subjects(&shop).len(), 3);
}

// S1.29 S1.30: what was ordered is told, whatever the shop sells by the time it is sent.
#[test]
fn a_letter_is_made_from_the_order() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "APRON-S", 1);
    buyer.press(&payment, "pay");
    shop.publish(
        &Edited::of(&base_content())
            .replace("products/apron.toml", "\"Apron\"", "\"Smock\"")
            .replace("products/apron.toml", "29.99", "99.99"),
    );
    shop.work_off();
    let text = text_of(&letters(&shop)[0]);
    assert!(text.contains("1 × Apron (Small): £29.99"), "{text}");
    assert!(!text.contains("Smock"), "{text}");
}

// S0.19: what a buyer types is words in a letter, never markup and never a header.
#[test]
fn a_name_cannot_change_the_letter() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let (version, total) = seen(&buyer.get("/checkout"));
    let mut fields = checkout_fields(&version, &total);
    fields[1].1 = "<b>Ada</b>{{7*7}} Lovelace";
    let payment = buyer.post("/checkout", &fields).location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    let letter = &letters(&shop)[0];
    assert!(html_of(letter).texts("h1")[0].contains("<b>Ada</b>{{7*7}}"));
    assert!(html_of(letter).texts("b").is_empty());
    for injected in ["a@b.example\r\nBcc: eve@evil.example", "a@b.example\nBcc: e@e.example"] {
        let mut fields = checkout_fields(&version, &total);
        fields[0].1 = injected;
        buyer.add("GLAZE-6", 1);
        assert_eq!(buyer.post("/checkout", &fields).status, 422);
    }
}

// S0.16: a mail server that is down delays the letter, never the order.
#[test]
fn a_silent_mail_server_delays_nothing_but_the_letter() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let smtp = ("smtp_url", format!("smtp://{closed}"));
    let folder = tempfile::TempDir::new().unwrap();
    let data = Some(folder.path().join("data"));
    let settings = vec![smtp];
    // The pool of connections to a mail server wants a runtime where it is made and dropped.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let shop = TestShop::with(Setup { settings, data: data.clone(), ..Setup::default() });
    pay(&shop, "GLAZE-6", 1);
    assert_eq!(status_of(&shop), "paid");
    assert_eq!(shop.text("SELECT state FROM outbox"), "waiting");
    assert_eq!(shop.number("SELECT attempts FROM outbox"), 1);
    assert!(shop.number("SELECT next_at FROM outbox") > START.0);
    assert!(!shop.text("SELECT answer FROM outbox").is_empty(), "the reason is kept");
    // Mail works again after a restart, and the letter goes out.
    drop(shop);
    let mended = TestShop::with(Setup { data, ..Setup::default() });
    mended.advance_s(3600);
    mended.work_off();
    assert_eq!(mended.text("SELECT state FROM outbox"), "sent");
    assert_eq!(letters(&mended).len(), 1);
}

// S2.143: a merchant whose provider already writes can switch the confirmation off.
#[test]
fn the_confirmation_has_a_switch() {
    let base = Edited::of(&base_content());
    let before = fs::read_to_string(base.path().join("shop.toml")).unwrap();
    let off = format!("{before}\n[email]\nsend_order_confirmation = false\n");
    let shop = TestShop::on(&base.write("shop.toml", &off));
    pay(&shop, "GLAZE-6", 1);
    assert_eq!(status_of(&shop), "paid");
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 0);
    ship(&shop).unwrap();
    shop.work_off();
    assert_eq!(letters(&shop).len(), 1, "the switch is for the confirmation only");
}

// S0.18 S1.34: one frame for all letters, in the shop's name, that fits a narrow screen.
#[test]
fn every_letter_has_the_same_frame() {
    let mut folders = 0;
    for entry in fs::read_dir(repository("site/mail")).unwrap() {
        let folder = entry.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        folders += 1;
        let body = fs::read_to_string(folder.join("body.html")).unwrap();
        assert!(body.contains("{% extends \"mail/base.html\" %}"), "{}", folder.display());
        assert!(folder.join("body.txt").exists() && folder.join("subject.txt").exists());
    }
    assert!(folders >= 4);
    let content = Some(demo_content());
    let shop = TestShop::with(Setup { content, ..Setup::default() });
    pay(&shop, "HF-TW-001-OAT", 1);
    let letter = html_of(&letters(&shop)[0]);
    assert_eq!(letter.texts("a.name"), ["Hearth & Field"]);
    assert!(letter.texts("td.foot").join(" ").contains("The Old Dairy"));
    assert_eq!(
        letter.attribute("meta[name=viewport]", "content"),
        "width=device-width, initial-scale=1"
    );
    assert!(letter.body.contains("max-width: 600px") || letter.body.contains("max-width:600px"));
    assert!(letter.texts("script, link").is_empty(), "nothing runs, no style is fetched");
}

// S0.16: the same letter has the same name, so that a repeat is recognised as one.
#[test]
fn a_letter_is_named_by_its_cause() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let id = letters(&shop)[0].message_id().unwrap().to_owned();
    assert!(id.ends_with("@shop.example"), "{id}");
    let key = shop.text("SELECT dedup_key FROM outbox");
    assert!(key.ends_with(":order_confirmation"), "{key}");
}

// S1.36 S0.16: any mail server takes our letters, and its answer is kept.
#[test]
fn a_letter_goes_out_by_smtp() {
    let office = PostOffice::open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let shop =
        TestShop::with(Setup { settings: vec![("smtp_url", office.url())], ..Setup::default() });
    pay(&shop, "GLAZE-6", 1);
    let letter = office.letters().remove(0);
    let letter = MessageParser::default().parse(&letter).unwrap();
    assert!(text_of(&letter).contains("1 × Six glazes: £79.99"), "{}", text_of(&letter));
    assert_eq!(shop.text("SELECT state FROM outbox"), "sent");
    assert_eq!(shop.text("SELECT answer FROM outbox"), "250 2.0.0 taken as 4711");
}
