//! Which promotions apply: codes, limits, and those that exclude each other.
//!
//! All applicable promotions apply, by stage and then by id. Where two exclude each other, one
//! switched on by a code wins over an automatic one, then the one with the larger saving (each
//! measured alone), then the earlier id. One that ends up giving nothing excludes nobody: the
//! choice is made again without it, so a useless code never changes a price.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::codes::{Code, Refused, entered, objections};
use super::promotion::{Facts, Gift, admit, gift, reaches};
use super::round::sum;
use super::{Effect, Missing, Objection, Promotion, delivery};
use crate::base::{Currency, Instant};

/// A promotion that applies.
pub(super) struct Given<'a> {
    /// Which.
    pub promotion: &'a Promotion,
    /// The code that brought it, as stored.
    pub code: Option<&'a str>,
    /// What it takes off.
    pub gift: Gift,
}

/// The promotions that apply and what became of the others.
pub(super) struct Choice<'a> {
    /// In the order applied.
    pub given: Vec<Given<'a>>,
    /// Promotions that yielded, each with the one it yielded to.
    pub yielded: Vec<(&'a Promotion, &'a Promotion)>,
    /// Whether a promotion makes delivery free, or would if it were not free by itself: with it
    /// every other rate would be free, too.
    pub free_delivery: bool,
    /// One for every code that brought nothing.
    pub objections: Vec<Objection>,
}

/// A promotion that is switched on and whose fixed conditions hold.
struct Candidate<'a> {
    promotion: &'a Promotion,
    code: Option<&'a str>,
}

type Results = BTreeMap<usize, Result<Gift, Missing>>;

/// Chooses the promotions for a basket.
pub(super) fn choose<'a>(
    promotions: &'a [Promotion],
    facts: &Facts<'_>,
    typed: &[String],
    currency: Currency,
    now: Instant,
) -> Choice<'a> {
    let codes = entered(typed);
    let (candidates, mut refusals) = candidates(promotions, facts, &codes, now);
    let (results, yields) = decide(facts, &candidates);
    let mut given = Vec::new();
    let mut free_delivery = false;
    for (i, result) in results {
        let Candidate { promotion, code } = candidates[i];
        free_delivery |= match &result {
            Ok(_) => promotion.effect == Effect::FreeShipping,
            Err(missing) => *missing == Missing::DeliveryIsFree,
        };
        match result {
            Ok(gift) => given.push(Given { promotion, code, gift }),
            Err(missing) => {
                refusals.insert(&promotion.id, Refused::Missing(missing));
            }
        }
    }
    let yielded = yields.iter().map(|(i, j)| (candidates[*i].promotion, candidates[*j].promotion));
    let yielded: Vec<_> = yielded.collect();
    for (loser, winner) in &yielded {
        refusals.insert(&loser.id, Refused::Missing(Missing::Alone(winner.title.clone())));
    }
    let brought = |p: &Promotion| given.iter().any(|g: &Given<'_>| g.promotion.id == p.id);
    let objections = objections(promotions, &codes, brought, &refusals, currency);
    Choice { given, yielded, free_delivery, objections }
}

/// Promotions switched on, in the order they apply, and why those with a code are not.
fn candidates<'a>(
    promotions: &'a [Promotion],
    facts: &Facts<'_>,
    codes: &[Code],
    now: Instant,
) -> (Vec<Candidate<'a>>, BTreeMap<&'a str, Refused>) {
    let mut sorted: Vec<&Promotion> = promotions.iter().filter(|p| p.live).collect();
    sorted.sort_by_key(|p| (p.stage, &p.id));
    let mut candidates = Vec::new();
    let mut refusals = BTreeMap::new();
    for promotion in sorted {
        let code = codes.iter().find_map(|code| code.of(promotion));
        if code.is_none() && !promotion.codes.is_empty() {
            continue;
        }
        let refused = if !promotion.runs(now) {
            Some(Refused::NotRunning)
        } else if facts.buyer.used_up.contains(&promotion.id) {
            Some(Refused::UsedUp)
        } else {
            admit(promotion, facts).err().map(Refused::Missing)
        };
        match refused {
            Some(refused) => {
                refusals.insert(promotion.id.as_str(), refused);
            }
            None => candidates.push(Candidate { promotion, code }),
        }
    }
    (candidates, refusals)
}

fn exclude_each_other(a: &Promotion, b: &Promotion) -> bool {
    a.id != b.id && (a.exclusive_with.contains(&b.id) || b.exclusive_with.contains(&a.id))
}

/// What each candidate gives, and which yielded to which.
fn decide(facts: &Facts<'_>, candidates: &[Candidate<'_>]) -> (Results, BTreeMap<usize, usize>) {
    let ranked = rank(facts, candidates);
    let mut without: BTreeMap<usize, Missing> = BTreeMap::new();
    // Ends: every round leaves one candidate out, and automatic ones come back only when a code
    // has left for good.
    loop {
        let (kept, yields) = settle(candidates, &ranked, &without);
        let mut results = run(facts, candidates, &kept);
        let in_the_way = |i: &usize| {
            let matters = candidates[*i].code.is_some() || yields.values().any(|j| j == i);
            results.get(i).and_then(|r| r.as_ref().err()).filter(|_| matters).cloned()
        };
        let useless = ranked.iter().find_map(|i| Some((*i, in_the_way(i)?)));
        let Some((i, missing)) = useless else {
            results.extend(without.into_iter().map(|(i, missing)| (i, Err(missing))));
            return (results, yields);
        };
        if candidates[i].code.is_some() {
            without.retain(|other, _| candidates[*other].code.is_some());
        }
        without.insert(i, missing);
    }
}

/// Candidates from the strongest: codes, then larger savings, then ids.
fn rank(facts: &Facts<'_>, candidates: &[Candidate<'_>]) -> Vec<usize> {
    let alone = |i: usize| {
        let rival = |c: &Candidate<'_>| exclude_each_other(c.promotion, candidates[i].promotion);
        if !candidates.iter().any(rival) {
            return 0;
        }
        let results = run(facts, candidates, &[i]);
        results.get(&i).and_then(|r| r.as_ref().ok()).map_or(0, |gift| gift.amount_minor)
    };
    let mut ranked: Vec<usize> = (0..candidates.len()).collect();
    ranked.sort_by_cached_key(|&i| {
        let Candidate { promotion, code } = &candidates[i];
        (code.is_none(), Reverse(alone(i)), &promotion.id)
    });
    ranked
}

/// The candidates that stay when the stronger of two excluding each other wins, in the order they
/// apply, and for each of the others the one it yields to.
fn settle(
    candidates: &[Candidate<'_>],
    ranked: &[usize],
    without: &BTreeMap<usize, Missing>,
) -> (Vec<usize>, BTreeMap<usize, usize>) {
    let mut kept: Vec<usize> = Vec::new();
    let mut yields = BTreeMap::new();
    for &i in ranked.iter().filter(|i| !without.contains_key(i)) {
        let stronger = kept
            .iter()
            .find(|&&j| exclude_each_other(candidates[i].promotion, candidates[j].promotion));
        match stronger {
            Some(&j) => {
                yields.insert(i, j);
            }
            None => kept.push(i),
        }
    }
    kept.sort_unstable();
    (kept, yields)
}

/// Applies candidates one after another to goods, then those on delivery to what is left to pay.
fn run(facts: &Facts<'_>, candidates: &[Candidate<'_>], kept: &[usize]) -> Results {
    let mut nets = facts.nets();
    let mut results = Results::new();
    let mut on_delivery = Vec::new();
    for &i in kept {
        let promotion = candidates[i].promotion;
        if promotion.effect == Effect::FreeShipping {
            match reaches(promotion, sum(nets.iter().copied())) {
                Ok(()) => on_delivery.push(i),
                Err(missing) => {
                    results.insert(i, Err(missing));
                }
            }
            continue;
        }
        let result = gift(promotion, facts, &nets);
        if let Ok(gift) = &result {
            nets.iter_mut().zip(&gift.shares).for_each(|(net, share)| *net -= share);
        }
        results.insert(i, result);
    }
    let (goods_minor, step) = (sum(nets.iter().copied()), facts.catalog.shop.currency.step());
    let mut charge = facts.rate.map(|rate| delivery::charge(rate, goods_minor, facts.buyer, step));
    for i in on_delivery {
        let result = match charge {
            None => Err(Missing::NoDelivery),
            Some(0) => Err(Missing::DeliveryIsFree),
            Some(minor) => Ok(Gift { base_minor: minor, amount_minor: minor, shares: Vec::new() }),
        };
        charge = charge.map(|_| 0);
        results.insert(i, result);
    }
    results
}

#[cfg(test)]
mod tests {
    use super::super::sample::{
        NOW, Sample, first_order, first_timer, guest, home, promotion, units, wash10,
    };
    use super::super::{Buyer, Quote, Stage, quote};
    use super::*;

    fn percent(id: &str, percent_bp: u32) -> Promotion {
        promotion(id, Stage::Order, Effect::PercentOffOrder { percent_bp, max_minor: None })
    }

    fn with_code(code: &str, promotion: Promotion) -> Promotion {
        Promotion { codes: vec![code.to_owned()], ..promotion }
    }

    fn excluding(other: &str, promotion: Promotion) -> Promotion {
        Promotion { exclusive_with: vec![other.to_owned()], ..promotion }
    }

    fn ask(promotions: Vec<Promotion>, qty: u32, buyer: &Buyer, codes: &[&str]) -> Quote {
        let sample = Sample::new().product("FOAM", "Foam", 1000).never_free();
        let book = promotions.into_iter().fold(sample, Sample::promotion).book();
        let mut basket = units(&[("FOAM", qty)]);
        basket.codes = codes.iter().map(|code| (*code).to_owned()).collect();
        quote(&book, &basket, buyer, &home(), NOW)
    }

    fn applied(quote: &Quote) -> Vec<&str> {
        quote.adjustments.iter().map(|a| a.reference.as_str()).collect()
    }

    fn not_met(code: &str, missing: Missing, why: &str) -> Objection {
        Objection::CodeNotMet { code: code.to_owned(), why: why.to_owned(), missing }
    }

    // S2.7: between two automatic promotions the larger saving wins, whoever names the other.
    #[test]
    fn the_larger_saving_wins() {
        for promotions in [
            vec![excluding("b", percent("a", 500)), percent("b", 1000)],
            vec![percent("a", 500), excluding("a", percent("b", 1000))],
        ] {
            let quote = ask(promotions, 1, &guest(), &[]);
            assert_eq!((applied(&quote), quote.goods_minor), (vec!["b"], 900));
        }
        let equal = vec![excluding("a", percent("b", 500)), percent("a", 500)];
        assert_eq!(applied(&ask(equal, 1, &guest(), &[])), ["a"]);
    }

    // S2.7: a code wins even over a larger automatic saving; the steps say so.
    #[test]
    fn a_code_wins_over_an_automatic_promotion() {
        let promotions =
            vec![with_code("FIVE", excluding("b", percent("a", 500))), percent("b", 1000)];
        let quote = ask(promotions, 1, &guest(), &["five"]);
        assert_eq!((applied(&quote), quote.goods_minor), (vec!["a"], 950));
        assert!(quote.steps.iter().any(|s| s.text == "b: cannot be combined with a"));
    }

    // S2.7: of two codes that exclude each other the better one stays, and the buyer is told.
    #[test]
    fn two_codes_that_exclude_each_other() {
        let promotions = vec![
            with_code("FIVE", excluding("b", percent("a", 500))),
            with_code("TEN", percent("b", 1000)),
        ];
        let quote = ask(promotions, 1, &guest(), &["five", "ten"]);
        assert_eq!(applied(&quote), ["b"]);
        let missing = Missing::Alone("b".to_owned());
        assert_eq!(
            quote.objections,
            [not_met("five", missing, "This code cannot be combined with “b”.")]
        );
    }

    // S2.7: promotions that do not exclude each other all apply, by stage, then by id.
    #[test]
    fn promotions_apply_by_stage_then_by_id() {
        let item = promotion(
            "z",
            Stage::Item,
            Effect::PercentOffItems { percent_bp: 1000, max_minor: None },
        );
        let amount = promotion("a", Stage::Order, Effect::AmountOffOrder { amount_minor: 100 });
        let promotions = vec![first_order(), percent("b", 1000), amount, item];
        let quote = ask(promotions, 1, &first_timer(), &[]);
        // 1000 → 900 → 800 → 720 → 648
        assert_eq!(applied(&quote), ["z", "a", "b", "first-order-10"]);
        assert_eq!(quote.goods_minor, 648);
    }

    // S2.54: a code that brings nothing excludes nobody and says what is missing.
    #[test]
    fn a_useless_code_excludes_nobody() {
        let promotions = vec![first_order(), wash10()];
        let quote = ask(promotions, 2, &first_timer(), &["Wash10"]);
        assert_eq!(applied(&quote), ["first-order-10"]);
        let why = "Add goods for £5.00 more to use this code.";
        assert_eq!(quote.objections, [not_met("Wash10", Missing::Goods(500), why)]);
    }

    // A code whose threshold only the promotion it excludes would spoil is not useless.
    #[test]
    fn a_code_is_judged_without_what_it_excludes() {
        let mut code = with_code("CODE", excluding("a", percent("z", 500)));
        code.when.subtotal_from_minor = Some(1000);
        let quote = ask(vec![percent("a", 1000), code], 1, &guest(), &["code"]);
        assert_eq!((applied(&quote), quote.goods_minor), (vec!["z"], 950));
    }

    // S2.54 S2.34: every reason a code can fail for has an answer, and none changes the price.
    #[test]
    fn every_useless_code_gets_an_answer() {
        let tenth = || with_code("CODE", percent("a", 1000));
        let changed = |change: fn(&mut Promotion)| {
            let mut promotion = tenth();
            change(&mut promotion);
            promotion
        };
        let shipping = promotion("a", Stage::Shipping, Effect::FreeShipping);
        let code = || "code".to_owned();
        let cases = [
            (changed(|p| p.live = false), Objection::CodeUnknown { code: code() }),
            (changed(|p| p.until = Some(NOW)), Objection::CodeNotRunning { code: code() }),
            (changed(|p| p.id = "used".to_owned()), Objection::CodeUsedUp { code: code() }),
            (
                changed(|p| p.when.signed_in = true),
                not_met("code", Missing::SignIn, "Sign in to use this code."),
            ),
            (
                changed(|p| p.when.first_order = true),
                not_met("code", Missing::FirstOrder, "This code is for a first order only."),
            ),
            (
                changed(|p| p.when.tag = vec!["gift".to_owned()]),
                not_met(
                    "code",
                    Missing::TakingPart,
                    "Nothing in your basket takes part in this offer.",
                ),
            ),
            (
                changed(|p| p.when.quantity_from = Some(3)),
                not_met(
                    "code",
                    Missing::Units(2),
                    "Add 2 more of the items that take part in this offer.",
                ),
            ),
            (
                changed(|p| p.effect = Effect::AmountOffOrder { amount_minor: 0 }),
                not_met("code", Missing::NothingLeft, "There is nothing left to take off."),
            ),
        ];
        let buyer = Buyer { paid_orders: 1, used_up: vec!["used".to_owned()], signed_in: false };
        for (promotion, objection) in cases {
            let quote = ask(vec![promotion], 1, &buyer, &["code", "CODE ", ""]);
            assert_eq!(quote.objections, [objection]);
            assert_eq!(quote.total_minor, 1499);
        }
        let free = with_code("CODE", shipping.clone());
        let quote =
            ask(vec![free, Promotion { id: "0".to_owned(), ..shipping }], 1, &buyer, &["code"]);
        assert_eq!(
            quote.objections,
            [not_met("code", Missing::DeliveryIsFree, "Delivery is free already.")]
        );
        assert_eq!(applied(&quote), ["0"]);
    }
}
