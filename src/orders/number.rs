//! Order numbers people can read out: prefix and a running number.

use crate::base::Fault;
use crate::platform::db::Tx;

use super::store;

/// The next order number, such as `HF-1042`. Numbers of orders whose transaction is undone are
/// given out again, so there are no holes.
pub(super) fn next(tx: &Tx, prefix: &str) -> Result<String, Fault> {
    Ok(format!("{prefix}{}", store::set_next_number(tx)?))
}
