//! The proof of the books beside the open shop: at its start, and every night. N4

use std::time::Duration;

use super::audit;
use super::backing_up::{SETTLING_S, last_night};
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::db::Proved;
use crate::platform::jobs::{Found, Job};
use crate::pricing::Books;
use crate::reports::zone_of;

/// How often it is looked whether one is due.
const LOOK: Duration = Duration::from_mins(5);

/// The job. A backup is proved as well, so with nightly backups there is something to do only while
/// the last proof found something: it may be mended by now.
pub(super) fn jobs(kit: &Kit, books: &Books) -> Vec<Job> {
    let (kit, books, opened) = (kit.clone(), books.clone(), kit.now());
    let job = Job::new("proof", LOOK, move || {
        let (kit, books) = (kit.clone(), books.clone());
        async move {
            let zone = zone_of(&books.now().catalog.shop.timezone);
            let night = last_night(kit.now(), &zone);
            let is_due = match kit.db.proved() {
                // The start has its own; should it have failed, this one takes its place.
                None => kit.now() >= opened.plus_s(SETTLING_S),
                Some(proved) if !proved.broken.is_empty() => true,
                Some(proved) => kit.settings.backups.is_none() && proved.at < night,
            };
            if is_due {
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
