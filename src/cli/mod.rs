//! The command line: one command per file.
//!
//! Exit codes: 0 done, 1 the files or the books have mistakes, 2 the command could not run.

/// Writes a line of the command's result. A reader that has gone (`| head`) is no mistake.
macro_rules! say {
    () => { say_raw!("\n") };
    ($($words:tt)*) => {{
        say_raw!($($words)*);
        say_raw!("\n");
    }};
}
/// Writes part of the command's result as it is.
macro_rules! say_raw {
    ($($words:tt)*) => { $crate::cli::out(std::io::stdout(), &format!($($words)*)) };
}
/// Writes a line about the command itself.
macro_rules! complain {
    ($($words:tt)*) => {{
        complain_raw!($($words)*);
        complain_raw!("\n");
    }};
}
/// Writes part of a report about the command itself.
macro_rules! complain_raw {
    ($($words:tt)*) => { $crate::cli::out(std::io::stderr(), &format!($($words)*)) };
}

mod audit;
mod backup;
mod build;
mod check;
mod check_output;
mod check_pages;
mod doctor;
mod errors;
mod events;
mod explain;
mod export;
mod hooks;
mod import;
mod init;
mod letters;
mod order;
mod order_money;
mod recommend;
mod restore;
mod revisions;
mod seed;
mod seed_year;
mod serve;
mod staff;
mod statement;
mod stock;
mod theme;

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::app::{World, open_kit};
use crate::base::Fault;
use crate::platform::Kit;
use crate::platform::config::{Overrides, Settings};
use crate::platform::render::SiteMistake;
use crate::platform::telemetry;
use crate::pricing::{self, Book, Loaded};
use crate::storefront::Mistakes;

/// Writes to a terminal, pipe or file that may have been closed meanwhile.
fn out(mut to: impl std::io::Write, words: &str) {
    let _ = to.write_all(words.as_bytes());
}

/// Signs of a progress bar.
const BAR: usize = 30;
/// Without a terminal, every so many are told.
const TOLD_EACH: usize = 24;

/// Shows how many of something are done: a bar on a terminal, now and then a line in a log.
fn progress(what: &str, done: usize, all: usize) {
    if !std::io::stderr().is_terminal() {
        if done == all || done.is_multiple_of(TOLD_EACH) {
            tracing::info!(done, of = all, "{what} made");
        }
        return;
    }
    let full = done * BAR / all.max(1);
    let bar: String = (0..BAR).map(|at| if at < full { '#' } else { '.' }).collect();
    let end = if done == all { "\n" } else { "" };
    complain_raw!("\r{what} [{bar}] {done} of {all}{end}");
}

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Done.
    Well,
    /// Ran, and found mistakes.
    WithMistakes,
}

/// Most rows a command lists, or tries again in one transaction.
const LISTED_MAX: u32 = 1000;

/// A list that can be looked at and acted on; without a command, how it is doing.
#[derive(Args)]
struct Listing<C: Subcommand> {
    #[command(subcommand)]
    command: Option<C>,
    /// Writes one JSON document.
    #[arg(long, global = true)]
    json: bool,
}

/// A whole online shop in one binary.
#[derive(Parser)]
#[command(name = "kiosk", version = telemetry::build(), arg_required_else_help = true)]
struct Arguments {
    /// Folder of the catalog files.
    #[arg(long, global = true, value_name = "DIR")]
    content: Option<PathBuf>,
    /// Folder of the database.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, global = true, value_name = "ADDRESS")]
    listen: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes a new shop into a folder: catalog, settings, pictures.
    Init(init::Options),
    /// Reads every catalog file and lists every mistake.
    Check(check::Options),
    /// Writes the storefront as files for any static host.
    Build(build::Options),
    /// Shows and copies the files that make the look.
    #[command(subcommand)]
    Theme(theme::Command),
    /// Lists former states of the content and brings one back.
    #[command(subcommand)]
    Revisions(revisions::Command),
    /// Makes catalog files of a table of products: our own, Shopify's or WooCommerce's columns.
    Import(import::Options),
    /// Writes the catalog as a table.
    #[command(subcommand)]
    Export(export::Command),
    /// Opens the shop.
    Serve(serve::Options),
    /// Fills the database with demonstration orders; twice gives the same.
    Seed(seed::Options),
    /// Shows and changes stock.
    #[command(subcommand)]
    Stock(stock::Command),
    /// Shows orders and moves them on.
    #[command(subcommand)]
    Order(order::Command),
    /// Lets people in at the desk, and out.
    #[command(subcommand)]
    Staff(staff::Command),
    /// Shows what the payment provider told us and what became of it; tries again.
    Events(events::Options),
    /// Lists what went wrong, grouped; sends a test error.
    Errors(errors::Options),
    /// Shows letters that left, wait or were given up; sends one again.
    Letters(letters::Options),
    /// Shows which programs hear of orders and what they were told; tells again.
    Hooks(hooks::Options),
    /// Compares a day's payments with the provider's books.
    Statement(statement::Options),
    /// Writes the whole shop into one file and proves it; the shop may be open.
    Backup(backup::Options),
    /// Proves a backup, or brings a shop back from one.
    Restore(restore::Options),
    /// Visits every page of the running shop and fetches every file that they name.
    Doctor(doctor::Options),
    /// Proves that the books are in order, one line for each invariant.
    Audit(audit::Options),
    /// Shows how an order's price came about, and computes it again.
    Explain(explain::Options),
    /// Shows what is often bought together and why; makes it anew.
    #[command(subcommand)]
    Recommend(recommend::Command),
}

/// Runs the command that was typed.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut overrides = Overrides::new();
    let paths = [("content_dir", &arguments.content), ("data_dir", &arguments.data)];
    for (key, path) in paths {
        if let Some(path) = path {
            overrides.insert(key.to_owned(), path.display().to_string());
        }
    }
    if let Some(listen) = &arguments.listen {
        overrides.insert("listen".to_owned(), listen.clone());
    }
    let ended = match arguments.command {
        Command::Init(options) => init::run(&options),
        Command::Restore(options) => restore::run(&options),
        command => Settings::load(&overrides)
            .map_err(|bad| Fault::new(bad.0))
            .and_then(|settings| run(command, settings)),
    };
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::WithMistakes) => ExitCode::from(1),
        Err(fault) => {
            if fault.cause::<SiteMistake>().is_some() {
                complain!("{}\n", Mistakes::of(&fault).text());
            }
            complain!("kiosk: {fault}");
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, settings: Settings) -> Result<Ended, Fault> {
    match command {
        Command::Init(options) => init::run(&options),
        Command::Restore(options) => restore::run(&options),
        Command::Check(options) => check::run(&options, &settings),
        Command::Build(options) => build::run(&options, &settings),
        Command::Theme(command) => theme::run(command, &settings),
        Command::Revisions(command) => revisions::run(command, &settings),
        Command::Import(options) => import::run(&options, &settings),
        Command::Export(command) => export::run(&command, &settings),
        Command::Serve(options) => serve::run(&options, settings),
        Command::Seed(options) => seed::run(&options, settings),
        Command::Stock(command) => stock::run(command, settings),
        Command::Order(command) => order::run(command, settings),
        Command::Staff(command) => staff::run(command, settings),
        Command::Events(options) => events::run(options, settings),
        Command::Errors(options) => errors::run(options, settings),
        Command::Letters(options) => letters::run(options, settings),
        Command::Hooks(options) => hooks::run(options, settings),
        Command::Statement(options) => statement::run(&options, settings),
        Command::Backup(options) => backup::run(&options, settings),
        Command::Doctor(options) => doctor::run(&options, &settings),
        Command::Audit(options) => audit::run(&options, settings),
        Command::Explain(options) => explain::run(&options, settings),
        Command::Recommend(command) => recommend::run(command, settings),
    }
}

/// Reads the content folder; mistakes go to standard error.
fn load(settings: &Settings) -> Result<Loaded, Fault> {
    pricing::load(&settings.content_dir)
}

/// The price book of a folder without mistakes, for commands that need one.
fn load_book(settings: &Settings) -> Result<Book, Fault> {
    let loaded = load(settings)?;
    loaded.book.ok_or_else(|| {
        let folder = settings.content_dir.display();
        Fault::new(format!("the files in {folder} have mistakes; `kiosk check` lists them"))
    })
}

/// The shop's tools, for commands that read or change the database of a shop that is there.
fn open(settings: Settings) -> Result<Kit, Fault> {
    if !settings.data_dir.join("kiosk.db").exists() {
        return Err(Fault::new(format!(
            "there is no shop database in {}; start the shop once with `kiosk serve`, or name the \
             folder with --data",
            settings.data_dir.display()
        )));
    }
    open_kit(settings, &World::default())
}
