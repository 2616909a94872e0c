//! What has changed under a cart since its visitor last looked, and how much a line may hold.
//! Pure.

use std::collections::BTreeMap;

use crate::base::ids::Sku;
use crate::catalog::Catalog;
use crate::pricing::Item;

use super::model::{Line, QUANTITY_MAX};

/// How many of a line's thing may be in the cart, and why not more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// As many as stock and other lines leave.
    pub available: u32,
    /// As many as one order may hold.
    pub per_order: u32,
}

impl Limits {
    /// The smaller of the two.
    #[must_use]
    pub fn max(self) -> u32 {
        self.available.min(self.per_order)
    }
}

/// Units of each SKU that `qty` of an item takes.
pub(super) fn units_of(catalog: &Catalog, item: &Item, qty: u32) -> Vec<(Sku, u32)> {
    // A SKU renamed since it was put aside is counted under its present name.
    let present = |sku: &Sku| catalog.find(sku).map_or(sku, |(_, variant)| &variant.sku).clone();
    match item {
        Item::Sku(sku) => vec![(present(sku), qty)],
        Item::Bundle(slug) => catalog.bundles.get(slug).map_or_else(Vec::new, |bundle| {
            let part =
                |p: &crate::catalog::BundleItem| (present(&p.sku), p.qty.saturating_mul(qty));
            bundle.items.iter().map(part).collect()
        }),
    }
}

/// What a line may hold, given what is free and what the other lines of its cart take.
#[must_use]
pub fn limit_of(
    catalog: &Catalog,
    item: &Item,
    others: &[Line],
    free: &BTreeMap<Sku, u32>,
) -> Limits {
    let mut taken: BTreeMap<Sku, u32> = BTreeMap::new();
    for other in others {
        for (sku, units) in units_of(catalog, &other.item, other.qty) {
            *taken.entry(sku).or_insert(0) += units;
        }
    }
    let mut limits = Limits { available: QUANTITY_MAX, per_order: QUANTITY_MAX };
    for (sku, each) in units_of(catalog, item, 1) {
        let taken = taken.get(&sku).copied().unwrap_or(0);
        let left = free.get(&sku).copied().unwrap_or(0).saturating_sub(taken);
        limits.available = limits.available.min(left / each.max(1));
        let cap = catalog.find(&sku).and_then(|(_, variant)| variant.max_per_order);
        if let Some(cap) = cap {
            let left = cap.saturating_sub(taken);
            limits.per_order = limits.per_order.min(left / each.max(1));
        }
    }
    limits
}
