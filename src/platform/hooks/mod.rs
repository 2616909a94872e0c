//! What other programs are told: written down in the transaction of its cause, sent behind it,
//! signed.
//!
//! **Invariants.** An event is written once for each cause (`dedup_key`) and delivered once to each
//! endpoint that wants it, again only after a failure or when a person says so. What is about the
//! same order arrives in order. No request waits for somebody else's program. With no endpoint
//! nothing is written. **Tables:** `hook_subscription`, `hook_event`, `hook_delivery`.

mod jobs;
mod store;
mod words;

use serde_json::{Value, json};

use crate::base::fault::{Failure, Never};
use crate::base::ids::sha256_hex;
use crate::base::{Fault, Instant};
use crate::platform::Kit;
use crate::platform::db::Tx;

pub use jobs::{FROM_A_PERSON, jobs};
pub use store::{
    Delivery, Standing, Unsent, Wanted, find, find_body, list, replay, standings, unsent,
};

/// What can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its money is here.
    OrderPaid,
    /// It has left.
    OrderShipped,
    /// It has arrived.
    OrderDelivered,
    /// It is given up although it was paid.
    OrderCancelled,
    /// Money of it went back.
    OrderRefunded,
    /// Something runs low.
    StockLow,
    /// Something needs a person.
    Alert,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::OrderPaid,
        Self::OrderShipped,
        Self::OrderDelivered,
        Self::OrderCancelled,
        Self::OrderRefunded,
        Self::StockLow,
        Self::Alert,
    ];

    /// Its name in settings and on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::OrderPaid => "order.paid",
            Self::OrderShipped => "order.shipped",
            Self::OrderDelivered => "order.delivered",
            Self::OrderCancelled => "order.cancelled",
            Self::OrderRefunded => "order.refunded",
            Self::StockLow => "stock.low",
            Self::Alert => "alert",
        }
    }
}

/// Something that happened.
pub struct News<'a> {
    /// What.
    pub kind: Kind,
    /// What caused it; a second one with it is dropped.
    pub dedup_key: String,
    /// What it is about, such as an order's id; empty when nothing is named.
    pub about: &'a str,
    /// One sentence for people, without names and addresses of buyers.
    pub text: String,
}

/// Writes an event down for every endpoint that wants it; `more` is asked for only then.
///
/// # Errors
/// When the database fails.
pub fn tell(
    tx: &Tx,
    news: &News,
    more: impl FnOnce() -> Result<Value, Fault>,
    now: Instant,
) -> Result<(), Fault> {
    let kind = news.kind.word();
    let endpoints = store::subscribers(tx, kind)?;
    if endpoints.is_empty() {
        return Ok(());
    }
    let id = format!("evt_{}", &sha256_hex(news.dedup_key.as_bytes())[..24]);
    let body = json!({
        "id": id, "type": kind, "created_at": now.rfc3339(), "text": news.text, "data": more()?,
    });
    if store::insert_event(tx, &id, &news.dedup_key, kind, &body.to_string(), now)? {
        for endpoint in endpoints {
            store::insert_delivery(tx, &id, &endpoint, news.about, now)?;
        }
    }
    Ok(())
}

/// Tells that something needs a person, in one sentence.
///
/// # Errors
/// When the database fails.
pub fn alert(
    tx: &Tx,
    dedup_key: String,
    about: &str,
    text: &str,
    now: Instant,
) -> Result<(), Fault> {
    let news = News { kind: Kind::Alert, dedup_key, about, text: text.to_owned() };
    tell(tx, &news, || Ok(json!({})), now)
}

/// Notes who wants to hear of what, as the settings say now. What waits for an endpoint that is
/// gone is given up.
///
/// # Errors
/// When the database fails.
pub async fn subscribe(kit: &Kit) -> Result<(), Fault> {
    let (endpoints, now) = (kit.settings.hooks.clone(), kit.now());
    let noted = kit.db.write(move |tx| {
        store::delete_subscriptions(tx)?;
        for endpoint in &endpoints {
            for event in &endpoint.events {
                store::insert_subscription(tx, event, &endpoint.name)?;
            }
        }
        store::give_up_unheard(tx, "the settings name it no more", now)?;
        Ok::<_, Failure<Never>>(())
    });
    Ok(noted.await?)
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::platform::config::HOOK_EVENTS;

    #[test]
    fn the_settings_know_every_event() {
        assert_eq!(Kind::ALL.map(Kind::word), HOOK_EVENTS);
    }
}
