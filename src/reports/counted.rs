//! Counted days at hand: a year has as many rows as its orders had lines, and a day that is over
//! does not change, so each is read once and added up from memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::counting::{Sum, top};
use super::days::Days;
use super::model::ProductSales;
use super::store_products;
use crate::base::ids::Sku;
use crate::base::{Currency, Fault};
use crate::catalog::Catalog;
use crate::platform::db::Read;

/// Most days at hand; more than one report asks for. All are let go when there are more.
const DAYS_MAX: usize = 800;

/// Days that were asked for. Each is looked up again when its mark is another, so what is at hand
/// is what the database says.
#[derive(Clone, Default)]
pub struct Counted(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    /// Where a product stands among `things`, by kind and name.
    places: HashMap<(String, String), usize>,
    things: Vec<Thing>,
    days: HashMap<(String, Currency), Day>,
}

struct Thing {
    kind: String,
    /// What sells it, when it is no bundle.
    sku: Option<Sku>,
    reference: String,
    title: String,
    /// The day whose title that is.
    titled: String,
}

struct Day {
    mark: String,
    sold: Vec<Sold>,
}

/// What one thing brought on a day.
struct Sold {
    thing: usize,
    units: i64,
    net_minor: i64,
}

impl Counted {
    /// The best of these days, under the products that sell them now, whatever their variants.
    /// S3.52
    ///
    /// # Errors
    /// When the database fails.
    pub fn best(
        &self,
        read: &Read,
        catalog: &Catalog,
        currency: Currency,
        days: Days,
        count: usize,
    ) -> Result<Vec<ProductSales>, Fault> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inside.days.len() > DAYS_MAX {
            *inside = Inside::default();
        }
        let marks = store_products::list_marks(read, days)?;
        for (day, mark) in &marks {
            inside.look(read, currency, day, mark)?;
        }
        let mut sums = vec![None; inside.things.len()];
        for (day, _) in marks {
            for sold in inside.days.get(&(day, currency)).iter().flat_map(|day| &day.sold) {
                let (units, net_minor) = sums[sold.thing].get_or_insert((0, 0));
                *units += sold.units;
                *net_minor += sold.net_minor;
            }
        }
        let mut by_product: FxHashMap<(&str, &str), Sum<'_>> = FxHashMap::default();
        for (thing, sum) in inside.things.iter().zip(sums) {
            let Some((units, net_minor)) = sum else { continue };
            let product = thing.sku.as_ref().and_then(|sku| catalog.find(sku));
            let (reference, title) =
                product.map_or((&thing.reference, &thing.title), |(p, _)| (&p.slug, &p.title));
            let sum = by_product.entry((&thing.kind, reference)).or_insert(Sum {
                kind: &thing.kind,
                reference,
                title,
                units: 0,
                net_minor: 0,
            });
            sum.units += units;
            sum.net_minor += net_minor;
        }
        Ok(top(by_product.into_values().collect(), count))
    }
}

impl Inside {
    /// Takes a day to hand, unless it is there as it is now.
    fn look(
        &mut self,
        read: &Read,
        currency: Currency,
        day: &str,
        mark: &str,
    ) -> Result<(), Fault> {
        let name = (day.to_owned(), currency);
        if self.days.get(&name).is_some_and(|known| known.mark == mark) {
            return Ok(());
        }
        let mut sold = Vec::new();
        store_products::list_products(read, currency, day, |product| {
            let (units, net_minor) = (product.units, product.net_minor);
            sold.push(Sold { thing: self.place(product, day), units, net_minor });
        })?;
        self.days.insert(name, Day { mark: mark.to_owned(), sold });
        Ok(())
    }

    fn place(&mut self, product: ProductSales, day: &str) -> usize {
        let ProductSales { kind, reference, title, .. } = product;
        let next = self.things.len();
        let place = *self.places.entry((kind.clone(), reference.clone())).or_insert(next);
        if place == next {
            let sku = (kind == "product").then(|| Sku::parse(&reference)).flatten();
            self.things.push(Thing { kind, sku, reference, title, titled: day.to_owned() });
        } else if self.things[place].titled.as_str() <= day {
            self.things[place].title = title;
            day.clone_into(&mut self.things[place].titled);
        }
        place
    }
}
