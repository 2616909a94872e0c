//! One order, one payment: what is kept of every attempt, and what can never be there twice.

mod house;

use house::TestShop;

fn paid_order(shop: &TestShop) {
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let page = buyer.checkout();
    buyer.press(page.location(), "pay");
    shop.work_off();
}

// S0.6, S3.6, S3.46, S3.47, S4.13: the payment and the order change together, and the provider's
// own number is kept.
#[test]
fn payment_and_order_move_in_one_step() {
    let shop = TestShop::open();
    paid_order(&shop);
    let row =
        "SELECT p.state || ' ' || o.payment_status || ' ' || (p.provider_payment_id LIKE 'pi_%')
               FROM payment p JOIN orders o ON o.id = p.order_id";
    assert_eq!(shop.text(row), "paid paid 1");
    let same_moment = "SELECT count(*) FROM payment p JOIN orders o ON o.id = p.order_id
                       JOIN webhook_event e ON e.order_id = o.id
                       WHERE p.ended_at = o.paid_at AND e.applied_at = o.paid_at";
    assert_eq!(shop.number(same_moment), 1);
}

// S4.28, S3.6, S4.47: the database itself refuses a second live attempt, a session or a provider
// payment that is known.
#[test]
fn the_database_refuses_a_second_charge() {
    let shop = TestShop::open();
    paid_order(&shop);
    let copy = |changes: &str| {
        format!(
            "INSERT INTO payment (id, order_id, attempt, provider, mode, state, idempotency_key,
                 request, amount_minor, currency, received_minor, session_id, provider_payment_id,
                 lapse_at, look_at, created_at)
             SELECT 'x', {changes} FROM payment LIMIT 1"
        )
    };
    let rest = "request, amount_minor, currency, received_minor";
    let second_alive =
        copy(&format!("order_id, 2, provider, mode, 'open', 'k', {rest}, 'cs_2', NULL, 1, 1, 1"));
    let same_session = copy(&format!(
        "'other', 1, provider, mode, 'open', 'k', {rest}, session_id, NULL, 1, 1, 1"
    ));
    let same_payment = copy(&format!(
        "'other', 1, provider, mode, 'paid', 'k', {rest}, 'cs_2', provider_payment_id, 1, 1, 1"
    ));
    let same_key = copy(&format!(
        "'other', 1, provider, mode, 'open', idempotency_key, {rest}, 'cs_2', NULL, 1, 1, 1"
    ));
    for planted in [second_alive, same_session, same_payment, same_key] {
        let refused = shop.kit.db.write_blocking(move |tx| {
            let done = tx.execute(&planted, []);
            let is_unique = done.is_err_and(|e| e.to_string().contains("UNIQUE"));
            Ok::<_, kiosk::base::Failure<kiosk::base::fault::Never>>(is_unique)
        });
        assert!(refused.unwrap());
    }
}

// S3.43, S0.10, S2.123: a payment is wanted in our own books before the provider is called, and the
// call is logged with its key.
#[test]
fn the_wish_is_written_before_the_call() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    buyer.checkout();
    let call = "SELECT c.operation || ' ' || (c.idempotency_key = p.idempotency_key)
                FROM provider_call c JOIN payment p";
    assert_eq!(shop.text(call), "create 1");
    assert_eq!(shop.text("SELECT mode FROM payment"), "simulator");
}

// S0.3, S2.18, S2.144, S3.45: the endpoint only stores; the work happens behind it.
#[test]
fn a_webhook_is_answered_before_it_is_applied() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let page = buyer.checkout();
    buyer.press(page.location(), "pay");
    // Only the simulator's own jobs run: the event arrives and waits.
    for job in shop.app.jobs().into_iter().filter(|job| job.name.starts_with("simulator")) {
        shop.block_on(kiosk::platform::jobs::work_off(&job)).unwrap();
    }
    let waiting = "SELECT count(*) FROM webhook_event WHERE state = 'new'";
    assert_eq!(shop.number(waiting), 1);
    assert_eq!(shop.text("SELECT payment_status FROM orders"), "pending");
    shop.work_off();
    assert_eq!(shop.text("SELECT payment_status FROM orders"), "paid");
    shop.assert_audit();
}

// S0.10: the provider's base address is a setting: its pages, and where the form may lead.
#[test]
fn the_payment_page_is_where_the_settings_say() {
    let settings = vec![("provider_url", "https://pay.example/".to_owned())];
    let shop = TestShop::with(house::Setup { settings, ..house::Setup::default() });
    let mut buyer = shop.browser();
    buyer.add("GLAZE-6", 1);
    let page = buyer.checkout();
    let prefix = "https://pay.example/simulator/pay/cs_sim_";
    assert!(page.location().starts_with(prefix), "{}", page.location());
    let policy = &page.headers["content-security-policy"];
    assert!(policy.contains("form-action 'self' https://pay.example"), "{policy}");
}
