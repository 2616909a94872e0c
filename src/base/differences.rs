//! What two maps disagree on: one walk through both, as they are in the same order.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys that only one of them has, or whose values are not the `same`, in order.
pub fn differences<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
    same: impl Fn(&V, &V) -> bool,
) -> Vec<&'a K> {
    walk(one, other, |_, _| false, same)
}

/// The same for maps that share most of what they hold, which knows its own key: keys are compared
/// only where the values are not one and the same, so that little is touched in memory.
pub fn differences_of_shared<'a, K: Ord, V>(
    one: &'a BTreeMap<K, Arc<V>>,
    other: &'a BTreeMap<K, Arc<V>>,
    same: impl Fn(&Arc<V>, &Arc<V>) -> bool,
) -> Vec<&'a K> {
    walk(one, other, Arc::ptr_eq, same)
}

fn walk<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
    is_shared: impl Fn(&V, &V) -> bool,
    same: impl Fn(&V, &V) -> bool,
) -> Vec<&'a K> {
    let (mut ours, mut theirs) = (one.iter().peekable(), other.iter().peekable());
    let mut found = Vec::new();
    loop {
        let order = match (ours.peek(), theirs.peek()) {
            (Some((_, a)), Some((_, b))) if is_shared(a, b) => {
                ours.next();
                theirs.next();
                continue;
            }
            (Some((a, _)), Some((b, _))) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return found,
        };
        match order {
            Ordering::Less => found.extend(ours.next().map(|(key, _)| key)),
            Ordering::Greater => found.extend(theirs.next().map(|(key, _)| key)),
            Ordering::Equal => {
                if let (Some((key, a)), Some((_, b))) = (ours.next(), theirs.next())
                    && !same(a, b)
                {
                    found.push(key);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_if_every_key_were_looked_up(
            one in proptest::collection::btree_map(0_u8..20, 0_u8..3, 0..15),
            other in proptest::collection::btree_map(0_u8..20, 0_u8..3, 0..15),
        ) {
            let expected: Vec<u8> = (0..20).filter(|key| one.get(key) != other.get(key)).collect();
            let found: Vec<u8> =
                differences(&one, &other, |a, b| a == b).into_iter().copied().collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn what_is_shared_is_no_difference(
            all in proptest::collection::btree_map(0_u8..20, 0_u8..3, 0..15),
            gone in proptest::collection::btree_set(0_u8..20, 0..4),
            new in proptest::collection::btree_map(0_u8..20, 0_u8..3, 0..4),
        ) {
            let one: BTreeMap<u8, Arc<(u8, u8)>> =
                all.into_iter().map(|(key, value)| (key, Arc::new((key, value)))).collect();
            let mut other = one.clone();
            other.retain(|key, _| !gone.contains(key));
            other.extend(new.into_iter().map(|(key, value)| (key, Arc::new((key, value)))));
            let same = |a: &Arc<(u8, u8)>, b: &Arc<(u8, u8)>| a == b;
            prop_assert_eq!(
                differences_of_shared(&one, &other, same), differences(&one, &other, same)
            );
        }
    }
}
