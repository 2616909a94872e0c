//! The card-testing breaker: who must slow down or pause, from what was declined lately. Pure.
//!
//! Whoever tries stolen cards begins checkout after checkout and has nearly all of them declined.
//! Declines count against the cart, the e-mail address and the network address they came from, and
//! against the shop as a whole. What one order collects counts three times at most against an
//! address, so that one clumsy buyer in an office does not shut out the others; an e-mail address
//! can be anybody's claim, so it is slowed and never shut out. Nothing is remembered beside what
//! was declined: when that is old enough, all is as before.

use crate::base::Instant;
use crate::base::ids::OrderId;

/// How long a decline counts, seconds.
pub(super) const WINDOW_S: i64 = 600;
/// Declines looked at, newest first.
pub(super) const DECLINES_MAX: u32 = 2000;
/// Declines of one order from which on its payment page is closed.
pub(super) const SESSION_DECLINES: usize = 8;
/// Declines of one order that count against an address.
const COUNTED_OF_ORDER: usize = 3;

/// From how many declines on something happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    /// A pause between two attempts.
    slow: usize,
    /// No attempts for a while.
    pause: usize,
}

/// For one cart.
const CART: Marks = Marks { slow: 5, pause: 10 };
/// For one e-mail address.
const EMAIL: Marks = Marks { slow: 5, pause: usize::MAX };
/// For one network address (IPv6: one /64).
const ADDRESS: Marks = Marks { slow: 10, pause: 20 };
/// For the whole shop.
const SHOP: Marks = Marks { slow: 30, pause: 100 };

/// Where a checkout came from. Addresses are keyed hashes: they can be compared, not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Network address.
    pub source: String,
    /// Cart, when there is one.
    pub cart: String,
    /// E-mail address.
    pub email: String,
}

/// One declined payment.
#[derive(Clone, Debug)]
pub(super) struct Decline {
    /// Of which order.
    pub order: OrderId,
    /// When we heard of it.
    pub at: Instant,
    /// Where its checkout came from; unknown for those not begun here.
    pub origin: Option<Origin>,
}

/// What is asked of whoever begins a checkout; the later, the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing.
    Calm,
    /// A pause between two attempts.
    Slow,
    /// No attempts for a while.
    Paused,
}

/// What a limit of the breaker counts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// One cart.
    Cart,
    /// One e-mail address.
    Email,
    /// One network address.
    Address,
    /// Everybody's.
    Shop,
}

impl Whose {
    /// In one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cart => "cart",
            Self::Email => "email",
            Self::Address => "address",
            Self::Shop => "shop",
        }
    }
}

/// What is asked, on whose account, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub stage: Stage,
    pub whose: Whose,
    pub until: Instant,
}

/// The stage for declines at these moments, newest first, and until when it lasts if no more come.
fn stage(times: &[Instant], marks: Marks) -> (Stage, Option<Instant>) {
    let until = |mark: usize| times.get(mark.checked_sub(1)?).map(|at| at.plus_s(WINDOW_S));
    match (until(marks.pause), until(marks.slow)) {
        (Some(until), _) => (Stage::Paused, Some(until)),
        (None, Some(until)) => (Stage::Slow, Some(until)),
        (None, None) => (Stage::Calm, None),
    }
}

/// At most three declines of each order, newest first.
fn capped(declines: &[&Decline]) -> Vec<Instant> {
    let mut kept: Vec<&Decline> = Vec::new();
    for decline in declines {
        let same = kept.iter().filter(|other| other.order == decline.order).count();
        if same < COUNTED_OF_ORDER {
            kept.push(decline);
        }
    }
    kept.into_iter().map(|decline| decline.at).collect()
}

/// The stage of the whole shop. Where as many buyers pay as are declined it is a busy day; where
/// one in five still pays, attempts are slowed and not refused.
pub(super) fn of_shop(declines: &[Decline], paid: usize) -> (Stage, Option<Instant>) {
    let times: Vec<Instant> = declines.iter().map(|decline| decline.at).collect();
    match stage(&times, SHOP) {
        _ if paid >= times.len() => (Stage::Calm, None),
        (Stage::Paused, _) if paid * 4 >= times.len() => {
            stage(&times, Marks { pause: usize::MAX, ..SHOP })
        }
        found => found,
    }
}

/// The stage of one network address.
fn of_address(declines: &[Decline], source: &str) -> (Stage, Option<Instant>) {
    let own = |d: &&Decline| d.origin.as_ref().is_some_and(|origin| origin.source == source);
    stage(&capped(&declines.iter().filter(own).collect::<Vec<_>>()), ADDRESS)
}

/// What is asked of a caller, strictest first; only what is not calm. Declines stand newest first.
pub(super) fn judge(declines: &[Decline], paid: usize, caller: &Origin) -> Vec<Verdict> {
    let times = |is_own: &dyn Fn(&Origin) -> bool| -> Vec<Instant> {
        let own = declines.iter().filter(|d| d.origin.as_ref().is_some_and(is_own));
        own.map(|decline| decline.at).collect()
    };
    let of_cart = times(&|origin| !caller.cart.is_empty() && origin.cart == caller.cart);
    let of_email = times(&|origin| origin.email == caller.email);
    let found = [
        (Whose::Cart, stage(&of_cart, CART)),
        (Whose::Email, stage(&of_email, EMAIL)),
        (Whose::Address, of_address(declines, &caller.source)),
        (Whose::Shop, of_shop(declines, paid)),
    ];
    let mut verdicts: Vec<Verdict> = found
        .into_iter()
        .filter_map(|(whose, (stage, until))| Some(Verdict { stage, whose, until: until? }))
        .collect();
    verdicts.sort_by_key(|verdict| std::cmp::Reverse((verdict.stage, verdict.until)));
    verdicts
}

/// Whether the merchant should hear of it: the shop slows down, or an address must pause.
pub(super) fn is_worth_a_letter(declines: &[Decline], paid: usize) -> bool {
    let mut sources: Vec<&str> =
        declines.iter().filter_map(|d| d.origin.as_ref()).map(|o| o.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    of_shop(declines, paid).0 > Stage::Calm
        || sources.into_iter().any(|source| of_address(declines, source).0 == Stage::Paused)
}

/// Orders whose payment page has seen so many declines that it is closed.
pub(super) fn worn_out(declines: &[Decline]) -> Vec<OrderId> {
    let mut orders: Vec<&OrderId> = declines.iter().map(|decline| &decline.order).collect();
    orders.sort_unstable();
    let same = orders.chunk_by(|a, b| a == b).filter(|same| same.len() >= SESSION_DECLINES);
    same.filter_map(|same| same.first()).map(|order| (*order).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_700_000_000_000);

    fn origin(source: &str, cart: &str) -> Origin {
        Origin { source: source.into(), cart: cart.into(), email: format!("{cart}@example.com") }
    }

    /// `count` declines of each of these orders, a second apart, newest first.
    fn declines(orders: &[(&str, &Origin)], count: usize) -> Vec<Decline> {
        let each = orders.iter().flat_map(|(order, origin)| {
            (0..count).map(|_| (OrderId::from_stored(*order), (*origin).clone()))
        });
        let at = |n: usize| NOW.plus_s(-i64::try_from(n).unwrap());
        each.enumerate()
            .map(|(n, (order, origin))| Decline { order, at: at(n), origin: Some(origin) })
            .collect()
    }

    fn first(declines: &[Decline], paid: usize, caller: &Origin) -> Option<(Stage, Whose)> {
        judge(declines, paid, caller).first().map(|v| (v.stage, v.whose))
    }

    // S4.41, N20: who is declined again and again slows down, then pauses.
    #[test]
    fn a_cart_slows_down_then_pauses() {
        let caller = origin("a", "c");
        assert_eq!(first(&declines(&[("o", &caller)], 4), 0, &caller), None);
        let slow = declines(&[("o", &caller)], 5);
        assert_eq!(first(&slow, 0, &caller), Some((Stage::Slow, Whose::Cart)));
        let paused = declines(&[("o", &caller)], 10);
        assert_eq!(first(&paused, 0, &caller), Some((Stage::Paused, Whose::Cart)));
        // The tenth newest decline is nine seconds old: when it is forgotten the pause ends.
        assert_eq!(judge(&paused, 0, &caller)[0].until, NOW.plus_s(WINDOW_S - 9));
        // A new cart under the same name is slowed, for a name can be anybody's claim.
        let other = Origin { cart: "d".into(), source: "b".into(), ..caller };
        assert_eq!(first(&paused, 0, &other), Some((Stage::Slow, Whose::Email)));
    }

    // One who has their card declined all day shuts out nobody beside them.
    #[test]
    fn one_order_does_not_shut_out_an_office() {
        let (tester, colleague) = (origin("office", "c1"), origin("office", "c2"));
        let all = declines(&[("o1", &tester)], 29);
        assert_eq!(first(&all, 0, &colleague), None);
        let orders = ["o1", "o2", "o3", "o4", "o5", "o6", "o7"];
        let several = |n: usize| {
            let some: Vec<_> = orders[..n].iter().map(|o| (*o, &tester)).collect();
            first(&declines(&some, 3), 0, &colleague)
        };
        assert_eq!(several(3), None);
        assert_eq!(several(4), Some((Stage::Slow, Whose::Address)));
        assert_eq!(several(6), Some((Stage::Slow, Whose::Address)));
        assert_eq!(several(7), Some((Stage::Paused, Whose::Address)));
        assert_eq!(first(&declines(&[("o", &tester)], 29), 0, &origin("home", "c3")), None);
    }

    // From everywhere at once: the shop slows down, then pauses; a busy day does neither.
    #[test]
    fn the_shop_slows_down_then_pauses_when_hardly_anybody_pays() {
        let honest = origin("home", "mine");
        let names: Vec<String> = (0..150).map(|n| format!("n{n}")).collect();
        let origins: Vec<Origin> = names.iter().map(|n| origin(n, n)).collect();
        let from = |count: usize| {
            let orders: Vec<_> =
                names.iter().map(String::as_str).zip(&origins).take(count).collect();
            declines(&orders, 1)
        };
        assert_eq!(first(&from(29), 0, &honest), None);
        assert_eq!(first(&from(30), 0, &honest), Some((Stage::Slow, Whose::Shop)));
        assert_eq!(first(&from(30), 30, &honest), None);
        assert_eq!(first(&from(99), 0, &honest), Some((Stage::Slow, Whose::Shop)));
        assert_eq!(first(&from(100), 24, &honest), Some((Stage::Paused, Whose::Shop)));
        assert_eq!(first(&from(100), 25, &honest), Some((Stage::Slow, Whose::Shop)));
        assert_eq!(first(&from(100), 100, &honest), None);
        assert!(!is_worth_a_letter(&from(29), 0) && is_worth_a_letter(&from(30), 0));
    }

    #[test]
    fn a_page_that_saw_eight_declines_is_worn_out() {
        let someone = origin("a", "c");
        assert!(worn_out(&declines(&[("o", &someone)], 7)).is_empty());
        let worn = worn_out(&declines(&[("o", &someone), ("p", &someone)], 8));
        assert_eq!(worn.len(), 2);
    }

    #[test]
    fn carts_that_are_not_there_are_nobodys() {
        let nobody = Origin { cart: String::new(), ..origin("a", "x") };
        let other = Origin { cart: String::new(), ..origin("b", "y") };
        assert_eq!(first(&declines(&[("o", &nobody)], 10), 0, &other), None);
    }
}
