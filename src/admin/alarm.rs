//! What a merchant hears by letter although nobody looks at the desk: troubles of the machinery
//! that cost money while they wait. Pure.

use super::sentence::{Machinery, Sentence, full_disk, put_aside, unserved};
use super::{sentence_backup, sentence_certificate};
use crate::base::Instant;

/// What is told once is told again when there is more of it, but not within this time, seconds.
const AGAIN_S: i64 = 3600;
/// What was away for less is still the same trouble, seconds: a disk at its edge comes and goes.
const CALM_S: i64 = 600;
/// How long a shop that was away may take until it has made a backup, seconds.
const OPENING_S: i64 = 1800;

/// A trouble as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Which; the letter's subject is named so in `site/text/`.
    pub(super) cause: &'static str,
    /// How many of it.
    pub(super) count: i64,
    /// In words.
    pub(super) text: String,
    /// Page of the desk that helps.
    pub(super) href: String,
}

/// A trouble that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Which.
    pub(super) cause: String,
    /// How many there were.
    pub(super) count: i64,
    /// When the letter was written.
    pub(super) told_at: Instant,
    /// When it was last there.
    pub(super) seen_at: Instant,
}

/// What is wrong now.
pub(super) fn troubles(m: &Machinery, now: Instant) -> Vec<Trouble> {
    let (certificate, backup) = (m.certificate.as_ref(), m.backup.as_ref());
    let disproved = m.disproved.as_deref().and_then(sentence_backup::disproved);
    let all: [(&str, i64, Option<Sentence>); 8] = [
        ("certificate", 1, certificate.and_then(sentence_certificate::refused)),
        ("certificate_ends", 1, certificate.and_then(|c| sentence_certificate::ends_soon(c, now))),
        ("disk", 1, full_disk(m)),
        ("provider", 1, unserved(m, now)),
        ("events", m.events.dead, put_aside(m)),
        ("backup", 1, backup.and_then(|b| sentence_backup::overdue(b, m.first_order_at, now))),
        ("books", 1, disproved.or_else(|| sentence_backup::doubtful(backup?))),
        ("backup_failed", 1, backup.and_then(sentence_backup::failed)),
    ];
    let there = all.into_iter().filter_map(|(cause, count, said)| Some((cause, count, said?)));
    let trouble = |(cause, count, said): (_, _, Sentence)| {
        let href = said.link.map(|(href, _)| href).unwrap_or_default();
        Trouble { cause, count, text: said.text, href }
    };
    there.map(trouble).collect()
}

/// Causes of which nothing can be said now, neither that they are there nor that they are gone: a
/// certificate that nobody could look at, or not yet, and the age of the backup right after the
/// shop was opened, before it could make one, and the books before they were proved.
pub(super) fn unknown(m: &Machinery, opened: Instant, now: Instant) -> Vec<&'static str> {
    let is_opening = now < opened.plus_s(OPENING_S);
    let is_unseen = m.certificate.as_ref().map_or(is_opening, sentence_certificate::is_unseen);
    let of_certificate = ["certificate", "certificate_ends"].into_iter().filter(|_| is_unseen);
    let is_doubtful = m.backup.as_ref().and_then(sentence_backup::doubtful).is_some();
    let of_books = (m.disproved.is_none() && !is_doubtful).then_some("books");
    of_certificate.chain(is_opening.then_some("backup")).chain(of_books).collect()
}

/// Whether somebody must hear of it: it is new, or more than they know.
pub(super) fn is_news(told: Option<&Told>, trouble: &Trouble, now: Instant) -> bool {
    told.is_none_or(|told| trouble.count > told.count && now >= told.told_at.plus_s(AGAIN_S))
}

/// Whether what was told has been well for long enough to be forgotten.
pub(super) fn is_mended(told: &Told, troubles: &[Trouble], now: Instant) -> bool {
    let is_there = troubles.iter().any(|trouble| trouble.cause == told.cause);
    !is_there && now >= told.seen_at.plus_s(CALM_S)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::backup::Standing;

    const NOW: Instant = Instant(1_795_514_400_000);

    fn events(count: i64) -> Trouble {
        Trouble { cause: "events", count, text: String::new(), href: String::new() }
    }

    // N24: once for each trouble; again when it grows, and when it comes back.
    #[test]
    fn a_trouble_is_told_once_until_it_grows_or_comes_back() {
        assert!(is_news(None, &events(1), NOW));
        let told = Told { cause: "events".to_owned(), count: 1, told_at: NOW, seen_at: NOW };
        assert!(!is_news(Some(&told), &events(1), NOW.plus_s(86_400)));
        assert!(!is_news(Some(&told), &events(2), NOW.plus_s(AGAIN_S - 1)), "not every minute");
        assert!(is_news(Some(&told), &events(2), NOW.plus_s(AGAIN_S)));
        assert!(!is_mended(&told, &[events(1)], NOW.plus_s(86_400)));
        assert!(!is_mended(&told, &[], NOW.plus_s(CALM_S - 1)), "it may only flicker");
        assert!(is_mended(&told, &[], NOW.plus_s(CALM_S)));
    }

    #[test]
    fn a_disk_nearly_full_is_a_trouble() {
        let room = |mb: u64| Machinery { room: Some(mb << 20), ..Machinery::default() };
        assert_eq!(troubles(&room(400), NOW), []);
        let text = "The disk is nearly full: 240 MB are left.".to_owned();
        let href = "/admin/health".to_owned();
        assert_eq!(troubles(&room(240), NOW), [Trouble { cause: "disk", count: 1, text, href }]);
    }

    // N24: what nobody could look at is neither there nor gone.
    #[test]
    fn what_is_not_known_is_not_told() {
        let nothing = Machinery::default();
        let opening = ["certificate", "certificate_ends", "backup", "books"];
        assert_eq!(unknown(&nothing, NOW, NOW), opening);
        let later = NOW.plus_s(OPENING_S);
        assert_eq!(unknown(&nothing, NOW, later), ["books"], "no live shop, and no proof yet");
        let proved = Machinery { disproved: Some(String::new()), ..Machinery::default() };
        assert!(unknown(&proved, NOW, later).is_empty());
    }

    // N12: a failed backup and one that is too old are two troubles, the second the worse.
    #[test]
    fn backups_fail_first_and_are_missed_then() {
        let failed = Some((NOW, "no room".to_owned()));
        let mut seen = Machinery {
            backup: Some(Standing { failed, ..Standing::default() }),
            ..Machinery::default()
        };
        let causes = |seen: &Machinery| {
            troubles(seen, NOW).into_iter().map(|trouble| trouble.cause).collect::<Vec<_>>()
        };
        assert_eq!(causes(&seen), ["backup_failed"]);
        seen.first_order_at = Some(NOW.plus_s(-27 * 3600));
        assert_eq!(causes(&seen), ["backup", "backup_failed"]);
        seen.backup = None;
        assert!(causes(&seen).is_empty(), "where backups are somebody else's work");
    }
}
