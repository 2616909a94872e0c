//! Money: what the provider says, how often, how late and how wrongly, and what becomes of it.

mod house;

#[path = "payments/card_testing.rs"]
mod card_testing;
#[path = "payments/desk.rs"]
mod desk;
#[path = "payments/events.rs"]
mod events;
#[path = "payments/flood.rs"]
mod flood;
#[path = "payments/holds.rs"]
mod holds;
#[path = "payments/inbox.rs"]
mod inbox;
#[path = "payments/late_money.rs"]
mod late_money;
#[path = "payments/opening.rs"]
mod opening;
#[path = "payments/redirects.rs"]
mod redirects;
#[path = "payments/signatures.rs"]
mod signatures;
#[path = "payments/simulator.rs"]
mod simulator;
#[path = "payments/statement.rs"]
mod statement;
