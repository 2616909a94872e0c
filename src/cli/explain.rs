//! `kiosk explain`: every penny of an order, and the same sum computed again.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, load_book, open};
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Money};
use crate::orders;
use crate::platform::config::Settings;
use crate::pricing;

/// Options of the command.
#[derive(Args)]
pub(super) struct Options {
    /// Order number, such as HF-1001.
    order: String,
    /// Content to compute with, when it is not the present one.
    #[arg(long, value_name = "DIR")]
    with: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When there is no such order, or the files cannot be read.
pub(super) fn run(options: &Options, settings: Settings) -> Result<Ended, Fault> {
    let mut files = settings.clone();
    if let Some(with) = &options.with {
        files.content_dir.clone_from(with);
    }
    let kit = open(settings)?;
    let found = kit.db.read_blocking(|read| {
        Ok::<_, Failure<Never>>(orders::find_by_number(read, &options.order)?)
    })?;
    let Some(order) = found else {
        return Err(Fault::new(format!("there is no order {}", options.order)));
    };
    say!("Order {} as it was priced:\n", order.number);
    say!("{}", pricing::explain(&order.quote));
    let stored = Money::new(order.total_minor, order.currency);
    let summed: i64 = order.quote.goods_minor
        + order.quote.delivery.as_ref().map_or(0, |d| d.price_minor)
        + if order.quote.tax_included { 0 } else { order.quote.tax_minor };
    if summed != order.total_minor {
        say!("The steps sum to {}, the order says {stored}.", Money::new(summed, order.currency));
        return Ok(Ended::WithMistakes);
    }
    let book = load_book(&files)?;
    let asked = &order.asked;
    let again = pricing::quote(&book, &asked.basket, &asked.buyer, &asked.destination, asked.at);
    if again.total_minor == order.total_minor {
        say!("Computed again: {stored}, the same.");
        return Ok(Ended::Well);
    }
    let now = Money::new(again.total_minor, order.currency);
    if book.revision == order.quote.revision {
        say!("Computed again: {now}, but the order says {stored}. This must not be.");
        return Ok(Ended::WithMistakes);
    }
    say!(
        "Computed again with today's files: {now}. The files have changed since (revision {} \
         then, {} now); the order keeps {stored}.",
        order.quote.revision,
        book.revision
    );
    Ok(Ended::Well)
}
