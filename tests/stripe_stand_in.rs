//! The strict stand-in for Stripe, run by itself: `cargo test --test stripe_stand_in -- --listen
//! 127.0.0.1:12111 --webhook http://127.0.0.1:8080/webhooks/stripe`. Without `--listen` there is
//! nothing to do, so that it may stand among the tests.

#[path = "fake_stripe/mod.rs"]
mod fake_stripe;
mod house;

use std::io::Write;

use fake_stripe::{FakeStripe, KEY, Options, RESTRICTED_KEY, SECRET};
use kiosk::base::Clock;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let Some(listen) = after("--listen") else { return };
    let options = Options {
        listen: listen.parse().expect("an address such as 127.0.0.1:12111"),
        webhook: after("--webhook"),
        secret: after("--secret").unwrap_or_else(|| SECRET.to_owned()),
        clock: Clock::default(),
        insist: true,
    };
    let secret = options.secret.clone();
    let server = FakeStripe::start(options);
    let mut out = std::io::stdout();
    writeln!(
        out,
        "A stand-in for Stripe answers at {}; its keys are {KEY} and {RESTRICTED_KEY}, its events \
         are signed with {secret}.",
        server.base
    )
    .unwrap();
    out.flush().unwrap();
    loop {
        std::thread::park();
    }
}
