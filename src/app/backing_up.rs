//! Backups at night, and whenever somebody asks for one.

use std::time::Duration;

use jiff::civil::time;
use jiff::tz::TimeZone;

use super::audit;
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::backup::{self, Ending, Made, Newest, Standing, Target};
use crate::platform::db::{Read, Tx};
use crate::platform::jobs::{Found, Job};
use crate::pricing::Books;
use crate::reports::zone_of;

/// How often it is looked whether one is due; the bell wakes it, too.
const LOOK: Duration = Duration::from_mins(5);
/// The hour of the night, in the shop's time zone.
const HOUR: i8 = 3;
/// A shop that has just opened has other things to do, in seconds.
pub(super) const SETTLING_S: i64 = 300;
/// Pause after an attempt that failed, in seconds.
const AGAIN_S: i64 = 3600;

/// Jobs of backups.
pub(super) fn jobs(kit: &Kit, books: &Books) -> Vec<Job> {
    let (kit, books, opened) = (kit.clone(), books.clone(), kit.now());
    let job = Job::new("backup", LOOK, move || {
        let (kit, books) = (kit.clone(), books.clone());
        async move {
            let read = |read: &Read| Ok::<_, Failure<Never>>(backup::standing(read)?);
            let standing = kit.db.read(read).await?;
            let zone = zone_of(&books.now().catalog.shop.timezone);
            let is_on = kit.settings.backups.is_some();
            let now = kit.now();
            let is_due = is_on && is_due(&standing, opened, now, &zone);
            if is_due || standing.wanted_at.is_some() {
                run(kit).await?;
            }
            Ok(Found::Nothing)
        }
    });
    vec![job]
}

/// Whether the night's backup is still to be made. Pure.
fn is_due(standing: &Standing, opened: Instant, now: Instant, zone: &TimeZone) -> bool {
    let has_settled = now >= opened.plus_s(SETTLING_S);
    let is_made = standing.made.as_ref().is_some_and(|made| made.at >= last_night(now, zone));
    let has_failed = standing.failed.as_ref().is_some_and(|(at, _)| now < at.plus_s(AGAIN_S));
    has_settled && !is_made && !has_failed
}

/// The hour of the night that was last.
pub(super) fn last_night(now: Instant, zone: &TimeZone) -> Instant {
    let local = now.in_zone(zone);
    let today = local.date();
    let date = if local.time() < time(HOUR, 0, 0, 0) { today.yesterday() } else { Ok(today) };
    let night = date.and_then(|date| date.to_datetime(time(HOUR, 0, 0, 0)).to_zoned(zone.clone()));
    // Outside the calendar there are no nights.
    night.map_or(now, |night| Instant::from(night.timestamp()))
}

async fn run(kit: Kit) -> Result<(), Fault> {
    let made = tokio::task::spawn_blocking({
        let kit = kit.clone();
        move || back_up(&kit, &Target::of(&kit.settings))
    });
    match made.await? {
        Ok(made) => {
            let file = made.file.display();
            match made.broken {
                None => tracing::info!(%file, bytes = made.bytes, "a backup was made and proved"),
                Some(broken) => tracing::error!(%file, broken, "the books are not in order"),
            }
            Ok(())
        }
        // Looked at again in a while.
        Err(fault) if fault.is_busy() => {
            tracing::info!(%fault, "no backup was made");
            Ok(())
        }
        Err(fault) => Err(fault),
    }
}

/// Makes and proves one backup and notes how it ended; blocks until then.
///
/// # Errors
/// When it could not be made, in a sentence.
pub fn back_up(kit: &Kit, target: &Target) -> Result<Made, Fault> {
    let begun = kit.now();
    let made = backup::make((&kit.settings, &kit.db), target, audit, begun);
    // What another process does at the moment is no failure of the shop's backups.
    let ending: Ending = match &made {
        Err(fault) if fault.is_busy() => return made,
        Err(fault) => Err(fault.to_string()),
        Ok(made) => Ok(Newest {
            at: begun,
            file: made.file.display().to_string(),
            bytes: made.bytes,
            broken: made.broken.clone().unwrap_or_default(),
        }),
    };
    let note = move |tx: &Tx| Ok::<_, Failure<Never>>(backup::end(tx, begun, &ending)?);
    let noted = kit.db.write_blocking(note);
    let made = made?;
    noted?;
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tuesday 24 November 2026, 10:00 in London.
    const NOW: Instant = Instant(1_795_514_400_000);

    fn made(at: Instant) -> Standing {
        let newest = Newest { at, file: "x".to_owned(), bytes: 1, broken: String::new() };
        Standing { made: Some(newest), ..Standing::default() }
    }

    // N12: once a night by the shop's own clock, at once where none was ever made, and after a
    // failure an hour later.
    #[test]
    fn a_backup_is_due_once_a_night() {
        let zone = TimeZone::get("Europe/London").unwrap();
        let opened = NOW.plus_s(-86_400);
        let due = |standing: &Standing, now| is_due(standing, opened, now, &zone);
        assert!(due(&Standing::default(), NOW));
        assert!(!is_due(&Standing::default(), NOW, NOW.plus_s(299), &zone), "it settles first");
        let night = NOW.plus_s(-7 * 3600);
        assert!(!due(&made(night), NOW));
        assert!(due(&made(night.plus_ms(-1)), NOW));
        assert!(!due(&made(night), night.plus_s(86_399)));
        assert!(due(&made(night), night.plus_s(86_400)));
        let failed = Some((NOW.plus_s(-60), "no room".to_owned()));
        let mut standing = Standing { failed, ..made(night.plus_ms(-1)) };
        assert!(!due(&standing, NOW));
        assert!(due(&standing, NOW.plus_s(3540)));
        standing.failed = None;
        assert!(due(&standing, NOW));
    }

    #[test]
    fn a_night_has_its_hour_in_every_zone() {
        let auckland = TimeZone::get("Pacific/Auckland").unwrap();
        let night = last_night(NOW, &auckland).in_zone(&auckland);
        assert_eq!(night.to_string(), "2026-11-24T03:00:00+13:00[Pacific/Auckland]");
    }
}
