//! The operator's sentence: whether all is well, or the one thing to see to first. Pure.
//!
//! Every alert here has a paragraph in `docs/desk.md`.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{sentence_backup, sentence_certificate};
use crate::base::Instant;
use crate::payments::{Health, span};
use crate::platform::backup::Standing;
use crate::platform::certificate;

/// Less room on the disk than this is trouble, in bytes.
const ROOM_MIN: u64 = 300 * 1024 * 1024;
/// An event that has waited longer is trouble, in seconds.
const EVENT_SLOW_S: i64 = 5 * 60;
/// A letter that has waited longer is worth a word, in seconds.
const LETTER_SLOW_S: i64 = 15 * 60;
/// Paid goods that have waited longer are worth a word, in seconds.
const SHIP_SLOW_S: i64 = 2 * 86_400;

/// How loud it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Tone {
    /// All is well.
    Ok,
    /// Worth a look today.
    Warn,
    /// Now.
    Bad,
}

/// What is said, and where it leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Sentence {
    /// How loud.
    pub(super) tone: Tone,
    /// In words.
    pub(super) text: String,
    /// Page that helps, and what its link says.
    pub(super) link: Option<(String, &'static str)>,
}

/// What is known of the trade; only for those who may see orders.
#[derive(Clone, Debug, Default)]
pub(super) struct Trade {
    /// When an order was placed last.
    pub(super) last_order_at: Option<Instant>,
    /// Paid orders that have not left, and since when the oldest waits.
    pub(super) to_ship: (i64, Option<Instant>),
    /// Orders a person must look at, and number and reason of the first.
    pub(super) attention: (i64, Option<(String, String)>),
}

/// What is known of the machinery; only for those who may see it.
#[derive(Clone, Debug, Default)]
pub(super) struct Machinery {
    /// The provider's events.
    pub(super) events: Health,
    /// Letters waiting, since when the oldest does, and letters given up.
    pub(super) letters: (i64, Option<Instant>, i64),
    /// Bytes left on the disk.
    pub(super) room: Option<u64>,
    /// Jobs whose last run failed.
    pub(super) failing: Vec<&'static str>,
    /// Backups; none where the operator makes them some other way.
    pub(super) backup: Option<Standing>,
    /// What buyers' browsers see of the shop's certificate.
    pub(super) certificate: Option<certificate::Seen>,
    /// Since when there is something to lose.
    pub(super) first_order_at: Option<Instant>,
}

/// Everything the sentence is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Orders.
    pub(super) trade: Option<Trade>,
    /// Machinery.
    pub(super) machinery: Option<Machinery>,
    /// What is wrong with the files, such as `2 errors in content`.
    pub(super) mistakes: Option<String>,
    /// SKUs that are low, and SKUs that are sold out.
    pub(super) short: (i64, i64),
}

pub(super) fn said(tone: Tone, text: String, href: &str, words: &'static str) -> Sentence {
    Sentence { tone, text, link: Some((href.to_owned(), words)) }
}

/// `1 order`, `2 orders`.
pub(super) fn count(number: i64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes / (1024 * 1024))
}

/// A moment as people say it today: the time alone when it was today.
pub(super) fn when(at: Instant, now: Instant, zone: &TimeZone) -> String {
    let (at, now) = (at.in_zone(zone), now.in_zone(zone));
    let form = if at.date() == now.date() { "%H:%M" } else { "%a %-d %b, %H:%M" };
    at.strftime(form).to_string()
}

pub(super) fn waited(since: Option<Instant>, now: Instant) -> i64 {
    since.map_or(0, |since| (now.0 - since.0).max(0) / 1000)
}

/// The one thing to say, the most pressing first.
pub(super) fn sentence(seen: &Seen, now: Instant, zone: &TimeZone) -> Sentence {
    let pressing = seen.machinery.as_ref().and_then(|m| broken(m, now));
    let pressing = pressing.or_else(|| seen.trade.as_ref().and_then(needs_somebody));
    let pressing = pressing.or_else(|| mistakes(seen));
    let pressing = pressing.or_else(|| seen.machinery.as_ref().and_then(|m| slow(m, now)));
    let pressing = pressing.or_else(|| seen.trade.as_ref().and_then(|t| unshipped(t, now)));
    pressing.unwrap_or_else(|| well(seen, now, zone))
}

/// Machinery that does not do its work.
fn broken(m: &Machinery, now: Instant) -> Option<Sentence> {
    if let Some(alert) = m.certificate.as_ref().and_then(sentence_certificate::refused) {
        return Some(alert);
    }
    if let Some(room) = m.room.filter(|room| *room < ROOM_MIN) {
        let text = format!("The disk is nearly full: {} are left.", megabytes(room));
        return Some(said(Tone::Bad, text, "/admin/health", "See what takes the room"));
    }
    if m.events.dead > 0 {
        let text = format!(
            "{} put aside, so an order may not know of its money.",
            count(m.events.dead, "payment event was", "payment events were")
        );
        return Some(said(Tone::Bad, text, "/admin/health", "See why and try again"));
    }
    if waited(m.events.oldest_at, now) > EVENT_SLOW_S && m.events.waiting > 0 {
        let waits = span(waited(m.events.oldest_at, now));
        let text = format!("Payment events are not looked at; the oldest has waited {waits}.");
        return Some(said(Tone::Bad, text, "/admin/health", "See the health of the shop"));
    }
    if m.letters.2 > 0 {
        let text = format!("{} not be sent.", count(m.letters.2, "letter could", "letters could"));
        return Some(said(Tone::Bad, text, "/admin/messages", "See what the mail server said"));
    }
    if let Some(job) = m.failing.first() {
        let text = format!("Background work fails: {job}.");
        return Some(said(Tone::Bad, text, "/admin/health", "See why"));
    }
    m.backup.as_ref().and_then(|backup| sentence_backup::overdue(backup, m.first_order_at, now))
}

fn needs_somebody(t: &Trade) -> Option<Sentence> {
    let (number, why) = t.attention.1.as_ref()?;
    let text = match t.attention.0 {
        1 => format!("Order {number} needs you: {why}."),
        many => format!("{many} orders need you, {number} first: {why}."),
    };
    let text = text.replace("..", ".");
    Some(said(Tone::Bad, text, &format!("/admin/orders/{number}"), "Open the order"))
}

fn mistakes(seen: &Seen) -> Option<Sentence> {
    let title = seen.mistakes.as_ref()?;
    let text = format!("The files are not what the shop shows: {title}.");
    Some(said(Tone::Warn, text, "#mistakes", "See the mistakes"))
}

/// Machinery that mends itself, but is late.
fn slow(m: &Machinery, now: Instant) -> Option<Sentence> {
    let certificate = m.certificate.as_ref();
    if let Some(alert) = certificate.and_then(|seen| sentence_certificate::ends_soon(seen, now)) {
        return Some(alert);
    }
    let late = waited(m.letters.1, now);
    if m.letters.0 > 0 && late > LETTER_SLOW_S {
        let text = format!(
            "{} waiting to be sent, the oldest for {}.",
            count(m.letters.0, "letter is", "letters are"),
            span(late)
        );
        return Some(said(Tone::Warn, text, "/admin/messages", "See the letters"));
    }
    if m.events.retrying > 0 {
        let text = format!(
            "{} tried again by itself.",
            count(m.events.retrying, "payment event is", "payment events are")
        );
        return Some(said(Tone::Warn, text, "/admin/health", "See why"));
    }
    m.backup.as_ref().and_then(sentence_backup::failed)
}

fn unshipped(t: &Trade, now: Instant) -> Option<Sentence> {
    let (orders, since) = t.to_ship;
    let late = waited(since, now);
    if orders == 0 || late <= SHIP_SLOW_S {
        return None;
    }
    let text = format!("A paid order has waited {} to be shipped.", span(late));
    Some(said(Tone::Warn, text, "#ship", "See what to ship"))
}

/// All is well, with what one would ask next.
fn well(seen: &Seen, now: Instant, zone: &TimeZone) -> Sentence {
    let mut text = String::from("All well.");
    if let Some(t) = &seen.trade {
        match t.last_order_at {
            Some(at) => text = format!("{text} Last order {}.", when(at, now, zone)),
            None => text.push_str(" No order yet."),
        }
        let ship = match t.to_ship.0 {
            0 => " Nothing to ship.".to_owned(),
            orders => format!(" {} to ship.", count(orders, "order", "orders")),
        };
        text.push_str(&ship);
    }
    if let Some(m) = &seen.machinery {
        let mail = match m.letters.0 {
            0 => " Mail queue empty.".to_owned(),
            letters => format!(" {} on the way.", count(letters, "letter", "letters")),
        };
        text.push_str(&mail);
        text.push_str(&sentence_backup::proved(m.backup.as_ref(), now));
    }
    let short = match seen.short {
        (0, 0) => " Nothing runs low.".to_owned(),
        (0, none) => format!(" {none} sold out."),
        (low, 0) => format!(" {low} running low."),
        (low, none) => format!(" {low} running low, {none} sold out."),
    };
    text.push_str(&short);
    Sentence { tone: Tone::Ok, text, link: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::backup::Newest;
    use crate::platform::certificate::Worth;

    const NOW: Instant = Instant(1_795_514_400_000); // Tuesday 24 November 2026, 10:00 in London

    fn zone() -> TimeZone {
        TimeZone::get("Europe/London").unwrap()
    }

    fn say(seen: &Seen) -> (Tone, String) {
        let said = sentence(seen, NOW, &zone());
        assert_eq!(said.link.is_some(), said.tone != Tone::Ok, "an alert leads somewhere");
        (said.tone, said.text)
    }

    fn made(age_s: i64) -> Standing {
        let (file, broken) = ("kiosk.tar.gz".to_owned(), String::new());
        let newest = Newest { at: NOW.plus_s(-age_s), file, bytes: 1, broken };
        Standing { made: Some(newest), ..Standing::default() }
    }

    fn calm() -> Seen {
        let trade = Trade { last_order_at: Some(NOW.plus_s(-3600)), ..Trade::default() };
        let machinery = Machinery { backup: Some(made(3 * 3600)), ..Machinery::default() };
        Seen { trade: Some(trade), machinery: Some(machinery), ..Seen::default() }
    }

    // N24: all is well, or the one thing to fix.
    #[test]
    fn all_is_well_until_something_is_not() {
        let well = "All well. Last order 09:00. Nothing to ship. Mail queue empty. \
                    Backup 3 h old and verified. Nothing runs low.";
        assert_eq!(say(&calm()), (Tone::Ok, well.to_owned()));
        let mut busy = calm();
        busy.short = (2, 1);
        if let Some(trade) = &mut busy.trade {
            trade.to_ship = (1, Some(NOW.plus_s(-60)));
            trade.last_order_at = Some(NOW.plus_s(-86_400));
        }
        let text = say(&busy).1;
        assert!(text.contains("Last order Mon 23 Nov, 10:00. 1 order to ship."), "{text}");
        assert!(text.ends_with("2 running low, 1 sold out."), "{text}");
        assert_eq!(say(&Seen::default()).1, "All well. Nothing runs low.");
    }

    /// Something that goes wrong, how loud it is, and words of what is said then.
    type Trouble = (fn(&mut Seen), Tone, &'static str);

    fn trade(seen: &mut Seen) -> &mut Trade {
        seen.trade.as_mut().unwrap()
    }

    fn machinery(seen: &mut Seen) -> &mut Machinery {
        seen.machinery.as_mut().unwrap()
    }

    fn needed(seen: &mut Seen) {
        let first = ("HF-1001".to_owned(), "the amount differs".to_owned());
        trade(seen).attention = (2, Some(first));
    }

    fn slow_events(seen: &mut Seen) {
        machinery(seen).events.waiting = 1;
        machinery(seen).events.oldest_at = Some(NOW.plus_s(-600));
    }

    fn failed_backup(seen: &mut Seen) {
        let why = Some((NOW.plus_s(-60), "no room.".to_owned()));
        machinery(seen).backup.as_mut().unwrap().failed = why;
    }

    fn doubtful_backup(seen: &mut Seen) {
        let made = &mut machinery(seen).backup.as_mut().unwrap().made;
        made.as_mut().unwrap().broken = "I1, I3".to_owned();
    }

    fn old_backup(seen: &mut Seen) {
        let failed = machinery(seen).backup.take().unwrap().failed;
        machinery(seen).backup = Some(Standing { failed, ..made(30 * 3600) });
    }

    fn no_backup(seen: &mut Seen) {
        machinery(seen).backup = Some(Standing::default());
        machinery(seen).first_order_at = Some(NOW.plus_s(-27 * 3600));
    }

    fn certificate(seen: &mut Seen, worth: Worth) {
        let seen_last = certificate::Seen { host: "shop.example".to_owned(), at: NOW, worth };
        machinery(seen).certificate = Some(seen_last);
    }

    fn near_end(seen: &mut Seen) {
        let (since, until) = (NOW.plus_s(-84 * 86_400), NOW.plus_s(6 * 86_400));
        certificate(seen, Worth::Good { since, until });
    }

    /// Each more pressing than those before it.
    const TROUBLES: [Trouble; 16] = [
        (
            |s| trade(s).to_ship = (4, Some(NOW.plus_s(-3 * 86_400))),
            Tone::Warn,
            "has waited 3 days to be shipped",
        ),
        (failed_backup, Tone::Warn, "The last backup failed: no room."),
        (|s| machinery(s).events.retrying = 1, Tone::Warn, "1 payment event is tried again"),
        (
            |s| machinery(s).letters = (2, Some(NOW.plus_s(-3600)), 0),
            Tone::Warn,
            "2 letters are waiting to be sent, the oldest for 60 minutes",
        ),
        (near_end, Tone::Warn, "The certificate of shop.example ends in 6 days"),
        (|s| s.mistakes = Some("2 errors".to_owned()), Tone::Warn, "shows: 2 errors."),
        (needed, Tone::Bad, "2 orders need you, HF-1001 first: the amount differs."),
        (doubtful_backup, Tone::Bad, "not in order: I1, I3 does not hold"),
        (old_backup, Tone::Bad, "The newest backup is 30 hours old. The last one failed: no room."),
        (no_backup, Tone::Bad, "No backup was ever made."),
        (|s| machinery(s).failing = vec!["inbox"], Tone::Bad, "Background work fails: inbox."),
        (|s| machinery(s).letters.2 = 1, Tone::Bad, "1 letter could not be sent"),
        (slow_events, Tone::Bad, "the oldest has waited 10 minutes"),
        (|s| machinery(s).events.dead = 3, Tone::Bad, "3 payment events were put aside"),
        (|s| machinery(s).room = Some(100 << 20), Tone::Bad, "100 MB are left"),
        (|s| certificate(s, Worth::Refused { why: "ended".into() }), Tone::Bad, "example ended."),
    ];

    // N24: each trouble is said alone, and hides what is less pressing.
    #[test]
    fn the_most_pressing_is_said_alone() {
        let mut seen = calm();
        for (happens, tone, text) in TROUBLES {
            happens(&mut seen);
            let (loud, words) = say(&seen);
            assert!(loud == tone && words.contains(text), "{text}: {words}");
        }
    }

    // N24: a shop without backups of its own says nothing of them, and a new one has time.
    #[test]
    fn a_backup_is_missed_only_where_there_is_something_to_lose() {
        let mut seen = calm();
        machinery(&mut seen).backup = None;
        assert!(!say(&seen).1.contains("ackup"));
        machinery(&mut seen).backup = Some(Standing::default());
        assert!(say(&seen).1.contains("No backup yet."));
        machinery(&mut seen).first_order_at = Some(NOW.plus_s(-25 * 3600));
        assert_eq!(say(&seen).0, Tone::Ok);
        machinery(&mut seen).backup = Some(made(90 * 60));
        assert!(say(&seen).1.contains("Backup 90 min old and verified."));
    }

    // S2.74: who sees neither orders nor machinery is told nothing of them.
    #[test]
    fn a_catalog_editor_hears_of_files_and_stock_only() {
        let seen = Seen { mistakes: Some("1 error".to_owned()), ..Seen::default() };
        assert_eq!(
            say(&seen),
            (Tone::Warn, "The files are not what the shop shows: 1 error.".into())
        );
    }
}
