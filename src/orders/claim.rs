//! Uses of promotions with a limit: held with the order, used once it is paid, freed when it
//! closes unpaid. The writer's one transaction at a time makes the count a lock.

use super::model::Refusal;
use super::store_lines;
use crate::base::ids::OrderId;
use crate::base::{Failure, Fault, refuse};
use crate::platform::db::{Read, Tx};
use crate::pricing::{Book, Promotion};

/// Claims every limited promotion of a quote for an order.
pub(super) fn hold(
    tx: &Tx,
    book: &Book,
    claims: &[String],
    order: &OrderId,
    customer: &str,
) -> Result<(), Failure<Refusal>> {
    for id in claims {
        let Some(promotion) = book.promotions.iter().find(|p| &p.id == id) else { continue };
        if is_used_up(tx, promotion, Some(customer))? {
            return refuse(Refusal::UsedUp { title: promotion.title.clone() });
        }
        let limits = (promotion.limit_total, promotion.limit_per_customer);
        store_lines::insert_claim(tx, id, order, (customer, limits))?;
    }
    Ok(())
}

/// Uses up the claims of an order that is paid. Answers the promotions that others have used up
/// meanwhile, or that are gone: the order was given up, and its money came all the same. Its price
/// stays.
pub(super) fn use_up(
    tx: &Tx,
    book: &Book,
    order: &OrderId,
    customer: &str,
) -> Result<Vec<String>, Fault> {
    let mut beyond = Vec::new();
    for id in store_lines::list_released_claims(tx, order)? {
        let promotion = book.promotions.iter().find(|promotion| promotion.id == id);
        match promotion {
            Some(promotion) if !is_used_up(tx, promotion, Some(customer))? => {
                // By today's limits, which may be others than those it was claimed under.
                let limits = (promotion.limit_total, promotion.limit_per_customer);
                store_lines::insert_claim(tx, &id, order, (customer, limits))?;
            }
            found => {
                store_lines::set_beyond(tx, &id, order)?;
                beyond.push(found.map_or(id, |promotion| promotion.title.clone()));
            }
        }
    }
    store_lines::set_claims(tx, order, "used")?;
    Ok(beyond)
}

/// Promotions that this customer, or everybody together, has used up.
///
/// # Errors
/// When the database fails.
pub fn used_up(read: &Read, book: &Book, customer: Option<&str>) -> Result<Vec<String>, Fault> {
    let mut used = Vec::new();
    for promotion in &book.promotions {
        if is_used_up(read, promotion, customer)? {
            used.push(promotion.id.clone());
        }
    }
    Ok(used)
}

/// Orders a customer has paid, by folded e-mail address.
///
/// # Errors
/// When the database fails.
pub fn paid_orders(read: &Read, customer: &str) -> Result<u32, Fault> {
    store_lines::count_paid(read, customer)
}

fn is_used_up(read: &Read, promotion: &Promotion, customer: Option<&str>) -> Result<bool, Fault> {
    if let Some(limit) = promotion.limit_total
        && store_lines::count_claims(read, &promotion.id, None)? >= limit
    {
        return Ok(true);
    }
    match (promotion.limit_per_customer, customer) {
        (Some(limit), Some(customer)) => {
            Ok(store_lines::count_claims(read, &promotion.id, Some(customer))? >= limit)
        }
        _ => Ok(false),
    }
}
