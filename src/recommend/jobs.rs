//! Ranking behind requests: nightly, and sooner while a shop is young.

use std::time::Duration;

use super::flow;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::jobs::{Found, Job};

/// How often it is looked whether ranking is due.
const LOOK: Duration = Duration::from_mins(5);

/// Jobs of the room.
#[must_use]
pub fn jobs(kit: &Kit) -> Vec<Job> {
    let kit = kit.clone();
    vec![Job::new("rank-bought-together", LOOK, move || rank(kit.clone())).unhurried()]
}

async fn rank(kit: Kit) -> Result<Found, Fault> {
    let now = kit.now();
    let wanted = kit.db.read(move |read| Ok::<_, Failure<Never>>(flow::wants_ranking(read, now)?));
    if !wanted.await? {
        return Ok(Found::Nothing);
    }
    let done = kit.db.write(move |tx| Ok::<_, Failure<Never>>(flow::rank_some(tx, now)?));
    Ok(if done.await? { Found::Work } else { Found::Nothing })
}
