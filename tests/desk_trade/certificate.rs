//! The certificate that buyers see, looked at from outside, and what the desk says of it.

use std::sync::Arc;

use kiosk::base::Instant;
use kiosk::identity::Role;
use kiosk::platform::certificate::{Seen, Worth, look};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::DAY_S;
use crate::house::{Setup, TestShop};

/// Good from 1 September to 30 November 2026 for 127.0.0.1; its authority for a century.
const SHOP: &[u8] = include_bytes!("../fixtures/tls/shop.pem");
const KEY: &[u8] = include_bytes!("../fixtures/tls/key.pem");
const AUTHORITY: &[u8] = include_bytes!("../fixtures/tls/authority.pem");

/// Browsers that know the fixtures' authority.
fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(AUTHORITY).unwrap()).unwrap();
    roots
}

/// A proxy in front of a shop, as far as its greeting: its address.
async fn proxy() -> String {
    let chain = vec![CertificateDer::from_pem_slice(SHOP).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(acceptor.accept(stream).await);
        }
    });
    format!("https://{address}")
}

fn refused(seen: &Seen) -> &str {
    match &seen.worth {
        Worth::Refused { why } => why,
        other => panic!("{other:?}"),
    }
}

// Health: seen as a browser sees it at that moment: until when, and why not.
#[test]
fn a_certificate_is_judged_as_a_browser_does() {
    let shop = TestShop::open();
    let now = shop.kit.now();
    shop.block_on(async {
        let url = proxy().await;
        let seen = look(&url, roots(), now).await;
        let day = |text: &str| Instant(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
        let (since, until) = (day("2026-09-01T00:00:00Z"), day("2026-11-30T00:00:00Z"));
        assert_eq!((seen.host.as_str(), &seen.worth), ("127.0.0.1", &Worth::Good { since, until }));
        // Ten days are left once, six days now.
        assert_eq!(seen.ends_in_s(until.plus_s(-20 * DAY_S)), None);
        assert_eq!(seen.ends_in_s(until.plus_s(-10 * DAY_S)), Some(10 * DAY_S));
        // A life of eight days is renewed two days before it ends.
        let short = Seen { worth: Worth::Good { since: until.plus_s(-8 * DAY_S), until }, ..seen };
        assert_eq!(short.ends_in_s(until.plus_s(-3 * DAY_S)), None);
        assert_eq!(short.ends_in_s(until.plus_s(-DAY_S)), Some(DAY_S));
        let later = look(&url, roots(), until.plus_s(1)).await;
        assert_eq!(refused(&later), "has ended");
        let before = look(&url, roots(), since.plus_s(-1)).await;
        assert_eq!(refused(&before), "has not begun");
        let elsewhere = url.replace("127.0.0.1", "localhost");
        assert_eq!(refused(&look(&elsewhere, roots(), now).await), "is for another name");
        let of_today = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        let unknown = look(&url, of_today, now).await;
        assert_eq!(refused(&unknown), "comes from nobody that browsers know");
        // Nobody there, and somebody who speaks something else.
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for url in [format!("https://{free}"), shop.base.replace("http:", "https:")] {
            let seen = look(&url, roots(), now).await;
            assert!(matches!(seen.worth, Worth::Unseen { .. }), "{url}: {seen:?}");
        }
    });
}

// N24: what was seen stands on the health page, and what needs somebody in the sentence.
#[test]
fn the_desk_says_what_buyers_browsers_will() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let page = owner.get("/admin/health");
    assert!(page.body.contains("over plain HTTP"), "{}", page.body);
    let now = shop.kit.now();
    let (since, until) = (now.plus_s(-80 * DAY_S), now.plus_s(10 * DAY_S));
    let ends = "The certificate of shop.example ends in 10 days and should have been renewed. \
                See what buyers see";
    let other = "Browsers warn buyers of the shop: the certificate of shop.example is for another \
                 name. See what buyers see";
    let seen = [
        (Worth::Good { since, until: until.plus_s(10 * DAY_S) }, "in 20 days", "All well."),
        (Worth::Good { since, until }, "It should have been renewed", ends),
        (Worth::Refused { why: "is for another name".to_owned() }, "is for another name", other),
        (Worth::Unseen { why: "no route".to_owned() }, "could not be looked at", "All well."),
    ];
    for (worth, on_page, sentence) in seen {
        let host = "shop.example".to_owned();
        shop.kit.certificate.note(Seen { host, at: now.plus_s(-60), worth });
        let page = owner.get("/admin/health");
        assert!(page.body.contains(on_page), "{on_page}: {}", page.body);
        let home = owner.get("/admin").texts(".sentence").join(" ");
        assert!(home.starts_with(sentence), "{sentence}: {home}");
    }
}

// A live shop looks at its own address; one for trying out looks at nothing.
#[test]
fn a_live_shop_looks_at_itself() {
    let trying = TestShop::open();
    assert!(trying.app.jobs().iter().all(|job| job.name != "certificate"));
    let url = trying.block_on(proxy());
    let settings = vec![
        ("mode", "live".to_owned()),
        ("public_url", url),
        ("provider", "stripe".to_owned()),
        ("stripe_key", "rk_live_51Kiosk".to_owned()),
        ("webhook_secrets", "whsec_x".to_owned()),
    ];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    let looking = shop.app.jobs().into_iter().find(|job| job.name == "certificate").unwrap();
    shop.block_on((looking.step)()).unwrap();
    let seen = shop.kit.certificate.seen().unwrap();
    assert_eq!(refused(&seen), "comes from nobody that browsers know");
}
