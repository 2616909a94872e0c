//! What the shop sells, parsed from `content/`.
//!
//! **Invariants.** No tables, no routes: the catalog is values made from files. A [`Catalog`] is
//! only made from files without errors; it is immutable and shared.

mod model;

pub use model::{
    Bundle, BundleItem, BundleType, Catalog, Category, Contact, OptionAxis, Page, Picture, Product,
    Redirect, Sale, Shop, Status, StockShow, Tier, Variant,
};
