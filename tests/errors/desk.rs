//! Errors at the desk: the list, one of them, resolving it, the test button.

use kiosk::identity::Role;

use super::house::TestShop;
use super::told;

fn report(shop: &TestShop, message: &str) {
    let told = told(message, "/cart");
    assert_eq!(shop.browser().json("POST", "/api/browser-errors", &told).status, 204);
    shop.work_off();
}

// S1.44 S1.46 S1.49: seen at the desk, with version and sample; script in a message is text.
#[test]
fn errors_are_seen_and_resolved_at_the_desk() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let empty = owner.get("/admin/errors");
    assert_eq!(empty.texts(".empty h2"), ["Nothing is wrong"]);
    report(&shop, "<script>alert(1)</script> is null");
    let list = owner.get("/admin/errors");
    assert_eq!(list.texts("tbody th"), ["<script>alert(1)</script> is null"]);
    assert!(!list.body.contains("<script>alert"), "{}", list.body);
    let page = list.attribute("tbody th a", "href");
    let one = owner.get(&page);
    assert!(one.texts("pre")[0].contains("shop.3f9a1c20bb.js:12:7"));
    assert!(one.body.contains(env!("CARGO_PKG_VERSION")));

    let resolved = owner.post(&format!("{page}/resolution"), &[]);
    assert_eq!(resolved.status, 303);
    let seen = owner.get(resolved.location());
    assert_eq!(seen.texts(".notice-title"), ["It is resolved."]);
    assert_eq!(owner.post(&format!("{page}/resolution"), &[]).status, 409);
    assert_eq!(owner.get("/admin/errors").texts("tbody th").len(), 0);
    assert_eq!(owner.get("/admin/errors?show=all").texts("tbody th").len(), 1);
    let logged = "SELECT count(*) FROM audit WHERE action = 'error.resolve'";
    assert_eq!(shop.number(logged), 1);
    assert_eq!(owner.get("/admin/errors/0000").status, 404);
}

// S1.44: many at once, but none that came after the page was opened.
#[test]
fn all_that_a_page_shows_are_resolved_at_once() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    report(&shop, "one is null");
    report(&shop, "two is null");
    let page = owner.get("/admin/errors");
    let until = page.attribute("[name=until]", "value");
    shop.advance_s(60);
    report(&shop, "three is null");
    for wrong in ["", "x", "1e9"] {
        assert_eq!(owner.post("/admin/errors/resolution", &[("until", wrong)]).status, 422);
    }
    let all = [("until", &*until)];
    let resolved = owner.post("/admin/errors/resolution", &all);
    assert_eq!(resolved.status, 303, "{}", resolved.body);
    assert_eq!(owner.get(resolved.location()).texts("tbody th"), ["three is null"]);
    assert_eq!(owner.post("/admin/errors/resolution", &all).status, 303, "nothing is left to do");
    let logged = "SELECT group_concat(before) FROM audit WHERE action = 'error.resolve'";
    assert_eq!(shop.text(logged), "{\"open\":2}");
    assert_eq!(shop.sign_in(Role::Orders).post("/admin/errors/resolution", &all).status, 403);
}

// S1.49: the button, and who may press it.
#[test]
fn a_test_error_is_sent_from_the_desk() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let sent = owner.post("/admin/errors/tests", &[]);
    assert_eq!(sent.status, 303);
    shop.work_off();
    let list = owner.get(sent.location());
    assert_eq!(list.texts("tbody th"), ["A test error: nothing is wrong"]);
    let mut orders = shop.sign_in(Role::Orders);
    assert_eq!(orders.get("/admin/errors").status, 200);
    assert_eq!(orders.post("/admin/errors/tests", &[]).status, 403);
    assert_eq!(orders.get("/admin/errors").texts("#test").len(), 0);
    assert_eq!(shop.sign_in(Role::Catalog).get("/admin/errors").status, 403);
}

// S1.44: pages of fifty, by where the one before ended.
#[test]
fn the_list_is_paged() {
    let shop = TestShop::open();
    let kit = &shop.kit;
    for number in 0..60 {
        let place = format!("/{}", "x".repeat(number));
        kit.reports.notice(kiosk::platform::telemetry::Report::new(
            kiosk::platform::telemetry::Kind::Job,
            "broke",
            &place,
        ));
    }
    shop.work_off();
    let mut owner = shop.sign_in(Role::Owner);
    let first = owner.get("/admin/errors");
    assert_eq!(first.texts("tbody th").len(), 50);
    let next = first.attribute(".pager a", "href");
    assert_eq!(owner.get(&next).texts("tbody th").len(), 10);
    assert_eq!(owner.get("/admin/errors?before=nonsense&show=x").status, 200);
}
