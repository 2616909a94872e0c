//! Filters kept under a name: by those who may, seen by everybody of the shop.

use kiosk::identity::Role;

use super::{clerk, paid};
use crate::house::{Answer, Browser, TestShop};

const ORDERS: &str = "/admin/orders/views";
const PRODUCTS: &str = "/admin/catalog-views";

fn keep(desk: &mut Browser, path: &str, name: &str, query: &str) -> Answer {
    desk.post(path, &[("action", "keep"), ("name", name), ("query", query)])
}

fn names(desk: &mut Browser, page: &str) -> String {
    desk.get(page).texts(".views a").join(" | ")
}

// S1.37: the filter in force gets a name, is found again, renamed, given another filter, removed.
#[test]
fn a_filter_is_kept_under_a_name() {
    let shop = TestShop::open();
    let number = paid(&shop, "APRON-S", 1);
    paid(&shop, "GLAZE-6", 1);
    let mut desk = clerk(&shop);
    assert!(desk.get("/admin/orders").texts(".keep-view").is_empty(), "nothing to keep");
    let page = desk.get("/admin/orders?product=apron&before=99&done=x");
    let query = page.attribute(".keep-view [name=query]", "value");
    assert_eq!(query, "?product=apron", "the filter, and not the page of it");
    let kept = keep(&mut desk, ORDERS, " Aprons ", &query);
    assert_eq!(kept.location(), "/admin/orders?product=apron&done=view-kept");
    let page = desk.get(kept.location());
    assert_eq!(page.texts(".views [aria-current]"), ["Aprons"]);
    assert!(page.body.contains(&number) && page.texts("tbody tr").len() == 1);
    // Everybody of the shop has it.
    let mut owner = shop.sign_in(Role::Owner);
    assert!(names(&mut owner, "/admin/orders").ends_with("All | Aprons"));
    // The same name, however written, gets the new filter.
    keep(&mut owner, ORDERS, "APRONS", "?product=apron&payment=paid");
    let href = owner.get("/admin/orders").attribute(".views a:last-child", "href");
    assert_eq!(href, "/admin/orders?payment=paid&product=apron");
    let rename = |desk: &mut Browser, to: &str| {
        desk.post(ORDERS, &[("action", "rename"), ("name", "aprons"), ("to", to)])
    };
    keep(&mut owner, ORDERS, "Glazes", "?q=glaze");
    assert_eq!(rename(&mut desk, "glazes").status, 409);
    assert_eq!(rename(&mut desk, "Linen").status, 303);
    assert!(names(&mut owner, "/admin/orders").ends_with("Glazes | Linen"));
    let remove = [("action", "remove"), ("name", "linen")];
    let removed = desk.post(ORDERS, &remove);
    assert_eq!(removed.location(), "/admin/orders?payment=paid&product=apron&done=view-removed");
    assert!(names(&mut owner, "/admin/orders").ends_with("All | Glazes"));
    assert_eq!(desk.post(ORDERS, &remove).status, 404);
    let logged = shop.text(
        "SELECT group_concat(action || ' ' || entity_id, ', ') FROM
         (SELECT * FROM audit WHERE entity = 'view' ORDER BY id)",
    );
    assert_eq!(
        logged,
        "view.kept orders: Aprons, view.kept orders: APRONS, view.kept orders: Glazes, \
         view.renamed orders: aprons, view.removed orders: linen"
    );
    let before = shop.text("SELECT before FROM audit WHERE action = 'view.removed'");
    assert_eq!(before, r#"{"name":"Linen","query":"?payment=paid&product=apron"}"#);
}

// Products have views of their own, kept by whoever edits the catalog.
#[test]
fn views_follow_the_rights_of_their_list() {
    let shop = TestShop::open();
    let (mut editor, mut helper) = (shop.sign_in(Role::Catalog), clerk(&shop));
    assert_eq!(keep(&mut editor, ORDERS, "Mine", "?view=to-pack").status, 403);
    assert_eq!(keep(&mut helper, PRODUCTS, "Mine", "?stock=low").status, 403);
    let kept = keep(&mut editor, PRODUCTS, "Gifts", "?page=3&tag=gift&x=1");
    assert_eq!(kept.location(), "/admin/catalog?tag=gift&done=view-kept");
    assert_eq!(names(&mut helper, "/admin/catalog"), "Gifts");
    let page = helper.get("/admin/catalog?tag=gift");
    assert!(page.texts(".keep-view").is_empty(), "to be looked at only");
    assert!(!editor.get("/admin/catalog?tag=gift").texts(".keep-view").is_empty());
    assert_eq!(shop.number("SELECT count(*) FROM saved_view"), 1);
}

// S3.60: what cannot be kept is refused with a sentence; a name is text; other sites keep nothing.
#[test]
fn strange_views_are_refused() {
    let shop = TestShop::open();
    let mut desk = shop.sign_in(Role::Owner);
    let long = "x".repeat(41);
    for (name, query) in [
        ("", "?q=ada"),
        ("  ", "?q=ada"),
        (long.as_str(), "?q=ada"),
        ("a\nb", "?q=ada"),
        ("Ada", ""),
        ("Ada", "?before=7"),
        ("Ada", "?view=nothing"),
        ("Ada", "?q=1&q=2"),
        ("Ada", &format!("?q={}", "x".repeat(2000))),
    ] {
        assert_eq!(keep(&mut desk, ORDERS, name, query).status, 422, "{name:?} {query}");
    }
    let unclear = desk.post(ORDERS, &[("action", "explode"), ("name", "Ada")]);
    assert_eq!(unclear.status, 422);
    let jar = format!("desk={}", desk.cookies["desk"]);
    let elsewhere = [
        ("cookie", jar.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "cross-site"),
    ];
    let sent = desk.send(ORDERS, &elsewhere, b"action=keep&name=Ada&query=%3Fq%3Dada");
    assert_eq!((sent.status, shop.number("SELECT count(*) FROM saved_view")), (403, 0));
    let name = "<script>alert(1)</script>";
    assert_eq!(keep(&mut desk, ORDERS, name, "?q=ada").status, 303);
    for page in ["/admin/orders", "/admin/orders?q=ada", "/admin/log"] {
        let page = desk.get(page);
        assert!(!page.body.contains(name) && page.body.contains("alert(1)"), "{}", page.body);
    }
    for n in 1..30 {
        assert_eq!(keep(&mut desk, ORDERS, &format!("View {n}"), "?q=ada").status, 303);
    }
    assert_eq!(keep(&mut desk, ORDERS, "One more", "?q=ada").status, 409);
    assert_eq!(keep(&mut desk, ORDERS, "view 7", "?q=bob").status, 303, "no new one");
}
