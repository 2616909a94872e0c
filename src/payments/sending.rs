//! Refunds at the provider: sending what is written down, and looking at what is under way.
//! Between the calls and the notes of them the program may die; every step can be repeated.

use super::model_refund::{NoRefund, Refund, RefundState, RefundWish};
use super::provider::{ProviderRefund, RefundRequest, Trouble};
use super::refund::{self, find_target};
use super::refund_told::{self, Applied};
use super::session::{in_time, log_call};
use super::{Till, store, store_refund};
use crate::base::fault::Never;
use crate::base::ids::OrderId;
use crate::base::{Failure, Fault, Instant, Money};
use crate::orders;
use crate::platform::db::Tx;
use crate::platform::jobs::Found;
use crate::platform::jobs::backoff::{PROVIDER, Verdict};

/// A provider keeps the answer to a key for a day at least; later than this we look before asking
/// again.
const KEY_LIFE_S: i64 = 20 * 3600;
/// After a call that failed at the provider, its books are looked at for so long before another key
/// is used, seconds.
const KEY_DOUBT_S: i64 = 3600;
/// First and longest pause between two looks at a refund that is under way, seconds.
const LOOK_S: (i64, i64) = (120, 3600);
/// A refund that was asked for so often in vain, within some minutes, is told to the merchant.
const UNSENT: u32 = 8;
/// A refund under way that the provider denies knowing so often in a row, an hour apart, is a case
/// for a person, and looked at once a day from then on.
const DENIALS: u32 = 5;
const DENIED_LOOK_S: i64 = 86_400;

/// Gives money of an order back: written down first, then sent. The answer is the refund as it
/// stands afterwards; one the provider could not be asked for stays wanted and is sent behind the
/// scenes.
///
/// # Errors
/// As [`refund::want_refund`].
pub async fn give_back(
    till: &Till,
    order: &OrderId,
    wish: RefundWish,
    actor: &str,
) -> Result<Refund, Failure<NoRefund>> {
    give_back_if(till, order, wish, actor, |_| Ok(())).await
}

/// The same, if `guard` has nothing against it: it runs in the transaction that writes the refund
/// down, and writes beside it what else must be remembered.
///
/// # Errors
/// As [`give_back`], and whatever `guard` says.
pub async fn give_back_if<G>(
    till: &Till,
    order: &OrderId,
    wish: RefundWish,
    actor: &str,
    guard: G,
) -> Result<Refund, Failure<NoRefund>>
where
    G: FnOnce(&Tx) -> Result<(), Failure<orders::Refusal>> + Send + 'static,
{
    if !wish.by_hand {
        catch_up(till, order, wish.late).await?;
    }
    let (inner, id, book, now) = (till.clone(), order.clone(), till.books.now(), till.kit.now());
    let actor = actor.to_owned();
    let written = till.kit.db.write(move |tx| {
        guard(tx).map_err(Failure::lift)?;
        let by = (inner.provider.as_ref(), actor.as_str());
        refund::want_refund(tx, &inner.kit, &book, &id, &wish, by, now)
    });
    sent(till, written.await?).await
}

/// Sends a refund that was just written down; the answer is the refund as it is then.
pub(super) async fn sent(till: &Till, refund: Refund) -> Result<Refund, Failure<NoRefund>> {
    if refund.state == RefundState::Wanted {
        send(till, &refund).await?;
    }
    let id = refund.id.clone();
    let read = till.kit.db.read(move |r| Ok::<_, Failure<Never>>(store_refund::get(r, &id)?));
    Ok(read.await.map_err(Fault::from)?.unwrap_or(refund))
}

/// Takes over what was refunded in the provider's own dashboard, so that no more is asked for than
/// is left. A provider that does not answer now is asked by the refund itself.
async fn catch_up(till: &Till, order: &OrderId, late: bool) -> Result<(), Fault> {
    let order = order.clone();
    let target =
        till.kit.db.read(move |read| Ok::<_, Failure<Never>>(find_target(read, &order, late)?));
    let payment = target.await?.filter(|payment| payment.provider == till.provider.name());
    if let Some(id) = payment.and_then(|payment| payment.provider_payment)
        && let Ok(refunds) = in_time(till.provider.refunds_of(&id)).await
    {
        for answer in refunds {
            note(till, answer, None).await?;
        }
    }
    Ok(())
}

/// Sends, or looks at, the refund that has waited longest.
pub(super) async fn tend_next(till: Till) -> Result<Found, Fault> {
    let now = till.kit.now();
    let due = till.kit.db.read(move |r| Ok::<_, Failure<Never>>(store_refund::find_due(r, now)?));
    let Some(refund) = due.await? else { return Ok(Found::Nothing) };
    let tended = match (&refund.provider_refund, refund.state) {
        (Some(id), RefundState::Pending) => match in_time(till.provider.find_refund(id)).await {
            Ok(answer) => note(&till, answer, Some(&refund)).await,
            Err(Trouble::Refused(why)) => denied(&till, &refund, &why).await,
            Err(trouble) => again(&till, &refund, &trouble.to_string()).await,
        },
        _ => send(&till, &refund).await,
    };
    match tended {
        Err(fault) if !fault.is_busy() => {
            tracing::error!(refund = refund.id.as_str(), %fault, "a refund did not settle");
            again(&till, &refund, &fault.to_string()).await?;
        }
        tended => tended?,
    }
    Ok(Found::Work)
}

/// Asks the provider for a refund that is written down, with its key.
async fn send(till: &Till, refund: &Refund) -> Result<(), Fault> {
    let Some(request) = request_for(till, refund).await? else {
        return fail(till, refund, "the provider names no payment to refund").await;
    };
    let started = till.kit.now();
    // Also when no call is noted: the program may have died under the first one.
    let is_old = started >= refund.key_at.plus_s(KEY_LIFE_S);
    let answer = if is_old {
        Err(Trouble::Replayed("its key may be forgotten".to_owned()))
    } else {
        let answer = in_time(till.provider.refund(&request, &refund.key)).await;
        let outcome = answer.as_ref().map(|made| made.id.as_str());
        log_call(till, "refund", Some(refund.key.clone()), outcome, started).await;
        answer
    };
    match answer {
        Ok(made) => note(till, made, Some(refund)).await,
        Err(Trouble::Unreachable(why)) => again(till, refund, &why).await,
        Err(Trouble::Refused(why) | Trouble::EmailRefused(why)) => {
            refused(till, refund, &request, &why).await
        }
        Err(Trouble::Replayed(why)) => match look_for(till, refund, &request).await {
            Ok(Some(made)) => note(till, made, Some(refund)).await,
            // A call that failed at the provider may yet be carried through there: two keys at
            // once could send the money twice.
            Ok(None)
                if is_old
                    || refund.broke_at.is_some_and(|at| started >= at.plus_s(KEY_DOUBT_S)) =>
            {
                take_another_key(till, refund).await
            }
            Ok(None) => {
                broke(till, refund).await?;
                again(till, refund, &why).await
            }
            Err(_) => again(till, refund, &why).await,
        },
    }
}

/// Whether a refund that was refused was made all the same, only the provider's books can tell.
async fn refused(
    till: &Till,
    refund: &Refund,
    request: &RefundRequest,
    why: &str,
) -> Result<(), Fault> {
    match look_for(till, refund, request).await {
        Ok(Some(made)) => note(till, made, Some(refund)).await,
        // Nor does it know the payment.
        Ok(None) | Err(Trouble::Refused(_)) => fail(till, refund, why).await,
        Err(trouble) => again(till, refund, &trouble.to_string()).await,
    }
}

async fn request_for(till: &Till, refund: &Refund) -> Result<Option<RefundRequest>, Fault> {
    let id = refund.payment.clone();
    let payment = till.kit.db.read(move |r| Ok::<_, Failure<Never>>(store::get(r, &id)?)).await?;
    let named = payment.filter(|payment| payment.provider == till.provider.name());
    Ok(named.and_then(|payment| payment.provider_payment).map(|payment_id| RefundRequest {
        refund: refund.id.as_str().to_owned(),
        order: refund.order.as_str().to_owned(),
        payment_id,
        amount_minor: refund.amount_minor,
        currency: refund.currency,
    }))
}

/// The refund among those the provider has of its payment, told by our name for it.
async fn look_for(
    till: &Till,
    refund: &Refund,
    request: &RefundRequest,
) -> Result<Option<ProviderRefund>, Trouble> {
    let refunds = in_time(till.provider.refunds_of(&request.payment_id)).await?;
    let ours = |made: &ProviderRefund| made.refund.as_deref() == Some(refund.id.as_str());
    Ok(refunds.into_iter().find(ours))
}

async fn broke(till: &Till, refund: &Refund) -> Result<(), Fault> {
    let (id, now) = (refund.id.clone(), till.kit.now());
    let written = till
        .kit
        .db
        .write(move |tx| Ok::<_, Failure<Never>>(store_refund::set_broke(tx, &id, now)?));
    Ok(written.await?)
}

async fn take_another_key(till: &Till, refund: &Refund) -> Result<(), Fault> {
    let (refund, now) = (refund.clone(), till.kit.now());
    let key = format!("rf-{}-{}", refund.id, refund.looks + 1);
    let written = till
        .kit
        .db
        .write(move |tx| Ok::<_, Failure<Never>>(store_refund::set_key(tx, &refund, &key, now)?));
    Ok(written.await?)
}

/// Notes what a refund is at the provider.
pub(super) async fn note(
    till: &Till,
    answer: ProviderRefund,
    refund: Option<&Refund>,
) -> Result<(), Fault> {
    let (inner, book, now) = (till.clone(), till.books.now(), till.kit.now());
    let refund = refund.cloned();
    let written = till.kit.db.write(move |tx| {
        let provider = inner.provider.name();
        let applied = refund_told::apply(tx, &inner.kit, &book, provider, &answer, now)?;
        if let Some(refund) = &refund {
            let pause = (LOOK_S.0 << refund.looks.min(5)).min(LOOK_S.1);
            let why = match &applied {
                Applied::Known(_) => None,
                Applied::Unknown => Some("the provider names a payment that is none of ours"),
                Applied::NotYet(why) => Some(*why),
            };
            store_refund::set_look(tx, &refund.id, now.plus_s(pause), why)?;
            store_refund::set_known(tx, &refund.id)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

async fn fail(till: &Till, refund: &Refund, why: &str) -> Result<(), Fault> {
    let (inner, book, now) = (till.clone(), till.books.now(), till.kit.now());
    let (refund, why) = (refund.clone(), why.to_owned());
    let written = till.kit.db.write(move |tx| {
        let to = RefundState::Failed;
        refund::move_to(tx, &inner.kit, &book, &refund, to, Some(&why), now)?;
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

/// The provider does not know a refund that it named itself: nobody here can tell where the money
/// is.
async fn denied(till: &Till, refund: &Refund, why: &str) -> Result<(), Fault> {
    let (refund, why, now) = (refund.clone(), why.to_owned(), till.kit.now());
    let book = till.books.now();
    let written = till.kit.db.write(move |tx| {
        let denials = store_refund::set_denied(tx, &refund.id, now.plus_s(LOOK_S.1), &why)?;
        if denials >= DENIALS {
            store_refund::set_look(tx, &refund.id, now.plus_s(DENIED_LOOK_S), None)?;
        }
        if denials == DENIALS {
            let amount = Money::new(refund.amount_minor, refund.currency);
            let words = format!(
                "the payment provider does not know its refund of {amount} any more ({why}): look \
                 at the account it was made with whether the money went back"
            );
            orders::flag(tx, &book, &refund.order, &words, now)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}

async fn again(till: &Till, refund: &Refund, why: &str) -> Result<(), Fault> {
    tracing::warn!(refund = refund.id.as_str(), why, "a refund is asked for again");
    let (refund, why, now) = (refund.clone(), why.to_owned(), till.kit.now());
    let looks = refund.looks + 1;
    let at: Instant = match PROVIDER.after(looks, now, till.kit.random.bytes::<1>()[0]) {
        Verdict::Again(at) => at,
        Verdict::Dead => now.plus_s(LOOK_S.1),
    };
    let book = till.books.now();
    let written = till.kit.db.write(move |tx| {
        store_refund::set_look(tx, &refund.id, at, Some(&why))?;
        // The buyer was told that it is on its way: that it is not must not stay untold.
        if looks == UNSENT && refund.state == RefundState::Wanted {
            let amount = Money::new(refund.amount_minor, refund.currency);
            let words = format!(
                "the refund of {amount} is written down, but the payment provider has not taken \
                 it so far ({why}): it is asked for again by itself, unless the reason is yours \
                 to mend, such as a right that the key lacks"
            );
            orders::flag(tx, &book, &refund.order, &words, now)?;
        }
        Ok::<_, Failure<Never>>(())
    });
    Ok(written.await?)
}
