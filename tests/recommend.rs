//! What is often bought together: counted when an order is paid, ranked by a job, shown on product
//! pages, beside the cart and in letters, explained, and made anew from the orders.
#![allow(unreachable_pub, reason = "each test binary is a crate of its own")]

mod house;
mod process;

use house::{Answer, Browser, Edited, Setup, TestShop, base_content};
use kiosk::base::fault::{Failure, Never};
use kiosk::base::ids::OrderId;
use kiosk::identity::Role;
use kiosk::{orders, recommend};
use process::Folder;
use serde_json::Value;

/// Somebody buys these things and pays.
fn buy(shop: &TestShop, skus: &[&str]) -> Browser {
    let mut buyer = shop.browser();
    for sku in skus {
        assert_eq!(buyer.add(sku, 1).status, 303, "{sku}");
    }
    pay(shop, &mut buyer);
    buyer
}

fn pay(shop: &TestShop, buyer: &mut Browser) {
    let to_payment = buyer.checkout();
    assert_eq!(to_payment.status, 303, "{}", to_payment.body);
    let payment = to_payment.location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
}

/// A shop where aprons were bought with glazes three times out of six.
fn with_history() -> TestShop {
    let shop = TestShop::open();
    history(&shop);
    shop
}

fn history(shop: &TestShop) {
    for sku in ["KILN-1", "GLAZE-6", "APRON-S"] {
        shop.set_stock(sku, 50);
    }
    for basket in [&["GLAZE-6", "APRON-S"][..], &["KILN-1"]].repeat(3) {
        buy(shop, basket);
    }
}

fn counted(shop: &TestShop) -> String {
    shop.text(
        "SELECT group_concat(product || '+' || other || ':' || orders, ' ')
         FROM (SELECT * FROM copurchase WHERE product < other ORDER BY product, other)",
    )
}

fn together(page: &Answer) -> Vec<String> {
    page.texts("section[aria-labelledby=together] .card-title")
}

// S1.54: pushed once when an order is paid; a bundle counts as what is in it.
#[test]
fn a_basket_is_counted_once_and_only_when_it_is_paid() {
    let shop = TestShop::open();
    let mut buyer = shop.browser();
    buyer.post("/cart/lines", &[("bundle", "starter")]);
    buyer.add("APRON-L", 1);
    let to_payment = buyer.checkout();
    shop.work_off();
    assert_eq!(shop.number("SELECT orders FROM basket_tally"), 0, "not paid yet");
    let payment = to_payment.location().to_owned();
    buyer.press(&payment, "pay");
    shop.work_off();
    // The news of the payment comes again.
    buyer.press(&payment, "pay");
    shop.work_off();
    let pairs = "apron+glaze-set:1 apron+kiln:1 glaze-set+kiln:1";
    assert_eq!(counted(&shop), pairs, "two aprons are one product");
    assert_eq!(shop.number("SELECT orders FROM basket_tally"), 1);
    assert_eq!(shop.number("SELECT max(orders) FROM basket_product"), 1);
    let mirrored = "SELECT count(*) FROM copurchase";
    assert_eq!(shop.number(mirrored), 6, "each pair from both sides");
    // What is given up is never counted.
    let mut other = shop.browser();
    other.add("GLAZE-6", 1);
    let payment = other.checkout().location().to_owned();
    other.press(&payment, "cancel");
    shop.work_off();
    assert_eq!(shop.number("SELECT orders FROM basket_tally"), 1);
}

// S1.54: without data the page is as ever; with enough it says what goes together, in stock.
#[test]
fn a_product_page_shows_what_is_bought_together() {
    let shop = TestShop::open();
    let related = |page: &Answer| page.texts("#related").len();
    let before = shop.browser().get("/product/apron/");
    assert_eq!((together(&before).len(), related(&before)), (0, 1));
    buy(&shop, &["GLAZE-6", "APRON-S"]);
    let once = shop.browser().get("/product/apron/");
    assert_eq!(once.headers["etag"], before.headers["etag"], "once is an accident");

    history(&shop);
    let page = shop.browser().get("/product/apron/");
    assert_eq!(page.texts("#together"), ["Often bought together"]);
    assert_eq!(together(&page), ["Six glazes"]);
    assert_eq!(related(&page), 0, "one row is enough");
    assert_eq!(together(&shop.browser().get("/product/glaze-set/")), ["Apron"]);
    assert_eq!(together(&shop.browser().get("/product/kiln/")), [""; 0]);

    shop.set_stock("GLAZE-6", 0);
    shop.work_off();
    let page = shop.browser().get("/product/apron/");
    assert_eq!((together(&page).len(), related(&page)), (0, 1), "what is sold out helps nobody");
    let gone = shop.browser().get("/product/glaze-set/");
    assert_eq!(together(&gone), [""; 0], "beside what is sold out stands what comes close");
}

// S1.54: only the pages whose lists are others are made again, and a restart shows the lists.
#[test]
fn suggestions_survive_a_restart() {
    let first = with_history();
    let data = first.dir.path().join("data");
    let kept = tempfile::TempDir::new().unwrap();
    let copied = kept.path().join("data");
    process::copy_tree(&data, &copied);
    drop(first);
    // The address is part of every page, so it must not change from run to run.
    let again = || {
        let settings = vec![("public_url", "https://shop.example".to_owned())];
        TestShop::with(Setup { data: Some(copied.clone()), settings, ..Setup::default() })
    };
    let packed = again();
    packed.app.shelf.pack(&packed.kit).unwrap();
    drop(packed);
    let second = again();
    assert!(second.kept_was_true, "the pages kept say what the lists say");
    assert_eq!(together(&second.browser().get("/product/apron/")), ["Six glazes"]);
    let forgotten =
        second.kit.db.write_blocking(|tx| Ok::<_, Failure<Never>>(recommend::forget(tx)?));
    forgotten.unwrap();
    drop(second);
    let third = again();
    assert!(!third.kept_was_true, "the lists are others now");
    assert_eq!(together(&third.browser().get("/product/apron/")), [""; 0]);
}

// S1.56: beside the cart stands what is not in it.
#[test]
fn a_cart_shows_what_others_bought_with_it() {
    let shop = with_history();
    let mut buyer = shop.browser();
    let titles = |page: &Answer| page.texts(".beside .line-title");
    assert_eq!(titles(&buyer.get("/cart")), [""; 0], "nothing beside an empty cart");
    buyer.add("APRON-L", 1);
    let page = buyer.get("/cart");
    assert_eq!(page.texts("#beside"), ["Others bought with it"]);
    assert_eq!(titles(&page), ["Six glazes"]);
    assert_eq!(page.attribute(".beside [name=sku]", "value"), "GLAZE-6");
    assert!(buyer.get("/api/cart").json().get("beside").is_none());

    let added = buyer.post("/cart/lines", &[("sku", "GLAZE-6"), ("qty", "1")]);
    assert_eq!(added.status, 303);
    assert_eq!(titles(&buyer.get("/cart")), [""; 0], "it is in the cart now");

    let mut other = shop.browser();
    other.add("APRON-L", 1);
    shop.set_stock("GLAZE-6", 0);
    assert_eq!(titles(&other.get("/cart")), [""; 0], "sold out");
}

fn last_suggestions(shop: &TestShop) -> Vec<Value> {
    let sql = "SELECT data FROM outbox WHERE template = 'order_confirmation'
               ORDER BY id DESC LIMIT 1";
    let data: Value = serde_json::from_str(&shop.text(sql)).unwrap();
    data["suggestions"].as_array().cloned().unwrap()
}

// S1.33: at most three, in stock, with whole addresses.
#[test]
fn a_confirmation_carries_suggestions() {
    let shop = with_history();
    buy(&shop, &["APRON-L"]);
    let suggested = last_suggestions(&shop);
    assert_eq!(suggested.len(), 1);
    assert_eq!(suggested[0]["title"], "Six glazes");
    assert_eq!(suggested[0]["price"], 7_999);
    assert_eq!(suggested[0]["url"], format!("{}/product/glaze-set/", shop.base));
    assert!(suggested[0]["image"].as_str().unwrap().starts_with(&shop.base));
    buy(&shop, &["KILN-1"]);
    assert_eq!(last_suggestions(&shop).len(), 0);
}

// S1.33: switchable.
#[test]
fn a_shop_can_do_without_suggestions_in_letters() {
    let before = std::fs::read_to_string(base_content().join("shop.toml")).unwrap();
    let off = format!("{before}\n[email]\nsuggestions = false\n");
    let content = Edited::of(&base_content()).write("shop.toml", &off);
    let shop = TestShop::on(&content);
    history(&shop);
    buy(&shop, &["APRON-L"]);
    assert_eq!(last_suggestions(&shop).len(), 0);
    assert_eq!(together(&shop.browser().get("/product/apron/")), ["Six glazes"]);
}

// S1.54: all of it is derived; from the orders it is made again, the same.
#[test]
fn counts_are_made_again_from_the_orders() {
    let shop = with_history();
    let dump = || {
        shop.text(
            "SELECT group_concat(product || other || orders || coalesce(score, '-'))
             FROM (SELECT * FROM copurchase ORDER BY product, other)",
        )
    };
    let before = dump();
    let catalog = shop.app.shelf.books.now().catalog.clone();
    let replayed = shop.kit.db.write_blocking(move |tx| {
        recommend::forget(tx)?;
        let baskets = orders::list_paid_baskets(tx, &OrderId::from_stored(""), 100)?;
        for (_, skus) in &baskets {
            recommend::record(tx, &catalog, skus)?;
        }
        Ok::<_, Failure<Never>>(baskets.len())
    });
    assert_eq!(replayed.unwrap(), 6);
    assert_eq!(dump().matches('-').count(), before.matches('-').count() + 2, "not ranked yet");
    shop.work_off();
    assert_eq!(dump(), before);
}

// S1.54: the demonstration shows it, and says why.
#[test]
fn the_demo_explains_what_it_suggests() {
    let folder = Folder::demo();
    folder.run(&["seed"]).ended(0);
    let counted = folder.run(&["recommend", "rebuild"]).ended(0);
    assert_eq!(counted, "23 paid orders counted.\n");
    let why = folder.run(&["recommend", "show", "everyday-mug"]).ended(0);
    let first = why.lines().next().unwrap();
    assert!(first.starts_with("* Toast plate in terracotta: bought together in 5 of "), "{why}");
    assert!(first.contains(" orders with Everyday mug, ") && first.contains("× as often"), "{why}");
    let told = folder.run(&["recommend", "show", "everyday-mug", "--json"]).ended(0);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told[0]["both"], 5);
    folder.run(&["recommend", "show", "no-such-thing"]).could_not();
    let none = folder.run(&["recommend", "show", "oak-stool"]);
    assert!(none.code != Some(101), "{}", none.err);
}

// S1.54: explained at the desk, to those who may see the catalog.
#[test]
fn the_desk_says_why() {
    let shop = with_history();
    let mut editor = shop.sign_in(Role::Catalog);
    let page = editor.get("/admin/recommendations");
    assert_eq!(page.texts(".sheet h2"), ["Apron", "Six glazes"]);
    let why = page.texts(".sheet li");
    let said = "was bought together in 3 of 3 orders with Apron, 2.0× as often as by chance.";
    assert_eq!(why[0], format!("Six glazes {said}"));
    let one = editor.get("/admin/recommendations?product=apron");
    assert_eq!(one.texts(".state"), ["Suggested"]);
    let none = editor.get("/admin/recommendations?product=kiln");
    assert_eq!(none.texts(".empty h2"), ["Nothing was bought with Table kiln yet"]);
    for strange in ["?product=%00", "?after=%ff", "?product=../x&after=zzz"] {
        let status = editor.get(&format!("/admin/recommendations{strange}")).status;
        assert!(status < 500, "{strange}: {status}");
    }
}
