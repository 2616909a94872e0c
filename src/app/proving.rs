//! The proof of the books beside the open shop: at its start, and every night. N4

use std::time::Duration;

use super::audit;
use super::backing_up::last_night;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::db::Proved;
use crate::platform::jobs::{Found, Job};
use crate::pricing::Books;
use crate::reports::zone_of;

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_mins(5);

/// The job. A backup is proved as well, so without nightly backups only there is something to do.
pub(super) fn jobs(kit: &Kit, books: &Books) -> Vec<Job> {
    let (kit, books) = (kit.clone(), books.clone());
    let job = Job::new("proof", LOOK, move || {
        let (kit, books) = (kit.clone(), books.clone());
        async move {
            let zone = zone_of(&books.now().catalog.shop.timezone);
            let night = last_night(kit.now(), &zone);
            let is_due = kit.db.proved().is_some_and(|proved| proved.at < night);
            if is_due && kit.settings.backups.is_none() {
                tokio::task::spawn_blocking(move || prove(&kit)).await??;
            }
            Ok(Found::Nothing)
        }
    });
    vec![job.unhurried()]
}

/// Proves every invariant. A break is logged by its rows, and told at the desk and by letter.
///
/// # Errors
/// When the database fails.
pub fn prove(kit: &Kit) -> Result<(), Fault> {
    let found = kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(audit(read)?))?;
    for finding in &found {
        for row in &finding.broken {
            tracing::error!(invariant = finding.id, row, "the books do not agree");
        }
    }
    kit.db.note_proved(Proved::of(&found, kit.now()));
    Ok(())
}
