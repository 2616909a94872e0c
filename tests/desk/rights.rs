//! Every route of the desk and every role: S2.75, S2.76, S2.77, S3.16, S3.22, S3.57.

use kiosk::identity::Role;
use poem::http::Method;

use crate::house::{Browser, TestShop};

/// An address that a pattern stands for; nothing is there, which only somebody with the right is
/// told.
fn address(pattern: &str) -> String {
    let parts = pattern.split('/');
    let parts = parts.map(|part| if part.starts_with([':', '*']) { "nothing-there" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn status(browser: &mut Browser, method: &Method, path: &str) -> u16 {
    match *method {
        Method::GET => browser.get(path).status,
        Method::POST => browser.post(path, &[]).status,
        _ => browser.ask(method.as_str(), path, &[], b"").status,
    }
}

// S2.72 S2.73 S2.75 S2.76 S3.16 S3.22 S3.40 S3.57
#[test]
fn every_role_reaches_what_it_may_and_nothing_else() {
    let shop = TestShop::open();
    let routes = shop.app.desk().list();
    assert!(routes.len() > 8);
    for role in Role::ALL {
        let mut browser = shop.sign_in(role);
        for (method, pattern, right) in &routes {
            let path = address(pattern);
            let status = status(&mut browser, method, &path);
            if role.may(*right) {
                assert_ne!(status, 403, "{role:?} may {method} {path}");
                assert!(status < 500, "{status} to {role:?} {method} {path}");
            } else {
                assert_eq!(status, 403, "{role:?} must not {method} {path}");
            }
        }
    }
    let mut stranger = shop.browser();
    for (method, pattern, _) in &routes {
        let is_page = *method == Method::GET && !pattern.starts_with("/admin/api/");
        let expected = if is_page { 303 } else { 401 };
        assert_eq!(
            status(&mut stranger, method, &address(pattern)),
            expected,
            "{method} {pattern}"
        );
    }
}

// S2.76: menus show what the role may open; everything else is neither shown nor open.
#[test]
fn menus_follow_the_role() {
    let shop = TestShop::open();
    let routes = shop.app.desk().list();
    for role in Role::ALL {
        let mut browser = shop.sign_in(role);
        let page = browser.get("/admin/account");
        for (href, right) in shop.app.desk().menu() {
            let shown = page.body.contains(&format!("href=\"{href}\""));
            assert_eq!(shown, role.may(right), "{role:?} {href}");
            let route =
                routes.iter().find(|(method, path, _)| *method == Method::GET && path == href);
            assert_eq!(route.map(|(.., right)| *right), Some(right), "{href}");
            if role.may(right) {
                assert_eq!(browser.get(href).status, 200, "{role:?} {href}");
            }
        }
    }
}

// Nothing below /admin is open by accident: whatever is not a desk route is the entrance.
#[test]
fn no_other_route_lies_below_the_desk() {
    let shop = TestShop::open();
    let desk: Vec<String> = shop.app.desk().list().into_iter().map(|(_, path, _)| path).collect();
    let entrance = ["/admin/sign-in", "/admin/sign-out", "/admin/welcome/:token"];
    for (_, path) in shop.app.routes().list() {
        if path == "/admin" || path.starts_with("/admin/") {
            assert!(desk.contains(&path) || entrance.contains(&path.as_str()), "{path}");
        }
    }
}
