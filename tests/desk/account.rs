//! One's own account: second factor, recovery codes, password, sessions.

use kiosk::base::ids::{StaffId, sha256_hex};
use kiosk::identity::{self, Role};

use crate::house::{Answer, Browser, PASSWORD, TestShop};

const EMAIL: &str = "owner@example.org";

/// The seed a session is offered.
fn offered(owner: &Browser) -> String {
    let session = sha256_hex(owner.cookies["desk"].as_bytes());
    sha256_hex(format!("second factor {session}").as_bytes())[..32].to_owned()
}

fn code(shop: &TestShop, seed: &str) -> String {
    let id = StaffId::from_stored(shop.text("SELECT id FROM staff WHERE role = 'owner'"));
    identity::code_at(&shop.kit.secret, &id, seed, shop.kit.now()).unwrap()
}

/// Turns the second factor on; answers the seed and the recovery codes.
pub(crate) fn enrol(shop: &TestShop, owner: &mut Browser) -> (String, Vec<String>) {
    let seed = offered(owner);
    let code = code(shop, &seed);
    let fields = [("code", code.as_str()), ("current", PASSWORD)];
    let shown = owner.post("/admin/account/second-factor", &fields);
    assert_eq!(shown.status, 200, "{}", shown.body);
    let codes = shown.texts(".codes code");
    assert_eq!(codes.len(), 10);
    (seed, codes)
}

fn sign_in(shop: &TestShop, code: &str) -> Answer {
    let fields = [("email", EMAIL), ("password", PASSWORD), ("code", code)];
    shop.browser().post("/admin/sign-in", &fields)
}

#[test]
fn with_a_second_factor_a_password_alone_opens_nothing() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let mut elsewhere = shop.sign_in(Role::Owner);
    let (seed, codes) = enrol(&shop, &mut owner);
    assert_eq!(owner.get("/admin").status, 200);
    assert_eq!(elsewhere.get("/admin").status, 303, "other sessions end");
    let stored = shop.text("SELECT totp_seed || password FROM staff");
    assert!(!codes.iter().any(|code| stored.contains(code.as_str())));

    assert_eq!(sign_in(&shop, "").status, 403);
    assert_eq!(sign_in(&shop, "000000").status, 403);
    assert_eq!(sign_in(&shop, &code(&shop, &seed)).status, 403, "used to turn it on");
    shop.advance_s(30);
    let next = code(&shop, &seed);
    assert_eq!(sign_in(&shop, &next).status, 303);
    assert_eq!(sign_in(&shop, &next).status, 403, "a code works once");

    let shouted = codes[3].to_uppercase();
    assert_eq!(sign_in(&shop, &shouted).status, 303);
    assert_eq!(sign_in(&shop, &codes[3]).status, 403, "a recovery code, too");
    assert!(owner.get("/admin/account").body.contains("9 recovery codes"));
}

#[test]
fn turning_it_on_or_off_asks_for_the_password() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let seed = offered(&owner);
    let good = code(&shop, &seed);
    let shown = owner.get("/admin/account").texts(".steps code");
    for (code, current) in [(good.as_str(), "something else"), ("123", PASSWORD), ("", "")] {
        let fields = [("code", code), ("current", current)];
        let answer = owner.post("/admin/account/second-factor", &fields);
        assert_eq!(answer.status, 422, "{code} {current}");
        assert_eq!(answer.texts(".steps code"), shown, "the same code to scan");
    }
    assert_eq!(shop.number("SELECT count(*) FROM staff WHERE totp_seed IS NOT NULL"), 0);
    enrol(&shop, &mut owner);
    let off = owner.post("/admin/account/second-factor/off", &[("current", "guess")]);
    assert_eq!(off.status, 422);
    assert_eq!(
        owner.post("/admin/account/second-factor/off", &[("current", PASSWORD)]).status,
        303
    );
    assert_eq!(sign_in(&shop, "").status, 303);
    assert_eq!(shop.number("SELECT count(*) FROM staff_key"), 0);
}

#[test]
fn another_password_ends_every_other_session() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let mut elsewhere = shop.sign_in(Role::Owner);
    let change = |browser: &mut Browser, current: &str, new: &str| {
        browser.post("/admin/account/password", &[("current", current), ("password", new)]).status
    };
    assert_eq!(change(&mut owner, "wrong", "a wholly new phrase"), 422);
    assert_eq!(change(&mut owner, PASSWORD, "short"), 422);
    assert_eq!(elsewhere.get("/admin").status, 200);
    assert_eq!(change(&mut owner, PASSWORD, "a wholly new phrase"), 303);
    assert_eq!(elsewhere.get("/admin").status, 303);
    assert_eq!(owner.get("/admin").status, 200);
    assert_eq!(sign_in(&shop, "").status, 403);
}

// IDOR: a key of somebody else's session ends nothing.
#[test]
fn people_end_their_own_sessions_only() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let mut phone = shop.sign_in(Role::Owner);
    let mut other = shop.sign_in(Role::Orders);
    let key = owner.get("/admin/account").attribute("button[name=session]", "value");
    assert_eq!(other.post("/admin/account/sessions", &[("session", &key)]).status, 303);
    assert_eq!(phone.get("/admin").status, 200);
    owner.post("/admin/account/sessions", &[("session", &key)]);
    assert_eq!((phone.get("/admin").status, owner.get("/admin").status), (303, 200));
    let mut phone = shop.sign_in(Role::Owner);
    owner.post("/admin/account/sessions", &[("session", "others")]);
    assert_eq!((phone.get("/admin").status, other.get("/admin").status), (303, 200));
}

// New recovery codes take the place of the old ones; it takes the password, and a second factor.
#[test]
fn recovery_codes_are_made_anew() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let renew = "/admin/account/recovery-codes";
    let password = [("current", PASSWORD)];
    assert_eq!(owner.post(renew, &password).status, 422, "without a second factor there are none");
    let (_, old) = enrol(&shop, &mut owner);
    assert_eq!(owner.post(renew, &[("current", "wrong")]).status, 422);
    assert_eq!(sign_in(&shop, &old[0]).status, 303, "nothing has changed");
    let page = owner.get("/admin/account");
    assert!(page.texts("#second ~ p")[0].starts_with("On. 9 recovery codes are left."));
    let made = owner.post(renew, &password);
    assert_eq!((made.status, made.texts("h1")), (200, vec!["New recovery codes".to_owned()]));
    let new = made.texts(".codes code");
    assert_eq!(new.len(), 10);
    assert_eq!(sign_in(&shop, &old[1]).status, 403, "an old one opens nothing");
    assert_eq!(sign_in(&shop, &new[0]).status, 303);
    assert_eq!(sign_in(&shop, &new[0]).status, 403, "each once");
}

// A wrong code ends nobody's session: not that of the browser it was typed in, either.
#[test]
fn a_wrong_code_ends_no_session() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    enrol(&shop, &mut owner);
    let wrong = [("email", "owner@example.org"), ("password", PASSWORD), ("code", "000000")];
    assert_eq!(owner.post("/admin/sign-in", &wrong).status, 403);
    assert_eq!(owner.get("/admin/account").status, 200);
    // Nobody waits for the note.
    shop.all_written();
    let noted = "SELECT count(*) FROM audit WHERE action = 'staff.sign_in_refused'";
    assert_eq!(shop.number(noted), 1);
}
