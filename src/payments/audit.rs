//! The proof of the books, as far as payments can give it: I5, I6, I10 and I13.

use crate::base::Fault;
use crate::platform::db::{Finding, Read};

/// Checks the room's invariants.
///
/// # Errors
/// When the database fails.
pub fn audit(read: &Read) -> Result<Vec<Finding>, Fault> {
    Ok(vec![
        Finding::check(read, "I5", "at most one payment of an order is alive", ALIVE)?,
        Finding::check(read, "I6", "every paid order received exactly its total", RECEIVED)?,
        Finding::check(read, "I10", "every paid order has the event that made it so", EVENTS)?,
        Finding::check(read, "I13", "every open order has a clock", CLOCKS)?,
    ])
}

const ALIVE: &str = "
    SELECT o.number || ': ' || count(*) || ' payments alive'
    FROM payment p JOIN orders o ON o.id = p.order_id
    WHERE p.state IN ('wanted', 'open', 'processing', 'paid')
    GROUP BY p.order_id HAVING count(*) > 1";

const RECEIVED: &str = "
    SELECT o.number || ': total ' || o.total_minor || ' ' || o.currency || ', received '
           || coalesce(p.received_minor || ' ' || p.currency, 'nothing')
    FROM orders o
    LEFT JOIN payment p ON p.order_id = o.id AND p.state = 'paid'
    WHERE o.paid_at IS NOT NULL
      AND (p.id IS NULL OR p.received_minor <> o.total_minor OR p.currency <> o.currency)";

const EVENTS: &str = "
    SELECT o.number || ': no event says that it was paid'
    FROM orders o
    WHERE o.paid_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM webhook_event e WHERE e.order_id = o.id AND e.state = 'done'
                      AND e.type IN ('checkout.session.completed', 'order.free', 'session.paid',
                                     'checkout.session.async_payment_succeeded'))";

const CLOCKS: &str = "
    SELECT o.number || ': ' || o.payment_status || ' without an open payment'
    FROM orders o
    WHERE o.payment_status IN ('pending', 'processing')
      AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = o.id
                      AND p.state IN ('wanted', 'open', 'processing', 'review'))";
