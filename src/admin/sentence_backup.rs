//! What the operator's sentence says of backups. Pure.

use super::sentence::{Sentence, Tone, said, waited};
use crate::base::Instant;
use crate::payments::span;
use crate::platform::backup::{Newest, Standing};

/// A backup is made every night; one this old is trouble, in seconds.
const BACKUP_OLD_S: i64 = 26 * 3600;

fn alert(tone: Tone, text: &str) -> Sentence {
    said(tone, text.replace("..", "."), "/admin/health#backup", "See the backups")
}

/// Backups that would not help today.
pub(super) fn overdue(
    backup: &Standing,
    first_order_at: Option<Instant>,
    now: Instant,
) -> Option<Sentence> {
    let why = backup.failed.as_ref().map(|(_, why)| format!(" The last one failed: {why}."));
    let why = why.unwrap_or_default();
    let text = match &backup.made {
        None if waited(first_order_at, now) > BACKUP_OLD_S => {
            format!("No backup was ever made.{why}")
        }
        Some(made) if waited(Some(made.at), now) > BACKUP_OLD_S => {
            format!("The newest backup is {} old.{why}", span(waited(Some(made.at), now)))
        }
        _ => return None,
    };
    Some(alert(Tone::Bad, &text))
}

/// Books that were not in order when they were proved last.
pub(super) fn disproved(broken: &str) -> Option<Sentence> {
    let text = format!("The books are not in order: {broken} does not hold. The log says where.");
    let said = said(Tone::Bad, text, "/admin/health", "See the health of the shop");
    (!broken.is_empty()).then_some(said)
}

/// Books that are not in order in the newest backup.
pub(super) fn doubtful(backup: &Standing) -> Option<Sentence> {
    let Newest { broken, .. } = backup.made.as_ref()?;
    let text = format!("The books are not in order: {broken} does not hold in the newest backup.");
    (!broken.is_empty()).then(|| alert(Tone::Bad, &text))
}

/// An attempt that failed while the one before it is not old yet; it is tried again in an hour.
pub(super) fn failed(backup: &Standing) -> Option<Sentence> {
    let (_, why) = backup.failed.as_ref()?;
    Some(alert(Tone::Warn, &format!("The last backup failed: {why}.")))
}

/// ` Backup 3 h old and verified.`
pub(super) fn proved(backup: Option<&Standing>, now: Instant) -> String {
    match backup.map(|backup| &backup.made) {
        None => String::new(),
        Some(None) => " No backup yet.".to_owned(),
        Some(Some(made)) => {
            let age_s = waited(Some(made.at), now);
            let (count, unit) =
                if age_s < 7200 { (age_s / 60, "min") } else { (age_s / 3600, "h") };
            format!(" Backup {count} {unit} old and verified.")
        }
    }
}
