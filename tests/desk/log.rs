//! The log of changes: every button of the desk leaves a line with what was before and after.

use std::collections::BTreeSet;
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::OrderId;
use kiosk::identity::Role;
use kiosk::orders;
use kiosk::platform::db::Tx;
use kiosk::platform::telemetry::{Kind, Report};
use poem::http::Method;
use serde_json::Value;

use super::account::enrol;
use crate::house::{Answer, Browser, Edited, Neighbour, PASSWORD, Setup, TestShop, base_content};

/// What is made, not changed: before it there was nothing.
const MADE: [&str; 7] = [
    "view.kept",
    "staff.add",
    "order.new",
    "letter.resend",
    "letter.trial",
    "error.test",
    "catalog.picture",
];

/// What goes; after it there is nothing.
const GONE: [&str; 1] = ["view.removed"];

/// Somebody who presses every button, and what each left in the log.
struct Walk {
    shop: TestShop,
    desk: Browser,
    walked: BTreeSet<String>,
    lines: i64,
}

impl Walk {
    /// Something was pressed: the newest line is its own, and worth reading.
    #[track_caller]
    fn left(&mut self, pattern: &str, answer: &Answer, action: &str) {
        assert!(answer.status < 400, "{pattern}: {} {}", answer.status, answer.body);
        let lines = self.shop.number("SELECT count(*) FROM audit");
        assert!(lines > self.lines, "{pattern} left no line");
        self.lines = lines;
        let newest = |column: &str| {
            self.shop.text(&format!("SELECT {column} FROM audit ORDER BY id DESC LIMIT 1"))
        };
        assert_eq!(newest("action"), action, "{pattern}");
        let read = |column: &str| serde_json::from_str::<Value>(&newest(column)).unwrap();
        let (before, after) = (read("before"), read("after"));
        assert!(
            (!after.is_null() || GONE.contains(&action)) && before != after,
            "{action}: {before} {after}"
        );
        let is_made = MADE.contains(&action);
        assert!(!before.is_null() || is_made, "{action} was preceded by nothing");
        self.walked.insert(pattern.to_owned());
    }

    /// Presses a button at the address of a route with one gap.
    #[track_caller]
    fn press(&mut self, pattern: &str, gap: &str, fields: &[(&str, &str)], action: &str) {
        let parts = pattern.split('/').map(|part| if part.starts_with(':') { gap } else { part });
        let path = parts.collect::<Vec<_>>().join("/");
        let answer = self.desk.post(&path, fields);
        self.left(pattern, &answer, action);
    }

    /// Sends a form with a file.
    fn send(&mut self, path: &str, file: &[u8], more: &[(&str, &str)]) -> Answer {
        let mut body = Vec::new();
        for (name, text) in more {
            let part = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}");
            body.extend(format!("--XX\r\n{part}\r\n").into_bytes());
        }
        let part = "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n";
        body.extend(format!("--XX\r\n{part}").into_bytes());
        body.extend(file);
        body.extend(b"\r\n--XX--\r\n");
        let cookie = format!("desk={}", self.desk.cookies["desk"]);
        let headers = [
            ("cookie", cookie.as_str()),
            ("content-type", "multipart/form-data; boundary=XX"),
            ("sec-fetch-site", "same-origin"),
            ("accept", "text/html"),
        ];
        self.desk.send(path, &headers, &body)
    }

    fn write(&self, sql: &'static str) {
        let write = move |tx: &Tx| {
            tx.execute(sql, [])?;
            Ok::<_, Failure<Never>>(())
        };
        self.shop.kit.db.write_blocking(write).unwrap();
    }

    /// The number of an order somebody placed, and paid unless it shall wait.
    fn order(&mut self, pays: bool) -> String {
        let mut buyer = self.shop.browser();
        assert_eq!(buyer.add("GLAZE-6", 1).status, 303);
        let to_payment = buyer.checkout();
        assert_eq!(to_payment.status, 303, "{}", to_payment.body);
        if pays {
            buyer.press(to_payment.location(), "pay");
        }
        self.shop.work_off();
        self.shop.text("SELECT number FROM orders ORDER BY seq DESC LIMIT 1")
    }

    #[track_caller]
    fn act(&mut self, number: &str, act: &str, more: &[(&str, &str)]) {
        let page = self.desk.get(&format!("/admin/orders/{number}"));
        let version = page.attribute("[name=version]", "value");
        let mut fields = vec![("version", version.as_str())];
        fields.extend(more);
        let action = format!("order.{act}");
        self.press(&format!("/admin/orders/:number/{act}"), number, &fields, &action);
    }

    fn orders(&mut self) {
        let number = self.order(true);
        self.act(&number, "note", &[("note", "a gift")]);
        self.act(&number, "letters", &[("suggestions", "on")]);
        self.act(&number, "pack", &[]);
        self.act(&number, "ship", &[("carrier", "Royal Mail"), ("number", "RM1")]);
        self.act(&number, "deliver", &[]);
        self.act(&number, "refund", &[("way", "all"), ("shelf", "none"), ("step", "send")]);
        let flagged = self.order(true);
        let id = self.shop.text("SELECT id FROM orders ORDER BY seq DESC LIMIT 1");
        let (id, book) = (OrderId::from_stored(id), self.shop.app.shelf.books.now());
        let now = self.shop.kit.now();
        let flag = move |tx: &Tx| {
            Ok::<_, Failure<Never>>(orders::flag(tx, &book, &id, "the bank says no", now)?)
        };
        self.shop.kit.db.write_blocking(flag).unwrap();
        self.act(&flagged, "settle", &[("note", "we called them")]);
        let waits = self.order(false);
        self.act(&waits, "cancel", &[("reason", "a mistake")]);
        let waits = self.order(false);
        self.act(&waits, "paid", &[("how", "in cash")]);
        let version = self.desk.get(&format!("/admin/orders/{flagged}"));
        let ticked = format!("{flagged}:{}", version.attribute("[name=version]", "value"));
        let fields = [("order", ticked.as_str()), ("action", "pack")];
        self.press("/admin/orders/bulk", "", &fields, "order.pack");
        for (path, query) in
            [("/admin/orders/views", "?q=ada"), ("/admin/catalog-views", "?tag=gift")]
        {
            let new = [("action", "keep"), ("name", "Mine"), ("query", query)];
            self.press(path, "", &new, "view.kept");
            let other = [("action", "rename"), ("name", "Mine"), ("to", "Ours")];
            self.press(path, "", &other, "view.renamed");
            self.press(path, "", &[("action", "remove"), ("name", "Ours")], "view.removed");
        }
        let form = self.desk.get("/admin/orders/new").attribute("[name=form]", "value");
        let fields = [
            ("form", form.as_str()),
            ("goods", "APRON-S 1"),
            ("email", "tel@example.com"),
            ("name", "Tel Ephone"),
            ("line1", "2 Low Road"),
            ("city", "Frome"),
            ("postcode", "BA11 1AA"),
            ("country", "GB"),
            ("hold", "12"),
        ];
        self.press("/admin/orders/new", "", &fields, "order.new");
    }

    fn catalog(&mut self) {
        let path = "/admin/catalog/products/apron";
        let page = self.desk.get(&format!("{path}?view=text"));
        let seen = page.attribute("[name=_seen]", "value");
        let text = page.texts("[name=_text]").is_empty();
        assert!(!text, "{}", page.body);
        let text =
            std::fs::read_to_string(self.shop.kit.settings.content_dir.join("products/apron.toml"));
        let text = text.unwrap().replace("29.99", "31.99");
        let fields =
            [("_seen", seen.as_str()), ("_view", "text"), ("_text", &text), ("_action", "save")];
        let saved = self.desk.post(path, &fields);
        self.left("/admin/catalog/:folder/:slug", &saved, "catalog.edited");
        let mut png = Cursor::new(Vec::new());
        let pixels = RgbImage::from_fn(60, 60, |x, y| image::Rgb([x as u8, y as u8, 7]));
        DynamicImage::ImageRgb8(pixels).write_to(&mut png, ImageFormat::Png).unwrap();
        let sent = self.send(&format!("{path}/picture"), png.get_ref(), &[("alt", "An apron")]);
        self.left("/admin/catalog/:folder/:slug/picture", &sent, "catalog.picture");
        let table = self.desk.get("/admin/catalog-table/products.csv").body;
        let table = table.replace("31.99", "33.99");
        let sent = self.send("/admin/catalog-table", table.as_bytes(), &[("write", "yes")]);
        self.left("/admin/catalog-table", &sent, "catalog.import");
        let file = "/admin/api/products/vase";
        let any = [("if-match", "*"), ("content-type", "application/toml")];
        let text = self.desk.ask("GET", "/admin/api/products/kiln", &[], b"").body;
        let text = text.replace("KILN-1", "VASE-9").replace("\"K1\"", "\"V9\"");
        let made = self.desk.ask("PUT", file, &any[1..], text.as_bytes());
        self.left("/admin/api/products/:slug", &made, "catalog.made");
        let put = self.desk.ask("PUT", file, &any, text.replace("999", "998").as_bytes());
        self.left("/admin/api/products/:slug", &put, "catalog.edited");
        let gone = self.desk.ask("DELETE", file, &any, b"");
        self.left("/admin/api/products/:slug", &gone, "catalog.removed");
        self.press(
            "/admin/stock/:sku",
            "KILN-1",
            &[("change", "+2"), ("reason", "receive")],
            "stock.change",
        );
        let fields = [("list", "sku,count\nAPRON-L,3\n"), ("act", "save")];
        self.press("/admin/stock-count", "", &fields, "stock.count");
    }

    fn machinery(&mut self) {
        self.write(
            "INSERT INTO webhook_event (provider, event_id, type, payload, source, received_at,
                 state, attempts, next_at, last_error)
             VALUES ('simulator', 'evt_1', 'checkout.session.completed', '{}', 'webhook', 1,
                 'dead', 10, 1, 'no answer')",
        );
        self.press("/admin/health/replay", "", &[("id", "evt_1")], "event.replay");
        self.write("UPDATE webhook_event SET state = 'dead' WHERE event_id = 'evt_1'");
        let leaving = [("id", "evt_1"), ("reason", "the money went back")];
        self.press("/admin/health/leave", "", &leaving, "event.leave");
        self.press("/admin/health/backup", "", &[], "backup.ask");
        self.shop.kit.reports.notice(Report::new(Kind::Fault, "something broke", "/somewhere"));
        self.shop.work_off();
        let error = self.shop.text("SELECT fingerprint FROM error_report LIMIT 1");
        self.press("/admin/errors/:name/resolution", &error, &[], "error.resolve");
        self.shop.kit.reports.notice(Report::new(Kind::Fault, "two broke", "/elsewhere"));
        self.shop.work_off();
        let until = self.shop.kit.now().0.to_string();
        self.press("/admin/errors/resolution", "", &[("until", &until)], "error.resolve");
        self.press("/admin/errors/tests", "", &[], "error.test");
    }

    fn messages(&mut self) {
        let kind = "order_confirmation";
        self.press("/admin/messages/preview/:kind", kind, &[], "letter.trial");
        self.write(
            "UPDATE outbox SET state = 'waiting', sent_at = NULL, next_at = 9e12
                    WHERE id = (SELECT min(id) FROM outbox)",
        );
        let first = self.shop.number("SELECT min(id) FROM outbox").to_string();
        self.press("/admin/messages/:id", &first, &[("action", "now")], "letter.hurry");
        self.shop.work_off();
        self.write(
            "UPDATE outbox SET state = 'dead', sent_at = NULL
                    WHERE id = (SELECT min(id) FROM outbox)",
        );
        self.press("/admin/messages/:id", &first, &[("action", "settle")], "letter.settle");
        let again = [("action", "resend"), ("reason", "lost"), ("to", "ada@example.org")];
        self.press("/admin/messages/:id", &first, &again, "letter.resend");
        let told = self.shop.number("SELECT min(id) FROM hook_delivery").to_string();
        self.press("/admin/hooks/:id", &told, &[], "hook.replay");
    }

    fn people(&mut self) {
        let new = [("email", "o@example.org"), ("name", "Otto"), ("role", "orders")];
        self.press("/admin/staff", "", &new, "staff.add");
        self.shop.add_staff("c@example.org", Role::Orders);
        self.lines = self.shop.number("SELECT count(*) FROM audit");
        let id = self.shop.text("SELECT id FROM staff WHERE email = 'c@example.org'");
        let change = "/admin/staff/:id";
        self.press(change, &id, &[("action", "role"), ("role", "catalog")], "staff.role");
        self.press(change, &id, &[("action", "deactivate")], "staff.deactivate");
        self.press(change, &id, &[("action", "reactivate")], "staff.reactivate");
        self.press(change, &id, &[("action", "reset")], "staff.reset");
        self.shop.sign_in(Role::Owner);
        self.lines = self.shop.number("SELECT count(*) FROM audit");
        let others = [("session", "others")];
        self.press("/admin/account/sessions", "", &others, "staff.session_end");
        enrol(&self.shop, &mut self.desk);
        let page = self.desk.get("/admin/account");
        self.left("/admin/account/second-factor", &page, "staff.second_factor_on");
        let current = [("current", PASSWORD)];
        let codes = "/admin/account/recovery-codes";
        self.press(codes, "", &current, "staff.recovery_codes");
        let off = "/admin/account/second-factor/off";
        self.press(off, "", &current, "staff.second_factor_off");
        let new = [("current", PASSWORD), ("password", "a wholly new phrase")];
        self.press("/admin/account/password", "", &new, "staff.password");
    }
}

// ROL S2.78: the log has a line of every button, with what was before and after. A new button that
// nobody presses here fails, and so does one that leaves nothing worth reading.
#[test]
fn every_button_leaves_a_line_with_before_and_after() {
    let (neighbour, files) = (Neighbour::open(), Edited::of(&base_content()));
    neighbour.says("410 Gone\r\ncontent-length: 0\r\n\r\n");
    let settings = vec![
        ("dev", "on".to_owned()),
        ("hooks.books.url", neighbour.url("/in")),
        ("hooks.books.secret", "whsec_of_the_neighbour".to_owned()),
        ("hooks.books.events", "order.paid".to_owned()),
    ];
    let content = Some(files.path().to_path_buf());
    let shop = TestShop::with(Setup { settings, content, ..Setup::default() });
    let desk = shop.sign_in(Role::Owner);
    let lines = shop.number("SELECT count(*) FROM audit");
    let mut walk = Walk { shop, desk, walked: BTreeSet::new(), lines };
    walk.orders();
    walk.catalog();
    walk.machinery();
    walk.messages();
    walk.people();
    let routes = walk.shop.app.desk().list().into_iter();
    let buttons = routes.filter(|(method, ..)| *method != Method::GET);
    let buttons: BTreeSet<String> = buttons.map(|(_, pattern, _)| pattern).collect();
    assert_eq!(walk.walked, buttons);
    walk.shop.assert_audit();
}
