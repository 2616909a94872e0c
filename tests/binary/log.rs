//! The log of changes knows what was done on the command line, as it does of the desk.

use serde_json::Value;

use super::json;
use super::process::{Folder, until};

/// The lines of the log: what was done to what, before and after; the oldest first.
fn lines(folder: &Folder) -> Vec<(String, String, Value, Value)> {
    let database = folder.database();
    let sql = "SELECT action, entity_id, before, after FROM audit
               WHERE actor = 'command line' AND entity <> 'staff' ORDER BY id";
    let mut asked = database.prepare(sql).unwrap();
    let line = |row: &rusqlite::Row| {
        let (before, after): (String, String) = (row.get(2)?, row.get(3)?);
        Ok((row.get(0)?, row.get(1)?, json(&before), json(&after)))
    };
    asked.query_map([], line).unwrap().map(Result::unwrap).collect()
}

// S2.72: who moves stock, money or orders from a terminal leaves a line, too; who was refused
// leaves none.
#[test]
fn what_the_command_line_changes_is_logged() {
    let folder = Folder::base();
    let (server, number) = super::events::with_order(&folder);
    let applied = "SELECT count(*) FROM webhook_event WHERE state IN ('new', 'retry')";
    until("all events are applied", || (folder.number(applied) == 0).then_some(()));
    folder.run(&["stock", "receive", "GLAZE-6", "5"]).ended(0);
    folder.run(&["stock", "count", "GLAZE-6", "3", "--note", "by hand"]).ended(0);
    folder.run(&["stock", "count", "GLAZE-6", "3"]).ended(0);
    folder.run(&["stock", "receive", "NOBODY", "5"]).could_not();
    let refund = ["order", "refund", &number, "--amount", "0.50", "--by-hand", "--reason", "late"];
    folder.run(&refund).ended(0);
    folder.run(&["order", "refund", &number, "--amount", "5000000"]).could_not();
    folder.run(&["order", "ship", &number, "--tracking", "Q7"]).ended(0);
    folder.run(&["order", "deliver", &number]).ended(0);
    folder.run(&["order", "cancel", &number]).could_not();
    folder.run(&["errors", "test"]).ended(0);
    let error = folder.run(&["errors", "list"]).ended(0);
    let error = error.split_whitespace().next().unwrap();
    folder.run(&["errors", "resolve", error]).ended(0);
    folder.run(&["hooks", "test"]).ended(0);
    let given_up = "UPDATE outbox SET state = 'dead', sent_at = NULL WHERE id = 1";
    folder.database().execute(given_up, []).unwrap();
    folder.run(&["letters", "settle", "1"]).ended(0);
    folder.run(&["letters", "settle", "1"]).could_not();
    folder.run(&["letters", "resend", "1", "--reason", "lost"]).ended(0);
    let aside = "UPDATE webhook_event SET state = 'dead', last_error = 'nobody home', attempts = 10
                 WHERE state = 'done'";
    folder.database().execute(aside, []).unwrap();
    let dead = folder.number("SELECT count(*) FROM webhook_event WHERE state = 'dead'");
    let first = json(&folder.run(&["events", "list", "--state", "dead", "--json"]).ended(0));
    let first = first[0]["id"].as_str().unwrap();
    folder.run(&["events", "leave", first, "--reason", " "]).could_not();
    folder.run(&["events", "leave", first, "--reason", "it is paid"]).ended(0);
    folder.run(&["events", "leave", first, "--reason", "it is paid"]).could_not();
    folder.run(&["events", "replay", "--dead"]).ended(0);

    let lines = lines(&folder);
    let told: Vec<&str> = lines.iter().map(|line| line.0.as_str()).collect();
    let mut wanted = vec!["stock.change", "stock.change", "order.refund", "order.ship"];
    wanted.extend(["order.deliver", "error.resolve", "hook.test", "letter.settle"]);
    wanted.extend(["letter.resend", "event.leave"]);
    wanted.extend(vec!["event.replay"; usize::try_from(dead - 1).unwrap()]);
    assert_eq!(told, wanted);
    assert!(lines.iter().all(|(.., before, after)| before != after), "{lines:?}");
    let (_, sku, before, after) = &lines[1];
    assert_eq!(
        (sku.as_str(), &after["on_hand"], &after["note"]),
        ("GLAZE-6", &3.into(), &"by hand".into())
    );
    assert_eq!(before["on_hand"], lines[0].3["on_hand"], "what it was is what came before");
    assert!(lines[2..5].iter().all(|line| line.1 == number), "{lines:?}");
    assert_eq!(lines[2].3["wanted"]["reason"], "late");
    assert_eq!(
        (&lines[3].2["fulfilment"], &lines[3].3["fulfilment"]),
        (&"unfulfilled".into(), &"shipped".into())
    );
    drop(server);
}
