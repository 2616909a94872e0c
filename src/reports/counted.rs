//! Counted days at hand: a year has as many rows as its orders had lines, and a day that is over
//! does not change, so each is read once and added up from memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

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
    shown: Shown,
}

/// Under which name each thing is shown. To find the product of every SKU costs more than to add
/// up a year, so it is done once for a catalog.
#[derive(Default)]
struct Shown {
    catalog: Weak<Catalog>,
    /// Of each thing, where its name stands among `names`.
    of: Vec<usize>,
    names: Vec<Name>,
    /// Where a name stands, by kind and reference.
    places: HashMap<(String, String), usize>,
}

struct Name {
    kind: String,
    reference: String,
    /// The product's; `None` for what is sold no more, or a bundle: then the thing's own.
    title: Option<String>,
    thing: usize,
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
        catalog: &Arc<Catalog>,
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
        let Inside { things, days, shown, .. } = &mut *inside;
        shown.extend(catalog, things);
        let mut sums = vec![None; shown.names.len()];
        for (day, _) in marks {
            for sold in days.get(&(day, currency)).iter().flat_map(|day| &day.sold) {
                let (units, net_minor) = sums[shown.of[sold.thing]].get_or_insert((0, 0));
                *units += sold.units;
                *net_minor += sold.net_minor;
            }
        }
        let sums = shown.names.iter().zip(sums).filter_map(|(name, sum)| {
            let (units, net_minor) = sum?;
            let title = name.title.as_ref().unwrap_or(&things[name.thing].title);
            Some(Sum { kind: &name.kind, reference: &name.reference, title, units, net_minor })
        });
        Ok(top(sums.collect(), count))
    }
}

impl Shown {
    /// Names the things that have none yet; all of them anew for another catalog.
    fn extend(&mut self, catalog: &Arc<Catalog>, things: &[Thing]) {
        if self.catalog.as_ptr() != Arc::as_ptr(catalog) {
            *self = Self { catalog: Arc::downgrade(catalog), ..Self::default() };
        }
        for (at, thing) in things.iter().enumerate().skip(self.of.len()) {
            let product = thing.sku.as_ref().and_then(|sku| catalog.find(sku));
            let reference = product.map_or(&thing.reference, |(product, _)| &product.slug);
            let (key, next) = ((thing.kind.clone(), reference.clone()), self.names.len());
            let place = *self.places.entry(key).or_insert(next);
            if place == next {
                let title = product.map(|(product, _)| product.title.clone());
                let (kind, reference) = (thing.kind.clone(), reference.clone());
                self.names.push(Name { kind, reference, title, thing: at });
            }
            self.of.push(place);
        }
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
