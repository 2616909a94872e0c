//! Price, cart and stock against a model that fits into one's head: a thousand random days of a
//! small shop, driven through its real rooms and its real database, compared at every step.

mod house;

#[path = "model/goods.rs"]
mod goods;
#[path = "model/real.rs"]
mod real;
#[path = "model/thought.rs"]
mod thought;

use std::cell::RefCell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use goods::{SKUS, THINGS};
use real::Real;
use thought::{BUYERS, Said, Step, Thought};

/// Random days, and how many shops live them side by side.
const DAYS: u32 = 1_000;
const SHOPS: u64 = 4;
/// Seed of the first shop; the others count on from it.
const SEED: u64 = 20_261_124;
/// Days in one database; then a fresh one, so that the proof of the books stays quick.
const DAYS_IN_ONE: usize = 50;

fn step() -> impl Strategy<Value = Step> {
    let (b, t, s, q) = (0..BUYERS, 0..THINGS.len(), 0..SKUS.len(), 1..4_u32);
    prop_oneof![
        8 => (b.clone(), t.clone(), q).prop_map(|(b, t, q)| Step::Add(b, t, q)),
        2 => (b.clone(), t.clone(), 0..7_u32).prop_map(|(b, t, q)| Step::Set(b, t, q)),
        1 => (b.clone(), t).prop_map(|(b, t)| Step::Remove(b, t)),
        6 => b.clone().prop_map(Step::CheckOut),
        2 => b.clone().prop_map(Step::Pay),
        2 => b.clone().prop_map(Step::PaySlowly),
        2 => b.clone().prop_map(Step::Fail),
        3 => b.clone().prop_map(Step::Expire),
        2 => b.clone().prop_map(Step::Cancel),
        3 => b.clone().prop_map(Step::TryAgain),
        6 => (b, 0..8_usize).prop_map(|(b, n)| Step::PayOld(b, n)),
        2 => (s.clone(), -6..7_i64).prop_map(|(s, delta)| Step::Adjust(s, delta)),
        2 => (s, 0..8_u32).prop_map(|(s, n)| Step::Count(s, n)),
        1 => (1..20_i64).prop_map(Step::Wait),
    ]
}

/// How often what happened: a test that never meets a case proves nothing about it.
type Tally = BTreeMap<String, u32>;

/// One day: the model and the shop do the same and must agree after every step.
fn live(real: &mut Real, day: &[Step], tally: &mut Tally) -> Result<(), TestCaseError> {
    let mut count = |what: String| *tally.entry(what).or_default() += 1;
    let mut thought = Thought::new();
    real.begin_day();
    for (n, step) in day.iter().enumerate() {
        let expected = thought.take(step);
        let happened = real.take(step);
        let name = format!("{step:?}");
        let name = name.split('(').next().unwrap_or_default();
        match happened {
            Said::No => count(format!("{name} refused")),
            Said::Ordered(0) => count("ordered before".to_owned()),
            _ => {}
        }
        prop_assert_eq!(expected, happened, "step {}, {:?}", n, step);
        prop_assert_eq!(thought.levels(), real.levels(), "levels after step {}, {:?}", n, step);
    }
    prop_assert_eq!(thought.carts(), real.carts());
    prop_assert_eq!(thought.orders(), real.orders());
    prop_assert_eq!(real.broken(), Vec::<String>::new());
    for (status, _, is_flagged) in thought.orders() {
        count(format!("{status}{}", if is_flagged { " and flagged" } else { "" }));
    }
    real.end_day();
    Ok(())
}

/// Lives some days in one shop; what was met.
fn live_many(seed: u64, days: u32) -> Tally {
    let rng_seed = RngSeed::Fixed(seed);
    let config = Config { cases: days, rng_seed, failure_persistence: None, ..Config::default() };
    let kept: RefCell<Option<Real>> = RefCell::new(None);
    let tally = RefCell::new(Tally::new());
    let days = proptest::collection::vec(step(), 10..60);
    let outcome = TestRunner::new(config).run(&days, |day| {
        // A shop in which something went wrong is not used again.
        let mut real = kept.take().unwrap_or_else(Real::open);
        live(&mut real, &day, &mut tally.borrow_mut())?;
        if real.days < DAYS_IN_ONE {
            kept.replace(Some(real));
        }
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
    tally.into_inner()
}

// S0.26, S1.19, S1.20, S1.21, S1.22, S2.52, S3.63: a thousand random schedules of adding, setting,
// removing, checking out, paying, failing, expiring, giving up, paying late, adjusting, counting
// and waiting: model and database agree after every step, and the books are right after each day.
#[test]
fn a_thousand_random_days_agree_with_the_model() {
    let each = DAYS / u32::try_from(SHOPS).unwrap();
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let shops: Vec<_> =
            (0..SHOPS).map(|n| scope.spawn(move || live_many(SEED + n, each))).collect();
        shops.into_iter().map(|shop| shop.join().unwrap()).collect()
    });
    let mut all = Tally::new();
    for (what, times) in tallies.into_iter().flatten() {
        *all.entry(what).or_default() += times;
    }
    let met = |what: &str| all.get(what).copied().unwrap_or(0);
    for what in [
        "paid",
        "paid and flagged",
        "expired",
        "expired and flagged",
        "cancelled",
        "failed",
        "pending",
        "processing",
        "Add refused",
        "Set refused",
        "CheckOut refused",
        "Cancel refused",
        "TryAgain refused",
        "Adjust refused",
        "Count refused",
        "ordered before",
    ] {
        assert!(met(what) >= 5, "{what} was met too rarely: {all:#?}");
    }
}
