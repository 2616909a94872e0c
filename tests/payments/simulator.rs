//! The built-in provider: every button and every switch of its page, through signed webhooks over
//! the network. No account, no key, no tunnel.

use std::process::Command;

use kiosk::base::ids::OrderId;
use kiosk::payments::{self, RefundState, Share};

use crate::desk::wish;
use crate::house::{Answer, Browser, TestShop, base_content};

const STATUS: &str = "SELECT payment_status FROM orders";
const EVENTS: &str = "SELECT count(*) FROM webhook_event WHERE source = 'webhook'";

/// A buyer before the payment page.
pub(crate) struct Before {
    pub shop: TestShop,
    pub buyer: Browser,
    pub page: String,
}

impl Before {
    pub(crate) fn new() -> Self {
        let shop = TestShop::open();
        let mut buyer = shop.browser();
        buyer.add("KILN-1", 1);
        let page = buyer.checkout().location().to_owned();
        Self { shop, buyer, page }
    }

    /// Presses a button with some switches ticked, and lets the shop work.
    pub(crate) fn press(&mut self, action: &str, switches: &[&str]) -> Answer {
        let mut fields = vec![("action", action)];
        fields.extend(switches.iter().map(|name| (*name, "1")));
        let answer = self.buyer.post(&self.page, &fields);
        self.shop.work_off();
        answer
    }

    /// Payment status, and the kiln's shelf and held units.
    fn now(&self) -> (String, u32, u32) {
        let level = self.shop.level("KILN-1");
        (self.shop.text(STATUS), level.on_hand, level.held)
    }

    #[track_caller]
    pub(crate) fn assert_now(&self, status: &str, on_hand: u32, held: u32) {
        assert_eq!(self.now(), (status.to_owned(), on_hand, held));
        self.shop.assert_audit();
    }

    pub(crate) fn wait_s(&self, seconds: i64) {
        self.shop.advance_s(seconds);
        self.shop.work_off();
    }
}

// S1.7, S0.2: the page says what is bought, and paying ends at the order's page.
#[test]
fn paying_ends_at_a_paid_order() {
    let mut before = Before::new();
    let page = before.buyer.get(&before.page);
    assert!(page.body.contains("999.99") && page.body.contains("Table kiln"), "{}", page.body);
    let back = before.press("pay", &[]);
    assert_eq!(back.status, 303);
    before.assert_now("paid", 3, 0);
    let shown = before.buyer.get(back.location());
    let shown = before.buyer.get(shown.location());
    assert_eq!(shown.status, 200);
    // The page has nothing left to press.
    let closed = before.buyer.get(&before.page);
    assert!(closed.texts("button").is_empty(), "{}", closed.body);
    assert_eq!(before.press("pay", &[]).status, 200);
    before.assert_now("paid", 3, 0);
}

// S0.11, S0.2: a declined card says so, changes nothing, and may be tried again.
#[test]
fn a_declined_card_may_be_tried_again() {
    let mut before = Before::new();
    let declined = before.press("decline", &[]);
    assert_eq!(declined.status, 200);
    assert_eq!(declined.texts("[role=alert]").len(), 1, "{}", declined.body);
    before.assert_now("pending", 4, 1);
    before.press("pay", &[]);
    before.assert_now("paid", 3, 0);
}

// S0.13, S1.58: 3-D Secure: the bank's page, failed, then passed. The switches are carried along.
#[test]
fn the_banks_page_is_failed_and_passed() {
    let mut before = Before::new();
    let bank = before.press("3ds", &["doubled"]);
    let buttons = bank.texts("button");
    assert_eq!(buttons.len(), 2, "{}", bank.body);
    assert_eq!(bank.attribute("input[name=doubled]", "value"), "1");
    let failed = before.press("3ds_fail", &["doubled"]);
    assert_eq!(failed.texts("[role=alert]").len(), 1);
    before.assert_now("pending", 4, 1);
    before.press("3ds", &[]);
    assert_eq!(before.press("3ds_pass", &["doubled"]).status, 303);
    before.wait_s(1);
    before.assert_now("paid", 3, 0);
    assert!(before.shop.number("SELECT sum(duplicates) FROM webhook_event") > 0);
}

// S1.60, S0.2: a bank transfer is `processing` until it arrives, or fails.
#[test]
fn a_bank_transfer_arrives_or_fails() {
    for (action, ending, left) in [("async", "paid", (3, 0)), ("async_fail", "failed", (4, 0))] {
        let mut before = Before::new();
        before.press(action, &[]);
        before.assert_now("processing", 4, 1);
        before.wait_s(20);
        before.assert_now(ending, left.0, left.1);
    }
}

// S1.22, S2.137: going back changes nothing; the hold ends by itself.
#[test]
fn leaving_the_page_leaves_the_order_to_the_clock() {
    let mut before = Before::new();
    assert_eq!(before.press("cancel", &[]).status, 303);
    before.assert_now("pending", 4, 1);
    before.wait_s(14 * 60);
    before.assert_now("pending", 4, 1);
    before.wait_s(60);
    before.assert_now("expired", 4, 0);
    assert_eq!(before.buyer.get("/api/cart").json()["count"], 1);
}

// S1.59: who pays and closes the tab has paid all the same.
#[test]
fn closing_the_tab_after_paying_is_paid() {
    let mut before = Before::new();
    assert_eq!(before.press("close", &[]).status, 200);
    before.assert_now("paid", 3, 0);
}

// S1.22: a page that expires frees the goods by its event.
#[test]
fn an_expired_page_frees_the_goods() {
    let mut before = Before::new();
    assert_eq!(before.press("expire", &[]).status, 200);
    before.assert_now("expired", 4, 0);
    assert_eq!(before.press("pay", &[]).status, 200);
    before.assert_now("expired", 4, 0);
}

// S1.7: an unknown button is refused in words; an unknown page is not there.
#[test]
fn unknown_buttons_and_pages_are_refused() {
    let mut before = Before::new();
    assert_eq!(before.press("steal", &[]).status, 422);
    before.assert_now("pending", 4, 1);
    assert_eq!(before.buyer.get("/simulator/pay/cs_sim_0").status, 404);
    assert_eq!(before.buyer.post("/simulator/pay/cs_sim_0", &[("action", "pay")]).status, 404);
}

// S0.14: a late webhook pays a minute later.
#[test]
fn a_late_webhook_pays_late() {
    let mut before = Before::new();
    before.press("pay", &["late"]);
    before.assert_now("pending", 4, 1);
    before.wait_s(59);
    before.assert_now("pending", 4, 1);
    before.wait_s(1);
    before.assert_now("paid", 3, 0);
}

// S2.145, S4.29: every webhook comes twice and counts once.
#[test]
fn doubled_webhooks_count_once() {
    let mut before = Before::new();
    before.press("pay", &["doubled"]);
    before.wait_s(1);
    before.assert_now("paid", 3, 0);
    assert_eq!(before.shop.number(EVENTS), 2);
    assert_eq!(before.shop.number("SELECT sum(duplicates) FROM webhook_event"), 2);
    let letters = "SELECT count(*) FROM outbox WHERE template = 'order_confirmation'";
    assert_eq!(before.shop.number(letters), 1);
}

// S0.14: the last event comes first: the order ends the same.
#[test]
fn reordered_webhooks_end_the_same() {
    for (action, ending, left) in
        [("pay", "paid", (3, 0)), ("async", "paid", (3, 0)), ("async_fail", "failed", (4, 0))]
    {
        let mut before = Before::new();
        before.press(action, &["reordered", "doubled"]);
        before.wait_s(20);
        before.wait_s(5);
        before.assert_now(ending, left.0, left.1);
        let done = "SELECT count(*) FROM webhook_event WHERE state NOT IN ('done', 'ignored')";
        assert_eq!(before.shop.number(done), 0);
    }
}

// S1.59, S2.133: every webhook is lost: the shop asks by itself.
#[test]
fn lost_webhooks_are_made_up_for() {
    let mut before = Before::new();
    before.press("pay", &["lost"]);
    before.assert_now("pending", 4, 1);
    before.wait_s(120);
    before.assert_now("paid", 3, 0);
    assert_eq!(before.shop.number(EVENTS), 0);
}

// S0.1, S4.12: a forged webhook leaves no row and is not sent again.
#[test]
fn forged_webhooks_leave_no_trace() {
    let mut before = Before::new();
    before.press("pay", &["forged", "lost"]);
    before.assert_now("pending", 4, 1);
    assert_eq!(before.shop.number("SELECT count(*) FROM webhook_event"), 0);
    let given_up = "SELECT count(*) FROM simulator_delivery WHERE forged AND state = 'given_up'";
    assert_eq!(before.shop.number(given_up), 1);
    before.wait_s(120);
    before.assert_now("paid", 3, 0);

    // Beside real ones it changes nothing.
    let mut before = Before::new();
    before.press("pay", &["forged"]);
    before.assert_now("paid", 3, 0);
    assert_eq!(before.shop.number(EVENTS), 2);
}

// S1.7, S0.14: all switches at once, with every ending.
#[test]
fn all_switches_together_end_right() {
    for (action, ending, left) in
        [("pay", "paid", (3, 0)), ("async", "paid", (3, 0)), ("async_fail", "failed", (4, 0))]
    {
        let mut before = Before::new();
        before.press(action, &["late", "doubled", "reordered", "forged"]);
        for _ in 0..70 {
            before.shop.advance_s(1);
            before.shop.block_on(payments::tend_all(&before.shop.app.till)).unwrap();
        }
        before.wait_s(5);
        before.assert_now(ending, left.0, left.1);
    }
}

// S0.8, S1.40: the provider's own side: a refund made there, one that fails later, a dispute.
#[test]
fn the_providers_side_refunds_and_disputes() {
    let mut before = Before::new();
    before.press("pay", &[]);
    let closed = before.buyer.get(&before.page);
    let desk = closed.attribute("a[href^='/simulator/desk/']", "href");
    assert_eq!(before.buyer.get(&desk).status, 200);
    let post = |before: &mut Before, fields: &[(&str, &str)]| {
        let answer = before.buyer.post(&desk, fields);
        before.shop.work_off();
        answer
    };
    assert_eq!(post(&mut before, &[("action", "refund"), ("amount", "99.99")]).status, 303);
    before.assert_now("part_refunded", 3, 0);
    let much = post(&mut before, &[("action", "refund"), ("amount", "900.01")]);
    assert_eq!(much.texts("[role=alert]").len(), 1, "{}", much.body);
    post(&mut before, &[("action", "ending_fail_later")]);
    let order = OrderId::from_stored(before.shop.text("SELECT id FROM orders"));
    let till = before.shop.app.till.clone();
    let given = payments::give_back(&till, &order, wish(Share::All), "staff");
    assert_eq!(before.shop.block_on(given).unwrap().state, RefundState::Pending);
    before.wait_s(20);
    before.assert_now("part_refunded", 3, 0);
    assert_eq!(before.shop.number("SELECT count(*) FROM refund WHERE state = 'failed'"), 1);
    post(&mut before, &[("action", "needs_response")]);
    assert_eq!(before.shop.number("SELECT disputed FROM orders"), 1);
    post(&mut before, &[("action", "won")]);
    assert_eq!(before.shop.number("SELECT disputed FROM orders"), 0);
    assert!(before.buyer.get(&desk).body.contains("The merchant wins"));
    assert_eq!(post(&mut before, &[("action", "steal")]).status, 422);
    before.assert_now("part_refunded", 3, 0);
    let undone = "SELECT count(*) FROM webhook_event WHERE state NOT IN ('done', 'ignored')";
    assert_eq!(before.shop.number(undone), 0);
}

/// `kiosk order …`, as typed beside the running shop: its exit code and what it says.
fn kiosk(shop: &TestShop, args: &[&str]) -> (Option<i32>, String) {
    let content = base_content();
    let data = shop.dir.path().join("data");
    let output = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .arg("order")
        .args(args)
        .arg("--content")
        .arg(content)
        .arg("--data")
        .arg(data)
        .current_dir(shop.dir.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

// S1.40, S3.37: what the merchant types, and what is answered.
#[test]
fn the_merchant_gives_money_back_by_command() {
    let mut before = Before::new();
    before.press("pay", &[]);
    let number = before.shop.text("SELECT number FROM orders");
    let refund =
        |more: &[&str]| kiosk(&before.shop, &[&["refund", number.as_str()], more].concat());
    for (more, said) in [
        (&[][..], "say how much goes back"),
        (&["--amount", "a lot"], "is no amount of GBP"),
        (&["--line", "KILN-1"], "should look like MUG-1=2"),
        (&["--line", "KILN-1=2"], "Only 1 of KILN-1 can be given back"),
        (&["--amount", "1000"], "Only £999.99"),
        (&["--all", "--restock", "KILN-1=2"], "Only 1 of KILN-1"),
        (&["--all", "--late"], "No money that came too late"),
        (&["--all", "--restock", "KILN-1=1", "--restock", "KILN-1=1"], "named twice"),
    ] {
        let (code, words) = refund(more);
        assert!(code == Some(2) && words.contains(said), "{more:?}: {words}");
    }
    assert_eq!(kiosk(&before.shop, &["refund", "0", "--all"]).0, Some(2));
    let (code, words) = refund(&["--amount", "99.99", "--reason", "a scratch", "--json"]);
    assert_eq!(code, Some(0), "{words}");
    let told: serde_json::Value = serde_json::from_str(&words).unwrap();
    assert_eq!(
        (&told["refund"]["state"], &told["refunded_minor"]),
        (&"succeeded".into(), &9_999.into())
    );
    let (code, words) = refund(&["--all", "--restock", "all"]);
    assert!(code == Some(0) && words.contains("£900.00 went back"), "{words}");
    before.shop.work_off();
    before.assert_now("refunded", 4, 0);
    let (_, shown) = kiosk(&before.shop, &["show", &number]);
    assert!(shown.contains("-£900.00") && shown.contains("a scratch"), "{shown}");

    let mut other = Before::new();
    other.press("pay", &[]);
    let number = other.shop.text("SELECT number FROM orders");
    let (code, words) = kiosk(&other.shop, &["cancel", &number]);
    assert!(code == Some(0) && words.contains("£999.99 went back"), "{words}");
    other.assert_now("refunded", 4, 0);
}
