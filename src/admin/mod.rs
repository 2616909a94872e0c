//! The merchant's desk: its front page, and pages that show several rooms at once.
//!
//! **Invariants.** Nothing here is reached without the right its route names (`identity::Desk`).
//! **Tables:** none.

mod errors;
mod home;

use crate::identity::{Desk, Right};

/// Staff pages of the room.
#[must_use]
pub fn staff_routes() -> Desk {
    let home = Desk::new().section("home", "Home", "/admin", Right::OwnAccount).get(
        "/admin",
        Right::OwnAccount,
        home::show,
    );
    home.and(errors::desk())
}
