//! Every kind of page the shop has, and who must be looking to see it.

use std::collections::BTreeMap;
use std::time::Duration;

use kiosk::base::Fault;
use kiosk::base::ids::OrderId;
use kiosk::identity::{Right, Role};
use kiosk::orders;
use kiosk::platform::jobs::{Job, Runner};
use kiosk::platform::telemetry::{Report, Reports};
use poem::http::Method;
use serde_json::json;

use crate::desk_kinds;
use crate::driver::Tab;
use crate::house::{Answer, Browser, Setup, TestShop, demo_content};

/// Pages that look the same to everybody: name, address, and what shows that this is the page.
const FOR_ALL: [(&str, &str, &str); 20] = [
    ("home", "/", "h1"),
    ("category", "/category/tableware/", ".grid"),
    ("category-below", "/category/tableware/mugs-cups/", ".grid"),
    ("category-filtered", "/category/tableware/?in_stock=1&sort=price_asc", ".grid"),
    ("search", "/search?q=vase", ".grid"),
    ("search-filtered", "/search?q=linen&price_min=10&price_max=60&sort=price_desc", ".grid"),
    ("search-everything", "/search", ".grid"),
    ("search-nothing", "/search?q=nothingofthekind", ".empty"),
    ("search-refused", "/search?q=vase&price_min=cheap", "h1"),
    ("product", "/product/candle-amber/", "[data-buy]"),
    ("product-choice", "/product/everyday-mug/", "[name=sku]"),
    ("product-two-choices", "/product/linen-cushion/", "[name=sku]"),
    ("product-sold-out", "/product/soap-olive/", "[data-buy][disabled]"),
    ("bundles", "/bundles/", "h1"),
    ("bundles-of-a-kind", "/bundles/special/", "h1"),
    ("bundle", "/bundle/quiet-evening/", "h1"),
    ("words", "/page/delivery/", "h1"),
    ("cart-empty", "/cart", ".empty"),
    ("order-look-up", "/order", "h1"),
    ("missing", "/nowhere", "h1"),
];
/// Pages of the desk that share their address's pattern with others, and look otherwise.
const MORE_OF_THE_DESK: [(&str, &str, &str); 12] = [
    ("admin-orders-kept", "/admin/orders?view=unpaid&q=linen&done=view-kept", ".keep-view"),
    ("admin-orders-to-keep", "/admin/orders?q=vase", ".keep-view"),
    ("admin-products-kept", "/admin/catalog?stock=low", ".keep-view"),
    ("admin-categories", "/admin/catalog/categories", ".cat-list"),
    ("admin-promotions", "/admin/catalog/promotions", ".cat-list"),
    ("admin-pages", "/admin/catalog/pages?q=e", ".cat-list"),
    ("admin-pages-nothing", "/admin/catalog/pages?q=nothingofthekind", ".empty"),
    ("admin-edit-bundle", "/admin/catalog/bundles/quiet-evening", ".cat-form"),
    ("admin-edit-category", "/admin/catalog/categories/tableware", ".cat-form"),
    ("admin-edit-promotion", "/admin/catalog/promotions/linen10", ".cat-form"),
    ("admin-edit-page", "/admin/catalog/pages/about", ".cat-form"),
    ("admin-edit-text", "/admin/catalog/promotions/linen10?view=text", ".code-area"),
];
/// Pages that need not be there yet.
const MAY_BE_MISSING: [&str; 1] = ["order-look-up"];

/// One kind of page, with a page of that kind.
pub(crate) struct Kind {
    /// The name in reports and of files.
    pub name: &'static str,
    /// The page's address, from the root.
    pub path: String,
    /// A selector that only this page answers.
    pub shows: &'static str,
    /// The form to be sent for it; nothing when it is only asked for.
    pub form: Vec<(String, String)>,
    /// Who is looking.
    pub visitor: Browser,
}

impl Kind {
    /// The page as it is sent.
    #[track_caller]
    pub(crate) fn fetch(&self) -> Answer {
        let mut visitor = self.visitor.clone();
        if self.form.is_empty() {
            return visitor.get(&self.path);
        }
        let fields: Vec<_> = self.form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        visitor.post(&self.path, &fields)
    }

    /// Brings a tab to the page.
    #[track_caller]
    pub(crate) fn open(&self, shop: &TestShop, tab: &Tab) {
        tab.be(&shop.base, &self.visitor.cookies);
        tab.go(&format!("{}{}", shop.base, self.path));
        if !self.form.is_empty() {
            tab.post(&self.path, &json!(self.form));
        }
        tab.reads(self.shows, "");
        tab.whole();
    }
}

/// The demonstration shop, with somebody who wants to hear of its orders and cannot be reached.
fn demo() -> TestShop {
    let settings = vec![
        ("hooks.books.url", "https://127.0.0.1:9/in".to_owned()),
        ("hooks.books.secret", "whsec_of_the_quality_tests".to_owned()),
        ("hooks.books.events", "*".to_owned()),
    ];
    let shop =
        TestShop::with(Setup { content: Some(demo_content()), settings, ..Setup::default() });
    // The first answer means that the shop is open, and knows who listens.
    assert_eq!(shop.browser().get("/healthz").status, 200);
    shop
}

/// Runs the background jobs as a shop does that is open, one that fails among them, so that the
/// desk can tell of them.
fn run_jobs(shop: &TestShop) {
    let failing = Job::new("a job that fails", Duration::from_hours(1), || async {
        Err(Fault::new("there is no room on the disk"))
    });
    let jobs = shop.app.jobs().into_iter().chain([failing]).collect();
    shop.block_on(async {
        let notes = (&shop.app.diary, &shop.clock);
        Runner::start(jobs, &shop.kit.bell, &Reports::default(), notes).stop().await;
    });
}

/// The demonstration shop, busy enough to have a page of every kind, and those pages.
pub(crate) fn all() -> (TestShop, Vec<Kind>) {
    let shop = demo();
    shop.set_stock("HF-BA-001", 0);
    let nobody = shop.browser();
    let there = |(name, path, shows)| {
        let kind = Kind::of(name, path, shows, &nobody);
        let found = kind.fetch().status != 404 || kind.name == "missing";
        assert!(found || MAY_BE_MISSING.contains(&kind.name), "{}: no {}", kind.name, kind.path);
        found.then_some(kind)
    };
    let mut kinds = of_orders(&shop);
    shop.work_off();
    kinds.extend(FOR_ALL.into_iter().filter_map(there));
    kinds.extend(of_a_cart(&shop));
    kinds.extend(of_the_desk(&shop));
    for kind in &kinds {
        let page = kind.fetch();
        assert!(!page.texts(kind.shows).is_empty(), "{}: no {}", kind.name, kind.shows);
    }
    (shop, kinds)
}

impl Kind {
    pub(crate) fn of(
        name: &'static str,
        path: &str,
        shows: &'static str,
        visitor: &Browser,
    ) -> Self {
        Self { name, path: path.to_owned(), shows, form: Vec::new(), visitor: visitor.clone() }
    }
}

/// Every page of the desk, as its owner sees it.
fn of_the_desk(shop: &TestShop) -> Vec<Kind> {
    let owner = shop.sign_in(Role::Owner);
    let number = shop.text("SELECT number FROM orders ORDER BY number LIMIT 1");
    let error = Report::test("the quality of pages");
    let name = error.fingerprint();
    shop.kit.reports.notice(error);
    shop.work_off();
    run_jobs(shop);
    let letter = shop.number("SELECT max(id) FROM outbox");
    let cart = shop.text("SELECT cart_id FROM cart_line LIMIT 1");
    let told = shop.number("SELECT max(id) FROM hook_delivery");
    let view = [("action", "keep"), ("name", "Linen, unpaid"), ("query", "?view=unpaid&q=linen")];
    assert_eq!(owner.clone().post("/admin/orders/views", &view).status, 303);
    let view = [("action", "keep"), ("name", "Low on stock"), ("query", "?stock=low")];
    assert_eq!(owner.clone().post("/admin/catalog-views", &view).status, 303);
    let page = |(method, pattern, _): (Method, String, Right)| {
        let path = pattern.replace(":number", &number).replace(":sku", "HF-TW-001-INK");
        let path = path.replace(":name", &name).replace(":kind", "order_confirmation");
        let path = path.replace("/admin/messages/:id", &format!("/admin/messages/{letter}"));
        let path = path.replace("/admin/carts/:id", &format!("/admin/carts/{cart}"));
        let path = path.replace("/admin/hooks/:id", &format!("/admin/hooks/{told}"));
        // A letter in its frame is no page of ours: it is written for mail programs.
        if path.starts_with("/admin/messages/") && path.ends_with("/html") {
            return None;
        }
        let path = path.replace(":folder/:slug", "products/everyday-mug");
        let path = path.replace(":folder", "bundles");
        // A former state is asked for by what it held.
        if method != Method::GET || path.contains([':', '*']) || path.ends_with("/restore") {
            return None;
        }
        let answer = owner.clone().get(&path);
        assert_eq!(answer.status, 200, "{path}");
        let is_page = answer.headers["content-type"].starts_with("text/html");
        let name = pattern.trim_start_matches('/').replace(['/', ':'], "-");
        is_page.then(|| Kind::of(name.leak(), &path, "h1", &owner))
    };
    let entrance = Kind::of("admin-sign-in", "/admin/sign-in", "h1", &shop.browser());
    let more = MORE_OF_THE_DESK.map(|(name, path, shows)| Kind::of(name, path, shows, &owner));
    let more = more.into_iter().chain([entrance, changed(&owner)]);
    let more = more.chain(desk_kinds::all(shop, &owner));
    let all: Vec<Kind> = shop.app.desk().list().into_iter().filter_map(page).chain(more).collect();
    let health = all.iter().find(|kind| kind.path == "/admin/health").unwrap().fetch();
    assert!(health.texts("tbody .state-bad").contains(&"Fails".to_owned()), "jobs are told of");
    all
}

/// What a change to a product would do, before it is saved.
fn changed(owner: &Browser) -> Kind {
    let path = "/admin/catalog/products/everyday-mug";
    let seen = owner.clone().get(path).attribute("[name=_seen]", "value");
    let form = [("_seen", seen.as_str()), ("price", "17.00"), ("_action", "check")];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Kind { form, ..Kind::of("admin-catalog-change", path, ".cat-diff", owner) }
}

/// What a visitor with something in the cart sees.
fn of_a_cart(shop: &TestShop) -> Vec<Kind> {
    let visitor = filled(shop);
    let checkout = Kind::of("checkout", "/checkout", "[name=email]", &visitor);
    let page = checkout.fetch();
    let field = |name: &str| {
        let value = page.attribute(&format!("[name={name}]"), "value");
        (name.to_owned(), value)
    };
    let mut form = vec![field("cart_version"), field("quote_total")];
    for (name, value) in [("email", "nobody"), ("name", ""), ("line1", ""), ("country", "GB")] {
        form.push((name.to_owned(), value.to_owned()));
    }
    let refused = Kind { form, ..Kind::of("checkout-errors", "/checkout", "#errors", &visitor) };
    vec![Kind::of("cart", "/cart", "#cart .line", &visitor), checkout, refused]
}

/// A visitor with two kinds of goods, a set and a code in the cart.
pub(crate) fn filled(shop: &TestShop) -> Browser {
    let mut visitor = shop.browser();
    visitor.add("HF-TW-001-INK", 2);
    visitor.add("HF-LT-010-SAG", 1);
    visitor.post("/cart/lines", &[("bundle", "slow-breakfast")]);
    let coded = visitor.post("/cart/codes", &[("code", "linen10")]);
    assert_eq!(coded.status, 303, "{}", coded.body);
    visitor
}

/// An order in each of its states, and the page where it is paid.
fn of_orders(shop: &TestShop) -> Vec<Kind> {
    const SHIPPED: (&str, &str) = ("order-shipped", "pay");
    let mut kinds = Vec::new();
    for (name, ending) in [
        SHIPPED,
        ("order-paid", "pay"),
        ("order-under-way", "async"),
        ("order-failed", "async_fail"),
        ("order-cancelled", "cancel"),
        ("order-pending", ""),
    ] {
        let mut buyer = filled(shop);
        let payment = buyer.checkout().location().to_owned();
        let session = payment.rsplit('/').next().unwrap();
        let back = buyer.get(&format!("/checkout/success?session_id={session}"));
        let path = back.location().split('?').next().unwrap().to_owned();
        if ending.is_empty() {
            let payment = payment.replace(&shop.base, "");
            kinds.push(Kind::of("simulator", &payment, "[value=pay]", &buyer));
        } else {
            buyer.press(&payment, ending);
            shop.work_off();
        }
        if name == SHIPPED.0 {
            ship(shop);
            let letters = buyer.get(&path).attribute("[href^='/letters/']", "href");
            kinds.push(Kind::of("letter-choices", &letters, "[name=shipping]", &buyer));
            kinds.push(Kind::of("orders", "/orders", ".orders", &buyer));
        }
        kinds.push(Kind::of(name, &path, "#order h1", &buyer));
    }
    kinds
}

/// Ships the only order there is.
fn ship(shop: &TestShop) {
    let id = OrderId::from_stored(shop.text("SELECT id FROM orders"));
    let (kit, book, now) = (shop.kit.clone(), shop.app.shelf.books.now(), shop.kit.now());
    let parcel = ("Royal Mail", "RM123");
    let shipped = shop
        .kit
        .db
        .write_blocking(move |tx| orders::ship(tx, &kit, &book, &id, parcel, "staff", now));
    assert!(shipped.is_ok(), "{:?}", shipped.err());
}

/// What several pages have in common is reported once: what is wrong, and where.
#[derive(Default)]
pub(crate) struct Findings(BTreeMap<String, Vec<String>>);

impl Findings {
    /// Notes what is wrong, and on which page.
    pub(crate) fn note(&mut self, what: String, page: String) {
        self.0.entry(what).or_default().push(page);
    }

    /// Fails with everything that was found.
    #[track_caller]
    pub(crate) fn none(&self) {
        let line =
            |(what, pages): (&String, &Vec<String>)| format!("{what}\n    {}", pages.join(", "));
        let all: Vec<String> = self.0.iter().map(line).collect();
        assert!(all.is_empty(), "{} findings\n{}", all.len(), all.join("\n"));
    }
}
