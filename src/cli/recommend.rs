//! `kiosk recommend`: what is often bought together, why, and making it anew from the orders.

use clap::Subcommand;

use super::{Ended, load_book, open};
use crate::base::Fault;
use crate::base::fault::{Failure, Never};
use crate::base::ids::OrderId;
use crate::platform::config::Settings;
use crate::platform::jobs::work_off;
use crate::{app, orders, recommend};

/// Paid orders counted in one transaction.
const COUNTED_AT_ONCE: u32 = 200;

/// What is done.
#[derive(Subcommand)]
pub(super) enum Command {
    /// Shows what is bought together with a product, and why it is suggested or not.
    Show {
        /// The product's slug: the last part of its address.
        product: String,
        /// How many at most.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Writes one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Forgets all counts and makes them anew from the paid orders; the shop must be closed.
    Rebuild,
}

/// Runs the command.
///
/// # Errors
/// When there is no such product, the shop is running, or the database cannot be used.
pub(super) fn run(command: Command, settings: Settings) -> Result<Ended, Fault> {
    match command {
        Command::Show { product, limit, json } => show(&product, limit, json, settings),
        Command::Rebuild => rebuild(settings),
    }
}

fn show(slug: &str, limit: usize, as_json: bool, settings: Settings) -> Result<Ended, Fault> {
    let book = load_book(&settings)?;
    let kit = open(settings)?;
    let Some(product) = book.catalog.products.get(slug) else {
        return Err(Fault::new(format!("there is no product {slug}")));
    };
    let reasons =
        kit.db.read_blocking(|read| Ok::<_, Failure<Never>>(recommend::why(read, slug)?))?;
    let shown = &reasons[..reasons.len().min(limit)];
    if as_json {
        say!("{:#}", serde_json::to_value(shown)?);
        return Ok(Ended::Well);
    }
    if shown.is_empty() {
        say!("Nothing was bought together with {} yet.", product.title);
    }
    for reason in shown {
        let other = book.catalog.products.get(&reason.other);
        let title = other.map_or(reason.other.as_str(), |other| other.title.as_str());
        let mark = if reason.is_suggested { "*" } else { " " };
        say!("{mark} {title}: {}", reason.sentence(&product.title));
    }
    if shown.iter().any(|reason| reason.is_suggested) {
        say!("\n* is suggested beside {}, as far as it is in stock.", product.title);
    }
    Ok(Ended::Well)
}

/// Nobody may pay meanwhile, so that every order is counted once.
fn rebuild(settings: Settings) -> Result<Ended, Fault> {
    let _lock = app::lock(&settings)?;
    let catalog = load_book(&settings)?.catalog;
    let kit = open(settings)?;
    kit.db.write_blocking(|tx| Ok::<_, Failure<Never>>(recommend::forget(tx)?))?;
    let (mut after, mut counted) = (OrderId::from_stored(""), 0);
    loop {
        let (behind, catalog) = (after.clone(), catalog.clone());
        let done = kit.db.write_blocking(move |tx| {
            let baskets = orders::list_paid_baskets(tx, &behind, COUNTED_AT_ONCE)?;
            for (_, skus) in &baskets {
                recommend::record(tx, &catalog, skus)?;
            }
            let last = baskets.last().map(|(id, _)| id.clone());
            Ok::<_, Failure<Never>>((last, baskets.len()))
        })?;
        let (Some(last), count) = done else { break };
        counted += count;
        after = last;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for job in recommend::jobs(&kit) {
        runtime.block_on(work_off(&job))?;
    }
    say!("{counted} paid orders counted.");
    Ok(Ended::Well)
}
