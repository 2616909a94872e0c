//! The proof of the books, as far as orders can give it: I3, I4, I7, I9, I11, I12, I14
//! and I15.

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
        Finding::check(read, "I7", "lines, discounts, delivery and tax sum to the total", SUMS)?,
        Finding::check(read, "I9", "one letter of each kind for each order", LETTERS)?,
        Finding::check(
            read,
            "I11",
            "promotion claims follow their order and keep to their limits",
            CLAIMS,
        )?,
        Finding::check(read, "I12", "order numbers have no holes", NUMBERS)?,
        Finding::check(read, "I14", "every price charged stands in its order's record", RECORDS)?,
        Finding::check(read, "I15", "no more leaves than was bought", PARCELS)?,
    ])
}

/// Units bought, units its holds became, and units the ledger says left: all the same. SKUs are
/// compared between hold and ledger, which both have the name of the moment of the sale; an
/// order's lines keep the name they were bought under.
const SALES: &str = "
    SELECT o.number || ': ' || n.units || ' units bought, ' || coalesce(h.units, 0) || ' taken'
    FROM orders o
    JOIN (SELECT order_id, sum(qty) AS units FROM order_item
          WHERE kind IN ('product', 'part') GROUP BY order_id) n ON n.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(qty) AS units FROM hold
               WHERE state = 'sold' GROUP BY order_id) h ON h.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND coalesce(h.units, 0) <> n.units
    UNION ALL
    SELECT coalesce(o.number, h.order_id) || ': took ' || h.qty || ' of ' || h.sku
           || ', the ledger says ' || coalesce(m.sold, 0)
    FROM hold h
    LEFT JOIN orders o ON o.id = h.order_id
    LEFT JOIN (SELECT order_id, sku, -sum(delta) AS sold FROM stock_move
               WHERE reason = 'sale' GROUP BY order_id, sku) m
           ON m.order_id = h.order_id AND m.sku = h.sku
    WHERE h.state = 'sold' AND (coalesce(m.sold, 0) <> h.qty OR o.paid_at IS NULL)
    UNION ALL
    SELECT coalesce(o.number, m.order_id, 'no order') || ': the ledger sold ' || m.sku
           || ' that it never held'
    FROM stock_move m
    LEFT JOIN orders o ON o.id = m.order_id
    WHERE m.reason = 'sale'
      AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.order_id = m.order_id AND h.sku = m.sku
                      AND h.state = 'sold')
    UNION ALL
    SELECT o.number || ': ' || sum(m.delta) || ' units more came back than were sold'
    FROM stock_move m JOIN orders o ON o.id = m.order_id
    WHERE m.reason IN ('sale', 'cancel', 'return')
    GROUP BY m.order_id HAVING sum(m.delta) > 0";

const STALE_HOLDS: &str = "
    SELECT coalesce(o.number, h.order_id) || ': ' || h.sku || ' still held though '
           || coalesce(o.payment_status, 'there is no such order')
    FROM hold h LEFT JOIN orders o ON o.id = h.order_id
    WHERE h.state = 'active' AND coalesce(o.payment_status, '') NOT IN ('pending', 'processing')";

/// The tax of a line is made again from its net amount and its rate, halves up; tax that is added
/// in the steps of the currency ([`crate::base::Currency::step`]).
const SUMS: &str = "
    SELECT o.number || ': lines ' || coalesce(i.net, 0) || ', discounts ' || coalesce(a.off, 0)
           || ', tax ' || coalesce(i.tax, 0) || ', but items ' || o.items_minor || ', discount '
           || o.discount_minor || ', delivery ' || o.delivery_minor || ', tax ' || o.tax_minor
           || ', total ' || o.total_minor
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(gross_minor) AS gross, sum(net_minor) AS net,
                      sum(discount_minor) AS off, sum(tax_minor) AS tax
               FROM order_item GROUP BY order_id) i ON i.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(amount_minor) AS off FROM order_adjustment
               WHERE source <> 'shipping' GROUP BY order_id) a ON a.order_id = o.id
    WHERE i.order_id IS NULL
       OR i.gross <> o.items_minor OR i.off <> o.discount_minor
       OR coalesce(a.off, 0) <> o.discount_minor
       OR i.net <> o.items_minor - o.discount_minor
       OR i.tax + coalesce(o.quote ->> '$.delivery.tax_minor', 0) <> o.tax_minor
       OR o.total_minor <> o.items_minor - o.discount_minor + o.delivery_minor
                           + CASE o.tax_included WHEN 1 THEN 0 ELSE o.tax_minor END
    UNION ALL
    SELECT o.number || ': ' || i.ref || ' bears ' || i.tax_minor || ' tax at ' || i.tax_bp
           || ' on ' || i.net_minor
    FROM order_item i
    JOIN (SELECT id, number, tax_included,
                 CASE WHEN currency IN ('BHD', 'JOD', 'KWD', 'OMR', 'TND') THEN 10
                      WHEN currency = 'MGA' THEN 100 ELSE 1 END AS step
          FROM orders) o ON o.id = i.order_id
    WHERE i.tax_minor <> CASE o.tax_included
        WHEN 1 THEN (2 * i.net_minor * i.tax_bp + 10000 + i.tax_bp) / (2 * (10000 + i.tax_bp))
        ELSE (2 * i.net_minor * i.tax_bp + 10000 * o.step) / (20000 * o.step) * o.step END";

/// A key names the order (or what else caused it) and the kind. What a person had sent again has a
/// reason, and is no second letter of the shop's.
const LETTERS: &str = "
    SELECT dedup_key || ': ' || count(*) || ' letters'
    FROM outbox GROUP BY dedup_key HAVING count(*) > 1
    UNION ALL
    SELECT o.number || ': ' || l.letters || ' confirmations'
    FROM (SELECT substr(dedup_key, 1, instr(dedup_key || ':', ':') - 1) AS order_id,
                 count(*) AS letters
          FROM outbox WHERE template = 'order_confirmation' AND reason = ''
          GROUP BY 1 HAVING count(*) > 1) l
    JOIN orders o ON o.id = l.order_id";

const CLAIMS: &str = "
    SELECT o.number || ': ' || c.promotion || ' is ' || c.state || ' though ' || o.payment_status
    FROM promotion_claim c JOIN orders o ON o.id = c.order_id
    WHERE (c.state = 'held' AND o.payment_status NOT IN ('pending', 'processing'))
       OR (c.state = 'used' AND o.paid_at IS NULL)
       OR (c.state = 'released' AND o.payment_status IN ('pending', 'processing'))
    UNION ALL
    SELECT promotion || ': ' || count(*) || ' uses, ' || max(limit_total) || ' are allowed'
    FROM promotion_claim WHERE state <> 'released' AND is_beyond = 0
    GROUP BY promotion
    HAVING count(*) = count(limit_total) AND count(*) > max(limit_total)
    UNION ALL
    SELECT promotion || ': ' || count(*) || ' uses of ' || customer_key || ', '
           || max(limit_per_customer) || ' are allowed'
    FROM promotion_claim WHERE state <> 'released' AND is_beyond = 0
    GROUP BY promotion, customer_key
    HAVING count(*) = count(limit_per_customer) AND count(*) > max(limit_per_customer)";

/// Numbers are given out in the order's own transaction, beginning at 1001.
const NUMBERS: &str = "
    SELECT (s.next - 1001) || ' numbers were given out, ' || n.orders || ' orders are there'
    FROM order_sequence s, (SELECT count(*) AS orders FROM orders) n
    WHERE s.next - 1001 <> n.orders";

/// The record an order was made from says what its columns and lines say: at each moment a SKU had
/// one price, and the one charged can be shown.
const RECORDS: &str = "
    SELECT o.number || ': its record says ' || coalesce(o.quote ->> '$.total_minor', 'nothing')
           || ' for ' || o.total_minor
    FROM orders o
    WHERE o.revision = '' OR coalesce(o.quote ->> '$.total_minor', -1) <> o.total_minor
       OR coalesce(o.quote ->> '$.revision', '') <> o.revision
    UNION ALL
    SELECT o.number || ': ' || i.ref || ' was sold for ' || i.unit_minor
           || ', which its record does not say'
    FROM order_item i JOIN orders o ON o.id = i.order_id
    WHERE i.parent IS NULL
      AND NOT EXISTS (SELECT 1 FROM json_each(o.quote, '$.lines') line
                      WHERE line.value ->> '$.unit_minor' = i.unit_minor
                        AND line.value ->> '$.qty' = i.qty
                        AND line.value ->> '$.net_minor' = i.net_minor)";

/// Units in parcels and units kept back are at most those bought; what is left is the rest. Every
/// order can be found by where it stands.
const PARCELS: &str = "
    SELECT o.number || ': ' || coalesce(i.units, 0) || ' units bought, ' || coalesce(f.units, 0)
           || ' left, ' || coalesce(i.kept, 0) || ' kept back, ' || o.left_units || ' still here'
    FROM orders o
    LEFT JOIN (SELECT order_id, sum(qty) AS units, sum(kept_qty) AS kept FROM order_item
               WHERE kind IN ('product', 'part') GROUP BY order_id) i ON i.order_id = o.id
    LEFT JOIN (SELECT order_id, sum(qty) AS units FROM fulfilment_item GROUP BY order_id) f
           ON f.order_id = o.id
    WHERE coalesce(i.units, 0) - coalesce(i.kept, 0) - coalesce(f.units, 0) <> o.left_units
       OR (o.left_units = 0 AND o.fulfilment_status = 'part_shipped')
       OR (o.left_units > 0 AND o.fulfilment_status IN ('shipped', 'delivered', 'returned'))
       OR ((f.units IS NULL) <> (o.fulfilment_status = 'unfulfilled'))
    UNION ALL
    SELECT o.number || ': ' || i.ref || ' left ' || sum(f.qty) || ' times, bought ' || i.qty
    FROM fulfilment_item f
    JOIN order_item i ON i.order_id = f.order_id AND i.position = f.position
    JOIN orders o ON o.id = f.order_id
    GROUP BY f.order_id, f.position HAVING sum(f.qty) > i.qty - i.kept_qty";
