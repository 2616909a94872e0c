//! Forgetting what nobody needs any more, in small batches: raw events, calls to the provider, and
//! events that did nothing.

use std::time::Duration;

use super::Till;
use super::store_prune;
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::platform::jobs::{Found, Job};

/// How long raw events and calls are kept, seconds.
const KEPT_S: i64 = 90 * 86_400;
/// Rows of each kind in one transaction.
const BATCH: u32 = 500;

/// The sweeper.
#[must_use]
pub(super) fn job(till: &Till) -> Job {
    let till = till.clone();
    Job::new("old-events", Duration::from_hours(1), move || sweep(till.clone())).unhurried()
}

async fn sweep(till: Till) -> Result<Found, Fault> {
    let before = till.kit.now().plus_s(-KEPT_S);
    let swept = till.kit.db.write(move |tx| {
        let raw = store_prune::set_payloads_forgotten(tx, before, BATCH)?;
        let ignored = store_prune::delete_ignored(tx, before, BATCH)?;
        let calls = store_prune::delete_calls(tx, before, BATCH)?;
        Ok::<_, Failure<Never>>(raw + ignored + calls)
    });
    Ok(if swept.await? == 0 { Found::Nothing } else { Found::Work })
}
