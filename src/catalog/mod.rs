//! What the shop sells, parsed from `content/`.
//!
//! **Invariants.** No tables, no routes: the catalog is values made from files. A [`Catalog`] is
//! only made from files without errors; it is immutable and shared.

mod addresses;
mod check;
mod check_pictures;
mod check_redirects;
mod check_words;
pub mod edit;
pub mod exchange;
pub mod markdown;
mod model;
mod model_picture;
mod model_shop;
mod picture_status;
mod read;
mod read_bundle;
mod read_page;
mod read_presence;
mod read_product;
mod read_shelf;
mod read_shop;
mod read_style;
mod read_variant;
pub mod values;

pub use check::sku_unknown;
pub use markdown::Words;
pub use model::{
    Bundle, BundleItem, BundleType, Catalog, Category, Condition, OptionAxis, Page, Product,
    Redirect, Sale, Status, Tier, Variant,
};
pub use model_picture::{Picture, PictureStyles};
pub use model_shop::{Contact, Presence, Shop, StockShow};
pub use picture_status::{PictureState, PictureStatus, picture_state, picture_status};
pub use read::{Former, read, read_again};
pub use read_product::picture_url;
