//! Stripe's lists, read to their end: refunds, charges and events.

use miniserde::json::{self, Value};
use stripe::StripeRequest;
use stripe_core::charge::ListCharge;
use stripe_core::event::ListEvent;
use stripe_core::refund::ListRefund;
use stripe_types::{RangeBoundsTs, RangeQueryTs};

use super::books::{LeanCharge, LeanRefund};
use super::client::Failure;
use super::{PAGE, Stripe, plain};
use crate::base::Instant;
use crate::payments::provider::{ProviderRefund, Received, Trouble};

/// Pages of one list read at most: a million payments in a day are none of ours.
const PAGES_MAX: u32 = 10_000;
/// Events of pages that were paid, and how far back they are looked for, seconds: longer than the
/// newest backup is old.
const OF_PAID_PAGES: [&str; 2] =
    ["checkout.session.completed", "checkout.session.async_payment_succeeded"];
const PAID_BACK_S: i64 = 3 * 86_400;
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

/// A page of a list.
#[derive(miniserde::Deserialize)]
struct Page<T> {
    data: Vec<T>,
    has_more: Option<bool>,
}

impl Stripe {
    /// Reads a list to its end. `then` asks for what follows a thing; `take` is given each thing
    /// and answers with its id.
    pub(super) async fn pages<R: StripeRequest + Clone, T: miniserde::Deserialize>(
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

    pub(super) async fn refunds(&self, payment_id: &str) -> Result<Vec<ProviderRefund>, Trouble> {
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

    pub(super) async fn money_of(
        &self,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<Received>, Trouble> {
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

    /// Events of this time, oldest first: of money that went back, and of the last days also of
    /// pages that were paid, for a restored backup does not know its newest ones.
    pub(super) async fn events_of(
        &self,
        from: Instant,
        until: Instant,
    ) -> Result<Vec<String>, Trouble> {
        let recent = from.max(until.plus_s(-PAID_BACK_S));
        let mut all = self.events_between(from, recent, &OF_MONEY_BACK).await?;
        let types: Vec<&str> = OF_MONEY_BACK.into_iter().chain(OF_PAID_PAGES).collect();
        all.extend(self.events_between(recent, until, &types).await?);
        Ok(all)
    }

    async fn events_between(
        &self,
        from: Instant,
        until: Instant,
        types: &[&str],
    ) -> Result<Vec<String>, Trouble> {
        if from >= until {
            return Ok(Vec::new());
        }
        let types: Vec<String> = types.iter().map(|kind| (*kind).to_owned()).collect();
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
