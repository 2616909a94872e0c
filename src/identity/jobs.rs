//! Forgetting sessions whose time is over.

use std::time::Duration;

use super::store;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::jobs::{Found, Job};

/// The sweeper of old sessions.
#[must_use]
pub fn jobs(kit: &Kit) -> Vec<Job> {
    let kit = kit.clone();
    vec![
        Job::new("sessions", Duration::from_hours(1), move || {
            let kit = kit.clone();
            async move {
                let now = kit.now();
                let sweep = move |tx: &crate::platform::db::Tx| {
                    Ok::<_, Failure<Never>>(store::delete_expired(tx, now)?)
                };
                kit.db.write(sweep).await?;
                Ok(Found::Nothing)
            }
        })
        .unhurried(),
    ]
}
