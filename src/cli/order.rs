//! `kiosk order`: what was ordered, and moving it on.

use clap::Subcommand;
use serde_json::{Value, json};

use super::{Ended, load_book, open, order_money};
use crate::base::fault::Never;
use crate::base::{Failure, Fault, Instant, Money, Refusal as _};
use crate::identity::{self, COMMAND_LINE};
use crate::orders::state::PaymentStatus;
use crate::orders::{self, Order, Refusal};
use crate::payments;
use crate::platform::Kit;
use crate::platform::config::Settings;
use crate::platform::db::{Read, Tx};
use crate::pricing::Source;

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Lists orders, newest first.
    List {
        /// pending, processing, paid, failed, expired, cancelled …
        #[arg(long)]
        status: Option<String>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Shows one order.
    Show {
        /// Its number.
        number: String,
    },
    /// The goods have left; mails the buyer.
    Ship {
        /// Its number.
        number: String,
        /// Who carries it.
        #[arg(long, default_value = "")]
        carrier: String,
        /// The carrier's number for it.
        #[arg(long, default_value = "")]
        tracking: String,
    },
    /// The goods have arrived; mails the buyer.
    Deliver {
        /// Its number.
        number: String,
        /// Only this parcel, counted from 1; with the last one, the order has arrived.
        #[arg(long, value_name = "NUMBER")]
        parcel: Option<u32>,
    },
    /// The money came another way than through the payment page, which is closed; mails the buyer.
    Paid(order_money::PaidOptions),
    /// Gives money back, and goods to the shelf; mails the buyer.
    Refund(order_money::RefundOptions),
    /// Gives an order up: an unpaid one is closed, a paid one that has not left is paid back.
    Cancel(order_money::CancelOptions),
    /// You have looked at what needed attention: the mark goes, and a lost dispute keeps the goods
    /// here no longer.
    Settle(order_money::SettleOptions),
}

/// Runs the command.
///
/// # Errors
/// When there is no such order, or its status does not allow it.
pub(super) fn run(command: Command, settings: Settings) -> Result<Ended, Fault> {
    match command {
        Command::List { status, limit } => list(settings, status.as_deref(), limit),
        Command::Show { number } => show(settings, &number),
        Command::Ship { number, carrier, tracking } => {
            let book = load_book(&settings)?;
            let kit = open(settings)?;
            let order = find(&kit, &number)?;
            let (inner, now) = (kit.clone(), kit.now());
            let done = kit.db.write_blocking(move |tx| {
                let parcel = (carrier.as_str(), tracking.as_str());
                orders::ship(tx, &inner, &book, &order.id, parcel, COMMAND_LINE, now)?;
                note_moved(tx, "order.ship", &order, ("parcel", json!([carrier, tracking])), now)
            });
            moved(done, &number, "shipped")
        }
        Command::Paid(options) => order_money::paid(options, settings),
        Command::Refund(options) => order_money::refund(options, settings),
        Command::Cancel(options) => order_money::cancel(&options, settings),
        Command::Settle(options) => order_money::settle(options, settings),
        Command::Deliver { number, parcel } => {
            let book = load_book(&settings)?;
            let kit = open(settings)?;
            let order = find(&kit, &number)?;
            let (inner, now) = (kit.clone(), kit.now());
            let done = kit.db.write_blocking(move |tx| {
                let (id, by) = (&order.id, COMMAND_LINE);
                match parcel {
                    Some(one) => orders::deliver_parcel(tx, &inner, &book, id, one, by, now)?,
                    None => orders::deliver(tx, &inner, &book, id, by, now)?,
                }
                note_moved(tx, "order.deliver", &order, ("parcel", json!(parcel)), now)
            });
            let what = parcel.map_or(number.clone(), |one| format!("Parcel {one} of {number}"));
            moved(done, &what, "delivered")
        }
    }
}

pub(super) fn find(kit: &Kit, number: &str) -> Result<Order, Fault> {
    let found = kit
        .db
        .read_blocking(|read| Ok::<_, Failure<Never>>(orders::find_by_number(read, number)?))?;
    found.ok_or_else(|| Fault::new(format!("there is no order {number}")))
}

/// A line in the log of changes, in the transaction of the change: what the order was, and what it
/// is now, with one word more; where the provider is asked first, that word is what is wanted.
///
/// # Errors
/// When the database fails.
pub(super) fn note_moved<R>(
    tx: &Tx,
    action: &str,
    before: &Order,
    (word, said): (&str, Value),
    now: Instant,
) -> Result<(), Failure<R>> {
    let after = orders::get_order(tx, &before.id)?;
    let mut after = after.map_or(Value::Null, |after| orders::state_of(&after));
    after[word] = said;
    let (about, was) = (("order", before.number.as_str()), orders::state_of(before));
    Ok(identity::note_typed(tx, action, about, (&was, &after), now)?)
}

fn moved(done: Result<(), Failure<Refusal>>, what: &str, to: &str) -> Result<Ended, Fault> {
    match done {
        Ok(()) => {
            say!("{what} is {to}; what the buyer wants to hear of it is in the outbox.");
            Ok(Ended::Well)
        }
        Err(Failure::Fault(fault)) => Err(fault),
        Err(Failure::Refused(refusal)) => Err(Fault::new(refusal.problem().detail)),
    }
}

fn list(settings: Settings, status: Option<&str>, limit: u32) -> Result<Ended, Fault> {
    let status = match status.map(|word| (word, PaymentStatus::parse(word))) {
        Some((word, None)) => return Err(Fault::new(format!("{word:?} is no payment status"))),
        Some((_, status)) => status,
        None => None,
    };
    let kit = open(settings)?;
    let listed = kit.db.read_blocking(|read| {
        let orders = orders::list_orders(read, status, limit)?;
        let with_items = orders.into_iter().map(|order| {
            let items = orders::list_items(read, &order.id)?;
            Ok((order, items))
        });
        with_items.collect::<Result<Vec<_>, Fault>>().map_err(Failure::<Never>::from)
    })?;
    for (order, items) in &listed {
        let tops = items.iter().filter(|item| item.parent.is_none());
        let what: Vec<String> = tops.map(|i| format!("{} × {}", i.qty, i.title)).collect();
        let total = Money::new(order.total_minor, order.currency).to_string();
        say!(
            "{:<12} {:<10} {:<12} {total:>10}  {}  {}",
            order.number,
            order.payment.word(),
            order.fulfilment.word(),
            order.placed_at.rfc3339(),
            what.join(", ")
        );
    }
    Ok(Ended::Well)
}

/// A line for each refund and dispute.
fn money_back(read: &Read, order: &Order) -> Result<Vec<String>, Fault> {
    let mut lines = Vec::new();
    for refund in payments::list_refunds(read, &order.id)? {
        let amount = Money::new(-refund.amount_minor, refund.currency).to_string();
        let what = match refund.late {
            true => format!("Refund of late money, {}", refund.state.word()),
            false => format!("Refund, {}", refund.state.word()),
        };
        let why = refund.error.as_ref().map(|why| format!("  ({why})")).unwrap_or_default();
        lines.push(format!("{what:<52} {amount:>10}{why}"));
    }
    for dispute in payments::list_disputes(read, &order.id)? {
        let amount = Money::new(dispute.amount_minor, dispute.currency).to_string();
        let due = dispute.due_at.map(|at| format!("  (until {})", at.rfc3339()));
        let what = format!("Dispute, {}: {}", dispute.status, dispute.reason);
        lines.push(format!("{what:<52} {amount:>10}{}", due.unwrap_or_default()));
    }
    Ok(lines)
}

fn show(settings: Settings, number: &str) -> Result<Ended, Fault> {
    let kit = open(settings)?;
    let order = find(&kit, number)?;
    let (items, events, parcels, back) = kit.db.read_blocking(|read| {
        let items = orders::list_items(read, &order.id)?;
        let events = orders::list_events(read, &order.id)?;
        let parcels = orders::list_parcels(read, &order.id)?;
        Ok::<_, Failure<Never>>((items, events, parcels, money_back(read, &order)?))
    })?;
    let money = |minor| Money::new(minor, order.currency).to_string();
    say!("{}  {}  {}", order.number, order.payment.word(), order.fulfilment.word());
    say!("{} <{}>", order.address.name, order.email);
    let a = &order.address;
    let street =
        if a.line2.is_empty() { a.line1.clone() } else { format!("{}, {}", a.line1, a.line2) };
    say!("{street}, {} {}, {}\n", a.postcode, a.city, a.country);
    for item in &items {
        let (qty, title, options) = (item.qty, &item.title, &item.options);
        // A bundle's line carries the money of its parts.
        if item.parent.is_some() {
            say!("    {qty} × {title} {options}");
        } else {
            let what = format!("{qty} × {title} {options}");
            say!("{what:<52} {:>10}", money(item.gross_minor));
        }
    }
    let goods = order.quote.adjustments.iter().filter(|a| a.source != Source::Shipping);
    for adjustment in goods {
        let set = if adjustment.source == Source::Bundle { "Set saving: " } else { "" };
        let what = format!("{set}{}", adjustment.label);
        say!("{what:<52} {:>10}", money(-adjustment.amount_minor));
    }
    if let Some(delivery) = &order.quote.delivery {
        say!("{:<52} {:>10}", delivery.title, money(delivery.price_minor));
    }
    if !order.quote.tax_included {
        say!("{:<52} {:>10}", "Tax", money(order.quote.tax_minor));
    }
    say!("{:<52} {:>10}", "Total", money(order.total_minor));
    for line in back {
        say!("{line}");
    }
    for parcel in &parcels {
        let units: u32 = parcel.lines.iter().map(|line| line.1).sum();
        let (which, by) = (parcel.parcel, format!("{} {}", parcel.carrier, parcel.number));
        say!("Parcel {which}, {units} units: {}", by.trim());
    }
    if let Some(why) = &order.attention {
        say!("\nNeeds attention: {why}");
    }
    say!();
    for event in &events {
        say!("{}  {:<12} by {}  {}", event.at.rfc3339(), event.kind, event.actor, event.data);
    }
    Ok(Ended::Well)
}
