//! The letter to the merchant when something runs low, and the news to programs that asked.

use serde_json::json;

use super::model::Level;
use crate::base::email_address::EmailAddress;
use crate::base::{Fault, Instant};
use crate::catalog::Catalog;
use crate::platform::db::Tx;
use crate::platform::hooks::{self, Kind, News};
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
            about: "",
            sender: &self.sender,
            recipient: &self.recipient,
            template: "low_stock",
            data: self.data.clone(),
        }
    }
}

/// Tells programs that want to hear of it.
pub(super) fn tell_low_stock(
    tx: &Tx,
    catalog: &Catalog,
    level: &Level,
    now: Instant,
) -> Result<(), Fault> {
    let found = catalog.find(&level.sku);
    let title = found.map_or(level.sku.as_str(), |(product, _)| product.title.as_str());
    let options = found.map(|(_, variant)| variant.label()).unwrap_or_default();
    let (sku, on_hand, low) = (&level.sku, level.on_hand, level.low);
    let news = News {
        kind: Kind::StockLow,
        dedup_key: format!("{sku}:stock.low:{}", now.0),
        about: sku.as_str(),
        text: format!("Low stock: {title} ({sku}), {on_hand} left, mark {low}."),
    };
    let more = json!({
        "sku": sku, "title": title, "options": options, "on_hand": on_hand, "held": level.held,
        "free": level.free(), "low": low,
    });
    hooks::tell(tx, &news, || Ok(more), now)
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
