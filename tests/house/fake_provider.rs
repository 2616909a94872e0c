//! A payment provider as a value: sessions in memory, faults on request, events signed like the
//! real one's.

#[path = "fake_refunds.rs"]
mod refunds;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use kiosk::base::{Instant, Randomness};
use kiosk::payments::{
    Answer, DisputeStatus, PaymentOutcome, Provider, ProviderDispute, ProviderRefund, Received,
    RefundRequest, RefundStatus, Session, SessionRequest, SessionStatus, Trouble, signature,
};
use serde_json::json;

/// Signs its events.
pub const SECRET: &str = "whsec_of_the_fake";

#[derive(Default)]
struct Inside {
    sessions: BTreeMap<String, Session>,
    by_key: BTreeMap<String, (SessionRequest, String)>,
    creations: u32,
    /// Every call in order: what, and with which key or about which session.
    calls: Vec<(&'static str, String)>,
    /// Calls that will not be answered.
    down: bool,
    /// Sessions are made, but nobody hears of them.
    losing_replies: bool,
    /// Said to every wish for a session.
    refusal: Option<String>,
    /// Of 100 calls, so many are not answered.
    failing_percent: u64,
    /// Charged instead of what was asked.
    overcharge_minor: i64,
    /// Oldest first.
    refunds: Vec<ProviderRefund>,
    refund_by_key: BTreeMap<String, (RefundRequest, Result<String, Trouble>)>,
    /// What becomes of refunds made from now on.
    refund_ending: Option<RefundStatus>,
    /// The answer to the next new wish for a refund is this, for ever under its key; and whether
    /// the refund is made all the same.
    refund_trouble: Option<(Trouble, bool)>,
    disputes: BTreeMap<String, ProviderDispute>,
    /// No day has any payment.
    lists_nothing: bool,
}

impl Inside {
    fn is_disputed(&self, payment: Option<&str>) -> bool {
        let mut disputes = self.disputes.values();
        let free = [DisputeStatus::Won, DisputeStatus::Inquiry];
        disputes.any(|d| d.payment_id.as_deref() == payment && !free.contains(&d.status))
    }
}

/// A provider whose every move the test decides.
pub struct FakeProvider {
    inside: Mutex<Inside>,
    random: Randomness,
}

impl FakeProvider {
    pub fn new(seed: u64) -> Self {
        Self { inside: Mutex::default(), random: Randomness::seeded(seed) }
    }

    /// The shop is given the value itself.
    pub fn given(self: &Arc<Self>) -> Option<Arc<dyn Provider>> {
        let given: Arc<dyn Provider> = Arc::clone(self) as _;
        Some(given)
    }

    /// Nothing is different from the defaults.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// It has no time of its own.
    pub fn meet(&self, _shop: &super::TestShop) {}

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub fn set_down(&self, down: bool) {
        self.inside().down = down;
    }

    pub fn set_failing_percent(&self, percent: u64) {
        self.inside().failing_percent = percent;
    }

    pub fn set_overcharge(&self, minor: i64) {
        self.inside().overcharge_minor = minor;
    }

    pub fn set_losing_replies(&self, losing: bool) {
        self.inside().losing_replies = losing;
    }

    pub fn set_refusal(&self, why: Option<&str>) {
        self.inside().refusal = why.map(str::to_owned);
    }

    /// Keys or session ids of the calls of one kind, in order.
    pub fn calls(&self, operation: &str) -> Vec<String> {
        let inside = self.inside();
        inside.calls.iter().filter(|(what, _)| *what == operation).map(|c| c.1.clone()).collect()
    }

    /// The session made last.
    pub fn last(&self) -> String {
        format!("cs_fake_{}", self.inside().creations)
    }

    /// A session as it is; no call is counted.
    pub fn session(&self, id: &str) -> Session {
        self.inside().sessions.get(id).cloned().expect("a session of ours")
    }

    /// A session that exists, but of somebody else's order.
    pub fn add_stranger(&self, like: &str, id: &str) {
        let mut inside = self.inside();
        let mut session = inside.sessions.get(like).cloned().expect("a session of ours");
        session.id = id.to_owned();
        session.order = "0000".to_owned();
        inside.sessions.insert(id.to_owned(), session);
    }

    /// Sessions made (not: calls to make one).
    pub fn sessions_made(&self) -> u32 {
        self.inside().creations
    }

    pub fn sessions(&self) -> Vec<Session> {
        self.inside().sessions.values().cloned().collect()
    }

    /// The buyer pays.
    pub fn pay(&self, id: &str) {
        self.change(id, SessionStatus::Complete, PaymentOutcome::Paid);
    }

    /// The buyer chooses a method that takes days.
    pub fn begin_slow(&self, id: &str) {
        self.change(id, SessionStatus::Complete, PaymentOutcome::Unpaid);
    }

    /// The slow method failed.
    pub fn fail(&self, id: &str) {
        self.change(id, SessionStatus::Complete, PaymentOutcome::Failed);
    }

    /// Its time is over.
    pub fn let_expire(&self, id: &str) {
        let mut inside = self.inside();
        inside.sessions.get_mut(id).expect("a session of ours").status = SessionStatus::Expired;
    }

    /// What it charges turns out to be something else.
    pub fn charge(&self, id: &str, minor: i64) {
        let mut inside = self.inside();
        inside.sessions.get_mut(id).expect("a session of ours").amount_minor = minor;
    }

    /// The provider says the same name for two payments.
    pub fn name_payment(&self, id: &str, payment: &str) {
        let mut inside = self.inside();
        let session = inside.sessions.get_mut(id).expect("a session of ours");
        session.payment_id = Some(payment.to_owned());
    }

    fn change(&self, id: &str, status: SessionStatus, outcome: PaymentOutcome) {
        let mut inside = self.inside();
        let session = inside.sessions.get_mut(id).expect("a session of ours");
        session.status = status;
        session.outcome = outcome;
        session.payment_id = Some(format!("pi_{id}"));
    }

    /// An event about a session, and its signature header.
    pub fn event(&self, session: &str, kind: &str, event: &str, now: Instant) -> (String, String) {
        let order = self.inside().sessions.get(session).map(|s| s.order.clone());
        let payload = json!({
            "id": event, "object": "event", "type": kind,
            "data": { "object": { "id": session, "object": "checkout.session",
                                  "client_reference_id": order, "metadata": { "order": order } } },
        })
        .to_string();
        let header = signature::sign(SECRET, payload.as_bytes(), now);
        (payload, header)
    }

    fn answer(&self, operation: &'static str, about: &str) -> Result<(), Trouble> {
        let (down, percent) = {
            let mut inside = self.inside();
            inside.calls.push((operation, about.to_owned()));
            (inside.down, inside.failing_percent)
        };
        if down || self.random.below(100) < percent {
            return Err(Trouble::Unreachable("the test says so".to_owned()));
        }
        Ok(())
    }
}

impl Provider for FakeProvider {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn mode(&self) -> &'static str {
        "test"
    }

    fn create<'a>(
        &'a self,
        request: &'a SessionRequest,
        key: &'a str,
        _rounds: u32,
    ) -> Answer<'a, Session> {
        Box::pin(async move {
            self.answer("create", key)?;
            let mut inside = self.inside();
            let lost = || Trouble::Unreachable("the answer was lost".to_owned());
            if let Some((first, id)) = inside.by_key.get(key) {
                assert_eq!(first, request, "the same key must carry the same request");
                let session = inside.sessions[id].clone();
                return if inside.losing_replies { Err(lost()) } else { Ok(session) };
            }
            if let Some(why) = &inside.refusal {
                return Err(Trouble::Refused(why.clone()));
            }
            inside.creations += 1;
            let id = format!("cs_fake_{}", inside.creations);
            let session = Session {
                id: id.clone(),
                url: format!("https://pay.example/{id}"),
                status: SessionStatus::Open,
                outcome: PaymentOutcome::Unpaid,
                amount_minor: request.amount_minor + inside.overcharge_minor,
                currency: request.currency,
                payment_id: None,
                order: request.order.clone(),
                expires_at: request.expires_at,
            };
            inside.by_key.insert(key.to_owned(), (request.clone(), id.clone()));
            inside.sessions.insert(id, session.clone());
            if inside.losing_replies { Err(lost()) } else { Ok(session) }
        })
    }

    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move {
            self.answer("find", id)?;
            let found = self.inside().sessions.get(id).cloned();
            found.ok_or_else(|| Trouble::Refused("no such session".to_owned()))
        })
    }

    fn expire<'a>(&'a self, id: &'a str) -> Answer<'a, Session> {
        Box::pin(async move {
            self.answer("expire", id)?;
            let mut inside = self.inside();
            let found = inside.sessions.get_mut(id);
            let session = found.ok_or_else(|| Trouble::Refused("no such session".to_owned()))?;
            if session.status == SessionStatus::Open {
                session.status = SessionStatus::Expired;
            }
            Ok(session.clone())
        })
    }

    fn refund<'a>(
        &'a self,
        request: &'a RefundRequest,
        key: &'a str,
    ) -> Answer<'a, ProviderRefund> {
        Box::pin(async move {
            self.answer("refund", key)?;
            let mut inside = self.inside();
            let lost = || Trouble::Unreachable("the answer was lost".to_owned());
            if let Some((first, said)) = inside.refund_by_key.get(key).cloned() {
                assert_eq!(&first, request, "the same key must carry the same request");
                let id = said.map_err(|trouble| match trouble {
                    Trouble::Unreachable(why) => Trouble::Replayed(why),
                    other => other,
                })?;
                let known = inside.refunds.iter().find(|refund| refund.id == id);
                return if inside.losing_replies {
                    Err(lost())
                } else {
                    Ok(known.unwrap().clone())
                };
            }
            if inside.is_disputed(Some(&request.payment_id)) {
                return Err(Trouble::Refused("the payment is disputed".to_owned()));
            }
            let paid = inside
                .sessions
                .values()
                .find(|session| session.payment_id.as_deref() == Some(request.payment_id.as_str()));
            let paid = paid.map_or(0, |session| session.amount_minor);
            let gone = inside.refunds.iter().filter(|refund| {
                refund.payment_id.as_deref() == Some(request.payment_id.as_str())
                    && refund.status != RefundStatus::Failed
            });
            let left = paid - gone.map(|refund| refund.amount_minor).sum::<i64>();
            if request.amount_minor > left {
                return Err(Trouble::Refused(format!("only {left} are left to refund")));
            }
            let trouble = inside.refund_trouble.take();
            let id = format!("re_fake_{}", inside.refunds.len() + 1);
            let refund = ProviderRefund {
                id: id.clone(),
                status: inside.refund_ending.unwrap_or(RefundStatus::Succeeded),
                amount_minor: request.amount_minor,
                currency: request.currency,
                payment_id: Some(request.payment_id.clone()),
                refund: Some(request.refund.clone()),
                order: Some(request.order.clone()),
                failure: None,
            };
            if trouble.as_ref().is_none_or(|(_, happens)| *happens) {
                inside.refunds.push(refund.clone());
            }
            let said = trouble.map_or(Ok(id), |(trouble, _)| Err(trouble));
            inside.refund_by_key.insert(key.to_owned(), (request.clone(), said.clone()));
            said?;
            if inside.losing_replies { Err(lost()) } else { Ok(refund) }
        })
    }

    fn find_refund<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderRefund> {
        Box::pin(async move {
            self.answer("find_refund", id)?;
            let found = self.inside().refunds.iter().find(|refund| refund.id == id).cloned();
            found.ok_or_else(|| Trouble::Refused("no such refund".to_owned()))
        })
    }

    fn refunds_of<'a>(&'a self, payment_id: &'a str) -> Answer<'a, Vec<ProviderRefund>> {
        Box::pin(async move {
            self.answer("refunds_of", payment_id)?;
            let inside = self.inside();
            let newest = inside.refunds.iter().rev();
            let its = newest.filter(|refund| refund.payment_id.as_deref() == Some(payment_id));
            Ok(its.cloned().collect())
        })
    }

    fn find_dispute<'a>(&'a self, id: &'a str) -> Answer<'a, ProviderDispute> {
        Box::pin(async move {
            self.answer("find_dispute", id)?;
            let found = self.inside().disputes.get(id).cloned();
            found.ok_or_else(|| Trouble::Refused("no such dispute".to_owned()))
        })
    }

    fn received(&self, from: Instant, until: Instant) -> Answer<'_, Vec<Received>> {
        Box::pin(async move {
            self.answer("received", &format!("{}..{}", from.0, until.0))?;
            let inside = self.inside();
            let is_listed =
                |s: &&Session| !inside.lists_nothing && s.outcome == PaymentOutcome::Paid;
            let paid = inside.sessions.values().filter(is_listed);
            let received = paid.filter_map(|session| {
                let payment_id = session.payment_id.clone()?;
                let gone = inside.refunds.iter().filter(|refund| {
                    refund.payment_id.as_deref() == Some(payment_id.as_str())
                        && refund.status != RefundStatus::Failed
                });
                Some(Received {
                    order: Some(session.order.clone()),
                    amount_minor: session.amount_minor,
                    refunded_minor: gone.map(|refund| refund.amount_minor).sum(),
                    currency: session.currency,
                    at: from,
                    payment_id,
                })
            });
            Ok(received.collect())
        })
    }

    fn events(&self, _from: Instant, _until: Instant) -> Answer<'_, Vec<String>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned()]
    }
}
