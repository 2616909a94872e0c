//! What a bundle costs: the sum of its parts less its saving, rounded once per bundle.

use super::round::{CEILING, WHOLE, half_up_to, price, sum, times};
use crate::base::Instant;
use crate::catalog::{Bundle, Catalog};

/// The prices of one bundle; every place that shows a bundle shows these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundlePrice {
    /// The parts at their regular prices, minor units.
    pub regular_minor: i64,
    /// The parts at today's prices, minor units.
    pub parts_minor: i64,
    /// What one bundle costs, minor units.
    pub price_minor: i64,
}

impl BundlePrice {
    /// What buying together saves against today's prices, minor units.
    #[must_use]
    pub fn saving_minor(&self) -> i64 {
        self.parts_minor - self.price_minor
    }
}

/// What one bundle costs at `now`; none when the catalog lacks one of its parts.
#[must_use]
pub fn bundle_price(catalog: &Catalog, bundle: &Bundle, now: Instant) -> Option<BundlePrice> {
    let step = catalog.shop.currency.step();
    let parts = bundle.items.iter().map(|item| {
        let (_, variant) = catalog.find(&item.sku)?;
        let cost = |minor: i64| times(price(minor, step), item.qty);
        Some((cost(variant.price_minor), cost(variant.price_at(now))))
    });
    let parts = parts.collect::<Option<Vec<_>>>()?;
    let parts_minor = sum(parts.iter().map(|p| p.1)).min(CEILING);
    Some(BundlePrice {
        regular_minor: sum(parts.iter().map(|p| p.0)).min(CEILING),
        parts_minor,
        price_minor: discounted(parts_minor, bundle.discount_bp, step),
    })
}

/// The price of one bundle, half up. Rounding the price and not the saving matters at halves:
/// the buyer pays what the page shows.
fn discounted(parts_minor: i64, discount_bp: u32, step: i64) -> i64 {
    let paid = i128::from(WHOLE.saturating_sub(discount_bp));
    half_up_to(step, i128::from(parts_minor) * paid, i128::from(WHOLE))
}

#[cfg(test)]
mod tests {
    use super::super::sample::{NOW, Sample};
    use super::*;

    // S2.32 S2.83 S2.118: the price is the parts' sum less the percentage, half up, once.
    #[test]
    fn the_unit_price_is_rounded_half_up() {
        assert_eq!(discounted(4999, 1000, 1), 4499);
        assert_eq!(discounted(4999, 1250, 1), 4374);
        assert_eq!(discounted(5, 1000, 1), 5);
        assert_eq!(discounted(4999, 0, 1), 4999);
        assert_eq!(discounted(4999, 20_000, 1), 0);
        assert_eq!(discounted(4990, 1000, 10), 4490);
    }

    // S2.118: parts count at today's prices; the regular price ignores sales.
    #[test]
    fn parts_on_sale_make_the_bundle_cheaper() {
        let book = Sample::new()
            .product("A", "A", 1000)
            .on_sale(800)
            .product("B", "B", 500)
            .product("C", "C", 250)
            .bundle("set", "Set", 1000, &[("A", 1), ("B", 1), ("C", 2)])
            .book();
        let price = bundle_price(&book.catalog, &book.catalog.bundles["set"], NOW);
        let expected = BundlePrice { regular_minor: 2000, parts_minor: 1800, price_minor: 1620 };
        assert_eq!(price, Some(expected));
        assert_eq!(expected.saving_minor(), 180);
    }
}
