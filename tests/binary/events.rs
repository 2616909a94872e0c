//! What the payment provider told, and a day's books, asked beside an open shop.

use super::json;
use super::process::{Caller, Folder, Server, client, until};

/// A shop with one paid order.
pub(super) fn with_order(folder: &Folder) -> (Server, String) {
    let server = folder.serve();
    let mut caller = Caller::new(&server.base);
    let (token, page) = caller.order("GLAZE-6");
    assert_eq!(caller.press(&page, &[("action", "decline")]), Some(200));
    assert_eq!(caller.press(&page, &[("action", "pay")]), Some(303));
    let path = format!("/api/checkout/{token}");
    let is_paid = || (caller.get(&path)?.1["payment_status"] == "paid").then_some(());
    until("the order is paid", is_paid);
    let number = caller.get(&path).unwrap().1["number"].as_str().unwrap().to_owned();
    (server, number)
}

// S1.8, S1.5: health, list, one event and trying again, as words and as JSON.
#[test]
fn events_are_shown_beside_an_open_shop() {
    let folder = Folder::base();
    let (_server, number) = with_order(&folder);
    let applied = || json(&folder.run(&["events", "--json"]).ended(0))["applied_24h"] == 1;
    until("the event is applied", || applied().then_some(()));
    let words = folder.run(&["events"]).ended(0);
    assert!(words.contains("All well") && words.contains("received by webhook"), "{words}");
    let listed = json(&folder.run(&["events", "list", "--json", "--order", &number]).ended(0));
    let kinds: Vec<&str> =
        listed.as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    for kind in ["checkout.session.completed", "payment_intent.payment_failed"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    assert!(listed.as_array().unwrap().iter().all(|e| e["order"] == number.as_str()), "{listed}");
    let done = json(&folder.run(&["events", "list", "--state", "done", "--json"]).ended(0));
    let id = done[0]["id"].as_str().unwrap().to_owned();
    let shown = folder.run(&["events", "show", &id]).ended(0);
    assert!(shown.contains("\"type\": \"checkout.session.completed\""), "{shown}");
    let shown = json(&folder.run(&["events", "show", &id, "--json"]).ended(0));
    assert_eq!(shown["payload"]["id"], id.as_str());
    // What took effect is refused; nothing is put aside.
    let refused = folder.run(&["events", "replay", &id]).ended(1);
    assert!(refused.contains("took effect at"), "{refused}");
    let none = folder.run(&["events", "replay", "--dead"]).ended(0);
    assert!(none.contains("No event is put aside"), "{none}");
    for wrong in [
        &["events", "show", "evt_nobody"][..],
        &["events", "replay", "evt_nobody"],
        &["events", "list", "--state", "lost"],
        &["events", "list", "--order", "X-1"],
    ] {
        folder.run(wrong).could_not();
    }
    folder.run(&["audit"]).ended(0);
}

// S1.5: a dead letter made whole by a second process; the running shop applies it.
#[test]
fn a_dead_letter_is_tried_again_beside_an_open_shop() {
    let folder = Folder::base();
    let (_server, _) = with_order(&folder);
    let done = || folder.number("SELECT count(*) FROM webhook_event WHERE state = 'done'");
    until("the event is applied", || (done() == 1).then_some(()));
    let aside = "UPDATE webhook_event SET state = 'dead', last_error = 'nobody home', attempts = 10
                 WHERE state = 'done'";
    folder.database().execute(aside, []).unwrap();
    let words = folder.run(&["events"]).ended(0);
    assert!(words.starts_with("1 event is put aside"), "{words}");
    let listed = folder.run(&["events", "list", "--state", "dead"]).ended(0);
    assert!(listed.contains("nobody home; given up after 10 tries"), "{listed}");
    let again = json(&folder.run(&["events", "replay", "--dead", "--json"]).ended(0));
    assert_eq!(again["replayed"].as_array().unwrap().len(), 1, "{again}");
    until("the shop applied it", || (done() == 1).then_some(()));
    let paid = "SELECT count(*) FROM order_event WHERE kind = 'paid'";
    assert_eq!(folder.number(paid), 1);
    folder.run(&["audit"]).ended(0);
}

// N9: ours against theirs by hand; the exit code is for scripts.
#[test]
fn a_days_books_are_compared_beside_an_open_shop() {
    let folder = Folder::base();
    let (server, number) = with_order(&folder);
    let empty = folder.run(&["statement"]).ended(0);
    assert!(empty.contains("received 0 payments, our books have 0"), "{empty}");
    let today = folder.database().query_row("SELECT date('now')", [], |row| row.get(0));
    let today: String = today.unwrap();
    let day = ["statement", "--day", &today];
    assert!(folder.run(&day).ended(0).contains("Every one of them agrees"));
    folder
        .database()
        .execute(
            "UPDATE simulator_session SET request =
        json_set(request, '$.amount_minor', 1)",
            [],
        )
        .unwrap();
    let differs = folder.run(&day).ended(1);
    assert!(differs.contains(&format!("Order {number}: the provider received £0.01")), "{differs}");
    let document = json(&folder.run(&["statement", "--day", &today, "--json"]).ended(1));
    assert_eq!(
        (&document["ok"], &document["differences"][0]["kind"]),
        (&false.into(), &"amount".into())
    );
    assert!(folder.run(&["statement", "--day", "soon"]).could_not().contains("2026-11-24"));
    // Numbers are for this machine; who was passed on gets nothing.
    let (status, text) = server.get("/metrics");
    assert_eq!((status, text.contains("kiosk_inbox_events{state=\"dead\"} 0")), (200, true));
    let address = format!("{}/metrics", server.base);
    let passed_on = client().get(address).header("x-forwarded-for", "127.0.0.1").call().unwrap();
    assert_eq!(passed_on.status(), 404);
}
