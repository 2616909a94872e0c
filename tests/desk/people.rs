//! Inviting people, changing what they may do, and the log of it.

use kiosk::identity::Role;

use crate::house::{Browser, TestShop};

fn id(shop: &TestShop, email: &str) -> String {
    shop.text(&format!("SELECT id FROM staff WHERE email = '{email}'"))
}

fn act(shop: &TestShop, by: &mut Browser, email: &str, fields: &[(&str, &str)]) -> u16 {
    by.post(&format!("/admin/staff/{}", id(shop, email)), fields).status
}

// S2.74: staff are assigned to a role at the desk.
#[test]
fn an_invitation_leads_to_a_password_once() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let fields = [("email", "Otto@Example.org"), ("name", "Otto"), ("role", "orders")];
    let page = owner.post("/admin/staff", &fields);
    assert_eq!(page.status, 200, "{}", page.body);
    let link = page.attribute("#link", "value");
    let path = link.strip_prefix(&shop.base).unwrap().to_owned();
    assert_eq!(owner.post("/admin/staff", &fields).status, 409, "taken, in any spelling");

    let mut otto = shop.browser();
    let entering = [("email", "otto@example.org"), ("password", "a wholly new phrase")];
    assert_eq!(otto.post("/admin/sign-in", &entering).status, 403, "no password yet");
    assert_eq!(otto.get(&path).status, 200);
    assert_eq!(otto.post(&path, &[("password", "short")]).status, 422);
    assert_eq!(otto.post(&path, &[("password", "a wholly new phrase")]).status, 303);
    assert_eq!(otto.get(&path).status, 410);
    assert_eq!(otto.post(&path, &[("password", "another new phrase")]).status, 410);
    assert_eq!(otto.post("/admin/sign-in", &entering).status, 303);
    assert_eq!(otto.get("/admin/staff").status, 403, "orders do not manage people");
}

#[test]
fn an_old_invitation_is_dead_and_a_new_one_kills_the_last() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let fields = [("email", "otto@example.org"), ("name", "Otto"), ("role", "orders")];
    let first = owner.post("/admin/staff", &fields).attribute("#link", "value");
    let again = format!("/admin/staff/{}", id(&shop, "otto@example.org"));
    let second = owner.post(&again, &[("action", "reset")]).attribute("#link", "value");
    assert_eq!(shop.browser().get(&first).status, 410);
    assert_eq!(shop.browser().get(&second).status, 200);
    shop.advance_s(3 * 86_400);
    assert_eq!(shop.browser().get(&second).status, 410);
}

#[test]
fn who_may_not_sign_in_any_more_is_out_at_once() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let mut otto = shop.sign_in(Role::Orders);
    let email = "orders@example.org";
    assert_eq!(act(&shop, &mut owner, email, &[("action", "deactivate")]), 303);
    assert_eq!(otto.get("/admin").status, 303);
    assert_eq!(act(&shop, &mut owner, email, &[("action", "reactivate")]), 303);
    let mut otto = shop.sign_in(Role::Orders);
    assert_eq!(act(&shop, &mut owner, email, &[("action", "reset")]), 200);
    assert_eq!(otto.get("/admin").status, 303);
    // A role is another at the next click.
    shop.add_staff("cleo@example.org", Role::Owner);
    let mut cleo = shop.browser();
    cleo.post(
        "/admin/sign-in",
        &[("email", "cleo@example.org"), ("password", crate::house::PASSWORD)],
    );
    assert_eq!(cleo.get("/admin/staff").status, 200);
    let fields = [("action", "role"), ("role", "catalog")];
    assert_eq!(act(&shop, &mut owner, "cleo@example.org", &fields), 303);
    assert_eq!(cleo.get("/admin/staff").status, 403);
}

// Somebody must be able to invite people.
#[test]
fn the_last_owner_stays() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let me = "owner@example.org";
    for fields in [
        &[("action", "role"), ("role", "orders")][..],
        &[("action", "deactivate")],
        &[("action", "reset")],
    ] {
        assert_eq!(act(&shop, &mut owner, me, fields), 409);
    }
    // An invited owner who never came does not count.
    owner.post("/admin/staff", &[("email", "b@example.org"), ("name", "B"), ("role", "owner")]);
    assert_eq!(act(&shop, &mut owner, me, &[("action", "deactivate")]), 409);
    assert_eq!(owner.get("/admin/staff").status, 200, "still signed in, with the same password");
    shop.add_staff("c@example.org", Role::Owner);
    assert_eq!(act(&shop, &mut owner, me, &[("action", "role"), ("role", "orders")]), 303);
}

// S3.60: what cannot be used is refused with a sentence, and nothing is written.
#[test]
fn strange_people_are_refused() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let long = "x".repeat(81);
    for (email, name, role) in [
        ("no address", "Otto", "orders"),
        ("o@example.org", "", "orders"),
        ("o@example.org", &long, "orders"),
        ("o@example.org", "O\r\nBcc: x", "orders"),
        ("o@example.org", "Otto", "king"),
    ] {
        let fields = [("email", email), ("name", name), ("role", role)];
        assert_eq!(owner.post("/admin/staff", &fields).status, 422, "{email} {name} {role}");
    }
    assert_eq!(shop.number("SELECT count(*) FROM staff"), 1);
    let nobody = owner.post("/admin/staff/nobody", &[("action", "reset")]);
    assert_eq!(nobody.status, 404);
}

#[test]
fn a_name_with_markup_stays_text_everywhere() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let name = "<script>alert(1)</script>";
    owner.post("/admin/staff", &[("email", "x@example.org"), ("name", name), ("role", "orders")]);
    for path in ["/admin/staff", "/admin/log"] {
        let page = owner.get(path);
        assert!(!page.body.contains(name) && page.body.contains("alert(1)"), "{path}");
    }
}

#[test]
fn the_log_keeps_every_change_and_nobody_changes_it() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    for n in 0..60 {
        let email = format!("p{n}@example.org");
        owner.post("/admin/staff", &[("email", &email), ("name", "P"), ("role", "catalog")]);
    }
    let first = owner.get("/admin/log");
    assert_eq!(first.texts("tbody tr").len(), 50);
    let older = first.attribute(".pager a[href*=before]", "href");
    let second = owner.get(&older);
    assert!(second.texts("tbody tr").len() >= 11);
    assert!(first.body.contains("owner@example.org"));
    for sql in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"] {
        let tried = shop.kit.db.write_blocking(move |tx| {
            tx.prepare_cached(sql)?.execute([])?;
            Ok::<_, kiosk::base::Failure<kiosk::base::fault::Never>>(())
        });
        assert!(tried.is_err(), "{sql}");
    }
}

// The log is narrowed to one person, to one kind of thing, or to both, page by page.
#[test]
fn the_log_is_narrowed() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let mut packer = shop.sign_in(Role::Orders);
    for n in 0..60 {
        let email = format!("p{n}@example.org");
        owner.post("/admin/staff", &[("email", &email), ("name", "P"), ("role", "catalog")]);
    }
    let change = [("change", "+1"), ("reason", "receive"), ("note", ""), ("seen", "4")];
    assert_eq!(packer.post("/admin/stock/KILN-1", &change).status, 303);
    let of = |owner: &mut Browser, query: &str| {
        let page = owner.get(&format!("/admin/log?{query}"));
        assert_eq!(page.status, 200, "{query}");
        page
    };
    let page = of(&mut owner, "what=stock");
    assert_eq!(page.texts("tbody tr").len(), 1);
    assert!(page.texts("tbody td")[1].contains("orders@example.org"), "{}", page.body);
    let page = of(&mut owner, "who=staff%3Aowner%40example.org&what=staff");
    assert_eq!(page.texts("tbody tr").len(), 50);
    assert_eq!(page.texts("#who option[selected]"), ["owner@example.org"]);
    let older = owner.get(&page.attribute(".pager a[href*=before]", "href"));
    let hers = "SELECT count(*) FROM audit WHERE entity = 'staff' AND actor LIKE '%owner%'";
    let rest = older.texts("tbody tr").len();
    assert_eq!(rest, shop.number(hers) as usize - 50, "the rest of the same person's");
    assert!(older.attribute(".pager a", "href").contains("what=staff"));
    let all = of(&mut owner, "who=&what=");
    assert!(all.texts("#what option").contains(&"Stock".to_owned()), "{}", all.body);
    for (query, why) in [
        ("who=staff%3Aorders%40example.org&what=file", "she has edited nothing"),
        ("what=%27%20OR%201%3D1", "no such thing"),
        ("who=nobody", "no such person"),
    ] {
        assert_eq!(of(&mut owner, query).texts(".empty h2"), ["Nothing fits"], "{why}");
    }
}
