//! A shop whose payment provider the test plays itself. Which provider is said by the test binary:
//! a value (`tests/payments.rs`), or a stand-in for Stripe over HTTP (`tests/stripe.rs`).

use std::path::PathBuf;
use std::sync::Arc;

use kiosk::base::ids::OrderId;
use kiosk::payments::{self, Refund, RefundWish, Share};
use serde_json::{Value, json};

use crate::Double;
use crate::house::{Answer, Browser, Setup, TestShop};

/// Seed of the provider's faults.
const SEED: u64 = 11;

/// The shop and the provider behind it.
pub(crate) struct Desk {
    pub shop: TestShop,
    pub provider: Arc<Double>,
}

impl Desk {
    pub(crate) fn open() -> Self {
        Self::with(Arc::new(Double::new(SEED)), None)
    }

    /// With other content.
    pub(crate) fn selling(content: PathBuf) -> Self {
        Self::set_up(Arc::new(Double::new(SEED)), None, Some(content))
    }

    /// With a provider that has a past, and on a data folder that may have one.
    pub(crate) fn with(provider: Arc<Double>, data: Option<PathBuf>) -> Self {
        Self::set_up(provider, data, None)
    }

    fn set_up(provider: Arc<Double>, data: Option<PathBuf>, content: Option<PathBuf>) -> Self {
        let (given, settings) = (provider.given(), provider.settings());
        let shop = TestShop::with(Setup { provider: given, settings, data, content });
        provider.meet(&shop);
        Self { shop, provider }
    }

    /// A new visitor puts something in and sends the checkout's form.
    pub(crate) fn order(&self, sku: &str, qty: u32) -> (Browser, Answer) {
        let mut buyer = self.shop.browser();
        assert_eq!(buyer.add(sku, qty).status, 303);
        let answer = buyer.checkout();
        (buyer, answer)
    }

    /// The same, as far as the payment page: the buyer and the session.
    #[track_caller]
    pub(crate) fn session_for(&self, sku: &str, qty: u32) -> (Browser, String) {
        let (buyer, answer) = self.order(sku, qty);
        assert_eq!(answer.status, 303, "{}", answer.body);
        (buyer, answer.location().rsplit('/').next().unwrap().to_owned())
    }

    /// A signed event about a session arrives; `kind` is what stands after `checkout.session.`.
    pub(crate) fn tell(&self, session: &str, kind: &str, event: &str) -> u16 {
        let kind = format!("checkout.session.{kind}");
        let (payload, header) = self.provider.event(session, &kind, event, self.shop.clock.now());
        self.send(&payload, &header)
    }

    /// Anything arrives at the public endpoint.
    pub(crate) fn send(&self, payload: &str, signature: &str) -> u16 {
        let headers = [("stripe-signature", signature), ("content-type", "application/json")];
        self.shop.browser().send("/hooks/stripe", &headers, payload.as_bytes()).status
    }

    /// Tells the same story and lets the inbox work.
    #[track_caller]
    pub(crate) fn tell_and_tend(&self, session: &str, kind: &str, event: &str) {
        assert_eq!(self.tell(session, kind, event), 200);
        self.tend();
    }

    /// Lets inbox and reconciler do everything that is due.
    pub(crate) fn tend(&self) {
        self.shop.block_on(payments::tend_all(&self.shop.app.till)).unwrap();
    }

    /// Lets time pass and tends.
    pub(crate) fn wait_s(&self, seconds: i64) {
        self.shop.advance_s(seconds);
        self.tend();
    }

    /// An order that is paid: its session.
    #[track_caller]
    pub(crate) fn paid(&self, sku: &str, qty: u32) -> String {
        let (_, session) = self.session_for(sku, qty);
        self.provider.pay(&session);
        self.tell_and_tend(&session, "completed", &format!("evt_paid_{session}"));
        assert_eq!(self.status(&session), "paid");
        session
    }

    /// An event about anything but a session arrives.
    #[track_caller]
    pub(crate) fn tell_of(&self, object: &Value, kind: &str, event: &str) {
        let now = self.shop.clock.now();
        let (payload, header) = self.provider.event_about(object, kind, event, now);
        assert_eq!(self.send(&payload, &header), 200);
    }

    /// The order of a session.
    pub(crate) fn order_id(&self, session: &str) -> OrderId {
        let sql = format!("SELECT order_id FROM payment WHERE session_id = '{session}'");
        OrderId::from_stored(self.shop.text(&sql))
    }

    /// The merchant gives money back.
    pub(crate) fn give_back(&self, session: &str, wish: RefundWish) -> Result<Refund, String> {
        let (till, order) = (&self.shop.app.till, self.order_id(session));
        let given = self.shop.block_on(payments::give_back(till, &order, wish, "staff"));
        given.map_err(|failure| failure.to_string())
    }

    /// One value of the order of a session, as text.
    pub(crate) fn of_order(&self, session: &str, column: &str) -> String {
        self.shop.text(&format!(
            "SELECT CAST(o.{column} AS TEXT) FROM payment p JOIN orders o ON o.id = p.order_id
             WHERE p.session_id = '{session}'"
        ))
    }

    /// The timeline of the order of a session.
    pub(crate) fn timeline(&self, session: &str) -> String {
        self.shop.text(&format!(
            "SELECT group_concat(kind, ' ') FROM (SELECT kind FROM order_event
             WHERE order_id = '{}' ORDER BY id)",
            self.order_id(session)
        ))
    }

    /// Payment status of the order of a session.
    pub(crate) fn status(&self, session: &str) -> String {
        self.shop.text(&format!(
            "SELECT o.payment_status FROM payment p JOIN orders o ON o.id = p.order_id
             WHERE p.session_id = '{session}'"
        ))
    }

    /// State of the attempt of a session.
    pub(crate) fn attempt(&self, session: &str) -> String {
        self.shop.text(&format!("SELECT state FROM payment WHERE session_id = '{session}'"))
    }

    /// State of an event in the inbox.
    pub(crate) fn event(&self, id: &str) -> String {
        self.shop.text(&format!("SELECT state FROM webhook_event WHERE event_id = '{id}'"))
    }

    /// Why a person must look at the order of a session.
    pub(crate) fn attention(&self, session: &str) -> String {
        self.shop.text(&format!(
            "SELECT coalesce(o.attention, '') FROM payment p JOIN orders o ON o.id = p.order_id
             WHERE p.session_id = '{session}'"
        ))
    }

    /// Letters of a kind written so far.
    pub(crate) fn letters(&self, template: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM outbox WHERE template = '{template}'");
        self.shop.number(&sql)
    }

    /// The private link of the order of a session, as its buyer finds it.
    pub(crate) fn order_path(&self, session: &str) -> String {
        let path = format!("/checkout/success?session_id={session}");
        let back = self.shop.browser().get(&path);
        back.location().split('?').next().unwrap().to_owned()
    }

    /// Units of a SKU on the shelf and promised.
    pub(crate) fn units(&self, sku: &str) -> (u32, u32) {
        let level = self.shop.level(sku);
        (level.on_hand, level.held)
    }
}

/// A refund of this share, and nothing to the shelf.
pub(crate) fn wish(share: Share) -> RefundWish {
    RefundWish {
        share,
        delivery: false,
        restock: [].into(),
        reason: "asked for".to_owned(),
        by_hand: false,
        late: false,
    }
}

/// The checkout's form as a program sends it, for a cart as `/api/cart` shows it.
pub(crate) fn form_for(cart: &Value) -> Value {
    json!({
        "email": "ada@example.com", "name": "Ada Lovelace", "line1": "1 High Street",
        "city": "Bath", "postcode": "BA1 1AA", "country": "GB",
        "cart_version": cart["version"], "quote_total": cart["quote"]["total_minor"],
    })
}
