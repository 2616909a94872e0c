//! What the simulator offers is what is proved.

use crate::house::Answer;
use crate::simulator::Before;

/// The page offers these and no others.
#[track_caller]
fn assert_offers(page: &Answer, control: &str, values: &[&str]) {
    assert_eq!(page.texts(control).len(), values.len(), "{}", page.body);
    for value in values {
        let name = if control == "[type=checkbox]" { "name" } else { "value" };
        assert_eq!(page.attribute(&format!("[{name}='{value}']"), name), *value);
    }
}

// N7: the list of scenarios is the list of tests: every button and every switch of the simulator's
// pages is pressed, and ends as these tables say.
#[test]
fn every_button_there_is_ends_as_foreseen() {
    const ENDINGS: [(&str, &str, (u32, u32)); 8] = [
        ("pay", "paid", (3, 0)),
        ("3ds", "pending", (4, 1)),
        ("decline", "pending", (4, 1)),
        ("async", "paid", (3, 0)),
        ("async_fail", "failed", (4, 0)),
        ("close", "paid", (3, 0)),
        ("expire", "expired", (4, 0)),
        ("cancel", "pending", (4, 1)),
    ];
    const SWITCHES: [&str; 5] = ["late", "doubled", "reordered", "lost", "forged"];
    const OF_THE_PROVIDER: [(&str, &str, i64); 8] = [
        ("refund", "part_refunded", 0),
        ("ending_succeed", "paid", 0),
        ("ending_succeed_later", "paid", 0),
        ("ending_fail_later", "paid", 0),
        ("needs_response", "paid", 1),
        ("under_review", "paid", 1),
        ("won", "paid", 0),
        ("lost", "paid", 1),
    ];
    for (action, status, left) in ENDINGS {
        let mut before = Before::new();
        let page = before.buyer.get(&before.page);
        assert_offers(&page, "[name=action]", &ENDINGS.map(|(action, ..)| action));
        assert_offers(&page, "[type=checkbox]", &SWITCHES);
        before.press(action, &[]);
        before.wait_s(130);
        before.assert_now(status, left.0, left.1);
    }
    for switch in SWITCHES {
        let mut before = Before::new();
        before.press("pay", &[switch]);
        before.wait_s(130);
        before.assert_now("paid", 3, 0);
    }
    for (action, status, disputed) in OF_THE_PROVIDER {
        let mut before = Before::new();
        before.press("pay", &[]);
        let closed = before.buyer.get(&before.page);
        let desk = closed.attribute("a[href^='/simulator/desk/']", "href");
        let all = OF_THE_PROVIDER.map(|(action, ..)| action);
        // What a bank decides is offered once there is a dispute.
        assert_offers(&before.buyer.get(&desk), "[name=action]", &all[..5]);
        if !all[..5].contains(&action) {
            before.buyer.post(&desk, &[("action", "needs_response")]);
            before.shop.work_off();
            assert_offers(&before.buyer.get(&desk), "[name=action]", &all);
        }
        before.buyer.post(&desk, &[("action", action), ("amount", "1.00")]);
        before.shop.work_off();
        before.assert_now(status, 3, 0);
        assert_eq!(before.shop.number("SELECT disputed FROM orders"), disputed, "{action}");
    }
}
