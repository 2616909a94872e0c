//! Adding up what each product brought, and finding the ten that brought most. Pure.

use std::collections::HashMap;

use super::model::{ProductSales, Takings};
use crate::base::Currency;

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
pub(super) struct Tally {
    sold: HashMap<String, ProductSales>,
    /// Room for one key: a year has as many rows as orders have lines, and few of them are new.
    key: String,
}

impl Tally {
    /// Adds a line under the name it was sold by.
    pub(super) fn add_line(&mut self, line: &Line) {
        let title = match line.options.as_str() {
            "" => line.title.clone(),
            options => format!("{}, {options}", line.title),
        };
        self.add((&line.kind, &line.reference), &title, line.units, line.net_minor);
    }

    /// Adds what is counted already; the title of the newest stays.
    pub(super) fn add(
        &mut self,
        (kind, reference): (&str, &str),
        title: &str,
        units: i64,
        net_minor: i64,
    ) {
        self.key.clear();
        self.key.extend([kind, "/", reference]);
        if let Some(known) = self.sold.get_mut(&self.key) {
            known.units += units;
            known.net_minor += net_minor;
            if known.title != title {
                title.clone_into(&mut known.title);
            }
        } else {
            let (kind, reference, title) = (kind.into(), reference.into(), title.into());
            let sold = ProductSales { kind, reference, title, units, net_minor };
            self.sold.insert(self.key.clone(), sold);
        }
    }

    /// All of them, by kind and name.
    pub(super) fn products(&self) -> impl Iterator<Item = &ProductSales> {
        let mut all: Vec<&ProductSales> = self.sold.values().collect();
        all.sort_by(|a, b| (&a.kind, &a.reference).cmp(&(&b.kind, &b.reference)));
        all.into_iter()
    }
}

/// What one product brought, its words borrowed from wherever they stand.
#[derive(Clone, Copy)]
pub(super) struct Sum<'a> {
    pub(super) kind: &'a str,
    pub(super) reference: &'a str,
    pub(super) title: &'a str,
    pub(super) units: i64,
    pub(super) net_minor: i64,
}

/// Those that brought most, the best first. S3.52
pub(super) fn top(mut all: Vec<Sum<'_>>, count: usize) -> Vec<ProductSales> {
    all.retain(|sum| sum.units > 0 || sum.net_minor > 0);
    let better = |a: &Sum<'_>, b: &Sum<'_>| {
        let by_money = b.net_minor.cmp(&a.net_minor);
        let by_sales = by_money.then(b.units.cmp(&a.units));
        by_sales.then_with(|| (a.reference, a.kind).cmp(&(b.reference, b.kind)))
    };
    if all.len() > count {
        all.select_nth_unstable_by(count, better);
        all.truncate(count);
    }
    all.sort_by(better);
    let owned = |sum: Sum<'_>| ProductSales {
        kind: sum.kind.to_owned(),
        reference: sum.reference.to_owned(),
        title: sum.title.to_owned(),
        units: sum.units,
        net_minor: sum.net_minor,
    };
    all.into_iter().map(owned).collect()
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

/// What of a mark of these moments is what was paid in a currency: how many orders, and how much;
/// nothing when it is a mark of other moments.
pub(super) fn paid_in(
    mark: &str,
    period: super::days::Period,
    currency: Currency,
) -> Option<(i64, i64)> {
    let mut words = mark.split(' ');
    if words.next()? != format!("{}-{}", period.0.0, period.1.0) {
        return None;
    }
    while let Some(code) = words.next() {
        let mut number = || words.next()?.parse::<i64>().ok();
        let (orders, paid, ..) = (number()?, number()?, number()?, number()?);
        if code == currency.code() {
            return Some((orders, paid));
        }
    }
    Some((0, 0))
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

    // S3.50: what was counted is read back as it was.
    #[test]
    fn a_mark_tells_what_was_paid() {
        let period = (crate::base::Instant(-86_400_000), crate::base::Instant(5));
        let taken = Takings { orders: 2, paid_minor: 700, refunds: 1, refunded_minor: 50 };
        let other = Takings { orders: 1, paid_minor: 9, ..Takings::default() };
        let [eur, usd] = ["EUR", "USD"].map(|code| Currency::parse(code).unwrap());
        let mark = mark(period, &[(Currency::GBP, taken), (eur, other)]);
        assert_eq!(paid_in(&mark, period, Currency::GBP), Some((2, 700)));
        assert_eq!(paid_in(&mark, period, eur), Some((1, 9)));
        assert_eq!(paid_in(&mark, period, usd), Some((0, 0)));
        assert_eq!(paid_in(&mark, (period.0, crate::base::Instant(6)), Currency::GBP), None);
        assert_eq!(paid_in("soon", period, Currency::GBP), None);
    }

    // S3.52: by revenue, less what went back; a bundle is itself.
    #[test]
    fn the_best_come_first() {
        let mut tally = Tally::default();
        tally.add_line(&line("product", "A", 1, 500));
        tally.add_line(&line("bundle", "A", 1, 900));
        tally.add_line(&line("product", "B", 3, 600));
        tally.add_line(&line("product", "A", 1, 500));
        tally.add_line(&line("product", "B", -1, -200));
        tally.add_line(&line("product", "C", 1, 100));
        tally.add_line(&line("product", "C", -1, -100));
        let sum = |p: &ProductSales| (p.kind.clone(), p.reference.clone(), p.title.clone());
        let names: Vec<_> = tally.products().map(sum).collect();
        let sums = tally.products().zip(&names).map(|(p, (kind, reference, title))| Sum {
            kind,
            reference,
            title,
            units: p.units,
            net_minor: p.net_minor,
        });
        let sums: Vec<_> = sums.collect();
        assert_eq!(top(sums.clone(), 1)[0].reference, "A", "the best alone");
        let top = top(sums, 10);
        let told: Vec<_> =
            top.iter().map(|p| (p.kind.as_str(), p.reference.as_str(), p.units)).collect();
        assert_eq!(told, [("product", "A", 2), ("bundle", "A", 1), ("product", "B", 2)]);
        assert_eq!((top[0].net_minor, top[0].title.as_str()), (1000, "Mug, Grey"));
    }
}
