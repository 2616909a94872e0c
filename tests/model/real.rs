//! The same day in the real rooms, on a real database; only the network is left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::{OrderId, Sku};
use kiosk::cart;
use kiosk::checkout::{self, Seen, Submission};
use kiosk::orders::{self, Order};
use kiosk::payments::{self, PaymentState, Provider};
use kiosk::platform::db::Read;
use kiosk::platform::web::Router;
use kiosk::pricing::Item;
use kiosk::stock::{self, Reason};
use kiosk::{app, identity};
use poem::http::Method;
use poem::{Endpoint, Request};
use serde_json::{Value, json};

use crate::goods::{OPENING, SKUS, THINGS};
use crate::house::{FakeProvider, Setup, TestShop};
use crate::thought::{BUYERS, Said, Step};

/// A buyer's browser: what the cookie says, and the session it stands for.
struct Visitor {
    cookie: String,
    session: String,
}

/// A shop, its provider, and today's buyers and orders.
pub(crate) struct Real {
    shop: TestShop,
    provider: Arc<FakeProvider>,
    router: Router,
    visitors: Vec<Visitor>,
    /// Today's, with their buyers.
    orders: Vec<(usize, OrderId)>,
    /// Today's sessions at the provider, with their buyers.
    pages: Vec<(usize, String)>,
    pub days: usize,
}

impl Real {
    pub(crate) fn open() -> Self {
        let provider = Arc::new(FakeProvider::new(5));
        let given: Arc<dyn Provider> = provider.clone();
        let shop = TestShop::with(Setup { provider: Some(given), ..Setup::default() });
        let router = shop.app.routes().finish().unwrap();
        let (visitors, orders, pages) = (Vec::new(), Vec::new(), Vec::new());
        Self { shop, provider, router, visitors, orders, pages, days: 0 }
    }

    fn read<T>(&self, work: impl FnOnce(&Read) -> T) -> T {
        self.shop.kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(work(read))).unwrap()
    }

    pub(crate) fn begin_day(&mut self) {
        self.days += 1;
        self.orders.clear();
        self.pages.clear();
        for (sku, units) in SKUS.iter().zip(OPENING) {
            self.shop.set_stock(sku, units);
        }
        let visitor = |_| {
            let (random, now) = (self.shop.kit.random.clone(), self.shop.kit.now());
            let known = self.shop.kit.db.write_blocking(move |tx| {
                Ok::<_, Failure<Never>>(identity::continue_or_start(tx, None, &random, now)?)
            });
            let (session, token) = known.unwrap();
            Visitor { cookie: format!("visitor={}", token.as_str()), session }
        };
        self.visitors = (0..BUYERS).map(visitor).collect();
    }

    /// Nothing stays open over night.
    pub(crate) fn end_day(&mut self) {
        for (_, id) in self.orders.clone() {
            if self.order(&id).payment.is_open() {
                let page = self.page_of(&id);
                self.provider.fail(&page);
                self.settle(&page);
            }
        }
    }

    pub(crate) fn take(&mut self, step: &Step) -> Said {
        match *step {
            Step::Add(b, thing, qty) => {
                let what = if THINGS[thing] == "starter" { "bundle" } else { "sku" };
                let body = json!({ what: THINGS[thing], "qty": qty });
                self.call(b, Method::POST, "/api/cart/lines", Some(&body))
            }
            Step::Set(b, thing, qty) => match self.line(b, thing) {
                Some(line) => self.call(b, Method::PATCH, &line, Some(&json!({ "qty": qty }))),
                None => Said::Nothing,
            },
            Step::Remove(b, thing) => match self.line(b, thing) {
                Some(line) => self.call(b, Method::DELETE, &line, None),
                None => Said::Nothing,
            },
            Step::CheckOut(b) => self.check_out(b),
            Step::Pay(b) => self.on(b, &["pending", "processing"], FakeProvider::pay),
            Step::PaySlowly(b) => self.on(b, &["pending"], FakeProvider::begin_slow),
            Step::Fail(b) => self.on(b, &["pending", "processing"], FakeProvider::fail),
            Step::Expire(b) => self.on(b, &["pending"], FakeProvider::let_expire),
            Step::Cancel(b) => match self.newest(b, &["pending", "processing"]) {
                Some(id) => self.close(&id),
                None => Said::Nothing,
            },
            Step::TryAgain(b) => self.try_again(b),
            Step::PayOld(b, n) => {
                let own: Vec<_> = self.pages.iter().filter(|(buyer, _)| *buyer == b).collect();
                if own.is_empty() {
                    return Said::Nothing;
                }
                let page = own[n % own.len()].1.clone();
                self.provider.pay(&page);
                self.settle(&page);
                Said::Yes
            }
            Step::Adjust(sku, delta) => self.change_stock(sku, move |tx, catalog, sku, now| {
                let why = (Reason::Correction, None, "test");
                stock::adjust(tx, catalog, sku, delta, why, now).map(|_| ())
            }),
            Step::Count(sku, n) => self.change_stock(sku, move |tx, catalog, sku, now| {
                stock::count(tx, catalog, sku, n, (None, "test"), now).map(|_| ())
            }),
            Step::Wait(minutes) => {
                self.shop.advance_s(minutes * 60);
                self.look_at_all();
                Said::Yes
            }
        }
    }

    /// Asks a route as the edge would.
    fn call(&self, b: usize, method: Method, path: &str, body: Option<&Value>) -> Said {
        let request = Request::builder()
            .method(method)
            .uri(path.parse().unwrap())
            .header("cookie", &self.visitors[b].cookie)
            .header("accept", "application/json")
            .content_type("application/json")
            .body(body.map(Value::to_string).unwrap_or_default());
        let (status, words) = match self.shop.block_on(self.router.call(request)) {
            Ok(response) => (response.status().as_u16(), String::new()),
            Err(error) => (error.status().as_u16(), error.to_string()),
        };
        match status {
            200..=299 => Said::Yes,
            409 | 422 => Said::No,
            other => panic!("{path}: {other} {words}"),
        }
    }

    /// Address of the line with a thing in a buyer's cart.
    fn line(&self, b: usize, thing: usize) -> Option<String> {
        let cart = self.read(|read| cart::find_cart(read, &self.visitors[b].session).unwrap())?;
        let line = cart.lines.iter().find(|line| word(&line.item) == THINGS[thing])?;
        Some(format!("/api/cart/lines/{}", line.id.as_str()))
    }

    fn order(&self, id: &OrderId) -> Order {
        self.read(|read| orders::get_order(read, id).unwrap().unwrap())
    }

    /// The newest of a buyer's orders with one of some statuses.
    fn newest(&self, b: usize, statuses: &[&str]) -> Option<OrderId> {
        let mut own = self.orders.iter().rev().filter(|(buyer, _)| *buyer == b);
        own.find(|(_, id)| statuses.contains(&self.order(id).payment.word())).map(|o| o.1.clone())
    }

    /// The page on which the newest attempt of an order is paid.
    fn page_of(&self, id: &OrderId) -> String {
        self.read(|read| payments::last_payment(read, id).unwrap().unwrap().session.unwrap())
    }

    fn on(&mut self, b: usize, statuses: &[&str], act: impl Fn(&FakeProvider, &str)) -> Said {
        let Some(id) = self.newest(b, statuses) else { return Said::Nothing };
        let page = self.page_of(&id);
        act(&self.provider, &page);
        self.settle(&page);
        Said::Yes
    }

    /// What the reconciler does, in a fixed order: closes what has lapsed or was overtaken, then
    /// looks at money that came too late.
    fn look_at_all(&self) {
        let state_of = |page: &str| {
            let payment = self.read(|read| payments::find_by_session(read, page).unwrap());
            payment.map(|payment| (payment.state, payment.lapse_at <= self.shop.kit.now())).unwrap()
        };
        for (_, page) in &self.pages {
            if matches!(state_of(page), (PaymentState::Open, true) | (PaymentState::Closing, _)) {
                self.shop.block_on(self.provider.expire(page)).unwrap();
                self.settle(page);
            }
        }
        for (_, page) in &self.pages {
            if state_of(page).0 == PaymentState::Review {
                self.settle(page);
            }
        }
    }

    /// The shop looks at a session.
    fn settle(&self, page: &str) {
        let (till, book) = (self.shop.app.till.clone(), self.shop.app.shelf.books.now());
        let (session, now) = (self.provider.session(page), self.shop.kit.now());
        let settled = self.shop.kit.db.write_blocking(move |tx| {
            let payment = payments::find_by_session(tx, &session.id)?.unwrap();
            payments::settle_looked(tx, &till, &book, &payment, &session, now)?;
            // Twice is once.
            payments::settle(tx, &till.kit, &book, &session, now)?;
            Ok::<_, Failure<Never>>(())
        });
        settled.unwrap();
    }

    fn close(&self, id: &OrderId) -> Said {
        let closed = self.shop.block_on(payments::close(&self.shop.app.till, id, "buyer"));
        match closed {
            Ok(()) => Said::Yes,
            Err(Failure::Refused(_)) => Said::No,
            Err(Failure::Fault(fault)) => panic!("{fault}"),
        }
    }

    fn check_out(&mut self, b: usize) -> Said {
        loop {
            let (till, book) = (self.shop.app.till.clone(), self.shop.app.shelf.books.now());
            let buyer = submission(b).parse(&book).unwrap();
            let (session, now) = (self.visitors[b].session.clone(), self.shop.kit.now());
            let begun = self.shop.kit.db.write_blocking(move |tx| {
                let seen = Seen { version: None, total_minor: None, accepts_prices: false };
                let cart = cart::find_cart(tx, &session)?;
                checkout::begin(tx, &till, &book, cart, &buyer, &seen, now)
            });
            match begun {
                Ok(begun) if self.orders.iter().any(|(_, id)| id == &begun.order.id) => {
                    return Said::Ordered(0);
                }
                Ok(begun) => {
                    self.orders.push((b, begun.order.id.clone()));
                    self.open_page(b, &begun);
                    return Said::Ordered(begun.order.total_minor);
                }
                Err(Failure::Refused(checkout::Refusal::CloseFirst(id))) => {
                    if self.close(&id) == Said::No {
                        return Said::No;
                    }
                }
                Err(Failure::Refused(_)) => return Said::No,
                Err(Failure::Fault(fault)) => panic!("{fault}"),
            }
        }
    }

    fn open_page(&mut self, b: usize, begun: &checkout::Begun) {
        let opened = payments::open(&self.shop.app.till, &begun.payment);
        self.shop.block_on(opened).unwrap();
        let page = self.page_of(&begun.order.id);
        self.pages.push((b, page));
    }

    fn try_again(&mut self, b: usize) -> Said {
        if self.newest(b, &["pending", "processing"]).is_some() {
            return Said::Nothing;
        }
        let closed = |(buyer, id): &&(usize, OrderId)| {
            *buyer == b
                && matches!(self.order(id).payment.word(), "expired" | "failed")
                && self.read(|read| payments::alive_payment(read, id).unwrap()).is_none()
        };
        let found = self.orders.iter().rev().find(closed).map(|(_, id)| id.clone());
        let Some(id) = found else { return Said::Nothing };
        let (till, book) = (self.shop.app.till.clone(), self.shop.app.shelf.books.now());
        let now = self.shop.kit.now();
        let begun =
            self.shop.kit.db.write_blocking(move |tx| checkout::reopen(tx, &till, &book, &id, now));
        match begun {
            Ok(begun) => {
                self.open_page(b, &begun);
                Said::Yes
            }
            Err(Failure::Refused(_)) => Said::No,
            Err(Failure::Fault(fault)) => panic!("{fault}"),
        }
    }

    fn change_stock(
        &self,
        sku: usize,
        work: impl FnOnce(
            &kiosk::platform::db::Tx,
            &kiosk::catalog::Catalog,
            &Sku,
            kiosk::base::Instant,
        ) -> Result<(), Failure<stock::Refusal>>
        + Send
        + 'static,
    ) -> Said {
        let (sku, now) = (Sku::parse(SKUS[sku]).unwrap(), self.shop.kit.now());
        let catalog = Arc::clone(&self.shop.app.shelf.books.now().catalog);
        match self.shop.kit.db.write_blocking(move |tx| work(tx, &catalog, &sku, now)) {
            Ok(()) => Said::Yes,
            Err(Failure::Refused(_)) => Said::No,
            Err(Failure::Fault(fault)) => panic!("{fault}"),
        }
    }

    pub(crate) fn levels(&self) -> [(u32, u32); 4] {
        SKUS.map(|sku| {
            let level = self.shop.level(sku);
            (level.on_hand, level.held)
        })
    }

    pub(crate) fn carts(&self) -> Vec<BTreeMap<String, u32>> {
        let lines = |visitor: &Visitor| {
            let cart = self.read(|read| cart::find_cart(read, &visitor.session).unwrap());
            let lines = cart.map(|cart| cart.lines).unwrap_or_default();
            lines.iter().map(|line| (word(&line.item), line.qty)).collect()
        };
        self.visitors.iter().map(lines).collect()
    }

    pub(crate) fn orders(&self) -> Vec<(String, i64, bool)> {
        let seen = |id: &OrderId| {
            let order = self.order(id);
            (order.payment.word().to_owned(), order.total_minor, order.attention.is_some())
        };
        self.orders.iter().map(|(_, id)| seen(id)).collect()
    }

    /// What the proof of the books finds.
    pub(crate) fn broken(&self) -> Vec<String> {
        let findings = self.read(|read| app::audit(read).unwrap());
        findings.into_iter().flat_map(|finding| finding.broken).collect()
    }
}

fn word(item: &Item) -> String {
    match item {
        Item::Sku(sku) => sku.as_str().to_owned(),
        Item::Bundle(slug) => slug.clone(),
    }
}

fn submission(b: usize) -> Submission {
    Submission {
        email: format!("buyer{b}@example.com"),
        name: "Ada Lovelace".to_owned(),
        line1: "1 High Street".to_owned(),
        city: "Bath".to_owned(),
        postcode: "BA1 1AA".to_owned(),
        country: "GB".to_owned(),
        cart_version: Some(0),
        quote_total: Some(0),
        ..Submission::default()
    }
}
