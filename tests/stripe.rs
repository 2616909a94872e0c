//! Stripe, through the shop's own client, against a strict stand-in over HTTP: everything that
//! holds for any provider, and what only Stripe does.

mod fake_stripe;
mod house;
mod process;

/// Who plays the provider here; `tests/payments.rs` runs the same tests with another.
type Double = fake_stripe::StripeDouble;

/// A shop whose money goes to the stand-in, which tells it of everything over HTTP.
struct Stage {
    shop: house::TestShop,
    provider: std::sync::Arc<Double>,
}

impl Stage {
    fn open() -> Self {
        let provider = std::sync::Arc::new(Double::new(1));
        let settings = provider.settings();
        let shop = house::TestShop::with(house::Setup { settings, ..house::Setup::default() });
        provider.meet(&shop);
        provider.tell_to(&shop);
        Self { shop, provider }
    }

    fn work_off(&self) {
        self.provider.server.deliver_due();
        self.shop.work_off();
    }
}

#[path = "stripe/calls.rs"]
mod calls;
#[path = "payments/cancelling.rs"]
mod cancelling;
#[path = "payments/desk.rs"]
mod desk;
#[path = "payments/disputes.rs"]
mod disputes;
#[path = "journeys/endings.rs"]
mod endings;
#[path = "payments/flood.rs"]
mod flood;
#[path = "payments/holds.rs"]
mod holds;
#[path = "payments/inbox.rs"]
mod inbox;
#[path = "stripe/killed.rs"]
mod killed;
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
#[path = "stripe/strangers.rs"]
mod strangers;
#[path = "payments/signatures.rs"]
mod signatures;
#[path = "stripe/unheard.rs"]
mod unheard;
#[path = "payments/statement.rs"]
mod statement;
#[path = "payments/events.rs"]
mod events;
#[path = "payments/seldom.rs"]
mod seldom;
#[path = "payments/card_testing.rs"]
mod card_testing;
