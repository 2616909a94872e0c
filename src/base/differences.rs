//! What two maps disagree on: one walk through both, as they are in the same order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Keys that only one of them has, or whose values are not the `same`, in order.
pub fn differences<'a, K: Ord, V>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
    same: impl Fn(&V, &V) -> bool,
) -> Vec<&'a K> {
    let (mut ours, mut theirs) = (one.iter().peekable(), other.iter().peekable());
    let mut found = Vec::new();
    loop {
        let order = match (ours.peek(), theirs.peek()) {
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
    }
}
