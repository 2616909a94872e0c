//! Stripe, through the shop's own client, against a strict stand-in over HTTP: everything that holds
//! for any provider, and what only Stripe does.

mod fake_stripe;
mod house;

/// Who plays the provider here; `tests/payments.rs` runs the same tests with another.
type Double = fake_stripe::StripeDouble;

#[path = "stripe/calls.rs"]
mod calls;
#[path = "payments/cancelling.rs"]
mod cancelling;
#[path = "payments/desk.rs"]
mod desk;
#[path = "payments/disputes.rs"]
mod disputes;
#[path = "payments/flood.rs"]
mod flood;
#[path = "payments/holds.rs"]
mod holds;
#[path = "payments/inbox.rs"]
mod inbox;
#[path = "payments/late_money.rs"]
mod late_money;
#[path = "stripe/money_back.rs"]
mod money_back;
#[path = "payments/opening.rs"]
mod opening;
#[path = "payments/redirects.rs"]
mod redirects;
#[path = "payments/refunds.rs"]
mod refunds;
#[path = "stripe/requests.rs"]
mod requests;
#[path = "payments/signatures.rs"]
mod signatures;
