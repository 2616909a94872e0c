//! An order made at the desk, such as one taken by telephone: goods are held, and the buyer gets a
//! link to pay by. It passes the same doors as an order from the shop's own pages.

use poem::Response;
use poem::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::base::Failure;
use crate::base::ids::{Sku, Token, sha256_hex};
use crate::cart;
use crate::catalog::Catalog;
use crate::checkout::{self, FieldError, Refusal, Seen, Submission, WantedLine};
use crate::identity::{self, Desk, Right, Visit, see_other};
use crate::orders;
use crate::payments::Till;
use crate::platform::web::{Error, read_form};

/// How long goods may be held for the buyer, in hours: a provider's page lives less than a day.
const HOLDS_H: [i64; 4] = [1, 4, 12, 23];
/// Most lines.
const LINES_MAX: usize = 50;

/// Routes of the form.
pub(super) fn desk(till: &Till) -> Desk {
    let (asked, sent) = (till.clone(), till.clone());
    let path = "/admin/orders/new";
    Desk::new().get(path, Right::ChangeOrders, move |visit| ask(asked.clone(), visit)).post(
        path,
        Right::ChangeOrders,
        move |visit| make(sent.clone(), visit),
    )
}

/// The form as sent. `form` names it, so that sending it twice makes one order.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Sent {
    form: String,
    goods: String,
    email: String,
    name: String,
    phone: String,
    line1: String,
    line2: String,
    city: String,
    postcode: String,
    country: String,
    rate: String,
    note: String,
    hold: String,
}

#[expect(clippy::unused_async, reason = "a handler like the others")]
async fn ask(till: Till, visit: Visit) -> Result<Response, Error> {
    let country = till.books.now().catalog.shop.country.clone();
    let form = Token::new(&till.kit.random).as_str().to_owned();
    let fresh = Sent { form, country, hold: HOLDS_H[1].to_string(), ..Sent::default() };
    draw(&till, &visit, StatusCode::OK, &fresh, json!({}))
}

fn draw(
    till: &Till,
    visit: &Visit,
    status: StatusCode,
    typed: &Sent,
    more: Value,
) -> Result<Response, Error> {
    let book = till.books.now();
    let rates = book.zones.iter().flat_map(|zone| {
        zone.rates.iter().map(
            |rate| json!({ "id": rate.id, "title": format!("{}: {}", zone.title, rate.title) }),
        )
    });
    let mut context = json!({
        "typed": typed, "countries": cart::countries(&book, &till.kit.render),
        "rates": rates.collect::<Vec<_>>(), "holds": HOLDS_H, "errors": [],
    });
    if let (Some(context), Value::Object(more)) = (context.as_object_mut(), more) {
        context.extend(more);
    }
    visit.page_with(status, "admin/order_new.html", "orders", context)
}

/// One line each: a SKU or a bundle's name, and how many; one when no number follows.
fn goods(text: &str, catalog: &Catalog) -> Result<Vec<WantedLine>, String> {
    let mut wanted = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace().filter(|word| !matches!(*word, "x" | "×"));
        let (name, qty) = (words.next().unwrap_or_default(), words.next().unwrap_or("1"));
        let qty = match (qty.parse::<u32>(), words.next()) {
            (Ok(qty), None) if qty > 0 => qty,
            _ => return Err(format!("“{line}” should look like MUG-1 2.")),
        };
        let sku = Sku::parse(name).filter(|sku| catalog.find(sku).is_some());
        wanted.push(match sku {
            Some(sku) => WantedLine { sku: Some(sku.as_str().to_owned()), bundle: None, qty },
            None if catalog.bundles.contains_key(name) => {
                WantedLine { sku: None, bundle: Some(name.to_owned()), qty }
            }
            None => return Err(format!("There is neither a SKU nor a bundle named {name}.")),
        });
    }
    match wanted.len() {
        0 => Err("Say what is ordered: a SKU and how many, one line each.".to_owned()),
        1..=LINES_MAX => Ok(wanted),
        _ => Err(format!("At most {LINES_MAX} lines.")),
    }
}

async fn make(till: Till, mut visit: Visit) -> Result<Response, Error> {
    let sent: Sent = read_form(&mut visit.request).await?;
    let book = till.books.now();
    let wanted = goods(&sent.goods, &book.catalog);
    let submission = Submission {
        email: sent.email.clone(),
        name: sent.name.clone(),
        phone: sent.phone.clone(),
        line1: sent.line1.clone(),
        line2: sent.line2.clone(),
        city: sent.city.clone(),
        postcode: sent.postcode.clone(),
        country: sent.country.clone(),
        rate: sent.rate.clone(),
        note: sent.note.clone(),
        cart_version: None,
        // The desk sees the total on the order's page; nothing is paid before the buyer sees it.
        quote_total: Some(0),
        accept_prices: false,
        lines: wanted.clone().unwrap_or_default(),
    };
    let mut errors: Vec<FieldError> = Vec::new();
    if let Err(message) = &wanted {
        errors.push(FieldError { field: "goods", message: message.clone(), reason: "goods" });
    }
    let parsed = submission.parse(&book);
    let buyer = match parsed {
        Ok(buyer) if errors.is_empty() => buyer,
        Ok(_) => return wrong(&till, &visit, &sent, &errors),
        Err(more) => {
            errors.extend(more.into_iter().filter(|error| error.field != "cart_version"));
            return wrong(&till, &visit, &sent, &errors);
        }
    };
    let hold_h = sent.hold.parse().ok().filter(|hours| HOLDS_H.contains(hours));
    let hold_s = hold_h.unwrap_or(HOLDS_H[0]) * 3600;
    let made = place(&till, &visit, &sent, submission, buyer, hold_s).await;
    match made {
        Ok(number) => Ok(see_other(&format!("/admin/orders/{number}?done=new"))),
        Err(failure) => {
            let error = Error::from(failure);
            if !error.status().is_client_error() {
                return Err(error);
            }
            let problem = error.problem();
            let told = json!({ "title": problem.title, "detail": problem.detail,
                               "hint": problem.hint });
            draw(&till, &visit, error.status(), &sent, json!({ "problem": told }))
        }
    }
}

fn wrong(
    till: &Till,
    visit: &Visit,
    sent: &Sent,
    errors: &[FieldError],
) -> Result<Response, Error> {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    draw(till, visit, status, sent, json!({ "errors": errors }))
}

/// A cart of its own, ordered at once: in one transaction, with its line in the log.
async fn place(
    till: &Till,
    visit: &Visit,
    sent: &Sent,
    submission: Submission,
    buyer: checkout::Buyer,
    hold_s: i64,
) -> Result<String, Failure<Refusal>> {
    let (inner, staff) = (till.clone(), visit.staff.clone());
    let (book, now) = (till.books.now(), till.kit.now());
    // The same form with the same words is the same order, however often it is sent.
    let words = sha256_hex(&serde_json::to_vec(sent)?);
    let token = till.kit.secret.token("desk-order", &words);
    let placed = till.kit.db.write(move |tx| {
        let session = identity::open_own(tx, &token, now)?;
        let wanted: Vec<_> =
            submission.lines.iter().filter_map(|l| l.item().map(|item| (item, l.qty))).collect();
        let cart =
            cart::fill(tx, &inner.kit, &book, &session, wanted, now).map_err(Failure::lift)?;
        let seen = Seen { version: None, total_minor: None, accepts_prices: false };
        let begun = checkout::begin_for(tx, &inner, &book, cart, &buyer, &seen, hold_s, now)?;
        let number = begun.order.number.clone();
        if orders::list_events(tx, &begun.order.id)?.len() == 1 {
            let (actor, hours) = (staff.actor(), hold_s / 3600);
            let note = format!("Made at the desk; its goods are held for {hours} h.");
            orders::add_note(tx, &begun.order.id, &note, &actor, now).map_err(Failure::lift)?;
            let after = json!({ "total_minor": begun.order.total_minor, "hold_h": hours });
            let nothing = Value::Null;
            identity::note(tx, &staff, "order.new", ("order", &number), (&nothing, &after), now)?;
        }
        Ok(number)
    });
    placed.await
}
