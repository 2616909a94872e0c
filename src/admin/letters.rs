//! Kinds of letters, and what each would show: of a real order, or of the last time it was sent.

use serde_json::{Value, json};

use crate::base::{Failure, Problem, refuse};
use crate::orders::{self, Order};
use crate::platform::Kit;
use crate::platform::db::Read;
use crate::platform::mail;
use crate::platform::web::Error;
use crate::pricing::Book;

/// A kind of letter.
#[derive(Clone, Copy, Debug)]
pub struct LetterKind {
    /// Folder below `site/mail/`.
    pub template: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whether it goes to buyers; the others go to the merchant.
    pub to_buyer: bool,
}

/// Every kind, in the order of an order's life.
pub const LETTER_KINDS: [LetterKind; 11] = [
    to_buyer("order_received", "Order received"),
    to_buyer("order_confirmation", "Order paid"),
    to_buyer("order_shipped", "Order shipped"),
    to_buyer("order_delivered", "Order delivered"),
    to_buyer("order_cancelled", "Order cancelled"),
    to_buyer("order_refunded", "Refund"),
    to_merchant("low_stock", "Low stock"),
    to_merchant("order_attention", "Order needs you"),
    to_merchant("card_testing", "Cards tried out"),
    to_merchant("statement", "Books differ"),
    to_merchant("staff_alert", "Shop needs you"),
];

const fn to_buyer(template: &'static str, title: &'static str) -> LetterKind {
    LetterKind { template, title, to_buyer: true }
}

const fn to_merchant(template: &'static str, title: &'static str) -> LetterKind {
    LetterKind { template, title, to_buyer: false }
}

/// Why there is nothing to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoSample {
    /// No such kind of letter.
    UnknownKind,
    /// No such order.
    UnknownOrder(String),
    /// The shop has no order yet.
    NoOrders,
}

impl crate::base::Refusal for NoSample {
    fn problem(&self) -> Problem {
        match self {
            Self::UnknownKind => {
                let says = "There is no such kind of letter.";
                Problem::new(404, "unknown-letter-kind", "No such letter", says)
                    .hint("Choose one of the list.")
            }
            Self::UnknownOrder(number) => {
                let says = format!("There is no order {number}.");
                Problem::new(404, "order-number-unknown", "No such order", says)
                    .hint("Check its number, or leave it empty for the newest.")
            }
            Self::NoOrders => {
                let says = "Letters to buyers are shown with a real order, and there is none yet.";
                Problem::new(409, "no-orders-yet", "No order yet", says)
                    .hint("Place one yourself, or run `kiosk seed` in a test shop.")
            }
        }
    }
}

/// The kind with this name.
///
/// # Errors
/// When there is none.
pub fn letter_kind(template: &str) -> Result<LetterKind, Failure<NoSample>> {
    match LETTER_KINDS.into_iter().find(|kind| kind.template == template) {
        Some(kind) => Ok(kind),
        None => refuse(NoSample::UnknownKind),
    }
}

/// What a letter would show.
pub struct Sample {
    /// For its template.
    pub data: Value,
    /// The order it is about.
    pub number: Option<String>,
    /// Nothing of the kind was ever sent, so it is an example.
    pub is_made_up: bool,
}

/// Real data for a kind of letter: of the order with this number, else of the newest; letters to
/// the merchant show what the last of their kind did.
///
/// # Errors
/// When there is no such order, or none at all.
pub fn sample(
    read: &Read,
    kit: &Kit,
    book: &Book,
    kind: LetterKind,
    number: &str,
) -> Result<Sample, Failure<NoSample>> {
    if !kind.to_buyer {
        let last = mail::find_newest(read, kind.template)?;
        let (data, is_made_up) = match last {
            Some(last) => (serde_json::from_str(&last.data)?, false),
            None => (example(kind.template), true),
        };
        return Ok(Sample { data, number: None, is_made_up });
    }
    let order = order_for(read, number)?;
    let data = orders::letter_of(read, kit, book, &order, kind.template, kit.now())?;
    let Some(data) = data else { return refuse(NoSample::UnknownKind) };
    Ok(Sample { data, number: Some(order.number), is_made_up: false })
}

fn order_for(read: &Read, number: &str) -> Result<Order, Failure<NoSample>> {
    if number.is_empty() {
        let newest = orders::list_orders(read, None, 1)?.into_iter().next();
        return match newest {
            Some(order) => Ok(order),
            None => refuse(NoSample::NoOrders),
        };
    }
    match orders::find_by_number(read, number)? {
        Some(order) => Ok(order),
        None => refuse(NoSample::UnknownOrder(number.to_owned())),
    }
}

/// What a letter to the merchant may look like, for shops that never got one.
fn example(template: &str) -> Value {
    match template {
        "low_stock" => json!({ "items": [{
            "sku": "EXAMPLE-1", "title": "A product", "options": "", "free": 3, "held": 1, "low": 5,
        }] }),
        "order_attention" => json!({
            "order": { "number": "EXAMPLE-1", "total_minor": 4200 },
            "why": "the payment arrived after the goods were given back",
        }),
        "staff_alert" => json!({
            "cause": "disk", "why": "The disk is nearly full: 240 MB are left.",
            "page": "/admin/health",
        }),
        "card_testing" => json!({ "declines": 40, "minutes": 10 }),
        _ => json!({ "day": "2026-01-31", "theirs": 12, "ours": 11, "differences": [
            "the provider received a payment of 42.00 that no order of ours knows",
        ] }),
    }
}

/// A refusal as the desk tells it.
pub(super) fn told(error: &Error) -> Value {
    let problem = error.problem();
    json!({ "title": problem.title, "detail": problem.detail, "hint": problem.hint })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_an_order_can_be_looked_at() {
        let ours = LETTER_KINDS.iter().filter(|kind| kind.to_buyer).map(|kind| kind.template);
        assert_eq!(ours.collect::<Vec<_>>(), orders::LETTERS);
    }
}
