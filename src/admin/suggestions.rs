//! What fields that name goods offer while one types: SKUs and bundles that begin with it, or have
//! it in their title; parts of a bundle are SKUs only. S2.66

use poem::web::Json;
use poem::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::Catalog;
use crate::identity::{Desk, Right, Visit};
use crate::platform::web::{Error, read_query};
use crate::pricing::Books;
use crate::search::fold;

/// Most goods offered.
const OFFERED_MAX: usize = 12;

/// The route; what it says stands on the shop's own pages, so everybody of the shop may ask.
pub(super) fn desk(books: &Books) -> Desk {
    let books = books.clone();
    Desk::new().get("/admin/suggestions", Right::SeeStock, move |visit| offer(books.clone(), visit))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    /// `skus` leaves bundles out.
    only: String,
}

#[expect(clippy::unused_async, reason = "a handler like the others")]
async fn offer(books: Books, visit: Visit) -> Result<Response, Error> {
    let Asked { q, only } = read_query(&visit.request).unwrap_or_default();
    Ok(Json(fitting(&books.now().catalog, &q, only != "skus")).into_response())
}

/// Names that begin with what was typed stand before titles that have it.
fn fitting(catalog: &Catalog, typed: &str, with_bundles: bool) -> Vec<Value> {
    let typed = fold(typed.trim());
    if typed.is_empty() {
        return Vec::new();
    }
    let (mut named, mut titled) = (Vec::new(), Vec::new());
    let mut look = |name: &str, title: String| {
        if named.len() < OFFERED_MAX {
            let offer = || json!({ "value": name, "title": title });
            if fold(name).starts_with(&typed) {
                named.push(offer());
            } else if titled.len() < OFFERED_MAX && fold(&title).contains(&typed) {
                titled.push(offer());
            }
        }
    };
    for product in catalog.products.values() {
        for variant in &product.variants {
            let label = variant.label();
            let title = match label.as_str() {
                "" => product.title.clone(),
                label => format!("{}, {label}", product.title),
            };
            look(variant.sku.as_str(), title);
        }
    }
    for (slug, bundle) in catalog.bundles.iter().filter(|_| with_bundles) {
        look(slug, bundle.title.clone());
    }
    named.extend(titled);
    named.truncate(OFFERED_MAX);
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::sample::Sample;

    // S2.66: SKUs by how they begin, anything by its title, never more than a dozen.
    #[test]
    fn goods_are_offered_by_name_and_title() {
        let sample = (0..20).fold(Sample::new(), |sample, n| {
            sample.product(&format!("MUG-{n}"), &format!("Crème mug {n}"), 900)
        });
        let book = sample.product("VASE", "Vase of mud", 500).book();
        let of = |typed: &str| {
            let all = fitting(&book.catalog, typed, true);
            all.iter().map(|offer| offer["value"].as_str().unwrap_or("").to_owned()).collect()
        };
        let all: Vec<String> = of("mug");
        assert_eq!(all.len(), OFFERED_MAX);
        assert!(all.iter().all(|name| name.starts_with("MUG-")));
        let named: Vec<String> = of(" mug-19 ");
        assert_eq!(named, ["MUG-19"]);
        let titled: Vec<String> = of("creme mug 7");
        assert_eq!(titled, ["MUG-7"]);
        let none: [Vec<String>; 2] = [of(""), of("<script>")];
        assert!(none.iter().all(Vec::is_empty));
    }
}
