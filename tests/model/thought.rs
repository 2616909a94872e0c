//! The model: a few numbers in memory, and the rules of the shop in their plainest form.

use std::collections::{BTreeMap, BTreeSet};

use crate::goods::{OPENING, SKUS, THINGS, total, units, units_of};

/// Buyers of a day.
pub(crate) const BUYERS: usize = 3;
/// How long goods are held, minutes.
const HOLD_MIN: i64 = 15;

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Buyer, thing, how many.
    Add(usize, usize, u32),
    Set(usize, usize, u32),
    Remove(usize, usize),
    CheckOut(usize),
    /// The newest open order of a buyer is paid, begun slowly, fails, or its page expires.
    Pay(usize),
    PaySlowly(usize),
    Fail(usize),
    Expire(usize),
    Cancel(usize),
    /// The newest order closed unpaid is opened again.
    TryAgain(usize),
    /// Any session the buyer ever had is paid all the same.
    PayOld(usize, usize),
    Adjust(usize, i64),
    Count(usize, u32),
    /// Minutes pass, and the shop looks at every session.
    Wait(i64),
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It happened.
    Yes,
    /// It was refused, and nothing happened.
    No,
    /// There was nothing to do it with.
    Nothing,
    /// An order of this total waits for its money; 0 when it was there before.
    Ordered(i64),
}

struct Order {
    buyer: usize,
    cart: u32,
    version: u32,
    lines: Vec<(usize, u32)>,
    status: &'static str,
    placed_min: i64,
    lapse_min: i64,
    sessions: usize,
    /// Which session paid it, and which brought money it could not take.
    paid_by: Option<usize>,
    reviewed: BTreeSet<usize>,
    flagged: bool,
}

#[derive(Default)]
struct Buyer {
    cart: u32,
    version: u32,
    lines: Vec<(usize, u32)>,
}

/// A day as it should go.
pub(crate) struct Thought {
    shelf: [(u32, u32); 4],
    buyers: Vec<Buyer>,
    orders: Vec<Order>,
    /// Order and number of each session within it, oldest first.
    sessions: Vec<(usize, usize)>,
    now_min: i64,
}

impl Thought {
    pub(crate) fn new() -> Self {
        Self {
            shelf: OPENING.map(|on_hand| (on_hand, 0)),
            buyers: (0..BUYERS).map(|_| Buyer::default()).collect(),
            orders: Vec::new(),
            sessions: Vec::new(),
            now_min: 0,
        }
    }

    pub(crate) fn take(&mut self, step: &Step) -> Said {
        match *step {
            Step::Add(b, thing, qty) => self.add(b, thing, qty),
            Step::Set(b, thing, qty) => self.set(b, thing, qty),
            Step::Remove(b, thing) => self.remove(b, thing),
            Step::CheckOut(b) => self.check_out(b),
            Step::Pay(b) => self.on_open(b, |day, order| {
                let session = day.orders[order].sessions - 1;
                day.pay(order, session)
            }),
            Step::PaySlowly(b) => self.on_pending(b, |day, n| day.orders[n].status = "processing"),
            Step::Fail(b) => self.on_open(b, |day, n| day.close(n, "failed")),
            Step::Expire(b) => self.on_pending(b, |day, n| day.close(n, "expired")),
            Step::Cancel(b) => match self.open_of(b) {
                None => Said::Nothing,
                Some(n) if self.orders[n].status == "processing" => Said::No,
                Some(n) => {
                    self.close(n, "cancelled");
                    Said::Yes
                }
            },
            Step::TryAgain(b) => self.try_again(b),
            Step::PayOld(b, n) => self.pay_old(b, n),
            Step::Adjust(sku, delta) => self.adjust(sku, delta),
            Step::Count(sku, n) => {
                let delta = i64::from(n) - i64::from(self.shelf[sku].0);
                if delta == 0 { Said::Yes } else { self.adjust(sku, delta) }
            }
            Step::Wait(minutes) => self.wait(minutes),
        }
    }

    fn free(&self, sku: usize) -> u32 {
        self.shelf[sku].0 - self.shelf[sku].1
    }

    /// The newest order of a buyer that waits for money.
    fn open_of(&self, b: usize) -> Option<usize> {
        let open = |o: &Order| o.buyer == b && matches!(o.status, "pending" | "processing");
        self.orders.iter().rposition(open)
    }

    /// The order of a buyer's present cart that still waits for them.
    fn pending_of_cart(&self, b: usize) -> Option<usize> {
        let cart = self.buyers[b].cart;
        self.orders.iter().rposition(|o| o.buyer == b && o.cart == cart && o.status == "pending")
    }

    fn on_open(&mut self, b: usize, act: impl FnOnce(&mut Self, usize)) -> Said {
        let Some(order) = self.open_of(b) else { return Said::Nothing };
        act(self, order);
        Said::Yes
    }

    fn on_pending(&mut self, b: usize, act: impl FnOnce(&mut Self, usize)) -> Said {
        let open = self.open_of(b).filter(|n| self.orders[*n].status == "pending");
        let Some(order) = open else { return Said::Nothing };
        act(self, order);
        Said::Yes
    }

    /// How many of a thing a cart could hold beside its other lines.
    fn available(&self, b: usize, thing: usize) -> u32 {
        let buyer = &self.buyers[b];
        let others: Vec<_> = buyer.lines.iter().copied().filter(|l| l.0 != thing).collect();
        let (taken, each) = (units_of(&others), units(thing));
        // What the cart's own open order holds will be given up with it.
        let own = self.pending_of_cart(b).map_or([0; 4], |n| units_of(&self.orders[n].lines));
        let left = |sku: usize| (self.free(sku) + own[sku]).saturating_sub(taken[sku]);
        let wanted = (0..SKUS.len()).filter(|sku| each[*sku] > 0);
        wanted.map(|sku| left(sku) / each[sku]).min().unwrap_or(0)
    }

    fn qty(&self, b: usize, thing: usize) -> u32 {
        self.buyers[b].lines.iter().find(|l| l.0 == thing).map_or(0, |l| l.1)
    }

    fn put(&mut self, b: usize, thing: usize, qty: u32) {
        let buyer = &mut self.buyers[b];
        buyer.version += 1;
        match buyer.lines.iter_mut().find(|line| line.0 == thing) {
            Some(line) => line.1 = qty,
            None => buyer.lines.push((thing, qty)),
        }
    }

    fn add(&mut self, b: usize, thing: usize, qty: u32) -> Said {
        let wanted = self.qty(b, thing) + qty;
        if wanted > self.available(b, thing) {
            return Said::No;
        }
        self.put(b, thing, wanted);
        Said::Yes
    }

    fn set(&mut self, b: usize, thing: usize, qty: u32) -> Said {
        let there = self.qty(b, thing);
        if there == 0 {
            return Said::Nothing;
        }
        if qty == 0 || (qty > there && qty > self.available(b, thing)) {
            return Said::No;
        }
        if qty != there {
            self.put(b, thing, qty);
        }
        Said::Yes
    }

    fn remove(&mut self, b: usize, thing: usize) -> Said {
        if self.qty(b, thing) == 0 {
            return Said::Nothing;
        }
        let buyer = &mut self.buyers[b];
        buyer.version += 1;
        buyer.lines.retain(|line| line.0 != thing);
        Said::Yes
    }

    fn check_out(&mut self, b: usize) -> Said {
        let (cart, version) = (self.buyers[b].cart, self.buyers[b].version);
        if self.buyers[b].lines.is_empty() {
            return Said::No;
        }
        // The same cart is ordered once: while its order lives, or has money nobody decided upon.
        let lives = |o: &&Order| {
            matches!(o.status, "pending" | "processing" | "paid") || !o.reviewed.is_empty()
        };
        let mut same = self.orders.iter().filter(|o| o.buyer == b && o.cart == cart);
        if same.any(|o| o.version == version && lives(&o)) {
            return Said::Ordered(0);
        }
        if let Some(open) = self.pending_of_cart(b) {
            self.close(open, "cancelled");
        }
        let lines = self.buyers[b].lines.clone();
        if lines.iter().any(|(thing, qty)| *qty > self.available(b, *thing)) {
            return Said::No;
        }
        let total = total(&lines);
        self.hold(&lines);
        self.sessions.push((self.orders.len(), 0));
        self.orders.push(Order {
            buyer: b,
            cart,
            version,
            lines,
            status: "pending",
            placed_min: self.now_min,
            lapse_min: self.now_min + HOLD_MIN,
            sessions: 1,
            paid_by: None,
            reviewed: BTreeSet::new(),
            flagged: false,
        });
        Said::Ordered(total)
    }

    fn hold(&mut self, lines: &[(usize, u32)]) {
        for (sku, n) in units_of(lines).into_iter().enumerate() {
            self.shelf[sku].1 += n;
        }
    }

    fn is_there(&self, lines: &[(usize, u32)]) -> bool {
        units_of(lines).into_iter().enumerate().all(|(sku, n)| n <= self.free(sku))
    }

    fn close(&mut self, order: usize, status: &'static str) {
        self.orders[order].status = status;
        for (sku, n) in units_of(&self.orders[order].lines).into_iter().enumerate() {
            self.shelf[sku].1 -= n;
        }
    }

    /// Money of one of an order's sessions has come.
    fn pay(&mut self, n: usize, session: usize) {
        let lines = self.orders[n].lines.clone();
        match self.orders[n].status {
            "paid" if self.orders[n].paid_by == Some(session) => return,
            // What the order could not take is on its way back, and buys nothing any more.
            _ if self.orders[n].reviewed.contains(&session) => return,
            "pending" | "processing" => {}
            "failed" | "expired" | "cancelled" if self.is_there(&lines) => self.hold(&lines),
            _ => {
                self.orders[n].reviewed.insert(session);
                self.orders[n].flagged = true;
                return;
            }
        }
        for (sku, n) in units_of(&lines).into_iter().enumerate() {
            self.shelf[sku].0 -= n;
            self.shelf[sku].1 -= n;
        }
        let order = &mut self.orders[n];
        (order.status, order.paid_by) = ("paid", Some(session));
        self.finish_cart(n);
    }

    /// What was bought leaves the cart it came from; an empty one is a new one.
    fn finish_cart(&mut self, n: usize) {
        let order = &self.orders[n];
        let buyer = &mut self.buyers[order.buyer];
        if buyer.cart != order.cart {
            return;
        }
        for line in &mut buyer.lines {
            let bought = order.lines.iter().find(|b| b.0 == line.0).map_or(0, |b| b.1);
            line.1 = line.1.saturating_sub(bought);
        }
        buyer.lines.retain(|line| line.1 > 0);
        buyer.version += 1;
        if buyer.lines.is_empty() {
            (buyer.cart, buyer.version) = (buyer.cart + 1, 0);
        }
    }

    fn try_again(&mut self, b: usize) -> Said {
        if self.open_of(b).is_some() {
            return Said::Nothing;
        }
        let closed = |o: &Order| {
            o.buyer == b && matches!(o.status, "expired" | "failed") && o.reviewed.is_empty()
        };
        let Some(n) = self.orders.iter().rposition(closed) else { return Said::Nothing };
        let own = &self.orders[n];
        let is_later = |o: &Order| {
            (o.buyer, o.cart) == (b, own.cart)
                && o.placed_min > own.placed_min
                && matches!(o.status, "pending" | "processing" | "paid")
        };
        let is_replaced = self.orders.iter().any(is_later);
        let lines = own.lines.clone();
        if is_replaced || !self.is_there(&lines) {
            return Said::No;
        }
        self.hold(&lines);
        let lapse_min = self.now_min + HOLD_MIN;
        let order = &mut self.orders[n];
        (order.status, order.lapse_min) = ("pending", lapse_min);
        self.sessions.push((n, order.sessions));
        order.sessions += 1;
        Said::Yes
    }

    fn pay_old(&mut self, b: usize, n: usize) -> Said {
        let own = self.sessions.iter().filter(|(order, _)| self.orders[*order].buyer == b);
        let own: Vec<_> = own.copied().collect();
        if own.is_empty() {
            return Said::Nothing;
        }
        let (order, session) = own[n % own.len()];
        self.pay(order, session);
        Said::Yes
    }

    fn adjust(&mut self, sku: usize, delta: i64) -> Said {
        let (on_hand, held) = self.shelf[sku];
        let after = i64::from(on_hand) + delta;
        if delta == 0 || after < i64::from(held) {
            return Said::No;
        }
        self.shelf[sku].0 = u32::try_from(after).unwrap();
        Said::Yes
    }

    fn wait(&mut self, minutes: i64) -> Said {
        self.now_min += minutes;
        for n in 0..self.orders.len() {
            let order = &self.orders[n];
            if order.status == "pending" && order.lapse_min <= self.now_min {
                self.close(n, "expired");
            }
        }
        Said::Yes
    }

    /// On hand and held of each SKU.
    pub(crate) fn levels(&self) -> [(u32, u32); 4] {
        self.shelf
    }

    /// Things and quantities of each buyer's cart.
    pub(crate) fn carts(&self) -> Vec<BTreeMap<String, u32>> {
        let cart = |buyer: &Buyer| {
            buyer.lines.iter().map(|(thing, qty)| (THINGS[*thing].to_owned(), *qty)).collect()
        };
        self.buyers.iter().map(cart).collect()
    }

    /// Status, total and whether a person was called, of each order in the order they were made.
    pub(crate) fn orders(&self) -> Vec<(String, i64, bool)> {
        let seen = |o: &Order| (o.status.to_owned(), total(&o.lines), o.flagged);
        self.orders.iter().map(seen).collect()
    }
}
