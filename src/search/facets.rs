//! The values lists are narrowed by, as small numbers, with how many things have each. Pure.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::entry::Trait;

/// Names one value of one facet.
pub(super) type ValueId = u32;

/// A way to narrow a list.
pub(super) struct Facet {
    /// The parameter, such as `tag` or `option.colour`.
    pub name: Arc<str>,
    /// The axis as the merchant writes it; empty for the others.
    pub title: Arc<str>,
}

/// A value and where it stands.
#[derive(Clone)]
pub(super) struct Value {
    pub facet: usize,
    pub text: Arc<str>,
    /// Things that have it.
    docs: u32,
    /// Sum of its places among the values of those things.
    places: u64,
}

impl Value {
    /// Whether nothing has it any more.
    pub(super) fn is_gone(&self) -> bool {
        self.docs == 0
    }

    /// Where it stands on average, in thousandths: sizes keep the merchants' order.
    pub(super) fn place(&self) -> u64 {
        self.places * 1000 / u64::from(self.docs.max(1))
    }
}

/// All facets and values.
#[derive(Clone, Default)]
pub(super) struct Facets {
    facets: Vec<Arc<Facet>>,
    values: Vec<Value>,
    /// For each facet, its values.
    ids: Vec<FxHashMap<Arc<str>, ValueId>>,
}

impl Facets {
    /// The numbers of a thing's values, which are counted.
    pub(super) fn add(&mut self, traits: &[Trait]) -> Vec<ValueId> {
        traits.iter().map(|one| self.add_one(one)).collect()
    }

    fn add_one(&mut self, one: &Trait) -> ValueId {
        let facet = self.facet_or_new(one);
        let known = self.ids[facet].get(one.value).copied();
        let id = known.unwrap_or_else(|| {
            let id = ValueId::try_from(self.values.len()).unwrap_or(ValueId::MAX);
            let text: Arc<str> = Arc::from(one.value);
            self.ids[facet].insert(Arc::clone(&text), id);
            self.values.push(Value { facet, text, docs: 0, places: 0 });
            id
        });
        if let Some(value) = self.values.get_mut(id as usize) {
            value.docs += 1;
            value.places += u64::from(one.place);
        }
        id
    }

    fn facet_or_new(&mut self, one: &Trait) -> usize {
        self.position(&one.facet).unwrap_or_else(|| {
            let (name, title) = (Arc::from(one.facet.as_ref()), Arc::from(one.title));
            self.facets.push(Arc::new(Facet { name, title }));
            self.ids.push(FxHashMap::default());
            self.facets.len() - 1
        })
    }

    /// Takes a thing's values out of the counts. Its traits are those it was added with.
    pub(super) fn remove(&mut self, traits: &[Trait]) {
        for one in traits {
            let Some(id) = self.id(&one.facet, one.value) else { continue };
            let Some(value) = self.values.get_mut(id as usize) else { continue };
            value.docs = value.docs.saturating_sub(1);
            value.places = value.places.saturating_sub(u64::from(one.place));
        }
    }

    /// Every facet, in no order that means anything.
    pub(super) fn all(&self) -> &[Arc<Facet>] {
        &self.facets
    }

    /// Every value by number.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The place of a facet in [`Facets::all`].
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.facets.iter().position(|facet| facet.name.as_ref() == name)
    }

    /// The number of a value.
    pub(super) fn id(&self, facet: &str, value: &str) -> Option<ValueId> {
        self.ids.get(self.position(facet)?)?.get(value).copied()
    }
}
