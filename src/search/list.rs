//! One list: what passes every filter, in order, with the counts of every facet. Pure.
//!
//! Each thing is looked at once. What passes all filters counts for every facet; what fails one
//! alone counts for the facet of that filter, whose own choice is thereby left out of account.

use super::entry::Kind;
use super::index::{Index, Row};
use super::model::{Query, Sort};
use super::rank::{Scores, best_first, with_all, with_most};
use super::repair::repair;
use crate::base::money::MINOR_MAX;
use crate::stock::State;

/// The filter on prices, among those of facets.
const PRICE: u32 = 62;
/// The filter on stock.
const STOCK: u32 = 63;

/// What a list holds, before anything is drawn.
pub(super) struct List {
    /// Slots in order; the first `wanted` are final.
    pub slots: Vec<u32>,
    /// Words looked for, after repair.
    pub words: Vec<String>,
    /// Whether they differ from those typed.
    pub is_repaired: bool,
    pub counts: Counts,
}

/// How many things each value would give.
pub(super) struct Counts {
    /// By the number of the value.
    pub values: Vec<u32>,
    /// Things that can be bought.
    pub in_stock: u32,
    /// Lowest and highest price, minor units.
    pub prices: Option<(i64, i64)>,
}

/// The filters in force, as bits: a thing passes when it meets all of them.
struct Filters {
    /// For each value, the filters it meets.
    met_by: Vec<u64>,
    /// For each filter on a facet, the facet.
    facets: Vec<usize>,
    required: u64,
    /// What has to be met to be counted at all.
    frame: u64,
    only: Option<Kind>,
    featured: bool,
    prices: (i64, i64),
}

impl Filters {
    fn of(index: &Index, query: &Query) -> Self {
        let mut filters = Self {
            met_by: vec![0; index.facets.values().len()],
            facets: Vec::new(),
            required: 0,
            frame: 0,
            only: query.only,
            featured: query.featured,
            prices: (query.price_min.unwrap_or(0), query.price_max.unwrap_or(i64::MAX)),
        };
        if let Some(shelf) = &query.shelf {
            filters.frame |= filters.choose(index, "category", std::slice::from_ref(shelf));
        }
        for (facet, values) in &query.chosen {
            filters.choose(index, facet, values);
        }
        if query.price_min.is_some() || query.price_max.is_some_and(|max| max <= MINOR_MAX) {
            filters.required |= 1 << PRICE;
        }
        if query.in_stock {
            filters.required |= 1 << STOCK;
        }
        filters
    }

    fn choose(&mut self, index: &Index, facet: &str, values: &[String]) -> u64 {
        let bit = 1_u64 << self.facets.len().min(PRICE as usize - 1);
        self.facets.push(index.facets.position(facet).unwrap_or(usize::MAX));
        self.required |= bit;
        for id in values.iter().filter_map(|value| index.facets.id(facet, value)) {
            self.met_by[id as usize] |= bit;
        }
        bit
    }

    /// The filters a thing fails.
    fn failed(&self, index: &Index, row: &Row) -> u64 {
        if self.required == 0 {
            return 0;
        }
        let values = index.values_of(row).iter();
        let mut met = values.fold(0, |met, id| met | self.met_by[*id as usize]);
        met |= u64::from((self.prices.0..=self.prices.1).contains(&row.price_minor)) << PRICE;
        met |= u64::from(row.state != State::SoldOut) << STOCK;
        self.required & !met
    }
}

impl Counts {
    /// Counts a thing for every facet, or for that of the one filter it failed.
    fn count(&mut self, index: &Index, filters: &Filters, row: &Row, failed: u64) {
        let alone = (failed != 0).then(|| failed.trailing_zeros());
        if alone.is_none_or(|filter| filter == STOCK) && row.state != State::SoldOut {
            self.in_stock += 1;
        }
        if alone.is_none_or(|filter| filter == PRICE) {
            let price = row.price_minor;
            let (low, high) = self.prices.unwrap_or((price, price));
            self.prices = Some((low.min(price), high.max(price)));
        }
        match alone {
            None => {
                for id in index.values_of(row) {
                    self.values[*id as usize] += 1;
                }
            }
            Some(filter) => {
                let Some(facet) = filters.facets.get(filter as usize) else { return };
                for id in index.values_of(row) {
                    let of_facet = index.facets.values()[*id as usize].facet == *facet;
                    self.values[*id as usize] += u32::from(of_facet);
                }
            }
        }
    }
}

impl Index {
    /// Everything the query finds; the first `wanted` in their final order.
    pub(super) fn list(&self, query: &Query, wanted: usize) -> List {
        let (scores, words, is_repaired) = self.look_for(query);
        let filters = Filters::of(self, query);
        let values = vec![0; self.facets.values().len()];
        let mut counts = Counts { values, in_stock: 0, prices: None };
        let mut slots = Vec::new();
        for slot in self.ordered(query.sort) {
            let (Some(row), Some(thing)) = (self.rows.get(*slot as usize), self.thing(*slot))
            else {
                continue;
            };
            if scores.as_ref().is_some_and(|scores| scores.of(*slot) == 0)
                || filters.only.is_some_and(|kind| kind != thing.kind)
                || filters.featured && !thing.featured
            {
                continue;
            }
            let failed = filters.failed(self, row);
            if failed & filters.frame == 0 && failed.count_ones() <= 1 {
                counts.count(self, &filters, row, failed);
                if failed == 0 {
                    slots.push(*slot);
                }
            }
        }
        if let Some(scores) = scores.filter(|_| query.sort == Sort::Relevance) {
            slots = best_first(self, &scores, &words, &slots, wanted);
        }
        List { slots, words, is_repaired, counts }
    }

    /// What has the words; none when there are none to look for.
    fn look_for(&self, query: &Query) -> (Option<Scores>, Vec<String>, bool) {
        let words = query.words.clone();
        if query.q.is_empty() {
            return (None, words, false);
        }
        // Nothing but punctuation names nothing.
        if words.is_empty() {
            return (Some(Scores::none(self)), words, false);
        }
        let found = with_all(self, &words);
        if query.exact || !found.is_empty() {
            return (Some(found), words, false);
        }
        if let Some(meant) = repair(self, &words) {
            let found = with_all(self, &meant);
            let found = if found.is_empty() { with_most(self, &meant) } else { found };
            if !found.is_empty() {
                return (Some(found), meant, true);
            }
        }
        (Some(with_most(self, &words)), words, false)
    }
}
