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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::ids::LineId;
    use crate::pricing::sample::Sample;

    fn sku(code: &str) -> Sku {
        Sku::from_stored(code)
    }

    /// Soap, of which an order may hold six and which was once called SOAP-OLD; a brush; and a set
    /// of two soaps and a brush.
    fn shop() -> Catalog {
        let sample = Sample::new()
            .product("BRUSH", "Brush", 900)
            .product("SOAP", "Soap", 500)
            .with(|soap| soap.variants[0].max_per_order = Some(6))
            .bundle("wash", "Wash set", 1000, &[("SOAP", 2), ("BRUSH", 1)]);
        let mut catalog = Arc::unwrap_or_clone(sample.book().catalog);
        Arc::make_mut(&mut catalog.skus).insert(sku("SOAP-OLD"), ("soap".to_owned(), 0));
        catalog
    }

    fn line(item: Item, qty: u32) -> Line {
        Line { id: LineId::from_stored("line"), item, qty, seen_unit_minor: 0 }
    }

    fn limits(item: Item, others: &[Line], soap: u32, brush: u32) -> (u32, u32) {
        let free = BTreeMap::from([(sku("SOAP"), soap), (sku("BRUSH"), brush)]);
        let limits = limit_of(&shop(), &item, others, &free);
        assert_eq!(limits.max(), limits.available.min(limits.per_order));
        (limits.available, limits.per_order)
    }

    // S2.115: a bundle takes what it is made of, and an old name takes the present goods.
    #[test]
    fn units_are_those_that_leave_the_shelf() {
        let shop = shop();
        let set = Item::Bundle("wash".to_owned());
        assert_eq!(units_of(&shop, &set, 3), [(sku("SOAP"), 6), (sku("BRUSH"), 3)]);
        let soap = [(sku("SOAP"), 2)];
        assert_eq!(units_of(&shop, &Item::Sku(sku("SOAP-OLD")), 2), soap);
        assert_eq!(units_of(&shop, &Item::Sku(sku("GONE")), 1), [(sku("GONE"), 1)]);
        assert_eq!(units_of(&shop, &Item::Bundle("gone".to_owned()), 1), []);
    }

    // S3.27, S3.28
    #[test]
    fn a_line_holds_what_stock_and_the_order_leave() {
        let (soap, brush) = (Item::Sku(sku("SOAP")), Item::Sku(sku("BRUSH")));
        let set = Item::Bundle("wash".to_owned());
        assert_eq!(limits(soap.clone(), &[], 9, 0), (9, 6));
        assert_eq!(limits(brush.clone(), &[], 9, 4), (4, QUANTITY_MAX));
        assert_eq!(limits(brush.clone(), &[], 9, 5000), (QUANTITY_MAX, QUANTITY_MAX));
        // Two soaps each: nine are enough for four sets, and six may be ordered: three.
        assert_eq!(limits(set.clone(), &[], 9, 40), (4, 3));
        assert_eq!(limits(set.clone(), &[], 40, 2), (2, 3));
        // What other lines hold, a set's soaps and both names of the soap, is gone.
        let others = [line(set.clone(), 1), line(Item::Sku(sku("SOAP-OLD")), 1)];
        assert_eq!(limits(soap.clone(), &others, 9, 9), (6, 3));
        assert_eq!(limits(set.clone(), &others, 9, 9), (3, 1));
        assert_eq!(limits(brush, &others, 9, 9), (8, QUANTITY_MAX));
        // More than there is: nothing is left, and nothing is owed.
        assert_eq!(limits(soap, &[line(set, 9)], 9, 9), (0, 0));
    }
}
