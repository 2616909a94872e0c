//! People who run the test shop.

use kiosk::base::Failure;
use kiosk::identity::{self, Refusal, Role};

use super::{Browser, TestShop};

/// The password of everybody at a test's desk.
pub const PASSWORD: &str = "kettle fern orbit";

impl TestShop {
    /// Adds a person who may sign in with [`PASSWORD`].
    #[track_caller]
    pub fn add_staff(&self, email: &str, role: Role) {
        let (address, random, now) = (email.to_owned(), self.kit.random.clone(), self.kit.now());
        let added = self.kit.db.write_blocking(move |tx| {
            let name = address.split('@').next().unwrap();
            let by = ("test", "");
            identity::add_staff(tx, (&address, name, role), by, &random, now)
        });
        let (_, token) = added.map_err(|f: Failure<Refusal>| format!("{f:?}")).unwrap();
        identity::choose_password(&self.kit, email, &token, PASSWORD).unwrap();
    }

    /// A browser somebody of this role is signed in with; made when not there yet.
    #[track_caller]
    pub fn sign_in(&self, role: Role) -> Browser {
        let email = format!("{}@example.org", role.word());
        let there = self.number(&format!("SELECT count(*) FROM staff WHERE email = '{email}'"));
        if there == 0 {
            self.add_staff(&email, role);
        }
        let mut browser = self.browser();
        let fields = [("email", email.as_str()), ("password", PASSWORD)];
        let answer = browser.post("/admin/sign-in", &fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
        browser
    }
}
