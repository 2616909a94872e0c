//! Signing in and out, and everything that must not help anybody else to. S2.51, for those who have
//! accounts: the people at the desk.

use kiosk::base::ids::Token;
use kiosk::identity::{Right, Role};

use crate::house::{PASSWORD, Setup, TestShop};

const EMAIL: &str = "owner@example.org";

fn wrong(shop: &TestShop, email: &str, password: &str) -> (u16, String) {
    let mut browser = shop.browser();
    let answer = browser.post("/admin/sign-in", &[("email", email), ("password", password)]);
    assert!(!browser.cookies.contains_key("desk"), "a refused sign-in leaves no cookie");
    (answer.status, answer.texts(".notice").join(" "))
}

#[test]
fn nobody_is_there_by_default_and_the_desk_leads_to_the_sign_in_page() {
    let shop = TestShop::open();
    assert_eq!(shop.number("SELECT count(*) FROM staff"), 0);
    let mut stranger = shop.browser();
    let asked = stranger.get("/admin/staff?x=1");
    assert_eq!(
        (asked.status, asked.location()),
        (303, "/admin/sign-in?next=%2Fadmin%2Fstaff%3Fx%3D1")
    );
    assert_eq!(stranger.post("/admin/staff", &[]).status, 401);
    assert_eq!(stranger.get("/admin/sign-in").status, 200);
}

// No account enumeration: an unknown address is answered like a wrong password.
#[test]
fn what_was_wrong_stays_untold() {
    let shop = TestShop::open();
    shop.add_staff(EMAIL, Role::Owner);
    let told = wrong(&shop, EMAIL, "not the password");
    assert_eq!(told.0, 403);
    assert_eq!(told, wrong(&shop, "nobody@example.org", PASSWORD));
    assert_eq!(told, wrong(&shop, "no address", PASSWORD));
    assert_eq!(told, wrong(&shop, EMAIL, &"x".repeat(300)));
    assert_eq!(shop.number("SELECT count(*) FROM session WHERE kind = 'staff'"), 0);
    // Only tries at a real person stand in the log. Nobody waits for them, so that the answer
    // takes as long for an address nobody has; what is written after them finds them there.
    shop.all_written();
    let noted = "SELECT count(*) FROM audit WHERE action = 'staff.sign_in_refused'";
    assert_eq!(shop.number(noted), 2);
}

#[test]
fn five_wrong_tries_are_enough_for_a_quarter_of_an_hour() {
    let settings = vec![("limits", "on".to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    shop.add_staff(EMAIL, Role::Owner);
    for _ in 0..5 {
        assert_eq!(wrong(&shop, EMAIL, "not the password").0, 403);
    }
    let mut browser = shop.browser();
    let right = [("email", EMAIL), ("password", PASSWORD)];
    let answer = browser.post("/admin/sign-in", &right);
    assert_eq!(answer.status, 429, "even the right one");
    assert!(answer.headers.contains_key("retry-after"));
    shop.advance_s(900);
    assert_eq!(browser.post("/admin/sign-in", &right).status, 303);
}

// Strangers who try from many places lock out strangers: a browser the person has used has tries
// of its own, and it is known for that person alone.
#[test]
fn nobody_is_locked_out_of_their_own_browser() {
    let settings = vec![("limits", "on".to_owned()), ("trusted_proxies", "127.0.0.1".to_owned())];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    shop.add_staff(EMAIL, Role::Owner);
    shop.add_staff("other@example.org", Role::Orders);
    let (mut mine, mut theirs) = (shop.browser(), shop.browser());
    let right = |email| [("email", email), ("password", PASSWORD)];
    assert_eq!(mine.post("/admin/sign-in", &right(EMAIL)).status, 303);
    assert_eq!(theirs.post("/admin/sign-in", &right("other@example.org")).status, 303);
    for n in 0..60 {
        let from = format!("198.51.{n}.7");
        let headers = [
            ("x-forwarded-for", &*from),
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
        ];
        let guess = format!("email={}&password=guess+{n}", EMAIL.replace('@', "%40"));
        let answer = shop.browser().send("/admin/sign-in", &headers, guess.as_bytes());
        assert_eq!(answer.status, if n < 49 { 403 } else { 429 }, "{n}");
    }
    assert_eq!(shop.browser().post("/admin/sign-in", &right(EMAIL)).status, 429, "a new browser");
    assert_eq!(theirs.post("/admin/sign-in", &right(EMAIL)).status, 429, "known for somebody else");
    assert_eq!(mine.post("/admin/sign-in", &right(EMAIL)).status, 303);
    // It is no way to guess without end.
    let mut tries = (0..20)
        .map(|_| mine.post("/admin/sign-in", &[("email", EMAIL), ("password", "wrong")]).status);
    assert!(tries.any(|status| status == 429));
}

// Session fixation: a token somebody planted is never adopted, and each sign-in makes a new one.
#[test]
fn a_planted_token_is_worth_nothing() {
    let shop = TestShop::open();
    shop.add_staff(EMAIL, Role::Owner);
    let planted = Token::new(&kiosk::base::Randomness::seeded(99)).as_str().to_owned();
    let mut victim = shop.browser();
    victim.cookies.insert("desk".to_owned(), planted.clone());
    let right = [("email", EMAIL), ("password", PASSWORD)];
    let entered = victim.post("/admin/sign-in", &right);
    let cookie = &entered.headers["set-cookie"];
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    assert_ne!(victim.cookies["desk"], planted);
    let mut thief = shop.browser();
    thief.cookies.insert("desk".to_owned(), planted);
    assert_eq!(thief.get("/admin").status, 303);
    // Signing in again ends the session the browser had.
    let first = victim.cookies["desk"].clone();
    victim.post("/admin/sign-in", &right);
    thief.cookies.insert("desk".to_owned(), first);
    assert_eq!(thief.get("/admin").status, 303);
    assert_eq!(victim.get("/admin").status, 200);
    // A desk token is no visitor's, and a visitor's opens no desk.
    let mut mixed = shop.browser();
    mixed.add("GLAZE-6", 1);
    let visitor = mixed.cookies["visitor"].clone();
    mixed.cookies.insert("desk".to_owned(), visitor);
    assert_eq!(mixed.get("/admin").status, 303);
}

#[test]
fn signing_out_ends_the_session_on_the_server() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let token = owner.cookies["desk"].clone();
    assert_eq!(owner.get("/admin").status, 200);
    assert_eq!(owner.post("/admin/sign-out", &[]).status, 303);
    owner.cookies.insert("desk".to_owned(), token);
    assert_eq!(owner.get("/admin").status, 303);
}

// 30 minutes of nothing, or 12 hours of anything.
#[test]
fn a_session_ends_when_nobody_uses_it_and_when_it_is_old() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    for _ in 0..20 {
        shop.advance_s(29 * 60);
        assert_eq!(owner.get("/admin").status, 200, "reading keeps it alive");
        shop.work_off();
    }
    shop.advance_s(31 * 60);
    assert_eq!(owner.get("/admin").status, 303);

    let mut other = shop.sign_in(Role::Owner);
    for _ in 0..24 {
        shop.advance_s(29 * 60);
        assert_eq!(other.get("/admin").status, 200);
    }
    shop.advance_s(25 * 60);
    assert_eq!(other.get("/admin").status, 303, "12 hours are over");
}

// Another site's page cannot act as somebody who is signed in: S3.59.
#[test]
fn forms_of_other_sites_are_refused_at_the_desk() {
    let shop = TestShop::open();
    let mut owner = shop.sign_in(Role::Owner);
    let cookie = format!("desk={}", owner.cookies["desk"]);
    let form = b"email=evil%40example.org&name=Evil&role=owner";
    let kind = ("content-type", "application/x-www-form-urlencoded");
    for from in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let headers = [("cookie", cookie.as_str()), kind, from];
        let answer = owner.send("/admin/staff", &headers, form);
        assert_eq!(answer.status, 403, "{from:?}");
    }
    assert_eq!(shop.number("SELECT count(*) FROM staff"), 1);
}

// A link in a letter comes without the cookie; the browser then comes again by itself.
#[test]
fn a_link_from_elsewhere_still_leads_in() {
    let shop = TestShop::open();
    let owner = shop.sign_in(Role::Owner);
    let agent = ureq::agent();
    let from_letter = agent
        .get(format!("{}/admin/staff", shop.base))
        .header("accept", "text/html")
        .header("sec-fetch-site", "cross-site")
        .call();
    let mut page = from_letter.unwrap();
    let body = page.body_mut().read_to_string().unwrap();
    assert!(body.contains("http-equiv=\"refresh\""), "{body}");
    let mut again = owner.clone();
    assert_eq!(again.get("/admin/staff").status, 200);
}

// Passwords of the demonstration shop are known to everybody: no door where money is real.
#[test]
fn demonstration_people_do_not_enter_a_live_shop() {
    let settings = vec![
        ("mode", "live".to_owned()),
        ("public_url", "https://shop.example.org".to_owned()),
        ("provider", "stripe".to_owned()),
        ("stripe_key", "rk_live_51Kiosk".to_owned()),
        ("webhook_secrets", "whsec_x".to_owned()),
    ];
    let shop = TestShop::with(Setup { settings, ..Setup::default() });
    shop.add_staff("owner@hearthandfield.example", Role::Owner);
    assert_eq!(wrong(&shop, "owner@hearthandfield.example", PASSWORD).0, 403);
    // And a password alone opens only the page that adds a second factor.
    shop.add_staff(EMAIL, Role::Owner);
    let mut owner = shop.browser();
    let entered = owner.post("/admin/sign-in", &[("email", EMAIL), ("password", PASSWORD)]);
    assert!(entered.headers["set-cookie"].starts_with("__Host-desk="), "{entered:?}");
    assert!(entered.headers["set-cookie"].ends_with("; Secure"));
    for (method, path, right) in shop.app.desk().list() {
        if path.starts_with("/admin/account") {
            assert_eq!(right, Right::OwnAccount, "{path}");
            continue;
        }
        assert_ne!(right, Right::OwnAccount, "{path} opens to a password alone");
        let path = path.replace(['*', ':'], "");
        let answer = owner.ask(method.as_str(), &path, &[("accept", "text/html")], b"");
        if path.starts_with("/admin/api/") {
            let kind = answer.json()["type"].as_str().map(str::to_owned);
            assert_eq!(kind.as_deref(), Some("/problems/second-factor-needed"), "{path}");
        } else {
            assert_eq!((answer.status, answer.location()), (303, "/admin/account?needed=code"));
        }
    }
    assert_eq!(owner.get("/admin/account").status, 200);
}
