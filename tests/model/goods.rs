//! What the shop of the model sells, and what it costs.

/// Everything kept on the shelf, and how many there are when a day begins.
pub(crate) const SKUS: [&str; 4] = ["APRON-L", "APRON-S", "GLAZE-6", "KILN-1"];
pub(crate) const OPENING: [u32; 4] = [3, 5, 6, 4];
/// What a cart can hold: each SKU, and the bundle.
pub(crate) const THINGS: [&str; 5] = ["APRON-L", "APRON-S", "GLAZE-6", "KILN-1", "starter"];

/// Units of each SKU in one of a thing, in the order of [`SKUS`].
pub(crate) fn units(thing: usize) -> [u32; 4] {
    match thing {
        4 => [0, 1, 2, 1],
        sku => std::array::from_fn(|n| u32::from(n == sku)),
    }
}

/// Price of one, minor units. The bundle is its parts less 12.5 %, halves up.
fn price(thing: usize) -> i64 {
    const PRICES: [i64; 4] = [2999, 2999, 7999, 99_999];
    match thing {
        4 => {
            let parts: i64 = PRICES.iter().zip(units(4)).map(|(p, n)| p * i64::from(n)).sum();
            (parts * 875 * 2 + 1000) / 2000
        }
        sku => PRICES[sku],
    }
}

/// Goods, and delivery below 40.00.
pub(crate) fn total(cart: &[(usize, u32)]) -> i64 {
    let goods: i64 = cart.iter().map(|(thing, qty)| price(*thing) * i64::from(*qty)).sum();
    goods + if goods < 4000 { 499 } else { 0 }
}

/// Units of each SKU in a whole cart.
pub(crate) fn units_of(cart: &[(usize, u32)]) -> [u32; 4] {
    let mut sum = [0; 4];
    for (thing, qty) in cart {
        for (all, one) in sum.iter_mut().zip(units(*thing)) {
            *all += one * qty;
        }
    }
    sum
}
