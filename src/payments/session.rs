//! Sessions at the provider: opening one for an attempt that is written down, and closing one.
//! Between the calls and the notes of them the program may die; every step can be repeated.

use std::time::Duration;

use super::Till;
use super::by_hand::NotTaken;
use super::flow::{self, Settled};
use super::model::{Payment, PaymentState, Refusal};
use super::model_refund::NoRefund;
use super::provider::{Answer, PaymentOutcome, Session, SessionStatus, Trouble};
use super::store::{self, Call};
use crate::base::fault::Never;
use crate::base::ids::OrderId;
use crate::base::{Failure, Fault, Instant, refuse};
use crate::orders;
use crate::platform::db::Tx;

/// How long one call to the provider may take: a buyer is waiting.
const CALL_PATIENCE: Duration = Duration::from_secs(8);
/// How long a page may take to be made while nobody waits for it: several keys may be tried.
const MAKING_PATIENCE: Duration = Duration::from_secs(40);

type Outcome<T> = Result<T, Failure<Refusal>>;

/// Opens the payment page of an attempt as its own transaction left it; answers with its address.
/// Asking again gives the same.
///
/// # Errors
/// When the provider is down (the attempt stays and is tried again behind the scenes), refuses,
/// or would charge another amount (the order has failed then).
pub async fn open(till: &Till, payment: &Payment) -> Outcome<String> {
    match (payment.state, &payment.url) {
        (PaymentState::Open | PaymentState::Processing, Some(url)) => return Ok(url.clone()),
        (PaymentState::Wanted, _) => {}
        (PaymentState::Paid, _) => return refuse(Refusal::Paid),
        _ => return refuse(Refusal::NotOpen),
    }
    let started = till.kit.now();
    let answer = in_time(till.provider.create(&payment.request, &payment.key, payment.looks)).await;
    let told = answer.as_ref().map(|session| session.id.as_str());
    let session = match &answer {
        Ok(session)
            if flow::charges_right(&payment.request, session) && !session.url.is_empty() =>
        {
            session.clone()
        }
        _ => {
            log_call(till, "create", Some(payment.key.clone()), told, started).await;
            return not_opened(till, payment, answer).await;
        }
    };
    let log = logging(till, "create", Some(payment.key.clone()), told, started);
    let (noted, now) = (session.clone(), till.kit.now());
    let (id, look_at) = (payment.id.clone(), now.plus_s(flow::FIRST_LOOK_S).min(payment.lapse_at));
    let note = till.kit.db.write(move |tx| {
        log(tx);
        store::set_session(tx, &id, &noted, look_at)?;
        Ok::<_, Failure<Refusal>>(())
    });
    note.await?;
    Ok(session.url)
}

/// What a buyer hears when there is no page to send them to.
async fn not_opened(
    till: &Till,
    payment: &Payment,
    answer: Result<Session, Trouble>,
) -> Outcome<String> {
    match answer {
        // Not open any more: the next look finds out what it has become.
        Ok(session) if flow::charges_right(&payment.request, &session) => {
            refuse(Refusal::ProviderDown)
        }
        Ok(session) => stop_wrong_amount(till, &session).await,
        Err(Trouble::Unreachable(_)) => refuse(Refusal::ProviderDown),
        Err(Trouble::EmailRefused(why)) => {
            give_up(till, payment, &format!("the provider refused: {why}")).await?;
            refuse(Refusal::EmailNotTaken)
        }
        // Nobody has the address of a page whose making was answered with a failure for ever.
        Err(Trouble::Refused(why) | Trouble::Replayed(why)) => {
            give_up(till, payment, &format!("the provider refused: {why}")).await?;
            refuse(Refusal::ProviderSaysNo { why })
        }
    }
}

/// Makes (or finds again) the session of an attempt, and logs the call.
pub(super) async fn create(
    till: &Till,
    payment: &Payment,
) -> Result<Result<Session, Trouble>, Fault> {
    let started = till.kit.now();
    let call = till.provider.create(&payment.request, &payment.key, payment.looks);
    let late = || Trouble::Unreachable("no answer in time".to_owned());
    let answer = tokio::time::timeout(MAKING_PATIENCE, call).await.unwrap_or_else(|_| Err(late()));
    let outcome = answer.as_ref().map(|session| session.id.as_str());
    log_call(till, "create", Some(payment.key.clone()), outcome, started).await;
    Ok(answer)
}

/// Asks the provider to close a session, and logs the call.
pub(super) async fn expire(till: &Till, id: &str) -> Result<Result<Session, Trouble>, Fault> {
    let started = till.kit.now();
    let answer = in_time(till.provider.expire(id)).await;
    let outcome = answer.as_ref().map(|session| session.id.as_str());
    log_call(till, "expire", None, outcome, started).await;
    Ok(answer)
}

/// The session of an event that says its payment failed.
pub(super) async fn find_failed(till: &Till, id: &str) -> Result<Session, Trouble> {
    in_time(till.provider.find_failed(id)).await
}

/// A session as it is now.
pub(super) async fn find(till: &Till, id: &str) -> Result<Session, Trouble> {
    in_time(till.provider.find(id)).await
}

/// An answer within what a buyer waits for; later than that is no answer.
pub(super) async fn in_time<T>(call: Answer<'_, T>) -> Result<T, Trouble> {
    let late = || Trouble::Unreachable("no answer in time".to_owned());
    tokio::time::timeout(CALL_PATIENCE, call).await.unwrap_or_else(|_| Err(late()))
}

/// What logs a call. The log is for people; a call that went well is not undone for want of it.
fn logging(
    till: &Till,
    operation: &'static str,
    key: Option<String>,
    answer: Result<&str, &Trouble>,
    started: Instant,
) -> impl FnOnce(&Tx) + Send + 'static {
    let outcome = match answer {
        Ok(id) => format!("ok {id}"),
        Err(trouble) => trouble.to_string(),
    };
    let (provider, now) = (till.provider.name(), till.kit.now());
    move |tx| {
        let took_ms = now.0 - started.0;
        let call = Call { provider, operation, key: key.as_deref(), outcome: &outcome, took_ms };
        if let Err(fault) = store::insert_call(tx, &call, now) {
            tracing::warn!(operation, %fault, "a call was not logged");
        }
    }
}

/// Logs a call in a write of its own.
pub(super) async fn log_call(
    till: &Till,
    operation: &'static str,
    key: Option<String>,
    answer: Result<&str, &Trouble>,
    started: Instant,
) {
    let log = logging(till, operation, key, answer, started);
    let written = till.kit.db.write(move |tx| {
        log(tx);
        Ok::<_, Failure<Never>>(())
    });
    if let Err(failure) = written.await {
        tracing::warn!(operation, fault = %Fault::from(failure), "a call was not logged");
    }
}

/// Ends an attempt that the provider will never serve.
pub(super) async fn give_up(till: &Till, payment: &Payment, why: &str) -> Result<(), Fault> {
    let (payment, why, now) = (payment.clone(), why.to_owned(), till.kit.now());
    let (kit, book) = (till.kit.clone(), till.books.now());
    let written = till.kit.db.write(move |tx| {
        flow::ended(tx, &kit, &book, &payment, &why, now)?;
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

/// Ends an attempt whose page nobody knows any more, and calls a person: it may have been paid
/// where the shop's account used to be.
pub(super) async fn give_up_lost(till: &Till, payment: &Payment, why: &str) -> Result<(), Fault> {
    let words = format!(
        "the payment provider does not know the payment page of this order any more ({why}), and \
         it is given up: look at the account it was made with whether it was paid"
    );
    let (payment, why, now) = (payment.clone(), why.to_owned(), till.kit.now());
    let (kit, book) = (till.kit.clone(), till.books.now());
    let written = till.kit.db.write(move |tx| {
        flow::ended(tx, &kit, &book, &payment, &why, now)?;
        Ok::<_, Failure<Never>>(orders::flag(tx, &book, &payment.order, &words, now)?)
    });
    Ok(written.await?)
}

/// The provider would charge something else: the page is closed before the buyer sees it, the
/// order has failed, and the merchant is told (S2.127).
async fn stop_wrong_amount(till: &Till, session: &Session) -> Outcome<String> {
    // Not confirmed closed: the attempt stays, goods stay held, and the next look tries again.
    if let Ok(closed) = expire(till, &session.id).await? {
        let (kit, book, now) = (till.kit.clone(), till.books.now(), till.kit.now());
        let settled = till.kit.db.write(move |tx| {
            flow::settle(tx, &kit, &book, &closed, now)?;
            Ok::<_, Failure<Refusal>>(())
        });
        settled.await?;
    }
    refuse(Refusal::AmountDiffers)
}

/// Gives up an order that waits for payment: its page is closed first, and only a confirmed
/// closing frees the goods.
///
/// # Errors
/// When it is paid already, nothing is open, or the provider cannot be reached.
pub async fn close(till: &Till, order: &OrderId, actor: &str) -> Outcome<()> {
    close_if(till, order, actor, |_| Ok(())).await
}

/// The same, if `guard` has nothing against it: it runs in the transaction that says who gives up.
pub(super) async fn close_if<G>(till: &Till, order: &OrderId, actor: &str, guard: G) -> Outcome<()>
where
    G: FnOnce(&Tx) -> Result<(), Failure<orders::Refusal>> + Send + 'static,
{
    let order = order.clone();
    let alive = till
        .kit
        .db
        .read(move |read| Ok::<_, Failure<Refusal>>(store::alive_payment(read, &order)?));
    let Some(payment) = alive.await? else { return refuse(Refusal::NotOpen) };
    if !payment.state.is_open() {
        return refuse(Refusal::Paid);
    }
    // Said before anybody is asked: whoever hears first of the closing knows why.
    let (id, actor) = (payment.id.clone(), actor.to_owned());
    let said = till.kit.db.write(move |tx| {
        guard(tx).map_err(Failure::lift::<NoRefund>).map_err(Failure::lift)?;
        Ok::<_, Failure<Refusal>>(store::set_given_up(tx, &id, &actor)?)
    });
    said.await?;
    let session = match payment.session.clone() {
        Some(session) => session,
        None => match create(till, &payment).await? {
            Ok(session) => session.id,
            Err(Trouble::Unreachable(_)) => return refuse(Refusal::NotClosed),
            Err(Trouble::Refused(why) | Trouble::EmailRefused(why) | Trouble::Replayed(why)) => {
                give_up(till, &payment, &why).await?;
                return Ok(());
            }
        },
    };
    let session = match expire(till, &session).await? {
        Ok(session) => session,
        Err(Trouble::Unreachable(_) | Trouble::Replayed(_)) => {
            return refuse(Refusal::NotClosed);
        }
        Err(Trouble::Refused(why) | Trouble::EmailRefused(why)) => {
            return refuse(Refusal::ProviderSaysNo { why });
        }
    };
    let (kit, book, now) = (till.kit.clone(), till.books.now(), till.kit.now());
    let (status, outcome, provider) = (session.status, session.outcome, till.provider.name());
    let settled = till.kit.db.write(move |tx| {
        let settled = flow::settle(tx, &kit, &book, &session, now)?;
        if settled == Settled::Changed {
            flow::remember(tx, provider, &payment, flow::word_of(&session), now)?;
        }
        Ok::<_, Failure<Refusal>>(settled)
    });
    match (settled.await?, status) {
        (Settled::Differs, _) => refuse(Refusal::AmountDiffers),
        (_, SessionStatus::Complete) if outcome == PaymentOutcome::Paid => refuse(Refusal::Paid),
        (_, SessionStatus::Complete) => refuse(Refusal::NotTaken(NotTaken::UnderWay)),
        _ => Ok(()),
    }
}
