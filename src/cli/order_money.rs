//! `kiosk order paid`, `refund`, `cancel` and `settle`: money that came another way or goes back,
//! and what waited for a person.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use tokio::runtime::Runtime;

use super::order::{find, note_moved};
use super::{Ended, load_book, open};
use crate::app::open_till;
use crate::base::fault::Never;
use crate::base::ids::Sku;
use crate::base::{Failure, Fault, Money};
use crate::identity::COMMAND_LINE;
use crate::orders::{self, Order};
use crate::payments::{self, Origin, Refund, RefundState, RefundWish, Share, Till};
use crate::platform::config::Settings;
use crate::platform::db::Tx;

/// Most characters of a reason, as at the desk.
const REASON_MAX: usize = 300;

/// Options of `kiosk order refund`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct RefundOptions {
    /// The order's number.
    number: String,
    /// Gives back everything that is left.
    #[arg(long, conflicts_with_all = ["amount", "line", "delivery"])]
    all: bool,
    /// Gives back this much, such as 12.50.
    #[arg(long, conflicts_with = "line")]
    amount: Option<String>,
    /// Gives back what was paid for units of a line, such as MUG-1=2; a bundle goes by its name.
    #[arg(long, value_name = "SKU=QTY")]
    line: Vec<String>,
    /// Gives back the delivery, too.
    #[arg(long, conflicts_with = "amount")]
    delivery: bool,
    /// Puts units back on the shelf, such as MUG-1=2; `all` puts back everything.
    #[arg(long, value_name = "SKU=QTY")]
    restock: Vec<String>,
    /// In your words.
    #[arg(long, default_value = "")]
    reason: String,
    /// You have paid it back by other means: it is noted, and the provider is not asked.
    #[arg(long)]
    by_hand: bool,
    /// Money that came too late or twice, rather than the order's own.
    #[arg(long, conflicts_with_all = ["line", "delivery", "restock"])]
    late: bool,
    /// Writes one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `kiosk order paid`.
#[derive(Args)]
pub(super) struct PaidOptions {
    /// The order's number.
    number: String,
    /// How the money came, such as "bank transfer of 12 November".
    #[arg(long)]
    how: String,
}

/// Options of `kiosk order cancel`.
#[derive(Args)]
pub(super) struct CancelOptions {
    /// The order's number.
    number: String,
    /// In your words.
    #[arg(long, default_value = "cancelled by the shop")]
    reason: String,
    /// Writes one JSON document.
    #[arg(long)]
    json: bool,
}

/// Options of `kiosk order settle`.
#[derive(Args)]
pub(super) struct SettleOptions {
    /// The order's number.
    number: String,
    /// What was done about it, in your words.
    #[arg(long)]
    note: String,
}

/// The till of a shop, one of its orders, and what waits for the provider.
fn till_and_order(settings: Settings, number: &str) -> Result<(Runtime, Till, Order), Fault> {
    let book = load_book(&settings)?;
    let kit = open(settings)?;
    let order = find(&kit, number)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let till = {
        let _inside = runtime.enter();
        open_till(&kit, book)?
    };
    Ok((runtime, till, order))
}

fn words<R: crate::base::Refusal>(failure: Failure<R>) -> Fault {
    match failure {
        Failure::Fault(fault) => fault,
        Failure::Refused(refusal) => Fault::new(refusal.problem().detail),
    }
}

/// Gives money of an order back.
///
/// # Errors
/// When there is no such order, or that much cannot go back.
pub(super) fn refund(options: RefundOptions, settings: Settings) -> Result<Ended, Fault> {
    let (runtime, till, order) = till_and_order(settings, &options.number)?;
    let share = share_of(&options, &order)?;
    if options.reason.chars().count() > REASON_MAX {
        return Err(Fault::new(format!("the reason may have {REASON_MAX} characters")));
    }
    let restock = match options.restock.as_slice() {
        [all] if all == "all" => {
            let left = till.kit.db.read_blocking(|read| {
                Ok::<_, Failure<Never>>(payments::propose_refund(read, &order)?)
            })?;
            left.map(|proposal| proposal.restock.into_iter().collect()).unwrap_or_default()
        }
        some => restock_of(some)?,
    };
    let wish = RefundWish {
        share,
        delivery: options.delivery,
        restock,
        reason: options.reason,
        by_hand: options.by_hand,
        late: options.late,
    };
    let (before, now) = (order.clone(), till.kit.now());
    let said = json!({ "share": wish.share, "delivery": wish.delivery,
                       "restock": wish.restock, "reason": wish.reason, "by_hand": wish.by_hand });
    let noted = move |tx: &Tx| note_moved(tx, "order.refund", &before, ("wanted", said), now);
    let given = payments::give_back_if(&till, &order.id, wish, COMMAND_LINE, noted);
    let refund = runtime.block_on(given).map_err(words)?;
    let after = find(&till.kit, &options.number)?;
    if options.json {
        say!(
            "{:#}",
            json!({ "number": after.number, "refund": refund, "payment_status": after.payment,
                    "refunded_minor": after.refunded_minor,
                    "refunding_minor": after.refunding_minor })
        );
    } else {
        say!("{}", told(&refund, &after));
    }
    Ok(if refund.state == RefundState::Failed { Ended::WithMistakes } else { Ended::Well })
}

fn told(refund: &Refund, order: &Order) -> String {
    let (number, amount) = (&order.number, Money::new(refund.amount_minor, refund.currency));
    match refund.state {
        RefundState::Succeeded if refund.origin == Origin::Hand => {
            format!(
                "{number}: {amount} is noted as given back by hand, which is yours to do; the \
                 letter to the buyer is in the outbox."
            )
        }
        RefundState::Succeeded => {
            format!("{number}: {amount} went back; the letter to the buyer is in the outbox.")
        }
        RefundState::Pending => {
            format!("{number}: {amount} is on its way back; the provider will say when it is done.")
        }
        RefundState::Wanted => {
            let why = refund.error.as_deref().unwrap_or("no answer yet");
            format!(
                "{number}: the refund of {amount} is written down, but the provider did not take \
                 it yet ({why}). The running shop asks again by itself; do not repeat the command."
            )
        }
        RefundState::Failed => {
            let why = refund.error.as_deref().unwrap_or("no reason given");
            format!("{number}: the refund of {amount} failed: {why}. The money is still here.")
        }
    }
}

fn share_of(options: &RefundOptions, order: &Order) -> Result<Share, Fault> {
    if options.all {
        return Ok(Share::All);
    }
    if let Some(amount) = &options.amount {
        let parsed = Money::parse(amount, order.currency);
        let minor = parsed.map(|money| money.minor).ok().filter(|minor| *minor > 0);
        return minor.map(Share::Amount).ok_or_else(|| {
            let (code, like) = (order.currency.code(), Money::new(1250, order.currency).decimal());
            Fault::new(format!("{amount:?} is no amount of {code}; write it like {like}"))
        });
    }
    if options.line.is_empty() && !options.delivery {
        let ways = "say how much goes back: --all, --amount 12.50, --line SKU=QTY or --delivery";
        return Err(Fault::new(ways));
    }
    let lines = options.line.iter().map(|line| pair(line)).collect::<Result<_, _>>()?;
    Ok(Share::Lines(lines))
}

fn restock_of(given: &[String]) -> Result<BTreeMap<Sku, u32>, Fault> {
    let mut units = BTreeMap::new();
    for text in given {
        let (name, qty) = pair(text)?;
        let sku = Sku::parse(&name).ok_or_else(|| Fault::new(format!("{name:?} is no SKU")))?;
        if units.insert(sku, qty).is_some() {
            return Err(Fault::new(format!("{name} is named twice")));
        }
    }
    Ok(units)
}

/// `MUG-1=2`.
fn pair(text: &str) -> Result<(String, u32), Fault> {
    let parts = text.split_once('=').and_then(|(name, qty)| Some((name, qty.parse().ok()?)));
    match parts {
        Some((name, qty)) if qty > 0 && !name.is_empty() => Ok((name.to_owned(), qty)),
        _ => Err(Fault::new(format!("{text:?} should look like MUG-1=2"))),
    }
}

/// An order was paid past its payment page.
///
/// # Errors
/// When there is no such order, it is paid, or its goods are gone.
pub(super) fn paid(options: PaidOptions, settings: Settings) -> Result<Ended, Fault> {
    let (_runtime, till, order) = till_and_order(settings, &options.number)?;
    let (inner, book, now) = (till.clone(), till.books.now(), till.kit.now());
    let (before, total) = (order.clone(), Money::new(order.total_minor, order.currency));
    let done = till.kit.db.write_blocking(move |tx| {
        let (id, how) = (&before.id, options.how.trim());
        payments::take_by_hand(tx, &inner, &book, id, how, COMMAND_LINE, now)?;
        note_moved(tx, "order.paid", &before, ("how", json!(how)), now)
    });
    done.map_err(words)?;
    say!("{} is paid: {total}. The letter to the buyer is in the outbox.", order.number);
    Ok(Ended::Well)
}

/// Gives an order up, paid or not.
///
/// # Errors
/// When there is no such order, it has left, or the provider cannot be reached.
pub(super) fn cancel(options: &CancelOptions, settings: Settings) -> Result<Ended, Fault> {
    let (runtime, till, order) = till_and_order(settings, &options.number)?;
    let (before, now) = (order.clone(), till.kit.now());
    let said = json!({ "wanted": "cancelled", "reason": options.reason });
    let noted = move |tx: &Tx| note_moved(tx, "order.cancel", &before, ("wanted", said), now);
    let reason = options.reason.as_str();
    let done = payments::cancel_if(&till, &order.id, COMMAND_LINE, reason, noted);
    let made = runtime.block_on(done).map_err(words)?;
    let (order, refunds) = till.kit.db.read_blocking(|read| {
        let now = orders::get_order(read, &order.id)?.unwrap_or_else(|| order.clone());
        Ok::<_, Failure<Never>>((now, payments::list_refunds(read, &order.id)?))
    })?;
    if options.json {
        say!(
            "{:#}",
            json!({ "number": order.number, "payment_status": order.payment, "refunds": refunds })
        );
        return Ok(Ended::Well);
    }
    match made {
        Some(refund) => say!("{} is cancelled. {}", order.number, told(&refund, &order)),
        None if order.payment.has_paid() => say!("{} was cancelled before.", order.number),
        None => say!("{} is {}; its goods are free again.", order.number, order.payment.word()),
    }
    Ok(Ended::Well)
}

/// A person has looked at an order and dealt with it.
///
/// # Errors
/// When there is no such order, nothing of it waits for a person, or the note is empty.
pub(super) fn settle(options: SettleOptions, settings: Settings) -> Result<Ended, Fault> {
    let kit = open(settings)?;
    let order = find(&kit, &options.number)?;
    let now = kit.now();
    let done = kit.db.write_blocking(move |tx| {
        let note = options.note.trim();
        let after = orders::settle_by_person(tx, &order.id, note, COMMAND_LINE, now)?;
        note_moved(tx, "order.settle", &order, ("note", json!(note)), now)?;
        Ok(after)
    });
    let after = done.map_err(words)?;
    match after.dispute_open {
        true => say!(
            "{} needs no attention any more. The bank has not decided the dispute yet, so the \
             goods stay here.",
            after.number
        ),
        false => say!("{} is settled: nothing of it waits for a person.", after.number),
    }
    Ok(Ended::Well)
}
