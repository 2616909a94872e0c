//! `kiosk explain`: every penny of an order, and the same sum computed again.

use std::path::PathBuf;

use clap::Args;

use super::{Ended, load_book, open};
use crate::base::fault::{Failure, Never};
use crate::base::{Fault, Money};
use crate::orders::{self, Order};
use crate::platform::config::Settings;
use crate::platform::content::Tree;
use crate::pricing::{self, Book};
use crate::storefront::{kept_files, revisions};

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
    if computed(&order, &book) == stored {
        say!("Computed again: {stored}, the same.");
        return Ok(Ended::Well);
    }
    let then = &order.quote.revision;
    let former = match &options.with {
        None if book.revision != *then => former_book(&files, then)?,
        _ => None,
    };
    let (now, today) = (computed(&order, &book), &book.revision);
    match former.map(|book| computed(&order, &book)) {
        Some(total) if total == stored => say!(
            "Computed again with the files of then, revision {then}: {stored}, the same. With \
             today's, {today}, it would be {now}."
        ),
        Some(total) => {
            say!("Computed again: {total}, but the order says {stored}. This must not be.");
            return Ok(Ended::WithMistakes);
        }
        None if today == then => {
            say!("Computed again: {now}, but the order says {stored}. This must not be.");
            return Ok(Ended::WithMistakes);
        }
        None => say!(
            "Computed again with these files: {now}. They have changed since (revision {then} \
             then, {today} now), and those of then are not kept any more; the order keeps \
             {stored}. `--with` takes a folder of an older backup."
        ),
    }
    Ok(Ended::Well)
}

/// What the order would cost by a book.
fn computed(order: &Order, book: &Book) -> Money {
    let a = &order.asked;
    let quote = pricing::quote(book, &a.basket, &a.buyer, &a.destination, a.at);
    Money::new(quote.total_minor, order.currency)
}

/// The prices of a former state of the files, while it is kept. N5
fn former_book(settings: &Settings, revision: &str) -> Result<Option<Book>, Fault> {
    let kept = revisions(&settings.data_dir)?;
    let Some(state) = kept.iter().find(|state| state.revision == revision) else {
        return Ok(None);
    };
    let files = Tree::from_files(kept_files(&settings.data_dir, state)?);
    Ok(pricing::load_tree(files).book)
}
