//! Where products stand on their shelves. Pure.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::goods::Good;
use crate::catalog::Catalog;

/// Most products that find their new places one by one; with more of them all are sorted.
const MOVED_MAX: usize = 64;

/// The order things are shown in: featured first, then by title.
pub(super) struct Places {
    /// Positions in `all`.
    pub(super) order: Vec<u32>,
    /// The same by shelf.
    pub(super) shelves: HashMap<String, Vec<u32>>,
    /// Of each in `all`, its place on its own shelf.
    pub(super) own: Vec<u32>,
}

/// What decides where a product stands on a shelf.
pub(super) fn place_of(good: &Good) -> (bool, &str, &str) {
    (!good.product.featured, good.product.title.as_str(), good.product.slug.as_str())
}

/// Whether two are the same product on the same shelf.
pub(super) fn has_same_name(one: &Good, other: &Good) -> bool {
    one.product.slug == other.product.slug && one.product.category == other.product.category
}

/// A shelf and all around it, the outermost first.
pub(super) fn shelves_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| end).chain([path.len()]).map(|end| &path[..end])
}

pub(super) fn have_same_places(one: &[Good], other: &[Good]) -> bool {
    let same = |(a, b): (&Good, &Good)| {
        Arc::ptr_eq(&a.product, &b.product)
            || place_of(a) == place_of(b) && a.product.category == b.product.category
    };
    one.len() == other.len() && one.iter().zip(other).all(same)
}

/// Puts those that have moved where they stand now; all others are in order.
fn settle(places: &mut Vec<u32>, moved: &[u32], all: &[Good]) {
    places.retain(|at| !moved.contains(at));
    for at in moved {
        let key = place_of(&all[*at as usize]);
        let here = places.partition_point(|other| place_of(&all[*other as usize]) < key);
        places.insert(here, *at);
    }
}

impl Places {
    /// The same after a few have moved among the others; nothing when that is not all.
    pub(super) fn moved(&self, was: &[Good], is: &[Good]) -> Option<Self> {
        if was.len() != is.len() {
            return None;
        }
        let mut moved: Vec<u32> = Vec::new();
        for (at, (was, is)) in (0..).zip(was.iter().zip(is)) {
            if Arc::ptr_eq(&was.product, &is.product) {
                continue;
            }
            if !has_same_name(was, is) || moved.len() == MOVED_MAX {
                return None;
            }
            if place_of(was) != place_of(is) {
                moved.push(at);
            }
        }
        let (mut order, mut own) = (self.order.clone(), self.own.clone());
        let mut shelves = self.shelves.clone();
        settle(&mut order, &moved, is);
        let on = |at: &u32| is[*at as usize].product.category.as_str();
        let all: BTreeSet<&str> = moved.iter().flat_map(|at| shelves_of(on(at))).collect();
        for path in all {
            let within = |at: &&u32| Catalog::is_within(on(at), path);
            let here: Vec<u32> = moved.iter().filter(within).copied().collect();
            let shelf = shelves.get_mut(path)?;
            settle(shelf, &here, is);
            for (place, at) in (0..).zip(shelf.iter()).filter(|(_, at)| on(at) == path) {
                own[*at as usize] = place;
            }
        }
        Some(Self { order, shelves, own })
    }

    /// Sorts everything; `before` is the order of an earlier time, in which most still stands.
    pub(super) fn of(all: &[Good], before: &[u32]) -> Self {
        let mut order: Vec<u32> = (0..).take(all.len()).collect();
        if before.len() == all.len() {
            order.copy_from_slice(before);
        }
        // The stable sort is the quick one where little is out of place.
        order.sort_by(|a, b| place_of(&all[*a as usize]).cmp(&place_of(&all[*b as usize])));
        let mut shelves: HashMap<String, Vec<u32>> = HashMap::new();
        let mut own = vec![0; all.len()];
        for at in &order {
            for path in shelves_of(&all[*at as usize].product.category) {
                let shelf = match shelves.get_mut(path) {
                    Some(shelf) => shelf,
                    None => shelves.entry(path.to_owned()).or_default(),
                };
                own[*at as usize] = u32::try_from(shelf.len()).unwrap_or(u32::MAX);
                shelf.push(*at);
            }
        }
        Self { order, shelves, own }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::goods::Goods;
    use crate::base::Instant;
    use crate::catalog::Catalog;
    use crate::pricing::sample::Sample;
    use crate::search::Levels;

    const NOW: Instant = Instant(1_764_000_000_000);
    const SHELVES: [&str; 3] = ["a", "a/b", "c"];

    /// Products with these titles, put forward or not, on these shelves.
    fn catalog(all: &[(u8, bool, usize)]) -> Catalog {
        let mut sample = Sample::new();
        for (at, (title, featured, shelf)) in all.iter().enumerate() {
            let (sku, words) = (format!("S-{at:02}"), format!("Thing {title}"));
            sample = sample.product(&sku, &words, 100).with(|product| {
                product.digest = u64::from(*title) * 2 + u64::from(*featured);
                product.featured = *featured;
                product.category = SHELVES[*shelf].to_owned();
            });
        }
        (*sample.book().catalog).clone()
    }

    fn product() -> impl Strategy<Value = (u8, bool, usize)> {
        (0..9_u8, any::<bool>(), 0..SHELVES.len())
    }

    proptest! {
        // N11: after edits of titles and of what is put forward everything stands where it would
        // in a shop made from nothing, and whatever pages lead on to what was edited are known.
        #[test]
        fn places_follow_an_edit(
            was in prop::collection::vec(product(), 1..24),
            edits in prop::collection::vec(
                (any::<prop::sample::Index>(), 0..9_u8, any::<bool>()), 0..4),
        ) {
            let mut is = was.clone();
            for (at, title, featured) in edits {
                let at = at.index(is.len());
                (is[at].0, is[at].1) = (title, featured);
            }
            let levels = Levels::new();
            let before = Goods::new(&catalog(&was), &levels, NOW, None, false);
            let after = Goods::new(&catalog(&is), &levels, NOW, Some(&before), false);
            let fresh = Goods::new(&catalog(&is), &levels, NOW, None, false);
            for shelf in SHELVES {
                let slugs = |goods: &Goods| -> Vec<String> {
                    goods.on_shelf(shelf).map(|good| good.product.slug.clone()).collect()
                };
                prop_assert_eq!(slugs(&after), slugs(&fresh));
            }
            let changed = after.changed_since(&before).unwrap();
            let mut near: Vec<usize> = changed.clone();
            for goods in [&before, &after] {
                for at in &changed {
                    goods.each_before(*at, 2, |at| near.push(at));
                }
            }
            // Whose next two are others than before, or are not what they were, is among them.
            for (at, good) in after.iter().enumerate() {
                let behind = |goods: &Goods| -> Vec<(String, String)> {
                    let next = goods.after(&good.product.category, &good.product.slug).take(2);
                    next.map(|g| (g.product.slug.clone(), g.product.title.clone())).collect()
                };
                prop_assert!(behind(&before) == behind(&after) || near.contains(&at));
            }
        }
    }
}
