//! Kiosk: a whole online shop in one file.
//!
//! Files say what the shop sells; SQLite remembers what happened; a build turns the files into
//! pages held ready in memory; a small API turns clicks into rows.
//!
//! The rooms below stand in one fixed order, and **a room may use only what stands above it
//! in this list**. `tests/tidy.rs` reads this list and keeps the rule.

pub mod base; // values only: money, ids, clock, failures
pub mod platform; // machinery without a shop word: settings, database, jobs, web, mail
pub mod identity; // who is asking: visitors, staff, their sessions and rights
pub mod catalog; // what the shop sells, parsed from `content/`; no tables
pub mod stock; // how many there are: levels, holds, the append-only ledger
pub mod pricing; // what it costs: one pure function from basket to quote
pub mod search; // finding products: words, filters, sorting
pub mod recommend; // what is often bought together
pub mod orders; // an order and its life
pub mod cart; // what a visitor has put aside
pub mod payments; // sessions, events, the provider, the simulator
pub mod checkout; // from cart to pending order to payment page
pub mod reports; // what was sold, in figures; reads every room, writes none
pub mod storefront; // the catalog as pages: plan, render, publish
pub mod admin; // the merchant's desk: its front page
pub mod app; // assembles all rooms into one running shop
pub mod cli; // one command per file

/// Thousands of pages made and dropped on several threads: this one gives the memory back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
