//! An open shop seen from outside: edits while it runs, restarts, and being told to stop.

use kiosk::base::Instant;
use kiosk::storefront::keep_last_good;
use serde_json::Value;

use super::process::{Caller, Folder, KIOSK, Server, until};

const KILN: &str = "content/products/kiln.toml";
/// 2027-03-10T12:00:00Z.
const NOW: Instant = Instant(1_804_680_000_000);

fn kiln(server: &Server) -> String {
    let (status, page) = server.get("/product/kiln/");
    assert_eq!(status, 200, "{page}");
    page
}

// S2.101: a mistake never takes a page down; the last good one stays until it is mended.
#[test]
fn a_mistake_keeps_the_last_good_shop_while_open_and_after_a_restart() {
    let folder = Folder::base();
    let good = folder.read(KILN);
    let server = folder.serve();
    assert!(kiln(&server).contains("Table kiln"));

    folder.write(KILN, &good.replace("Table kiln", "Desk kiln"));
    until("the edit is published", || kiln(&server).contains("Desk kiln").then_some(()));
    let kept = "data/last_good/products/kiln.toml";
    until("it is kept", || folder.read_if_there(kept).contains("Desk kiln").then_some(()));
    folder.write(KILN, &good.replace("title ", "titel "));
    until("the mistake is told", || server.said().contains("titel").then_some(()));
    assert!(kiln(&server).contains("Desk kiln"));
    assert!(server.said().contains("kiln.toml:3:1"), "{}", server.said());
    assert_eq!(server.stop(), Some(0));

    // Opened with the mistake still there: the last good files are used, and it says so.
    let server = folder.serve();
    assert!(kiln(&server).contains("Desk kiln"));
    let said = server.said();
    assert!(said.contains("titel") && said.contains("last good"), "{said}");
    folder.write(KILN, &good);
    until("the mended file is published", || kiln(&server).contains("Table kiln").then_some(()));
    assert_eq!(server.stop(), Some(0));
}

// N11: two commands back to yesterday's shop, and forward again; nothing that lay there is lost.
#[test]
fn a_former_state_comes_back_and_can_be_left_again() {
    let folder = Folder::base();
    let good = folder.read(KILN);
    let listed = || folder.run(&["revisions", "list"]).ended(0);
    assert!(listed().starts_with("Nothing is kept yet"));
    let server = folder.serve();
    let lines = || listed().lines().map(str::to_owned).collect::<Vec<_>>();
    folder.write(KILN, &good.replace("Table kiln", "Desk kiln"));
    until("the edit is kept", || (lines().len() == 2).then_some(()));
    folder.write("content/pages/more.md", "+++\ntitle = \"More\"\n+++\nWords.\n");
    until("the page is kept", || (lines().len() == 3).then_some(()));
    let kept = lines();
    assert!(kept[1].ends_with("~products/kiln.toml"), "{kept:?}");
    assert!(kept[2].ends_with("+pages/more.md"), "{kept:?}");

    // A state with a mistake is none to go back to, but it is not lost.
    folder.write(KILN, &good.replace("title ", "titel "));
    let name = |line: &str| line.split_whitespace().nth(1).unwrap().to_owned();
    let back = folder.run(&["revisions", "restore", &name(&kept[0])[..9]]).ended(0);
    assert!(back.contains("-pages/more.md ~products/kiln.toml"), "{back}");
    assert_eq!(folder.read(KILN), good);
    until("the first shop is back", || kiln(&server).contains("Table kiln").then_some(()));
    assert_eq!(server.get("/page/more/").0, 404);
    let broken = lines().into_iter().find(|line| !kept.contains(line)).unwrap();
    folder.run(&["revisions", "restore", &name(&broken)]).ended(0);
    assert!(folder.read(KILN).contains("titel ") && folder.path("content/pages/more.md").exists());
    let unknown = folder.run(&["revisions", "restore", "zzz"]).could_not();
    assert!(unknown.contains("kiosk revisions list"), "{unknown}");
    assert_eq!(server.stop(), Some(0));
}

// S2.101: files that went wrong while they were copied are not the last good ones.
#[test]
fn only_content_without_mistakes_is_kept() {
    let folder = Folder::base();
    let (content, data) = (folder.path("content"), folder.path("data"));
    let revision = kiosk::pricing::load(&content).unwrap().book.unwrap().revision;
    std::fs::create_dir(&data).unwrap();
    keep_last_good(&data, &content, &revision, NOW).unwrap();
    let kept = || folder.read("data/last_good/products/kiln.toml");
    assert!(kept().contains("Table kiln"));
    let good = folder.read(KILN);
    for edited in [good.replace("title ", "titel "), good.replace("Table", "Desk")] {
        folder.write(KILN, &edited);
        keep_last_good(&data, &content, "the revision that was read", NOW).unwrap();
        assert!(kept().contains("title    = \"Table kiln\""), "{}", kept());
    }
}

// S2.101: without a last good shop there is nothing to open.
#[test]
fn a_first_start_with_mistakes_lists_them_and_ends_with_2() {
    let folder = Folder::base();
    folder.write(KILN, &folder.read(KILN).replace("title ", "titel "));
    let Err((code, said)) = Server::start(folder.command(KIOSK, &["serve"])) else {
        panic!("the shop opened");
    };
    assert_eq!(code, Some(2));
    assert!(said.contains("content/products/kiln.toml:3:1: unknown key `titel`"), "{said}");
    assert!(said.lines().last().unwrap().starts_with("kiosk: "), "{said}");
}

// S2.54: price and page change together, and a cart hears of it.
#[test]
fn a_price_edited_while_open_is_the_price_of_page_and_cart() {
    let folder = Folder::base();
    let server = folder.serve();
    folder.write(KILN, &folder.read(KILN).replace("999.99", "888.88"));
    until("the price is published", || kiln(&server).contains("888.88").then_some(()));
    let mut caller = Caller::new(&server.base);
    let line = serde_json::json!({ "sku": "KILN-1", "qty": 1 });
    let (status, cart) = caller.post("/api/cart/lines", &line).unwrap();
    assert_eq!(status, 201, "{cart}");
    assert_eq!(cart["quote"]["goods_minor"], 88_888, "{cart}");
}

// S1.50: told to stop, it finishes and ends with 0; what was bought is there afterwards.
#[test]
fn sigterm_ends_the_shop_with_0_and_loses_nothing() {
    let folder = Folder::base();
    let server = folder.serve();
    let mut caller = Caller::new(&server.base);
    let (token, page) = caller.order("GLAZE-6");
    assert_eq!(caller.press(&page, &[("action", "pay")]), Some(303));
    let cookie = caller.cookie();
    assert_eq!(server.stop(), Some(0));
    let server = folder.serve();
    let asked = Caller::new(&server.base);
    let path = format!("/api/checkout/{token}");
    let is_paid = || (asked.get(&path)?.1["payment_status"] == "paid").then_some(());
    until("the order is paid", is_paid);
    assert!(cookie.contains('='), "{cookie}");
    assert_eq!(server.stop(), Some(0));
    folder.run(&["audit"]).ended(0);
}

// S1.50: what a watchdog and a person ask a running shop.
#[test]
fn a_running_shop_tells_its_health_and_its_build() {
    let folder = Folder::base();
    let server = folder.serve();
    assert_eq!(server.get("/healthz"), (200, "ok\n".to_owned()));
    let (status, ready) = server.get("/readyz");
    assert_eq!((status, ready.contains("\"ready\":true")), (200, true), "{ready}");
    let meta = format!("<meta name=\"kiosk-build\" content=\"{}", env!("CARGO_PKG_VERSION"));
    for path in ["/", "/product/kiln/", "/cart", "/search?q=kiln", "/nowhere"] {
        let mut answer = super::process::client()
            .get(format!("{}{path}", server.base))
            .header("accept", "text/html")
            .call()
            .unwrap();
        let page = answer.body_mut().read_to_string().unwrap();
        assert!(page.contains(&meta), "{path}: {page}");
    }
    let version = folder.run(&["--version"]).ended(0);
    assert_eq!(version, format!("kiosk {}\n", env!("CARGO_PKG_VERSION")));
}

// S4.40: what happens is logged, each line a document with time, level and words, and nobody's
// address in it.
#[test]
fn events_are_logged_without_names() {
    let folder = Folder::base().set("log_json", "on");
    let server = folder.serve();
    let (_, page) = Caller::new(&server.base).order("GLAZE-6");
    assert_eq!(Caller::new(&server.base).press(&page, &[("action", "pay")]), Some(303));
    until("the paid order", || (folder.number("SELECT count(*) FROM outbox") == 1).then_some(()));
    let paid =
        until("the line", || server.said().contains("an event was stored").then(|| server.said()));
    assert_eq!(server.stop(), Some(0));
    for line in paid.lines().filter(|line| line.starts_with('{')) {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        for key in ["timestamp", "level", "message"] {
            assert!(!line[key].is_null(), "{key}: {line}");
        }
    }
    assert!(paid.lines().filter(|line| line.starts_with('{')).count() > 1, "{paid}");
    for name in ["ada@example.com", "Lovelace", "High Street"] {
        assert!(!paid.contains(name), "{name}: {paid}");
    }
}

// S1.7: letters can be looked at in development only.
#[test]
fn letters_are_shown_in_development_only() {
    let folder = Folder::base();
    let server = folder.serve();
    assert_eq!(server.get("/dev/mail").0, 404);
    assert_eq!(server.stop(), Some(0));
    let server = Server::open(folder.command(KIOSK, &["serve", "--dev"]));
    assert_eq!(server.get("/dev/mail").0, 200);
}
