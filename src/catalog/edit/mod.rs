//! Changing catalog files without rewriting them: values of a form become the same text with only
//! the edited keys changed. Comments, order, alignment and line ends stay as the editor left them.
//!
//! `fields` says which keys a form shows for each kind of file, `values` reads them, `apply` writes
//! what differs; `paper` keeps everything around them, `write` and `table` know TOML.

mod apply;
mod copy;
mod fields;
mod fields_product;
mod lists;
mod paper;
mod table;
mod values;
mod view;
mod write;

use std::collections::BTreeMap;

pub use apply::apply;
pub use copy::duplicate;
pub use values::{field_at, values};
pub use view::{FieldView, GroupView, RowView, RowsView, view};

/// What a form shows or sends, by names such as `price`, `stock.opening` or `variants.0.sku`.
pub type Values = BTreeMap<String, String>;

/// What a row is called that the editor wants gone: `variants.0.#remove`.
pub const REMOVE: &str = "#remove";
/// Where a row should stand among its like: `images.0.#place`.
pub const PLACE: &str = "#place";

/// A kind of file that can be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `products/<slug>.toml`
    Product,
    /// `bundles/<slug>.toml`
    Bundle,
    /// `categories/<slug>.toml`
    Category,
    /// `promotions/<id>.toml`
    Promotion,
    /// `pages/<slug>.md`
    Page,
}

impl Kind {
    /// Every kind, in the order of the menu.
    pub const ALL: [Self; 5] =
        [Self::Product, Self::Bundle, Self::Category, Self::Promotion, Self::Page];

    /// The folder its files lie in.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Product => "products",
            Self::Bundle => "bundles",
            Self::Category => "categories",
            Self::Promotion => "promotions",
            Self::Page => "pages",
        }
    }

    /// What one of them is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Bundle => "bundle",
            Self::Category => "category",
            Self::Promotion => "promotion",
            Self::Page => "page",
        }
    }

    /// How the names of its files end.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Page => "md",
            _ => "toml",
        }
    }

    /// The kind whose files lie in this folder.
    #[must_use]
    pub fn of_folder(folder: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.folder() == folder)
    }

    /// The file of this kind with this slug.
    #[must_use]
    pub fn path(self, slug: &str) -> String {
        format!("{}/{slug}.{}", self.folder(), self.extension())
    }
}

/// Why a text cannot be changed through a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEdited {
    /// It cannot be read as TOML, or a page has no front matter.
    Syntax,
    /// It is written in a way that would not survive: tables of one list with others between
    /// them, or line ends of two kinds.
    Unkept,
}

impl NotEdited {
    /// In words, with what to do.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Syntax => {
                "The file has a mistake that keeps a form from reading it. Mend it as text."
            }
            Self::Unkept => {
                "The file is written in an order a form would not keep. Edit it as text."
            }
        }
    }
}
