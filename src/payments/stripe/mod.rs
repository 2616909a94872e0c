//! Stripe as the payment provider: hosted Checkout Sessions, asked for with async-stripe's typed
//! requests over our own client.
//!
//! **Invariants.** A call that could cost money carries the key that was stored for it, and so does
//! every repeat. Answers are read for the few fields that are needed, so that a new or missing
//! field never loses one. When Stripe keeps a failure under a key, what it has is looked up before
//! another key, made from the first, is used. Only this folder names Stripe's crates.

mod books;
mod client;
mod lists;
mod money;
mod retry;
mod session;

use std::sync::Arc;

use stripe::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_checkout::checkout_session::{
    ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_core::dispute::RetrieveDispute;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::RetrieveRefund;
use stripe_types::RangeQueryTs;

use self::books::{LeanDispute, LeanRefund};
use self::client::{Client, Failure};
use self::session::Lean;
use super::provider::{
    Answer, Provider, ProviderDispute, ProviderRefund, Received, RefundRequest, Session,
    SessionRequest, SessionStatus, Trouble,
};
use crate::base::{Currency, Fault, Instant};
use crate::platform::Kit;
use crate::platform::config::Mode;

/// Keys tried for one wish: the stored one, and those made from it when Stripe keeps a failure
/// under the one before.
const KEYS_MAX: u32 = 4;
/// Rounds of asking after which a session that only ever fails is given up, whatever Stripe says of
/// its failures: some minutes. Nobody has the address of its page.
const ROUNDS_MAX: u32 = 10;
/// Things on one page of a list: Stripe's most.
const PAGE: i64 = 100;
/// How long before the end of its hold a session may have been made, seconds: Stripe's longest.
const DAY_S: i64 = 86_400;
/// Stripe, or a server that behaves like it.
pub struct Stripe {
    client: Client,
    mode: &'static str,
    secrets: Vec<String>,
}

/// What is read of a payment.
#[derive(miniserde::Deserialize)]
struct LeanPayment {
    status: Option<String>,
}

impl Stripe {
    /// Stripe as the settings say; nobody is called yet.
    ///
    /// # Errors
    /// When the key cannot be used at all.
    pub fn new(kit: &Kit) -> Result<Arc<Self>, Fault> {
        let settings = &kit.settings.provider;
        Ok(Arc::new(Self {
            client: Client::new(settings, &kit.random)?,
            mode: if kit.settings.mode == Mode::Live { "live" } else { "test" },
            secrets: settings.webhook_secrets.iter().map(|secret| secret.0.clone()).collect(),
        }))
    }

    /// Asks for something; `key` is for what could cost money.
    async fn ask<T: miniserde::Deserialize>(
        &self,
        request: &impl StripeRequest,
        key: Option<&str>,
    ) -> Result<T, Failure> {
        let mut call = request.build().customize::<T>();
        if let Some(key) = key {
            let key = IdempotencyKey::new(key).map_err(|e| Failure::of_ours(e.to_string()))?;
            call = call.request_strategy(RequestStrategy::Idempotent(key));
        }
        call.send(&self.client).await
    }

    async fn lean(&self, id: &str) -> Result<Lean, Trouble> {
        let id = plain(id)?;
        self.ask(&RetrieveCheckoutSession::new(id), None).await.map_err(Failure::trouble)
    }

    /// The session in our words. `otherwise` is whether its payment failed, where Stripe will not
    /// say: a key may lack the right to read payments.
    async fn session(&self, lean: Lean, otherwise: bool) -> Result<Session, Trouble> {
        let failed = match &lean.payment_intent {
            Some(payment) if lean.in_doubt() => {
                self.has_failed(payment).await?.unwrap_or(otherwise)
            }
            _ => lean.in_doubt() && otherwise,
        };
        // The money may have moved: what cannot be read is asked again, never given up.
        lean.read(failed).map_err(Trouble::Unreachable)
    }

    /// Whether a payment will not come any more by itself; nothing when it may not be read.
    async fn has_failed(&self, payment: &str) -> Result<Option<bool>, Trouble> {
        let request = RetrievePaymentIntent::new(plain(payment)?);
        let payment: LeanPayment = match self.ask(&request, None).await {
            Ok(payment) => payment,
            Err(failure) if matches!(failure.stumble.status, Some(403 | 404)) => return Ok(None),
            Err(failure) => return Err(failure.trouble()),
        };
        let status = payment.status.as_deref();
        Ok(Some(matches!(status, Some("requires_payment_method" | "canceled"))))
    }

    async fn make(
        &self,
        request: &SessionRequest,
        key: &str,
        rounds: u32,
    ) -> Result<Session, Trouble> {
        let create = session::create(request).map_err(Trouble::Refused)?;
        let mut last = String::new();
        let mut is_kept = true;
        for turn in 0..KEYS_MAX {
            let key = key_of_turn(key, turn);
            let failure = match self.ask::<Lean>(&create, Some(&key)).await {
                Ok(lean) => return self.session(lean, false).await,
                Err(failure) => failure,
            };
            // Stripe keeps a failure under its key. That it is such a one, a header may say; that
            // it comes in one round after the other, says it as well.
            let comes_again = failure.is_theirs() && turn < rounds;
            if !failure.key_is_spent() && !comes_again {
                return Err(failure.trouble());
            }
            is_kept &= failure.key_is_spent();
            last = failure.words();
            // Whether the failed call made a session is unknown: look before asking anew, once.
            if turn == 0
                && let Some(lean) = self.made_before(request).await?
            {
                return self.session(lean, false).await;
            }
        }
        let words = format!("Stripe fails again and again; see its status page: {last}");
        let is_hopeless = is_kept || rounds >= ROUNDS_MAX;
        Err(if is_hopeless { Trouble::Replayed(words) } else { Trouble::Unreachable(words) })
    }

    /// The session that was made for exactly this request, if there is one. Another attempt of the
    /// same order ends at another second.
    async fn made_before(&self, request: &SessionRequest) -> Result<Option<Lean>, Trouble> {
        let since = RangeQueryTs::gte(request.hold_until.unix_s() - DAY_S);
        let list = ListCheckoutSession::new().limit(PAGE).created(since);
        let expires_at = Some(request.expires_at.unix_s());
        let is_it = |lean: &Lean| lean.order() == request.order && lean.expires_at == expires_at;
        let mut found = None;
        self.pages(&list, ListCheckoutSession::starting_after, |lean: Lean| {
            let last = lean.id.clone();
            if is_it(&lean) {
                found = Some(lean);
            }
            last
        })
        .await?;
        Ok(found)
    }

    async fn send_back(
        &self,
        request: &RefundRequest,
        key: &str,
    ) -> Result<ProviderRefund, Trouble> {
        let create = books::create(request).map_err(Trouble::Refused)?;
        match self.ask::<LeanRefund>(&create, Some(key)).await {
            Ok(lean) => lean.read().map_err(Trouble::Unreachable),
            Err(failure) if failure.key_is_spent() => Err(Trouble::Replayed(failure.words())),
            Err(failure) => Err(failure.trouble()),
        }
    }

    async fn close(&self, id: &str) -> Result<Session, Trouble> {
        let request = ExpireCheckoutSession::new(plain(id)?);
        let refused = match self.ask::<Lean>(&request, None).await {
            Ok(lean) => return self.session(lean, false).await,
            Err(failure) if failure.stumble.status == Some(400) => failure.trouble(),
            Err(failure) => return Err(failure.trouble()),
        };
        // Only open sessions can be closed: what it is now decides, not the words of the refusal.
        let session = self.session(self.lean(id).await?, false).await?;
        if session.status == SessionStatus::Open { Err(refused) } else { Ok(session) }
    }
}

/// The key for the `turn`-th try of one wish: always the same for the same wish, so that a program
/// that died in between goes on where it was.
fn key_of_turn(key: &str, turn: u32) -> String {
    if turn == 0 { key.to_owned() } else { format!("{key}-again{turn}") }
}

/// An id that can stand in an address. Events come from outside.
fn plain(id: &str) -> Result<&str, Trouble> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if !id.is_empty() && id.bytes().all(fits) {
        return Ok(id);
    }
    Err(Trouble::Refused("this is no name that Stripe gives".to_owned()))
}

impl Provider for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn mode(&self) -> &'static str {
        self.mode
    }

    fn objection(&self, total_minor: i64, currency: Currency) -> Option<String> {
        money::objection(total_minor, currency)
    }

    fn objection_to_refund(&self, amount_minor: i64, currency: Currency) -> Option<String> {
        money::to_stripe(amount_minor, currency).err()
    }

    fn create<'a>(
        &'a self,
        request: &'a SessionRequest,
        key: &'a str,
        rounds: u32,
    ) -> Answer<'a, Session> {
        Box::pin(self.make(request, key, rounds))
    }

    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move { self.session(self.lean(id).await?, false).await })
    }

    fn find_failed<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move { self.session(self.lean(id).await?, true).await })
    }

    fn expire<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(self.close(id))
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
        key: &'a str,
    ) -> Answer<'a, ProviderRefund> {
        Box::pin(self.send_back(request, key))
    }

    fn find_refund<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderRefund> {
        Box::pin(async move {
            let request = RetrieveRefund::new(plain(id)?);
            let lean: LeanRefund = self.ask(&request, None).await.map_err(Failure::trouble)?;
            lean.read().map_err(Trouble::Unreachable)
        })
    }

    fn refunds_of<'a>(&'a self, payment_id: &'a str) -> Answer<'a, Vec<ProviderRefund>> {
        Box::pin(self.refunds(payment_id))
    }

    fn find_dispute<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderDispute> {
        Box::pin(async move {
            let request = RetrieveDispute::new(plain(id)?);
            let lean: LeanDispute = self.ask(&request, None).await.map_err(Failure::trouble)?;
            lean.read().map_err(Trouble::Unreachable)
        })
    }

    fn received(&self, from: Instant, until: Instant) -> Answer<'_, Vec<Received>> {
        Box::pin(self.money_of(from, until))
    }

    fn events(&self, from: Instant, until: Instant) -> Answer<'_, Vec<String>> {
        Box::pin(self.events_of(from, until))
    }

    fn secrets(&self) -> Vec<String> {
        self.secrets.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // S0.12: keys made from a stored key are stored with it.
    #[test]
    fn later_keys_follow_from_the_first() {
        assert_eq!(key_of_turn("co-1-1", 0), "co-1-1");
        assert_eq!(key_of_turn("co-1-1", 2), "co-1-1-again2");
    }

    #[test]
    fn only_plain_ids_reach_an_address() {
        assert!(plain("cs_test_a1B2").is_ok());
        for bad in ["", "../refunds", "cs_1?x", "cs 1", "cs_é"] {
            assert!(plain(bad).is_err(), "{bad}");
        }
    }
}
