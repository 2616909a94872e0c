//! Giving money of an order back: what could go back to the penny, then what would, then it goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::order::{find, number_of};
use super::order_acts::{REASON_MAX, back_to, filter_of};
use crate::base::fault::Failure;
use crate::base::ids::Sku;
use crate::base::{Money, Problem};
use crate::identity::{self, Desk, Right, Visit};
use crate::orders::state::FulfilmentStatus;
use crate::orders::{self, Filter, Item, Order, state_of};
use crate::payments::{
    self, NoRefund, Proposal, RefundState, RefundWish, Share, Till, check_refund, propose_refund,
};
use crate::platform::db::{Read, Tx};
use crate::platform::web::{Error, read_form};

/// Routes of the dialog.
pub(super) fn desk(till: &Till) -> Desk {
    let (asked, sent) = (till.clone(), till.clone());
    let path = "/admin/orders/:number/refund";
    Desk::new().get(path, Right::RefundOrders, move |visit| ask(asked.clone(), visit)).post(
        path,
        Right::RefundOrders,
        move |visit| send(sent.clone(), visit),
    )
}

async fn ask(till: Till, visit: Visit) -> Result<Response, Error> {
    let number = number_of(&visit);
    let filter = filter_of(visit.request.uri().query().unwrap_or_default());
    draw(&till, &visit, &number, &filter, StatusCode::OK, json!({})).await
}

/// An order with everything a refund is decided by.
type Known = (Order, Vec<Item>, Option<Proposal>);

async fn known(visit: &Visit, number: &str) -> Result<Known, Error> {
    let number = number.to_owned();
    let found = visit.kit.db.read(move |read| {
        let order = find(read, &number)?;
        let items = orders::list_items(read, &order.id)?;
        let proposal = propose_refund(read, &order)?;
        Ok::<_, Failure<orders::Refusal>>((order, items, proposal))
    });
    Ok(found.await?)
}

async fn draw(
    till: &Till,
    visit: &Visit,
    number: &str,
    filter: &Filter,
    status: StatusCode,
    more: Value,
) -> Result<Response, Error> {
    let (order, items, proposal) = known(visit, number).await?;
    let restock = proposal.iter().flat_map(|proposal| &proposal.restock).map(|(sku, left)| {
        let item = items.iter().find(|item| item.reference == sku.as_str());
        json!({ "sku": sku, "left": left, "title": item.map(|item| &item.title),
                "options": item.map(|item| &item.options) })
    });
    let mut context = json!({
        "order": { "number": order.number, "version": order.version, "email": order.email,
                   "total_minor": order.total_minor, "currency": order.currency,
                   "disputed": order.disputed,
                   "here": order.fulfilment == FulfilmentStatus::Unfulfilled },
        "provider": till.provider.name(), "query": filter.query(&[]),
        "restock": restock.collect::<Vec<_>>(), "proposal": proposal,
        "reason_max": REASON_MAX,
    });
    if let (Some(context), Value::Object(more)) = (context.as_object_mut(), more) {
        context.extend(more);
    }
    visit.page_with(status, "admin/order_refund.html", "orders", context)
}

/// The form as sent. Units of line 3 come as `units_3`, goods for the shelf as `shelf_MUG-1`.
#[derive(Clone, Debug, Default)]
struct Sent(BTreeMap<String, String>);

impl Sent {
    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |value| value.trim())
    }

    fn is_on(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    fn wish(&self, order: &Order, items: &[Item], known: &Proposal) -> Result<RefundWish, Problem> {
        let late = self.is_on("late");
        let share = match self.get("way") {
            "all" => Share::All,
            "amount" => Share::Amount(self.amount(order)?),
            _ => Share::Lines(self.lines(items)?),
        };
        let reason: String = self.get("reason").chars().filter(|c| !c.is_control()).collect();
        if reason.chars().count() > REASON_MAX {
            return Err(unfit(format!("The reason may have {REASON_MAX} characters.")));
        }
        let restock = match self.get("shelf") {
            _ if late => BTreeMap::new(),
            "same" => same_goods(&share, items, known),
            "some" => self.shelf()?,
            _ => BTreeMap::new(),
        };
        let delivery = self.is_on("delivery") && share != Share::All;
        let by_hand = self.is_on("by_hand") || known.by_hand && !late;
        Ok(RefundWish { share, delivery, restock, reason, by_hand, late })
    }

    fn amount(&self, order: &Order) -> Result<i64, Problem> {
        let typed = self.get("amount");
        let parsed = Money::parse(typed, order.currency).ok().map(|money| money.minor);
        parsed.filter(|minor| *minor > 0).ok_or_else(|| {
            let code = order.currency.code();
            unfit(format!("“{typed}” is no amount of {code}. Write it like 12.50."))
        })
    }

    fn lines(&self, items: &[Item]) -> Result<Vec<(String, u32)>, Problem> {
        let mut lines = Vec::new();
        for item in items.iter().filter(|item| item.parent.is_none()) {
            let units = units(self.get(&format!("units_{}", item.position)))?;
            if units > 0 {
                lines.push((item.reference.clone(), units));
            }
        }
        Ok(lines)
    }

    fn shelf(&self) -> Result<BTreeMap<Sku, u32>, Problem> {
        let mut goods = BTreeMap::new();
        for (name, value) in &self.0 {
            let Some(sku) = name.strip_prefix("shelf_").and_then(Sku::parse) else { continue };
            let units = units(value)?;
            if units > 0 {
                goods.insert(sku, units);
            }
        }
        Ok(goods)
    }
}

fn units(text: &str) -> Result<u32, Problem> {
    match text.trim() {
        "" => Ok(0),
        text => text.parse().map_err(|_| unfit(format!("“{text}” is no number of units."))),
    }
}

fn unfit(detail: String) -> Problem {
    Problem::new(422, "refund-unclear", "The refund is not clear", detail)
        .hint("Nothing was sent back. Correct the form.")
}

/// The goods of the lines that are paid back, as far as they can still come to the shelf.
fn same_goods(share: &Share, items: &[Item], known: &Proposal) -> BTreeMap<Sku, u32> {
    let mut goods: BTreeMap<Sku, u32> = BTreeMap::new();
    match share {
        Share::Amount(_) => {}
        Share::All => goods.extend(known.restock.iter().cloned()),
        Share::Lines(lines) => {
            let paid = |item: &Item| {
                let line = lines.iter().find(|(name, _)| *name == item.reference);
                line.map_or(0, |(_, units)| *units)
            };
            for item in items.iter().filter(|item| item.kind != "bundle") {
                let top = item.parent.and_then(|at| items.iter().find(|i| i.position == at));
                let units = match top {
                    Some(top) => item.qty / top.qty.max(1) * paid(top),
                    None => paid(item),
                };
                *goods.entry(Sku::from_stored(item.reference.as_str())).or_insert(0) += units;
            }
        }
    }
    for (sku, units) in &mut goods {
        let left = known.restock.iter().find(|(name, _)| name == sku).map_or(0, |(_, left)| *left);
        *units = (*units).min(left);
    }
    goods.retain(|_, units| *units > 0);
    goods
}

async fn send(till: Till, mut visit: Visit) -> Result<Response, Error> {
    let fields: Vec<(String, String)> = read_form(&mut visit.request).await?;
    let sent = Sent(fields.into_iter().collect());
    let (number, filter) = (number_of(&visit), filter_of(sent.get("back")));
    let done = match sent.get("step") {
        "send" => go(&till, &visit, &number, &sent).await,
        _ => check(&till, &visit, &number, &sent).await.map(Step::Checked),
    };
    match done {
        Ok(Step::Gone(word)) => Ok(back_to(&number, &filter, word)),
        Ok(Step::Checked(checked)) => {
            let more = json!({ "checked": checked, "typed": sent.0 });
            draw(&till, &visit, &number, &filter, StatusCode::OK, more).await
        }
        Err(error) => {
            let problem = error.problem();
            if !error.status().is_client_error() || problem.status == 404 {
                return Err(error);
            }
            let told =
                json!({ "title": problem.title, "detail": problem.detail, "hint": problem.hint });
            let more = json!({ "problem": told, "typed": sent.0 });
            draw(&till, &visit, &number, &filter, error.status(), more).await
        }
    }
}

enum Step {
    Checked(Value),
    Gone(&'static str),
}

/// What was decided on a page that is older than the order is not looked at.
fn version_of(sent: &Sent) -> i64 {
    sent.get("version").parse().unwrap_or(0)
}

/// What would go back, for a person to read before it does.
async fn check(till: &Till, visit: &Visit, number: &str, sent: &Sent) -> Result<Value, Error> {
    let (order, items, proposal) = known(visit, number).await?;
    orders::must_be_version(&order, version_of(sent))?;
    let Some(proposal) = proposal else {
        return Err(Failure::Refused(NoRefund::NothingReceived).into());
    };
    let wish = sent.wish(&order, &items, &proposal)?;
    let (id, asked, provider) = (order.id.clone(), wish.clone(), Arc::clone(&till.provider));
    let checked = move |read: &Read| check_refund(read, provider.as_ref(), &id, &asked);
    let checked = visit.kit.db.read(checked).await?;
    let lines = checked.lines.iter().filter_map(|(position, units, minor)| {
        let item = items.iter().find(|item| item.position == *position)?;
        Some(json!({ "qty": units, "title": item.title, "options": item.options,
                     "amount_minor": minor }))
    });
    Ok(json!({
        "amount_minor": checked.amount_minor, "delivery_minor": checked.delivery_minor,
        "lines": lines.collect::<Vec<_>>(), "restock": wish.restock, "by_hand": wish.by_hand,
        "late": wish.late, "reason": wish.reason,
    }))
}

/// Written down with its line in the log, then sent.
async fn go(till: &Till, visit: &Visit, number: &str, sent: &Sent) -> Result<Step, Error> {
    let (order, items, proposal) = known(visit, number).await?;
    let version = version_of(sent);
    orders::must_be_version(&order, version)?;
    let Some(proposal) = proposal else {
        return Err(Failure::Refused(NoRefund::NothingReceived).into());
    };
    let wish = sent.wish(&order, &items, &proposal)?;
    let what = json!({
        "share": wish.share, "delivery": wish.delivery,
        "restock": wish.restock, "reason": wish.reason, "by_hand": wish.by_hand,
    });
    let (staff, now, number) = (visit.staff.clone(), visit.kit.now(), number.to_owned());
    let guard = move |tx: &Tx| {
        let order = find(tx, &number)?;
        orders::must_be_version(&order, version)?;
        let before = state_of(&order);
        identity::note(tx, &staff, "order.refund", ("order", &number), (&before, &what), now)?;
        Ok(())
    };
    let actor = visit.actor();
    let refund = payments::give_back_if(till, &order.id, wish, &actor, guard).await?;
    Ok(Step::Gone(match refund.state {
        RefundState::Succeeded => "refunded",
        RefundState::Failed => "refund-failed",
        RefundState::Wanted | RefundState::Pending => "refund-sent",
    }))
}
