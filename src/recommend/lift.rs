//! Which pairs are worth suggesting, and in which order. Pure.
//!
//! *Lift* is how much more often two things are bought together than chance would have it: in 14
//! of 60 orders together, when 20 and 28 orders had the one and the other, is 14 · 60 / (20 · 28),
//! one and a half times as often. Of rare things lift says too much: two that met twice look like
//! twins. So a pair must have met several times, and in the score one more meeting counts as
//! expected than was.

use crate::base::Instant;

/// Orders two products must have been in together.
pub const SUPPORT_MIN: u32 = 3;
/// Lift from which a pair is suggested, in percent: a fifth more often than chance.
pub const LIFT_MIN_PERCENT: u64 = 120;
/// Others kept for each product; pages show four of them, those in stock.
pub const KEPT: usize = 8;
/// Products of one order that are counted as pairs: 12 make 66 pairs.
pub const PRODUCTS_MAX: usize = 12;
/// Lists are ranked again when this part of all orders is new, 1/20.
const NEW_PART: i64 = 20;
/// And with any new order after a day, milliseconds.
const RANK_AFTER_MS: i64 = 86_400_000;
/// The unit of a score: ten thousandths.
const UNIT: u128 = 10_000;

/// How often two products were bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Paid orders with both.
    pub both: u32,
    /// With the one whose page it is.
    pub product: u32,
    /// With the other.
    pub other: u32,
    /// All of them.
    pub all: u32,
}

impl Counts {
    /// Lift in percent: 100 is chance.
    #[must_use]
    pub fn lift_percent(self) -> u64 {
        let met = u128::from(self.both) * u128::from(self.all) * 100;
        let chance = u128::from(self.product) * u128::from(self.other);
        u64::try_from(met / chance.max(1)).unwrap_or(u64::MAX)
    }

    /// What the pair is ranked by: meetings, divided by those expected and one more.
    #[must_use]
    pub fn score(self) -> i64 {
        let all = u128::from(self.all);
        let met = u128::from(self.both) * all * UNIT;
        let chance = u128::from(self.product) * u128::from(self.other) + all;
        i64::try_from(met / chance.max(1)).unwrap_or(i64::MAX)
    }

    /// Whether it is worth suggesting.
    #[must_use]
    pub fn is_enough(self) -> bool {
        self.both >= SUPPORT_MIN && self.lift_percent() >= LIFT_MIN_PERCENT
    }
}

/// The others to suggest beside a product, best first, with their scores.
#[must_use]
pub fn ranked(others: impl IntoIterator<Item = (String, Counts)>) -> Vec<(String, i64)> {
    let enough = others.into_iter().filter(|(_, counts)| counts.is_enough());
    let mut found: Vec<(String, i64, u32)> =
        enough.map(|(other, counts)| (other, counts.score(), counts.both)).collect();
    // Total: with the same counts the same list, whatever the order they come in.
    found.sort_by(|a, b| (b.1, b.2, &a.0).cmp(&(a.1, a.2, &b.0)));
    found.truncate(KEPT);
    found.into_iter().map(|(other, score, _)| (other, score)).collect()
}

/// Whether the lists are to be ranked again: `counted` orders now, `ranked` of them then.
#[must_use]
pub fn is_due(counted: i64, ranked: i64, ranked_at: Option<Instant>, now: Instant) -> bool {
    let new = counted - ranked;
    let is_old = ranked_at.is_none_or(|at| now.0 - at.0 >= RANK_AFTER_MS);
    new != 0 && (is_old || new.abs().saturating_mul(NEW_PART) >= counted)
}

/// What goes with several things at once: the sums of their scores, best first, without what is
/// there already.
#[must_use]
pub fn with_all(lists: &[Vec<(String, i64)>], there: &[String]) -> Vec<String> {
    let mut sums: Vec<(&str, i64)> = Vec::new();
    for (other, score) in lists.iter().flatten().filter(|(other, _)| !there.contains(other)) {
        match sums.iter_mut().find(|(known, _)| known == other) {
            Some((_, sum)) => *sum = sum.saturating_add(*score),
            None => sums.push((other, *score)),
        }
    }
    sums.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    sums.into_iter().map(|(other, _)| other.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(both: u32, product: u32, other: u32, all: u32) -> Counts {
        Counts { both, product, other, all }
    }

    // S1.54: twice as often as chance is a lift of two.
    #[test]
    fn lift_is_how_much_more_often_than_by_chance() {
        assert_eq!(counts(14, 20, 28, 60).lift_percent(), 150);
        assert_eq!(counts(5, 10, 10, 20).lift_percent(), 100, "as often as by chance");
        assert_eq!(counts(0, 10, 10, 20).lift_percent(), 0);
        assert_eq!(counts(3, 3, 3, 3).lift_percent(), 100, "what is in every order tells nothing");
        assert_eq!(counts(u32::MAX, 1, 1, u32::MAX).lift_percent(), u64::MAX, "no overflow");
    }

    // S1.54: a threshold on how often they met, and on lift.
    #[test]
    fn a_pair_must_have_met_often_enough() {
        assert!(!counts(2, 2, 2, 1000).is_enough(), "twice is an accident");
        assert!(counts(3, 3, 3, 1000).is_enough());
        assert!(!counts(50, 100, 100, 200).is_enough(), "often, and no more than by chance");
        assert!(counts(60, 100, 100, 200).is_enough());
    }

    #[test]
    fn a_rare_pair_does_not_beat_a_well_known_one() {
        let rare = counts(3, 3, 30, 1000);
        let known = counts(40, 60, 50, 1000);
        assert!(rare.lift_percent() > known.lift_percent());
        assert!(known.score() > rare.score());
    }

    #[test]
    fn lists_are_short_and_the_same_in_any_order() {
        let many: Vec<(String, Counts)> =
            (0..20).map(|n| (format!("p{n:02}"), counts(5 + n % 3, 20, 20, 200))).collect();
        let list = ranked(many.clone());
        assert_eq!(list, ranked(many.into_iter().rev()));
        assert_eq!(list.len(), KEPT);
        assert_eq!(list[0].0, "p02", "most together first, then by name");
        assert!(ranked([("once".to_owned(), counts(1, 1, 1, 10))]).is_empty());
    }

    // S1.54: nightly, and sooner while a shop is young.
    #[test]
    fn ranking_is_due_with_enough_new_orders_or_after_a_day() {
        let (now, hour) = (Instant(90_000_000), 3_600_000);
        let then = |ago: i64| Some(Instant(now.0 - ago));
        assert!(!is_due(0, 0, None, now), "nothing to rank");
        assert!(is_due(1, 0, None, now));
        assert!(is_due(10, 9, then(hour), now), "every order counts in a small shop");
        assert!(!is_due(1000, 999, then(hour), now));
        assert!(is_due(1000, 950, then(hour), now));
        assert!(is_due(1000, 999, then(24 * hour), now));
        assert!(!is_due(1000, 1000, then(48 * hour), now));
        assert!(is_due(0, 5, then(hour), now), "after everything was forgotten");
    }

    // S1.56: what is in the cart is not suggested for it.
    #[test]
    fn a_basket_gets_what_goes_with_most_of_it() {
        let list = |all: &[(&str, i64)]| -> Vec<(String, i64)> {
            all.iter().map(|(other, score)| ((*other).to_owned(), *score)).collect()
        };
        let lists = [list(&[("plate", 30), ("jug", 20), ("mug", 9)]), list(&[("jug", 15)])];
        let there = ["mug".to_owned(), "bowl".to_owned()];
        assert_eq!(with_all(&lists, &there), ["jug", "plate"]);
        assert!(with_all(&[], &there).is_empty());
    }
}
