//! How much of an order's money a line, some units of it, or the delivery stand for. Pure.
//!
//! What a buyer paid for a line is its net, discounts taken off, and the tax on top of it when
//! prices do not contain tax. Shares of units are rounded so that those of all units add up to
//! exactly what was paid, in whatever portions they go back.

use crate::orders::Item;

/// What was paid for a line, minor units.
#[must_use]
pub(super) fn paid_for(item: &Item, tax_included: bool) -> i64 {
    if tax_included { item.net_minor } else { item.net_minor + item.tax_minor }
}

/// What goes back for `units` more of a line of `qty` units, when `gone_units` went back before
/// for `gone_minor` together; in whole steps of the currency, which what was paid is.
#[must_use]
pub(super) fn of_units(paid_minor: i64, qty: u32, gone: (u32, i64), units: u32, step: i64) -> i64 {
    let (gone_units, gone_minor) = gone;
    let all = i128::from(gone_units) + i128::from(units);
    let due = i128::from(paid_minor) * all / i128::from(qty.max(1));
    let due = i64::try_from(due).unwrap_or(paid_minor);
    let due = if due < paid_minor { due - due % step } else { due };
    (due - gone_minor).clamp(0, paid_minor)
}

/// What was paid for delivery, tax with it: whatever of the total the lines do not account for.
#[must_use]
pub(super) fn of_delivery(total_minor: i64, items: &[Item], tax_included: bool) -> i64 {
    let lines: i64 = items.iter().map(|item| paid_for(item, tax_included)).sum();
    (total_minor - lines).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // S1.40: thirds of a penny are settled with the last unit.
    #[test]
    fn three_of_ten_pounds_add_up() {
        assert_eq!(of_units(1_000, 3, (0, 0), 1, 1), 333);
        assert_eq!(of_units(1_000, 3, (1, 333), 1, 1), 333);
        assert_eq!(of_units(1_000, 3, (2, 666), 1, 1), 334);
        assert_eq!(of_units(1_000, 3, (0, 0), 3, 1), 1_000);
        assert_eq!(of_units(0, 3, (0, 0), 2, 1), 0);
        // S3.49: where thousandths are not charged, none go back.
        assert_eq!(of_units(10_000, 3, (0, 0), 1, 10), 3_330);
        assert_eq!(of_units(10_000, 3, (1, 3_330), 1, 10), 3_330);
        assert_eq!(of_units(10_000, 3, (2, 6_660), 1, 10), 3_340);
    }

    fn item(net_minor: i64, tax_minor: i64) -> Item {
        Item {
            position: 0,
            parent: None,
            kind: "product".to_owned(),
            reference: "MUG-1".to_owned(),
            title: String::new(),
            options: String::new(),
            tier: String::new(),
            qty: 1,
            unit_minor: net_minor,
            gross_minor: net_minor,
            discount_minor: 0,
            net_minor,
            tax_minor,
            tax_bp: 2000,
            image: String::new(),
        }
    }

    // S1.40: tax goes back with its line; what no line accounts for was the delivery.
    #[test]
    fn lines_and_delivery_are_the_total() {
        let items = [item(1_000, 200), item(500, 100)];
        assert_eq!((paid_for(&items[0], true), paid_for(&items[0], false)), (1_000, 1_200));
        assert_eq!(of_delivery(2_000, &items, true), 500);
        assert_eq!(of_delivery(2_160, &items, false), 360);
        assert_eq!(of_delivery(1_400, &items, true), 0);
        // More can never go back than was paid for the line, nor less than nothing.
        assert_eq!((of_units(100, 1, (0, 0), 9, 1), of_units(100, 2, (1, 90), 1, 1)), (100, 10));
        assert_eq!((of_units(100, 2, (0, 80), 1, 1), of_units(100, 0, (0, 0), 1, 1)), (0, 100));
    }

    proptest! {
        // S1.40: in whatever portions, all units together are what was paid, and none is negative.
        #[test]
        fn portions_add_up(
            paid in 0_i64..100_000_000,
            cuts in prop::collection::vec(1_u32..9, 1..12),
        ) {
            let qty: u32 = cuts.iter().sum();
            let (mut units, mut minor) = (0, 0);
            for cut in cuts {
                let share = of_units(paid, qty, (units, minor), cut, 1);
                prop_assert!(share >= 0);
                units += cut;
                minor += share;
            }
            prop_assert_eq!(minor, paid);
        }
    }
}
