//! What is often bought together, and why: the lists that pages, carts and letters show.

use std::sync::Arc;

use poem::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::base::fault::{Failure, Never};
use crate::catalog::Catalog;
use crate::identity::{Desk, Right, Visit};
use crate::platform::web::{Error, read_query};
use crate::pricing::Books;
use crate::recommend::{self, Reason};

/// Products on one page.
const LISTED: u32 = 25;
/// Reasons shown of one product.
const REASONS: usize = 50;

/// Routes of what is bought together.
pub(super) fn desk(books: &Books) -> Desk {
    let books = books.clone();
    Desk::new()
        .section("recommendations", "Bought together", "/admin/recommendations", Right::SeeCatalog)
        .get("/admin/recommendations", Right::SeeCatalog, move |visit| {
            show(visit, Arc::clone(&books.now().catalog))
        })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    /// Slug of the product whose every reason is shown.
    product: String,
    /// Slug of the last product of the page before.
    after: String,
}

async fn show(visit: Visit, catalog: Arc<Catalog>) -> Result<Response, Error> {
    let wanted: Wanted = read_query(&visit.request).unwrap_or_default();
    let (slug, after) = (wanted.product.trim().to_owned(), wanted.after);
    let (is_one, is_first) = (!slug.is_empty(), after.is_empty());
    let asked = slug.clone();
    let found = visit.kit.db.read(move |read| {
        let listed = if is_one {
            let mut reasons = recommend::why(read, &asked)?;
            reasons.truncate(REASONS);
            vec![(asked, reasons)]
        } else {
            recommend::list(read, &after, LISTED)?
        };
        Ok::<_, Failure<Never>>((listed, recommend::standing(read)?))
    });
    let (listed, (orders, ranked_at)) = found.await?;
    let more = !is_one && listed.len() >= LISTED as usize;
    let next = listed.last().filter(|_| more).map(|(product, _)| product.clone());
    let products = listed.iter().map(|(slug, why)| product(&catalog, slug, why));
    let context = json!({
        "products": products.collect::<Vec<_>>(),
        "orders": orders, "ranked_at": ranked_at, "product": slug, "is_first": is_first,
        "next": next,
    });
    visit.page("admin/recommendations.html", "recommendations", context)
}

/// A product and what is bought with it, by the titles they have now.
fn product(catalog: &Catalog, slug: &str, reasons: &[Reason]) -> Value {
    let title = |slug: &str| {
        catalog.products.get(slug).map_or_else(|| slug.to_owned(), |product| product.title.clone())
    };
    let own = title(slug);
    let others = reasons.iter().map(|reason| {
        json!({ "title": title(&reason.other), "sentence": reason.sentence(&own),
                "is_suggested": reason.is_suggested })
    });
    json!({ "slug": slug, "title": own, "is_there": catalog.products.contains_key(slug),
            "others": others.collect::<Vec<_>>() })
}
