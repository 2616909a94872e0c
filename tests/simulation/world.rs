//! The world around one shop, and what happens in it.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use kiosk::base::{Clock, Randomness};
use kiosk::payments::{Provider, Session, SessionStatus};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::house::{FakeProvider, START};
use crate::shop::{Around, Land, Shop};
use crate::steps::{BUYERS, Disk, Weather};

/// Somebody with a browser.
pub struct Buyer {
    pub number: usize,
    pub cookie: String,
    /// The cart as it was last seen.
    pub cart: Value,
    /// Links of orders the shop has confirmed.
    pub orders: Vec<String>,
}

/// An event the provider has to tell.
#[derive(Clone)]
pub struct Told {
    /// Session, refund or dispute.
    pub about: String,
    pub kind: &'static str,
    pub event: String,
}

/// How often what happened: a simulation that never meets a case proves nothing about it.
pub type Tally = BTreeMap<String, u64>;

/// Everything there is.
pub struct World {
    pub runtime: Rc<Runtime>,
    pub around: Around,
    pub provider: Arc<FakeProvider>,
    pub shop: Shop,
    pub buyers: Vec<Buyer>,
    pub told: Vec<Told>,
    /// Events that got lost on their way and that nobody can guess: the provider tells them again,
    /// as providers do for days.
    pub told_later: Vec<Told>,
    pub events: u32,
    /// Events the shop has said 200 to.
    pub heard: Vec<String>,
    /// Pages that took money after they were closed.
    pub paid_closed: Vec<String>,
    pub disk: Disk,
    pub weather: Weather,
    /// The content in force, by its place in [`Land::books`].
    pub content: usize,
    pub tally: Tally,
    /// After how many commits from here the power is cut.
    pub cut_after: Option<u32>,
}

impl World {
    /// A fresh shop, and everybody there is, from one number.
    pub fn new(seed: u64, runtime: &Rc<Runtime>) -> Self {
        let provider = Arc::new(FakeProvider::new(seed));
        let given: Arc<dyn Provider> = provider.clone();
        let around = Around {
            clock: Clock::fixed(START),
            random: Randomness::seeded(!seed),
            provider: given,
        };
        let land = Land::get();
        let shop = Shop::open(land.data(), &around, Arc::clone(&land.books[0]));
        let buyer =
            |number| Buyer { number, cookie: String::new(), cart: Value::Null, orders: Vec::new() };
        Self {
            runtime: Rc::clone(runtime),
            around,
            provider,
            shop,
            buyers: (0..BUYERS).map(buyer).collect(),
            told: Vec::new(),
            told_later: Vec::new(),
            events: 0,
            heard: Vec::new(),
            paid_closed: Vec::new(),
            disk: Disk::Fine,
            weather: Weather::Fine,
            content: 0,
            tally: Tally::new(),
            cut_after: None,
        }
    }

    pub fn count(&mut self, what: &str) {
        *self.tally.entry(what.to_owned()).or_default() += 1;
    }

    /// The shop as it lay on disk at some moment opens again; memory is lost, the world goes on.
    pub fn restart_from(&mut self, image: tempfile::TempDir) {
        let book = Arc::clone(&Land::get().books[self.content]);
        self.shop = Shop::open(image, &self.around, book);
        self.disk = Disk::Fine;
    }

    /// Sessions at the provider for which something holds, in a fixed order.
    pub fn sessions(&self, wanted: impl Fn(&Session) -> bool) -> Vec<Session> {
        self.provider.sessions().into_iter().filter(|session| wanted(session)).collect()
    }

    /// The provider has something to tell about a session, a refund or a dispute.
    pub fn tell(&mut self, about: &str, kind: &'static str) {
        self.events += 1;
        let event = format!("evt_{}", self.events);
        self.told.push(Told { about: about.to_owned(), kind, event });
    }

    /// An event gets lost. What the shop finds by looking at its own sessions and refunds is lost
    /// for good; money on a page that was closed, refunds of the dashboard and complaints are known
    /// to the provider alone.
    pub fn lose(&mut self, number: u64) {
        let Some(lost) = choose(&self.told, number).cloned() else { return };
        self.told.retain(|told| told.event != lost.event);
        let is_ours = |id: &str| {
            self.provider.refunds().iter().any(|made| made.id == id && made.refund.is_some())
        };
        if self.paid_closed.contains(&lost.about)
            || lost.kind.starts_with("charge.dispute")
            || lost.kind.starts_with("refund") && !is_ours(&lost.about)
        {
            self.told_later.push(lost);
        }
    }

    /// The provider's clock: pages close by themselves.
    pub fn close_pages(&mut self) {
        let now = self.around.clock.now();
        let over = |s: &Session| s.status == SessionStatus::Open && s.expires_at <= now;
        for session in self.sessions(over) {
            self.provider.let_expire(&session.id);
            self.tell(&session.id, "checkout.session.expired");
        }
    }

    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
        let provider = &self.provider;
        provider.set_failing_percent(if weather == Weather::Shaky { 33 } else { 0 });
        provider.set_down(weather == Weather::Down);
        provider.set_losing_replies(weather == Weather::Losing);
        provider.set_refusal((weather == Weather::Refusing).then_some("not today"));
        provider.set_overcharge(if weather == Weather::Overcharging { 5 } else { 0 });
    }
}

/// The one of some things that a number chooses.
pub fn choose<T>(things: &[T], number: u64) -> Option<&T> {
    let count = u64::try_from(things.len()).ok().filter(|count| *count > 0)?;
    things.get(usize::try_from(number % count).ok()?)
}
