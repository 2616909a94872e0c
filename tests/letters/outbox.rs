//! The outbox: one letter for each cause, again only when somebody says why, and a mail server that
//! is down, slow to answer, or says no.

use std::net::TcpListener;

use kiosk::base::email_address::EmailAddress;
use kiosk::base::fault::{Failure, Never};
use kiosk::platform::db::Read;
use kiosk::platform::mail::{self, Again, Posted, Refusal, Wanted};
use mail_parser::MessageParser;
use tokio::runtime::Runtime;

use super::house::{PostOffice, START, Setup, TestShop};
use super::{at_payment, kinds, pay, ship};

/// A shop that mails through this server; wants a runtime around it, from its making to its end.
fn shop_with(url: String) -> TestShop {
    TestShop::with(Setup { settings: vec![("smtp_url", url)], ..Setup::default() })
}

fn resend(shop: &TestShop, id: i64, reason: &str, to: Option<&str>) -> Result<i64, Refusal> {
    let (reason, now) = (reason.to_owned(), shop.kit.now());
    let to = to.map(|to| EmailAddress::parse(to).unwrap());
    let done = shop.kit.db.write_blocking(move |tx| {
        let again = Again { id, reason: &reason, actor: "staff:ada", to: to.as_ref() };
        mail::resend(tx, &again, now)
    });
    done.map_err(|failure| match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Fault(fault) => panic!("{fault}"),
    })
}

fn listed(shop: &TestShop, wanted: &Wanted) -> Vec<Posted> {
    let db = &shop.kit.db;
    db.read_blocking(|read| Ok::<_, Failure<Never>>(mail::list(read, wanted)?)).unwrap()
}

// S0.16 S2.24: the mail server is down; the checkout succeeds, and the letter goes out later.
#[test]
fn a_mail_server_that_is_down_costs_nothing_but_time() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let shop = shop_with(format!("smtp://{closed}"));
    pay(&shop, "GLAZE-6", 1);
    assert_eq!(shop.text("SELECT payment_status FROM orders"), "paid");
    assert_eq!(shop.text("SELECT state FROM outbox"), "waiting");
    assert_eq!(shop.number("SELECT tried_at FROM outbox"), START.0);
    assert!(shop.text("SELECT answer FROM outbox").contains("mail server"), "why is kept");
    let office = PostOffice::at(closed);
    shop.work_off();
    assert!(office.letters().is_empty(), "it waits its time");
    shop.advance_s(60);
    shop.work_off();
    assert_eq!(office.letters().len(), 1);
    assert_eq!(shop.text("SELECT state FROM outbox"), "sent");
    assert_eq!(shop.number("SELECT attempts FROM outbox"), 2);
    assert_eq!(shop.text("SELECT answer FROM outbox"), "250 2.0.0 taken as 4711");
    let letter = office.letters().remove(0);
    let letter = MessageParser::default().parse(&letter).unwrap();
    assert_eq!(letter.date().unwrap().to_timestamp(), START.0 / 1000 + 60, "our clock");
    let automatic = letter.header("Auto-Submitted").unwrap().as_text();
    assert_eq!(automatic, Some("auto-generated"));
}

// S0.16: a letter is sent again by a person only, with a reason, as a row of its own.
#[test]
fn a_letter_is_sent_again_for_a_reason() {
    let office = PostOffice::open();
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let shop = shop_with(office.url());
    pay(&shop, "GLAZE-6", 1);
    let id = shop.number("SELECT id FROM outbox");
    assert_eq!(resend(&shop, id, "  ", None), Err(Refusal::NoReason));
    assert_eq!(resend(&shop, 4711, "lost", None), Err(Refusal::Unknown));
    let again = resend(&shop, id, "the buyer lost it", Some("ada@other.example")).unwrap();
    assert_eq!(resend(&shop, id, "twice", None), Err(Refusal::Waiting), "pressed twice is once");
    assert_eq!(resend(&shop, again, "twice", None), Err(Refusal::Waiting), "of the copy as well");
    shop.work_off();
    let recipients: Vec<String> = office
        .letters()
        .iter()
        .map(|raw| MessageParser::default().parse(raw).unwrap())
        .map(|letter| letter.to().unwrap().first().unwrap().address().unwrap().to_owned())
        .collect();
    assert_eq!(recipients, ["ada@example.com", "ada@other.example"]);
    let copy = listed(&shop, &Wanted { limit: 1, ..Wanted::default() }).remove(0);
    assert_eq!((copy.id, copy.copy_of), (again, Some(id)));
    assert_eq!((copy.reason.as_str(), copy.actor.as_str()), ("the buyer lost it", "staff:ada"));
    // A copy of a copy is one more copy of the first.
    let third = resend(&shop, again, "once more", None).unwrap();
    let of = shop.number(&format!("SELECT copy_of FROM outbox WHERE id = {third}"));
    assert_eq!(of, id);
    // The cause still has one letter: nothing the shop does by itself makes a second one.
    assert_eq!(shop.number("SELECT count(*) FROM outbox WHERE reason = ''"), 1);
    shop.assert_audit();
}

// S1.36: what a mail server refuses for good is given up soon, a wrong password is not.
#[test]
fn a_refusal_for_good_ends_soon() {
    let office = PostOffice::open();
    office.says(Some("550 5.1.1 nobody of that name here"));
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let shop = shop_with(office.url());
    pay(&shop, "GLAZE-6", 1);
    for _ in 0..2 {
        assert_eq!(shop.text("SELECT state FROM outbox"), "waiting");
        shop.advance_s(1500);
        shop.work_off();
    }
    assert_eq!(shop.text("SELECT state FROM outbox"), "dead");
    assert!(shop.text("SELECT answer FROM outbox").contains("nobody of that name"));
    office.says(None);
    let id = shop.number("SELECT id FROM outbox");
    let given_up = || {
        let read = |read: &Read| Ok::<_, Failure<Never>>(mail::unsent(read)?);
        shop.kit.db.read_blocking(read).unwrap().dead
    };
    assert_eq!(given_up(), 1);
    resend(&shop, id, "the address works now", None).unwrap();
    shop.work_off();
    // N24: the copy has arrived, so nobody is reminded of the first one.
    assert_eq!(given_up(), 0);
    assert_eq!(office.letters().len(), 1);
    // Rights at the mail server are our own affair: the letter waits for us.
    office.says(Some("535 5.7.8 who are you"));
    ship(&shop);
    for _ in 0..4 {
        shop.work_off();
        shop.advance_s(1500);
    }
    let last = "SELECT state FROM outbox ORDER BY id DESC LIMIT 1";
    assert_eq!(shop.text(last), "waiting");
}

// S0.15: nobody gets two letters for one cause, whatever happens twice.
#[test]
fn one_letter_for_each_cause() {
    let shop = TestShop::open();
    let (mut buyer, payment) = at_payment(&shop, "GLAZE-6", 1);
    buyer.press(&payment, "pay");
    buyer.press(&payment, "pay");
    for _ in 0..3 {
        shop.work_off();
        shop.advance_s(120);
    }
    assert_eq!(kinds(&shop), "order_confirmation");
}

// Lists are narrowed by state, kind, recipient and order, and paged by cursor.
#[test]
fn letters_are_found_by_what_is_known_of_them() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    ship(&shop);
    shop.work_off();
    let count = |wanted: Wanted| listed(&shop, &Wanted { limit: 10, ..wanted }).len();
    let of = |state: &str, template: &str, recipient: &str| Wanted {
        state: state.to_owned(),
        template: template.to_owned(),
        recipient: recipient.to_owned(),
        ..Wanted::default()
    };
    assert_eq!(count(of("", "", "")), 2);
    assert_eq!(count(of("sent", "", "")), 2);
    assert_eq!(count(of("dead", "", "")), 0);
    assert_eq!(count(of("", "order_shipped", "")), 1);
    assert_eq!(count(of("sent", "order_shipped", "")), 1);
    assert_eq!(count(of("waiting", "order_shipped", "")), 0);
    assert_eq!(count(of("", "", "ADA@example.com")), 2, "whatever the case");
    assert_eq!(count(of("", "order_shipped", "ada@example.com")), 1);
    assert_eq!(count(of("", "", "eve@example.com")), 0);
    let about = shop.text("SELECT id FROM orders");
    assert_eq!(count(Wanted { about, ..Wanted::default() }), 2);
    assert_eq!(count(Wanted { about: "x".to_owned(), ..Wanted::default() }), 0);
    let newest = listed(&shop, &Wanted { limit: 1, ..Wanted::default() }).remove(0);
    assert_eq!(newest.template, "order_shipped");
    assert_eq!(count(Wanted { before: Some(newest.id), ..Wanted::default() }), 1);
}
