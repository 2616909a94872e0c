//! The copy on a static host while the shop behind it is away: pages and cart go on.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use kiosk::storefront::LIVE;
use tempfile::TempDir;

use super::driver::{TAB, Tab};
use super::house::{Setup, TestShop, demo_content};
use super::process::Folder;
use super::{INK, MUG, fill_in};

const SAGE: &str = "HF-TW-001-SAG";
/// What a host says in the place of a shop that does not answer.
const AWAY: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\naway";

/// A static host: files of a folder, and paths that it passes on to the shop, if that is there.
#[derive(Clone)]
struct Host {
    base: String,
    dist: PathBuf,
    till: Arc<Mutex<Option<String>>>,
    /// Answers of the shop are lost on their way.
    is_lossy: Arc<AtomicBool>,
}

impl Host {
    /// Answers on a port of its own until the test ends.
    fn open(dist: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let host =
            Self { base, dist: dist.to_owned(), till: Arc::default(), is_lossy: Arc::default() };
        let serving = host.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let host = serving.clone();
                thread::spawn(move || host.answer(stream));
            }
        });
        host
    }

    /// The shop is here now, or away.
    fn passes_on_to(&self, shop: Option<&TestShop>) {
        let address = shop.map(|shop| shop.base.trim_start_matches("http://").to_owned());
        *self.till.lock().unwrap() = address;
    }

    fn answer(&self, mut stream: TcpStream) {
        let Some((head, body)) = read_request(&mut stream) else { return };
        let path = head.split_whitespace().nth(1).unwrap_or("/");
        let path = path.split('?').next().unwrap().to_owned();
        let passed = LIVE.iter().any(|rule| match rule.strip_suffix('*') {
            Some(stem) => path.starts_with(stem),
            None => path == *rule,
        });
        let till = self.till.lock().unwrap().clone();
        let done = match (passed, till) {
            (true, Some(till)) if self.is_lossy.load(Ordering::Relaxed) => {
                let _ = pass_on(&mut std::io::sink(), &till, &head, &body);
                stream.write_all(AWAY)
            }
            (true, Some(till)) => pass_on(&mut stream, &till, &head, &body),
            (true, None) => stream.write_all(AWAY),
            (false, _) => self.send_file(&mut stream, &path),
        };
        // A browser that has gone on needs no answer.
        let _ = done;
    }

    fn send_file(&self, stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
        let name = path.trim_start_matches('/');
        // A folder stands for the page in it, as hosts have it.
        let is_folder = self.dist.join(name).is_dir();
        let index = if is_folder { "/index.html" } else { "" };
        let found = fs::read(self.dist.join(format!("{name}{index}")));
        let (status, body) = match found {
            Ok(body) => ("200 OK", body),
            Err(_) => ("404 Not Found", fs::read(self.dist.join("404.html"))?),
        };
        let kinds = [(".css", "text/css"), (".js", "text/javascript"), (".svg", "image/svg+xml")];
        let kind = kinds.iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| *kind);
        let page = is_folder || name.ends_with(".html");
        let kind = kind.unwrap_or(if page { "text/html" } else { "application/octet-stream" });
        let headers = fs::read_to_string(self.dist.join("_headers"))?;
        let everywhere = headers.lines().skip(1).take_while(|line| line.starts_with(' '));
        let headers: String = everywhere.map(|line| format!("{}\r\n", line.trim())).collect();
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}content-type: {kind}; charset=utf-8\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)
    }
}

/// Head and body of one request.
fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.to_lowercase().lines().find_map(|line| {
        line.strip_prefix("content-length:").and_then(|n| n.trim().parse::<usize>().ok())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// One request, one connection: the shop closes it at the end of its answer.
fn pass_on(client: &mut impl Write, till: &str, head: &str, body: &[u8]) -> std::io::Result<()> {
    let mut shop = TcpStream::connect(till)?;
    let kept = head.trim_end().lines();
    let kept = kept.filter(|line| !line.to_lowercase().starts_with("connection:"));
    let head: String = kept.map(|line| format!("{line}\r\n")).collect();
    shop.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    shop.write_all(body)?;
    std::io::copy(&mut shop, client).map(|_| ())
}

fn open_shop(host: &Host, data: &Path) -> TestShop {
    TestShop::with(Setup {
        content: Some(demo_content()),
        settings: vec![("public_url", host.base.clone())],
        data: Some(data.to_owned()),
        ..Setup::default()
    })
}

/// An answer that is lost on its way puts nothing in twice.
fn lose_an_answer(host: &Host, tab: &Tab) {
    host.is_lossy.store(true, Ordering::Relaxed);
    tab.go(&format!("{}/product/studio-vase/", host.base));
    tab.click("[data-buy]");
    tab.reads("#resting li:nth-child(2)", "£");
    host.is_lossy.store(false, Ordering::Relaxed);
    tab.click("#resting .button");
    tab.reads("#cart .line:nth-child(2)", "Studio vase");
    tab.reads("[data-cart-count]", "2");
    tab.click(".line:nth-child(2) [name=remove]");
    // The count is foreseen; this is said once the shop has agreed.
    tab.reads("#status", " removed");
    tab.reads("[data-cart-count]", "1");
}

/// Lists as the shop narrows them, and where a copy shows the same.
const NARROWED: [(&str, &str); 7] = [
    ("/search?tag=gift", ""),
    ("/search?tier=pro", ""),
    ("/search?tag=gift&price_max=1%20299.50", ""),
    ("/search?tag=gift&tag=wood&price_max=20&sort=price_desc", ""),
    (
        "/category/tableware/?in_stock=1&sort=price_asc",
        "/search?shelf=tableware&in_stock=1&sort=price_asc",
    ),
    (
        "/category/tableware/?category=tableware/mugs-cups&option.colour=Ink",
        "/search?shelf=tableware&category=tableware/mugs-cups&option.colour=Ink",
    ),
    ("/search?sort=newest&page=2", ""),
];

/// Titles of the cards of each list, in its order.
fn narrowed(shop: &TestShop) -> Vec<Vec<String>> {
    let listed = |(path, _): (&str, &str)| {
        let titles = shop.browser().get(path).texts("main .grid .card-title");
        assert!(!titles.is_empty(), "{path}");
        titles
    };
    NARROWED.into_iter().map(listed).collect()
}

/// Without the shop, the copy's own page narrows as the shop does, wherever one comes from.
fn narrow(host: &Host, tab: &Tab, expected: &[Vec<String>]) {
    let titles = || {
        let all = "return [...document.querySelectorAll('main .grid .card-title')]
            .map((title) => title.textContent.replace(/\\s+/g, ' ').trim())";
        let all = tab.run(all);
        all.as_array().unwrap().iter().map(|t| t.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for ((of_shop, of_copy), expected) in NARROWED.iter().zip(expected) {
        let path = if of_copy.is_empty() { of_shop } else { of_copy };
        tab.go(&format!("{}{path}", host.base));
        tab.until("the list", || (), || !titles().is_empty());
        assert_eq!(&titles(), expected, "{path}");
    }
    // A tag of a product, and what is chosen taken away again.
    tab.go(&format!("{}{MUG}", host.base));
    let tag = tab.text(".chips-small li:first-child a");
    tab.click(".chips-small li:first-child a");
    tab.reads("[data-chips] .chip", &tag);
    let of_tag = titles();
    assert!(of_tag.contains(&"Everyday mug".to_owned()), "{of_tag:?}");
    tab.click("[data-chips] .chip");
    tab.until("everything", || (), || titles().len() > of_tag.len());
    // The filters of a shelf, with the way back.
    tab.go(&format!("{}/category/tableware/", host.base));
    if !tab.has(".filters[open]") {
        tab.click(".filters summary");
    }
    tab.run("document.querySelector('[name=in_stock]').click()");
    tab.reads("[data-chips]", "Tableware");
    assert!(tab.url().contains("/search?shelf=tableware&in_stock=1"), "{}", tab.url());
    let on_shelf = titles();
    tab.run("document.querySelector('[name=tier][value=pro]').click()");
    tab.until("fewer", || (), || titles().len() < on_shelf.len());
    assert!(tab.url().contains("shelf=tableware") && tab.url().contains("tier=pro"));
    tab.back();
    tab.until("as before", || (), || titles() == on_shelf);
    // Words, typed wrong.
    tab.fill("#q", "everday mug");
    tab.click(".search button");
    tab.reads("[data-repair]", "everyday mug");
    assert!(titles().contains(&"Everyday mug".to_owned()));
}

// N10: visitors browse and fill their cart while the shop is away; checkout goes on when it is
// back, to a paid order.
#[test]
fn the_copy_outlives_the_shop() {
    let Some(tab) = Tab::open(true) else { return };
    let (folder, data) = (Folder::demo(), TempDir::new().unwrap());
    let host = Host::open(&folder.path("dist"));
    let folder = folder.set("public_url", &host.base);
    folder.run(&["build", "--quick", "--out", "dist", "--at", "2026-11-24T10:00:00Z"]).ended(0);
    let shop = open_shop(&host, data.path());
    host.passes_on_to(Some(&shop));
    let page = |path: &str| tab.go(&format!("{}{path}", host.base));
    page(&format!("{MUG}?variant={INK}"));
    tab.click("[data-buy]");
    tab.reads("#added-line", "1 × Everyday mug, Ink");

    lose_an_answer(&host, &tab);
    let lists = narrowed(&shop);
    host.passes_on_to(None);
    drop(shop);
    narrow(&host, &tab, &lists);
    page("/category/tableware/");
    tab.reads("h1", "Tableware");
    tab.reads("[data-cart-count]", "1");
    page(&format!("{MUG}?variant={SAGE}"));
    tab.click("[data-buy]");
    tab.reads("#resting", "Our till is resting");
    tab.reads("#resting li:nth-child(2)", "Everyday mug, Sage, £16.00");
    tab.fill("#resting li:nth-child(2) input", "3");
    tab.press(TAB);
    tab.reads("[data-cart-count]", "4");
    tab.click("#resting li:nth-child(1) button");
    tab.reads("[data-cart-count]", "3");
    // Other pages know of it, and the way to the cart leads to what is kept.
    page("/product/candle-amber/");
    tab.click("[data-buy]");
    tab.reads("#resting li:nth-child(2)", "£");
    tab.reads("[data-cart-count]", "4");
    page("/");
    tab.click(".cart-link");
    tab.reads("#resting li:nth-child(1)", "Everyday mug, Sage");

    // The shop comes back, and meanwhile the last candle has been sold.
    let shop = open_shop(&host, data.path());
    shop.advance_s(600);
    let candle = "HF-CL-001";
    shop.set_stock(candle, 0);
    host.passes_on_to(Some(&shop));
    tab.run("dispatchEvent(new Event('online'))");
    tab.reads("#status", "not everything could be put into your cart");
    tab.reads("[data-cart-count]", "3");
    let reason = tab.run("return document.querySelector('#status').textContent");
    assert!(reason.as_str().unwrap().to_lowercase().contains("sold out"), "{reason}");
    tab.click("#resting .button");
    tab.reads("#cart .line", "Sage");
    assert_eq!(tab.all("#cart .line").len(), 1);
    assert_eq!(tab.property("#cart .line [name=qty]", "value"), "3");
    tab.click(".summary a[href='/checkout']");
    tab.reads("h1", "Checkout");
    fill_in(&tab);
    tab.click("[data-pay]");
    tab.reads("[value=pay]", "Pay £");
    tab.click("[value=pay]");
    tab.reads_after("h1", "Thank you, Ada", || shop.work_off());
    shop.assert_audit();
}
