//! `categories/<slug>.toml`: a top category and the ones inside it.

use super::model::{Category, Redirect};
use super::read::Reading;
use super::read_product::{image, slug_complaint};
use super::values;
use crate::base::slug::is_slug;
use crate::platform::content::{Source, Table, Wrong};

/// Categories inside categories, at most.
const DEPTH_MAX: usize = 6;

/// Old addresses of shelves.
#[derive(Default)]
struct Moved {
    /// Those an editor wrote down.
    written: Vec<Redirect>,
    /// Those that follow from a shelf around them.
    followed: Vec<Redirect>,
}

/// Reads all categories: parents before children, in the order shown.
pub(super) fn read(r: &Reading<'_>, redirects: &mut Vec<Redirect>) -> Vec<Category> {
    let mut shelves: Vec<Vec<Category>> = Vec::new();
    let mut moved = Moved::default();
    for (slug, path, text) in r.tree.texts("categories/", "toml") {
        let Some(text) = text else { continue };
        if !is_slug(slug) {
            slug_complaint(r, slug, path);
        }
        let source = Source::new(path, text, r.complaints);
        let document = source.document();
        if document.is_lossy() {
            r.complaints.names_lost();
        }
        let mut family = Vec::new();
        shelf(r, document.table(r.complaints), None, (slug, &[]), 0, &mut family, &mut moved);
        shelves.push(family);
    }
    redirects.append(&mut moved.written);
    for followed in moved.followed {
        let named = |path: &str| followed.from == format!("/category/{path}/");
        let is_page = shelves.iter().flatten().any(|c| named(&c.path));
        // What an editor wrote for an address counts.
        if !is_page && !redirects.iter().any(|r| r.from == followed.from) {
            redirects.push(followed);
        }
    }
    let order = |f: &Vec<Category>| f.first().map(|c| (c.order, c.path.clone()));
    shelves.sort_by_key(order);
    shelves.into_iter().flatten().collect()
}

fn shelf(
    r: &Reading<'_>,
    mut table: Table<'_>,
    parent: Option<&str>,
    (slug, above): (&str, &[String]),
    depth: usize,
    out: &mut Vec<Category>,
    redirects: &mut Moved,
) {
    let path = parent.map_or_else(|| slug.to_owned(), |p| format!("{p}/{slug}"));
    let google = table.get("google_product_category").whole(1..=999_999);
    out.push(Category {
        path: path.clone(),
        parent: parent.map(str::to_owned),
        title: table.need("title", "title = \"Exterior\"").text(100).unwrap_or_default().to_owned(),
        description: table.get("description").words(2_000).unwrap_or_default().to_owned(),
        order: table.get("order").whole(-1_000_000..=1_000_000).unwrap_or_default(),
        google_product_category: google,
        image: image(r, &mut table),
    });
    let moved = |old: &String| Redirect {
        from: format!("/category/{old}/"),
        to: format!("/category/{path}/"),
    };
    let mut former = table.get("redirect_from").list(100, values::shelf_path);
    redirects.written.extend(former.iter().map(moved));
    // What stands inside a renamed shelf has moved with it.
    let inside: Vec<String> = above.iter().map(|old| format!("{old}/{slug}")).collect();
    redirects.followed.extend(inside.iter().map(moved));
    former.extend(inside);
    let children = table.tables("children");
    table.finish();
    let mut families: Vec<Vec<Category>> = Vec::new();
    for mut child in children {
        let Some(slug) = child.need("slug", "slug = \"exterior\"").read(80, values::slug) else {
            // Its title and own children are still worth a look.
            shelf(r, child, Some(&path), ("unnamed", &[]), depth + 1, &mut Vec::new(), redirects);
            continue;
        };
        if families.iter().flatten().any(|c| c.path == format!("{path}/{slug}")) {
            let wrong =
                Wrong::error("category-repeats", format!("the child \"{slug}\" stands here twice"));
            child.complain("slug", wrong.hint("give one of them another slug"));
        }
        if depth + 1 >= DEPTH_MAX {
            let message = format!("categories are nested more than {DEPTH_MAX} deep");
            child.complain_here(Wrong::error("category-depth", message).hint("move it up"));
            continue;
        }
        let mut family = Vec::new();
        shelf(r, child, Some(&path), (&slug, &former), depth + 1, &mut family, redirects);
        families.push(family);
    }
    // Children without a number keep the order in which they are written.
    families.sort_by_key(|f| f.first().map(|c| c.order));
    out.extend(families.into_iter().flatten());
}
