//! The operator's sentence: whether all is well, or the one thing to see to first. Pure.
//!
//! Every alert here has a paragraph in `docs/desk.md`.

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{sentence_backup, sentence_certificate};
use crate::base::Instant;
use crate::payments::{Health, Unserved, span};
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
    /// Since when the provider has served nothing, and what it says.
    pub(super) unserved: Option<Unserved>,
    /// Letters waiting, since when the oldest does, and letters given up.
    pub(super) letters: (i64, Option<Instant>, i64),
    /// Bytes left on the disk.
    pub(super) room: Option<u64>,
    /// Jobs whose last run failed.
    pub(super) failing: Vec<String>,
    /// Backups; none where the operator makes them some other way.
    pub(super) backup: Option<Standing>,
    /// Invariants that did not hold when the books were proved last, such as `I1, I3`; empty when
    /// all did, nothing before the first proof has ended.
    pub(super) disproved: Option<String>,
    /// What buyers' browsers see of the shop's certificate.
    pub(super) certificate: Option<certificate::Seen>,
    /// Errors nobody has looked at.
    pub(super) errors: i64,
    /// Calls of other programs that were given up.
    pub(super) unheard: i64,
    /// Whether somebody tries out stolen cards.
    pub(super) is_tested: bool,
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

/// Soon nothing can be written.
pub(super) fn full_disk(m: &Machinery) -> Option<Sentence> {
    let room = m.room.filter(|room| *room < ROOM_MIN)?;
    let text = format!("The disk is nearly full: {} are left.", megabytes(room));
    Some(said(Tone::Bad, text, "/admin/health", "See what takes the room"))
}

/// Events of the provider that nobody applies any more.
pub(super) fn put_aside(m: &Machinery) -> Option<Sentence> {
    let dead = Some(m.events.dead).filter(|dead| *dead > 0)?;
    let text = format!(
        "{} put aside, so an order may not know of its money.",
        count(dead, "payment event was", "payment events were")
    );
    Some(said(Tone::Bad, text, "/admin/health", "See why and try again"))
}

/// Nobody can pay.
pub(super) fn unserved(m: &Machinery, now: Instant) -> Option<Sentence> {
    let unserved = m.unserved.as_ref()?;
    let text = format!(
        "The payment provider has served nothing for {}, so nobody can pay: {}.",
        span(waited(Some(unserved.since), now)),
        unserved.why.trim_end_matches('.')
    );
    Some(said(Tone::Bad, text, "/admin/health", "See the health of the shop"))
}

/// Machinery that does not do its work.
fn broken(m: &Machinery, now: Instant) -> Option<Sentence> {
    if let Some(alert) = m.certificate.as_ref().and_then(sentence_certificate::refused) {
        return Some(alert);
    }
    if let Some(alert) = full_disk(m).or_else(|| unserved(m, now)).or_else(|| put_aside(m)) {
        return Some(alert);
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
    if m.is_tested {
        let text = "Somebody tries out stolen cards; buyers are slowed down meanwhile.".to_owned();
        return Some(said(Tone::Bad, text, "/admin/orders?payment=failed", "See what failed"));
    }
    if let Some(job) = m.failing.first() {
        let text = format!("Background work fails: {job}.");
        return Some(said(Tone::Bad, text, "/admin/health", "See why"));
    }
    if let Some(alert) = m.disproved.as_deref().and_then(sentence_backup::disproved) {
        return Some(alert);
    }
    let backup = m.backup.as_ref()?;
    sentence_backup::overdue(backup, m.first_order_at, now)
        .or_else(|| sentence_backup::doubtful(backup))
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
    if m.unheard > 0 {
        let text = format!(
            "{} given up: other programs did not hear of them.",
            count(m.unheard, "call was", "calls were")
        );
        return Some(said(Tone::Warn, text, "/admin/hooks", "See what they answered"));
    }
    if m.errors > 0 {
        let text =
            format!("{} looked at yet.", count(m.errors, "error was not", "errors were not"));
        return Some(said(Tone::Warn, text, "/admin/errors", "See what went wrong"));
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
