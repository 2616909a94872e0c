//! Which addresses the shop answers, for links and redirects.

use super::model::{Catalog, Status};

/// What stands at an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A page everybody sees.
    Page,
    /// Something that exists but is not live.
    Hidden,
    /// Nothing; the address somebody most likely meant, when there is one close to it.
    Nothing(Option<String>),
}

/// Looks an address up; whatever follows `?` or `#` is ignored.
pub(super) fn find(catalog: &Catalog, address: &str) -> Found {
    let path = address.split(['?', '#']).next().unwrap_or("");
    if matches!(path, "/" | "/search" | "/cart" | "/bundles/") {
        return Found::Page;
    }
    if is_file(path) {
        return Found::Page;
    }
    let closed = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    match named(catalog, &closed) {
        Found::Page if closed != path => Found::Nothing(Some(closed)),
        Found::Nothing(_) => Found::Nothing(nearest(catalog, &closed)),
        found => found,
    }
}

/// Files beside the pages, such as `/sitemap.xml`; whether they exist is known to the build.
fn is_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

fn named(catalog: &Catalog, path: &str) -> Found {
    let live = |status: Option<Status>| match status {
        Some(Status::Live) => Found::Page,
        Some(_) => Found::Hidden,
        None => Found::Nothing(None),
    };
    let parts = path.strip_prefix('/').and_then(|p| p.strip_suffix('/'));
    let Some((kind, name)) = parts.and_then(|p| p.split_once('/')) else {
        return Found::Nothing(
            (path == "/search/" || path == "/cart/").then(|| path.trim_end_matches('/').to_owned()),
        );
    };
    match kind {
        "page" if catalog.pages.iter().any(|p| p.slug == name) => Found::Page,
        "category" if catalog.category(name).is_some() => Found::Page,
        "product" => live(catalog.products.get(name).map(|p| p.status)),
        "bundle" => live(catalog.bundles.get(name).map(|b| b.status)),
        _ => Found::Nothing(None),
    }
}

fn nearest(catalog: &Catalog, path: &str) -> Option<String> {
    let pages = catalog.pages.iter().map(|p| format!("/page/{}/", p.slug));
    let shelves = catalog.categories.iter().map(|c| format!("/category/{}/", c.path));
    let products = catalog.live_products().map(|p| format!("/product/{}/", p.slug));
    let bundles = catalog.bundles.keys().map(|slug| format!("/bundle/{slug}/"));
    let fixed = ["/", "/bundles/", "/search", "/cart"].into_iter().map(str::to_owned);
    let all = pages.chain(shelves).chain(products).chain(bundles).chain(fixed);
    let distance = |known: String| (strsim::damerau_levenshtein(&known, path), known);
    let close = path.len() / 5;
    all.map(distance).filter(|(d, _)| *d <= close).min().map(|(_, known)| known)
}
