//! Merging the words by which the desk finds orders, behind requests.
//!
//! Every commit that places or moves orders adds a few pages of words of its own. SQLite would
//! merge them inside later commits, for which checkouts wait the longer the more orders there are.

use std::time::Duration;

use super::store_list;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::jobs::{Found, Job};

/// How often it is looked whether enough has come together.
const EVERY: Duration = Duration::from_secs(1);

/// Jobs of the room.
#[must_use]
pub fn jobs(kit: &Kit) -> Vec<Job> {
    let kit = kit.clone();
    vec![Job::new("order-words", EVERY, move || merge(kit.clone())).unhurried()]
}

async fn merge(kit: Kit) -> Result<Found, Fault> {
    let done = kit.db.write(|tx| Ok::<_, Failure<Never>>(store_list::merge_words(tx)?));
    Ok(if done.await? { Found::Work } else { Found::Nothing })
}
