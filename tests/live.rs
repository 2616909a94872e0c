//! Live editing and the look: edits and mistakes told to open pages, templates that fail, and the
//! commands beside them.

#[path = "live/commands.rs"]
mod commands;
mod house;
#[path = "live/mending.rs"]
mod mending;
mod process;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

use house::{Edited, Setup, TestShop, base_content};
use kiosk::storefront;
use process::{Folder, until};
use serde_json::Value;

const KILN: &str = "products/kiln.toml";

/// The stream of news, as a page reads it.
struct Events(BufReader<Box<dyn Read + Send>>);

impl Events {
    fn of(base: &str) -> Self {
        let patience = Some(Duration::from_mins(1));
        let agent = ureq::Agent::config_builder().timeout_global(patience).build().new_agent();
        let answer = agent.get(format!("{base}/dev/events")).call().unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self(BufReader::new(Box::new(answer.into_body().into_reader())))
    }

    /// The next news; nothing when the stream has ended.
    fn next(&mut self) -> Option<Value> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(news) = line.strip_prefix("data: ") {
                return Some(serde_json::from_str(news).unwrap());
            }
        }
    }

    /// The next news of this kind.
    fn until(&mut self, so: impl Fn(&Value) -> bool) -> Value {
        loop {
            let news = self.next().expect("the stream goes on");
            if so(&news) {
                return news;
            }
        }
    }

    /// The next mistakes: all they say.
    fn mistakes(&mut self) -> String {
        self.until(|news| !news["mistakes"].is_null())["mistakes"].to_string()
    }
}

/// A shop that follows its files, with a site folder of its own.
fn watched(content: &Edited) -> (TestShop, impl Drop + use<>) {
    let setup = Setup {
        content: Some(content.path().to_owned()),
        settings: vec![("dev", "on".to_owned())],
        ..Setup::default()
    };
    let shop = TestShop::with(setup);
    fs::create_dir_all(shop.dir.path().join("site/store")).unwrap();
    let watching = shop.block_on(async { storefront::watch(&shop.kit, &shop.app.shelf, None) });
    (shop, watching.unwrap())
}

// ecosystem 5, S4.1: a saved file is told to open pages, a mistake with its place and advice.
#[test]
fn edits_and_mistakes_are_told_to_open_pages() {
    let content = Edited::of(&base_content());
    let (shop, _watching) = watched(&content);
    let mut events = Events::of(&shop.base);
    let first = events.next().unwrap();
    assert!(first["mistakes"].is_null(), "{first}");

    let content = content.replace(KILN, "Table kiln", "Desk kiln");
    let second = events.until(|news| news["edition"] != first["edition"]);
    assert!(shop.browser().get("/product/kiln/").body.contains("Desk kiln"));

    let content = content.replace(KILN, "title  ", "titel  ");
    let told = events.mistakes();
    for said in ["kiln.toml:3:1", "titel", "did you mean", "^^^^^"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(shop.browser().get("/product/kiln/").body.contains("Desk kiln"));
    // Who comes later hears of it at once.
    assert!(Events::of(&shop.base).mistakes().contains("kiln.toml:3:1"));

    let _content = content.replace(KILN, "titel  ", "title  ").replace(KILN, "999.99", "899.99");
    let third = events.until(|news| news["mistakes"].is_null());
    assert_ne!(second["edition"], third["edition"]);
    assert!(shop.browser().get("/product/kiln/").body.contains("899.99"));

    shop.app.shelf.news.close();
    while events.next().is_some() {}
}

// S4.1: templates and words are content like any other: a mistake shows its line and changes
// nothing.
#[test]
fn a_mistake_in_the_look_is_told_and_the_last_good_page_stays() {
    let content = Edited::of(&base_content());
    let (shop, _watching) = watched(&content);
    let site = shop.dir.path().join("site");
    let mut events = Events::of(&shop.base);
    let first = events.next().unwrap();
    let product = "{% extends \"store/base.html\" %}\n{% block main %}OWN {{ product.title }}\
                   {% endblock %}\n";
    let write = |name: &str, text: &str| {
        fs::create_dir_all(site.join(name).parent().unwrap()).unwrap();
        fs::write(site.join(name), text).unwrap();
    };
    let shown = || shop.browser().get("/product/kiln/").body;

    write("store/product.html", product);
    events.until(|news| news["edition"] != first["edition"]);
    assert!(shown().contains("OWN Table kiln"));

    write("store/product.html", &product.replace("product.title", "product.title|shout"));
    let told = events.mistakes();
    for said in ["site/store/product.html:2:", "unknown filter", "shout", "^^^", "theme diff"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(shown().contains("OWN Table kiln"));

    write("store/product.html", &product.replace("store/base", "store/bass"));
    let told = events.until(|news| news.to_string().contains("bass")).to_string();
    assert!(told.contains("did you mean") && told.contains("store/base.html"), "{told}");

    write("store/product.html", product);
    events.until(|news| news["mistakes"].is_null());
    write("text/en.toml", "[common]\nmenu = Menu\n");
    let told = events.mistakes();
    assert!(told.contains("site/text/en.toml:2:8"), "{told}");
    // An own file of words needs only the words it changes.
    write("text/en.toml", "[common]\nmenu = \"All we have\"\n");
    events.until(|news| news["mistakes"].is_null());
    assert!(shown().contains("All we have") && shown().contains("OWN Table kiln"));

    // S4.17: words that are shown but make no sense are told beside the page.
    write("text/en.toml", "[common]\nmenue = \"All\"\n");
    let told = events.until(|news| !news["notes"].is_null());
    assert!(told["mistakes"].is_null(), "{told}");
    assert!(
        told.to_string().contains("site/text/en.toml:2:9") && told.to_string().contains("`menu`")
    );
    write("text/en.toml", "[common]\nmenu = \"All\"\n");
    events.until(|news| news["notes"].is_null());
}

// S4.1: a designer may begin while the shop is open: a site folder is followed from the moment it
// is there, and so is one that takes its place.
#[test]
fn a_site_folder_made_later_is_followed() {
    let content = Edited::of(&base_content());
    let setup = Setup {
        content: Some(content.path().to_owned()),
        settings: vec![("dev", "on".to_owned())],
        ..Setup::default()
    };
    let shop = TestShop::with(setup);
    let watching = shop.block_on(async { storefront::watch(&shop.kit, &shop.app.shelf, None) });
    let _watching = watching.unwrap();
    let site = shop.dir.path().join("site");
    let page = site.join("store/page.html");
    let shows = |words: &str| {
        until(words, || shop.browser().get("/page/about/").body.contains(words).then_some(()));
    };
    // What lies beside it is nobody's business.
    fs::write(shop.dir.path().join("notes.txt"), "mine").unwrap();
    for word in ["FIRST", "SECOND"] {
        fs::create_dir_all(page.parent().unwrap()).unwrap();
        fs::write(&page, format!("{word} words")).unwrap();
        shows(&format!("{word} words"));
        fs::write(&page, format!("{word} words, mended")).unwrap();
        shows(&format!("{word} words, mended"));
        fs::remove_dir_all(&site).unwrap();
        shows("<!doctype html>");
    }
    assert_eq!(shop.app.shelf.now().revision, shop.app.shelf.books.now().revision);
}

// S4.1: what only fails once somebody asks for it gives way to the built-in page.
#[test]
fn a_template_that_fails_on_request_gives_way_to_the_built_in_one() {
    let content = Edited::of(&base_content());
    let (shop, _watching) = watched(&content);
    let site = shop.dir.path().join("site");
    let mut events = Events::of(&shop.base);
    let first = events.next().unwrap();
    let before = shop.browser().get("/cart").body;
    fs::write(site.join("store/cart.html"), "{{ nothing.of_the.kind }}").unwrap();
    events.until(|news| news["edition"] != first["edition"]);
    let after = shop.browser().get("/cart");
    assert_eq!((after.status, after.body), (200, before));
}

// N2: only development listens.
#[test]
fn a_shop_that_is_open_to_buyers_has_no_events() {
    let shop = TestShop::open();
    let mut visitor = shop.browser();
    for path in ["/dev/events", "/dev/mail"] {
        assert_eq!(visitor.get(path).status, 404, "{path}");
    }
    let home = visitor.get("/").body;
    assert!(!home.contains("js/live.") && !home.contains("js/offline."), "{home}");
}

// S2.101: a broken start opens the last good shop and says why on the page; a broken look opens
// with the built-in one. Nobody who listens holds the door open.
#[test]
fn a_broken_start_opens_and_tells() {
    let folder = Folder::base().set("dev", "on");
    fs::create_dir(folder.path("site")).unwrap();
    let good = folder.read("content/products/kiln.toml");
    assert_eq!(folder.serve().stop(), Some(0));
    folder.write("content/products/kiln.toml", &good.replace("title ", "titel "));
    let server = folder.serve();
    let mut events = Events::of(&server.base);
    let told = events.mistakes();
    assert!(told.contains("kiln.toml:3:1") && told.contains("1 error in content"), "{told}");
    let said = server.get("/").1;
    assert!(said.contains("js/live."), "{said}");
    assert_eq!(server.stop(), Some(0));
    while events.next().is_some() {}

    folder.write("content/products/kiln.toml", &good);
    fs::create_dir(folder.path("site/store")).unwrap();
    folder.write("site/store/home.html", "{{ nothing.of_the.kind }}");
    let server = folder.serve();
    assert!(Events::of(&server.base).mistakes().contains("site/store/home.html:1:"));
    assert!(server.said().contains("built-in templates"), "{}", server.said());
    let (status, home) = server.get("/");
    assert!(status == 200 && home.contains("<title>"), "{home}");
    folder.write("site/store/home.html", "mended {{ shop.name }}");
    until("the mended page", || server.get("/").1.starts_with("mended").then_some(()));
    assert_eq!(server.stop(), Some(0));
}
