//! Products as tables for other programs: our own columns out and in, Shopify's and WooCommerce's
//! in. What comes in becomes the values of a form, so that a file that is there already keeps its
//! comments and order.
//!
//! `sheet` reads and writes CSV, `ours`, `shopify` and `woocommerce` know columns, `markup` makes
//! Markdown of HTML, `incoming` turns one product of a table into the text of its file.

mod incoming;
mod markup;
mod ours;
mod sheet;
mod shopify;
mod woocommerce;

pub use incoming::{Incoming, Outcome, Reported, Shelves, taken};
pub use ours::{COLUMNS, export};
pub use sheet::NotRead;

use sheet::Sheet;

/// Whose columns a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// `kiosk export products`
    Ours,
    /// Shopify's product export, older or newer headings.
    Shopify,
    /// WooCommerce's product export.
    WooCommerce,
}

impl Maker {
    /// For people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ours => "our own columns",
            Self::Shopify => "Shopify's columns",
            Self::WooCommerce => "WooCommerce's columns",
        }
    }
}

/// The products of a table, and whose columns it has.
///
/// # Errors
/// When it is no such table.
pub fn read(bytes: &[u8], shelves: &Shelves<'_>) -> Result<(Maker, Vec<Incoming>), NotRead> {
    let sheet = Sheet::read(bytes)?;
    let has = |name: &str| sheet.has(name);
    let maker = if has("slug") && (has("title") || has("sku") || has("price")) {
        Maker::Ours
    } else if has("handle") || has("url handle") {
        Maker::Shopify
    } else if has("name") && has("type") && has("regular price") {
        Maker::WooCommerce
    } else {
        return Err(NotRead::Columns);
    };
    let products = match maker {
        Maker::Ours => ours::read(&sheet, shelves),
        Maker::Shopify => shopify::read(&sheet, shelves),
        Maker::WooCommerce => woocommerce::read(&sheet, shelves),
    };
    Ok((maker, products))
}
