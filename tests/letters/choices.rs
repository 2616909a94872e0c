//! Which letters a buyer wants: declined behind a signed link, by one click, or at the desk; and
//! what is written all the same.

use kiosk::identity::Role;
use kiosk::payments::{self, RefundWish, Share};
use mail_parser::MessageParser;
use tokio::runtime::Runtime;

use super::house::{Answer, PostOffice, Setup, TestShop};
use super::{deliver, kinds, letter, newest, page_of, pay, ship};

const DAY_S: i64 = 86_400;

/// Where the buyer chooses, as the foot of the newest letter of a kind says, as a path.
fn link_in(shop: &TestShop, kind: &str) -> String {
    let letter = letter(shop, kind);
    let url = page_of(&letter.html).attribute(".foot a[href*='/letters/']", "href");
    assert!(letter.text.contains(&format!("\n{url}\n")), "{}", letter.text);
    url.strip_prefix(&shop.base).unwrap_or_else(|| panic!("{url}")).to_owned()
}

/// Which boxes of the page are ticked.
fn ticked(page: &Answer) -> Vec<&'static str> {
    assert_eq!(page.status, 200, "{}", page.body);
    let is_ticked = |name: &&str| page.texts(&format!("[name={name}][checked]")).len() == 1;
    ["shipping", "suggestions"].into_iter().filter(is_ticked).collect()
}

fn stored(shop: &TestShop) -> String {
    shop.text(
        "SELECT coalesce(group_concat(email_folded || ' ' || shipping || suggestions), '')
         FROM letter_choice",
    )
}

fn refund(shop: &TestShop) {
    let wish = RefundWish {
        share: Share::All,
        delivery: false,
        restock: [].into(),
        reason: "a test".to_owned(),
        by_hand: false,
        late: false,
    };
    let given = shop.block_on(payments::give_back(&shop.app.till, &newest(shop), wish, "test"));
    given.unwrap_or_else(|failure| panic!("{failure}"));
    shop.work_off();
}

// S0.17: whoever declines news of parcels gets none, and is told of their money all the same.
#[test]
fn what_is_declined_is_not_written() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let link = link_in(&shop, "order_confirmation");
    assert!(!link.contains("ada") && !link.contains('@'), "{link}");
    let mut buyer = shop.browser();
    assert_eq!(ticked(&buyer.get(&link)), ["shipping", "suggestions"]);
    assert_eq!(stored(&shop), "", "looking changes nothing");
    let saved = buyer.post(&link, &[("suggestions", "yes")]);
    assert_eq!((saved.status, saved.location()), (303, format!("{link}?saved=yes").as_str()));
    let page = buyer.get(saved.location());
    assert_eq!(ticked(&page), ["suggestions"]);
    assert!(page.texts("[role=status]").concat().contains("Your choice is kept."));
    assert!(page.texts("main").concat().contains("they cannot be switched off"));
    ship(&shop);
    deliver(&shop);
    refund(&shop);
    assert_eq!(kinds(&shop), "order_confirmation order_refunded");
    // It holds for the address, however it is written, and in every order.
    shop.advance_s(60);
    pay(&shop, "APRON-S", 1);
    ship(&shop);
    assert_eq!(kinds(&shop), "order_confirmation order_refunded order_confirmation");
    buyer.post(&link, &[("shipping", "yes"), ("suggestions", "yes")]);
    deliver(&shop);
    assert!(kinds(&shop).ends_with("order_confirmation order_delivered"), "wanted again");
    shop.assert_audit();
}

// S0.17: a link is ours, whole and not too old, or it leads nowhere and changes nothing.
#[test]
fn a_link_that_is_not_ours_changes_nothing() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let link = link_in(&shop, "order_confirmation");
    let id = newest(&shop);
    let other = link.replace(id.as_str(), "0198c0de-0000-7000-8000-000000000001");
    let forged = [other.as_str(), &link[..link.len() - 2], "/letters/x", "/letters/a.1.b"];
    let mut visitor = shop.browser();
    let mut refused = |path: &str| {
        let tries = [
            visitor.get(path),
            visitor.post(path, &[]),
            visitor.get(&format!("{path}/stop")),
            visitor.post(&format!("{path}/stop"), &[]),
        ];
        for answer in tries {
            assert_eq!(answer.status, 404, "{path}: {}", answer.body);
            assert!(answer.body.contains("letter-link") || answer.body.contains("newest letter"));
        }
    };
    forged.into_iter().for_each(&mut refused);
    shop.advance_s(366 * DAY_S);
    assert_eq!(shop.browser().get(&link).status, 200, "a year and a day");
    shop.advance_s(1);
    refused(&link);
    assert_eq!(stored(&shop), "");
    // The order's page has a fresh one for whoever has that.
    let page = shop
        .browser()
        .get(&format!("/order/{}", kiosk::orders::token_of(&shop.kit.secret, &id).as_str()));
    assert_eq!(shop.browser().get(&page.attribute("[href^='/letters/']", "href")).status, 200);
}

// S0.17: RFC 8058: a mail program declines by itself, without cookie, page or redirect; only what
// may be declined offers it.
#[test]
fn one_click_in_a_mail_program_declines() {
    let office = PostOffice::open();
    let runtime = Runtime::new().unwrap();
    let _inside = runtime.enter();
    let settings = vec![("smtp_url", office.url())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    pay(&shop, "GLAZE-6", 1);
    ship(&shop);
    shop.work_off();
    let letters = office.letters();
    let [confirmed, shipped] = letters.as_slice() else { panic!("{} letters", letters.len()) };
    let header = |raw: &[u8], name: &str| {
        let letter = MessageParser::default().parse(raw).unwrap();
        letter.header_raw(name).map(|text| text.split_whitespace().collect::<String>())
    };
    for name in ["List-Unsubscribe", "List-Unsubscribe-Post"] {
        assert_eq!(header(confirmed, name), None, "must be sent, cannot be declined");
    }
    let post = header(shipped, "List-Unsubscribe-Post");
    assert_eq!(post.as_deref(), Some("List-Unsubscribe=One-Click"));
    let url = header(shipped, "List-Unsubscribe").unwrap();
    let url = url.strip_prefix('<').and_then(|url| url.strip_suffix('>')).unwrap();
    let path = url.strip_prefix(&shop.base).unwrap();
    // A mail program that knows nothing of one click opens it, and nothing is declined.
    assert_eq!(ticked(&shop.browser().get(path)), ["shipping", "suggestions"]);
    assert_eq!(stored(&shop), "");
    let bodies = [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
             One-Click\r\n--b--\r\n",
        ),
    ];
    for (kind, body) in bodies {
        let answer = shop.browser().send(path, &[("content-type", kind)], body.as_bytes());
        assert_eq!(ticked(&answer), ["suggestions"], "answered at once, not sent elsewhere");
        assert_eq!(stored(&shop), "ada@example.com 01");
    }
    deliver(&shop);
    shop.work_off();
    assert_eq!(kinds(&shop), "order_confirmation order_shipped");
}

// S0.17: what waits for its turn when it is declined does not leave; what has left has left.
#[test]
fn what_waits_is_taken_back() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    ship(&shop);
    let link = link_in(&shop, "order_shipped");
    assert_eq!(kinds(&shop), "order_confirmation order_shipped");
    shop.browser().post(&link, &[("suggestions", "yes")]);
    assert_eq!(kinds(&shop), "order_confirmation");
    shop.work_off();
    shop.assert_audit();
}

// S0.17: suggestions are left out of a letter that is sent all the same.
#[test]
fn suggestions_may_be_declined_by_themselves() {
    let shop = TestShop::open();
    for sku in ["KILN-1", "GLAZE-6", "APRON-S"] {
        shop.set_stock(sku, 50);
    }
    for basket in [&["GLAZE-6", "APRON-S"][..], &["KILN-1"]].repeat(3) {
        let mut buyer = shop.browser();
        for sku in basket {
            assert_eq!(buyer.add(sku, 1).status, 303, "{sku}");
        }
        let payment = buyer.checkout().location().to_owned();
        buyer.press(&payment, "pay");
        shop.work_off();
    }
    let suggested = |shop: &TestShop| {
        let newest = "SELECT json_array_length(data, '$.suggestions') FROM outbox
                      WHERE template = 'order_confirmation' ORDER BY id DESC LIMIT 1";
        shop.number(newest)
    };
    pay(&shop, "GLAZE-6", 1);
    assert!(suggested(&shop) > 0, "bought together often enough");
    let link = link_in(&shop, "order_confirmation");
    shop.browser().post(&link, &[("shipping", "yes")]);
    shop.advance_s(60);
    pay(&shop, "GLAZE-6", 1);
    assert_eq!(suggested(&shop), 0);
    ship(&shop);
    assert!(kinds(&shop).ends_with("order_confirmation order_shipped"));
}

// S0.17 S2.71: the desk shows what the buyer wants, and changes it with a line in the log.
#[test]
fn staff_may_change_it_and_the_log_says_so() {
    let shop = TestShop::open();
    pay(&shop, "GLAZE-6", 1);
    let number = shop.text("SELECT number FROM orders");
    let (page, customer) =
        (format!("/admin/orders/{number}"), format!("/admin/customers/{number}"));
    let mut desk = shop.sign_in(Role::Orders);
    let version = desk.get(&page).attribute("[name=version]", "value");
    let letters = format!("{page}/letters");
    let stranger = shop.sign_in(Role::Catalog).post(&letters, &[("version", &version)]);
    assert_eq!((stranger.status, stored(&shop).as_str()), (403, ""));
    let old = desk.post(&letters, &[("version", "0"), ("suggestions", "yes")]);
    assert_eq!((old.status, stored(&shop).as_str()), (409, ""), "of an older page");
    let done = desk.post(&letters, &[("version", &version), ("suggestions", "yes")]);
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(stored(&shop), "ada@example.com 01");
    let note = "SELECT actor || ' ' || action || ' ' || (before ->> '$.shipping')
                    || (after ->> '$.shipping') FROM audit WHERE entity = 'order'";
    assert_eq!(shop.text(note), "staff:orders@example.org order.letters 10");
    for address in [&page, &customer] {
        assert!(desk.get(address).body.contains("Declined: news of parcels."), "{address}");
    }
    ship(&shop);
    assert_eq!(kinds(&shop), "order_confirmation");
}
