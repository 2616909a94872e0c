//! The index of one edition: everything lists need to know, in memory, in the orders they show.
//!
//! Things are numbered by *slots*. An index never changes; [`Index::updated`] makes the next one
//! and shares with the old one whatever stayed the same.

use std::cmp::Ordering;
use std::sync::Arc;

use jiff::civil::Date;

use super::card::Levels;
use super::entry::{Entry, Kind, titles};
use super::facets::{Facets, ValueId};
use super::model::Sort;
use super::vocabulary::{Vocabulary, spoken};
use super::words::{Language, each_word, fold};
use crate::base::Instant;
use crate::catalog::{Bundle, Catalog, Product, Status};
use crate::pricing::Book;
use crate::stock::State;

/// What stays the same of a thing while its price and stock change.
pub(super) struct Thing {
    pub kind: Kind,
    pub slug: Box<str>,
    /// Folded words of the title, one space between them.
    pub title: Box<str>,
    pub featured: bool,
    pub published: Option<Date>,
}

/// What changes often, and where the values stand.
#[derive(Clone, Copy)]
pub(super) struct Row {
    pub price_minor: i64,
    pub state: State,
    first: u32,
    count: u16,
}

/// The orders things are kept in: those of lists, and one by name to find them again.
const ORDERS: usize = 6;
/// The order by name.
const BY_NAME: usize = 4;
/// The order by kind and slug.
const BY_KEY: usize = 5;

/// More changed things than this, and than one in [`MANY_SHARE`], are not replaced one by one.
const MANY_FROM: usize = 64;
/// See [`MANY_FROM`].
const MANY_SHARE: usize = 32;

/// See the module.
#[derive(Clone)]
pub struct Index {
    pub(super) book: Arc<Book>,
    pub(super) language: Language,
    things: Vec<Option<Arc<Thing>>>,
    pub(super) rows: Vec<Row>,
    value_ids: Vec<ValueId>,
    pub(super) facets: Arc<Facets>,
    pub(super) vocabulary: Arc<Vocabulary>,
    orders: [Vec<u32>; ORDERS],
}

fn order_of(sort: Sort) -> usize {
    match sort {
        Sort::Featured | Sort::Relevance => 0,
        Sort::Newest => 1,
        Sort::PriceAsc => 2,
        Sort::PriceDesc => 3,
        Sort::Name => BY_NAME,
    }
}

fn live(product: &Product) -> bool {
    product.status == Status::Live
}

/// A product or set on sale, as it is indexed.
fn entry<'a>(
    catalog: &'a Catalog,
    key: (Kind, &str),
    titles: &super::entry::Titles<'a>,
    levels: &Levels,
    now: Instant,
) -> Option<Entry<'a>> {
    match key.0 {
        Kind::Product => {
            let product = catalog.products.get(key.1).filter(|product| live(product))?;
            Some(Entry::of_product(product, titles, levels, now))
        }
        Kind::Bundle => {
            let bundle = catalog.bundles.get(key.1).filter(|b| catalog.bundle_is_live(b))?;
            Entry::of_bundle(catalog, bundle, titles, levels, now)
        }
    }
}

impl Index {
    /// The index of everything on sale, with prices at `now` and stock as `levels` have it.
    #[must_use]
    pub fn of(book: &Arc<Book>, levels: &Levels, now: Instant) -> Self {
        let catalog = &book.catalog;
        let shelves = titles(catalog);
        let keys = catalog.bundles.keys().map(|slug| (Kind::Bundle, slug.as_str()));
        let keys = keys.chain(catalog.products.keys().map(|slug| (Kind::Product, slug.as_str())));
        let entries: Vec<Entry> =
            keys.filter_map(|key| entry(catalog, key, &shelves, levels, now)).collect();
        let mut index = Self {
            book: Arc::clone(book),
            language: Language::of(&catalog.shop.locale),
            things: Vec::with_capacity(entries.len()),
            rows: Vec::with_capacity(entries.len()),
            value_ids: Vec::new(),
            facets: Arc::default(),
            vocabulary: Arc::new(Vocabulary::of((0..).zip(&entries))),
            orders: Default::default(),
        };
        for entry in &entries {
            let row = index.row(entry);
            index.rows.push(row);
            index.things.push(Some(Arc::new(thing(entry))));
        }
        index.orders = index.sorted();
        index
    }

    /// The next index, after the products and sets named by `changed` (their slugs) have come,
    /// gone or changed in text, price or stock; sets with a part among them follow by themselves.
    /// When categories or the shop itself changed, make it anew with [`Index::of`].
    #[must_use]
    pub fn updated<'a>(
        &self,
        book: &Arc<Book>,
        levels: &Levels,
        changed: impl IntoIterator<Item = &'a str>,
        now: Instant,
    ) -> Self {
        let changed: std::collections::BTreeSet<&str> = changed.into_iter().collect();
        let part_changed = |catalog: &Catalog, bundle: &Bundle| {
            let changed = |(product, _): (&Product, _)| changed.contains(product.slug.as_str());
            bundle.items.iter().any(|item| catalog.find(&item.sku).is_some_and(changed))
        };
        let mut keys: Vec<(Kind, &str)> = Vec::new();
        for catalog in [&self.book.catalog, &book.catalog] {
            for bundle in catalog.bundles.values() {
                if changed.contains(bundle.slug.as_str()) || part_changed(catalog, bundle) {
                    keys.push((Kind::Bundle, &bundle.slug));
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys.extend(changed.iter().map(|slug| (Kind::Product, *slug)));
        // Where much has changed, everything anew is quicker than one after the other.
        if keys.len() > MANY_FROM && keys.len() > self.things.len() / MANY_SHARE {
            return Self::of(book, levels, now);
        }
        let mut next = self.clone();
        next.book = Arc::clone(book);
        // Garbage of former updates is swept when it outweighs what is in use.
        let used: usize = self.rows.iter().map(|row| usize::from(row.count)).sum();
        if self.value_ids.len() > 2 * used + 1024 {
            next.sweep();
        }
        let (was, is) = (titles(&self.book.catalog), titles(&book.catalog));
        for key in keys {
            let before = entry(&self.book.catalog, key, &was, &Levels::new(), now);
            let after = entry(&book.catalog, key, &is, levels, now);
            next.replace(before.as_ref(), after.as_ref());
        }
        next
    }

    fn replace(&mut self, before: Option<&Entry>, after: Option<&Entry>) {
        let place = before.and_then(|entry| self.place((entry.kind, entry.slug)).ok());
        let known = place.and_then(|place| self.orders[BY_KEY].get(place).copied());
        let free = || self.things.iter().position(Option::is_none).unwrap_or(self.things.len());
        let slot = known.unwrap_or_else(|| u32::try_from(free()).unwrap_or(u32::MAX));
        let at = slot as usize;
        if let (Some(entry), Some(_)) = (before, known) {
            Arc::make_mut(&mut self.facets).remove(&entry.traits);
            for order in &mut self.orders {
                order.retain(|other| *other != slot);
            }
        }
        let (was, is) = (before.filter(|_| known.is_some()), after);
        let words = |entry: Option<&Entry>| entry.map(spoken).unwrap_or_default();
        let (old_words, new_words) = (words(was), words(is));
        let codes = |entry: Option<&Entry>| {
            let own = |code: &&str| (*code).to_owned();
            entry.map(|entry| entry.codes.iter().map(own).collect::<Vec<_>>())
        };
        let other_codes = codes(was) != codes(is);
        if old_words != new_words || other_codes {
            let vocabulary = Arc::make_mut(&mut self.vocabulary);
            vocabulary.change(slot, &old_words, &new_words);
            if other_codes {
                vocabulary.change_codes(slot, is);
            }
        }
        let Some(entry) = after else {
            if let Some(thing) = self.things.get_mut(at) {
                *thing = None;
            }
            return;
        };
        let row = self.row(entry);
        if at == self.things.len() {
            self.things.push(None);
            self.rows.push(row);
        }
        self.things[at] = Some(Arc::new(thing(entry)));
        self.rows[at] = row;
        for order in 0..ORDERS {
            let place = self.orders[order]
                .partition_point(|other| self.compare(order, *other, slot).is_lt());
            self.orders[order].insert(place, slot);
        }
    }

    /// Counts the values of an entry and notes them behind all others.
    fn row(&mut self, entry: &Entry) -> Row {
        let ids = Arc::make_mut(&mut self.facets).add(&entry.traits);
        let first = u32::try_from(self.value_ids.len()).unwrap_or(u32::MAX);
        let count = u16::try_from(ids.len()).unwrap_or(u16::MAX);
        self.value_ids.extend(ids);
        Row { price_minor: entry.price_minor, state: entry.state, first, count }
    }

    fn sweep(&mut self) {
        let mut kept = Vec::new();
        for at in 0..self.rows.len() {
            let row = self.rows[at];
            let first = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            if self.things[at].is_some() {
                kept.extend_from_slice(self.values_of(&row));
            }
            self.rows[at].first = first;
        }
        self.value_ids = kept;
    }

    fn place(&self, key: (Kind, &str)) -> Result<usize, usize> {
        self.orders[BY_KEY].binary_search_by(|slot| {
            let thing = self.thing(*slot);
            thing.map_or((Kind::Bundle, ""), |t| (t.kind, t.slug.as_ref())).cmp(&key)
        })
    }

    /// Every order of all slots. Names, which settle ties, are compared once.
    fn sorted(&self) -> [Vec<u32>; ORDERS] {
        let slots: Vec<u32> = (0..).zip(&self.things).map(|(slot, _)| slot).collect();
        let mut by_name = slots.clone();
        by_name.sort_unstable_by(|a, b| self.compare(BY_NAME, *a, *b));
        let mut place = vec![0_u32; slots.len()];
        for (at, slot) in (0..).zip(&by_name) {
            place[*slot as usize] = at;
        }
        let by = |order: usize| {
            let mut sorted = by_name.clone();
            sorted.sort_unstable_by(|a, b| {
                let ties = || place[*a as usize].cmp(&place[*b as usize]);
                self.first(order, *a, *b).then_with(ties)
            });
            sorted
        };
        let mut by_key = slots;
        by_key.sort_by(|a, b| self.compare(BY_KEY, *a, *b));
        [by(0), by(1), by(2), by(3), by_name, by_key]
    }

    /// What an order goes by first.
    fn first(&self, order: usize, a: u32, b: u32) -> Ordering {
        let (Some(left), Some(right)) = (self.thing(a), self.thing(b)) else { return a.cmp(&b) };
        let price = |slot: u32| self.rows.get(slot as usize).map_or(0, |row| row.price_minor);
        match order {
            0 => (left.kind, !left.featured).cmp(&(right.kind, !right.featured)),
            1 => right.published.cmp(&left.published),
            2 => price(a).cmp(&price(b)),
            3 => price(b).cmp(&price(a)),
            _ => Ordering::Equal,
        }
    }

    /// Every order is total: ties are settled by name, then by kind and slug.
    fn compare(&self, order: usize, a: u32, b: u32) -> Ordering {
        let (Some(left), Some(right)) = (self.thing(a), self.thing(b)) else { return a.cmp(&b) };
        let by_name =
            || if order == BY_KEY { Ordering::Equal } else { left.title.cmp(&right.title) };
        let by_key = || left.kind.cmp(&right.kind).then_with(|| left.slug.cmp(&right.slug));
        self.first(order, a, b).then_with(by_name).then_with(by_key)
    }

    /// Slots in the order of a list; relevance, which needs words, is the merchant's choice here.
    pub(super) fn ordered(&self, sort: Sort) -> &[u32] {
        &self.orders[order_of(sort)]
    }

    /// Things on sale; slots that updates left empty do not count.
    pub(super) fn len(&self) -> usize {
        self.orders[BY_KEY].len()
    }

    pub(super) fn thing(&self, slot: u32) -> Option<&Thing> {
        self.things.get(slot as usize)?.as_deref()
    }

    /// Numbers of a thing's values.
    pub(super) fn values_of(&self, row: &Row) -> &[ValueId] {
        let first = row.first as usize;
        self.value_ids.get(first..first + usize::from(row.count)).unwrap_or_default()
    }

    /// The prices and products it was made from.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }
}

fn thing(entry: &Entry) -> Thing {
    let mut title = String::with_capacity(entry.title.len());
    each_word(&fold(entry.title), |word| {
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
    });
    Thing {
        kind: entry.kind,
        slug: entry.slug.into(),
        title: title.into(),
        featured: entry.featured,
        published: entry.published,
    }
}
