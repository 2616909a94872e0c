//! Lighthouse's opinion of the demonstration shop, on its throttled phone: the middle of several
//! runs of each page of the storefront, and whether staff can use each page of the desk. This part
//! alone ends with a failure when a page is rated too low, painted too late or moves.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::KIOSK;
use crate::others::system;
use crate::process::{Server, client};
use crate::table::{Goal, alone, heading, median};

/// Runs of each page.
const RUNS: usize = 5;
/// When the largest thing of a page is painted, at the latest, in seconds. S1.27
const PAINT_S_MAX: f64 = 1.2;
/// How far what is on screen may move while the page comes, in Lighthouse's measure.
const SHIFT_MAX: f64 = 0.0;
/// What Lighthouse rates. S1.28
const CATEGORIES: [&str; 4] = ["performance", "accessibility", "best-practices", "seo"];
/// Chromium asks nobody for anything but the shop.
const FLAGS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
                     --disable-background-networking --disable-component-update --disable-sync";

/// Whom a page is shown to.
#[derive(Clone, Copy, PartialEq)]
enum Reader {
    /// Anybody, search engines too.
    Anybody,
    /// One buyer: hidden from search engines on purpose, which must not lower it.
    Buyer,
    /// Staff, who are in a hurry and not on a telephone line: their pages are rated for use alone.
    Staff,
}

/// A page and what it must reach of a hundred.
struct Page {
    name: &'static str,
    path: &'static str,
    reader: Reader,
}

const fn page(name: &'static str, path: &'static str, reader: Reader) -> Page {
    Page { name, path, reader }
}

const PAGES: [Page; 35] = [
    page("home", "/", Reader::Anybody),
    page("category", "/category/tableware/", Reader::Anybody),
    page("product", "/product/everyday-mug/", Reader::Anybody),
    page("bundle", "/bundle/quiet-evening/", Reader::Anybody),
    page("cart", "/cart", Reader::Buyer),
    page("checkout", "/checkout", Reader::Buyer),
    page("desk, home", "/admin", Reader::Staff),
    page("desk, orders", "/admin/orders", Reader::Staff),
    page("desk, order", "/admin/orders/HF-1001", Reader::Staff),
    page("desk, refund", "/admin/orders/HF-1001/refund", Reader::Staff),
    page("desk, catalog", "/admin/catalog", Reader::Staff),
    page("desk, product", "/admin/catalog/products/everyday-mug", Reader::Staff),
    page("desk, stock", "/admin/stock", Reader::Staff),
    page("desk, carts", "/admin/carts", Reader::Staff),
    page("desk, customers", "/admin/customers", Reader::Staff),
    page("desk, reports", "/admin/reports", Reader::Staff),
    page("desk, messages", "/admin/messages", Reader::Staff),
    page("desk, health", "/admin/health", Reader::Staff),
    page("desk, new order", "/admin/orders/new", Reader::Staff),
    page("desk, picking list", "/admin/orders/picking", Reader::Staff),
    page("desk, sets", "/admin/catalog/bundles", Reader::Staff),
    page("desk, promotions", "/admin/catalog/promotions", Reader::Staff),
    page("desk, history", "/admin/catalog/products/everyday-mug/history", Reader::Staff),
    page("desk, table", "/admin/catalog-table", Reader::Staff),
    page("desk, stock of one", "/admin/stock/HF-TW-001-OAT", Reader::Staff),
    page("desk, stock count", "/admin/stock-count", Reader::Staff),
    page("desk, customer", "/admin/customers/HF-1001", Reader::Staff),
    page("desk, letter", "/admin/messages/1", Reader::Staff),
    page("desk, letters tried", "/admin/messages/preview/order_confirmation", Reader::Staff),
    page("desk, hooks", "/admin/hooks", Reader::Staff),
    page("desk, errors", "/admin/errors", Reader::Staff),
    page("desk, suggestions", "/admin/recommendations", Reader::Staff),
    page("desk, people", "/admin/staff", Reader::Staff),
    page("desk, log", "/admin/log", Reader::Staff),
    page("desk, account", "/admin/account", Reader::Staff),
];

impl Page {
    /// What is rated, and what it must reach.
    fn goals(&self) -> Vec<(&'static str, f64)> {
        let least = if self.reader == Reader::Buyer { 95.0 } else { 100.0 };
        let rated: &[&str] =
            if self.reader == Reader::Staff { &CATEGORIES[1..3] } else { &CATEGORIES };
        rated.iter().map(|category| (*category, least)).collect()
    }

    /// How often it is rated: speed is not the same twice.
    fn runs(&self) -> usize {
        if self.reader == Reader::Staff { 1 } else { RUNS }
    }
}

/// Rates every page; whether all reach what they must.
pub(crate) fn report(data: &Path) -> bool {
    heading("Lighthouse, phone, of a hundred");
    let content = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let rated = data.join("rated");
    let mut seed = Command::new(KIOSK);
    seed.arg("seed").env("KIOSK_CONTENT_DIR", &content).env("KIOSK_DATA_DIR", &rated);
    assert!(seed.output().unwrap().status.success(), "the demonstration orders are made");
    let mut command = Command::new(KIOSK);
    command.arg("serve");
    let shop = Server::kiosk(command, &content, &rated, "/");
    let cookies = format!("{}; {}", a_cart(&shop), a_member_of_staff(&shop));
    let mut reports: Vec<Vec<Value>> = PAGES.iter().map(|_| Vec::new()).collect();
    for run in 0..RUNS {
        for (page, reports) in PAGES.iter().zip(&mut reports).filter(|(page, _)| run < page.runs())
        {
            reports.push(rate(page, &shop.base, &cookies, data));
        }
    }
    // Every page is told about, also after one that is rated too low.
    let low = PAGES.iter().zip(&reports).filter(|(page, reports)| !tell(page, reports));
    low.count() == 0
}

fn tell(page: &Page, reports: &[Value]) -> bool {
    let middle = |of: &dyn Fn(&Value) -> &Value| {
        median(reports.iter().map(|report| of(report).as_f64().unwrap_or_default()))
    };
    let mut good = true;
    for (category, least) in page.goals() {
        let score = middle(&|report| &report["categories"][category]["score"]) * 100.0;
        alone(&format!("{}: {category}", page.name), score, "", Goal::Least(least));
        if score < least {
            good = false;
            println!("  lost by: {}", lost(&reports[0], category).join(", "));
        }
    }
    if page.reader == Reader::Staff {
        return good;
    }
    let audit = |name: &str| middle(&|report| &report["audits"][name]["numericValue"]);
    let paint_s = audit("largest-contentful-paint") / 1000.0;
    alone(&format!("{}: largest paint", page.name), paint_s, "s", Goal::Most(PAINT_S_MAX));
    let shift = audit("cumulative-layout-shift");
    alone(&format!("{}: shift of the layout", page.name), shift, "", Goal::Most(SHIFT_MAX));
    good &= paint_s <= PAINT_S_MAX && shift <= SHIFT_MAX;
    let weight = if page.name == "product" { Goal::Most(100.0) } else { Goal::Told };
    alone(&format!("{}: sent", page.name), audit("total-byte-weight") / 1000.0, "kB", weight);
    good
}

/// The audits that cost a page its points.
fn lost(report: &Value, category: &str) -> Vec<String> {
    let audits = report["categories"][category]["auditRefs"].as_array().unwrap();
    let weighty = audits.iter().filter(|audit| audit["weight"].as_f64() > Some(0.0));
    let names = weighty.filter_map(|audit| audit["id"].as_str());
    let failed = |name: &&str| report["audits"][name]["score"].as_f64().is_some_and(|s| s < 1.0);
    names.filter(failed).map(str::to_owned).collect()
}

/// One run of Lighthouse.
fn rate(page: &Page, base: &str, cookie: &str, data: &Path) -> Value {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("quality/lighthouse");
    let lighthouse: PathBuf = target.join("node_modules/.bin/lighthouse");
    let out = data.join("report.json");
    let mut command = Command::new(&lighthouse);
    let chromium = system("chromium", "chromium").unwrap_or_else(|why| panic!("{why}"));
    command.env("CHROME_PATH", chromium).arg(format!("{base}{}", page.path));
    command.args(["--quiet", "--output=json", "--no-enable-error-reporting"]);
    command.arg(format!("--output-path={}", out.display()));
    command.arg(format!("--chrome-flags={FLAGS}"));
    command.arg(format!("--extra-headers={}", json!({ "Cookie": cookie })));
    let rated: Vec<&str> = page.goals().iter().map(|(category, _)| *category).collect();
    command.arg(format!("--only-categories={}", rated.join(",")));
    if page.reader == Reader::Buyer {
        command.arg("--skip-audits=is-crawlable");
    }
    let said = command.output().unwrap_or_else(|e| panic!("{}: {e}", lighthouse.display()));
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap()
}

/// The cookie of a visitor with something in the cart.
fn a_cart(shop: &Server) -> String {
    let request = client().post(format!("{}/api/cart/lines", shop.base));
    cookie_of(&request.send_json(json!({ "sku": "HF-TW-001-INK", "qty": 2 })).unwrap())
}

/// The cookie of the owner whom `kiosk seed` lets in.
fn a_member_of_staff(shop: &Server) -> String {
    let request = client().post(format!("{}/admin/sign-in", shop.base));
    let known = [("email", "owner@hearthandfield.example"), ("password", "lantern quay biscuit")];
    cookie_of(&request.config().max_redirects(0).build().send_form(known).unwrap())
}

fn cookie_of(answer: &ureq::http::Response<ureq::Body>) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
