//! A day's money: the provider's books against ours, each difference in a sentence. Pure.

use serde::{Deserialize, Serialize};

use super::provider::Received;
use crate::base::{Currency, Instant, Money};

/// A payment as our books have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ours {
    /// The provider's name for the payment.
    pub payment_id: String,
    /// The session it was paid in.
    pub session: Option<String>,
    /// Number of its order.
    pub number: String,
    /// How much came, minor units.
    pub amount_minor: i64,
    /// How much of it went back, minor units.
    pub refunded_minor: i64,
    /// In which currency.
    pub currency: Currency,
}

/// What one side has and the other has not, or has otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// `only_theirs`, `forgotten`, `only_ours`, `amount` or `refunded`.
    pub kind: String,
    /// The provider's name for the payment.
    pub payment_id: String,
    /// Number of the order, when it is known.
    pub number: Option<String>,
    /// What the provider's books say, minor units.
    pub theirs_minor: Option<i64>,
    /// What ours say, minor units.
    pub ours_minor: Option<i64>,
    /// In which currency; the provider's where they differ.
    pub currency: Currency,
    /// What it means and what to do.
    pub says: String,
}

/// A day, compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Such as `2026-11-24`, in the shop's time zone.
    pub day: String,
    /// When the day began.
    pub from: Instant,
    /// When it was over.
    pub until: Instant,
    /// When the two were compared.
    pub taken_at: Instant,
    /// Whose books were compared with ours.
    pub provider: String,
    /// Payments the provider received that day.
    pub theirs: usize,
    /// Payments we noted that day.
    pub ours: usize,
    /// Where the two differ.
    pub differences: Vec<Difference>,
}

/// Compares what the provider received with our books. `ours` holds what we noted that day and what
/// we know under the provider's names; a payment of ours that the provider did not list was asked
/// for by itself, and stands in `seen` when the provider knows it from another day.
#[must_use]
pub(super) fn compare(
    theirs: &[(Received, Option<String>)],
    ours: &[Ours],
    seen: &[Received],
) -> Vec<Difference> {
    let mut found = Vec::new();
    for (their, number) in theirs {
        match ours.iter().find(|our| our.payment_id == their.payment_id) {
            Some(our) => found.extend(differing(their, our)),
            None => found.push(only_theirs(their, number.as_deref())),
        }
    }
    for our in ours {
        let is_same = |their: &&Received| their.payment_id == our.payment_id;
        if theirs.iter().any(|(their, _)| is_same(&their)) {
            continue;
        }
        match seen.iter().find(is_same) {
            Some(their) => found.extend(differing(their, our)),
            None => found.push(only_ours(our)),
        }
    }
    found
}

/// What a letter says of a day: each difference in a sentence, and money for no order of ours in
/// one for all of it. An account that other programs take money on is no trouble of the shop's.
#[must_use]
pub(super) fn summary(differences: &[Difference]) -> Vec<String> {
    let is_strange = |d: &&Difference| d.kind == "only_theirs" && d.number.is_none();
    let strange: Vec<&Difference> = differences.iter().filter(is_strange).collect();
    let mut said: Vec<String> =
        differences.iter().filter(|d| !is_strange(d)).map(|d| d.says.clone()).collect();
    if let [one] = strange[..] {
        said.push(one.says.clone());
    } else if !strange.is_empty() {
        said.push(format!(
            "The provider received {} payments for no order of this shop: `kiosk statement` has \
             them all. Payments of other programs on the same account are among them; send back \
             what nobody knows.",
            strange.len()
        ));
    }
    said
}

/// Whether the money is for an order whose name is one of ours. Other programs on the same account
/// may name theirs in the same field, in their own way.
fn is_forgotten(their: &Received) -> bool {
    their.order.as_ref().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok())
}

fn only_theirs(their: &Received, number: Option<&str>) -> Difference {
    let money = Money::new(their.amount_minor, their.currency);
    let says = match number {
        Some(number) => format!(
            "The provider received {money} for order {number} ({}), and our books have no such \
             payment: look at `kiosk order show {number}` and `kiosk events list --order \
             {number}`.",
            their.payment_id
        ),
        // Named as we name them, yet not in the books: they are older than the order.
        None if is_forgotten(their) => format!(
            "The provider received {money} ({}) for an order that this shop made and does not \
             know any more, as after a backup was restored: look at the payment there, which \
             names buyer and goods, and make the order anew or send the money back.",
            their.payment_id
        ),
        None => format!(
            "The provider received {money} ({}) for no order of this shop: look at the payment \
             there, and send the money back if nobody knows what it is for.",
            their.payment_id
        ),
    };
    let kind = match number {
        None if is_forgotten(their) => "forgotten",
        _ => "only_theirs",
    };
    Difference {
        kind: kind.to_owned(),
        payment_id: their.payment_id.clone(),
        number: number.map(str::to_owned),
        theirs_minor: Some(their.amount_minor),
        ours_minor: None,
        currency: their.currency,
        says,
    }
}

fn only_ours(our: &Ours) -> Difference {
    let money = Money::new(our.amount_minor, our.currency);
    Difference {
        kind: "only_ours".to_owned(),
        payment_id: our.payment_id.clone(),
        number: Some(our.number.clone()),
        theirs_minor: None,
        ours_minor: Some(our.amount_minor),
        currency: our.currency,
        says: format!(
            "Order {} is paid with {money} here, and the provider has no such payment ({}): do \
             not ship before you have found it there.",
            our.number, our.payment_id
        ),
    }
}

fn differing(their: &Received, our: &Ours) -> Vec<Difference> {
    let difference = |kind: &str, theirs_minor, ours_minor, what: &str| {
        let theirs = Money::new(theirs_minor, their.currency);
        let ours = Money::new(ours_minor, our.currency);
        Difference {
            kind: kind.to_owned(),
            payment_id: our.payment_id.clone(),
            number: Some(our.number.clone()),
            theirs_minor: Some(theirs_minor),
            ours_minor: Some(ours_minor),
            currency: their.currency,
            says: format!(
                "Order {}: the provider {what} {theirs}, our books say {ours} ({}).",
                our.number, our.payment_id
            ),
        }
    };
    let mut found = Vec::new();
    if (their.amount_minor, their.currency) != (our.amount_minor, our.currency) {
        found.push(difference("amount", their.amount_minor, our.amount_minor, "received"));
    }
    if their.refunded_minor != our.refunded_minor {
        let what = "sent back";
        found.push(difference("refunded", their.refunded_minor, our.refunded_minor, what));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gbp() -> Currency {
        Currency::parse("GBP").unwrap()
    }

    fn their(id: &str, amount_minor: i64, refunded_minor: i64) -> (Received, Option<String>) {
        let received = Received {
            payment_id: id.to_owned(),
            order: None,
            amount_minor,
            refunded_minor,
            currency: gbp(),
            at: Instant(0),
        };
        (received, None)
    }

    fn our(id: &str, amount_minor: i64, refunded_minor: i64) -> Ours {
        Ours {
            payment_id: id.to_owned(),
            session: None,
            number: format!("N-{id}"),
            amount_minor,
            refunded_minor,
            currency: gbp(),
        }
    }

    fn kinds(found: &[Difference]) -> Vec<(&str, &str)> {
        found.iter().map(|d| (d.payment_id.as_str(), d.kind.as_str())).collect()
    }

    // N9: each difference is found, and said with both amounts.
    #[test]
    fn every_kind_of_difference_has_its_sentence() {
        let theirs =
            [their("a", 100, 0), their("b", 200, 0), their("c", 300, 50), their("d", 4, 4)];
        let ours = [our("a", 100, 0), our("b", 199, 0), our("c", 300, 0), our("e", 500, 0)];
        let found = compare(&theirs, &ours, &[]);
        let expected =
            [("b", "amount"), ("c", "refunded"), ("d", "only_theirs"), ("e", "only_ours")];
        assert_eq!(kinds(&found), expected);
        for (difference, words) in found.iter().zip([
            "the provider received £2.00, our books say £1.99",
            "the provider sent back £0.50, our books say £0.00",
            "received £0.04",
            "Order N-e is paid with £5.00 here",
        ]) {
            assert!(difference.says.contains(words), "{}", difference.says);
        }
    }

    // D14: money of an order that a restored backup does not know is not a stranger's.
    #[test]
    fn an_order_that_is_not_known_any_more_is_told_as_ours() {
        let (mut lost, number) = their("a", 100, 0);
        lost.order = Some("0193a1b2-7c00-7000-8000-000000000001".to_owned());
        let (mut other, _) = their("b", 100, 0);
        other.order = Some("order-17".to_owned());
        let found = compare(&[(lost, number), (other, None)], &[], &[]);
        assert_eq!(kinds(&found), [("a", "forgotten"), ("b", "only_theirs")]);
        assert!(found[0].says.contains("does not know any more"), "{}", found[0].says);
        assert_eq!(summary(&found).len(), 2);
    }

    #[test]
    fn equal_books_differ_in_nothing() {
        let (theirs, ours) = ([their("a", 100, 10)], [our("a", 100, 10)]);
        assert!(compare(&theirs, &ours, &[]).is_empty() && compare(&[], &[], &[]).is_empty());
    }

    // What the provider counts to another day is no difference, unless the amounts differ.
    #[test]
    fn a_payment_of_another_day_is_found_by_its_name() {
        let seen = [their("a", 100, 0).0];
        assert!(compare(&[], &[our("a", 100, 0)], &seen).is_empty());
        assert_eq!(kinds(&compare(&[], &[our("a", 99, 0)], &seen)), [("a", "amount")]);
    }

    #[test]
    fn another_currency_is_another_amount() {
        let mut other = our("a", 100, 0);
        other.currency = Currency::parse("EUR").unwrap();
        assert_eq!(kinds(&compare(&[their("a", 100, 0)], &[other], &[])), [("a", "amount")]);
    }
}
