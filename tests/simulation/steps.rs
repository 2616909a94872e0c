//! What may happen next, drawn from the seed.

use kiosk::base::Randomness;

/// Buyers who come and go.
pub const BUYERS: usize = 4;
/// What a buyer may put aside.
pub const THINGS: [&str; 5] = ["APRON-L", "APRON-S", "GLAZE-6", "KILN-1", "starter"];

/// Tables at whose rows a disk may give up.
const TORN: [&str; 6] = ["order_event", "hold", "stock_move", "payment", "outbox", "webhook_event"];

/// How the payment provider feels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    Fine,
    /// Every third call is not answered.
    Shaky,
    /// Nobody answers.
    Down,
    /// Sessions are made and the answer is lost.
    Losing,
    /// No new session is made.
    Refusing,
    /// Five pence more are charged than was asked.
    Overcharging,
}

/// How the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    Fine,
    /// No page more.
    Full,
    /// Writing to one table breaks the transaction off, half done.
    Torn(&'static str),
}

/// One thing that happens. Numbers choose among what is there at that moment.
#[derive(Clone, Debug)]
pub enum Step {
    Add(usize, usize, u64),
    Look(usize),
    Set(usize, u64),
    Code(usize),
    AcceptPrices(usize),
    CheckOut(usize),
    PayAgain(usize, u64),
    Cancel(usize, u64),
    /// At the provider: a buyer pays, begins a method that takes days, or fails.
    Pay(u64),
    BeginSlow(u64),
    EndSlow(u64, bool),
    /// The provider takes money on a page that it had closed.
    PayClosed(u64),
    /// An event of the provider arrives, perhaps once more later.
    Deliver(u64, bool),
    Lose(u64),
    Forge(u64),
    Weather(Weather),
    Tend,
    Post(bool),
    Publish(usize),
    Count(usize, u32),
    Receive(usize, u32),
    Ship(u64),
    /// The merchant gives money of an order back, or cancels an order.
    Refund(u64),
    CancelOrder(u64),
    /// Somebody gives money back in the provider's own dashboard.
    Dashboard(u64),
    /// Refunds made from now on take their time, or not.
    SlowRefunds(bool),
    /// A buyer complains at the bank, or the bank moves on with a complaint.
    Complain(u64),
    /// The merchant has looked at an order that needed attention.
    Settle(u64),
    /// An order is paid in cash or by transfer, past its payment page.
    TakeByHand(u64),
    Wait(i64),
    Disk(Disk),
    Restart,
}

/// A step, and after how many commits of it the power is cut, if at all.
#[derive(Clone, Debug)]
pub struct Turn {
    pub step: Step,
    pub cut_after: Option<u32>,
}

/// One of some things, each as likely as its weight.
fn weighted(random: &Randomness, weights: &[u64]) -> usize {
    let mut left = random.below(weights.iter().sum());
    for (at, weight) in weights.iter().enumerate() {
        if left < *weight {
            return at;
        }
        left -= weight;
    }
    unreachable!("below the sum")
}

fn index(random: &Randomness, bound: usize) -> usize {
    usize::try_from(random.below(bound as u64)).unwrap()
}

fn small(random: &Randomness, bound: u64) -> u32 {
    u32::try_from(random.below(bound)).unwrap()
}

/// The next turn.
pub fn draw(random: &Randomness, books: usize) -> Turn {
    let buyer = index(random, BUYERS);
    let any = random.below(u64::MAX);
    let thing = index(random, THINGS.len());
    let weights = [
        10, 2, 3, 3, 2, 16, 3, 4, 14, 3, 3, 1, 14, 2, 1, 4, 9, 3, 4, 2, 2, 2, 7, 1, 2, 4, 3, 2, 1,
        4, 2, 2,
    ];
    let step = match weighted(random, &weights) {
        0 => Step::Add(buyer, thing, 1 + any % 3),
        1 => Step::Look(buyer),
        2 => Step::Set(buyer, any % 5),
        3 => Step::Code(buyer),
        4 => Step::AcceptPrices(buyer),
        5 => Step::CheckOut(buyer),
        6 => Step::PayAgain(buyer, any),
        7 => Step::Cancel(buyer, any),
        8 => Step::Pay(any),
        9 => Step::BeginSlow(any),
        10 => Step::EndSlow(any / 2, any.is_multiple_of(2)),
        11 => Step::PayClosed(any),
        12 => Step::Deliver(any, random.below(4) == 0),
        13 => Step::Lose(any),
        14 => Step::Forge(any),
        15 => Step::Weather(weather(random)),
        16 => Step::Tend,
        17 => Step::Post(!any.is_multiple_of(3)),
        18 => Step::Publish(index(random, books)),
        19 => Step::Count(thing % 4, small(random, 7)),
        20 => Step::Receive(thing % 4, 1 + small(random, 4)),
        21 => Step::Ship(any),
        22 => Step::Wait([30, 150, 400, 1000, 3600, 90_000, -600, -3600][index(random, 8)]),
        23 => Step::Disk(match index(random, 2 * TORN.len()) {
            at if at < TORN.len() => Disk::Torn(TORN[at]),
            _ => Disk::Full,
        }),
        24 => Step::Restart,
        25 => Step::Refund(any),
        26 => Step::CancelOrder(any),
        27 => Step::Dashboard(any),
        28 => Step::SlowRefunds(any.is_multiple_of(2)),
        29 => Step::Complain(any),
        30 => Step::Settle(any),
        _ => Step::TakeByHand(any),
    };
    let cut_after = (random.below(8) == 0).then(|| 1 + small(random, 4));
    Turn { step, cut_after }
}

fn weather(random: &Randomness) -> Weather {
    let kinds =
        [Weather::Shaky, Weather::Down, Weather::Losing, Weather::Refusing, Weather::Overcharging];
    // Bad weather passes: half of the changes are for the better.
    if random.below(2) == 0 { Weather::Fine } else { kinds[index(random, kinds.len())] }
}
