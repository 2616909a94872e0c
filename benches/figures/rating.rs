//! Lighthouse's opinion of the demonstration shop, on its throttled phone: the middle of several
//! runs of each page. This part alone ends with a failure when a page is rated too low.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::KIOSK;
use crate::others::system;
use crate::process::{Server, client};
use crate::table::{Goal, alone, heading, median};

/// Runs of each page.
const RUNS: usize = 5;
/// What Lighthouse rates.
const CATEGORIES: [&str; 4] = ["performance", "accessibility", "best-practices", "seo"];
/// Chromium asks nobody for anything but the shop.
const FLAGS: &str = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
                     --disable-background-networking --disable-component-update --disable-sync";

/// A page and what it must reach of a hundred.
struct Page {
    name: &'static str,
    path: &'static str,
    least: f64,
    /// Pages of one buyer are hidden from search engines on purpose; that must not lower them.
    hidden: bool,
}

const fn page(name: &'static str, path: &'static str) -> Page {
    Page { name, path, least: 100.0, hidden: false }
}

const PAGES: [Page; 6] = [
    page("home", "/"),
    page("category", "/category/tableware/"),
    page("product", "/product/everyday-mug/"),
    page("bundle", "/bundle/quiet-evening/"),
    Page { name: "cart", path: "/cart", least: 95.0, hidden: true },
    Page { name: "checkout", path: "/checkout", least: 95.0, hidden: true },
];

/// Rates every page; whether all reach what they must.
pub(crate) fn report(data: &Path) -> bool {
    heading("Lighthouse, phone, of a hundred");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(KIOSK);
    command.arg("serve");
    let shop = Server::kiosk(command, &root.join("content"), &data.join("rated"), "/");
    let cookie = a_cart(&shop);
    let mut reports: Vec<Vec<Value>> = PAGES.iter().map(|_| Vec::new()).collect();
    for _ in 0..RUNS {
        for (page, reports) in PAGES.iter().zip(&mut reports) {
            reports.push(rate(page, &shop.base, &cookie, data));
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
    for category in CATEGORIES {
        let score = middle(&|report| &report["categories"][category]["score"]) * 100.0;
        alone(&format!("{}: {category}", page.name), score, "", Goal::Least(page.least));
        if score < page.least {
            good = false;
            println!("  lost by: {}", lost(&reports[0], category).join(", "));
        }
    }
    let audit = |name: &str| middle(&|report| &report["audits"][name]["numericValue"]);
    let paint_s = audit("largest-contentful-paint") / 1000.0;
    alone(&format!("{}: largest paint", page.name), paint_s, "s", Goal::Most(1.2));
    let shift = audit("cumulative-layout-shift");
    alone(&format!("{}: shift of the layout", page.name), shift, "", Goal::Most(0.0));
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
    if page.hidden {
        command.arg("--skip-audits=is-crawlable");
    }
    let said = command.output().unwrap_or_else(|e| panic!("{}: {e}", lighthouse.display()));
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap()
}

/// The cookie of a visitor with something in the cart.
fn a_cart(shop: &Server) -> String {
    let agent = client();
    let request = agent.post(format!("{}/api/cart/lines", shop.base));
    let answer = request.send_json(json!({ "sku": "HF-TW-001-INK", "qty": 2 })).unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}
