//! Beginning a checkout: everything that must be true together, in one transaction.

use jiff::tz::TimeZone;

use super::model::{Buyer, Refusal, blocked};
use crate::base::ids::{OrderId, sha256_hex};
use crate::base::{Failure, Fault, Instant, refuse};
use crate::cart::{self, Cart};
use crate::orders::state::PaymentStatus;
use crate::orders::{self, Asked, Order, Placement, token_of};
use crate::payments::{self, DeliveryCharge, Payment, SessionRequest, Till};
use crate::platform::db::Tx;
use crate::platform::render::Locale;
use crate::pricing::{self, Book, Destination, Objection, amount_lines};

/// A provider's page lives at least this long (Stripe's floor is 30 minutes), seconds.
const SESSION_SHORTEST_S: i64 = 31 * 60;

/// A provider's page lives at most this long (Stripe's ceiling is a day), seconds.
const SESSION_LONGEST_S: i64 = 86_400 - 60;

/// An order can be paid again for this long, seconds.
const REOPEN_S: i64 = 86_400;

/// A checkout that has begun.
#[derive(Debug)]
pub struct Begun {
    /// The order, pending (or paid, when it costs nothing).
    pub order: Order,
    /// The attempt to pay.
    pub payment: Payment,
}

type Outcome<T> = Result<T, Failure<Refusal>>;

/// What the buyer saw when they pressed the button.
pub struct Seen {
    /// Cart version.
    pub version: Option<i64>,
    /// Total, minor units.
    pub total_minor: Option<i64>,
    /// They were told which prices had moved, and take them at this total.
    pub accepts_prices: bool,
}

/// Turns a cart into a pending order with held stock and an attempt to pay. The same cart version
/// gives the same order.
///
/// # Errors
/// When the cart or its price is not what the buyer saw, or something is not to be had.
pub fn begin(
    tx: &Tx,
    till: &Till,
    book: &Book,
    cart: Option<Cart>,
    buyer: &Buyer,
    seen: &Seen,
    now: Instant,
) -> Outcome<Begun> {
    let hold_s = till.kit.settings.hold_s.unwrap_or(book.catalog.shop.hold_s);
    begin_for(tx, till, book, cart, buyer, seen, hold_s, now)
}

/// The same with goods held for as long as somebody says.
///
/// # Errors
/// As [`begin`].
pub fn begin_for(
    tx: &Tx,
    till: &Till,
    book: &Book,
    cart: Option<Cart>,
    buyer: &Buyer,
    seen: &Seen,
    hold_s: i64,
    now: Instant,
) -> Outcome<Begun> {
    let Some(cart) = cart.filter(|cart| !cart.lines.is_empty()) else {
        return refuse(Refusal::EmptyCart);
    };
    if seen.version.is_some_and(|version| version != cart.version) {
        return refuse(Refusal::CartChanged);
    }
    let key = match free_key(tx, &cart, buyer)? {
        Key::Taken(begun) if seen.total_minor.is_none_or(|t| t == begun.order.total_minor) => {
            return Ok(*begun);
        }
        // The buyer saw another total than the order's, such as after an offer began.
        Key::Taken(begun) => return refuse(Refusal::CloseFirst(begun.order.id)),
        Key::Free(key) => key,
    };
    if let Some(open) = orders::order_for_cart(tx, &cart.id)? {
        return refuse(Refusal::CloseFirst(open.id));
    }
    let placement = price(tx, book, cart, buyer, seen, key, now)?;
    let hold_until = now.plus_s(hold_s);
    let order =
        orders::place(tx, &till.kit, book, &placement, hold_until, now).map_err(Failure::lift)?;
    attempt(tx, till, book, order, 1, hold_until, now)
}

/// What a session ordered and paid before: a program that did not hear the answer asks again with
/// the same key, and the cart it asks for is an order by now.
pub(super) fn paid_before(tx: &Tx, session: &str) -> Result<Option<Begun>, Fault> {
    let Some(cart) = cart::find_ordered_cart(tx, session)? else { return Ok(None) };
    let Some(order) = orders::paid_order_of_cart(tx, &cart)? else { return Ok(None) };
    let payment = match payments::alive_payment(tx, &order.id)? {
        None => payments::last_payment(tx, &order.id)?,
        alive => alive,
    };
    Ok(payment.map(|payment| Begun { order, payment }))
}

enum Key {
    Free(String),
    Taken(Box<Begun>),
}

/// The key under which this cart version is ordered by this buyer to this address; taken while an
/// order made with it lives. Pressing twice is the same order; a corrected address is another.
fn free_key(tx: &Tx, cart: &Cart, buyer: &Buyer) -> Result<Key, Fault> {
    let who = serde_json::to_vec(&(&buyer.email, &buyer.address, &buyer.rate, &buyer.note))?;
    let base = format!("cart:{}:{}:{}", cart.id, cart.version, &sha256_hex(&who)[..16]);
    let mut key = base.clone();
    let mut tries = 1;
    while let Some(order) = orders::find_by_key(tx, &key)? {
        if let Some(payment) = payments::alive_payment(tx, &order.id)? {
            return Ok(Key::Taken(Box::new(Begun { order, payment })));
        }
        tries += 1;
        key = format!("{base}:{tries}");
    }
    Ok(Key::Free(key))
}

fn price(
    tx: &Tx,
    book: &Book,
    mut cart: Cart,
    buyer: &Buyer,
    seen: &Seen,
    key: String,
    now: Instant,
) -> Outcome<Placement> {
    cart.country.clone_from(&buyer.address.country);
    cart.rate.clone_from(&buyer.rate);
    let (id, basket) = (cart.id.clone(), cart.basket());
    let destination = Destination { country: cart.country.clone(), rate: cart.rate.clone() };
    let customer = buyer.email.folded();
    let priced = cart::price(tx, book, Some(cart), Some(&customer), now)?;
    let drawn = cart::view(book, &priced, now);
    if let Some(line) = drawn.lines.iter().find(|line| line.problem.is_some()) {
        let why = format!("{}: {}", line.title, line.problem.as_deref().unwrap_or_default());
        let blocked = blocked(line.reason.unwrap_or_default(), why)
            .with("item", line.title.as_str())
            .with("available", line.available)
            .with("most", line.max_qty);
        return refuse(Refusal::Blocked(blocked.into()));
    }
    let accepts = seen.accepts_prices && seen.total_minor == Some(priced.quote.total_minor);
    let moved = drawn.lines.iter().filter(|line| line.price_change.is_some());
    let moved: Vec<&str> = moved.map(|line| line.title.as_str()).collect();
    if !moved.is_empty() && !accepts {
        let items = moved.join(", ");
        let why = format!("The price of {items} has changed.");
        let blocked = blocked("price_changed", why)
            .hint("Pay again to accept it, or change the cart.")
            .with("item", items);
        return refuse(Refusal::Blocked(blocked.into()));
    }
    let quote = priced.quote;
    if quote.objections.contains(&Objection::TooMuch) {
        let why = "The total is above what can be charged.";
        return refuse(Refusal::Blocked(blocked("too_much", why).into()));
    }
    if quote.delivery.is_none() {
        let why = "We do not deliver there.";
        return refuse(Refusal::Blocked(blocked("not_delivered", why).into()));
    }
    if quote.lines.len() != basket.lines.len() {
        return refuse(Refusal::CartChanged);
    }
    if let Some(was_minor) = seen.total_minor.filter(|total| *total != quote.total_minor) {
        let (now_minor, currency) = (quote.total_minor, quote.currency);
        return refuse(Refusal::TotalChanged { was_minor, now_minor, currency });
    }
    Ok(Placement {
        cart: Some(id),
        key,
        email: buyer.email.clone(),
        address: buyer.address.clone(),
        note: buyer.note.clone(),
        asked: Asked { basket, buyer: priced.buyer, destination, at: now },
        pictures: cart::pictures(book, &quote),
        quote,
    })
}

/// Until when an order that is not paid can be paid again, at an unchanged price.
fn reopens_until(order: &Order) -> Instant {
    order.placed_at.plus_s(REOPEN_S)
}

/// Until when an order can be paid by the link of its page; none when it cannot.
#[must_use]
pub fn payable_until(order: &Order, now: Instant) -> Option<Instant> {
    let is_open = matches!(
        order.payment,
        PaymentStatus::Pending | PaymentStatus::Failed | PaymentStatus::Expired
    );
    let until = match order.payment {
        PaymentStatus::Pending => reopens_until(order).max(order.hold_expires_at),
        _ => reopens_until(order),
    };
    (is_open && order.attention.is_none() && now <= until).then_some(until)
}

/// Begins another attempt at an order that nobody paid in time or whose payment failed: its goods
/// are held again, at the price it was made with.
///
/// # Errors
/// When its goods are no longer to be had, or it is not closed.
pub fn reopen(tx: &Tx, till: &Till, book: &Book, id: &OrderId, now: Instant) -> Outcome<Begun> {
    if let Some(order) = orders::get_order(tx, id)? {
        let a = &order.asked;
        let fresh = pricing::quote(book, &a.basket, &a.buyer, &a.destination, now);
        let is_old = now > reopens_until(&order);
        let is_other =
            fresh.total_minor != order.total_minor || fresh.objections != order.quote.objections;
        // Money that nobody has named yet may have come for it: it is not taken twice.
        if order.attention.is_some() {
            return refuse(Refusal::LookedAt);
        }
        if is_old || is_other || orders::is_replaced(tx, &order)? {
            return refuse(Refusal::Stale);
        }
    }
    let hold_s = till.kit.settings.hold_s.unwrap_or(book.catalog.shop.hold_s);
    let hold_until = now.plus_s(hold_s);
    let order = orders::reopen(tx, book, id, hold_until, now).map_err(Failure::lift)?;
    let last = payments::last_payment(tx, id)?.map_or(0, |payment| payment.attempt);
    attempt(tx, till, book, order, last + 1, hold_until, now)
}

/// Writes down an attempt to pay an order that is pending.
///
/// # Errors
/// When the database fails.
pub fn attempt(
    tx: &Tx,
    till: &Till,
    book: &Book,
    order: Order,
    number: u32,
    hold_until: Instant,
    now: Instant,
) -> Outcome<Begun> {
    if order.total_minor > 0
        && let Some(why) = till.provider.objection(order.total_minor, order.currency)
    {
        return refuse(Refusal::Payment(payments::Refusal::TotalNotTaken { why }));
    }
    let request = request_for(till, book, &order, hold_until, now);
    let payment =
        payments::want(tx, &till.kit, till.provider.as_ref(), &order, number, request, now)?;
    if order.total_minor == 0 {
        payments::settle_free(tx, &till.kit, book, &payment, now)?;
    }
    Ok(Begun { order, payment })
}

fn request_for(
    till: &Till,
    book: &Book,
    order: &Order,
    hold_until: Instant,
    now: Instant,
) -> SessionRequest {
    let (base, shop) = (&till.kit.settings.public_url, &book.catalog.shop);
    let token = token_of(&till.kit.secret, &order.id);
    let delivery = order.quote.delivery.as_ref().map(|delivery| DeliveryCharge {
        title: delivery.title.clone(),
        amount_minor: delivery.price_minor,
    });
    let zone = TimeZone::get(&shop.timezone).unwrap_or(TimeZone::UTC);
    let until = Locale::of(&shop.locale).moment(hold_until.in_zone(&zone).datetime());
    SessionRequest {
        order: order.id.as_str().to_owned(),
        number: order.number.clone(),
        merchant: shop.name.clone(),
        email: order.email.clone(),
        currency: order.currency,
        amount_minor: order.total_minor,
        lines: amount_lines(&order.quote),
        delivery,
        success_url: format!("{base}/checkout/success?session_id={{CHECKOUT_SESSION_ID}}"),
        cancel_url: format!("{base}/order/{}?from=cancel", token.as_str()),
        // Asked for at any moment of the hold, it is still long enough: a first call may be late.
        expires_at: hold_until.plus_s(SESSION_SHORTEST_S).min(now.plus_s(SESSION_LONGEST_S)),
        hold_until,
        note: till.kit.render.word("order.held_until").replace("{time}", &until),
        locale: shop.locale.clone(),
        ship_to: Some(order.address.clone()),
    }
}
