//! The desk's pages about messages: what left, what waits, what letters look like, who was told.

use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::identity::{self, Role};

use super::house::{Answer, Browser, Neighbour, PostOffice, Setup, TestShop, checkout_fields};
use super::{at_payment, kinds, pay, ship};

const PASSWORD: &str = "lantern quay biscuit";

/// Somebody of the shop, signed in.
fn staff(shop: &TestShop, role: Role) -> Browser {
    let email = format!("{}@desk.example", role.word());
    let (kit, now, address) = (shop.kit.clone(), shop.kit.now(), email.clone());
    let random = kit.random.clone();
    let added = kit.db.write_blocking(move |tx| {
        let by = ("test", "");
        let added = identity::add_staff(tx, (&address, "Ada Staff", role), by, &random, now)?;
        Ok::<_, Failure<identity::Refusal>>(added.1)
    });
    identity::choose_password(&shop.kit, &email, &added.unwrap(), PASSWORD).unwrap();
    let mut browser = shop.browser();
    let fields = [("email", email.as_str()), ("password", PASSWORD)];
    let signed_in = browser.post("/admin/sign-in", &fields);
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    browser
}

fn outbox_id(shop: &TestShop) -> i64 {
    shop.number("SELECT max(id) FROM outbox")
}

// What left is listed and narrowed by the address; a letter's page says what the server said.
#[test]
fn what_left_is_listed_and_shown() {
    let office = PostOffice::open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _inside = runtime.enter();
    let shop =
        TestShop::with(Setup { settings: vec![("smtp_url", office.url())], ..Setup::default() });
    let mut desk = staff(&shop, Role::Orders);
    assert!(desk.get("/admin/messages").body.contains("Every letter has left."));
    pay(&shop, "GLAZE-6", 1);
    ship(&shop);
    let all = desk.get("/admin/messages");
    assert_eq!(all.texts("tbody tr").len(), 2);
    assert!(all.body.contains("1 waiting"), "{}", all.body);
    let number = shop.text("SELECT number FROM orders");
    for (query, lines) in [
        ("state=sent", 1),
        ("state=waiting", 1),
        ("state=dead", 0),
        ("kind=order_shipped", 1),
        ("to=ADA%40example.com&kind=order_confirmation", 1),
        ("to=eve%40example.com", 0),
        (format!("order={number}").as_str(), 2),
        ("order=NONE-1", 0),
        ("state=nonsense", 2),
    ] {
        let page = desk.get(&format!("/admin/messages?{query}"));
        assert_eq!((page.status, page.texts("tbody tr").len()), (200, lines), "{query}");
    }
    let first = shop.number("SELECT min(id) FROM outbox");
    let page = desk.get(&format!("/admin/messages/{first}"));
    assert_eq!(page.status, 200);
    let facts = page.texts("dl.facts dd").join("|");
    assert!(facts.contains("250 2.0.0 taken as 4711"), "{facts}");
    assert!(facts.contains("ada@example.com") && facts.contains(&number), "{facts}");
    assert!(page.texts("pre")[0].contains("1 × Six glazes: £79.99"));
    assert!(page.headers["content-security-policy"].as_str().contains("frame-src 'self'"));
    assert_eq!(desk.get("/admin/messages/4711").status, 404);
    assert_eq!(desk.get("/admin/messages/nonsense").status, 404);
    // The one that waits can be tried at once.
    let second = outbox_id(&shop);
    let tried = desk.post(&format!("/admin/messages/{second}"), &[("action", "now")]);
    assert_eq!((tried.status, tried.location().ends_with("?done=now")), (303, true));
}

// S1.35: sent again by hand, with a reason, into the log of changes; refusals stand on the page.
#[test]
fn a_letter_is_sent_again_at_the_desk() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let mut desk = staff(&shop, Role::Orders);
    let path = format!("/admin/messages/{}", outbox_id(&shop));
    let again = |desk: &mut Browser, reason: &str, to: &str| {
        desk.post(&path, &[("action", "resend"), ("reason", reason), ("to", to)])
    };
    let refused = again(&mut desk, " ", "ada@example.com");
    assert_eq!(refused.status, 422);
    assert_eq!(refused.texts("[role=alert] .notice-title"), ["Say why"]);
    let refused = again(&mut desk, "lost", "a@b.example\r\nBcc: eve@evil.example");
    assert_eq!(refused.status, 422, "an address is one address");
    let sent = again(&mut desk, "the buyer lost it", "ada@other.example");
    assert_eq!(sent.status, 303);
    let page = desk.get(sent.location());
    assert!(page.body.contains("“the buyer lost it”"), "{}", page.body);
    let refused = again(&mut desk, "twice", "ada@example.com");
    assert_eq!(refused.status, 409);
    assert!(desk.get(&path).texts("section").join(" ").contains("Sent again"));
    let row = "SELECT action || ' ' || actor || ' ' || after FROM audit
               WHERE action = 'letter.resend'";
    let line = shop.text(row);
    assert!(line.contains("staff:orders@desk.example"), "{line}");
    assert!(line.contains("the buyer lost it"), "{line}");
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 2);
}

// S2.75: who edits the catalog sees no letter; who is not signed in sees nothing.
#[test]
fn letters_are_for_those_who_may_see_them() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour);
    pay(&shop, "GLAZE-6", 1);
    let (mut catalog, mut stranger) = (staff(&shop, Role::Catalog), shop.browser());
    let letter = outbox_id(&shop);
    for path in [
        "/admin/messages".to_owned(),
        format!("/admin/messages/{letter}"),
        format!("/admin/messages/{letter}/html"),
        "/admin/messages/preview/order_confirmation".to_owned(),
        "/admin/messages/preview/order_confirmation/html".to_owned(),
        "/admin/hooks".to_owned(),
        "/admin/hooks/1".to_owned(),
    ] {
        assert_eq!(catalog.get(&path).status, 403, "{path}");
        let answer = stranger.get(&path);
        assert!(!answer.body.contains("ada@example.com") && answer.status != 200, "{path}");
    }
    for path in [
        format!("/admin/messages/{letter}"),
        "/admin/messages/preview/order_confirmation".to_owned(),
        "/admin/hooks/1".to_owned(),
    ] {
        assert_eq!(catalog.post(&path, &[("action", "now")]).status, 403, "{path}");
        assert_eq!(stranger.post(&path, &[("action", "now")]).status, 401, "{path}");
    }
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), 1);
}

// Whatever a buyer types is words at the desk, and a letter's frame runs nothing.
#[test]
fn a_name_runs_nothing_at_the_desk() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let page = buyer.get("/checkout");
    let value = |name| page.attribute(&format!("[name={name}]"), "value");
    let (version, total) = (value("cart_version"), value("quote_total"));
    let mut fields = checkout_fields(&version, &total);
    fields[1].1 = "<script>alert(1)</script><img/src=x/onerror=alert(1)>";
    let payment = buyer.post("/checkout", &fields).location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    let mut desk = staff(&shop, Role::Owner);
    let id = outbox_id(&shop);
    let runs = |page: &Answer| {
        assert_eq!(page.status, 200);
        assert!(page.texts("script:not([src])").is_empty(), "{}", page.body);
        assert!(page.texts("[onerror]").is_empty() && !page.body.contains("<img/src"));
    };
    runs(&desk.get("/admin/messages"));
    let shown = desk.get(&format!("/admin/messages/{id}"));
    runs(&shown);
    assert!(shown.texts("pre")[0].contains("<script>alert(1)</script>"), "as words");
    assert_eq!(shown.attribute("iframe", "sandbox"), "");
    for path in [
        format!("/admin/messages/{id}/html"),
        "/admin/messages/preview/order_confirmation/html".to_owned(),
    ] {
        let letter = desk.get(&path);
        runs(&letter);
        let policy = letter.headers["content-security-policy"].as_str();
        assert!(policy.starts_with("sandbox; default-src 'none';"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
    }
}

// S1.35: every kind is shown with real data, light and dark, and sent to oneself only.
#[test]
fn every_letter_can_be_looked_at_and_tried() {
    let shop = TestShop::open();
    let mut desk = staff(&shop, Role::Orders);
    let none = desk.get("/admin/messages/preview/order_confirmation");
    assert_eq!(
        (none.status, none.texts("[role=alert] .notice-title")),
        (409, vec!["No order yet".to_owned()])
    );
    pay(&shop, "GLAZE-6", 1);
    shop.advance_s(60);
    let (mut buyer, payment) = at_payment(&shop, "APRON-S", 1);
    buyer.press(&payment, "cancel");
    let first = shop.text("SELECT number FROM orders ORDER BY id");
    let written = shop.number("SELECT count(*) FROM outbox");
    for kind in kiosk::admin::LETTER_KINDS {
        let path = format!("/admin/messages/preview/{}", kind.template);
        let page = desk.get(&path);
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let frame = page.attribute("iframe", "src");
        assert_eq!(desk.get(&frame).status, 200, "{frame}");
    }
    assert_eq!(shop.number("SELECT count(*) FROM outbox"), written, "looking sends nothing");
    let path = "/admin/messages/preview/order_confirmation";
    assert!(desk.get(path).texts("pre")[0].contains("Apron"), "the newest order");
    // S1.35: with what is true of the order: money that never came does not go back.
    let cancelled = "/admin/messages/preview/order_cancelled";
    let unpaid = desk.get(cancelled).texts("pre").concat();
    assert!(unpaid.contains("Should money have left your account"), "{unpaid}");
    let paid = desk.get(&format!("{cancelled}?order={first}")).texts("pre").concat();
    assert!(paid.contains("goes back to you, on the way you paid"), "{paid}");
    let chosen = desk.get(&format!("{path}?order={}&look=dark&width=phone", first.to_lowercase()));
    assert!(chosen.texts("pre")[0].contains("Six glazes"), "the order asked for");
    assert!(chosen.attribute("iframe", "class").contains("phone"));
    let dark = desk.get(&chosen.attribute("iframe", "src")).body;
    assert!(dark.contains("@media all") && !dark.contains("prefers-color-scheme"), "{dark}");
    let light = desk.get(&format!("{path}/html?look=light")).body;
    assert!(light.contains("@media not all"));
    assert_eq!(desk.get(&format!("{path}?order=NONE-1")).status, 404);
    assert_eq!(desk.get("/admin/messages/preview/nonsense").status, 404);
    let sent = desk.post(path, &[("order", &first)]);
    assert_eq!(sent.status, 303, "{}", sent.body);
    let last = "SELECT recipient || ' ' || reason || ' ' || actor FROM outbox ORDER BY id DESC";
    assert_eq!(shop.text(last), "orders@desk.example trial staff:orders@desk.example");
    shop.work_off();
    let folder = shop.kit.settings.data_dir.join("mail");
    let letters: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    assert!(letters.iter().any(|letter| letter.contains("Subject: [Trial] ")), "{letters:?}");
    assert_eq!(kinds(&shop), "order_confirmation order_confirmation");
}

/// A shop that tells `neighbour` everything.
fn telling(neighbour: &Neighbour) -> TestShop {
    let settings = vec![
        ("dev", "on".to_owned()),
        ("hooks.books.url", neighbour.url("/in/secret-path")),
        ("hooks.books.secret", "whsec_of_the_neighbour".to_owned()),
        ("hooks.books.events", "*".to_owned()),
    ];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    assert_eq!(shop.browser().get("/healthz").status, 200);
    shop
}

// Who was told what, what they answered, and telling again.
#[test]
fn what_programs_were_told_is_shown_and_told_again() {
    let neighbour = Neighbour::open();
    let shop = telling(&neighbour);
    neighbour.says("410 Gone\r\ncontent-length: 2\r\n\r\nno");
    pay(&shop, "GLAZE-6", 1);
    let mut desk = staff(&shop, Role::Owner);
    let page = desk.get("/admin/hooks");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("1 given up") && page.body.contains("order.paid"));
    assert!(!page.body.contains("secret-path") && !page.body.contains("whsec_"), "no secrets");
    assert_eq!(
        desk.get("/admin/hooks?state=sent").texts("[aria-label='What they were told']").len(),
        0
    );
    let id = shop.number("SELECT id FROM hook_delivery");
    let one = desk.get(&format!("/admin/hooks/{id}"));
    assert!(one.texts("dl.facts dd").join("|").contains("410"), "{}", one.body);
    assert!(one.texts("pre")[0].contains("\"order.paid\""));
    neighbour.says("200 OK\r\ncontent-length: 0\r\n\r\n");
    let again = desk.post(&format!("/admin/hooks/{id}"), &[]);
    assert_eq!((again.status, again.location().ends_with("?done=again")), (303, true));
    shop.work_off();
    assert_eq!(shop.text("SELECT state FROM hook_delivery"), "sent");
    assert_eq!(shop.number("SELECT count(*) FROM audit WHERE action = 'hook.replay'"), 1);
    assert_eq!(desk.get("/admin/hooks/4711").status, 404);
}

// N24: a letter that was given up is said on the front page until somebody has dealt with it.
#[test]
fn a_letter_given_up_is_said_until_it_is_dealt_with() {
    let shop = TestShop::open();
    pay(&shop, "APRON-S", 1);
    let id = shop.number("SELECT max(id) FROM outbox");
    let given_up = format!("UPDATE outbox SET state = 'dead', sent_at = NULL WHERE id = {id}");
    let write = shop.kit.db.write_blocking(move |tx| {
        tx.execute(&given_up, [])?;
        Ok::<_, Failure<Never>>(())
    });
    write.unwrap();
    let mut desk = staff(&shop, Role::Owner);
    let says =
        |desk: &mut Browser| desk.get("/admin").texts(".sentence")[0].contains("could not be sent");
    assert!(says(&mut desk));
    let letter = format!("/admin/messages/{id}");
    assert!(desk.get(&letter).texts("[aria-labelledby=settle] button")[0].contains("Lay it aside"));
    assert_eq!(desk.post(&letter, &[("action", "settle")]).status, 303);
    assert!(!says(&mut desk));
    assert!(desk.get(&letter).texts("[aria-labelledby=settle]").is_empty(), "nothing more to do");
}
