//! A whole shop from one number: buyers, editors, the provider, the post, the clock, the disk and
//! power cuts, against the real rooms on a real database. After every step the shop must be able
//! to prove its books, and they must agree with the provider's. See `docs/proof.md`.

#![allow(unreachable_pub, reason = "the files beside it are no library")]

mod house;
mod process;

#[path = "simulation/acts.rs"]
mod acts;
#[path = "simulation/back.rs"]
mod back;
#[path = "simulation/fuse.rs"]
mod fuse;
#[path = "simulation/proof.rs"]
mod proof;
#[path = "simulation/shop.rs"]
mod shop;
#[path = "simulation/steps.rs"]
mod steps;
#[path = "simulation/world.rs"]
mod world;

use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::available_parallelism;

use kiosk::base::Randomness;
use kiosk::base::ids::sha256_hex;
use shop::Land;
use steps::draw;
use tokio::runtime::{Builder, Runtime};
use world::{Tally, World};

/// Schedules of `make test`, and how long each is; one in [`LONG_EVERY`] is longer.
const SCHEDULES: u64 = 10_000;
const STEPS: u64 = 6;
const LONG_EVERY: u64 = 100;
const LONG_STEPS: u64 = 100;
/// Steps of one schedule of the nightly run.
const NIGHTLY_STEPS: u64 = 200;
/// Steps told when one breaks something.
const TOLD: usize = 12;

fn runtime() -> Rc<Runtime> {
    Rc::new(Builder::new_current_thread().enable_all().build().unwrap())
}

/// One schedule: what was met, and a fingerprint of everything that happened and was written.
fn live(seed: u64, steps: u64, runtime: &Rc<Runtime>) -> Result<(Tally, String), String> {
    let random = Randomness::seeded(seed);
    let mut world = World::new(seed, runtime);
    let mut story: Vec<String> = Vec::new();
    let broken = |step: u64, story: &[String], why: &str| {
        let last = story[story.len().saturating_sub(TOLD)..].join("\n  ");
        let replay = format!("make simulate SEED={seed} STEPS={steps}");
        format!("seed {seed} broke at step {step}: {why}\n  {last}\nReplay it: {replay}")
    };
    for step in 1..=steps {
        let turn = draw(&random, Land::get().books.len());
        let cuts = world.tally.get("power cut").copied();
        story.push(format!("{step}: {:?}, power {:?}", turn.step, turn.cut_after));
        let said = world.take(&turn).map_err(|why| broken(step, &story, &why))?;
        let was_cut = world.tally.get("power cut").copied() != cuts;
        let last = story.last_mut().unwrap();
        *last = format!("{last} -> {}", if was_cut { "cut" } else { &said });
        world.prove().map_err(|why| broken(step, &story, &why))?;
    }
    world.come_to_rest().map_err(|why| broken(steps, &story, &why))?;
    let dump = world.shop.read(process::dump);
    let print = sha256_hex(format!("{}\n{dump}", story.join("\n")).as_bytes());
    Ok((world.tally, print))
}

/// Many schedules on all cores; the first that breaks ends the run with its replay.
fn live_many(first: u64, schedules: u64, steps: impl Fn(u64) -> u64 + Sync) -> Tally {
    let (next, failed) = (AtomicU64::new(first), AtomicBool::new(false));
    let work = || {
        let (runtime, mut tally) = (runtime(), Tally::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + schedules || failed.load(Ordering::Relaxed) {
                return Ok(tally);
            }
            match live(seed, steps(seed), &runtime) {
                Ok((met, _)) => {
                    for (what, times) in met {
                        *tally.entry(what).or_default() += times;
                    }
                }
                Err(why) => {
                    failed.store(true, Ordering::Relaxed);
                    return Err(why);
                }
            }
        }
    };
    let cores = available_parallelism().map_or(2, usize::from);
    let tallies: Vec<Result<Tally, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut all = Tally::new();
    for tally in tallies {
        for (what, times) in tally.unwrap_or_else(|why| panic!("{why}")) {
            *all.entry(what).or_default() += times;
        }
    }
    all
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    let said = std::env::var(name).ok().filter(|text| !text.is_empty());
    said.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

fn print(tally: &Tally) {
    for (what, times) in tally {
        println!("{times:>9}  {what}");
    }
}

// N3, N4, N23: ten thousand schedules, and no invariant is broken after any step of any of them.
#[test]
fn ten_thousand_schedules_break_nothing() {
    let schedules = from_environment("SCHEDULES", SCHEDULES);
    let steps = |seed| if seed % LONG_EVERY == 0 { LONG_STEPS } else { STEPS };
    let all = live_many(1, schedules, steps);
    print(&all);
    for what in [
        "CheckOut 201",
        "CheckOut 409",
        "Deliver 200",
        "Forge 400",
        "Cancel 303",
        "PayAgain 303",
        "Ship 200",
        "power cut",
        "order paid",
        "order expired",
        "order failed",
        "order cancelled",
        "order part_refunded",
        "order refunded",
        "order flagged",
        "dispute won",
        "dispute lost",
        "Settle 200",
        "TakeByHand 200",
    ] {
        let met = all.get(what).copied().unwrap_or(0);
        assert!(met >= 20 || schedules < SCHEDULES, "{what} is met too rarely");
    }
}

// N23: the same number is the same story, to the last byte of the database.
#[test]
fn the_same_seed_is_the_same_story() {
    for seed in [3, 50, 777] {
        let first = live(seed, LONG_STEPS, &runtime()).unwrap_or_else(|why| panic!("{why}"));
        for _ in 0..3 {
            let again = live(seed, LONG_STEPS, &runtime()).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(first.1, again.1, "seed {seed}");
        }
    }
}

// `make simulate SEED=N STEPS=M`
#[test]
#[ignore = "one schedule of a seed that is asked for"]
fn one_schedule() {
    let (seed, steps) = (from_environment("SEED", 1), from_environment("STEPS", LONG_STEPS));
    let (tally, print_of_it) = live(seed, steps, &runtime()).unwrap_or_else(|why| panic!("{why}"));
    print(&tally);
    println!("seed {seed}, {steps} steps: nothing broke; fingerprint {print_of_it}");
}

// `make simulate-nightly`
#[test]
#[ignore = "a million steps take a while"]
fn a_million_steps_break_nothing() {
    let (first, steps) =
        (from_environment("SEED", 1_000_000), from_environment("STEPS", 1_000_000));
    let schedules = steps.div_ceil(NIGHTLY_STEPS);
    let all = live_many(first, schedules, |_| NIGHTLY_STEPS);
    print(&all);
    println!("{} steps in {schedules} schedules: nothing broke", schedules * NIGHTLY_STEPS);
}
