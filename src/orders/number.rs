//! Order numbers people can read out: prefix and a running number.

use crate::base::Fault;
use crate::platform::db::Tx;

use super::store;

/// The next running number, and the order number made of it, such as `HF-1042`. Numbers of orders
/// whose transaction is undone are given out again, so there are no holes.
pub(super) fn next(tx: &Tx, prefix: &str) -> Result<(i64, String), Fault> {
    let seq = store::set_next_number(tx)?;
    Ok((seq, format!("{prefix}{seq}")))
}
