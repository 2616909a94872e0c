//! The built-in payment provider: a hosted page with every ending, so that a shop can be tried,
//! taught and tested without an account, a key or a network.
//!
//! It keeps to itself: the shop sees it only through the [`Provider`] trait and the public webhook
//! endpoint, signed in the same scheme as the real one. It takes no real money.

mod deliver;
mod desk;
mod money;
mod store;
mod store_money;
mod web;

use std::sync::Arc;

use crate::base::fault::{Failure, Never};
use crate::base::ids::hex;
use crate::base::{Fault, Instant};
use crate::payments::Payment;
use crate::payments::provider::{
    Answer, PaymentOutcome, Provider, ProviderDispute, ProviderRefund, Received, RefundRequest,
    Session, SessionRequest, SessionStatus, Trouble,
};
use crate::platform::Kit;
use crate::platform::db::Tx;

pub use deliver::jobs;
pub use web::routes;

/// The provider, the page and the sender of webhooks in one.
#[derive(Clone)]
pub struct Simulator {
    kit: Kit,
}

/// What the simulator knows of one of its sessions.
#[derive(Clone, Debug)]
struct Record {
    id: String,
    request: SessionRequest,
    status: SessionStatus,
    outcome: PaymentOutcome,
    payment_id: Option<String>,
    expires_at: Instant,
    /// How refunds of its payment end: `succeed`, `succeed_later` or `fail_later`.
    refunds: String,
}

impl Simulator {
    /// A simulator keeping its sessions in the shop's own database.
    #[must_use]
    pub fn new(kit: &Kit) -> Arc<Self> {
        Arc::new(Self { kit: kit.clone() })
    }

    /// The secret its webhooks are signed with, derived from the shop's own.
    fn secret(&self) -> String {
        format!("whsec_{}", self.kit.secret.token("simulator", "webhooks").as_str())
    }

    /// Where its pages are reached: the provider's address when one is set, else the shop's.
    fn base_url(&self) -> &str {
        let settings = &self.kit.settings;
        settings.provider.url.as_deref().unwrap_or(&settings.public_url)
    }

    fn session_of(&self, record: Record) -> Session {
        Session {
            url: format!("{}/simulator/pay/{}", self.base_url(), record.id),
            id: record.id,
            status: record.status,
            outcome: record.outcome,
            amount_minor: record.request.amount_minor,
            currency: record.request.currency,
            payment_id: record.payment_id,
            order: record.request.order,
            expires_at: record.expires_at,
        }
    }

    async fn get(&self, id: &str) -> Result<Record, Trouble> {
        let (id, now) = (id.to_owned(), self.kit.now());
        let found =
            self.kit.db.read(move |read| Ok::<_, Failure<Never>>(store::find(read, &id, now)?));
        match found.await.map_err(down)? {
            Some(record) => Ok(record),
            None => Err(Trouble::Refused("there is no such session".to_owned())),
        }
    }
}

/// Writes down a session of the past as if it had been made and ended here, so that money of a
/// demonstration order can go back like any other.
///
/// # Errors
/// When the database fails.
pub fn recall(tx: &Tx, payment: &Payment, session: &Session, at: Instant) -> Result<(), Fault> {
    store::insert(tx, &session.id, &payment.key, &payment.request, at)?;
    match &session.payment_id {
        Some(id) => store::set_complete(tx, &session.id, id, None, at)?,
        None => store::set_expired(tx, &session.id)?,
    };
    Ok(())
}

/// For the shop, a database in trouble is a provider that does not answer.
fn down(failure: Failure<Never>) -> Trouble {
    Trouble::Unreachable(Fault::from(failure).to_string())
}

impl Provider for Simulator {
    fn name(&self) -> &'static str {
        "simulator"
    }

    fn mode(&self) -> &'static str {
        "simulator"
    }

    fn create<'a>(
        &'a self,
        request: &'a SessionRequest,
        key: &'a str,
        _rounds: u32,
    ) -> Answer<'a, Session> {
        Box::pin(async move {
            let (request, key, now) = (request.clone(), key.to_owned(), self.kit.now());
            let id = format!("cs_sim_{}", hex(&self.kit.random.bytes::<20>()));
            let made = self.kit.db.write(move |tx| {
                store::insert(tx, &id, &key, &request, now)?;
                Ok::<_, Failure<Never>>(store::find_by_key(tx, &key, now)?)
            });
            match made.await.map_err(down)? {
                Some(record) => Ok(self.session_of(record)),
                None => Err(Trouble::Refused("the session was not kept".to_owned())),
            }
        })
    }

    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move { Ok(self.session_of(self.get(id).await?)) })
    }

    fn expire<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move {
            let (session, now) = (id.to_owned(), self.kit.now());
            let random = self.kit.random.clone();
            let closed = self.kit.db.write(move |tx| {
                if store::set_expired(tx, &session)?
                    && let Some(record) = store::find(tx, &session, now)?
                {
                    let kind = "checkout.session.expired";
                    let event = deliver::event(&record, kind, &random, now);
                    store::insert_delivery(tx, &event, false, now)?;
                }
                Ok::<_, Failure<Never>>(())
            });
            closed.await.map_err(down)?;
            self.kit.bell.ring();
            Ok(self.session_of(self.get(id).await?))
        })
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
        key: &'a str,
    ) -> Answer<'a, ProviderRefund> {
        Box::pin(self.refund_for_shop(request, key))
    }

    fn find_refund<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderRefund> {
        Box::pin(self.refund_now(id))
    }

    fn refunds_of<'a>(&'a self, payment_id: &'a str) -> Answer<'a, Vec<ProviderRefund>> {
        Box::pin(self.refunds_now(payment_id))
    }

    fn find_dispute<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderDispute> {
        Box::pin(self.dispute_now(id))
    }

    fn received(&self, from: Instant, until: Instant) -> Answer<'_, Vec<Received>> {
        Box::pin(self.received_between(from, until))
    }

    /// Nothing to fetch: it tells the shop in whose database it lives, again and again.
    fn events(&self, _from: Instant, _until: Instant) -> Answer<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn secrets(&self) -> Vec<String> {
        let own = [self.secret()];
        let configured = self.kit.settings.provider.webhook_secrets.iter().map(|s| s.0.clone());
        own.into_iter().chain(configured).collect()
    }
}
