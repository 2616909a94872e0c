//! The shelves as a tree, as programs read them.

use serde::Serialize;

use crate::catalog::{Catalog, Category};

/// A shelf and what stands inside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Shelf {
    path: String,
    title: String,
    description: String,
    url: String,
    /// Products on sale, those of inner shelves included.
    products: usize,
    children: Vec<Shelf>,
}

/// All shelves, those inside others nested to any depth.
pub(super) fn tree(catalog: &Catalog) -> Vec<Shelf> {
    inside(catalog, None)
}

/// One shelf and all inside it.
pub(super) fn shelf(catalog: &Catalog, category: &Category) -> Shelf {
    let counted = catalog.live_products();
    let counted = counted.filter(|p| Catalog::is_within(&p.category, &category.path));
    Shelf {
        path: category.path.clone(),
        title: category.title.clone(),
        description: category.description.clone(),
        url: format!("/category/{}/", category.path),
        products: counted.count(),
        children: inside(catalog, Some(&category.path)),
    }
}

fn inside(catalog: &Catalog, parent: Option<&str>) -> Vec<Shelf> {
    let children = catalog.categories.iter().filter(|c| c.parent.as_deref() == parent);
    children.map(|category| shelf(catalog, category)).collect()
}
