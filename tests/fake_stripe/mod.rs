//! A strict stand-in for Stripe: a real HTTP server with its keys, forms, idempotency, objects,
//! pages and signed webhooks, and with every fault a test asks for.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test binary uses another part of it"
)]

mod books;
mod double;
mod faults;
mod form;
pub mod hooks;
mod page;
mod refused;
mod server;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use kiosk::base::Clock;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

pub use books::Books;
pub use double::StripeDouble;
pub use faults::{Fault, Faults};

/// The secret key it takes, the restricted one it takes as well, and what signs its events.
pub const KEY: &str = "sk_test_51KioskFake";
pub const RESTRICTED_KEY: &str = "rk_test_51KioskFake";
pub const SECRET: &str = "whsec_of_the_fake";

/// How the stand-in is run.
#[derive(Clone)]
pub struct Options {
    pub listen: SocketAddr,
    /// Where events are sent; nowhere when absent.
    pub webhook: Option<String>,
    pub secret: String,
    pub clock: Clock,
    /// Whether undelivered events are sent again by themselves.
    pub insist: bool,
}

/// Everything behind the server, locked as one.
#[derive(Default)]
pub struct Inside {
    pub books: Books,
    pub faults: Faults,
    /// What was answered under a key: path and form, status and body.
    pub kept: std::collections::BTreeMap<String, server::Kept>,
    /// Every call in order: what, and with which key or about which object.
    pub calls: Vec<(&'static str, String)>,
    /// The last form of a session, for tests that look at it.
    pub last_form: Option<form::Form>,
    /// Connections taken so far.
    pub connections: u32,
    pub webhook: Option<String>,
    /// Kept answers come without the header that tells of it.
    pub hides_replays: bool,
}

/// A running stand-in. Dropping it closes it.
pub struct FakeStripe {
    pub base: String,
    pub(crate) shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

pub struct Shared {
    pub inside: Mutex<Inside>,
    pub clock: Mutex<Clock>,
    pub base: String,
    pub secret: String,
}

impl Shared {
    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub fn now_s(&self) -> i64 {
        self.clock.lock().unwrap().now().unix_s()
    }
}

impl FakeStripe {
    pub fn start(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind(options.listen)).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let inside = Inside { webhook: options.webhook, ..Inside::default() };
        let shared = Arc::new(Shared {
            inside: Mutex::new(inside),
            clock: Mutex::new(options.clock),
            base: base.clone(),
            secret: options.secret,
        });
        runtime.spawn(server::serve(listener, Arc::clone(&shared)));
        if options.insist {
            runtime.spawn(hooks::insist(Arc::clone(&shared)));
        }
        Self { base, shared, runtime: Some(runtime) }
    }

    /// For tests: on a free port, with a clock of its own until it is given the shop's.
    pub fn local(clock: Clock) -> Self {
        let listen = "127.0.0.1:0".parse().unwrap();
        let secret = SECRET.to_owned();
        Self::start(Options { listen, webhook: None, secret, clock, insist: false })
    }

    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.shared.inside()
    }

    /// Sends every event that is due.
    pub fn deliver_due(&self) {
        let runtime = self.runtime.as_ref().unwrap();
        runtime.block_on(hooks::deliver_due(&self.shared));
    }
}

impl Drop for FakeStripe {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
