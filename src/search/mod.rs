//! Finding products: words, filters, sorting.

mod card;

pub use card::{
    BundleCard, Card, Levels, PictureView, Thumb, bundle_card, bundle_stock, card, max_qty_of,
    state_of, unit_price,
};
