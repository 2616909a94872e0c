//! All SQL of the room.

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::model::{Address, Asked, Order, Placement};
use super::state::{FulfilmentStatus, PaymentStatus};
use crate::base::ids::{CartId, OrderId};
use crate::base::{Currency, Fault, Instant};
use crate::platform::db::{Read, Tx};
use crate::pricing::Quote;

const COLUMNS: &str = "id, number, cart_id, email, payment_status, fulfilment_status, currency,
    total_minor, pricing_input, quote, name, phone, line1, line2, city, postcode, country, note,
    seq, version, attention, hold_expires_at, placed_at, paid_at, shipped_at,
    delivered_at, refunded_minor, refunding_minor, disputed, cancel_until,
    disputes_open > 0, left_units, packed_at";

fn wrong(column: usize, why: impl Into<String>) -> rusqlite::Error {
    let why: Box<dyn std::error::Error + Send + Sync> = why.into().into();
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, why)
}

fn json<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|e| wrong(column, e.to_string()))
}

fn from_row(row: &Row) -> rusqlite::Result<Order> {
    order_of(row, json(row, 8)?, json(row, 9)?)
}

fn order_of(row: &Row, asked: Asked, quote: Quote) -> rusqlite::Result<Order> {
    let text = |column: usize| row.get::<_, String>(column);
    let moment = |column: usize| row.get::<_, Option<i64>>(column).map(|ms| ms.map(Instant));
    Ok(Order {
        id: OrderId::from_stored(text(0)?),
        number: text(1)?,
        cart: row.get::<_, Option<String>>(2)?.map(CartId::from_stored),
        email: text(3)?,
        payment: PaymentStatus::parse(&text(4)?).ok_or_else(|| wrong(4, "status"))?,
        fulfilment: FulfilmentStatus::parse(&text(5)?).ok_or_else(|| wrong(5, "status"))?,
        currency: Currency::parse(&text(6)?).ok_or_else(|| wrong(6, "currency"))?,
        total_minor: row.get(7)?,
        asked,
        quote,
        address: Address {
            name: text(10)?,
            phone: text(11)?,
            line1: text(12)?,
            line2: text(13)?,
            city: text(14)?,
            postcode: text(15)?,
            country: text(16)?,
        },
        note: text(17)?,
        seq: row.get(18)?,
        version: row.get(19)?,
        attention: row.get(20)?,
        hold_expires_at: Instant(row.get(21)?),
        placed_at: Instant(row.get(22)?),
        paid_at: moment(23)?,
        shipped_at: moment(24)?,
        delivered_at: moment(25)?,
        refunded_minor: row.get(26)?,
        refunding_minor: row.get(27)?,
        disputed: row.get(28)?,
        cancel_until: moment(29)?,
        dispute_open: row.get(30)?,
        left_units: row.get(31)?,
        packed_at: moment(32)?,
    })
}

fn find(read: &Read, condition: &str, value: &dyn ToSql) -> Result<Option<Order>, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM orders WHERE {condition}");
    Ok(read.prepare_cached(&sql)?.query_row([value], from_row).optional()?)
}

/// The order with this id.
///
/// # Errors
/// When the database fails.
pub fn get(read: &Read, id: &OrderId) -> Result<Option<Order>, Fault> {
    find(read, "id = ?1", &id.as_str())
}

/// The order just made from a placement; its long texts need not be read back.
pub(super) fn get_placed(tx: &Tx, id: &OrderId, placement: &Placement) -> Result<Order, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM orders WHERE id = ?1");
    let order = |row: &Row| order_of(row, placement.asked.clone(), placement.quote.clone());
    Ok(tx.prepare_cached(&sql)?.query_row([id.as_str()], order)?)
}

/// The order with this number.
///
/// # Errors
/// When the database fails.
pub fn find_by_number(read: &Read, number: &str) -> Result<Option<Order>, Fault> {
    find(read, "number = ?1", &number)
}

/// The id of the order with this number, when it was placed with this folded e-mail address.
///
/// # Errors
/// When the database fails.
pub(super) fn find_id(read: &Read, number: &str, email: &str) -> Result<Option<OrderId>, Fault> {
    let sql = "SELECT id FROM orders WHERE number = ?1 AND email_folded = ?2";
    let id = read.prepare_cached(sql)?.query_row([number, email], |row| row.get::<_, String>(0));
    Ok(id.optional()?.map(OrderId::from_stored))
}

/// The order whose private link hashes to this.
///
/// # Errors
/// When the database fails.
pub(super) fn find_by_token_hash(read: &Read, hash: &str) -> Result<Option<Order>, Fault> {
    find(read, "token_hash = ?1", &hash)
}

/// The order already made with this idempotency key.
///
/// # Errors
/// When the database fails.
pub fn find_by_key(read: &Read, key: &str) -> Result<Option<Order>, Fault> {
    find(read, "idempotency_key = ?1", &key)
}

/// The order made from a cart that still waits for its buyer, newest first.
///
/// # Errors
/// When the database fails.
pub fn order_for_cart(read: &Read, cart: &CartId) -> Result<Option<Order>, Fault> {
    let condition = "cart_id = ?1 AND payment_status = 'pending'
                     ORDER BY placed_at DESC LIMIT 1";
    find(read, condition, &cart.as_str())
}

/// The order made from a cart whose money came, newest first.
///
/// # Errors
/// When the database fails.
pub fn paid_order_of_cart(read: &Read, cart: &CartId) -> Result<Option<Order>, Fault> {
    let condition = "cart_id = ?1 AND paid_at IS NOT NULL ORDER BY placed_at DESC LIMIT 1";
    find(read, condition, &cart.as_str())
}

/// The orders made from a cart that its buyer may see in a list: paid, or waiting for money. S4.4
///
/// # Errors
/// When the database fails.
pub fn list_of_cart(read: &Read, cart: &CartId) -> Result<Vec<Order>, Fault> {
    let sql = format!(
        "SELECT {COLUMNS} FROM orders WHERE cart_id = ?1
           AND (paid_at IS NOT NULL OR payment_status IN ('pending', 'processing'))
         ORDER BY placed_at DESC"
    );
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map([cart.as_str()], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What people call an order.
///
/// # Errors
/// When the database fails.
pub fn get_number(read: &Read, id: &OrderId) -> Result<Option<String>, Fault> {
    let sql = "SELECT number FROM orders WHERE id = ?1";
    Ok(read.prepare_cached(sql)?.query_row([id.as_str()], |row| row.get(0)).optional()?)
}

/// Who went to the checkout with a cart, as far as they said: e-mail address and number of the
/// newest order made from it.
///
/// # Errors
/// When the database fails.
pub fn buyer_of_cart(read: &Read, cart: &CartId) -> Result<Option<(String, String)>, Fault> {
    let sql = "SELECT email, number, max(placed_at) FROM orders WHERE cart_id = ?1";
    let found = read.prepare_cached(sql)?.query_row([cart.as_str()], |row| {
        Ok(row.get::<_, Option<String>>(0)?.zip(row.get::<_, Option<String>>(1)?))
    });
    Ok(found?)
}

/// Whether the cart an order came from was ordered again later.
///
/// # Errors
/// When the database fails.
pub fn is_replaced(read: &Read, order: &Order) -> Result<bool, Fault> {
    let Some(cart) = &order.cart else { return Ok(false) };
    let sql = "SELECT 1 FROM orders WHERE cart_id = ?1 AND placed_at > ?2
               AND payment_status IN ('pending', 'processing', 'paid') LIMIT 1";
    Ok(read.prepare_cached(sql)?.exists(params![cart.as_str(), order.placed_at.0])?)
}

/// Orders, newest first; all or with one payment status.
///
/// # Errors
/// When the database fails.
pub fn list(read: &Read, status: Option<PaymentStatus>, limit: u32) -> Result<Vec<Order>, Fault> {
    let narrowed = if status.is_some() { "WHERE payment_status = ?1" } else { "WHERE ?1 IS NULL" };
    let sql = format!("SELECT {COLUMNS} FROM orders {narrowed} ORDER BY placed_at DESC LIMIT ?2");
    let mut statement = read.prepare_cached(&sql)?;
    let rows = statement.query_map(params![status.map(PaymentStatus::word), limit], from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many orders with each of these payment statuses were placed after `since`.
///
/// # Errors
/// When the database fails.
pub fn counts(
    read: &Read,
    statuses: &[PaymentStatus],
    since: Instant,
) -> Result<Vec<(PaymentStatus, i64)>, Fault> {
    let sql = "SELECT count(*) FROM orders WHERE payment_status = ?1 AND placed_at > ?2";
    let mut statement = read.prepare_cached(sql)?;
    let mut counted = Vec::new();
    for status in statuses {
        let count = statement.query_row(params![status.word(), since.0], |row| row.get(0))?;
        counted.push((*status, count));
    }
    Ok(counted)
}

pub(super) fn set_next_number(tx: &Tx) -> Result<i64, Fault> {
    let sql = "SELECT next FROM order_sequence WHERE id = 1";
    let next = tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    tx.prepare_cached("UPDATE order_sequence SET next = next + 1 WHERE id = 1")?.execute([])?;
    Ok(next)
}

/// What an order row says beside its placement.
pub(super) struct Fresh<'a> {
    pub id: &'a OrderId,
    pub seq: i64,
    pub number: &'a str,
    pub token_hash: &'a str,
    pub units: u32,
    pub words: &'a str,
    pub hold_expires_at: Instant,
    pub placed_at: Instant,
}

pub(super) fn insert_order(tx: &Tx, p: &Placement, fresh: &Fresh) -> Result<(), Fault> {
    let (q, a) = (&p.quote, &p.address);
    let delivery = q.delivery.as_ref();
    tx.prepare_cached(
        "INSERT INTO orders (id, number, token_hash, cart_id, idempotency_key, email,
             payment_status, currency, items_minor, discount_minor, delivery_minor, tax_minor,
             tax_included, total_minor, revision, pricing_input, quote, name, phone, line1, line2,
             city, postcode, country, note, delivery_title, delivery_from, delivery_to,
             hold_expires_at, placed_at, email_folded, seq, left_units, words)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
             ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30,
             ?31, ?32, ?33)",
    )?
    .execute(params![
        fresh.id.as_str(),
        fresh.number,
        fresh.token_hash,
        p.cart.as_ref().map(CartId::as_str),
        p.key,
        p.email.as_str(),
        q.currency.code(),
        q.items_minor,
        q.discount_minor,
        delivery.map_or(0, |d| d.price_minor),
        q.tax_minor,
        q.tax_included,
        q.total_minor,
        q.revision,
        serde_json::to_string(&p.asked)?,
        serde_json::to_string(q)?,
        a.name,
        a.phone,
        a.line1,
        a.line2,
        a.city,
        a.postcode,
        a.country,
        p.note,
        delivery.map_or("", |d| d.title.as_str()),
        delivery.and_then(|d| d.from).map(|d| d.to_string()),
        delivery.and_then(|d| d.to).map(|d| d.to_string()),
        fresh.hold_expires_at.0,
        fresh.placed_at.0,
        p.email.folded(),
        fresh.seq,
        fresh.units,
        fresh.words,
    ])?;
    Ok(())
}

/// Moves the payment status, if it is still the one expected.
pub(super) fn set_payment(
    tx: &Tx,
    id: &OrderId,
    from: PaymentStatus,
    to: PaymentStatus,
    now: Instant,
) -> Result<bool, Fault> {
    let paid = (to == PaymentStatus::Paid).then_some(now.0);
    let closed = (!to.is_open()).then_some(now.0);
    let changed = tx
        .prepare_cached(
            "UPDATE orders SET payment_status = ?3, paid_at = coalesce(paid_at, ?4),
                 closed_at = ?5, version = version + 1
             WHERE id = ?1 AND payment_status = ?2",
        )?
        .execute(params![id.as_str(), from.word(), to.word(), paid, closed])?;
    Ok(changed == 1)
}

/// Moves the fulfilment status, if it is still the one expected.
pub(super) fn set_fulfilment(
    tx: &Tx,
    id: &OrderId,
    from: FulfilmentStatus,
    to: FulfilmentStatus,
    now: Instant,
) -> Result<bool, Fault> {
    let shipped = (to == FulfilmentStatus::Shipped).then_some(now.0);
    let delivered = (to == FulfilmentStatus::Delivered).then_some(now.0);
    let changed = tx
        .prepare_cached(
            "UPDATE orders SET fulfilment_status = ?3, shipped_at = coalesce(shipped_at, ?4),
                 delivered_at = coalesce(delivered_at, ?5), version = version + 1
             WHERE id = ?1 AND fulfilment_status = ?2",
        )?
        .execute(params![id.as_str(), from.word(), to.word(), shipped, delivered])?;
    Ok(changed == 1)
}

pub(super) fn set_attention(tx: &Tx, id: &OrderId, why: &str) -> Result<(), Fault> {
    let sql = "UPDATE orders SET attention = ?2, version = version + 1 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), why])?;
    Ok(())
}

/// A person has looked at it.
pub(super) fn clear_attention(tx: &Tx, id: &OrderId) -> Result<bool, Fault> {
    let sql = "UPDATE orders SET attention = NULL, version = version + 1
               WHERE id = ?1 AND attention IS NOT NULL";
    Ok(tx.prepare_cached(sql)?.execute([id.as_str()])? == 1)
}

/// How much of the order's money went back, and how much is on its way.
pub(super) fn set_refunds(
    tx: &Tx,
    id: &OrderId,
    refunded_minor: i64,
    refunding_minor: i64,
) -> Result<(), Fault> {
    let sql = "UPDATE orders SET refunded_minor = ?2, refunding_minor = ?3, version = version + 1
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), refunded_minor, refunding_minor])?;
    Ok(())
}

/// How many disputes the bank has not decided, and how many are lost.
pub(super) fn set_disputes(tx: &Tx, id: &OrderId, open: u32, lost: u32) -> Result<(), Fault> {
    let sql = "UPDATE orders SET disputes_open = ?2, disputes_lost = ?3, version = version + 1
               WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), open, lost])?;
    Ok(())
}

/// A person has dealt with every dispute that is lost so far; false when there was none to deal
/// with.
pub(super) fn settle_disputes(tx: &Tx, id: &OrderId) -> Result<bool, Fault> {
    let sql = "UPDATE orders SET disputes_settled = disputes_lost, version = version + 1
               WHERE id = ?1 AND disputes_settled < disputes_lost";
    Ok(tx.prepare_cached(sql)?.execute([id.as_str()])? == 1)
}

/// Until when the buyer may cancel by themselves.
pub(super) fn set_cancel_until(tx: &Tx, id: &OrderId, until: Instant) -> Result<(), Fault> {
    let sql = "UPDATE orders SET cancel_until = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), until.0])?;
    Ok(())
}

pub(super) fn set_hold_until(tx: &Tx, id: &OrderId, until: Instant) -> Result<(), Fault> {
    let sql = "UPDATE orders SET hold_expires_at = ?2 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute(params![id.as_str(), until.0])?;
    Ok(())
}

/// Something about it changed that has no column of its own, so that a page made before is old.
pub(super) fn set_changed(tx: &Tx, id: &OrderId) -> Result<(), Fault> {
    let sql = "UPDATE orders SET version = version + 1 WHERE id = ?1";
    tx.prepare_cached(sql)?.execute([id.as_str()])?;
    Ok(())
}
