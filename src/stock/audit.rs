//! The proof of the books: what is on the shelf and what is held, for every SKU since day one.

use crate::base::Fault;
use crate::platform::db::{Finding, Read};

/// Checks the room's invariants, I1 and I2.
///
/// # Errors
/// When the database fails.
pub fn audit(read: &Read) -> Result<Vec<Finding>, Fault> {
    Ok(vec![
        Finding::check(read, "I1", "the ledger sums to what is on the shelf", LEDGER)?,
        Finding::check(read, "I2", "open holds sum to what is held", HOLDS)?,
    ])
}

const LEDGER: &str = "
    SELECT i.sku || ': ledger says ' || coalesce(m.total, 0) || ', shelf says ' || i.on_hand
    FROM stock_item i
    LEFT JOIN (SELECT sku, location, sum(delta) AS total FROM stock_move
               GROUP BY sku, location) m USING (sku, location)
    WHERE coalesce(m.total, 0) <> i.on_hand";

const HOLDS: &str = "
    SELECT i.sku || ': open holds ' || coalesce(h.total, 0) || ', held ' || i.held
    FROM stock_item i
    LEFT JOIN (SELECT sku, location, sum(qty) AS total FROM hold WHERE state = 'active'
               GROUP BY sku, location) h USING (sku, location)
    WHERE coalesce(h.total, 0) <> i.held";
