//! People who run the shop, their sessions, and why one of them is refused.

use serde::Serialize;

use super::right::{Right, Role};
use crate::base::ids::StaffId;
use crate::base::{Instant, Problem, Refusal as Refuses};

/// Who is signed in and asks.
#[derive(Clone, Debug)]
pub struct Staff {
    /// Names the person.
    pub id: StaffId,
    /// Where they get letters, and what they sign in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether a code is asked for beside the password.
    pub has_second_factor: bool,
    /// Hash of their session's token.
    pub session: String,
    /// The network address of this request.
    pub network: String,
}

impl Staff {
    /// Whether they have the right.
    #[must_use]
    pub fn may(&self, right: Right) -> bool {
        self.role.may(right)
    }

    /// Who did it, as timelines and logs say.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("staff:{}", self.email)
    }
}

/// A person, as the list of people shows them.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// Names the person.
    pub id: StaffId,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may sign in at all.
    pub is_active: bool,
    /// Whether they have chosen a password.
    pub has_password: bool,
    /// Whether a code is asked for beside the password.
    pub has_second_factor: bool,
    /// When they signed in last.
    pub signed_in_at: Option<Instant>,
}

/// What signing in is decided by.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub(super) id: StaffId,
    pub(super) password: Option<String>,
    pub(super) totp_seed: Option<String>,
    pub(super) totp_step: i64,
    pub(super) is_active: bool,
}

/// A browser somebody is signed in with.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SignedIn {
    #[serde(skip)]
    pub(super) hash: String,
    pub(super) device: String,
    pub(super) network: String,
    pub(super) created_at: Instant,
    pub(super) last_seen_at: Instant,
}

/// A line of the log of changes.
#[derive(Clone, Debug, Serialize)]
pub struct Noted {
    /// Its number; later lines have larger ones.
    pub id: i64,
    /// When.
    pub at: Instant,
    /// Who.
    pub actor: String,
    /// From which network address.
    pub network: String,
    /// What was done, such as `order.ship`.
    pub action: String,
    /// To what kind of thing.
    pub entity: String,
    /// To which.
    pub entity_id: String,
    /// What it was before, as JSON.
    pub before: String,
    /// What it is after.
    pub after: String,
}

/// Why somebody is not let in, or a change of people is not made.
#[derive(Debug)]
pub enum Refusal {
    /// Address, password or code is wrong; which one stays untold.
    NotSignedIn,
    /// The link was used, is too old or was never given out.
    DeadLink,
    /// The password now in use was not given.
    WrongPassword,
    /// The code does not fit the secret.
    WrongCode,
    /// A new password that is too easy, and why.
    WeakPassword(String),
    /// Somebody has that address already.
    Taken(String),
    /// What was typed is no e-mail address, no name or no role.
    Unreadable(&'static str),
    /// The shop would be left without an owner who can sign in.
    LastOwner,
    /// There is nobody of that name.
    Nobody,
}

impl Refuses for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::NotSignedIn => Problem::new(
                403,
                "sign-in-refused",
                "Not signed in",
                "E-mail, password or code is wrong.",
            )
            .hint("Check all three. Each code works once; wait for the next one."),
            Self::DeadLink => Problem::new(
                410,
                "link-used",
                "This link no longer works",
                "Links to choose a password work once, and for three days.",
            )
            .hint("Ask an owner of the shop for a new one."),
            Self::WrongPassword => Problem::new(
                422,
                "wrong-password",
                "Wrong password",
                "The password you use now is another one.",
            ),
            Self::WrongCode => Problem::new(
                422,
                "wrong-code",
                "Wrong code",
                "The code does not fit. It changes every 30 seconds.",
            )
            .hint("Check that your phone's clock is right, and type the newest code."),
            Self::WeakPassword(why) => {
                Problem::new(422, "weak-password", "Choose another password", why.clone())
            }
            Self::Taken(email) => Problem::new(
                409,
                "staff-exists",
                "Already here",
                format!("{email} has an account already."),
            )
            .hint("Change its role, or send a new invitation from the list."),
            Self::Unreadable(what) => Problem::new(
                422,
                "staff-unreadable",
                "Something is missing",
                format!("{what} is needed."),
            ),
            Self::LastOwner => Problem::new(
                409,
                "last-owner",
                "The last owner",
                "Nobody else could invite people or change settings any more.",
            )
            .hint("Make somebody else an owner first."),
            Self::Nobody => {
                Problem::new(404, "no-such-person", "Not here", "There is no such person.")
            }
        }
    }
}
