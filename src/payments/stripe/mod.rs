//! Stripe as the payment provider: hosted Checkout Sessions, asked for with async-stripe's typed
//! requests over our own client.
//!
//! **Invariants.** A call that could cost money carries the key that was stored for it, and so does
//! every repeat. Answers are read for the few fields that are needed, so that a new or missing
//! field never loses one. When Stripe keeps a failure under a key, what it has is looked up before
//! another key, made from the first, is used. Only this folder names Stripe's crates.

mod books;
mod client;
mod money;
mod retry;
mod session;

use std::sync::Arc;

use miniserde::json::{self, Value};
use stripe::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_checkout::checkout_session::{
    ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_core::charge::ListCharge;
use stripe_core::dispute::RetrieveDispute;
use stripe_core::event::ListEvent;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::{ListRefund, RetrieveRefund};
use stripe_types::{RangeBoundsTs, RangeQueryTs};

use self::books::{LeanCharge, LeanDispute, LeanRefund};
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
/// Things on one page of a list: Stripe's most.
const PAGE: i64 = 100;
/// Pages of one list read at most: a million payments in a day are none of ours.
const PAGES_MAX: u32 = 10_000;
/// How long before the end of its hold a session may have been made, seconds: Stripe's longest.
const DAY_S: i64 = 86_400;
/// Events that bring word of what no list of payments tells; each is accepted at our door as well.
const OF_MONEY_BACK: [&str; 10] = [
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.refunded",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
];

/// Stripe, or a server that behaves like it.
pub struct Stripe {
    client: Client,
    mode: &'static str,
    secrets: Vec<String>,
}

/// A page of a list.
#[derive(miniserde::Deserialize)]
struct Page<T> {
    data: Vec<T>,
    has_more: Option<bool>,
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

    async fn session(&self, lean: Lean) -> Result<Session, Trouble> {
        let failed = match &lean.payment_intent {
            Some(payment) if lean.in_doubt() => self.has_failed(payment).await?,
            _ => false,
        };
        // The money may have moved: what cannot be read is asked again, never given up.
        lean.read(failed).map_err(Trouble::Unreachable)
    }

    /// Whether a payment will not come any more by itself.
    async fn has_failed(&self, payment: &str) -> Result<bool, Trouble> {
        let request = RetrievePaymentIntent::new(plain(payment)?);
        let payment: LeanPayment = self.ask(&request, None).await.map_err(Failure::trouble)?;
        Ok(matches!(payment.status.as_deref(), Some("requires_payment_method" | "canceled")))
    }

    async fn make(&self, request: &SessionRequest, key: &str) -> Result<Session, Trouble> {
        let create = session::create(request).map_err(Trouble::Refused)?;
        for turn in 0..KEYS_MAX {
            let key = key_of_turn(key, turn);
            let failure = match self.ask::<Lean>(&create, Some(&key)).await {
                Ok(lean) => return self.session(lean).await,
                Err(failure) => failure,
            };
            if !failure.key_is_spent() {
                return Err(failure.trouble());
            }
            // Whether the failed call made a session is unknown: look before asking anew.
            if let Some(lean) = self.made_before(request).await? {
                return self.session(lean).await;
            }
        }
        Err(Trouble::Replayed("Stripe fails again and again; see its status page".to_owned()))
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

    /// Reads a list to its end. `then` asks for what follows a thing; `take` is given each thing
    /// and answers with its id.
    async fn pages<R: StripeRequest + Clone, T: miniserde::Deserialize>(
        &self,
        first: &R,
        then: impl Fn(R, String) -> R,
        mut take: impl FnMut(T) -> String,
    ) -> Result<(), Trouble> {
        let mut list = first.clone();
        for _ in 0..PAGES_MAX {
            let page: Page<T> = self.ask(&list, None).await.map_err(Failure::trouble)?;
            let last = page.data.into_iter().map(&mut take).last();
            match last.filter(|_| page.has_more == Some(true)) {
                Some(last) => list = then(first.clone(), last),
                None => return Ok(()),
            }
        }
        Err(Trouble::Refused("the list has no end".to_owned()))
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

    async fn refunds(&self, payment_id: &str) -> Result<Vec<ProviderRefund>, Trouble> {
        let payment = plain(payment_id)?;
        let list = ListRefund::new().limit(PAGE);
        let list = match payment.starts_with("ch_") {
            true => list.charge(payment),
            false => list.payment_intent(payment),
        };
        let mut all = Vec::new();
        self.pages(&list, ListRefund::starting_after, |lean: LeanRefund| {
            let last = lean.id.clone();
            all.push(lean.read());
            last
        })
        .await?;
        all.into_iter().collect::<Result<_, _>>().map_err(Trouble::Unreachable)
    }

    async fn money_of(&self, from: Instant, until: Instant) -> Result<Vec<Received>, Trouble> {
        let list = ListCharge::new().limit(PAGE).created(between(from, until));
        let mut all = Vec::new();
        self.pages(&list, ListCharge::starting_after, |lean: LeanCharge| {
            let last = lean.id.clone();
            let is_ours = lean.order().is_some();
            match lean.read() {
                // Somebody else's, in a currency nobody here knows: nothing to compare with.
                Err(_) if !is_ours => {}
                read => all.push(read),
            }
            last
        })
        .await?;
        let came = all.into_iter().filter_map(Result::transpose);
        came.collect::<Result<_, _>>().map_err(Trouble::Unreachable)
    }

    async fn events_of(&self, from: Instant, until: Instant) -> Result<Vec<String>, Trouble> {
        let types = OF_MONEY_BACK.map(str::to_owned);
        let list = ListEvent::new().limit(PAGE).created(between(from, until)).types(types);
        let mut all = Vec::new();
        self.pages(&list, ListEvent::starting_after, |event: Value| {
            all.push(json::to_string(&event));
            match event {
                Value::Object(fields) => match fields.get("id") {
                    Some(Value::String(id)) => id.clone(),
                    _ => String::new(),
                },
                _ => String::new(),
            }
        })
        .await?;
        all.reverse();
        Ok(all)
    }

    async fn close(&self, id: &str) -> Result<Session, Trouble> {
        let request = ExpireCheckoutSession::new(plain(id)?);
        let refused = match self.ask::<Lean>(&request, None).await {
            Ok(lean) => return self.session(lean).await,
            Err(failure) if failure.stumble.status == Some(400) => failure.trouble(),
            Err(failure) => return Err(failure.trouble()),
        };
        // Only open sessions can be closed: what it is now decides, not the words of the refusal.
        let session = self.session(self.lean(id).await?).await?;
        if session.status == SessionStatus::Open { Err(refused) } else { Ok(session) }
    }
}

/// The key for the `turn`-th try of one wish: always the same for the same wish, so that a program
/// that died in between goes on where it was.
fn key_of_turn(key: &str, turn: u32) -> String {
    if turn == 0 { key.to_owned() } else { format!("{key}-again{turn}") }
}

/// From a moment (inclusive) until another.
fn between(from: Instant, until: Instant) -> RangeQueryTs {
    let (gte, lt) = (Some(whole_s(from)), Some(whole_s(until)));
    RangeQueryTs::Bounds(RangeBoundsTs { gte, lt, ..RangeBoundsTs::default() })
}

/// The first whole second not before a moment: Stripe counts in seconds.
fn whole_s(at: Instant) -> i64 {
    at.plus_ms(999).unix_s()
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

    fn create<'a>(&'a self, request: &'a SessionRequest, key: &'a str) -> Answer<'a, Session> {
        Box::pin(self.make(request, key))
    }

    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move { self.session(self.lean(id).await?).await })
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
