//! The operator's sentence, trouble by trouble.

use jiff::tz::TimeZone;

use super::sentence::{Machinery, Seen, Tone, Trade, sentence};
use crate::base::Instant;
use crate::payments::Unserved;
use crate::platform::backup::{Newest, Standing};
use crate::platform::certificate::{self as watched, Worth};

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

fn unserved(seen: &mut Seen) {
    let (since, why) = (NOW.plus_s(-600), "no such key.".to_owned());
    machinery(seen).unserved = Some(Unserved { since, why });
}

fn failed_backup(seen: &mut Seen) {
    let why = Some((NOW.plus_s(-60), "no room.".to_owned()));
    machinery(seen).backup.as_mut().unwrap().failed = why;
}

fn doubtful_backup(seen: &mut Seen) {
    let made = &mut machinery(seen).backup.as_mut().unwrap().made;
    made.as_mut().unwrap().broken = "I1, I3".to_owned();
}

fn broken_books(seen: &mut Seen) {
    machinery(seen).disproved = Some("I6".to_owned());
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
    let seen_last = watched::Seen { host: "shop.example".to_owned(), at: NOW, worth };
    machinery(seen).certificate = Some(seen_last);
}

fn near_end(seen: &mut Seen) {
    let (since, until) = (NOW.plus_s(-84 * 86_400), NOW.plus_s(6 * 86_400));
    certificate(seen, Worth::Good { since, until });
}

/// Each more pressing than those before it.
const TROUBLES: [Trouble; 21] = [
    (
        |s| trade(s).to_ship = (4, Some(NOW.plus_s(-3 * 86_400))),
        Tone::Warn,
        "has waited 3 days to be shipped",
    ),
    (failed_backup, Tone::Warn, "The last backup failed: no room."),
    (|s| machinery(s).errors = 2, Tone::Warn, "2 errors were not looked at yet."),
    (|s| machinery(s).unheard = 2, Tone::Warn, "2 calls were given up"),
    (|s| machinery(s).events.retrying = 2, Tone::Warn, "2 payment events are tried again"),
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
    (broken_books, Tone::Bad, "not in order: I6 does not hold. The log says where."),
    (
        |s| machinery(s).failing = vec!["inbox".to_owned()],
        Tone::Bad,
        "Background work fails: inbox.",
    ),
    (|s| machinery(s).is_tested = true, Tone::Bad, "tries out stolen cards"),
    (|s| machinery(s).letters.2 = 2, Tone::Bad, "2 letters could not be sent"),
    (slow_events, Tone::Bad, "the oldest has waited 10 minutes"),
    (|s| machinery(s).events.dead = 3, Tone::Bad, "3 payment events were put aside"),
    (unserved, Tone::Bad, "served nothing for 10 minutes, so nobody can pay: no such key."),
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

/// Whether a text says what a row of the manual does; `…` stands for anything.
fn says(text: &str, row: &str) -> bool {
    row.split(", or ").any(|row| {
        let mut rest = Some(text);
        row.split('…').map(str::trim).all(|part| {
            rest = rest.and_then(|text| Some(text.split_once(part)?.1));
            rest.is_some()
        })
    })
}

// N24: every alert stands in the manual, in the order in which they are said, and nothing else.
#[test]
fn the_manual_has_every_alert_in_its_order() {
    let manual = include_str!("../../docs/desk.md").split("| It says |").nth(1).unwrap();
    let rows: Vec<&str> = manual
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.split('|').nth(1).unwrap().trim())
        .collect();
    let mut told = Vec::new();
    let mut seen = calm();
    for (happens, ..) in TROUBLES {
        happens(&mut seen);
        let text = say(&seen).1;
        let at = rows.iter().position(|row| says(&text, row));
        told.push(at.unwrap_or_else(|| panic!("the manual does not have: {text}")));
    }
    told.reverse();
    assert!(told.is_sorted(), "the manual has another order: {told:?}");
    told.dedup();
    assert_eq!(told.len(), rows.len(), "the manual tells of what is never said");
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
    assert_eq!(say(&seen), (Tone::Warn, "The files are not what the shop shows: 1 error.".into()));
}
