//! Adding up what each product brought, and finding the ten that brought most. Pure.

use std::collections::BTreeMap;

use super::model::{ProductSales, Takings};
use crate::base::Currency;
use crate::base::ids::Sku;
use crate::catalog::Catalog;

/// A line of an order or of a refund; what went back counts below zero.
pub(super) struct Line {
    pub(super) kind: String,
    pub(super) reference: String,
    pub(super) title: String,
    pub(super) options: String,
    pub(super) units: i64,
    pub(super) net_minor: i64,
}

/// Products by kind and name.
#[derive(Default)]
pub(super) struct Tally(BTreeMap<(String, String), ProductSales>);

impl Tally {
    /// Adds a line under the name it was sold by.
    pub(super) fn add_line(&mut self, line: Line) {
        let title = match line.options.as_str() {
            "" => line.title,
            options => format!("{}, {options}", line.title),
        };
        self.add(ProductSales {
            kind: line.kind,
            reference: line.reference,
            title,
            units: line.units,
            net_minor: line.net_minor,
        });
    }

    /// Adds what is counted already; the title of the newest stays.
    pub(super) fn add(&mut self, sold: ProductSales) {
        let key = (sold.kind.clone(), sold.reference.clone());
        match self.0.get_mut(&key) {
            Some(known) => {
                known.units += sold.units;
                known.net_minor += sold.net_minor;
                known.title = sold.title;
            }
            None => drop(self.0.insert(key, sold)),
        }
    }

    /// The same under the products that sell them now, whatever their variants.
    pub(super) fn by_product(self, catalog: &Catalog) -> Self {
        let mut tally = Self::default();
        for sold in self.0.into_values() {
            let product = match sold.kind.as_str() {
                "product" => Sku::parse(&sold.reference).and_then(|sku| {
                    catalog.find(&sku).map(|(p, _)| (p.slug.clone(), p.title.clone()))
                }),
                _ => None,
            };
            let (reference, title) = product.unwrap_or((sold.reference, sold.title));
            tally.add(ProductSales { reference, title, ..sold });
        }
        tally
    }

    /// All of them, by kind and name.
    pub(super) fn products(&self) -> impl Iterator<Item = &ProductSales> {
        self.0.values()
    }

    /// Those that brought most, the best first. S3.52
    pub(super) fn top(self, count: usize) -> Vec<ProductSales> {
        let mut all: Vec<ProductSales> = self.0.into_values().collect();
        all.retain(|p| p.units > 0 || p.net_minor > 0);
        all.sort_by(|a, b| {
            let by_money = b.net_minor.cmp(&a.net_minor);
            by_money.then(b.units.cmp(&a.units)).then_with(|| a.reference.cmp(&b.reference))
        });
        all.truncate(count);
        all
    }
}

/// What a day's count depends on: as long as this is the same, so is the count.
pub(super) fn mark(period: super::days::Period, takings: &[(Currency, Takings)]) -> String {
    let mut mark = format!("{}-{}", period.0.0, period.1.0);
    for (currency, t) in takings.iter().filter(|(_, t)| *t != Takings::default()) {
        let (orders, paid, refunds, back) = (t.orders, t.paid_minor, t.refunds, t.refunded_minor);
        mark = format!("{mark} {} {orders} {paid} {refunds} {back}", currency.code());
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: &str, reference: &str, units: i64, net_minor: i64) -> Line {
        Line {
            kind: kind.to_owned(),
            reference: reference.to_owned(),
            title: "Mug".to_owned(),
            options: if kind == "product" { "Grey".to_owned() } else { String::new() },
            units,
            net_minor,
        }
    }

    // S3.52: by revenue, less what went back; a bundle is itself.
    #[test]
    fn the_best_come_first() {
        let mut tally = Tally::default();
        tally.add_line(line("product", "A", 1, 500));
        tally.add_line(line("bundle", "A", 1, 900));
        tally.add_line(line("product", "B", 3, 600));
        tally.add_line(line("product", "A", 1, 500));
        tally.add_line(line("product", "B", -1, -200));
        tally.add_line(line("product", "C", 1, 100));
        tally.add_line(line("product", "C", -1, -100));
        let top = tally.top(10);
        let told: Vec<_> =
            top.iter().map(|p| (p.kind.as_str(), p.reference.as_str(), p.units)).collect();
        assert_eq!(told, [("product", "A", 2), ("bundle", "A", 1), ("product", "B", 2)]);
        assert_eq!((top[0].net_minor, top[0].title.as_str()), (1000, "Mug, Grey"));
    }
}
