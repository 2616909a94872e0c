//! A product's file read, written and removed by other programs.

use kiosk::identity::Role;

use crate::house::{Answer, Browser};
use crate::visit::Open;

const MUG: &str = "/admin/api/products/everyday-mug";
const MUG_FILE: &str = "products/everyday-mug.toml";
const TOML: (&str, &str) = ("content-type", "application/toml");

fn put(desk: &mut Browser, path: &str, seen: &str, text: &str) -> Answer {
    desk.ask("PUT", path, &[TOML, ("if-match", seen)], text.as_bytes())
}

fn kind(answer: &Answer) -> String {
    answer.json()["type"].as_str().unwrap().to_owned()
}

// S2.65, S0.22: written whole, live at once, and only over what was seen.
#[test]
fn a_program_writes_a_product_that_it_has_read() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let read = desk.ask("GET", MUG, &[], b"");
    assert_eq!((read.status, read.body.as_str()), (200, open.read(MUG_FILE).as_str()));
    assert_eq!(read.headers["content-type"], "application/toml");
    let seen = read.headers["etag"].clone();
    let dearer = read.body.replace("\"16.00\"", "\"17.50\"");
    let written = put(&mut desk, MUG, &seen, &dearer);
    assert_eq!(written.status, 204, "{}", written.body);
    assert_eq!(open.read(MUG_FILE), dearer);
    assert_eq!(desk.ask("GET", MUG, &[], b"").headers["etag"], written.headers["etag"]);
    assert!(open.shop.browser().get("/product/everyday-mug/").body.contains("£17.50"));
    let noted = open.shop.text("SELECT action || ' ' || after FROM audit WHERE entity = 'file'");
    assert!(noted.starts_with("catalog.edited") && noted.contains("17.50"), "{noted}");
    // The same once more is as it was wanted, whatever version it names.
    for version in [&*written.headers["etag"], &*seen, ""] {
        assert_eq!(put(&mut desk, MUG, version, &dearer).status, 204, "{version}");
    }
    // What somebody else has written meanwhile stays.
    for stale in [&*seen, "\"0\"", "", "W/\"x\""] {
        let late = put(&mut desk, MUG, stale, &read.body);
        assert_eq!((late.status, &*kind(&late)), (409, "/problems/content-changed"), "{stale}");
    }
    assert_eq!(open.read(MUG_FILE), dearer);
    assert_eq!(put(&mut desk, MUG, "*", &read.body).status, 204, "whatever it is");
    assert_eq!(open.read(MUG_FILE), read.body);
}

#[test]
fn a_program_adds_and_removes_a_product() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Owner);
    let text = open.read(MUG_FILE).replace("HF-TW-001", "HF-XX-001");
    let text = text.replace("Everyday mug", "Holiday cup").replace("\"oat-mug\"", "\"oat-cup\"");
    let path = "/admin/api/products/holiday-cup";
    assert_eq!(desk.ask("DELETE", path, &[("if-match", "*")], b"").status, 404);
    assert_eq!(put(&mut desk, path, "\"1\"", &text).status, 409, "it was never there");
    let made = desk.ask("PUT", path, &[TOML], text.as_bytes());
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(open.shop.browser().get("/product/holiday-cup/").status, 200);
    assert_eq!(desk.ask("DELETE", path, &[], b"").status, 409, "a version has to be named");
    let seen = made.headers["etag"].clone();
    assert_eq!(desk.ask("DELETE", path, &[("if-match", &*seen)], b"").status, 204);
    assert_eq!(open.shop.browser().get("/product/holiday-cup/").status, 410);
    assert_eq!(desk.ask("GET", path, &[], b"").status, 404);
}

// S3.60: nothing is written that the shop could not read, and every mistake has its place.
#[test]
fn what_a_program_sends_wrong_is_refused() {
    let open = Open::demo();
    let mut desk = open.desk(Role::Catalog);
    let before = open.read(MUG_FILE);
    let wrong = put(&mut desk, MUG, "*", &before.replace("\"16.00\"", "\"sixteen\""));
    assert_eq!((wrong.status, &*kind(&wrong)), (422, "/problems/content-mistakes"));
    let mistake = &wrong.json()["mistakes"][0];
    assert_eq!(mistake["file"], MUG_FILE);
    assert!(mistake["line"].as_u64() > Some(1) && mistake["column"].as_u64() > Some(1));
    for bytes in [&b""[..], b"\xff\xfe", b"\0", b"title = ", b"{\"title\":1}"] {
        let refused = desk.ask("PUT", MUG, &[TOML, ("if-match", "*")], bytes);
        assert_eq!(refused.status, 422, "{bytes:?} {}", refused.body);
    }
    let huge = vec![b'#'; 300 * 1024];
    assert_eq!(desk.ask("PUT", MUG, &[TOML, ("if-match", "*")], &huge).status, 413);
    let json = [("content-type", "application/json"), ("if-match", "*")];
    assert_eq!(desk.ask("PUT", MUG, &json, b"{}").status, 415);
    assert_eq!(desk.ask("PUT", MUG, &[], b"").status, 415);
    for path in ["UPPER", "a%20b", "..%2fshop", "%2e%2e", "+new", "a--b", "shop.toml"] {
        let path = format!("/admin/api/products/{path}");
        for method in ["GET", "PUT", "DELETE"] {
            let refused = desk.ask(method, &path, &[TOML, ("if-match", "*")], before.as_bytes());
            assert!([400, 404].contains(&refused.status), "{method} {path} {}", refused.status);
        }
    }
    assert_eq!(open.read(MUG_FILE), before);
    // From another site's page, or without the right, nothing at all.
    let foreign = [TOML, ("if-match", "*"), ("sec-fetch-site", "cross-site")];
    assert_eq!(desk.ask("PUT", MUG, &foreign, before.as_bytes()).status, 403);
    let mut other = open.desk(Role::Orders);
    assert_eq!(other.ask("DELETE", MUG, &[("if-match", "*")], b"").status, 403);
    let mut nobody = open.shop.browser();
    let unknown = nobody.ask("GET", MUG, &[("accept", "text/html")], b"");
    assert_eq!((unknown.status, &*kind(&unknown)), (401, "/problems/sign-in-needed"));
}
