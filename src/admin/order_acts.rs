//! What staff do to one order: pack, ship, deliver, cancel, settle, note, paid another way; and to
//! what its buyer is written. Each is a form of its page, and does nothing when the order has
//! changed since the page was made.

use poem::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::order::{draw, find, number_of};
use crate::base::Instant;
use crate::base::fault::Failure;
use crate::identity::{self, Desk, Right, Staff, Visit, see_other};
use crate::orders::{self, Choices, Filter, Refusal, Shipment, state_of};
use crate::payments::{self, Till};
use crate::platform::db::Tx;
use crate::platform::web::{Error, read_form};

/// Longest reason, in characters.
pub(super) const REASON_MAX: usize = 300;

/// Routes of the actions.
pub(super) fn desk(till: &Till) -> Desk {
    let mut desk = Desk::new();
    for act in Act::ALL {
        let till = till.clone();
        let path = format!("/admin/orders/:number/{}", act.word());
        desk = desk.post(&path, Right::ChangeOrders, move |visit| run(till.clone(), act, visit));
    }
    desk
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Pack,
    Ship,
    Deliver,
    Settle,
    Note,
    Letters,
    Cancel,
    Paid,
}

impl Act {
    const ALL: [Self; 8] = [
        Self::Pack,
        Self::Ship,
        Self::Deliver,
        Self::Settle,
        Self::Note,
        Self::Letters,
        Self::Cancel,
        Self::Paid,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Pack => "pack",
            Self::Ship => "ship",
            Self::Deliver => "deliver",
            Self::Settle => "settle",
            Self::Note => "note",
            Self::Letters => "letters",
            Self::Cancel => "cancel",
            Self::Paid => "paid",
        }
    }
}

/// The forms of the page; fields that an action does not use stay empty. Units of line 3 come as
/// `units_3`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Sent {
    version: i64,
    back: String,
    carrier: String,
    number: String,
    url: String,
    note: String,
    reason: String,
    how: String,
    shipping: bool,
    suggestions: bool,
    /// Only this one; the whole order when absent.
    parcel: Option<u32>,
}

/// The page's own filter, so that the way back leads to the same list.
pub(super) fn filter_of(back: &str) -> Filter {
    Filter::asked(back).unwrap_or_default()
}

/// Leads back to the order's page.
pub(super) fn back_to(number: &str, filter: &Filter, done: &str) -> Response {
    see_other(&format!("/admin/orders/{number}{}", filter.query(&[("done", done)])))
}

/// The page again, with what went wrong on top and what was typed in its fields.
pub(super) async fn refused(
    till: &Till,
    visit: &Visit,
    number: &str,
    filter: &Filter,
    error: Error,
    typed: Value,
) -> Result<Response, Error> {
    let problem = error.problem();
    // What a payment provider says no to belongs on the page as well.
    if !matches!(error.status().as_u16(), 400..=403 | 405..=499 | 502 | 503) {
        return Err(error);
    }
    let told = json!({ "title": problem.title, "detail": problem.detail, "hint": problem.hint });
    let more = json!({ "problem": told, "typed": typed });
    draw(till, visit, number, filter, error.status(), more).await
}

async fn run(till: Till, act: Act, mut visit: Visit) -> Result<Response, Error> {
    let fields: Vec<(String, String)> = read_form(&mut visit.request).await?;
    let number = number_of(&visit);
    let mut sent = Sent::default();
    let mut lines = Vec::new();
    for (name, value) in &fields {
        match name.as_str() {
            "version" => sent.version = value.trim().parse().unwrap_or(0),
            "back" => sent.back.clone_from(value),
            "carrier" => sent.carrier.clone_from(value),
            "number" => sent.number.clone_from(value),
            "url" => sent.url.clone_from(value),
            "note" => sent.note.clone_from(value),
            "reason" => sent.reason.clone_from(value),
            "how" => sent.how.clone_from(value),
            "parcel" => sent.parcel = Some(value.trim().parse().unwrap_or(0)),
            "shipping" => sent.shipping = true,
            "suggestions" => sent.suggestions = true,
            other => lines.extend(units_of(other, value)),
        }
    }
    let filter = filter_of(&sent.back);
    let units = fields.iter().filter_map(|(name, value)| {
        let position = name.strip_prefix("units_")?;
        Some((position.to_owned(), json!(value)))
    });
    let units: serde_json::Map<String, Value> = units.collect();
    let typed = json!({ "carrier": sent.carrier, "number": sent.number, "url": sent.url,
                        "act": act.word(), "note": sent.note, "reason": sent.reason,
                        "how": sent.how,
                        "units": units });
    let done = match act {
        Act::Cancel => cancel(&till, &visit, &number, &sent).await,
        Act::Paid => take(&till, &visit, &number, &sent).await,
        _ => change(&till, &visit, act, &number, sent, lines).await,
    };
    match done {
        Ok(()) => Ok(back_to(&number, &filter, act.word())),
        Err(error) => refused(&till, &visit, &number, &filter, error, typed).await,
    }
}

/// `units_3=2`: two units of line 3. What is no number is more than there can be.
fn units_of(name: &str, value: &str) -> Option<(u32, u32)> {
    let position = name.strip_prefix("units_")?.parse().ok()?;
    let units = if value.trim().is_empty() { 0 } else { value.trim().parse().unwrap_or(u32::MAX) };
    Some((position, units))
}

/// Everything that needs no provider, in one transaction with its line in the log.
async fn change(
    till: &Till,
    visit: &Visit,
    act: Act,
    number: &str,
    sent: Sent,
    lines: Vec<(u32, u32)>,
) -> Result<(), Error> {
    let (kit, book, staff, now) =
        (visit.kit.clone(), till.books.now(), visit.staff.clone(), visit.kit.now());
    let number = number.to_owned();
    let written = visit.kit.db.write(move |tx| {
        let order = find(tx, &number)?;
        orders::must_be_version(&order, sent.version)?;
        let (id, actor) = (&order.id, staff.actor());
        match act {
            Act::Pack => orders::pack(tx, id, &actor, now)?,
            Act::Ship => {
                let shipment = Shipment {
                    carrier: sent.carrier.clone(),
                    number: sent.number.clone(),
                    url: sent.url.clone(),
                    lines: (!lines.is_empty()).then_some(lines),
                };
                orders::ship_parcel(tx, &kit, &book, id, &shipment, &actor, now)?;
            }
            Act::Deliver => match sent.parcel {
                Some(one) => orders::deliver_parcel(tx, &kit, &book, id, one, &actor, now)?,
                None => orders::deliver(tx, &kit, &book, id, &actor, now)?,
            },
            Act::Note => orders::add_note(tx, id, &sent.note, &actor, now)?,
            Act::Settle => {
                orders::settle_by_person(tx, id, &sent.note, &actor, now)?;
            }
            Act::Letters => {
                let chosen = Choices { shipping: sent.shipping, suggestions: sent.suggestions };
                let before = orders::choose(tx, &order.email, chosen, now)?;
                return log(tx, &staff, act, &number, (&json!(before), &json!(chosen)), now);
            }
            Act::Cancel | Act::Paid => {}
        }
        let after = find(tx, &number)?;
        let mut states = (state_of(&order), state_of(&after));
        match act {
            Act::Note | Act::Settle => states.1["note"] = sent.note.trim().into(),
            Act::Ship => states.1["parcel"] = json!([sent.carrier.trim(), sent.number.trim()]),
            Act::Deliver => states.1["parcel"] = json!(sent.parcel),
            Act::Pack | Act::Letters | Act::Cancel | Act::Paid => {}
        }
        log(tx, &staff, act, &number, (&states.0, &states.1), now)
    });
    Ok(written.await?)
}

fn log(
    tx: &Tx,
    staff: &Staff,
    act: Act,
    number: &str,
    states: (&Value, &Value),
    now: Instant,
) -> Result<(), Failure<Refusal>> {
    let action = format!("order.{}", act.word());
    Ok(identity::note(tx, staff, &action, ("order", number), states, now)?)
}

/// The order was paid past its payment page.
async fn take(till: &Till, visit: &Visit, number: &str, sent: &Sent) -> Result<(), Error> {
    let (inner, book, staff) = (till.clone(), till.books.now(), visit.staff.clone());
    let (number, now) = (number.to_owned(), visit.kit.now());
    let (version, how) = (sent.version, sent.how.clone());
    let written = visit.kit.db.write(move |tx| {
        let order = find(tx, &number).map_err(Failure::lift)?;
        orders::must_be_version(&order, version).map_err(Failure::lift)?;
        let actor = staff.actor();
        payments::take_by_hand(tx, &inner, &book, &order.id, &how, &actor, now)?;
        let mut after = state_of(&find(tx, &number).map_err(Failure::lift)?);
        after["how"] = how.trim().into();
        log(tx, &staff, Act::Paid, &number, (&state_of(&order), &after), now).map_err(Failure::lift)
    });
    Ok(written.await?)
}

/// Gives the order up; its payment page is closed, or its money sent back, on the way.
async fn cancel(till: &Till, visit: &Visit, number: &str, sent: &Sent) -> Result<(), Error> {
    let (wanted, version) = (number.to_owned(), sent.version);
    let found = visit.kit.db.read(move |read| {
        let order = find(read, &wanted)?;
        orders::must_be_version(&order, version)?;
        Ok(order)
    });
    let order = found.await?;
    if order.payment.has_paid() {
        visit.must(Right::RefundOrders)?;
    }
    let reason: String = match sent.reason.trim() {
        "" => "cancelled by the shop".to_owned(),
        said => said.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect(),
    };
    let (staff, number, now) = (visit.staff.clone(), number.to_owned(), visit.kit.now());
    let why = reason.clone();
    let guard = move |tx: &Tx| {
        let order = find(tx, &number)?;
        orders::must_be_version(&order, version)?;
        let states = (state_of(&order), json!({ "wanted": "cancelled", "reason": why }));
        log(tx, &staff, Act::Cancel, &number, (&states.0, &states.1), now)
    };
    payments::cancel_if(till, &order.id, &visit.actor(), &reason, guard).await?;
    let is_said = !sent.reason.trim().is_empty() && !reason.trim().is_empty();
    if is_said && !order.payment.has_paid() {
        // Nothing was paid, so no refund keeps the reason: the timeline does.
        let (id, actor) = (order.id.clone(), visit.actor());
        let note = move |tx: &Tx| orders::add_note(tx, &id, &reason, &actor, now);
        if let Err(failure) = visit.kit.db.write(note).await {
            // The order is given up all the same, and the log of changes has the reason.
            let fault = Error::from(failure).problem().detail;
            tracing::warn!(order = order.number, fault, "why it was cancelled was not noted");
        }
    }
    Ok(())
}
