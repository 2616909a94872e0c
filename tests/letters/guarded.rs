//! Mail servers as they are on the open net: TLS from the first byte or by STARTTLS, and a
//! password; and what the outbox says when one of these is wrong.

use mail_parser::MessageParser;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::house::{Manner, PostOffice, Setup, TestShop, repository};
use super::pay;

/// A shop that mails to this address and believes this authority.
fn shop_with(url: String, authority: &str) -> TestShop {
    let authority = repository("tests/fixtures/tls").join(authority);
    let authority = ("smtp_ca_file", authority.display().to_string());
    TestShop::with(Setup { settings: vec![("smtp_url", url), authority], ..Setup::default() })
}

const OURS: &str = "mail_authority.pem";

// S1.36: letters go to a server that demands STARTTLS and a password, and to one that speaks TLS
// from the beginning; the same amounts stand in both forms.
#[test]
fn letters_go_to_servers_that_demand_tls_and_a_password() {
    for manner in [Manner::StartTls, Manner::Tls] {
        let office = PostOffice::guarded(manner);
        let runtime = Runtime::new().unwrap();
        let _inside = runtime.enter();
        let shop = shop_with(office.url(), OURS);
        pay(&shop, "GLAZE-6", 2);
        let answer = shop.text("SELECT answer FROM outbox");
        assert_eq!(shop.text("SELECT state FROM outbox"), "sent", "{answer}");
        let letters = office.letters();
        assert_eq!(letters.len(), 1, "{answer}");
        let letter = MessageParser::default().parse(&letters[0]).unwrap();
        let total = shop.number("SELECT total_minor FROM orders");
        let total = format!("£{}.{:02}", total / 100, total % 100);
        for form in [letter.body_text(0).unwrap(), letter.body_html(0).unwrap()] {
            assert!(form.contains(&total), "{total} in {form}");
        }
        assert_eq!(letter.to().unwrap().first().unwrap().address(), Some("ada@example.com"));
    }
}

/// What the outbox says of a letter that could not go out, and that it waits.
#[track_caller]
fn waits(shop: &TestShop, office: &PostOffice) -> String {
    pay(shop, "GLAZE-6", 1);
    let answer = shop.text("SELECT answer FROM outbox");
    assert_eq!(shop.text("SELECT state FROM outbox"), "waiting", "{answer}");
    assert!(office.letters().is_empty());
    let shown = shop.sign_in(kiosk::identity::Role::Owner).get("/admin/messages/1");
    let plain = shown.texts("main").join(" ");
    assert!(plain.contains(answer.split(':').next().unwrap()), "{answer}: {plain}");
    answer
}

// S0.16, S1.36: what is wrong is said where a merchant looks, and the letter waits; nothing of it,
// and no password, was sent in the clear.
#[test]
fn a_wrong_password_or_certificate_is_said_and_waits() {
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    for manner in [Manner::StartTls, Manner::Tls] {
        let office = PostOffice::guarded(manner);
        let shop = shop_with(office.url_with("wrong"), OURS);
        let answer = waits(&shop, &office);
        let said = "the mail server does not take the user and password of KIOSK_SMTP_URL";
        assert!(answer.starts_with(said), "{answer}");
        assert!(!answer.contains("wrong"), "{answer}");
        // Another authority than the server's.
        let shop = shop_with(office.url(), "authority.pem");
        let answer = waits(&shop, &office);
        let said = "the certificate of the mail server comes from nobody that browsers know";
        assert!(answer.starts_with(said), "{answer}");
        // Another name than the certificate's.
        let shop = shop_with(office.url().replace("127.0.0.1", "localhost"), OURS);
        let answer = waits(&shop, &office);
        assert!(answer.starts_with("the certificate of the mail server is for another name"));
    }
    // A server without TLS is told no password.
    let office = PostOffice::open();
    let address = office.url().replace("smtp://", "smtp://ada:secret@");
    let answer = waits(&shop_with(address, OURS), &office);
    assert!(answer.contains("STARTTLS is not supported"), "{answer}");
    // TLS where none is spoken.
    let address = office.url().replace("smtp://", "smtps://ada:secret@");
    let answer = waits(&shop_with(address, OURS), &office);
    assert!(answer.starts_with("TLS with the mail server did not come about"), "{answer}");
}

// S1.36: once the password is right, the letter that waited goes out.
#[test]
fn a_mended_password_sends_what_waited() {
    let office = PostOffice::guarded(Manner::StartTls);
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let data = TempDir::new().unwrap();
    let shop = |url: String| {
        let authority = repository("tests/fixtures/tls").join(OURS).display().to_string();
        let settings = vec![("smtp_url", url), ("smtp_ca_file", authority)];
        let data = Some(data.path().to_owned());
        TestShop::with(Setup { settings, data, ..Setup::default() })
    };
    let wrong = shop(office.url_with("wrong"));
    pay(&wrong, "GLAZE-6", 1);
    assert_eq!(wrong.text("SELECT state FROM outbox"), "waiting");
    drop(wrong);
    let right = shop(office.url());
    right.advance_s(3600);
    right.work_off();
    assert_eq!(right.text("SELECT state FROM outbox"), "sent");
    assert_eq!(office.letters().len(), 1);
}
