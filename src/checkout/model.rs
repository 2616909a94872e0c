//! What a buyer tells us, parsed; and why a checkout says no.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::breaker::Whose;
use crate::base::email_address::EmailAddress;
use crate::base::ids::{OrderId, Sku};
use crate::base::{Currency, Money, Problem};
use crate::orders::Address;
use crate::platform::render::Render;
use crate::pricing::{Book, Item};

/// Longest name, street or town, in characters.
const TEXT_MAX: usize = 120;
/// Longest note, in characters.
const NOTE_MAX: usize = 500;
/// Longest postcode or phone number, in characters.
const SHORT_MAX: usize = 24;

/// The checkout form as sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Submission {
    /// Where letters go.
    pub email: String,
    /// Who receives it.
    pub name: String,
    /// For the carrier.
    pub phone: String,
    /// Street and number.
    pub line1: String,
    /// Flat, floor.
    pub line2: String,
    /// Town.
    pub city: String,
    /// Postcode.
    pub postcode: String,
    /// ISO 3166 alpha-2.
    pub country: String,
    /// Delivery chosen.
    pub rate: String,
    /// Words to the shop.
    pub note: String,
    /// The cart version the buyer saw.
    pub cart_version: Option<i64>,
    /// The total the buyer saw, minor units.
    pub quote_total: Option<i64>,
    /// Prices that have moved since the cart was seen are taken, at `quote_total`.
    pub accept_prices: bool,
    /// What is bought, for callers that keep no cart here; the visitor's cart when empty.
    pub lines: Vec<WantedLine>,
}

/// One thing a caller without a cart wants: a SKU or a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedLine {
    /// Which SKU.
    pub sku: Option<String>,
    /// Which bundle, by slug.
    pub bundle: Option<String>,
    /// How many.
    pub qty: u32,
}

impl WantedLine {
    /// What pricing calls it; none unless exactly one of SKU and bundle is named.
    #[must_use]
    pub fn item(&self) -> Option<Item> {
        match (&self.sku, &self.bundle) {
            (Some(sku), None) => Sku::parse(sku).map(Item::Sku),
            (None, Some(slug)) => Some(Item::Bundle(slug.clone())),
            _ => None,
        }
    }
}

/// A buyer, parsed.
#[derive(Clone, Debug)]
pub struct Buyer {
    /// Where letters go.
    pub email: EmailAddress,
    /// Where the goods go.
    pub address: Address,
    /// Delivery chosen; the first offered when none.
    pub rate: Option<String>,
    /// Words to the shop.
    pub note: String,
}

/// One field that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Name of the field.
    pub field: &'static str,
    /// What to do about it.
    pub message: String,
    /// The same in one word, under which a language may say it otherwise.
    #[serde(skip)]
    pub reason: &'static str,
}

impl FieldError {
    /// An address that is none, or that the provider does not take.
    pub(super) fn email() -> Self {
        let message = "Enter an e-mail address, such as ada@example.com.".to_owned();
        Self { field: "email", message, reason: "email" }
    }

    /// As the page says it, in the shop's language.
    pub(super) fn told(&self, render: &Render) -> Value {
        let own = render.find_word(&format!("problem.invalid-fields.field_{}", self.reason));
        let own = own.map(|words| words.replace("{most}", &longest(self.field).to_string()));
        json!({ "field": self.field, "message": own.unwrap_or_else(|| self.message.clone()) })
    }
}

/// Most characters of a field.
fn longest(field: &str) -> usize {
    match field {
        "note" => NOTE_MAX,
        "postcode" | "phone" => SHORT_MAX,
        _ => TEXT_MAX,
    }
}

impl Submission {
    /// The buyer, when every field can be used; otherwise everything that cannot.
    ///
    /// # Errors
    /// One sentence for each field in the way.
    pub fn parse(&self, book: &Book) -> Result<Buyer, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut wrong = |field, reason, message: &str| {
            errors.push(FieldError { field, message: message.to_owned(), reason });
        };
        // The provider refuses others after the order is made: they are told at their field.
        let email = EmailAddress::parse(&self.email).filter(EmailAddress::is_plain);
        if email.is_none() {
            let FieldError { field, message, reason } = FieldError::email();
            wrong(field, reason, &message);
        }
        let mut text = |field, value: &str, need: Option<&str>| {
            let value = value.trim().to_owned();
            let most = longest(field);
            if let (true, Some(need)) = (value.is_empty(), need) {
                wrong(field, field, need);
            } else if value.chars().count() > most {
                wrong(field, "too_long", &format!("Use at most {most} characters."));
            } else if value.chars().any(|c| c.is_control() && !(field == "note" && c == '\n')) {
                wrong(field, "control", "Leave out control characters.");
            } else if field != "phone" && looks_like_card(&value) {
                wrong(field, "card", "Never send card numbers; you pay on the next page.");
            }
            value
        };
        let address = Address {
            name: text("name", &self.name, Some("Enter your full name.")),
            phone: text("phone", &self.phone, None),
            line1: text("line1", &self.line1, Some("Enter street and house number.")),
            line2: text("line2", &self.line2, None),
            city: text("city", &self.city, Some("Enter a town or city.")),
            postcode: text("postcode", &self.postcode, Some("Enter a postcode.")),
            country: self.country.trim().to_owned(),
        };
        let note = text("note", &self.note.replace("\r\n", "\n"), None);
        let zone = book.zones.iter().find(|z| z.countries.contains(&address.country));
        let rate = Some(self.rate.trim()).filter(|rate| !rate.is_empty());
        match zone {
            None => wrong("country", "country", "Choose a country we deliver to."),
            Some(zone) if rate.is_some_and(|id| zone.rates.iter().all(|r| r.id != id)) => {
                wrong("rate", "rate", "Choose one of the deliveries offered.");
            }
            Some(_) => {}
        }
        if self.cart_version.is_none() && self.lines.is_empty() {
            wrong("cart_version", "cart_version", "Say which version of the cart was seen.");
        }
        if self.lines.iter().any(|line| line.item().is_none()) {
            wrong("lines", "lines", "Name one of `sku` and `bundle` on each line.");
        }
        if self.quote_total.is_none() {
            wrong("quote_total", "quote_total", "Say which total was seen, in minor units.");
        }
        match email {
            Some(email) if errors.is_empty() => {
                Ok(Buyer { email, address, rate: rate.map(str::to_owned), note })
            }
            _ => Err(errors),
        }
    }
}

/// 13 to 19 digits that pass the check of card numbers: such a text is never stored.
fn looks_like_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let other = text.chars().any(|c| !c.is_ascii_digit() && c != ' ' && c != '-');
    if other || !(13..=19).contains(&digits.len()) {
        return false;
    }
    let doubled = |d: u32| if d > 4 { d * 2 - 9 } else { d * 2 };
    let sum: u32 = (0..)
        .zip(digits.iter().rev())
        .map(|(i, d)| if i % 2 == 1 { doubled(*d) } else { *d })
        .sum();
    sum.is_multiple_of(10)
}

/// Why a checkout says no.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// Nothing in the cart.
    EmptyCart,
    /// The cart is not the one the buyer saw.
    CartChanged,
    /// The total is not the one the buyer saw.
    TotalChanged {
        /// What they saw.
        was_minor: i64,
        /// What it is.
        now_minor: i64,
        /// Of what.
        currency: Currency,
    },
    /// Something in the cart stands in the way; see [`blocked`].
    Blocked(Box<Problem>),
    /// The order is old, or its price is no longer today's.
    Stale,
    /// A person is looking at its payment: money may have come for it.
    LookedAt,
    /// Some fields cannot be used.
    Fields(Vec<FieldError>),
    /// An earlier order of this cart is still open and must be closed first.
    CloseFirst(OrderId),
    /// Too many checkouts from here lately.
    Slower(Box<Problem>),
    /// Too many cards were declined lately.
    Paused {
        /// Of what came from the same place.
        whose: Whose,
        /// Seconds until it is worth another try.
        wait_s: u32,
    },
    /// The cart says no.
    Cart(crate::cart::Refusal),
    /// The order says no.
    Order(crate::orders::Refusal),
    /// The payment says no.
    Payment(crate::payments::Refusal),
}

/// What stands in the way of ordering a cart: one word, and a sentence.
pub(super) fn blocked(reason: &'static str, why: impl Into<String>) -> Problem {
    Problem::new(409, "cart-blocked", "Not everything can be ordered", why)
        .hint("Change the cart and order again.")
        .with("reason", reason)
}

fn paused(whose: Whose, wait_s: u32) -> Problem {
    let detail = match whose {
        Whose::Shop => "Too many payments were declined in this shop lately.",
        _ => "Too many payments from here were declined lately.",
    };
    let minutes = wait_s.div_ceil(60);
    let unit = if minutes == 1 { "minute" } else { "minutes" };
    Problem::new(429, "checkout-paused", "Checkout takes a pause", detail)
        .hint(format!("Nothing was charged and the cart is kept. Try again in {minutes} {unit}."))
        .with("reason", whose.word())
        .with("minutes", minutes)
        .retry_after(wait_s)
}

impl From<crate::cart::Refusal> for Refusal {
    fn from(refusal: crate::cart::Refusal) -> Self {
        Self::Cart(refusal)
    }
}

impl From<crate::orders::Refusal> for Refusal {
    fn from(refusal: crate::orders::Refusal) -> Self {
        Self::Order(refusal)
    }
}

impl From<crate::payments::Refusal> for Refusal {
    fn from(refusal: crate::payments::Refusal) -> Self {
        Self::Payment(refusal)
    }
}

impl crate::base::Refusal for Refusal {
    fn problem(&self) -> Problem {
        match self {
            Self::EmptyCart => Problem::new(
                409,
                "empty-cart",
                "The cart is empty",
                "There is nothing to check out.",
            )
            .hint("Put something into the cart first."),
            Self::CartChanged | Self::CloseFirst(_) => Problem::new(
                409,
                "cart-changed",
                "The cart has changed",
                "The cart is not what it was when this page was made.",
            )
            .hint("Look through it once more and order again."),
            Self::TotalChanged { was_minor, now_minor, currency } => {
                let money = |minor: &i64| Money::new(*minor, *currency);
                Problem::new(
                    409,
                    "total-changed",
                    "The total has changed",
                    format!("It was {} and is now {}.", money(was_minor), money(now_minor)),
                )
                .hint("Nothing was ordered. Check the new total and order again.")
                .with("was_minor", *was_minor)
                .with("now_minor", *now_minor)
            }
            Self::Stale => Problem::new(
                409,
                "order-stale",
                "This order cannot be paid any more",
                "Its price or its goods are not today's.",
            )
            .hint("Order again from the cart; nothing was charged."),
            Self::LookedAt => Problem::new(
                409,
                "order-looked-at",
                "We are looking at this order",
                "Money may have come for it already.",
            )
            .hint("Do not pay again; write to us, and we tell you where it stands."),
            Self::Fields(errors) => {
                let first = errors.first().map_or("", |e| e.message.as_str());
                let listed: Vec<Value> = errors
                    .iter()
                    .map(|e| json!({ "field": e.field, "detail": e.message }))
                    .collect();
                Problem::new(422, "invalid-fields", "Some fields need another look", first)
                    .with("errors", listed)
            }
            Self::Paused { whose, wait_s } => paused(*whose, *wait_s),
            Self::Blocked(problem) | Self::Slower(problem) => (**problem).clone(),
            Self::Cart(refusal) => refusal.problem(),
            Self::Order(refusal) => refusal.problem(),
            Self::Payment(refusal) => refusal.problem(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like_card;

    #[test]
    fn card_numbers_are_recognised() {
        assert!(looks_like_card("4242 4242 4242 4242") && looks_like_card("4242-4242-4242-4242"));
        for fine in ["4242424242424241", "07700 900123", "12 High Street", "", "1234567890123a"] {
            assert!(!looks_like_card(fine), "{fine}");
        }
    }
}
