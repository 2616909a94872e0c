//! The letter to the merchant when something runs low.

use serde_json::json;

use super::model::Level;
use crate::base::Instant;
use crate::base::email_address::EmailAddress;
use crate::catalog::Catalog;
use crate::platform::mail::Letter;

/// A letter that owns its recipient until it is put into the outbox.
pub(super) struct LowStock {
    recipient: EmailAddress,
    sender: String,
    dedup_key: String,
    data: serde_json::Value,
}

impl LowStock {
    pub(super) fn borrow(&self) -> Letter<'_> {
        Letter {
            dedup_key: self.dedup_key.clone(),
            sender: &self.sender,
            recipient: &self.recipient,
            template: "low_stock",
            data: self.data.clone(),
        }
    }
}

/// The letter about one SKU; none when the shop has no usable address.
pub(super) fn low_stock_letter(catalog: &Catalog, level: &Level, now: Instant) -> Option<LowStock> {
    let shop = &catalog.shop;
    let found = catalog.find(&level.sku);
    let title = found.map_or(level.sku.as_str(), |(product, _)| product.title.as_str());
    let options = found.map(|(_, variant)| variant.label()).unwrap_or_default();
    Some(LowStock {
        recipient: EmailAddress::parse(&shop.contact.email)?,
        sender: shop.email_from.clone(),
        // Two crossings cannot share a moment: the alert row between them must first be cleared.
        dedup_key: format!("{}:low_stock:{}", level.sku, now.0),
        data: json!({
            "items": [{
                "sku": level.sku, "title": title, "options": options,
                "free": level.free(), "held": level.held, "low": level.low,
            }],
        }),
    })
}
