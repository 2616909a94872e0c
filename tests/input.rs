//! Everything a stranger can send: whatever it is, the shop answers with a clear no, writes
//! nothing, and stays up.
#![allow(unreachable_pub, reason = "each test binary is a crate of its own")]

mod house;
mod process;

#[path = "input/addresses.rs"]
mod addresses;
#[path = "input/bodies.rs"]
mod bodies;
#[path = "input/chance.rs"]
mod chance;
#[path = "input/methods.rs"]
mod methods;
#[path = "input/problems.rs"]
mod problems;
#[path = "input/trust.rs"]
mod trust;
#[path = "input/wire.rs"]
mod wire;

use house::{Setup, TestShop};
use kiosk::base::Failure;
use kiosk::base::fault::Never;
use kiosk::identity::Role;
use kiosk::platform::telemetry::{self, Report, Reports};
use poem::http::Method;
use wire::{Ask, Reply, send};

/// Signs webhooks, besides the simulator's own secret.
pub const WEBHOOK_SECRET: &str = "whsec_of_the_input_tests";

/// A shop in the middle of business: somebody has a cart, somebody an order that waits.
pub struct Busy {
    pub shop: TestShop,
    /// Cookie of a visitor with one kiln in the cart.
    pub cookie: String,
    /// Whoever sends strange things is an owner of the shop as well, so that they get in.
    pub desk: String,
    /// Id of that line.
    pub line: String,
    /// Version of that cart, and what it costs.
    pub version: i64,
    pub total: i64,
    /// Token of an order that waits for its payment, and the session of its payment page.
    pub token: String,
    pub session: String,
    /// Link by which that order's buyer chooses letters.
    pub letters: String,
    /// Name of an error that nobody has resolved.
    pub error: String,
}

/// Something has gone wrong, and is written down.
fn some_error(shop: &TestShop) -> String {
    let reports = Reports::default();
    reports.notice(Report::test("the input tests"));
    let (noted, now) = (reports.take().remove(0), shop.kit.now());
    let name = noted.fingerprint.clone();
    let written = shop.kit.db.write_blocking(move |tx| {
        Ok::<_, Failure<Never>>(telemetry::record(tx, &noted, "0.0.0", now)?)
    });
    written.unwrap();
    name
}

impl Busy {
    pub fn open() -> Self {
        let settings = vec![("dev", "on".to_owned()), ("webhook_secrets", WEBHOOK_SECRET.into())];
        let shop = TestShop::with(Setup { settings, ..Setup::default() });
        let mut buyer = shop.browser();
        buyer.add("GLAZE-6", 1);
        let paying = buyer.checkout();
        let session = paying.location().rsplit('/').next().unwrap().to_owned();
        let returned = buyer.get(&format!("/checkout/success?session_id={session}"));
        let link = returned.location().strip_prefix("/order/").unwrap();
        let token = link.split('?').next().unwrap().to_owned();
        let mut visitor = shop.browser();
        visitor.add("KILN-1", 1);
        let cart = visitor.get("/api/cart").json();
        let cookie = format!("visitor={}", visitor.cookies["visitor"]);
        let desk = format!("desk={}", shop.sign_in(Role::Owner).cookies["desk"]);
        Self {
            cookie,
            desk,
            line: cart["lines"][0]["id"].as_str().unwrap().to_owned(),
            version: cart["version"].as_i64().unwrap(),
            total: cart["quote"]["total_minor"].as_i64().unwrap(),
            letters: buyer.get(&format!("/order/{token}")).attribute("[href^='/letters/']", "href")
                ["/letters/".len()..]
                .to_owned(),
            token,
            session,
            error: some_error(&shop),
            shop,
        }
    }

    /// Every row of every table.
    pub fn dump(&self) -> String {
        let read = self.shop.kit.db.read_blocking(|r| Ok::<_, Failure<Never>>(process::dump(r)));
        read.unwrap()
    }

    /// Methods and patterns the shop answers.
    pub fn routes(&self) -> Vec<(Method, String)> {
        // News is told for as long as somebody listens; `live` tests it.
        let all = self.shop.app.routes().list();
        all.into_iter().filter(|(_, path)| path != "/dev/events").collect()
    }

    /// An address that a pattern stands for, with things that are there.
    pub fn address(&self, pattern: &str) -> String {
        let parts = pattern.split('/').map(|part| match part {
            ":token" => self.token.as_str(),
            ":session" => self.session.as_str(),
            ":link" => self.letters.as_str(),
            ":id" => self.line.as_str(),
            ":name" => self.error.as_str(),
            ":kind" => "order_confirmation",
            ":number" => "1001",
            ":folder" => "products",
            ":sku" => "KILN-1",
            "*file" => "kiln.webp",
            ":slug" => "kiln",
            "*path" => "studio",
            other => {
                assert!(!other.starts_with([':', '*']), "{pattern}: what stands for {other}?");
                other
            }
        });
        parts.collect::<Vec<_>>().join("/")
    }

    /// Sends a request of the visitor with the cart.
    #[track_caller]
    pub fn ask(&self, ask: Ask) -> Reply {
        let ask = ask.header("cookie", &format!("{}; {}", self.cookie, self.desk));
        let shown = ask.shown();
        send(&self.shop.base, &ask).unwrap_or_else(|| panic!("no answer to {shown}"))
    }

    /// Sends a request that must be refused, and leave no trace.
    #[track_caller]
    pub fn refused(&self, ask: Ask, statuses: &[u16]) -> Reply {
        let shown = ask.shown();
        let reply = self.ask(ask);
        assert!(statuses.contains(&reply.status), "{} to {shown}\n{}", reply.status, reply.body);
        reply.assert_dressed(&shown);
        reply.assert_problem(&shown);
        reply
    }

    /// Runs something after which the database must be as before, row by row.
    #[track_caller]
    pub fn unchanged(&self, what: impl FnOnce(&Self)) {
        let before = self.dump();
        what(self);
        assert!(before == self.dump(), "something was written");
        self.shop.assert_audit();
    }
}

// The comparison behind every "nothing was written" sees one row more.
#[test]
#[should_panic(expected = "something was written")]
fn a_write_would_be_noticed() {
    let busy = Busy::open();
    busy.unchanged(|busy| {
        assert_eq!(busy.ask(Ask::new("POST", "/cart/lines").form("sku=APRON-S")).status, 303);
    });
}
