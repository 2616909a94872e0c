//! `kiosk letters`: what left the shop, what waits and why, sending again, and trying one out.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Ended, LISTED_MAX, load_book, open};
use crate::admin::{LETTER_KINDS, letter_kind, sample};
use crate::base::email_address::EmailAddress;
use crate::base::fault::{Failure, Never, Refusal};
use crate::base::{Fault, Instant};
use crate::identity::{self, COMMAND_LINE};
use crate::orders;
use crate::payments::span;
use crate::platform::Kit;
use crate::platform::config::Settings;
use crate::platform::mail::{self, Again, Letter, Posted, Wanted, draw};

/// Without a command: how the outbox is doing.
pub(super) type Options = super::Listing<Command>;

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists letters, newest first.
    List {
        /// waiting, sent or dead.
        #[arg(long, default_value = "")]
        state: String,
        /// Such as `order_confirmation`.
        #[arg(long, default_value = "")]
        kind: String,
        /// Only those to this address.
        #[arg(long, default_value = "")]
        to: String,
        /// Only those about the order with this number.
        #[arg(long, value_name = "NUMBER")]
        order: Option<String>,
        /// How many at most, up to 1,000.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Shows one letter, and what the mail server said.
    Show {
        /// Its number in the list.
        id: i64,
        /// Its HTML instead of its plain text.
        #[arg(long)]
        html: bool,
    },
    /// Sends a letter once more, beside the first.
    Resend {
        /// Its number in the list.
        id: i64,
        /// Why; kept with the letter.
        #[arg(long)]
        reason: String,
        /// To another address than the first.
        #[arg(long)]
        to: Option<String>,
    },
    /// Lets a letter that waits be tried at once.
    Now {
        /// Its number in the list.
        id: i64,
    },
    /// Reminds nobody any more of a letter that was given up.
    Settle {
        /// Its number in the list.
        id: i64,
    },
    /// Sends a letter with real data to try it out; its subject says so.
    SendTest {
        /// Such as `order_confirmation`.
        kind: String,
        /// To whom.
        #[arg(long)]
        to: String,
        /// With the order of this number; the newest when absent.
        #[arg(long, value_name = "NUMBER", default_value = "")]
        order: String,
    },
}

/// Runs the command; it may run beside the shop.
///
/// # Errors
/// When there is no such letter or order, or the database cannot be used.
pub(super) fn run(options: Options, settings: Settings) -> Result<Ended, Fault> {
    let json = options.json;
    match options.command {
        None => health(&open(settings)?, json),
        Some(Command::List { state, kind, to, order, limit }) => {
            let wanted = Wanted {
                state,
                template: kind,
                recipient: to,
                limit: limit.min(LISTED_MAX),
                ..Wanted::default()
            };
            list(&open(settings)?, wanted, order.as_deref(), json)
        }
        Some(Command::Show { id, html }) => {
            let book = load_book(&settings)?;
            show(&open(settings)?, &book, id, html, json)
        }
        Some(Command::Resend { id, reason, to }) => {
            resend(&open(settings)?, id, reason, to.as_deref())
        }
        Some(Command::Now { id }) => now(&open(settings)?, id),
        Some(Command::Settle { id }) => settle(&open(settings)?, id),
        Some(Command::SendTest { kind, to, order }) => {
            let book = load_book(&settings)?;
            send_test(&open(settings)?, &book, &kind, &to, &order)
        }
    }
}

fn health(kit: &Kit, as_json: bool) -> Result<Ended, Fault> {
    let unsent = kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(mail::unsent(read)?))?;
    let now = kit.now();
    let lag_s = unsent.oldest_at.map(|at| (now.0 - at.0) / 1000);
    if as_json {
        let value = json!({ "waiting": unsent.waiting, "dead": unsent.dead, "lag_s": lag_s });
        say!("{value:#}");
        return Ok(Ended::Well);
    }
    match lag_s {
        Some(lag_s) => {
            let (waiting, lag) = (unsent.waiting, span(lag_s));
            say!("{waiting} letters wait, the oldest for {lag}.");
        }
        None => say!("Every letter has left."),
    }
    if unsent.dead > 0 {
        say!("{} were given up: `kiosk letters list --state dead` shows them.", unsent.dead);
    }
    Ok(Ended::Well)
}

fn list(kit: &Kit, wanted: Wanted, number: Option<&str>, as_json: bool) -> Result<Ended, Fault> {
    if !wanted.state.is_empty() && !mail::STATES.contains(&wanted.state.as_str()) {
        let (state, known) = (&wanted.state, mail::STATES.join(", "));
        return Err(Fault::new(format!("{state:?} is no state of a letter; there are {known}")));
    }
    let letters = kit.db.read_blocking(|read| {
        let about = match number {
            None => String::new(),
            Some(number) => match orders::find_by_number(read, number)? {
                Some(order) => order.id.as_str().to_owned(),
                None => return Err(Fault::new(format!("there is no order {number}")).into()),
            },
        };
        Ok::<_, Failure<Never>>(mail::list(read, &Wanted { about, ..wanted })?)
    })?;
    if as_json {
        let listed = letters.iter().map(document).collect::<Result<Vec<_>, Fault>>()?;
        say!("{:#}", Value::Array(listed));
        return Ok(Ended::Well);
    }
    if letters.is_empty() {
        say!("There are no such letters.");
    }
    for letter in &letters {
        let (at, state, kind) = (letter.created_at.rfc3339(), &letter.state, &letter.template);
        say!("{:>6}  {at:<24}  {state:<7}  {kind:<20}  {}", letter.id, letter.recipient);
        if let Some(why) = why(letter, kit.now()) {
            say!("        {why}");
        }
    }
    Ok(Ended::Well)
}

/// A letter for programs, with its data as data.
fn document(letter: &Posted) -> Result<Value, Fault> {
    let mut value = serde_json::to_value(letter)?;
    value["data"] = serde_json::from_str(&letter.data)?;
    value["message_id"] = mail::message_id(letter).into();
    Ok(value)
}

/// Why a letter has not left, and what happens next.
fn why(letter: &Posted, now: Instant) -> Option<String> {
    let said = letter.answer.as_deref().unwrap_or("not tried yet");
    let tries = letter.attempts;
    match letter.state.as_str() {
        "waiting" if letter.next_at > now => {
            let next = span((letter.next_at.0 - now.0) / 1000);
            Some(format!("{said}; {tries} tries, the next in {next}"))
        }
        "waiting" => Some(format!("{said}; {tries} tries, the next at once")),
        "dead" => Some(format!("{said}; given up after {tries} tries")),
        _ => None,
    }
}

fn get(kit: &Kit, id: i64) -> Result<Posted, Fault> {
    let found = kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(mail::find(read, id)?))?;
    found
        .ok_or_else(|| Fault::new(format!("there is no letter {id}; `kiosk letters list` has all")))
}

/// The templates as the running shop has them.
fn drawing(kit: &Kit, book: &crate::pricing::Book) -> Result<Kit, Fault> {
    let render = crate::storefront::dressed(&kit.render, book, &kit.settings)?;
    Ok(Kit { render, ..kit.clone() })
}

fn show(
    kit: &Kit,
    book: &crate::pricing::Book,
    id: i64,
    html: bool,
    as_json: bool,
) -> Result<Ended, Fault> {
    let letter = get(kit, id)?;
    if as_json {
        say!("{:#}", document(&letter)?);
        return Ok(Ended::Well);
    }
    let data = serde_json::from_str(&letter.data)?;
    let drawn = draw(&drawing(kit, book)?.render, &letter.template, &data)?;
    if html {
        say!("{}", drawn.html);
        return Ok(Ended::Well);
    }
    say!("{} {}, {}", letter.template, letter.id, letter.state);
    say!("  from        {}", letter.sender);
    say!("  to          {}", letter.recipient);
    say!("  subject     {}", drawn.subject);
    say!("  name        {}", mail::message_id(&letter));
    say!("  written     {}", letter.created_at.rfc3339());
    if let Some(at) = letter.sent_at {
        say!("  left        {} at try {}", at.rfc3339(), letter.attempts);
    }
    if let Some(answer) = &letter.answer {
        say!("  they said   {answer}");
    }
    if let Some(why) = why(&letter, kit.now()) {
        say!("  waits       {why}");
    }
    if !letter.reason.is_empty() {
        say!("  sent by     {}: {}", letter.actor, letter.reason);
    }
    say!("\n{}", drawn.text);
    Ok(Ended::Well)
}

/// A refusal as the command's own mistake.
fn said<T, R: Refusal>(done: Result<T, Failure<R>>) -> Result<T, Fault> {
    done.map_err(|failure| match failure {
        Failure::Fault(fault) => fault,
        Failure::Refused(refusal) => {
            let problem = refusal.problem();
            Fault::new(format!("{} {}", problem.detail, problem.hint.unwrap_or_default()))
        }
    })
}

fn address(text: &str) -> Result<EmailAddress, Fault> {
    EmailAddress::parse(text).ok_or_else(|| Fault::new(format!("{text:?} is no e-mail address")))
}

fn resend(kit: &Kit, id: i64, reason: String, to: Option<&str>) -> Result<Ended, Fault> {
    let (to, now) = (to.map(address).transpose()?, kit.now());
    let copy = said(kit.db.write_blocking(move |tx| {
        let again = Again { id, reason: &reason, actor: COMMAND_LINE, to: to.as_ref() };
        let copy = mail::resend(tx, &again, now)?;
        let after = json!({ "letter": copy, "to": to, "reason": reason.trim() });
        let about = ("letter", id.to_string());
        let changed = (&Value::Null, &after);
        identity::note_typed(tx, "letter.resend", (about.0, &about.1), changed, now)?;
        Ok(copy)
    }))?;
    say!("Letter {copy} repeats letter {id}; the running shop sends it within seconds.");
    Ok(Ended::Well)
}

fn now(kit: &Kit, id: i64) -> Result<Ended, Fault> {
    let letter = get(kit, id)?;
    let (now, tries, next_at) = (kit.now(), letter.attempts, letter.next_at);
    let hurried = kit.db.write_blocking(move |tx| {
        let is_hurried = mail::hurry(tx, id, now)?;
        if is_hurried {
            let before = json!({ "attempts": tries, "next_at": next_at });
            let after = json!({ "attempts": tries, "next_at": now });
            let (about, states) = (("letter", id.to_string()), (&before, &after));
            identity::note_typed(tx, "letter.hurry", (about.0, &about.1), states, now)?;
        }
        Ok::<_, Failure<Never>>(is_hurried)
    });
    if hurried? {
        say!("Letter {id} is tried at once by the running shop.");
        return Ok(Ended::Well);
    }
    let state = letter.state;
    Err(Fault::new(format!("letter {id} does not wait, it is {state}; `resend` sends it again")))
}

fn settle(kit: &Kit, id: i64) -> Result<Ended, Fault> {
    let (letter, now) = (get(kit, id)?, kit.now());
    let settled = kit.db.write_blocking(move |tx| {
        let is_settled = mail::settle(tx, id, now)?;
        if is_settled {
            let (before, after) = (json!({ "settled": false }), json!({ "settled": true }));
            let (about, states) = (("letter", id.to_string()), (&before, &after));
            identity::note_typed(tx, "letter.settle", (about.0, &about.1), states, now)?;
        }
        Ok::<_, Failure<Never>>(is_settled)
    });
    if settled? {
        say!("Nobody is reminded of letter {id} any more.");
        return Ok(Ended::Well);
    }
    Err(Fault::new(format!("letter {id} is {}; nobody is reminded of it", letter.state)))
}

fn send_test(
    kit: &Kit,
    book: &crate::pricing::Book,
    kind: &str,
    to: &str,
    number: &str,
) -> Result<Ended, Fault> {
    let kind = letter_kind(kind).map_err(|_: Failure<_>| {
        let known = LETTER_KINDS.map(|kind| kind.template).join(", ");
        Fault::new(format!("{kind:?} is no kind of letter; there are {known}"))
    })?;
    let recipient = address(to)?;
    let sample = said(kit.db.read_blocking(|read| sample(read, kit, book, kind, number)))?;
    let (kit, sender, now) = (drawing(kit, book)?, book.catalog.shop.email_from.clone(), kit.now());
    let (inner, number) = (kit.clone(), sample.number.clone());
    let sent = kit.db.write_blocking(move |tx| {
        let letter = Letter {
            dedup_key: String::new(),
            about: "",
            sender: &sender,
            recipient: &recipient,
            template: kind.template,
            data: sample.data,
        };
        mail::send_trial(tx, &inner, &letter, COMMAND_LINE, now)?;
        let after = json!({ "to": recipient, "order": number });
        let (about, states) = (("letter kind", kind.template), (&Value::Null, &after));
        identity::note_typed(tx, "letter.trial", about, states, now)?;
        Ok::<_, Failure<Never>>(())
    });
    sent?;
    let about = sample.number.map(|number| format!(" with order {number}")).unwrap_or_default();
    say!("A trial{about} is in the outbox; the running shop sends it to {to} within seconds.");
    Ok(Ended::Well)
}
