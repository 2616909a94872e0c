//! Splitting one amount over several lines so that the shares sum to it exactly.

/// Shares of `amount` in proportion to `weights`, in whole steps of a currency, by largest
/// remainder; of equal remainders the earlier one is served first. No share is above its weight,
/// and never more is given out than the weights sum to.
pub(super) fn split(amount: i64, weights: &[i64], step: i64) -> Vec<i64> {
    let amount = amount / step;
    let weights: Vec<i128> = weights.iter().map(|w| i128::from((*w).max(0) / step)).collect();
    let whole: i128 = weights.iter().sum();
    if whole == 0 {
        return vec![0; weights.len()];
    }
    let amount = i128::from(amount).clamp(0, whole);
    let mut shares: Vec<i128> = weights.iter().map(|w| amount * w / whole).collect();
    let left = amount - shares.iter().sum::<i128>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    // The sort is stable, so equal remainders keep their order.
    by_remainder.sort_by_key(|&i| std::cmp::Reverse(amount * weights[i] % whole));
    // What is left is fewer units than there are remainders above zero, each below one unit:
    // one unit more never lifts a share above its weight.
    for &i in by_remainder.iter().take(usize::try_from(left).unwrap_or(0)) {
        shares[i] += 1;
    }
    shares.into_iter().map(|s| i64::try_from(s).unwrap_or(i64::MAX).saturating_mul(step)).collect()
}

/// As [`split`], with "earlier" meaning earlier in `order`, which names every position once.
pub(super) fn split_in_order(amount: i64, weights: &[i64], order: &[usize], step: i64) -> Vec<i64> {
    let ordered: Vec<i64> = order.iter().map(|&i| weights[i]).collect();
    let mut shares = vec![0; weights.len()];
    for (&i, share) in order.iter().zip(split(amount, &ordered, step)) {
        shares[i] = share;
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // S2.7: remainders go to the largest fraction, ties to the earlier line.
    #[test]
    fn the_largest_remainder_is_served_first() {
        assert_eq!(split(100, &[333, 333, 334], 1), [33, 33, 34]);
        assert_eq!(split(567, &[4374, 1299], 1), [437, 130]);
        assert_eq!(split(1, &[5, 5], 1), [1, 0]);
        assert_eq!(split(2, &[1, 1, 1], 1), [1, 1, 0]);
        assert_eq!(split_in_order(1, &[5, 5], &[1, 0], 1), [0, 1]);
    }

    #[test]
    fn nothing_is_given_to_nothing() {
        assert_eq!(split(10, &[], 1), Vec::<i64>::new());
        assert_eq!(split(10, &[0, 0], 1), [0, 0]);
        assert_eq!(split(10, &[0, 3], 1), [0, 3]);
        assert_eq!(split(-4, &[2, 3], 1), [0, 0]);
    }

    // S3.49: where thousandths are not charged, no share has any.
    #[test]
    fn shares_are_whole_steps() {
        assert_eq!(split(1000, &[3330, 3330, 3340], 10), [330, 330, 340]);
        assert_eq!(split(10, &[50, 50], 10), [10, 0]);
        assert_eq!(split(1005, &[509, 509], 10), [500, 500]);
    }

    proptest! {
        // S2.7: shares sum to the discount and none is above its line.
        #[test]
        fn shares_sum_to_the_amount(
            amount in 0..=i64::MAX,
            weights in proptest::collection::vec(0..=i64::MAX / 64, 0..64),
        ) {
            let shares = split(amount, &weights, 1);
            let whole: i64 = weights.iter().sum();
            prop_assert_eq!(shares.iter().sum::<i64>(), amount.min(whole));
            prop_assert!(shares.iter().zip(&weights).all(|(s, w)| (0..=*w).contains(s)));
        }
    }
}
