//! The proof of the books, as far as payments can give it: I5, I6, I8, I10 and I13.

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
        Finding::check(read, "I8", "no more goes back than came, and all books agree on it", BACK)?,
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

/// Money against what was received, the order's own account of it and its status, units against
/// lines, the ledger against what came back with refunds, and the count of disputes.
const BACK: &str = "
    SELECT o.number || ': ' || sum(r.amount_minor) || ' went back of ' || p.received_minor
    FROM refund r JOIN payment p ON p.id = r.payment_id JOIN orders o ON o.id = r.order_id
    WHERE r.state <> 'failed'
    GROUP BY r.payment_id HAVING sum(r.amount_minor) > coalesce(p.received_minor, 0)
    UNION ALL
    SELECT o.number || ': says ' || o.refunded_minor || ' and ' || o.refunding_minor
           || ', refunds say ' || coalesce(r.gone, 0) || ' and ' || coalesce(r.going, 0)
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(iif(state = 'succeeded', amount_minor, 0)) AS gone,
                      sum(iif(state IN ('wanted', 'pending'), amount_minor, 0)) AS going
               FROM refund WHERE late = 0 GROUP BY order_id) r ON r.order_id = o.id
    WHERE o.refunded_minor <> coalesce(r.gone, 0) OR o.refunding_minor <> coalesce(r.going, 0)
    UNION ALL
    SELECT o.number || ': is ' || o.payment_status || ' with ' || o.refunded_minor || ' of '
           || o.total_minor || ' back'
    FROM orders o
    WHERE (o.payment_status = 'paid' AND o.refunded_minor > 0)
       OR (o.payment_status = 'part_refunded'
           AND (o.refunded_minor = 0 OR o.refunded_minor >= o.total_minor))
       OR (o.payment_status = 'refunded' AND o.refunded_minor < o.total_minor)
    UNION ALL
    SELECT o.number || ': line ' || i.position || ' went back ' || sum(i.qty) || ' times'
    FROM refund r JOIN refund_item i ON i.refund_id = r.id JOIN orders o ON o.id = r.order_id
    JOIN order_item n ON n.order_id = r.order_id AND n.position = i.position
    WHERE r.state <> 'failed'
    GROUP BY r.order_id, i.position HAVING sum(i.qty) > n.qty OR sum(i.amount_minor) > n.net_minor
             + CASE o.tax_included WHEN 1 THEN 0 ELSE n.tax_minor END
    UNION ALL
    SELECT o.number || ': ledger took back ' || coalesce(m.units, 0) || ', refunds say '
           || coalesce(s.units, 0)
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(delta) AS units FROM stock_move
               WHERE reason IN ('cancel', 'return') AND order_id IS NOT NULL
               GROUP BY order_id) m ON m.order_id = o.id
    LEFT JOIN (SELECT r.order_id, sum(s.qty) AS units FROM refund r
               JOIN refund_restock s ON s.refund_id = r.id GROUP BY r.order_id) s
         ON s.order_id = o.id
    WHERE coalesce(m.units, 0) <> coalesce(s.units, 0)
    UNION ALL
    SELECT o.number || ': says ' || o.disputes_open || ' disputes open and ' || o.disputes_lost
           || ' lost, their record says ' || coalesce(d.open, 0) || ' and ' || coalesce(d.lost, 0)
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(status NOT IN ('won', 'lost')) AS open,
                      sum(status = 'lost') AS lost
               FROM dispute GROUP BY order_id) d ON d.order_id = o.id
    WHERE o.disputes_open <> coalesce(d.open, 0) OR o.disputes_lost <> coalesce(d.lost, 0)";

const EVENTS: &str = "
    SELECT o.number || ': no event says that it was paid'
    FROM orders o
    WHERE o.paid_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM webhook_event e WHERE e.order_id = o.id AND e.state = 'done'
                      AND e.type IN ('checkout.session.completed', 'order.free',
                                     'order.paid_by_hand', 'session.paid',
                                     'checkout.session.async_payment_succeeded'))";

const CLOCKS: &str = "
    SELECT o.number || ': ' || o.payment_status || ' without an open payment'
    FROM orders o
    WHERE o.payment_status IN ('pending', 'processing')
      AND NOT EXISTS (SELECT 1 FROM payment p WHERE p.order_id = o.id
                      AND p.state IN ('wanted', 'open', 'processing'))";
