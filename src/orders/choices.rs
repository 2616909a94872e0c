//! Which letters a buyer wants. What a buyer must hear (an order received, paid, cancelled, money
//! sent back) is always sent; the rest may be declined behind a signed link, which stands in the
//! foot of every letter and names an order, never an address.

use serde::Serialize;

use super::model::Refusal;
use super::store_choices as store;
use crate::base::ids::OrderId;
use crate::base::signature::{sign, verify_for};
use crate::base::{Fault, Instant};
use crate::platform::db::{Read, Tx};
use crate::platform::mail::withdraw;
use crate::platform::secret::Secret;

/// How long the link in a letter works, seconds: a year and a day.
const LINK_S: i64 = 366 * 86_400;
/// Letters that may be declined, by their folders below `site/mail/`.
const SHIPPING: [&str; 2] = ["order_shipped", "order_delivered"];

/// What somebody wants to be written, beside what they must hear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// That a parcel left, that it arrived.
    pub shipping: bool,
    /// In letters that come anyhow: what others bought with it.
    pub suggestions: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self { shipping: true, suggestions: true }
    }
}

impl Choices {
    /// Whether a letter of this kind may be put into the outbox.
    pub(super) fn allow(self, template: &str) -> bool {
        self.shipping || !may_be_declined(template)
    }
}

/// Whether letters of this kind may be declined.
pub(super) fn may_be_declined(template: &str) -> bool {
    SHIPPING.contains(&template)
}

/// The address, below the shop's own, where the buyer of an order chooses.
#[must_use]
pub fn choices_path(secret: &Secret, id: &OrderId, now: Instant) -> String {
    let signed = sign(&key(secret), id.as_str().as_bytes(), now);
    let signed = signed.replacen("t=", "", 1).replacen(",v1=", ".", 1);
    format!("/letters/{}.{signed}", id.as_str())
}

/// The order a link names, when we made it, and not too long ago.
pub(super) fn order_of(secret: &Secret, link: &str, now: Instant) -> Result<OrderId, Refusal> {
    let mut parts = link.splitn(3, '.');
    let (Some(id), Some(time), Some(digits)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Refusal::LetterLink);
    };
    let header = format!("t={time},v1={digits}");
    match verify_for(&header, id.as_bytes(), &[key(secret)], now, LINK_S) {
        true => Ok(OrderId::from_stored(id.to_owned())),
        false => Err(Refusal::LetterLink),
    }
}

fn key(secret: &Secret) -> String {
    secret.token("letter-choices", "").as_str().to_owned()
}

/// What the person behind an e-mail address wants, however it is written; everything, as long as
/// they said nothing.
///
/// # Errors
/// When the database fails.
pub fn choices_of(read: &Read, email: &str) -> Result<Choices, Fault> {
    Ok(store::find(read, &email.to_lowercase())?.unwrap_or_default())
}

/// Notes what they want from now on, and takes back what waits and is not wanted any more; answers
/// what it was before.
///
/// # Errors
/// When the database fails.
pub fn choose(tx: &Tx, email: &str, choices: Choices, now: Instant) -> Result<Choices, Fault> {
    let before = choices_of(tx, email)?;
    store::set(tx, &email.to_lowercase(), choices, now)?;
    for template in SHIPPING.into_iter().filter(|template| !choices.allow(template)) {
        withdraw(tx, email, template)?;
    }
    Ok(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant(1_796_000_000_000);

    // S0.17: a link is good for one order and one year, and only as we made it.
    #[test]
    fn a_link_is_ours_or_none() {
        let secret = Secret::from_bytes([7; 32]);
        let id = OrderId::from_stored("0198c0de-0000-7000-8000-000000000001".to_owned());
        let path = choices_path(&secret, &id, NOW);
        let link = path.strip_prefix("/letters/").unwrap();
        let of = |link: &str, now| order_of(&secret, link, now);
        assert_eq!(of(link, NOW).unwrap(), id);
        assert_eq!(of(link, NOW.plus_s(LINK_S)).unwrap(), id);
        assert!(of(link, NOW.plus_s(LINK_S + 1)).is_err(), "too old");
        assert!(of(link, NOW.plus_s(-301)).is_err(), "not yet");
        let other = link.replacen("0001.", "0002.", 1);
        let later = link.replacen(".1796", ".1797", 1);
        for forged in [other.as_str(), later.as_str(), &link[..link.len() - 1], "", "..", "a.1.b"] {
            assert!(of(forged, NOW).is_err(), "{forged}");
        }
        assert!(order_of(&Secret::from_bytes([8; 32]), link, NOW).is_err(), "of another shop");
    }

    // S0.17: what must be heard cannot be declined.
    #[test]
    fn only_news_of_parcels_may_be_declined() {
        let declined: Vec<&str> =
            crate::orders::LETTERS.into_iter().filter(|letter| may_be_declined(letter)).collect();
        assert_eq!(declined, SHIPPING);
        let none = Choices { shipping: false, suggestions: false };
        assert!(!none.allow("order_shipped") && none.allow("order_refunded"));
        assert!(Choices::default().allow("order_shipped"));
    }
}
