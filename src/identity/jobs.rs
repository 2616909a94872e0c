//! Forgetting sessions whose time is over, and writing down when the others were last seen.

use std::time::Duration;

use super::{Presence, guard, store};
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::jobs::{Found, Job};

/// Jobs of the room.
#[must_use]
pub fn jobs(kit: &Kit, presence: &Presence) -> Vec<Job> {
    let (kit, presence) = (kit.clone(), presence.clone());
    let tools = kit.clone();
    vec![
        Job::new("staff last seen", Duration::from_secs(30), move || {
            let (kit, presence) = (tools.clone(), presence.clone());
            async move {
                guard::write_down(&kit, &presence).await?;
                Ok(Found::Nothing)
            }
        })
        .unhurried(),
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
