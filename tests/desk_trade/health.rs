//! Health: what the provider told us, trying again, and the sentence that leads there.

use std::time::Duration;

use kiosk::base::fault::Never;
use kiosk::base::{Failure, Fault};
use kiosk::identity::Role;
use kiosk::platform::jobs::{Job, Runner};
use kiosk::platform::telemetry::{Kind, Report, Reports};

use crate::house::{Browser, TestShop};
use crate::paid;

/// An event that nobody could apply.
pub(crate) fn put_aside(shop: &TestShop, id: &'static str, state: &'static str) {
    let now = shop.kit.now().0;
    let insert = move |tx: &kiosk::platform::db::Tx| {
        tx.execute(
            "INSERT INTO webhook_event (provider, event_id, type, payload, source, received_at,
                 state, attempts, next_at, last_error)
             VALUES ('simulator', ?1, 'checkout.session.completed', '{}', 'webhook', ?2, ?3, 10,
                 ?2, 'the provider did not answer')",
            (id, now, state),
        )?;
        Ok::<_, Failure<Never>>(())
    };
    shop.kit.db.write_blocking(insert).unwrap();
}

// S1.8 S1.6: received, applied, lag, retrying, dead; and trying again, once and with a name.
#[test]
fn an_event_put_aside_is_tried_again_from_the_desk() {
    let shop = TestShop::open();
    paid(&shop, "APRON-S", 1);
    put_aside(&shop, "evt_dead", "dead");
    put_aside(&shop, "evt_too", "dead");
    let mut owner = shop.sign_in(Role::Owner);
    let home = owner.get("/admin");
    assert_eq!(
        home.texts(".sentence"),
        ["2 payment events were put aside, so an order may not know of its money. \
             See why and try again"]
    );
    assert_eq!(home.attribute(".sentence a", "href"), "/admin/health");
    let page = owner.get("/admin/health");
    let figures = page.texts("[aria-labelledby=events] dd:not(.figure-then)");
    assert_eq!(figures[4], "2", "{figures:?}");
    assert_ne!(figures[0], "0", "the payment's own event came: {figures:?}");
    assert!(page.texts("tbody tr")[0].contains("the provider did not answer"));
    // Others may look, but not act.
    let mut helper = shop.sign_in(Role::Orders);
    assert!(helper.get("/admin/health").texts("form").len() < page.texts("form").len());
    assert_eq!(helper.post("/admin/health/replay", &[("id", "evt_dead")]).status, 403);
    let done = owner.post("/admin/health/replay", &[("id", "evt_dead")]);
    assert_eq!(done.location(), "/admin/health?replayed=1");
    let state = "SELECT state || ' ' || attempts FROM webhook_event WHERE event_id = 'evt_dead'";
    assert_eq!(shop.text(state), "retry 0");
    assert_eq!(
        shop.text("SELECT action || ' ' || actor || ' ' || entity_id FROM audit ORDER BY id DESC"),
        "event.replay staff:owner@example.org evt_dead"
    );
    assert_eq!(owner.post("/admin/health/replay", &[]).location(), "/admin/health?replayed=1");
    // What took effect cannot take effect again; what nobody knows is told so.
    let applied = shop.text("SELECT event_id FROM webhook_event WHERE state = 'done'");
    assert_eq!(owner.post("/admin/health/replay", &[("id", &applied)]).status, 409);
    assert_eq!(owner.post("/admin/health/replay", &[("id", "evt_x")]).status, 404);
}

// S1.8: what a person has dealt with is left as it is, for a reason, and nobody is reminded of it.
#[test]
fn an_event_put_aside_is_left_for_a_reason() {
    let shop = TestShop::open();
    paid(&shop, "APRON-S", 1);
    put_aside(&shop, "evt_dead", "dead");
    let mut owner = shop.sign_in(Role::Owner);
    let leave = |owner: &mut Browser, id: &str, reason: &str| {
        owner.post("/admin/health/leave", &[("id", id), ("reason", reason)])
    };
    assert_eq!(leave(&mut owner, "evt_dead", "  ").status, 422);
    assert_eq!(leave(&mut owner, "evt_x", "gone").status, 404);
    let helper = leave(&mut shop.sign_in(Role::Orders), "evt_dead", "gone");
    assert_eq!(helper.status, 403);
    let done = leave(&mut owner, "evt_dead", "the money went back by hand");
    assert_eq!(done.location(), "/admin/health?left=1");
    let why = "SELECT state || ': ' || last_error FROM webhook_event WHERE event_id = 'evt_dead'";
    assert_eq!(shop.text(why), "ignored: the money went back by hand (staff:owner@example.org)");
    assert!(owner.get("/admin").texts(".sentence")[0].starts_with("All well"));
    assert_eq!(leave(&mut owner, "evt_dead", "again").status, 409, "it is left already");
    let applied = shop.text("SELECT event_id FROM webhook_event WHERE state = 'done'");
    assert_eq!(leave(&mut owner, &applied, "no").status, 409, "it took effect");
}

// N24: an order that needs somebody is the sentence, with its reason.
#[test]
fn an_order_that_needs_somebody_is_said_first() {
    let shop = TestShop::open();
    let number = paid(&shop, "APRON-S", 1);
    let flag = |tx: &kiosk::platform::db::Tx| {
        tx.execute("UPDATE orders SET attention = 'the amount differs'", [])?;
        Ok::<_, Failure<Never>>(())
    };
    shop.kit.db.write_blocking(flag).unwrap();
    let home = shop.sign_in(Role::Orders).get("/admin");
    let said = format!("Order {number} needs you: the amount differs. Open the order");
    assert_eq!(home.texts(".sentence"), [said]);
    assert_eq!(home.attribute(".sentence a", "href"), format!("/admin/orders/{number}"));
}

// S1.8 N24: one page says how everything stands that runs by itself.
#[test]
fn the_page_tells_of_everything_that_runs_by_itself() {
    let shop = TestShop::open();
    shop.kit.reports.notice(Report::new(Kind::Fault, "it broke", "/cart"));
    shop.work_off();
    let failing = Job::new("baking", Duration::from_hours(1), || async {
        Err(Fault::new("the oven is cold"))
    });
    let jobs = shop.app.jobs().into_iter().chain([failing]).collect();
    shop.block_on(async {
        let notes = (&shop.app.diary, &shop.clock);
        Runner::start(jobs, &shop.kit.bell, &Reports::default(), notes).stop().await;
    });
    let page = shop.sign_in(Role::Orders).get("/admin/health");
    assert_eq!(
        page.texts("main h2"),
        ["Payment events", "Backup", "Certificate", "Disk, mail and errors", "Background work"]
    );
    assert_eq!(page.texts("#errors-open"), ["1"]);
    assert!(page.texts(".desk-top p")[0].contains(env!("CARGO_PKG_VERSION")));
    let rows = page.texts("[aria-labelledby=jobs] tbody tr");
    let row = |name: &str| rows.iter().find(|row| row.starts_with(name)).unwrap().clone();
    assert!(row("baking").contains("Fails") && row("baking").contains("the oven is cold"));
    assert!(row("alarms").contains("Well"), "{rows:?}");
    assert!(row("backup").contains("in 5 min"), "{rows:?}");
}
