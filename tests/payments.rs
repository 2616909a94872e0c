//! Money: what the provider says, how often, how late and how wrongly, and what becomes of it.

mod house;

/// Who plays the provider here; `tests/stripe.rs` runs the same tests with another.
type Double = house::FakeProvider;

#[path = "payments/cancelling.rs"]
mod cancelling;
#[path = "payments/card_testing.rs"]
mod card_testing;
#[path = "payments/desk.rs"]
mod desk;
#[path = "payments/disputes.rs"]
mod disputes;
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
#[path = "payments/refunds.rs"]
mod refunds;
#[path = "payments/scenarios.rs"]
mod scenarios;
#[path = "payments/seldom.rs"]
mod seldom;
#[path = "payments/signatures.rs"]
mod signatures;
#[path = "payments/simulator.rs"]
mod simulator;
#[path = "payments/statement.rs"]
mod statement;
