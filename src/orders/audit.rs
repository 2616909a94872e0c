//! The proof of the books, as far as orders can give it: I3, I4, I7, I9 and I11.

use crate::base::Fault;
use crate::platform::db::{Finding, Read};

/// Checks the room's invariants.
///
/// # Errors
/// When the database fails.
pub fn audit(read: &Read) -> Result<Vec<Finding>, Fault> {
    Ok(vec![
        Finding::check(read, "I3", "every paid order has taken its goods, once", SALES)?,
        Finding::check(read, "I4", "no hold is open for a closed order", STALE_HOLDS)?,
        Finding::check(read, "I7", "lines, discounts and delivery sum to the total", SUMS)?,
        Finding::check(read, "I9", "one letter of each kind for each order", LETTERS)?,
        Finding::check(read, "I11", "promotion claims follow their order", CLAIMS)?,
    ])
}

/// Units a paid order needed against units the ledger says it took.
const SALES: &str = "
    SELECT o.number || ': ' || n.ref || ' needed ' || n.qty || ', ledger took '
           || coalesce(-m.total, 0)
    FROM orders o
    JOIN (SELECT order_id, ref, sum(qty) AS qty FROM order_item
          WHERE kind IN ('product', 'part') GROUP BY order_id, ref) n ON n.order_id = o.id
    LEFT JOIN (SELECT order_id, sku, sum(delta) AS total FROM stock_move
               WHERE reason = 'sale' GROUP BY order_id, sku) m
           ON m.order_id = o.id AND m.sku = n.ref
    WHERE o.paid_at IS NOT NULL AND coalesce(-m.total, 0) <> n.qty";

const STALE_HOLDS: &str = "
    SELECT o.number || ': ' || h.sku || ' still held though ' || o.payment_status
    FROM hold h JOIN orders o ON o.id = h.order_id
    WHERE h.state = 'active' AND o.payment_status NOT IN ('pending', 'processing')";

const SUMS: &str = "
    SELECT o.number || ': lines ' || i.net || ', discounts ' || coalesce(a.off, 0)
    FROM orders o
    JOIN (SELECT order_id, sum(gross_minor) AS gross, sum(net_minor) AS net,
                 sum(discount_minor) AS off FROM order_item GROUP BY order_id) i
         ON i.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(amount_minor) AS off FROM order_adjustment
               WHERE source <> 'shipping' GROUP BY order_id) a ON a.order_id = o.id
    WHERE i.gross <> o.items_minor OR i.off <> o.discount_minor
       OR coalesce(a.off, 0) <> o.discount_minor
       OR i.net <> o.items_minor - o.discount_minor";

const LETTERS: &str = "
    SELECT dedup_key || ': ' || count(*) || ' letters'
    FROM outbox GROUP BY dedup_key HAVING count(*) > 1";

const CLAIMS: &str = "
    SELECT o.number || ': ' || c.promotion || ' is ' || c.state || ' though ' || o.payment_status
    FROM promotion_claim c JOIN orders o ON o.id = c.order_id
    WHERE (c.state = 'held' AND o.payment_status NOT IN ('pending', 'processing'))
       OR (c.state = 'used' AND o.paid_at IS NULL)
       OR (c.state = 'released' AND o.payment_status IN ('pending', 'processing'))";
