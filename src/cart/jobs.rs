//! Forgetting carts nobody has touched for as long as the shop keeps them.

use std::time::Duration;

use serde_json::Value;

use super::flow::changed;
use super::store;
use crate::base::fault::{Failure, Never};
use crate::platform::Kit;
use crate::platform::db::Tx;
use crate::platform::jobs::{Found, Job};
use crate::pricing::Books;

/// Carts expired in one transaction.
const BATCH: u32 = 100;

/// The sweeper of old carts.
#[must_use]
pub fn jobs(kit: &Kit, books: &Books) -> Vec<Job> {
    let (kit, books) = (kit.clone(), books.clone());
    vec![
        Job::new("carts", Duration::from_mins(10), move || {
            let (kit, books) = (kit.clone(), books.clone());
            async move {
                let now = kit.now();
                let before = now.plus_s(-books.now().catalog.shop.cart_expires_s);
                let sweep = move |tx: &Tx| {
                    let idle = store::list_idle(tx, before, BATCH)?;
                    for cart in &idle {
                        store::set_status(tx, cart, "expired")?;
                        changed(tx, cart, "expired", &Value::Null, now)?;
                        store::delete_lines(tx, cart)?;
                    }
                    Ok::<_, Failure<Never>>(idle.len())
                };
                let swept = kit.db.write(sweep).await?;
                Ok(if swept == 0 { Found::Nothing } else { Found::Work })
            }
        })
        .unhurried(),
    ]
}
