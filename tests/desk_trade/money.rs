//! Sales: figures worked out by hand, days of the shop's calendar, and who may see them.

use kiosk::identity::Role;
use kiosk::payments::Share;

use crate::house::{Answer, Browser, Edited, TestShop, base_content};
use crate::{DAY_S, HOUR_S, at_payment, give_back, paid};

/// The report of these days.
#[track_caller]
fn report(desk: &mut Browser, from: &str, to: &str) -> Answer {
    let page = desk.get(&format!("/admin/reports?from={from}&to={to}"));
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

/// Rows of the daily table, the newest first, cells joined by bars.
fn days(page: &Answer) -> Vec<String> {
    let cells = page.texts("section > .table-box tbody :is(th, td)");
    cells.chunks(6).map(|row| row.join(" | ")).collect()
}

/// Revenue, orders, average and what was given back, without what stood there before.
fn figures(page: &Answer) -> Vec<String> {
    page.texts("dl.figures dd:not(.figure-then)")
}

// S3.50 S3.51 S3.52 S3.55 S3.56: from known orders and refunds, to the penny.
#[test]
fn figures_are_those_of_the_orders() {
    let shop = TestShop::open();
    // Tuesday: 29.99 + 4.99 delivery, and 2 × 79.99 delivered free.
    let apron = paid(&shop, "APRON-S", 1);
    paid(&shop, "GLAZE-6", 2);
    // Nobody pays for a third one.
    let (mut buyer, payment) = at_payment(&shop, "KILN-1", 1);
    buyer.press(&payment, "cancel");
    // Wednesday: a set of kiln, apron and two glazes, and the apron's price goes back.
    shop.advance_s(DAY_S);
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    let payment = buyer.checkout().location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    give_back(&shop, &apron, Share::Lines(vec![("APRON-S".to_owned(), 1)]));
    let mut desk = shop.sign_in(Role::Owner);
    let page = report(&mut desk, "2026-11-24", "2026-11-25");
    // 34.98 + 159.98 + 1,041.22 − 29.99; a third of what was paid is 412.06.
    assert_eq!(figures(&page), ["£1,206.19", "3", "£412.06", "£29.99"]);
    assert_eq!(
        days(&page),
        [
            "Wed 25 November 2026 | 1 | £1,041.22 | £29.99 | £1,011.23 | £0.00",
            "Tue 24 November 2026 | 2 | £194.96 |  | £194.96 | £0.00",
        ]
    );
    // The set is itself; the apron that went back is worth nothing any more.
    let best = page.texts("ol.rows li");
    assert_eq!(
        best,
        ["Starter set Bundle1 sold £1,041.22", "Six glazes2 sold £159.98"],
        "{best:?}"
    );
    let states = page.texts("[aria-labelledby=states] [data-by=payment] li");
    assert_eq!(states, ["Paid 2", "Not paid in time 1", "Refunded in part 1"]);
    let goods = page.texts("[aria-labelledby=states] [data-by=fulfilment] li");
    assert_eq!(goods, ["Not shipped 3"], "of those that are paid");
    // Each day alone, and a week later beside these.
    assert_eq!(figures(&report(&mut desk, "2026-11-24", "2026-11-24"))[0], "£194.96");
    shop.advance_s(7 * DAY_S);
    let mut desk = shop.sign_in(Role::Owner);
    let later = report(&mut desk, "2026-12-01", "2026-12-02");
    assert_eq!(days(&later)[0], "Wed 2 December 2026 | 0 | £0.00 |  | £0.00 | £1,011.23");
    // At ten on Wednesday; the set of last Wednesday was paid at ten as well, and is not before it.
    assert_eq!(later.texts("dl.figures .figure-then")[0], "£194.96 before");
    shop.assert_audit();
}

// S3.50: a shop that sells in another currency from today on adds no pounds to euros.
#[test]
fn each_currency_is_told_for_itself() {
    let content = Edited::of(&base_content());
    let shop = TestShop::on(&content);
    paid(&shop, "GLAZE-6", 1);
    shop.publish(&content.replace("shop.toml", "\"GBP\"", "\"EUR\""));
    paid(&shop, "KILN-1", 1);
    let mut desk = shop.sign_in(Role::Owner);
    let page = report(&mut desk, "2026-11-24", "2026-11-24");
    assert_eq!(page.texts("section[aria-label] > h2:first-child"), ["In EUR", "In GBP"]);
    let figures = figures(&page);
    assert_eq!((figures[0].as_str(), figures[4].as_str()), ("€999.99", "£79.99"), "{figures:?}");
    assert_eq!(page.texts("section > .sheets ol li").len(), 2, "each with its own best products");
    let sheet = desk.get("/admin/reports.csv?from=2026-11-24&to=2026-11-24").body;
    for line in ["2026-11-24,EUR,1,999.99", "2026-11-24,GBP,1,79.99"] {
        assert!(sheet.contains(line), "{line} is not in {sheet}");
    }
    let front = desk.get("/admin").texts(".figures").join(" ");
    assert!(front.contains("€999.99") && front.contains("£79.99"), "{front}");
    shop.assert_audit();
}

// S3.56: the day on which clocks change has 23 hours, and every order falls on one day.
#[test]
fn days_are_those_of_the_shops_clock() {
    let shop = TestShop::open();
    // Saturday 27 March 2027, 23:30 in London, which is on winter time.
    let start = 1_806_190_200_000_i64;
    shop.advance_s((start - shop.kit.now().0) / 1000);
    paid(&shop, "APRON-S", 1);
    // Sunday 00:30; Sunday 23:30, already summer time; Monday 00:30.
    for wait in [HOUR_S, 22 * HOUR_S, HOUR_S] {
        shop.advance_s(wait);
        paid(&shop, "APRON-S", 1);
    }
    let mut desk = shop.sign_in(Role::Owner);
    let page = report(&mut desk, "2027-03-27", "2027-03-29");
    let orders: Vec<_> =
        days(&page).iter().map(|row| row.split(" | ").nth(1).unwrap().to_owned()).collect();
    assert_eq!(orders, ["1", "2", "1"], "Monday, Sunday, Saturday");
    assert_eq!(page.texts("ol.rows li .small")[0], "4 sold");
    // A day that was shown before, and had one more sale since.
    paid(&shop, "APRON-S", 1);
    let page = report(&mut desk, "2027-03-27", "2027-03-29");
    assert_eq!(page.texts("ol.rows li .small"), ["5 sold"]);
    let page = report(&mut desk, "2027-03-28", "2027-03-28");
    assert_eq!(page.texts("ol.rows li .small"), ["2 sold"]);
}

// S3.57 S2.74: who edits the catalog sees no money, no buyer and no cart, wherever they look.
#[test]
fn figures_are_not_for_everybody() {
    let shop = TestShop::open();
    paid(&shop, "APRON-S", 1);
    let mut editor = shop.sign_in(Role::Catalog);
    for path in [
        "/admin/reports",
        "/admin/reports.csv",
        "/admin/carts",
        "/admin/customers",
        "/admin/health",
    ] {
        assert_eq!(editor.get(path).status, 403, "{path}");
    }
    let home = editor.get("/admin");
    assert_eq!(home.status, 200);
    for word in ["Ada", "£", "Revenue", "To ship", "carts", "Last order", "Mail queue"] {
        assert!(!home.body.contains(word), "{word}: {}", home.body);
    }
    assert_eq!(home.texts(".sentence"), ["All well. 1 running low."]);
    assert_eq!(shop.sign_in(Role::Orders).get("/admin/reports").status, 200);
}

// S3.55: saved as CSV, in which nothing is a formula; wrong days are said so.
#[test]
fn a_report_is_saved() {
    let shop = TestShop::open();
    paid(&shop, "APRON-S", 1);
    let mut desk = shop.sign_in(Role::Orders);
    let saved = desk.get("/admin/reports.csv?from=2026-11-23&to=2026-11-24");
    assert!(saved.headers["content-type"].starts_with("text/csv"));
    assert_eq!(
        saved.headers["content-disposition"],
        "attachment; filename=\"sales-2026-11-23-2026-11-24.csv\""
    );
    let rows: Vec<&str> = saved.body.split_terminator("\r\n").collect();
    assert_eq!(rows[0], "day,currency,orders,paid,refunds,refunded,net,net_week_before");
    assert_eq!(rows[2], "2026-11-24,GBP,1,34.98,0,0.00,34.98,0.00");
    for wrong in ["from=2026-13-01", "from=2026-11-25&to=2026-11-24", "from=1900-01-01"] {
        let page = desk.get(&format!("/admin/reports?{wrong}"));
        assert_eq!(page.status, 422, "{wrong}");
        assert_eq!(page.texts("h1"), ["Sales"], "the page is still there");
        assert_eq!(desk.get(&format!("/admin/reports.csv?{wrong}")).status, 422, "{wrong}");
    }
    let odd = desk.get("/admin/reports?from=%3Cscript%3Ealert(1)%3C/script%3E");
    assert!(!odd.body.contains("<script>alert"), "{}", odd.body);
}

// S2.66: what a merchant writes into a title runs in nobody's spreadsheet.
#[test]
fn a_title_is_no_formula() {
    let content = Edited::of(&base_content()).replace(
        "products/kiln.toml",
        "\"Table kiln\"",
        "\"=HYPERLINK(1)\"",
    );
    let shop = TestShop::on(&content);
    let saved = shop.sign_in(Role::Orders).get("/admin/stock.csv");
    let row = saved.body.lines().find(|line| line.starts_with("KILN-1")).unwrap();
    assert_eq!(row, "KILN-1,'=HYPERLINK(1),,4,0,4,5,,", "{row}");
}

// S2.94 S3.54 N24: the front page says how the day goes, and leads to what is behind each figure.
#[test]
fn the_front_page_tells_the_day() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Owner);
    let empty = desk.get("/admin");
    assert!(empty.texts(".sentence")[0].starts_with("All well. No order yet. Nothing to ship."));
    let number = paid(&shop, "GLAZE-6", 1);
    shop.work_off();
    let page = desk.get("/admin");
    let sentence = &page.texts(".sentence")[0];
    assert!(sentence.starts_with("All well. Last order 10:00. 1 order to ship."), "{sentence}");
    assert_eq!(page.texts(".figures .figure"), ["£79.99", "£79.99", "£79.99"]);
    assert_eq!(
        page.attribute(".figures a", "href"),
        "/admin/reports?from=2026-11-24&to=2026-11-24"
    );
    assert!(page.texts("#ship li")[0].starts_with(&format!("{number} Ada Lovelace")));
    assert_eq!(page.attribute("#ship li a", "href"), format!("/admin/orders/{number}"));
    assert_eq!(page.texts(".bars rect.bar").len(), 30);
    assert_eq!(page.texts("details tbody tr").len(), 30, "the same numbers as a table");
    let left = page.texts(".steps-left summary");
    assert_eq!(left, ["Before you open: 4 of 7 done What is left"]);
    assert_eq!(page.texts("[aria-labelledby=best] li"), ["Six glazes1 sold £79.99"]);
    assert_eq!(page.texts("[aria-labelledby=states] [data-by=payment] li"), ["Paid 1"]);
    let recent = page.texts("[aria-labelledby=recent] li");
    assert!(recent.len() == 1 && recent[0].starts_with(&number), "{recent:?}");
    // Three days later it has still not left.
    shop.advance_s(3 * DAY_S);
    let mut desk = shop.sign_in(Role::Owner);
    let late = desk.get("/admin");
    assert_eq!(
        late.texts(".sentence"),
        ["A paid order has waited 3 days to be shipped. See what to ship"]
    );
    assert_eq!(late.attribute(".sentence a", "href"), "#ship");
}
